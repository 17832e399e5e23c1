//! Any octets as any datagram of IPsec: nothing panics, issues stand inside, and what is read without issues writes back.
//!
//! The first octet chooses how the others are read.

#![no_main]

use ikescope_dissectors::{Issues, Octets, Packet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((choice, octets)) = input.split_first() else {
        return;
    };
    let mut issues = Issues::default();
    let packet = match choice {
        0 => Some(Packet::ike(Octets::new(octets), &mut issues)),
        1 => Some(Packet::nat_traversal(Octets::new(octets), &mut issues)),
        protocol => Packet::ip(*protocol, Octets::new(octets), &mut issues),
    };
    for issue in issues.as_slice() {
        assert!(
            issue.span.end() <= octets.len(),
            "{issue:?} of {} octets",
            octets.len()
        );
    }
    if let (0, Some(Packet::Ike(Some(message))), []) = (choice, &packet, issues.as_slice()) {
        assert_eq!(
            message.encode(),
            octets,
            "what is read without issues writes back the same"
        );
    }
});
