//! The strategy of IKEv2.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::LazyLock;

use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;

use crate::config::{Config, Depth};
use crate::dialogue::Dialogue;
use crate::report::Outcome;

use super::algorithm::{Algorithm, Axis};
use super::block::{Block, Combination};
use super::describe;
use super::grow::{by_likelihood, grow};
use super::knowledge::Knowledge;
use super::message::InitAnswer;
use super::oracle::{Hit, Oracle, Stop, computable};
use super::refine::{merge, refine};
use super::report::Ikev2Report;
use super::{asides, hybrid, order};

/// Asks what IKEv2 accepts.
pub async fn ask(dialogue: Dialogue, config: Config, report: Rc<RefCell<Ikev2Report>>) {
    let mut oracle = Oracle::new(dialogue, config, Rc::clone(&report));
    let mut knowledge = Knowledge::default();
    let only = oracle.config.ikev2_only.clone();
    let result = match (only, oracle.config.depth) {
        (Some(offer), _) => asides::one_offer(&mut oracle, &mut knowledge, &offer.proposals).await,
        (None, Depth::Quick) => asides::quick(&mut oracle, &mut knowledge).await,
        (None, _) => everything(&mut oracle, &mut knowledge).await,
    };
    let accepted = !knowledge.accepted.is_empty();
    let outcome = match result {
        Ok(()) if accepted => Outcome::Accepted,
        Ok(()) => Outcome::Refused,
        Err(Stop(outcome)) => {
            report.borrow_mut().complete = false;
            if report.borrow().answers {
                oracle.not_determined(
                    "whatever was not asked before the peer stopped answering as before",
                );
            }
            outcome
        }
    };
    oracle.note_announced();
    let mut report = report.borrow_mut();
    report.outcome = outcome;
    report.packets_sent = oracle.sent();
    report.half_open_left = oracle.dialogue.half_open();
}

/// What the first question brought.
#[derive(Debug)]
enum First {
    /// A combination is accepted.
    Accepted(Combination),
    /// Something is accepted; what, will be found out without a handshake.
    Hit,
    /// Nothing of it is accepted, as far as the peer can be believed.
    Refused,
}

/// Everything that is accepted, with a proof that nothing else is.
async fn everything(oracle: &mut Oracle, knowledge: &mut Knowledge) -> Result<(), Stop> {
    let first = first_question();
    let universe = [true, false].map(Block::universe);
    match first_contact(oracle, first).await? {
        First::Accepted(witness) => {
            oracle.favourite = Some(witness);
            begin(oracle, knowledge, witness).await?;
        }
        First::Hit => {}
        First::Refused => knowledge.refuse(first),
    }
    prove(oracle, knowledge, &universe).await?;
    if knowledge.boxes.is_empty()
        && let Some(witness) = second_look(oracle, first).await?
    {
        // What was refused before was refused for another reason.
        begin(oracle, knowledge, witness).await?;
        prove(oracle, knowledge, &universe).await?;
    }
    verify(oracle, knowledge).await?;
    if oracle.contradicted(knowledge) {
        oracle.note(CONTRADICTED);
        return Err(Stop(Outcome::Unstable));
    }
    note_inferred(oracle, knowledge);
    let plain = knowledge.boxes.len();
    hybrid::determine(oracle, knowledge).await?;
    oracle.report.borrow_mut().complete = oracle.unanswered == 0;
    knowledge.boxes.truncate(plain);
    order::determine(oracle, knowledge).await?;
    asides::versions(oracle).await?;
    Ok(())
}

/// A peer that refuses everything may read the first proposal only, or refuse a key exchange that it does not want without
/// a word about the one it wants: each proposal alone, with the groups that are most often accepted.
async fn second_look(oracle: &mut Oracle, first: &[Block]) -> Result<Option<Combination>, Stop> {
    if oracle.names_groups {
        return Ok(None);
    }
    for block in first.iter().rev() {
        for group in COMMON_GROUPS.map(Algorithm::new) {
            let hit = oracle
                .shake_hands(std::slice::from_ref(block), group)
                .await?;
            let choice = match hit {
                Some(Hit {
                    choice: Some(choice),
                    ..
                }) => Some(choice),
                Some(Hit {
                    group,
                    choice: None,
                }) => {
                    let hit = oracle
                        .shake_hands(std::slice::from_ref(block), group)
                        .await?;
                    hit.and_then(|hit| hit.choice)
                }
                None => None,
            };
            if choice.is_some() {
                return Ok(choice);
            }
        }
    }
    Ok(None)
}

