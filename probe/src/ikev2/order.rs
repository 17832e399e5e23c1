//! Whose order decides, and what it is.

use super::algorithm::{Algorithm, Axis};
use super::block::Block;
use super::knowledge::Knowledge;
use super::oracle::{Oracle, Stop};
use super::report::Chooses;

/// Asks the same two groups in both orders.
pub(crate) async fn determine(oracle: &mut Oracle, knowledge: &Knowledge) -> Result<(), Stop> {
    let Some(block) = knowledge
        .boxes
        .iter()
        .max_by_key(|block| block.axis(Axis::KeyExchange).len())
    else {
        return Ok(());
    };
    let groups = block.axis(Axis::KeyExchange);
    let (Some(first), Some(last)) = (groups.first().copied(), groups.last().copied()) else {
        return Ok(());
    };
    if first == last || oracle.is_stateful() {
        oracle.not_determined("whose order decides: there is nothing to choose between groups");
        return Ok(());
    }
    let Some(one) = block.combinations().next() else {
        return Ok(());
    };
    let mut named = Vec::new();
    for order in [vec![last, first], vec![first, last]] {
        let question = [Block::single(&one).with(Axis::KeyExchange, order)];
        named.extend(oracle.ask(&question).await?.map(|hit| hit.group));
    }
    let chooses = match named.as_slice() {
        [one, two] if *one == last && *two == first => Chooses::InitiatorOrder,
        [one, two] if one == two => Chooses::OwnOrder,
        _ => Chooses::Unknown,
    };
    let mut report = oracle.report.borrow_mut();
    report.chooses = chooses;
    if chooses == Chooses::OwnOrder {
        let names = |axis: Axis| {
            let list: Vec<Algorithm> = block.axis(axis).to_vec();
            list.iter()
                .map(|value| axis.name(*value))
                .collect::<Vec<_>>()
        };
        if knowledge.boxes.len() == 1 {
            report.preference.ke = Some(names(Axis::KeyExchange));
        }
    }
    Ok(())
}
