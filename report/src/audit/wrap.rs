//! Text in lines of a width.

/// The words of a text in lines of at most so many characters; a longer word has a line of its own.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let needed = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && needed > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_and_no_word_is_lost() {
        let text = "one two three four five six seven eight nine ten";
        for width in 1..60 {
            let lines = wrap(text, width);
            assert_eq!(lines.join(" "), text);
            assert!(
                lines
                    .iter()
                    .all(|line| line.chars().count() <= width || !line.contains(' '))
            );
        }
        assert!(wrap("  ", 10).is_empty());
    }
}
