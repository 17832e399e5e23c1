//! Everything that a packet says, one field a line, offers as tables.

use std::fmt::Display;
use std::io::Write;

use ikescope_analysis::{Content, Ike, Integrity, Observation, Quoted, Verdict};
use ikescope_dissectors::{
    Body, Content as Payloads, Field, Flags, Header, Issues, Message, Octets, Payload, Value,
};

use super::line::ike_spis;
use super::options::TextOptions;
use super::style::Styles;
use super::table;
use crate::describe;
use crate::digits::hex_text;
use crate::sanitize::sanitize;
use crate::time::Rfc3339;

/// Octets of a string that are shown without `-x`.
const SHOWN: usize = 24;

/// Columns of one level.
const INDENT: usize = 2;

/// Where the tree begins: below the time column.
const LEFT: usize = 8;

/// Names of fields are aligned to this width.
const NAME_WIDTH: usize = 20;

/// Writes the tree of one packet.
pub(super) struct Tree<'w> {
    out: &'w mut Vec<u8>,
    options: &'w TextOptions,
    styles: &'w Styles,
}

impl<'w> Tree<'w> {
    pub(super) const fn new(
        out: &'w mut Vec<u8>,
        options: &'w TextOptions,
        styles: &'w Styles,
    ) -> Self {
        Self {
            out,
            options,
            styles,
        }
    }

    pub(super) fn observation(&mut self, observation: &Observation<'_>) {
        if let Some(time) = observation.time.and_then(|time| Rfc3339(time).text()) {
            self.named(0, "time", time);
        }
        self.content(0, &observation.content);
        self.opened(observation);
        for note in observation.notes {
            self.bad(0, &note.to_string());
        }
        self.issues(0, &observation.issues, observation.offset);
    }

    /// What keys opened in ESP.
    fn opened(&mut self, observation: &Observation<'_>) {
        if let Some(integrity) = observation.ah_integrity {
            self.named(0, "AH integrity", integrity_word(integrity));
        }
        if let Some(closed) = &observation.esp_closed {
            self.bad(0, &closed.to_string());
        }
        let Some(opened) = &observation.esp_opened else {
            return;
        };
        self.heading(0, "decrypted");
        self.named(1, "source", opened.inner.src);
        self.named(1, "destination", opened.inner.dst);
        self.named(1, "protocol", describe::ip_protocol(opened.inner.protocol));
        self.named(1, "next header", describe::ip_protocol(opened.next_header));
        self.named(1, "integrity", integrity_word(opened.integrity));
        self.named(1, "key", sanitize(&opened.key));
        for note in &opened.notes {
            self.named(1, "note", sanitize(&note.to_string()));
        }
        let octets = self.octets(&opened.octets);
        self.named(1, "packet", octets);
    }

    /// What keys opened in a message.
    fn opened_message(&mut self, level: usize, header: &Header, ike: &Ike<'_>) {
        if let Some(opened) = &ike.opened {
            self.heading(level, "decrypted");
            self.named(level + 1, "integrity", integrity_word(opened.integrity));
            self.named(level + 1, "key", sanitize(&opened.key));
            for note in &opened.notes {
                self.named(level + 1, "note", sanitize(&note.to_string()));
            }
            let (content, issues) = opened.payloads(header);
            match &content {
                Payloads::V1(payloads) => self.payloads(level, payloads, describe::notation_v1),
                Payloads::V2(payloads) => self.payloads(level, payloads, |payload| {
                    describe::notation_v2(payload, header.flags)
                }),
                Payloads::V1Encrypted(_) | Payloads::Unknown(_) => {}
            }
            self.issues(level + 1, &issues, 0);
        }
        if let Some(closed) = &ike.closed {
            self.bad(level, &closed.to_string());
        }
        for verification in &ike.verifications {
            match verification.verdict {
                Verdict::Refuted => self.bad(level, &verification.to_string()),
                _ => self.named(level, "proof", sanitize(&verification.to_string())),
            }
        }
    }

