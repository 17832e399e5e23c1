//! How to ask IKEv1.

use super::universe::Universe;

/// Questions of IKEv1.
#[derive(Clone, Debug)]
pub struct Ikev1Config {
    /// Identity sent in aggressive mode: a name, a mail address or an address; our own address in place of it.
    pub identity: Option<String>,
    /// What is asked about.
    pub universe: Universe,
}

impl Default for Ikev1Config {
    fn default() -> Self {
        Self {
            identity: None,
            universe: Universe::known(),
        }
    }
}
