//! Peers that change their addresses.

use std::collections::HashSet;
use std::net::IpAddr;

use ikescope_dissectors::registries::ikev2::{ExchangeType, NotifyType};

use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::facts::on_both_sides_of_nat;
use super::nat::{hashes_fit, left_behind, lost_on_4500};
use super::running::{answer, notify_name, requests, side, times, with_copies, within};
use crate::tunnels::{Message, Sender, Surroundings, Tunnel};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &MOBIKE_PORT_SWITCH_BLOCKED,
    &MOBIKE_UPDATE_REFUSED,
    &ADDRESS_CHANGE_WITHOUT_MOBIKE,
    &MOBIKE_UNWANTED_ROAM,
    &MOBIKE_PROBE_STORM,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    port_switch_blocked,
    update_refused,
    address_moved,
    many_path_tests,
    gateway_moved,
];

pub(super) static MOBIKE_PORT_SWITCH_BLOCKED: Declaration = Declaration {
    id: "mobike-port-switch-blocked",
    title: "MOBIKE moves to UDP 4500 without a NAT, and that port does not pass",
    severity: Severity::Failure,
    weight: 68,
    explanation: "There is no NAT, and the initiator moves to UDP 4500 all the same because it does MOBIKE. On port \
        4500 nothing comes back: a filter lets only port 500 pass.",
    symptom: "It worked with the old client, or with IKEv1, and fails with one that does MOBIKE.",
    wire: "The NAT detection hashes fit the packets, IKE_AUTH goes to port 4500, is repeated and not answered.",
    opened: "",
    checks: &[
        (Side::Network, "let UDP 4500 pass in both directions"),
        (
            Side::Initiator,
            "switch MOBIKE off if port 500 must suffice",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        ("natt-4500-blocked", "there is a NAT"),
        ("auth-silent-drop", "the ports do not change"),
    ],
    references: &["RFC 4555, section 3.3", "RFC 7296, section 2.23"],
    see: None,
};

pub(super) static MOBIKE_UPDATE_REFUSED: Declaration = Declaration {
    id: "mobike-update-refused",
    title: "The peer does not accept the new address",
    severity: Severity::Failure,
    weight: 62,
    explanation: "The initiator changed its address and said so, and the other side refused it or did not answer. \
        The tunnel ends when the network changes.",
    symptom: "The VPN drops when the device changes from one network to another.",
    wire: "An Informational request from a new address with the old SPIs, without an answer or with one of the size \
        of one notification.",
    opened: "UPDATE_SA_ADDRESSES, and UNACCEPTABLE_ADDRESSES or UNEXPECTED_NAT_DETECTED as the answer.",
    checks: &[(
        Side::Responder,
        "allow MOBIKE and the address; UDP 4500 open on all its interfaces",
    )],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        ("address-change-without-mobike", "no update is sent"),
        (
            "dpd-timeout",
            "the requests come from the address of before",
        ),
    ],
    references: &["RFC 4555, section 3.5", "RFC 4555, section 3.9"],
    see: None,
};

pub(super) static ADDRESS_CHANGE_WITHOUT_MOBIKE: Declaration = Declaration {
    id: "address-change-without-mobike",
    title: "One side changed its address, and the other sends to the old one",
    severity: Severity::Failure,
    weight: 66,
    explanation: "Packets of the tunnel suddenly come from another address, and the other side goes on sending to \
        the old one. Without MOBIKE an address change needs a new negotiation.",
    symptom: "Drops at every change of the provider's address.",
    wire: "ESP on the same SPI from a new source address; the other direction goes on to the old address. No \
        Informational comes from the new address.",
    opened: "MOBIKE_SUPPORTED is missing in IKE_AUTH of one side.",
    checks: &[
        (Side::Both, "switch MOBIKE on"),
        (
            Side::Initiator,
            "begin a new negotiation when the address changes; shorter liveness checks",
        ),
    ],
    needs: &[Need::Esp, Need::BothDirections],
    competitors: &[
        ("nat-port-changed", "only the port changes"),
        (
            "mobike-update-refused",
            "an update is sent and not accepted",
        ),
    ],
    references: &["RFC 4555, section 1", "RFC 7296, section 2.11"],
    see: None,
};

