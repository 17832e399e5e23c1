//! How to ask IKEv1.

use std::sync::{Arc, OnceLock};

use ikescope_dissectors::registries::ikev1::AuthenticationMethod;

use super::universe::{Ordered, Universe};

/// Questions of IKEv1.
#[derive(Clone, Debug)]
pub struct Ikev1Config {
    /// Identity sent in aggressive mode: a name, a mail address or an address; our own address in place of it.
    pub identity: Option<String>,
    /// What is asked about. What is set after the first probe has begun does not count.
    pub universe: Universe,
    /// Made for the first probe; copies share them, for ordering takes longer than asking.
    main: Arc<OnceLock<Arc<Ordered>>>,
    aggressive: Arc<OnceLock<Arc<Ordered>>>,
}

impl Default for Ikev1Config {
    fn default() -> Self {
        Self {
            identity: None,
            universe: Universe::known(),
            main: Arc::default(),
            aggressive: Arc::default(),
        }
    }
}

impl Ikev1Config {
    pub(super) fn of_main_mode(&self) -> Arc<Ordered> {
        let ordered = || Arc::new(Ordered::new(self.universe.clone()));
        Arc::clone(self.main.get_or_init(ordered))
    }

    pub(super) fn of_aggressive_mode(&self) -> Arc<Ordered> {
        let ordered = || {
            let mut universe = self.universe.clone();
            universe
                .authentications
                .retain(|method| OF_AGGRESSIVE_MODE.contains(method));
            Arc::new(Ordered::new(universe))
        };
        Arc::clone(self.aggressive.get_or_init(ordered))
    }
}

/// Methods that are used in aggressive mode; each group is asked on its own there, which makes others expensive.
const OF_AGGRESSIVE_MODE: [AuthenticationMethod; 4] = [
    AuthenticationMethod::PSK,
    AuthenticationMethod::RSA_SIG,
    AuthenticationMethod::XAUTH_INIT_PSK,
    AuthenticationMethod::HYBRID_INIT_RSA,
];
