//! From one accepted combination to the box around it.
//!
//! A *line* of the combination changes one kind of algorithm and keeps the others. What is accepted on the four lines
//! spans a box. Groups that are accepted serve as tags: a question of several proposals, each with a group of its own, is
//! answered with the group of one that is accepted.

use std::collections::HashSet;

use super::algorithm::{Algorithm, Axis};
use super::block::{Block, Combination};
use super::describe;
use super::knowledge::Knowledge;
use super::oracle::{Oracle, Stop, computable};
use super::refine::is_accepted;

/// A box that grows.
#[derive(Debug)]
struct Growth {
    witness: Combination,
    /// Accepted values of each kind, in the order in which they were found.
    found: [Vec<Algorithm>; 4],
    /// Values of which nothing is known.
    candidates: [Vec<Algorithm>; 4],
    /// Another box has the witness's group: what differs from the witness in several kinds is likely to be of that one.
    crossed: bool,
}

/// The box around a combination that is accepted. `assumed` are groups of other boxes, which may be tags here too.
pub(crate) async fn grow(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    witness: Combination,
    assumed: &[Algorithm],
) -> Result<Block, Stop> {
    knowledge.accept(witness);
    let mut growth = Growth::new(knowledge, witness);
    if assumed.len() >= FEWEST_ASSUMED && !oracle.is_stateful() {
        growth.with_assumed_tags(oracle, knowledge, assumed).await?;
    }
    growth.groups(oracle, knowledge).await?;
    growth.others(oracle, knowledge).await?;
    oracle.note_sequence(growth.found(Axis::KeyExchange));
    Ok(Block {
        axes: growth.found,
        additional: Vec::new(),
    })
}

impl Growth {
    fn new(knowledge: &Knowledge, witness: Combination) -> Self {
        let [encryption, ..] = witness;
        let combined = Axis::Encryption.universe(true).contains(&encryption);
        let mut growth = Self {
            witness,
            found: witness.map(|value| vec![value]),
            candidates: Default::default(),
            crossed: false,
        };
        for axis in Axis::ALL {
            for value in by_likelihood(axis, axis.universe(combined)) {
                match knowledge.of(&growth.line(axis, value)) {
                    _ if growth.found(axis).contains(&value) => {}
                    Some(true) => growth.found_mut(axis).push(value),
                    Some(false) => {}
                    None => growth.candidates_mut(axis).push(value),
                }
            }
        }
        growth
    }

    /// The witness with another value of one kind.
    fn line(&self, axis: Axis, value: Algorithm) -> Combination {
        with(self.witness, axis, value)
    }

    fn found(&self, axis: Axis) -> &[Algorithm] {
        Axis::ALL
            .into_iter()
            .zip(&self.found)
            .find(|(other, _)| *other == axis)
            .map_or(&[], |(_, list)| list)
    }

    fn found_mut(&mut self, axis: Axis) -> &mut Vec<Algorithm> {
        let [encryption, prf, integrity, key_exchange] = &mut self.found;
        match axis {
            Axis::Encryption => encryption,
            Axis::Prf => prf,
            Axis::Integrity => integrity,
            Axis::KeyExchange => key_exchange,
        }
    }

    fn candidates_mut(&mut self, axis: Axis) -> &mut Vec<Algorithm> {
        let [encryption, prf, integrity, key_exchange] = &mut self.candidates;
        match axis {
            Axis::Encryption => encryption,
            Axis::Prf => prf,
            Axis::Integrity => integrity,
            Axis::KeyExchange => key_exchange,
        }
    }

    /// Takes a value that is accepted.
    fn take(&mut self, axis: Axis, value: Algorithm) {
        self.candidates_mut(axis).retain(|other| *other != value);
        if !self.found(axis).contains(&value) {
            self.found_mut(axis).push(value);
        }
    }

    /// Takes a combination that is accepted.
    fn take_all(&mut self, knowledge: &mut Knowledge, combination: Combination) {
        knowledge.accept(combination);
        for (axis, value) in Axis::ALL.into_iter().zip(combination) {
            self.take(axis, value);
        }
    }

