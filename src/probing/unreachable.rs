//! What the system itself says of an address.

use std::io::{self, ErrorKind};

/// Why nothing can be sent there, or no connection can be made, as a sentence of the report.
pub(super) fn why(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            "the TCP connection was refused with a reset: nothing listens there".to_owned()
        }
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            "the peer closed every TCP connection".to_owned()
        }
        _ => format!("this machine cannot send there: {error}"),
    }
}
