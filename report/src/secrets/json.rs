//! Keys as one document, or one a line.

use std::io::{self, Write};

use ikescope_crypto::key_material::Key;
use serde::Serialize;
use zeroize::Zeroizing;

use super::types::{KeyFile, Reveal, SecretKey, secret_key};
use crate::json::formatter;

const SCHEMA: &str = "ikescope.secrets/1";

#[derive(Serialize)]
struct FileRow<'a> {
    name: &'a str,
    problems: Vec<ProblemRow<'a>>,
}

#[derive(Serialize)]
struct ProblemRow<'a> {
    line: usize,
    column: Option<usize>,
    what: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: &'a str,
    #[serde(flatten)]
    key: SecretKey,
}

/// Writes `{"schema", "files", "keys"}`.
///
/// # Errors
/// What the writer says.
pub fn write_secrets_json(
    writer: &mut impl Write,
    files: &[KeyFile],
    keys: &[Key],
    reveal: Reveal,
) -> io::Result<()> {
    let mut buffer = Zeroizing::new(Vec::new());
    buffer.extend_from_slice(b"{\"schema\":\"");
    buffer.extend_from_slice(SCHEMA.as_bytes());
    buffer.extend_from_slice(b"\",\"files\":");
    let rows: Vec<FileRow<'_>> = files.iter().map(file).collect();
    formatter::write(&mut buffer, &rows)?;
    buffer.extend_from_slice(b",\"keys\":[");
    writer.write_all(&buffer)?;
    for (index, key) in keys.iter().enumerate() {
        buffer.clear();
        buffer.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        formatter::write(&mut buffer, &secret_key(key, reveal))?;
        writer.write_all(&buffer)?;
    }
    writer.write_all(b"\n]}\n")?;
    writer.flush()
}

/// Writes each key as an object on a line of its own.
///
/// # Errors
/// What the writer says.
pub fn write_secrets_ndjson(
    writer: &mut impl Write,
    keys: &[Key],
    reveal: Reveal,
) -> io::Result<()> {
    let mut buffer = Zeroizing::new(Vec::new());
    for key in keys {
        buffer.clear();
        let line = Line {
            schema: SCHEMA,
            key: secret_key(key, reveal),
        };
        formatter::write(&mut buffer, &line)?;
        buffer.push(b'\n');
        writer.write_all(&buffer)?;
    }
    writer.flush()
}

fn file(file: &KeyFile) -> FileRow<'_> {
    let problems = file.problems.iter().map(|problem| ProblemRow {
        line: problem.line,
        column: problem.column,
        what: &problem.what,
    });
    FileRow {
        name: &file.name,
        problems: problems.collect(),
    }
}
