//! What a peer accepts, from as few questions as possible.
//!
//! A peer answers an offer of many suites with the one that it takes, or refuses all of them. So: offer the common suites
//! together; vary each attribute of the one that was taken until nothing more is (its *fibers*); suppose that the values
//! found combine freely (a *box*) and test combinations that would show otherwise; go on with what is in no box. When an
//! offer of everything that is left is refused, the list is known to be complete.

use std::collections::HashSet;
use std::time::Duration;

use super::suite::Suite;
use super::universe::{AUTH, AXES, CIPHER, GROUP, HASH, Ordered, Tuple, Universe};
use crate::limits::RESTART;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It took this one.
    Accepted(Suite),
    /// It said that it takes none.
    Refused,
    /// Nothing.
    Silent,
    /// ICMP.
    Unreachable,
    /// It does not speak this version or mode at all.
    NotSpoken,
    /// It would take something of the offer, but not with this method from who we say we are.
    WrongIdentity,
    /// An answer that is none of these.
    Confused,
}

/// Who carries a question to the peer.
pub(super) trait Asker {
    /// Offers these suites in this order.
    async fn ask(&mut self, offer: &[Suite]) -> Answer;

    /// Waits until the peer has forgotten what it may hold of us.
    async fn rest(&mut self);

    /// What was not answered lately was refused: the peer holds nothing of it.
    fn refuses_by_silence(&mut self);

    /// Lets time pass.
    async fn wait(&mut self, duration: Duration);

    /// To be called when more is known.
    fn learned(&mut self, found: &Found);

    /// Whether the peer keeps what it accepts for long, so that each accepted offer costs time.
    fn keeps(&self) -> bool;

    /// Octets that a message has for the transforms of an offer with this first suite.
    fn room(&self, first: &Suite) -> usize;
}

/// Why the search ended before everything was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// No answer was ever given.
    Silent,
    /// It stopped answering what it had answered before.
    RateLimited,
    /// It refused what it had accepted.
    Unstable,
    /// ICMP.
    Unreachable,
    /// It chose what was not offered, or answered with something else.
    Confused,
    /// It does not speak this version or mode at all.
    NotSpoken,
    /// It drops what it refuses, so that every refusal takes half a minute.
    Drops,
    /// More questions than any policy needs.
    TooMany,
}

/// Who decides among several acceptable suites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chooses {
    /// The responder's list.
    OwnOrder,
    /// The initiator's offer.
    InitiatorOrder,
    /// Not tested.
    #[default]
    Unknown,
}

/// Values that combine freely, as places in the universe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) fibers: [Vec<usize>; AXES],
    /// Attributes and values of which no suite was itself accepted.
    pub(super) inferred: Vec<(usize, usize)>,
}

/// What is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) regions: Vec<Region>,
    /// Whether authentication methods are told apart; unknown until something is accepted.
    pub(super) discriminates: Option<bool>,
    pub(super) chooses: Chooses,
    /// Offers that got no answer while a known suite was answered.
    pub(super) silent_refusals: usize,
    /// Methods that nothing but silence was heard of; all silent refusals that were not of these were of suites.
    pub(super) silent_methods: Vec<usize>,
    pub(super) silent_about_methods: usize,
    /// Whether something was refused with a message.
    pub(super) refusals: usize,
    /// Methods that it does not take from who we say we are.
    pub(super) methods_refused: usize,
    /// Suites of one offer that the peer was seen to read to the end.
    pub(super) reads: Option<usize>,
    /// Suites of one offer behind which it does not look.
    pub(super) reads_at_most: Option<usize>,
}

/// What is known of one suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Unknown,
    Accepted,
    Refused,
    /// In a box whose corners hold.
    Inferred,
    /// Offered without an answer, before anything was answered.
    Unanswered,
    /// Differs from another only in an attribute that the peer does not look at.
    Same,
}

/// How to search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Whether all suites of an offer must have the same group, because its public value goes with the offer, and the same
    /// method, because who we say we are is judged with it.
    pub(super) alike: bool,
    /// Combinations of a box that are tested.
    pub(super) corners: usize,
}

