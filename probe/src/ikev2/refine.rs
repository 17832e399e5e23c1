//! Whether the box that four lines span is accepted as a whole, and how it is cut where it is not.
//!
//! Every value of a box was seen accepted; that all may be combined is inferred. Combinations far from those that were
//! seen are asked one by one: all of a small box, some of a large one. A refused one cuts the box in two.

use std::collections::HashSet;

use super::algorithm::{Algorithm, Axis};
use super::block::{Block, Combination};
use super::grow::with;
use super::knowledge::Knowledge;
use super::oracle::{Oracle, Stop};

/// The parts of a box that are accepted as a whole. `more` is how many further checks a box deserves that was checked
/// before; `correlated` that the peer has other boxes of the same kind, so that not everything may be combined.
pub(crate) async fn refine(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    whole: Block,
    more: Option<u64>,
    correlated: bool,
) -> Result<Vec<Block>, Stop> {
    let (mut waiting, mut sound) = (vec![whole], Vec::new());
    let mut cut = correlated;
    while let Some(block) = waiting.pop() {
        let Some(witness) = block
            .combinations()
            .find(|one| knowledge.accepted.contains(one))
        else {
            // Nothing of it was seen accepted: the proof of completeness will say.
            continue;
        };
        match refused_one(oracle, knowledge, &block, &witness, cut, more).await? {
            None => sound.push(block),
            Some(refused) => {
                cut = true;
                waiting.extend(split(oracle, knowledge, &block, witness, refused).await?);
            }
        }
    }
    Ok(merge(sound))
}

/// Asks combinations of a box until one is refused.
async fn refused_one(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    block: &Block,
    witness: &Combination,
    correlated: bool,
    more: Option<u64>,
) -> Result<Option<Combination>, Stop> {
    if block.size() <= LARGEST_LISTED
        && let Some(known) = block
            .combinations()
            .find(|one| knowledge.of(one) == Some(false))
    {
        return Ok(Some(known));
    }
    for combination in checks(oracle, knowledge, block, witness, correlated, more) {
        if !is_accepted(oracle, knowledge, combination).await? {
            return Ok(Some(combination));
        }
    }
    Ok(None)
}

/// Which combinations to ask: all that are unknown in a small box, some in a large one.
fn checks(
    oracle: &Oracle,
    knowledge: &Knowledge,
    block: &Block,
    witness: &Combination,
    correlated: bool,
    more: Option<u64>,
) -> Vec<Combination> {
    let more = more.map(|more| usize::try_from(more).unwrap_or(usize::MAX));
    if block.size() <= LARGEST_LISTED {
        let unknown: Vec<Combination> = block
            .combinations()
            .filter(|one| knowledge.of(one).is_none())
            .collect();
        if unknown.len() <= more.unwrap_or(ALL_UNKNOWN) {
            return unknown;
        }
        let pairs = pairwise(knowledge, block, &unknown);
        if more.is_none() && (correlated || pairs.len() <= FEW_PAIRS) {
            return pairs;
        }
    }
    let far = far(knowledge, block, witness);
    let count = match (correlated, more) {
        (true, _) => CHECKS_CORRELATED,
        (_, Some(more)) => more,
        _ if block.size() > LARGE => CHECKS_LARGE,
        _ => CHECKS.saturating_sub(far.len()),
    };
    let mut chosen: Vec<Combination> = Vec::new();
    if block.size() <= LARGE {
        chosen.extend(covering(oracle, knowledge, block, witness, &far));
    }
    let mut seen: HashSet<Combination> = chosen.iter().copied().collect();
    for _ in 0..count * 8 {
        if chosen.len() >= count {
            break;
        }
        let one = away(oracle, block, witness, &[]);
        if knowledge.of(&one).is_none() && seen.insert(one) {
            chosen.push(one);
        }
    }
    chosen
}

