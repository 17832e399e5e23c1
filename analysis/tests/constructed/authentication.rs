//! Whether the peers accept each other.

use super::wire::*;

const PAYLOAD_MALFORMED: u16 = 16;

#[test]
fn a_clear_payload_malformed_means_another_key() {
    let mut wire = main_mode(PSK);
    for copy in 0..3_u32 {
        let time = 0.1 + f64::from(copy) * 8.0;
        wire.ask(time, &fifth()).answer(
            time + 0.01,
            &informational_v1(0, false).with(&[notify_v1(PAYLOAD_MALFORMED)]),
        );
    }
    assert_eq!(wire.first(), "psk-mismatch-ikev1-main");
    assert_eq!(wire.diagnose()[0][0].confidence.name(), "likely");
}

#[test]
fn signatures_are_never_a_pre_shared_key() {
    let mut wire = main_mode(RSA);
    wire.ask(0.1, &fifth())
        .answer(0.11, &informational_v1(3, true).closed(92, 9))
        .ask(4.1, &fifth())
        .answer(4.11, &informational_v1(4, true).closed(92, 8));
    assert!(
        !wire.all().contains(&"psk-mismatch-ikev1-main"),
        "{:?}",
        wire.all()
    );
}

#[test]
fn an_initiator_that_goes_on_could_not_read_the_refusal() {
    let mut unread = main_mode(PSK);
    unread
        .ask(0.1, &fifth())
        .answer(0.11, &informational_v1(3, true).closed(92, 9))
        .ask(4.1, &fifth());
    assert_eq!(unread.first(), "psk-mismatch-ikev1-main");
    let mut read = main_mode(PSK);
    read.ask(0.1, &fifth())
        .answer(0.11, &informational_v1(3, true).closed(108, 9));
    assert_eq!(read.first(), "id-mismatch-main");
}

#[test]
fn message_4_again_is_a_reaction_on_the_same_port_or_behind_the_nat() {
    let mut same = main_mode(PSK);
    same.ask(0.1, &fifth());
    for copy in 1..4_u32 {
        let time = f64::from(copy) * 10.0;
        same.answer(time, &fourth()).ask(time + 0.5, &fifth());
    }
    assert_eq!(same.first(), "psk-mismatch-ikev1-main");
    // A port that is none of IKE's is what a NAT gave: the message has passed it.
    for (port, told) in [
        (4500, "natt-4500-blocked"),
        (27_722, "psk-mismatch-ikev1-main"),
    ] {
        let mut moved = main_mode(PSK);
        let (from, to) = (end("192.0.2.10", port), end("198.51.100.7", 4500));
        moved.send(0.1, from, to, &fifth());
        for copy in 1..4_u32 {
            let time = f64::from(copy) * 10.0;
            moved
                .answer(time, &fourth())
                .send(time + 0.5, from, to, &fifth());
        }
        assert_eq!(moved.first(), told);
    }
}

#[test]
fn message_6_ends_the_suspicion() {
    let mut wire = main_mode(PSK);
    wire.ask(0.1, &fifth())
        .answer(0.12, &phase_one(MAIN, SPI_R, true).closed(92, 6));
    assert!(!wire.all().contains(&"psk-mismatch-ikev1-main"));
}

#[test]
fn no_reaction_at_all_is_silence() {
    let mut wire = main_mode(PSK);
    wire.ask(0.1, &fifth())
        .ask(4.1, &fifth())
        .ask(11.0, &fifth());
    assert_eq!(wire.first(), "auth-silent-drop");
}

/// IKE_SA_INIT, then IKE_AUTH with a request and a response of these lengths.
fn authentication(
    suite: &[Transform],
    extra: (&[Payload], &[Payload]),
    (request_octets, response_octets): (usize, usize),
) -> Wire {
    let mut wire = Wire::default();
    wire.ask(0.0, &request(&[suite], extra.0))
        .answer(0.01, &response(suite, extra.1))
        .ask(0.02, &encrypted(AUTH, false, 1).closed(request_octets, 1))
        .answer(0.03, &encrypted(AUTH, true, 1).closed(response_octets, 2));
    wire
}

/// Lengths of one notification in the common suites (RFC 7296, section 3.14): 80 with SHA2-256, 65 with AES-GCM.
#[test]
fn one_notification_refuses_in_every_suite() {
    for (suite, length) in [(CBC, 80), (GCM, 65)] {
        let wire = authentication(suite, (&[], &[]), (288, length));
        assert_eq!(wire.first(), "psk-mismatch-ikev2-at-responder");
    }
}

