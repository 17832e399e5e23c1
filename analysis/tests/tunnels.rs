//! What is known of each tunnel without keys, against what the logs of the peers say (`testdata/*/truth.json`).

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ikescope_analysis::tunnels::{Algorithms, Finished, Proposal, State, Tracker, Tunnel};
use ikescope_analysis::{EspPacket, Inspector, InspectorOptions};
use ikescope_capture::{FileReader, Glanced, Options, Stack, Timestamp};
use ikescope_dissectors::registries::ikev2::TransformType;
use serde_json::Value;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata")
}

fn track(capture: &Path) -> Finished {
    track_if(capture, |_, _| true)
}

/// Follows the packets of these numbers and sources only.
fn track_if(capture: &Path, wanted: impl Fn(u64, IpAddr) -> bool) -> Finished {
    follow(Tracker::default(), capture, wanted).finish()
}

fn follow(mut tracker: Tracker, capture: &Path, wanted: impl Fn(u64, IpAddr) -> bool) -> Tracker {
    let mut reader = FileReader::open(capture, 0).unwrap();
    let mut stack = Stack::new(Options::default());
    let mut inspector = Inspector::new(InspectorOptions::default());
    while let Some(frame) = reader.next().unwrap() {
        stack.decode(&frame, &mut |datagram| {
            if wanted(datagram.frame, datagram.src) {
                tracker.observe(&inspector.observe(&datagram));
            }
        });
    }
    tracker
}

/// The same by a glance at what is plain ESP.
fn track_at_a_glance(capture: &Path) -> Finished {
    let mut tracker = Tracker::default();
    let mut reader = FileReader::open(capture, 0).unwrap();
    let mut stack = Stack::new(Options::default());
    let mut inspector = Inspector::new(InspectorOptions::default());
    while let Some(frame) = reader.next().unwrap() {
        match EspPacket::glance(&frame) {
            Some(packet) => tracker.esp(&packet, inspector.duplicate_of(&packet).is_some()),
            None => stack.decode(&frame, &mut |datagram| {
                tracker.observe(&inspector.observe(&datagram));
            }),
        }
    }
    tracker.finish()
}

#[test]
fn a_glance_at_esp_tells_the_same() {
    let mut packets = 0;
    for folder in std::fs::read_dir(testdata()).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path())
            .into_iter()
            .flatten()
        {
            let path = file.unwrap().path();
            if path
                .extension()
                .is_none_or(|extension| extension != "pcapng")
            {
                continue;
            }
            let seen = track(&path);
            packets += seen.capture.esp_packets;
            let seen = format!("{seen:?}");
            let glanced = track_at_a_glance(&path);
            assert_eq!(format!("{glanced:?}"), seen, "{}", path.display());
        }
    }
    assert!(packets > 1_000, "{packets}");
}

/// Every labelled capture: its name, what the peers' logs say, and what was found.
fn labelled() -> Vec<(String, Value, Finished)> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(testdata())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("truth.json").exists())
        .collect();
    folders.sort();
    folders
        .into_iter()
        .map(|folder| {
            let truth = std::fs::read_to_string(folder.join("truth.json")).unwrap();
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            // What is lost on the way to the responder is seen at the initiator only.
            let initiator = folder.join("capture-initiator.pcapng");
            let capture = if initiator.exists() {
                initiator
            } else {
                folder.join("capture.pcapng")
            };
            (name, serde_json::from_str(&truth).unwrap(), track(&capture))
        })
        .collect()
}

fn texts<'v>(list: &'v Value, field: &str) -> Vec<&'v str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|element| element[field].as_str())
        .collect()
}

fn tunnel<'f>(found: &'f Finished, initiator_spi: &str) -> Option<&'f Tunnel> {
    found
        .tunnels
        .iter()
        .map(Box::as_ref)
        .find(|tunnel| tunnel.initiator_spi.to_string() == initiator_spi)
}

/// What became of the peers' wish for a tunnel: one that is up counts, then one that was.
fn outcome(found: &Finished) -> &'static str {
    let any = |state| found.tunnels.iter().any(|tunnel| tunnel.state == state);
    if any(State::Established) {
        "established"
    } else if any(State::Closed) {
        "closed"
    } else if any(State::Failed) {
        "failed"
    } else {
        "incomplete"
    }
}

/// `AES-CBC-128` as the daemon's log writes it: `AES_CBC_128`.
fn spelled(name: &str) -> String {
    // The private numbers of strongSwan for what RFC 4306 never gave one.
    let name = name.replace("-STRONGSWAN", "");
    match name.replace('-', "_").split_once('_') {
        Some((cipher @ ("BLOWFISH" | "CAST"), bits)) => format!("{cipher}_CBC_{bits}"),
        Some(("ENCR", _)) => String::new(),
        _ => name.replace('-', "_"),
    }
}

fn encryption(chosen: &Proposal) -> Option<String> {
    match &chosen.algorithms {
        Algorithms::Transforms(_) => chosen
            .of_kind(TransformType::ENCR)
            .next()
            .map(|transform| transform.to_string()),
        Algorithms::Suites(suites) => suites.first().and_then(|suite| suite.encr.clone()),
    }
}

/// A peer may go on sending for some minutes; after that a failed tunnel is handed out, though no packet comes.
#[test]
fn silence_ends_a_failed_tunnel() {
    let capture = testdata().join("fail-ikev2-no-response/capture.pcapng");
    let last = track(&capture).capture.last.unwrap();
    let mut tracker = follow(Tracker::new(true), &capture, |_, _| true);
    let later = |seconds| Timestamp::new(last.seconds + seconds, last.nanos.into());
    tracker.quiet(later(290));
    assert!(tracker.ended().is_none());
    tracker.quiet(later(320));
    let ended = tracker.ended().unwrap();
    assert_eq!(ended.tunnels.len(), 1);
    assert!(tracker.finish().tunnels.is_empty());
}

