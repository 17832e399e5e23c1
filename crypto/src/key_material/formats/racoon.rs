//! `racoon -dd` of KAME, ipsec-tools, macOS and appliances made of them.
//!
//! ```text
//! DEBUG: new cookie:
//! fafaeb49382a763c
//! DEBUG: final encryption key computed:
//! DEBUG:
//! 932d361f fc62ddc2 6164d513 d40d211f b7364166 232cf490
//! INFO: ISAKMP-SA established 192.0.2.1[500]-198.51.100.7[500] spi:fafaeb49382a763c:13514610cea16160
//! ```
//!
//! rsyslog writes `#012` in place of the line ends.

use ikescope_dissectors::IkeSpi;
use ikescope_dissectors::registries::ikev2::Prf;

use crate::Secret;
use crate::key_material::format::Format;
use crate::key_material::key::{
    DhPrivate, DhSecret, IkeSpis, Ikev1Key, Ikev1Skeyid, Material, Side,
};
use crate::key_material::names::{NamedCipher, cipher, prf};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, dump_octets, ike_spi};

/// Whether a line begins such a dump.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    line.contains("encryption key computed:") || line.contains("SKEYID_e computed:")
}

/// Reads dumps; a negotiation ends where the next begins.
#[derive(Debug, Default)]
pub(in crate::key_material) struct RacoonLog {
    label: Option<(usize, Label)>,
    octets: Vec<u8>,
    set: Set,
    /// Whether this racoon began the negotiation, as it said last.
    initiator: Option<bool>,
    cookie: Option<IkeSpi>,
    /// The SPIs of the message that was received last.
    received: Option<IkeSpis>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Cookie,
    Message,
    Private,
    Public,
    Shared,
    Skeyid,
    SkeyidD,
    SkeyidA,
    SkeyidE,
    Key,
    Iv,
}

/// What racoon says before a dump.
const LABELS: &[(&str, Label)] = &[
    ("new cookie:", Label::Cookie),
    ("message received from", Label::Message),
    ("compute DH's private", Label::Private),
    ("compute DH's public", Label::Public),
    ("compute DH's shared", Label::Shared),
    ("SKEYID computed:", Label::Skeyid),
    ("SKEYID_d computed:", Label::SkeyidD),
    ("SKEYID_a computed:", Label::SkeyidA),
    ("SKEYID_e computed:", Label::SkeyidE),
    ("encryption key computed:", Label::Key),
    ("IV computed:", Label::Iv),
];

/// What one of these has, and most lines have not.
const MARKS: [&str; 3] = ["comput", "cookie:", "message received"];

#[derive(Debug, Default)]
struct Set {
    line: usize,
    sa: IkeSpis,
    cipher: Option<NamedCipher>,
    prf: Option<Prf>,
    keys: Ikev1Skeyid,
    private: Option<(usize, Secret)>,
    public: Option<Vec<u8>>,
    shared: Option<(usize, Secret)>,
    filled: bool,
}

impl Reader for RacoonLog {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        for text in line.text.split("#012") {
            self.part(line.number, text, sink);
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.close(sink);
        self.flush(sink);
    }
}

impl RacoonLog {
    fn part(&mut self, number: usize, text: &str, sink: &mut Sink) {
        let logged = text.contains("DEBUG") || text.contains("INFO") || text.contains("racoon");
        let message = match logged {
            true => text
                .rsplit_once("DEBUG: ")
                .map_or("", |(_, message)| message),
            false => text,
        };
        if self.label.is_some() {
            let most = MAX_LEN.saturating_sub(self.octets.len());
            let more = dump_octets(message, most);
            if !more.is_empty() {
                self.octets.extend(more);
                return;
            }
            // The octets stand on a line of their own, behind one that has nothing.
            let nothing = text.trim().is_empty() || text.trim_end().ends_with("DEBUG:");
            if self.octets.is_empty() && nothing {
                return;
            }
            self.close(sink);
        }
        if MARKS.iter().any(|mark| text.contains(mark))
            && let Some((_, label)) = LABELS.iter().find(|(words, _)| text.contains(words))
        {
            self.label = Some((number, *label));
            self.octets.clear();
            // Where the line end is gone the octets stand on the same line.
            return;
        }
        if text.contains("initiate new phase 1") {
            self.initiator = Some(true);
            self.received = None;
        } else if text.contains("respond new phase 1") {
            self.initiator = Some(false);
        } else if let Some((_, name)) = text.split_once("encryption(") {
            let name = name.split(')').next().unwrap_or_default();
            self.set.cipher = cipher(name, None).or(self.set.cipher);
        } else if let Some((_, name)) = text.split_once("hash(") {
            self.set.prf = prf(name.split(')').next().unwrap_or_default()).or(self.set.prf);
        } else if text.contains("ISAKMP-SA established") {
            self.established(text, sink);
        }
    }

