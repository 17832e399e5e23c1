//! The strategy of IKEv2.

use std::cell::RefCell;
use std::rc::Rc;

use crate::config::Config;
use crate::dialogue::Dialogue;

use super::report::Ikev2Report;

/// Asks what IKEv2 accepts.
pub async fn ask(_dialogue: Dialogue, _config: Config, _report: Rc<RefCell<Ikev2Report>>) {}
