//! Whose order decides, and what it is.

use crate::config::Depth;

use super::algorithm::{Algorithm, Axis};
use super::block::{Block, Combination};
use super::knowledge::Knowledge;
use super::oracle::{Hit, Oracle, Stop, computable};
use super::report::Chooses;
use super::strategy::first_question;

/// Finds out whose order decides, and the peer's own where that costs little.
pub(crate) async fn determine(oracle: &mut Oracle, knowledge: &Knowledge) -> Result<(), Stop> {
    if knowledge.boxes.is_empty() {
        return Ok(());
    }
    let chooses = whose(oracle, knowledge).await?;
    oracle.report.borrow_mut().chooses = chooses;
    match chooses {
        Chooses::InitiatorOrder => Ok(()),
        Chooses::OwnOrder | Chooses::Unknown => own_order(oracle, knowledge, chooses).await,
    }
}

/// A peer that did not choose what stood first follows its own order; otherwise one question with the order turned round
/// tells.
async fn whose(oracle: &mut Oracle, knowledge: &Knowledge) -> Result<Chooses, Stop> {
    if oracle.is_stateful() {
        oracle.not_determined("whose order decides");
        return Ok(Chooses::Unknown);
    }
    if oracle.departs_from_our_order(&knowledge.boxes) {
        return Ok(Chooses::OwnOrder);
    }
    let sequence = oracle.sequence.clone();
    let Some((block, highest)) = knowledge.boxes.iter().find_map(|block| {
        let groups = block.axis(Axis::KeyExchange);
        let highest = groups.iter().max().filter(|_| groups.len() > 1)?;
        Some((block, *highest))
    }) else {
        return match by_favourite(oracle, knowledge).await? {
            Some(chooses) => Ok(chooses),
            None => by_boxes(oracle, knowledge).await,
        };
    };
    let mut turned = block.axis(Axis::KeyExchange).to_vec();
    turned.sort_unstable_by(|one, other| other.cmp(one));
    let Some(one) = block.combinations().next() else {
        return Ok(Chooses::Unknown);
    };
    let question = [Block::single(&one).with(Axis::KeyExchange, turned)];
    let named = oracle.ask(&question).await?.map(|hit| hit.group);
    // The highest group may be the peer's own favourite too; then it was named first before.
    Ok(match named {
        Some(named) if named == highest && sequence.first() != Some(&highest) => {
            Chooses::InitiatorOrder
        }
        Some(_) => Chooses::OwnOrder,
        None => Chooses::Unknown,
    })
}

/// With one group a box, another kind: what stood first of it in the first question was chosen; what is, when the order is
/// turned round?
async fn by_favourite(oracle: &mut Oracle, knowledge: &Knowledge) -> Result<Option<Chooses>, Stop> {
    let Some(favourite) = oracle.favourite else {
        return Ok(None);
    };
    let boxes = knowledge
        .boxes
        .iter()
        .filter(|block| block.contains(&favourite));
    let first = first_question();
    for block in boxes {
        for (place, axis) in Axis::ALL.into_iter().enumerate() {
            let values = block.axis(axis);
            let Some(offered) = first.iter().find(|first| {
                values.len() > 1 && values.iter().all(|value| first.axis(axis).contains(value))
            }) else {
                continue;
            };
            let mut order = offered.axis(axis).to_vec();
            order.retain(|value| values.contains(value));
            let chosen = favourite.get(place).copied();
            order.reverse();
            let turned = block.with(axis, order.clone());
            let hit = oracle.shake_hands(&[turned], group(&favourite)).await?;
            let again = hit
                .and_then(|hit| hit.choice)
                .and_then(|one| one.get(place).copied());
            return Ok(match again {
                Some(again) if Some(again) == chosen => Some(Chooses::OwnOrder),
                Some(again) if order.first() == Some(&again) => Some(Chooses::InitiatorOrder),
                _ => None,
            });
        }
    }
    Ok(None)
}

/// With one group a box, combinations of several boxes in both orders.
async fn by_boxes(oracle: &mut Oracle, knowledge: &Knowledge) -> Result<Chooses, Stop> {
    let favourites = tagged(&knowledge.boxes);
    let [first, .., last] = favourites.as_slice() else {
        oracle.not_determined("whose order decides: no two groups to choose from");
        return Ok(Chooses::Unknown);
    };
    let mut named = Vec::new();
    for pair in [[first, last], [last, first]] {
        let question = pair.map(Block::single);
        named.push(oracle.ask(&question).await?.map(|hit| hit.group));
    }
    Ok(match named.as_slice() {
        [Some(one), Some(two)] if one == two => Chooses::OwnOrder,
        [Some(_), Some(_)] => Chooses::InitiatorOrder,
        _ => Chooses::Unknown,
    })
}

