//! Compact JSON in which text from a peer cannot deceive a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::sanitize::is_deceptive;

/// Appends a value. Nothing but a `Serialize` that fails could fail.
pub(crate) fn write(out: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    value
        .serialize(&mut Serializer::with_formatter(out, Harmless))
        .map_err(io::Error::from)
}

/// Writes as `\u202e` what JSON allows in a string but a terminal obeys or nobody sees. A reader gets the same text.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // The serializer has escaped what is below the space. Only DEL becomes 0x80 here, and the octets of what is not ASCII
        // more.
        let highest = |seen: u8, octet: u8| seen | octet.wrapping_add(1);
        if fragment.bytes().fold(0, highest) < 0x80 || !fragment.chars().any(is_deceptive) {
            return writer.write_all(fragment.as_bytes());
        }
        for character in fragment.chars() {
            if is_deceptive(character) {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                writer.write_all(character.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sanitize::is_deceptive;

    #[test]
    fn all_text_reads_back_and_nothing_deceptive_is_written() {
        let all: String = (0..=0x10_ffff).filter_map(char::from_u32).collect();
        let mut out = Vec::new();
        write(&mut out, &all).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert!(!written.chars().any(is_deceptive));
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), all);
    }
}
