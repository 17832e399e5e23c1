//! What can go wrong between a file or an interface and its frames

use std::fmt;
use thiserror::Error;

/// Why a capture could not be read, with the place
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The file could not be opened
    #[error("{name}: cannot be opened: {source}")]
    Open {
        /// The input as it was named
        name: String,
        /// What the operating system said
        source: std::io::Error,
    },
    /// Reading failed
    #[error("{name}: reading failed at offset {offset} after packet {packets}: {source}")]
    Io {
        /// The input as it was named
        name: String,
        /// Octets of the (decompressed) capture before the failure
        offset: u64,
        /// Packets delivered before
        packets: u64,
        /// What the operating system said
        source: std::io::Error,
    },
    /// Nothing in it
    #[error(
        "{name}: the file is empty; a capture has a header even without packets, was the capturing program stopped early?"
    )]
    Empty {
        /// The input as it was named
        name: String,
    },
    /// Not a capture at all
    #[error(
        "{name}: not a capture: {found}; pcap and pcapng are read, plain or compressed with gzip or zstd"
    )]
    NotACapture {
        /// The input as it was named
        name: String,
        /// What its first octets look like
        found: Lookalike,
    },
    /// A capture in a form that is not read here
    #[error("{name}: {what} is not supported; `editcap -F pcapng` of Wireshark may convert it")]
    Unsupported {
        /// The input as it was named
        name: String,
        /// The form
        what: String,
    },
    /// The file ends inside a packet, a block or the compressed stream
    #[error(
        "{name}: cut in the middle of {what} at offset {offset} after packet {packets}: {available} of {needed} octets are there{}",
        complete(*packets)
    )]
    Cut {
        /// The input as it was named
        name: String,
        /// What is cut
        what: &'static str,
        /// Where the cut part begins in the (decompressed) capture
        offset: u64,
        /// Packets delivered before
        packets: u64,
        /// Octets that the part should have
        needed: u64,
        /// Octets that are there
        available: u64,
    },
    /// The compressed stream ends early or is damaged; what was decompressed before is delivered
    #[error(
        "{name}: the {method} stream {reason} after {offset} decompressed octets and packet {packets}{}",
        complete(*packets)
    )]
    Compression {
        /// The input as it was named
        name: String,
        /// `gzip` or `zstd`
        method: &'static str,
        /// What is wrong with it
        reason: String,
        /// Decompressed octets before
        offset: u64,
        /// Packets delivered before
        packets: u64,
    },
    /// A length or number cannot be
    #[error("{name}: corrupt at offset {offset} after packet {packets}: {reason}")]
    Corrupt {
        /// The input as it was named
        name: String,
        /// Where in the (decompressed) capture
        offset: u64,
        /// Packets delivered before
        packets: u64,
        /// What cannot be
        reason: String,
    },
    /// Live capture is not allowed to this user
    #[error(
        "{interface}: no permission to capture: run as root, or give the program the right with `setcap cap_net_raw,cap_net_admin=eip` (CAP_NET_RAW), or join the group that may capture ({message})"
    )]
    NoPermission {
        /// The interface as it was named
        interface: String,
        /// What libpcap said
        message: String,
    },
    /// No interface has this name
    #[error("{interface}: no such interface; {available}")]
    NoSuchInterface {
        /// The interface as it was named
        interface: String,
        /// A sentence with the names there are, the nearest first
        available: String,
    },
    /// The filter expression does not compile
    #[error("the filter `{expression}` is not valid: {message}")]
    Filter {
        /// The expression
        expression: String,
        /// What libpcap said
        message: String,
    },
    /// Live capture failed for another reason
    #[error("{interface}: capturing failed: {message}")]
    Live {
        /// The interface as it was named
        interface: String,
        /// What libpcap said
        message: String,
    },
}

/// What is worth having of a file that ends early
fn complete(packets: u64) -> &'static str {
    match packets {
        0 => "; no packet is before that",
        _ => "; the packets before are complete",
    }
}