#[test]
fn an_answer_with_identity_and_proof_is_no_refusal_of_the_identity() {
    for (suite, length) in [(CBC, 144), (GCM, 125)] {
        let wire = authentication(suite, (&[], &[]), (288, length));
        assert_ne!(wire.first(), "psk-mismatch-ikev2-at-responder");
    }
}

/// A CERTREQ for one authority.
fn certificate_request() -> Payload {
    (38, [&[4][..], &noise(20, 1)].concat())
}

#[test]
fn the_size_of_the_request_tells_what_was_refused() {
    let asks: &[Payload] = &[certificate_request()];
    for (request, extra, id) in [
        (1500, asks, "cert-untrusted-or-invalid"),
        (560, asks, "cert-not-sent"),
        (288, asks, "auth-method-mismatch-v2"),
        (288, &[], "psk-mismatch-ikev2-at-responder"),
    ] {
        let wire = authentication(CBC, (&[], extra), (request, 80));
        assert_eq!(wire.first(), id, "{request}");
    }
}

#[test]
fn hashes_that_have_nothing_in_common() {
    let hashes = |numbers: &[u8]| {
        let data: Vec<u8> = numbers.iter().flat_map(|number| [0, *number]).collect();
        [notify(16_431, &data)]
    };
    let wire = authentication(CBC, (&hashes(&[2]), &hashes(&[4])), (1500, 80));
    assert_eq!(wire.first(), "signature-hash-mismatch");
    let [answer] = hashes(&[4]);
    let answer = [answer, certificate_request()];
    let wire = authentication(CBC, (&hashes(&[2, 4]), &answer), (1500, 80));
    assert_eq!(wire.first(), "cert-untrusted-or-invalid");
}

#[test]
fn use_ppk_of_one_side_and_of_both() {
    let ppk = [notify(16_435, &[])];
    let wire = authentication(CBC, (&ppk, &[]), (288, 80));
    assert_eq!(wire.first(), "ppk-required-missing");
    let wire = authentication(CBC, (&ppk, &ppk), (304, 80));
    assert_eq!(wire.first(), "ppk-mismatch");
}

#[test]
fn an_initiator_that_leaves_at_once_refuses() {
    let ends = |wire: &mut Wire, after: f64| {
        wire.ask(after, &encrypted(INFORMATIONAL, false, 2).closed(80, 3))
            .answer(
                after + 0.01,
                &encrypted(INFORMATIONAL, true, 2).closed(80, 4),
            );
    };
    let mut refused = authentication(CBC, (&[], &[]), (288, 240));
    ends(&mut refused, 0.04);
    assert_eq!(refused.first(), "psk-mismatch-ikev2-at-initiator");
    let mut certificate = authentication(CBC, (&[], &[]), (1500, 1500));
    ends(&mut certificate, 0.04);
    assert_eq!(certificate.first(), "cert-untrusted-or-invalid");
    let mut later = authentication(CBC, (&[], &[]), (288, 240));
    ends(&mut later, 60.0);
    assert_ne!(later.first(), "psk-mismatch-ikev2-at-initiator");
}

#[test]
fn an_unanswered_request_on_the_same_port_is_silence() {
    let asked = encrypted(AUTH, false, 1).closed(288, 1);
    let mut wire = Wire::default();
    wire.ask(0.0, &request(&[CBC], &[]))
        .answer(0.01, &response(CBC, &[]))
        .ask(0.02, &asked)
        .ask(4.02, &asked)
        .ask(11.02, &asked);
    assert_eq!(wire.first(), "auth-silent-drop");
}

/// EAP: three rounds and more; the last answer is short.
fn eap(last_request: usize, last_response: usize, wait: f64) -> Wire {
    let mut wire = authentication(CBC, (&[], &[]), (288, 1216));
    wire.ask(0.1, &encrypted(AUTH, false, 2).closed(96, 5))
        .answer(0.11, &encrypted(AUTH, true, 2).closed(112, 6))
        .ask(0.2, &encrypted(AUTH, false, 3).closed(last_request, 7))
        .answer(
            0.21 + wait,
            &encrypted(AUTH, true, 3).closed(last_response, 8),
        );
    wire.ask(
        0.22 + wait,
        &encrypted(INFORMATIONAL, false, 4).closed(80, 9),
    );
    wire
}

#[test]
fn how_eap_ends_tells_why() {
    assert_eq!(eap(80, 80, 0.0).first(), "eap-method-rejected");
    assert_eq!(eap(144, 80, 0.0).first(), "eap-bad-credentials");
    assert_eq!(eap(144, 80, 5.0).first(), "eap-radius-timeout");
}

