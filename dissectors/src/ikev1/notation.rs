//! Payloads in a word, as a line about a message lists them.

use std::borrow::Cow;

use super::body::Body;
use crate::registries::Registry;
use crate::registries::ikev1::PayloadType;

/// The notation of a payload: `SA`, `KE`, `N(INVALID-ID-INFORMATION)`, `FRAG(2)`. A type without a name has its number:
/// `private use (200)`.
#[must_use]
pub fn notation(payload_type: u8, body: &Body<'_>) -> Cow<'static, str> {
    match body {
        Body::Notification(notification) => match notification.notify.name() {
            Some(name) => format!("N({name})").into(),
            None => format!("N({})", notification.notify.value()).into(),
        },
        Body::Fragment(fragment) => format!("FRAG({})", fragment.number).into(),
        // Drafts sent these with numbers that have other names.
        Body::NatDetection(_) => named(PayloadType::NAT_D),
        Body::NatOriginalAddress(_) => named(PayloadType::NAT_OA),
        _ => named(PayloadType(payload_type)),
    }
}

fn named(payload_type: PayloadType) -> Cow<'static, str> {
    match payload_type.name() {
        Some(name) => name.into(),
        None => payload_type.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Issues;
    use crate::octets::Octets;
    use crate::payload::{Body as _, Context};

    #[test]
    fn payloads_have_a_word() {
        let cases: &[(u8, &[u8], &str)] = &[
            (10, &[1; 16], "NONCE"),
            (13, &[1; 16], "VID"),
            (15, &[1; 20], "NAT-D"),
            (130, &[1; 20], "NAT-D"),
            (11, &[0, 0, 0, 1, 1, 0, 0, 18], "N(INVALID-ID-INFORMATION)"),
            (11, &[0, 0, 0, 1, 1, 0, 0x9c, 0x3f], "N(39999)"),
            (132, &[0, 1, 2, 0, 9], "FRAG(2)"),
            (200, &[], "private use (200)"),
        ];
        for (payload_type, content, expected) in cases {
            let context = Context {
                exchange: 2,
                response: false,
            };
            let body = Body::parse(
                *payload_type,
                Octets::new(content),
                context,
                &mut Issues::default(),
            );
            assert_eq!(notation(*payload_type, &body), *expected);
        }
    }
}
