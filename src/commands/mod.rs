//! One file a command.

mod audit;
mod decrypt;
mod diagnose;
pub(crate) mod explain;
mod generate;
mod inspect;
mod interfaces;
mod probe;
mod run;
mod secrets;

pub(crate) use run::run;
