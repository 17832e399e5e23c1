//! What is known of the capture as a whole.

use std::net::IpAddr;

use ikescope_capture::Timestamp;

use super::flow::{Flow, IcmpError};
use super::tcp::TcpConnection;
use super::tunnel::Tunnel;
use crate::observation::FrameId;

/// The capture as a whole.
#[derive(Clone, Debug, Default)]
pub struct CaptureFacts {
    /// Datagrams and frames seen, those without IPsec too.
    pub packets: u64,
    /// Time of the first.
    pub first: Option<Timestamp>,
    /// Time of the last.
    pub last: Option<Timestamp>,
    /// IKE messages.
    pub ike_messages: u64,
    /// ESP packets.
    pub esp_packets: u64,
    /// AH packets.
    pub ah_packets: u64,
    /// ICMP messages of every kind.
    pub icmp_packets: u64,
    /// Packets whose octets depart from the standards.
    pub malformed: u64,
    /// Packets that the snap length cut, IPsec only.
    pub truncated: u64,
    /// The first such frame.
    pub truncated_frame: Option<FrameId>,
    /// Packets that were captured twice.
    pub duplicates: u64,
    /// Frames with a time before that of the frame before.
    pub backwards: u64,
    /// The first such frame.
    pub backwards_frame: Option<FrameId>,
    /// IP fragments that may be of IPsec.
    pub fragments: u64,
    /// Datagrams of which not all fragments came, at most 64.
    pub incomplete: Vec<FragmentedDatagram>,
    /// How many datagrams there were of which not all fragments came.
    pub incomplete_count: u64,
    /// What passed from one address to another beside ESP and AH, ascending by the two addresses.
    pub traffic: Vec<Traffic>,
    /// TCP connections on which IKE may come, at most 64, in the order in which they began.
    pub tcp: Vec<TcpConnection>,
    /// ICMP errors about IPsec that belong to no tunnel and no flow seen, at most 64.
    pub icmp: Vec<IcmpError>,
    /// Tunnels that were given up before they ended because too many were open.
    pub crowded: u64,
    /// Tunnels and flows that were not counted because too many were open.
    pub forgotten_flows: u64,
}

/// Fragments of a datagram that was never whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentedDatagram {
    /// Source.
    pub src: IpAddr,
    /// Destination.
    pub dst: IpAddr,
    /// IP protocol.
    pub protocol: u8,
    /// IP identification.
    pub id: u32,
    /// Frame of the first one seen.
    pub frame: FrameId,
    /// Its time.
    pub time: Option<Timestamp>,
    /// Fragments seen.
    pub fragments: u32,
    /// Whether the first fragment, with the ports, is among them.
    pub has_first: bool,
    /// Whether the last fragment is among them.
    pub has_last: bool,
}

/// What passed from one address to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Source.
    pub src: IpAddr,
    /// Destination.
    pub dst: IpAddr,
    /// IKE messages.
    pub ike: u64,
    /// NAT keepalives.
    pub keepalives: u64,
    /// IP fragments that may be of IPsec.
    pub fragments: u64,
    /// Packets that are not of IPsec.
    pub other: u64,
    /// The first frame that is not of IPsec.
    pub other_frame: Option<FrameId>,
    /// Time of the first packet.
    pub first: Option<Timestamp>,
    /// Time of the last packet.
    pub last: Option<Timestamp>,
}

/// What a rule may look at beside the tunnel it judges.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The capture so far; at the end of the capture all of it.
    pub capture: &'a CaptureFacts,
    /// All tunnels that are known now, in the order in which they began, the judged one among them.
    pub tunnels: &'a [&'a Tunnel],
    /// Flows of ESP and AH that belong to no tunnel seen.
    pub flows: &'a [Flow],
}

impl<'a> Surroundings<'a> {
    /// Other tunnels between the same two addresses, in either direction.
    pub fn same_peers(&self, tunnel: &'a Tunnel) -> impl Iterator<Item = &'a Tunnel> {
        let (one, other) = (tunnel.initiator.address, tunnel.responder.address);
        self.tunnels.iter().copied().filter(move |candidate| {
            let ends = (candidate.initiator.address, candidate.responder.address);
            candidate.id != tunnel.id && (ends == (one, other) || ends == (other, one))
        })
    }

    /// What passed from one address to another.
    #[must_use]
    pub fn traffic(&self, src: IpAddr, dst: IpAddr) -> Option<&'a Traffic> {
        let list = &self.capture.traffic;
        let at = list
            .binary_search_by_key(&(src, dst), |traffic| (traffic.src, traffic.dst))
            .ok()?;
        list.get(at)
    }
}
