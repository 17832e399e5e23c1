//! Text of `diagnose`: a line for the manager, a table of what works, a block for each tunnel that does not.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

use colored::Color;
use comfy_table::Table;
use ikescope_analysis::FrameId;
use ikescope_analysis::diagnosis::{
    Comparison, Competitor, Confidence, Declaration, Diagnosis, Severity, Side, by_id,
};
use ikescope_analysis::tunnels::{
    Child, ChildState, Flow, Mode, Peer, Proposal, Sender, State, Step, Tunnel,
};
use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::{ExchangeType, TransformType};

use super::writer::{DiagnoseWriter, Judged, Overview, Prepare};
use super::{ladder, liveness, offers};
use crate::counted::counted;
use crate::output::Output;
use crate::sanitize::sanitize;
use crate::text::TimeColumn;
use crate::text::clock::Clock;
use crate::time::Civil;

/// How the text is to look.
#[derive(Clone, Debug)]
pub struct DiagnoseTextOptions {
    /// The times.
    pub time: TimeColumn,
    /// Every tunnel as a block, with all its messages.
    pub verbose: bool,
    /// Colours.
    pub color: bool,
    /// Columns.
    pub width: usize,
    /// Frames are written with the number of their file, from 1: `#2:17`.
    pub several_files: bool,
}

impl DiagnoseTextOptions {
    /// `#17`.
    pub(super) fn frame(&self, frame: FrameId) -> String {
        if self.several_files {
            format!("#{}:{}", frame.file + 1, frame.number)
        } else {
            format!("#{}", frame.number)
        }
    }
}

/// Collects tunnels and writes the text at the end.
#[derive(Debug)]
pub struct DiagnoseTextWriter<W> {
    output: Output<W>,
    options: DiagnoseTextOptions,
    blocks: Vec<Block>,
    rows: Vec<Row>,
    states: [u64; 4],
    /// Tunnels beyond what is shown.
    more: u64,
    causes: Vec<(&'static Declaration, u64)>,
}

/// A tunnel as text, and the attempts that were equal.
#[derive(Debug)]
struct Block {
    /// What equal attempts have in common; none for a tunnel that was up.
    key: Option<Key>,
    head: String,
    body: String,
    /// Initiator SPI and time of further attempts.
    attempts: Vec<(String, Option<Timestamp>)>,
    attempts_more: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    ends: [std::net::IpAddr; 2],
    version: u8,
    mode: Option<Mode>,
    stage: ikescope_analysis::tunnels::Stage,
    diagnosis: Option<&'static str>,
}

impl Key {
    /// What is folded: attempts that came to nothing.
    fn of(tunnel: &Tunnel, diagnoses: &[Diagnosis]) -> Option<Self> {
        matches!(tunnel.state, State::Failed | State::Incomplete).then(|| Self {
            ends: [tunnel.initiator.address, tunnel.responder.address],
            version: tunnel.version,
            mode: tunnel.mode,
            stage: tunnel.stage,
            diagnosis: diagnoses.first().map(|first| first.declaration.id),
        })
    }
}

/// A tunnel of the table.
#[derive(Debug)]
struct Row([String; 8]);

impl<W: Write> DiagnoseTextWriter<W> {
    /// A writer with these options.
    pub fn new(writer: W, options: DiagnoseTextOptions) -> Self {
        Self {
            output: Output::new(writer),
            options,
            blocks: Vec::new(),
            rows: Vec::new(),
            states: [0; 4],
            more: 0,
            causes: Vec::new(),
        }
    }

    fn paint(&self, text: &str, color: Color) -> String {
        if self.options.color {
            format!("\x1b[{}m{text}\x1b[0m", color.to_fg_str())
        } else {
            text.to_owned()
        }
    }

