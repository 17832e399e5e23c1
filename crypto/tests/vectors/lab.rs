//! Captures of real peers with the keys that their daemons logged.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ikescope_crypto::ikev2::{ChildSuite, Suite};
use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, IntegrityAlgorithm, Prf};

use crate::hex::octets;

/// A capture and its keys.
pub struct Scenario {
    pub name: String,
    pub folder: PathBuf,
    /// IKE SAs in the order of their keys.
    pub ike: Vec<Keys>,
    /// ESP and AH pairs.
    pub child: Vec<Keys>,
    /// What the whole scenario shares.
    pub shared: Keys,
}

/// Lines `key=value` of one SA.
#[derive(Default, Clone)]
pub struct Keys(BTreeMap<String, String>);

impl Keys {
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub fn octets(&self, key: &str) -> Option<Vec<u8>> {
        self.text(key).map(octets)
    }

    pub fn spi(&self, key: &str) -> [u8; 8] {
        let spi = self.octets(key).expect("an SPI");
        spi.try_into().expect("eight octets")
    }

    fn proposal(&self) -> Option<Vec<&str>> {
        let proposal = self.text("proposal")?;
        Some(proposal.split_once(':')?.1.split('/').collect())
    }

    /// The suite of an IKE SA.
    pub fn suite(&self) -> Option<Suite> {
        let names = self.proposal()?;
        let child = self.child_suite()?;
        Some(Suite {
            encryption: child.encryption,
            key_bits: child.key_bits,
            integrity: child.integrity,
            prf: names.iter().find_map(|name| Prf::by_name(name))?,
        })
    }

    /// The suite of a Child SA, or the part of an IKE SA's suite that protects messages.
    pub fn child_suite(&self) -> Option<ChildSuite> {
        let names = self.proposal()?;
        let (encryption, key_bits) = names
            .iter()
            .find_map(|name| encryption(name))
            .unwrap_or((EncryptionAlgorithm::NULL, None));
        let integrity = names
            .iter()
            .find_map(|name| IntegrityAlgorithm::by_name(&format!("AUTH_{name}")))
            .unwrap_or(IntegrityAlgorithm::NONE);
        Some(ChildSuite {
            encryption,
            key_bits,
            integrity,
        })
    }
}

fn encryption(name: &str) -> Option<(EncryptionAlgorithm, Option<u16>)> {
    if name == "3DES_CBC" {
        return Some((EncryptionAlgorithm::TRIPLE_DES, None));
    }
    let find = |name: &str| EncryptionAlgorithm::by_name(&format!("ENCR_{name}"));
    if let Some(id) = find(name) {
        return Some((id, None));
    }
    let (name, bits) = name.rsplit_once('_')?;
    Some((find(name)?, Some(bits.parse().ok()?)))
}

/// All scenarios at hand: those of this crate, those of the repository, and of the folder that `IKESCOPE_LAB` names.
pub fn scenarios() -> Vec<Scenario> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let more = std::env::var_os("IKESCOPE_LAB").map(PathBuf::from);
    let mut scenarios: Vec<Scenario> = [here.join("tests/lab"), here.join("../testdata/plaintext")]
        .into_iter()
        .chain(more)
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| scenario(&entry.ok()?.path()))
        .collect();
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    scenarios
}

fn scenario(folder: &Path) -> Option<Scenario> {
    let text = fs::read_to_string(folder.join("keys.txt")).ok()?;
    let (mut ike, mut child): (BTreeMap<u32, Keys>, BTreeMap<u32, Keys>) = Default::default();
    let mut shared = Keys::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let parts: Vec<&str> = key.split('.').collect();
        let (keys, key) = match parts.as_slice() {
            ["ike", number, key] => (ike.entry(number.parse().ok()?).or_default(), key),
            ["child", number, key] => (child.entry(number.parse().ok()?).or_default(), key),
            _ => (&mut shared, &key),
        };
        keys.0.insert((*key).to_owned(), value.to_owned());
    }
    Some(Scenario {
        name: folder.file_name()?.to_string_lossy().into_owned(),
        folder: folder.to_owned(),
        ike: ike.into_values().collect(),
        child: child.into_values().collect(),
        shared,
    })
}

/// A line of `plaintext.txt`.
pub struct Plain {
    pub frame: usize,
    /// The words between the frame number and the octets.
    pub what: String,
    pub octets: Vec<u8>,
}

impl Scenario {
    /// The decrypted frames.
    pub fn plaintexts(&self) -> Vec<Plain> {
        let text = fs::read_to_string(self.folder.join("plaintext.txt")).unwrap_or_default();
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let (frame, rest) = line.split_once(' ')?;
                let (what, digits) = rest.rsplit_once(' ')?;
                Some(Plain {
                    frame: frame.parse().ok()?,
                    what: what.to_owned(),
                    octets: octets(digits),
                })
            })
            .collect()
    }

    /// The IKE SA with these SPIs.
    pub fn ike_with(&self, key: &str, spi: &[u8]) -> Option<&Keys> {
        self.ike
            .iter()
            .find(|ike| ike.octets(key).as_deref() == Some(spi))
    }
}

/// Number and body of each payload of a chain.
pub fn payloads(first: u8, chain: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let (mut kind, mut place, mut payloads) = (first, 0, Vec::new());
    while kind != 0 && place + 4 <= chain.len() {
        let len = usize::from(u16::from_be_bytes([chain[place + 2], chain[place + 3]]));
        payloads.push((kind, chain[place + 4..place + len].to_vec()));
        kind = chain[place];
        place += len;
    }
    payloads
}
