//! The bounds of everything that grows with the input, each with its reason
//!
//! Reaching one of the bounds of [`Stack`](crate::Stack) is counted in [`Dropped`](crate::Dropped).

/// Octets read at once from an uncompressed file that is read alone. Smaller ones wake the thread that reads ahead more
/// often, larger ones do not fit in a processor's second cache.
pub const READ_BUFFER: usize = 1 << 18;

/// Octets of a file from which on a thread reads ahead; smaller ones are read sooner than it starts.
pub(crate) const READ_AHEAD_FROM: u64 = 1 << 22;

/// Octets read at once when many files are merged, so that a thousand rotated files take 64 MiB.
pub const SMALL_READ_BUFFER: usize = 1 << 16;

/// Octets of one packet record or pcapng block that is held whole. libpcap refuses packets over 262,144 octets on all
/// links but USB; a larger record is a corrupt length.
pub const MAX_BLOCK: usize = 16 << 20;

/// Interfaces described in one pcapng section. `any` on a large router has some thousands.
pub const MAX_INTERFACES: usize = 1 << 16;

/// IP headers around the delivered one. Tunnels in tunnels exist, more than eight are a loop or an attack.
pub const MAX_OUTER: u8 = 8;

/// Steps between a frame and its IP header (VLAN tags, labels, PPPoE, inner Ethernet). Each has at least two octets, so
/// a jumbo frame could otherwise hold thousands.
pub const MAX_LINK_STEPS: usize = 64;

/// Fragmented IP datagrams put together at the same time.
pub const MAX_FRAGMENTED: usize = 1024;

/// Octets held for all fragmented IP datagrams together: 256 datagrams of the largest size.
pub const MAX_FRAGMENT_OCTETS: usize = 16 << 20;

/// Fragments of one datagram. 65,535 octets in fragments of the smallest IPv6 link are 53; of the smallest IPv4 link 1,365.
pub const MAX_FRAGMENTS: usize = 2048;

/// Seconds in capture time after which the fragments of a datagram are given up (RFC 8200, section 4.5).
pub const MAX_FRAGMENT_AGE: i64 = 60;

/// Directions of TCP connections followed at the same time.
pub const MAX_STREAMS: usize = 4096;

/// Octets held of one direction of a TCP connection: segments behind a gap and the record that is not complete. Four
/// times the largest record.
pub const MAX_STREAM_OCTETS: usize = 256 << 10;

/// Segments held of one direction behind a gap.
pub const MAX_STREAM_SEGMENTS: usize = 256;

/// TCP ports that are followed because a stream there began as one of IKE does. Real ones use 4500 or 443; more are made up.
pub const MAX_STREAM_PORTS: usize = 64;

/// Octets held for all TCP connections together.
pub const MAX_STREAMS_OCTETS: usize = 32 << 20;

/// Notes kept for one datagram.
pub const MAX_NOTES: usize = 6;

/// Octets a zstd stream may refer back to: what `zstd -d` holds without being asked for more.
pub const MAX_ZSTD_WINDOW: u64 = 128 << 20;
