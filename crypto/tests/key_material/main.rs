//! Key material of real daemons, read and compared with what another reader made of the same logs.

#![allow(missing_docs, unreachable_pub)]

mod formats;
mod lab;
mod laws;
