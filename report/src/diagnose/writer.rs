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
}

/// Writes tunnels as they end, and then what is known of the capture.
pub trait DiagnoseWriter {
    /// Writes one tunnel with its diagnoses, the best explanation first, and the offers of both sides if they explain
    /// anything.
    ///
    /// # Errors
    /// What the writer below says, a closed pipe too.
    fn tunnel(
        &mut self,
        tunnel: &Tunnel,
        diagnoses: &[Diagnosis],
        comparison: Option<&Comparison>,
    ) -> io::Result<()>;

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
