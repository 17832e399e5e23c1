//! What is written, and what is not.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use zeroize::Zeroizing;

use super::{ikescope, tcpdump, wireshark};
use crate::key_material::key::{Key, Source};

/// The formats that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// Wireshark's `ikev1_decryption_table`.
    WiresharkIkev1,
    /// Wireshark's `ikev2_decryption_table`.
    WiresharkIkev2,
    /// Wireshark's `esp_sa`.
    WiresharkEsp,
    /// A file for `tcpdump -E "file NAME"`.
    Tcpdump,
    /// The format of this program, which loses nothing.
    Ikescope,
}

/// Key material as text.
#[derive(Debug, Default)]
pub struct Written {
    /// The file's content; it is cleared when dropped.
    pub text: Zeroizing<String>,
    /// How many keys are in it.
    pub keys: usize,
    /// Keys that would belong there, and are not in it or not as they should be.
    pub left_out: Vec<LeftOut>,
    /// How many keys are of kinds that the format does not have.
    pub other_kinds: usize,
}

/// Why a key is not in a file, or less than it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The key.
    pub source: Source,
    /// Why, in one lower-case sentence.
    pub why: String,
    /// Whether the key is in the file all the same.
    pub written: bool,
}

/// What a writer made of a key.
pub(super) enum Row {
    /// Lines, without their ends, and what does not work with them.
    Lines(Vec<String>, Option<String>),
    /// The format has such keys, and not this one.
    Refused(String),
    /// The format has no such keys.
    OtherKind,
}

/// Writes keys. The same line is not written twice.
#[must_use]
pub fn write(target: Target, keys: &[Key]) -> Written {
    if target == Target::Ikescope {
        return ikescope::write(keys);
    }
    let mut written = Written::default();
    let shared = wireshark::SharedSpis::of(keys);
    // Lines by their hash, so that no copy of a key stays behind.
    let hasher = RandomState::new();
    let mut seen: HashSet<u64> = HashSet::new();
    for key in keys {
        let row = match target {
            Target::WiresharkIkev1 => wireshark::ikev1(&key.material),
            Target::WiresharkIkev2 => wireshark::ikev2(&key.material),
            Target::WiresharkEsp => wireshark::esp(&key.material, &shared),
            _ => tcpdump::row(&key.material),
        };
        let mut leave_out = |why, in_file| {
            written.left_out.push(LeftOut {
                source: key.source.clone(),
                why,
                written: in_file,
            });
        };
        match row {
            Row::Lines(lines, remark) => {
                if let Some(remark) = remark {
                    leave_out(remark, true);
                }
                let mut fresh = false;
                for line in lines {
                    let line = Zeroizing::new(line);
                    if !seen.insert(hasher.hash_one(line.as_str())) {
                        continue;
                    }
                    written.text.push_str(&line);
                    written.text.push('\n');
                    fresh = true;
                }
                written.keys += usize::from(fresh);
            }
            Row::Refused(why) => leave_out(why, false),
            Row::OtherKind => written.other_kinds += 1,
        }
    }
    written
}

/// Lower-case hexadecimal.
pub(super) fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(octets.len() * 2);
    for octet in octets {
        // Writing to a string cannot fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}
