//! From what the search found to what is reported.

use std::collections::BTreeSet;

use ikescope_dissectors::Registry;

use super::enumeration::{Found, Region, Stop};
use super::report::{Ikev1Box, Ikev1Report, Ikev1Suite};
use super::universe::{AUTH, AXES, CIPHER, GROUP, HASH, Tuple, Universe};
use crate::limits::{MAX_ACCEPTED, MAX_NOTES};
use crate::report::Outcome;

/// Writes what is known so far.
pub(super) fn fill(report: &mut Ikev1Report, universe: &Universe, found: &Found) {
    report.policy = found
        .regions
        .iter()
        .map(|region| to_box(universe, region))
        .collect();
    report.auth_discriminated = found.discriminates.unwrap_or(false);
    report.chooses = found.chooses;
    let (accepted, truncated) = accepted(found);
    report.accepted = accepted
        .iter()
        .map(|tuple| to_suite(universe, *tuple))
        .collect();
    report.accepted_truncated = truncated;
    if !found.regions.is_empty() {
        report.outcome = Outcome::Accepted;
    }
}

/// Writes how it ended. `all` tells whether everything was to be asked, not one question.
pub(super) fn finish(
    report: &mut Ikev1Report,
    universe: &Universe,
    found: &Found,
    result: Result<(), Stop>,
    all: bool,
) {
    let accepted = !found.regions.is_empty();
    report.outcome = match result {
        _ if accepted && !matches!(result, Err(Stop::Unstable | Stop::RateLimited)) => {
            Outcome::Accepted
        }
        Ok(()) | Err(Stop::NotSpoken) => Outcome::Refused,
        Err(Stop::Unreachable) => Outcome::Unreachable,
        Err(Stop::RateLimited) => Outcome::RateLimited,
        Err(Stop::Unstable) => Outcome::Unstable,
        Err(Stop::Silent) => Outcome::Silent,
        Err(Stop::Confused | Stop::Drops | Stop::TooMany) if report.answers => Outcome::Refused,
        Err(Stop::Confused | Stop::Drops | Stop::TooMany) => Outcome::Silent,
    };
    let about_suites = found
        .silent_refusals
        .saturating_sub(found.silent_about_methods);
    report.complete = match result {
        Ok(()) => all && about_suites == 0 && (accepted || found.methods_refused == 0),
        Err(Stop::NotSpoken) => true,
        Err(_) => false,
    };
    if let Some(why) = undetermined(result, all) {
        report.miss(why);
    }
    if about_suites > 0 {
        report.miss(format!(
            "{about_suites} offers got no answer while a known one was answered: most likely it drops what it refuses"
        ));
    }
    if let Some(silence) = silent_methods(universe, found) {
        report.note(silence);
    }
    if !accepted && found.methods_refused > 0 {
        report.miss(
            "what it accepts from an identity that it knows (--id): it refuses this one, or the mode"
                .to_owned(),
        );
    }
    if let Some(most) = found.reads_at_most {
        report.note(format!(
            "it reads fewer than {} transforms of an offer",
            most + 1
        ));
    }
    match found.discriminates {
        Some(false) if all => report.note(
            "it takes every authentication method at this stage; which one it wants shows only later".to_owned(),
        ),
        _ => {}
    }
    if all && !accepted && report.complete && found.refusals > 0 {
        report.note(
            "nothing was accepted, so it is not known whether offers are read to their end"
                .to_owned(),
        );
    }
}

/// Methods that the peer refuses by saying nothing.
fn silent_methods(universe: &Universe, found: &Found) -> Option<String> {
    let mut methods = found.silent_methods.clone();
    methods.sort_unstable();
    let names: Vec<String> = methods
        .into_iter()
        .map(|method| name(universe, AUTH, method))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "refuses {} by silence, twice while it answered what it had answered before: so does a peer that has nobody configured with them",
            names.join(", ")
        )
    })
}

fn undetermined(result: Result<(), Stop>, all: bool) -> Option<String> {
    let why = match result {
        Ok(()) if all => return None,
        Ok(()) => "all but the one question that was asked; --full asks the rest",
        Err(Stop::NotSpoken) => return None,
        Err(Stop::Silent) => "silence may be a refusal, a filter or an absent peer",
        Err(Stop::Unreachable) => "the rest, because nobody can be reached",
        Err(Stop::RateLimited) => {
            "the rest, because it stopped answering: it has gone, or it or a filter blocks this address"
        }
        Err(Stop::Unstable) => "the rest, because it refused what it had accepted before",
        Err(Stop::Confused) => "the rest, because an answer made no sense",
        Err(Stop::Drops) => {
            "the rest, because it drops what it refuses: hundreds of offers would take hours"
        }
        Err(Stop::TooMany) => "the rest, because it would take too many questions",
    };
    Some(why.to_owned())
}

fn to_box(universe: &Universe, region: &Region) -> Ikev1Box {
    let names = |axis: usize| {
        let mut values = region.fibers.get(axis).cloned().unwrap_or_default();
        values.sort_unstable();
        values
            .into_iter()
            .map(move |value| name(universe, axis, value))
            .collect()
    };
    Ikev1Box {
        encr: names(CIPHER),
        hash: names(HASH),
        auth: names(AUTH),
        group: names(GROUP),
        inferred: region
            .inferred
            .iter()
            .map(|(axis, value)| name(universe, *axis, *value))
            .collect(),
    }
}

fn to_suite(universe: &Universe, tuple: Tuple) -> Ikev1Suite {
    let [encr, hash, auth, group] =
        [CIPHER, HASH, AUTH, GROUP].map(|axis| name(universe, axis, tuple[axis]));
    Ikev1Suite {
        encr,
        hash,
        auth,
        group,
    }
}

fn name(universe: &Universe, axis: usize, value: usize) -> String {
    let name = match axis {
        CIPHER => universe.ciphers.get(value).map(ToString::to_string),
        HASH => universe
            .hashes
            .get(value)
            .map(|hash| hash.short_name().to_string()),
        AUTH => universe
            .authentications
            .get(value)
            .map(|method| method.short_name().to_string()),
        _ => universe
            .groups
            .get(value)
            .map(|group| group.short_name().to_string()),
    };
    name.unwrap_or_default()
}

/// Every suite of the union; only the first of each box where there are too many.
fn accepted(found: &Found) -> (BTreeSet<Tuple>, bool) {
    let mut all = BTreeSet::new();
    for region in &found.regions {
        let [ciphers, hashes, methods, groups] = &region.fibers;
        for &cipher in ciphers {
            for &hash in hashes {
                for &method in methods {
                    all.extend(groups.iter().map(|&group| [cipher, hash, method, group]));
                }
            }
            if all.len() > MAX_ACCEPTED {
                let first = |region: &Region| {
                    let mut tuple = [0; AXES];
                    for (place, fiber) in tuple.iter_mut().zip(&region.fibers) {
                        *place = *fiber.first()?;
                    }
                    Some(tuple)
                };
                return (found.regions.iter().filter_map(first).collect(), true);
            }
        }
    }
    (all, false)
}

impl Ikev1Report {
    pub(crate) fn note(&mut self, note: String) {
        if self.notes.len() < MAX_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(super) fn miss(&mut self, what: String) {
        if self.not_determined.len() < MAX_NOTES && !self.not_determined.contains(&what) {
            self.not_determined.push(what);
        }
    }
}
