//! How to ask IKEv1.

/// Questions of IKEv1.
#[derive(Clone, Debug, Default)]
pub struct Ikev1Config {
    /// Identity sent in aggressive mode; the address in place of it.
    pub identity: Option<String>,
}