/// Combinations such that every two values of the box stand together in one, seen already or to be asked. Two boxes that
/// together look like one have two values that stand together in neither.
fn pairwise(knowledge: &Knowledge, block: &Block, unknown: &[Combination]) -> Vec<Combination> {
    let seen = knowledge.accepted.iter().filter(|one| block.contains(one));
    let mut covered: HashSet<[(usize, Algorithm); 2]> = seen.flat_map(pairs).collect();
    let mut chosen = Vec::new();
    while chosen.len() < CHECKS_CORRELATED {
        let news = |one: &&Combination| pairs(one).filter(|pair| !covered.contains(pair)).count();
        let Some(best) = unknown.iter().rev().max_by_key(news).copied() else {
            break;
        };
        if news(&&best) == 0 {
            break;
        }
        covered.extend(pairs(&best));
        chosen.push(best);
    }
    chosen
}

/// Every two values that stand together in a combination, with their kinds.
fn pairs(one: &Combination) -> impl Iterator<Item = [(usize, Algorithm); 2]> {
    let values: Vec<(usize, Algorithm)> = one.iter().copied().enumerate().collect();
    let firsts = values.clone().into_iter().enumerate();
    firsts.flat_map(move |(place, first)| {
        let others: Vec<_> = values.iter().skip(place + 1).copied().collect();
        others.into_iter().map(move |second| [first, second])
    })
}

/// Combinations such that every value is in one that is far from the witness, seen already or to be asked. Groups count
/// when there are few of them: where there are many, they are a list of everything that an implementation has.
fn covering(
    oracle: &Oracle,
    knowledge: &Knowledge,
    block: &Block,
    witness: &Combination,
    far: &[Combination],
) -> Vec<Combination> {
    let mut missing: Vec<(usize, Axis, Algorithm)> = Vec::new();
    for (place, axis) in Axis::ALL.into_iter().enumerate() {
        let values = block.axis(axis);
        if axis == Axis::KeyExchange && values.len() > FEW_GROUPS {
            continue;
        }
        let seen = |value: &Algorithm| far.iter().any(|one| one.get(place) == Some(value));
        let new = values
            .iter()
            .filter(|value| witness.get(place) != Some(value) && !seen(value));
        missing.extend(new.map(|value| (place, axis, *value)));
    }
    let mut chosen = Vec::new();
    while !missing.is_empty() {
        let mut wanted: Vec<(Axis, Algorithm)> = Vec::new();
        for (_, axis, value) in &missing {
            if wanted.iter().all(|(other, _)| other != axis) {
                wanted.push((*axis, *value));
            }
        }
        missing.retain(|(_, axis, value)| !wanted.contains(&(*axis, *value)));
        let one = away(oracle, block, witness, &wanted);
        if knowledge.of(&one) != Some(true) {
            chosen.push(one);
        }
    }
    chosen
}

/// A combination with these values, and elsewhere any that is not the witness's where there is one.
fn away(
    oracle: &Oracle,
    block: &Block,
    witness: &Combination,
    wanted: &[(Axis, Algorithm)],
) -> Combination {
    let mut one = *witness;
    for (place, axis) in Axis::ALL.into_iter().enumerate() {
        let others: Vec<Algorithm> = block
            .axis(axis)
            .iter()
            .copied()
            .filter(|value| witness.get(place) != Some(value))
            .collect();
        let asked = wanted
            .iter()
            .find(|(other, _)| *other == axis)
            .map(|(_, value)| *value);
        let any = || {
            others
                .get(oracle.dialogue.random().below(others.len()))
                .copied()
        };
        if let Some(value) = asked.or_else(any) {
            one = with(one, axis, value);
        }
    }
    one
}

/// Combinations of a box seen accepted that differ from the witness wherever the box lets them: each is a check already.
fn far(knowledge: &Knowledge, block: &Block, witness: &Combination) -> Vec<Combination> {
    let differs = |one: &&Combination| {
        let mut places = block.axes.iter().zip(one.iter().zip(witness));
        places.all(|(values, (own, other))| values.len() == 1 || own != other)
    };
    let inside = knowledge.accepted.iter().filter(|one| block.contains(one));
    inside.filter(differs).copied().collect()
}

