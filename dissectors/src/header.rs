//! The ISAKMP and IKE header (RFC 2408, section 3.1; RFC 7296, section 3.1).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                       IKE SA Initiator's SPI                  |
//! |                                                               |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                       IKE SA Responder's SPI                  |
//! |                                                               |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |  Next Payload | MjVer | MnVer | Exchange Type |     Flags     |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                          Message ID                           |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                            Length                             |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use std::fmt;

use nom::Parser;
use nom::combinator::map;
use nom::number::complete::{be_u8, be_u32, be_u64};

use crate::octets::{IResult, Octets};

/// Octets of the header.
pub const HEADER_LEN: usize = 28;

/// The SPI of an IKE SA; RFC 2408 calls it a cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IkeSpi(pub u64);

impl IkeSpi {
    /// What stands where the responder has not chosen yet.
    pub const NONE: Self = Self(0);
}

/// 16 lower-case hexadecimal digits.
impl fmt::Display for IkeSpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Major and minor version, four bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(pub u8);

impl Version {
    /// IKEv1 (RFC 2408).
    pub const V1: Self = Self(0x10);
    /// IKEv2 (RFC 7296).
    pub const V2: Self = Self(0x20);

    /// The major version.
    #[must_use]
    pub const fn major(self) -> u8 {
        self.0 >> 4
    }

    /// The minor version.
    #[must_use]
    pub const fn minor(self) -> u8 {
        self.0 & 0x0f
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major(), self.minor())
    }
}

/// The flags of both versions: they use different bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

impl Flags {
    /// IKEv1 E: everything behind the header is encrypted.
    pub const ENCRYPTION: Self = Self(0x01);
    /// IKEv1 C: the sender waits before it uses the SA.
    pub const COMMIT: Self = Self(0x02);
    /// IKEv1 A: authenticated and not encrypted.
    pub const AUTHENTICATION_ONLY: Self = Self(0x04);
    /// IKEv2 I: sent by the original initiator of the IKE SA.
    pub const INITIATOR: Self = Self(0x08);
    /// IKEv2 V: the sender knows a higher major version.
    pub const VERSION: Self = Self(0x10);
    /// IKEv2 R: this answers a request.
    pub const RESPONSE: Self = Self(0x20);

    /// Whether all of these are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and the others.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Chosen by the initiator, never zero in a correct message.
    pub initiator_spi: IkeSpi,
    /// Chosen by the responder, zero in the first message.
    pub responder_spi: IkeSpi,
    /// Type of the first payload, in the registry of the version.
    pub next_payload: u8,
    /// Version.
    pub version: Version,
    /// Exchange type, in the registry of the version.
    pub exchange: u8,
    /// Flags.
    pub flags: Flags,
    /// IKEv1: random per phase 2 exchange; IKEv2: counts requests per direction.
    pub message_id: u32,
    /// Octets of the whole message, header included.
    pub length: u32,
}

impl Header {
    /// Reads the header.
    ///
    /// # Errors
    /// Fewer than [`HEADER_LEN`] octets.
    pub fn parse(i: Octets<'_>) -> IResult<'_, Self> {
        map(
            (be_u64, be_u64, be_u8, be_u8, be_u8, be_u8, be_u32, be_u32),
            |(initiator, responder, next_payload, version, exchange, flags, message_id, length)| {
                Self {
                    initiator_spi: IkeSpi(initiator),
                    responder_spi: IkeSpi(responder),
                    next_payload,
                    version: Version(version),
                    exchange,
                    flags: Flags(flags),
                    message_id,
                    length,
                }
            },
        )
        .parse(i)
    }

    /// Writes the header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.initiator_spi.0.to_be_bytes());
        out.extend_from_slice(&self.responder_spi.0.to_be_bytes());
        out.extend_from_slice(&[
            self.next_payload,
            self.version.0,
            self.exchange,
            self.flags.0,
        ]);
        out.extend_from_slice(&self.message_id.to_be_bytes());
        out.extend_from_slice(&self.length.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let header = Header {
            initiator_spi: IkeSpi(0x0102_0304_0506_0708),
            responder_spi: IkeSpi(9),
            next_payload: 33,
            version: Version::V2,
            exchange: 34,
            flags: Flags::INITIATOR,
            message_id: 7,
            length: 28,
        };
        let mut octets = Vec::new();
        header.encode(&mut octets);
        assert_eq!(octets.len(), HEADER_LEN);
        assert_eq!(Header::parse(Octets::new(&octets)).unwrap().1, header);
        for cut in 0..HEADER_LEN {
            assert!(
                Header::parse(Octets::new(&octets[..cut])).is_err(),
                "cut at {cut}"
            );
        }
    }
}
