//! Bounds of what is read from a file of key material.

/// Keys of one file. A gateway's dump of 100,000 tunnels has 200,000 SAs; a key takes about 400 octets.
pub const MAX_KEYS: usize = 1 << 20;

/// Problems of one file that are kept; a file of another kind would otherwise give one a line.
pub const MAX_PROBLEMS: usize = 100;

/// Octets of a line that are looked at. A packet of 65,535 octets in hexadecimal, as FortiGate logs it, fits twice.
pub const MAX_LINE: usize = 1 << 18;
