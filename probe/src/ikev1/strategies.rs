//! The strategies of main mode and aggressive mode.

use std::cell::RefCell;
use std::rc::Rc;

use crate::config::Config;
use crate::dialogue::Dialogue;

use super::report::Ikev1Report;

/// Asks what main mode accepts.
pub async fn ask_main(_dialogue: Dialogue, _config: Config, _report: Rc<RefCell<Ikev1Report>>) {}

/// Asks what aggressive mode accepts.
pub async fn ask_aggressive(
    _dialogue: Dialogue,
    _config: Config,
    _report: Rc<RefCell<Ikev1Report>>,
) {
}
