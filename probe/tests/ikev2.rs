//! What the enumeration of IKEv2 says is what the peer accepts, in few packets.

mod simulated;

use std::collections::BTreeSet;

use ikescope_probe::ikev2::{Algorithm, Axis, Block};
use ikescope_probe::{Depth, Outcome};
use simulated::{Behaviour, Run, probe};

/// `3` is an algorithm, `(12, 256)` one with a key length.
fn encr(list: &[(u16, u16)]) -> Vec<Algorithm> {
    let algorithm = |(id, bits): &(u16, u16)| Algorithm {
        id: *id,
        key_bits: Some(*bits).filter(|bits| *bits > 0),
    };
    list.iter().map(algorithm).collect()
}

fn of(list: &[u16]) -> Vec<Algorithm> {
    list.iter().copied().map(Algorithm::new).collect()
}

fn proposal(e: &[(u16, u16)], r: &[u16], i: &[u16], k: &[u16]) -> Block {
    Block {
        axes: [
            encr(e),
            of(r),
            if i.is_empty() { of(&[0]) } else { of(i) },
            of(k),
        ],
        additional: Vec::new(),
    }
}

/// Every accepted suite in short names.
fn truth(policy: &[Block]) -> BTreeSet<[String; 4]> {
    policy
        .iter()
        .flat_map(Block::combinations)
        .map(|one| {
            let mut names = Axis::ALL
                .into_iter()
                .zip(one)
                .map(|(axis, value)| axis.name(value));
            std::array::from_fn(|_| names.next().expect("four"))
        })
        .collect()
}

fn found(run: &Run) -> BTreeSet<[String; 4]> {
    let report = run.report.ikev2.as_ref().expect("asked");
    let mut all = BTreeSet::new();
    for one in &report.policy {
        let none = vec!["NONE".to_owned()];
        let integ = if one.integ.is_empty() {
            &none
        } else {
            &one.integ
        };
        for e in &one.encr {
            for r in &one.prf {
                for i in integ {
                    for k in &one.ke {
                        all.insert([e.clone(), r.clone(), i.clone(), k.clone()]);
                    }
                }
            }
        }
    }
    all
}

fn exact(run: &Run, policy: &[Block]) {
    let report = run.report.ikev2.as_ref().expect("asked");
    assert_eq!(found(run), truth(policy), "{report:#?}");
    assert!(report.complete, "{report:#?}");
    assert!(run.most_half_open <= 2, "{} half-open", run.most_half_open);
    assert_eq!(run.left_half_open, 0);
    assert_eq!(report.half_open_left, 0);
}

fn packets(run: &Run) -> u64 {
    run.report.ikev2.as_ref().expect("asked").packets_sent
}

fn single() -> Vec<Block> {
    vec![proposal(&[(12, 256)], &[5], &[12], &[14])]
}

fn correlated() -> Vec<Block> {
    vec![
        proposal(&[(12, 128)], &[5], &[12], &[14]),
        proposal(&[(12, 256)], &[6], &[13], &[20]),
        proposal(&[(3, 0)], &[2], &[2], &[2]),
    ]
}

fn libreswan() -> Vec<Block> {
    let (prfs, groups) = (&[7, 5], &[14, 15, 16, 18, 19, 20, 21, 31]);
    vec![
        proposal(&[(20, 256)], prfs, &[], groups),
        proposal(&[(20, 128)], prfs, &[], groups),
        proposal(&[(12, 256)], prfs, &[14, 12], groups),
        proposal(&[(12, 128)], prfs, &[14, 12], groups),
    ]
}

fn strongswan() -> Vec<Block> {
    let prfs = &[5, 6, 7, 4, 8, 2];
    let groups = &[19, 20, 21, 28, 29, 30, 31, 32, 15, 16, 17, 18, 14];
    let aes = |id| [(id, 128), (id, 192), (id, 256)];
    let etm: Vec<(u16, u16)> = [12, 13, 23, 24]
        .into_iter()
        .flat_map(aes)
        .chain([(3, 0)])
        .collect();
    let aead: Vec<(u16, u16)> = [20, 16, 19, 15]
        .into_iter()
        .flat_map(aes)
        .chain([(28, 0)])
        .collect();
    vec![
        proposal(&etm, prfs, &[12, 13, 14, 5, 8, 2], groups),
        proposal(&aead, prfs, &[], groups),
    ]
}

#[test]
fn packet_budgets_are_kept_and_policies_exact() {
    let cases = [
        ("single", single(), 10),
        (
            "single, combined",
            vec![proposal(&[(20, 256)], &[6], &[], &[20])],
            10,
        ),
        ("correlated", correlated(), 30),
        ("libreswan", libreswan(), 40),
        ("strongswan", strongswan(), 120),
    ];
    for (name, policy, budget) in cases {
        let run = probe(Behaviour::of(policy.clone()), Depth::Standard);
        println!(
            "{name}: {} packets, {:?}",
            packets(&run),
            run.report.duration
        );
        exact(&run, &policy);
        assert!(packets(&run) <= budget, "{name}: {} packets", packets(&run));
    }
}

#[test]
fn nothing_accepted_is_refused_and_complete() {
    let run = probe(Behaviour::of(Vec::new()), Depth::Standard);
    let report = run.report.ikev2.as_ref().expect("asked");
    assert_eq!((report.outcome, report.complete), (Outcome::Refused, true));
}