/// Asks whatever is left of these until all of it is refused: that is the proof. What is accepted is settled.
pub(crate) async fn prove(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    scope: &[Block],
) -> Result<(), Stop> {
    let mut pending = knowledge.open(scope);
    loop {
        if let Some(witness) = knowledge.outside(scope) {
            settle(oracle, knowledge, witness).await?;
            pending = knowledge.open(scope);
            continue;
        }
        let mut questions = oracle.questions(&pending).into_iter();
        let Some(question) = questions.next() else {
            return Ok(());
        };
        let hit = match likely(oracle, &question) {
            Some(group) => oracle.ask_with(&question, group).await?,
            None => oracle.ask(&question).await?,
        };
        let Some(hit) = hit else {
            knowledge.refuse(&question);
            pending = questions.flatten().collect();
            continue;
        };
        let Some(witness) = witness(oracle, knowledge, &question, &hit).await? else {
            continue;
        };
        settle(oracle, knowledge, witness).await?;
        pending = knowledge.open(scope);
    }
}

/// A group with which what is left of a policy is likely to be accepted, where its public value is no longer than another:
/// the one that was chosen of everything, or else the most common one. Who chooses it tells the whole combination at once.
fn likely(oracle: &Oracle, question: &[Block]) -> Option<Algorithm> {
    let [.., chosen] = oracle
        .favourite
        .filter(|_| oracle.fixed_additional.is_empty())?;
    let length: usize = question.iter().map(Block::wire_len).sum();
    let offered = |group: &Algorithm| {
        let lists = || question.iter().map(|block| block.axis(Axis::KeyExchange));
        lists().any(|list| list.contains(group)) && oracle.room_beside(*group) >= Some(length)
    };
    [chosen, Algorithm::new(KeyExchangeMethod::ECP_256.0)]
        .into_iter()
        .find(offered)
}

/// More checks of what is inferred, as long as the whole stays cheap. A box that does not stand is cut, and what falls off
/// is asked again.
async fn verify(oracle: &mut Oracle, knowledge: &mut Knowledge) -> Result<(), Stop> {
    let mut unverified = std::mem::take(&mut knowledge.boxes);
    // Only what was seen counts while the boxes are in question.
    unverified.sort_by_key(Block::size);
    let mut sound: Vec<Block> = Vec::new();
    let began = oracle.sent();
    while let Some(block) = unverified.pop() {
        let others = unverified.iter().chain(&sound);
        let correlated = others.into_iter().any(|other| same_family(other, &block));
        let spare = match correlated && began > INVOLVED {
            true => CHECKS_INVOLVED,
            false => CHEAP.saturating_sub(oracle.sent()),
        };
        let left = u64::try_from(unverified.len()).unwrap_or(u64::MAX);
        let share = spare / left.saturating_add(1);
        let parts = refine(oracle, knowledge, block.clone(), Some(share), correlated).await?;
        if let [whole] = parts.as_slice()
            && whole.covers(&block)
        {
            sound.push(block);
            continue;
        }
        knowledge.boxes = parts;
        knowledge.boxes.append(&mut sound);
        knowledge.boxes.append(&mut unverified);
        prove(oracle, knowledge, &[block]).await?;
        unverified = std::mem::take(&mut knowledge.boxes);
        unverified.sort_by_key(Block::size);
    }
    knowledge.boxes = merge(sound);
    describe::policy(oracle, knowledge);
    ask_again(oracle, knowledge).await
}

/// One combination of each box once more, where the whole stays cheap or is not cheap anyway.
async fn ask_again(oracle: &mut Oracle, knowledge: &Knowledge) -> Result<(), Stop> {
    let boxes = knowledge.boxes.iter().rev();
    let seen = |block: &Block| {
        let known = knowledge.accepted.iter();
        known.filter(|one| block.contains(one)).max().copied()
    };
    let several = knowledge.boxes.len() > 1 && !oracle.is_stateful();
    for one in boxes.filter_map(seen).filter(|_| several) {
        if (CHEAP..INVOLVED).contains(&oracle.sent()) {
            break;
        }
        // A refusal contradicts what was accepted, which is looked at when everything was asked.
        oracle.ask(&[Block::single(&one)]).await?;
    }
    Ok(())
}

/// Says how much of the policy was seen itself: a box stands on its lines and on samples.
fn note_inferred(oracle: &Oracle, knowledge: &Knowledge) {
    let seen = |block: &Block| {
        let accepted = knowledge.accepted.iter();
        accepted.filter(|one| block.contains(one)).count()
    };
    let boxes = &knowledge.boxes;
    let (seen, all) = (
        boxes.iter().map(seen).sum::<usize>(),
        boxes.iter().map(Block::size).sum::<usize>(),
    );
    if seen < all {
        oracle.note(&format!(
            "{seen} of {all} accepted suites were seen accepted themselves; the others combine values that were, as samples of them showed"
        ));
    }
}

