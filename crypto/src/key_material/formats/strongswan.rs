//! Logs of strongSwan's charon with `ike = 4` and `chd = 4`.
//!
//! ```text
//! Nov 21 15:02:39.959 16[IKE] <gw|1> Sk_ei secret => 16 bytes @ 0x7eff08002060
//! Nov 21 15:02:39.959 16[IKE] <gw|1>    0: 32 6E E9 52 70 8E CA 31 37 07 1B 54 09 73 12 EF  2n.Rp..17..T.s..
//! Nov 21 15:02:39.965 16[MGR] <gw|1> checkin IKEv2 SA gw[1] with SPIs 6885fd33b7b8486b_i 2d69cf9ef6fa4e3b_r
//! ```
//!
//! Threads interleave, so a dump belongs to its thread. Keys are logged before anything names their SPIs: what ties both is
//! the number of the IKE SA, in the tag `<gw|1>` where the log has it, else what the thread has checked out.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use ikescope_dissectors::{IkeSpi, Spi};
use memchr::memchr;

use crate::Secret;
use crate::key_exchange::KeyExchangeFacts;
use crate::key_material::format::Format;
use crate::key_material::key::{
    AhSa, DhSecret, EapMsk, EspSa, IkeSpis, Ikev1Skeyid, Ikev2Keys, Material, NoncePair, Ppk, Psk,
    Skeyseed,
};
use crate::key_material::limits::{MAX_CONTEXTS, MAX_DUMP, MAX_KEYS};
use crate::key_material::names::Proposal;
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, ike_spi, octet, spi_hex};

/// Whether a line begins a dump of strongSwan.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    line.contains(" bytes @ ")
}

/// The state between lines.
#[derive(Debug, Default)]
pub(in crate::key_material) struct StrongswanLog {
    threads: HashMap<String, Thread>,
    contexts: HashMap<Context, Work>,
    /// SPIs of IKE SAs, each time that a number got new ones.
    instances: Vec<IkeSpis>,
    /// The instance that an IKE SA's number means now.
    numbers: HashMap<u32, usize>,
    /// The latest set of keys of an IKE SA's number.
    owned: HashMap<u32, usize>,
    sets: Vec<IkeSet>,
    others: Vec<Found>,
    /// Those of both whose IKE SA has a number and no SPIs yet.
    sets_without_spis: Vec<usize>,
    others_without_spis: Vec<usize>,
}

#[derive(Debug, Default)]
struct Thread {
    dump: Option<Dump>,
    /// The number of the IKE SA that the thread has checked out.
    checked_out: Option<u32>,
    /// The IKE proposal that the thread selected last.
    selected: Option<Proposal>,
    /// The SPIs by which the thread looks for an IKE SA.
    wanted: Option<IkeSpis>,
    /// Sets of keys whose IKE SA will be named by the thread.
    unnamed: Vec<usize>,
}

#[derive(Debug)]
struct Dump {
    line: usize,
    name: Name,
    tag: Option<u32>,
    len: usize,
    octets: Vec<u8>,
}

/// What messages belong to: an IKE SA by its number, else a thread.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Context {
    Sa(u32),
    Thread(String),
}

/// What is known in a context until it is used.
#[derive(Debug, Default)]
struct Work {
    ike_proposal: Option<Proposal>,
    child_proposal: Option<Proposal>,
    exchange: Exchange,
    /// Whether the last message that was read was a response, so that this peer began the exchange.
    response: Option<bool>,
    /// The number of the IKE SA that a rekeying begun here will make.
    rekey: Option<u32>,
    shared: Option<Located>,
    additional: Option<Located>,
    nonces: Option<NoncePair>,
    set: Option<usize>,
    child: Child,
    installing: Option<(Direction, Protocol)>,
    eap: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Exchange {
    #[default]
    Other,
    Intermediate,
}

#[derive(Debug)]
struct Located {
    line: usize,
    octets: Secret,
}

/// The keys of an IKE SA from one derivation.
#[derive(Debug)]
struct IkeSet {
    line: usize,
    number: Option<u32>,
    instance: Option<usize>,
    proposal: Option<Proposal>,
    shared: Option<Located>,
    additional: Option<Located>,
    nonces: Option<NoncePair>,
    skeyseed: Option<Located>,
    keys: HashMap<Name, Secret>,
    initial_iv: Option<Vec<u8>>,
    ppk: bool,
    before_ppk: HashMap<Name, Secret>,
}

#[derive(Debug)]
struct Found {
    line: usize,
    number: Option<u32>,
    instance: Option<usize>,
    material: Material,
}

#[derive(Debug, Default)]
struct Child {
    line: usize,
    shared: Option<Located>,
    additional: Option<Located>,
    seed_i: Option<Secret>,
    seed_r: Option<Secret>,
    keys: HashMap<Name, Secret>,
    protocol: Option<Protocol>,
    inbound: Option<Half>,
    outbound: Option<Half>,
}

#[derive(Debug, Clone, Copy)]
struct Half {
    spi: Spi,
    addresses: Option<(IpAddr, IpAddr)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Inbound,
    Outbound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Esp,
    Ah,
}

/// Dumps that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Name {
    Shared,
    Additional,
    Nonces,
    Skeyseed,
    Skeyid,
    SkeyidD,
    SkeyidA,
    SkeyidE,
    Ka,
    InitialIv,
    SkD,
    SkAi,
    SkAr,
    SkEi,
    SkEr,
    SkPi,
    SkPr,
    Ppk,
    AuthSecret,
    Msk,
    Seed,
    SeedI,
    SeedR,
    EncryptionI,
    EncryptionR,
    IntegrityI,
    IntegrityR,
}

