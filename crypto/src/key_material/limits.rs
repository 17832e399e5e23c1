//! Bounds of what is read from a file of key material.

/// Keys of one file. A gateway's dump of 100,000 tunnels has 200,000 SAs; a key takes about 400 octets.
pub const MAX_KEYS: usize = 1 << 20;

/// Problems of one file that are kept; a file of another kind would otherwise give one a line.
pub const MAX_PROBLEMS: usize = 100;

/// Octets of a line that are looked at. A packet of 65,535 octets in hexadecimal, as FortiGate logs it, fits twice.
pub const MAX_LINE: usize = 1 << 18;

/// Octets of a file that are looked at together. What is no larger is read at once, in less than a millisecond.
pub(super) const READ_AT_ONCE: usize = 1 << 16;

/// Entries of each run of one form that are read at once too: they say what the file is, and a list of keys that opened
/// nothing begins with them.
pub(super) const READ_FIRST: usize = 32;

/// IKE SAs, threads or half-read SAs of a log that are remembered at one time. When there are more, what is unfinished is
/// forgotten: a daemon has hundreds of threads, and a gateway tens of thousands of IKE SAs.
pub(super) const MAX_CONTEXTS: usize = 1 << 17;

/// Octets of a dump in a log. Keys have at most 1,024 (MODP-8192), a seed of several key exchanges some thousands.
pub(super) const MAX_DUMP: usize = 1 << 14;
