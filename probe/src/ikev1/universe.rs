//! Every suite that is asked about: the product of what may stand in each attribute, the common first.

use ikescope_dissectors::registries::ikev1::{
    AuthenticationMethod as Auth, EncryptionAlgorithm as Encr, GroupDescription as Group,
    HashAlgorithm as Hash,
};
use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;

use super::enumeration::Found;
use super::suite::{Cipher, Suite};

/// The four attributes that make a suite.
pub(super) const AXES: usize = 4;
pub(super) const CIPHER: usize = 0;
pub(super) const HASH: usize = 1;
pub(super) const AUTH: usize = 2;
pub(super) const GROUP: usize = 3;

/// A suite as places in the lists of a [`Universe`].
pub(super) type Tuple = [usize; AXES];

/// What may stand in each attribute. A suite outside is never asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Universe {
    /// Encryption algorithms with their key lengths.
    pub ciphers: Vec<Cipher>,
    /// Hash algorithms.
    pub hashes: Vec<Hash>,
    /// Authentication methods.
    pub authentications: Vec<Auth>,
    /// Groups.
    pub groups: Vec<Group>,
}

/// A universe with its suites in the order in which they are asked.
#[derive(Debug)]
pub(super) struct Ordered {
    pub(super) universe: Universe,
    pub(super) order: Vec<Tuple>,
}

impl Ordered {
    pub(super) fn new(universe: Universe) -> Self {
        let order = universe.by_likelihood();
        Self { universe, order }
    }
}

impl Universe {
    /// What implementations are known to have, the common first. Left out are RC5, Tiger, SEED, the groups over
    /// GF[2^N] and private numbers, which no maintained implementation negotiates by itself.
    #[must_use]
    pub fn known() -> Self {
        Self {
            ciphers: CIPHERS
                .iter()
                .map(|&(algorithm, key_length)| Cipher {
                    algorithm,
                    key_length,
                })
                .collect(),
            hashes: HASHES.to_vec(),
            authentications: AUTHENTICATIONS.to_vec(),
            groups: GROUPS.to_vec(),
        }
    }

    pub(super) fn sizes(&self) -> Tuple {
        [
            self.ciphers.len(),
            self.hashes.len(),
            self.authentications.len(),
            self.groups.len(),
        ]
    }

    /// How many suites there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.sizes().iter().product()
    }

    pub(super) fn index(&self, tuple: Tuple) -> usize {
        let sizes = self.sizes();
        tuple
            .iter()
            .zip(sizes)
            .fold(0, |index, (place, size)| index * size + place)
    }

    pub(super) fn suite(&self, tuple: Tuple) -> Option<Suite> {
        Some(Suite {
            cipher: *self.ciphers.get(tuple[CIPHER])?,
            hash: *self.hashes.get(tuple[HASH])?,
            authentication: *self.authentications.get(tuple[AUTH])?,
            group: *self.groups.get(tuple[GROUP])?,
        })
    }

    /// Whether the method asks for XAUTH behind phase 1 (draft-ietf-ipsec-isakmp-xauth-06, section 7.2), of one side or of
    /// both.
    pub(super) fn has_xauth(&self, tuple: Tuple) -> bool {
        let method = self.authentications.get(tuple[AUTH]);
        method.is_some_and(|method| method.0 >= Auth::HYBRID_INIT_RSA.0)
    }

    /// A suite that was accepted.
    pub(super) fn any_of(&self, found: &Found) -> Option<Suite> {
        let region = found.regions.first()?;
        let mut tuple = [0; AXES];
        for (place, values) in tuple.iter_mut().zip(&region.fibers) {
            *place = *values.first()?;
        }
        self.suite(tuple)
    }

    pub(super) fn tuple(&self, suite: &Suite) -> Option<Tuple> {
        Some([
            self.ciphers
                .iter()
                .position(|cipher| *cipher == suite.cipher)?,
            self.hashes.iter().position(|hash| *hash == suite.hash)?,
            self.authentications
                .iter()
                .position(|method| *method == suite.authentication)?,
            self.groups.iter().position(|group| *group == suite.group)?,
        ])
    }

    /// All suites, those that peers are most likely to take first.
    pub(super) fn by_likelihood(&self) -> Vec<Tuple> {
        let [ciphers, hashes, methods, groups] = self.sizes();
        let mut all: Vec<Tuple> = Vec::with_capacity(self.size());
        for cipher in 0..ciphers {
            for hash in 0..hashes {
                for method in 0..methods {
                    all.extend((0..groups).map(|group| [cipher, hash, method, group]));
                }
            }
        }
        let common: Vec<Tuple> = COMMON
            .iter()
            .flat_map(|&(cipher, hash, group)| {
                [Auth::PSK, Auth::RSA_SIG].map(|authentication| Suite {
                    cipher: Cipher {
                        algorithm: cipher.0,
                        key_length: cipher.1,
                    },
                    hash,
                    authentication,
                    group,
                })
            })
            .filter_map(|suite| self.tuple(&suite))
            .collect();
        all.sort_by_cached_key(|tuple| {
            let listed = common.iter().position(|other| other == tuple);
            (listed.unwrap_or(common.len()), tuple.iter().sum::<usize>())
        });
        all
    }
}

