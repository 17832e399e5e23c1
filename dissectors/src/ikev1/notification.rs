//! The Notification payload: errors and status (RFC 2408, section 3.14; RFC 2407, section 4.6.3; RFC 3706).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |              Domain of Interpretation  (DOI)                  |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |  Protocol-ID  |   SPI Size    |      Notify Message Type      |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                Security Parameter Index (SPI)                 ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                       Notification Data                       ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use std::net::IpAddr;

use nom::Parser;
use nom::bytes::complete::take;
use nom::number::complete::{be_u8, be_u16, be_u32};

use super::spi;
use super::transform::Lifetimes;
use crate::address;
use crate::attribute::Attribute;
use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::{IResult, Octets};
use crate::registries::ikev1::{Doi, IpsecAttribute, NotifyType, PhaseOneAttribute, ProtocolId};

const LAYER: &str = "Notification payload";

/// A Notification payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification<'a> {
    /// Domain of interpretation.
    pub doi: Doi,
    /// What this is about.
    pub protocol: ProtocolId,
    /// What happened.
    pub notify: NotifyType,
    /// The SA that this is about: both cookies for ISAKMP, four octets for ESP and AH; may be empty.
    pub spi: &'a [u8],
    /// What belongs to it.
    pub data: NotificationData<'a>,
}

