//! What an IKEv1 peer accepts.

use super::enumeration::Chooses;
use crate::report::Outcome;

/// Values that may be combined freely, in the short names of suites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ikev1Box {
    /// Encryption algorithms with their key lengths.
    pub encr: Vec<String>,
    /// Hash algorithms.
    pub hash: Vec<String>,
    /// Authentication methods.
    pub auth: Vec<String>,
    /// Groups.
    pub group: Vec<String>,
    /// Values not seen accepted themselves.
    pub inferred: Vec<String>,
}

/// One accepted combination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ikev1Suite {
    /// Encryption algorithm with its key length.
    pub encr: String,
    /// Hash algorithm.
    pub hash: String,
    /// Authentication method.
    pub auth: String,
    /// Group.
    pub group: String,
}

/// What is known of one mode.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ikev1Report {
    /// How it answered.
    pub outcome: Outcome,
    /// Whether any IKE message came.
    pub answers: bool,
    /// Boxes whose union is what is accepted.
    pub policy: Vec<Ikev1Box>,
    /// Every combination, up to a limit.
    pub accepted: Vec<Ikev1Suite>,
    /// Whether the limit was reached.
    pub accepted_truncated: bool,
    /// Whether the peer tells authentication methods apart at this stage.
    pub auth_discriminated: bool,
    /// Whose order of preference decides.
    pub chooses: Chooses,
    /// Lifetime that the peer chose, in seconds.
    pub lifetime_seconds: Option<u64>,
    /// Seconds between an answer that was not continued and its repetitions; `None` when nobody listened.
    pub retransmissions: Option<Vec<f64>>,
    /// Whether `policy` is all that is accepted.
    pub complete: bool,
    /// Datagrams sent for this mode.
    pub packets_sent: u64,
    /// SAs left half-open at the peer.
    pub half_open_left: usize,
    /// What could not be found out.
    pub not_determined: Vec<String>,
    /// What a reader should know.
    pub notes: Vec<String>,
}
