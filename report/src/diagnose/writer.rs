//! What every format of `diagnose` can do.

use std::io;

use ikescope_analysis::diagnosis::{Comparison, Diagnosis};
use ikescope_analysis::tunnels::{CaptureFacts, Flow, Tunnel};

use crate::packet_writer::CaptureSummary;

/// What is said when the capture has ended.
#[derive(Clone, Copy, Debug)]
pub struct Overview<'a> {
    /// The inputs.
    pub summary: &'a CaptureSummary,
    /// What was counted.
    pub facts: &'a CaptureFacts,
    /// Flows of ESP and AH that belong to no tunnel.
    pub flows: &'a [Flow],
    /// Diagnoses of the capture as a whole.
    pub diagnoses: &'a [Diagnosis],
    /// Tunnels that the user did not ask for.
    pub not_selected: u64,
}

/// What becomes of a tunnel in a format that knows nothing of the other tunnels.
pub type Prepare = fn(&Tunnel, &[Diagnosis], &mut Vec<u8>) -> io::Result<()>;

/// A tunnel that was judged.
#[derive(Debug)]
pub struct Judged {
    /// The best explanation first.
    pub diagnoses: Vec<Diagnosis>,
    /// The offers of both sides if they explain anything.
    pub comparison: Option<Comparison>,
    /// What [`DiagnoseWriter::preparation`] made of it; empty where there is none.
    pub prepared: Vec<u8>,
}

/// Writes tunnels as they end, and then what is known of the capture.
pub trait DiagnoseWriter {
    /// What can be done with a tunnel before those that stand before it are written: on another thread.
    fn preparation(&self) -> Option<Prepare>;

    /// Writes one tunnel.
    ///
    /// # Errors
    /// What the writer below says, a closed pipe too.
    fn tunnel(&mut self, tunnel: &Tunnel, judged: &Judged) -> io::Result<()>;

    /// Passes on what is known: for live capture, when no frame is waiting.
    ///
    /// # Errors
    /// What the writer below says, a closed pipe too.
    fn flush(&mut self) -> io::Result<()>;

    /// Writes what comes behind the last tunnel, and passes everything on.
    ///
    /// # Errors
    /// What the writer below says, a closed pipe too.
    fn finish(&mut self, overview: &Overview<'_>) -> io::Result<()>;
}
