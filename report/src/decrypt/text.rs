//! Text of `decrypt`: a line an SA, then the keys that opened nothing.

use std::io::{self, Write};

use colored::Colorize;
use ikescope_analysis::opening::{KeyRing, SaTally};

use super::key::Key;
use super::types::Sa;
use crate::sanitize::sanitize;

/// Writes what was opened of each SA, and why the rest was not; then what became of the keys.
///
/// # Errors
/// Those of the stream.
pub fn write_decrypt_text(
    out: &mut impl Write,
    sas: &[SaTally],
    keys: Option<&KeyRing>,
) -> io::Result<()> {
    let objects: Vec<Sa> = sas.iter().map(Sa::new).collect();
    if objects.is_empty() {
        writeln!(out, "Nothing is encrypted.")?;
    } else {
        table(out, &objects)?;
    }
    unused(out, keys)?;
    out.flush()
}

fn table(out: &mut impl Write, sas: &[Sa]) -> io::Result<()> {
    let rows: Vec<[String; 3]> = sas
        .iter()
        .map(|sa| {
            let name = match (&sa.spi, &sa.initiator_spi, &sa.responder_spi) {
                (Some(spi), _, _) => spi.clone(),
                (None, Some(initiator), Some(responder)) => format!("{initiator} {responder}"),
                _ => String::new(),
            };
            let counts = format!("{} of {}", sa.opened, sa.packets);
            [
                format!("{:4}{name}", sa.kind.to_uppercase()),
                format!("{} > {}", sa.src, sa.dst),
                counts,
            ]
        })
        .collect();
    let width = |column: usize, least: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(String::len)
            .max()
            .unwrap_or(0)
            .max(least)
    };
    let (first, second, third) = (width(0, 2), width(1, 9), width(2, 6));
    let head = format!(
        "{:first$}  {:second$}  {:third$}  key, or why not",
        "SA", "addresses", "opened"
    );
    writeln!(out, "{}", head.bold())?;
    for (sa, [name, ends, counts]) in sas.iter().zip(&rows) {
        let counts = format!("{counts:third$}");
        let counts = match (sa.opened, sa.failed) {
            (_, 0) => counts.green(),
            (0, _) => counts.red(),
            _ => counts.yellow(),
        };
        let key = sa.key_source.as_deref().map(sanitize).unwrap_or_default();
        let why = sa.why.as_deref().map(sanitize).unwrap_or_default();
        let between = if key.is_empty() || why.is_empty() {
            ""
        } else {
            "; "
        };
        writeln!(
            out,
            "{name:first$}  {ends:second$}  {counts}  {key}{between}{why}"
        )?;
    }
    Ok(())
}

/// The keys that opened nothing, and why. Many of one kind are counted.
fn unused(out: &mut impl Write, keys: Option<&KeyRing>) -> io::Result<()> {
    let Some(keys) = keys else { return Ok(()) };
    let used = keys.uses().filter(|usage| usage.opened > 0).count();
    let idle: Vec<_> = keys.uses().filter(|usage| usage.opened == 0).collect();
    let unread = keys.unread();
    let all = used + idle.len() + unread;
    if all == 0 {
        return writeln!(out, "\nNo key was found in what was given.");
    }
    writeln!(out, "\n{used} of {all} keys opened something.")?;
    for usage in idle.iter().take(MAX_TOLD) {
        let key = Key::new(usage.key);
        let why = usage
            .refusal
            .map_or_else(|| "it was not needed".to_owned(), ToString::to_string);
        writeln!(
            out,
            "  {}  {}: {}",
            sanitize(&key.source),
            key.what(),
            sanitize(&why).dimmed()
        )?;
    }
    if let Some(more @ 1..) = idle.len().checked_sub(MAX_TOLD) {
        writeln!(out, "  and {more} more (--format json lists them)")?;
    }
    match unread {
        1.. => writeln!(
            out,
            "  and {unread} that nothing in the capture has the SPI of"
        ),
        0 => Ok(()),
    }
}

/// Keys that are listed before only their number is told.
const MAX_TOLD: usize = 20;
