//! Writes the capture of the benchmark: the packets of a busy gateway, the same for the same arguments
//!
//! 19 of 20 packets are ESP of 600 octets over 2,000 SAs; half of the tunnels use protocol 50, half UDP port 4500
//! behind a NAT. Every 20th is a message of an IKEv2 handshake: the octets of a real one, with new SPIs.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Parser;

/// Write the capture of the benchmark
#[derive(Parser)]
struct Arguments {
    /// Packets to write
    #[arg(long, default_value_t = 1_000_000)]
    packets: u64,

    /// Where to write; `-` is standard output
    #[arg(short, long)]
    output: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let sink: Box<dyn Write> = if arguments.output.as_os_str() == "-" {
        Box::new(io::stdout().lock())
    } else {
        Box::new(File::create(&arguments.output)?)
    };
    let handshake = Handshake::from_capture(RECORDED)?;
    let mut capture = Capture::begin(BufWriter::with_capacity(1 << 20, sink))?;
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut esp, mut ike) = (0, 0);
    for number in 0..arguments.packets {
        if number % IKE_EVERY == IKE_EVERY - 1 {
            capture.write(&handshake.packet(ike))?;
            ike += 1;
        } else {
            capture.write(&esp_packet(esp, &mut random))?;
            esp += 1;
        }
    }
    capture.end()?;
    Ok(())
}

/// The ESP packet with this number: the SAs take turns, so every SA's sequence grows by one a round.
fn esp_packet(number: u64, random: &mut Random) -> Packet {
    let sa = number % SAS;
    let tunnel = Tunnel(sa / 2);
    let from_initiator = sa.is_multiple_of(2);
    let mut octets = Vec::with_capacity(ESP_LEN);
    octets.extend(esp_spi(sa).to_be_bytes());
    octets.extend((number / SAS + 1).to_be_bytes()[4..].iter());
    while octets.len() < ESP_LEN {
        octets.extend(random.next().to_be_bytes());
    }
    let ports = tunnel
        .behind_nat()
        .then(|| (tunnel.nat_port(), PORT_NAT_TRAVERSAL));
    tunnel.packet(from_initiator, ports, octets)
}

/// Different for every SA, and never one of the reserved values below 256 (RFC 4303, section 2.1).
fn esp_spi(sa: u64) -> u32 {
    (sa as u32 + 1).wrapping_mul(0x0100_0193) | 0x8000_0000
}

/// The two ends of a tunnel, by its number
#[derive(Clone, Copy)]
struct Tunnel(u64);

impl Tunnel {
    fn behind_nat(self) -> bool {
        self.0.is_multiple_of(2)
    }

    fn initiator(self) -> Ipv4Addr {
        Ipv4Addr::from(0x0a01_0001 + (self.0 % TUNNELS) as u32)
    }

    fn nat_port(self) -> u16 {
        20_000 + (self.0 % TUNNELS) as u16
    }

    /// A packet between the ends; `ports` are those of the initiator and the responder.
    fn packet(self, from_initiator: bool, ports: Option<(u16, u16)>, payload: Vec<u8>) -> Packet {
        let forward = (self.initiator(), GATEWAY);
        let (source, destination) = if from_initiator {
            forward
        } else {
            (forward.1, forward.0)
        };
        let ports = ports.map(|(initiator, responder)| {
            if from_initiator {
                (initiator, responder)
            } else {
                (responder, initiator)
            }
        });
        Packet {
            source,
            destination,
            ports,
            payload,
        }
    }
}

/// IKE_SA_INIT and IKE_AUTH, request and response each, from a recorded capture
struct Handshake {
    messages: Vec<Vec<u8>>,
}

impl Handshake {
    fn from_capture(capture: &[u8]) -> Result<Self, Box<dyn Error>> {
        let mut rest = capture
            .get(PCAP_HEADER_LEN..)
            .ok_or("the recorded capture is empty")?;
        let mut messages = Vec::new();
        while messages.len() < MESSAGES_PER_HANDSHAKE as usize {
            let length = rest.get(8..12).ok_or("the recorded capture is too short")?;
            let length = u32::from_le_bytes(length.try_into()?) as usize;
            let frame = rest
                .get(16..16 + length)
                .ok_or("the recorded capture is cut")?;
            messages.push(
                frame
                    .get(ETHERNET_LEN + IPV4_LEN + UDP_LEN..)
                    .ok_or("no UDP")?
                    .to_vec(),
            );
            rest = &rest[16 + length..];
        }
        Ok(Self { messages })
    }

