//! Whether the two ends ask each other for signs of life, how often, and how long an answer takes.

use ikescope_analysis::tunnels::{Message, Sender, Step, Tunnel};
use ikescope_dissectors::registries::ikev2::ExchangeType;

/// `the responder asks every 1.0 s, 5 of 5 answered in 0.4 ms`, for each end of an IKEv2 tunnel that asks.
pub(super) fn checks(tunnel: &Tunnel) -> Vec<String> {
    [Sender::Initiator, Sender::Responder]
        .into_iter()
        .filter_map(|sender| of(tunnel, sender))
        .collect()
}

fn of(tunnel: &Tunnel, sender: Sender) -> Option<String> {
    let mut asked: Vec<&Message> = tunnel
        .from(sender)
        .filter(|message| message.step == Step::V2(ExchangeType::INFORMATIONAL, false))
        .filter(|message| {
            let payloads = message.opened.as_ref();
            payloads
                .is_none_or(|payloads| payloads.deletes.is_empty() && payloads.notifies.is_empty())
        })
        .filter(|message| {
            tunnel
                .deleted
                .is_none_or(|(_, frame, _)| frame != message.frame)
        })
        .collect();
    // What asks for nothing else is empty, and so the smallest of what is not opened.
    let smallest = asked.iter().map(|message| message.length).min()?;
    asked.retain(|message| message.length == smallest);
    if asked.len() < FEWEST {
        return None;
    }
    let answers: Vec<f64> = asked
        .iter()
        .filter_map(|message| {
            let answer = tunnel.message(message.answered_by?)?;
            let sent = message
                .retransmissions
                .iter()
                .rev()
                .find(|copy| copy.frame < answer.frame)
                .map_or(message.time, |copy| copy.time);
            Some(answer.time?.nanos_since(sent?) as f64 / 1e6)
        })
        .collect();
    let answered = asked
        .iter()
        .filter(|message| message.answered_by.is_some())
        .count();
    let gaps: Vec<f64> = asked
        .windows(2)
        .filter_map(|pair| match pair {
            [one, other] => Some(other.time?.nanos_since(one.time?) as f64 / 1e9),
            _ => None,
        })
        .collect();
    let mut text = format!("the {} asks", sender.name());
    if let Some(gap) = median(gaps) {
        text.push_str(&format!(" every {gap:.1} s"));
    }
    text.push_str(&format!(", {answered} of {} answered", asked.len()));
    if let Some(time) = median(answers) {
        text.push_str(&format!(" in {time:.1} ms"));
    }
    Some(text)
}

/// The value in the middle: one long silence must not hide what is usual.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Requests that make a habit.
const FEWEST: usize = 3;
