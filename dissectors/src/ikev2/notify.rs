//! Notify payload (RFC 7296, section 3.10).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |  Protocol ID  |   SPI Size    |      Notify Message Type      |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                Security Parameter Index (SPI)                 ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                       Notification Data                       ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::Parser;
use nom::number::complete::{be_u8, be_u16};

use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::{Cut, Octets};
use crate::registries::ikev2::{NotifyType, ProtocolId};

use super::notify_data;
use super::proposal::spi_value;

/// An error, a state, or a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notify<'a> {
    /// The protocol of the SPI; zero without one.
    pub protocol: ProtocolId,
    /// The SA that it is about; empty for the IKE SA itself.
    pub spi: &'a [u8],
    /// What is notified.
    pub notify_type: NotifyType,
    /// Data as the type defines it.
    pub data: &'a [u8],
}

impl<'a> Notify<'a> {
    /// A notification to be sent, about no SA in particular.
    #[must_use]
    pub const fn new(notify_type: NotifyType, data: &'a [u8]) -> Self {
        Self {
            protocol: ProtocolId(0),
            spi: &[],
            notify_type,
            data,
        }
    }

    /// Reads the payload.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "N payload";
        let fixed = (be_u8::<_, Cut>, be_u8, be_u16).parse(content);
        let (left, (protocol, spi_size, notify_type)) = match fixed {
            Ok(fields) => fields,
            Err(cut) => {
                issues.note_cut(LAYER, &cut);
                return None;
            }
        };
        let spi_size = usize::from(spi_size);
        if spi_size > left.len() {
            let kind = IssueKind::LengthTooLarge {
                declared: spi_size,
                available: left.len(),
            };
            issues.note(content.part(1, 1), LAYER, kind);
        }
        let data = left.from(spi_size);
        let read = Self {
            protocol: ProtocolId(protocol),
            spi: left.part(0, spi_size).as_slice(),
            notify_type: NotifyType(notify_type),
            data: data.as_slice(),
        };
        if let Some(expected) = notify_data::unexpected_length(read.notify_type, read.data.len()) {
            issues.note(
                data,
                LAYER,
                IssueKind::LengthUnexpected {
                    found: read.data.len(),
                    expected,
                },
            );
        }
        Some(read)
    }

    /// Writes the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let spi_size = u8::try_from(self.spi.len()).unwrap_or(u8::MAX);
        out.extend_from_slice(&[self.protocol.0, spi_size]);
        out.extend_from_slice(&self.notify_type.0.to_be_bytes());
        out.extend_from_slice(self.spi);
        out.extend_from_slice(self.data);
    }

    /// Type, protocol, SPI, data, and what the data means.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        let protocol = if self.protocol.0 == 0 {
            Value::Null
        } else {
            Value::registered(self.protocol)
        };
        let mut fields = vec![
            field("notify", Value::registered(self.notify_type)),
            field("protocol", protocol),
            field("spi", spi_value(self.protocol, self.spi)),
            field("data", Value::octets_or_null(self.data)),
        ];
        fields.extend(notify_data::fields(self.notify_type, self.data));
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_of_the_fixed_part_is_reported() {
        let notify = Notify {
            spi: &[1, 2, 3, 4],
            ..Notify::new(NotifyType::REKEY_SA, &[])
        };
        let mut octets = Vec::new();
        notify.encode(&mut octets);
        let mut issues = Issues::default();
        assert_eq!(
            Notify::parse(Octets::new(&octets), &mut issues),
            Some(notify)
        );
        assert!(issues.is_empty());
        for cut in 0..octets.len() {
            let mut issues = Issues::default();
            Notify::parse(Octets::new(&octets[..cut]), &mut issues);
            assert!(!issues.is_empty(), "cut at {cut}");
        }
    }
}
