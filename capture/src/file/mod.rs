//! Capture files and streams: pcap and pcapng, plain or compressed

mod pcap;
mod pcapng;
mod read_ahead;
mod reader;
mod window;
mod zstd;

pub use reader::FileReader;
