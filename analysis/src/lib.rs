//! What packets mean together: exchanges, retransmissions, tunnels
