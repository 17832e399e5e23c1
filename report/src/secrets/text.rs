//! Keys for people: a line each.

use std::io::{self, Write};

use colored::Colorize;
use ikescope_crypto::key_material::Key;
use zeroize::Zeroizing;

use super::types::{Reveal, SecretKey, secret_key};
use crate::sanitize::sanitize;

/// Writes a line a key, and below it its octets if they are to be shown.
///
/// # Errors
/// What the writer says.
pub fn write_secrets_text(writer: &mut impl Write, keys: &[Key], reveal: Reveal) -> io::Result<()> {
    let rows = keys.iter().map(|key| secret_key(key, reveal));
    // Columns as wide as the first keys need; what is longer pushes its line aside.
    let mut widths = [0; 3];
    for key in keys.iter().take(MEASURED) {
        let row = secret_key(key, Reveal::Hidden);
        for (width, cell) in widths.iter_mut().zip(cells(&row)) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let widths = widths.map(|width| width.min(WIDEST));
    for row in rows {
        let [source, name, algorithms] = cells(&row);
        let [source_width, name_width, algorithms_width] = widths;
        let line = format!(
            "{}  {}  {name:<name_width$}  {algorithms:<algorithms_width$}  {}",
            format!("{source:<source_width$}").dimmed(),
            format!("{:<KIND_WIDTH$}", row.kind).bold(),
            lengths(&row),
        );
        writeln!(writer, "{}", line.trim_end())?;
        for (name, value) in row.values.iter().flat_map(|values| &values.0) {
            let line = Zeroizing::new(format!("    {name:<13} {value}\n"));
            writer.write_all(line.as_bytes())?;
        }
    }
    writer.flush()
}

/// Source, what it is for, and algorithms.
fn cells(row: &SecretKey) -> [String; 3] {
    [source(row), names(row), algorithms(row)]
}

/// File and line; of a long path the end, which tells more.
fn source(row: &SecretKey) -> String {
    let text = sanitize(&row.source);
    let len = text.chars().count();
    match len.checked_sub(LONGEST_SOURCE) {
        None | Some(0) => text.into_owned(),
        Some(over) => {
            let end: String = text.chars().skip(over + 1).collect();
            format!("\u{2026}{end}")
        }
    }
}

/// What it is for: SPIs, addresses, identities.
fn names(row: &SecretKey) -> String {
    let mut parts: Vec<String> = Vec::new();
    if matches!(row.kind, "esp-sa" | "ah-sa") {
        parts.push(row.spi.clone().unwrap_or_else(|| "any SPI".to_owned()));
        if let (Some(src), Some(dst)) = (&row.src, &row.dst) {
            parts.push(format!("{src} > {dst}"));
        } else if let Some(dst) = &row.dst {
            parts.push(format!("> {dst}"));
        }
    } else if row.initiator_spi.is_some() || row.responder_spi.is_some() {
        let spi = |spi: &Option<String>| spi.clone().unwrap_or_else(|| "?".to_owned());
        parts.push(format!(
            "{} {}",
            spi(&row.initiator_spi),
            spi(&row.responder_spi)
        ));
    }
    if let Some(spis) = &row.child_spis {
        parts.push(format!("child {}", spis.join(" ")));
    }
    if let Some(selectors) = &row.selectors {
        parts.push(match selectors.is_empty() {
            true => "for anyone".to_owned(),
            false => format!("for {}", sanitize(&selectors.join(" "))),
        });
    }
    if let Some(id) = &row.id {
        parts.push(sanitize(id).into_owned());
    }
    if let Some(side) = row.side {
        parts.push(side.to_owned());
    }
    if let Some(epoch @ 1..) = row.epoch {
        parts.push(format!("key exchange {}", epoch + 1));
    }
    parts.join("  ")
}

fn algorithms(row: &SecretKey) -> String {
    let algorithms = &row.algorithms;
    let mut parts: Vec<String> = [
        &algorithms.encr,
        &algorithms.integ,
        &algorithms.prf,
        &algorithms.ke,
    ]
    .into_iter()
    .flatten()
    .filter(|name| *name != "NONE")
    .cloned()
    .collect();
    if let Some(len) = row.icv_length {
        parts.push(format!("ICV {len}"));
    }
    if row.esn == Some(true) {
        parts.push("ESN".to_owned());
    }
    parts.join(" ")
}

/// Which values there are, in octets.
fn lengths(row: &SecretKey) -> String {
    let lengths = row.lengths.0.iter();
    let lengths = lengths.map(|(name, len)| format!("{name}({len})"));
    lengths.collect::<Vec<_>>().join(" ")
}

/// Keys that decide how wide columns are.
const MEASURED: usize = 10_000;
/// Characters of a source.
const LONGEST_SOURCE: usize = 36;
/// The widest column.
const WIDEST: usize = 60;
/// The longest kind.
const KIND_WIDTH: usize = 12;
