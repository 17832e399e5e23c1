//! Packets from capture files and interfaces, up to the datagram