pub(super) static MOBIKE_UNWANTED_ROAM: Declaration = Declaration {
    id: "mobike-unwanted-roam",
    title: "After a takeover the peer appears with another address",
    severity: Severity::Warning,
    weight: 36,
    explanation: "A cluster node announces the address of its own interface instead of the shared one, and the other \
        side follows by MOBIKE. After the next takeover that address is gone.",
    symptom: "After a failover the peer has the wrong remote address.",
    wire: "An Informational request with the old SPIs from another address of the same side, right after a pause.",
    opened: "UPDATE_SA_ADDRESSES.",
    checks: &[(Side::Both, "switch MOBIKE off in clusters")],
    needs: &[Need::Clear, Need::Timing],
    competitors: &[("mobike-update-refused", "the update is not accepted")],
    references: &["RFC 4555, section 3.5"],
    see: None,
};

pub(super) static MOBIKE_PROBE_STORM: Declaration = Declaration {
    id: "mobike-probe-storm",
    title: "Many path tests of MOBIKE without answers",
    severity: Severity::Warning,
    weight: 34,
    explanation: "A side tests many pairs of addresses and none answers: all paths are dead, or most of its \
        addresses do not belong to the tunnel.",
    symptom: "Many small IKE packets to several addresses.",
    wire: "Informational requests of one IKE SA between several pairs of addresses within a short time, mostly \
        without answers.",
    opened: "Empty requests, or with COOKIE2.",
    checks: &[(
        Side::Initiator,
        "limit the interfaces and addresses that IKE uses",
    )],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[("init-flood", "the messages are IKE_SA_INIT")],
    references: &["RFC 4555, section 3.7", "RFC 4555, section 3.10"],
    see: None,
};

/// The move to UDP 4500 without a NAT, after which nothing comes back.
fn port_switch_blocked<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let message = lost_on_4500(tunnel)?;
    if tunnel.version != 2 || !hashes_fit(tunnel) {
        return None;
    }
    let summary = format!(
        "There is no NAT: the hashes fit. {} went to UDP 4500 all the same, as MOBIKE does, was sent {}, and nothing \
         came from that port.",
        message.step,
        times(message.transmissions)
    );
    let diagnosis = Diagnosis::new(
        &MOBIKE_PORT_SWITCH_BLOCKED,
        Confidence::Likely,
        Side::Network,
        summary,
    );
    Some(
        with_copies(diagnosis, message, "to UDP 4500")
            .excludes(
                "natt-4500-blocked",
                "the NAT detection hashes of both sides fit",
            )
            .excludes("auth-silent-drop", "the ports changed before the silence"),
    )
}

/// UPDATE_SA_ADDRESSES that was refused, or requests from a new address without an answer.
fn update_refused<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    requests(tunnel, ExchangeType::INFORMATIONAL).find_map(|request| {
        let update = request
            .opened
            .as_ref()
            .is_some_and(|payloads| payloads.notify(NotifyType::UPDATE_SA_ADDRESSES.0).is_some());
        let refusal = answer(tunnel, request).and_then(|response| {
            let error = response.opened.as_ref()?.error()?;
            Some((response, error))
        });
        match refusal {
            Some((response, error)) if update => {
                let name = notify_name(error);
                let summary = format!(
                    "The {} announced {} as its address, and the {} answers {name}.",
                    request.from.name(),
                    request.ends.src.address,
                    response.from.name()
                );
                Some(
                    Diagnosis::new(
                        &MOBIKE_UPDATE_REFUSED,
                        Confidence::Certain,
                        side(response.from),
                        summary,
                    )
                    .evidence(request.frame, "UPDATE_SA_ADDRESSES")
                    .evidence(response.frame, name),
                )
            }
            Some(_) => None,
            None => {
                let moved = first_address(tunnel, request)
                    .is_some_and(|address| address != request.ends.src.address);
                let silent = request.answered_by.is_none() && request.transmissions > 1;
                if !moved || !silent {
                    return None;
                }
                let summary = format!(
                    "The {} moved to {} and sent a request from there {}; no answer came.",
                    request.from.name(),
                    request.ends.src.address,
                    times(request.transmissions)
                );
                let confidence = if update {
                    Confidence::Certain
                } else {
                    Confidence::Likely
                };
                let diagnosis =
                    Diagnosis::new(&MOBIKE_UPDATE_REFUSED, confidence, Side::Unknown, summary);
                Some(
                    with_copies(diagnosis, request, "from the new address").excludes(
                        "address-change-without-mobike",
                        "a request comes from the new address",
                    ),
                )
            }
        }
    })
}

