//! Recognises what a file is, and reads it.

use std::borrow::Cow;
use std::ptr;

use super::format::Format;
use super::formats::{
    fortigate, iked, ikescope, ipsecctl, libreswan, mikrotik, psk, racoon, setkey, strongswan,
    tcpdump, vpp, wireshark, xfrm,
};
use super::key::Key;
use super::limits::MAX_LINE;
use super::problem::Problem;
use super::reader::{Reader, Sink};
use super::text::{Line, lines};

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
    pub looks_like: Option<String>,
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
    let Some(mut readers) = readers_of(&text) else {
        ikescope::read(&text, &mut sink);
        return finish(sink, &text, octets);
    };
    for (index, line) in lines(&text).enumerate() {
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

/// The readers whose lines are in the text; none for the keys file of this program, which is read as a whole.
fn readers_of(text: &str) -> Option<Vec<Box<dyn Reader>>> {
    let mut missing: Vec<(Marks, &Row)> = READERS
        .iter()
        .map(|row| (Marks::of(row.has), row))
        .collect();
    let mut found = Vec::new();
    for line in lines(text) {
        let marks = Marks::of(line);
        if marks.have(Marks::BRACKET) && ikescope::recognises(line) {
            return None;
        }
        missing.retain(|(wanted, row)| {
            let there = marks.have(*wanted) && (row.recognises)(line);
            if there {
                found.push(*row);
            }
            !there
        });
    }
    let mut readers: Vec<Box<dyn Reader>> = READERS
        .iter()
        .filter(|row| found.iter().any(|found| ptr::eq(*found, *row)))
        .map(|row| (row.reader)())
        .collect();
    if psk::recognises_lines(text) {
        readers.push(Box::<psk::SecretLines>::default());
    }
    Some(readers)
}

/// How lines of a format are recognised, and what reads it.
struct Row {
    /// Characters that such a line has, so that most others are told at a glance.
    has: &'static str,
    recognises: fn(&str) -> bool,
    reader: fn() -> Box<dyn Reader>,
}

const fn row(
    has: &'static str,
    recognises: fn(&str) -> bool,
    reader: fn() -> Box<dyn Reader>,
) -> Row {
    Row {
        has,
        recognises,
        reader,
    }
}

const READERS: &[Row] = &[
    row(",", wireshark::recognises, || {
        Box::<wireshark::WiresharkTables>::default()
    }),
    row(":", tcpdump::recognises, || {
        Box::<tcpdump::TcpdumpKeys>::default()
    }),
    row("bytes @", strongswan::recognises, || {
        Box::<strongswan::StrongswanLog>::default()
    }),
    row("key", libreswan::recognises, || {
        Box::<libreswan::LibreswanLog>::default()
    }),
    row("proto spi", xfrm::recognises, || {
        Box::<xfrm::XfrmStates>::default()
    }),
    row(" ", setkey::recognises, || {
        Box::<setkey::SetkeyDump>::default()
    }),
    row("key ", ipsecctl::recognises, || {
        Box::<ipsecctl::IpsecctlSas>::default()
    }),
    row("SK with", iked::recognises, || {
        Box::<iked::IkedLog>::default()
    }),
    row("computed:", racoon::recognises, || {
        Box::<racoon::RacoonLog>::default()
    }),
    row(" ispr", vpp::recognises, || Box::<vpp::VppSas>::default()),
    row("ec: spi=", fortigate::recognises_list, || {
        Box::<fortigate::FortigateTunnels>::default()
    }),
    row("ike SA", fortigate::recognises_log, || {
        Box::<fortigate::FortigateLog>::default()
    }),
    row("-key=", mikrotik::recognises, || {
        Box::<mikrotik::MikrotikSas>::default()
    }),
    row("secrets{", psk::recognises_sections, || {
        Box::<psk::SecretSections>::default()
    }),
];

/// Which characters a line has: a bit for each letter and for punctuation that tells formats apart, one for all digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Marks(u64);

impl Marks {
    const BRACKET: Self = Self(BITS[b'[' as usize]);

    fn of(text: &str) -> Self {
        let bit = |octet: u8| BITS.get(usize::from(octet)).copied().unwrap_or_default();
        Self(text.bytes().fold(0, |bits, octet| bits | bit(octet)))
    }

    fn have(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

/// The bit of each octet.
const BITS: [u64; 256] = {
    let mut bits = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        bits[octet] = 1
            << match octet as u8 {
                b'a'..=b'z' => octet - b'a' as usize,
                b'A'..=b'Z' => 26 + octet - b'A' as usize,
                b'0'..=b'9' => 52,
                b' ' => 53,
                b',' => 54,
                b':' => 55,
                b'=' => 56,
                b'@' => 57,
                b'[' => 58,
                b'{' => 59,
                b'-' => 60,
                _ => 61,
            };
        octet += 1;
    }
    bits
};

/// The file as text: UTF-8 as far as it is, or UTF-16, as some shells write what they redirect.
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
        [_, 0, _, 0, ..] => units(octets, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ => utf8(octets),
    }
}

/// As [`String::from_utf8_lossy`], which looks at each octet of a sound text too.
fn utf8(octets: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(octets),
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
fn looks_like(text: &str, octets: &[u8]) -> Option<String> {
    if let Some(what) = binary(octets) {
        return Some(what.to_owned());
    }
    let has = |line: &str, words: &[&str]| words.iter().any(|words| line.contains(words));
    let Some((words, hint)) = HINTS.iter().find(|(words, _)| has(text, words)) else {
        return text
            .contains('\0')
            .then(|| "a binary file, not text".to_owned());
    };
    let all = lines(text).filter(|line| !line.is_empty()).count();
    let mut of_it = lines(text).enumerate().filter(|(_, line)| has(line, words));
    let (first, others) = (of_it.next()?.0, of_it.count());
    // Notes and manuals quote a log, and most of their lines are none.
    let quoted = hint.starts_with("a log of") && all > 4 * (others + 1);
    Some(match quoted {
        true => format!("a text that quotes, on line {}, {hint}", first + 1),
        false => (*hint).to_owned(),
    })
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