pub(super) struct Enumeration<'a, A> {
    universe: &'a Universe,
    asker: &'a mut A,
    manner: Manner,
    order: &'a [Tuple],
    /// How many of these, from the first, something is known of.
    asked: usize,
    /// By their places in the universe; nothing until something is known.
    verdicts: Vec<Verdict>,
    /// The only authentication method asked about, once the peer is known not to look at it.
    method: Option<usize>,
    witness: Option<Tuple>,
    accepted: Vec<Tuple>,
    /// Transforms in one offer at most.
    most: usize,
    questions: usize,
    unanswered: usize,
    /// The last offer that was refused with a message.
    last_refused: Option<Vec<Tuple>>,
    pub(super) found: Found,
}

impl<'a, A: Asker> Enumeration<'a, A> {
    pub(super) fn new(ordered: &'a Ordered, asker: &'a mut A, manner: Manner) -> Self {
        Self {
            universe: &ordered.universe,
            asker,
            manner,
            order: &ordered.order,
            asked: 0,
            accepted: Vec::new(),
            verdicts: Vec::new(),
            method: None,
            witness: None,
            most: MOST_TRANSFORMS,
            questions: 0,
            unanswered: 0,
            last_refused: None,
            found: Found::default(),
        }
    }

    /// Asks the one question that is most likely to be accepted.
    pub(super) async fn once(&mut self) -> Result<(), Stop> {
        let offer = self.chunk();
        match self.ask(&offer).await? {
            Answer::Accepted(suite) => {
                let tuple = self.chosen(&suite, &offer).ok_or(Stop::Confused)?;
                self.accepted.push(tuple);
                self.take(Region::single(tuple));
            }
            Answer::Refused => self.found.refusals += 1,
            Answer::WrongIdentity => self.found.methods_refused += 1,
            Answer::Silent => return Err(Stop::Silent),
            // These ended the search where they were received.
            Answer::Unreachable | Answer::NotSpoken | Answer::Confused => {
                return Err(Stop::Confused);
            }
        }
        Ok(())
    }

    /// Nothing is left to ask: silence is no answer.
    fn end(&self) -> Result<(), Stop> {
        match self.unanswered {
            0 => Ok(()),
            _ => Err(Stop::Silent),
        }
    }

    /// Asks until everything is known.
    pub(super) async fn complete(&mut self) -> Result<(), Stop> {
        loop {
            // A box that was made smaller leaves accepted suites outside.
            if let Some(tuple) = self.outside() {
                self.grow(tuple).await?;
                continue;
            }
            let offer = self.chunk();
            if offer.is_empty() {
                self.ask_again().await?;
                return self.end();
            }
            if let Some(tuple) = self.question(&offer).await? {
                self.grow(tuple).await?;
            }
        }
    }

    /// Some of what was accepted once more: two peers behind one address contradict each other.
    async fn ask_again(&mut self) -> Result<(), Stop> {
        if self.asker.keeps() {
            return Ok(());
        }
        let step = self.accepted.len().div_ceil(ASKED_AGAIN).max(1);
        let some: Vec<Tuple> = self.accepted.iter().copied().step_by(step).collect();
        for tuple in some.into_iter().cycle().take(ASKED_AGAIN) {
            self.question(&[tuple]).await?;
        }
        Ok(())
    }

    /// What is asked next: suites that nothing is known of, as many as fit.
    fn chunk(&mut self) -> Vec<Tuple> {
        let known = |tuple: &&Tuple| self.verdict(**tuple) != Verdict::Unknown;
        self.asked += self.order.iter().skip(self.asked).take_while(known).count();
        let left = self.order.iter().skip(self.asked).copied();
        let unknown = left.filter(|tuple| self.verdict(*tuple) == Verdict::Unknown);
        let mut chunk = Vec::new();
        let mut room = Room::new(self.most);
        for tuple in unknown {
            if chunk
                .first()
                .is_some_and(|first| !self.may_join(*first, tuple))
            {
                continue;
            }
            if !room.takes(self, tuple) {
                break;
            }
            chunk.push(tuple);
        }
        chunk
    }

    /// Whether both may stand in one offer. libreswan looks for a connection by the first glance at an offer: where one
    /// method of it is of XAUTH, others are not looked at.
    fn may_join(&self, one: Tuple, other: Tuple) -> bool {
        let alike = one[GROUP] == other[GROUP] && one[AUTH] == other[AUTH];
        match self.manner.alike {
            true => alike,
            false => self.universe.has_xauth(one) == self.universe.has_xauth(other),
        }
    }

