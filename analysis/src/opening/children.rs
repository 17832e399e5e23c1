//! ESP and AH SAs that were derived or given, as candidates for the packets of an SPI.

use std::collections::HashMap;
use std::net::IpAddr;

use ikescope_crypto::Secret;
use ikescope_crypto::ikev2::ChildSuite;
use ikescope_crypto::mac::Prf;

use super::choice::SaProtocol;
use super::origin::Origin;
use crate::limits::{MAX_CHILDREN, MAX_SEEDS};

/// One direction of an SA whose keys are known.
#[derive(Clone, Debug)]
pub(crate) struct ChildSa {
    pub(crate) protocol: SaProtocol,
    pub(crate) spi: u32,
    /// The algorithms, or the name of one that is not supported.
    pub(crate) suite: Result<ChildSuite, String>,
    pub(crate) esn: bool,
    pub(crate) encryption_key: Secret,
    pub(crate) integrity_key: Secret,
    /// Source and destination of what is inside in BEET mode.
    pub(crate) beet: Option<(IpAddr, IpAddr)>,
    pub(crate) origin: Origin,
}

/// What the keys of a first child follow from when nothing of its negotiation could be opened: the algorithms are found by
/// trying.
#[derive(Clone, Debug)]
pub(crate) struct Seed {
    pub(crate) prf: Prf,
    pub(crate) sk_d: Secret,
    pub(crate) nonce_i: Vec<u8>,
    pub(crate) nonce_r: Vec<u8>,
    pub(crate) origin: Origin,
}

/// What IKE messages told about children.
#[derive(Debug, Default)]
pub(crate) struct Children {
    by_spi: HashMap<u32, Vec<ChildSa>>,
    count: usize,
    seeds: HashMap<(IpAddr, IpAddr), Vec<Seed>>,
    /// Grows with everything that is learnt: what was in vain may be tried again.
    generation: u64,
}

impl Children {
    /// Adds an SA unless it is known. The candidates of one SPI differ by their keys.
    pub(crate) fn add(&mut self, child: ChildSa) {
        let known = self.by_spi.entry(child.spi).or_default();
        let same = |other: &ChildSa| {
            other.encryption_key == child.encryption_key
                && other.integrity_key == child.integrity_key
                && other.protocol == child.protocol
                && other.suite == child.suite
        };
        if self.count >= MAX_CHILDREN || known.iter().any(same) {
            return;
        }
        known.push(child);
        self.count += 1;
        self.generation += 1;
    }

    pub(crate) fn add_seed(&mut self, ends: (IpAddr, IpAddr), seed: Seed) {
        let seeds = self.seeds.entry(sorted(ends)).or_default();
        let known = |other: &Seed| other.sk_d == seed.sk_d && other.nonce_i == seed.nonce_i;
        if seeds.len() >= MAX_SEEDS || seeds.iter().any(known) {
            return;
        }
        seeds.push(seed);
        self.generation += 1;
    }

    pub(crate) fn of_spi(&self, spi: u32) -> &[ChildSa] {
        self.by_spi.get(&spi).map_or(&[], Vec::as_slice)
    }

    /// What was negotiated for an SPI in BEET mode.
    pub(crate) fn beet(&self, spi: u32) -> Option<(IpAddr, IpAddr)> {
        self.of_spi(spi).iter().find_map(|child| child.beet)
    }

    /// All that are known, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ChildSa> {
        self.by_spi.values().flatten()
    }

    pub(crate) fn seeds(&self, ends: (IpAddr, IpAddr)) -> &[Seed] {
        self.seeds.get(&sorted(ends)).map_or(&[], Vec::as_slice)
    }

    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }
}

fn sorted((a, b): (IpAddr, IpAddr)) -> (IpAddr, IpAddr) {
    if a <= b { (a, b) } else { (b, a) }
}
