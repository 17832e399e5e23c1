//! One packet in one line.

use std::borrow::Cow;

use ikescope_analysis::{
    Content, Encapsulation, Endpoint, EspOpened, FrameId, Ike, Integrity, NatDetection,
    Observation, Opened, Quoted, Verdict,
};
use ikescope_dissectors::{
    Ah, Content as Payloads, Esp, Flags, Header, IkeSpi, IpComp, Issues, Message, Octets, Wesp,
};

use super::style::Styles;
use crate::describe;
use crate::digits::{address, decimal, hex_u32, zero_padded};
use crate::sanitize::sanitize;

/// Writes lines with the same decisions.
#[derive(Debug)]
pub(super) struct LineWriter {
    pub(super) styles: Styles,
    pub(super) several_files: bool,
}

impl LineWriter {
    /// Source and destination.
    pub(super) fn endpoints(
        &self,
        out: &mut Vec<u8>,
        src: Option<Endpoint>,
        dst: Option<Endpoint>,
    ) {
        let (Some(src), Some(dst)) = (src, dst) else {
            out.push(b'-');
            return;
        };
        endpoint(out, src);
        out.extend_from_slice(b" > ");
        endpoint(out, dst);
    }

    /// What the packet is and what is to be said about it.
    pub(super) fn rest(&self, out: &mut Vec<u8>, observation: &Observation<'_>) {
        if observation.is_no_ike() {
            out.extend_from_slice(b"no version, exchange or length of IKE; as ESP: ");
            let octets = Octets::new(observation.octets);
            esp_packet(out, Esp::parse(octets, &mut Issues::default()).as_ref());
        } else {
            self.content(out, &observation.content);
        }
        if let Some(opened) = &observation.esp_opened {
            inner_packet(out, opened);
        }
        out.extend_from_slice(b"  len ");
        decimal(out, u64::from(observation.length));
        match (observation.encapsulation, &observation.content) {
            // IKE behind the marker is told by its ports.
            (None, _) | (Some(Encapsulation::Udp), Content::Ike(_) | Content::NatKeepalive) => {}
            (Some(Encapsulation::Udp), _) => out.extend_from_slice(b" (udp)"),
            (Some(Encapsulation::Tcp), _) => out.extend_from_slice(b" (tcp)"),
        }
        if observation.truncated {
            out.extend_from_slice(b" (cut at ");
            decimal(out, u64::from(observation.captured));
            out.push(b')');
        }
        self.relations(out, observation);
        self.opening(out, observation);
        self.issues(out, observation);
    }

    /// What keys did, in brackets: only what is out of the ordinary, and proofs.
    fn opening(&self, out: &mut Vec<u8>, observation: &Observation<'_>) {
        let ike = describe::ike(&observation.content);
        let closed = ike
            .and_then(|ike| ike.closed.as_ref())
            .or(observation.esp_closed.as_ref());
        let esp = observation.esp_opened.as_deref();
        let integrity = ike
            .and_then(|ike| ike.opened.as_deref())
            .map(|opened| (opened.integrity, &opened.notes))
            .or(esp.map(|opened| (opened.integrity, &opened.notes)));
        if let Some(closed) = closed {
            self.words(out, &closed.to_string(), &self.styles.bad);
        }
        if observation.ah_integrity == Some(Integrity::Verified) {
            self.words(out, "AH verified", &self.styles.dim);
        }
        if let Some((integrity, notes)) = integrity {
            match integrity {
                Integrity::Verified => {}
                Integrity::Unchecked => self.words(out, "unchecked", &self.styles.repeated),
                Integrity::Failed => self.words(out, "integrity failed", &self.styles.bad),
            }
            for note in notes {
                self.words(out, &note.to_string(), &self.styles.dim);
            }
        }
        for verification in ike.iter().flat_map(|ike| &ike.verifications) {
            let style = match verification.verdict {
                Verdict::Verified => &self.styles.dim,
                Verdict::Refuted => &self.styles.bad,
                Verdict::CannotBeChecked(_) => &self.styles.repeated,
            };
            self.words(out, &verification.to_string(), style);
        }
    }