    /// An accepted suite that is in no region.
    fn outside(&self) -> Option<Tuple> {
        let mut accepted = self
            .order
            .iter()
            .copied()
            .filter(|tuple| self.verdict(*tuple) == Verdict::Accepted);
        accepted.find(|tuple| !self.found.regions.iter().any(|region| region.holds(*tuple)))
    }

    fn suites(&self, offer: &[Tuple]) -> Vec<Suite> {
        offer
            .iter()
            .filter_map(|tuple| self.universe.suite(*tuple))
            .collect()
    }

    fn verdict(&self, tuple: Tuple) -> Verdict {
        let index = self.universe.index(tuple);
        self.verdicts
            .get(index)
            .copied()
            .unwrap_or(Verdict::Unknown)
    }

    fn set(&mut self, tuple: Tuple, verdict: Verdict) {
        if self.verdicts.is_empty() {
            self.verdicts = vec![Verdict::Unknown; self.universe.size()];
        }
        let index = self.universe.index(tuple);
        if let Some(place) = self.verdicts.get_mut(index) {
            *place = verdict;
        }
    }

    /// Offers these and notes what the answer says of each.
    async fn question(&mut self, offer: &[Tuple]) -> Result<Option<Tuple>, Stop> {
        let answer = self.ask(offer).await?;
        let answer = match answer {
            Answer::Silent => self.after_silence(offer).await?,
            answer => answer,
        };
        match answer {
            Answer::Accepted(suite) => {
                let tuple = self.chosen(&suite, offer).ok_or(Stop::Confused)?;
                if self.verdict(tuple) != Verdict::Accepted {
                    self.set(tuple, Verdict::Accepted);
                    self.accepted.push(tuple);
                }
                self.witness.get_or_insert(tuple);
                Ok(Some(tuple))
            }
            Answer::Refused => {
                if offer
                    .iter()
                    .any(|tuple| self.verdict(*tuple) == Verdict::Accepted)
                {
                    return Err(Stop::Unstable);
                }
                self.found.refusals += 1;
                offer
                    .iter()
                    .for_each(|tuple| self.set(*tuple, Verdict::Refused));
                Ok(None)
            }
            Answer::Silent => {
                offer
                    .iter()
                    .for_each(|tuple| self.set(*tuple, Verdict::Unanswered));
                Ok(None)
            }
            Answer::WrongIdentity => {
                // All suites of such an offer have the same method.
                let method = offer.first().map(|tuple| tuple[AUTH]);
                for index in 0..self.order.len() {
                    if let Some(tuple) = self.order.get(index).copied()
                        && Some(tuple[AUTH]) == method
                        && self.verdict(tuple) == Verdict::Unknown
                    {
                        self.set(tuple, Verdict::Refused);
                    }
                }
                self.found.methods_refused += 1;
                Ok(None)
            }
            // These ended the search where they were received.
            _ => Err(Stop::Confused),
        }
    }

    /// Which one of an offer was chosen. strongSwan answers with the method of the first suite whatever it chose: it does not
    /// look at methods.
    fn chosen(&mut self, suite: &Suite, offer: &[Tuple]) -> Option<Tuple> {
        let chosen = self.universe.tuple(suite)?;
        if offer.contains(&chosen) {
            return Some(chosen);
        }
        let same = |tuple: &&Tuple| with(**tuple, AUTH, chosen[AUTH]) == chosen;
        let offered = offer.iter().find(same).copied()?;
        if self.method.is_none() {
            self.found.discriminates = Some(false);
            self.look_at_one_method(offered[AUTH]);
        }
        Some(offered)
    }

    /// One question to the peer; what was answered before is known to reach it.
    async fn ask(&mut self, offer: &[Tuple]) -> Result<Answer, Stop> {
        self.questions += 1;
        if self.questions > MAX_QUESTIONS {
            return Err(Stop::TooMany);
        }
        let suites = self.suites(offer);
        let mut answer = self.asker.ask(&suites).await;
        // One that answered before may have begun anew.
        let known = self.last_refused.is_some() || self.witness.is_some();
        for seconds in RESTART.into_iter().filter(|_| known) {
            if answer != Answer::Unreachable {
                break;
            }
            self.asker.wait(Duration::from_secs(seconds)).await;
            answer = self.asker.ask(&suites).await;
        }
        match &answer {
            Answer::Unreachable => return Err(Stop::Unreachable),
            Answer::NotSpoken => return Err(Stop::NotSpoken),
            Answer::Confused => return Err(Stop::Confused),
            // The same refusal costs the peer nothing; what is accepted serves where refusals are not said.
            Answer::Refused => self.last_refused = Some(offer.to_vec()),
            Answer::Accepted(_) | Answer::WrongIdentity | Answer::Silent => {}
        }
        if !matches!(answer, Answer::Silent) && self.unanswered > 0 {
            // Somebody is there after all: what it said nothing to is asked again.
            self.unanswered = 0;
            self.asked = 0;
            for verdict in &mut self.verdicts {
                if *verdict == Verdict::Unanswered {
                    *verdict = Verdict::Unknown;
                }
            }
        }
        Ok(answer)
    }

