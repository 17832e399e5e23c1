//! Opening of encrypted messages and packets.
