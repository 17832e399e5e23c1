//! Our own format: TOML with an array of tables for each kind of key material.
//!
//! ```toml
//! [[ikev2-keys]]
//! initiator_spi = "6885fd33b7b8486b"
//! responder_spi = "2d69cf9ef6fa4e3b"
//! encr = "AES-CBC-128"
//! prf = "HMAC-SHA2-256"
//! sk_d = "b1c7cd9e…"
//!
//! [[psk]]
//! for = ["gw.example.com", "192.0.2.1"]
//! psk = "text, or 0x… or 0s…"
//! ```

use std::net::IpAddr;

use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, IntegrityAlgorithm, KeyExchangeMethod, Prf,
};
use ikescope_dissectors::{IkeSpi, Spi};
use toml_span::value::{Key, Table as Fields, ValueInner};
use toml_span::{Span, Value};

use super::psk::secret_text;
use crate::Secret;
use crate::key_material::address::AddressPattern;
use crate::key_material::format::Format;
use crate::key_material::key::{
    AhSa, DhPrivate, DhSecret, EapMsk, EspSa, IkeSpis, Ikev1Key, Ikev1Skeyid, Ikev2Keys, KINDS,
    Material, NoncePair, Ppk, Psk, Side, Skeyseed,
};
use crate::key_material::names::{cipher, group, integrity, is_aead, is_supported, key_bits, prf};
use crate::key_material::problem::Problem;
use crate::key_material::reader::Sink;
use crate::key_material::text::{base64, hex_octets, ike_spi, spi_hex, spi_number};

/// Whether a line begins a table of a known kind.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    let header = line.trim_ascii_start();
    if !header.starts_with('[') {
        return false;
    }
    let header = header.split('#').next().unwrap_or_default();
    KINDS.contains(&header.trim_ascii_end().trim_matches(['[', ']', ' ']))
}

/// Reads a whole file, table by table: what TOML refuses costs the table it stands in and no other.
pub(in crate::key_material) fn read(text: &str, sink: &mut Sink) {
    let (mut start, mut first_line) = (0, 1);
    let (mut offset, mut line) = (0, 1);
    for piece in text.split_inclusive('\n') {
        if piece.trim_ascii_start().starts_with('[') && offset > start {
            block(
                text.get(start..offset).unwrap_or_default(),
                first_line,
                sink,
            );
            (start, first_line) = (offset, line);
        }
        offset = offset.saturating_add(piece.len());
        line += 1;
    }
    block(text.get(start..).unwrap_or_default(), first_line, sink);
}

/// A table with its header, `first_line` being the number of its first line.
fn block(text: &str, first_line: usize, sink: &mut Sink) {
    let places = Places { text, first_line };
    if let Some((name, fields)) = plain(text) {
        return table(name, first_line, &fields, &places, sink);
    }
    let document = match toml_span::parse(text) {
        Ok(document) => document,
        Err(error) => {
            // The display of the error could quote what stands there, and with it a key.
            let (line, column) = places.at(error.span.start);
            sink.problem(Problem {
                line,
                column: Some(column),
                what: "this is no TOML, and its table is left out".to_owned(),
            });
            return;
        }
    };
    let Some(document) = document.as_table() else {
        return;
    };
    for (name, value) in document {
        let (line, _) = places.at(name.span.start);
        let name = name.name.as_ref();
        if !KINDS.contains(&name) {
            sink.problem(Problem::new(
                line,
                format!("there is no kind of key {name:?}"),
            ));
            continue;
        }
        let tables: Vec<&Value<'_>> = match value.as_array() {
            Some(tables) => tables.iter().collect(),
            None => vec![value],
        };
        for value in tables {
            match value.as_table() {
                Some(fields) => table(name, line, fields, &places, sink),
                None => sink.problem(Problem::new(line, format!("{name} is no table"))),
            }
        }
    }
}

