//! Which packets the user asked for.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use ikescope_analysis::{Content, Endpoint, Observation};
use ikescope_dissectors::{IkeSpi, Spi};

use crate::args::Selection;

/// An address or a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    address: IpAddr,
    prefix: u8,
}

/// An SPI of IKE, or one of ESP or AH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpiFilter {
    Ike(IkeSpi),
    Esp(Spi),
}

/// Numbers of frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frames(Vec<RangeInclusive<u64>>);

impl Selection {
    /// Whether the user asked for frames of this number.
    pub(crate) fn wants_frame(&self, number: u64) -> bool {
        self.frames
            .as_ref()
            .is_none_or(|frames| frames.contains(number))
    }

    /// Whether the user asked for this packet.
    pub(crate) fn wants(&self, observation: &Observation<'_>) -> bool {
        self.wants_frame(observation.frame.number)
            && (self.hosts.is_empty() || self.hosts.iter().any(|host| host.is_of(observation)))
            && (self.spis.is_empty() || self.spis.iter().any(|spi| spi.is_in(&observation.content)))
    }

    /// Whether packets of IPsec can be left out.
    pub(crate) fn narrows(&self) -> bool {
        !self.hosts.is_empty() || !self.spis.is_empty() || self.frames.is_some()
    }
}

impl Host {
    fn is_of(&self, observation: &Observation<'_>) -> bool {
        let ends = [observation.src.as_ref(), observation.dst.as_ref()];
        let quoted = match &observation.content {
            Content::Icmp {
                quoted: Some(quoted),
                ..
            } => [Some(&quoted.src), Some(&quoted.dst)],
            _ => [None, None],
        };
        ends.into_iter()
            .chain(quoted)
            .flatten()
            .any(|Endpoint { address, .. }| self.contains(*address))
    }

    /// Whether the address is this one, or in this network.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = (network.to_bits() ^ address.to_bits()).leading_zeros();
                differing >= u32::from(self.prefix)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = (network.to_bits() ^ address.to_bits()).leading_zeros();
                differing >= u32::from(self.prefix)
            }
            _ => false,
        }
    }
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address
            .parse()
            .map_err(|_| "an IPv4 or IPv6 address is expected, names are not looked up; for instance 192.0.2.1 or 2001:db8::/32".to_owned())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |prefix| match prefix.parse() {
            Ok(prefix) if prefix <= longest => Ok(prefix),
            _ => Err(format!(
                "the length of the prefix must be between 0 and {longest}"
            )),
        })?;
        Ok(Self { address, prefix })
    }
}

impl SpiFilter {
    /// Whether it is this SPI of IKE.
    pub(crate) fn is_ike(&self, spi: IkeSpi) -> bool {
        *self == Self::Ike(spi)
    }

    /// Whether it is this SPI of ESP or AH.
    pub(crate) fn is_esp(&self, spi: Spi) -> bool {
        *self == Self::Esp(spi)
    }

    fn is_in(&self, content: &Content<'_>) -> bool {
        match content {
            Content::Ike(ike) => ike.message.as_ref().is_some_and(|message| {
                let header = &message.header;
                [header.initiator_spi, header.responder_spi]
                    .into_iter()
                    .any(|spi| *self == Self::Ike(spi))
            }),
            Content::Esp(esp) => esp.as_ref().is_some_and(|esp| *self == Self::Esp(esp.spi)),
            Content::Wesp(wesp) => wesp
                .as_ref()
                .and_then(|(_, esp)| esp.as_ref())
                .is_some_and(|esp| *self == Self::Esp(esp.spi)),
            Content::Ah(ah, inner) => {
                ah.as_ref().is_some_and(|ah| *self == Self::Esp(ah.spi))
                    || inner.as_deref().is_some_and(|inner| self.is_in(inner))
            }
            Content::Icmp { quoted, .. } => quoted
                .as_ref()
                .is_some_and(|quoted| self.is_in(&quoted.content)),
            Content::IpComp(_)
            | Content::NatKeepalive
            | Content::Fragment { .. }
            | Content::Other(_) => false,
        }
    }
}

