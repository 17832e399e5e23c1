//! The registries: IANA's, and what implementations add to them.

pub mod eap;
pub mod ikev1;
pub mod ikev2;
pub mod ip;
pub mod suite_name;

pub use crate::registry::{Assignment, Registry, Row, ShortName};
pub use suite_name::suite_name;