#[test]
fn an_end_of_the_capture_is_no_end_of_eap() {
    let mut wire = authentication(CBC, (&[], &[]), (288, 1216));
    wire.ask(0.1, &encrypted(AUTH, false, 2).closed(96, 5))
        .answer(0.11, &encrypted(AUTH, true, 2).closed(80, 6));
    assert!(!wire.all().contains(&"eap-bad-credentials"));
    wire.ask(0.2, &encrypted(INFORMATIONAL, false, 3).closed(80, 7));
    assert_eq!(wire.first(), "eap-bad-credentials");
}

#[test]
fn a_client_that_leaves_before_eap_refuses_the_gateway() {
    let mut wire = authentication(CBC, (&[], &[]), (288, 1216));
    wire.ask(0.1, &encrypted(INFORMATIONAL, false, 2).closed(80, 5))
        .answer(0.11, &encrypted(INFORMATIONAL, true, 2).closed(80, 6));
    assert_eq!(wire.first(), "eap-cert-of-server-refused");
}

/// Phase 1 of main mode with XAUTH, complete.
fn xauth(vendor: bool) -> Wire {
    const XAUTH_PSK: Suite = (7, Some(256), 4, 65_001, 14, 28_800);
    let vendor_id = (13, vec![0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12]);
    let mut wire = Wire::default();
    let mut offer = vec![sa_v1(&[XAUTH_PSK])];
    if vendor {
        offer.push(vendor_id.clone());
    }
    wire.ask(0.0, &phase_one(MAIN, 0, false).with(&offer))
        .answer(
            0.01,
            &phase_one(MAIN, SPI_R, false).with(&[sa_v1(&[XAUTH_PSK]), vendor_id]),
        )
        .ask(
            0.02,
            &phase_one(MAIN, SPI_R, false).with(&[(4, noise(256, 1)), (10, noise(32, 2))]),
        )
        .answer(0.03, &fourth())
        .ask(0.04, &fifth())
        .answer(0.05, &phase_one(MAIN, SPI_R, true).closed(92, 6));
    wire
}

fn transaction(id: u32) -> Message {
    Message {
        exchange: 6,
        id,
        ..phase_one(6, SPI_R, true)
    }
}

#[test]
fn a_user_who_types_slowly_and_a_client_without_xauth() {
    let question = transaction(9).closed(92, 1);
    for (vendor, id) in [
        (true, "xauth-user-prompt-timeout"),
        (false, "xauth-not-offered-or-unsupported"),
    ] {
        let mut wire = xauth(vendor);
        for time in [0.1, 0.6, 1.6, 3.6, 7.6] {
            wire.answer(time, &question);
        }
        assert_eq!(wire.first(), id);
    }
    // Some ask in a new exchange each time.
    let mut wire = xauth(true);
    for (id, time) in (9_u8..).zip([0.1, 0.6, 1.6]) {
        wire.answer(time, &transaction(id.into()).closed(92, id));
    }
    assert_eq!(wire.first(), "xauth-user-prompt-timeout");
}

/// RFC 2408, section 3.14.1: NO-PROPOSAL-CHOSEN. Before message 3 it can be about message 1 only, which has an answer.
#[test]
fn a_refusal_beside_the_answer_may_be_forged() {
    let told = |time: f64| {
        let first = phase_one(MAIN, 0, false).with(&[sa_v1(&[PSK])]);
        let second = phase_one(MAIN, SPI_R, false).with(&[sa_v1(&[PSK])]);
        let refusal = informational_v1(7, false).with(&[notify_v1(14)]);
        let mut wire = Wire::default();
        wire.ask(0.0, &first)
            .answer(0.01, &second)
            .answer(time, &refusal);
        wire.first()
    };
    assert_eq!(told(0.02), "spoofed-error-suspect");
    assert_ne!(told(20.0), "spoofed-error-suspect");
}

/// Who answers a liveness check has accepted what was before it (RFC 3706, section 5).
#[test]
fn an_answered_check_behind_the_last_proof_is_no_refusal() {
    let told = |checked: bool| {
        let body = |seed| vec![(4, noise(256, seed)), (10, noise(32, seed + 1))];
        let message = |spi, more: &[Payload], seed| {
            phase_one(AGGRESSIVE, spi, false)
                .with(&[&[sa_v1(&[PSK])], &body(seed)[..], more].concat())
        };
        let mut wire = Wire::default();
        wire.ask(0.0, &message(0, &[], 1))
            .answer(0.01, &message(SPI_R, &[(8, noise(32, 5))], 3))
            .ask(0.02, &phase_one(AGGRESSIVE, SPI_R, true).closed(92, 7));
        if checked {
            wire.ask(1.02, &informational_v1(3, true).closed(92, 8));
        }
        wire.answer(1.03, &informational_v1(4, true).closed(92, 9));
        wire.all().contains(&"psk-mismatch-ikev1-aggressive")
    };
    assert!(told(false));
    assert!(!told(true));
}

