//! Every bound of this crate, with the reason for the number.

/// Issues kept of one buffer. A hostile datagram of 64 KiB could produce one every four octets; a reader stops after
/// the first few.
pub const MAX_ISSUES: usize = 64;

/// Payloads read of one message. The largest honest messages have some dozens (certificate chains, many notifies).
pub(crate) const MAX_PAYLOADS: usize = 256;

/// Proposals, transforms, selectors, attributes or SPIs read of one payload. Windows sends 100 IKEv1 transforms at the
/// most, a prober 255 (the transform number has one octet); IKEv2 proposals of probers have more transforms.
pub(crate) const MAX_ELEMENTS: usize = 2048;