/// What charon writes before `=> N bytes`.
const NAMES: &[(&str, Name)] = &[
    ("shared Diffie Hellman secret", Name::Shared),
    ("shared Diffie-Hellman secret", Name::Shared),
    ("key exchange secret", Name::Shared),
    ("DH secret", Name::Shared),
    ("additional key exchange secret", Name::Additional),
    ("nonces", Name::Nonces),
    ("SKEYSEED", Name::Skeyseed),
    ("SKEYID", Name::Skeyid),
    ("SKEYID_d", Name::SkeyidD),
    ("SKEYID_a", Name::SkeyidA),
    ("SKEYID_e", Name::SkeyidE),
    ("encryption key Ka", Name::Ka),
    ("initial IV", Name::InitialIv),
    ("Sk_d secret", Name::SkD),
    ("Sk_ai secret", Name::SkAi),
    ("Sk_ar secret", Name::SkAr),
    ("Sk_ei secret", Name::SkEi),
    ("Sk_er secret", Name::SkEr),
    ("Sk_pi secret", Name::SkPi),
    ("Sk_pr secret", Name::SkPr),
    ("derive keys using PPK", Name::Ppk),
    ("secret", Name::AuthSecret),
    ("MSK", Name::Msk),
    ("EAP-MSK", Name::Msk),
    ("seed", Name::Seed),
    ("initiator SA seed", Name::SeedI),
    ("responder SA seed", Name::SeedR),
    ("encryption initiator key", Name::EncryptionI),
    ("encryption responder key", Name::EncryptionR),
    ("integrity initiator key", Name::IntegrityI),
    ("integrity responder key", Name::IntegrityR),
];

/// A line taken apart.
struct Entry<'a> {
    thread: &'a str,
    tag: Option<u32>,
    message: &'a str,
}

impl<'a> Entry<'a> {
    fn of(text: &'a str) -> Self {
        let Some((thread, rest)) = text.match_indices('[').find_map(|(at, _)| {
            let group = text.get(at + 1..at + 5)?;
            let (name, end) = group.split_at_checked(3)?;
            let named = end == "]" && name.bytes().all(|octet| octet.is_ascii_uppercase());
            let before = text.get(..at)?;
            let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            let thread = before.get(before.len() - digits..)?;
            (named && digits > 0).then_some((thread, text.get(at + 5..)?))
        }) else {
            // The journal has neither thread nor group.
            let message = text.rsplit_once("]: ").map_or(text, |(_, message)| message);
            let (tag, message) = tagged(message);
            return Self {
                thread: "",
                tag,
                message,
            };
        };
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let (tag, message) = tagged(rest);
        Self {
            thread,
            tag,
            message,
        }
    }
}

/// The number of the IKE SA in `<gw|1> message`, and the message.
fn tagged(text: &str) -> (Option<u32>, &str) {
    match text
        .strip_prefix('<')
        .and_then(|text| text.split_once("> "))
    {
        Some((tag, message)) => {
            let number = tag.rsplit('|').next();
            (number.and_then(|number| number.parse().ok()), message)
        }
        None => (None, text),
    }
}

impl Reader for StrongswanLog {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let entry = Entry::of(line.text);
        if self.threads.len() >= MAX_CONTEXTS || self.contexts.len() >= MAX_CONTEXTS {
            self.threads.clear();
            self.contexts.clear();
        }
        let thread = match self.threads.get_mut(entry.thread) {
            Some(thread) => thread,
            None => self.threads.entry(entry.thread.to_owned()).or_default(),
        };
        if let Some(mut dump) = thread.dump.take() {
            if dump.continues(entry.message) {
                if dump.octets.len() < dump.len {
                    thread.dump = Some(dump);
                } else {
                    self.dumped(entry.thread, dump);
                }
                return;
            }
            sink.problem(line.problem(format!(
                "the octets of line {} end here: {} of {} are there",
                dump.line,
                dump.octets.len(),
                dump.len
            )));
        }
        if let Some((name, len)) = dump_head(entry.message) {
            if let Some(name) = name.filter(|_| (1..=MAX_DUMP).contains(&len)) {
                thread.dump = Some(Dump {
                    line: line.number,
                    name,
                    tag: entry.tag,
                    len,
                    octets: Vec::with_capacity(len),
                });
            }
            return;
        }
        self.message(&entry, line.number);
    }

    fn end(&mut self, sink: &mut Sink) {
        for thread in self.threads.values() {
            if let Some(dump) = &thread.dump {
                sink.problem(crate::key_material::Problem::new(
                    dump.line,
                    format!(
                        "the file ends after {} of {} octets",
                        dump.octets.len(),
                        dump.len
                    ),
                ));
            }
        }
        let open: Vec<Context> = self.contexts.keys().cloned().collect();
        for context in open {
            self.flush_child(&context);
            self.flush_shared(&context);
        }
        self.name_the_rest();
        self.write(sink);
    }
}

impl Dump {
    /// Takes the octets of a line in, if it is the next one of this dump.
    fn continues(&mut self, message: &str) -> bool {
        let Some((offset, rest)) = message.trim_start().split_once(':') else {
            return false;
        };
        if offset.parse() != Ok(self.octets.len()) {
            return false;
        }
        let count = (self.len - self.octets.len()).min(OCTETS_A_LINE);
        let before = self.octets.len();
        for word in rest.split_ascii_whitespace().take(count) {
            match octet(word) {
                Some(octet) => self.octets.push(octet),
                None => break,
            }
        }
        if self.octets.len() - before == count {
            return true;
        }
        self.octets.truncate(before);
        false
    }
}