    /// The message with this number: four in turn make one handshake, and every handshake has its own SPIs.
    fn packet(&self, number: u64) -> Packet {
        let (handshake, step) = (
            number / MESSAGES_PER_HANDSHAKE,
            number % MESSAGES_PER_HANDSHAKE,
        );
        let tunnel = Tunnel(handshake);
        let mut message = self.messages[step as usize].clone();
        message[..8].copy_from_slice(&(0x1000_0000_0000_0001 + handshake).to_be_bytes());
        if step > 0 {
            message[8..16].copy_from_slice(&(0x2000_0000_0000_0001 + handshake).to_be_bytes());
        }
        let ports = match (tunnel.behind_nat(), step) {
            (false, _) => (PORT_IKE, PORT_IKE),
            (true, 0 | 1) => (tunnel.nat_port(), PORT_IKE),
            (true, _) => {
                message.splice(..0, NON_ESP_MARKER);
                (tunnel.nat_port(), PORT_NAT_TRAVERSAL)
            }
        };
        tunnel.packet(step.is_multiple_of(2), Some(ports), message)
    }
}

/// An IPv4 packet, with UDP when it has ports, else with ESP
struct Packet {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    ports: Option<(u16, u16)>,
    payload: Vec<u8>,
}

impl Packet {
    fn ethernet(&self, identification: u16) -> Vec<u8> {
        let udp_len = if self.ports.is_some() { UDP_LEN } else { 0 };
        let protocol = if self.ports.is_some() {
            PROTOCOL_UDP
        } else {
            PROTOCOL_ESP
        };
        let mut frame = Vec::with_capacity(ETHERNET_LEN + IPV4_LEN + udp_len + self.payload.len());
        frame.extend(ETHERNET);
        let mut ip = [0; IPV4_LEN];
        ip[0] = 0x45;
        ip[2..4].copy_from_slice(&((IPV4_LEN + udp_len + self.payload.len()) as u16).to_be_bytes());
        ip[4..6].copy_from_slice(&identification.to_be_bytes());
        ip[8] = 64;
        ip[9] = protocol;
        ip[12..16].copy_from_slice(&self.source.octets());
        ip[16..20].copy_from_slice(&self.destination.octets());
        let checksum = internet_checksum(&ip);
        ip[10..12].copy_from_slice(&checksum.to_be_bytes());
        frame.extend(ip);
        if let Some((source, destination)) = self.ports {
            frame.extend(source.to_be_bytes());
            frame.extend(destination.to_be_bytes());
            frame.extend(((UDP_LEN + self.payload.len()) as u16).to_be_bytes());
            // No checksum, as RFC 3948, section 2.1 asks for ESP in UDP.
            frame.extend([0, 0]);
        }
        frame.extend(&self.payload);
        frame
    }
}

/// RFC 1071
fn internet_checksum(octets: &[u8]) -> u16 {
    let words = octets
        .chunks_exact(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// A pcap file in the making
struct Capture<W: Write> {
    sink: W,
    packets: u64,
}

impl<W: Write> Capture<W> {
    fn begin(mut sink: W) -> io::Result<Self> {
        sink.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
        sink.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
        sink.write_all(&262_144_u32.to_le_bytes())?;
        sink.write_all(&LINK_TYPE_ETHERNET.to_le_bytes())?;
        Ok(Self { sink, packets: 0 })
    }

    fn write(&mut self, packet: &Packet) -> io::Result<()> {
        let frame = packet.ethernet(self.packets as u16);
        let microseconds = self.packets * MICROSECONDS_BETWEEN_PACKETS;
        let seconds = FIRST_SECOND + (microseconds / 1_000_000) as u32;
        self.sink.write_all(&seconds.to_le_bytes())?;
        self.sink
            .write_all(&((microseconds % 1_000_000) as u32).to_le_bytes())?;
        self.sink.write_all(&(frame.len() as u32).to_le_bytes())?;
        self.sink.write_all(&(frame.len() as u32).to_le_bytes())?;
        self.packets += 1;
        self.sink.write_all(&frame)
    }

    fn end(mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// xorshift64: octets that look encrypted, the same in every run
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// IKE_SA_INIT and IKE_AUTH between two strongSwan 6 peers, all on UDP port 500
const RECORDED: &[u8] =
    include_bytes!("../../../testdata/plaintext/ss6-ikev2-rawesp-aes128-sha256/capture.pcap");

const TUNNELS: u64 = 1_000;
const SAS: u64 = 2 * TUNNELS;
const IKE_EVERY: u64 = 20;
const MESSAGES_PER_HANDSHAKE: u64 = 4;
/// SPI, sequence number, encrypted data and ICV together
const ESP_LEN: usize = 600;

const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const PORT_IKE: u16 = 500;
const PORT_NAT_TRAVERSAL: u16 = 4_500;
const NON_ESP_MARKER: [u8; 4] = [0; 4];
const PROTOCOL_UDP: u8 = 17;
const PROTOCOL_ESP: u8 = 50;

const ETHERNET: [u8; ETHERNET_LEN] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00];
const ETHERNET_LEN: usize = 14;
const IPV4_LEN: usize = 20;
const UDP_LEN: usize = 8;
const PCAP_HEADER_LEN: usize = 24;
const LINK_TYPE_ETHERNET: u32 = 1;

/// 2024-01-01T00:00:00Z
const FIRST_SECOND: u32 = 1_704_067_200;
const MICROSECONDS_BETWEEN_PACKETS: u64 = 10;