    fn words(&self, out: &mut Vec<u8>, words: &str, style: &[u8]) {
        out.push(b' ');
        out.extend_from_slice(style);
        out.push(b'[');
        out.extend_from_slice(sanitize(words).as_bytes());
        out.push(b']');
        out.extend_from_slice(&self.styles.end);
    }

    fn content(&self, out: &mut Vec<u8>, content: &Content<'_>) {
        match content {
            Content::Esp(esp) => esp_packet(out, esp.as_ref()),
            Content::Ike(ike) => self.ike(out, ike),
            Content::Ah(ah, inner) => {
                ah_packet(out, ah.as_ref());
                if let Some(inner) = inner {
                    out.extend_from_slice(b" | ");
                    self.content(out, inner);
                }
            }
            Content::Wesp(wesp) => wesp_packet(out, wesp.as_ref()),
            Content::IpComp(ipcomp) => ipcomp_packet(out, ipcomp.as_ref()),
            Content::NatKeepalive => out.extend_from_slice(b"NAT keepalive"),
            Content::Fragment {
                protocol,
                offset,
                more,
                id,
            } => {
                out.extend_from_slice(b"IP fragment of ");
                out.extend_from_slice(describe::ip_protocol(*protocol).as_bytes());
                out.extend_from_slice(b" id=0x");
                hex_u32(out, *id);
                out.extend_from_slice(b" offset ");
                decimal(out, u64::from(*offset));
                out.extend_from_slice(if *more {
                    b", more follow"
                } else {
                    b", the last"
                });
            }
            Content::Icmp {
                version6,
                icmp_type,
                code,
                mtu,
                quoted,
            } => {
                self.icmp(out, (*version6, *icmp_type, *code), *mtu, quoted.as_ref());
            }
            Content::Other(what) => out.extend_from_slice(sanitize(&what.to_string()).as_bytes()),
        }
    }

    fn icmp(
        &self,
        out: &mut Vec<u8>,
        message: (bool, u8, u8),
        mtu: Option<u32>,
        quoted: Option<&Quoted<'_>>,
    ) {
        let (version6, icmp_type, code) = message;
        out.extend_from_slice(&self.styles.bad);
        out.extend_from_slice(if version6 { b"ICMPv6 " } else { b"ICMP " });
        match describe::icmp(version6, icmp_type, code) {
            Some(name) => out.extend_from_slice(name.as_bytes()),
            None => {
                out.extend_from_slice(b"type ");
                decimal(out, u64::from(icmp_type));
                out.extend_from_slice(b" code ");
                decimal(out, u64::from(code));
            }
        }
        if let Some(mtu) = mtu.filter(|mtu| *mtu > 0) {
            out.extend_from_slice(b", MTU ");
            decimal(out, u64::from(mtu));
        }
        out.extend_from_slice(&self.styles.end);
        if let Some(quoted) = quoted {
            out.extend_from_slice(b": ");
            self.endpoints(out, Some(quoted.src), Some(quoted.dst));
            out.extend_from_slice(b" ");
            self.content(out, &quoted.content);
        }
    }

    fn ike(&self, out: &mut Vec<u8>, ike: &Ike<'_>) {
        let Some(message) = &ike.message else {
            out.extend_from_slice(b"IKE without a whole header");
            return;
        };
        let opened = ike.opened.as_deref();
        self.message(out, message, opened.filter(|_| ike.reassembled.is_none()));
        if let Some(reassembled) = &ike.reassembled {
            // The issues of the whole message are those of the tree.
            let whole = Message::parse(Octets::new(&reassembled.octets), &mut Issues::default());
            if let Some(whole) = whole {
                out.extend_from_slice(b" => ");
                self.message(out, &whole, opened);
            }
        }
    }

