//! Names that are close to one that nobody knows.

/// Up to three of the candidates that the user may have meant, the closest first.
#[must_use]
pub fn near_names<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = fold(name);
    let mut ranked: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| Some((rank(&wanted, &fold(candidate))?, candidate)))
        .collect();
    ranked.sort();
    ranked.dedup_by(|one, other| one.1 == other.1);
    ranked.truncate(SUGGESTIONS);
    ranked.into_iter().map(|(_, candidate)| candidate).collect()
}

/// How far apart two names are; `None` for too far to be meant.
fn rank(wanted: &[char], candidate: &[char]) -> Option<usize> {
    let distance = distance(wanted, candidate);
    let tolerance = (wanted.len() / 3).clamp(1, 6);
    let contains = wanted.len() >= 3
        && candidate
            .windows(wanted.len())
            .any(|window| window == wanted);
    (distance <= tolerance || contains).then_some(distance)
}

/// Insertions, deletions and replacements from one to the other (Levenshtein).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, left) in one.iter().enumerate() {
        let mut diagonal = at;
        let mut last = at + 1;
        for (right, cell) in other.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = *cell;
            last = replaced.min(*cell + 1).min(last + 1);
            *cell = last;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Letters and digits alone: hyphens and underscores are what people mix up.
fn fold(name: &str) -> Vec<char> {
    name.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .take(LONGEST)
        .collect()
}

const SUGGESTIONS: usize = 3;

/// Nobody means a longer name, and the comparison takes the product of both lengths.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_comes_first() {
        let names = ["MODP-1024", "MODP-2048", "MODP-1536", "ECP-256"];
        assert_eq!(near_names("modp1023", names).first(), Some(&"MODP-1024"));
        assert_eq!(near_names("ecp_256", names), ["ECP-256"]);
        assert!(near_names("kyber", names).is_empty());
        assert!(near_names("", names).is_empty());
    }

    #[test]
    fn distance_counts_edits() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        for (one, other, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("kitten", "sitting", 3),
            ("", "abc", 3),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(&letters(one), &letters(other)), expected);
            assert_eq!(distance(&letters(other), &letters(one)), expected);
        }
    }
}
