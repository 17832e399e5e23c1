//! IKEv1: the payloads of RFC 2408, RFC 2407, RFC 2409, RFC 3947 and the drafts that were deployed.

mod attributes;
mod body;
mod certificate;
mod delete;
mod fragment;
mod gdoi;
mod identification;
mod key_exchange;
mod nat;
mod notation;
mod notification;
mod opaque;
mod proposal;
mod sa;
mod spi;
mod substructure;
mod transform;
mod vendor_id;

pub use crate::address::{range, subnet};
pub use attributes::Attributes;
pub use body::Body;
pub use certificate::{Certificate, CertificateRequest};
pub use delete::Delete;
pub use fragment::Fragment;
pub use gdoi::{Envelope, SequenceNumber};
pub use identification::{Identification, Identity};
pub use key_exchange::KeyExchange;
pub use nat::{NatDetection, NatOriginalAddress};
pub use notation::notation;
pub use notification::{Notification, NotificationData};
pub use opaque::Opaque;
pub use proposal::Proposal;
pub use sa::{Definition, SecurityAssociation};
pub use transform::{Lifetimes, Transform, TransformId};
pub use vendor_id::VendorId;

pub use crate::registries::ikev1::PayloadType;