    /// Forgets candidates whose line is known to be refused.
    fn prune(&mut self, knowledge: &Knowledge) {
        let witness = self.witness;
        for (axis, list) in Axis::ALL.into_iter().zip(&mut self.candidates) {
            list.retain(|value| knowledge.of(&with(witness, axis, *value)) != Some(false));
        }
    }

    /// Candidates of all kinds but groups, the likely ones of each kind first.
    fn others_left(&self) -> Vec<(Axis, Algorithm)> {
        let mut left: Vec<(usize, Axis, Algorithm)> = Vec::new();
        for (axis, list) in Axis::ALL.into_iter().zip(&self.candidates) {
            if axis != Axis::KeyExchange {
                left.extend(
                    list.iter()
                        .enumerate()
                        .map(|(rank, value)| (rank, axis, *value)),
                );
            }
        }
        left.sort_by_key(|(rank, axis, _)| (*rank, *axis));
        left.into_iter()
            .map(|(_, axis, value)| (axis, value))
            .collect()
    }

    /// Several candidates together, on their lines and with these groups.
    fn lump(&self, candidates: &[(Axis, Algorithm)], groups: &[Algorithm]) -> Vec<Block> {
        let line = Block::single(&self.witness).with(Axis::KeyExchange, groups.to_vec());
        Axis::ALL
            .into_iter()
            .filter_map(|axis| {
                let values: Vec<Algorithm> = candidates
                    .iter()
                    .filter(|(other, _)| *other == axis)
                    .map(|(_, value)| *value)
                    .collect();
                (!values.is_empty()).then(|| line.with(axis, values))
            })
            .collect()
    }

    /// One candidate for each tag, the rest together with the last one. Gives the proposals and what each tag stands for.
    fn tagged(&self, tags: &[Algorithm], room: usize) -> (Vec<Block>, Vec<Slot>) {
        let left = self.others_left();
        let singles = match left.len() <= tags.len() {
            true => left.len(),
            false => tags.len().saturating_sub(1),
        };
        let (mut proposals, mut slots, mut used) = (Vec::new(), Vec::new(), LUMP_LEN);
        let mut tags = tags.iter().copied();
        let mut candidates = left.into_iter();
        for _ in 0..singles {
            let block_len = Block::single(&self.witness).wire_len() + 4;
            if used + block_len > room {
                break;
            }
            let (Some(tag), Some((axis, value))) = (tags.next(), candidates.next()) else {
                break;
            };
            used += block_len;
            let combination = with(self.line(axis, value), Axis::KeyExchange, tag);
            proposals.push(Block::single(&combination));
            slots.push(Slot {
                tag,
                candidates: vec![(axis, value)],
            });
        }
        let rest: Vec<(Axis, Algorithm)> = candidates.collect();
        if !rest.is_empty()
            && let Some(tag) = tags.next()
        {
            proposals.extend(self.lump(&rest, &[tag]));
            slots.push(Slot {
                tag,
                candidates: rest,
            });
        }
        (proposals, slots)
    }

    /// The other kinds first, with groups that were accepted elsewhere as tags: each answer proves a value and a group.
    async fn with_assumed_tags(
        &mut self,
        oracle: &mut Oracle,
        knowledge: &mut Knowledge,
        assumed: &[Algorithm],
    ) -> Result<(), Stop> {
        loop {
            self.prune(knowledge);
            let known = self.found(Axis::KeyExchange);
            // Groups that are not proven here first.
            let mut tags: Vec<Algorithm> = assumed.to_vec();
            tags.extend(known.iter().filter(|group| !assumed.contains(group)));
            tags.sort_by_key(|group| known.contains(group));
            let (proposals, slots) = self.tagged(&tags, oracle.room());
            if proposals.is_empty() {
                return Ok(());
            }
            let Some(hit) = oracle.ask(&proposals).await? else {
                knowledge.refuse(&proposals);
                return Ok(());
            };
            let Some(slot) = slots.into_iter().find(|slot| slot.tag == hit.group) else {
                return Ok(());
            };
            match (hit.choice, slot.candidates.as_slice()) {
                (Some(choice), _) => self.take_all(knowledge, choice),
                (None, [(axis, value)]) => {
                    let combination = with(self.line(*axis, *value), Axis::KeyExchange, slot.tag);
                    self.take_all(knowledge, combination);
                }
                // Something in the rest: the groups of this box will tell.
                (None, _) => return Ok(()),
            }
        }
    }