/// Whether the daemon counts its IKE SAs from 1 again.
pub(in crate::key_material) fn begins_anew(message: &str) -> bool {
    let message = message.trim_end();
    (message.starts_with("Starting ") && message.contains("charon"))
        || (message.starts_with("spawning ") && message.ends_with(" worker threads"))
}

/// Whether a message begins a dump that matters.
pub(in crate::key_material) fn is_key(message: &str) -> bool {
    dump_head(message).is_some_and(|(name, _)| name.is_some())
}

/// `NAME => N bytes @ 0x…`; the name is none where it does not matter.
fn dump_head(message: &str) -> Option<(Option<Name>, usize)> {
    // Most lines have none.
    memchr(b'@', message.as_bytes())?;
    let (name, rest) = message.split_once(" => ")?;
    let (len, _) = rest.split_once(" bytes @ ")?;
    let name = name.trim().trim_end_matches(':');
    let known = NAMES.iter().find(|(text, _)| *text == name);
    Some((known.map(|(_, name)| *name), len.parse().ok()?))
}

impl StrongswanLog {
    fn number(&self, thread: &str, tag: Option<u32>) -> Option<u32> {
        tag.or_else(|| self.threads.get(thread)?.checked_out)
    }

    fn context(&self, thread: &str, tag: Option<u32>) -> Context {
        match self.number(thread, tag) {
            Some(number) => Context::Sa(number),
            None => Context::Thread(thread.to_owned()),
        }
    }

    /// A complete dump.
    fn dumped(&mut self, thread: &str, dump: Dump) {
        let number = self.number(thread, dump.tag);
        let context = self.context(thread, dump.tag);
        let octets = Secret::new(dump.octets);
        let located = |octets| Located {
            line: dump.line,
            octets,
        };
        match dump.name {
            Name::Shared => {
                self.flush_shared(&context);
                self.work(&context).shared = Some(located(octets));
            }
            Name::Additional => self.work(&context).additional = Some(located(octets)),
            Name::Nonces => self.work(&context).nonces = halves(octets.expose()),
            Name::Skeyseed | Name::Skeyid => {
                let index = self.new_set(thread, number, &context, dump.line);
                if let Some(set) = self.sets.get_mut(index) {
                    match dump.name {
                        Name::Skeyseed => set.skeyseed = Some(located(octets)),
                        name => {
                            set.keys.insert(name, octets);
                        }
                    }
                }
            }
            name if name.of_ike_sa() => {
                let current = self.contexts.get(&context).and_then(|work| work.set);
                let fits = |set: &IkeSet| set.takes(name);
                let index = match current.filter(|index| self.sets.get(*index).is_some_and(fits)) {
                    Some(index) => index,
                    None => self.new_set(thread, number, &context, dump.line),
                };
                if let Some(set) = self.sets.get_mut(index) {
                    set.put(name, octets);
                }
            }
            Name::Ppk => {
                let set = self.contexts.get(&context).and_then(|work| work.set);
                if let Some(set) = set.and_then(|index| self.sets.get_mut(index)) {
                    set.ppk = true;
                }
                let material = Material::Ppk(Ppk {
                    id: None,
                    secret: octets,
                });
                self.found_once(dump.line, number, material);
            }
            Name::AuthSecret => {
                let eap = self.contexts.get(&context).is_some_and(|work| work.eap);
                let material = match eap {
                    true => Material::EapMsk(EapMsk {
                        sa: IkeSpis::default(),
                        msk: octets,
                    }),
                    false => Material::Psk(Psk {
                        selectors: Vec::new(),
                        secret: octets,
                    }),
                };
                self.found_once(dump.line, number, material);
            }
            Name::Msk => {
                let material = Material::EapMsk(EapMsk {
                    sa: IkeSpis::default(),
                    msk: octets,
                });
                self.found_once(dump.line, number, material);
            }
            Name::Seed | Name::SeedI => {
                self.flush_child(&context);
                let work = self.work(&context);
                work.child = Child {
                    line: dump.line,
                    shared: work.shared.take(),
                    additional: work.additional.take(),
                    ..Child::default()
                };
                if dump.name == Name::SeedI {
                    work.child.seed_i = Some(octets);
                }
            }
            Name::SeedR => self.work(&context).child.seed_r = Some(octets),
            name => {
                let repeated = self.work(&context).child.keys.contains_key(&name);
                if repeated {
                    self.flush_child(&context);
                }
                let child = &mut self.work(&context).child;
                if child.line == 0 {
                    child.line = dump.line;
                }
                child.keys.insert(name, octets);
            }
        }
    }

    fn work(&mut self, context: &Context) -> &mut Work {
        self.contexts.entry(context.clone()).or_default()
    }

    /// Begins a set of keys, and finds out whose it is.
    fn new_set(
        &mut self,
        thread: &str,
        number: Option<u32>,
        context: &Context,
        line: usize,
    ) -> usize {
        let index = self.sets.len();
        if index >= MAX_KEYS {
            return index;
        }
        let work = self.contexts.entry(context.clone()).or_default();
        let own = number.and_then(|number| self.owned.get(&number).copied());
        let further = work.exchange == Exchange::Intermediate;
        let owner = match (number, own) {
            (Some(_), Some(_)) if !further => work.rekey.take(),
            (number, _) => number,
        };
        let shared = work.shared.take();
        let proposal = match (further, own) {
            (true, Some(first)) => self.sets.get(first).and_then(|set| set.proposal.clone()),
            // What a rekeying makes has a number of its own, and the proposal stands under that of the SA it replaces.
            _ => work.ike_proposal.clone().or_else(|| {
                let thread = self.threads.get(thread)?;
                thread.selected.clone()
            }),
        };
        let set = IkeSet {
            line: shared.as_ref().map_or(line, |shared| shared.line.min(line)),
            number: owner,
            instance: owner.and_then(|number| self.numbers.get(&number).copied()),
            proposal,
            shared,
            additional: work.additional.take(),
            nonces: work.nonces.take(),
            skeyseed: None,
            keys: HashMap::new(),
            initial_iv: None,
            ppk: false,
            before_ppk: HashMap::new(),
        };
        work.set = Some(index);
        if let Some(number) = owner {
            self.owned.insert(number, index);
            if set.instance.is_none() {
                self.sets_without_spis.push(index);
            }
        } else if let Some(thread) = self.threads.get_mut(thread) {
            thread.unnamed.push(index);
        }
        self.sets.push(set);
        index
    }

