//! Addresses written as one or as a network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// All addresses with the same prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Network {
    v6: bool,
    first: u128,
    /// Bits that differ within it.
    host_bits: u32,
}

impl Network {
    pub(super) fn single(address: IpAddr) -> Self {
        let (v6, first) = match address {
            IpAddr::V4(address) => (false, u128::from(address.to_bits())),
            IpAddr::V6(address) => (true, address.to_bits()),
        };
        Self {
            v6,
            first,
            host_bits: 0,
        }
    }

    /// `address/prefix`; bits behind the prefix are ignored, as everybody writes the address of a host there.
    pub(super) fn new(address: IpAddr, prefix: u32) -> Result<Self, String> {
        let single = Self::single(address);
        let width = if single.v6 { 128 } else { 32 };
        let family = if single.v6 { "IPv6" } else { "IPv4" };
        let Some(host_bits) = u32::checked_sub(width, prefix) else {
            return Err(format!("a prefix of {family} has at most {width} bits"));
        };
        let first = match single.first.checked_shr(host_bits) {
            Some(bits) => bits << host_bits,
            None => 0,
        };
        Ok(Self {
            first,
            host_bits,
            ..single
        })
    }

    /// How many addresses; `None` beyond 64 bits.
    pub(super) fn size(self) -> Option<u64> {
        1_u64.checked_shl(self.host_bits)
    }

    pub(super) fn at(self, offset: u64) -> IpAddr {
        let number = self.first | u128::from(offset);
        if self.v6 {
            return IpAddr::V6(Ipv6Addr::from_bits(number));
        }
        // An address of IPv4 was made from 32 bits.
        IpAddr::V4(Ipv4Addr::from_bits(
            u32::try_from(number).unwrap_or(u32::MAX),
        ))
    }

    /// Whether all of `other` is in it. Two networks are either one in the other or apart.
    pub(super) fn contains(self, other: Self) -> bool {
        let cut = |number: u128| number.checked_shr(self.host_bits).unwrap_or(0);
        self.v6 == other.v6
            && self.host_bits >= other.host_bits
            && cut(self.first) == cut(other.first)
    }
}
