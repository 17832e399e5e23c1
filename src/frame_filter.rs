//! Filters of libpcap on frames of files.

use ikescope_capture::{CaptureError, Frame};

use crate::exit::Error;

/// A filter expression, compiled for each link type that is met.
#[cfg(feature = "live")]
pub(crate) struct FrameFilter {
    expression: String,
    compiled: Vec<(ikescope_capture::LinkType, ikescope_capture::filter::Bpf)>,
}

#[cfg(feature = "live")]
impl FrameFilter {
    pub(crate) fn new(expression: &str) -> Result<Self, Error> {
        Ok(Self {
            expression: expression.to_owned(),
            compiled: Vec::new(),
        })
    }

    /// Whether the frame matches; fails if the expression is wrong, or means nothing on this link type.
    pub(crate) fn matches(&mut self, frame: &Frame<'_>) -> Result<bool, CaptureError> {
        let known = self.compiled.iter().find(|(link, _)| *link == frame.link);
        if let Some((_, program)) = known {
            return Ok(program.matches(frame.octets));
        }
        let program = ikescope_capture::filter::Bpf::compile(&self.expression, frame.link)?;
        let matches = program.matches(frame.octets);
        self.compiled.push((frame.link, program));
        Ok(matches)
    }
}

/// Without libpcap there is none.
#[cfg(not(feature = "live"))]
pub(crate) enum FrameFilter {}

#[cfg(not(feature = "live"))]
impl FrameFilter {
    pub(crate) fn new(_: &str) -> Result<Self, Error> {
        Err(Error::Usage(
            "--filter needs libpcap, which this ikescope was built without; --host, --spi, --frames and --port select packets".to_owned(),
        ))
    }

    pub(crate) fn matches(&mut self, _: &Frame<'_>) -> Result<bool, CaptureError> {
        match *self {}
    }
}
