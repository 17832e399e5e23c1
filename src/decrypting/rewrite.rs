//! What was opened, as a frame that any program reads.

use ikescope_analysis::opening::Opener;
use ikescope_analysis::{
    Carriage, Closed, Content, Encapsulation, EspOpened, Ike, Integrity, KeySource, Observation,
    Opened,
};
use ikescope_capture::{Carried, Envelope, Frame};
use ikescope_dissectors::{Ah, Content as Payloads, Flags, HEADER_LEN, Spi};

use super::batch::{BatchSa, EspJob, Item};

/// Appends the frame with what was inside instead; `None` if nothing of it was opened. Gives what it was.
pub(crate) fn rewrite(
    frame: &Frame<'_>,
    observation: &Observation<'_>,
    out: &mut Vec<u8>,
) -> Option<String> {
    let envelope = Envelope {
        link: frame.link,
        frame: frame.octets,
        header: observation.header,
        src: observation.src?.address,
        dst: observation.dst?.address,
    };
    if let Some(opened) = &observation.esp_opened {
        write_esp(&envelope, opened, out)?;
        let esp = esp_of(&observation.content)?;
        return Some(esp_comment(esp.spi, esp.sequence, opened));
    }
    match &observation.content {
        Content::Ike(ike) => write_ike(&envelope, observation, ike, out),
        Content::Ah(Some(ah), inner) => {
            if let Some(Content::Ike(ike)) = inner.as_deref()
                && ike.opened.is_some()
            {
                return write_ike(&envelope, observation, ike, out);
            }
            let inside_esp = matches!(inner.as_deref(), Some(Content::Esp(_)));
            if observation.ah_integrity != Some(Integrity::Verified) || inside_esp {
                return None;
            }
            write_ah(&envelope, ah, out)?;
            let key = observation.ah_key.as_deref().unwrap_or_default();
            Some(format!(
                "AH {}, sequence number {}, verified with {key}",
                ah.spi, ah.sequence
            ))
        }
        _ => None,
    }
}

/// Opens a packet that a worker could not open, with whatever key fits. Gives the key and the comment.
pub(crate) fn write_again(
    opener: &mut Opener,
    (item, job, sa): (&Item, &EspJob, &BatchSa),
    frame: &[u8],
    out: &mut Vec<u8>,
) -> Result<(KeySource, String), Closed> {
    let packet = frame.get(job.packet.clone()).unwrap_or_default();
    let opened = opener.open_again(&sa.ready, packet)?;
    let envelope = job.envelope(&sa.ready, frame, item.meta.link);
    write_esp(&envelope, &opened, out).ok_or(Closed::Truncated)?;
    let comment = esp_comment(sa.spi, job.sequence(frame), &opened);
    Ok((opened.key, comment))
}

/// The inner packet instead of ESP.
fn write_esp(envelope: &Envelope<'_>, opened: &EspOpened, out: &mut Vec<u8>) -> Option<()> {
    // ESP within ESP: the header is one that was inside.
    let moved = (opened.inner.src, opened.inner.dst) != (envelope.src, envelope.dst);
    let inner = Envelope {
        header: None,
        src: opened.inner.src,
        dst: opened.inner.dst,
        ..*envelope
    };
    match opened.carriage {
        Carriage::Tunnel => envelope.write(Carried::Packet(&opened.octets), out),
        Carriage::Transport => {
            let carried = Carried::Upper {
                protocol: opened.next_header,
                octets: &opened.octets,
            };
            if moved {
                inner.write(carried, out)
            } else {
                envelope.write(carried, out)
            }
        }
    }
}

fn esp_comment(spi: Spi, sequence: u32, opened: &EspOpened) -> String {
    let mut comment = format!(
        "ESP {spi}, sequence number {sequence}, opened with {}",
        opened.key
    );
    if opened.integrity != Integrity::Verified {
        comment.push_str(", unchecked");
    }
    for note in &opened.notes {
        comment.push_str(", ");
        comment.push_str(&note.to_string());
    }
    comment
}

