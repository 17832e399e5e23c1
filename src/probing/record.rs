//! Every datagram sent and received, as a capture file.

use std::fs::File;
use std::io::{self, BufWriter};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use etherparse::PacketBuilder;
use ikescope_capture::{Frame, LinkType, PcapngWriter, Timestamp};

use crate::exit::Error;

/// Writes raw IP packets with the time of now.
pub(crate) struct Recorder {
    name: String,
    writer: PcapngWriter<BufWriter<File>>,
    number: u64,
    packet: Vec<u8>,
}

impl Recorder {
    /// Begins the file; one that exists is written over only if `force` says so.
    pub(crate) fn create(path: &Path, force: bool) -> Result<Self, Error> {
        let name = path.display().to_string();
        if path.exists() && !force {
            let why = "it exists; another name or --force is needed";
            return Err(Error::write(
                &name,
                io::Error::new(io::ErrorKind::AlreadyExists, why),
            ));
        }
        let file = File::create(path).map_err(|error| Error::write(&name, error))?;
        let writer = PcapngWriter::new(BufWriter::new(file));
        Ok(Self {
            writer: writer.map_err(|error| Error::write(&name, error))?,
            name,
            number: 0,
            packet: Vec::new(),
        })
    }

    /// Writes one datagram of UDP.
    pub(crate) fn datagram(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        octets: &[u8],
    ) -> Result<(), Error> {
        let ports = (from.port(), to.port());
        self.packet.clear();
        let built = match (from, to) {
            (SocketAddr::V4(from), SocketAddr::V4(to)) => {
                PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), HOPS)
                    .udp(ports.0, ports.1)
                    .write(&mut self.packet, octets)
            }
            (SocketAddr::V6(from), SocketAddr::V6(to)) => {
                PacketBuilder::ipv6(from.ip().octets(), to.ip().octets(), HOPS)
                    .udp(ports.0, ports.1)
                    .write(&mut self.packet, octets)
            }
            // A socket has one family.
            _ => return Ok(()),
        };
        match built {
            Ok(()) => self.write(),
            // Larger than an IP packet can be: it cannot have been on the wire.
            Err(_) => Ok(()),
        }
    }

    /// Writes a part of a TCP stream that begins at this sequence number.
    pub(crate) fn segment(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        sequence: u32,
        acknowledged: u32,
        octets: &[u8],
    ) -> Result<(), Error> {
        self.packet.clear();
        let built = match (from, to) {
            (SocketAddr::V4(a), SocketAddr::V4(b)) => {
                PacketBuilder::ipv4(a.ip().octets(), b.ip().octets(), HOPS)
                    .tcp(from.port(), to.port(), sequence, WINDOW)
                    .ack(acknowledged)
                    .write(&mut self.packet, octets)
            }
            (SocketAddr::V6(a), SocketAddr::V6(b)) => {
                PacketBuilder::ipv6(a.ip().octets(), b.ip().octets(), HOPS)
                    .tcp(from.port(), to.port(), sequence, WINDOW)
                    .ack(acknowledged)
                    .write(&mut self.packet, octets)
            }
            _ => return Ok(()),
        };
        match built {
            Ok(()) => self.write(),
            Err(_) => Ok(()),
        }
    }

    /// Ends the file.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let Self { name, writer, .. } = self;
        writer
            .finish()
            .map(drop)
            .map_err(|error| Error::write(&name, error))
    }

    fn write(&mut self) -> Result<(), Error> {
        self.number += 1;
        let length = u32::try_from(self.packet.len()).unwrap_or(u32::MAX);
        let frame = Frame {
            file: 0,
            number: self.number,
            time: Some(now()),
            length,
            captured: length,
            link: LinkType::RAW,
            octets: &self.packet,
        };
        let written = self.writer.write(&frame, None);
        written.map_err(|error| Error::write(&self.name, error))
    }
}

fn now() -> Timestamp {
    // A clock before 1970 is told as 1970.
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::new(seconds, since.subsec_nanos().into())
}

/// What is written where the real number of hops is not known.
const HOPS: u8 = 64;
const WINDOW: u16 = 65_535;