    /// Groups, one an answer, in the corner of the box that is farthest from the witness: so every group is also a check
    /// of the box. The order of the answers is the peer's order where it chooses by its own. As long as there are few
    /// tags, the question goes with the witness's own group: what is accepted beside other groups is told whole at once.
    async fn groups(&mut self, oracle: &mut Oracle, knowledge: &mut Knowledge) -> Result<(), Stop> {
        let [.., own] = self.witness;
        loop {
            describe::policy(oracle, knowledge);
            self.prune(knowledge);
            let groups = self.groups_left(knowledge);
            let others = self.others_left();
            let few = self.found(Axis::KeyExchange).len() < FEWEST_ASSUMED;
            let whole = self.whole(oracle, knowledge, &groups).filter(|_| few);
            if groups.is_empty() && whole.is_none() {
                return Ok(());
            }
            let handshake = whole.is_some();
            let (proposals, answer) = match whole {
                Some(proposals) => {
                    let answer = oracle.ask_with(&proposals, own).await?;
                    (proposals, answer)
                }
                None => {
                    let mut proposals = along_groups(&groups);
                    if !oracle.is_stateful() {
                        proposals.extend(self.lump(&others, &[own]));
                    }
                    let answer = oracle.ask(&proposals).await?;
                    (proposals, answer)
                }
            };
            let Some(hit) = answer else {
                knowledge.refuse(&proposals);
                self.prune(knowledge);
                if handshake {
                    // The unlikely for which there was no room: the proof of completeness asks it.
                    let unlikely = self.others_left();
                    self.drop_candidates(&unlikely);
                }
                return Ok(());
            };
            if let Some(combination) = with_group(&groups, hit.group) {
                knowledge.accept(combination);
                self.take(Axis::KeyExchange, hit.group);
            } else if let Some(choice) = hit.choice {
                self.take_choice(oracle, knowledge, choice).await?;
            } else if !few {
                // Another kind of algorithm: there are tags to find out which, and the groups go on beside.
                return Ok(());
            } else {
                let rest = Slot {
                    tag: own,
                    candidates: others,
                };
                self.single_out(oracle, knowledge, &rest, true).await?;
            }
        }
    }

    /// Everything on the lines and the likely of what changes several kinds, in a message with the witness's own group; of
    /// the unlikely so much as there is room for. `None` where that is too little, or where handshakes are all there is.
    fn whole(
        &self,
        oracle: &Oracle,
        knowledge: &Knowledge,
        groups: &[Combination],
    ) -> Option<Vec<Block>> {
        let [.., own] = self.witness;
        let room = oracle.room_beside(own)?;
        let others = self.others_left();
        LEVELS.into_iter().find_map(|(ciphers, values, diagonals)| {
            let most = |axis| {
                if axis == Axis::Encryption {
                    ciphers
                } else {
                    values
                }
            };
            let ranked = |(place, (axis, _)): &(usize, &(Axis, Algorithm))| {
                let before = others.iter().take(*place);
                before.filter(|(other, _)| other == axis).count() < most(*axis)
            };
            let likely = others.iter().enumerate().filter(ranked);
            let likely: Vec<(Axis, Algorithm)> = likely.map(|(_, value)| *value).collect();
            let mut proposals = along_groups(groups);
            let diagonal = self.diagonal(&likely, own).into_iter().take(diagonals);
            proposals.extend(diagonal.flat_map(|block| knowledge.beyond(block)));
            proposals.extend(self.lump(&likely, &[own]));
            let length: usize = proposals.iter().map(Block::wire_len).sum();
            Some(proposals).filter(|_| !likely.is_empty() && length <= room)
        })
    }

