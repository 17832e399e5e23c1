//! One file a command.

mod generate;
mod inspect;
mod interfaces;
mod run;

pub(crate) use run::run;
