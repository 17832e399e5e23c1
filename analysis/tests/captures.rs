//! What is said of captured packets, against what the peers' logs and the lab's notes say (`testdata/plaintext/*/origin.md`).

use std::path::Path;

use ikescope_analysis::{Content, Inspector, InspectorOptions, NatDetection};
use ikescope_capture::{FileReader, Frame, Options, Stack};

/// What is compared of one frame.
#[derive(Clone, Debug, Default, PartialEq)]
struct Row {
    tunnel: Option<u32>,
    answers: Option<u64>,
    retransmission_of: Option<u64>,
    duplicate_of: Option<u64>,
    nat: Option<NatDetection>,
    /// Frames of the message that IKEv1 fragments gave.
    fragments: Vec<u64>,
}

/// Rows of the observations of a capture, `copies` of each frame after another.
fn rows(capture: &str, copies: usize) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata/plaintext")
        .join(capture);
    let mut reader = FileReader::open(&path, 0).unwrap();
    let mut stack = Stack::new(Options::default());
    let mut inspector = Inspector::new(InspectorOptions::default());
    let mut rows = Vec::new();
    let mut number = 0;
    while let Some(frame) = reader.next().unwrap() {
        for _ in 0..copies {
            number += 1;
            stack.decode(&Frame { number, ..frame }, &mut |datagram| {
                let seen = inspector.observe(&datagram);
                let number = |id: ikescope_analysis::FrameId| id.number;
                let mut row = Row {
                    tunnel: seen.tunnel,
                    retransmission_of: seen.retransmission_of.map(number),
                    duplicate_of: seen.duplicate_of.map(number),
                    ..Row::default()
                };
                if let Content::Ike(ike) = &seen.content {
                    row.answers = ike.answers.map(number);
                    row.nat = ike.nat;
                    let frames = ike.reassembled.iter().flat_map(|whole| &whole.frames);
                    row.fragments = frames.map(|frame| frame.number).collect();
                }
                rows.push(row);
            });
        }
    }
    rows
}

/// The rows by frame number, from 1.
fn of(rows: &[Row], frame: usize) -> &Row {
    &rows[frame - 1]
}

const NO_NAT: NatDetection = NatDetection {
    source_matches: Some(true),
    destination_matches: Some(true),
};

#[test]
fn a_cookie_retry_is_the_same_tunnel_and_no_retransmission() {
    let rows = rows("ikev2-cookie/capture.pcap", 1);
    assert_eq!(
        rows[..4].iter().map(|row| row.tunnel).collect::<Vec<_>>(),
        [Some(1), Some(1), Some(2), Some(2)]
    );
    assert!(rows[4..10].iter().all(|row| row.tunnel == Some(3)));
    assert_eq!(
        (
            of(&rows, 6).answers,
            of(&rows, 8).answers,
            of(&rows, 10).answers
        ),
        (Some(5), Some(7), Some(9))
    );
    assert!(
        rows.iter()
            .all(|row| row.retransmission_of.is_none() && row.duplicate_of.is_none())
    );
}

#[test]
fn what_was_sent_again_over_a_lossy_path_is_named() {
    let rows = rows("path-ikev2-lossy-negotiation/capture.pcap", 1);
    for frame in [12, 15, 16] {
        assert_eq!(of(&rows, frame).retransmission_of, Some(9), "frame {frame}");
    }
    let repeated = rows
        .iter()
        .filter(|row| row.retransmission_of.is_some())
        .count();
    assert_eq!(repeated, 3);
    assert_eq!(of(&rows, 11).answers, Some(10));
}

#[test]
fn a_capture_that_has_every_frame_twice_has_no_retransmissions() {
    for capture in [
        "ikev2-cookie/capture.pcap",
        "ikev1-main-psk-aes128-sha1-modp1536/capture.pcap",
    ] {
        for (index, row) in rows(capture, 2).iter().enumerate() {
            assert_eq!(row.retransmission_of, None, "{capture}: {}", index + 1);
            let first = index % 2 == 0;
            let expected = (!first).then_some(index as u64);
            assert_eq!(row.duplicate_of, expected, "{capture}: {}", index + 1);
        }
    }
}

#[test]
fn hashes_match_where_nothing_translates() {
    let rows = rows("ss6-ikev2-rawesp-aes128-sha256/capture.pcap", 1);
    assert_eq!(
        (of(&rows, 1).nat, of(&rows, 2).nat),
        (Some(NO_NAT), Some(NO_NAT))
    );
    assert_eq!(of(&rows, 3).nat, None);
    let ikev1 = self::rows("ss6-ikev1-main-psk-rawesp/capture.pcap", 1);
    assert_eq!(
        (of(&ikev1, 3).nat, of(&ikev1, 4).nat),
        (Some(NO_NAT), Some(NO_NAT))
    );
}

#[test]
fn the_side_that_a_nat_hides_does_not_match() {
    // Seen at the responder: the initiator's address was translated, and what it took for the responder's is true.
    let translated_source = Some(NatDetection {
        source_matches: Some(false),
        destination_matches: Some(true),
    });
    let outside = rows("ss6-ikev2-natt-real/capture.pcap", 1);
    assert_eq!(of(&outside, 1).nat, translated_source);
    // Behind the NAT the initiator's own hash is true.
    let inside = rows("ss6-ikev2-natt-real/capture-inside.pcap", 1);
    assert_eq!(of(&inside, 1).nat, Some(NO_NAT));
}

#[test]
fn the_fragment_that_completes_a_message_carries_it() {
    let rows = rows("ikev1-main-rsasig-4096-fragments/capture.pcap", 1);
    assert_eq!(
        (
            of(&rows, 6).fragments.as_slice(),
            of(&rows, 8).fragments.as_slice()
        ),
        (&[5, 6][..], &[7, 8][..])
    );
    let others = rows
        .iter()
        .enumerate()
        .filter(|(index, _)| ![5, 7].contains(index));
    assert!(others.into_iter().all(|(_, row)| row.fragments.is_empty()));
}

#[test]
fn main_mode_answers_alternate() {
    let rows = rows("ikev1-main-psk-aes128-sha1-modp1536/capture.pcap", 1);
    let answers: Vec<_> = rows[..6].iter().map(|row| row.answers).collect();
    assert_eq!(answers, [None, Some(1), None, Some(3), None, Some(5)]);
}

#[test]
fn packets_that_a_path_duplicates_are_found() {
    let rows = rows("path-ikev2-esp-reorder-dup/capture.pcap", 1);
    assert!(rows.iter().any(|row| row.duplicate_of.is_some()));
}
