//! Recognises what a file is, and reads it.

use std::borrow::Cow;

use super::format::Format;
use super::formats::{
    fortigate, iked, ikescope, ipsecctl, libreswan, mikrotik, psk, racoon, setkey, strongswan,
    tcpdump, vpp, wireshark, xfrm,
};
use super::key::Key;
use super::limits::MAX_LINE;
use super::problem::Problem;
use super::reader::{Reader, Sink};
use super::text::Line;

/// What was in a file.
#[derive(Debug, Clone, Default)]
pub struct ReadKeys {
    /// The keys, in the order of their lines.
    pub keys: Vec<Key>,
    /// What could not be read, in the order of lines.
    pub problems: Vec<Problem>,
    /// The formats of the keys, that of most keys first.
    pub formats: Vec<Format>,
    /// What the file seems to be, where there is no key in it.
    pub looks_like: Option<&'static str>,
}

/// Reads key material, whatever its format. `name` is how the user named the file; it becomes
/// [`Source::file`](super::Source).
///
/// Formats are recognised by what the file says. Lines of several formats may stand in one file, as in an incident's notes.
#[must_use]
pub fn read(name: &str, octets: &[u8]) -> ReadKeys {
    let mut sink = Sink::new(name);
    if binary(octets).is_some() {
        return finish(sink, "", octets);
    }
    let text = text_of(octets);
    if ikescope::recognises(&text) {
        ikescope::read(&text, &mut sink);
        return finish(sink, &text, octets);
    }
    let mut readers: Vec<Box<dyn Reader>> = READERS
        .iter()
        .filter(|(recognises, _)| recognises(&text))
        .map(|(_, reader)| reader())
        .collect();
    for (index, line) in text.lines().enumerate() {
        let end = line.len().min(MAX_LINE);
        let text = line.get(..end).unwrap_or_default();
        let line = Line {
            number: index.saturating_add(1),
            text,
        };
        for reader in &mut readers {
            reader.line(line, &mut sink);
        }
    }
    for reader in &mut readers {
        reader.end(&mut sink);
    }
    finish(sink, &text, octets)
}

/// Reads pre-shared keys, one a line: `[ID or ADDRESS…] : "secret"` or the bare secret. The secret is the octets between the
/// quotation marks or the line without its line end; nothing is trimmed. `0x…` is hexadecimal, `0s…` base64.
#[must_use]
pub fn read_psks(name: &str, octets: &[u8]) -> ReadKeys {
    let mut sink = Sink::new(name);
    psk::psk_file(octets, &mut sink);
    finish(sink, "", octets)
}

/// How a format is recognised, and what reads it.
type Row = (fn(&str) -> bool, fn() -> Box<dyn Reader>);

const READERS: &[Row] = &[
    (wireshark::recognises, || {
        Box::<wireshark::WiresharkTables>::default()
    }),
    (tcpdump::recognises, || {
        Box::<tcpdump::TcpdumpKeys>::default()
    }),
    (strongswan::recognises, || {
        Box::<strongswan::StrongswanLog>::default()
    }),
    (libreswan::recognises, || {
        Box::<libreswan::LibreswanLog>::default()
    }),
    (xfrm::recognises, || Box::<xfrm::XfrmStates>::default()),
    (setkey::recognises, || Box::<setkey::SetkeyDump>::default()),
    (ipsecctl::recognises, || {
        Box::<ipsecctl::IpsecctlSas>::default()
    }),
    (iked::recognises, || Box::<iked::IkedLog>::default()),
    (racoon::recognises, || Box::<racoon::RacoonLog>::default()),
    (vpp::recognises, || Box::<vpp::VppSas>::default()),
    (fortigate::recognises_list, || {
        Box::<fortigate::FortigateTunnels>::default()
    }),
    (fortigate::recognises_log, || {
        Box::<fortigate::FortigateLog>::default()
    }),
    (mikrotik::recognises, || {
        Box::<mikrotik::MikrotikSas>::default()
    }),
    (psk::recognises_lines, || Box::<psk::SecretLines>::default()),
    (psk::recognises_sections, || {
        Box::<psk::SecretSections>::default()
    }),
];

