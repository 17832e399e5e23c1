//! Bounds of what is remembered.

/// Ends of messages remembered per exchange, each a possible initialization vector of another message. An exchange of
/// IKEv1 has at most six messages; XAUTH with retries and retransmissions stays below 64.
pub const MAX_IVS: usize = 64;

/// Exchanges of one ISAKMP SA whose initialization vectors are remembered. Dead peer detection every ten seconds fills this
/// in about eleven hours; older ones are forgotten first, and only a message that comes so late is lost.
pub const MAX_EXCHANGES: usize = 4_096;
