//! Files for `tcpdump -E "file NAME"`.
//!
//! tcpdump knows ciphers in CBC mode of its library, and integrity check values of 12 octets or none.

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm as Encr, IntegrityAlgorithm as Integ,
};

use super::target::{Row, hex};
use crate::key_material::key::{EspSa, Ikev2Keys, Material};
use crate::key_material::names::key_bits;
use crate::mac::IntegrityFacts;

pub(super) fn row(material: &Material) -> Row {
    let lines = match material {
        Material::EspSa(sa) => esp(sa).map(|line| vec![line]),
        Material::Ikev2Keys(keys) => ikev2(keys),
        _ => return Row::OtherKind,
    };
    match lines {
        Ok(lines) => Row::Lines(lines, None),
        Err(why) => Row::Refused(why),
    }
}

fn cipher(id: Option<Encr>, key_len: usize) -> Result<String, String> {
    let id = id.ok_or("the cipher is not known; --capture may tell it")?;
    let bits = key_bits(id, key_len)?;
    match (id, bits) {
        (Encr::TRIPLE_DES, _) => Ok("3des".to_owned()),
        (Encr::AES_CBC, Some(bits)) => Ok(format!("aes{bits}")),
        (Encr::CAMELLIA_CBC, Some(bits)) => Ok(format!("camellia{bits}")),
        (id, _) => Err(format!("tcpdump does not have {}", id.short_name())),
    }
}

/// `0x12345678@192.0.2.1 aes128-cbc-hmac96:0x…`.
fn esp(sa: &EspSa) -> Result<String, String> {
    let spi = sa.spi.ok_or("tcpdump needs an SPI")?;
    let dst = sa.dst.and_then(|pattern| pattern.single());
    let dst = dst.ok_or("tcpdump needs the destination address, which is not known")?;
    let name = cipher(sa.encryption, sa.encryption_key.len())?;
    let own = sa
        .integrity
        .and_then(|id| IntegrityFacts::of(id).ok())
        .map(|facts| facts.icv_len);
    let suffix = match sa.icv_len.or(own) {
        Some(12) => "-hmac96",
        Some(0) => "",
        Some(len) => {
            return Err(format!(
                "tcpdump knows integrity check values of 12 octets, and not of {len}"
            ));
        }
        None => return Err("the integrity algorithm is not known".to_owned()),
    };
    let key = hex(sa.encryption_key.expose());
    Ok(format!("{spi}@{dst} {name}-cbc{suffix}:0x{key}"))
}

/// `ikev2 I 0x0001020304050607 0xc02e7a3031a03188 sha1:0x… aes128:0x…`, and a line with `R`.
fn ikev2(keys: &Ikev2Keys) -> Result<Vec<String>, String> {
    let (Some(initiator), Some(responder)) = (keys.sa.initiator, keys.sa.responder) else {
        return Err("tcpdump needs both SPIs".to_owned());
    };
    let integrity = match keys.integrity {
        Some(Integ::HMAC_SHA1_96) => "sha1",
        Some(Integ::HMAC_MD5_96) => "md5",
        Some(id) => {
            return Err(format!(
                "tcpdump opens IKEv2 with HMAC-SHA1-96 and HMAC-MD5-96, and not with {}",
                id.short_name()
            ));
        }
        None => return Err("the integrity algorithm is not known".to_owned()),
    };
    let sides = [
        ('I', &keys.sk_ai, &keys.sk_ei),
        ('R', &keys.sk_ar, &keys.sk_er),
    ];
    let mut lines = Vec::new();
    for (side, sk_a, sk_e) in sides {
        let (Some(sk_a), Some(sk_e)) = (sk_a, sk_e) else {
            continue;
        };
        let name = cipher(keys.encryption, sk_e.len())?;
        lines.push(format!(
            "ikev2 {side} 0x{initiator} 0x{responder} {integrity}:0x{} {name}:0x{}",
            hex(sk_a.expose()),
            hex(sk_e.expose())
        ));
    }
    match lines.is_empty() {
        true => Err("tcpdump needs SK_a and SK_e of a side".to_owned()),
        false => Ok(lines),
    }
}