/// A table as this program writes it: a header, and a name and a value in quotation marks on each line. None for all else
/// that TOML allows. Ten thousand tables are read in milliseconds this way.
fn plain(text: &str) -> Option<(&str, Fields<'_>)> {
    let (header, rest) = text.split_once('\n')?;
    let name = header.trim_end().strip_prefix("[[")?.strip_suffix("]]")?;
    if !KINDS.contains(&name) {
        return None;
    }
    let mut fields = Fields::new();
    let mut start = header.len() + 1;
    for line in rest.split_inclusive('\n') {
        let bare = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'_';
        let printed = |octet: u8| (b' '..=b'~').contains(&octet) && octet != b'"' && octet != b'\\';
        let (name, value) = line.split_at(line.bytes().take_while(bare).count());
        if name.is_empty() && value.trim_ascii().is_empty() {
            start += line.len();
            continue;
        }
        let text = value
            .trim_ascii_end()
            .strip_prefix(" = \"")?
            .strip_suffix('"')?;
        if name.is_empty() || !text.bytes().all(printed) {
            return None;
        }
        let at = start + name.len() + " = \"".len();
        let key = Key {
            name: name.into(),
            span: Span::new(start, start + name.len()),
        };
        let value = ValueInner::String(text.into());
        let value = Value::with_span(value, Span::new(at, at + text.len()));
        if fields.insert(key, value).is_some() {
            return None;
        }
        start += line.len();
    }
    Some((name, fields))
}

fn table(name: &str, line: usize, fields: &Fields<'_>, places: &Places<'_>, sink: &mut Sink) {
    let mut table = Table {
        line,
        fields,
        places,
        used: Vec::new(),
        problems: Vec::new(),
    };
    let material = table.material(name);
    table.leftovers();
    let complete = table.problems.is_empty();
    for problem in table.problems {
        sink.problem(problem);
    }
    match material {
        Some(material) => sink.key(line, Format::Ikescope, material),
        None if complete => {
            sink.problem(Problem::new(line, format!("this {name} has no key in it")));
        }
        None => {}
    }
}

/// Tells offsets in the text of a table as places in the file.
struct Places<'t> {
    text: &'t str,
    first_line: usize,
}

impl Places<'_> {
    /// Line and column, from 1.
    fn at(&self, offset: usize) -> (usize, usize) {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        let lines = before.iter().filter(|octet| **octet == b'\n').count();
        let start = before.iter().rposition(|octet| *octet == b'\n');
        let column = offset - start.map_or(0, |at| at + 1);
        (self.first_line + lines, column + 1)
    }
}

/// A table that is being read.
struct Table<'t, 'd> {
    line: usize,
    fields: &'t Fields<'d>,
    places: &'t Places<'t>,
    used: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'t> Table<'t, '_> {
    fn material(&mut self, kind: &str) -> Option<Material> {
        Some(match kind {
            "ikev1-key" => {
                let (encryption, key_bits) = self.cipher();
                Material::Ikev1Key(Ikev1Key {
                    sa: self.sa(),
                    encryption,
                    key_bits,
                    key: self.octets("key")?,
                })
            }
            "ikev1-skeyid" => self.skeyid()?,
            "ikev2-keys" => self.ikev2_keys()?,
            "skeyseed" => {
                let (encryption, key_bits) = self.cipher();
                Material::Skeyseed(Skeyseed {
                    sa: self.sa(),
                    encryption,
                    key_bits,
                    prf: self.prf(),
                    integrity: self.integrity(encryption).0,
                    epoch: self.number("epoch"),
                    nonces: self.nonces(),
                    skeyseed: self.octets("skeyseed")?,
                })
            }
            "dh-secret" => Material::DhSecret(DhSecret {
                sa: self.sa(),
                child_spis: self.child_spis(),
                group: self.group(),
                public: self.plain("public"),
                epoch: self.number("epoch"),
                shared: self.octets("shared_secret")?,
            }),
            "dh-private" => Material::DhPrivate(DhPrivate {
                sa: self.sa(),
                child_spis: self.child_spis(),
                group: self.group(),
                public: self.plain("public"),
                epoch: self.number("epoch"),
                side: self.side(),
                private: self.octets("private_value")?,
            }),
            "psk" => Material::Psk(Psk {
                selectors: self.texts("for"),
                secret: self.secret("psk")?,
            }),
            "ppk" => Material::Ppk(Ppk {
                id: self.text("id").map(|id| id.as_bytes().to_vec()),
                secret: self.secret("ppk")?,
            }),
            "eap-msk" => Material::EapMsk(EapMsk {
                sa: self.sa(),
                msk: self.octets("msk")?,
            }),
            "esp-sa" => self.esp()?,
            "ah-sa" => {
                let (integrity, icv_len) = self.integrity(None);
                Material::AhSa(AhSa {
                    src: self.address("src"),
                    dst: self.address("dst"),
                    spi: self.spi(),
                    sa: self.sa(),
                    integrity,
                    icv_len: self.icv_len().or(icv_len),
                    integrity_key: self.octets("integ_key")?,
                    esn: self.truth("esn"),
                    sequence_high: self.number("sequence_high"),
                })
            }
            _ => return None,
        })
    }

