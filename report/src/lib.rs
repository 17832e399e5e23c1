//! Results as text, JSON and CSV: writes to what it is given, and knows no files and no terminal.

mod audit;
mod counted;
mod csv;
mod decrypt;
mod describe;
mod diagnose;
mod digits;
mod json;
mod output;
mod packet;
mod packet_writer;
mod probe;
mod sanitize;
mod secrets;
mod text;
mod time;

pub use audit::{
    Accepted, AuditReport, AuditedSubject, Page, explain, explainable, write_audit_csv,
    write_audit_json, write_audit_markdown, write_audit_sarif, write_audit_text,
    write_catalogue_json, write_catalogue_text, write_page_json, write_page_text,
};
pub use counted::counted;
pub use csv::CsvWriter;
pub use decrypt::{write_decrypt_json, write_decrypt_text};
pub use diagnose::{
    DiagnoseJsonWriter, DiagnoseNdjsonWriter, DiagnoseTextOptions, DiagnoseTextWriter,
    DiagnoseWriter, Judged, Overview, Prepare,
};
pub use jiff::tz::TimeZone;
pub use json::{JsonWriter, NdjsonWriter};
pub use packet_writer::{CaptureSummary, PacketWriter};
pub use probe::{ProbeJsonWriter, ProbeNdjsonWriter, ProbeTextWriter, ProbeWriter};
pub use sanitize::{is_deceptive, sanitize};
pub use secrets::{KeyFile, Reveal, write_secrets_json, write_secrets_ndjson, write_secrets_text};
pub use text::{TextOptions, TextWriter, TimeColumn};
