//! Interfaces and filters
#![cfg(feature = "live")]

mod common;

use common::*;
use ikescope_capture::filter::Bpf;
use ikescope_capture::{CaptureError, Content, LinkType, Options, Stack, live};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// The loopback interface, or the reason why this test is skipped
fn loopback(test: &str, filter: Option<&str>) -> Option<live::Source> {
    let interfaces = live::interfaces().unwrap();
    let Some(interface) = interfaces
        .iter()
        .find(|interface| interface.loopback && interface.up)
    else {
        eprintln!("{test}: skipped, there is no loopback interface");
        return None;
    };
    match live::open(&interface.name, 65_535, false, filter) {
        Ok(source) => Some(source),
        Err(error @ CaptureError::NoPermission { .. }) => {
            eprintln!("{test}: skipped, {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn what_is_sent_is_captured() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = receiver.local_addr().unwrap().port();
    let Some(mut source) = loopback(
        "what_is_sent_is_captured",
        Some(&format!("udp dst port {port}")),
    ) else {
        return;
    };
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.send_to(b"hello", ("127.0.0.1", port)).unwrap();
    let mut stack = Stack::new(Options::default());
    let frame = source
        .next(Duration::from_secs(5))
        .unwrap()
        .expect("a frame");
    assert_eq!(frame.number, 1);
    assert!(frame.time.is_some());
    stack.decode(&frame, &mut |datagram| {
        assert!(matches!(datagram.content, Content::Udp { payload: b"hello", dst_port, .. } if dst_port == port));
    });
    assert!(source.statistics().unwrap().received >= 1);
    let began = Instant::now();
    assert!(source.next(Duration::from_millis(50)).unwrap().is_none());
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_missing_interface_is_told_with_those_there_are() {
    let error = live::open("nosuch0", 65_535, true, None).unwrap_err();
    assert!(
        matches!(error, CaptureError::NoSuchInterface { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("lo"), "{error}");
}

#[test]
fn filters_match_what_they_say() {
    let ike = ethernet(0x0800, &ipv4(17, &udp(b"x")));
    let esp = ethernet(0x0800, &ipv4(50, &[0; 16]));
    let filter = Bpf::compile("udp port 500", LinkType::ETHERNET).unwrap();
    assert!(filter.matches(&ike) && !filter.matches(&esp));
    let raw = Bpf::compile("host 192.0.2.1 and proto 50", LinkType::RAW).unwrap();
    assert!(raw.matches(&esp[14..]) && !raw.matches(&ike[14..]));
}

#[test]
fn a_bad_filter_is_told_in_the_words_of_libpcap() {
    let error = Bpf::compile("udp prot 500", LinkType::ETHERNET).unwrap_err();
    assert!(matches!(error, CaptureError::Filter { .. }));
    assert!(
        error.to_string().contains("`udp prot 500`") && error.to_string().contains("error"),
        "{error}"
    );
    if let Some(mut source) = loopback("a_bad_filter", None) {
        assert!(source.next(Duration::ZERO).is_ok());
        let error = live::open("lo", 65_535, false, Some("and and")).unwrap_err();
        assert!(
            matches!(
                error,
                CaptureError::Filter { .. } | CaptureError::NoSuchInterface { .. }
            ),
            "{error}"
        );
    }
}
