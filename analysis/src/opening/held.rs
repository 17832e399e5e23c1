//! Messages that are kept until a key for them is known.

use std::sync::Arc;

use ikescope_dissectors::{Issues, Message, Octets};

use crate::observation::{Endpoint, FrameId};

/// An IKE message with its octets.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) octets: Arc<[u8]>,
    pub(crate) src: Endpoint,
    pub(crate) dst: Endpoint,
    pub(crate) frame: FrameId,
}

impl Held {
    pub(crate) fn new(octets: &[u8], src: Endpoint, dst: Endpoint, frame: FrameId) -> Self {
        Self {
            octets: octets.into(),
            src,
            dst,
            frame,
        }
    }

    /// The message again.
    pub(crate) fn message(&self) -> Option<Message<'_>> {
        Message::parse(Octets::new(&self.octets), &mut Issues::default())
    }
}

/// Messages of one SA, each once, the oldest forgotten first.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    messages: Vec<Held>,
    octets: usize,
}

impl Waiting {
    /// Keeps a message unless its octets are kept already. Says whether it is new.
    pub(crate) fn add(&mut self, message: Held, limit: usize) -> bool {
        if self
            .messages
            .iter()
            .any(|held| held.octets == message.octets)
        {
            return false;
        }
        self.octets += message.octets.len();
        self.messages.push(message);
        while self.octets > limit && self.messages.len() > 1 {
            let oldest = self.messages.remove(0);
            self.octets -= oldest.octets.len();
        }
        true
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Held> {
        self.messages.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Takes all out.
    pub(crate) fn take(&mut self) -> Vec<Held> {
        self.octets = 0;
        std::mem::take(&mut self.messages)
    }

    /// Puts back what still waits.
    pub(crate) fn put(&mut self, message: Held) {
        self.octets += message.octets.len();
        self.messages.push(message);
    }
}
