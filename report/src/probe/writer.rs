//! What all formats of a probe have in common.

use std::io;

use ikescope_probe::Report;

/// Takes reports of targets as they end.
pub trait ProbeWriter {
    /// One target.
    ///
    /// # Errors
    /// The writer's.
    fn target(&mut self, report: &Report) -> io::Result<()>;

    /// The end.
    ///
    /// # Errors
    /// The writer's.
    fn finish(&mut self) -> io::Result<()>;
}
