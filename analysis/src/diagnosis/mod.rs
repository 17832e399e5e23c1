//! Why a tunnel failed: what there is to find, and the rules that find it.
//!
//! A [`Declaration`] says what a diagnosis is; a rule of the same file says when a capture shows it. One file per topic.

mod authentication;
mod catalogue;
mod certificates;
mod child;
mod cloud;
mod comparison;
mod data_plane;
mod declaration;
mod denial;
#[allow(clippy::module_inception)]
mod diagnosis;
mod eap;
mod engine;
mod facts;
mod fragmentation;
mod interop;
mod liveness;
mod mobility;
mod nat;
mod negotiation;
mod pace;
mod reachability;
mod rekey;
mod running;
#[cfg(test)]
mod sample;
mod x509;
mod xauth;

pub use catalogue::{by_id, catalogue, near};
pub use comparison::{Agreement, Basis, Comparison, Row, child_comparison, compare, comparison};
pub use declaration::{Confidence, Declaration, Need, Severity, Side};
pub use diagnosis::{Competitor, Diagnosis, Evidence};
pub use engine::{diagnose, diagnose_capture};
