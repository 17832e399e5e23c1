//! The Vendor ID payload: what the sender is or can do (RFC 2408, section 3.16).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                        Vendor ID (VID)                        ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::field::{Field, Value, field};
use crate::octets::Octets;

/// A Vendor ID payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorId<'a> {
    /// Usually a hash of a text, sometimes the text.
    pub data: &'a [u8],
}

impl<'a> VendorId<'a> {
    /// What is known by this identifier.
    #[must_use]
    pub fn vendor(&self) -> Option<&'static str> {
        crate::vendor_id::name(self.data)
    }

    pub(super) const fn parse(content: Octets<'a>) -> Self {
        Self {
            data: content.as_slice(),
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.data);
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        vec![
            field("data", self.data),
            field("vendor", Value::or_null(self.vendor().map(Value::text))),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The MD5 of "RFC 3947" (RFC 3947, section 3.1), and the identifier of RFC 3706, section 5.1.
    #[test]
    fn identifiers_of_rfcs_have_a_name() {
        let nat_traversal = b"\x4a\x13\x1c\x81\x07\x03\x58\x45\x5c\x57\x28\xf2\x0e\x95\x45\x2f";
        let dead_peer_detection =
            b"\xaf\xca\xd7\x13\x68\xa1\xf1\xc9\x6b\x86\x96\xfc\x77\x57\x01\x00";
        assert!(
            VendorId {
                data: nat_traversal
            }
            .vendor()
            .is_some()
        );
        assert!(
            VendorId {
                data: dead_peer_detection
            }
            .vendor()
            .is_some()
        );
        assert_eq!(VendorId { data: &[] }.vendor(), None);
    }
}
