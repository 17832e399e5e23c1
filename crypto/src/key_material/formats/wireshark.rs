//! Wireshark's tables: `ikev1_decryption_table`, `ikev2_decryption_table` and `esp_sa`, which strongSwan's save-keys plugin
//! writes too.
//!
//! ```text
//! fafaeb49382a763c,735be0cb62f82675c4f7bf8fbab9b56834ba76d6ab4fa240
//! 191ccd371a7a1f7b,bc123d15e4af593f,<SK_ei>,<SK_er>,"AES-CBC-256 [RFC3602]",<SK_ai>,<SK_ar>,"HMAC_SHA2_256_128 [RFC4868]"
//! "IPv4","192.0.2.1","*","0x070883c2","AES-CBC [RFC3602]","0x5de1…","HMAC-SHA-1-96 [RFC2404]","0x51c9…","32-bit","00000000"
//! ```

use std::borrow::Cow;

use ikescope_dissectors::registries::ikev2::IntegrityAlgorithm;

use crate::Secret;
use crate::key_material::address::AddressPattern;
use crate::key_material::format::Format;
use crate::key_material::key::{EspSa, IkeSpis, Ikev1Key, Ikev2Keys, Material};
use crate::key_material::names::{NamedIntegrity, cipher, integrity, is_aead, key_bits};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, hex, ike_spi, named_hex, spi_number, without_0x};

/// Whether a line is of one of these tables.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    let first = line.split(',').next().unwrap_or_default();
    let first = first.trim().trim_matches('"');
    (first.starts_with("IPv") || is_spi(first) || first.contains("uat:"))
        && Table::of(&fields(line)).is_some()
}

/// Reads lines of all three tables.
#[derive(Debug, Default)]
pub(in crate::key_material) struct WiresharkTables;

enum Table {
    Ikev1,
    Ikev2,
    Esp,
}

impl Table {
    fn of(fields: &[Cow<'_, str>]) -> Option<Self> {
        let first = fields.first()?;
        match (first.as_ref(), fields.len()) {
            ("IPv4" | "IPv6", 2..) => Some(Self::Esp),
            (spi, 2) if is_spi(spi) => Some(Self::Ikev1),
            (spi, 3..) if is_spi(spi) => Some(Self::Ikev2),
            _ => None,
        }
    }
}

fn is_spi(text: &str) -> bool {
    ike_spi(text).is_some()
}

impl Reader for WiresharkTables {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let fields = fields(line.text);
        let (format, read) = match Table::of(&fields) {
            Some(Table::Ikev1) => (Format::WiresharkIkev1, ikev1(&fields)),
            Some(Table::Ikev2) => (Format::WiresharkIkev2, ikev2(&fields)),
            Some(Table::Esp) => (Format::WiresharkEsp, esp(&fields)),
            None => return,
        };
        match read {
            Ok((material, remark)) => {
                sink.key(line.number, format, material);
                if let Some(remark) = remark {
                    sink.problem(line.problem(remark));
                }
            }
            Err(what) => sink.problem(line.problem(format!("{what} ({format})"))),
        }
    }
}

/// What a line says, or why it cannot be read. Beside the material may stand what will keep it from being of use.
type Row = Result<(Material, Option<String>), String>;

