//! Peers that change their addresses.

use super::declaration::{Declaration, Need, Severity, Side};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &MOBIKE_PORT_SWITCH_BLOCKED,
    &MOBIKE_UPDATE_REFUSED,
    &ADDRESS_CHANGE_WITHOUT_MOBIKE,
    &MOBIKE_UNWANTED_ROAM,
    &MOBIKE_PROBE_STORM,
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
    weight: 60,
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
    competitors: &[("address-change-without-mobike", "no update is sent")],
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
