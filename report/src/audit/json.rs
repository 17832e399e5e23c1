//! One document.

use std::io::{self, Write};

use super::report::AuditReport;
use super::types::Document;
use crate::json::formatter;

/// Writes the document.
pub fn write_audit_json(report: &AuditReport, mut out: impl Write) -> io::Result<()> {
    let mut buffer = Vec::new();
    formatter::write(&mut buffer, &Document::from(report))?;
    buffer.push(b'\n');
    out.write_all(&buffer)?;
    out.flush()
}