#[test]
fn the_outcome_is_that_of_the_logs() {
    let all = labelled();
    let mut wrong = Vec::new();
    for (name, truth, found) in &all {
        let expected = match truth["state"].as_str().unwrap() {
            "childless" => "established",
            other => other,
        };
        if outcome(found) != expected {
            let states: Vec<_> = found
                .tunnels
                .iter()
                .map(|tunnel| format!("{}/{}", tunnel.state.name(), tunnel.stage.name()))
                .collect();
            wrong.push(format!("{name}: {expected}, but {}", states.join(" ")));
        }
    }
    let score = 100.0 * (all.len() - wrong.len()) as f64 / all.len() as f64;
    eprintln!(
        "{score:.1} % of {} captures\n{}",
        all.len(),
        wrong.join("\n")
    );
    assert!(score >= 95.0, "{score:.1} %\n{}", wrong.join("\n"));
}

#[test]
fn ike_sas_of_the_logs_are_found() {
    let mut wrong = Vec::new();
    for (name, truth, found) in labelled() {
        for (index, sa) in truth["ike_sas"].as_array().unwrap().iter().enumerate() {
            let spi = sa["initiator_spi"].as_str().unwrap();
            // Without keys nothing tells of a rekeyed IKE SA before its first message.
            let Some(tunnel) = tunnel(&found, spi) else {
                let rekeyed = name.contains("rekey") && index > 0;
                if !rekeyed {
                    wrong.push(format!("{name}: no tunnel {spi}"));
                }
                continue;
            };
            let version = sa["version"].as_u64().unwrap();
            if u64::from(tunnel.version) != version {
                wrong.push(format!("{name}: version {}", tunnel.version));
            }
            let responder = tunnel.responder_spi.map(|spi| spi.to_string());
            // A responder that sees the first message again may answer with another SPI.
            let known = texts(&truth["ike_sas"], "responder_spi");
            if !responder.is_some_and(|spi| known.contains(&spi.as_str())) {
                wrong.push(format!("{name}: another responder SPI in {spi}"));
            }
            let proposal = sa["proposal"].as_str().unwrap_or_default();
            if let Some(chosen) = tunnel.chosen.as_ref().and_then(encryption)
                && !proposal.is_empty()
                && !proposal.starts_with(&format!("IKE:{}", spelled(&chosen)))
            {
                wrong.push(format!("{name}: {chosen} is not of {proposal}"));
            }
            if sa["after"].is_null() && tunnel.chosen.is_none() && tunnel.beginning_seen {
                wrong.push(format!("{name}: nothing chosen in {spi}"));
            }
        }
    }
    eprintln!("{}", wrong.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn esp_belongs_to_the_children_of_the_logs() {
    let (mut right, mut wrong) = (0, Vec::new());
    for (name, truth, found) in labelled() {
        let seen: Vec<String> = found
            .tunnels
            .iter()
            .flat_map(|tunnel| &tunnel.children)
            .flat_map(|child| [&child.from_initiator, &child.from_responder])
            .flatten()
            .map(|flow| flow.spi.to_string())
            .collect();
        let known: Vec<&str> = texts(&truth["child_sas"], "spi_i2r")
            .into_iter()
            .chain(texts(&truth["child_sas"], "spi_r2i"))
            .collect();
        for spi in seen {
            if known.contains(&spi.as_str()) {
                right += 1;
            } else {
                wrong.push(format!("{name}: {spi}"));
            }
        }
        for flow in &found.flows {
            if known.contains(&flow.spi.to_string().as_str()) {
                wrong.push(format!("{name}: {} belongs to no child", flow.spi));
            }
        }
    }
    eprintln!("{right} right\n{}", wrong.join("\n"));
    assert!(wrong.len() * 20 <= right, "{}", wrong.join("\n"));
}

/// Captures of tunnels that came up and of which nothing was lost on the way.
fn healthy() -> Vec<PathBuf> {
    labelled()
        .into_iter()
        .filter(|(name, truth, _)| {
            truth["state"] == "established"
                && truth["fault"].is_null()
                && !name.starts_with("path-")
        })
        .map(|(name, ..)| testdata().join(name).join("capture.pcapng"))
        .collect()
}

#[test]
fn a_healthy_tunnel_that_is_seen_from_its_middle_has_not_failed() {
    for capture in healthy() {
        for missing in 1..12 {
            let found = track_if(&capture, |frame, _| frame > missing);
            for tunnel in &found.tunnels {
                assert_ne!(
                    tunnel.state,
                    State::Failed,
                    "{}: without {missing} frames, {:?}",
                    capture.display(),
                    tunnel.stage
                );
            }
        }
    }
}

#[test]
fn a_healthy_tunnel_of_which_one_direction_is_missing_has_not_failed() {
    for capture in healthy() {
        let whole = track(&capture);
        let Some(first) = whole.tunnels.first() else {
            continue;
        };
        for side in [first.initiator.address, first.responder.address] {
            let found = track_if(&capture, |_, src| src == side);
            for tunnel in &found.tunnels {
                assert_ne!(
                    tunnel.state,
                    State::Failed,
                    "{}: only {side}, {:?}",
                    capture.display(),
                    tunnel.stage
                );
            }
        }
    }
}

#[test]
fn every_cut_is_followed_without_panic() {
    for (name, ..) in labelled() {
        let capture = testdata().join(&name).join("capture.pcapng");
        for modulus in [2, 3, 5] {
            let found = track_if(&capture, |frame, _| frame % modulus == 0);
            assert!(found.capture.packets < 1_000_000, "{name}");
        }
    }
}