/// One combination of each box, if no two have the same group.
fn tagged(boxes: &[Block]) -> Vec<Combination> {
    let mut chosen: Vec<Combination> = Vec::new();
    for block in boxes {
        let new = block
            .combinations()
            .find(|one| chosen.iter().all(|other| group(one) != group(other)));
        chosen.extend(new);
    }
    match chosen.len() == boxes.len() {
        true => chosen,
        false => Vec::new(),
    }
}

fn group(combination: &Combination) -> Algorithm {
    let [.., group] = combination;
    *group
}

/// The peer's order of each kind.
async fn own_order(
    oracle: &mut Oracle,
    knowledge: &Knowledge,
    chooses: Chooses,
) -> Result<(), Stop> {
    for axis in Axis::ALL {
        let order = order_of(oracle, knowledge, axis, chooses).await?;
        let names = order.map(|list| list.iter().map(|value| axis.name(*value)).collect());
        let preference = &mut oracle.report.borrow_mut().preference;
        match axis {
            Axis::Encryption => preference.encr = names,
            Axis::Prf => preference.prf = names,
            Axis::Integrity => preference.integ = names,
            Axis::KeyExchange => preference.ke = names,
        }
    }
    Ok(())
}

async fn order_of(
    oracle: &mut Oracle,
    knowledge: &Knowledge,
    axis: Axis,
    chooses: Chooses,
) -> Result<Option<Vec<Algorithm>>, Stop> {
    let values = all_values(&knowledge.boxes, axis);
    if values.len() <= 1 {
        return Ok(Some(values).filter(|values| !values.is_empty()));
    }
    if chooses != Chooses::OwnOrder {
        return Ok(None);
    }
    let sequence = &oracle.sequence;
    if axis == Axis::KeyExchange && values.iter().all(|value| sequence.contains(value)) {
        return Ok(Some(sequence.clone()));
    }
    match across_boxes(oracle, &knowledge.boxes, axis).await? {
        Some(order) => Ok(Some(order)),
        None => by_elimination(oracle, &knowledge.boxes, axis, values.len()).await,
    }
}

/// All values of one kind, without NONE.
fn all_values(boxes: &[Block], axis: Axis) -> Vec<Algorithm> {
    let mut values = Vec::new();
    for value in boxes.iter().flat_map(|block| block.axis(axis)) {
        if !values.contains(value) && (axis != Axis::Integrity || *value != Algorithm::NONE) {
            values.push(*value);
        }
    }
    values
}

/// What the peer chooses of everything that it accepts, then what it chooses without that, and so on: a question a place
/// for groups, a handshake for the others.
async fn by_elimination(
    oracle: &mut Oracle,
    boxes: &[Block],
    axis: Axis,
    values: usize,
) -> Result<Option<Vec<Algorithm>>, Stop> {
    let full = oracle.config.depth == Depth::Full;
    let each = if axis == Axis::KeyExchange { 1 } else { 3 };
    let datagrams = u64::try_from(values.saturating_mul(each)).unwrap_or(u64::MAX);
    let cheap = values <= LONGEST_ORDER && oracle.sent().saturating_add(datagrams) <= CHEAP;
    if values > LONGEST_FULL_ORDER || !(full || cheap) {
        let how = match full || values > LONGEST_FULL_ORDER {
            true => "",
            false => "; --full asks",
        };
        oracle.not_determined(&format!("the order of {values} values: {axis}{how}"));
        return Ok(None);
    }
    let place = Axis::ALL
        .iter()
        .position(|other| *other == axis)
        .unwrap_or_default();
    let mut left = boxes.to_vec();
    let mut order: Vec<Algorithm> = Vec::new();
    // Everything was offered once already: the first place is known.
    let offered = first_question();
    let all_offered = boxes.iter().all(|block| {
        let whole = |offer: &Block| {
            let mut values = block.axis(axis).iter();
            values.all(|value| offer.axis(axis).contains(value))
        };
        offered
            .iter()
            .any(|offer| offer.overlaps(block) && whole(offer))
    });
    let mut chosen = oracle.favourite.filter(|_| all_offered);
    let mut likely = oracle.favourite.map(|choice| group(&choice));
    loop {
        let choice = match chosen.take() {
            Some(choice) => Some(choice),
            None => choice_of(oracle, &left, axis, likely).await?,
        };
        likely = choice.as_ref().map(group);
        let choice = choice.and_then(|choice| choice.get(place).copied());
        let Some(choice) = choice.filter(|choice| !order.contains(choice)) else {
            return Ok(None);
        };
        if choice != Algorithm::NONE {
            order.push(choice);
        }
        for block in &mut left {
            block.axis_mut(axis).retain(|value| *value != choice);
        }
        left.retain(|block| !block.is_empty());
        let rest = all_values(&left, axis);
        if rest.len() <= 1 {
            order.extend(rest);
            return Ok(Some(order));
        }
    }
}

