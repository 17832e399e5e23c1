//! What one side offered against what the other side wants, algorithm by algorithm.

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::ExchangeType;

use super::diagnosis::Diagnosis;
use crate::tunnels::{
    Algorithms, Message, Proposal, Protocol, Sender, Step, Suite, Surroundings, Tunnel,
};

/// The offer of the initiator beside what is known of the responder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// One row a type of algorithm.
    pub rows: Vec<Row>,
    /// Where the second column comes from.
    pub basis: Basis,
    /// Whose offer it is.
    pub from: Sender,
}

/// One type of algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `ENCR`, `PRF`, `GROUP`, …
    pub kind: String,
    /// What is offered in any of the proposals, in their order.
    pub offered: Vec<String>,
    /// What the other side chose or offers itself; empty when nothing is known.
    pub wanted: Vec<String>,
    /// How the two go together.
    pub agreement: Agreement,
}

/// Where the knowledge of the responder comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It chose from this offer.
    Chosen,
    /// It made an offer of its own, in the tunnel with this number.
    OwnOffer(u32),
    /// It chose from another offer, in the tunnel with this number.
    OtherChoice(u32),
    /// Nothing is known of it.
    Nothing,
}

/// How an offer goes with what the other side wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// They have something in common.
    Common,
    /// They have nothing in common.
    Mismatch,
    /// One side is not known.
    Unknown,
}

/// Compares the proposals for the IKE SA; `None` when no offer was seen.
#[must_use]
pub fn comparison(tunnel: &Tunnel, around: &Surroundings<'_>) -> Option<Comparison> {
    if tunnel.offered.is_empty() {
        return None;
    }
    let (basis, theirs) = responder_wants(tunnel, around);
    Some(compare(&tunnel.offered, theirs, basis))
}

/// Compares two lists of proposals of one version.
#[must_use]
pub fn compare(offered: &[Proposal], wanted: &[Proposal], basis: Basis) -> Comparison {
    let (offers, wants) = (by_kind(offered), by_kind(wanted));
    let mut kinds: Vec<&str> = Vec::new();
    for (kind, _) in offers.iter().chain(&wants) {
        if !kinds.contains(&kind.as_str()) {
            kinds.push(kind);
        }
    }
    let values = |side: &[(String, Vec<String>)], kind: &str| {
        side.iter()
            .find(|(known, _)| known == kind)
            .map(|(_, values)| values.clone())
            .unwrap_or_default()
    };
    let rows = kinds
        .into_iter()
        .map(|kind| {
            let (offered, wanted) = (values(&offers, kind), values(&wants, kind));
            let agreement = if wants.is_empty() {
                Agreement::Unknown
            } else if offered.iter().any(|value| wanted.contains(value)) || optional(kind) {
                Agreement::Common
            } else {
                Agreement::Mismatch
            };
            Row {
                kind: kind.to_owned(),
                offered,
                wanted,
                agreement,
            }
        })
        .collect();
    Comparison {
        rows,
        basis,
        from: Sender::Initiator,
    }
}

/// Compares an opened offer for a child, which is evidence of this diagnosis, with what the other side offered or took for
/// a child of its own; `None` when no such offer was opened.
#[must_use]
pub fn child_comparison(
    tunnel: &Tunnel,
    around: &Surroundings<'_>,
    found: &Diagnosis,
) -> Option<Comparison> {
    let (offer, offered) = found.evidence.iter().find_map(|evidence| {
        let message = tunnel.message(evidence.frame)?;
        Some((message, child_proposals(message)?))
    })?;
    let theirs: Vec<_> = std::iter::once(tunnel)
        .chain(around.same_peers(tunnel))
        .flat_map(|other| {
            other
                .messages
                .iter()
                .map(move |message| (other.id, message))
        })
        .filter(|(_, message)| message.ends.src.address == offer.ends.dst.address)
        .filter_map(|(id, message)| Some((id, message, child_proposals(message)?)))
        .collect();
    let own = theirs.iter().find(|(_, message, _)| asks(message.step));
    let (basis, wanted) = match own.or(theirs.first()) {
        Some((id, message, wanted)) if asks(message.step) => (Basis::OwnOffer(*id), &**wanted),
        Some((id, _, wanted)) => (Basis::OtherChoice(*id), &**wanted),
        None => (Basis::Nothing, &[][..]),
    };
    let mut compared = compare(&offered, wanted, basis);
    compared.from = offer.from;
    // A child of IKE_AUTH has the keys of the IKE SA, whatever is wanted of later ones (RFC 7296, section 1.2).
    let first = Step::V2(ExchangeType::IKE_AUTH, false);
    if offer.step == first {
        compared.rows.retain(|row| row.kind != "KE");
    }
    for row in &mut compared.rows {
        if basis != Basis::Nothing && matches!(row.kind.as_str(), "KE" | "GROUP") {
            for side in [&mut row.offered, &mut row.wanted] {
                if side.is_empty() {
                    side.push("none".to_owned());
                }
            }
        }
    }
    Some(compared)
}

