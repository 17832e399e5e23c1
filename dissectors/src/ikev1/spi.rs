//! SPIs and protocols as results write them.

use crate::field::Value;
use crate::registries::Registry;
use crate::registries::ikev1::ProtocolId;

/// `ike`, `esp`, `ah`, `ipcomp`; others with kind and number.
pub(super) fn protocol(protocol: ProtocolId) -> Value<'static> {
    Value::text(match protocol {
        ProtocolId::ISAKMP => "ike".into(),
        ProtocolId::IPSEC_AH => "ah".into(),
        ProtocolId::IPSEC_ESP => "esp".into(),
        ProtocolId::IPCOMP => "ipcomp".into(),
        other => other.short_name().to_string(),
    })
}

/// `0x` and eight digits for ESP and AH, bare digits for all others; nothing where the field is empty.
pub(super) fn spi(protocol: ProtocolId, spi: &[u8]) -> Value<'static> {
    if spi.is_empty() {
        return Value::Null;
    }
    let prefix = if size(protocol) == Some(4) { "0x" } else { "" };
    Value::text(format!("{prefix}{}", hex(spi)))
}

/// Octets that an SPI of this protocol has, where it is fixed. An IKE SA is known by its cookies, so that anything
/// may stand there (RFC 2408, section 3.5); a CPI has two octets and may be sent in four (RFC 2407, section 4.4.5).
pub(super) const fn size(protocol: ProtocolId) -> Option<usize> {
    match protocol {
        ProtocolId::IPSEC_AH | ProtocolId::IPSEC_ESP => Some(4),
        _ => None,
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(octets: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four_bits: u8| char::from(DIGITS[usize::from(four_bits & 0x0f)]);
    octets
        .iter()
        .flat_map(|octet| [digit(octet >> 4), digit(*octet)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_own_spelling() {
        assert_eq!(
            spi(ProtocolId::IPSEC_ESP, &[0xc0, 1, 2, 0xff]),
            Value::text("0xc00102ff")
        );
        assert_eq!(
            spi(ProtocolId::ISAKMP, &[0, 1, 2, 3, 4, 5, 6, 0xab]),
            Value::text("00010203040506ab")
        );
        assert_eq!(spi(ProtocolId::IPCOMP, &[0x12, 0x34]), Value::text("1234"));
        assert_eq!(spi(ProtocolId::ISAKMP, &[]), Value::Null);
    }
}