    /// Silence is a refusal only where the peer still answers what it answered before, and is silent a second time.
    async fn after_silence(&mut self, offer: &[Tuple]) -> Result<Answer, Stop> {
        let says_no = self.last_refused.is_some();
        let canary = match (&self.last_refused, self.witness) {
            (Some(offer), _) => offer.clone(),
            (None, Some(witness)) => vec![witness],
            (None, None) => {
                self.unanswered += 1;
                let enough = self.unanswered >= SILENT_OFFERS;
                return if enough {
                    Err(Stop::Silent)
                } else {
                    Ok(Answer::Silent)
                };
            }
        };
        for attempt in 0..CANARIES {
            if attempt > 0 {
                self.asker.rest().await;
            }
            match self.ask(&canary).await? {
                Answer::Silent => {}
                Answer::Refused if !says_no => return Err(Stop::Unstable),
                Answer::Accepted(_) if says_no => return Err(Stop::Unstable),
                _ => {
                    let answer = self.ask(offer).await?;
                    if answer != Answer::Silent {
                        return Ok(answer);
                    }
                    self.asker.refuses_by_silence();
                    self.found.silent_refusals += 1;
                    if says_no {
                        self.leave_methods(offer);
                    }
                    if self.found.silent_refusals == MOST_SILENT_REFUSALS {
                        return Err(Stop::Drops);
                    }
                    return Ok(Answer::Refused);
                }
            }
        }
        Err(Stop::RateLimited)
    }

    /// A peer that says when it refuses, and says nothing to these, has nobody with such a method: libreswan looks for a
    /// connection before it looks at suites. Other suites with the same methods are not asked about.
    fn leave_methods(&mut self, offer: &[Tuple]) {
        let methods: HashSet<usize> = offer.iter().map(|tuple| tuple[AUTH]).collect();
        if self
            .witness
            .is_none_or(|tuple| methods.contains(&tuple[AUTH]))
        {
            return;
        }
        self.found.silent_about_methods += 1;
        for method in &methods {
            if !self.found.silent_methods.contains(method) {
                self.found.silent_methods.push(*method);
            }
        }
        let order = self.order;
        for tuple in order.iter().filter(|tuple| methods.contains(&tuple[AUTH])) {
            if self.verdict(*tuple) == Verdict::Unknown {
                self.set(*tuple, Verdict::Refused);
            }
        }
    }

    /// From one accepted suite to the box around it.
    async fn grow(&mut self, witness: Tuple) -> Result<(), Stop> {
        // Until the box is tested, what was seen accepted stands for itself.
        let before = self.found.regions.len();
        self.take(Region::single(witness));
        let mut region = Region::single(witness);
        // A refusal of ciphers shows whether this peer says that it refuses; methods are what peers are silent about.
        for axis in [CIPHER, AUTH, HASH, GROUP] {
            if self.asker.keeps() && axis != AUTH {
                continue;
            }
            let fiber = self.fiber(witness, axis).await?;
            if axis == AUTH && self.method.is_none() {
                self.note_methods(witness, fiber.len());
            }
            self.take(Region::single(witness).with(axis, &fiber));
            region.fibers[axis] = fiber;
        }
        if self.asker.keeps() {
            self.grow_sparingly(witness, &mut region).await?;
        }
        self.test_corners(witness, &mut region).await?;
        for tuple in self.members(&region) {
            if self.verdict(tuple) == Verdict::Unknown {
                self.set(tuple, Verdict::Inferred);
            }
        }
        self.found.regions.truncate(before);
        self.take(region.clone());
        if self.found.chooses == Chooses::Unknown && !self.asker.keeps() {
            self.test_order(witness, &region, before == 0).await?;
        }
        if self.found.reads.is_none() {
            self.calibrate(witness).await?;
        }
        Ok(())
    }

