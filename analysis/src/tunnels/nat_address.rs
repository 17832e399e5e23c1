//! The address that a peer has behind its NAT, found from the detection hash that it sent: private addresses are few
//! enough to try them all (RFC 7296, section 2.23; RFC 3947, section 3.2).

use std::net::{IpAddr, Ipv4Addr};

use super::message::Sender;
use super::tunnel::Tunnel;
use crate::nat_detection::nat_hash;
use crate::observation::Endpoint;

/// Searches the private addresses of both peers where a hash says that a NAT is in front of them. Some seconds for each
/// that is not found: 2^24 + 2^22 + 2^20 + 2^16 addresses with the usual ports.
pub fn find_nat_addresses(tunnel: &mut Tunnel) {
    for side in [Sender::Initiator, Sender::Responder] {
        let Some(found) = search(tunnel, side) else {
            continue;
        };
        match side {
            Sender::Initiator => tunnel.initiator.nat_address = Some(found),
            _ => tunnel.responder.nat_address = Some(found),
        }
    }
}

fn search(tunnel: &Tunnel, side: Sender) -> Option<Endpoint> {
    let told = tunnel.messages.iter().find(|message| {
        message.from == side
            && message
                .nat
                .is_some_and(|nat| nat.source_matches == Some(false))
    })?;
    let hashes: Vec<&[u8]> = told
        .clear
        .nat_detection()
        .filter(|(of_source, _)| *of_source)
        .map(|(_, hash)| hash)
        .collect();
    let hash = hashes.first()?;
    // The responder SPI is zero in a request of IKE_SA_INIT.
    let spis = (tunnel.initiator_spi, told.responder_spi);
    let seen = told.ends.src.port;
    let mut ports = vec![500, 4500];
    ports.extend(seen.filter(|port| !matches!(port, 500 | 4500)));
    let matches = |address: Ipv4Addr, port: u16| {
        let end = Endpoint {
            address: IpAddr::V4(address),
            port: Some(port),
        };
        nat_hash(spis, end, hash.len())
            .is_some_and(|digest| hashes.contains(&digest.as_slice()))
            .then_some(end)
    };
    // The address itself, with another port: a peer that starts on UDP 4500, or a port that was translated alone.
    if let IpAddr::V4(own) = told.ends.src.address
        && let Some(found) = (0..=u16::MAX).find_map(|port| matches(own, port))
    {
        return Some(found);
    }
    PRIVATE.iter().find_map(|(first, last)| {
        (*first..=*last).find_map(|address| {
            ports
                .iter()
                .find_map(|port| matches(Ipv4Addr::from_bits(address), *port))
        })
    })
}

/// RFC 1918 and RFC 6598, the usual ones first.
const PRIVATE: &[(u32, u32)] = &[
    (0xc0a8_0000, 0xc0a8_ffff),
    (0xac10_0000, 0xac1f_ffff),
    (0x0a00_0000, 0x0aff_ffff),
    (0x6440_0000, 0x647f_ffff),
];
