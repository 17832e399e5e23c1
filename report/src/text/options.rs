//! How text is to look.

use jiff::tz::TimeZone;

/// How text is to look.
#[derive(Clone, Debug)]
pub struct TextOptions {
    /// The time column.
    pub time: TimeColumn,
    /// The decoded tree below each line.
    pub verbose: bool,
    /// The octets of each datagram, and no octet string of the tree shortened.
    pub octets: bool,
    /// Colours.
    pub color: bool,
    /// Columns that the tree may take; lines about packets are as long as they are.
    pub width: usize,
    /// Frames are written with the number of their file, from 1: `2:17`.
    pub several_files: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            time: TimeColumn::Utc,
            verbose: false,
            octets: false,
            color: false,
            width: 100,
            several_files: false,
        }
    }
}

/// What stands in the time column.
#[derive(Clone, Debug, Default)]
pub enum TimeColumn {
    /// Time of day, UTC.
    #[default]
    Utc,
    /// Time of day in this zone.
    Local(TimeZone),
    /// Seconds since the first packet.
    Relative,
    /// Seconds since the packet before.
    Delta,
}