    fn found_once(&mut self, line: usize, number: Option<u32>, material: Material) {
        let repeated = self.others.iter().rev().take(REPEATS).any(|found| {
            found.material == material && (found.number == number || !tied(&material))
        });
        if !repeated {
            self.found(line, number, material);
        }
    }

    /// Material of an IKE SA, whose SPIs may become known later.
    fn found(&mut self, line: usize, number: Option<u32>, material: Material) {
        if self.others.len() >= MAX_KEYS {
            return;
        }
        let instance = number.and_then(|number| self.numbers.get(&number).copied());
        if instance.is_none() && number.is_some() {
            self.others_without_spis.push(self.others.len());
        }
        self.others.push(Found {
            line,
            number,
            instance,
            material,
        });
    }

    /// A line of text.
    fn message(&mut self, entry: &Entry<'_>, line: usize) {
        let message = entry.message;
        if let Some(rest) = message.strip_prefix("checkin IKEv") {
            if let Some((number, spis)) = checkin(rest) {
                self.checked_in(entry.thread, number, spis);
            }
        } else if begins_anew(message) {
            self.numbers.clear();
            self.owned.clear();
            self.threads.clear();
            let open: Vec<Context> = self.contexts.keys().cloned().collect();
            for context in open {
                self.flush_child(&context);
                self.flush_shared(&context);
            }
            self.contexts.clear();
        } else if message.starts_with("IKE_SA ") && message.ends_with("successfully checked out") {
            let found = self.threads.get_mut(entry.thread).and_then(|thread| {
                thread.checked_out = bracketed(message);
                thread.checked_out.zip(thread.wanted.take())
            });
            if let Some((number, spis)) = found {
                self.learn(number, spis);
            }
        } else if message.starts_with("checkout IKE") {
            if let Some(thread) = self.threads.get_mut(entry.thread) {
                let spis = message.split_once(" with SPIs ");
                thread.wanted = spis.and_then(|(_, spis)| pair(spis));
            }
        } else if message.starts_with("created IKE_SA ") {
            self.created(entry, bracketed(message));
        } else if message.starts_with("checkin of IKE_SA")
            || message.starts_with("checkin and destroy of IKE_SA")
        {
            if let Some(thread) = self.threads.get_mut(entry.thread) {
                thread.checked_out = None;
                thread.selected = None;
                thread.unnamed.clear();
            }
        } else if message.starts_with("IKE_SA ") && message.contains(" rekeyed between ") {
            if let Some(number) = bracketed(message) {
                self.name_sets(entry.thread, number);
                self.rekeyed(entry, number);
            }
        } else if let Some((number, spis)) = status(message) {
            self.learn(number, spis);
        } else {
            self.conversation(entry, line);
        }
    }

    /// A new IKE SA: of this thread where it has none, else the one that a rekeying makes.
    fn created(&mut self, entry: &Entry<'_>, made: Option<u32>) {
        if self.number(entry.thread, entry.tag).is_some() {
            let context = self.context(entry.thread, entry.tag);
            self.work(&context).rekey = made;
        } else if let Some(thread) = self.threads.get_mut(entry.thread) {
            thread.checked_out = made;
        }
    }

    /// With additional key exchanges the keys are made in another message, by another thread, than the proposal was selected.
    fn rekeyed(&mut self, entry: &Entry<'_>, number: u32) {
        let context = self.context(entry.thread, entry.tag);
        let Some(work) = self.contexts.get(&context) else {
            return;
        };
        let set = self.owned.get(&number).copied();
        if let Some(set) = set.and_then(|index| self.sets.get_mut(index)) {
            set.proposal = set.proposal.take().or_else(|| work.ike_proposal.clone());
        }
    }

