//! Listening on an interface.

use std::time::{Duration, Instant};

use ikescope_capture::{Arrival, CaptureError, live};

use crate::args::{Live, Selection};
use crate::exit::complain;
use crate::input::Next;

/// An interface, and when to stop.
pub(crate) struct Listening {
    source: live::Source,
    /// Frames that are still wanted.
    left: Option<u64>,
    until: Option<Instant>,
}

impl Listening {
    /// Begins to listen for what the user selected, or for `everything`, else for packets that can be of IPsec.
    pub(crate) fn open(
        interface: &str,
        options: &Live,
        selection: &Selection,
        everything: bool,
    ) -> Result<Self, CaptureError> {
        let source = match &selection.filter {
            Some(expression) => open(interface, Some(expression)),
            None if everything => open(interface, None),
            None => open_for_ipsec(interface, &selection.ports),
        }?;
        Ok(Self {
            source,
            left: options.count,
            until: options.duration.map(|duration| Instant::now() + duration),
        })
    }

    pub(crate) fn next(&mut self) -> Result<Next<'_>, CaptureError> {
        let left = self
            .until
            .map(|until| until.saturating_duration_since(Instant::now()));
        if self.left == Some(0) || left.is_some_and(|left| left.is_zero()) {
            return Ok(Next::End);
        }
        let patience = left.map_or(PATIENCE, |left| left.min(PATIENCE));
        let Some(frame) = self.source.next(patience)? else {
            return Ok(Next::Quiet);
        };
        self.left = self.left.map(|left| left - 1);
        Ok(Next::Arrival(Arrival::Frame(frame)))
    }

    /// Tells what the kernel could not deliver.
    pub(crate) fn tell_drops(&mut self) {
        let Ok(counted) = self.source.statistics() else {
            return;
        };
        let (kernel, interface) = (counted.dropped, counted.interface_dropped);
        if kernel > 0 || interface > 0 {
            let hint = "a narrower --filter, or -o FILE instead of a terminal, helps";
            complain(&format_args!(
                "{kernel} packets dropped by the kernel, {interface} by the interface, of {} received; {hint}",
                counted.received
            ));
        }
    }
}

fn open(interface: &str, filter: Option<&str>) -> Result<live::Source, CaptureError> {
    live::open(interface, SNAP_LENGTH, true, filter)
}

fn open_for_ipsec(interface: &str, ports: &[u16]) -> Result<live::Source, CaptureError> {
    let expression = ipsec(ports);
    // After `vlan` every offset counts behind the tag, so the alternative stands last.
    let tagged = format!("({expression}) or (vlan and ({expression}))");
    match open(interface, Some(&tagged)) {
        // Interfaces without an Ethernet header have no tags.
        Err(CaptureError::Filter { .. }) => open(interface, Some(&expression)),
        opened => opened,
    }
}

/// What can be IPsec: the ports and protocols of IKE, ESP, AH, IPComp and WESP, ICMP, and IP fragments, of which only
/// the first has ports.
fn ipsec(ports: &[u16]) -> String {
    let ports = UDP_PORTS
        .iter()
        .chain(ports)
        .map(|port| format!("udp port {port}"));
    ports
        .chain(OTHERS.iter().map(ToString::to_string))
        .collect::<Vec<_>>()
        .join(" or ")
}

const UDP_PORTS: [u16; 3] = [500, 848, 4500];
const OTHERS: [&str; 9] = [
    "tcp port 4500",
    "proto 50",
    "proto 51",
    "proto 108",
    "proto 141",
    "icmp",
    "icmp6",
    "ip[6:2] & 0x3fff != 0",
    "ip6 proto 44",
];
/// Octets kept of a frame: the most that libpcap gives.
const SNAP_LENGTH: u32 = 262_144;
/// How soon Ctrl-C is noticed.
const PATIENCE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use ikescope_capture::LinkType;
    use ikescope_capture::filter::Bpf;

    use super::*;

    #[test]
    fn the_default_filter_compiles_for_every_kind_of_interface() {
        for link in [
            LinkType::ETHERNET,
            LinkType::RAW,
            LinkType::NULL,
            LinkType::LINUX_SLL,
        ] {
            let filter = ipsec(&[5500]);
            assert!(Bpf::compile(&filter, link).is_ok(), "{link}");
        }
    }

    #[test]
    fn the_default_filter_takes_ipsec_and_leaves_the_rest() {
        let expression = ipsec(&[5500]);
        let tagged = format!("({expression}) or (vlan and ({expression}))");
        let filter = Bpf::compile(&tagged, LinkType::ETHERNET).unwrap();
        for (protocol, port, wanted) in [
            (17, 500, true),
            (17, 4500, true),
            (17, 848, true),
            (17, 5500, true),
            (17, 53, false),
            (6, 4500, true),
            (6, 443, false),
            (50, 0, true),
            (51, 0, true),
            (108, 0, true),
            (141, 0, true),
            (1, 0, true),
            (47, 0, false),
        ] {
            for version in [4, 6] {
                let protocol = if (version, protocol) == (6, 1) {
                    58
                } else {
                    protocol
                };
                for tag in [false, true] {
                    let frame = frame(version, tag, protocol, port);
                    assert_eq!(
                        filter.matches(&frame),
                        wanted,
                        "IPv{version} {protocol} {port} tag {tag}"
                    );
                }
            }
        }
    }

    /// Ethernet, IP and the ports of UDP or TCP.
    fn frame(version: u8, tag: bool, protocol: u8, port: u16) -> Vec<u8> {
        let mut frame = vec![0; 12];
        if tag {
            frame.extend([0x81, 0, 0, 7]);
        }
        if version == 4 {
            frame.extend([0x08, 0, 0x45, 0, 0, 60, 0, 0, 0, 0, 64, protocol, 0, 0]);
            frame.extend([192, 0, 2, 1, 192, 0, 2, 2]);
        } else {
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 40, protocol, 64]);
            frame.extend([0x20; 32]);
        }
        frame.extend(40_000_u16.to_be_bytes());
        frame.extend(port.to_be_bytes());
        frame.extend([0; 36]);
        frame
    }
}
