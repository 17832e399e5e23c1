//! Addresses, subnets and ranges in octets: of an address, of a mask, of two ends (RFC 2407, section 4.6.2; RFC 7296, section 3.13.1).

use std::net::IpAddr;

/// The address in four or sixteen octets; `None` for any other number of octets.
pub(crate) fn address(octets: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        return Some(IpAddr::from(octets));
    }
    <[u8; 16]>::try_from(octets).ok().map(IpAddr::from)
}

/// Two addresses of the same family, one behind the other.
pub(crate) fn pair(octets: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let (first, second) = octets.split_at_checked(octets.len() / 2)?;
    address(first).zip(address(second))
}

/// Writes the octets of an address.
pub(crate) fn encode(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => out.extend_from_slice(&address.octets()),
        IpAddr::V6(address) => out.extend_from_slice(&address.octets()),
    }
}

/// A subnet in CIDR notation: `10.1.0.0/24`. A mask with holes has no prefix length and is written out:
/// `10.1.0.0/255.0.255.0`.
#[must_use]
pub fn subnet(address: IpAddr, mask: IpAddr) -> String {
    match prefix_length(mask) {
        Some(length) => format!("{address}/{length}"),
        None => format!("{address}/{mask}"),
    }
}

/// A range with both ends: `10.0.0.1-10.0.0.9`.
#[must_use]
pub fn range(first: IpAddr, last: IpAddr) -> String {
    format!("{first}-{last}")
}

fn prefix_length(mask: IpAddr) -> Option<u32> {
    let (bits, width) = match mask {
        IpAddr::V4(mask) => (u128::from(u32::from(mask)) << 96, 32),
        IpAddr::V6(mask) => (u128::from(mask), 128),
    };
    let length = bits.leading_ones();
    (bits.count_ones() == length && length <= width).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_without_holes_is_a_prefix_length() {
        let text =
            |address: &str, mask: &str| subnet(address.parse().unwrap(), mask.parse().unwrap());
        assert_eq!(text("10.1.0.0", "255.255.255.0"), "10.1.0.0/24");
        assert_eq!(text("0.0.0.0", "0.0.0.0"), "0.0.0.0/0");
        assert_eq!(text("10.1.0.7", "255.255.255.255"), "10.1.0.7/32");
        assert_eq!(text("10.1.0.0", "255.0.255.0"), "10.1.0.0/255.0.255.0");
        assert_eq!(text("2001:db8::", "ffff:ffff::"), "2001:db8::/32");
    }
}
