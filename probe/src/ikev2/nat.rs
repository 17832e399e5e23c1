//! NAT detection (RFC 7296, section 2.23).

use std::net::{IpAddr, SocketAddr};

use ikescope_crypto::hash::Hash;
use ikescope_dissectors::ikev2::Body;
use ikescope_dissectors::registries::ikev2::NotifyType;
use ikescope_dissectors::{Content, IkeSpi, Issues, Message, Octets};

use crate::config::Target;
use crate::report::NatFacts;

/// The two notifications of a request; none where our own address is not known.
pub(crate) fn notifies(target: &Target, spi: IkeSpi) -> Vec<(NotifyType, Vec<u8>)> {
    let Some(local) = target.local else {
        return Vec::new();
    };
    vec![
        (
            NotifyType::NAT_DETECTION_SOURCE_IP,
            digest(spi, IkeSpi::NONE, local),
        ),
        (
            NotifyType::NAT_DETECTION_DESTINATION_IP,
            digest(spi, IkeSpi::NONE, target.remote),
        ),
    ]
}

/// What the hashes in an answer say of the addresses that were used.
pub(crate) fn facts(target: &Target, octets: &[u8]) -> Option<NatFacts> {
    let message = Message::parse(Octets::new(octets), &mut Issues::default())?;
    let Content::V2(payloads) = &message.content else {
        return None;
    };
    let (own, peer) = (message.header.initiator_spi, message.header.responder_spi);
    let matches = |wanted, address: Option<SocketAddr>| {
        let digest = digest(own, peer, address?);
        let mut hashes = payloads
            .iter()
            .filter_map(|payload| match &payload.body {
                Body::Notify(notify) if notify.notify_type == wanted => Some(notify.data),
                _ => None,
            })
            .peekable();
        hashes.peek()?;
        Some(hashes.any(|hash| hash == digest))
    };
    let remote = Some(target.remote);
    let facts = NatFacts {
        source_matches: matches(NotifyType::NAT_DETECTION_SOURCE_IP, remote),
        destination_matches: matches(NotifyType::NAT_DETECTION_DESTINATION_IP, target.local),
    };
    (facts.source_matches.is_some() || facts.destination_matches.is_some()).then_some(facts)
}

/// SHA-1 over both SPIs, the address and the port.
fn digest(initiator: IkeSpi, responder: IkeSpi, address: SocketAddr) -> Vec<u8> {
    let (spis, port) = (
        [initiator.0.to_be_bytes(), responder.0.to_be_bytes()].concat(),
        address.port().to_be_bytes(),
    );
    let address = match address.ip() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    Hash::sha1().digest(&[&spis, &address, &port])
}