/// What the peer chooses of an offer; of groups that is all that counts. `likely` is a group that it may choose.
async fn choice_of(
    oracle: &mut Oracle,
    offer: &[Block],
    axis: Axis,
    likely: Option<Algorithm>,
) -> Result<Option<Combination>, Stop> {
    let length = offer.iter().map(Block::wire_len).sum::<usize>();
    if length > oracle.room() {
        return Ok(None);
    }
    let groups = all_values(offer, Axis::KeyExchange);
    let likely = likely.filter(|group| {
        let room = oracle.room_beside(*group);
        axis != Axis::KeyExchange && groups.contains(group) && room >= Some(length)
    });
    let hit = match (groups.as_slice(), likely) {
        ([only], _) => return shaken(oracle, offer, *only).await,
        (_, Some(likely)) => oracle.ask_with(offer, likely).await?,
        (_, None) => oracle.ask(offer).await?,
    };
    Ok(match hit {
        Some(Hit { group, .. }) if axis == Axis::KeyExchange => Some([group; 4]),
        Some(Hit {
            choice: Some(choice),
            ..
        }) => Some(choice),
        Some(Hit { group, .. }) => shaken(oracle, offer, group).await?,
        None => None,
    })
}

/// What the peer chooses of an offer with this group.
async fn shaken(
    oracle: &mut Oracle,
    offer: &[Block],
    group: Algorithm,
) -> Result<Option<Combination>, Stop> {
    if !computable(group) {
        return Ok(None);
    }
    let hit = oracle.shake_hands(offer, group).await?;
    Ok(hit.and_then(|hit| hit.choice))
}

/// Boxes of one value each: the peer names the group of the one it likes best, then of the next.
async fn across_boxes(
    oracle: &mut Oracle,
    boxes: &[Block],
    axis: Axis,
) -> Result<Option<Vec<Algorithm>>, Stop> {
    if !(2..=LONGEST_ORDER).contains(&boxes.len())
        || boxes.iter().any(|block| block.axis(axis).len() > 1)
    {
        return Ok(None);
    }
    if oracle.ranked.is_empty() {
        let mut left = tagged(boxes);
        let questions = u64::try_from(left.len()).unwrap_or(u64::MAX);
        let full = oracle.config.depth == Depth::Full;
        if !full && oracle.sent().saturating_add(questions) > CHEAP {
            oracle.not_determined("the order of the proposals; --full asks");
            return Ok(None);
        }
        while left.len() > 1 {
            let question: Vec<Block> = left.iter().map(Block::single).collect();
            let Some(hit) = oracle.ask(&question).await? else {
                return Ok(None);
            };
            let best = left.iter().position(|one| group(one) == hit.group);
            oracle.ranked.extend(best.map(|best| left.remove(best)));
            if best.is_none() {
                return Ok(None);
            }
        }
        oracle.ranked.append(&mut left);
    }
    let place = Axis::ALL
        .iter()
        .position(|other| *other == axis)
        .unwrap_or_default();
    let mut order: Vec<Algorithm> = Vec::new();
    for value in oracle.ranked.iter().filter_map(|one| one.get(place)) {
        if !order.contains(value) && *value != Algorithm::NONE {
            order.push(*value);
        }
    }
    Ok(Some(order).filter(|order| !order.is_empty()))
}

/// Places of an order that are worth a handshake or a question each.
const LONGEST_ORDER: usize = 4;
/// Datagrams that an enumeration may have taken with the order of one kind, unless everything is to be asked.
const CHEAP: u64 = 28;
/// Places where everything is asked.
const LONGEST_FULL_ORDER: usize = 16;