fn esp_of<'o, 'a>(content: &'o Content<'a>) -> Option<&'o ikescope_dissectors::Esp<'a>> {
    match content {
        Content::Esp(Some(esp)) | Content::Wesp(Some((_, Some(esp)))) => Some(esp),
        Content::Ah(_, Some(inner)) => esp_of(inner),
        _ => None,
    }
}

fn write_ah(envelope: &Envelope<'_>, ah: &Ah<'_>, out: &mut Vec<u8>) -> Option<()> {
    let octets = ah.payload.as_slice();
    let is_packet = matches!(
        (ah.next_header, octets.first()),
        (4, Some(0x40..=0x4f)) | (41, Some(0x60..=0x6f))
    );
    envelope.write(
        if is_packet {
            Carried::Packet(octets)
        } else {
            Carried::Upper {
                protocol: ah.next_header,
                octets,
            }
        },
        out,
    )
}

fn write_ike(
    envelope: &Envelope<'_>,
    observation: &Observation<'_>,
    ike: &Ike<'_>,
    out: &mut Vec<u8>,
) -> Option<String> {
    let opened = ike.opened.as_deref()?;
    let message = clear_message(ike, opened)?;
    let (src, dst) = (observation.src?.port, observation.dst?.port);
    let (src_port, dst_port) = match (src, dst, observation.encapsulation) {
        // No program looks for IKE in TCP at another port.
        (Some(src), Some(dst), Some(Encapsulation::Tcp)) if src != NAT_T && dst != NAT_T => {
            (src, NAT_T)
        }
        (Some(src), Some(dst), _) => (src, dst),
        _ => (ISAKMP, ISAKMP),
    };
    let marker: &[u8] = match observation.encapsulation {
        Some(_) => &[0; 4],
        None => &[],
    };
    let carried = Carried::Udp {
        src_port,
        dst_port,
        octets: [marker, &message],
    };
    envelope.write(carried, out)?;
    let mut comment = format!("IKE message opened with {}", opened.key);
    match opened.integrity {
        Integrity::Verified => {}
        Integrity::Failed => comment.push_str(", its HASH is wrong"),
        Integrity::Unchecked => comment.push_str(", unchecked"),
    }
    for note in &opened.notes {
        comment.push_str(", ");
        comment.push_str(&note.to_string());
    }
    for verification in &ike.verifications {
        comment.push_str(", ");
        comment.push_str(&verification.to_string());
    }
    Some(comment)
}

/// The message with its payloads in clear: the chain without SK, the E flag cleared, the length made right.
fn clear_message(ike: &Ike<'_>, opened: &Opened) -> Option<Vec<u8>> {
    let message = ike.message.as_ref()?;
    let octets = match &ike.reassembled {
        Some(whole) => whole.octets.as_slice(),
        None => message.octets,
    };
    let mut clear = octets.get(..HEADER_LEN)?.to_vec();
    match &message.content {
        Payloads::V2(payloads) => {
            let carrier = payloads.get(opened.carrier)?;
            let base = payloads.first()?.span.start.checked_sub(HEADER_LEN)?;
            let place = carrier.span.start.checked_sub(base)?;
            clear.extend_from_slice(octets.get(HEADER_LEN..place)?);
            let before = opened
                .carrier
                .checked_sub(1)
                .and_then(|index| payloads.get(index));
            let next = match before {
                Some(before) => before.span.start.checked_sub(base)?,
                None => NEXT_PAYLOAD,
            };
            *clear.get_mut(next)? = opened.first;
        }
        _ => {
            *clear.get_mut(NEXT_PAYLOAD)? = opened.first;
            *clear.get_mut(FLAGS)? &= !Flags::ENCRYPTION.0;
        }
    }
    clear.extend_from_slice(&opened.octets);
    let length = u32::try_from(clear.len()).ok()?;
    clear
        .get_mut(LENGTH..HEADER_LEN)?
        .copy_from_slice(&length.to_be_bytes());
    Some(clear)
}

const ISAKMP: u16 = 500;
const NAT_T: u16 = 4500;
/// Places in the header of a message.
const NEXT_PAYLOAD: usize = 16;
const FLAGS: usize = 19;
const LENGTH: usize = 24;