    /// `… spi:fafaeb49382a763c:13514610cea16160`.
    fn established(&mut self, text: &str, sink: &mut Sink) {
        let Some((_, spis)) = text.split_once("spi:") else {
            return;
        };
        let mut spis = spis.trim().split(':').map(ike_spi);
        if let (Some(Some(initiator)), Some(Some(responder))) = (spis.next(), spis.next()) {
            let sa = IkeSpis::new(initiator, responder);
            let known = self.set.sa;
            if known.is_empty()
                || known.initiator == sa.initiator
                || known.responder == sa.responder
            {
                self.set.sa = sa;
            }
        }
        self.flush(sink);
    }

    fn close(&mut self, sink: &mut Sink) {
        let Some((line, label)) = self.label.take() else {
            return;
        };
        let octets = std::mem::take(&mut self.octets);
        if octets.is_empty() {
            return;
        }
        match label {
            Label::Cookie => {
                self.cookie = spi(&octets, 0);
                return;
            }
            Label::Message => {
                let spis = spi(&octets, 0).zip(spi(&octets, 8));
                self.received =
                    spis.map(|(initiator, responder)| IkeSpis::new(initiator, responder));
                return;
            }
            Label::Skeyid if self.set.filled => self.flush(sink),
            Label::Private if self.set.private.is_some() => self.flush(sink),
            Label::Key if self.set.keys.key.is_some() => self.flush(sink),
            _ => {}
        }
        let set = &mut self.set;
        let secret = Secret::new(octets);
        if set.line == 0 {
            set.line = line;
        }
        let key = match label {
            Label::Private => {
                set.private = Some((line, secret));
                return;
            }
            Label::Public => {
                set.public = Some(secret.expose().to_vec());
                return;
            }
            Label::Shared => {
                set.shared = Some((line, secret));
                return;
            }
            Label::Iv => {
                set.keys
                    .initial_iv
                    .get_or_insert_with(|| secret.expose().to_vec());
                return;
            }
            Label::Skeyid => &mut set.keys.skeyid,
            Label::SkeyidD => &mut set.keys.skeyid_d,
            Label::SkeyidA => &mut set.keys.skeyid_a,
            Label::SkeyidE => &mut set.keys.skeyid_e,
            _ => &mut set.keys.key,
        };
        *key = Some(secret);
        set.filled = true;
        if set.sa.is_empty() {
            set.sa = self
                .received
                .filter(|sa| !sa.is_empty())
                .unwrap_or(match self.initiator {
                    Some(false) => IkeSpis {
                        initiator: None,
                        responder: self.cookie,
                    },
                    _ => IkeSpis {
                        initiator: self.cookie,
                        responder: None,
                    },
                });
        }
    }

    fn flush(&mut self, sink: &mut Sink) {
        let set = std::mem::take(&mut self.set);
        let sa = set.sa;
        if let Some((line, private)) = set.private {
            let material = Material::DhPrivate(DhPrivate {
                sa,
                public: set.public,
                side: self.initiator.map(|initiator| match initiator {
                    true => Side::Initiator,
                    false => Side::Responder,
                }),
                private,
                ..DhPrivate::default()
            });
            sink.key(line, Format::RacoonLog, material);
        }
        if let Some((line, shared)) = set.shared {
            let material = Material::DhSecret(DhSecret {
                sa,
                shared,
                ..DhSecret::default()
            });
            sink.key(line, Format::RacoonLog, material);
        }
        if !set.filled {
            return;
        }
        let mut keys = set.keys;
        let encryption = set.cipher.map(|cipher| cipher.id);
        let only_key = keys.skeyid.is_none()
            && keys.skeyid_d.is_none()
            && keys.skeyid_a.is_none()
            && keys.skeyid_e.is_none();
        let material = match keys.key.take() {
            Some(key) if only_key => Material::Ikev1Key(Ikev1Key {
                sa,
                encryption,
                key_bits: None,
                key,
            }),
            key => Material::Ikev1Skeyid(Ikev1Skeyid {
                sa,
                encryption,
                prf: set.prf,
                key,
                ..keys
            }),
        };
        sink.key(set.line, Format::RacoonLog, material);
    }
}

fn spi(octets: &[u8], at: usize) -> Option<IkeSpi> {
    let octets = octets.get(at..at.checked_add(8)?)?;
    octets.try_into().ok().map(u64::from_be_bytes).map(IkeSpi)
}

/// A datagram is the longest dump.
const MAX_LEN: usize = 1 << 16;
