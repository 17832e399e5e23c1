//! Live capture with libpcap

use crate::filter::message;
use crate::{CaptureError, Frame, LinkType, Timestamp};
use pcap::{Active, Capture, Device};
use std::fmt;
use std::net::IpAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// An interface one could capture on
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name, as [`open`] takes it
    pub name: String,
    /// What the system says about it
    pub description: Option<String>,
    /// IPv4 and IPv6 addresses
    pub addresses: Vec<IpAddr>,
    /// Enabled
    pub up: bool,
    /// Has a carrier
    pub running: bool,
    /// The host's own
    pub loopback: bool,
}

/// Packets that an interface counted since it was opened
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Passed the filter
    pub received: u32,
    /// Not delivered for want of buffer space
    pub dropped: u32,
    /// Dropped by the interface or its driver
    pub interface_dropped: u32,
}

/// Frames from an interface as they come
pub struct Source {
    name: String,
    capture: Capture<Active>,
    link: LinkType,
    packets: u64,
    octets: Vec<u8>,
}

/// The interfaces of this host, as libpcap lists them
///
/// # Errors
/// What libpcap says.
pub fn interfaces() -> Result<Vec<Interface>, CaptureError> {
    let devices = Device::list().map_err(|error| CaptureError::Live {
        interface: "the list of interfaces".into(),
        message: message(&error),
    })?;
    Ok(devices.into_iter().map(Interface::from).collect())
}

/// Begins to capture on an interface
///
/// `snap_length` is the number of octets kept of each frame. `promiscuous` asks for frames to others too; an interface
/// that cannot do so, such as `any`, is opened without.
///
/// # Errors
/// [`CaptureError::NoSuchInterface`], [`CaptureError::NoPermission`], [`CaptureError::Filter`], or what libpcap says.
pub fn open(
    interface: &str,
    snap_length: u32,
    promiscuous: bool,
    filter: Option<&str>,
) -> Result<Source, CaptureError> {
    let attempt = |promiscuous| {
        Capture::from_device(interface)?
            .snaplen(i32::try_from(snap_length).unwrap_or(i32::MAX))
            .promisc(promiscuous)
            .timeout(READ_TIMEOUT)
            .buffer_size(KERNEL_BUFFER)
            .open()?
            // A blocking read may wait on a quiet interface for ever, whatever the timeout.
            .setnonblock()
    };
    // The binding takes libpcap's warning that there is no promiscuous mode for a failure.
    let mut capture = attempt(promiscuous)
        .or_else(|error| {
            if promiscuous {
                attempt(false)
            } else {
                Err(error)
            }
        })
        .map_err(|error| why_not(interface, &error))?;
    if let Some(expression) = filter {
        capture
            .filter(expression, true)
            .map_err(|error| CaptureError::Filter {
                expression: expression.to_owned(),
                message: message(&error),
            })?;
    }
    let link = LinkType(u16::try_from(capture.get_datalink().0).unwrap_or(u16::MAX));
    Ok(Source {
        name: interface.to_owned(),
        capture,
        link,
        packets: 0,
        octets: Vec::new(),
    })
}

impl Source {
    /// Waits for the next frame up to about `timeout`; `Ok(None)` if there was none
    ///
    /// # Errors
    /// What libpcap says, for instance that the interface went down.
    pub fn next(&mut self, timeout: Duration) -> Result<Option<Frame<'_>>, CaptureError> {
        let began = Instant::now();
        let (time, length) = loop {
            match self.capture.next_packet() {
                Ok(packet) => {
                    self.octets.clear();
                    self.octets.extend_from_slice(packet.data);
                    let micros = u64::try_from(packet.header.ts.tv_usec).unwrap_or(0);
                    #[allow(clippy::useless_conversion)] // Of 32 bits on some systems
                    let seconds = i64::from(packet.header.ts.tv_sec);
                    break (Timestamp::new(seconds, micros * 1000), packet.header.len);
                }
                Err(pcap::Error::TimeoutExpired) if began.elapsed() < timeout => sleep(PAUSE),
                Err(pcap::Error::TimeoutExpired) => return Ok(None),
                Err(error) => {
                    return Err(CaptureError::Live {
                        interface: self.name.clone(),
                        message: message(&error),
                    });
                }
            }
        };
        self.packets += 1;
        let captured = self.octets.len() as u32;
        Ok(Some(Frame {
            file: 0,
            number: self.packets,
            time: Some(time),
            length: length.max(captured),
            captured,
            link: self.link,
            octets: &self.octets,
        }))
    }

    /// What every frame begins with
    pub fn link(&self) -> LinkType {
        self.link
    }

    /// What was received and dropped so far
    ///
    /// # Errors
    /// What libpcap says.
    pub fn statistics(&mut self) -> Result<Statistics, CaptureError> {
        let counted = self.capture.stats().map_err(|error| CaptureError::Live {
            interface: self.name.clone(),
            message: message(&error),
        })?;
        Ok(Statistics {
            received: counted.received,
            dropped: counted.dropped,
            interface_dropped: counted.if_dropped,
        })
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("link", &self.link)
            .field("packets", &self.packets)
            .finish_non_exhaustive()
    }
}

impl From<Device> for Interface {
    fn from(device: Device) -> Self {
        Self {
            up: device.flags.is_up(),
            running: device.flags.is_running(),
            loopback: device.flags.is_loopback(),
            addresses: device
                .addresses
                .iter()
                .map(|address| address.addr)
                .collect(),
            name: device.name,
            description: device.desc,
        }
    }
}

/// libpcap tells causes apart by text only; whether the interface exists can be looked up.
fn why_not(interface: &str, error: &pcap::Error) -> CaptureError {
    let message = message(error);
    let interface = interface.to_owned();
    let names = interfaces().map(names).unwrap_or_default();
    if !names.is_empty() && !names.contains(&interface) {
        let available = available(&interface, names);
        return CaptureError::NoSuchInterface {
            interface,
            available,
        };
    }
    let lower = message.to_lowercase();
    if lower.contains("permi") || lower.contains("cap_net_raw") {
        return CaptureError::NoPermission { interface, message };
    }
    CaptureError::Live { interface, message }
}

fn names(interfaces: Vec<Interface>) -> Vec<String> {
    interfaces
        .into_iter()
        .map(|interface| interface.name)
        .collect()
}

/// A sentence with the names there are, those that begin alike first
fn available(wanted: &str, mut names: Vec<String>) -> String {
    let alike = |name: &String| {
        name.chars()
            .zip(wanted.chars())
            .take_while(|(a, b)| a == b)
            .count()
    };
    names.sort_by_key(|name| std::cmp::Reverse(alike(name)));
    names.truncate(MOST_NAMES);
    format!("there are {}", names.join(", "))
}

/// Milliseconds the kernel gathers frames before it hands them over
const READ_TIMEOUT: i32 = 100;
/// Octets the kernel holds while we are busy: a tenth of a second of 1.6 Gbit/s
const KERNEL_BUFFER: i32 = 20 << 20;
/// Between looks at a quiet interface
const PAUSE: Duration = Duration::from_millis(5);
const MOST_NAMES: usize = 8;
