//! `probe` from outside, asking a peer on this machine, and what the other commands make of its captures.

mod common;
#[path = "../probe/tests/simulated/mod.rs"]
#[allow(dead_code)] // Tests of the engine use the rest.
mod simulated;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use common::{Folder, run};
use ikescope_probe::ikev2::{Algorithm, Block};
use serde_json::Value;
use simulated::{Behaviour, Peer};

/// One combined mode with two groups, of which the peer likes the second better.
fn policy() -> Vec<Block> {
    let aes = Algorithm {
        id: 20,
        key_bits: Some(256),
    };
    vec![Block {
        axes: [
            vec![aes],
            vec![Algorithm::new(6)],
            vec![Algorithm::NONE],
            vec![Algorithm::new(20), Algorithm::new(19)],
        ],
        additional: Vec::new(),
    }]
}

/// Answers of the peer for as long as the test runs; behind the non-ESP marker, because the port is no standard one.
fn answer_all(peer: &mut Peer, began: Instant, datagram: &[u8]) -> Option<Vec<u8>> {
    let message = datagram.strip_prefix(&[0; 4])?;
    let answer = peer.answer(began.elapsed(), message)?;
    Some([&[0; 4], answer.as_slice()].concat())
}

/// A peer on UDP, which answers from the socket that was asked or from another one.
fn udp_peer(elsewhere: bool) -> SocketAddr {
    let asked = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    let address = asked.local_addr().expect("it is bound");
    let other = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    thread::spawn(move || {
        let (mut peer, began) = (Peer::new(Behaviour::of(policy())), Instant::now());
        let mut buffer = [0; 4096];
        while let Ok((len, from)) = asked.recv_from(&mut buffer) {
            if let Some(answer) = answer_all(&mut peer, began, &buffer[..len]) {
                let socket = if elsewhere { &other } else { &asked };
                socket.send_to(&answer, from).expect("it is sent");
            }
        }
    });
    address
}

/// A peer on TCP (RFC 9329), at a port that only the prefix of its streams tells.
fn tcp_peer() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        let (mut peer, began) = (Peer::new(Behaviour::of(policy())), Instant::now());
        while let Ok((mut stream, _)) = listener.accept() {
            let mut prefix = [0; 6];
            stream.read_exact(&mut prefix).expect("the stream begins");
            assert_eq!(&prefix, b"IKETCP");
            let mut length = [0; 2];
            while stream.read_exact(&mut length).is_ok() {
                let mut message = vec![0; usize::from(u16::from_be_bytes(length)) - 2];
                stream.read_exact(&mut message).expect("it is whole");
                if let Some(answer) = answer_all(&mut peer, began, &message) {
                    let length = u16::try_from(answer.len() + 2).expect("it is short");
                    let framed = [&length.to_be_bytes(), answer.as_slice()].concat();
                    stream.write_all(&framed).expect("it is sent");
                }
            }
        }
    });
    address
}

fn json(arguments: &[&str]) -> (Option<i32>, Value) {
    let run = run(arguments);
    let value = serde_json::from_str(&run.stdout);
    (
        run.code,
        value.unwrap_or_else(|_| panic!("no JSON: {}", run.stderr)),
    )
}

/// A quick look at IKEv2 at a port of loopback.
fn quick(port: &str, more: &[&str]) -> (Option<i32>, Value) {
    let asked = [
        "probe",
        "127.0.0.1",
        "--port",
        port,
        "--quick",
        "--ike",
        "2",
        "--format",
        "json",
    ];
    json(&[&asked, more].concat())
}

/// Probes with a capture, and compares what the other commands read there with what was reported.
fn reads_back(address: SocketAddr, more: &[&str]) {
    let folder = Folder::new(&format!("probe-{}", address.port()));
    let capture = folder.path().join("probe.pcapng");
    let capture = capture.to_str().expect("a plain name");
    let secrets = format!("{capture}.secrets.toml");
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let asked = [
        "probe", &host, "--port", &port, "--ike", "2", "--format", "json", "-w", capture,
    ];
    let (code, probed) = json(&[&asked, more].concat());
    assert_eq!(code, Some(0));
    let target = &probed["targets"][0];
    assert_eq!(target["ikev2"]["outcome"], "accepted");
    assert_eq!(target["ikev2"]["complete"], true);

    let listed = run([
        "inspect",
        "--format",
        "ndjson",
        "--secrets",
        &secrets,
        capture,
    ]);
    let packets: Vec<Value> = listed
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("it is JSON"))
        .collect();
    let messages: Vec<&Value> = packets
        .iter()
        .filter(|packet| packet["dst"]["port"] == address.port())
        .flat_map(|packet| {
            let more = packet["messages"].as_array().into_iter().flatten();
            std::iter::once(&packet["ike"]).chain(more)
        })
        .filter(|ike| !ike.is_null())
        .collect();
    let sent = target["packets_sent"].as_u64().expect("a number");
    // On other ports of UDP nothing but its content tells IKE, and the question of version 3 has none that anybody knows.
    let unknown = u64::from(!more.contains(&"--tcp"));
    assert_eq!(messages.len() as u64, sent - unknown);
    let encrypted = messages.iter().filter(|ike| ike["encrypted"] == true);
    let opened = encrypted.clone().filter(|ike| ike["decrypted"] == true);
    assert!(encrypted.clone().count() > 0 && opened.count() == encrypted.count());

    // What the peer chose is what was reported as accepted.
    let (_, diagnosed) = json(&[
        "diagnose",
        "--format",
        "json",
        "--secrets",
        &secrets,
        capture,
    ]);
    let tunnels = diagnosed["tunnels"].as_array().expect("a list");
    let chosen: BTreeSet<String> = tunnels
        .iter()
        .filter_map(|tunnel| tunnel["chosen"]["encr"][0].as_str())
        .map(str::to_owned)
        .collect();
    assert_eq!(chosen.into_iter().collect::<Vec<_>>(), ["AES-GCM-16-256"]);
    let groups = target["ikev2"]["policy"][0]["ke"]
        .as_array()
        .expect("a list");
    for group in tunnels
        .iter()
        .filter_map(|tunnel| tunnel["chosen"]["ke"].get(0))
    {
        assert!(groups.contains(group), "{group}");
    }
    let (_, audited) = json(&["audit", "--format", "json", "--secrets", &secrets, capture]);
    let subjects = audited["subjects"].as_array().expect("a list");
    assert!(subjects.iter().any(|subject| subject["subject"] == host));
}

