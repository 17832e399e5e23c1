//! What is known, in the words of the report.

use crate::limits::MAX_ACCEPTED;

use super::algorithm::{Algorithm, Axis};
use super::block::{Block, Combination};
use super::knowledge::Knowledge;
use super::oracle::Oracle;
use super::report::{Ikev2Box, Ikev2Suite};

/// Writes boxes and suites into the report, as far as they are known; not what is asked beside additional key exchanges, of
/// which the report has the whole.
pub(crate) fn policy(oracle: &Oracle, knowledge: &Knowledge) {
    if !oracle.fixed_additional.is_empty() {
        return;
    }
    let mut report = oracle.report.borrow_mut();
    let boxes = knowledge.so_far();
    report.policy = boxes
        .iter()
        .map(|block| one_box(block, knowledge))
        .collect();
    let total: usize = boxes.iter().map(count).fold(0, usize::saturating_add);
    report.accepted_truncated = total > MAX_ACCEPTED;
    let mut suites: Vec<Ikev2Suite> = Vec::new();
    if report.accepted_truncated {
        suites.extend(boxes.iter().flat_map(|block| all(block).next()));
    } else {
        for suite in boxes.iter().flat_map(all) {
            if !suites.contains(&suite) {
                suites.push(suite);
            }
        }
    }
    report.accepted = suites;
}

fn count(block: &Block) -> usize {
    let additional = block.additional.iter().map(Vec::len);
    additional.fold(block.size(), usize::saturating_mul)
}

fn one_box(block: &Block, knowledge: &Knowledge) -> Ikev2Box {
    let inferred = Axis::ALL.into_iter().enumerate().flat_map(|(place, axis)| {
        let seen = move |value: &Algorithm| {
            knowledge
                .accepted
                .iter()
                .any(|one| one.get(place) == Some(value) && block.contains(one))
        };
        let unseen = block.axis(axis).iter().filter(move |value| !seen(value));
        unseen
            .filter(move |value| axis != Axis::Integrity || **value != Algorithm::NONE)
            .map(move |value| axis.name(*value))
    });
    Ikev2Box {
        inferred: inferred.collect(),
        encr: names(block, Axis::Encryption),
        prf: names(block, Axis::Prf),
        integ: names(block, Axis::Integrity),
        ke: names(block, Axis::KeyExchange),
        additional_ke: block
            .additional
            .iter()
            .map(|list| {
                list.iter()
                    .map(|value| Axis::KeyExchange.name(*value))
                    .collect()
            })
            .collect(),
    }
}

fn names(block: &Block, axis: Axis) -> Vec<String> {
    let sent = block
        .axis(axis)
        .iter()
        .filter(|value| axis != Axis::Integrity || **value != Algorithm::NONE);
    sent.map(|value| axis.name(*value)).collect()
}

fn all(block: &Block) -> impl Iterator<Item = Ikev2Suite> + '_ {
    let mut additional: Vec<Vec<String>> = vec![Vec::new()];
    for list in &block.additional {
        additional = additional
            .iter()
            .flat_map(|before| {
                list.iter().map(move |value| {
                    let mut longer = before.clone();
                    longer.push(Axis::KeyExchange.name(*value));
                    longer
                })
            })
            .collect();
    }
    block.combinations().flat_map(move |combination| {
        let suites: Vec<Ikev2Suite> = additional
            .iter()
            .map(|list| suite(&combination, list.clone()))
            .collect();
        suites
    })
}

/// One combination in short names.
pub(crate) fn suite(combination: &Combination, additional_ke: Vec<String>) -> Ikev2Suite {
    let [encr, prf, integ, ke] = combination;
    Ikev2Suite {
        encr: Axis::Encryption.name(*encr),
        prf: Axis::Prf.name(*prf),
        integ: (*integ != Algorithm::NONE).then(|| Axis::Integrity.name(*integ)),
        ke: Axis::KeyExchange.name(*ke),
        additional_ke,
    }
}