    /// Combinations with groups of which nothing is known: in the corner of the box that is farthest from the witness, or,
    /// where another box has that, on the witness's own line.
    fn groups_left(&self, knowledge: &Knowledge) -> Vec<Combination> {
        let corner = self.far_corner();
        let groups = Axis::KeyExchange.universe(true).into_iter();
        let new = groups.filter(|group| !self.found(Axis::KeyExchange).contains(group));
        let combination = |group: Algorithm| {
            let far = with(corner, Axis::KeyExchange, group);
            match knowledge.of(&far) {
                None => Some(far),
                Some(false) => None,
                Some(true) => Some(self.line(Axis::KeyExchange, group))
                    .filter(|near| knowledge.of(near).is_none()),
            }
        };
        new.filter_map(combination).collect()
    }

    /// The last found value of each kind but the group.
    fn far_corner(&self) -> Combination {
        let mut corner = self.witness;
        for axis in [Axis::Encryption, Axis::Prf, Axis::Integrity] {
            if let Some(last) = self.found(axis).last() {
                corner = with(corner, axis, *last);
            }
        }
        corner
    }

    /// Encryption, PRF and integrity.
    async fn others(&mut self, oracle: &mut Oracle, knowledge: &mut Knowledge) -> Result<(), Stop> {
        let mut narrowed: Option<Slot> = None;
        // Answers in a row that named the rest and not one.
        let mut again = 0;
        loop {
            describe::policy(oracle, knowledge);
            self.prune(knowledge);
            let left = self.others_left();
            if left.is_empty() && self.groups_left(knowledge).is_empty() {
                return Ok(());
            }
            let tags: Vec<Algorithm> = self.found(Axis::KeyExchange).to_vec();
            let was_narrowed = narrowed.is_some();
            let rest = narrowed.take().unwrap_or(Slot {
                tag: self.witness_group(),
                candidates: left.clone(),
            });
            if oracle.is_stateful() && left.is_empty() {
                return Ok(());
            }
            let many =
                !left.is_empty() && rest.candidates.len() > tags.len().saturating_mul(tags.len());
            // What is accepted with this tag alone is not found by giving others to it.
            if many || again > 0 || oracle.is_stateful() {
                again = 0;
                let known = tags.len() > 1;
                self.single_out(oracle, knowledge, &rest, known).await?;
                continue;
            }
            let groups = self.groups_left(knowledge);
            let room = oracle.room().saturating_sub(GROUPS_LEN);
            let (mut proposals, slots) = self.tagged(&tags, room);
            proposals.extend(along_groups(&groups));
            let Some(hit) = oracle.ask(&proposals).await? else {
                knowledge.refuse(&proposals);
                // With other groups they may be accepted: the proof of completeness finds that.
                return Ok(());
            };
            if let Some(combination) = with_group(&groups, hit.group) {
                knowledge.accept(combination);
                self.take(Axis::KeyExchange, hit.group);
                continue;
            }
            let Some(slot) = slots.into_iter().find(|slot| slot.tag == hit.group) else {
                return Ok(());
            };
            match (hit.choice, slot.candidates.as_slice()) {
                (Some(choice), _) => self.take_all(knowledge, choice),
                (None, [(axis, value)]) => {
                    let combination = with(self.line(*axis, *value), Axis::KeyExchange, slot.tag);
                    self.take_all(knowledge, combination);
                }
                (None, _) => narrowed = Some(slot),
            }
            again = match was_narrowed && narrowed.is_some() {
                true => again + 1,
                false => 0,
            };
            if let Some(slot) = &narrowed {
                self.bring_forward(&slot.candidates);
            }
        }
    }