    fn message(&self, out: &mut Vec<u8>, message: &Message<'_>, opened: Option<&Opened>) {
        let header = &message.header;
        out.extend_from_slice(&self.styles.exchange);
        out.extend_from_slice(describe::exchange(header).as_bytes());
        out.extend_from_slice(&self.styles.end);
        out.extend_from_slice(b" MID=");
        message_id(out, header);
        if header.version.major() == 2 {
            out.extend_from_slice(sender(header.flags));
        }
        let mut empty = true;
        let mut word = |word: Cow<'_, str>| {
            out.extend_from_slice(if empty { b", " } else { b" " });
            out.extend_from_slice(sanitize(&word).as_bytes());
            empty = false;
        };
        match opened {
            Some(opened) => {
                let words = describe::notations_with(message, opened);
                words.into_iter().for_each(&mut word);
            }
            None => describe::each_notation(message, &mut word),
        }
        if empty {
            let end: &[u8] = if matches!(message.content, Payloads::V2(_)) {
                b", empty"
            } else {
                b", no payloads"
            };
            out.extend_from_slice(end);
        }
    }

    fn relations(&self, out: &mut Vec<u8>, observation: &Observation<'_>) {
        if let Some(tunnel) = observation.tunnel {
            out.extend_from_slice(b" [tunnel ");
            decimal(out, u64::from(tunnel));
            out.push(b']');
        }
        let here = observation.frame.file;
        if let Content::Ike(ike) = &observation.content {
            if let Some(frame) = ike.answers {
                self.bracketed(out, b"answers ", frame, here, &self.styles.dim);
            }
            if let Some(nat) = ike.nat {
                self.nat(out, nat);
            }
            if let Some(reassembled) = &ike.reassembled {
                self.frames(out, reassembled.frames.iter().map(|frame| frame.number));
            }
        }
        if !observation.reassembled_from.is_empty() {
            self.frames(out, observation.reassembled_from.iter().copied());
        }
        if let Some(frame) = observation.retransmission_of {
            self.bracketed(
                out,
                b"retransmission of ",
                frame,
                here,
                &self.styles.repeated,
            );
        }
        if let Some(frame) = observation.duplicate_of {
            self.bracketed(out, b"duplicate of ", frame, here, &self.styles.repeated);
        }
    }

    fn bracketed(&self, out: &mut Vec<u8>, words: &[u8], frame: FrameId, here: u32, style: &[u8]) {
        out.push(b' ');
        out.extend_from_slice(style);
        out.push(b'[');
        out.extend_from_slice(words);
        if self.several_files && frame.file != here {
            decimal(out, u64::from(frame.file) + 1);
            out.push(b':');
        }
        decimal(out, frame.number);
        out.push(b']');
        out.extend_from_slice(&self.styles.end);
    }

    /// The first and the last few: a stream of TCP may need many segments.
    fn frames(&self, out: &mut Vec<u8>, frames: impl ExactSizeIterator<Item = u64>) {
        const SHOWN: usize = 8;
        let count = frames.len();
        out.push(b' ');
        out.extend_from_slice(&self.styles.dim);
        out.extend_from_slice(b"[from frames");
        for frame in frames.take(SHOWN) {
            out.push(b' ');
            decimal(out, frame);
        }
        if count > SHOWN {
            out.extend_from_slice(b" and ");
            decimal(out, (count - SHOWN) as u64);
            out.extend_from_slice(b" more");
        }
        out.push(b']');
        out.extend_from_slice(&self.styles.end);
    }

    fn nat(&self, out: &mut Vec<u8>, nat: NatDetection) {
        let translated = match (nat.source_matches, nat.destination_matches) {
            (Some(false), Some(false)) => "source and destination translated",
            (Some(false), _) => "source translated",
            (_, Some(false)) => "destination translated",
            (Some(true), Some(true)) => "none",
            _ => return,
        };
        out.extend_from_slice(b" [NAT: ");
        out.extend_from_slice(translated.as_bytes());
        out.push(b']');
    }

    /// The first thing that is wrong, and how many more there are.
    fn issues(&self, out: &mut Vec<u8>, observation: &Observation<'_>) {
        let issues = observation.issues.as_slice();
        let count = issues.len() + observation.issues.left_out() + observation.notes.len();
        if count == 0 {
            return;
        }
        let first = match (observation.notes.first(), issues.first()) {
            (Some(note), _) => note.to_string(),
            (None, Some(issue)) => {
                let place = observation.offset.saturating_add(issue.span.start);
                format!("octet {place}, {}: {}", issue.layer, issue.kind)
            }
            (None, None) => return,
        };
        out.push(b' ');
        out.extend_from_slice(&self.styles.bad);
        out.extend_from_slice(b"! ");
        out.extend_from_slice(sanitize(&first).as_bytes());
        if count > 1 {
            out.extend_from_slice(b" (and ");
            decimal(out, count as u64 - 1);
            out.extend_from_slice(b" more)");
        }
        out.extend_from_slice(&self.styles.end);
    }
}