    /// What a peer did with a message.
    fn conversation(&mut self, entry: &Entry<'_>, line: usize) {
        let message = entry.message;
        let mut words = message.split(' ');
        let first = words.next().unwrap_or_default();
        let context = self.context(entry.thread, entry.tag);
        match first {
            "parsed" | "generating" => {
                let exchange = words.next().unwrap_or_default();
                let kind = words.next().unwrap_or_default();
                if !matches!(kind, "request" | "response") {
                    return;
                }
                let work = self.work(&context);
                work.exchange = match exchange {
                    "IKE_INTERMEDIATE" => Exchange::Intermediate,
                    _ => Exchange::Other,
                };
                if first == "parsed" {
                    work.response = Some(kind == "response");
                }
            }
            "selected" => {
                let Some(proposal) = message.strip_prefix("selected proposal: ") else {
                    return;
                };
                let Some((protocol, transforms)) = proposal.split_once(':') else {
                    return;
                };
                let work = self.work(&context);
                let proposal = Some(Proposal::parse(transforms));
                match protocol {
                    "IKE" => {
                        work.ike_proposal.clone_from(&proposal);
                        if let Some(thread) = self.threads.get_mut(entry.thread) {
                            thread.selected = proposal;
                        }
                    }
                    _ => work.child_proposal = proposal,
                }
            }
            "initiating" if message.contains("IKE_SA ") => {
                self.work(&context).rekey = bracketed(message);
            }
            "adding" | "registering" => {
                let direction = match words.next() {
                    Some("inbound") => Direction::Inbound,
                    Some("outbound") => Direction::Outbound,
                    _ => return,
                };
                let protocol = match words.next() {
                    Some("ESP") => Protocol::Esp,
                    Some("AH") => Protocol::Ah,
                    _ => return,
                };
                self.work(&context).installing = Some((direction, protocol));
            }
            "" | "SPI" if message.trim_start().starts_with("SPI 0x") => {
                self.installed(&context, message.trim_start(), line);
            }
            "EAP" if message.contains("MSK established") => self.work(&context).eap = true,
            "authentication" if message.contains("with EAP") => self.work(&context).eap = true,
            "authentication" if message.contains("with pre-shared key") => {
                self.work(&context).eap = false;
            }
            _ if message.contains("CHILD_SA ") && message.contains(" established with SPIs ") => {
                self.established(&context, message);
            }
            _ => {}
        }
    }

    /// `SPI 0xa3411c53, src 10.9.0.2 dst 10.9.0.1`, a line behind the one that says which half it is.
    fn installed(&mut self, context: &Context, message: &str, _line: usize) {
        let work = self.work(context);
        let Some((direction, protocol)) = work.installing.take() else {
            return;
        };
        let mut words = message.split([' ', ',']).filter(|word| !word.is_empty());
        let Some(spi) = words.nth(1).and_then(spi_hex) else {
            return;
        };
        let src = words.nth(1).and_then(|word| word.parse().ok());
        let dst = words.nth(1).and_then(|word| word.parse().ok());
        let half = Half {
            spi,
            addresses: src.zip(dst),
        };
        let child = &mut work.child;
        child.protocol = Some(protocol);
        match direction {
            Direction::Inbound => child.inbound = Some(half),
            Direction::Outbound => child.outbound = Some(half),
        }
        if child.inbound.is_some() && child.outbound.is_some() {
            self.flush_child(context);
        }
    }

    /// `CHILD_SA net{1} established with SPIs a3411c53_i 9d22e6ff_o and TS …`: `i` is inbound here.
    fn established(&mut self, context: &Context, message: &str) {
        let Some((_, spis)) = message.split_once(" with SPIs ") else {
            return;
        };
        let mut words = spis.split(' ');
        let mut half = |suffix| {
            let spi = words.next()?.strip_suffix(suffix).and_then(spi_hex)?;
            Some(Half {
                spi,
                addresses: None,
            })
        };
        let (inbound, outbound) = (half("_i"), half("_o"));
        let child = &mut self.work(context).child;
        if child.keys.is_empty() && child.shared.is_none() {
            return;
        }
        child.inbound = child.inbound.or(inbound);
        child.outbound = child.outbound.or(outbound);
        self.flush_child(context);
    }

    /// `2 SA gw[1] with SPIs 6885fd33b7b8486b_i 2d69cf9ef6fa4e3b_r`.
    fn checked_in(&mut self, thread: &str, number: u32, spis: IkeSpis) {
        let from_thread = Context::Thread(thread.to_owned());
        if let Some(work) = self.contexts.remove(&from_thread) {
            self.contexts.entry(Context::Sa(number)).or_insert(work);
        }
        self.learn(number, spis);
        self.name_sets(thread, number);
    }

    fn learn(&mut self, number: u32, spis: IkeSpis) {
        let known = self.numbers.get(&number).copied();
        if let Some(instance) = known.and_then(|index| self.instances.get_mut(index)) {
            if instance.initiator == spis.initiator {
                instance.responder = spis.responder.or(instance.responder);
                return;
            }
            if let Some(work) = self.contexts.get_mut(&Context::Sa(number)) {
                work.set = None;
            }
            self.owned.remove(&number);
        }
        let index = self.instances.len();
        if index >= MAX_KEYS {
            return;
        }
        self.instances.push(spis);
        self.numbers.insert(number, index);
        let sets = &mut self.sets;
        self.sets_without_spis.retain(|at| match sets.get_mut(*at) {
            Some(set) if set.number == Some(number) => {
                set.instance = set.instance.or(Some(index));
                false
            }
            _ => true,
        });
        let others = &mut self.others;
        self.others_without_spis
            .retain(|at| match others.get_mut(*at) {
                Some(found) if found.number == Some(number) => {
                    found.instance = found.instance.or(Some(index));
                    false
                }
                _ => true,
            });
    }

    /// The thread named the IKE SA that the keys it derived belong to.
    fn name_sets(&mut self, thread: &str, number: u32) {
        let Some(thread) = self.threads.get_mut(thread) else {
            return;
        };
        let instance = self.numbers.get(&number).copied();
        for index in std::mem::take(&mut thread.unnamed) {
            if let Some(set) = self.sets.get_mut(index) {
                set.number = Some(number);
                set.instance = instance;
                self.owned.insert(number, index);
                if instance.is_none() {
                    self.sets_without_spis.push(index);
                }
            }
        }
    }

    /// Sets that no line named: those of the SA with the next number that has no keys, or of the only one.
    fn name_the_rest(&mut self) {
        let mut free: Vec<usize> = (0..self.instances.len()).collect();
        let taken: HashSet<usize> = self.sets.iter().filter_map(|set| set.instance).collect();
        free.retain(|instance| !taken.contains(instance));
        let single = (self.instances.len() == 1).then_some(0);
        let mut last = None;
        for set in &mut self.sets {
            if set.instance.is_none() {
                let next = free.iter().position(|instance| Some(*instance) > last);
                set.instance = next.map(|at| free.remove(at)).or(single);
            }
            last = set.instance.or(last);
        }
    }

