//! Key Exchange payload (RFC 7296, section 3.4).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |   Key Exchange Method Num     |           RESERVED            |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                       Key Exchange Data                       ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::Parser;
use nom::number::complete::be_u16;

use crate::field::{Field, Value, field};
use crate::issue::Issues;
use crate::octets::{IResult, Octets, rest};
use crate::registries::ikev2::KeyExchangeMethod;

/// A public value, or a key encapsulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyExchange<'a> {
    /// The method that the data belongs to.
    pub method: KeyExchangeMethod,
    /// The data as the method defines it.
    pub data: &'a [u8],
}

impl<'a> KeyExchange<'a> {
    /// Reads the payload.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "KE payload";
        fn fixed(i: Octets<'_>) -> IResult<'_, (u16, u16, &[u8])> {
            (be_u16, be_u16, rest).parse(i)
        }
        match fixed(content) {
            Ok((_, (method, reserved, data))) => {
                issues.expect_zero(content.part(2, 2), LAYER, u32::from(reserved));
                Some(Self {
                    method: KeyExchangeMethod(method),
                    data,
                })
            }
            Err(cut) => {
                issues.note_cut(LAYER, &cut);
                None
            }
        }
    }

    /// Writes the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.method.0.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(self.data);
    }

    /// Method and data.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        vec![
            field("group", Value::registered(self.method)),
            field("data", self.data),
        ]
    }
}
