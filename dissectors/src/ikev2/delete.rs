//! Delete payload (RFC 7296, section 3.11).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | Protocol ID   |   SPI Size    |          Num of SPIs          |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~               Security Parameter Index(es) (SPI)              ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::Parser;
use nom::number::complete::{be_u8, be_u16};

use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::limits::MAX_ELEMENTS;
use crate::octets::{Cut, Octets};
use crate::registries::ikev2::ProtocolId;

use super::proposal::spi_value;

/// SAs that the sender has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete<'a> {
    /// IKE deletes the IKE SA and has no SPIs.
    pub protocol: ProtocolId,
    /// Octets of each SPI.
    pub spi_size: u8,
    /// SPIs that the sender expects in packets to it.
    pub spis: Vec<&'a [u8]>,
}

impl<'a> Delete<'a> {
    /// Reads the payload.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "D payload";
        let (left, (protocol, spi_size, count)) =
            match (be_u8::<_, Cut>, be_u8, be_u16).parse(content) {
                Ok(fields) => fields,
                Err(cut) => {
                    issues.note_cut(LAYER, &cut);
                    return None;
                }
            };
        let (size, declared) = (usize::from(spi_size), usize::from(count));
        let whole = if size == 0 { &[] } else { left.as_slice() };
        let spis: Vec<_> = whole
            .chunks_exact(size.max(1))
            .take(declared.min(MAX_ELEMENTS))
            .collect();
        if spis.len() != declared {
            issues.note(
                content.part(2, 2),
                LAYER,
                IssueKind::CountMismatch {
                    declared,
                    found: spis.len(),
                },
            );
        }
        issues.expect_end(left.from(spis.len() * size), LAYER);
        Some(Self {
            protocol: ProtocolId(protocol),
            spi_size,
            spis,
        })
    }

    /// Writes the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.protocol.0, self.spi_size]);
        out.extend_from_slice(
            &u16::try_from(self.spis.len())
                .unwrap_or(u16::MAX)
                .to_be_bytes(),
        );
        self.spis.iter().for_each(|spi| out.extend_from_slice(spi));
    }

    /// Protocol and SPIs.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        let spis = self
            .spis
            .iter()
            .map(|spi| spi_value(self.protocol, spi))
            .collect();
        vec![
            field("protocol", Value::registered(self.protocol)),
            field("spis", Value::List(spis)),
        ]
    }
}
