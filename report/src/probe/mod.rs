//! What a peer accepts, as text and JSON.

mod json;
mod text;
mod types;
mod writer;

pub use json::{ProbeJsonWriter, ProbeNdjsonWriter};
pub use text::ProbeTextWriter;
pub use writer::ProbeWriter;