fn ikev1(fields: &[Cow<'_, str>]) -> Row {
    let [spi, key] = fields else {
        return Err("there are not two columns".to_owned());
    };
    let spi =
        ike_spi(spi.as_bytes()).ok_or("the initiator's cookie has not 16 hexadecimal digits")?;
    let key = named_hex("the encryption key", key)?;
    if !(1..=MAX_IKEV1_KEY).contains(&key.len()) {
        return Err(format!(
            "the encryption key has {} octets, not 1 to {MAX_IKEV1_KEY}",
            key.len()
        ));
    }
    let sa = IkeSpis {
        initiator: Some(spi),
        responder: None,
    };
    let material = Material::Ikev1Key(Ikev1Key {
        sa,
        encryption: None,
        key_bits: None,
        key,
    });
    Ok((material, None))
}

fn ikev2(fields: &[Cow<'_, str>]) -> Row {
    let [spi_i, spi_r, sk_ei, sk_er, encr, sk_ai, sk_ar, integ] = fields else {
        return Err(format!("there are {} columns, not 8", fields.len()));
    };
    let spi_of = |text: &str, whose| {
        ike_spi(text).ok_or_else(|| format!("the {whose}'s SPI has not 16 hexadecimal digits"))
    };
    let sa = IkeSpis::new(spi_of(spi_i, "initiator")?, spi_of(spi_r, "responder")?);
    let encryption = cipher(encr, None).ok_or_else(|| unknown("encryption", encr))?;
    let integrity = integrity(integ).ok_or_else(|| unknown("integrity", integ))?;
    let key = |name: &str, text: &str| match text {
        "" => Ok(None),
        text => named_hex(name, text).map(Some),
    };
    let (sk_ei, sk_er) = (key("SK_ei", sk_ei)?, key("SK_er", sk_er)?);
    let fault = [("SK_ei", &sk_ei), ("SK_er", &sk_er)]
        .into_iter()
        .find_map(|(name, key)| {
            let len = key.as_ref().map(Secret::len)?;
            let fault = key_bits(encryption.id, len).err()?;
            Some(format!("{name} is of no use: {fault}"))
        });
    let aead = is_aead(encryption.id);
    let material = Material::Ikev2Keys(Ikev2Keys {
        sa,
        encryption: Some(encryption.id),
        key_bits: encryption.key_bits,
        integrity: match aead {
            true => Some(IntegrityAlgorithm::NONE),
            false => integrity.id,
        },
        icv_len: integrity.icv_len.filter(|_| !aead),
        sk_ei,
        sk_er,
        sk_ai: key("SK_ai", sk_ai)?,
        sk_ar: key("SK_ar", sk_ar)?,
        ..Ikev2Keys::default()
    });
    Ok((material, fault))
}

fn esp(fields: &[Cow<'_, str>]) -> Row {
    let [
        protocol,
        src,
        dst,
        spi,
        encr,
        encr_key,
        integ,
        integ_key,
        more @ ..,
    ] = fields
    else {
        return Err(format!("there are {} columns, not 8 or 10", fields.len()));
    };
    let ipv6 = protocol == "IPv6";
    let address = |text: &str| {
        AddressPattern::parse(text, ipv6)
            .filter(|pattern| pattern.is_ipv4() != ipv6)
            .ok_or_else(|| format!("an address is none of {protocol}"))
    };
    let spi = match spi.trim() {
        "*" => None,
        text => Some(spi_number(text).ok_or("the SPI is no number")?),
    };
    let named = integrity(integ).ok_or_else(|| unknown("integrity", integ))?;
    let encryption = cipher(encr, named.icv_len.filter(|_| named.id.is_none()))
        .ok_or_else(|| unknown("encryption", encr))?;
    let named = match is_aead(encryption.id) {
        true => NamedIntegrity::NONE,
        false => named,
    };
    let encryption_key = esp_key(encr_key).ok_or("the encryption key is not hexadecimal")?;
    let integrity_key = esp_key(integ_key).ok_or("the integrity key is not hexadecimal")?;
    let bits = key_bits(encryption.id, encryption_key.len());
    let esn = more.first().and_then(|column| match column.as_ref() {
        "64-bit" => Some(true),
        "32-bit" => Some(false),
        _ => None,
    });
    let high = more.get(1).filter(|_| esn == Some(true));
    let high = high.and_then(|digits| u32::from_str_radix(without_0x(digits), 16).ok());
    let fault = match &bits {
        Err(fault) => Some(format!("the encryption key is of no use: {fault}")),
        Ok(_) => None,
    };
    let material = Material::EspSa(EspSa {
        src: Some(address(src)?),
        dst: Some(address(dst)?),
        spi,
        encryption: Some(encryption.id),
        key_bits: bits.unwrap_or_default(),
        encryption_key,
        integrity: named.id,
        icv_len: named.icv_len,
        integrity_key,
        esn,
        sequence_high: high,
        ..EspSa::default()
    });
    Ok((material, fault))
}

/// A key of `esp_sa`: hexadecimal behind `0x`, a missing first digit being zero; else the characters themselves.
fn esp_key(text: &str) -> Option<Secret> {
    let digits = without_0x(text);
    if digits.len() == text.len() {
        return Some(text.as_bytes().into());
    }
    match digits.len() % 2 {
        0 => hex(digits),
        _ => hex(&format!("0{digits}")),
    }
}

fn unknown(kind: &str, name: &str) -> String {
    let name: String = name.chars().take(MAX_NAME).collect();
    format!("the {kind} algorithm {name:?} is not known")
}

/// The columns of a line: separated by commas, in quotation marks or not, `\x22` for one inside. A table given on the command
/// line as `uat:esp_sa:…` is taken too. Empty for a comment.
fn fields(line: &str) -> Vec<Cow<'_, str>> {
    let mut line = line.trim();
    if !line.starts_with(|first: char| first == '"' || first.is_ascii_hexdigit())
        && line.contains("uat:")
    {
        for table in [
            "esp_sa:",
            "ikev1_decryption_table:",
            "ikev2_decryption_table:",
        ] {
            if let Some((_, row)) = line.split_once(table) {
                line = row.trim_end_matches(['\'', ' ']);
            }
        }
    }
    if line.is_empty() || line.starts_with('#') {
        return Vec::new();
    }
    let mut fields = Vec::with_capacity(ESP_FIELDS);
    let (mut quoted, mut start) = (false, 0);
    for (at, octet) in line.bytes().enumerate() {
        quoted ^= octet == b'"';
        if octet == b',' && !quoted {
            fields.push(field(line, start, at));
            start = at + 1;
            // More than there may be are another kind of file.
            if fields.len() > MAX_FIELDS {
                return Vec::new();
            }
        }
    }
    fields.push(field(line, start, line.len()));
    fields
}

/// A column without its quotation marks.
fn field(line: &str, start: usize, end: usize) -> Cow<'_, str> {
    let field = line.get(start..end).unwrap_or_default().trim();
    let inner = field
        .strip_prefix('"')
        .and_then(|field| field.strip_suffix('"'))
        .unwrap_or(field);
    match inner.contains('"') {
        true => Cow::Owned(inner.replace('"', "").trim().to_owned()),
        false => Cow::Borrowed(inner.trim()),
    }
}

/// Wireshark refuses longer keys.
const MAX_IKEV1_KEY: usize = 32;
/// Columns of the longest table.
const ESP_FIELDS: usize = 10;
/// A line with more columns is of another kind of file.
const MAX_FIELDS: usize = 16;
/// Characters of an unknown name that are shown.
const MAX_NAME: usize = 60;