/// Used in IKEv1 by some, with the numbers that IKEv2 has for them; not assigned there.
const CURVE25519: Group = Group(KeyExchangeMethod::CURVE25519.0);
const CURVE448: Group = Group(KeyExchangeMethod::CURVE448.0);

type KeyedCipher = (Encr, Option<u16>);

const AES_128: KeyedCipher = (Encr::AES_CBC, Some(128));
const AES_256: KeyedCipher = (Encr::AES_CBC, Some(256));
const TRIPLE_DES: KeyedCipher = (Encr::TRIPLE_DES_CBC, None);
const DES: KeyedCipher = (Encr::DES_CBC, None);

const CIPHERS: [KeyedCipher; 13] = [
    AES_256,
    AES_128,
    TRIPLE_DES,
    (Encr::AES_CBC, Some(192)),
    DES,
    (Encr::CAMELLIA_CBC, Some(256)),
    (Encr::CAMELLIA_CBC, Some(128)),
    (Encr::CAMELLIA_CBC, Some(192)),
    (Encr::BLOWFISH_CBC, Some(128)),
    (Encr::BLOWFISH_CBC, Some(256)),
    (Encr::BLOWFISH_CBC, Some(192)),
    (Encr::CAST_CBC, Some(128)),
    (Encr::IDEA_CBC, None),
];

const HASHES: [Hash; 5] = [
    Hash::SHA2_256,
    Hash::SHA1,
    Hash::SHA2_512,
    Hash::SHA2_384,
    Hash::MD5,
];

const AUTHENTICATIONS: [Auth; 8] = [
    Auth::PSK,
    Auth::RSA_SIG,
    Auth::XAUTH_INIT_PSK,
    Auth::XAUTH_INIT_RSA,
    Auth::HYBRID_INIT_RSA,
    Auth::ECDSA_256,
    Auth::ECDSA_384,
    Auth::ECDSA_521,
];

const GROUPS: [Group; 22] = [
    Group::MODP_2048,
    Group::MODP_1024,
    Group::MODP_1536,
    Group::ECP_256,
    Group::MODP_3072,
    Group::MODP_4096,
    Group::ECP_384,
    Group::ECP_521,
    CURVE25519,
    Group::MODP_768,
    Group::MODP_6144,
    Group::MODP_8192,
    Group::MODP_2048_256,
    Group::MODP_2048_224,
    Group::MODP_1024_160,
    Group::BRAINPOOL_P256R1,
    Group::BRAINPOOL_P384R1,
    Group::BRAINPOOL_P512R1,
    Group::BRAINPOOL_P224R1,
    CURVE448,
    Group::ECP_192,
    Group::ECP_224,
];

/// What devices have by default, from their manuals: with a pre-shared key and with RSA signatures they fill one offer,
/// the only one that is made unless more is asked for.
const COMMON: [(KeyedCipher, Hash, Group); 17] = [
    (AES_256, Hash::SHA2_256, Group::MODP_2048),
    (AES_128, Hash::SHA2_256, Group::MODP_2048),
    (AES_256, Hash::SHA1, Group::MODP_2048),
    (AES_128, Hash::SHA1, Group::MODP_2048),
    (AES_256, Hash::SHA1, Group::MODP_1536),
    (AES_128, Hash::SHA1, Group::MODP_1536),
    (AES_256, Hash::SHA1, Group::MODP_1024),
    (AES_128, Hash::SHA1, Group::MODP_1024),
    (TRIPLE_DES, Hash::SHA1, Group::MODP_1024),
    (TRIPLE_DES, Hash::SHA1, Group::MODP_1536),
    (TRIPLE_DES, Hash::SHA1, Group::MODP_2048),
    (TRIPLE_DES, Hash::MD5, Group::MODP_1024),
    (AES_256, Hash::SHA2_512, Group::MODP_4096),
    (AES_256, Hash::SHA2_384, Group::ECP_384),
    (AES_128, Hash::SHA2_256, Group::ECP_256),
    (AES_256, Hash::SHA2_256, Group::MODP_3072),
    (DES, Hash::MD5, Group::MODP_768),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_comes_once_and_has_one_place() {
        let universe = Universe::known();
        let order = universe.by_likelihood();
        assert_eq!(order.len(), universe.size());
        let mut places: Vec<_> = order.iter().map(|tuple| universe.index(*tuple)).collect();
        places.sort_unstable();
        assert!(places.into_iter().eq(0..universe.size()));
        for tuple in order {
            let suite = universe.suite(tuple).unwrap();
            assert_eq!(universe.tuple(&suite), Some(tuple));
        }
    }

    #[test]
    fn the_first_offer_has_what_is_common() {
        let universe = Universe::known();
        let first: Vec<_> = universe
            .by_likelihood()
            .into_iter()
            .take(2 * COMMON.len())
            .collect();
        let named: Vec<_> = first
            .iter()
            .map(|tuple| universe.suite(*tuple).unwrap().to_string())
            .collect();
        assert!(named.contains(&"AES-CBC-128/SHA1/RSA-SIG/MODP-1024".to_owned()));
        assert!(named.contains(&"3DES/MD5/PSK/MODP-1024".to_owned()));
    }
}
