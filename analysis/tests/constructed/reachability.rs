//! Whether the peers reach each other.

use ikescope_analysis::diagnosis::Severity;

use super::wire::*;

#[test]
fn one_copy_is_not_yet_silence_and_two_are() {
    let request = request(&[CBC], &[]);
    let mut wire = Wire::default();
    wire.ask(0.0, &request);
    assert_eq!(wire.first(), "-");
    wire.ask(4.0, &request).ask(11.2, &request);
    assert_eq!(wire.first(), "no-response-to-first-message");
}

#[test]
fn a_refusal_is_no_silence() {
    let request = request(&[CBC], &[]);
    let mut wire = Wire::default();
    wire.ask(0.0, &request)
        .answer(0.01, &refusal(14, &[], 0))
        .ask(4.0, &request)
        .answer(4.01, &refusal(14, &[], 0));
    assert_eq!(wire.first(), "no-proposal-chosen-init");
    assert!(wire.all().contains(&"unauthenticated-error-ignored"));
}

#[test]
fn an_answer_that_is_asked_for_again_is_lost() {
    let (request, response) = (request(&[CBC], &[]), response(CBC, &[]));
    let mut wire = Wire::default();
    wire.ask(0.0, &request).answer(0.01, &response);
    for copy in 1..4 {
        let time = f64::from(copy) * 2.0;
        wire.ask(time, &request).answer(time + 0.01, &response);
    }
    assert_eq!(wire.first(), "reply-lost-on-return");
}

#[test]
fn an_answer_that_came_in_the_end_is_not_lost() {
    let (request, response) = (request(&[CBC], &[]), response(CBC, &[]));
    let mut wire = Wire::default();
    wire.ask(0.0, &request)
        .answer(0.01, &response)
        .ask(2.0, &request)
        .answer(2.01, &response)
        .ask(4.0, &request)
        .answer(4.01, &response)
        .ask(4.1, &encrypted(AUTH, false, 1).closed(288, 1))
        .answer(4.2, &encrypted(AUTH, true, 1).closed(240, 2));
    assert_ne!(wire.first(), "reply-lost-on-return");
}

#[test]
fn an_answer_from_elsewhere_is_told() {
    let other = end("198.51.100.8", 500);
    let mut wire = Wire::default();
    wire.ask(0.0, &request(&[CBC], &[]))
        .send(0.01, other, initiator(), &response(CBC, &[]))
        .ask(4.0, &request(&[CBC], &[]))
        .send(4.01, other, initiator(), &response(CBC, &[]));
    assert_eq!(wire.first(), "asymmetric-source-address");
    let port = end("198.51.100.7", 1024);
    let mut wire = Wire::default();
    wire.ask(0.0, &request(&[CBC], &[]))
        .send(0.01, port, initiator(), &response(CBC, &[]))
        .ask(4.0, &request(&[CBC], &[]));
    assert_eq!(wire.first(), "asymmetric-source-address");
    // Who does not ask again has got the answer.
    let mut wire = Wire::default();
    wire.ask(0.0, &request(&[CBC], &[]))
        .answer(0.01, &response(CBC, &[]))
        .ask(0.1, &encrypted(AUTH, false, 1).closed(240, 1))
        .send(
            0.11,
            port,
            initiator(),
            &encrypted(AUTH, true, 1).closed(80, 2),
        );
    assert_ne!(wire.first(), "asymmetric-source-address");
}

#[test]
fn a_version_that_is_named_is_certain() {
    let mut wire = Wire::default();
    wire.ask(0.0, &request(&[CBC], &[]))
        .answer(0.01, &refusal(5, &[], 0));
    assert_eq!(wire.first(), "ike-version-mismatch");
}

#[test]
fn two_versions_from_two_sides_are_told() {
    let v1 = Message {
        spis: (0x4242_4242, 0),
        ..phase_one(MAIN, 0, false)
    };
    let v1 = v1.with(&[sa_v1(&[PSK])]);
    let request = request(&[CBC], &[]);
    let mut wire = Wire::default();
    wire.ask(0.0, &request)
        .ask(4.0, &request)
        .answer(5.0, &v1)
        .answer(9.0, &v1);
    assert_eq!(wire.first(), "ike-version-mismatch");
    assert_eq!(wire.last(), "ike-version-mismatch");
}

#[test]
fn the_same_offer_from_elsewhere_succeeds() {
    let mut wire = Wire::default();
    let other = end("192.0.2.99", 500);
    let theirs = Message {
        spis: (0x99, 0),
        ..init(false, 0)
    };
    let accepted = Message {
        spis: (0x99, 0x98),
        ..init(true, SPI_R)
    };
    let payloads = [sa(&[CBC]), ke(14, 256), nonce()];
    wire.ask(0.0, &request(&[CBC], &[]))
        .answer(0.01, &refusal(14, &[], 0))
        .send(1.0, other, responder(), &theirs.with(&payloads))
        .send(1.01, responder(), other, &accepted.with(&payloads));
    assert_eq!(wire.first(), "wrong-peer-no-config");
}

