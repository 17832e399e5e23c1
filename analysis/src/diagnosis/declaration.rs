//! What a diagnosis is, before any capture is read.

/// A failure, or something worth knowing, that the wire can show: declared once, and read by the rules, by `explain`,
/// by the reports and by the tests.
#[derive(Debug)]
pub struct Declaration {
    /// Stable name, as in the reports.
    pub id: &'static str,
    /// In one line, without a full stop.
    pub title: &'static str,
    /// The severity that a tunnel with it gets, unless the rule knows better.
    pub severity: Severity,
    /// How much it explains: of two diagnoses of one severity the one with the greater weight is the better explanation.
    /// 0 to 19: an observation beside others; 20 to 39: silence, or a refusal without a reason; 40 to 59: a refusal with a
    /// reason; 60 to 79: the cause behind a refusal or silence; 80 to 99: a cause that was verified.
    pub weight: u8,
    /// What happened and why, for somebody who knows IPsec but not this failure.
    pub explanation: &'static str,
    /// What users and administrators see.
    pub symptom: &'static str,
    /// What packets show without any key.
    pub wire: &'static str,
    /// What is added when the messages are opened; empty when nothing is.
    pub opened: &'static str,
    /// What to look at, and on which side.
    pub checks: &'static [(Side, &'static str)],
    /// What must be known before this can be said.
    pub needs: &'static [Need],
    /// What looks alike, and what separates the two.
    pub competitors: &'static [(&'static str, &'static str)],
    /// Standards: `RFC 7296, section 2.6`.
    pub references: &'static [&'static str],
    /// The diagnosis that is given instead, when this is another name or a special case that the wire cannot tell.
    pub see: Option<&'static str>,
}

/// How much a diagnosis matters to somebody who wants packets to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// It works, but not as well as it should, or not for long.
    Warning,
    /// Packets do not pass.
    Failure,
}

/// How well a diagnosis is founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Fits what was seen, and so do other causes.
    Possible,
    /// Fits better than every other cause, but rests on sizes, timing or messages that anybody could have sent.
    Likely,
    /// A fact of the wire, or decrypted, or verified.
    Certain,
}

/// Where something went wrong, or where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The initiator of the tunnel.
    Initiator,
    /// The responder of the tunnel.
    Responder,
    /// What is between them.
    Network,
    /// Both ends.
    Both,
    /// Cannot be said.
    Unknown,
}

/// What a diagnosis rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// What is in clear: headers, IKE_SA_INIT, messages 1 to 4, ESP headers.
    Clear,
    /// Sizes of encrypted messages.
    Sizes,
    /// When packets came.
    Timing,
    /// Packets of both directions.
    BothDirections,
    /// Other tunnels of the same peers.
    OtherTunnels,
    /// ICMP errors.
    Icmp,
    /// IP fragments.
    Fragments,
    /// Packets outside the tunnel.
    OutsideTraffic,
    /// ESP or AH packets.
    Esp,
    /// Keys of the IKE SA.
    IkeKeys,
    /// Keys of ESP or AH.
    EspKeys,
    /// Candidates for the pre-shared key.
    PreSharedKey,
    /// A second capture, on the other side.
    SecondCapture,
}

impl Declaration {
    /// The version of IKE that it is about, where its title names one or an exchange that only one has.
    #[must_use]
    pub fn version(&self) -> Option<u8> {
        let names = |words: &[&str]| words.iter().any(|word| self.title.contains(word));
        match (
            names(&["IKEv1", "Main mode", "Quick mode", "XAUTH"]),
            names(&["IKEv2", "IKE_SA_INIT", "MOBIKE"]),
        ) {
            (true, false) => Some(1),
            (false, true) => Some(2),
            _ => None,
        }
    }
}

impl Severity {
    /// As in the reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

impl Confidence {
    /// As in the reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

impl Side {
    /// As in the reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Responder => "responder",
            Self::Network => "network",
            Self::Both => "both",
            Self::Unknown => "unknown",
        }
    }
}

impl Need {
    /// In a few words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "what is in clear",
            Self::Sizes => "sizes of encrypted messages",
            Self::Timing => "times",
            Self::BothDirections => "packets of both directions",
            Self::OtherTunnels => "other tunnels of the same peers",
            Self::Icmp => "ICMP",
            Self::Fragments => "IP fragments",
            Self::OutsideTraffic => "packets outside the tunnel",
            Self::Esp => "ESP or AH packets",
            Self::IkeKeys => "keys of the IKE SA",
            Self::EspKeys => "keys of ESP or AH",
            Self::PreSharedKey => "pre-shared keys to try",
            Self::SecondCapture => "a second capture, on the other side",
        }
    }
}
