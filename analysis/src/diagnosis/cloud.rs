//! What is particular to the VPN gateways of cloud providers.

use super::child::Network;
use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::running::{SIDES, flow_from, packets_from, side};
use crate::tunnels::{ChildState, EncapsulationMode, Sender, Surroundings, Tunnel};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &AZURE_TYPE_VERSION,
    &AZURE_SELECTORS,
    &AZURE_PFS,
    &AZURE_PUBLIC_IP_IN_LOCAL_NET,
    &AWS_NEVER_INITIATES,
    &AWS_PSK_CHARSET,
    &AWS_TWO_TUNNELS_ASYMMETRIC,
    &AWS_LIFETIME_WINDOW,
    &GCP_SINGLE_CHILD,
    &GCP_IDENTITY_BEHIND_NAT,
    &CLOUD_FABRIC_DROPS_ESP,
    &ONEWAY_SECURITY_GROUP,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] =
    &[gateway_in_its_own_network, two_tunnels_one_direction_each];

pub(super) static AZURE_TYPE_VERSION: Declaration = Declaration {
    id: "azure-type-version",
    title: "Azure: the type of gateway decides the version of IKE",
    severity: Severity::Failure,
    weight: 40,
    explanation: "Policy-based gateways of Azure speak IKEv1 only; route-based ones were made for IKEv2. With the \
        other version there is no answer, or a refusal.",
    symptom: "No answer from an Azure gateway.",
    wire: "Two versions of IKE in the two directions.",
    opened: "",
    checks: &[(
        Side::Both,
        "type of the gateway and version of IKE of the connection",
    )],
    needs: &[Need::Clear],
    competitors: &[],
    references: &["RFC 7296, section 2.5"],
    see: Some("ike-version-mismatch"),
};

