//! Key material as people have it: logs, tables, printouts of daemons and kernels, and a format of our own.
//!
//! [`read`] takes octets, recognises what they are, and says what is in them. Nothing is derived here, and no key is tried
//! on anything: which message a key opens is for its user to find out.

mod address;
mod format;
mod formats;
mod key;
mod limits;
mod names;
mod problem;
mod read;
mod reader;
mod sift;
mod tagged;
mod text;
mod writing;

pub use address::AddressPattern;
pub use format::Format;
pub use key::{
    AhSa, DhPrivate, DhSecret, EapMsk, EspSa, IkeSpis, Ikev1Key, Ikev1Skeyid, Ikev2Keys, Key,
    Material, NoncePair, Ppk, Psk, Side, Skeyseed, Source,
};
pub use limits::{MAX_KEYS, MAX_LINE, MAX_PROBLEMS};
pub use problem::Problem;
pub use read::{ReadKeys, read, read_psks};
pub use sift::{KeyFile, Unread, sift};
pub use writing::{LeftOut, Target, Written, write};
