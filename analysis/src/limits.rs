//! Every bound of this crate, with the reason for the number.

/// Tunnels that are remembered by their initiator SPI: more than a gateway with 10,000 of them has, at some 30 octets
/// each.
pub(crate) const MAX_TUNNELS: usize = 16_384;

/// Exchanges whose messages are remembered, to find retransmissions and answers: what is under way at one time, and
/// what a peer still repeats minutes later. At some 500 octets each this is most of the memory of a run, and stays
/// below 10 MiB.
pub(crate) const MAX_EXCHANGES: usize = 8_192;

/// Distinct messages of one exchange. Main mode has six, EAP some dozens in one IKE_AUTH each with its own message
/// number; fragments count one each.
pub(crate) const MAX_MESSAGES: usize = 64;

/// ESP and AH packets that are remembered to find those captured twice. The second copy follows within a few packets; 32
/// KiB of them stay in the first cache. A power of two.
pub(crate) const RECENT_PACKETS: usize = 1_024;

/// IKEv1 messages that are being put together from fragments.
pub(crate) const MAX_FRAGMENTED: usize = 256;

/// Fragments of one IKEv1 message. The number has one octet; the largest message, 64 KiB, in fragments of 512 octets.
pub(crate) const MAX_FRAGMENTS: usize = 128;

/// Datagrams whose first fragment told whether they concern IPsec.
pub(crate) const MAX_FRAGMENTED_DATAGRAMS: usize = 1_024;

/// Copies of one message that are further apart than this were sent twice and not captured twice. No IKE timer is
/// shorter than some hundred milliseconds; a mirrored port or an "any" interface shows the copy within microseconds.
pub(crate) const CAPTURED_TWICE_NANOS: i64 = 20_000_000;

/// Octets of one IKEv1 message in fragments: what fits in one UDP datagram, which is what it replaces.
pub(crate) const MAX_FRAGMENTED_OCTETS: usize = 65_535;

/// Proposals of one SA payload that are kept. strongSwan's default offer has 2, the largest of the corpus 24.
pub(crate) const MAX_PROPOSALS: usize = 64;

/// Transforms of one proposal that are kept: every algorithm of the registries, and more.
pub(crate) const MAX_TRANSFORMS: usize = 128;
