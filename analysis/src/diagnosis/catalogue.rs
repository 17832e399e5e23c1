//! All diagnoses.

use super::declaration::Declaration;
use super::{
    authentication, certificates, child, cloud, data_plane, denial, eap, fragmentation, interop,
    liveness, mobility, nat, negotiation, reachability, rekey, xauth,
};

/// One list per topic.
const TOPICS: &[&[&Declaration]] = &[
    reachability::DECLARATIONS,
    negotiation::DECLARATIONS,
    authentication::DECLARATIONS,
    certificates::DECLARATIONS,
    eap::DECLARATIONS,
    xauth::DECLARATIONS,
    child::DECLARATIONS,
    nat::DECLARATIONS,
    fragmentation::DECLARATIONS,
    rekey::DECLARATIONS,
    liveness::DECLARATIONS,
    mobility::DECLARATIONS,
    data_plane::DECLARATIONS,
    interop::DECLARATIONS,
    denial::DECLARATIONS,
    cloud::DECLARATIONS,
];

/// Every diagnosis, topic by topic.
pub fn catalogue() -> impl Iterator<Item = &'static Declaration> {
    TOPICS.iter().flat_map(|topic| topic.iter().copied())
}

/// The diagnosis of this name.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Declaration> {
    catalogue().find(|declaration| declaration.id == id)
}

/// Names that look like this one, the likest first, at most three.
#[must_use]
pub fn near(id: &str) -> Vec<&'static str> {
    let id = id.to_ascii_lowercase();
    let mut ranked: Vec<(usize, &'static str)> = catalogue()
        .map(|declaration| (distance(&id, declaration.id), declaration.id))
        .collect();
    ranked.sort_unstable();
    ranked
        .into_iter()
        .filter(|(distance, _)| *distance <= id.len() / 2)
        .take(3)
        .map(|(_, id)| id)
        .collect()
}

/// Insertions, removals and replacements between two names (Levenshtein); what one merely adds to the other counts half.
fn distance(one: &str, other: &str) -> usize {
    if !one.is_empty() && other.contains(one) {
        return (other.len() - one.len()) / 4;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (b, cell) in other.bytes().zip(row.iter_mut().skip(1)) {
            let here = (diagonal + usize::from(a != b))
                .min(*cell + 1)
                .min(left + 1);
            diagonal = *cell;
            *cell = here;
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_declared_once() {
        let mut ids: Vec<_> = catalogue().map(|declaration| declaration.id).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }

    #[test]
    fn references_between_diagnoses_lead_somewhere() {
        for declaration in catalogue() {
            for (id, separates) in declaration.competitors {
                assert!(by_id(id).is_some(), "{}: {id}", declaration.id);
                assert!(!separates.is_empty(), "{}: {id}", declaration.id);
                assert_ne!(*id, declaration.id);
            }
            if let Some(see) = declaration.see {
                assert!(by_id(see).is_some(), "{}: {see}", declaration.id);
            }
        }
    }

    #[test]
    fn every_declaration_says_what_to_do_and_on_what_it_rests() {
        for declaration in catalogue() {
            assert!(!declaration.title.is_empty(), "{}", declaration.id);
            assert!(!declaration.title.ends_with('.'), "{}", declaration.id);
            assert!(declaration.explanation.ends_with('.'), "{}", declaration.id);
            assert!(!declaration.wire.is_empty(), "{}", declaration.id);
            assert!(!declaration.checks.is_empty(), "{}", declaration.id);
            assert!(!declaration.needs.is_empty(), "{}", declaration.id);
            assert!(declaration.weight < 100, "{}", declaration.id);
        }
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbour() {
        assert_eq!(
            near("no-response-to-frist-message").first(),
            Some(&"no-response-to-first-message")
        );
        assert_eq!(
            near("no-response").first(),
            Some(&"no-response-to-first-message")
        );
        assert!(near("zzzzzzzzzzzzz").is_empty());
    }
}
