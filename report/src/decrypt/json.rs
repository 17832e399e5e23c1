//! JSON of `decrypt`: one document.

use std::io::{self, Write};

use ikescope_analysis::opening::{KeyRing, SaTally};

use super::key::Key;
use super::types::{Document, Sa, UsedKey};
use crate::json::formatter;

/// Writes `{"schema", "sas", "keys", "unread"}`.
///
/// # Errors
/// Those of the stream.
pub fn write_decrypt_json(
    out: &mut impl Write,
    sas: &[SaTally],
    keys: Option<&KeyRing>,
) -> io::Result<()> {
    let document = Document {
        schema: "ikescope.decrypt/1",
        sas: sas.iter().map(Sa::new).collect(),
        keys: keys
            .into_iter()
            .flat_map(KeyRing::uses)
            .map(|usage| UsedKey {
                key: Key::new(usage.key),
                opened: usage.opened,
                why: usage.refusal.map(ToString::to_string),
            })
            .collect(),
        unread: keys.map_or(0, KeyRing::unread),
    };
    let mut text = Vec::new();
    formatter::write(&mut text, &document)?;
    text.push(b'\n');
    out.write_all(&text)?;
    out.flush()
}
