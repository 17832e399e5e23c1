//! What a packet is, in the words that every format uses.

use std::borrow::Cow;

use ikescope_analysis::{Content, Ike, Opened};
use ikescope_dissectors::registries::Registry;
use ikescope_dissectors::{Body, Content as Payloads};
use ikescope_dissectors::{
    Flags, HEADER_LEN, Header, Message, Payload, ikev1, ikev2, registries, vendor_id,
};

/// The outermost protocol, as JSON names it. A message of which not even the header is there has no version.
pub(crate) fn protocol(content: &Content<'_>) -> &'static str {
    match content {
        Content::Ike(ike) => match ike
            .message
            .as_ref()
            .map(|message| message.header.version.major())
        {
            Some(0 | 1) => "ikev1",
            Some(_) => "ikev2",
            None => "other",
        },
        Content::Esp(_) => "esp",
        Content::Ah(..) => "ah",
        Content::Wesp(_) => "wesp",
        Content::IpComp(_) => "ipcomp",
        Content::NatKeepalive => "nat-keepalive",
        Content::Fragment { .. } => "fragment",
        Content::Icmp { .. } => "icmp",
        Content::Other(_) => "other",
    }
}

/// The IKE message that a packet carries, behind AH or not.
pub(crate) fn ike<'o, 'a>(content: &'o Content<'a>) -> Option<&'o Ike<'a>> {
    match content {
        Content::Ike(ike) => Some(ike),
        Content::Ah(_, Some(inner)) => ike(inner),
        _ => None,
    }
}

/// The name of the exchange in the registry of the version.
pub(crate) fn exchange_name(header: &Header) -> Option<&'static str> {
    match header.version.major() {
        1 => registries::ikev1::ExchangeType(header.exchange).name(),
        2 => registries::ikev2::ExchangeType(header.exchange).name(),
        _ => None,
    }
}

/// `IKE_SA_INIT`, `Identity Protection (Main Mode)`, `unassigned (99)`.
pub(crate) fn exchange(header: &Header) -> Cow<'static, str> {
    match header.version.major() {
        1 => {
            let exchange = registries::ikev1::ExchangeType(header.exchange);
            match (exchange.name(), exchange.title()) {
                (Some(name), Some(title)) if name != title => format!("{name} ({title})").into(),
                (Some(name), _) => name.into(),
                (None, _) => exchange.to_string().into(),
            }
        }
        2 => {
            let exchange = registries::ikev2::ExchangeType(header.exchange);
            exchange
                .name()
                .map_or_else(|| exchange.to_string().into(), Cow::Borrowed)
        }
        _ => format!("exchange {} of IKE {}", header.exchange, header.version).into(),
    }
}

/// The payloads of a message, each in a word, as a line about the message lists them.
pub(crate) fn notations(message: &Message<'_>) -> Vec<Cow<'static, str>> {
    let mut words = Vec::new();
    each_notation(message, |word| words.push(word));
    words
}

/// The same, one by one.
pub(crate) fn each_notation(message: &Message<'_>, mut take: impl FnMut(Cow<'static, str>)) {
    let flags = message.header.flags;
    match &message.content {
        Payloads::V1(payloads) => payloads.iter().map(notation_v1).for_each(take),
        Payloads::V2(payloads) => {
            let words = payloads.iter().map(|payload| notation_v2(payload, flags));
            words.for_each(take);
        }
        Payloads::V1Encrypted(octets) => take(format!("encrypted, {} octets", octets.len()).into()),
        Payloads::Unknown(octets) => take(format!("{} octets", octets.len()).into()),
    }
}

/// The payloads of a message with those that were opened behind the one that carried them: `SK{IDi AUTH}`.
pub(crate) fn notations_with(message: &Message<'_>, opened: &Opened) -> Vec<Cow<'static, str>> {
    let (content, _) = opened.payloads(&message.header);
    let inside = Message {
        header: message.header,
        content,
        octets: &[],
    };
    let words = notations(&inside).join(" ");
    if matches!(message.content, Payloads::V1Encrypted(_)) {
        return vec![format!("encrypted{{{words}}}").into()];
    }
    notations(message)
        .into_iter()
        .enumerate()
        .map(|(index, word)| match index == opened.carrier {
            true => format!("{word}{{{words}}}").into(),
            false => word,
        })
        .collect()
}

/// One payload of IKEv1, with the name of a vendor.
pub(crate) fn notation_v1(payload: &Payload<'_, ikev1::Body<'_>>) -> Cow<'static, str> {
    match &payload.body {
        ikev1::Body::VendorId(vendor) => with_vendor("VID", vendor.data),
        body => ikev1::notation(payload.payload_type, body),
    }
}

