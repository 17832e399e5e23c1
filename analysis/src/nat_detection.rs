//! Whether NAT detection hashes match the addresses seen (RFC 7296, section 2.23; RFC 3947, section 3.2).

use std::net::IpAddr;

use md5::Md5;
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha384, Sha512};

use ikescope_dissectors::registries::ikev2::NotifyType;
use ikescope_dissectors::{Content, Header, IkeSpi, Message, ikev1, ikev2};

use crate::observation::{Endpoint, NatDetection};

/// `None` if the message has no such hashes that can be read.
pub(crate) fn nat_detection(
    message: &Message<'_>,
    src: Endpoint,
    dst: Endpoint,
) -> Option<NatDetection> {
    let (source, destination) = hashes(&message.content);
    let matches =
        |hashes: &[&[u8]], endpoint| match hashes {
            [] => None,
            _ => Some(hashes.iter().any(|hash| {
                digest(&message.header, endpoint, hash.len()).as_deref() == Some(hash)
            })),
        };
    let found = NatDetection {
        source_matches: matches(&source, src),
        destination_matches: matches(&destination, dst),
    };
    (found.source_matches.is_some() || found.destination_matches.is_some()).then_some(found)
}

/// The hashes of the sender's and of the receiver's address, in this order.
fn hashes<'a>(content: &Content<'a>) -> (Vec<&'a [u8]>, Vec<&'a [u8]>) {
    match content {
        Content::V2(payloads) => {
            let of = |wanted| {
                let data = payloads
                    .iter()
                    .filter_map(move |payload| match &payload.body {
                        ikev2::Body::Notify(notify) if notify.notify_type == wanted => {
                            Some(notify.data)
                        }
                        _ => None,
                    });
                data.collect()
            };
            (
                of(NotifyType::NAT_DETECTION_SOURCE_IP),
                of(NotifyType::NAT_DETECTION_DESTINATION_IP),
            )
        }
        // The first one is the receiver's address, the others are possible addresses of the sender.
        Content::V1(payloads) => {
            let mut all = payloads.iter().filter_map(|payload| match &payload.body {
                ikev1::Body::NatDetection(nat) => Some(nat.data),
                _ => None,
            });
            let destination = all.next().into_iter().collect();
            (all.collect(), destination)
        }
        Content::V1Encrypted(_) | Content::Unknown(_) => (Vec::new(), Vec::new()),
    }
}

/// The hash that a peer with this address and port would send.
fn digest(header: &Header, endpoint: Endpoint, len: usize) -> Option<Vec<u8>> {
    nat_hash((header.initiator_spi, header.responder_spi), endpoint, len)
}

/// The hash over both SPIs, the address and the port. IKEv2 uses SHA-1; IKEv1 the negotiated hash, which its length
/// tells.
pub(crate) fn nat_hash(spis: (IkeSpi, IkeSpi), endpoint: Endpoint, len: usize) -> Option<Vec<u8>> {
    let mut input = Vec::with_capacity(34);
    input.extend_from_slice(&spis.0.0.to_be_bytes());
    input.extend_from_slice(&spis.1.0.to_be_bytes());
    match endpoint.address {
        IpAddr::V4(address) => input.extend_from_slice(&address.octets()),
        IpAddr::V6(address) => input.extend_from_slice(&address.octets()),
    }
    input.extend_from_slice(&endpoint.port?.to_be_bytes());
    Some(match len {
        16 => Md5::digest(&input).to_vec(),
        20 => Sha1::digest(&input).to_vec(),
        32 => Sha256::digest(&input).to_vec(),
        48 => Sha384::digest(&input).to_vec(),
        64 => Sha512::digest(&input).to_vec(),
        _ => return None,
    })
}