#[test]
fn the_marker_stands_where_it_must_not() {
    let mut framed = vec![0; 4];
    framed.extend(request(&[CBC], &[]));
    let mut wire = Wire::default();
    wire.send_raw(0.0, initiator(), responder(), framed.clone())
        .send_raw(4.0, initiator(), responder(), framed);
    assert_eq!(wire.first(), "ike-in-wrong-framing");
    // Nor may it be missing on UDP 4500.
    let (inside, outside) = (end("192.0.2.10", 4500), end("198.51.100.7", 4500));
    let mut wire = main_mode(PSK);
    wire.send_raw(0.04, inside, outside, fifth())
        .send_raw(4.04, inside, outside, fifth());
    assert_eq!(wire.first(), "ike-in-wrong-framing");
}

/// What a router shows on both of its sides was sent once, also where it changes an address.
#[test]
fn one_message_on_both_sides_of_a_nat_is_one_message() {
    let first = phase_one(MAIN, 0, false).with(&[sa_v1(&[PSK])]);
    let inside = end("10.0.0.5", 500);
    let mut wire = Wire::default();
    wire.send(0.0, inside, responder(), &first)
        .send(0.001, initiator(), responder(), &first);
    assert_eq!(wire.first(), "-");
    wire.send(4.0, inside, responder(), &first)
        .send(4.001, initiator(), responder(), &first);
    assert_eq!(wire.first(), "no-response-to-first-message");
}

#[test]
fn parallel_attempts_run_into_a_limit() {
    let attempt = |spi: u64, spi_r: u64, response: bool| Message {
        spis: (spi, spi_r),
        ..init(response, 0)
    };
    let payloads = [sa(&[CBC]), ke(14, 256), nonce()];
    let mut wire = Wire::default();
    for spi in 1..=3_u64 {
        let time = spi as f64;
        wire.ask(time, &attempt(spi, 0, false).with(&payloads))
            .answer(time + 0.01, &attempt(spi, 100 + spi, true).with(&payloads))
            .ask(
                time + 10.0,
                &Message {
                    spis: (spi, 100 + spi),
                    ..encrypted(AUTH, false, 1)
                }
                .closed(288, spi as u8),
            );
    }
    let silent = attempt(9, 0, false).with(&payloads);
    wire.ask(5.0, &silent).ask(9.0, &silent);
    assert_eq!(wire.last(), "half-open-limit-drop");
}

#[test]
fn one_direction_is_a_fault_of_the_file() {
    let mut wire = Wire::default();
    wire.ask(0.0, &request(&[CBC], &[]));
    let mut ask = |time: f64, message: Message, length: usize| {
        wire.ask(time, &message.closed(length, time as u8));
    };
    ask(0.1, encrypted(AUTH, false, 1), 288);
    ask(10.0, encrypted(INFORMATIONAL, false, 2), 80);
    ask(20.0, encrypted(INFORMATIONAL, false, 3), 80);
    assert!(wire.all().contains(&"capture-artifact"));
    let failures = wire
        .diagnose()
        .concat()
        .iter()
        .filter(|found| found.severity == Severity::Failure)
        .count();
    assert_eq!(failures, 0, "{:?}", wire.all());
}

#[test]
fn a_message_that_the_capture_misses_is_no_other_source() {
    let mut wire = main_mode(PSK);
    let (from, to) = (end("198.51.100.7", 4500), end("192.0.2.10", 4500));
    wire.send(0.12, from, to, &phase_one(MAIN, SPI_R, true).closed(92, 6));
    assert!(!wire.all().contains(&"asymmetric-source-address"));
}

/// A tunnel whose data is sent to UDP 500 with these SPIs and sequence numbers.
fn data_on_500(packets: &[(u32, u32)]) -> Wire {
    let mut wire = Wire::default();
    wire.ask(0.0, &request(&[CBC], &[]))
        .answer(0.01, &response(CBC, &[]))
        .ask(0.02, &encrypted(AUTH, false, 1).closed(288, 1))
        .answer(0.03, &encrypted(AUTH, true, 1).closed(240, 2));
    for (index, (spi, sequence)) in packets.iter().enumerate() {
        let mut octets = spi.to_be_bytes().to_vec();
        octets.extend(sequence.to_be_bytes());
        octets.extend(noise(128, index as u8));
        wire.ask(1.0 + index as f64, &octets);
    }
    wire
}

#[test]
fn esp_on_the_port_of_ike_is_told_by_its_counter() {
    let counts = [(0xc8f0_1b3a, 1), (0xc8f0_1b3a, 2), (0xc8f0_1b3a, 3)];
    assert_eq!(data_on_500(&counts).first(), "natt-udp-encap-on-500");
    let noise = [(0xc8f0_1b3a, 1), (0x1b3a_c8f0, 2), (0x3ac8_f01b, 3)];
    assert!(!data_on_500(&noise).all().contains(&"natt-udp-encap-on-500"));
}
