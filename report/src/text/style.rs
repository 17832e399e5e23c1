//! Colours, as the octets that switch them on and off.

use colored::Color;

/// What is coloured and how; all empty without colours.
#[derive(Clone, Debug, Default)]
pub(super) struct Styles {
    pub(super) exchange: Vec<u8>,
    pub(super) dim: Vec<u8>,
    pub(super) repeated: Vec<u8>,
    pub(super) bad: Vec<u8>,
    pub(super) end: Vec<u8>,
}

impl Styles {
    pub(super) fn new(color: bool) -> Self {
        if !color {
            return Self::default();
        }
        let foreground = |color: Color| format!("\x1b[{}m", color.to_fg_str()).into_bytes();
        Self {
            exchange: foreground(Color::Cyan),
            dim: foreground(Color::BrightBlack),
            repeated: foreground(Color::Yellow),
            bad: foreground(Color::Red),
            end: b"\x1b[0m".to_vec(),
        }
    }
}
