//! Whether the peers agree on how to speak.

use super::wire::*;

const NO_PROPOSAL_CHOSEN: u16 = 14;

fn refused(proposals: &[&[Transform]]) -> Wire {
    let mut wire = Wire::default();
    wire.ask(0.0, &request(proposals, &[]))
        .answer(0.01, &refusal(NO_PROPOSAL_CHOSEN, &[], 0));
    wire
}

#[test]
fn the_notification_names_the_failure() {
    for (number, data, id) in [
        (7, vec![], "invalid-syntax-init"),
        (1, vec![200], "unsupported-critical-payload"),
        (14, vec![], "no-proposal-chosen-init"),
        (5, vec![], "ike-version-mismatch"),
    ] {
        let mut wire = Wire::default();
        wire.ask(0.0, &request(&[CBC], &[]))
            .answer(0.01, &refusal(number, &data, 0));
        assert_eq!(wire.first(), id);
    }
}

#[test]
fn another_group_once_is_no_failure_and_twice_is() {
    let other = [AES_128, PRF_SHA256, SHA256_128, MODP_2048, (4, 19, None)];
    let first = request(&[&other], &[]);
    let again = init(false, 0).with(&[sa(&[&other]), ke(19, 64), nonce()]);
    let invalid = refusal(17, &[0, 19], 0);
    let mut wire = Wire::default();
    wire.ask(0.0, &first)
        .answer(0.01, &invalid)
        .ask(0.02, &again)
        .answer(0.03, &response(CBC, &[]));
    assert_eq!(wire.all(), ["invalid-ke-retry"]);
    let mut wire = Wire::default();
    wire.ask(0.0, &first)
        .answer(0.01, &invalid)
        .ask(0.02, &again)
        .answer(0.03, &refusal(17, &[0, 14], 0))
        .ask(0.04, &first)
        .answer(0.05, &invalid);
    assert_eq!(wire.first(), "invalid-ke-loop");
}

#[test]
fn a_group_that_was_not_offered_cannot_be_taken() {
    let mut wire = Wire::default();
    wire.ask(0.0, &request(&[CBC], &[]))
        .answer(0.01, &refusal(17, &[0, 20], 0));
    assert_eq!(wire.first(), "invalid-ke-loop");
}

#[test]
fn malformed_offers_are_told_from_ordinary_ones() {
    let without_length: &[Transform] = &[(1, 12, None), PRF_SHA256, SHA256_128, MODP_2048];
    let fixed_with_length: &[Transform] = &[(1, 3, Some(192)), PRF_SHA256, SHA256_128, MODP_2048];
    let aead_with_integrity: &[Transform] = &[GCM_256, PRF_SHA256, SHA256_128, MODP_2048];
    let aead_with_none: &[Transform] = &[GCM_256, PRF_SHA256, (3, 0, None), MODP_2048];
    let aead_without_prf: &[Transform] = &[GCM_256, MODP_2048];
    assert_eq!(refused(&[without_length]).first(), "key-length-attribute");
    assert_eq!(
        refused(&[fixed_with_length]).first(),
        "key-length-attribute"
    );
    assert_eq!(refused(&[aead_with_integrity]).first(), "aead-integ-mix");
    assert_eq!(refused(&[aead_without_prf]).first(), "aead-integ-mix");
    assert_eq!(
        refused(&[aead_with_none]).first(),
        "no-proposal-chosen-init"
    );
    assert_eq!(refused(&[CBC, GCM]).first(), "no-proposal-chosen-init");
    assert_eq!(
        refused(&[CBC, without_length]).first(),
        "no-proposal-chosen-init"
    );
}

#[test]
fn an_offer_is_outdated_when_nothing_in_it_is_modern() {
    let old: &[Transform] = &[(1, 3, None), (2, 1, None), (3, 1, None), (4, 2, None)];
    assert_eq!(refused(&[old]).first(), "legacy-only-offer");
    assert_eq!(refused(&[old, CBC]).first(), "no-proposal-chosen-init");
}

#[test]
fn additional_key_exchanges_that_all_proposals_need() {
    let additional: &[Transform] = &[GCM_256, PRF_SHA256, MODP_2048, (6, 36, None)];
    assert_eq!(refused(&[additional]).first(), "pq-multi-ke-unsupported");
    assert_eq!(
        refused(&[additional, CBC]).first(),
        "no-proposal-chosen-init"
    );
}

#[test]
fn a_key_exchange_of_the_wrong_length_is_told() {
    let mut wire = Wire::default();
    let short = init(false, 0).with(&[sa(&[CBC]), ke(14, 128), nonce()]);
    wire.ask(0.0, &short)
        .answer(0.01, &refusal(NO_PROPOSAL_CHOSEN, &[], 0));
    assert_eq!(wire.first(), "dh-group-unacceptable");
}

/// The responder offers, in a negotiation of its own.
fn own_offer(wire: &mut Wire, time: f64, proposals: &[&[Transform]]) {
    let own = Message {
        spis: (0x7777, 0),
        ..init(false, 0)
    };
    let own = own.with(&[sa(proposals), ke(14, 256), nonce()]);
    wire.answer(time, &own).answer(time + 4.0, &own);
}

