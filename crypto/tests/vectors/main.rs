//! Known answers: published vectors, other implementations, and the key material of real peers.

#![allow(missing_docs, unreachable_pub)]

mod ciphers;
mod derivations;
mod hex;
mod key_exchanges;
mod lab;
mod macs;
mod openings;
mod packets;
mod pcap;
