//! Numbers of IP, UDP and TCP that concern IPsec, and those that traffic selectors usually name.

use crate::registry::registry;

registry! {
    /// IP protocol numbers (IPv4 Protocol, IPv6 Next Header).
    pub struct IpProtocol(u8) = "protocol", reserved [255];
    1 ICMP "ICMP" ["RFC 792"];
    2 IGMP "IGMP" ["RFC 1112"];
    4 IPV4 "IPv4" title "IPv4 encapsulation" ["RFC 2003"];
    6 TCP "TCP" ["RFC 9293"];
    17 UDP "UDP" ["RFC 768"];
    41 IPV6 "IPv6" title "IPv6 encapsulation" ["RFC 2473"];
    44 IPV6_FRAG "IPv6-Frag" title "Fragment Header for IPv6" ["RFC 8200"];
    47 GRE "GRE" ["RFC 2784"];
    50 ESP "ESP" title "Encap Security Payload" ["RFC 4303"];
    51 AH "AH" title "Authentication Header" ["RFC 4302"];
    58 IPV6_ICMP "IPv6-ICMP" title "ICMP for IPv6" ["RFC 4443"];
    59 IPV6_NO_NXT "IPv6-NoNxt" title "No Next Header for IPv6" ["RFC 4303"];
    60 IPV6_OPTS "IPv6-Opts" title "Destination Options for IPv6" ["RFC 8200"];
    89 OSPF "OSPFIGP" title "OSPF" ["RFC 2328"];
    108 IPCOMP "IPComp" title "IP Payload Compression Protocol" ["RFC 3173"];
    115 L2TP "L2TP" title "Layer Two Tunneling Protocol" ["RFC 3931"];
    132 SCTP "SCTP" title "Stream Control Transmission Protocol" ["RFC 9260"];
    139 HIP "HIP" title "Host Identity Protocol" ["RFC 7401"];
    140 SHIM6 "Shim6" ["RFC 5533"];
    141 WESP "WESP" title "Wrapped Encapsulating Security Payload" ["RFC 5840"];
    142 ROHC "ROHC" title "Robust Header Compression" ["RFC 5858"];
    144 AGGFRAG "AGGFRAG" title "IP-TFS payload" ["RFC 9347"];
}

registry! {
    /// UDP and TCP ports that carry IKE or ESP.
    pub struct Port(u16) = "port", reserved [0], private [49152..=65535];
    500 ISAKMP "isakmp" ["RFC 2408"];
    848 GDOI "gdoi" ["RFC 6407, RFC 9838"];
    4500 IPSEC_NAT_T "ipsec-nat-t" ["RFC 3947, RFC 3948, RFC 9329"];
    10000 CISCO_CTCP "Cisco cTCP / IPsec-over-UDP" ["Wireshark"];
}
