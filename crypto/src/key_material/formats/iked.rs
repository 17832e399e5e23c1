//! The most verbose debug output of OpenIKED (`iked -dvvv`).
//!
//! ```text
//! spi=0x6885fd33b7b8486b: ikev2_ike_sa_keys: SKEYSEED with 32 bytes
//! 471d75d1 3bec6a5b 852fe727 8af37d3d a52e08a5 0d1cf336 900d57b3 4a307db7
//! ikev2_ike_sa_keys: S with 80 bytes
//! ```
//!
//! `S` is Ni | Nr | SPIi | SPIr (RFC 7296, section 2.14), so it names the SA.

use ikescope_dissectors::IkeSpi;

use crate::Secret;
use crate::key_material::format::Format;
use crate::key_material::key::{DhSecret, IkeSpis, Ikev2Keys, Material, Skeyseed};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, dump_octets};

/// Whether a line begins such a dump.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    line.contains("SKEYSEED with ") || line.contains("SK_d with ") || line.contains("SK_ei with ")
}

/// Reads dumps; a set of keys ends where the next begins.
#[derive(Debug, Default)]
pub(in crate::key_material) struct IkedLog {
    dump: Option<Dump>,
    set: Set,
}

#[derive(Debug)]
struct Dump {
    line: usize,
    name: String,
    len: usize,
    octets: Vec<u8>,
}

#[derive(Debug, Default)]
struct Set {
    line: usize,
    sa: IkeSpis,
    shared: Option<(usize, Secret)>,
    skeyseed: Option<(usize, Secret)>,
    keys: Ikev2Keys,
    filled: bool,
}

impl Reader for IkedLog {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        if let Some((name, len)) = head(line.text) {
            self.close(sink);
            self.dump = Some(Dump {
                line: line.number,
                name: name.to_owned(),
                len,
                octets: Vec::with_capacity(len),
            });
            return;
        }
        let Some(dump) = self.dump.as_mut() else {
            return;
        };
        let most = dump.len - dump.octets.len();
        let text = line
            .text
            .rsplit_once(": ")
            .map_or(line.text, |(_, text)| text);
        let more = dump_octets(text, most);
        if more.is_empty() {
            return;
        }
        dump.octets.extend(more);
        if dump.octets.len() == dump.len {
            self.close(sink);
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.close(sink);
        self.flush(sink);
    }
}

/// `… SK_d with 32 bytes`.
fn head(text: &str) -> Option<(&str, usize)> {
    let (before, rest) = text.rsplit_once(" with ")?;
    let len = rest.trim().strip_suffix(" bytes")?.parse().ok()?;
    let name = before.split_ascii_whitespace().next_back()?;
    let known = matches!(
        name,
        "DHSECRET"
            | "SKEYSEED"
            | "S"
            | "SK_d"
            | "SK_ai"
            | "SK_ar"
            | "SK_ei"
            | "SK_er"
            | "SK_pi"
            | "SK_pr"
    );
    (known && len <= MAX_LEN).then_some((name, len))
}

impl IkedLog {
    fn close(&mut self, sink: &mut Sink) {
        let Some(dump) = self.dump.take() else {
            return;
        };
        if dump.octets.len() < dump.len {
            sink.problem(crate::key_material::Problem::new(
                dump.line,
                format!(
                    "{} of {} octets of {} are there",
                    dump.octets.len(),
                    dump.len,
                    dump.name
                ),
            ));
            return;
        }
        if dump.len == 0 {
            return;
        }
        let again = match dump.name.as_str() {
            "DHSECRET" => self.set.shared.is_some() || self.set.filled,
            "SKEYSEED" => self.set.skeyseed.is_some() || self.set.filled,
            "SK_d" => self.set.keys.sk_d.is_some(),
            _ => false,
        };
        if again {
            self.flush(sink);
        }
        let set = &mut self.set;
        if set.line == 0 {
            set.line = dump.line;
        }
        let octets = Secret::new(dump.octets);
        let key = match dump.name.as_str() {
            "DHSECRET" => {
                set.shared = Some((dump.line, octets));
                return;
            }
            "SKEYSEED" => {
                set.skeyseed = Some((dump.line, octets));
                return;
            }
            "S" => {
                set.sa = spis(octets.expose()).unwrap_or_default();
                return;
            }
            "SK_d" => &mut set.keys.sk_d,
            "SK_ai" => &mut set.keys.sk_ai,
            "SK_ar" => &mut set.keys.sk_ar,
            "SK_ei" => &mut set.keys.sk_ei,
            "SK_er" => &mut set.keys.sk_er,
            "SK_pi" => &mut set.keys.sk_pi,
            _ => &mut set.keys.sk_pr,
        };
        *key = Some(octets);
        set.filled = true;
    }

    fn flush(&mut self, sink: &mut Sink) {
        let set = std::mem::take(&mut self.set);
        let sa = set.sa;
        if let Some((line, shared)) = set.shared {
            let material = Material::DhSecret(DhSecret {
                sa,
                shared,
                ..DhSecret::default()
            });
            sink.key(line, Format::IkedLog, material);
        }
        if let Some((line, skeyseed)) = set.skeyseed {
            let material = Material::Skeyseed(Skeyseed {
                sa,
                skeyseed,
                ..Skeyseed::default()
            });
            sink.key(line, Format::IkedLog, material);
        }
        if set.filled {
            let material = Material::Ikev2Keys(Ikev2Keys { sa, ..set.keys });
            sink.key(set.line, Format::IkedLog, material);
        }
    }
}

/// The last 16 octets of `S`.
fn spis(octets: &[u8]) -> Option<IkeSpis> {
    let start = octets.len().checked_sub(16)?;
    let (initiator, responder) = octets.get(start..)?.split_at_checked(8)?;
    let spi = |octets: &[u8]| octets.try_into().ok().map(u64::from_be_bytes).map(IkeSpi);
    Some(IkeSpis::new(spi(initiator)?, spi(responder)?))
}

/// The longest shared secret is that of MODP-8192, and `S` has two nonces of 256 octets at most.
const MAX_LEN: usize = 1_024;
