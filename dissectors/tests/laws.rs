//! Laws of messages: what is written reads back, what is read writes back, every cut is reported, no octets panic.

use proptest::prelude::*;

use ikescope_dissectors::registries::ikev2::{
    AuthenticationMethod, EncryptionAlgorithm, ExchangeType, IdType, KeyExchangeMethod, NotifyType,
    ProtocolId, TransformType,
};
use ikescope_dissectors::{
    Content, Flags, Header, IkeSpi, Issues, Message, Octets, Packet, Payload, Version, ikev2,
};
use ikev2::{
    Authentication, Body, Delete, Encrypted, Identification, KeyExchange, Notify, PayloadType,
    Proposal, SecurityAssociation, Transform,
};

fn header(exchange: ExchangeType) -> Header {
    Header {
        initiator_spi: IkeSpi(0x1122_3344_5566_7788),
        responder_spi: IkeSpi(0x99aa_bbcc_ddee_ff00),
        next_payload: 0,
        version: Version::V2,
        exchange: exchange.0,
        flags: Flags::INITIATOR,
        message_id: 1,
        length: 0,
    }
}

fn every_kind() -> Vec<(PayloadType, Body<'static>)> {
    let transforms = vec![
        Transform::new(
            TransformType::ENCR,
            EncryptionAlgorithm::AES_CBC.0,
            Some(128),
        ),
        Transform::new(TransformType::KE, KeyExchangeMethod::MODP_2048.0, None),
    ];
    let proposal = Proposal {
        number: 1,
        protocol: ProtocolId::IKE,
        spi: &[],
        transforms,
    };
    vec![
        (
            PayloadType::SA,
            Body::SecurityAssociation(SecurityAssociation {
                proposals: vec![proposal],
            }),
        ),
        (
            PayloadType::KE,
            Body::KeyExchange(KeyExchange {
                method: KeyExchangeMethod::MODP_2048,
                data: &[5; 256],
            }),
        ),
        (PayloadType::NONCE, Body::Nonce(&[3; 32])),
        (
            PayloadType::NOTIFY,
            Body::Notify(Notify::new(NotifyType::COOKIE, &[1, 2, 3])),
        ),
        (
            PayloadType::NOTIFY,
            Body::Notify(Notify::new(NotifyType::INVALID_KE_PAYLOAD, &[0, 19])),
        ),
        (
            PayloadType::DELETE,
            Body::Delete(Delete {
                protocol: ProtocolId::ESP,
                spi_size: 4,
                spis: vec![&[1, 2, 3, 4], &[5, 6, 7, 8]],
            }),
        ),
        (
            PayloadType::ID_INITIATOR,
            Body::Identification(Identification {
                id_type: IdType::FQDN,
                data: b"moon.example",
            }),
        ),
        (
            PayloadType::AUTH,
            Body::Authentication(Authentication {
                method: AuthenticationMethod::PSK,
                data: &[9; 32],
            }),
        ),
        (PayloadType::VENDOR_ID, Body::VendorId(b"an implementation")),
        (PayloadType(200), Body::Raw(&[1, 2, 3])),
        (
            PayloadType::SK,
            Body::Encrypted(Encrypted { octets: &[7; 48] }),
        ),
    ]
}

fn message() -> Vec<u8> {
    let payloads = every_kind()
        .into_iter()
        .map(|(kind, body)| Payload::new(kind.0, body))
        .collect();
    Message {
        header: header(ExchangeType::IKE_SA_INIT),
        content: Content::V2(payloads),
        octets: &[],
    }
    .encode()
}

#[test]
fn what_is_written_reads_back() {
    let octets = message();
    let mut issues = Issues::default();
    let read = Message::parse(Octets::new(&octets), &mut issues).unwrap();
    assert!(issues.is_empty(), "{issues:?}");
    let Content::V2(payloads) = &read.content else {
        panic!("{read:?}")
    };
    let read_back: Vec<_> = payloads
        .iter()
        .map(|p| (PayloadType(p.payload_type), p.body.clone()))
        .collect();
    assert_eq!(read_back, every_kind());
    assert_eq!(read.encode(), octets);
}

#[test]
fn every_cut_is_reported_inside_the_buffer() {
    let octets = message();
    for cut in 0..octets.len() {
        let mut issues = Issues::default();
        Message::parse(Octets::new(&octets[..cut]), &mut issues);
        assert!(!issues.is_empty(), "cut at {cut}");
        assert!(
            issues
                .as_slice()
                .iter()
                .all(|issue| issue.span.end() <= cut),
            "cut at {cut}: {issues:?}"
        );
    }
}

#[test]
fn a_bad_payload_does_not_hide_its_neighbours() {
    let mut octets = message();
    octets[28 + 4 + 2] = 0xff; // the length of the first proposal
    let mut issues = Issues::default();
    let read = Message::parse(Octets::new(&octets), &mut issues).unwrap();
    let Content::V2(payloads) = &read.content else {
        panic!("{read:?}")
    };
    assert_eq!(payloads.len(), every_kind().len());
    assert_eq!(issues.as_slice()[0].span.start, 28 + 4 + 2);
}

proptest! {
    #[test]
    fn no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..600), version in prop::sample::select(vec![0x10_u8, 0x20, 0x30])) {
        let mut octets = octets;
        if let Some(field) = octets.get_mut(17) {
            *field = version;
        }
        let mut issues = Issues::default();
        let read = Message::parse(Octets::new(&octets), &mut issues);
        prop_assert!(issues.as_slice().iter().all(|issue| issue.span.end() <= octets.len()));
        if let Some(read) = read {
            let _ = read.encode();
            match &read.content {
                Content::V1(payloads) => payloads.iter().for_each(|p| { ikescope_dissectors::Body::fields(&p.body); }),
                Content::V2(payloads) => payloads.iter().for_each(|p| { ikescope_dissectors::Body::fields(&p.body); }),
                _ => {}
            }
        }
        for protocol in [50, 51, 108, 141] {
            let mut issues = Issues::default();
            Packet::ip(protocol, Octets::new(&octets), &mut issues);
            prop_assert!(issues.as_slice().iter().all(|issue| issue.span.end() <= octets.len()));
        }
    }

    #[test]
    fn what_is_changed_is_read_without_issue_or_written_back_the_same(at in 28_usize..600, to in any::<u8>()) {
        let mut octets = message();
        let at = at % octets.len();
        octets[at] = to;
        let mut issues = Issues::default();
        if let Some(read) = Message::parse(Octets::new(&octets), &mut issues)
            && issues.is_empty()
        {
            prop_assert_eq!(read.encode(), octets);
        }
    }
}
