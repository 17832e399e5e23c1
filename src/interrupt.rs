//! Ctrl-C: the first stops reading and what is known is printed, the second ends the program.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::{Error, INTERRUPTED};

/// Whether the user wants an end.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on. Once a process.
    pub(crate) fn listen() -> Result<Self, Error> {
        let flag = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&flag);
        ctrlc::set_handler(move || {
            if shared.swap(true, Ordering::Relaxed) {
                process::exit(INTERRUPTED.into());
            }
        })
        .map_err(|error| Error::Unable(format!("Ctrl-C cannot be listened to: {error}")))?;
        Ok(Self(flag))
    }

    /// Whether Ctrl-C was pressed.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