/// Notification data by the layout of its octets.
#[derive(Clone, Debug, PartialEq)]
pub enum NotificationData<'a> {
    /// RESPONDER-LIFETIME: the lifetime that the responder will use, as attributes of the protocol's transforms (RFC 2407,
    /// section 4.6.3.1).
    Lifetime(Vec<Attribute<'a>>),
    /// REPLAY-STATUS: whether the responder detects replayed packets (RFC 2407, section 4.6.3.2).
    ReplayDetection(bool),
    /// R-U-THERE and R-U-THERE-ACK: the number of the question (RFC 3706, section 5.3).
    Sequence(u32),
    /// INVALID-SPI: the SPI that was not known (RFC 2408, section 3.14).
    InvalidSpi(&'a [u8]),
    /// UNITY-LOAD-BALANCE: the gateway to go to.
    Gateway(IpAddr),
    /// Without a known layout, or what does not have the layout of its type; empty where nothing is sent.
    Octets(&'a [u8]),
}

impl<'a> NotificationData<'a> {
    fn parse(notify: NotifyType, content: Octets<'a>, issues: &mut Issues) -> Self {
        let octets = content.as_slice();
        let expected = match notify {
            NotifyType::RESPONDER_LIFETIME if !octets.is_empty() => {
                return Self::Lifetime(Attribute::parse_list(
                    content,
                    "notification attribute",
                    issues,
                ));
            }
            NotifyType::INVALID_SPI if !octets.is_empty() => return Self::InvalidSpi(octets),
            NotifyType::REPLAY_STATUS
            | NotifyType::R_U_THERE
            | NotifyType::R_U_THERE_ACK
            | NotifyType::UNITY_LOAD_BALANCE => 4,
            NotifyType::INITIAL_CONTACT => 0,
            _ => return Self::Octets(octets),
        };
        let number = <[u8; 4]>::try_from(octets).map(u32::from_be_bytes).ok();
        let read = match (notify, number) {
            (NotifyType::REPLAY_STATUS, Some(enabled @ 0..=1)) => {
                Self::ReplayDetection(enabled == 1)
            }
            (NotifyType::REPLAY_STATUS, Some(found)) => {
                let kind = IssueKind::UnexpectedValue {
                    field: "the replay status",
                    found,
                    expected: "0 or 1",
                };
                issues.note(content, LAYER, kind);
                return Self::Octets(octets);
            }
            (NotifyType::R_U_THERE | NotifyType::R_U_THERE_ACK, Some(sequence)) => {
                Self::Sequence(sequence)
            }
            (NotifyType::UNITY_LOAD_BALANCE, Some(gateway)) => {
                Self::Gateway(IpAddr::V4(gateway.into()))
            }
            _ => Self::Octets(octets),
        };
        if octets.len() != expected {
            issues.note(
                content,
                LAYER,
                IssueKind::LengthUnexpected {
                    found: octets.len(),
                    expected,
                },
            );
        }
        read
    }

    /// Writes the data as it was or is to be sent.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Lifetime(attributes) => attributes
                .iter()
                .for_each(|attribute| attribute.encode(out)),
            Self::ReplayDetection(enabled) => {
                out.extend_from_slice(&u32::from(*enabled).to_be_bytes())
            }
            Self::Sequence(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Gateway(gateway) => address::encode(*gateway, out),
            Self::InvalidSpi(octets) | Self::Octets(octets) => out.extend_from_slice(octets),
        }
    }
}

impl<'a> Notification<'a> {
    /// The lifetimes of a RESPONDER-LIFETIME; none of another notification.
    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        let NotificationData::Lifetime(attributes) = &self.data else {
            return Lifetimes::default();
        };
        if self.protocol == ProtocolId::ISAKMP {
            Lifetimes::of(
                attributes,
                PhaseOneAttribute::LIFE_TYPE.0,
                PhaseOneAttribute::LIFE_DURATION.0,
            )
        } else {
            Lifetimes::of(
                attributes,
                IpsecAttribute::SA_LIFE_TYPE.0,
                IpsecAttribute::SA_LIFE_DURATION.0,
            )
        }
    }

    pub(super) fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (left, (doi, protocol, size, notify)) = (
            be_u32.map(Doi),
            be_u8.map(ProtocolId),
            be_u8,
            be_u16.map(NotifyType),
        )
            .parse(content)
            .map_err(|cut| issues.note_cut(LAYER, &cut))
            .ok()?;
        let size = usize::from(size);
        let taken: IResult<'a, Octets<'a>> = take(size)(left);
        let (data, spi) = taken.unwrap_or_else(|_| {
            let kind = IssueKind::LengthTooLarge {
                declared: size,
                available: left.len(),
            };
            issues.note(content.part(5, 1), LAYER, kind);
            (left.from(left.len()), left)
        });
        let data = NotificationData::parse(notify, data, issues);
        Some(Self {
            doi,
            protocol,
            notify,
            spi: spi.as_slice(),
            data,
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.doi.0.to_be_bytes());
        out.extend_from_slice(&[
            self.protocol.0,
            u8::try_from(self.spi.len()).unwrap_or(u8::MAX),
        ]);
        out.extend_from_slice(&self.notify.0.to_be_bytes());
        out.extend_from_slice(self.spi);
        self.data.encode(out);
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        let mut data = Vec::new();
        self.data.encode(&mut data);
        let mut fields = vec![
            field("notify", Value::registered(self.notify)),
            field("doi", Value::registered(self.doi)),
            field("protocol", Value::registered(self.protocol)),
            field("spi", spi::spi(self.protocol, self.spi)),
            field(
                "data",
                if data.is_empty() {
                    Value::Null
                } else {
                    Value::Octets(data.into())
                },
            ),
        ];
        match &self.data {
            NotificationData::Lifetime(_) => {
                let number = |number: Option<u64>| Value::or_null(number.map(Value::Number));
                let lifetimes = self.lifetimes();
                fields.push(field("lifetime_seconds", number(lifetimes.seconds)));
                fields.push(field("lifetime_kilobytes", number(lifetimes.kilobytes)));
            }
            NotificationData::ReplayDetection(enabled) => {
                fields.push(field("replay_detection", *enabled))
            }
            NotificationData::Sequence(number) => fields.push(field("sequence", *number)),
            NotificationData::InvalidSpi(octets) => {
                fields.push(field("invalid_spi", spi::spi(self.protocol, octets)))
            }
            NotificationData::Gateway(gateway) => fields.push(field("gateway", *gateway)),
            NotificationData::Octets(_) => {}
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(octets: &[u8]) -> (Option<Notification<'_>>, Issues) {
        let mut issues = Issues::default();
        (
            Notification::parse(Octets::new(octets), &mut issues),
            issues,
        )
    }

    fn notification(protocol: u8, notify: u16, spi: &[u8], data: &[u8]) -> Vec<u8> {
        let mut octets = vec![0, 0, 0, 1, protocol, u8::try_from(spi.len()).unwrap()];
        octets.extend_from_slice(&notify.to_be_bytes());
        octets.extend_from_slice(spi);
        octets.extend_from_slice(data);
        octets
    }

    #[test]
    fn data_is_decoded_and_writes_back() {
        let lifetime = [Attribute::short(1, 1), Attribute::short(2, 3600)].to_vec();
        let cases = [
            (
                notification(1, 36_136, &[7; 16], &[0, 0, 1, 2]),
                NotificationData::Sequence(258),
            ),
            (
                notification(3, 24_577, &[1; 4], &[0, 0, 0, 1]),
                NotificationData::ReplayDetection(true),
            ),
            (
                notification(3, 24_576, &[1; 4], &[0x80, 1, 0, 1, 0x80, 2, 0x0e, 0x10]),
                NotificationData::Lifetime(lifetime),
            ),
            (
                notification(3, 11, &[], &[1, 2, 3, 4]),
                NotificationData::InvalidSpi(&[1, 2, 3, 4]),
            ),
            (
                notification(1, 40_501, &[], &[192, 0, 2, 1]),
                NotificationData::Gateway([192, 0, 2, 1].into()),
            ),
            (
                notification(1, 24_578, &[7; 16], &[]),
                NotificationData::Octets(&[]),
            ),
            (
                notification(1, 14, &[], b"text"),
                NotificationData::Octets(b"text"),
            ),
        ];
        for (octets, data) in cases {
            let (read, issues) = parse(&octets);
            let read = read.unwrap();
            assert!(issues.is_empty(), "{issues:?}");
            assert_eq!(read.data, data);
            let mut written = Vec::new();
            read.encode(&mut written);
            assert_eq!(written, octets);
        }
    }

    #[test]
    fn a_responder_lifetime_has_the_attributes_of_its_protocol() {
        let phase_one = notification(
            1,
            24_576,
            &[],
            &[0x80, 11, 0, 1, 0, 12, 0, 4, 0, 1, 0x51, 0x80],
        );
        assert_eq!(
            parse(&phase_one).0.unwrap().lifetimes().seconds,
            Some(86_400)
        );
        let phase_two = notification(3, 24_576, &[], &[0x80, 1, 0, 2, 0x80, 2, 0x0e, 0x10]);
        assert_eq!(
            parse(&phase_two).0.unwrap().lifetimes().kilobytes,
            Some(3600)
        );
    }

    #[test]
    fn every_truncation_is_reported() {
        let octets = notification(1, 36_136, &[7; 16], &[0, 0, 0, 1]);
        for cut in 0..octets.len() {
            let issues = parse(&octets[..cut]).1;
            assert!(!issues.is_empty(), "cut at {cut}");
            assert!(
                issues
                    .as_slice()
                    .iter()
                    .all(|issue| issue.span.end() <= cut),
                "cut at {cut}"
            );
        }
    }
}
