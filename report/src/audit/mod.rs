//! Results of an audit, and the pages of `explain`.

mod csv;
mod explain;
mod json;
mod markdown;
mod report;
mod sarif;
mod text;
mod types;
mod words;
mod wrap;

pub use csv::write_audit_csv;
pub use explain::{
    Page, explain, explainable, write_catalogue_json, write_catalogue_text, write_page_json,
    write_page_text,
};
pub use json::write_audit_json;
pub use markdown::write_audit_markdown;
pub use report::{Accepted, AuditReport, AuditedSubject};
pub use sarif::write_audit_sarif;
pub use text::write_audit_text;

pub(crate) use types::FindingObject;