/// The address from which the sender of this message sent its first one.
fn first_address(tunnel: &Tunnel, message: &Message) -> Option<IpAddr> {
    tunnel
        .from(message.from)
        .next()
        .map(|first| first.ends.src.address)
}

/// Data from a new address, while the answers go to the old one and IKE says nothing about it.
fn address_moved<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (sender, flow, back, before, after) = left_behind(tunnel)?;
    let change = flow.source_changes.last()?;
    let announced = tunnel
        .from(sender)
        .any(|message| message.ends.src.address == after.address && message.frame > change.frame);
    if before.address == after.address || announced || on_both_sides_of_nat(tunnel) {
        return None;
    }
    let able = |sender| {
        tunnel.from(sender).any(|message| {
            message
                .payloads()
                .notify(NotifyType::MOBIKE_SUPPORTED.0)
                .is_some()
        })
    };
    let read = tunnel.opened();
    let without = read && !(able(sender) && able(sender.opposite()));
    let summary = format!(
        "Packets of the {} come from {} instead of {}, and the {} goes on sending to the old address{}.",
        sender.name(),
        after.address,
        before.address,
        sender.opposite().name(),
        if without {
            "; MOBIKE was not agreed on"
        } else {
            ""
        }
    );
    let confidence = if without {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    Some(
        Diagnosis::new(
            &ADDRESS_CHANGE_WITHOUT_MOBIKE,
            confidence,
            Side::Both,
            summary,
        )
        .evidence(change.frame, "the first packet from the new address")
        .evidence(back.frame_last, "a packet to the old address")
        .excludes("nat-port-changed", "the address changes too")
        .excludes(
            "mobike-update-refused",
            "no request comes from the new address",
        ),
    )
}

/// Requests between many pairs of addresses.
fn many_path_tests<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let tests: Vec<&Message> = requests(tunnel, ExchangeType::INFORMATIONAL)
        .filter(|request| request.answered_by.is_none())
        .collect();
    let first = tests.first()?;
    let pairs: HashSet<_> = tests
        .iter()
        .filter(|test| within(first.time, test.time, STORM_SECONDS))
        .map(|test| (test.ends.src.address, test.ends.dst.address))
        .collect();
    if pairs.len() < MANY_PATHS {
        return None;
    }
    let summary = format!(
        "The {} sent requests between {} pairs of addresses within {STORM_SECONDS} s, and none was answered.",
        first.from.name(),
        pairs.len()
    );
    Some(
        Diagnosis::new(
            &MOBIKE_PROBE_STORM,
            Confidence::Likely,
            side(first.from),
            summary,
        )
        .evidence(first.frame, "the first of them")
        .excludes("init-flood", "they belong to one IKE SA"),
    )
}

/// A gateway that goes on under another address of its own network: only the initiator moves (RFC 4555, section 3.5).
fn gateway_moved<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let shared = tunnel.responder.address;
    let request = requests(tunnel, ExchangeType::INFORMATIONAL).find(|request| {
        request.from == Sender::Responder
            && request.ends.src.address != shared
            && neighbours(request.ends.src.address, shared)
    })?;
    let before = tunnel
        .from(Sender::Responder)
        .filter(|message| message.frame < request.frame)
        .map(Message::last_copy)
        .max_by_key(|copy| copy.frame)?;
    if within(before.time, request.time, TAKEOVER_SECONDS) {
        return None;
    }
    let summary = format!(
        "The responder was reached at {shared}, and after a pause its requests come from {} in the same network, with the \
         SPIs of the same SA: probably the interface of a cluster node instead of the shared address.",
        request.ends.src.address
    );
    Some(
        Diagnosis::new(
            &MOBIKE_UNWANTED_ROAM,
            Confidence::Likely,
            Side::Responder,
            summary,
        )
        .evidence(before.frame, "the last message from the shared address")
        .evidence(request.frame, "a request from the other address"),
    )
}

