//! Addresses of an SA, which may be open in part.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses that agree in some bits: one address, a prefix, or an address with octets left open (`192.168.*.*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressPattern {
    /// Of IPv4.
    V4 {
        /// The bits that count.
        bits: u32,
        /// Which bits count.
        mask: u32,
    },
    /// Of IPv6.
    V6 {
        /// The bits that count.
        bits: u128,
        /// Which bits count.
        mask: u128,
    },
}

impl AddressPattern {
    /// Any address of IPv4.
    pub const ANY_V4: Self = Self::V4 { bits: 0, mask: 0 };
    /// Any address of IPv6.
    pub const ANY_V6: Self = Self::V6 { bits: 0, mask: 0 };

    /// Whether the address is one of these. An IPv4 address written as IPv6 is not.
    #[must_use]
    pub fn matches(&self, address: IpAddr) -> bool {
        match (*self, address) {
            (Self::V4 { bits, mask }, IpAddr::V4(address)) => u32::from(address) & mask == bits,
            (Self::V6 { bits, mask }, IpAddr::V6(address)) => u128::from(address) & mask == bits,
            _ => false,
        }
    }

    /// The address, where it is a single one.
    #[must_use]
    pub fn single(&self) -> Option<IpAddr> {
        match *self {
            Self::V4 { bits, mask } => (mask == u32::MAX).then(|| IpAddr::V4(bits.into())),
            Self::V6 { bits, mask } => (mask == u128::MAX).then(|| IpAddr::V6(bits.into())),
        }
    }

    /// Whether it is of IPv4.
    #[must_use]
    pub fn is_ipv4(&self) -> bool {
        matches!(self, Self::V4 { .. })
    }

    /// Reads `10.0.0.1`, `10.0.0.0/8`, `10.*.*.*`, `*` and their likes of IPv6. `ipv6` says what a lone `*` is.
    #[must_use]
    pub fn parse(text: &str, ipv6: bool) -> Option<Self> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let pattern = if let Ok(address) = address.parse::<IpAddr>() {
            address.into()
        } else if address == "*" {
            if ipv6 { Self::ANY_V6 } else { Self::ANY_V4 }
        } else if address.contains(':') {
            open_v6(address)?
        } else {
            open_v4(address)?
        };
        pattern.shortened(prefix)
    }

    fn shortened(self, prefix: Option<u32>) -> Option<Self> {
        let Some(prefix) = prefix else {
            return Some(self);
        };
        Some(match self {
            Self::V4 { bits, mask } => {
                let prefix = u32::BITS.checked_sub(prefix)?;
                let mask = mask & u32::MAX.checked_shl(prefix).unwrap_or(0);
                Self::V4 {
                    bits: bits & mask,
                    mask,
                }
            }
            Self::V6 { bits, mask } => {
                let prefix = u128::BITS.checked_sub(prefix)?;
                let mask = mask & u128::MAX.checked_shl(prefix).unwrap_or(0);
                Self::V6 {
                    bits: bits & mask,
                    mask,
                }
            }
        })
    }
}

fn open_v4(text: &str) -> Option<AddressPattern> {
    let (mut bits, mut mask, mut count) = (0_u32, 0_u32, 0);
    for part in text.split('.') {
        let (octet, open) = match part {
            "*" => (0, true),
            part => (part.parse::<u8>().ok()?, false),
        };
        bits = bits << 8 | u32::from(octet);
        mask = mask << 8 | if open { 0 } else { 0xff };
        count += 1;
    }
    (count == 4).then_some(AddressPattern::V4 { bits, mask })
}

