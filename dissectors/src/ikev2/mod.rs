//! IKEv2: the payloads of RFC 7296 and its extensions, one file each.

mod authentication;
mod body;
mod certificate;
mod configuration;
mod delete;
mod eap;
mod encrypted;
mod identification;
mod key_exchange;
mod notation;
mod notify;
mod notify_data;
mod proposal;
mod security_association;
mod traffic_selector;
mod transform;

pub use authentication::Authentication;
pub use body::Body;
pub use certificate::{Certificate, CertificateRequest};
pub use configuration::Configuration;
pub use delete::Delete;
pub use eap::Eap;
pub use encrypted::{Encrypted, EncryptedFragment};
pub use identification::Identification;
pub use key_exchange::KeyExchange;
pub use notation::notation;
pub use notify::Notify;
pub use proposal::Proposal;
pub use security_association::SecurityAssociation;
pub use traffic_selector::{Selector, TrafficSelectors};
pub use transform::Transform;

pub use crate::registries::ikev2::PayloadType;