/// What the first octets of a file look like, when they do not begin a capture
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lookalike {
    /// A known kind of file, with its article
    Known(&'static str),
    /// Text in the format of another capture tool, and how to convert it
    Convertible(&'static str, &'static str),
    /// None that is known: the first octets
    Unknown(Vec<u8>),
}

impl Lookalike {
    /// Looks for the signatures of common files at the start of `octets`
    pub fn of(octets: &[u8]) -> Self {
        for (signature, what) in SIGNATURES {
            if octets.starts_with(signature) {
                return Self::Known(what);
            }
        }
        for (signature, what, hint) in CONVERTIBLE {
            if octets.starts_with(signature) {
                return Self::Convertible(what, hint);
            }
        }
        if octets.get(257..262) == Some(b"ustar") {
            return Self::Known("a tar archive");
        }
        let start = &octets[..octets.len().min(TEXT_SAMPLE)];
        let visible = start.trim_ascii_start();
        if is_text(start) {
            return Self::Known(match visible.first() {
                Some(b'{' | b'[') => "a JSON text",
                Some(b'<') => "an XML or HTML text",
                _ => "a text",
            });
        }
        Self::Unknown(octets[..octets.len().min(8)].to_vec())
    }
}

impl fmt::Display for Lookalike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(what) => write!(f, "looks like {what}"),
            Self::Convertible(what, hint) => write!(f, "looks like {what}: {hint}"),
            Self::Unknown(octets) => {
                f.write_str("begins with")?;
                octets
                    .iter()
                    .try_for_each(|octet| write!(f, " {octet:02x}"))
            }
        }
    }
}

/// UTF-8 (cut anywhere) without control characters other than white space
fn is_text(octets: &[u8]) -> bool {
    let valid = match std::str::from_utf8(octets) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    valid
        && !octets.is_empty()
        && octets
            .iter()
            .all(|&o| o >= 0x20 || matches!(o, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}

const TEXT_SAMPLE: usize = 512;

const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "an ELF program"),
    (b"MZ", "a Windows program"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive (unpack it first)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive (unpack it first)"),
    (b"Rar!\x1a\x07", "a RAR archive (unpack it first)"),
    (
        b"\xfd7zXZ\x00",
        "an xz stream (decompress it with `xz -dc FILE | …`)",
    ),
    (
        b"BZh",
        "a bzip2 stream (decompress it with `bzip2 -dc FILE | …`)",
    ),
    (
        b"\x04\x22\x4d\x18",
        "an lz4 stream (decompress it with `lz4 -dc FILE | …`)",
    ),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"-----BEGIN ", "a PEM text"),
    (b"\x30\x82", "a DER certificate or key"),
];

const CONVERTIBLE: &[(&[u8], &str, &str)] = &[
    (
        b"snoop\x00\x00\x00",
        "a Solaris snoop capture",
        "convert it with `editcap -F pcapng`",
    ),
    (
        b"GMBU",
        "a Microsoft Network Monitor capture",
        "convert it with `editcap -F pcapng`",
    ),
    (
        b"RTSS",
        "a Microsoft Network Monitor 1 capture",
        "convert it with `editcap -F pcapng`",
    ),
    (
        b"XCP\x00",
        "a NetXray or Sniffer capture",
        "convert it with `editcap -F pcapng`",
    ),
    (
        b"TRSNIFF data",
        "a Sniffer capture",
        "convert it with `editcap -F pcapng`",
    ),
    (
        b"\x7fver",
        "an EtherPeek capture",
        "convert it with `editcap -F pcapng`",
    ),
    (
        b"\x34\xcd\xb2\xa1",
        "a pcap variant of 1999 that no tool reads",
        "there is no converter",
    ),
    (
        b"\xa1\xb2\x34\xcd",
        "a pcap variant of 1999 that no tool reads",
        "there is no converter",
    ),
];
