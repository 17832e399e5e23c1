//! One file a format.

pub(super) mod fortigate;
pub(super) mod iked;
pub(super) mod ikescope;
pub(super) mod ipsecctl;
pub(super) mod libreswan;
pub(super) mod mikrotik;
mod printed_sa;
pub(super) mod psk;
pub(super) mod racoon;
pub(super) mod setkey;
pub(super) mod strongswan;
pub(super) mod tcpdump;
pub(super) mod vpp;
pub(super) mod wireshark;
pub(super) mod xfrm;
