//! What is too much, and why.

/// Addresses that are asked without `--yes`: a /24 is what somebody means to ask, more may be a slip of the keyboard.
pub(super) const ASKED_WITHOUT_YES: u64 = 256;

/// Addresses of one list. A million datagrams a second would need twelve days for one each; a longer list is a
/// mistake, most likely a network of IPv6.
pub(super) const MAX_TARGETS: u64 = 1 << 40;

/// Names, addresses and networks of one list: they are held in memory, some hundred octets each.
pub(super) const MAX_ENTRIES: usize = 4 << 20;

/// Octets of a line in a list: a name has at most 253 (RFC 1035, section 2.3.4), a comment may follow.
pub(super) const MAX_LINE: usize = 4096;

/// Names resolved at a time: the system waits for each answer.
pub(super) const RESOLVED_AT_ONCE: usize = 32;