    fn take(&mut self, mut region: Region) {
        let accepted = self.accepted.iter().filter(|tuple| region.holds(**tuple));
        let witnessed: HashSet<(usize, usize)> = accepted
            .flat_map(|tuple| tuple.iter().copied().enumerate())
            .collect();
        let values = region.fibers.iter().enumerate();
        let values = values.flat_map(|(axis, fiber)| fiber.iter().map(move |value| (axis, *value)));
        region.inferred = values.filter(|value| !witnessed.contains(value)).collect();
        self.found.regions.push(region);
        self.asker.learned(&self.found);
    }

    /// Values of one attribute that are accepted together with the others of the witness; in the order of their discovery,
    /// the witness's first.
    async fn fiber(&mut self, witness: Tuple, axis: usize) -> Result<Vec<usize>, Stop> {
        let mut fiber = vec![witness[axis]];
        if axis == AUTH && self.method.is_some() {
            return Ok((0..self.universe.sizes()[AUTH]).collect());
        }
        for value in 0..self.universe.sizes()[axis] {
            let known = self.verdict(with(witness, axis, value));
            if value != witness[axis] && matches!(known, Verdict::Accepted | Verdict::Inferred) {
                fiber.push(value);
            }
        }
        loop {
            let left = (0..self.universe.sizes()[axis]).map(|value| with(witness, axis, value));
            let mut left: Vec<_> = left
                .filter(|tuple| self.verdict(*tuple) == Verdict::Unknown)
                .collect();
            let Some(first) = left.first().copied() else {
                return Ok(fiber);
            };
            left.retain(|tuple| self.may_join(first, *tuple));
            left.truncate(self.most);
            if let Some(tuple) = self.question(&left).await? {
                fiber.push(tuple[axis]);
            }
            if self.asker.keeps() && axis != AUTH {
                return Ok(fiber);
            }
        }
    }

    /// The values around a witness from few accepted offers, where each costs half a minute and refusals cost nothing: first
    /// what is new in every attribute, so that an answer tells a value of each, then in fewer.
    async fn grow_sparingly(&mut self, witness: Tuple, region: &mut Region) -> Result<(), Stop> {
        loop {
            let offer = self.newest(witness, region);
            if offer.is_empty() {
                return Ok(());
            }
            let Some(tuple) = self.question(&offer).await? else {
                continue;
            };
            for (fiber, value) in region.fibers.iter_mut().zip(tuple) {
                if !fiber.contains(&value) {
                    fiber.push(value);
                }
            }
        }
    }

    /// Suites with the method of the witness that have values outside a region, those with most of them first.
    fn newest(&self, witness: Tuple, region: &Region) -> Vec<Tuple> {
        let new = |tuple: &Tuple| {
            let places = tuple.iter().zip(&region.fibers);
            places
                .filter(|(value, fiber)| !fiber.contains(value))
                .count()
        };
        let order = self.order.iter().copied();
        let mut open: Vec<Tuple> = order
            .filter(|tuple| self.may_join(witness, *tuple) && tuple[AUTH] == witness[AUTH])
            .filter(|tuple| new(tuple) > 0 && self.verdict(*tuple) == Verdict::Unknown)
            .collect();
        open.sort_by_key(|tuple| std::cmp::Reverse(new(tuple)));
        let mut room = Room::new(self.most);
        open.into_iter()
            .take_while(|tuple| room.takes(self, *tuple))
            .collect()
    }

    /// A peer that takes every method does not look at them at this stage: one stands for all from now on.
    fn note_methods(&mut self, witness: Tuple, accepted: usize) {
        let methods = self.universe.sizes()[AUTH];
        let discriminates = accepted < methods;
        self.found.discriminates = Some(discriminates);
        if discriminates || methods < FEWEST_METHODS {
            return;
        }
        self.look_at_one_method(witness[AUTH]);
    }

    /// One method stands for all from now on.
    fn look_at_one_method(&mut self, method: usize) {
        self.method = Some(method);
        for index in 0..self.order.len() {
            if let Some(tuple) = self.order.get(index).copied()
                && tuple[AUTH] != method
                && self.verdict(tuple) == Verdict::Unknown
            {
                self.set(tuple, Verdict::Same);
            }
        }
    }

