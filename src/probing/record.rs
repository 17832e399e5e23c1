//! Every datagram sent and received, as a capture file, and the keys of what is in it beside it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use etherparse::{IpHeaders, PacketBuilder, PacketBuilderStep};
use ikescope_capture::{Frame, LinkType, PcapngWriter};
use ikescope_crypto::key_material::{Format, Key, Material, Source, Target, write};
use ikescope_probe::Report;
use ikescope_probe::ikev2::ProbeKeys;

use crate::exit::Error;
use crate::private_file;
use crate::today::now;

/// Writes raw IP packets with the time of now.
pub(crate) struct Recorder {
    name: String,
    writer: PcapngWriter<BufWriter<File>>,
    number: u64,
    packet: Vec<u8>,
    keys: KeyFile,
}

impl Recorder {
    /// Begins the file; one that exists is written over only if `force` says so, and so is the one with keys.
    pub(crate) fn create(path: &Path, force: bool) -> Result<Self, Error> {
        let name = path.display().to_string();
        let keys = KeyFile::beside(path);
        for path in [path, &keys.path] {
            if path.exists() && !force {
                let why = "it exists; another name or --force is needed";
                return Err(Error::write(
                    &path.display().to_string(),
                    io::Error::new(io::ErrorKind::AlreadyExists, why),
                ));
            }
        }
        // Keys of another capture would open nothing of this one.
        if keys.path.is_file() {
            fs::remove_file(&keys.path).map_err(|error| Error::write(&keys.name(), error))?;
        }
        let file = File::create(path).map_err(|error| Error::write(&name, error))?;
        let writer = PcapngWriter::new(BufWriter::new(file));
        Ok(Self {
            writer: writer.map_err(|error| Error::write(&name, error))?,
            name,
            number: 0,
            packet: Vec::new(),
            keys,
        })
    }

    /// Writes one datagram of UDP.
    pub(crate) fn datagram(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        octets: &[u8],
    ) -> Result<(), Error> {
        let Some(network) = network(from, to) else {
            return Ok(());
        };
        self.packet.clear();
        let built = network
            .udp(from.port(), to.port())
            .write(&mut self.packet, octets);
        // Larger than an IP packet can be: it cannot have been on the wire.
        built.map_or(Ok(()), |()| self.write())
    }

    /// Writes a segment of TCP.
    pub(crate) fn segment(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        segment: Segment,
        octets: &[u8],
    ) -> Result<(), Error> {
        let Some(network) = network(from, to) else {
            return Ok(());
        };
        let Segment {
            begins,
            ends,
            refused,
            sequence,
            acknowledged,
        } = segment;
        let mut packet = network.tcp(from.port(), to.port(), sequence, WINDOW);
        if begins {
            packet = packet.syn();
        }
        if ends {
            packet = packet.fin();
        }
        if refused {
            packet = packet.rst();
        }
        if let Some(acknowledged) = acknowledged {
            packet = packet.ack(acknowledged);
        }
        self.packet.clear();
        let built = packet.write(&mut self.packet, octets);
        built.map_or(Ok(()), |()| self.write())
    }

    /// Writes down the keys of the SAs that a probe opened.
    pub(crate) fn keys(&mut self, report: &Report) -> Result<(), Error> {
        let keys = report.ikev2.iter().flat_map(|ikev2| &ikev2.keys);
        let source = Source {
            file: self.name.as_str().into(),
            line: usize::try_from(self.number).unwrap_or(usize::MAX),
        };
        let key = |keys: &ProbeKeys| Key {
            source: source.clone(),
            format: Format::Ikescope,
            material: Material::Ikev2Keys(keys.into()),
        };
        let keys: Vec<Key> = keys.map(key).collect();
        self.keys.add(&keys)
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

/// What a segment of TCP says of its stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Segment {
    /// SYN.
    pub(crate) begins: bool,
    /// FIN.
    pub(crate) ends: bool,
    /// RST.
    pub(crate) refused: bool,
    /// Sequence number of its first octet.
    pub(crate) sequence: u32,
    /// The next octet that is expected of the other side.
    pub(crate) acknowledged: Option<u32>,
}

/// The file beside a capture that opens what is encrypted in it.
struct KeyFile {
    path: PathBuf,
    file: Option<File>,
}

impl KeyFile {
    fn beside(capture: &Path) -> Self {
        let mut path = OsString::from(capture);
        path.push(KEYS_BEHIND);
        Self {
            path: path.into(),
            file: None,
        }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Without keys there is no file.
    fn add(&mut self, keys: &[Key]) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(private_file::create(&self.path, false)?),
        };
        let text = write(Target::Ikescope, keys).text;
        let written = file.write_all(text.as_bytes());
        written.map_err(|error| Error::write(&self.name(), error))
    }
}

/// The IP header; a socket has one family.
fn network(from: SocketAddr, to: SocketAddr) -> Option<PacketBuilderStep<IpHeaders>> {
    match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            Some(PacketBuilder::ipv4(from.octets(), to.octets(), HOPS))
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            Some(PacketBuilder::ipv6(from.octets(), to.octets(), HOPS))
        }
        _ => None,
    }
}

/// What is written where the real number of hops is not known.
const HOPS: u8 = 64;
const WINDOW: u16 = 65_535;
/// What stands behind the name of a capture in the name of the file with its keys.
const KEYS_BEHIND: &str = ".secrets.toml";