    /// A shared secret from which nothing was derived in this log.
    fn flush_shared(&mut self, context: &Context) {
        let Some(work) = self.contexts.get_mut(context) else {
            return;
        };
        let (shared, additional) = (work.shared.take(), work.additional.take());
        let number = match context {
            Context::Sa(number) => Some(*number),
            Context::Thread(_) => None,
        };
        for (line, secret) in secrets(shared, additional, None, 0, &[]) {
            // It may be of any exchange of the SA, a child's too.
            let secret = DhSecret {
                epoch: None,
                ..secret
            };
            self.found(line, number, Material::DhSecret(secret));
        }
    }

    /// A child with all that was said about it.
    fn flush_child(&mut self, context: &Context) {
        let Some(work) = self.contexts.get_mut(context) else {
            return;
        };
        let child = std::mem::take(&mut work.child);
        work.installing = None;
        if child.keys.is_empty() && child.shared.is_none() && child.seed_i.is_none() {
            return;
        }
        let proposal = work.child_proposal.clone().unwrap_or_default();
        let began = work.response;
        let number = match context {
            Context::Sa(number) => Some(*number),
            Context::Thread(_) => None,
        };
        for (line, material) in child.materials(&proposal, began) {
            self.found(line, number, material);
        }
    }

    fn write(&mut self, sink: &mut Sink) {
        let spis = |instance: Option<usize>| {
            instance
                .and_then(|index| self.instances.get(index))
                .copied()
                .unwrap_or_default()
        };
        // Derivations for the same SPIs, each with its own keys (RFC 9370, section 2.2.2).
        let mut epochs: HashMap<usize, Vec<Option<Secret>>> = HashMap::new();
        for set in std::mem::take(&mut self.sets) {
            let epoch = set.instance.map(|instance| {
                let known = epochs.entry(instance).or_default();
                let own = set.mark();
                let at = known.iter().position(|other| *other == own);
                let at = at.unwrap_or_else(|| {
                    known.push(own);
                    known.len() - 1
                });
                u32::try_from(at).unwrap_or(u32::MAX)
            });
            let sa = spis(set.instance);
            set.write(sa, epoch, sink);
        }
        for found in std::mem::take(&mut self.others) {
            let sa = spis(found.instance);
            let mut material = found.material;
            match &mut material {
                Material::EapMsk(msk) => msk.sa = sa,
                Material::EspSa(esp) => esp.sa = sa,
                Material::AhSa(ah) => ah.sa = sa,
                Material::DhSecret(dh) => dh.sa = sa,
                _ => {}
            }
            sink.key(found.line, Format::StrongswanLog, material);
        }
    }
}

impl Name {
    fn of_ike_sa(self) -> bool {
        use Name::{
            InitialIv, Ka, SkAi, SkAr, SkD, SkEi, SkEr, SkPi, SkPr, SkeyidA, SkeyidD, SkeyidE,
        };
        matches!(
            self,
            InitialIv
                | Ka
                | SkAi
                | SkAr
                | SkD
                | SkEi
                | SkEr
                | SkPi
                | SkPr
                | SkeyidA
                | SkeyidD
                | SkeyidE
        )
    }

    fn of_ikev1(self) -> bool {
        use Name::{InitialIv, Ka, Skeyid, SkeyidA, SkeyidD, SkeyidE};
        matches!(self, InitialIv | Ka | Skeyid | SkeyidA | SkeyidD | SkeyidE)
    }
}

impl IkeSet {
    /// Whether a key of this name may be one of this set: not one that it has already, except those that a PPK changes.
    fn takes(&self, name: Name) -> bool {
        let version_fits = match self.keys.keys().next() {
            Some(first) => first.of_ikev1() == name.of_ikev1(),
            None => self.skeyseed.is_none() || !name.of_ikev1(),
        };
        let changed = self.ppk && matches!(name, Name::SkD | Name::SkPi | Name::SkPr);
        version_fits && (changed || !self.keys.contains_key(&name))
    }

    /// What tells sets of the same SPIs apart, and is the same in the logs of both peers.
    fn mark(&self) -> Option<Secret> {
        let first = [Name::SkEi, Name::SkD, Name::SkeyidE, Name::Skeyid];
        let key = first.iter().find_map(|name| self.keys.get(name)).cloned();
        key.or_else(|| self.skeyseed.as_ref().map(|seed| seed.octets.clone()))
    }

    fn put(&mut self, name: Name, octets: Secret) {
        if name == Name::InitialIv {
            self.initial_iv = Some(octets.expose().to_vec());
        }
        if let Some(before) = self.keys.insert(name, octets) {
            self.before_ppk.insert(name, before);
        }
    }

