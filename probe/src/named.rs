//! Proposals as people write them.

use ikescope_analysis::audit::{self, NamedSuite, Number, SuiteProblem, Transforms, Version};

use crate::ikev1::{Cipher, Universe};
use crate::ikev2::{Algorithm, Block, Offer};

/// What was named, by version.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Proposals of IKEv2 in the order in which they were named; `None` without any.
    pub ikev2: Option<Offer>,
    /// Everything of IKEv1 that was named, in every combination; `None` without any.
    pub ikev1: Option<Universe>,
}

impl Named {
    /// Reads proposals in the spelling of suites or of swanctl.
    ///
    /// # Errors
    /// A name that is not known, with names that are close.
    pub fn parse(proposals: &[String]) -> Result<Self, SuiteProblem> {
        let mut named = Self::default();
        for text in proposals {
            let suite = NamedSuite::parse(text, None)?;
            match suite.version {
                Version::V2 => named
                    .ikev2
                    .get_or_insert_default()
                    .proposals
                    .extend(blocks(&suite.ike)),
                Version::V1 => add(named.ikev1.get_or_insert_with(nothing), &suite.ike),
            }
        }
        Ok(named)
    }
}

/// A proposal for each family of ciphers: those that need an integrity algorithm, and those that do not.
fn blocks(transforms: &Transforms) -> Vec<Block> {
    let list = |values: &[audit::Algorithm]| values.iter().filter_map(number).collect::<Vec<_>>();
    let is_combined =
        |value: &&audit::Algorithm| matches!(value.number, Number::Encr(id) if id.is_aead());
    let (combined, plain): (Vec<_>, Vec<_>) = transforms.encr.iter().partition(is_combined);
    let integrity = match list(&transforms.integ) {
        // As it was written: the peer will say what it thinks of a cipher without integrity.
        none if none.is_empty() => vec![Algorithm::NONE],
        some => some,
    };
    let families = [(combined, vec![Algorithm::NONE]), (plain, integrity)];
    let families = families.into_iter().filter(|(encr, _)| !encr.is_empty());
    let block = |(encr, integrity): (Vec<audit::Algorithm>, Vec<Algorithm>)| Block {
        axes: [
            list(&encr),
            list(&transforms.prf),
            integrity,
            list(&transforms.ke),
        ],
        additional: transforms
            .additional_ke
            .iter()
            .map(|values| list(values))
            .collect(),
    };
    families.map(block).collect()
}

fn number(algorithm: &audit::Algorithm) -> Option<Algorithm> {
    let id = match algorithm.number {
        Number::Encr(id) => id.0,
        Number::Prf(id) => id.0,
        Number::Integ(id) => id.0,
        Number::Ke(id) => id.0,
        _ => return None,
    };
    Some(Algorithm {
        id,
        key_bits: algorithm.key_bits,
    })
}

fn nothing() -> Universe {
    Universe {
        ciphers: Vec::new(),
        hashes: Vec::new(),
        authentications: Vec::new(),
        groups: Vec::new(),
    }
}

fn add(universe: &mut Universe, transforms: &Transforms) {
    for encr in &transforms.encr {
        if let Number::PhaseOneEncr(algorithm) = encr.number {
            let cipher = Cipher {
                algorithm,
                key_length: encr.key_bits,
            };
            push_new(&mut universe.ciphers, cipher);
        }
    }
    for hash in &transforms.prf {
        if let Number::Hash(hash) = hash.number {
            push_new(&mut universe.hashes, hash);
        }
    }
    for auth in &transforms.auth {
        if let Number::PhaseOneAuth(method) = auth.number {
            push_new(&mut universe.authentications, method);
        }
    }
    for group in &transforms.ke {
        if let Number::Group(group) = group.number {
            push_new(&mut universe.groups, group);
        }
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ikev2(text: &str) -> Offer {
        let named = Named::parse(&[text.to_owned()]).expect("names");
        named.ikev2.expect("IKEv2")
    }

    #[test]
    fn both_spellings_name_the_same_proposal() {
        let named = ikev2("AES-CBC-256/HMAC-SHA2-256/HMAC-SHA2-256-128/MODP-2048");
        assert_eq!(named, ikev2("aes256-sha256-modp2048"));
        assert_eq!(named.proposals.len(), 1);
        let combined = ikev2("aes256gcm16-prfsha384-ecp384");
        assert_eq!(combined.proposals[0].axes[2], [Algorithm::NONE]);
        assert!(Named::parse(&["aes256-sha256-modp9999".to_owned()]).is_err());
    }

    #[test]
    fn four_parts_with_an_authentication_method_are_of_ikev1() {
        let named = Named::parse(&["AES-CBC-128/SHA1/PSK/MODP-1024".to_owned()]).expect("names");
        assert!(named.ikev2.is_none());
        assert_eq!(named.ikev1.expect("IKEv1").size(), 1);
    }
}
