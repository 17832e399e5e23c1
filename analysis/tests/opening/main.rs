//! Opening, held against captures of real peers (`testdata`): their logs, the notes about what happened, tshark's own
//! decryption, and independent plaintexts.

mod capture;
mod order;
mod packets;
mod plaintext;
mod proofs;
mod sources;
