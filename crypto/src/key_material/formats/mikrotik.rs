//! `/ip ipsec installed-sa print` of MikroTik RouterOS.
//!
//! ```text
//!  0 E spi=E727605 direction=in src-address=10.0.0.148 dst-address=10.0.0.147 auth-algorithm=sha1
//!      enc-algorithm=aes-cbc enc-key-size=256 state=mature auth-key="ecc5f4ae…" enc-key="d6943b8e…"
//! ```

use std::net::IpAddr;

use ikescope_dissectors::Spi;

use super::printed_sa::PrintedSa;
use crate::Secret;
use crate::key_material::format::Format;
use crate::key_material::names::{NamedCipher, NamedIntegrity, cipher, integrity};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, hex, hex_fault, spi_hex};

/// Whether a line has a key of such an SA.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    line.contains("enc-key=") || line.contains("auth-key=")
}

/// Reads SAs; one ends where the next SPI stands.
#[derive(Debug, Default)]
pub(in crate::key_material) struct MikrotikSas {
    sa: Option<Sa>,
    /// The flags before the SPI, where they stand.
    ah: bool,
}

#[derive(Debug, Default)]
struct Sa {
    line: usize,
    ah: bool,
    spi: Option<Spi>,
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    cipher: Option<NamedCipher>,
    encryption_key: Secret,
    integrity: Option<NamedIntegrity>,
    integrity_key: Secret,
}

impl Reader for MikrotikSas {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        for word in line.text.split_ascii_whitespace() {
            let Some((name, value)) = word.split_once('=') else {
                if word.len() <= 3 && word.bytes().all(|octet| octet.is_ascii_uppercase()) {
                    self.ah = word.contains('A');
                }
                continue;
            };
            let value = value.trim_matches('"');
            if name == "spi" {
                self.finish(sink);
                self.sa = Some(Sa {
                    line: line.number,
                    ah: self.ah,
                    spi: spi_hex(value),
                    ..Sa::default()
                });
                self.ah = false;
                continue;
            }
            let Some(sa) = self.sa.as_mut() else {
                continue;
            };
            if let Err(what) = sa.take(name, value) {
                sink.problem(line.problem(what));
            }
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.finish(sink);
    }
}

impl Sa {
    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        let unknown = || {
            let value: String = value.chars().take(40).collect();
            format!("{name} {value:?} is not known")
        };
        let key = || match value {
            "" => Ok(Secret::default()),
            value => hex(value).ok_or_else(|| format!("{name} {}", hex_fault(value))),
        };
        match name {
            "src-address" | "src" => self.src = address(value),
            "dst-address" | "dst" => self.dst = address(value),
            "auth-algorithm" => self.integrity = Some(integrity(value).ok_or_else(unknown)?),
            "enc-algorithm" => self.cipher = Some(cipher(value, None).ok_or_else(unknown)?),
            "auth-key" => self.integrity_key = key()?,
            "enc-key" => self.encryption_key = key()?,
            _ => {}
        }
        Ok(())
    }
}

/// `10.0.0.148`, `10.0.0.148:4500`.
fn address(value: &str) -> Option<IpAddr> {
    value.parse().ok().or_else(|| {
        let (address, _) = value.rsplit_once(':')?;
        address.trim_matches(['[', ']']).parse().ok()
    })
}

impl MikrotikSas {
    fn finish(&mut self, sink: &mut Sink) {
        let Some(sa) = self.sa.take() else {
            return;
        };
        if sa.encryption_key.is_empty() && sa.integrity_key.is_empty() {
            return;
        }
        let ah = sa.ah && sa.encryption_key.is_empty();
        let printed = PrintedSa {
            src: sa.src,
            dst: sa.dst,
            spi: sa.spi,
            cipher: sa.cipher,
            encryption_key: sa.encryption_key,
            integrity: sa.integrity,
            integrity_key: sa.integrity_key,
        };
        let material = if ah {
            printed.ah()
        } else {
            printed.tell_unfit_key(sa.line, sink);
            printed.esp(None)
        };
        sink.key(sa.line, Format::Mikrotik, material);
    }
}
