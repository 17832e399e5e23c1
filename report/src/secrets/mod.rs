//! Key material: what it is, where it was read, and its octets only when they were asked for.

mod json;
mod text;
mod types;

pub use json::{write_secrets_json, write_secrets_ndjson};
pub use text::write_secrets_text;
pub use types::{KeyFile, Reveal};