pub(super) static AZURE_SELECTORS: Declaration = Declaration {
    id: "azure-selectors",
    title: "Azure: route-based gateways ask for 0.0.0.0/0, policy-based ones for exact networks",
    severity: Severity::Failure,
    weight: 44,
    explanation: "A route-based gateway of Azure proposes all addresses on both sides, unless policy-based selectors \
        are switched on; a policy-based one wants the prefixes of the virtual network exactly. The other side must \
        do the same.",
    symptom: "The child is refused, or some networks do not work.",
    wire: "A refused child or quick mode.",
    opened: "Selectors 0.0.0.0/0 on one side and networks on the other.",
    checks: &[(
        Side::Both,
        "UsePolicyBasedTrafficSelectors in Azure, or a route-based tunnel on the other side",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[],
    references: &["RFC 7296, section 2.9"],
    see: Some("ts-unacceptable-in-auth"),
};

pub(super) static AZURE_PFS: Declaration = Declaration {
    id: "azure-pfs",
    title: "Azure: a mismatch of PFS shows as periodic drops",
    severity: Severity::Failure,
    weight: 40,
    explanation: "The custom policy of Azure has PFS of its own. If it differs, the first child comes up and the \
        first rekey is refused.",
    symptom: "The tunnel to Azure drops about every hour.",
    wire: "As rekey-pfs-mismatch.",
    opened: "",
    checks: &[(
        Side::Both,
        "the PFS group of the connection policy and of the device",
    )],
    needs: &[Need::Sizes],
    competitors: &[],
    references: &["RFC 7296, section 1.3.3"],
    see: Some("rekey-pfs-mismatch"),
};

pub(super) static AZURE_PUBLIC_IP_IN_LOCAL_NET: Declaration = Declaration {
    id: "azure-public-ip-in-local-net",
    title: "The peer's own address is within the networks of the tunnel",
    severity: Severity::Warning,
    weight: 44,
    explanation: "The public address of a gateway lies in the selectors, so IKE itself is routed into the tunnel \
        once it is up. Liveness checks then get no answer. With Azure it happens when the local network gateway has \
        a prefix that covers the device.",
    symptom: "Loss as soon as the SA is up.",
    wire: "IKE of one side stops when ESP begins.",
    opened: "A selector of the child contains the outer address of a gateway, in tunnel mode.",
    checks: &[(
        Side::Both,
        "exclude the address of the gateway from the networks of the tunnel",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[("dpd-timeout", "the selectors do not contain the gateways")],
    references: &["RFC 4301, section 4.4.1"],
    see: None,
};

pub(super) static AWS_NEVER_INITIATES: Declaration = Declaration {
    id: "aws-never-initiates",
    title: "AWS: the gateway waits for the customer to begin",
    severity: Severity::Note,
    weight: 20,
    explanation: "As shipped, AWS only answers, and clears the tunnel when the peer is dead. After that only the \
        customer's side can bring it up.",
    symptom: "The tunnel stays down until the customer's side sends traffic.",
    wire: "No first message from the side of AWS.",
    opened: "",
    checks: &[(
        Side::Both,
        "startup action and action on a dead peer in AWS; a device that begins by itself",
    )],
    needs: &[Need::Clear],
    competitors: &[],
    references: &["RFC 7296, section 2.4"],
    see: Some("initiator-never-starts"),
};

pub(super) static AWS_PSK_CHARSET: Declaration = Declaration {
    id: "aws-psk-charset",
    title: "AWS: which characters a pre-shared key may have",
    severity: Severity::Note,
    weight: 12,
    explanation: "Keys of AWS have 8 to 64 characters: letters, digits, dot and underscore, and do not begin with 0. \
        Another key cannot be entered there.",
    symptom: "A key that one side cannot hold.",
    wire: "Nothing: no capture shows which characters a key has. A key that one side could not hold shows as any wrong key.",
    opened: "",
    checks: &[(Side::Both, "a key of these characters on both sides")],
    needs: &[Need::PreSharedKey],
    competitors: &[],
    references: &["RFC 7296, section 2.15"],
    see: None,
};

pub(super) static AWS_TWO_TUNNELS_ASYMMETRIC: Declaration = Declaration {
    id: "aws-two-tunnels-asymmetric",
    title: "Two tunnels, each used in one direction",
    severity: Severity::Warning,
    weight: 46,
    explanation: "Data goes out in one tunnel and comes back in the other one of a pair. Each looks one-way. \
        Stateful firewalls behind the gateway drop such traffic.",
    symptom: "One-way traffic in both tunnels to a provider with two gateways.",
    wire: "Two tunnels from one address to two peers; ESP goes out in the first only and comes in from the second \
        only.",
    opened: "",
    checks: &[(
        Side::Both,
        "prefer the same tunnel in both directions (BGP attributes, static routes); allow asymmetric routing",
    )],
    needs: &[Need::Esp, Need::OtherTunnels],
    competitors: &[(
        "esp-one-way",
        "there is no second tunnel with the other direction",
    )],
    references: &["RFC 4301, section 5"],
    see: None,
};

pub(super) static AWS_LIFETIME_WINDOW: Declaration = Declaration {
    id: "aws-lifetime-window",
    title: "AWS: phase 2 lives at most one hour",
    severity: Severity::Note,
    weight: 10,
    explanation: "AWS allows at most 3600 s for the child and begins the rekey some minutes before, at a random \
        moment. A peer with a longer life sees rekeys that it did not begin.",
    symptom: "Rekeys that come earlier than configured.",
    wire: "CREATE_CHILD_SA from the side of AWS before one hour is over. Which side is AWS is in no packet, so this is \
        explained here only.",
    opened: "",
    checks: &[(Side::Both, "3600 s or less on both sides")],
    needs: &[Need::Timing],
    competitors: &[],
    references: &["RFC 7296, section 2.8"],
    see: None,
};

pub(super) static GCP_SINGLE_CHILD: Declaration = Declaration {
    id: "gcp-single-child",
    title: "Google Cloud: all networks are in one child",
    severity: Severity::Warning,
    weight: 30,
    explanation: "With IKEv2 Google Cloud puts all networks of a tunnel in one child. Peers that take one pair of \
        networks narrow it, and the others do not pass.",
    symptom: "Only the first network works with Google Cloud.",
    wire: "Nothing.",
    opened: "Several selectors in the request, fewer in the response.",
    checks: &[(
        Side::Both,
        "a route-based tunnel, or one tunnel a pair of networks",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[],
    references: &["RFC 7296, section 2.9"],
    see: Some("ts-narrowed"),
};

pub(super) static GCP_IDENTITY_BEHIND_NAT: Declaration = Declaration {
    id: "gcp-identity-behind-nat",
    title: "Google Cloud: the identity must be the public address",
    severity: Severity::Failure,
    weight: 44,
    explanation: "Google Cloud expects the identity of a peer behind a NAT to be the public address of that NAT.",
    symptom: "Authentication fails for a gateway behind a NAT.",
    wire: "A hash shows the NAT, and IKE_AUTH is refused.",
    opened: "The identity is a private address.",
    checks: &[(Side::Initiator, "the public address as the local identity")],
    needs: &[Need::Clear, Need::Sizes],
    competitors: &[],
    references: &["RFC 7296, section 3.5"],
    see: Some("id-is-private-address"),
};

pub(super) static CLOUD_FABRIC_DROPS_ESP: Declaration = Declaration {
    id: "cloud-fabric-drops-esp",
    title: "Networks of cloud providers may drop IP protocol 50",
    severity: Severity::Failure,
    weight: 44,
    explanation: "Between virtual machines many providers let UDP pass and drop ESP.",
    symptom: "Up, no data, unless encapsulation is forced.",
    wire: "ESP as IP protocol 50 without an answer.",
    opened: "",
    checks: &[(Side::Both, "force UDP encapsulation")],
    needs: &[Need::Esp],
    competitors: &[],
    references: &["RFC 3948, section 2.1"],
    see: Some("esp-blocked-proto50"),
};

pub(super) static ONEWAY_SECURITY_GROUP: Declaration = Declaration {
    id: "oneway-security-group",
    title: "A security group lets UDP 500 pass and not UDP 4500",
    severity: Severity::Failure,
    weight: 44,
    explanation: "The rules of the virtual network allow port 500 and not port 4500, or in one direction only.",
    symptom: "Timeout in authentication.",
    wire: "As natt-4500-blocked.",
    opened: "",
    checks: &[(
        Side::Network,
        "UDP 4500 in the security group, in both directions",
    )],
    needs: &[Need::Clear],
    competitors: &[],
    references: &["RFC 7296, section 2.23"],
    see: Some("natt-4500-blocked"),
};

/// A gateway whose own address is in the networks of the tunnel.
fn gateway_in_its_own_network<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let child = tunnel.children.iter().find(|child| {
        child.state != ChildState::Failed && child.mode != Some(EncapsulationMode::Transport)
    })?;
    let within = |sender: Sender| {
        let selectors = match sender {
            Sender::Initiator => &child.selectors_initiator,
            _ => &child.selectors_responder,
        };
        let address = tunnel.peer(sender)?.address;
        selectors
            .iter()
            .filter_map(|selector| Some((selector, Network::parse(selector)?)))
            // Everything, and the gateway alone, are meant so.
            .find(|(_, network)| {
                network.bits > 0
                    && !(network.contains(&Network::host(address))
                        && network.bits == Network::host(address).bits)
                    && network.contains(&Network::host(address))
            })
            .map(|(selector, _)| (sender, address, selector.clone()))
    };
    let (sender, address, selector) = SIDES.into_iter().find_map(within)?;
    let summary = format!(
        "The address of the {} itself, {address}, is within {selector}: IKE may be routed into the tunnel once it is up.",
        sender.name()
    );
    Some(
        Diagnosis::new(
            &AZURE_PUBLIC_IP_IN_LOCAL_NET,
            Confidence::Possible,
            side(sender),
            summary,
        )
        .evidence_if(child.response, "the networks of the child"),
    )
}

/// Two tunnels of one gateway, one for each direction.
fn two_tunnels_one_direction_each<'a>(
    tunnel: &'a Tunnel,
    surroundings: &Surroundings<'a>,
) -> Option<Diagnosis> {
    let only = |tunnel: &Tunnel| {
        SIDES.into_iter().find_map(|sender| {
            let one_way = packets_from(tunnel, sender) >= ONE_WAY_PACKETS
                && packets_from(tunnel, sender.opposite()) == 0;
            one_way.then(|| tunnel.peer(sender).map(|peer| peer.address))?
        })
    };
    let sender = only(tunnel)?;
    let (other, shared) = surroundings.tunnels.iter().find_map(|other| {
        let theirs = only(other)?;
        let ends = [tunnel.initiator.address, tunnel.responder.address];
        let shared = [other.initiator.address, other.responder.address]
            .into_iter()
            .find(|address| ends.contains(address))?;
        let different = other.id != tunnel.id
            && ends != [other.initiator.address, other.responder.address]
            && ends != [other.responder.address, other.initiator.address];
        // Who has one name at two addresses is behind a NAT, and the capture on both of its sides.
        let name_beside = |tunnel: &Tunnel| {
            let far = if tunnel.initiator.address == shared {
                &tunnel.responder
            } else {
                &tunnel.initiator
            };
            far.identity.as_ref().map(|identity| identity.value.clone())
        };
        let one = name_beside(tunnel).is_some_and(|name| name_beside(other) == Some(name));
        // One goes out from the gateway that both have, the other comes in.
        let crossed = (sender == shared) != (theirs == shared);
        (different && !one && crossed).then_some((other, shared))
    })?;
    let frame = |tunnel: &Tunnel| {
        tunnel
            .children
            .iter()
            .find_map(|child| {
                SIDES
                    .into_iter()
                    .find_map(|sender| flow_from(child, sender))
            })
            .map(|flow| flow.frame_first)
    };
    let (out, back) = if sender == shared {
        (tunnel, *other)
    } else {
        (*other, tunnel)
    };
    let summary = format!(
        "Data leaves {shared} in tunnel {} only and comes back in tunnel {} only.",
        out.id, back.id
    );
    Some(
        Diagnosis::new(
            &AWS_TWO_TUNNELS_ASYMMETRIC,
            Confidence::Likely,
            Side::Both,
            summary,
        )
        .severity(Severity::Failure)
        .weight(ASYMMETRIC_WEIGHT)
        .evidence_if(frame(out), "data that leaves")
        .evidence_if(frame(back), "data that comes back")
        .excludes(
            "esp-one-way",
            "the other tunnel carries the other direction",
        ),
    )
}

/// Fewer packets may have got no answer by chance.
const ONE_WAY_PACKETS: u64 = 3;

/// It explains what looks like one-way data in each of the two.
const ASYMMETRIC_WEIGHT: u8 = 66;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::super::sample::{child, flow, ids, ids_among, tunnel};
    use super::*;
    use crate::tunnels::Identity;

    #[test]
    fn a_gateway_within_its_own_network_is_told() {
        let with = |selector: &str| {
            let mut tunnel = tunnel(2);
            child(&mut tunnel).selectors_initiator = vec![selector.to_owned()];
            ids(&tunnel).contains(&"azure-public-ip-in-local-net")
        };
        assert!(with("192.0.2.0/24"));
        assert!(!with("10.0.0.0/8"));
        assert!(!with("0.0.0.0/0"));
        assert!(!with("192.0.2.1/32"));
    }

    #[test]
    fn two_tunnels_with_one_direction_each_belong_together() {
        let mut out = tunnel(2);
        let mut back = tunnel(2);
        (back.id, back.responder.address) = (2, IpAddr::from([192, 0, 2, 3]));
        child(&mut out).from_initiator = Some(flow(Sender::Initiator, 10, 100, 900));
        child(&mut back).from_responder = Some(flow(Sender::Responder, 10, 100, 900));
        let found = ids_among(&out, &[&out, &back]);
        assert_eq!(
            found.first(),
            Some(&"aws-two-tunnels-asymmetric"),
            "{found:?}"
        );
        assert_eq!(ids(&out), ["esp-one-way"]);
        for tunnel in [&mut out, &mut back] {
            tunnel.responder.identity = Some(Identity {
                payload_type: 36,
                id_type: 2,
                type_name: None,
                value: "gateway.example".to_owned(),
                protocol: 0,
                port: 0,
            });
        }
        assert_eq!(ids_among(&out, &[&out, &back]), ["esp-one-way"]);
    }
}