    fn content(&mut self, level: usize, content: &Content<'_>) {
        match content {
            Content::Ike(ike) => self.ike(level, ike),
            Content::Ah(Some(ah), inner) => {
                self.heading(level, "AH");
                self.named(
                    level + 1,
                    "next header",
                    describe::ip_protocol(ah.next_header),
                );
                self.named(level + 1, "SPI", ah.spi);
                self.named(level + 1, "sequence number", ah.sequence);
                self.named(level + 1, "ICV", self.octets(ah.icv));
                if let Some(inner) = inner {
                    self.content(level, inner);
                }
            }
            Content::Esp(Some(esp)) => self.esp(level, esp),
            Content::Wesp(Some((wesp, esp))) => {
                self.heading(level, "WESP");
                self.named(
                    level + 1,
                    "encrypted",
                    if wesp.encrypted() { "yes" } else { "no" },
                );
                self.named(
                    level + 1,
                    "next header",
                    describe::ip_protocol(wesp.next_header),
                );
                self.named(level + 1, "header length", wesp.header_len);
                self.named(level + 1, "trailer length", wesp.trailer_len);
                if let Some(esp) = esp {
                    self.esp(level, esp);
                }
            }
            Content::IpComp(Some(ipcomp)) => {
                self.heading(level, "IPComp");
                self.named(
                    level + 1,
                    "next header",
                    describe::ip_protocol(ipcomp.next_header),
                );
                self.named(level + 1, "CPI", ipcomp.cpi);
                self.named(level + 1, "compressed", self.octets(ipcomp.octets));
            }
            Content::Icmp {
                quoted: Some(quoted),
                ..
            } => self.quoted(level, quoted),
            _ => {}
        }
    }

    fn esp(&mut self, level: usize, esp: &ikescope_dissectors::Esp<'_>) {
        self.heading(level, "ESP");
        self.named(level + 1, "SPI", esp.spi);
        self.named(level + 1, "sequence number", esp.sequence);
        self.named(
            level + 1,
            "encrypted",
            format!("{} octets", esp.octets.len()),
        );
    }

    fn quoted(&mut self, level: usize, quoted: &Quoted<'_>) {
        self.heading(level, "quoted packet");
        self.named(level + 1, "source", quoted.src.address);
        self.named(level + 1, "destination", quoted.dst.address);
        self.content(level + 1, &quoted.content);
    }

    fn ike(&mut self, level: usize, ike: &Ike<'_>) {
        let Some(message) = &ike.message else { return };
        self.message(level, message);
        let Some(reassembled) = &ike.reassembled else {
            self.opened_message(level, &message.header, ike);
            return;
        };
        let mut issues = Issues::default();
        let Some(whole) = Message::parse(Octets::new(&reassembled.octets), &mut issues) else {
            return;
        };
        self.heading(level, "message put together from fragments");
        self.message(level, &whole);
        self.opened_message(level, &whole.header, ike);
        self.issues(level, &issues, 0);
    }

    fn message(&mut self, level: usize, message: &Message<'_>) {
        self.header(level, &message.header);
        let flags = message.header.flags;
        match &message.content {
            Payloads::V1(payloads) => self.payloads(level, payloads, describe::notation_v1),
            Payloads::V2(payloads) => self.payloads(level, payloads, |payload| {
                describe::notation_v2(payload, flags)
            }),
            Payloads::V1Encrypted(octets) | Payloads::Unknown(octets) => {
                let name = if matches!(message.content, Payloads::Unknown(_)) {
                    "content"
                } else {
                    "encrypted"
                };
                let octets = self.octets(octets);
                self.named(level + 1, name, octets);
            }
        }
    }

    fn header(&mut self, level: usize, header: &Header) {
        self.heading(level, &format!("IKE {}", header.version));
        self.named(
            level + 1,
            "SPIs",
            ike_spis(header.initiator_spi, header.responder_spi),
        );
        self.named(
            level + 1,
            "exchange",
            format!("{} ({})", describe::exchange(header), header.exchange),
        );
        self.named(level + 1, "flags", flags(header));
        self.named(
            level + 1,
            "message ID",
            format!("{} ({:#010x})", header.message_id, header.message_id),
        );
        self.named(level + 1, "length", header.length);
    }

