//! Octets of frames and files, written from the specifications

#![allow(dead_code, unreachable_pub)] // Every test file uses some of it.

use ikescope_capture::{
    CaptureError, Content, Datagram, FileReader, Frame, LinkType, Note, Options, Stack, Timestamp,
};
use std::io::Cursor;
use std::net::IpAddr;
use std::process::Command;

pub const SRC: [u8; 4] = [192, 0, 2, 1];
pub const DST: [u8; 4] = [198, 51, 100, 2];
pub const SRC6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
pub const DST6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

pub fn cat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// RFC 768
pub fn udp(payload: &[u8]) -> Vec<u8> {
    let length = (8 + payload.len()) as u16;
    cat(&[
        &500_u16.to_be_bytes(),
        &4500_u16.to_be_bytes(),
        &length.to_be_bytes(),
        &[0, 0],
        payload,
    ])
}

/// RFC 791 without options; `fragment` is the field with flags and offset
pub fn ipv4_with(protocol: u8, id: u16, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let length = (20 + payload.len()) as u16;
    let mut header = cat(&[
        &[0x45, 0],
        &length.to_be_bytes(),
        &id.to_be_bytes(),
        &fragment.to_be_bytes(),
        &[64, protocol, 0, 0],
        &SRC,
        &DST,
    ]);
    let sum = header
        .chunks(2)
        .map(|w| u32::from(w[0]) << 8 | u32::from(w[1]))
        .sum::<u32>();
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    cat(&[&header, payload])
}

pub fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_with(protocol, 1, 0, payload)
}

/// RFC 8200
pub fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16).to_be_bytes();
    cat(&[
        &[0x60, 0, 0, 0],
        &length,
        &[next_header, 64],
        &SRC6,
        &DST6,
        payload,
    ])
}

pub fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    cat(&[
        &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1],
        &ether_type.to_be_bytes(),
        payload,
    ])
}

/// RFC 9293
pub fn tcp(
    from: u16,
    to: u16,
    sequence: u32,
    acknowledged: u32,
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    cat(&[
        &from.to_be_bytes(),
        &to.to_be_bytes(),
        &sequence.to_be_bytes(),
        &acknowledged.to_be_bytes(),
        &[0x50, flags, 0xff, 0xff, 0, 0, 0, 0],
        payload,
    ])
}

pub fn frame(link: LinkType, number: u64, octets: &[u8]) -> Frame<'_> {
    Frame {
        file: 0,
        number,
        time: Some(Timestamp {
            seconds: 1_700_000_000,
            nanos: 0,
        }),
        length: octets.len() as u32,
        captured: octets.len() as u32,
        link,
        octets,
    }
}

/// What a test wants to know of a datagram, owned
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub kind: &'static str,
    pub protocol: u8,
    pub ports: (u16, u16),
    pub payload: Vec<u8>,
    pub src: IpAddr,
    pub dst: IpAddr,
    pub offset: usize,
    pub outer: u8,
    pub truncated: bool,
    pub from: Vec<u64>,
    pub notes: Vec<Note>,
    pub text: String,
}

pub fn seen(datagram: &Datagram<'_>) -> Seen {
    let (kind, protocol, ports, payload): (_, _, _, &[u8]) = match datagram.content {
        Content::Udp {
            src_port,
            dst_port,
            payload,
        } => ("udp", 17, (src_port, dst_port), payload),
        Content::TcpRecord {
            src_port,
            dst_port,
            payload,
        } => ("record", 6, (src_port, dst_port), payload),
        Content::TcpOther {
            src_port, dst_port, ..
        } => ("tcp", 6, (src_port, dst_port), &[]),
        Content::Ip { protocol, payload } => ("ip", protocol, (0, 0), payload),
        Content::Icmp { icmp_type, .. } => ("icmp", icmp_type, (0, 0), &[]),
        Content::Fragment {
            protocol, payload, ..
        } => ("fragment", protocol, (0, 0), payload),
        Content::NotIp { .. } => ("not-ip", 0, (0, 0), &[]),
    };
    let text = match datagram.content {
        Content::NotIp { what } => what.to_string(),
        _ => String::new(),
    };
    Seen {
        kind,
        protocol,
        ports,
        payload: payload.to_vec(),
        src: datagram.src,
        dst: datagram.dst,
        offset: datagram.offset,
        outer: datagram.outer,
        truncated: datagram.truncated,
        from: datagram.reassembled_from.to_vec(),
        notes: datagram.notes.to_vec(),
        text,
    }
}

