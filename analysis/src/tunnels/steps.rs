//! The place of a message in its exchange, and what answers what.

use ikescope_dissectors::registries::ikev1::ExchangeType as ExchangeV1;
use ikescope_dissectors::registries::ikev2::ExchangeType as ExchangeV2;
use ikescope_dissectors::{Content, Flags, Header, IkeSpi, Message as Dissected, ikev1};

use super::message::{Message, Sender, Step};
use super::tunnel::Tunnel;

/// Before its neighbours are looked at.
pub(super) fn unknown(header: &Header) -> Step {
    match header.version.major() {
        1 => Step::V1(ExchangeV1(header.exchange)),
        _ => Step::V2(
            ExchangeV2(header.exchange),
            header.flags.contains(Flags::RESPONSE),
        ),
    }
}

/// Whether the sender of the first IKEv1 message seen is likely the initiator: the responder SPI is not set, or what
/// it carries comes from the initiator first.
pub(super) fn first_sender_is_initiator(message: &Dissected<'_>) -> bool {
    let header = &message.header;
    if header.responder_spi == IkeSpi::NONE {
        return true;
    }
    let has_sa = match &message.content {
        Content::V1(payloads) => payloads
            .iter()
            .any(|payload| matches!(payload.body, ikev1::Body::SecurityAssociation(_))),
        _ => false,
    };
    !has_sa
}

/// Sets the step of a message, whether it is a request, and the links to what it answers.
pub(super) fn place(tunnel: &mut Tunnel, index: usize) {
    let Some((before, rest)) = tunnel.messages.split_at_mut_checked(index) else {
        return;
    };
    let Some(message) = rest.first_mut() else {
        return;
    };
    if message.version >= 2 {
        place_version_2(before, message);
    } else {
        place_version_1(before, message);
    }
}

fn place_version_2(before: &mut [Message], message: &mut Message) {
    let response = message.flags & Flags::RESPONSE.0 != 0;
    message.step = Step::V2(ExchangeV2(message.exchange), response);
    message.request = !response;
    if !response {
        return;
    }
    let request = before.iter_mut().rev().find(|earlier| {
        earlier.request
            && earlier.from != message.from
            && (earlier.exchange, earlier.message_id) == (message.exchange, message.message_id)
    });
    if let Some(request) = request {
        message.answers = Some(request.frame);
        request.answered_by.get_or_insert(message.frame);
    }
}

fn place_version_1(before: &mut [Message], message: &mut Message) {
    let exchange = ExchangeV1(message.exchange);
    let same: Vec<usize> = (0..before.len())
        .filter(|index| {
            before.get(*index).is_some_and(|earlier| {
                (earlier.exchange, earlier.message_id) == (message.exchange, message.message_id)
            })
        })
        .collect();
    let first_sender = same
        .first()
        .and_then(|index| before.get(*index))
        .map(|first| first.from);
    message.step = match exchange {
        ExchangeV1::IDENTITY_PROTECTION => Step::Main(main_mode(before, message)),
        ExchangeV1::AGGRESSIVE => Step::Aggressive(three_messages(message)),
        ExchangeV1::BASE => Step::Base(base_mode(message)),
        ExchangeV1::QUICK_MODE => Step::Quick(quick_mode(before, &same, message)),
        ExchangeV1::TRANSACTION => {
            Step::Transaction(u8::try_from(same.len() + 1).unwrap_or(u8::MAX))
        }
        ExchangeV1::INFORMATIONAL => Step::Informational,
        other => Step::V1(other),
    };
    message.request = match exchange {
        ExchangeV1::IDENTITY_PROTECTION | ExchangeV1::AGGRESSIVE | ExchangeV1::BASE => {
            message.from == Sender::Initiator
        }
        _ => first_sender.is_none_or(|first| first == message.from),
    };
    // Informational exchanges of IKEv1 are single messages. An acknowledgement of DPD is known by its content.
    if exchange == ExchangeV1::INFORMATIONAL {
        answer_informational(before, message);
        return;
    }
    let answered = before.iter_mut().rev().find(|earlier| {
        (earlier.exchange, earlier.message_id) == (message.exchange, message.message_id)
            && earlier.from != message.from
    });
    if let Some(answered) = answered {
        message.answers = Some(answered.frame);
        answered.answered_by.get_or_insert(message.frame);
    }
}