    /// The suites of a region that can be asked about.
    fn members(&self, region: &Region) -> Vec<Tuple> {
        let [ciphers, hashes, methods, groups] = &region.fibers;
        let mut members = Vec::new();
        for &cipher in ciphers {
            for &hash in hashes {
                for &method in methods {
                    if self.method.is_none_or(|only| only == method) {
                        members.extend(groups.iter().map(|&group| [cipher, hash, method, group]));
                    }
                }
            }
        }
        members
    }

    /// Tests combinations of a region, first those that hold many pairs of values not yet seen together, and makes the
    /// region smaller until none is refused.
    async fn test_corners(&mut self, witness: Tuple, region: &mut Region) -> Result<(), Stop> {
        let mut left = self.manner.corners;
        let mut seen: HashSet<(usize, usize, usize, usize)> = HashSet::new();
        loop {
            let members = self.members(region);
            if let Some(refused) = members
                .iter()
                .find(|t| self.verdict(**t) == Verdict::Refused)
            {
                self.shrink(witness, *refused, region).await?;
                continue;
            }
            for tuple in &members {
                if self.verdict(*tuple) == Verdict::Accepted {
                    seen.extend(pairs(*tuple));
                }
            }
            let open = members
                .iter()
                .filter(|t| self.verdict(**t) == Verdict::Unknown);
            let news = |tuple: &&Tuple| pairs(**tuple).filter(|pair| !seen.contains(pair)).count();
            let Some(corner) = open.max_by_key(news).copied() else {
                return Ok(());
            };
            let sparing = self.asker.keeps();
            if sparing {
                left = left.min(CORNERS_OF_A_KEEPER);
            }
            if left == 0 {
                return Ok(());
            }
            if sparing && self.found.reads.is_none() {
                // One answer for two questions.
                self.calibrate(corner).await?;
            } else {
                self.question(&[corner]).await?;
            }
            // What is refused costs nothing there.
            left -= usize::from(!sparing || self.verdict(corner) == Verdict::Accepted);
        }
    }

    /// Finds the fewest attributes in which a refused suite must differ from the witness to be refused, and takes one of
    /// these values out of the region: the widest attribute loses least.
    async fn shrink(
        &mut self,
        witness: Tuple,
        refused: Tuple,
        region: &mut Region,
    ) -> Result<(), Stop> {
        let mut refused = refused;
        for axis in 0..AXES {
            let differing = (0..AXES)
                .filter(|axis| refused[*axis] != witness[*axis])
                .count();
            if differing <= 2 || refused[axis] == witness[axis] {
                continue;
            }
            let nearer = with(refused, axis, witness[axis]);
            if self.verdict(nearer) == Verdict::Unknown {
                self.question(&[nearer]).await?;
            }
            if self.verdict(nearer) == Verdict::Refused {
                refused = nearer;
            }
        }
        let differing = (0..AXES).filter(|axis| refused[*axis] != witness[*axis]);
        let widest = differing.max_by_key(|axis| region.fibers[*axis].len());
        if let Some(axis) = widest {
            region.fibers[axis].retain(|value| *value != refused[axis]);
        }
        Ok(())
    }

    /// Offers two accepted suites in both orders. Of the `first` box the order of discovery is one of them: the value found
    /// first was taken while the other was offered too.
    async fn test_order(
        &mut self,
        witness: Tuple,
        region: &Region,
        first: bool,
    ) -> Result<(), Stop> {
        let axes = [CIPHER, HASH, GROUP].into_iter();
        let mut pairs = axes.filter_map(|axis| match region.fibers[axis].as_slice() {
            [_, one, other, ..] if axis != GROUP || !self.manner.alike => {
                Some((axis, *one, *other))
            }
            _ => None,
        });
        let Some((axis, one, other)) = pairs.next() else {
            return Ok(());
        };
        let (one, other) = (with(witness, axis, one), with(witness, axis, other));
        let taken = match first {
            true => Some(one),
            false => self.question(&[one.min(other), one.max(other)]).await?,
        };
        // As offered: in the order of the universe, unless one was behind the other and taken all the same.
        let reversed = [one.max(other), one.min(other)];
        self.found.chooses = match (taken, self.question(&reversed).await?) {
            (Some(taken), Some(again)) if taken == again => Chooses::OwnOrder,
            (Some(_), Some(_)) => Chooses::InitiatorOrder,
            _ => Chooses::Unknown,
        };
        Ok(())
    }