/// Proposals for ESP and AH, if there are any that can be read.
fn child_proposals(message: &Message) -> Option<Vec<Proposal>> {
    let proposals: Vec<Proposal> = message
        .opened
        .as_ref()?
        .proposals
        .iter()
        .filter(|proposal| matches!(proposal.protocol, Protocol::Esp | Protocol::Ah))
        .cloned()
        .collect();
    (!proposals.is_empty()).then_some(proposals)
}

const fn asks(step: Step) -> bool {
    matches!(step, Step::Quick(1) | Step::V2(_, false))
}

impl Comparison {
    /// The types without a common value.
    pub fn mismatches(&self) -> impl Iterator<Item = &Row> {
        self.rows
            .iter()
            .filter(|row| row.agreement == Agreement::Mismatch)
    }

    /// Whether every type has a common value.
    #[must_use]
    pub fn agrees(&self) -> bool {
        !self.rows.is_empty()
            && self
                .rows
                .iter()
                .all(|row| row.agreement == Agreement::Common)
    }
}

/// Whether a proposal of one list can be chosen from the other as a whole: a common value of each type within one pair.
#[must_use]
pub(super) fn has_common_suite(offered: &[Proposal], wanted: &[Proposal]) -> bool {
    common_place(offered, wanted).is_some()
}

/// The place, from 0, of the first proposal (IKEv2) or transform (IKEv1) that the other list can take.
#[must_use]
pub(super) fn common_place(offered: &[Proposal], wanted: &[Proposal]) -> Option<usize> {
    let fits = |one: &Proposal| {
        wanted.iter().any(|other| {
            let pair = compare(
                std::slice::from_ref(one),
                std::slice::from_ref(other),
                Basis::Nothing,
            );
            pair.agrees()
        })
    };
    let suites: Vec<&Suite> = offered.iter().flat_map(Proposal::suites).collect();
    if suites.is_empty() {
        return offered.iter().position(fits);
    }
    let others: Vec<&Suite> = wanted.iter().flat_map(Proposal::suites).collect();
    suites
        .iter()
        .position(|one| others.iter().any(|other| same_suite(one, other)))
}

/// Whether two transforms of IKEv1 agree in all that must be equal. The lifetime is not part of it: most take the shorter.
pub(super) fn same_suite(one: &Suite, other: &Suite) -> bool {
    one.encr == other.encr
        && one.hash == other.hash
        && one.auth == other.auth
        && one.group == other.group
}

/// What is known of the responder's wishes: its choice, its own offers to this peer, or its choices elsewhere.
pub(super) fn responder_wants<'a>(
    tunnel: &'a Tunnel,
    around: &Surroundings<'a>,
) -> (Basis, &'a [Proposal]) {
    if let Some(chosen) = &tunnel.chosen {
        return (Basis::Chosen, std::slice::from_ref(chosen));
    }
    let address = tunnel.responder.address;
    let own = around.tunnels.iter().copied().find(|other| {
        other.version == tunnel.version
            && other.initiator.address == address
            && !other.offered.is_empty()
    });
    if let Some(own) = own {
        return (Basis::OwnOffer(own.id), &own.offered);
    }
    let choice = around.tunnels.iter().copied().find_map(|other| {
        let chosen = other.chosen.as_ref()?;
        (other.version == tunnel.version
            && other.responder.address == address
            && other.id != tunnel.id)
            .then_some((other.id, chosen))
    });
    match choice {
        Some((id, chosen)) => (Basis::OtherChoice(id), std::slice::from_ref(chosen)),
        None => (Basis::Nothing, &[]),
    }
}

/// The values of a list of proposals, by type in the order of the wire.
fn by_kind(proposals: &[Proposal]) -> Vec<(String, Vec<String>)> {
    let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |kind: &str, value: String| {
        let at = match kinds.iter().position(|(known, _)| known == kind) {
            Some(at) => at,
            None => {
                kinds.push((kind.to_owned(), Vec::new()));
                kinds.len() - 1
            }
        };
        if let Some((_, values)) = kinds.get_mut(at)
            && !values.contains(&value)
        {
            values.push(value);
        }
    };
    for proposal in proposals {
        match &proposal.algorithms {
            Algorithms::Transforms(transforms) => {
                for transform in transforms {
                    add(
                        &transform.kind.short_name().to_string(),
                        transform.to_string(),
                    );
                }
            }
            Algorithms::Suites(suites) => {
                for suite in suites {
                    let values = [
                        ("ENCR", &suite.encr),
                        ("HASH", &suite.hash),
                        ("INTEG", &suite.integ),
                        ("AUTH", &suite.auth),
                        ("GROUP", &suite.group),
                    ];
                    for (kind, value) in values {
                        if let Some(value) = value {
                            add(kind, value.clone());
                        }
                    }
                    if let Some(seconds) = suite.lifetime.seconds {
                        add(LIFETIME, format!("{seconds} s"));
                    }
                }
            }
        }
    }
    kinds
}

