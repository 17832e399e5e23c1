//! The messages of a tunnel between its two peers, one below the other, with times and copies.

use ikescope_analysis::tunnels::{Message, Sender, Tunnel};
use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::NotifyType;

use super::text::DiagnoseTextOptions;
use crate::digits::pad_end;
use crate::text::clock::Clock;

/// One line of the ladder.
pub(super) struct Rung {
    pub(super) text: String,
    /// Whether it says that something went wrong.
    pub(super) bad: bool,
    /// Whether it is a copy of what was sent before.
    pub(super) copy: bool,
}

/// The whole ladder.
pub(super) fn rungs(tunnel: &Tunnel, options: &DiagnoseTextOptions) -> Vec<Rung> {
    let mut clock = Clock::new(options.time.clone());
    let mut events: Vec<Event<'_>> = Vec::new();
    for message in &tunnel.messages {
        events.push(Event::Message(message));
        for copy in &message.retransmissions {
            events.push(Event::Copy(message, copy.frame, copy.time, copy.elsewhere));
        }
    }
    for icmp in &tunnel.icmp {
        events.push(Event::Icmp(icmp));
    }
    events.sort_by_key(Event::frame);
    events
        .iter()
        .map(|event| event.rung(&mut clock, options))
        .collect()
}

enum Event<'a> {
    Message(&'a Message),
    Copy(
        &'a Message,
        ikescope_analysis::FrameId,
        Option<Timestamp>,
        bool,
    ),
    Icmp(&'a ikescope_analysis::tunnels::IcmpError),
}

impl Event<'_> {
    const fn frame(&self) -> ikescope_analysis::FrameId {
        match self {
            Self::Message(message) => message.frame,
            Self::Copy(_, frame, ..) => *frame,
            Self::Icmp(icmp) => icmp.frame,
        }
    }

    fn rung(&self, clock: &mut Clock, options: &DiagnoseTextOptions) -> Rung {
        let (time, from) = match self {
            Self::Message(message) => (message.time, message.from),
            Self::Copy(message, _, time, _) => (*time, message.from),
            Self::Icmp(icmp) => (icmp.time, Sender::Other),
        };
        let mut line = Vec::new();
        clock.write(&mut line, time);
        let start = line.len();
        line.extend_from_slice(format!("  {}", options.frame(self.frame())).as_bytes());
        pad_end(&mut line, start, FRAME);
        line.extend_from_slice(match from {
            Sender::Initiator => b" -->  ",
            Sender::Responder => b"  <-- ",
            Sender::Other => b"  !   ",
        });
        let (what, bad) = match self {
            Self::Message(message) => describe(message),
            Self::Copy(message, _, _, elsewhere) => (
                format!(
                    "{} again{}",
                    message.step,
                    if *elsewhere { ", from elsewhere" } else { "" }
                ),
                false,
            ),
            Self::Icmp(icmp) => {
                let name =
                    crate::describe::icmp(icmp.version6, icmp.icmp_type, icmp.code).unwrap_or("");
                (format!("ICMP from {}: {name}", icmp.from), true)
            }
        };
        Rung {
            text: format!("{}{what}", String::from_utf8_lossy(&line)),
            bad,
            copy: matches!(self, Self::Copy(..)),
        }
    }
}

/// What a message is and what stands out in it.
fn describe(message: &Message) -> (String, bool) {
    let payloads = message.payloads();
    let mut notes: Vec<String> = Vec::new();
    for notify in &payloads.notifies {
        let routine = ROUTINE.contains(&notify.number) && message.version == 2;
        if routine {
            continue;
        }
        notes.push(match notify.name {
            Some(name) => name.to_owned(),
            None => format!("notify {}", notify.number),
        });
    }
    for delete in &payloads.deletes {
        let spis: Vec<String> = delete
            .spis
            .iter()
            .filter_map(|spi| <[u8; 4]>::try_from(spi.as_slice()).ok())
            .map(|spi| format!("{:#010x}", u32::from_be_bytes(spi)))
            .collect();
        let what = if delete.protocol == ikescope_analysis::tunnels::Protocol::Ike {
            "the IKE SA".to_owned()
        } else {
            format!("{} {}", delete.protocol, spis.join(" "))
        };
        notes.push(format!("Delete {what}"));
    }
    if let Some(group) = payloads
        .key_exchange
        .as_ref()
        .and_then(|exchange| exchange.group.as_ref())
    {
        notes.push(format!("KE {group}"));
    }
    if let Some(eap) = &payloads.eap {
        let code = match eap.code {
            1 => "request",
            2 => "response",
            3 => "success",
            4 => "failure",
            _ => "packet",
        };
        notes.push(match eap.type_name {
            Some(name) => format!("EAP {code} {name}"),
            None => format!("EAP {code}"),
        });
    }
    if !message.fragments.is_empty() {
        let total = message
            .fragments_total
            .map_or_else(|| "?".to_owned(), |total| total.to_string());
        notes.push(format!("fragments {} of {total}", message.fragments.len()));
    } else if message.ip_fragments > 0 {
        notes.push(format!("in {} IP fragments", message.ip_fragments));
    }
    if message.encrypted && message.opened.is_none() {
        notes.push(format!("encrypted, {} octets", message.length));
    } else {
        notes.push(format!("{} octets", message.length));
    }
    let bad = payloads.error().is_some_and(|error| {
        message.version == 1 || error.number != NotifyType::INVALID_KE_PAYLOAD.0
    }) || payloads.eap.as_ref().is_some_and(|eap| eap.code == 4);
    (format!("{}  {}", message.step, notes.join(", ")), bad)
}

/// Notifications that every negotiation has and that say nothing about what went wrong.
const ROUTINE: &[u16] = &[
    NotifyType::NAT_DETECTION_SOURCE_IP.0,
    NotifyType::NAT_DETECTION_DESTINATION_IP.0,
    NotifyType::IKEV2_FRAGMENTATION_SUPPORTED.0,
    NotifyType::SIGNATURE_HASH_ALGORITHMS.0,
    NotifyType::REDIRECT_SUPPORTED.0,
    NotifyType::MOBIKE_SUPPORTED.0,
    NotifyType::MULTIPLE_AUTH_SUPPORTED.0,
    NotifyType::EAP_ONLY_AUTHENTICATION.0,
    NotifyType::IKEV2_MESSAGE_ID_SYNC_SUPPORTED.0,
    NotifyType::ESP_TFC_PADDING_NOT_SUPPORTED.0,
    NotifyType::NON_FIRST_FRAGMENTS_ALSO.0,
    NotifyType::CHILDLESS_IKEV2_SUPPORTED.0,
    NotifyType::ADDITIONAL_IP4_ADDRESS.0,
    NotifyType::ADDITIONAL_IP6_ADDRESS.0,
    NotifyType::NO_ADDITIONAL_ADDRESSES.0,
];

/// Columns of the frame number.
const FRAME: usize = 9;