    fn skeyid(&mut self) -> Option<Material> {
        let (encryption, key_bits) = self.cipher();
        let keys = Ikev1Skeyid {
            sa: self.sa(),
            encryption,
            key_bits,
            prf: self.prf(),
            skeyid: self.octets("skeyid"),
            skeyid_d: self.octets("skeyid_d"),
            skeyid_a: self.octets("skeyid_a"),
            skeyid_e: self.octets("skeyid_e"),
            key: self.octets("key"),
            initial_iv: self.plain("initial_iv"),
        };
        let material = Material::Ikev1Skeyid(keys);
        (!material.values().is_empty()).then_some(material)
    }

    fn ikev2_keys(&mut self) -> Option<Material> {
        let (encryption, key_bits) = self.cipher();
        let (integrity, icv_len) = self.integrity(encryption);
        let keys = Ikev2Keys {
            sa: self.sa(),
            encryption,
            key_bits,
            prf: self.prf(),
            integrity,
            icv_len: self.icv_len().or(icv_len),
            epoch: self.number("epoch"),
            nonces: self.nonces(),
            sk_d: self.octets("sk_d"),
            sk_ai: self.octets("sk_ai"),
            sk_ar: self.octets("sk_ar"),
            sk_ei: self.octets("sk_ei"),
            sk_er: self.octets("sk_er"),
            sk_pi: self.octets("sk_pi"),
            sk_pr: self.octets("sk_pr"),
        };
        let material = Material::Ikev2Keys(keys);
        (!material.values().is_empty()).then_some(material)
    }

    fn esp(&mut self) -> Option<Material> {
        let (encryption, named_bits) = self.cipher();
        let (integrity, icv_len) = self.integrity(encryption);
        let encryption_key = self.octets("encr_key");
        let integrity_key = self.octets("integ_key");
        if encryption_key.is_none() && integrity_key.is_none() {
            return None;
        }
        let encryption_key = encryption_key.unwrap_or_default();
        let bits = match encryption.map(|id| key_bits(id, encryption_key.len())) {
            Some(Ok(bits)) => bits,
            Some(Err(fault)) if encryption.is_some_and(is_supported) => {
                self.problem("encr_key", format!("is of no use: {fault}"));
                named_bits
            }
            _ => named_bits,
        };
        let inner = (self.single("inner_src"), self.single("inner_dst"));
        Some(Material::EspSa(EspSa {
            beet: inner.0.zip(inner.1),
            src: self.address("src"),
            dst: self.address("dst"),
            spi: self.spi(),
            sa: self.sa(),
            encryption,
            key_bits: bits,
            encryption_key,
            integrity,
            icv_len: self.icv_len().or(icv_len),
            integrity_key: integrity_key.unwrap_or_default(),
            esn: self.truth("esn"),
            sequence_high: self.number("sequence_high"),
        }))
    }