/// From one accepted combination to boxes.
pub(crate) async fn settle(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    witness: Combination,
) -> Result<(), Stop> {
    let assumed = most_groups(&knowledge.boxes);
    let whole = grow(oracle, knowledge, witness, &assumed).await?;
    let correlated = knowledge
        .boxes
        .iter()
        .any(|other| same_family(other, &whole));
    let mut boxes = refine(oracle, knowledge, whole, None, correlated).await?;
    if !boxes.iter().any(|block| block.contains(&witness)) {
        boxes.push(Block::single(&witness));
    }
    knowledge.boxes.append(&mut boxes);
    knowledge.boxes = merge(std::mem::take(&mut knowledge.boxes));
    describe::policy(oracle, knowledge);
    Ok(())
}

/// Whether both are of combined modes, or both are not.
fn same_family(one: &Block, other: &Block) -> bool {
    let combined = |block: &Block| block.axis(Axis::Integrity) == [Algorithm::NONE];
    combined(one) == combined(other)
}

/// The groups of the box that has the most.
fn most_groups(boxes: &[Block]) -> Vec<Algorithm> {
    let lists = boxes.iter().map(|block| block.axis(Axis::KeyExchange));
    lists
        .max_by_key(|list| list.len())
        .map(<[_]>::to_vec)
        .unwrap_or_default()
}

/// The first question goes with a decoy: where answers are lost on the way it leaves nothing at the peer.
async fn first_contact(oracle: &mut Oracle, question: &[Block]) -> Result<First, Stop> {
    let answer = match oracle.init(question, oracle.decoy(), true).await {
        Err(Stop(Outcome::Silent)) => small_contact(oracle).await?,
        other => other?,
    };
    if let InitAnswer::Other(_) = answer {
        return Err(Stop(Outcome::Silent));
    }
    Ok(match oracle.read(answer, question) {
        Some(Hit {
            choice: Some(choice),
            ..
        }) => First::Accepted(choice),
        Some(Hit { group, .. }) if computable(group) => {
            let hit = oracle.shake_hands(question, group).await?;
            let choice = hit.and_then(|hit| hit.choice);
            choice.map_or(First::Hit, First::Accepted)
        }
        Some(_) => First::Hit,
        None => First::Refused,
    })
}

/// A peer, or something before it, may drop long messages: the shortest one is asked before it counts as silent.
async fn small_contact(oracle: &mut Oracle) -> Result<InitAnswer, Stop> {
    let common = Block {
        axes: [
            vec![
                Algorithm {
                    id: 12,
                    key_bits: Some(256),
                },
                Algorithm {
                    id: 12,
                    key_bits: Some(128),
                },
            ],
            vec![Algorithm::new(5), Algorithm::new(2)],
            vec![Algorithm::new(12), Algorithm::new(2)],
            vec![Algorithm::new(14)],
        ],
        additional: Vec::new(),
    };
    let answer = oracle
        .init(&[common], KeyExchangeMethod::MODP_2048, true)
        .await?;
    oracle.note("a first question of 1,200 octets was not answered, a short one was");
    oracle.config.max_message = SHORT_MESSAGE;
    Ok(answer)
}

/// The first box. Its answers mostly show how the peer is to be asked; a peer that must be asked otherwise is asked anew.
async fn begin(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    witness: Combination,
) -> Result<(), Stop> {
    let [.., group] = witness;
    oracle.set_canary(witness);
    oracle.choose_decoy(&[group]);
    *knowledge = Knowledge::default();
    if oracle.names_groups {
        settle(oracle, knowledge, witness).await?;
    }
    if !(oracle.names_groups && oracle.reads_all_proposals) {
        calibrate(oracle, witness).await?;
        if oracle.one_proposal || oracle.is_stateful() || knowledge.boxes.is_empty() {
            *knowledge = Knowledge::default();
            settle(oracle, knowledge, witness).await?;
        }
    }
    Ok(())
}

