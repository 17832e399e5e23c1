//! Text that a peer sent, made harmless for a terminal and for the eye.

use std::borrow::Cow;

/// The text with every character that a terminal obeys, or that changes the order of what is shown, written as
/// `\u{1b}`. Text without such characters is given back as it is.
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    let printable = |octet: u8| matches!(octet, b' '..=b'~');
    if text.bytes().all(printable) || !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_deceptive(character) {
            clean.extend(character.escape_unicode());
        } else {
            clean.push(character);
        }
    }
    Cow::Owned(clean)
}

/// Control characters (C0, DEL, C1), line and paragraph separators, what directs bidirectional text, and what takes no
/// space: none of them is seen, all of them can change what is seen.
#[must_use]
pub const fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_deceptive_is_left() {
        let all: String = (0..=0x10_ffff).filter_map(char::from_u32).collect();
        let clean = sanitize(&all);
        assert!(!clean.chars().any(is_deceptive));
        assert!(!clean.chars().any(char::is_control));
    }

    #[test]
    fn clean_text_stays_as_it_is() {
        for text in [
            "",
            "vpn.example.com",
            "C=CH, O=Zürich, CN=東京",
            "DOMAIN\\user",
        ] {
            assert!(matches!(sanitize(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn escape_sequences_and_bidi_overrides_are_written_out() {
        assert_eq!(sanitize("\u{1b}[2Jgone"), "\\u{1b}[2Jgone");
        assert_eq!(sanitize("a\u{202e}b\r\n"), "a\\u{202e}b\\u{d}\\u{a}");
        assert_eq!(sanitize("\u{9b}31m"), "\\u{9b}31m");
    }

    #[test]
    fn twice_is_once() {
        let once = sanitize("\u{7}\u{200b}").into_owned();
        assert_eq!(sanitize(&once), once);
    }
}
