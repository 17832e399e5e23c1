//! What `diagnose` found, as text and JSON.

mod build;
mod json;
mod ladder;
mod liveness;
mod offers;
mod text;
mod types;
mod writer;

pub use json::{DiagnoseJsonWriter, DiagnoseNdjsonWriter};
pub use text::{DiagnoseTextOptions, DiagnoseTextWriter};
pub use writer::{DiagnoseWriter, Judged, Overview, Prepare};
