//! Encrypted packets for the benchmark of `decrypt`, and the loop that it is measured against
//!
//! `esp generate` writes packets of eight SAs that carry an inner IPv4 packet each, and their keys as Wireshark and ikescope
//! read them. `esp loop` reads such a capture, opens every packet on two threads with the same ciphers and copies what
//! was inside, and nothing else.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;

use clap::{Parser, Subcommand, ValueEnum};
use ikescope_crypto::ikev2::ChildSuite;
use ikescope_crypto::opening::{Protection, open_esp, seal_esp};
use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, IntegrityAlgorithm};

/// Write and open encrypted packets
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a capture and its keys
    Generate {
        /// Packets to write
        #[arg(long, default_value_t = 1_000_000)]
        packets: u64,
        /// Octets of each frame, about
        #[arg(long, default_value_t = 1_400)]
        size: usize,
        /// How they are encrypted
        #[arg(long)]
        suite: Suite,
        /// The capture
        #[arg(short, long)]
        output: PathBuf,
        /// The keys, as Wireshark's esp_sa table
        #[arg(long)]
        keys: PathBuf,
    },
    /// Open all packets of a capture on two threads
    Loop {
        /// How they are encrypted
        #[arg(long)]
        suite: Suite,
        /// The capture
        input: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Suite {
    /// AES-CBC-128 with HMAC-SHA1-96
    CbcSha1,
    /// AES-GCM-16-128
    Gcm,
}

impl Suite {
    fn algorithms(self) -> ChildSuite {
        let (encryption, integrity) = match self {
            Self::CbcSha1 => (
                EncryptionAlgorithm::AES_CBC,
                IntegrityAlgorithm::HMAC_SHA1_96,
            ),
            Self::Gcm => (EncryptionAlgorithm::AES_GCM_16, IntegrityAlgorithm::NONE),
        };
        ChildSuite {
            encryption,
            key_bits: Some(128),
            integrity,
        }
    }

    fn keys(self, sa: u8) -> (Vec<u8>, Vec<u8>) {
        match self {
            Self::CbcSha1 => (vec![sa + 1; 16], vec![sa + 101; 20]),
            Self::Gcm => (vec![sa + 1; 20], Vec::new()),
        }
    }

    fn protections(self) -> Result<Vec<Protection>, Box<dyn Error>> {
        (0..SAS)
            .map(|sa| {
                let (encryption, integrity) = self.keys(sa);
                Ok(Protection::new(
                    &self.algorithms(),
                    &encryption,
                    &integrity,
                )?)
            })
            .collect()
    }

    fn table_line(self, sa: u8) -> String {
        let (encryption, integrity) = self.keys(sa);
        let hex = |octets: &[u8]| -> String {
            octets.iter().map(|octet| format!("{octet:02x}")).collect()
        };
        let spi = SPI + u32::from(sa);
        match self {
            Self::CbcSha1 => format!(
                "\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"{spi:#010x}\",\"AES-CBC [RFC3602]\",\"0x{}\",\"HMAC-SHA-1-96 [RFC2404]\",\"0x{}\"\n",
                hex(&encryption),
                hex(&integrity)
            ),
            Self::Gcm => format!(
                "\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"{spi:#010x}\",\"AES-GCM with 16 octet ICV [RFC4106]\",\"0x{}\",\"NULL\",\"\"\n",
                hex(&encryption)
            ),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().command {
        Command::Generate {
            packets,
            size,
            suite,
            output,
            keys,
        } => {
            let table: String = (0..SAS).map(|sa| suite.table_line(sa)).collect();
            fs::write(keys, table)?;
            generate(packets, size, suite, File::create(output)?)
        }
        Command::Loop { suite, input } => open_all(suite, File::open(input)?),
    }
}

fn generate(packets: u64, size: usize, suite: Suite, file: File) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::with_capacity(1 << 20, file);
    out.write_all(&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
    out.write_all(&[0, 0, 4, 0, 1, 0, 0, 0])?;
    let protections = suite.protections()?;
    let iv_len = match suite {
        Suite::CbcSha1 => 16,
        Suite::Gcm => 8,
    };
    let inner = inner_packet(size.saturating_sub(OVERHEAD + iv_len));
    for number in 0..packets {
        let sa = (number % u64::from(SAS)) as u8;
        let sequence = (number / u64::from(SAS) + 1) as u32;
        let mut iv = vec![7; iv_len];
        iv[..8].copy_from_slice(&number.to_be_bytes());
        let esp = seal_esp(
            &protections[usize::from(sa)],
            SPI + u32::from(sa),
            sequence,
            None,
            &iv,
            &inner,
            4,
        )?;
        let total = (IPV4_LEN + esp.len()) as u16;
        let mut ip = [
            0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 50, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
        ];
        ip[2..4].copy_from_slice(&total.to_be_bytes());
        let frame_len = (ETHERNET.len() + usize::from(total)) as u32;
        let seconds = 1_704_067_200 + (number / 100_000) as u32;
        for field in [
            seconds,
            (number % 100_000) as u32 * 10,
            frame_len,
            frame_len,
        ] {
            out.write_all(&field.to_le_bytes())?;
        }
        out.write_all(&ETHERNET)?;
        out.write_all(&ip)?;
        out.write_all(&esp)?;
    }
    out.flush()?;
    Ok(())
}

/// An IPv4 packet with UDP
fn inner_packet(len: usize) -> Vec<u8> {
    let len = len.max(64);
    let mut packet = vec![0x5a; len];
    packet[..20].copy_from_slice(&[
        0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1,
    ]);
    packet[2..4].copy_from_slice(&(len as u16).to_be_bytes());
    packet[20..28].copy_from_slice(&[0x30, 0x39, 0x30, 0x39, 0, 0, 0, 0]);
    packet[24..26].copy_from_slice(&((len - 20) as u16).to_be_bytes());
    packet
}

/// Reads records, passes batches of them to two threads in turn, and takes their results in order.
fn open_all(suite: Suite, mut file: File) -> Result<(), Box<dyn Error>> {
    let mut header = [0; 24];
    file.read_exact(&mut header)?;
    let mut lanes = Vec::new();
    for _ in 0..2 {
        let protections = suite.protections()?;
        let (jobs, todo) = sync_channel::<(Vec<u8>, Vec<u8>)>(2);
        let (done, results) = sync_channel::<(Vec<u8>, Vec<u8>, u64)>(2);
        thread::spawn(move || {
            let mut buffer = Vec::new();
            for (batch, mut copies) in todo {
                copies.clear();
                let opened = open_batch(&protections, &batch, &mut buffer, &mut copies);
                if done.send((batch, copies, opened)).is_err() {
                    return;
                }
            }
        });
        lanes.push((jobs, results));
    }
    let mut sink = File::create("/dev/null")?;
    let (mut opened, mut left) = (0, Vec::new());
    let (mut next, mut oldest, mut under_way) = (0, 0, 0);
    let mut free: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    loop {
        let (mut batch, copies) = free.pop().unwrap_or_default();
        batch.clear();
        batch.append(&mut left);
        let start = batch.len();
        batch.resize(start + BATCH, 0);
        let read = file.read(&mut batch[start..])?;
        batch.truncate(start + read);
        let end = whole_records(&batch);
        left = batch.split_off(end);
        if under_way == 4 || read == 0 {
            while under_way > 0 {
                let (batch, copies, count) = lanes[oldest].1.recv()?;
                opened += count;
                sink.write_all(&copies)?;
                free.push((batch, copies));
                oldest = 1 - oldest;
                under_way -= 1;
                if read > 0 {
                    break;
                }
            }
        }
        if read == 0 {
            break;
        }
        lanes[next].0.send((batch, copies))?;
        next = 1 - next;
        under_way += 1;
    }
    eprintln!("{opened} packets opened");
    Ok(())
}

fn whole_records(batch: &[u8]) -> usize {
    let mut at = 0;
    while let Some(header) = batch.get(at..at + RECORD_LEN) {
        let len = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
        if at + RECORD_LEN + len > batch.len() {
            break;
        }
        at += RECORD_LEN + len;
    }
    at
}

fn open_batch(
    protections: &[Protection],
    batch: &[u8],
    buffer: &mut Vec<u8>,
    copies: &mut Vec<u8>,
) -> u64 {
    let (mut at, mut opened) = (0, 0);
    while let Some(header) = batch.get(at..at + RECORD_LEN) {
        let len = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
        let packet = &batch[at + RECORD_LEN + ETHERNET.len() + IPV4_LEN..at + RECORD_LEN + len];
        let sa = usize::from(packet[3] & 7);
        if let Ok(content) = open_esp(&protections[sa], packet, None, buffer) {
            copies.extend_from_slice(content.payload);
            opened += 1;
        }
        at += RECORD_LEN + len;
    }
    opened
}

const SAS: u8 = 8;
const SPI: u32 = 0xc000_0000;
const ETHERNET: [u8; 14] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00];
const IPV4_LEN: usize = 20;
const RECORD_LEN: usize = 16;
/// Octets around the inner packet: Ethernet, IPv4, ESP header, trailer and ICV
const OVERHEAD: usize = 14 + 20 + 8 + 2 + 12;
const BATCH: usize = 512 << 10;
