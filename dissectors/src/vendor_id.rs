//! Vendor ID payloads: who, or which extension, stands behind the octets (RFC 2408, section 3.16; RFC 7296, section
//! 3.12).
//!
//! Many are hashes of a text, often MD5; some continue with a version, so that only their start is known.

mod table;

use table::{ENTRIES, Entry, PATTERNS, Pattern};

/// How the octets were recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchKind {
    /// All octets are known.
    Exact,
    /// Octets follow, or differ inside, what is known: usually a version.
    Prefix,
}

/// What a vendor ID stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The product or the extension.
    pub name: &'static str,
    /// How it was recognised.
    pub kind: MatchKind,
}

/// The name of the product or extension that sends this vendor ID; none if it is not known.
pub fn name(vendor_id: &[u8]) -> Option<&'static str> {
    lookup(vendor_id).map(|found| found.name)
}

/// What this vendor ID stands for: all octets known before a known start, a longer start before a shorter one.
pub fn lookup(vendor_id: &[u8]) -> Option<Match> {
    let known = by_octets(vendor_id);
    let pattern = PATTERNS
        .iter()
        .filter(|pattern| pattern.matches(vendor_id))
        .max_by_key(|pattern| pattern.known());
    match (known, pattern) {
        (Some((_, found)), _) if found.kind == MatchKind::Exact => Some(found),
        (Some((length, found)), Some(pattern)) if length >= pattern.known() => Some(found),
        (_, Some(pattern)) => Some(Match {
            name: pattern.name,
            kind: MatchKind::Prefix,
        }),
        (found, None) => found.map(|(_, found)| found),
    }
}

/// The text of a vendor ID that is nothing but printable ASCII, as some products send it. Trailing line ends and
/// NULs do not count. None for fewer than four characters: so short, any octets may look like text.
pub fn printable(vendor_id: &[u8]) -> Option<String> {
    let end = vendor_id
        .iter()
        .rposition(|octet| !matches!(octet, 0 | b'\n' | b'\r'))?;
    let text = vendor_id.get(..=end)?;
    let readable = text.iter().all(|octet| matches!(octet, b' '..=b'~'));
    (readable && text.len() >= MIN_TEXT).then(|| text.iter().copied().map(char::from).collect())
}

/// The longest entry that starts the vendor ID and how many octets of it are known.
///
/// Of two starts of the same octets the longer sorts later, and what stands between a start and the octets themselves
/// shares that start: so few entries before the place of the octets need a look.
fn by_octets(vendor_id: &[u8]) -> Option<(usize, Match)> {
    let after = ENTRIES.partition_point(|entry| entry.octets <= vendor_id);
    let first = vendor_id.first()?;
    ENTRIES
        .get(..after)?
        .iter()
        .rev()
        .take_while(|entry| entry.octets.first() == Some(first))
        .find(|entry| entry.matches(vendor_id))
        .map(|entry| (entry.octets.len(), entry.found(vendor_id)))
}

impl Entry {
    fn matches(&self, vendor_id: &[u8]) -> bool {
        vendor_id == self.octets || (self.prefix && vendor_id.starts_with(self.octets))
    }

    fn found(&self, vendor_id: &[u8]) -> Match {
        Match {
            name: self.name,
            kind: if vendor_id == self.octets {
                MatchKind::Exact
            } else {
                MatchKind::Prefix
            },
        }
    }
}

impl Pattern {
    fn matches(&self, vendor_id: &[u8]) -> bool {
        self.lengths.contains(&vendor_id.len())
            && self.parts.iter().all(|(offset, octets)| {
                vendor_id
                    .get(*offset..)
                    .is_some_and(|rest| rest.starts_with(octets))
            })
    }

    /// How many octets of the vendor ID are known.
    fn known(&self) -> usize {
        self.parts.iter().map(|(_, octets)| octets.len()).sum()
    }
}

const MIN_TEXT: usize = 4;