/// Asks one combination, unless it is known.
pub(crate) async fn is_accepted(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    combination: Combination,
) -> Result<bool, Stop> {
    if let Some(known) = knowledge.of(&combination) {
        return Ok(known);
    }
    let proposals = [Block::single(&combination)];
    let accepted = oracle.ask(&proposals).await?.is_some();
    match accepted {
        true => {
            knowledge.accept(combination);
        }
        false => knowledge.refuse(&proposals),
    }
    Ok(accepted)
}

/// Cuts a box in two: on the way from an accepted combination to a refused one, at the first change that is refused, by
/// which values are accepted there.
async fn split(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    block: &Block,
    accepted: Combination,
    refused: Combination,
) -> Result<Vec<Block>, Stop> {
    let mut place = accepted;
    // What was seen accepted least often comes last, for the cut is made there.
    let mut steps: Vec<(Axis, Algorithm)> = Axis::ALL.into_iter().zip(refused).collect();
    steps.sort_by_key(|(axis, wanted)| {
        let seen = knowledge.accepted.iter();
        let with_it =
            seen.filter(|one| block.contains(one) && with(**one, *axis, *wanted) == **one);
        std::cmp::Reverse(with_it.count())
    });
    for (axis, wanted) in steps {
        let next = with(place, axis, wanted);
        if next == place {
            continue;
        }
        if is_accepted(oracle, knowledge, next).await? {
            place = next;
            continue;
        }
        let (mut with_it, mut without) = (Vec::new(), Vec::new());
        for value in block.axis(axis) {
            match is_accepted(oracle, knowledge, with(place, axis, *value)).await? {
                true => with_it.push(*value),
                false => without.push(*value),
            }
        }
        let parts = [with_it, without].map(|values| block.with(axis, values));
        return Ok(parts.into_iter().filter(|part| !part.is_empty()).collect());
    }
    // Every step was accepted, the refused one included: the peer answers differently from before.
    Err(Stop(crate::report::Outcome::Unstable))
}

/// Boxes that differ in one kind become one, and those within another go.
pub(crate) fn merge(mut boxes: Vec<Block>) -> Vec<Block> {
    loop {
        let pairs =
            (0..boxes.len()).flat_map(|one| (one + 1..boxes.len()).map(move |two| (one, two)));
        let joined = pairs.into_iter().find_map(|(one, two)| {
            let (first, second) = (boxes.get(one)?, boxes.get(two)?);
            join(first, second).map(|joined| (one, two, joined))
        });
        let Some((one, two, joined)) = joined else {
            return boxes;
        };
        boxes.remove(two);
        if let Some(place) = boxes.get_mut(one) {
            *place = joined;
        }
    }
}

fn join(first: &Block, second: &Block) -> Option<Block> {
    if first.additional != second.additional {
        return None;
    }
    if first.covers(second) {
        return Some(first.clone());
    }
    if second.covers(first) {
        return Some(second.clone());
    }
    let same = |axis: Axis| {
        let (one, two) = (first.axis(axis), second.axis(axis));
        one.len() == two.len() && one.iter().all(|value| two.contains(value))
    };
    let mut differing = Axis::ALL.into_iter().filter(|axis| !same(*axis));
    let (axis, None) = (differing.next()?, differing.next()) else {
        return None;
    };
    let mut values = first.axis(axis).to_vec();
    values.extend(
        second
            .axis(axis)
            .iter()
            .filter(|value| !first.axis(axis).contains(value)),
    );
    Some(first.with(axis, values))
}

/// Boxes of which every combination is looked at.
const LARGEST_LISTED: usize = 20_000;
/// Unknown combinations that are all asked.
const ALL_UNKNOWN: usize = 2;
/// Checks of all pairs that are made where nothing speaks against the box.
const FEW_PAIRS: usize = 6;
/// Checks of a larger box.
const CHECKS: usize = 3;
/// Groups that somebody chose one by one.
const FEW_GROUPS: usize = 6;
/// Combinations from which on a box is large.
const LARGE: usize = 400;
const CHECKS_LARGE: usize = 8;
const CHECKS_CORRELATED: usize = 24;