    fn write(mut self, sa: IkeSpis, epoch: Option<u32>, sink: &mut Sink) {
        let proposal = self.proposal.take().unwrap_or_default();
        let first = epoch.unwrap_or(0);
        let groups = proposal.groups.as_slice();
        let additional = self.additional.take();
        for (line, mut secret) in secrets(self.shared.take(), additional, Some(groups), first, &[])
        {
            secret.sa = sa;
            if epoch.is_none() {
                secret.epoch = None;
            }
            sink.key(line, Format::StrongswanLog, Material::DhSecret(secret));
        }
        let (encryption, key_bits) = match proposal.cipher {
            Some(cipher) => (Some(cipher.id), cipher.key_bits),
            None => (None, None),
        };
        let integrity = proposal.integrity_id();
        if self.keys.keys().any(|name| name.of_ikev1()) {
            self.keys.remove(&Name::InitialIv);
            let mut take = |name| self.keys.remove(&name);
            let material = Material::Ikev1Skeyid(Ikev1Skeyid {
                sa,
                encryption,
                key_bits,
                prf: proposal.prf,
                skeyid: take(Name::Skeyid),
                skeyid_d: take(Name::SkeyidD),
                skeyid_a: take(Name::SkeyidA),
                skeyid_e: take(Name::SkeyidE),
                key: take(Name::Ka),
                initial_iv: self.initial_iv,
            });
            sink.key(self.line, Format::StrongswanLog, material);
            return;
        }
        if let Some(skeyseed) = self.skeyseed {
            let material = Material::Skeyseed(Skeyseed {
                sa,
                encryption,
                key_bits,
                prf: proposal.prf,
                integrity,
                epoch,
                nonces: self.nonces.clone(),
                skeyseed: skeyseed.octets,
            });
            sink.key(skeyseed.line, Format::StrongswanLog, material);
        }
        if self.keys.is_empty() {
            return;
        }
        let mut take = |name| self.keys.remove(&name);
        let keys = Ikev2Keys {
            sa,
            encryption,
            key_bits,
            prf: proposal.prf,
            integrity,
            icv_len: None,
            epoch,
            nonces: self.nonces,
            sk_d: take(Name::SkD),
            sk_ai: take(Name::SkAi),
            sk_ar: take(Name::SkAr),
            sk_ei: take(Name::SkEi),
            sk_er: take(Name::SkEr),
            sk_pi: take(Name::SkPi),
            sk_pr: take(Name::SkPr),
        };
        let mut before = |name| self.before_ppk.remove(&name);
        let without_ppk = Ikev2Keys {
            sk_d: before(Name::SkD),
            sk_pi: before(Name::SkPi),
            sk_pr: before(Name::SkPr),
            ..keys.clone()
        };
        let changed = without_ppk.sk_d.is_some() || without_ppk.sk_pi.is_some();
        sink.key(self.line, Format::StrongswanLog, Material::Ikev2Keys(keys));
        if changed {
            let material = Material::Ikev2Keys(without_ppk);
            sink.key(self.line, Format::StrongswanLog, material);
        }
    }
}

impl Child {
    /// The SPI inside an IKEv1 seed: `[g(qm)^xy |] protocol | SPI | Ni_b | Nr_b` (RFC 2409, section 5.5).
    fn spi_of(&self, seed: Option<&Secret>) -> Option<(Protocol, Spi)> {
        let start = self.shared.as_ref().map_or(0, |shared| shared.octets.len());
        match seed?.expose().get(start..start.checked_add(5)?)? {
            [protocol, a, b, c, d] => {
                let protocol = match protocol {
                    3 => Protocol::Esp,
                    2 => Protocol::Ah,
                    _ => return None,
                };
                Some((protocol, Spi(u32::from_be_bytes([*a, *b, *c, *d]))))
            }
            _ => None,
        }
    }

    /// The SAs of both directions. `began` says whether this peer began the exchange.
    fn materials(mut self, proposal: &Proposal, began: Option<bool>) -> Vec<(usize, Material)> {
        let from_seed_i = self.spi_of(self.seed_i.as_ref());
        let from_seed_r = self.spi_of(self.seed_r.as_ref());
        let protocol = self
            .protocol
            .or(from_seed_i.map(|(protocol, _)| protocol))
            .unwrap_or(Protocol::Esp);
        // What the exchange's initiator sends goes to the SPI that its responder chose.
        let began = match (from_seed_i, self.inbound, self.outbound) {
            (Some((_, spi)), Some(inbound), _) if spi == inbound.spi => Some(false),
            (Some((_, spi)), _, Some(outbound)) if spi == outbound.spi => Some(true),
            _ => began,
        };
        let of_seed = |seed: Option<(Protocol, Spi)>| {
            seed.map(|(_, spi)| Half {
                spi,
                addresses: None,
            })
        };
        let orders = match began {
            Some(true) => vec![(self.outbound, self.inbound)],
            Some(false) => vec![(self.inbound, self.outbound)],
            None if self.inbound.is_some() => {
                vec![(self.outbound, self.inbound), (self.inbound, self.outbound)]
            }
            None => vec![(None, None)],
        };
        let spis: Vec<Spi> = [self.inbound, self.outbound]
            .into_iter()
            .flatten()
            .map(|half| half.spi)
            .collect();
        let mut materials: Vec<(usize, Material)> = secrets(
            self.shared.take(),
            self.additional.take(),
            Some(&proposal.groups),
            0,
            &spis,
        )
        .into_iter()
        .map(|(line, secret)| (line, Material::DhSecret(secret)))
        .collect();
        if self.keys.is_empty() {
            return materials;
        }
        let line = self.line;
        for (there, back) in orders {
            let there = there.or(of_seed(from_seed_i));
            let back = back.or(of_seed(from_seed_r));
            let pairs = [
                (there, Name::EncryptionI, Name::IntegrityI),
                (back, Name::EncryptionR, Name::IntegrityR),
            ];
            for (half, encryption, integrity) in pairs {
                let key = |name| self.keys.get(&name).cloned();
                let (encryption, integrity) = (key(encryption), key(integrity));
                if encryption.is_none() && integrity.is_none() {
                    continue;
                }
                let material = sa(protocol, half, proposal, encryption, integrity);
                materials.push((line, material));
            }
        }
        materials
    }
}

