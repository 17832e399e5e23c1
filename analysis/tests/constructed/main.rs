//! Failures that no daemon of the lab produces, and their look-alikes: each rule with what just triggers it and what just
//! does not.

mod authentication;
mod negotiation;
mod reachability;
mod wire;
