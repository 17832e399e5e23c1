//! How a payload is written in one word, after the notation of RFC 7296, section 1.2.

use std::borrow::Cow;

use crate::header::Flags;
use crate::payload::Payload;
use crate::registries::ikev2::PayloadType;
use crate::registry::Registry;

use super::body::Body;

/// `SA`, `Ni`, `N(COOKIE)`, `SKF(2/3)`, `D(ESP)`; a type without a name is written with its number.
#[must_use]
pub fn notation(payload: &Payload<'_, Body<'_>>, flags: Flags) -> Cow<'static, str> {
    match &payload.body {
        Body::Nonce(_) => Cow::Borrowed(if flags.contains(Flags::RESPONSE) {
            "Nr"
        } else {
            "Ni"
        }),
        // Most messages of a handshake have several.
        Body::Notify(notify) => Cow::Owned(match notify.notify_type.name() {
            Some(name) => ["N(", name, ")"].concat(),
            None => format!("N({})", notify.notify_type),
        }),
        Body::Delete(delete) => Cow::Owned(format!("D({})", delete.protocol)),
        Body::Eap(eap) => Cow::Owned(match eap.eap_type() {
            Some(method) => format!("EAP({} {method})", eap.code),
            None => format!("EAP({})", eap.code),
        }),
        Body::EncryptedFragment(part) => {
            Cow::Owned(format!("SKF({}/{})", part.fragment, part.total))
        }
        _ => match PayloadType(payload.payload_type).name() {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("payload({})", payload.payload_type)),
        },
    }
}