#[test]
fn the_difference_to_the_other_offer_is_named() {
    let mut wire = refused(&[CBC]);
    own_offer(
        &mut wire,
        1.0,
        &[&[AES_128, PRF_SHA256, SHA256_128, (4, 19, None)]],
    );
    let found = wire.diagnose();
    let first = found.first().and_then(|found| found.first()).unwrap();
    assert_eq!(first.declaration.id, "no-proposal-chosen-init");
    assert!(
        first
            .summary
            .contains("KE (MODP-2048 offered, ECP-256 wanted)"),
        "{}",
        first.summary
    );
    assert!(!first.summary.contains("ENCR"), "{}", first.summary);
}

#[test]
fn an_offer_that_fits_points_to_the_connection() {
    let mut wire = refused(&[CBC]);
    own_offer(&mut wire, 1.0, &[CBC]);
    assert_eq!(wire.first(), "no-proposal-chosen-init");
    assert!(wire.diagnose()[0][0].summary.contains("no connection"));
}

#[test]
fn silence_against_an_offer_that_cannot_fit() {
    let request = request(&[CBC], &[]);
    let mut wire = Wire::default();
    wire.ask(0.0, &request).ask(4.0, &request);
    own_offer(&mut wire, 6.0, &[GCM]);
    assert_eq!(wire.first(), "proposal-mismatch-silent");
}

fn refused_v1(exchange: u8, suites: &[Suite], number: u16) -> Wire {
    let mut wire = Wire::default();
    wire.ask(0.0, &phase_one(exchange, 0, false).with(&[sa_v1(suites)]))
        .answer(0.01, &informational_v1(1, false).with(&[notify_v1(number)]));
    wire
}

fn own_offer_v1(wire: &mut Wire, exchange: u8, suites: &[Suite]) {
    let own = Message {
        spis: (0x7777, 0),
        ..phase_one(exchange, 0, false)
    };
    wire.answer(1.0, &own.with(&[sa_v1(suites)]))
        .answer(5.0, &own.with(&[sa_v1(suites)]));
}

#[test]
fn what_differs_in_version_1_is_named() {
    let longer: Suite = (7, Some(256), 4, 1, 14, 86_400);
    for (other, id) in [
        (RSA, "auth-method-mismatch-v1"),
        (longer, "lifetime-mismatch-v1"),
        ((7, Some(128), 4, 1, 14, 28_800), "no-proposal-chosen-main"),
    ] {
        let mut wire = refused_v1(MAIN, &[PSK], NO_PROPOSAL_CHOSEN);
        own_offer_v1(&mut wire, MAIN, &[other]);
        assert_eq!(wire.first(), id);
    }
}

#[test]
fn main_mode_against_aggressive_mode() {
    let mut wire = refused_v1(MAIN, &[PSK], NO_PROPOSAL_CHOSEN);
    own_offer_v1(&mut wire, AGGRESSIVE, &[PSK]);
    assert_eq!(wire.first(), "main-vs-aggressive");
    assert_eq!(
        refused_v1(AGGRESSIVE, &[PSK], 7).first(),
        "main-vs-aggressive"
    );
    assert_eq!(
        refused_v1(AGGRESSIVE, &[PSK], 18).first(),
        "id-mismatch-main"
    );
}

#[test]
fn a_refused_key_exchange_of_version_1() {
    let mut wire = main_mode(PSK);
    wire.answer(0.05, &informational_v1(1, false).with(&[notify_v1(17)]));
    assert_eq!(wire.first(), "dh-group-unacceptable");
}

#[test]
fn the_ninth_proposal_is_not_read() {
    let others: Vec<Vec<Transform>> = (0..8)
        .map(|group| vec![AES_128, PRF_SHA256, SHA256_128, (4, 15 + group, None)])
        .collect();
    let mut long: Vec<&[Transform]> = others.iter().map(Vec::as_slice).collect();
    long.push(CBC);
    let mut short = long.clone();
    short.remove(0);
    for (offer, id) in [
        (long, "too-many-proposals"),
        (short, "no-proposal-chosen-init"),
    ] {
        let mut wire = refused(&offer);
        let own = Message {
            spis: (0x7777, 0),
            ..init(false, 0)
        };
        let accepted = Message {
            spis: (0x7777, 0x8888),
            ..init(true, 0)
        };
        let payloads = [sa(&[CBC]), ke(14, 256), nonce()];
        wire.answer(1.0, &own.with(&payloads))
            .ask(1.01, &accepted.with(&payloads));
        assert_eq!(wire.first(), id);
    }
}

#[test]
fn another_gateway_is_named() {
    let mut data = vec![1, 4, 203, 0, 113, 9];
    data.extend(noise(32, 1));
    let mut wire = Wire::default();
    wire.ask(0.0, &request(&[CBC], &[notify(16_406, &[])]))
        .answer(0.01, &refusal(16_407, &data, 0));
    assert_eq!(wire.first(), "redirected");
    assert!(wire.diagnose()[0][0].summary.contains("203.0.113.9"));
}
