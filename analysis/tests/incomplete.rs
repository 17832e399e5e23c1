//! Captures of healthy tunnels with parts missing: what is missing is blamed on nobody.

use std::path::{Path, PathBuf};

use ikescope_analysis::diagnosis::{Severity, diagnose, diagnose_capture};
use ikescope_analysis::tunnels::{Finished, Tracker};
use ikescope_analysis::{Inspector, InspectorOptions};
use ikescope_capture::{FileReader, Options, Stack};

/// The captures of the lab in which nothing is wrong.
fn healthy() -> Vec<PathBuf> {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(lab)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| {
            std::fs::read_to_string(folder.join("truth.json"))
                .is_ok_and(|truth| truth.contains("\"fault\": null"))
        })
        .collect();
    folders.sort();
    folders
}

/// Follows the frames that stay; `keep` is asked with the number of the frame and whether the first sender sent it.
fn track(capture: &Path, keep: impl Fn(u64, bool) -> bool) -> Finished {
    let mut reader = FileReader::open(capture, 0).unwrap();
    let mut stack = Stack::new(Options::default());
    let mut inspector = Inspector::new(InspectorOptions::default());
    let mut tracker = Tracker::default();
    let mut first = None;
    while let Some(frame) = reader.next().unwrap() {
        stack.decode(&frame, &mut |datagram| {
            let by_first = *first.get_or_insert(datagram.src) == datagram.src;
            if keep(datagram.frame, by_first) {
                tracker.observe(&inspector.observe(&datagram));
            }
        });
    }
    tracker.finish()
}

fn failures(finished: &Finished) -> Vec<&'static str> {
    finished.with_surroundings(|around| {
        around
            .tunnels
            .iter()
            .map(|tunnel| diagnose(tunnel, around))
            .chain([diagnose_capture(around)])
            .flatten()
            .filter(|found| found.severity == Severity::Failure)
            .map(|found| found.declaration.id)
            .collect()
    })
}

fn hold(what: &str, keep: impl Fn(u64, bool) -> bool) {
    for folder in healthy() {
        // Paths that lose packets themselves: with more lost, two checks in a row go unanswered.
        if folder.ends_with("path-ikev1-lossy") || folder.ends_with("path-ikev2-lossy") {
            continue;
        }
        let found = failures(&track(&folder.join("capture.pcapng"), &keep));
        assert!(found.is_empty(), "{what}: {}: {found:?}", folder.display());
    }
}

#[test]
fn a_capture_that_begins_in_the_middle_blames_nobody() {
    for skipped in [1, 2, 3, 4, 5, 6, 8, 10] {
        hold(&format!("without the first {skipped}"), |frame, _| {
            frame > skipped
        });
    }
}

#[test]
fn a_capture_that_ends_early_blames_nobody() {
    for kept in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16] {
        hold(&format!("the first {kept}"), |frame, _| frame <= kept);
    }
}

#[test]
fn a_missing_direction_is_blamed_on_nobody() {
    hold("without answers", |_, by_first| by_first);
    hold("without requests", |_, by_first| !by_first);
}

#[test]
fn frames_that_the_capture_lost_are_blamed_on_nobody() {
    for seed in [1_u64, 2, 3] {
        let kept = |frame: u64, _| {
            let mixed = (frame + seed * 1_000).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
            !mixed.is_multiple_of(5)
        };
        hold(&format!("a fifth lost, {seed}"), kept);
    }
}
