//! Bounds of what is remembered while a capture is read.

/// Addresses whose facts are kept: more than a gateway has peers at one time.
pub(super) const MAX_PEERS: usize = 4_096;

/// IKE SAs whose negotiation is remembered, at some 2 KiB each while they are set up.
pub(super) const MAX_SAS: usize = 4_096;

/// The same of a conversation of our own, of which there are thousands at a time: a prober has few exchanges in flight.
pub(super) const MAX_OWN_SAS: usize = 16;

/// Requests of one IKE SA whose answer is awaited. A window is one message in practice.
pub(super) const MAX_PENDING: usize = 32;

/// Message IDs of one IKE SA whose octets are remembered, by direction and fragment.
pub(super) const MAX_MESSAGES: usize = 512;

/// Facts of one kind about one peer. Equal ones are kept once.
pub(super) const MAX_FACTS: usize = 128;

/// Public values, nonces and initialization vectors of IKE that are remembered to find them again.
pub(super) const MAX_VALUES: usize = 65_536;

/// Flows of ESP and AH.
pub(super) const MAX_FLOWS: usize = 4_096;

/// Initialization vectors of ESP that are remembered to find them again: some seconds of a fast link, or hours of a slow
/// one. Counters that repeat do so soon after a restart.
pub(super) const MAX_ESP_IVS: usize = 262_144;

/// Child SAs whose algorithms are known.
pub(super) const MAX_CHILDREN: usize = 16_384;

/// Selectors of one IKE SA.
pub(super) const MAX_SELECTORS: usize = 64;

/// Packets in clear beside tunnels that await the ESP packet that carries them, and the other way round: what a fast link
/// takes in the time that is waited.
pub(super) const MAX_TWINS: usize = 4_096;

/// First messages of one initiator that are remembered for each responder.
pub(super) const MAX_TRIED: usize = 64;

/// SPIs of one peer in which a counter is looked for.
pub(super) const MAX_SPIS: usize = 64;