/// Decimal in IKEv2, where it counts; hexadecimal in IKEv1, where it is random.
pub(super) fn message_id(out: &mut Vec<u8>, header: &Header) {
    if header.version.major() == 1 && header.message_id != 0 {
        out.extend_from_slice(b"0x");
        hex_u32(out, header.message_id);
    } else {
        zero_padded(out, u64::from(header.message_id), 2);
    }
}

fn sender(flags: Flags) -> &'static [u8] {
    match (
        flags.contains(Flags::INITIATOR),
        flags.contains(Flags::RESPONSE),
    ) {
        (true, false) => b" Initiator Request",
        (true, true) => b" Initiator Response",
        (false, false) => b" Responder Request",
        (false, true) => b" Responder Response",
    }
}

/// `192.0.2.1:500`, `[2001:db8::1]:500`, `192.0.2.1`.
fn endpoint(out: &mut Vec<u8>, endpoint: Endpoint) {
    let brackets = endpoint.address.is_ipv6() && endpoint.port.is_some();
    if brackets {
        out.push(b'[');
    }
    address(out, endpoint.address);
    if brackets {
        out.push(b']');
    }
    if let Some(port) = endpoint.port {
        out.push(b':');
        decimal(out, u64::from(port));
    }
}

/// What was inside ESP.
fn inner_packet(out: &mut Vec<u8>, opened: &EspOpened) {
    out.extend_from_slice(b" {");
    address(out, opened.inner.src);
    out.extend_from_slice(b" > ");
    address(out, opened.inner.dst);
    out.push(b' ');
    out.extend_from_slice(describe::ip_protocol(opened.inner.protocol).as_bytes());
    out.extend_from_slice(b" len ");
    decimal(out, opened.inner.length as u64);
    out.push(b'}');
}

fn esp_packet(out: &mut Vec<u8>, esp: Option<&Esp<'_>>) {
    let Some(esp) = esp else {
        out.extend_from_slice(b"ESP without a whole header");
        return;
    };
    out.extend_from_slice(b"ESP spi=0x");
    hex_u32(out, esp.spi.0);
    out.extend_from_slice(b" seq=");
    decimal(out, u64::from(esp.sequence));
}

fn ah_packet(out: &mut Vec<u8>, ah: Option<&Ah<'_>>) {
    let Some(ah) = ah else {
        out.extend_from_slice(b"AH without a whole header");
        return;
    };
    out.extend_from_slice(b"AH spi=0x");
    hex_u32(out, ah.spi.0);
    out.extend_from_slice(b" seq=");
    decimal(out, u64::from(ah.sequence));
    out.extend_from_slice(b" next=");
    out.extend_from_slice(describe::ip_protocol(ah.next_header).as_bytes());
}

fn wesp_packet(out: &mut Vec<u8>, wesp: Option<&(Wesp<'_>, Option<Esp<'_>>)>) {
    let Some((wesp, esp)) = wesp else {
        out.extend_from_slice(b"WESP without a whole header");
        return;
    };
    out.extend_from_slice(b"WESP ");
    if wesp.encrypted() {
        out.extend_from_slice(b"encrypted");
    } else {
        out.extend_from_slice(b"next=");
        out.extend_from_slice(describe::ip_protocol(wesp.next_header).as_bytes());
    }
    out.extend_from_slice(b" | ");
    esp_packet(out, esp.as_ref());
}

fn ipcomp_packet(out: &mut Vec<u8>, ipcomp: Option<&IpComp<'_>>) {
    let Some(ipcomp) = ipcomp else {
        out.extend_from_slice(b"IPComp without a whole header");
        return;
    };
    out.extend_from_slice(b"IPComp cpi=");
    decimal(out, u64::from(ipcomp.cpi));
    out.extend_from_slice(b" next=");
    out.extend_from_slice(describe::ip_protocol(ipcomp.next_header).as_bytes());
}

/// The SPIs of an IKE SA.
pub(super) fn ike_spis(initiator: IkeSpi, responder: IkeSpi) -> String {
    format!("{initiator} / {responder}")
}
