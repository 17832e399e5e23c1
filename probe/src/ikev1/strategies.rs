//! The strategies of main mode and aggressive mode.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::enumeration::{Asker, Enumeration, Manner};
use super::messages::OurIdentity;
use super::mode::{Conversation, Mode};
use super::report::Ikev1Report;
use super::summary;
use crate::config::{Config, Depth};
use crate::dialogue::Dialogue;

/// Asks what main mode accepts.
pub async fn ask_main(dialogue: Dialogue, config: Config, report: Rc<RefCell<Ikev1Report>>) {
    ask(dialogue, config, report, Mode::Main).await;
}

/// Asks what aggressive mode accepts.
pub async fn ask_aggressive(dialogue: Dialogue, config: Config, report: Rc<RefCell<Ikev1Report>>) {
    let identity = match &config.ikev1.identity {
        Some(text) => text.clone(),
        None => match dialogue.target().local {
            Some(local) => local.ip().to_string(),
            None => UNKNOWN_IDENTITY.to_owned(),
        },
    };
    ask(
        dialogue,
        config,
        report,
        Mode::Aggressive(OurIdentity::new(&identity)),
    )
    .await;
}

async fn ask(dialogue: Dialogue, config: Config, report: Rc<RefCell<Ikev1Report>>, mode: Mode) {
    let ordered = match mode {
        Mode::Main => config.ikev1.of_main_mode(),
        Mode::Aggressive(_) => config.ikev1.of_aggressive_mode(),
    };
    let (all, fingerprint) = (config.depth == Depth::Full, config.fingerprint);
    if config.depth == Depth::Quick && !dialogue.may_open() {
        let why = "everything: the peer may hold two SAs half-open for half a minute yet";
        return report.borrow_mut().miss(why.to_owned());
    }
    let manner = Manner {
        alike: matches!(mode, Mode::Aggressive(_)),
        corners: CORNERS,
    };
    let several = all || fingerprint;
    let known = !(several && matches!(mode, Mode::Aggressive(_)));
    let mut conversation = Conversation {
        forgets: known.then_some(true),
        sent_before: dialogue.counters().sent,
        dialogue,
        mode,
        report: Rc::clone(&report),
        ordered: Arc::clone(&ordered),
        most: config.max_message,
        unmoved: 0,
        unanswered: Vec::new(),
        moved: false,
    };
    let mut enumeration = Enumeration::new(&ordered, &mut conversation, manner);
    let result = match all {
        true => enumeration.complete().await,
        false => enumeration.once().await,
    };
    let found = enumeration.found;
    {
        let mut report = report.borrow_mut();
        summary::fill(&mut report, &ordered.universe, &found);
        summary::finish(&mut report, &ordered.universe, &found, result, all);
        if conversation.keeps() {
            report.note(
                "it keeps what was begun until it expires, so that half a minute passes for each question that it accepts"
                    .to_owned(),
            );
        }
    }
    if fingerprint && let Some(suite) = ordered.universe.any_of(&found) {
        conversation.fingerprint(&suite).await;
    }
    conversation.report.borrow_mut().half_open_left = conversation.dialogue.half_open();
}

/// Combinations of a box that are tested: a box of three by three by three is tested whole.
const CORNERS: usize = 24;
/// The identity of nobody, where our own address is not known: an address for documentation (RFC 5737).
const UNKNOWN_IDENTITY: &str = "192.0.2.1";
