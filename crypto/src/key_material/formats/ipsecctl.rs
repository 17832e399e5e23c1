//! `ipsecctl -k -s sa` and `ipsecctl -m -v` of OpenBSD.
//!
//! ```text
//! esp tunnel from 192.0.2.1 to 198.51.100.7 spi 0x5bda7a69 auth hmac-sha2-256 enc aes-256 \
//!     authkey 0x51c9… \
//!     enckey 0x5de1…
//! ```

use std::net::IpAddr;

use ikescope_dissectors::Spi;
use ikescope_dissectors::registries::ikev2::IntegrityAlgorithm;

use super::printed_sa::PrintedSa;
use crate::Secret;
use crate::key_material::format::Format;
use crate::key_material::names::{NamedCipher, NamedIntegrity, cipher, integrity};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, named_hex, spi_hex};

/// Whether a line is of such an SA.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    [
        "authkey 0x",
        "enckey 0x",
        "key_auth: bits ",
        "key_encrypt: bits ",
    ]
    .iter()
    .any(|marker| line.contains(marker))
}

/// Reads both printouts.
#[derive(Debug, Default)]
pub(in crate::key_material) struct IpsecctlSas {
    sa: Option<Sa>,
}

#[derive(Debug, Default)]
struct Sa {
    line: usize,
    ah: bool,
    spi: Option<Spi>,
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    cipher: Option<NamedCipher>,
    encryption_key: Option<Secret>,
    integrity: Option<NamedIntegrity>,
    integrity_key: Option<Secret>,
}

impl Reader for IpsecctlSas {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let mut words = line.text.split_ascii_whitespace();
        let Some(first) = words.next() else {
            return;
        };
        match first {
            "esp" | "ah" => self.begin(line, first == "ah", sink),
            "sa:" => self.begin(line, false, sink),
            _ => {}
        }
        let Some(sa) = self.sa.as_mut() else {
            return;
        };
        let mut words = line.text.split_ascii_whitespace();
        while let Some(word) = words.next() {
            let result = match word {
                "from" | "address_src:" => {
                    sa.src = words.next().and_then(|word| word.parse().ok());
                    Ok(())
                }
                "to" | "address_dst:" => {
                    sa.dst = words.next().and_then(|word| word.parse().ok());
                    Ok(())
                }
                "spi" => {
                    sa.spi = words.next().and_then(spi_hex);
                    Ok(())
                }
                "auth" => {
                    let name = words.next().unwrap_or_default();
                    sa.integrity = integrity(name);
                    sa.integrity.map(|_| ()).ok_or_else(|| unknown(name))
                }
                "enc" => {
                    let name = words.next().unwrap_or_default();
                    sa.cipher = cipher(name, None);
                    sa.cipher.map(|_| ()).ok_or_else(|| unknown(name))
                }
                "authkey" => read("the authkey", words.next(), &mut sa.integrity_key),
                "enckey" => read("the enckey", words.next(), &mut sa.encryption_key),
                "key_auth:" => read("key_auth", words.nth(2), &mut sa.integrity_key),
                "key_encrypt:" => read("key_encrypt", words.nth(2), &mut sa.encryption_key),
                _ => Ok(()),
            };
            if let Err(what) = result {
                sink.problem(line.problem(what));
            }
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.finish(sink);
    }
}

fn read(name: &str, text: Option<&str>, key: &mut Option<Secret>) -> Result<(), String> {
    *key = Some(named_hex(name, text.unwrap_or_default())?);
    Ok(())
}

impl IpsecctlSas {
    fn begin(&mut self, line: Line<'_>, ah: bool, sink: &mut Sink) {
        self.finish(sink);
        self.sa = Some(Sa {
            line: line.number,
            ah,
            ..Sa::default()
        });
    }

    fn finish(&mut self, sink: &mut Sink) {
        let Some(sa) = self.sa.take() else {
            return;
        };
        if sa.encryption_key.is_none() && sa.integrity_key.is_none() {
            return;
        }
        let ah = sa.ah || sa.cipher.is_none() && sa.encryption_key.is_none();
        let printed = PrintedSa {
            src: sa.src,
            dst: sa.dst,
            spi: sa.spi,
            cipher: sa.cipher,
            encryption_key: sa.encryption_key.unwrap_or_default(),
            integrity: sa.integrity,
            integrity_key: sa.integrity_key.unwrap_or_default(),
        };
        let material = if ah {
            printed.ah()
        } else {
            printed.tell_unfit_key(sa.line, sink);
            printed.esp(Some(IntegrityAlgorithm::NONE))
        };
        sink.key(sa.line, Format::Ipsecctl, material);
    }
}

fn unknown(name: &str) -> String {
    let name: String = name.chars().take(40).collect();
    format!("the algorithm {name:?} is not known")
}
