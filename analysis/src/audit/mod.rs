//! How strong is it: what is known of a peer, judged by profiles and by findings.

mod algorithm;
mod certificate_facts;
mod collect;
mod document;
mod facts;
mod finding;
mod findings;
mod limits;
pub mod names;
mod near;
mod profile;
mod recommend;
mod strength;
mod suite;
mod verdict;
mod written;

pub use algorithm::{Algorithm, Kind, Number};
pub use certificate_facts::{CertificateFacts, PublicKey};
pub use collect::{
    Collector, Conversation, offer_of_v1, offer_of_v2, transforms_of_v1, transforms_of_v2,
};
pub use document::Problem;
pub use facts::*;
pub use finding::{Finding, Found, Need, Severity, catalogue, find, finding_by_id};
pub use near::near_names;
pub use profile::{Date, Parameter, Parameters, PostQuantum, Profile, Rule, Status};
pub use recommend::{Recommendation, recommend};
pub use strength::{Quantum, Strength, bits, is_known, strength};
pub use suite::{KnownSuite, NamedSuite, SuiteProblem, known_suite};
pub use verdict::{Assessment, Reason, Verdict, assess, judge_algorithm};
pub use written::profile_of;
