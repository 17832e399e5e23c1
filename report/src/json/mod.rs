//! JSON: one document, or one object a line.

mod document;
pub(crate) mod formatter;
mod ndjson;

pub use document::JsonWriter;
pub use ndjson::NdjsonWriter;

const SCHEMA: &str = "ikescope.inspect/1";