/// The file as text: UTF-8 as far as it is, or UTF-16 with a byte order mark, as some shells write what they redirect.
fn text_of(octets: &[u8]) -> Cow<'_, str> {
    let units = |pairs: &[u8], from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = pairs
            .chunks_exact(2)
            .filter_map(|pair| pair.try_into().ok().map(from))
            .collect();
        Cow::Owned(String::from_utf16_lossy(&units))
    };
    match octets {
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        _ => String::from_utf8_lossy(octets),
    }
}

fn finish(sink: Sink, text: &str, octets: &[u8]) -> ReadKeys {
    let (mut keys, mut problems) = (sink.keys, sink.problems);
    keys.sort_by_key(|key| key.source.line);
    problems.sort_by_key(|problem| problem.line);
    let mut counts: Vec<(usize, Format)> = Vec::new();
    for key in &keys {
        match counts.iter_mut().find(|(_, format)| *format == key.format) {
            Some((count, _)) => *count += 1,
            None => counts.push((1, key.format)),
        }
    }
    counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let looks_like = match keys.is_empty() {
        true => looks_like(text, octets),
        false => None,
    };
    ReadKeys {
        keys,
        problems,
        formats: counts.into_iter().map(|(_, format)| format).collect(),
        looks_like,
    }
}

/// What a file without keys is, and what would help.
fn looks_like(text: &str, octets: &[u8]) -> Option<&'static str> {
    if let Some(what) = binary(octets) {
        return Some(what);
    }
    HINTS
        .iter()
        .find(|(words, _)| words.iter().any(|words| text.contains(words)))
        .map(|(_, hint)| *hint)
}

/// What a file is that has no text.
fn binary(octets: &[u8]) -> Option<&'static str> {
    if octets.is_empty() {
        return Some("an empty file");
    }
    let magic: [&[u8]; 5] = [
        &[0xd4, 0xc3, 0xb2, 0xa1],
        &[0xa1, 0xb2, 0xc3, 0xd4],
        &[0x4d, 0x3c, 0xb2, 0xa1],
        &[0xa1, 0xb2, 0x3c, 0x4d],
        &[0x0a, 0x0d, 0x0d, 0x0a],
    ];
    if magic.iter().any(|magic| octets.starts_with(magic)) {
        return Some("a capture, not a file of keys");
    }
    if octets.starts_with(&[0x1f, 0x8b]) || octets.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Some("a compressed file: uncompress it first");
    }
    None
}

/// Words of files that have no keys, and what to do.
const HINTS: &[(&[&str], &str)] = &[
    (
        &["[IKE]", "[CFG]", "[ENC]", "charon"],
        "a log of strongSwan without keys: set ike and chd to 4 in charon.filelog",
    ),
    (
        &[
            "pluto[",
            "STATE_MAIN",
            "STATE_V2",
            "established Child SA",
            "\" #1: ",
        ],
        "a log of libreswan without keys: set plutodebug=private",
    ),
    (
        &["-----BEGIN"],
        "a certificate or a private key: those authenticate, and decrypt nothing",
    ),
    (
        &[
            "#pkts encaps",
            "IPsec SA established",
            "ikev2_decrypt",
            "local crypto endpt",
        ],
        "a printout of Cisco, which has counters and no keys",
    ),
    (
        &["security-associations", "Tunnel-id", "vpn ipsec-sa"],
        "a printout of Juniper or Palo Alto, which has no keys",
    ),
    (&["racoon"], "a log of racoon without keys: run racoon -dd"),
    (
        &["ike 0:"],
        "a log of FortiGate without keys: diagnose debug application ike -1 has them",
    ),
    (&["iked"], "a log of OpenIKED without keys: run iked -dvvv"),
];