/// One payload of IKEv2, with the name of a vendor.
pub(crate) fn notation_v2(
    payload: &Payload<'_, ikev2::Body<'_>>,
    flags: Flags,
) -> Cow<'static, str> {
    match &payload.body {
        ikev2::Body::VendorId(octets) => with_vendor("V", octets),
        _ => ikev2::notation(payload, flags),
    }
}

/// The length of a line does not allow the long names; the tree has all.
fn with_vendor(word: &'static str, octets: &[u8]) -> Cow<'static, str> {
    const LONGEST: usize = 24;
    match vendor_id::name(octets).filter(|name| name.len() <= LONGEST) {
        Some(name) => format!("{word}({name})").into(),
        None => word.into(),
    }
}

/// Where the message begins in the buffer from which its payloads were read: behind a non-ESP marker or AH that is not 0.
pub(crate) fn message_start<'a, B: Body<'a>>(payloads: &[Payload<'a, B>]) -> usize {
    payloads
        .first()
        .map_or(0, |first| first.span.start.saturating_sub(HEADER_LEN))
}

/// What an ICMP message says about the packet that it quotes; `None` for types that are no errors.
pub(crate) fn icmp(version6: bool, icmp_type: u8, code: u8) -> Option<&'static str> {
    let table = if version6 { ICMPV6 } else { ICMP };
    let named = |code| {
        table
            .iter()
            .find(|(known, _)| *known == (icmp_type, code))
            .map(|(_, name)| *name)
    };
    named(Some(code)).or_else(|| named(None))
}

type IcmpNames = &'static [((u8, Option<u8>), &'static str)];

/// RFC 792, RFC 1122, RFC 1812: type and code, or all other codes of the type.
const ICMP: IcmpNames = &[
    ((0, None), "echo reply"),
    ((3, Some(0)), "net unreachable"),
    ((3, Some(1)), "host unreachable"),
    ((3, Some(2)), "protocol unreachable"),
    ((3, Some(3)), "port unreachable"),
    ((3, Some(4)), "fragmentation needed"),
    ((3, Some(5)), "source route failed"),
    ((3, Some(9)), "net administratively prohibited"),
    ((3, Some(10)), "host administratively prohibited"),
    ((3, Some(13)), "communication administratively prohibited"),
    ((3, None), "destination unreachable"),
    ((4, None), "source quench"),
    ((5, None), "redirect"),
    ((8, None), "echo request"),
    ((11, Some(0)), "time exceeded in transit"),
    ((11, Some(1)), "fragment reassembly time exceeded"),
    ((11, None), "time exceeded"),
    ((12, None), "parameter problem"),
];

/// RFC 4443.
const ICMPV6: IcmpNames = &[
    ((1, Some(0)), "no route to destination"),
    ((1, Some(1)), "administratively prohibited"),
    ((1, Some(3)), "address unreachable"),
    ((1, Some(4)), "port unreachable"),
    ((1, Some(5)), "source address failed policy"),
    ((1, Some(6)), "reject route to destination"),
    ((1, None), "destination unreachable"),
    ((2, None), "packet too big"),
    ((3, Some(0)), "hop limit exceeded in transit"),
    ((3, Some(1)), "fragment reassembly time exceeded"),
    ((3, None), "time exceeded"),
    ((4, None), "parameter problem"),
    ((128, None), "echo request"),
    ((129, None), "echo reply"),
    ((137, None), "redirect"),
];

/// The name of an IP protocol, or its number.
pub(crate) fn ip_protocol(number: u8) -> Cow<'static, str> {
    match registries::ip::IpProtocol(number).name() {
        Some(name) => name.into(),
        None => format!("protocol {number}").into(),
    }
}
