//! Whether the peers reach each other at all.

use super::declaration::{Declaration, Need, Severity, Side};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[&NO_RESPONSE_TO_FIRST_MESSAGE];

pub(super) static NO_RESPONSE_TO_FIRST_MESSAGE: Declaration = Declaration {
    id: "no-response-to-first-message",
    title: "The first message of the negotiation gets no answer",
    severity: Severity::Failure,
    weight: 20,
    explanation: "One side sends the first message again and again, and neither an answer nor an ICMP error comes back. \
        From one capture it cannot be told whether the request, or the answer, was lost on the way, or whether the peer \
        chose not to answer.",
    symptom: "\"Phase 1 times out\". The initiator gives up after its retransmissions and begins again with a new SPI; \
        the log of the responder is empty or speaks of packets that it did not want.",
    wire: "Identical IKE_SA_INIT requests, or identical first messages of main or aggressive mode, with a responder SPI of \
        zero. Nothing comes from the peer's address. Then the same with a new initiator SPI. The gaps between the copies \
        tell which implementation sends.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "let UDP 500 and 4500 pass both ways, IP protocol 50 too; check the route to the peer",
        ),
        (
            Side::Responder,
            "capture on its outside interface: do the requests arrive, does an answer leave?",
        ),
        (
            Side::Responder,
            "is IKE enabled on that interface, and is the initiator's address configured as a peer?",
        ),
        (
            Side::Initiator,
            "is the peer address right, and does the request leave from the expected address?",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[],
    references: &["RFC 7296, section 2.1", "RFC 2408, section 5.1"],
    see: None,
};