impl FromStr for SpiFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text
            .strip_prefix("0x")
            .or_else(|| text.strip_prefix("0X"))
            .unwrap_or(text);
        let value = digits
            .bytes()
            .all(|digit| digit.is_ascii_hexdigit())
            .then(|| u64::from_str_radix(digits, 16).ok())
            .flatten();
        match (value, digits.len()) {
            (Some(value), IKE_DIGITS) => Ok(Self::Ike(IkeSpi(value))),
            (Some(value), 1..=ESP_DIGITS) => u32::try_from(value)
                .map(|value| Self::Esp(Spi(value)))
                .map_err(|error| error.to_string()),
            _ => Err(format!(
                "{IKE_DIGITS} hexadecimal digits (IKE) or up to {ESP_DIGITS} (ESP, AH) are expected, this has {}",
                digits.len()
            )),
        }
    }
}

impl Frames {
    fn contains(&self, number: u64) -> bool {
        self.0.iter().any(|range| range.contains(&number))
    }
}

impl FromStr for Frames {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse::<u64>().ok().filter(|number| *number > 0);
        let range = |part: &str| {
            let range = match part.split_once('-') {
                Some((first, "")) => number(first)?..=u64::MAX,
                Some((first, last)) => number(first)?..=number(last)?,
                None => number(part)?..=number(part)?,
            };
            (!range.is_empty()).then_some(range)
        };
        text.split(',')
            .map(range)
            .collect::<Option<_>>()
            .map(Self)
            .ok_or_else(|| {
                "numbers and ranges from 1 are expected, for instance 7, 3-9,12 or 100-".to_owned()
            })
    }
}

const IKE_DIGITS: usize = 16;
const ESP_DIGITS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_its_addresses_only() {
        assert!(host("192.0.2.0/25").contains("192.0.2.127".parse().unwrap()));
        assert!(!host("192.0.2.0/25").contains("192.0.2.128".parse().unwrap()));
        assert!(host("192.0.2.1").contains("192.0.2.1".parse().unwrap()));
        assert!(!host("192.0.2.1").contains("192.0.2.0".parse().unwrap()));
        assert!(host("0.0.0.0/0").contains("198.51.100.1".parse().unwrap()));
        assert!(!host("0.0.0.0/0").contains("2001:db8::1".parse().unwrap()));
        assert!(host("2001:db8::/32").contains("2001:db8:ffff::1".parse().unwrap()));
        assert!(!host("2001:db8::/32").contains("2001:db9::1".parse().unwrap()));
    }

    #[test]
    fn hosts_that_cannot_be_are_refused() {
        for text in [
            "",
            "gateway",
            "192.0.2.1/33",
            "192.0.2.1/",
            "192.0.2.1/-1",
            "::/129",
            "192.0.2/24",
        ] {
            assert!(text.parse::<Host>().is_err(), "{text}");
        }
    }

    #[test]
    fn spis_are_read_in_every_spelling() {
        let ike = Ok(SpiFilter::Ike(IkeSpi(0x8d3f_bac9_9a0d_c0a1)));
        for text in [
            "8d3fbac99a0dc0a1",
            "0x8D3FBAC99A0DC0A1",
            "0X8d3fbac99a0dC0a1",
        ] {
            assert_eq!(text.parse(), ike, "{text}");
        }
        let esp = Ok(SpiFilter::Esp(Spi(0x0000_c0de)));
        for text in ["0xc0de", "0000C0DE", "c0de"] {
            assert_eq!(text.parse(), esp, "{text}");
        }
        for text in [
            "",
            "0x",
            "123456789",
            "0x+1",
            "8d3fbac99a0dc0a1ff",
            "xyz",
            "0x0x12",
        ] {
            assert!(text.parse::<SpiFilter>().is_err(), "{text}");
        }
    }

    #[test]
    fn lists_of_frames_hold_what_they_name() {
        let frames: Frames = "3-5,9,12-".parse().unwrap();
        let held: Vec<_> = (1..=14).filter(|number| frames.contains(*number)).collect();
        assert_eq!(held, [3, 4, 5, 9, 12, 13, 14]);
        for text in [
            "",
            "0",
            "5-3",
            "a",
            "1,,2",
            "-3",
            "1-2-3",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Frames>().is_err(), "{text}");
        }
    }
}