/// One direction of a child.
fn sa(
    protocol: Protocol,
    half: Option<Half>,
    proposal: &Proposal,
    encryption_key: Option<Secret>,
    integrity_key: Option<Secret>,
) -> Material {
    let spi = half.map(|half| half.spi);
    let addresses = half.and_then(|half| half.addresses);
    let src = addresses.map(|(src, _)| src.into());
    let dst = addresses.map(|(_, dst)| dst.into());
    let icv_len = proposal.integrity.and_then(|named| named.icv_len);
    match protocol {
        Protocol::Ah => Material::AhSa(AhSa {
            src,
            dst,
            spi,
            integrity: proposal.integrity_id(),
            icv_len,
            integrity_key: integrity_key.unwrap_or_default(),
            esn: proposal.esn,
            ..AhSa::default()
        }),
        Protocol::Esp => Material::EspSa(EspSa {
            src,
            dst,
            spi,
            encryption: proposal.cipher.map(|cipher| cipher.id),
            key_bits: proposal.cipher.and_then(|cipher| cipher.key_bits),
            encryption_key: encryption_key.unwrap_or_default(),
            integrity: proposal.integrity_id(),
            icv_len,
            integrity_key: integrity_key.unwrap_or_default(),
            esn: proposal.esn,
            ..EspSa::default()
        }),
    }
}

/// The secrets of a key exchange and of its additional ones, which charon logs as one string of octets (RFC 9370, section
/// 2.2.4). `first` is the number of the key exchange.
fn secrets(
    shared: Option<Located>,
    additional: Option<Located>,
    groups: Option<&[ikescope_dissectors::registries::ikev2::KeyExchangeMethod]>,
    first: u32,
    child_spis: &[Spi],
) -> Vec<(usize, DhSecret)> {
    let group = |number: u32| {
        let index = usize::try_from(number).ok()?;
        groups?.get(index).copied()
    };
    let one = |epoch, shared| DhSecret {
        child_spis: child_spis.to_vec(),
        group: group(epoch),
        epoch: Some(epoch),
        shared,
        ..DhSecret::default()
    };
    let mut found = Vec::new();
    if let Some(shared) = shared {
        found.push((shared.line, one(first, shared.octets)));
    }
    if let Some(additional) = additional {
        let line = additional.line;
        let mut rest = additional.octets;
        let mut epoch = first.saturating_add(1);
        while !rest.is_empty() {
            let len = group(epoch)
                .and_then(|group| KeyExchangeFacts::of(group).ok())
                .map(|facts| facts.shared_len);
            let part = match len.filter(|len| *len > 0).and_then(|len| rest.take(len)) {
                Some(part) => part,
                None => std::mem::take(&mut rest),
            };
            found.push((line, one(epoch, part)));
            epoch = epoch.saturating_add(1);
        }
    }
    found
}

/// Both nonces where their border is known: charon's have 32 octets, and so have those of most peers.
fn halves(octets: &[u8]) -> Option<NoncePair> {
    let (initiator, responder) = octets.split_at_checked(NONCE_LEN)?;
    (responder.len() == NONCE_LEN).then(|| NoncePair {
        initiator: initiator.to_vec(),
        responder: responder.to_vec(),
    })
}

/// Whether material belongs to one IKE SA alone.
fn tied(material: &Material) -> bool {
    matches!(material, Material::EapMsk(_))
}

/// `2 SA gw[1] with SPIs 6885fd33b7b8486b_i 2d69cf9ef6fa4e3b_r`.
pub(in crate::key_material) fn checkin(rest: &str) -> Option<(u32, IkeSpis)> {
    let (name, spis) = rest.split_once(" with SPIs ")?;
    Some((bracketed(name)?, pair(spis)?))
}

/// Lines of `ipsec statusall` and `swanctl --list-sas` that people paste into logs:
/// `gw[1]: IKEv2 SPIs: 6885fd33b7b8486b_i* 2d69cf9ef6fa4e3b_r`, `gw: #1, ESTABLISHED, IKEv2, 6885fd33b7b8486b_i* …_r`.
fn status(message: &str) -> Option<(u32, IkeSpis)> {
    if let Some((name, spis)) = message.split_once(" SPIs: ") {
        return Some((bracketed(name)?, pair(spis)?));
    }
    let (_, rest) = message.split_once(": #")?;
    let mut parts = rest.split(", ");
    let number = parts.next()?.parse().ok()?;
    Some((number, parts.find_map(pair)?))
}

/// `6885fd33b7b8486b_i* 2d69cf9ef6fa4e3b_r`; the star marks the peer that logs.
fn pair(text: &str) -> Option<IkeSpis> {
    let mut words = text.split_ascii_whitespace();
    let mut spi = |suffix: &str| -> Option<IkeSpi> {
        let word = words.next()?.trim_end_matches([',', '*']);
        ike_spi(word.strip_suffix(suffix)?)
    };
    Some(IkeSpis::new(spi("_i")?, spi("_r")?))
}

/// The number in the last square brackets of `gw[1]`, before anything that describes peers.
pub(in crate::key_material) fn bracketed(text: &str) -> Option<u32> {
    text.match_indices('[').find_map(|(at, _)| {
        let (digits, _) = text.get(at + 1..)?.split_once(']')?;
        digits.parse().ok()
    })
}

/// Rows of a dump have so many octets.
const OCTETS_A_LINE: usize = 16;

/// Octets of a nonce that charon makes.
const NONCE_LEN: usize = 32;

/// How far back a repeated secret is looked for: both AUTH payloads of an exchange are made with the same one.
const REPEATS: usize = 64;