    fn sa(&mut self) -> IkeSpis {
        let mut spi = |name| -> Option<IkeSpi> {
            let text = self.text(name)?;
            let spi = ike_spi(text);
            if spi.is_none() {
                self.problem(name, "has not 16 hexadecimal digits");
            }
            spi
        };
        let (initiator, responder) = (spi("initiator_spi"), spi("responder_spi"));
        IkeSpis::new(initiator.unwrap_or_default(), responder.unwrap_or_default())
    }

    fn spi(&mut self) -> Option<Spi> {
        let text = self.text("spi")?;
        let spi = spi_hex(text);
        if spi.is_none() {
            self.problem("spi", "is no SPI of 32 bits");
        }
        spi
    }

    fn child_spis(&mut self) -> Vec<Spi> {
        let texts = self.texts("child_spis");
        let spis: Vec<Spi> = texts.iter().filter_map(spi_number).collect();
        if spis.len() != texts.len() {
            self.problem("child_spis", "has something that is no SPI");
        }
        spis
    }

    fn cipher(&mut self) -> (Option<EncryptionAlgorithm>, Option<u16>) {
        let Some(name) = self.text("encr") else {
            return (None, None);
        };
        let named = cipher(name, None);
        if named.is_none() {
            self.problem("encr", "is no algorithm that is known");
        }
        (
            named.map(|named| named.id),
            named.and_then(|named| named.key_bits),
        )
    }

    fn integrity(
        &mut self,
        encryption: Option<EncryptionAlgorithm>,
    ) -> (Option<IntegrityAlgorithm>, Option<usize>) {
        let Some(name) = self.text("integ") else {
            let aead = encryption.is_some_and(is_aead);
            return (aead.then_some(IntegrityAlgorithm::NONE), None);
        };
        let named = integrity(name);
        if named.is_none() {
            self.problem("integ", "is no algorithm that is known");
        }
        (
            named.and_then(|named| named.id),
            named.and_then(|named| named.icv_len),
        )
    }

    fn prf(&mut self) -> Option<Prf> {
        let name = self.text("prf")?;
        let prf = prf(name);
        if prf.is_none() {
            self.problem("prf", "is no function that is known");
        }
        prf
    }

    fn group(&mut self) -> Option<KeyExchangeMethod> {
        let number = self.fields.get("group").and_then(Value::as_integer);
        let name = match number {
            Some(_) => self.number::<u32>("group")?.to_string(),
            None => self.text("group")?.to_owned(),
        };
        let group = group(&name);
        if group.is_none() {
            self.problem("group", "is no key exchange method that is known");
        }
        group
    }

    fn side(&mut self) -> Option<Side> {
        match self.text("side")? {
            "initiator" => Some(Side::Initiator),
            "responder" => Some(Side::Responder),
            _ => {
                self.problem("side", "is neither initiator nor responder");
                None
            }
        }
    }

    fn nonces(&mut self) -> Option<NoncePair> {
        let (initiator, responder) = (self.plain("nonce_i"), self.plain("nonce_r"));
        Some(NoncePair {
            initiator: initiator?,
            responder: responder?,
        })
    }

    fn address(&mut self, name: &'static str) -> Option<AddressPattern> {
        let text = self.text(name)?;
        let address = text.parse::<IpAddr>().ok().map(Into::into);
        let pattern = address.or_else(|| AddressPattern::parse(text, text.contains(':')));
        if pattern.is_none() {
            self.problem(name, "is no address");
        }
        pattern
    }

    fn single(&mut self, name: &'static str) -> Option<IpAddr> {
        let address = self.address(name)?.single();
        if address.is_none() {
            self.problem(name, "is no single address");
        }
        address
    }