    fn bold(&self, text: &str) -> String {
        if self.options.color {
            format!("\x1b[1m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn block(
        &self,
        tunnel: &Tunnel,
        diagnoses: &[Diagnosis],
        comparison: Option<&Comparison>,
    ) -> Block {
        let mut body = String::new();
        self.facts(&mut body, tunnel);
        let explained = diagnoses
            .iter()
            .any(|diagnosis| diagnosis.severity > Severity::Note);
        if tunnel.state == State::Incomplete && !explained {
            let text = format!(
                "{} of it in the capture: not enough to say what became of it.",
                counted(tunnel.messages.len() as u64, "message")
            );
            let _ = writeln!(body, "\n  {text}");
        }
        for (index, diagnosis) in diagnoses.iter().enumerate() {
            let first = index == 0 || self.options.verbose;
            self.diagnosis(&mut body, diagnosis, first);
            let declaration = diagnosis.declaration;
            if first
                && diagnosis.confidence < Confidence::Certain
                && !tunnel.opened()
                && !declaration.opened.is_empty()
            {
                let text = format!("--secrets shows whether it is so: {}", declaration.opened);
                let width = self.options.width.min(MAX_WIDTH);
                wrap(&mut body, "    PROVE   ", "            ", &text, width);
            }
            if index == 0
                && let Some(comparison) = comparison
            {
                let mut names = [
                    tunnel.initiator.address.to_string(),
                    tunnel.responder.address.to_string(),
                ];
                if comparison.from == Sender::Responder {
                    names.reverse();
                }
                let [offering, answering] = &names;
                body.push('\n');
                for (line, bad) in offers::lines(comparison, [offering, answering]) {
                    let line = if bad {
                        self.paint(&line, Color::Red)
                    } else {
                        line
                    };
                    let _ = writeln!(body, "    {}", line.trim_end());
                }
            }
        }
        if self.options.verbose {
            body.push('\n');
            if tunnel.forgotten_messages > 0 {
                let _ = writeln!(
                    body,
                    "  {} messages in between are not kept",
                    tunnel.forgotten_messages
                );
            }
            for rung in ladder::rungs(tunnel, &self.options) {
                let text = sanitize(&rung.text).into_owned();
                let text = match (rung.bad, rung.copy) {
                    (true, _) => self.paint(&text, Color::Red),
                    (_, true) => self.paint(&text, Color::Yellow),
                    _ => text,
                };
                let _ = writeln!(body, "  {text}");
            }
        }
        Block {
            key: Key::of(tunnel, diagnoses),
            head: self.head(tunnel, diagnoses),
            body,
            attempts: Vec::new(),
            attempts_more: 0,
        }
    }

    fn head(&self, tunnel: &Tunnel, diagnoses: &[Diagnosis]) -> String {
        let left = format!(
            "TUNNEL {}  {} -> {}  {}",
            tunnel.id,
            end(&tunnel.initiator),
            end(&tunnel.responder),
            version(tunnel)
        );
        let failing = diagnoses
            .first()
            .is_some_and(|first| first.severity == Severity::Failure);
        let verdict = match tunnel.state {
            State::Established if failing => "UP, BUT FAILING".to_owned(),
            State::Established => "UP".to_owned(),
            State::Closed => "CLOSED".to_owned(),
            State::Incomplete => "INCOMPLETE".to_owned(),
            State::Failed => format!("FAILED IN {}", stage(tunnel).to_uppercase()),
        };
        let color = match tunnel.state {
            State::Failed => Color::Red,
            _ if failing => Color::Red,
            State::Established => Color::Green,
            _ => Color::Yellow,
        };
        let fill = self
            .options
            .width
            .min(MAX_WIDTH)
            .saturating_sub(left.chars().count() + verdict.len())
            .max(2);
        format!(
            "{}{:fill$}{}",
            self.bold(&left),
            "",
            self.paint(&verdict, color)
        )
    }

    fn facts(&self, out: &mut String, tunnel: &Tunnel) {
        let width = self.options.width.min(MAX_WIDTH);
        let mut fact = |name: &str, value: &str| {
            let (lead, value) = (format!("  {name:<9} "), sanitize(value));
            if lead.chars().count() + value.chars().count() > width {
                wrap(out, &lead, "              ", &value, width);
            } else {
                let _ = writeln!(out, "{lead}{value}");
            }
        };
        fact("when", &self.when(tunnel.first, tunnel.last));
        let responder = tunnel
            .responder_spi
            .map_or_else(|| "none".to_owned(), |spi| spi.to_string());
        fact("SPIs", &format!("{} / {responder}", tunnel.initiator_spi));
        fact("stages", &stages(tunnel));
        if let Some(last) = tunnel.last_step {
            fact("last", &last.to_string());
        }
        if let Some((by, frame, _)) = tunnel.deleted {
            let how = if tunnel.read_its_end() {
                "with a Delete"
            } else {
                "as size and place of the message tell; keys would make it certain"
            };
            fact(
                "ended",
                &format!("by the {}, {}, {how}", by.name(), self.options.frame(frame)),
            );
        }
        let identities = [&tunnel.initiator, &tunnel.responder].map(|peer| {
            peer.identity.as_ref().map(|identity| {
                let shown = sanitize(&identity.value);
                shown.chars().take(IDENTITY_SHOWN).collect::<String>()
            })
        });
        if identities != [None, None] {
            let [initiator, responder] = identities.map(|shown| shown.unwrap_or("?".to_owned()));
            fact("identity", &format!("{initiator} -> {responder}"));
        }
        if let Some(methods) = &tunnel.authentication {
            let name = |method: &Option<String>| method.clone().unwrap_or_else(|| "?".to_owned());
            fact(
                "auth",
                &format!(
                    "{} / {}",
                    name(&methods.initiator),
                    name(&methods.responder)
                ),
            );
        }
        if let Some(chosen) = &tunnel.chosen {
            fact("suite", &suite(chosen));
        }
        for (name, peer) in [
            ("initiator", &tunnel.initiator),
            ("responder", &tunnel.responder),
        ] {
            if let Some(text) = about_peer(peer) {
                fact(name, &text);
            }
        }
        // A peer's own hash of the address that it sends to says nothing until the other side has answered.
        let ends = [&tunnel.initiator, &tunnel.responder];
        if tunnel.responder_spi.is_some() && ends.iter().all(|end| end.behind_nat == Some(false)) {
            fact("NAT", "none: the detection hashes of both sides match");
        }
        for checks in liveness::checks(tunnel) {
            fact("liveness", &checks);
        }
        for child in tunnel.children.iter().take(MAX_SHOWN_CHILDREN) {
            fact("child", &child_line(child));
            for (arrow, flow) in [("->", &child.from_initiator), ("<-", &child.from_responder)] {
                fact(
                    "",
                    &format!("  {arrow} {}", flow_line(flow.as_deref(), self)),
                );
            }
        }
        if tunnel.children.len() > MAX_SHOWN_CHILDREN {
            let more = tunnel.children.len() - MAX_SHOWN_CHILDREN;
            fact("", &format!("and {more} more children"));
        }
        for check in &tunnel.psk {
            fact(
                "key",
                &format!("{}: {} ({})", check.source, check.result.name(), check.why),
            );
        }
    }

    fn diagnosis(&self, out: &mut String, diagnosis: &Diagnosis, whole: bool) {
        let (word, color) = match diagnosis.severity {
            Severity::Failure => ("FAILURE", Color::Red),
            Severity::Warning => ("WARNING", Color::Yellow),
            Severity::Note => ("NOTE", Color::Cyan),
        };
        let side = match diagnosis.side {
            Side::Unknown => String::new(),
            side => format!(", side: {}", side.name()),
        };
        let _ = writeln!(
            out,
            "\n  {}  {}  {}{side}",
            self.paint(word, color),
            self.bold(diagnosis.declaration.id),
            diagnosis.confidence.name(),
        );
        let width = self.options.width.min(MAX_WIDTH);
        wrap(out, "    ", "    ", &sanitize(&diagnosis.summary), width);
        let shown = if whole { usize::MAX } else { 2 };
        for evidence in diagnosis.evidence.iter().take(shown) {
            let frame = self.options.frame(evidence.frame);
            let text = sanitize(&evidence.what);
            wrap(
                out,
                &format!("    {frame:<7} "),
                "            ",
                &text,
                width,
            );
        }
        if !whole {
            return;
        }
        for competitor in &diagnosis.competitors {
            if let Some(by) = &competitor.excluded_by {
                let text = format!("not {}: {by}", competitor.id);
                wrap(out, "    ", "      ", &sanitize(&text), width);
            }
        }
        if diagnosis.severity >= Severity::Warning || self.options.verbose {
            causes(out, diagnosis, width);
        }
        for (index, check) in diagnosis.checks.iter().enumerate() {
            let lead = if index == 0 {
                "    CHECK   "
            } else {
                "            "
            };
            wrap(out, lead, "              ", &sanitize(check), width);
        }
        if self.options.verbose && !diagnosis.declaration.references.is_empty() {
            let text = diagnosis.declaration.references.join("; ");
            wrap(out, "    SEE     ", "            ", &text, width);
        }
    }

    fn when(&self, first: Option<Timestamp>, last: Option<Timestamp>) -> String {
        let (Some(first), Some(last)) = (first, last) else {
            return "the capture has no times".to_owned();
        };
        let utc = if matches!(self.options.time, TimeColumn::Local(_)) {
            ""
        } else {
            " UTC"
        };
        let date = self.date(first);
        match last.nanos_since(first) {
            // A clock that was set back while packets were captured.
            ..=0 => format!("{date} {}{utc}", self.span(first, last)),
            nanos => format!(
                "{date} {}{utc} ({})",
                self.span(first, last),
                duration(nanos)
            ),
        }
    }

    /// Two times of day, with the day of the second if it is another one; one where they are the same.
    fn span(&self, first: Timestamp, last: Timestamp) -> String {
        if first == last {
            return self.clock(first);
        }
        let day = match self.date(last) {
            day if day == self.date(first) => String::new(),
            day => format!("{day} "),
        };
        format!("{} to {day}{}", self.clock(first), self.clock(last))
    }

    /// The column of times of day, whatever the ladder counts.
    fn column(&self) -> Clock {
        Clock::new(match &self.options.time {
            TimeColumn::Local(zone) => TimeColumn::Local(zone.clone()),
            _ => TimeColumn::Utc,
        })
    }

    fn date(&self, time: Timestamp) -> String {
        Civil::new(self.column().seconds(time))
            .map(|civil| String::from_utf8_lossy(&civil.date()).into_owned())
            .unwrap_or_default()
    }

    fn clock(&self, time: Timestamp) -> String {
        let mut out = Vec::new();
        self.column().write(&mut out, Some(time));
        let mut text = String::from_utf8_lossy(&out).into_owned();
        text.truncate(MILLISECONDS);
        text
    }

    fn row(&self, tunnel: &Tunnel, diagnoses: &[Diagnosis]) -> Row {
        let packets = |from: Sender| -> u64 {
            tunnel
                .children
                .iter()
                .filter_map(|child| match from {
                    Sender::Initiator => child.from_initiator.as_ref(),
                    _ => child.from_responder.as_ref(),
                })
                .map(|flow| flow.packets)
                .sum()
        };
        let up = tunnel
            .children
            .iter()
            .filter(|child| child.state == ChildState::Established)
            .count();
        let rekeys = match (tunnel.rekeys.ike, tunnel.rekeys.child) {
            (0, 0) => String::new(),
            (ike, child) => format!("{ike} IKE, {child} child"),
        };
        let notes: Vec<&str> = diagnoses
            .iter()
            .map(|diagnosis| diagnosis.declaration.id)
            .collect();
        Row([
            tunnel.id.to_string(),
            format!("{} -> {}", end(&tunnel.initiator), end(&tunnel.responder)),
            version(tunnel),
            tunnel.state.name().to_owned(),
            format!("{up} of {}", tunnel.children.len()),
            format!(
                "{} / {}",
                packets(Sender::Initiator),
                packets(Sender::Responder)
            ),
            rekeys,
            notes.join(", "),
        ])
    }

    fn table(&self) -> String {
        let mut table = Table::new();
        let names = [
            "#",
            "peers",
            "IKE",
            "state",
            "children up",
            "ESP -> / <-",
            "rekeys",
            "notes",
        ];
        // A column in which nothing stands is left out.
        let used: Vec<usize> = (0..names.len())
            .filter(|column| {
                self.rows
                    .iter()
                    .any(|row| row.0.get(*column).is_some_and(|cell| !cell.is_empty()))
            })
            .collect();
        table
            .load_style(comfy_table::presets::NOTHING)
            .set_content_arrangement(comfy_table::ContentArrangement::Dynamic)
            .set_width(u16::try_from(self.options.width).unwrap_or(u16::MAX))
            .set_header(used.iter().filter_map(|column| names.get(*column)));
        for row in &self.rows {
            table.add_row(used.iter().filter_map(|column| row.0.get(*column)));
        }
        table
            .lines()
            .map(|line| format!(" {}\n", line.trim_end()))
            .collect()
    }

    fn headline(&self, overview: &Overview<'_>) -> String {
        let names = overview.summary.files.join(", ");
        let [established, failed, closed, incomplete] = self.states;
        let total: u64 = self.states.iter().sum();
        if total == 0 && overview.not_selected > 0 {
            return format!(
                "{names}: {} in {}, and none that matches --host or --spi",
                counted(overview.not_selected, "tunnel"),
                counted(overview.summary.packets, "packet")
            );
        }
        if total == 0 {
            let esp = overview.facts.esp_packets + overview.facts.ah_packets;
            return match (overview.facts.ike_messages, esp) {
                (0, 0) => format!(
                    "{names}: no IPsec in {}",
                    counted(overview.summary.packets, "packet")
                ),
                (0, _) if overview.flows.is_empty() => format!(
                    "{names}: no IKE, but {} of ESP and AH, cut too short to follow",
                    counted(esp, "packet")
                ),
                (0, _) => format!(
                    "{names}: no IKE, but {} of ESP and AH in {}",
                    counted(esp, "packet"),
                    counted(overview.flows.len() as u64, "flow")
                ),
                (messages, _) => format!(
                    "{names}: {} of IKE, but none that begins or continues a negotiation",
                    counted(messages, "message")
                ),
            };
        }
        let parts: Vec<String> = [
            (established, "up", Color::Green),
            (failed, "failed", Color::Red),
            (closed, "closed", Color::Yellow),
            (incomplete, "incomplete", Color::Yellow),
        ]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, what, color)| self.paint(&format!("{number} {what}"), color))
        .collect();
        let when = match overview.summary.first {
            Some(_) => format!(
                ", {}",
                self.when(overview.summary.first, overview.summary.last)
            ),
            None => String::new(),
        };
        let mut line = format!(
            "{}: {}: {}  ({}{when})",
            self.bold(&names),
            counted(total, "tunnel"),
            parts.join(", "),
            counted(overview.summary.packets, "packet"),
        );
        if !self.causes.is_empty() {
            let mut causes = self.causes.clone();
            causes.sort_by_key(|(_, number)| Reverse(*number));
            let causes: Vec<String> = causes
                .iter()
                .take(MAX_CAUSES)
                .map(|(cause, number)| {
                    let times = match number {
                        1 => String::new(),
                        _ => format!(" x{number}"),
                    };
                    format!("{} ({}){times}", cause.title, cause.id)
                })
                .collect();
            let _ = write!(
                line,
                "\nbest explanation: {}",
                causes.join("\n                  ")
            );
        }
        line
    }
}

impl<W: Write> DiagnoseWriter for DiagnoseTextWriter<W> {
    fn preparation(&self) -> Option<Prepare> {
        None
    }

