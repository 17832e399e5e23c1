//! What an IKEv2 peer accepts.

use ikescope_dissectors::registries::ikev2::NotifyType;

use crate::limits::MAX_NOTES;
use crate::report::Outcome;

use super::close::ProbeKeys;

/// Values that may be combined freely, in the short names of suites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ikev2Box {
    /// Encryption algorithms with their key lengths.
    pub encr: Vec<String>,
    /// Pseudorandom functions.
    pub prf: Vec<String>,
    /// Integrity algorithms; none in a box of combined modes.
    pub integ: Vec<String>,
    /// Key exchange methods.
    pub ke: Vec<String>,
    /// Additional key exchanges 1 to 7, each a list to choose from.
    pub additional_ke: Vec<Vec<String>>,
    /// Values not seen accepted themselves.
    pub inferred: Vec<String>,
}

/// One accepted combination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ikev2Suite {
    /// Encryption algorithm with its key length.
    pub encr: String,
    /// Pseudorandom function.
    pub prf: String,
    /// Integrity algorithm; `None` for a combined mode.
    pub integ: Option<String>,
    /// Key exchange method.
    pub ke: String,
    /// Additional key exchanges in their order.
    pub additional_ke: Vec<String>,
}

/// The peer's order of preference for each kind, best first; `None` where it was not found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preference {
    /// Encryption algorithms.
    pub encr: Option<Vec<String>>,
    /// Pseudorandom functions.
    pub prf: Option<Vec<String>>,
    /// Integrity algorithms.
    pub integ: Option<Vec<String>>,
    /// Key exchange methods.
    pub ke: Option<Vec<String>>,
}

/// Whose order decides when several combinations are acceptable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chooses {
    /// The peer's own.
    OwnOrder,
    /// The initiator's.
    InitiatorOrder,
    /// It was not found out.
    #[default]
    Unknown,
}

/// What is known of a peer's IKEv2.
#[derive(Clone, Debug, Default)]
pub struct Ikev2Report {
    /// How it answered.
    pub outcome: Outcome,
    /// Whether any IKE message came.
    pub answers: bool,
    /// Boxes whose union is what is accepted.
    pub policy: Vec<Ikev2Box>,
    /// Every combination, up to a limit; then one of each box.
    pub accepted: Vec<Ikev2Suite>,
    /// Whether the limit was reached.
    pub accepted_truncated: bool,
    /// Orders of preference.
    pub preference: Preference,
    /// Whose order decides.
    pub chooses: Chooses,
    /// Whether it is proven that nothing else of the universe is accepted.
    pub complete: bool,
    /// Datagrams sent for IKEv2.
    pub packets_sent: u64,
    /// Whether the peer asked for a cookie.
    pub cookie: bool,
    /// SAs left half-open at the peer.
    pub half_open_left: usize,
    /// What the peer says that it can do, in its answer to IKE_SA_INIT.
    pub announced: Vec<NotifyType>,
    /// Keys of the SAs that were opened.
    pub keys: Vec<ProbeKeys>,
    /// What could not be found out.
    pub not_determined: Vec<String>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl Ikev2Report {
    /// What was learned, once.
    pub(crate) fn note(&mut self, text: &str) {
        add(&mut self.notes, text);
    }

    /// What could not be learned, once.
    pub(crate) fn miss(&mut self, text: &str) {
        add(&mut self.not_determined, text);
    }
}

fn add(list: &mut Vec<String>, text: &str) {
    if list.len() < MAX_NOTES && !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}