#[test]
fn a_recorded_probe_reads_back_to_the_same_facts() {
    reads_back(udp_peer(false), &[]);
    reads_back(tcp_peer(), &["--tcp"]);
}

#[cfg(unix)]
#[test]
fn keys_beside_a_capture_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let address = udp_peer(false);
    let folder = Folder::new("probe-owner");
    let capture = folder.path().join("probe.pcapng");
    let (path, port) = (
        capture.to_str().expect("a plain name"),
        address.port().to_string(),
    );
    let arguments = [
        "probe",
        "127.0.0.1",
        "--quick",
        "--ike",
        "2",
        "--port",
        &port,
        "-w",
        path,
    ];
    assert_eq!(run(arguments).code, Some(0));
    let keys = std::fs::metadata(format!("{path}.secrets.toml")).expect("there are keys");
    assert_eq!(keys.permissions().mode() & 0o777, 0o600);
    assert_eq!(run(arguments).code, Some(1), "it exists");
    assert_eq!(
        run([arguments.as_slice(), &["--force"]].concat()).code,
        Some(0)
    );
}

#[test]
fn answers_from_elsewhere_do_not_count_and_are_told() {
    let port = udp_peer(true).port().to_string();
    let (code, probed) = quick(&port, &[]);
    let ikev2 = &probed["targets"][0]["ikev2"];
    assert_eq!((code, &ikev2["outcome"]), (Some(4), &Value::from("silent")));
    assert!(
        ikev2["notes"][0]
            .as_str()
            .is_some_and(|note| note.contains("127.0.0.1:"))
    );
}

#[test]
fn a_connection_that_is_reset_is_no_icmp() {
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        free.local_addr().expect("it is bound").port().to_string()
    };
    let folder = Folder::new("probe-refused");
    let capture = folder.path().join("probe.pcapng");
    let capture = capture.to_str().expect("a plain name");
    let (code, probed) = quick(&port, &["--tcp", "-w", capture]);
    let target = &probed["targets"][0];
    assert_eq!(
        (code, &target["ikev2"]["outcome"]),
        (Some(4), &Value::from("unreachable"))
    );
    // What was asked of the network and who refused it is in the capture.
    let (_, read) = json(&["inspect", "--all", "--format", "json", capture]);
    let packets = read["packets"].as_array().expect("a list");
    let towards = |end: &str| {
        let ports = packets.iter().map(|packet| packet[end]["port"].to_string());
        ports.filter(|to| *to == port).count()
    };
    assert!(towards("dst") > 0 && towards("dst") == towards("src"));
    assert_eq!(target["icmp"], Value::Null);
    assert!(
        target["ikev2"]["notes"][0]
            .as_str()
            .is_some_and(|note| note.contains("reset"))
    );
}

#[test]
fn a_key_length_that_a_cipher_does_not_have_is_a_wrong_usage() {
    let run = run(["probe", "127.0.0.1", "--proposal", "aes999-sha256-modp2048"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("128, 192, 256 bits"), "{}", run.stderr);
}

#[test]
fn a_rate_is_above_zero() {
    for (option, rate) in [("--rate", "0"), ("--rate", "nan"), ("--target-rate", "inf")] {
        assert_eq!(run(["probe", "127.0.0.1", option, rate]).code, Some(2));
    }
}

#[test]
fn silence_of_everybody_is_an_exit_code() {
    let nobody = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    let port = nobody.local_addr().expect("it is bound").port().to_string();
    let began = Instant::now();
    let (code, _) = quick(&port, &[]);
    assert_eq!(code, Some(4));
    assert!(began.elapsed() < Duration::from_secs(20));
}
