//! Additional key exchanges (RFC 9370): what a peer accepts of proposals with the transform types 6 to 12.
//!
//! They stand in proposals of their own: a peer that does not know the types refuses the whole proposal. A group that the
//! peer does not want is told before anything else is looked at, so that these questions leave no state either.

use crate::config::Depth;

use super::algorithm::{Algorithm, Axis};
use super::block::{Block, Combination};
use super::describe;
use super::knowledge::Knowledge;
use super::oracle::{Oracle, Stop, computable};
use super::strategy::{prove, settle};

/// Finds boxes with additional key exchanges, and adds them to those without.
pub(crate) async fn determine(oracle: &mut Oracle, plain: &mut Knowledge) -> Result<(), Stop> {
    let depth = oracle.config.depth;
    oracle.not_determined(match depth {
        Depth::Full => "additional key exchanges: more than three, or not ML-KEM behind the first",
        _ => "additional key exchanges together with uncommon algorithms, more than three of them, or not ML-KEM behind the first",
    });
    let mut pending = vec![offered(true, depth), offered(false, depth)];
    for _ in 0..MOST {
        let questions = oracle.questions(&pending);
        let mut found = None;
        for question in questions {
            if let Some(hit) = oracle.ask(&question).await? {
                found = Some((question, hit));
                break;
            }
        }
        let Some((question, hit)) = found else {
            return Ok(());
        };
        let choice = match hit.choice {
            Some(choice) => Some(choice),
            None if computable(hit.group) => oracle
                .shake_hands(&question, hit.group)
                .await?
                .and_then(|hit| hit.choice),
            None => None,
        };
        let chosen = std::mem::take(&mut oracle.additional);
        let (Some(choice), false) = (choice, chosen.is_empty()) else {
            oracle.not_determined(
                "which additional key exchanges are accepted: the peer did not tell what it chose",
            );
            return Ok(());
        };
        let lists = alternatives(oracle, choice, &chosen).await?;
        let boxes = with_fixed(oracle, plain, choice, &chosen).await?;
        for mut block in boxes {
            pending = pending
                .iter()
                .flat_map(|left| rest(left, &block, &lists))
                .collect();
            block.additional.clone_from(&lists);
            plain.boxes.push(block);
        }
        describe::policy(oracle, plain);
    }
    oracle.not_determined("more combinations of additional key exchanges");
    Ok(())
}

/// What one to three additional key exchanges are offered with: everything, or what is common and fits one question.
fn offered(combined: bool, depth: Depth) -> Block {
    let optional = [&[Algorithm::NONE], ML_KEM.map(Algorithm::new).as_slice()].concat();
    let mut block = Block {
        additional: vec![methods(depth), optional.clone(), optional],
        ..Block::universe(combined)
    };
    if depth != Depth::Full {
        for (axis, common) in Axis::ALL.into_iter().zip(COMMON) {
            let kept = |value: &Algorithm| *value == Algorithm::NONE || common.contains(&value.id);
            block.axis_mut(axis).retain(kept);
        }
    }
    block
}

/// Methods for an additional key exchange, those that were made for this place first.
fn methods(depth: Depth) -> Vec<Algorithm> {
    let mut methods = Axis::KeyExchange.universe(true);
    methods.retain(|method| depth == Depth::Full || ADDITIONAL.contains(&method.id));
    methods.sort_by_key(|method| !ML_KEM.contains(&method.id));
    methods
}

/// What else each place takes, with everything else as it was chosen.
async fn alternatives(
    oracle: &mut Oracle,
    choice: Combination,
    chosen: &[Algorithm],
) -> Result<Vec<Vec<Algorithm>>, Stop> {
    let [.., group] = choice;
    let methods = methods(oracle.config.depth);
    let mut lists: Vec<Vec<Algorithm>> = chosen.iter().map(|value| vec![*value]).collect();
    for place in 0..lists.len() {
        for _ in 0..methods.len() {
            let known = lists.get(place).cloned().unwrap_or_default();
            let mut block = Block::single(&choice);
            block.additional = chosen.iter().map(|value| vec![*value]).collect();
            if let Some(slot) = block.additional.get_mut(place) {
                *slot = methods
                    .iter()
                    .copied()
                    .filter(|value| !known.contains(value))
                    .collect();
            }
            let question = [block];
            if oracle.ask(&question).await?.is_none() {
                break;
            }
            oracle.additional.clear();
            oracle.shake_hands(&question, group).await?;
            let Some(value) = oracle.additional.get(place).copied() else {
                break;
            };
            if let Some(list) = lists.get_mut(place) {
                list.push(value);
            }
        }
    }
    oracle.additional.clear();
    Ok(lists)
}

/// Everything that is accepted with these additional key exchanges.
async fn with_fixed(
    oracle: &mut Oracle,
    plain: &mut Knowledge,
    choice: Combination,
    chosen: &[Algorithm],
) -> Result<Vec<Block>, Stop> {
    let mut knowledge = Knowledge::default();
    oracle.fixed_additional = chosen.iter().map(|value| vec![*value]).collect();
    let result = match settle(oracle, &mut knowledge, choice).await {
        Ok(()) => prove(oracle, &mut knowledge, &[true, false].map(Block::universe)).await,
        stopped => stopped,
    };
    oracle.fixed_additional.clear();
    oracle.additional.clear();
    plain.accepted.extend(knowledge.accepted);
    result?;
    Ok(knowledge.boxes)
}

/// What is left of a question without a box: other main algorithms, or another first additional key exchange.
fn rest(question: &Block, block: &Block, lists: &[Vec<Algorithm>]) -> Vec<Block> {
    let mut left = question.without(block);
    let mut inside = question.clone();
    for axis in Axis::ALL {
        inside
            .axis_mut(axis)
            .retain(|value| block.axis(axis).contains(value));
    }
    if let (Some(first), Some(known)) = (inside.additional.first_mut(), lists.first()) {
        first.retain(|value| !known.contains(value));
    }
    if !inside.is_empty()
        && inside
            .additional
            .first()
            .is_some_and(|list| !list.is_empty())
    {
        left.push(inside);
    }
    left
}

/// Algorithms of each kind that are offered with additional key exchanges, unless all are.
const COMMON: [&[u16]; 4] = [
    &[12, 13, 16, 19, 20, 28],
    &[2, 4, 5, 6, 7, 8],
    &[2, 5, 8, 12, 13, 14],
    &[2, 14, 15, 16, 19, 20, 21, 31, 32, 35, 36, 37],
];
/// Additional key exchanges that are offered then.
const ADDITIONAL: [u16; 11] = [35, 36, 37, 14, 15, 16, 19, 20, 21, 31, 32];
/// ML-KEM-512, -768, -1024.
const ML_KEM: [u16; 3] = [35, 36, 37];
/// Boxes with additional key exchanges in one report.
const MOST: usize = 4;
