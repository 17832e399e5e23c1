//! Key exchange methods, by their numbers: public values, shared secrets, and the tests a public value must pass.
//!
//! Arithmetic is that of `crypto-bigint`, whose multiplications do not depend on the numbers, but the ladders over it are
//! written for reading captures: time spent may tell about a private value.

mod curve;
mod curves;
mod method;
mod ml_kem;
mod modp;
mod modp_groups;
mod montgomery;
mod number;

pub use method::{KeyExchange, KeyExchangeFacts, respond};

pub(crate) use curves::{CURVES, Curve};
pub(crate) use number::{Field, number, octets};