/// A refusal of message 2 of aggressive mode comes with it; what comes later, closed, is a Delete of a tunnel whose message 3
/// is missing in the capture.
#[test]
fn a_refusal_of_message_2_comes_in_time() {
    let told = |refused: f64| {
        let hash = (8, noise(32, 5));
        let ke_v1 = (4, noise(256, 3));
        let second = [sa_v1(&[PSK]), ke_v1, (10, noise(32, 4)), hash];
        let second = phase_one(AGGRESSIVE, SPI_R, false).with(&second);
        let first = [sa_v1(&[PSK]), (4, noise(256, 1)), (10, noise(32, 2))];
        let mut wire = Wire::default();
        wire.ask(0.0, &phase_one(AGGRESSIVE, 0, false).with(&first))
            .answer(0.01, &second)
            .ask(refused, &informational_v1(3, true).closed(92, 9))
            .answer(1.0, &second);
        wire.all().contains(&"psk-mismatch-ikev1-aggressive")
    };
    assert!(told(0.02));
    assert!(told(1.02));
    assert!(!told(9.0));
}

/// What the first tries of an initiator show that goes on after message 6: it does not have it.
#[test]
fn message_6_of_main_mode_that_is_asked_for_again_is_lost() {
    let (inside, outside) = (end("192.0.2.10", 4500), end("198.51.100.7", 4500));
    let sixth = phase_one(MAIN, SPI_R, true).closed(92, 6);
    let mut wire = main_mode(PSK);
    for time in [0.04, 2.04, 5.04] {
        wire.send(time, inside, outside, &fifth())
            .send(time + 0.01, outside, inside, &sixth);
    }
    assert_eq!(wire.first(), "reply-lost-on-return");
}

#[test]
fn a_login_that_ends_after_the_result_failed() {
    let mut wire = xauth(true);
    wire.answer(0.1, &transaction(9).closed(92, 1))
        .ask(0.2, &transaction(9).closed(108, 2))
        .answer(0.3, &transaction(10).closed(92, 3))
        .ask(0.4, &transaction(10).closed(92, 4))
        .answer(0.5, &informational_v1(11, true).closed(108, 5));
    assert_eq!(wire.first(), "xauth-bad-credentials");
}

#[test]
fn a_question_that_comes_again_after_the_result_tells_of_a_failed_login() {
    // A server that accepts sends an address next, or waits.
    for (length, told) in [(92, true), (108, false)] {
        let mut wire = xauth(true);
        wire.answer(0.1, &transaction(9).closed(92, 1))
            .ask(0.2, &transaction(9).closed(108, 2))
            .answer(0.3, &transaction(10).closed(76, 3))
            .ask(0.4, &transaction(10).closed(92, 4))
            .answer(0.5, &transaction(11).closed(length, 5));
        assert_eq!(wire.first() == "xauth-bad-credentials", told, "{length}");
    }
}

#[test]
fn what_the_initiator_says_to_message_2_of_aggressive_mode_tells_key_and_identity_apart() {
    const AGGRESSIVE: u8 = 4;
    let body = || vec![(4, noise(256, 1)), (10, noise(32, 2)), (5, noise(16, 3))];
    let message = |spi, more: &[Payload]| {
        let payloads = [&[sa_v1(&[PSK])], &body()[..], more].concat();
        phase_one(AGGRESSIVE, spi, false).with(&payloads)
    };
    // AUTHENTICATION-FAILED and INVALID-ID-INFORMATION (RFC 2408, section 3.14.1).
    for (number, id) in [
        (24_u16, "psk-mismatch-ikev1-aggressive"),
        (18, "id-mismatch-main"),
    ] {
        let notify = [&[0, 0, 0, 1, 1, 0][..], &number.to_be_bytes()].concat();
        let mut wire = Wire::default();
        wire.ask(0.0, &message(0, &[]))
            .answer(0.01, &message(SPI_R, &[(8, noise(32, 4))]))
            .ask(0.02, &informational_v1(7, false).with(&[(11, notify)]));
        assert_eq!(wire.first(), id);
    }
}
