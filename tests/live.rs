//! Live capture, on the loopback interface of a network namespace that is made for it.
#![cfg(all(feature = "live", target_os = "linux"))]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A network namespace that goes away.
struct Namespace(String);

impl Namespace {
    /// Says why there is none.
    fn new(purpose: &str) -> Option<Self> {
        let name = format!("ikescope-{purpose}-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        let reason = match made {
            Err(error) => format!("ip(8) does not start: {error}"),
            Ok(made) if !made.status.success() => {
                String::from_utf8_lossy(&made.stderr).trim().to_owned()
            }
            Ok(_) => {
                let namespace = Self(name);
                let up = namespace
                    .command("ip")
                    .args(["link", "set", "lo", "up"])
                    .output();
                match up {
                    Ok(up) if up.status.success() => return Some(namespace),
                    _ => "the loopback interface does not come up".to_owned(),
                }
            }
        };
        eprintln!("skipped: no network namespace: {reason}");
        None
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]);
        command
    }

    /// Starts the program and sends to it until it ends.
    fn listen(&self, command: &str, arguments: &[&str]) -> Child {
        self.command(env!("CARGO_BIN_EXE_ikescope"))
            .args([command, "-i", "lo", "--format", "ndjson"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    }

    /// Sends one datagram of IKE: the header of an IKE_SA_INIT request without payloads.
    fn send(&self, port: u16) {
        let script = format!(
            r"printf '\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\0\0\0\0\0\x00\x20\x22\x08\0\0\0\0\0\0\0\x1c' > /dev/udp/127.0.0.1/{port}"
        );
        let sent = self.command("bash").args(["-c", &script]).status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "bash sends a datagram"
        );
    }

    /// Sends until the program ends or the patience does.
    fn send_until_end(&self, child: &mut Child, port: u16) {
        let began = Instant::now();
        while child.try_wait().expect("it is a child").is_none() {
            assert!(began.elapsed() < PATIENCE, "it does not end");
            self.send(port);
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip")
            .args(["netns", "delete", &self.0])
            .status();
    }
}

fn lines(child: Child) -> (Option<i32>, Vec<Value>) {
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8(output.stdout).expect("it is UTF-8");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("it is JSON"));
    (output.status.code(), lines.collect())
}

#[test]
fn as_many_packets_as_wanted_are_seen() {
    let Some(namespace) = Namespace::new("count") else {
        return;
    };
    // The default filter leaves ICMP in, which answers a closed port: two frames a datagram.
    let mut child = namespace.listen("inspect", &["--count", "4"]);
    namespace.send_until_end(&mut child, 500);
    let (code, packets) = lines(child);
    assert_eq!(code, Some(0));
    assert_eq!(packets.len(), 4);
    assert!(packets.iter().any(|packet| {
        packet["protocol"] == "ikev2"
            && packet["ike"]["initiator_spi"] == "0102030405060708"
            && packet["dst"]["port"] == 500
    }));
    assert!(packets.iter().any(|packet| packet["protocol"] == "icmp"));
}

#[test]
fn a_filter_decides_what_is_captured() {
    let Some(namespace) = Namespace::new("filter") else {
        return;
    };
    let mut child = namespace.listen("inspect", &["--count", "2", "--filter", "udp port 848"]);
    namespace.send(500);
    namespace.send_until_end(&mut child, 848);
    let (code, packets) = lines(child);
    assert_eq!(code, Some(0));
    assert!(packets.iter().all(|packet| packet["dst"]["port"] == 848));
}

#[test]
fn ctrl_c_prints_what_is_known() {
    let Some(namespace) = Namespace::new("interrupt") else {
        return;
    };
    // `exec` by ip(8): the id is the program's.
    let mut child = namespace.listen("inspect", &[]);
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let reader = thread::spawn(move || lines.next());
    let began = Instant::now();
    while !reader.is_finished() {
        assert!(
            began.elapsed() < PATIENCE,
            "no packet is shown while listening"
        );
        namespace.send(500);
        thread::sleep(Duration::from_millis(100));
    }
    assert!(reader.join().is_ok_and(|line| line.is_some()));
    interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn ctrl_c_before_anything_is_130() {
    let Some(namespace) = Namespace::new("quiet") else {
        return;
    };
    let mut child = namespace.listen("inspect", &[]);
    thread::sleep(Duration::from_secs(1));
    interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

/// Nobody listens on the port, and ICMP says so (RFC 792).
#[test]
fn a_tunnel_is_told_when_listening_ends() {
    let Some(namespace) = Namespace::new("diagnose") else {
        return;
    };
    let mut child = namespace.listen("diagnose", &["--count", "4"]);
    namespace.send_until_end(&mut child, 500);
    let (code, lines) = lines(child);
    assert_eq!(code, Some(3));
    let [tunnel, ending] = lines.as_slice() else {
        panic!("a tunnel and the capture: {lines:?}");
    };
    assert_eq!(tunnel["initiator_spi"], "0102030405060708");
    assert_eq!(tunnel["diagnoses"][0]["id"], "icmp-port-unreachable");
    assert_eq!(ending["capture"]["ike_messages"], 2);
}

#[test]
fn a_duration_ends_by_itself() {
    let Some(namespace) = Namespace::new("duration") else {
        return;
    };
    let began = Instant::now();
    let (code, packets) = lines(namespace.listen("inspect", &["--duration", "0.5"]));
    assert_eq!((code, packets.len()), (Some(0), 0));
    assert!(began.elapsed() >= Duration::from_millis(500));
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.is_ok_and(|status| status.success()));
}

const PATIENCE: Duration = Duration::from_secs(20);