    fn payloads<'p, B: Body<'p>, N: AsRef<str>>(
        &mut self,
        level: usize,
        payloads: &[Payload<'p, B>],
        notation: impl Fn(&Payload<'p, B>) -> N,
    ) {
        let message = describe::message_start(payloads);
        for payload in payloads {
            let critical = if payload.critical() { ", critical" } else { "" };
            let heading = format!(
                "{} payload ({}) at {}, {} octets{critical}",
                notation(payload).as_ref(),
                payload.payload_type,
                payload.span.start.saturating_sub(message),
                payload.declared_len,
            );
            self.heading(level + 1, &heading);
            self.fields(level + 2, &payload.body.fields());
        }
    }

    fn fields(&mut self, level: usize, fields: &[Field<'_>]) {
        fields.iter().for_each(|field| self.field(level, field));
    }

    fn field(&mut self, level: usize, field: &Field<'_>) {
        let name = field.name.replace('_', " ");
        match &field.value {
            Value::Null => {}
            Value::Group(fields) => {
                self.heading(level, &name);
                self.fields(level + 1, fields);
            }
            Value::List(values) if values.is_empty() => self.named(level, &name, "none"),
            Value::List(values) if table::is_table(values) => {
                self.heading(level, &name);
                self.table(level + 1, values);
            }
            Value::List(values)
                if values
                    .iter()
                    .any(|value| matches!(value, Value::Group(_) | Value::List(_))) =>
            {
                for (index, value) in values.iter().enumerate() {
                    self.heading(level, &format!("{name} {}", index + 1));
                    match value {
                        Value::Group(fields) => self.fields(level + 1, fields),
                        other => self.named(level + 1, "", self.scalar(other)),
                    }
                }
            }
            Value::List(values) => {
                for value in values {
                    self.named(level, &name, self.scalar(value));
                }
            }
            other => self.named(level, &name, self.scalar(other)),
        }
    }

    fn table(&mut self, level: usize, rows: &[Value<'_>]) {
        let indent = LEFT + level * INDENT;
        let width = self.options.width.saturating_sub(indent);
        let text = table::render(rows, width, |value| self.scalar(value));
        for line in text.lines() {
            self.indent(level);
            self.out.extend_from_slice(line.trim_end().as_bytes());
            self.out.push(b'\n');
        }
    }

    /// A value in one line, harmless for a terminal.
    fn scalar(&self, value: &Value<'_>) -> String {
        match value {
            Value::Null => "-".into(),
            Value::Bool(yes) => (if *yes { "yes" } else { "no" }).into(),
            Value::Number(number) => number.to_string(),
            Value::Registered {
                id,
                name: Some(name),
            } => format!("{} ({id})", sanitize(name)),
            Value::Registered { id, name: None } => id.to_string(),
            Value::Octets(octets) => self.octets(octets),
            Value::Text(text) => sanitize(text).into_owned(),
            Value::Address(address) => address.to_string(),
            Value::List(values) => values
                .iter()
                .map(|value| self.scalar(value))
                .collect::<Vec<_>>()
                .join(", "),
            Value::Group(fields) => {
                let parts = fields
                    .iter()
                    .map(|field| format!("{} {}", field.name, self.scalar(&field.value)));
                parts.collect::<Vec<_>>().join(", ")
            }
        }
    }

    fn octets(&self, octets: &[u8]) -> String {
        match octets.get(..SHOWN) {
            Some(start) if octets.len() > SHOWN && !self.options.octets => {
                format!("{}… ({} octets)", hex_text(start), octets.len())
            }
            _ => format!("{} ({} octets)", hex_text(octets), octets.len()),
        }
    }

    fn issues(&mut self, level: usize, issues: &Issues, offset: usize) {
        for issue in issues.as_slice() {
            let place = offset.saturating_add(issue.span.start);
            self.bad(
                level,
                &format!("octet {place}, {}: {}", issue.layer, issue.kind),
            );
        }
        if issues.left_out() > 0 {
            self.bad(level, &format!("{} more are not listed", issues.left_out()));
        }
    }

    fn bad(&mut self, level: usize, text: &str) {
        self.indent(level);
        self.out.extend_from_slice(&self.styles.bad);
        self.out.extend_from_slice(b"! ");
        self.out.extend_from_slice(sanitize(text).as_bytes());
        self.out.extend_from_slice(&self.styles.end);
        self.out.push(b'\n');
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.indent(level);
        self.out.extend_from_slice(&self.styles.exchange);
        self.out.extend_from_slice(sanitize(text).as_bytes());
        self.out.extend_from_slice(&self.styles.end);
        self.out.push(b'\n');
    }

    fn named(&mut self, level: usize, name: &str, value: impl Display) {
        self.indent(level);
        // A Vec takes every write.
        drop(writeln!(self.out, "{name:NAME_WIDTH$}  {value}"));
    }

    fn indent(&mut self, level: usize) {
        self.out
            .resize(self.out.len() + LEFT + level * INDENT, b' ');
    }
}

const fn integrity_word(integrity: Integrity) -> &'static str {
    match integrity {
        Integrity::Verified => "verified",
        Integrity::Failed => "failed",
        Integrity::Unchecked => "unchecked",
    }
}

/// `0x08 (initiator)`
fn flags(header: &Header) -> String {
    let names: &[(Flags, &str)] = match header.version.major() {
        1 => &[
            (Flags::ENCRYPTION, "encryption"),
            (Flags::COMMIT, "commit"),
            (Flags::AUTHENTICATION_ONLY, "authentication only"),
        ],
        _ => &[
            (Flags::INITIATOR, "initiator"),
            (Flags::VERSION, "version"),
            (Flags::RESPONSE, "response"),
        ],
    };
    let set: Vec<_> = names
        .iter()
        .filter(|(flag, _)| header.flags.contains(*flag))
        .map(|(_, name)| *name)
        .collect();
    match set.as_slice() {
        [] => format!("{:#04x}", header.flags.0),
        set => format!("{:#04x} ({})", header.flags.0, set.join(", ")),
    }
}