/// Whether a difference of this type does no harm: most implementations take the shorter lifetime.
fn optional(kind: &str) -> bool {
    kind == LIFETIME
}

const LIFETIME: &str = "LIFETIME";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnels::{Protocol, Transform};
    use ikescope_dissectors::registries::ikev2::TransformType;

    fn proposal(transforms: &[(TransformType, u16, Option<u16>)]) -> Proposal {
        Proposal {
            number: 1,
            protocol: Protocol::Ike,
            spi: Vec::new(),
            algorithms: Algorithms::Transforms(
                transforms
                    .iter()
                    .map(|&(kind, id, key_length)| Transform {
                        kind,
                        id,
                        key_length,
                    })
                    .collect(),
            ),
        }
    }

    fn suite(group: &str, seconds: u64) -> Proposal {
        let mut suite = Suite {
            encr: Some("AES-CBC-256".to_owned()),
            hash: Some("SHA2-256".to_owned()),
            auth: Some("PSK".to_owned()),
            group: Some(group.to_owned()),
            ..Suite::default()
        };
        suite.lifetime.seconds = Some(seconds);
        Proposal {
            number: 1,
            protocol: Protocol::Ike,
            spi: Vec::new(),
            algorithms: Algorithms::Suites(vec![suite]),
        }
    }

    const AES: (TransformType, u16, Option<u16>) = (TransformType::ENCR, 12, Some(128));
    const PRF: (TransformType, u16, Option<u16>) = (TransformType::PRF, 5, None);
    const GROUP_14: (TransformType, u16, Option<u16>) = (TransformType::KE, 14, None);
    const GROUP_20: (TransformType, u16, Option<u16>) = (TransformType::KE, 20, None);

    #[test]
    fn the_type_without_a_common_value_is_marked() {
        let compared = compare(
            &[proposal(&[AES, PRF, GROUP_14])],
            &[proposal(&[AES, PRF, GROUP_20])],
            Basis::Chosen,
        );
        let mismatches: Vec<_> = compared.mismatches().map(|row| row.kind.as_str()).collect();
        assert_eq!(mismatches, ["KE"]);
        assert!(!compared.agrees());
    }

    #[test]
    fn a_key_length_is_part_of_the_cipher() {
        let longer = (TransformType::ENCR, 12, Some(256));
        let compared = compare(
            &[proposal(&[AES, PRF])],
            &[proposal(&[longer, PRF])],
            Basis::Chosen,
        );
        assert_eq!(
            compared.rows.first().map(|row| row.agreement),
            Some(Agreement::Mismatch)
        );
    }

    #[test]
    fn values_must_stand_in_one_proposal_to_be_chosen() {
        let aes_256 = (TransformType::ENCR, 12, Some(256));
        let ours = [
            proposal(&[AES, PRF, GROUP_14]),
            proposal(&[aes_256, PRF, GROUP_20]),
        ];
        let theirs = [proposal(&[AES, PRF, GROUP_20])];
        assert!(compare(&ours, &theirs, Basis::Nothing).agrees());
        assert!(!has_common_suite(&ours, &theirs));
        assert_eq!(
            common_place(&theirs, &[proposal(&[AES, PRF, GROUP_20])]),
            Some(0)
        );
    }

    #[test]
    fn a_lifetime_does_not_keep_suites_apart_but_is_shown() {
        let compared = compare(
            &[suite("MODP-2048", 3600)],
            &[suite("MODP-2048", 28_800)],
            Basis::Nothing,
        );
        assert!(compared.agrees());
        assert!(compared.rows.iter().any(|row| row.kind == LIFETIME));
        assert!(has_common_suite(
            &[suite("MODP-2048", 3600)],
            &[suite("MODP-2048", 60)]
        ));
        assert!(!has_common_suite(
            &[suite("MODP-2048", 3600)],
            &[suite("MODP-3072", 3600)]
        ));
    }

    #[test]
    fn nothing_is_said_of_a_silent_side() {
        let compared = compare(&[suite("MODP-2048", 1)], &[], Basis::Nothing);
        assert!(
            compared
                .rows
                .iter()
                .all(|row| row.agreement == Agreement::Unknown)
        );
    }
}