    fn icv_len(&mut self) -> Option<usize> {
        self.number("icv_length")
    }

    /// A value that is key material.
    fn octets(&mut self, name: &'static str) -> Option<Secret> {
        self.plain(name).map(Secret::new)
    }

    /// Hexadecimal with spaces, colons and line ends as one likes, or base64 behind `0s`.
    fn plain(&mut self, name: &'static str) -> Option<Vec<u8>> {
        let text = self.text(name)?;
        let octets = match text.strip_prefix("0s") {
            Some(text) => base64(text).map(|secret| secret.expose().to_vec()),
            None => hex_octets(text).or_else(|| {
                let digits: String = text
                    .chars()
                    .filter(|char| !char.is_whitespace() && *char != ':')
                    .collect();
                hex_octets(&zeroize::Zeroizing::new(digits))
            }),
        };
        match octets {
            Some(octets) if !octets.is_empty() => Some(octets),
            Some(_) => {
                self.problem(name, "is empty");
                None
            }
            None => {
                self.problem(name, "is not hexadecimal, nor base64 behind 0s");
                None
            }
        }
    }

    /// A secret that people choose: text, or a number.
    fn secret(&mut self, name: &'static str) -> Option<Secret> {
        match secret_text(self.text(name)?) {
            Ok(secret) => Some(secret),
            Err(what) => {
                self.problem(name, what);
                None
            }
        }
    }

    fn text(&mut self, name: &'static str) -> Option<&'t str> {
        self.used.push(name);
        let text = self.fields.get(name)?.as_str();
        if text.is_none() {
            self.problem(name, "is no text in quotation marks");
        }
        text
    }

    /// A text or an array of texts.
    fn texts(&mut self, name: &'static str) -> Vec<String> {
        self.used.push(name);
        let Some(value) = self.fields.get(name) else {
            return Vec::new();
        };
        let text = |value: &Value<'_>| value.as_str().map(str::to_owned);
        let texts: Option<Vec<String>> = match value.as_array() {
            Some(values) => values.iter().map(text).collect(),
            None => text(value).map(|text| vec![text]),
        };
        texts.unwrap_or_else(|| {
            self.problem(name, "is no text and no list of texts");
            Vec::new()
        })
    }

    fn number<N: TryFrom<u64>>(&mut self, name: &'static str) -> Option<N> {
        self.used.push(name);
        let number = self.fields.get(name)?.as_integer();
        let number = number.and_then(|number| u64::try_from(number).ok());
        let number = number.and_then(|number| N::try_from(number).ok());
        if number.is_none() {
            self.problem(name, "is no number of the range");
        }
        number
    }

    fn truth(&mut self, name: &'static str) -> Option<bool> {
        self.used.push(name);
        let truth = self.fields.get(name)?.as_bool();
        if truth.is_none() {
            self.problem(name, "is neither true nor false");
        }
        truth
    }

    fn problem(&mut self, name: &str, what: impl AsRef<str>) {
        let span = self.fields.get(name).map(|value| value.span);
        let (line, column) = match span {
            Some(span) => {
                let (line, column) = self.places.at(span.start);
                (line, Some(column))
            }
            None => (self.line, None),
        };
        self.problems.push(Problem {
            line,
            column,
            what: format!("{name} {}", what.as_ref()),
        });
    }

    /// Fields that the kind does not have: a misspelt name must not pass unseen.
    fn leftovers(&mut self) {
        let unknown: Vec<(String, usize)> = self
            .fields
            .keys()
            .filter(|name| !self.used.contains(&name.name.as_ref()))
            .map(|name| (name.name.to_string(), name.span.start))
            .collect();
        for (name, at) in unknown {
            let (line, column) = self.places.at(at);
            self.problems.push(Problem {
                line,
                column: Some(column),
                what: format!("there is no field {name:?} here"),
            });
        }
    }
}
