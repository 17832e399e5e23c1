//! Capture files and streams: pcap and pcapng, plain or compressed

mod frames_ahead;
mod pcap;
mod pcapng;
mod read_ahead;
mod reader;
mod window;
mod zstd;

pub(crate) use frames_ahead::FramesAhead;
pub use reader::FileReader;
