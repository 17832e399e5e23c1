//! The formats that are read.

use std::fmt;

/// What a piece of key material was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Wireshark's `ikev1_decryption_table`.
    WiresharkIkev1,
    /// Wireshark's `ikev2_decryption_table`.
    WiresharkIkev2,
    /// Wireshark's `esp_sa`, as strongSwan's save-keys plugin writes it too.
    WiresharkEsp,
    /// What `tcpdump -E` takes.
    Tcpdump,
    /// A log of strongSwan with the levels `ike` and `chd` at 4.
    StrongswanLog,
    /// A log of libreswan with `plutodebug=private`.
    LibreswanLog,
    /// `ip xfrm state` of Linux.
    IpXfrm,
    /// `setkey -D` of the BSDs and ipsec-tools.
    Setkey,
    /// `ipsecctl` of OpenBSD.
    Ipsecctl,
    /// The debug output of OpenIKED.
    IkedLog,
    /// `racoon -dd`.
    RacoonLog,
    /// `show ikev2 sa details` of VPP.
    Vpp,
    /// `diagnose vpn tunnel list` of FortiGate.
    FortigateTunnels,
    /// `diagnose debug application ike -1` of FortiGate.
    FortigateLog,
    /// `/ip ipsec installed-sa print` of MikroTik RouterOS.
    Mikrotik,
    /// The keys file of this program.
    Ikescope,
    /// Pre-shared keys, one a line.
    PskFile,
    /// `swanctl.conf` or `ipsec.secrets`.
    SecretsSection,
    /// None: it follows from another key and a capture.
    Derived,
}

impl Format {
    /// The name that `--format json` shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WiresharkIkev1 => "wireshark-ikev1",
            Self::WiresharkIkev2 => "wireshark-ikev2",
            Self::WiresharkEsp => "wireshark-esp",
            Self::Tcpdump => "tcpdump",
            Self::StrongswanLog => "strongswan-log",
            Self::LibreswanLog => "libreswan-log",
            Self::IpXfrm => "ip-xfrm",
            Self::Setkey => "setkey",
            Self::Ipsecctl => "ipsecctl",
            Self::IkedLog => "iked-log",
            Self::RacoonLog => "racoon-log",
            Self::Vpp => "vpp",
            Self::FortigateTunnels => "fortigate-tunnels",
            Self::FortigateLog => "fortigate-log",
            Self::Mikrotik => "mikrotik",
            Self::Ikescope => "ikescope",
            Self::PskFile => "psk-file",
            Self::SecretsSection => "ipsec-secrets",
            Self::Derived => "derived",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
