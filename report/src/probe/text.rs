//! Targets for people.

use std::io::{self, Write};

use colored::{ColoredString, Colorize};
use ikescope_analysis::audit::{Found, Severity};
use ikescope_dissectors::vendor_id;
use ikescope_probe::ikev1::{Ikev1Box, Ikev1Report};
use ikescope_probe::ikev2::{Chooses, Ikev2Box, Ikev2Report};
use ikescope_probe::{Icmp, Outcome, Report};

use super::types::outcome;
use super::writer::ProbeWriter;
use crate::sanitize::sanitize;

/// Writes a block for each target.
#[derive(Debug)]
pub struct ProbeTextWriter<W> {
    writer: W,
    width: usize,
    first: bool,
}

impl<W: Write> ProbeTextWriter<W> {
    /// A writer for lines of this width.
    pub fn new(writer: W, width: usize) -> Self {
        Self {
            writer,
            width: width.max(NARROWEST),
            first: true,
        }
    }

    fn line(&mut self, label: &str, text: &str) -> io::Result<()> {
        let room = self.width.saturating_sub(LABEL + 4);
        for (place, part) in wrapped(text, room).iter().enumerate() {
            let label = if place == 0 { label } else { "" };
            writeln!(
                self.writer,
                "    {} {part}",
                format!("{label:LABEL$}").dimmed()
            )?;
        }
        Ok(())
    }

    fn list(&mut self, label: &str, values: &[String]) -> io::Result<()> {
        match values {
            [] => Ok(()),
            _ => self.line(label, &values.join(" ")),
        }
    }

    fn head(
        &mut self,
        name: &str,
        reported: Outcome,
        packets: u64,
        complete: bool,
    ) -> io::Result<()> {
        let word = worded(reported);
        let proof = match (reported, complete) {
            (Outcome::Accepted | Outcome::Refused, true) => ", complete",
            (Outcome::Accepted | Outcome::Refused, false) => ", not complete",
            _ => "",
        };
        let sent = match packets {
            0 => String::new(),
            1 => " (1 packet)".to_owned(),
            _ => format!(" ({packets} packets)"),
        };
        writeln!(
            self.writer,
            "  {}  {word}{proof}{sent}",
            format!("{name:17}").bold()
        )
    }

    fn ikev2(&mut self, report: &Ikev2Report) -> io::Result<()> {
        self.head(
            "IKEv2",
            report.outcome,
            report.packets_sent,
            report.complete,
        )?;
        for one in &report.policy {
            self.ikev2_box(one)?;
        }
        let order = match report.chooses {
            Chooses::OwnOrder => "the peer's own order decides",
            Chooses::InitiatorOrder => "the initiator's order decides",
            Chooses::Unknown => "",
        };
        if !order.is_empty() {
            self.line("choice", order)?;
        }
        let preference = &report.preference;
        let kinds = [
            ("encryption", &preference.encr),
            ("PRF", &preference.prf),
            ("integrity", &preference.integ),
            ("key exchange", &preference.ke),
        ];
        for (kind, list) in kinds {
            if let Some(list) = list
                && list.len() > 1
            {
                self.line("prefers", &format!("{kind}: {}", list.join(" > ")))?;
            }
        }
        if report.cookie {
            self.line("cookie", "asked for one")?;
        }
        self.remarks(&report.notes, &report.not_determined, report.half_open_left)
    }

    fn ikev2_box(&mut self, one: &Ikev2Box) -> io::Result<()> {
        self.list("encryption", &one.encr)?;
        self.list("PRF", &one.prf)?;
        self.list("integrity", &one.integ)?;
        self.list("key exchange", &one.ke)?;
        for (number, list) in (1..).zip(&one.additional_ke) {
            self.list(&format!("additional {number}"), list)?;
        }
        self.list("inferred", &one.inferred)?;
        writeln!(self.writer)
    }