/// Groups of 16 bits, a `*` in place of any of them; `::` at most once.
fn open_v6(text: &str) -> Option<AddressPattern> {
    let groups = |text: &str| -> Option<Vec<Option<u16>>> {
        text.split(':')
            .filter(|group| !group.is_empty())
            .map(|group| match group {
                "*" => Some(None),
                group => u16::from_str_radix(group, 16).ok().map(Some),
            })
            .collect()
    };
    let groups = match text.split_once("::") {
        Some((_, after)) if after.contains("::") => return None,
        Some((before, after)) => {
            let (mut before, after) = (groups(before)?, groups(after)?);
            let zeros = 8_usize.checked_sub(before.len() + after.len())?;
            before.extend(std::iter::repeat_n(Some(0), zeros));
            before.extend(after);
            before
        }
        None => groups(text)?,
    };
    if groups.len() != 8 {
        return None;
    }
    let (bits, mask) = groups.iter().fold((0, 0), |(bits, mask), group| {
        (
            bits << 16 | u128::from(group.unwrap_or_default()),
            mask << 16 | if group.is_some() { 0xffff } else { 0 },
        )
    });
    Some(AddressPattern::V6 { bits, mask })
}

impl From<IpAddr> for AddressPattern {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4 {
                bits: address.into(),
                mask: u32::MAX,
            },
            IpAddr::V6(address) => Self::V6 {
                bits: address.into(),
                mask: u128::MAX,
            },
        }
    }
}

/// As [`AddressPattern::parse`] reads it. Open octets are written as `*`, which every program understands; a prefix only
/// where the border is inside of one.
impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match *self {
            Self::V4 { mask: 0, .. } | Self::V6 { mask: 0, .. } => "*".to_owned(),
            Self::V4 { bits, mask } => {
                let address = Ipv4Addr::from(bits);
                let parts = address.octets().into_iter().zip(mask.to_be_bytes());
                match mask {
                    u32::MAX => address.to_string(),
                    _ if whole(mask.to_be_bytes(), u8::MAX) => joined(
                        parts.map(|(octet, mask)| (mask != 0, octet.to_string())),
                        ".",
                    ),
                    _ => format!("{address}/{}", mask.leading_ones()),
                }
            }
            Self::V6 { bits, mask } => {
                let (address, masks) = (Ipv6Addr::from(bits), Ipv6Addr::from(mask).segments());
                let parts = address.segments().into_iter().zip(masks);
                match mask {
                    u128::MAX => address.to_string(),
                    _ if whole(masks, u16::MAX) => joined(
                        parts.map(|(group, mask)| (mask != 0, format!("{group:x}"))),
                        ":",
                    ),
                    _ => format!("{address}/{}", mask.leading_ones()),
                }
            }
        };
        f.pad(&text)
    }
}

/// Whether each part counts as a whole or not at all.
fn whole<P: PartialEq + Default>(masks: impl IntoIterator<Item = P>, all: P) -> bool {
    masks
        .into_iter()
        .all(|mask| mask == all || mask == P::default())
}

fn joined(parts: impl Iterator<Item = (bool, String)>, separator: &str) -> String {
    let parts = parts.map(|(counts, text)| if counts { text } else { "*".to_owned() });
    parts.collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for text in [
            "10.0.0.1",
            "*",
            "10.*.3.*",
            "10.8.0.0/13",
            "2001:db8::1",
            "2001:db8::/33",
            "2001:db8:*:0:0:0:*:1",
        ] {
            let pattern = AddressPattern::parse(text, false);
            assert_eq!(
                pattern.map(|pattern| pattern.to_string()).as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn open_parts_match_and_others_do_not() {
        let matches = |pattern, address: &str| {
            AddressPattern::parse(pattern, false)
                .is_some_and(|p| address.parse().is_ok_and(|address| p.matches(address)))
        };
        assert!(matches("10.*.3.*", "10.1.3.9"));
        assert!(!matches("10.*.3.*", "10.1.4.9"));
        assert!(matches("10.8.0.0/13", "10.15.255.255"));
        assert!(!matches("10.8.0.0/13", "10.16.0.0"));
        assert!(matches("10.1.2.3/0", "192.0.2.1"));
        assert!(matches("*", "192.0.2.1"));
        assert!(!matches("*", "2001:db8::1"));
        assert!(matches("2001:db8:*::1", "2001:db8:5::1"));
    }

    #[test]
    fn others_are_refused() {
        for text in [
            "",
            "10.0.0",
            "10.0.0.0.1",
            "10.0.0.0/33",
            "x",
            "1::2::*",
            "300.*.1.1",
        ] {
            assert_eq!(AddressPattern::parse(text, false), None, "{text}");
        }
    }
}
