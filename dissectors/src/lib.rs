//! IPsec on the wire: octets to messages and back, and the IANA registries
