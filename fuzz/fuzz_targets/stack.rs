//! Any frames of any link type: every frame gives a datagram, and no datagram is larger than all frames together.
//!
//! Two octets of link type, then frames, each behind its length in two octets.

#![no_main]

use ikescope_capture::{Content, Frame, LinkType, Options, Stack, Timestamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((link, mut rest)) = input.split_first_chunk::<2>() else {
        return;
    };
    let mut stack = Stack::new(Options::default());
    let mut number = 0;
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (octets, next) = behind.split_at(length.min(behind.len()));
        rest = next;
        number += 1;
        let frame = Frame {
            file: 0,
            number,
            time: Some(Timestamp {
                seconds: number as i64,
                nanos: 0,
            }),
            length: length as u32,
            captured: octets.len() as u32,
            link: LinkType(u16::from_be_bytes(*link)),
            octets,
        };
        let mut datagrams = 0;
        stack.decode(&frame, &mut |datagram| {
            datagrams += 1;
            let payload = match datagram.content {
                Content::Udp { payload, .. }
                | Content::TcpRecord { payload, .. }
                | Content::Ip { payload, .. } => payload,
                _ => return,
            };
            assert!(payload.len() <= input.len());
        });
        assert!(datagrams > 0, "a frame that nobody hears of");
    }
});
