//! Filter expressions of libpcap, for frames of any source

use crate::{CaptureError, LinkType};
use pcap::{BpfProgram, Capture, Linktype};
use std::fmt;

/// A compiled filter expression (`man pcap-filter`) for one link type
pub struct Bpf {
    expression: String,
    program: BpfProgram,
}

impl Bpf {
    /// Compiles an expression for frames of a link type
    ///
    /// # Errors
    /// [`CaptureError::Filter`] with libpcap's message, also when libpcap cannot filter this link type.
    pub fn compile(expression: &str, link: LinkType) -> Result<Self, CaptureError> {
        let failed = |error: pcap::Error| CaptureError::Filter {
            expression: expression.to_owned(),
            message: message(&error),
        };
        let dead = Capture::dead(data_link_type(link)).map_err(failed)?;
        Ok(Self {
            expression: expression.to_owned(),
            program: dead.compile(expression, true).map_err(failed)?,
        })
    }

    /// Whether the octets of a frame match
    pub fn matches(&self, octets: &[u8]) -> bool {
        self.program.filter(octets)
    }
}

impl fmt::Debug for Bpf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bpf")
            .field("expression", &self.expression)
            .finish_non_exhaustive()
    }
}

/// Files number a few link types otherwise than libpcap's programs do.
fn data_link_type(link: LinkType) -> Linktype {
    Linktype(match link {
        LinkType::RAW => 12,
        LinkType(100) => 11,
        other => i32::from(other.0),
    })
}

/// What libpcap said, without the name of its crate
pub(crate) fn message(error: &pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) => message.trim().to_owned(),
        other => other.to_string(),
    }
}