    /// One of several candidates that is accepted with a tag: by a handshake, which tells more than many questions, or by
    /// halves where the group of the tag cannot be computed. `known` says that one is.
    async fn single_out(
        &mut self,
        oracle: &mut Oracle,
        knowledge: &mut Knowledge,
        rest: &Slot,
        known: bool,
    ) -> Result<(), Stop> {
        let mut candidates = rest.candidates.clone();
        if !known || !computable(rest.tag) {
            let proposals = self.lump(&candidates, &[rest.tag]);
            let Some(hit) = oracle.ask(&proposals).await? else {
                knowledge.refuse(&proposals);
                self.drop_candidates(&candidates);
                return Ok(());
            };
            if let Some(choice) = hit.choice {
                self.take_all(knowledge, choice);
                return Ok(());
            }
        }
        if computable(rest.tag) {
            let diagonal = self.diagonal(&candidates, rest.tag).into_iter();
            let mut proposals: Vec<Block> = diagonal.flat_map(|b| knowledge.beyond(b)).collect();
            proposals.extend(self.lump(&candidates, &[rest.tag]));
            let hit = oracle.shake_hands(&proposals, rest.tag).await?;
            match hit.and_then(|hit| hit.choice) {
                Some(choice) => self.take_choice(oracle, knowledge, choice).await?,
                None => {
                    knowledge.refuse(&proposals);
                    self.drop_candidates(&candidates);
                }
            }
            return Ok(());
        }
        while candidates.len() > 1 {
            let other = candidates.split_off(candidates.len() / 2);
            let proposals = self.lump(&candidates, &[rest.tag]);
            if oracle.ask(&proposals).await?.is_none() {
                knowledge.refuse(&proposals);
                candidates = other;
            }
        }
        if let [(axis, value)] = candidates.as_slice() {
            let combination = with(self.line(*axis, *value), Axis::KeyExchange, rest.tag);
            self.take_all(knowledge, combination);
        }
        Ok(())
    }

    /// The likely ones of several candidates, several kinds changed at once: what is chosen of them tells more than a line.
    fn diagonal(&self, candidates: &[(Axis, Algorithm)], tag: Algorithm) -> Vec<Block> {
        let line = Block::single(&self.witness).with(Axis::KeyExchange, vec![tag]);
        let changed = |axes: &[Axis]| {
            let mut block = line.clone();
            for axis in axes {
                let values = candidates.iter().filter(|(other, _)| other == axis);
                let most = if *axis == Axis::Encryption {
                    LIKELY_CIPHERS
                } else {
                    LIKELY
                };
                let values = values.map(|(_, value)| *value).take(most).collect();
                *block.axis_mut(*axis) = values;
            }
            block
        };
        let mut blocks: Vec<Block> = DIAGONALS.into_iter().map(changed).collect();
        blocks.retain(|block| !self.crossed && !block.is_empty());
        blocks
    }

    /// Takes what was chosen of candidates. Where it differs from the witness in one kind it is on a line; else its values
    /// are asked on theirs, for it may be of another box.
    async fn take_choice(
        &mut self,
        oracle: &mut Oracle,
        knowledge: &mut Knowledge,
        choice: Combination,
    ) -> Result<(), Stop> {
        knowledge.accept(choice);
        let values = Axis::ALL.into_iter().zip(choice);
        let new: Vec<(Axis, Algorithm)> = values
            .filter(|(axis, value)| !self.found(*axis).contains(value))
            .collect();
        if let [(axis, value)] = new.as_slice() {
            self.take(*axis, *value);
            return Ok(());
        }
        // With another group than the witness's the line checks that one too.
        let group = self.found(Axis::KeyExchange).last().copied();
        let line = |growth: &Self, axis, value| {
            let line = growth.line(axis, value);
            group.map_or(line, |group| with(line, Axis::KeyExchange, group))
        };
        let (mut accepted, mut left) = (false, new.as_slice());
        while let [(axis, value), rest @ ..] = left {
            left = rest;
            if is_accepted(oracle, knowledge, line(self, *axis, *value)).await? {
                self.take(*axis, *value);
                accepted = true;
                continue;
            }
            // One of another box: the rest of it is refused at once.
            let unknown = rest.iter().map(|(axis, value)| line(self, *axis, *value));
            let unknown = unknown.filter(|one| knowledge.of(one).is_none());
            let together: Vec<Block> = unknown.map(|one| Block::single(&one)).collect();
            if together.len() > 1 && oracle.ask(&together).await?.is_none() {
                knowledge.refuse(&together);
            }
        }
        self.crossed |= !accepted;
        Ok(())
    }

    fn witness_group(&self) -> Algorithm {
        let [.., group] = self.witness;
        group
    }