    /// A refusal of an offer says something of its last suite only if the peer reads that far: an accepted suite is put
    /// behind as many others as were offered at once.
    async fn calibrate(&mut self, accepted: Tuple) -> Result<(), Stop> {
        let mut room = Room::new(self.most);
        room.takes(self, accepted);
        let refused = self.order.iter().copied().filter(|tuple| {
            self.may_join(accepted, *tuple) && self.verdict(*tuple) == Verdict::Refused
        });
        let mut offer: Vec<_> = refused
            .take_while(|tuple| room.takes(self, *tuple))
            .collect();
        offer.push(accepted);
        let length = offer.len();
        let known = self.verdict(accepted) == Verdict::Accepted;
        if length < CALIBRATED_FROM {
            // Not enough was refused yet; a later box will tell.
            if !known {
                self.question(&[accepted]).await?;
            }
            return Ok(());
        }
        let answer = self.ask(&offer).await?;
        if matches!(answer, Answer::Accepted(_)) {
            self.found.reads = Some(length);
            if !known {
                self.set(accepted, Verdict::Accepted);
                self.accepted.push(accepted);
            }
            return Ok(());
        }
        if !known && self.question(&[accepted]).await?.is_none() {
            return Ok(());
        }
        self.most = (length / 2).max(1);
        self.found.reads_at_most = Some(length - 1);
        // What was refused in a long offer may not have been read.
        self.asked = 0;
        for verdict in &mut self.verdicts {
            if *verdict == Verdict::Refused {
                *verdict = Verdict::Unknown;
            }
        }
        Ok(())
    }
}

/// What is left of a message.
struct Room {
    transforms: usize,
    octets: Option<usize>,
}

impl Room {
    fn new(transforms: usize) -> Self {
        Self {
            transforms,
            octets: None,
        }
    }

    /// Whether one more suite fits; the first always does.
    fn takes<A: Asker>(&mut self, enumeration: &Enumeration<'_, A>, tuple: Tuple) -> bool {
        let Some(suite) = enumeration.universe.suite(tuple) else {
            return false;
        };
        let needed = suite.transform_len();
        let left = match self.octets {
            None => Some(enumeration.asker.room(&suite).saturating_sub(needed)),
            Some(octets) => octets.checked_sub(needed),
        };
        let (Some(left), Some(transforms)) = (left, self.transforms.checked_sub(1)) else {
            return false;
        };
        *self = Self {
            transforms,
            octets: Some(left),
        };
        true
    }
}

impl Region {
    fn single(tuple: Tuple) -> Self {
        Self {
            fibers: tuple.map(|value| vec![value]),
            inferred: Vec::new(),
        }
    }

    fn holds(&self, tuple: Tuple) -> bool {
        let mut places = tuple.iter().zip(&self.fibers);
        places.all(|(value, fiber)| fiber.contains(value))
    }

    fn with(mut self, axis: usize, fiber: &[usize]) -> Self {
        self.fibers[axis] = fiber.to_vec();
        self
    }
}

fn with(mut tuple: Tuple, axis: usize, value: usize) -> Tuple {
    tuple[axis] = value;
    tuple
}

/// Every two values that stand together in a suite, with their attributes.
fn pairs(tuple: Tuple) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    let axes = (0..AXES).flat_map(|one| (one + 1..AXES).map(move |other| (one, other)));
    axes.map(move |(one, other)| (one, tuple[one], other, tuple[other]))
}

/// Transforms in one offer; some stacks look at the first ones only, and 40 fill a datagram.
const MOST_TRANSFORMS: usize = 34;
/// Questions to one peer: ten times what any policy took.
const MAX_QUESTIONS: usize = 4_000;
/// Offers without an answer, before anything was answered, after which nobody is asked any more.
const SILENT_OFFERS: usize = 2;
/// Refusals of a peer that drops what it refuses: enough for the attributes around what it accepts, four minutes of waiting.
const MOST_SILENT_REFUSALS: usize = 8;
/// Questions about what was accepted, in the end.
const ASKED_AGAIN: usize = 4;
/// Times that a peer which stopped answering is asked again what it had answered.
const CANARIES: usize = 2;
/// A peer that takes as many methods takes them all; with fewer it may happen to have both.
const FEWEST_METHODS: usize = 3;
/// Combinations tested where each costs half a minute.
const CORNERS_OF_A_KEEPER: usize = 2;
/// An offer shorter than that proves nothing about long ones.
const CALIBRATED_FROM: usize = 4;
