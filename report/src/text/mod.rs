//! Text for a terminal: one line a packet, and the tree of what it holds.

pub(crate) mod clock;
mod hexdump;
mod line;
mod options;
mod style;
mod table;
mod tree;
mod writer;

pub use options::{TextOptions, TimeColumn};
pub use writer::TextWriter;