pub fn feed(stack: &mut Stack, frame: &Frame<'_>) -> Vec<Seen> {
    let mut all = Vec::new();
    stack.decode(frame, &mut |datagram| all.push(seen(&datagram)));
    all
}

/// The datagrams of one whole frame
pub fn decode(link: LinkType, octets: &[u8]) -> Vec<Seen> {
    feed(&mut Stack::new(Options::default()), &frame(link, 1, octets))
}

/// The only datagram of one whole frame
pub fn one(link: LinkType, octets: &[u8]) -> Seen {
    let mut all = decode(link, octets);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// A packet as a reader gives it, owned
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    pub time: Option<Timestamp>,
    pub length: u32,
    pub link: LinkType,
    pub octets: Vec<u8>,
}

/// All frames of a stream, and how it ended
pub fn read(octets: &[u8]) -> (Vec<Read>, Option<CaptureError>) {
    let reader = FileReader::from_read(Box::new(Cursor::new(octets.to_vec())), "test", 0);
    let mut reader = match reader {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut all = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(frame)) => {
                assert_eq!(frame.captured as usize, frame.octets.len());
                assert_eq!(frame.number, all.len() as u64 + 1);
                all.push(Read {
                    time: frame.time,
                    length: frame.length,
                    link: frame.link,
                    octets: frame.octets.to_vec(),
                });
            }
            Ok(None) => return (all, None),
            Err(error) => {
                assert!(matches!(reader.next(), Ok(None)), "one error only");
                return (all, Some(error));
            }
        }
    }
}

/// Writes integers in the byte order of a file
#[derive(Clone, Copy)]
pub struct Order(pub bool);

impl Order {
    pub fn u16(self, value: u16) -> [u8; 2] {
        if self.0 {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }
    pub fn u32(self, value: u32) -> [u8; 4] {
        if self.0 {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }
    pub fn i64(self, value: i64) -> [u8; 8] {
        if self.0 {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    /// The header of a pcap file, version 2.4
    pub fn pcap_header(self, magic: u32, network: u32) -> Vec<u8> {
        self.pcap_header_of(magic, (2, 4), network)
    }

    pub fn pcap_header_of(self, magic: u32, version: (u16, u16), network: u32) -> Vec<u8> {
        cat(&[
            &self.u32(magic),
            &self.u16(version.0),
            &self.u16(version.1),
            &[0; 8],
            &self.u32(262_144),
            &self.u32(network),
        ])
    }

    /// A record header with what some variants have behind it
    pub fn pcap_record(self, seconds: u32, fraction: u32, more: &[u8], octets: &[u8]) -> Vec<u8> {
        let length = self.u32(octets.len() as u32);
        cat(&[
            &self.u32(seconds),
            &self.u32(fraction),
            &length,
            &length,
            more,
            octets,
        ])
    }

    /// A pcapng block
    pub fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padded = body.len().next_multiple_of(4);
        let mut body = body.to_vec();
        body.resize(padded, 0);
        let length = self.u32(padded as u32 + 12);
        cat(&[&self.u32(kind), &length, &body, &length])
    }

    pub fn section(self) -> Vec<u8> {
        let body = cat(&[
            &self.u32(0x1a2b_3c4d),
            &self.u16(1),
            &self.u16(0),
            &[0xff; 8],
        ]);
        self.block(0x0a0d_0d0a, &body)
    }

    pub fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let mut all = cat(&[&self.u16(code), &self.u16(value.len() as u16), value]);
        all.resize(all.len().next_multiple_of(4), 0);
        all
    }

    pub fn interface(self, link: u16, snap: u32, options: &[Vec<u8>]) -> Vec<u8> {
        let mut body = cat(&[&self.u16(link), &[0, 0], &self.u32(snap)]);
        options.iter().for_each(|option| body.extend(option));
        if !options.is_empty() {
            body.extend([0; 4]);
        }
        self.block(1, &body)
    }

    pub fn enhanced(self, interface: u32, stamp: u64, octets: &[u8]) -> Vec<u8> {
        let length = self.u32(octets.len() as u32);
        let stamp = [self.u32((stamp >> 32) as u32), self.u32(stamp as u32)].concat();
        self.block(
            6,
            &cat(&[&self.u32(interface), &stamp, &length, &length, octets]),
        )
    }
}

/// Runs another program, or says that the test is skipped for want of it
pub fn run(test: &str, program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output();
    let Ok(output) = output else {
        eprintln!("{test}: skipped, {program} is not installed");
        return None;
    };
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A file with these octets in the test's own directory
pub fn file(name: &str, octets: &[u8]) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, octets).unwrap();
    path.display().to_string()
}