    fn ikev1(&mut self, name: &str, report: &Ikev1Report) -> io::Result<()> {
        self.head(name, report.outcome, report.packets_sent, report.complete)?;
        for one in &report.policy {
            self.ikev1_box(one, report.auth_discriminated)?;
        }
        if let Some(seconds) = report.lifetime_seconds {
            self.line("lifetime", &format!("{seconds} s"))?;
        }
        self.remarks(&report.notes, &report.not_determined, report.half_open_left)
    }

    fn ikev1_box(&mut self, one: &Ikev1Box, discriminated: bool) -> io::Result<()> {
        self.list("encryption", &one.encr)?;
        self.list("hash", &one.hash)?;
        let label = if discriminated {
            "authentication"
        } else {
            "auth (echoed)"
        };
        self.list(label, &one.auth)?;
        self.list("group", &one.group)?;
        self.list("inferred", &one.inferred)?;
        writeln!(self.writer)
    }

    fn remarks(&mut self, notes: &[String], open: &[String], half_open: usize) -> io::Result<()> {
        for note in notes {
            self.line("note", &sanitize(note))?;
        }
        for what in open {
            self.line("not known", &sanitize(what))?;
        }
        if half_open > 0 {
            self.line(
                "half-open",
                &format!("up to {half_open} may be left at the peer, until they expire"),
            )?;
        }
        Ok(())
    }

    fn findings(&mut self, found: &[Found]) -> io::Result<()> {
        for one in found {
            let severity = one.severity.name();
            let word = match one.severity {
                Severity::Critical | Severity::High => severity.red(),
                Severity::Medium => severity.yellow(),
                _ => severity.normal(),
            };
            let text = format!("{} [{}]", one.finding.title, one.finding.id);
            self.styled("finding", &word, &text)?;
        }
        Ok(())
    }

    /// A line whose first word has a colour.
    fn styled(&mut self, label: &str, word: &ColoredString, text: &str) -> io::Result<()> {
        let label = format!("{label:LABEL$}").dimmed();
        let indent = LABEL + 6 + word.chars().count();
        for (place, part) in wrapped(text, self.width.saturating_sub(indent))
            .iter()
            .enumerate()
        {
            match place {
                0 => writeln!(self.writer, "    {label} {word} {part}")?,
                _ => writeln!(self.writer, "{:indent$}{part}", "")?,
            }
        }
        Ok(())
    }

    fn facts(&mut self, report: &Report) -> io::Result<()> {
        if let Some(icmp) = &report.icmp {
            let from = icmp
                .from
                .map(|from| format!(" from {from}"))
                .unwrap_or_default();
            let meaning = meaning(icmp, report.target.remote.is_ipv6());
            self.line(
                "ICMP",
                &format!("type {}, code {}{from}{meaning}", icmp.kind, icmp.code),
            )?;
        }
        for id in &report.vendor_ids {
            let name = vendor_id::name(id).map(str::to_owned);
            let text = name
                .or_else(|| vendor_id::printable(id))
                .unwrap_or_else(|| crate::digits::hex_text(id));
            self.line("vendor id", &sanitize(&text))?;
        }
        if let Some(implementation) = &report.implementation {
            self.line("looks like", &sanitize(implementation))?;
        }
        let nat = match (report.nat.source_matches, report.nat.destination_matches) {
            (Some(true), Some(true)) => "none between here and the peer",
            (Some(false), Some(true)) => "the peer's address is translated, or it says so",
            (Some(true), Some(false)) => "our address is translated",
            (Some(false), Some(false)) => "both addresses are translated",
            _ => return Ok(()),
        };
        self.line("NAT", nat)
    }
}

