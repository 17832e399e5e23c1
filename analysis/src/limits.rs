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

/// IKE SAs of which keys and facts are remembered. What is known of one takes some kilobytes.
pub(crate) const MAX_IKE_SAS: usize = 4_096;

/// Octets of IKE messages of one SA that wait for keys. An IKE_AUTH with certificates has some 10 KiB.
pub(crate) const MAX_WAITING_OCTETS: usize = 256 << 10;

/// ESP and AH SAs that were derived: two for each child and each rekeying, some 300 octets each.
pub(crate) const MAX_CHILDREN: usize = 262_144;

/// Sets of keys between two addresses from which a child's may follow.
pub(crate) const MAX_SEEDS: usize = 64;

/// IKE_SA_INIT requests of one initiator SPI: the first, with a cookie, with another group.
pub(crate) const MAX_INIT_REQUESTS: usize = 8;

/// Sets of keys of one pair of SPIs: RFC 9370 has eight; several sources may tell each.
pub(crate) const MAX_EPOCHS: usize = 32;

/// Exchanges of one IKE SA that are remembered until request and response are there.
pub(crate) const MAX_PAIRS: usize = 1_024;

/// Messages in SKF fragments that are under way in one IKE SA.
pub(crate) const MAX_SPLIT_MESSAGES: usize = 64;

/// Flows of ESP and AH (SPI and addresses) that are remembered with the key that opens them.
pub(crate) const MAX_FLOWS: usize = 65_536;

/// Packets of one flow on which keys are tried before the flow counts as closed; the first ones may be damaged.
pub(crate) const MAX_FLOW_ATTEMPTS: u32 = 16;

/// High halves of a sequence number that are tried from zero when nothing tells it: 2^48 packets.
pub(crate) const MAX_SEARCHED_HIGH: u32 = 1 << 16;

/// Octets that an IPComp packet may grow to: the largest IP packet (RFC 3173, section 2).
pub(crate) const MAX_DECOMPRESSED: usize = 65_535;

/// ESP within ESP: a tunnel through a tunnel through a tunnel.
pub(crate) const MAX_NESTED: usize = 4;

/// Secrets of one key exchange that are tried.
pub(crate) const MAX_SECRETS: usize = 65_536;

/// Payloads of one kind in one message that are kept, and selectors, attributes and SPIs in one payload.
pub(crate) const MAX_KEPT_PAYLOADS: usize = 64;

/// Vendor ids of one message that are kept. Cisco and Windows send about ten.
pub(crate) const MAX_VENDORS: usize = 32;

/// Octets of a nonce (at most 256 by RFC 7296, section 3.9), of notification data or of an identity that are kept.
pub(crate) const MAX_KEPT_OCTETS: usize = 256;

/// Certificates and certificate requests of one message that are kept: a chain and its issuers.
pub(crate) const MAX_CERTIFICATES: usize = 8;

/// Octets of one certificate that is kept. RSA with 8,192 bits and many names stays below 4 KiB.
pub(crate) const MAX_CERTIFICATE_OCTETS: usize = 8_192;

/// Messages that are kept of all live tunnels together: at about one KiB each a quarter of a GiB. Each tunnel may have
/// its share.
pub(crate) const MAX_KEPT_MESSAGES: usize = 262_144;

/// Messages of one tunnel that are kept when few tunnels are open: a day of rekeys, or half an hour of DPD every ten
/// seconds beside the negotiation.
pub(crate) const MAX_TUNNEL_MESSAGES: usize = 512;

/// Messages of one tunnel that are kept however many are open: a negotiation with EAP and what came last.
pub(crate) const MIN_TUNNEL_MESSAGES: usize = 32;

/// Copies of one message whose frames are kept. Retransmission gives up after a dozen.
pub(crate) const MAX_COPIES: usize = 32;

/// TCP connections whose beginning and end are kept: what fails is tried again, and a few tell of all.
pub(crate) const MAX_TCP_CONNECTIONS: usize = 64;

/// ICMP errors that are kept of one message or flow; of a tunnel twice as many. They repeat themselves.
pub(crate) const MAX_ICMP: usize = 8;

/// Tunnels that are open at one time: more than a large gateway has. At about 10 KiB each, with their messages.
pub(crate) const MAX_LIVE_TUNNELS: usize = 16_384;

/// Tunnels that ended and are still shown to rules about their successors.
pub(crate) const MAX_PAST_TUNNELS: usize = 256;

/// Flows of ESP and AH. Three for each direction of every tunnel: rekeys leave the old ones behind. About a KiB each.
pub(crate) const MAX_TRACKED_FLOWS: usize = 98_304;

/// Changes of address or port of one flow that are kept.
pub(crate) const MAX_SOURCE_CHANGES: usize = 16;

/// Pairs of inner addresses of one flow that are compared with its selectors: more of the same prove nothing more.
pub(crate) const MAX_INNER_ENDS: usize = 16;

/// Pairs of addresses whose traffic beside ESP is counted.
pub(crate) const MAX_TRAFFIC: usize = 32_768;

/// IP datagrams in fragments that are under way.
pub(crate) const MAX_OPEN_DATAGRAMS: usize = 1_024;

/// Datagrams of which not all fragments came, and ICMP errors, that are kept of a capture.
pub(crate) const MAX_INCOMPLETE: usize = 64;

/// Sequence numbers below the highest of a flow whose coming is remembered: the largest replay window in common use.
pub(crate) const SEQUENCE_WINDOW: u32 = 1_024;

/// A tunnel that ended is handed out after this long without a packet, so that its last retransmissions and its
/// successor have been seen: longer than any peer goes on retransmitting.
pub(crate) const LINGER_NANOS: i64 = 300_000_000_000;

/// Children of one tunnel: those of a day of hourly rekeys for ten networks.
pub(crate) const MAX_TUNNEL_CHILDREN: usize = 256;

/// Results of trying pre-shared keys that are kept of one tunnel.
pub(crate) const MAX_PSK_CHECKS: usize = 64;