/// DPD: R-U-THERE-ACK repeats the sequence number (RFC 3706, section 5.3). Without keys a message of the same length
/// from the other side is taken for it.
fn answer_informational(before: &mut [Message], message: &mut Message) {
    if !message.encrypted {
        let asked = before
            .iter_mut()
            .rev()
            .find(|earlier| earlier.from != message.from);
        if let Some(asked) = asked {
            message.answers = Some(asked.frame);
        }
        return;
    }
    let slowest = round_trip(before).map(|trip| LATEST_ANSWER_NANOS.max(trip.saturating_mul(3)));
    let asked = before
        .iter_mut()
        .rev()
        .take_while(|earlier| earlier.step == Step::Informational)
        .find(|earlier| earlier.encrypted && earlier.answers.is_none());
    let Some(asked) = asked.filter(|asked| {
        let late = match (slowest, asked.last_copy().time, message.time) {
            (Some(slowest), Some(asked), Some(answer)) => answer.nanos_since(asked) > slowest,
            _ => false,
        };
        asked.from != message.from
            && asked.answered_by.is_none()
            && asked.length == message.length
            // Without keys it may be a question of the other side.
            && !(late && message.opened.is_none())
    }) else {
        return;
    };
    let acknowledges = match (&asked.opened, &message.opened) {
        (Some(asked), Some(answer)) => {
            asked.notify(R_U_THERE).is_some() && answer.notify(R_U_THERE_ACK).is_some()
        }
        _ => true,
    };
    if acknowledges {
        message.request = false;
        message.answers = Some(asked.frame);
        asked.answered_by.get_or_insert(message.frame);
    }
}

/// Nanoseconds from the first message to its answer.
fn round_trip(messages: &[Message]) -> Option<i64> {
    let first = messages.first()?;
    let frame = first.answered_by?;
    let answer = messages.iter().find(|message| message.frame == frame)?;
    Some(answer.time?.nanos_since(first.last_copy().time?))
}

/// Liveness checks are answered at once.
const LATEST_ANSWER_NANOS: i64 = 900_000_000;

/// Main mode: SA, then KE and nonce, then identity and proof; each from both sides (RFC 2409, section 5).
fn main_mode(before: &[Message], message: &Message) -> u8 {
    let responder = u8::from(message.from != Sender::Initiator);
    let has = |payload: u8| message.clear.has(payload);
    let proof = has(ikev1::PayloadType::ID.0)
        || has(ikev1::PayloadType::HASH.0)
        || has(ikev1::PayloadType::SIGNATURE.0);
    if has(ikev1::PayloadType::SA.0) {
        1 + responder
    } else if has(ikev1::PayloadType::KE.0) || (has(ikev1::PayloadType::NONCE.0) && !proof) {
        3 + responder
    } else if message.encrypted || proof {
        5 + responder
    } else {
        // A fragment of a message that is not whole: the one that comes next.
        let third = |earlier: &Message| {
            earlier.from == message.from && matches!(earlier.step, Step::Main(3 | 4))
        };
        if before.iter().any(third) {
            5 + responder
        } else {
            3 + responder
        }
    }
}

fn three_messages(message: &Message) -> u8 {
    match (message.from, message.clear.has(ikev1::PayloadType::SA.0)) {
        (Sender::Initiator, true) => 1,
        (Sender::Initiator, false) => 3,
        _ => 2,
    }
}

fn base_mode(message: &Message) -> u8 {
    let responder = u8::from(message.from != Sender::Initiator);
    if message.clear.has(ikev1::PayloadType::SA.0) {
        1 + responder
    } else {
        3 + responder
    }
}

/// The first and the third message come from who began.
fn quick_mode(before: &[Message], same: &[usize], message: &Message) -> u8 {
    let earlier = || same.iter().filter_map(|index| before.get(*index));
    let Some(first) = earlier().next() else {
        return 1;
    };
    let answered = earlier().any(|earlier| earlier.from != first.from);
    match (message.from == first.from, answered) {
        (true, _) => 3,
        (false, false) => 2,
        (false, true) => 4,
    }
}

/// R-U-THERE and R-U-THERE-ACK (RFC 3706, section 5.2).
pub(super) const R_U_THERE: u16 = 36_136;
const R_U_THERE_ACK: u16 = 36_137;