    fn drop_candidates(&mut self, candidates: &[(Axis, Algorithm)]) {
        for (axis, value) in candidates {
            self.candidates_mut(*axis).retain(|other| other != value);
        }
    }

    /// Candidates among which one is accepted are asked first.
    fn bring_forward(&mut self, candidates: &[(Axis, Algorithm)]) {
        let wanted: HashSet<(Axis, Algorithm)> = candidates.iter().copied().collect();
        for (axis, list) in Axis::ALL.into_iter().zip(&mut self.candidates) {
            list.sort_by_key(|value| !wanted.contains(&(axis, *value)));
        }
    }
}

/// What an answer with a tag means.
#[derive(Debug)]
struct Slot {
    tag: Algorithm,
    candidates: Vec<(Axis, Algorithm)>,
}

/// Combinations that may differ in their groups, as proposals.
fn along_groups(combinations: &[Combination]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for combination in combinations {
        let [.., group] = *combination;
        let alone = Block::single(combination);
        let fits = |block: &&mut Block| block.axes[..3] == alone.axes[..3];
        match blocks.iter_mut().find(fits) {
            Some(block) => block.axis_mut(Axis::KeyExchange).push(group),
            None => blocks.push(alone),
        }
    }
    blocks
}

/// The one with this group.
fn with_group(combinations: &[Combination], group: Algorithm) -> Option<Combination> {
    let has = |one: &&Combination| matches!(one, [.., own] if *own == group);
    combinations.iter().find(has).copied()
}

/// A combination with another value of one kind.
pub(crate) fn with(mut combination: Combination, axis: Axis, value: Algorithm) -> Combination {
    let places = Axis::ALL.into_iter().zip(&mut combination);
    for (_, place) in places.filter(|(other, _)| *other == axis) {
        *place = value;
    }
    combination
}

/// What is often accepted first: it gets tags of its own.
pub(crate) fn by_likelihood(axis: Axis, mut values: Vec<Algorithm>) -> Vec<Algorithm> {
    let likely: &[u16] = match axis {
        Axis::Encryption => &LIKELY_ENCRYPTION,
        Axis::Prf => &LIKELY_PRFS,
        Axis::Integrity => &LIKELY_INTEGRITY,
        Axis::KeyExchange => &LIKELY_GROUPS,
    };
    values.sort_by_key(|value| {
        let rank = likely.iter().position(|id| *id == value.id);
        (rank.unwrap_or(likely.len()), value.key_bits)
    });
    values
}

/// AES-CBC, AES-GCM, ChaCha20, 3DES, AES-CTR, AES-CCM, Camellia, by how common they are in default policies.
const LIKELY_ENCRYPTION: [u16; 14] = [12, 20, 28, 3, 13, 23, 19, 18, 16, 15, 14, 24, 2, 7];
const LIKELY_PRFS: [u16; 6] = [5, 7, 6, 2, 4, 8];
const LIKELY_INTEGRITY: [u16; 7] = [12, 14, 13, 2, 5, 8, 1];
const LIKELY_GROUPS: [u16; 10] = [14, 19, 31, 20, 21, 15, 16, 2, 5, 18];

/// Kinds that are changed together.
const DIAGONALS: [&[Axis]; 3] = [
    &[Axis::Encryption, Axis::Prf, Axis::Integrity],
    &[Axis::Prf, Axis::Integrity],
    &[Axis::Encryption, Axis::Prf],
];
/// Values of a kind that are changed together with others.
const LIKELY: usize = 4;
const LIKELY_CIPHERS: usize = 7;
/// Ciphers and values of other kinds on the lines, and diagonals, in one message: all of them, or what is likely.
const LEVELS: [(usize, usize, usize); 3] = [(usize::MAX, usize::MAX, 3), (10, 7, 3), (6, 5, 2)];
/// Tags of other boxes are tried when there are enough of them to save questions.
const FEWEST_ASSUMED: usize = 5;
/// Octets kept for a proposal of all groups.
const GROUPS_LEN: usize = 8 + 12 + 8 + 8 + 8 * 27;
/// Octets kept for the proposals of all candidates that have no tag of their own.
const LUMP_LEN: usize = 600;
