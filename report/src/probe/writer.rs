//! What all formats of a probe have in common.

use std::io;

use ikescope_analysis::audit::Found;
use ikescope_probe::Report;

/// Takes reports of targets as they end.
pub trait ProbeWriter {
    /// One target, and what an audit says of it.
    ///
    /// # Errors
    /// The writer's.
    fn target(&mut self, report: &Report, found: &[Found]) -> io::Result<()>;

    /// The end.
    ///
    /// # Errors
    /// The writer's.
    fn finish(&mut self) -> io::Result<()>;
}