/// Whether the decoy works on something that is accepted, and whether all proposals are read.
async fn calibrate(oracle: &mut Oracle, witness: Combination) -> Result<(), Stop> {
    let [.., group] = witness;
    let mut unlikely = witness;
    let [encr, ..] = &mut unlikely;
    // Nobody accepts triple IDEA, which has never been specified.
    *encr = Algorithm::new(8);
    // The first question once more behind it: two peers behind one address may answer differently.
    let unlikely = [Block::single(&unlikely)];
    let whole = [unlikely.as_slice(), first_question()].concat();
    let fits = oracle.questions(&whole).len() == 1 && oracle.favourite.is_some();
    let question = match fits {
        true => whole,
        false => [unlikely.as_slice(), &[Block::single(&witness)]].concat(),
    };
    if oracle.ask(&question).await?.is_some() && oracle.names_groups {
        oracle.reads_all_proposals = true;
        return Ok(());
    }
    // One of the two is missing: which?
    let alone = [Block::single(&witness)];
    match oracle.ask(&alone).await? {
        Some(Hit { group: named, .. }) if named == group => {
            oracle.names_groups = true;
            oracle.one_proposal = true;
            oracle.note("the peer reads the first proposal only: each was asked alone");
        }
        _ => {
            oracle.note(
                "the peer does not answer INVALID_KE_PAYLOAD: every answer took a whole handshake",
            );
            oracle.set_stateful();
        }
    }
    Ok(())
}

/// The whole combination behind a hit.
async fn witness(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    question: &[Block],
    hit: &Hit,
) -> Result<Option<Combination>, Stop> {
    if let Some(choice) = hit.choice {
        return Ok(Some(choice));
    }
    if let [only] = question
        && let Some(single) = only.combinations().next().filter(|_| only.size() == 1)
    {
        return Ok(Some(single));
    }
    if computable(hit.group) {
        for _ in 0..2 {
            let answer = oracle.shake_hands(question, hit.group).await?;
            if let Some(choice) = answer.and_then(|hit| hit.choice) {
                return Ok(Some(choice));
            }
        }
        oracle.note(CONTRADICTED);
        return Err(Stop(Outcome::Unstable));
    }
    bisect(oracle, knowledge, question, hit.group)
        .await
        .map(Some)
}

/// The combination behind a hit whose group cannot be computed: by halves, without a handshake.
async fn bisect(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    question: &[Block],
    group: Algorithm,
) -> Result<Combination, Stop> {
    let mut left: Vec<Block> = question
        .iter()
        .filter(|block| block.axis(Axis::KeyExchange).contains(&group))
        .map(|block| block.with(Axis::KeyExchange, vec![group]))
        .collect();
    loop {
        let (half, other) = match left.as_slice() {
            [] => return Err(Stop(Outcome::Unstable)),
            [one] => {
                if let Some(combination) = one.combinations().next().filter(|_| one.size() == 1) {
                    return Ok(combination);
                }
                let mut parts = one.fitting(one.wire_len().saturating_sub(1)).into_iter();
                (
                    parts.next().into_iter().collect::<Vec<_>>(),
                    parts.collect::<Vec<_>>(),
                )
            }
            several => {
                let (first, second) = several.split_at(several.len() / 2);
                (first.to_vec(), second.to_vec())
            }
        };
        left = match oracle.ask(&half).await? {
            Some(_) => half,
            None => {
                knowledge.refuse(&half);
                other
            }
        };
    }
}

/// The likely part of the universe in one message, combined modes first. Every target is asked it: it is made once.
pub(crate) fn first_question() -> &'static [Block] {
    static QUESTION: LazyLock<[Block; 2]> = LazyLock::new(|| {
        [true, false].map(|combined| {
            let likely = |value: &Algorithm| FIRST_ENCRYPTION.contains(&value.id);
            let whole = Block::universe(combined);
            let encryption = whole.axis(Axis::Encryption).iter().copied().filter(likely);
            let encryption = by_likelihood(Axis::Encryption, encryption.collect());
            whole.with(Axis::Encryption, encryption)
        })
    });
    QUESTION.as_slice()
}

/// AES in its modes, ChaCha20, 3DES: a peer that accepts none of these is rare, and is found out later.
const FIRST_ENCRYPTION: [u16; 7] = [3, 12, 13, 16, 19, 20, 28];

/// Datagrams that a whole enumeration may take without a thought: below that, more of what is inferred is checked.
const CHEAP: u64 = 26;

/// Datagrams from which on a policy is too involved for few questions: then it is checked thoroughly.
const INVOLVED: u64 = 34;
/// Checks of such a policy.
const CHECKS_INVOLVED: u64 = 128;

const CONTRADICTED: &str = "what was accepted in one question was refused in another: several peers may answer behind this address";

/// Groups that peers accept most often.
const COMMON_GROUPS: [u16; 6] = [14, 19, 20, 2, 15, 16];

/// Octets of a message where longer ones are lost.
const SHORT_MESSAGE: usize = 560;
