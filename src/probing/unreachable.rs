//! What the system itself says of an address.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use ikescope_probe::Icmp;

/// In the words of the message that a router or host would send (RFC 792; RFC 4443, section 3.1). `from` stays empty, for
/// nobody sent one.
pub(super) fn as_icmp(error: &io::Error, remote: SocketAddr) -> Icmp {
    let (kind, code) = match (remote.is_ipv4(), error.kind()) {
        (true, ErrorKind::PermissionDenied) => (3, 13),
        (true, ErrorKind::HostUnreachable) => (3, 1),
        (true, ErrorKind::ConnectionRefused) => (3, 3),
        (true, _) => (3, 0),
        (false, ErrorKind::PermissionDenied) => (1, 1),
        (false, ErrorKind::HostUnreachable) => (1, 3),
        (false, ErrorKind::ConnectionRefused) => (1, 4),
        (false, _) => (1, 0),
    };
    Icmp {
        kind,
        code,
        from: None,
    }
}
