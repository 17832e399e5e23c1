//! Packets of ESP or AH in one direction: those of one SPI to one address.

use ikescope_capture::Timestamp;
use ikescope_dissectors::Spi;

use super::inside::Inside;
use super::proposal::Protocol;
use crate::observation::{Encapsulation, Endpoint, FrameId};

/// The packets of one SPI to one address. Duplicates that the capture made are not counted.
#[derive(Clone, Debug)]
pub struct Flow {
    /// ESP or AH.
    pub protocol: Protocol,
    /// The SPI, chosen by the receiver.
    pub spi: Spi,
    /// Source of the last packet.
    pub src: Endpoint,
    /// Destination.
    pub dst: Endpoint,
    /// What carries it.
    pub encapsulation: Option<Encapsulation>,
    /// Packets.
    pub packets: u64,
    /// Octets of these packets, from the SPI to the end of the datagram.
    pub octets: u64,
    /// Sequence numbers between the lowest and the highest seen that never came.
    pub lost: u64,
    /// Packets whose sequence number had come before.
    pub replayed: u64,
    /// Packets that came twice octet for octet: the capture or the path made the copy. Where the path did, they are among
    /// the replayed.
    pub duplicates: u64,
    /// Packets that came behind a higher sequence number.
    pub late: u64,
    /// How far below the highest sequence number a packet was that came late: a replay window below it drops it.
    pub reorder_depth: u32,
    /// Times the sequence numbers began again.
    pub resets: u32,
    /// The frame in which they first began again.
    pub reset_frame: Option<FrameId>,
    /// Sequence number of the first packet.
    pub sequence_first: u32,
    /// Sequence number of the last packet.
    pub sequence_last: u32,
    /// The highest sequence number since the last reset.
    pub sequence_highest: u32,
    /// Frame of the first packet.
    pub frame_first: FrameId,
    /// Frame of the last packet.
    pub frame_last: FrameId,
    /// Time of the first packet.
    pub first: Option<Timestamp>,
    /// Time of the last packet.
    pub last: Option<Timestamp>,
    /// The longest time without a packet, and when it began.
    pub longest_silence: Option<(f64, Timestamp)>,
    /// Octets of the smallest packet.
    pub smallest: u32,
    /// Octets of the largest packet.
    pub largest: u32,
    /// Frame of the largest packet.
    pub largest_frame: FrameId,
    /// Packets by their length modulo 16: tells the block size and the length of the ICV.
    pub lengths_modulo_16: [u32; 16],
    /// Packets as long as the one before.
    pub same_length: u64,
    /// Packets of more than 1,000 octets.
    pub large: u64,
    /// Of these, packets behind which the next one was sent, or the capture ended, before anything came back.
    pub large_unanswered: u64,
    /// Smaller packets.
    pub small: u64,
    /// Of these, packets behind which nothing came back before the next one.
    pub small_unanswered: u64,
    /// Packets since the last one of the other direction; all of them where there is no other direction.
    pub unanswered: u64,
    /// The first of these.
    pub unanswered_since: Option<(FrameId, Option<Timestamp>)>,
    /// Packets that were put together from IP fragments.
    pub fragmented: u64,
    /// Frame of the first one put together from IP fragments.
    pub fragmented_frame: Option<FrameId>,
    /// Changes of the sender's address or port, at most the first 16.
    pub source_changes: Vec<PortChange>,
    /// How often the sender's address or port changed.
    pub source_changed: u32,
    /// ICMP errors that quote it, at most the first 8.
    pub icmp: Vec<IcmpError>,
    /// Packets that were decrypted and whose integrity was verified or not to be checked.
    pub opened: u64,
    /// Packets that keys did not open.
    pub failed: u64,
    /// Whether what stands behind the ESP header reads as an IP header: encryption NULL.
    pub readable: bool,
    /// What was inside the packets that were opened; none without.
    pub inside: Option<Box<Inside>>,
}

/// A sender that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortChange {
    /// The first frame from there.
    pub frame: FrameId,
    /// Its time.
    pub time: Option<Timestamp>,
    /// Where the sender was.
    pub before: Endpoint,
    /// Where it is.
    pub after: Endpoint,
}

/// An ICMP error about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// Its frame.
    pub frame: FrameId,
    /// Its time.
    pub time: Option<Timestamp>,
    /// Who sent it: the peer, or a router.
    pub from: std::net::IpAddr,
    /// Whether it is ICMPv6.
    pub version6: bool,
    /// ICMP type.
    pub icmp_type: u8,
    /// ICMP code.
    pub code: u8,
    /// Next-hop MTU.
    pub mtu: Option<u32>,
    /// Source of the quoted packet.
    pub quoted_src: Endpoint,
    /// Destination of the quoted packet.
    pub quoted_dst: Endpoint,
}

impl Flow {
    /// Seconds from the first to the last packet.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        Some(self.last?.nanos_since(self.first?) as f64 / 1e9)
    }
}

impl IcmpError {
    /// Whether a packet was too big for a link: "fragmentation needed" or "packet too big".
    #[must_use]
    pub const fn too_big(&self) -> bool {
        matches!(
            (self.version6, self.icmp_type, self.code),
            (false, 3, 4) | (true, 2, _)
        )
    }

    /// Whether it says that nobody listens on the port.
    #[must_use]
    pub const fn port_unreachable(&self) -> bool {
        matches!(
            (self.version6, self.icmp_type, self.code),
            (false, 3, 3) | (true, 1, 4)
        )
    }

    /// Whether it says that fragments did not all come in time.
    #[must_use]
    pub const fn reassembly_time_exceeded(&self) -> bool {
        matches!(
            (self.version6, self.icmp_type, self.code),
            (false, 11, 1) | (true, 3, 1)
        )
    }
}