    fn tunnel(&mut self, tunnel: &Tunnel, judged: &Judged) -> io::Result<()> {
        let diagnoses = &judged.diagnoses;
        let index = match tunnel.state {
            State::Established => 0,
            State::Failed => 1,
            State::Closed => 2,
            State::Incomplete => 3,
        };
        if let Some(state) = self.states.get_mut(index) {
            *state += 1;
        }
        let worth = diagnoses
            .first()
            .filter(|first| first.severity >= Severity::Warning);
        if let Some(first) = worth.filter(|first| first.severity == Severity::Failure) {
            let cause = first.declaration;
            match self
                .causes
                .iter_mut()
                .find(|(known, _)| known.id == cause.id)
            {
                Some((_, number)) => *number += 1,
                None => self.causes.push((cause, 1)),
            }
        }
        let quiet = worth.is_none() && matches!(tunnel.state, State::Established | State::Closed);
        if quiet {
            if self.rows.len() < MAX_ROWS {
                let row = self.row(tunnel, diagnoses);
                self.rows.push(row);
            } else {
                self.more += 1;
            }
            if !self.options.verbose {
                return Ok(());
            }
        }
        let key = Key::of(tunnel, diagnoses).filter(|_| !self.options.verbose);
        let equal = key.and_then(|key| {
            self.blocks
                .iter()
                .rposition(|known| known.key.as_ref() == Some(&key))
        });
        if let Some(index) = equal
            && let Some(known) = self.blocks.get_mut(index)
        {
            if known.attempts.len() < MAX_ATTEMPTS {
                let attempt = (tunnel.initiator_spi.to_string(), tunnel.first);
                known.attempts.push(attempt);
            } else {
                known.attempts_more += 1;
            }
            return Ok(());
        }
        if self.blocks.len() >= MAX_BLOCKS {
            self.more += 1;
            return Ok(());
        }
        let block = self.block(tunnel, diagnoses, judged.comparison.as_ref());
        self.blocks.push(block);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    fn finish(&mut self, overview: &Overview<'_>) -> io::Result<()> {
        let mut text = self.headline(overview);
        text.push('\n');
        if let Some(why) = &overview.summary.unreadable {
            let _ = writeln!(text, "reading stopped early: {}", sanitize(why));
        }
        if overview.facts.malformed > 0 {
            let _ = writeln!(
                text,
                "{} malformed: `ikescope inspect` says where and how",
                counted(overview.facts.malformed, "packet")
            );
        }
        for diagnosis in overview.diagnoses {
            self.diagnosis(&mut text, diagnosis, true);
        }
        if !self.rows.is_empty() {
            text.push('\n');
            text.push_str(&self.table());
        }
        for block in &self.blocks {
            let _ = writeln!(text, "\n{}", block.head);
            text.push_str(&block.body);
            if !block.attempts.is_empty() {
                let number = block.attempts.len() as u64 + block.attempts_more;
                let _ = writeln!(text, "\n  the same {}:", counted(number, "more time"));
                for (spi, time) in &block.attempts {
                    let time = time.map_or_else(|| "-".to_owned(), |time| self.clock(time));
                    let _ = writeln!(text, "    {time}  {spi}");
                }
                if block.attempts_more > 0 {
                    let _ = writeln!(text, "    and {} more", block.attempts_more);
                }
            }
        }
        if self.more > 0 {
            let _ = writeln!(
                text,
                "\n{} more tunnels are not shown; --format ndjson has all",
                self.more
            );
        }
        if !overview.flows.is_empty() && !self.states.iter().all(|number| *number == 0) {
            let _ = writeln!(text, "\nESP and AH that belong to no tunnel seen:");
        }
        for flow in overview.flows.iter().take(MAX_FLOWS) {
            let _ = writeln!(
                text,
                "  {} {} {} -> {}  {}",
                flow.protocol,
                flow.spi,
                flow.src.address,
                flow.dst.address,
                counts(flow, self)
            );
        }
        if overview.flows.len() > MAX_FLOWS {
            let _ = writeln!(text, "  and {} more", overview.flows.len() - MAX_FLOWS);
        }
        self.output.buffer.extend_from_slice(text.as_bytes());
        self.output.flush()
    }
}

fn end(peer: &Peer) -> String {
    match (peer.port, peer.address.is_ipv6()) {
        (Some(port), true) => format!("[{}]:{port}", peer.address),
        (Some(port), false) => format!("{}:{port}", peer.address),
        (None, _) => peer.address.to_string(),
    }
}

fn version(tunnel: &Tunnel) -> String {
    match (tunnel.version, tunnel.mode) {
        (1, Some(mode)) => format!("IKEv1 {}", mode.name()),
        (1, None) => "IKEv1".to_owned(),
        _ => "IKEv2".to_owned(),
    }
}

fn stage(tunnel: &Tunnel) -> String {
    tunnel.stage.name().replace('-', " ")
}

/// `IKE_SA_INIT ok, IKE_AUTH request x6 no answer`.
fn stages(tunnel: &Tunnel) -> String {
    let mut parts: Vec<String> = Vec::new();
    let of_exchange = |exchange: ExchangeType| {
        let request = tunnel.of_step(Step::V2(exchange, false)).last();
        let answer = tunnel.of_step(Step::V2(exchange, true)).last();
        (request, answer)
    };
    if tunnel.version >= 2 {
        for exchange in [
            ExchangeType::IKE_SA_INIT,
            ExchangeType::IKE_INTERMEDIATE,
            ExchangeType::IKE_AUTH,
            ExchangeType::CREATE_CHILD_SA,
        ] {
            let (request, answer) = of_exchange(exchange);
            let text = match (request, answer) {
                (None, None) => continue,
                (Some(request), None) if request.transmissions > 1 => {
                    format!("{exchange} sent {} times, no answer", request.transmissions)
                }
                (Some(_), None) => format!("{exchange} sent, no answer"),
                (_, Some(answer)) => {
                    let error = answer.payloads().error().and_then(|error| error.name);
                    let repeated = request.map_or(1, |request| request.transmissions);
                    let times = if repeated > 1 {
                        format!(" (request {repeated} times)")
                    } else {
                        String::new()
                    };
                    match error {
                        Some(error) => format!("{exchange} -> {error}{times}"),
                        None => format!("{exchange} answered{times}"),
                    }
                }
            };
            parts.push(text);
        }
    } else {
        let highest = |of: fn(Step) -> Option<u8>| {
            tunnel
                .messages
                .iter()
                .filter_map(|message| of(message.step).map(|number| (number, message)))
                .max_by_key(|(number, _)| *number)
        };
        type Numbered = fn(Step) -> Option<u8>;
        let kinds: [(&str, u8, Numbered); 4] = [
            ("main mode", 6, |step| match step {
                Step::Main(number) => Some(number),
                _ => None,
            }),
            ("aggressive mode", 3, |step| match step {
                Step::Aggressive(number) => Some(number),
                _ => None,
            }),
            ("base mode", 4, |step| match step {
                Step::Base(number) => Some(number),
                _ => None,
            }),
            ("quick mode", 3, |step| match step {
                Step::Quick(number) => Some(number.min(3)),
                _ => None,
            }),
        ];
        for (name, all, of) in kinds {
            if let Some((number, message)) = highest(of) {
                let times = if message.transmissions > 1 {
                    format!(", sent {} times", message.transmissions)
                } else {
                    String::new()
                };
                parts.push(format!("{name} {number} of {all}{times}"));
            }
            if all == 4
                && tunnel
                    .messages
                    .iter()
                    .any(|message| matches!(message.step, Step::Transaction(_)))
            {
                parts.push("transaction".to_owned());
            }
        }
    }
    let esp: u64 = tunnel
        .children
        .iter()
        .flat_map(|child| [&child.from_initiator, &child.from_responder])
        .flatten()
        .map(|flow| flow.packets)
        .sum();
    parts.push(match esp {
        0 => "no ESP".to_owned(),
        number => format!("ESP {number} packets"),
    });
    parts.join(" | ")
}

/// The chosen algorithms as a suite.
fn suite(chosen: &Proposal) -> String {
    let transforms = [
        TransformType::ENCR,
        TransformType::PRF,
        TransformType::INTEG,
        TransformType::KE,
    ];
    let mut parts: Vec<String> = transforms
        .into_iter()
        .flat_map(|kind| chosen.of_kind(kind))
        .map(|transform| transform.to_string())
        .collect();
    parts.extend(
        (TransformType::ADDKE1.0..=TransformType::ADDKE7.0)
            .flat_map(|kind| chosen.of_kind(TransformType(kind)))
            .map(|transform| transform.to_string()),
    );
    if let Some(suite) = chosen.suites().first() {
        let names = [
            &suite.encr,
            &suite.hash,
            &suite.integ,
            &suite.auth,
            &suite.group,
        ];
        parts.extend(names.into_iter().flatten().cloned());
    }
    parts.join(" / ")
}

fn about_peer(peer: &Peer) -> Option<String> {
    let mut parts = Vec::new();
    match (peer.behind_nat, peer.nat_address) {
        (Some(true), Some(inside)) => {
            parts.push(format!(
                "behind NAT, inside {}:{}",
                inside.address,
                inside.port.unwrap_or(0)
            ));
        }
        (Some(true), None) => {
            parts.push("address does not match its NAT detection hash".to_owned())
        }
        _ => {}
    }
    let mut names: Vec<&str> = peer
        .vendors
        .iter()
        .filter_map(|vendor| vendor.name)
        .collect();
    names.dedup();
    if !names.is_empty() {
        names.truncate(MAX_VENDORS);
        parts.push(names.join(", "));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn child_line(child: &Child) -> String {
    let spi = |spi: Option<ikescope_dissectors::Spi>| {
        spi.map_or_else(|| "?".to_owned(), |spi| spi.to_string())
    };
    let mut line = format!(
        "{} {} / {}  {}",
        child.protocol,
        spi(child.spi_initiator),
        spi(child.spi_responder),
        child.state.name()
    );
    if child.inferred {
        line.push_str(" (inferred from timing)");
    }
    if !child.selectors_initiator.is_empty() || !child.selectors_responder.is_empty() {
        let _ = write!(
            line,
            "  {} === {}",
            child.selectors_initiator.join(" "),
            child.selectors_responder.join(" ")
        );
    }
    if let Some(chosen) = &child.chosen {
        let _ = write!(line, "  {}", suite(chosen));
    }
    line
}

fn flow_line<W: Write>(flow: Option<&Flow>, writer: &DiagnoseTextWriter<W>) -> String {
    flow.map_or_else(
        || "no packets".to_owned(),
        |flow| format!("{}  {}", flow.spi, counts(flow, writer)),
    )
}

fn counts<W: Write>(flow: &Flow, writer: &DiagnoseTextWriter<W>) -> String {
    let mut text = format!(
        "{}, {}",
        counted(flow.packets, "packet"),
        counted(flow.octets, "octet")
    );
    if let (Some(first), Some(last)) = (flow.first, flow.last) {
        let _ = write!(text, ", {}", writer.span(first, last));
    }
    let _ = match flow.packets {
        1 => write!(text, ", sequence {}", flow.sequence_first),
        _ => write!(
            text,
            ", sequence {} to {}",
            flow.sequence_first, flow.sequence_last
        ),
    };
    for (number, what) in [
        (flow.lost, "lost"),
        (flow.replayed, "replayed"),
        (u64::from(flow.resets), "resets"),
    ] {
        if number > 0 {
            let _ = write!(text, ", {number} {what}");
        }
    }
    text
}

/// What this capture cannot tell apart, as a list to go through.
fn causes(out: &mut String, diagnosis: &Diagnosis, width: usize) {
    let open = diagnosis
        .competitors
        .iter()
        .filter(|competitor| competitor.excluded_by.is_none());
    let others: Vec<String> = open.map(cause).collect();
    if others.is_empty() && diagnosis.cause == diagnosis.declaration.title {
        return;
    }
    out.push_str(match others.len() {
        0 => "    CAUSES  what is left:\n",
        _ => "    CAUSES  what this capture cannot tell apart, the likeliest first:\n",
    });
    let itself = format!("{}: {}", diagnosis.declaration.id, diagnosis.cause);
    for (number, text) in (1..).zip(std::iter::once(&itself).chain(&others)) {
        let lead = format!("            {number}  ");
        wrap(out, &lead, "               ", &sanitize(text), width);
    }
}

/// `reply-lost-on-return: the responder answers, the initiator never sees it; then …`.
fn cause(competitor: &Competitor) -> String {
    let mut text = competitor.id.to_owned();
    if let Some(declaration) = by_id(competitor.id) {
        let _ = write!(text, ": {}", declaration.title);
    }
    if let Some(told_apart) = competitor.told_apart() {
        let _ = write!(text, "; {told_apart}");
    }
    text
}

/// `384.0 s`, `12 min`, `11.5 h`, `20 days`.
fn duration(nanos: i64) -> String {
    let seconds = nanos as f64 / 1e9;
    if seconds < 10.0 {
        format!("{seconds:.3} s")
    } else if seconds < 600.0 {
        format!("{seconds:.1} s")
    } else if seconds < 36_000.0 {
        format!("{:.0} min", seconds / 60.0)
    } else if seconds < 864_000.0 {
        format!("{:.1} h", seconds / 3_600.0)
    } else {
        format!("{:.0} days", seconds / 86_400.0)
    }
}

/// Appends text in lines of this many columns.
fn wrap(out: &mut String, lead: &str, follow: &str, text: &str, width: usize) {
    let mut line = lead.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            out.push_str(line.trim_end());
            out.push('\n');
            line = follow.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Columns that blocks take at most: longer lines are hard to read.
const MAX_WIDTH: usize = 100;

/// Columns of a time of day with milliseconds.
const MILLISECONDS: usize = 12;

/// Tunnels with a block of their own. Nobody reads more on a terminal.
const MAX_BLOCKS: usize = 250;

/// Rows of the table.
const MAX_ROWS: usize = 1_000;

/// Further attempts that are listed below a block.
const MAX_ATTEMPTS: usize = 20;

/// Children of one tunnel that are listed.
const MAX_SHOWN_CHILDREN: usize = 8;

/// Flows without a tunnel that are listed.
const MAX_FLOWS: usize = 50;

/// Explanations in the headline.
const MAX_CAUSES: usize = 4;

/// Vendor names of one peer.
const MAX_VENDORS: usize = 4;

/// Characters of an identity that are shown: a distinguished name has fewer, all octets of a payload are in the JSON.
const IDENTITY_SHOWN: usize = 128;
