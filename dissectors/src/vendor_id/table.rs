//! Known vendor IDs.

/// A vendor ID, or how vendor IDs start.
pub(super) struct Entry {
    pub(super) octets: &'static [u8],
    /// Whether other octets may follow.
    pub(super) prefix: bool,
    pub(super) name: &'static str,
}

/// Vendor IDs that are known in parts.
pub(super) struct Pattern {
    /// (offset, octets) of what is known.
    pub(super) parts: &'static [(usize, &'static [u8])],
    /// The least length, in octets.
    pub(super) min_length: usize,
    pub(super) name: &'static str,
}

/// Ascending by octets.
pub(super) const ENTRIES: &[Entry] = &[Entry {
    octets: &[
        0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95, 0x45, 0x2f,
    ],
    prefix: false,
    name: "RFC 3947 NAT-T",
}];

/// Vendor IDs with variable octets inside.
pub(super) const PATTERNS: &[Pattern] = &[];
