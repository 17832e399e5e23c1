//! What every format of `inspect` can do.

use std::io;

use ikescope_analysis::Observation;
use ikescope_capture::Timestamp;

/// Writes the packets of a capture one after the other.
pub trait PacketWriter {
    /// Writes one packet. What stands in the same frame as the packet before may be joined with it.
    ///
    /// # Errors
    /// What the writer below says, a closed pipe too.
    fn packet(&mut self, observation: &Observation<'_>) -> io::Result<()>;

    /// Passes on what is known: for live capture, when no frame is waiting.
    ///
    /// # Errors
    /// What the writer below says, a closed pipe too.
    fn flush(&mut self) -> io::Result<()>;

    /// Writes what comes behind the last packet, and passes everything on.
    ///
    /// # Errors
    /// What the writer below says, a closed pipe too.
    fn finish(&mut self, capture: &CaptureSummary) -> io::Result<()>;
}

/// The capture as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureSummary {
    /// Names of the inputs in the order in which they were named.
    pub files: Vec<String>,
    /// Frames read, those without IPsec too.
    pub packets: u64,
    /// Time of the first frame.
    pub first: Option<Timestamp>,
    /// Time of the last frame.
    pub last: Option<Timestamp>,
    /// Why reading stopped early, in one sentence.
    pub unreadable: Option<String>,
}