/// Whether two addresses may be of one network: /24, or /64 in IPv6.
fn neighbours(one: IpAddr, other: IpAddr) -> bool {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => one.octets()[..3] == other.octets()[..3],
        (IpAddr::V6(one), IpAddr::V6(other)) => one.segments()[..4] == other.segments()[..4],
        _ => false,
    }
}

/// A takeover takes a second at least; an interface that is chosen by the route answers at once.
const TAKEOVER_SECONDS: f64 = 1.0;

/// Pairs of addresses that a host with two interfaces, towards a gateway with one, does not reach.
const MANY_PATHS: usize = 4;

/// Path tests follow each other at once.
const STORM_SECONDS: f64 = 60.0;

#[cfg(test)]
mod tests {
    use super::super::sample::{INFORMATIONAL, again, exchange, ids, notifies, open, send, tunnel};
    use super::*;
    use crate::tunnels::Step;

    const I: Sender = Sender::Initiator;

    #[test]
    fn an_update_is_refused_by_an_error() {
        let with = |told: NotifyType| {
            let mut tunnel = tunnel(2);
            exchange(&mut tunnel, INFORMATIONAL, I, 10_000);
            let update = notifies(&[NotifyType::UPDATE_SA_ADDRESSES]);
            open(&mut tunnel, update, notifies(&[told]));
            ids(&tunnel)
        };
        assert!(with(NotifyType::UNACCEPTABLE_ADDRESSES).contains(&"mobike-update-refused"));
        assert!(with(NotifyType::UNEXPECTED_NAT_DETECTED).contains(&"mobike-update-refused"));
        assert!(with(NotifyType::NAT_DETECTION_SOURCE_IP).is_empty());
    }

    #[test]
    fn a_request_from_a_new_address_wants_an_answer() {
        let with = |last: u8| {
            let mut tunnel = tunnel(2);
            let message = send(&mut tunnel, Step::V2(INFORMATIONAL, false), I, 10_000);
            message.ends.src.address = IpAddr::from([192, 0, 2, last]);
            again(&mut tunnel, &[12_000]);
            ids(&tunnel)
        };
        assert_eq!(with(77).first(), Some(&"mobike-update-refused"));
        assert!(!with(1).contains(&"mobike-update-refused"));
    }

    #[test]
    fn requests_between_many_addresses_are_a_storm() {
        let with = |paths: u8| {
            let mut tunnel = tunnel(2);
            for path in 0..paths {
                let time = 10_000 + i64::from(path);
                let message = send(&mut tunnel, Step::V2(INFORMATIONAL, false), I, time);
                message.ends.src.address = IpAddr::from([192, 0, 2, 100 + path]);
            }
            ids(&tunnel)
        };
        assert!(with(4).contains(&"mobike-probe-storm"));
        assert!(!with(3).contains(&"mobike-probe-storm"));
    }

    #[test]
    fn a_gateway_that_speaks_from_a_neighbour_after_a_pause_was_taken_over() {
        let with = |address: [u8; 4], time: i64| {
            let mut tunnel = tunnel(2);
            exchange(&mut tunnel, INFORMATIONAL, Sender::Responder, time);
            let request = tunnel.messages.len() - 2;
            tunnel.messages[request].ends.src.address = IpAddr::from(address);
            ids(&tunnel).contains(&"mobike-unwanted-roam")
        };
        assert!(with([192, 0, 2, 3], 10_000));
        assert!(!with([192, 0, 2, 3], 200));
        assert!(!with([192, 0, 2, 2], 10_000));
        assert!(!with([198, 51, 100, 3], 10_000));
    }
}