impl<W: Write> ProbeWriter for ProbeTextWriter<W> {
    fn target(&mut self, report: &Report, found: &[Found]) -> io::Result<()> {
        if !self.first {
            writeln!(self.writer)?;
        }
        self.first = false;
        let address = report.target.remote.to_string();
        let name = match report.target.name == report.target.remote.ip().to_string() {
            true => address,
            false => format!("{} ({address})", sanitize(&report.target.name)),
        };
        writeln!(self.writer, "{}", name.bold())?;
        if let Some(ikev2) = &report.ikev2 {
            self.ikev2(ikev2)?;
        }
        if let Some(main) = &report.ikev1_main {
            self.ikev1("IKEv1 main", main)?;
        }
        if let Some(aggressive) = &report.ikev1_aggressive {
            self.ikev1("IKEv1 aggressive", aggressive)?;
        }
        self.facts(report)?;
        self.findings(found)?;
        if let Some(next) = next(report) {
            self.line("next", next)?;
        }
        // Each strategy tells all that were left when it ended.
        let left = [
            report.ikev2.as_ref().map(|ikev2| ikev2.half_open_left),
            report.ikev1_main.as_ref().map(|main| main.half_open_left),
            report
                .ikev1_aggressive
                .as_ref()
                .map(|aggressive| aggressive.half_open_left),
        ];
        let left = left.into_iter().flatten().max().unwrap_or_default();
        let counters = &report.counters;
        let most = if left > 0 { "up to " } else { "" };
        writeln!(
            self.writer,
            "  {} packets sent ({} again), {} received, {:.1} s; {most}{} half-open SAs left",
            counters.sent,
            counters.retransmissions,
            counters.received,
            report.duration.as_secs_f64(),
            left,
        )?;
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// What an ICMP error says (RFC 792, RFC 1812, section 5.2.7.1; RFC 4443, section 3.1).
fn meaning(icmp: &Icmp, v6: bool) -> &'static str {
    match (v6, icmp.kind, icmp.code) {
        (false, 3, 3) | (true, 1, 4) => {
            ": nothing listens on this port, or a firewall answers as if"
        }
        (false, 3, 9 | 10 | 13) | (true, 1, 1) => ": a filter prohibits it",
        (false, 3, 0 | 6 | 11) | (true, 1, 0) => ": no route to the network",
        (false, 3, 1 | 7 | 12) | (true, 1, 3) => ": the host does not answer on its network",
        _ => "",
    }
}

/// What to do about a target that did not tell everything.
fn next(report: &Report) -> Option<&'static str> {
    let ikev1 = [&report.ikev1_main, &report.ikev1_aggressive];
    let ikev1 = ikev1.into_iter().flatten().map(|mode| mode.outcome);
    let outcomes: Vec<Outcome> = report
        .ikev2
        .iter()
        .map(|ikev2| ikev2.outcome)
        .chain(ikev1)
        .collect();
    let any = |outcome| outcomes.contains(&outcome);
    let none = report.counters.received == 0;
    if any(Outcome::Unstable) {
        Some(
            "ask each peer behind this address by itself; what is above was accepted at least once",
        )
    } else if any(Outcome::RateLimited) {
        Some("ask again later, and slower: --target-rate 1")
    } else if none && any(Outcome::Unreachable) {
        Some(
            "see whether the daemon runs and a firewall lets UDP 500 pass; other ways in are --nat-t (UDP 4500) and --tcp",
        )
    } else if none && any(Outcome::Silent) {
        Some(
            "a filter, an absent peer and one that answers only addresses it knows look the same: try --nat-t (UDP 4500), --tcp, or another --source",
        )
    } else {
        None
    }
}

fn worded(reported: Outcome) -> ColoredString {
    let word = outcome(reported);
    match reported {
        Outcome::Accepted => word.green(),
        Outcome::Refused => word.normal(),
        Outcome::Silent | Outcome::Unreachable | Outcome::NotTried => word.dimmed(),
        Outcome::RateLimited | Outcome::Unstable => word.yellow(),
    }
}

/// Words in lines of this many characters.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(last) = lines.last_mut() else {
            break;
        };
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > room {
            lines.push(word.to_owned());
            continue;
        }
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
    }
    lines
}

const LABEL: usize = 14;
const NARROWEST: usize = 60;
