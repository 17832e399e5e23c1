//! What a profile thinks of a peer.

use ikescope_dissectors::registries::ikev1;
use ikescope_dissectors::registries::ikev2::{
    AuthenticationMethod, KeyExchangeMethod as K, NotifyType,
};

use super::algorithm::{Algorithm, Kind};
use super::certificate_facts::PublicKey;
use super::facts::{AuthenticationFact, Evidence, Layer, Mode, PeerFacts, SuiteFact, Version};
use super::profile::{Date, Parameter, PostQuantum, Profile, Status};
use super::recommend::{Recommendation, recommend};
use super::strength::{bits, is_known};

/// The judgement of a profile as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing could be judged.
    Unknown,
    /// Nothing worse than worth knowing.
    Pass,
    /// Something should change.
    Warn,
    /// Something must change.
    Fail,
}

/// One thing that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What was judged: an algorithm as suites spell it, `IKEv1`, `PFS`, `post-quantum`, `lifetime`.
    pub algorithm: String,
    /// Which SA it is for.
    pub layer: Layer,
    /// What the algorithm is for.
    pub kind: Option<Kind>,
    /// What the profile thinks of it.
    pub status: Status,
    /// Whether its number is in no registry, so that the status is the profile's for such numbers.
    pub unregistered: bool,
    /// Why.
    pub text: String,
    /// Where the policy says so; empty where nothing is cited.
    pub source: String,
    /// What shows it.
    pub evidence: Evidence,
}

/// What a profile says of a peer.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// In one word: the worst of the reasons.
    pub verdict: Verdict,
    /// Everything that was judged, the worst first.
    pub reasons: Vec<Reason>,
    /// What could not be seen.
    pub unknown: Vec<String>,
    /// What to use instead, where something should change.
    pub recommended: Option<Recommendation>,
}

/// Judges what is known of a peer on a day.
#[must_use]
pub fn assess(facts: &PeerFacts, profile: &Profile, date: &Date) -> Assessment {
    let mut judge = Judge {
        profile,
        date,
        reasons: Vec::new(),
        unknown: Vec::new(),
    };
    for suite in facts.counted() {
        judge.suite(suite, facts);
    }
    judge.authentication(facts);
    judge.name_what_is_missing(facts);
    let Judge {
        mut reasons,
        unknown,
        ..
    } = judge;
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.status));
    let verdict = match reasons.iter().map(|reason| reason.status).max() {
        None => Verdict::Unknown,
        Some(Status::Pass | Status::Info) => Verdict::Pass,
        Some(Status::Warn) => Verdict::Warn,
        Some(Status::Fail) => Verdict::Fail,
    };
    Assessment {
        verdict,
        recommended: matches!(verdict, Verdict::Warn | Verdict::Fail)
            .then(|| recommend(profile, date))
            .flatten(),
        reasons,
        unknown,
    }
}

/// What a profile says of one algorithm in an SA of this kind.
#[must_use]
pub fn judge_algorithm(
    profile: &Profile,
    date: &Date,
    layer: Layer,
    algorithm: Algorithm,
) -> (Status, String, String) {
    if matches!(
        algorithm.as_v2().map(|same| same.number),
        Some(super::algorithm::Number::Ke(K(MODP_NULL)))
    ) {
        let why = "a key exchange without a secret, for load tests alone";
        return (Status::Fail, why.to_owned(), "strongSwan".to_owned());
    }
    if let Some(rule) = profile.rule(layer, algorithm) {
        let mut level = rule.level.clone();
        if level.is_empty() {
            level = format!("listed as {}", rule.status.name());
        }
        return (rule.status_on(date), level, cited(&rule.source, &rule.date));
    }
    if is_known(algorithm) {
        let level = "not listed by this profile".to_owned();
        return (Status::Fail, level, String::new());
    }
    let unknown = &profile.parameters.unknown;
    let private = algorithm.is_private_use();
    let status = if private {
        // What nobody can assess never passes.
        unknown.value.max(Status::Warn)
    } else {
        unknown.value
    };
    let level = if private {
        "private use: nobody can say how strong it is".to_owned()
    } else if is_cipher_of_unknown_length(algorithm) {
        "the length of the key is not known, or not one that the cipher has".to_owned()
    } else {
        "not in the registry".to_owned()
    };
    (status, level, cited(&unknown.source, &unknown.date))
}

/// `RFC 8247, section 2.4, 2017-09`.
fn cited(source: &str, date: &str) -> String {
    match (source, date) {
        ("", _) => String::new(),
        (source, "") => source.to_owned(),
        (source, date) => format!("{source}, {date}"),
    }
}

fn is_cipher_of_unknown_length(algorithm: Algorithm) -> bool {
    algorithm.kind() == Kind::Encryption && algorithm.is_registered()
}

struct Judge<'a> {
    profile: &'a Profile,
    date: &'a Date,
    reasons: Vec<Reason>,
    unknown: Vec<String>,
}

impl Judge<'_> {
    fn suite(&mut self, suite: &SuiteFact, facts: &PeerFacts) {
        self.gates(suite);
        self.algorithms(suite);
        self.integrity(suite);
        match suite.layer {
            Layer::Ike => self.post_quantum(suite, facts),
            Layer::Esp | Layer::Ah => self.forward_secrecy(suite),
        }
        self.lifetime(suite);
    }

    /// Version and mode.
    fn gates(&mut self, suite: &SuiteFact) {
        let parameters = &self.profile.parameters;
        if suite.layer == Layer::Ike && suite.version == Version::V1 {
            let text = "IKEv1 is historic; IKEv2 is to be used";
            self.parameter(suite, "IKEv1", &parameters.ikev1, text);
            if let (Some(Mode::Aggressive), Some(method)) = (suite.mode, suite.phase_one_auth())
                && is_preshared(method)
            {
                let text = "aggressive mode with a pre-shared key: the key can be guessed offline from one answer";
                self.note(
                    suite,
                    "PSK",
                    None,
                    Status::Fail,
                    text.to_owned(),
                    "RFC 2409, section 5.4",
                );
            }
        }
        if suite.layer == Layer::Ah {
            self.parameter(
                suite,
                "AH",
                &parameters.ah,
                "AH hides nothing, and NAT breaks it",
            );
        }
        if suite.layer == Layer::Esp {
            for cipher in &suite.transforms.encr {
                if cipher.is_without_encryption() {
                    let text = "ESP without encryption: the content is readable on the path";
                    self.parameter(suite, &cipher.to_string(), &parameters.esp_null, text);
                }
            }
        }
    }

    /// Each algorithm against its table.
    fn algorithms(&mut self, suite: &SuiteFact) {
        let parameters = &self.profile.parameters;
        let transforms = &suite.transforms;
        let has_ml_kem = post_quantum_methods(suite).next().is_some();
        let plain = [&transforms.encr, &transforms.prf, &transforms.integ]
            .into_iter()
            .flatten();
        for algorithm in plain {
            self.algorithm(suite, *algorithm);
        }
        // A Child SA may do without; the keys of an IKE SA come from nowhere else.
        let methods = transforms.ke.iter().copied();
        for method in methods.filter(|one| suite.layer == Layer::Ike || !one.is_none()) {
            let (status, ..) = judge_algorithm(self.profile, self.date, suite.layer, method);
            let rescued = status == Status::Fail
                && has_ml_kem
                && method
                    .as_v2()
                    .is_some_and(|method| parameters.hybrid_pq_rescues.contains(&method));
            if rescued {
                let text = "key exchange: not approved alone, tolerated beside ML-KEM";
                let name = method.to_string();
                self.note(
                    suite,
                    &name,
                    Some(method),
                    Status::Warn,
                    text.to_owned(),
                    "",
                );
            } else {
                self.algorithm(suite, method);
            }
        }
        for method in transforms.additional_ke.iter().flatten() {
            if !method.is_none() && !parameters.addke_ignored.contains(method) {
                self.algorithm(suite, *method);
            }
        }
    }

    fn algorithm(&mut self, suite: &SuiteFact, algorithm: Algorithm) {
        let (status, level, source) =
            judge_algorithm(self.profile, self.date, suite.layer, algorithm);
        let word = match algorithm.kind() {
            Kind::Encryption => "encryption",
            Kind::Prf => "PRF",
            Kind::Integrity => "integrity",
            Kind::KeyExchange => "key exchange",
            Kind::Authentication => "authentication",
        };
        let unregistered = !is_known(algorithm);
        let text = format!("{word}: {level}");
        if self.note(
            suite,
            &algorithm.to_string(),
            Some(algorithm),
            status,
            text,
            &source,
        ) && unregistered
        {
            if let Some(reason) = self.reasons.last_mut() {
                reason.unregistered = true;
            }
            self.not_seen(format!("{algorithm}: cannot be judged, {level}"));
        }
    }

    /// Integrity beside a cipher that has its own, and none beside one that has not.
    fn integrity(&mut self, suite: &SuiteFact) {
        if suite.layer == Layer::Ah {
            return;
        }
        let transforms = &suite.transforms;
        let plain = transforms.encr.iter().find(|cipher| !cipher.is_aead());
        let aead = transforms.encr.iter().find(|cipher| cipher.is_aead());
        let has_integ = transforms.real_integ().next().is_some();
        let is_phase_one = suite.layer == Layer::Ike && suite.version == Version::V1;
        // Phase 1 protects its messages with the hash, and has no integrity algorithm.
        if let Some(cipher) = plain
            && !is_phase_one
            && (!has_integ || transforms.integ.iter().any(|one| one.is_none()))
        {
            let text =
                format!("{cipher} without an integrity algorithm: what is sent can be changed");
            let source = match suite.layer {
                Layer::Ike => "RFC 7296, section 5",
                _ => "RFC 8221, section 4",
            };
            self.note(
                suite,
                &cipher.to_string(),
                Some(*cipher),
                Status::Fail,
                text,
                source,
            );
        }
        if let Some(cipher) = aead
            && plain.is_none()
            && let Some(integ) = transforms.real_integ().next()
        {
            let text = format!("integrity algorithm beside {cipher}, which has its own");
            self.note(
                suite,
                &integ.to_string(),
                Some(integ),
                Status::Warn,
                text,
                "RFC 5282, section 8",
            );
        }
    }

    fn post_quantum(&mut self, suite: &SuiteFact, facts: &PeerFacts) {
        if suite.version == Version::V1 {
            return;
        }
        let parameters = &self.profile.parameters;
        let has = |wanted: Algorithm| post_quantum_methods(suite).any(|method| method == wanted);
        let any = post_quantum_methods(suite).next().is_some();
        let preshared = facts.notify(NotifyType::USE_PPK).is_some()
            || facts.notify(NotifyType::USE_PPK_INT).is_some();
        match &parameters.pq.value {
            PostQuantum::Require(method) if !has(*method) => {
                let text =
                    format!("{method} is required, in IKE_SA_INIT or as additional key exchange");
                let source = cited(&parameters.pq.source, &parameters.pq.date);
                self.note(suite, "post-quantum", None, Status::Fail, text, &source);
            }
            PostQuantum::Info if !any && !preshared => {
                let text = "no ML-KEM and no post-quantum pre-shared key: what is recorded today can be read by a quantum computer";
                let source = cited(&parameters.pq.source, &parameters.pq.date);
                self.note(
                    suite,
                    "post-quantum",
                    None,
                    Status::Info,
                    text.to_owned(),
                    &source,
                );
            }
            _ => {}
        }
        if let Some(deadline) = &parameters.pq_deadline
            && *self.date > deadline.value
            && !has(Algorithm::ke(K::ML_KEM_768))
            && !has(Algorithm::ke(K::ML_KEM_1024))
        {
            let text = format!(
                "classical key exchange alone is acceptable until {} only",
                deadline.value
            );
            let source = cited(&deadline.source, &deadline.date);
            self.note(suite, "post-quantum", None, Status::Fail, text, &source);
        }
    }

    fn forward_secrecy(&mut self, suite: &SuiteFact) {
        let parameters = &self.profile.parameters;
        if suite.first_child {
            // Its keys come from the key exchange of the IKE SA: there is nothing to judge before a rekey.
            return;
        }
        let mut methods = suite.transforms.real_ke().peekable();
        if methods.peek().is_none() {
            let text = "no key exchange for the Child SA: its secrecy hangs on that of the IKE SA";
            self.parameter(suite, "PFS", &parameters.pfs_missing, text);
            return;
        }
        let Some(ike) = suite.ike_ke else {
            return;
        };
        for method in methods {
            let weaker = bits(method)
                .zip(bits(ike))
                .is_some_and(|(child, ike)| child < ike);
            let differs = method.as_v2() != ike.as_v2();
            if parameters.pfs_must_equal_ike.value && differs {
                let text = format!(
                    "PFS with {method}, while the IKE SA has {ike}: the group must be the same"
                );
                self.parameter_about(suite, &parameters.pfs_weaker, text);
            } else if weaker {
                let text = format!("PFS with {method}, which is weaker than {ike} of the IKE SA");
                self.parameter_about(suite, &parameters.pfs_weaker, text);
            }
        }
    }

    fn lifetime(&mut self, suite: &SuiteFact) {
        let limit = match suite.layer {
            Layer::Ike => &self.profile.parameters.ike_life,
            Layer::Esp | Layer::Ah => &self.profile.parameters.esp_life,
        };
        let seconds = suite.lifetime.and_then(|lifetime| lifetime.seconds);
        if let (Some(limit), Some(seconds)) = (limit, seconds)
            && seconds > limit.value
        {
            let text = format!(
                "lifetime of {seconds} seconds, at most {} are allowed",
                limit.value
            );
            let source = cited(&limit.source, &limit.date);
            self.note(suite, "lifetime", None, Status::Warn, text, &source);
        }
    }

    /// What some profiles ask of authentication.
    fn authentication(&mut self, facts: &PeerFacts) {
        let Some(wanted) = &self.profile.parameters.authentication else {
            return;
        };
        let source = cited(&wanted.source, &wanted.date);
        for fact in &facts.authentications {
            let (status, text) = match credential(fact, facts) {
                Credential::Known(name) if wanted.value.iter().any(|one| one == name) => {
                    (Status::Pass, format!("authentication: {name}"))
                }
                Credential::Unclear(may_be, why)
                    if may_be.is_none_or(|name| wanted.value.iter().any(|one| one == name)) =>
                {
                    self.not_seen(format!("auth: {why}"));
                    continue;
                }
                Credential::Known(_) | Credential::Unclear(..) | Credential::Other => (
                    Status::Fail,
                    format!(
                        "authentication: only {} is accepted",
                        wanted.value.join(" or ")
                    ),
                ),
            };
            let name = Algorithm::new(super::algorithm::Number::Auth(fact.method)).to_string();
            let name = match &fact.signature {
                Some(signature) => format!("{name} ({signature})"),
                None => name,
            };
            let reason = Reason {
                algorithm: name,
                layer: Layer::Ike,
                kind: Some(Kind::Authentication),
                status,
                unregistered: false,
                text,
                source: source.clone(),
                evidence: fact.evidence.clone(),
            };
            self.add(reason);
        }
    }

    fn name_what_is_missing(&mut self, facts: &PeerFacts) {
        let parameters = &self.profile.parameters;
        let ike: Vec<&SuiteFact> = facts.counted_of(Layer::Ike).collect();
        let children = facts
            .counted_of(Layer::Esp)
            .chain(facts.counted_of(Layer::Ah));
        let children: Vec<&SuiteFact> = children.collect();
        if ike.is_empty() {
            self.not_seen("IKE suite: none was seen to be agreed on".to_owned());
        }
        if children.is_empty() {
            self.not_seen("ESP suite: it is negotiated in encrypted messages".to_owned());
            self.not_seen("PFS".to_owned());
        } else if children.iter().all(|child| child.first_child) {
            self.not_seen(
                "PFS: only the first child was seen, which has none of its own".to_owned(),
            );
        }
        let has_v2 = ike.iter().any(|suite| suite.version == Version::V2);
        if has_v2 && facts.authentications.is_empty() {
            self.not_seen("auth: how the peer authenticates is encrypted".to_owned());
        }
        if ike
            .iter()
            .any(|suite| suite.version == Version::V1 && suite.mode.is_none())
        {
            self.not_seen("mode: main or aggressive".to_owned());
        }
        let limited = parameters.ike_life.is_some() || parameters.esp_life.is_some();
        if limited && facts.counted().all(|suite| suite.lifetime.is_none()) {
            self.not_seen("lifetime: IKEv2 does not negotiate it".to_owned());
        }
        if facts.closed > 0 {
            self.not_seen(match facts.closed {
                1 => "one encrypted message stayed closed".to_owned(),
                closed => format!("{closed} encrypted messages stayed closed"),
            });
        }
        if facts.left_out > 0 {
            self.not_seen(format!("{} further facts were left out", facts.left_out));
        }
    }

    fn parameter(
        &mut self,
        suite: &SuiteFact,
        name: &str,
        parameter: &Parameter<Status>,
        text: &str,
    ) {
        let source = cited(&parameter.source, &parameter.date);
        self.note(suite, name, None, parameter.value, text.to_owned(), &source);
    }

    fn parameter_about(&mut self, suite: &SuiteFact, parameter: &Parameter<Status>, text: String) {
        let source = cited(&parameter.source, &parameter.date);
        self.note(suite, "PFS", None, parameter.value, text, &source);
    }

    /// Adds a reason; whether it is new.
    fn note(
        &mut self,
        suite: &SuiteFact,
        name: &str,
        algorithm: Option<Algorithm>,
        status: Status,
        text: String,
        source: &str,
    ) -> bool {
        self.add(Reason {
            algorithm: name.to_owned(),
            layer: suite.layer,
            kind: algorithm.map(Algorithm::kind),
            status,
            unregistered: false,
            text,
            source: source.to_owned(),
            evidence: suite.evidence.clone(),
        })
    }

    fn add(&mut self, reason: Reason) -> bool {
        let known = self.reasons.iter().any(|other| {
            other.algorithm == reason.algorithm
                && other.layer == reason.layer
                && other.status == reason.status
                && other.text == reason.text
        });
        if !known {
            self.reasons.push(reason);
        }
        !known
    }

    fn not_seen(&mut self, what: String) {
        if !self.unknown.contains(&what) {
            self.unknown.push(what);
        }
    }
}

/// How a peer authenticated, as profiles call it.
enum Credential {
    Known(&'static str),
    Other,
    /// What it may be, if that is known, and why it is not sure.
    Unclear(Option<&'static str>, &'static str),
}

fn credential(fact: &AuthenticationFact, facts: &PeerFacts) -> Credential {
    let [ecdsa, rsa, ml_dsa] = super::profile::CREDENTIALS;
    let key = facts
        .certificates
        .iter()
        .find(|certificate| certificate.used && certificate.place == 0)
        .map(|certificate| &certificate.key);
    match (fact.method, fact.signature.as_deref()) {
        (AuthenticationMethod::ECDSA_384, _) => Credential::Known(ecdsa),
        (AuthenticationMethod::DIGITAL_SIGNATURE, Some(signature)) => match signature {
            "ecdsa-with-sha384" => match key {
                Some(PublicKey::Curve("P-384", _)) => Credential::Known(ecdsa),
                Some(_) => Credential::Other,
                None => Credential::Unclear(Some(ecdsa), "the curve of the key was not seen"),
            },
            "sha384WithRSAEncryption" | "RSASSA-PSS with SHA2-384" => match key {
                Some(PublicKey::Rsa(bits)) if *bits >= 3072 => Credential::Known(rsa),
                Some(_) => Credential::Other,
                None => Credential::Unclear(Some(rsa), "the length of the RSA key was not seen"),
            },
            "ML-DSA-87" => Credential::Known(ml_dsa),
            _ => Credential::Other,
        },
        (AuthenticationMethod::DIGITAL_SIGNATURE, None) => {
            Credential::Unclear(None, "the signature algorithm was not seen")
        }
        (AuthenticationMethod::RSA_SIG, _) => {
            Credential::Unclear(Some(rsa), "the hash of the RSA signature was not seen")
        }
        _ => Credential::Other,
    }
}

/// ML-KEM among the key exchanges of a suite.
pub(super) fn post_quantum_methods(suite: &SuiteFact) -> impl Iterator<Item = Algorithm> + '_ {
    let additional = suite.transforms.additional_ke.iter().flatten().copied();
    suite
        .transforms
        .real_ke()
        .chain(additional)
        .filter(|method| {
            matches!(
                method.as_v2().map(|same| same.number),
                Some(super::algorithm::Number::Ke(
                    K::ML_KEM_512 | K::ML_KEM_768 | K::ML_KEM_1024
                ))
            )
        })
}

/// Whether a method of IKEv1 rests on a pre-shared key, with XAUTH or without.
pub(super) const fn is_preshared(method: ikev1::AuthenticationMethod) -> bool {
    matches!(
        method,
        ikev1::AuthenticationMethod::PSK
            | ikev1::AuthenticationMethod::XAUTH_INIT_PSK
            | ikev1::AuthenticationMethod::XAUTH_RESP_PSK
    )
}

impl Verdict {
    /// As in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// strongSwan's private-use number of a key exchange without a secret.
const MODP_NULL: u16 = 1024;

#[cfg(test)]
mod tests {
    use super::super::facts::{Lifetime, NotifyFact, Role, Standing};
    use super::super::names;
    use super::super::suite::NamedSuite;
    use super::*;

    fn today() -> Date {
        Date::parse("2026-11-21").unwrap()
    }

    fn judged(suite: &str, esp: Option<&str>, profile: &str) -> Assessment {
        let facts = NamedSuite::parse(suite, esp).unwrap().facts();
        assess(&facts, &Profile::named(profile).unwrap(), &today())
    }

    fn with_status(assessment: &Assessment, status: Status) -> Vec<&str> {
        let wanted = assessment
            .reasons
            .iter()
            .filter(|reason| reason.status == status);
        wanted.map(|reason| reason.algorithm.as_str()).collect()
    }

    const STRONG: &str = "AES-GCM-16-256/HMAC-SHA2-384/ECP-384";

    #[test]
    fn requirement_words_decide_in_rfc() {
        // RFC 8247, sections 2.1 to 2.4: MAY, MUST-, MUST-, SHOULD NOT.
        let found = judged("3DES/HMAC-SHA1/HMAC-SHA1-96/MODP-1024", None, "rfc");
        assert_eq!(found.verdict, Verdict::Warn);
        assert_eq!(with_status(&found, Status::Warn), ["MODP-1024"]);
        let found = judged("DES/HMAC-MD5/HMAC-MD5-96/MODP-768", None, "rfc");
        assert_eq!(
            with_status(&found, Status::Fail),
            ["DES", "HMAC-MD5", "HMAC-MD5-96", "MODP-768"]
        );
        // RFC 8221, section 5: SHOULD NOT for ESP.
        let found = judged(STRONG, Some("3DES/HMAC-SHA1-96"), "rfc");
        assert_eq!(with_status(&found, Status::Warn), ["3DES"]);
    }

    #[test]
    fn the_version_caps_what_its_algorithms_would_pass() {
        for (profile, verdict) in [
            ("rfc", Verdict::Fail),
            ("nist-800-77r1", Verdict::Warn),
            ("fips-140-3", Verdict::Pass),
            ("bsi-tr-02102-3", Verdict::Fail),
            ("cnsa-1.0", Verdict::Fail),
            ("cnsa-2.0", Verdict::Fail),
            ("modern", Verdict::Fail),
            ("intermediate", Verdict::Warn),
            ("legacy", Verdict::Warn),
        ] {
            let found = judged("AES-CBC-256/SHA2-256/RSA-SIG/MODP-3072", None, profile);
            assert_eq!(found.verdict, verdict, "{profile}");
        }
    }

    #[test]
    fn what_integrity_is_missing_or_twice() {
        for profile in Profile::names() {
            let found = judged("AES-CBC-256/HMAC-SHA2-384/ECP-384", None, profile);
            assert_eq!(found.verdict, Verdict::Fail, "{profile}");
            let found = judged(STRONG, Some("AES-CBC-256"), profile);
            assert_eq!(found.verdict, Verdict::Fail, "{profile}");
            let twice = judged(
                "AES-GCM-16-256/HMAC-SHA2-384/HMAC-SHA2-384-192/ECP-384",
                None,
                profile,
            );
            assert!(twice.verdict >= Verdict::Warn, "{profile}");
        }
        let no_keys = "AES-GCM-16-256/HMAC-SHA2-384/NONE+ML-KEM-1024";
        for profile in Profile::names() {
            let found = judged(no_keys, None, profile);
            assert_eq!(found.verdict, Verdict::Fail, "{profile}");
        }
        // NONE beside AEAD is what it should be.
        let none = judged("AES-GCM-16-256/HMAC-SHA2-384/NONE/ECP-384", None, "modern");
        assert_eq!(none.verdict, Verdict::Pass);
        let none = judged("AES-CBC-256/HMAC-SHA2-256/NONE/ECP-384", None, "legacy");
        assert_eq!(none.verdict, Verdict::Fail);
    }

    #[test]
    fn numbers_of_nobody_never_pass() {
        for profile in Profile::names() {
            let private = judged("AES-GCM-16-256/HMAC-SHA2-384/KE-1040", None, profile);
            assert!(private.verdict >= Verdict::Warn, "{profile}");
            let null = judged("AES-GCM-16-256/HMAC-SHA2-384/KE-1024", None, profile);
            assert_eq!(null.verdict, Verdict::Fail, "{profile}");
            // Without its length AES is not known either, and the profile's own word holds.
            let profile = Profile::named(profile).unwrap();
            let cipher = names::cipher("AES-CBC").unwrap();
            let (status, ..) = judge_algorithm(&profile, &today(), Layer::Ike, cipher);
            assert_eq!(status, profile.parameters.unknown.value);
        }
        let found = judged(
            "AES-CBC/HMAC-SHA2-256/HMAC-SHA2-256-128/MODP-2048",
            None,
            "rfc",
        );
        assert!(
            found
                .unknown
                .iter()
                .any(|what| what.starts_with("AES-CBC:"))
        );
    }

    #[test]
    fn forward_secrecy_is_compared_with_the_ike_sa() {
        for (esp, profile, verdict) in [
            ("AES-GCM-16-256", "modern", Verdict::Warn),
            ("AES-GCM-16-256", "rfc", Verdict::Pass),
            ("AES-GCM-16-256", "cnsa-1.0", Verdict::Pass),
            ("AES-GCM-16-256/ECP-384", "modern", Verdict::Pass),
            ("AES-GCM-16-256/ECP-256", "modern", Verdict::Warn),
            ("AES-GCM-16-256/ECP-256", "legacy", Verdict::Pass),
            // RFC 9206, section 11: the same group, even where the other is listed.
            ("AES-GCM-16-256/MODP-4096", "cnsa-1.0", Verdict::Fail),
            ("AES-GCM-16-256/ECP-384", "cnsa-1.0", Verdict::Pass),
        ] {
            assert_eq!(
                judged(STRONG, Some(esp), profile).verdict,
                verdict,
                "{profile}: {esp}"
            );
        }
    }

    #[test]
    fn a_first_child_has_no_forward_secrecy_of_its_own() {
        let mut facts = NamedSuite::parse(STRONG, Some("AES-GCM-16-256"))
            .unwrap()
            .facts();
        for suite in &mut facts.suites {
            suite.first_child = suite.layer == Layer::Esp;
        }
        let found = assess(&facts, &Profile::named("modern").unwrap(), &today());
        assert_eq!(found.verdict, Verdict::Pass);
        assert!(found.unknown.iter().any(|what| what.starts_with("PFS")));
    }

    #[test]
    fn ml_kem_is_required_ignored_or_a_rescue() {
        let hybrid = "AES-GCM-16-256/HMAC-SHA2-384/ECP-384+ML-KEM-1024";
        for (suite, profile, verdict) in [
            (STRONG, "cnsa-2.0", Verdict::Fail),
            (hybrid, "cnsa-2.0", Verdict::Pass),
            (
                "AES-GCM-16-256/HMAC-SHA2-384/ML-KEM-1024",
                "cnsa-2.0",
                Verdict::Pass,
            ),
            (hybrid, "cnsa-1.0", Verdict::Pass),
            (
                "AES-GCM-16-256/HMAC-SHA2-384/CURVE25519",
                "fips-140-3",
                Verdict::Fail,
            ),
            (
                "AES-GCM-16-256/HMAC-SHA2-384/CURVE25519+ML-KEM-768",
                "fips-140-3",
                Verdict::Warn,
            ),
            (
                "AES-GCM-16-256/HMAC-SHA2-384/CURVE25519+ML-KEM-512",
                "modern",
                Verdict::Warn,
            ),
        ] {
            assert_eq!(
                judged(suite, None, profile).verdict,
                verdict,
                "{profile}: {suite}"
            );
        }
        let info = judged(STRONG, None, "modern");
        assert_eq!(with_status(&info, Status::Info), ["post-quantum"]);
        assert!(with_status(&judged(hybrid, None, "modern"), Status::Info).is_empty());
    }

    #[test]
    fn a_post_quantum_preshared_key_counts_too() {
        let mut facts = NamedSuite::parse(STRONG, None).unwrap().facts();
        facts.notifies.push(NotifyFact {
            notify: NotifyType::USE_PPK,
            role: Some(Role::Responder),
            evidence: Evidence::default(),
        });
        let found = assess(&facts, &Profile::named("modern").unwrap(), &today());
        assert!(with_status(&found, Status::Info).is_empty());
    }

    #[test]
    fn rules_end_on_their_last_day() {
        let facts = NamedSuite::parse("3DES/HMAC-SHA2-256/HMAC-SHA2-256-128/MODP-2048", None)
            .unwrap()
            .facts();
        let nist = Profile::named("nist-800-77r1").unwrap();
        let on = |day: &str| assess(&facts, &nist, &Date::parse(day).unwrap()).verdict;
        assert_eq!(on("2023-12-31"), Verdict::Warn);
        assert_eq!(on("2024-01-01"), Verdict::Fail);
        let facts = NamedSuite::parse(STRONG, None).unwrap().facts();
        let bsi = Profile::named("bsi-tr-02102-3").unwrap();
        let on = |day: &str| assess(&facts, &bsi, &Date::parse(day).unwrap()).verdict;
        assert_eq!(on("2031-12-31"), Verdict::Pass);
        assert_eq!(on("2032-01-01"), Verdict::Fail);
    }

    #[test]
    fn esp_without_encryption_is_the_profiles_own_question() {
        for (profile, verdict) in [
            ("modern", Verdict::Fail),
            ("nist-800-77r1", Verdict::Pass),
            ("rfc", Verdict::Warn),
            ("cnsa-1.0", Verdict::Fail),
        ] {
            let esp = "NULL/HMAC-SHA2-256-128/ECP-384";
            assert_eq!(
                judged(STRONG, Some(esp), profile).verdict,
                verdict,
                "{profile}"
            );
        }
    }

    #[test]
    fn aggressive_mode_with_a_preshared_key_fails_everywhere() {
        for profile in Profile::names() {
            for (mode, fails) in [(Mode::Aggressive, true), (Mode::Main, false)] {
                let mut facts = NamedSuite::parse("AES-CBC-256/SHA2-256/PSK/MODP-3072", None)
                    .unwrap()
                    .facts();
                for suite in &mut facts.suites {
                    suite.mode = Some(mode);
                }
                let found = assess(&facts, &Profile::named(profile).unwrap(), &today());
                assert_eq!(
                    with_status(&found, Status::Fail).contains(&"PSK"),
                    fails,
                    "{profile}"
                );
            }
        }
    }

    #[test]
    fn a_lifetime_is_judged_where_it_is_named() {
        for (seconds, warned) in [(86_400, false), (86_401, true)] {
            let mut facts = NamedSuite::parse("AES-CBC-256/SHA2-256/RSA-SIG/MODP-3072", None)
                .unwrap()
                .facts();
            for suite in &mut facts.suites {
                suite.lifetime = Some(Lifetime {
                    seconds: Some(seconds),
                    kilobytes: None,
                });
            }
            let found = assess(&facts, &Profile::named("intermediate").unwrap(), &today());
            assert_eq!(
                with_status(&found, Status::Warn).contains(&"lifetime"),
                warned
            );
        }
    }

    #[test]
    fn authentication_that_was_not_seen_is_unknown() {
        let found = judged(STRONG, None, "cnsa-1.0");
        assert!(found.unknown.iter().any(|what| what.starts_with("auth")));
        assert_eq!(found.verdict, Verdict::Pass);
        for (method, verdict) in [
            (AuthenticationMethod::PSK, Verdict::Fail),
            (AuthenticationMethod::ECDSA_384, Verdict::Pass),
            (AuthenticationMethod::ECDSA_256, Verdict::Fail),
        ] {
            let mut facts = NamedSuite::parse(STRONG, None).unwrap().facts();
            facts.authentications.push(AuthenticationFact {
                method,
                signature: None,
                role: None,
                evidence: Evidence::default(),
            });
            let found = assess(&facts, &Profile::named("cnsa-1.0").unwrap(), &today());
            assert_eq!(found.verdict, verdict, "{method}");
        }
    }

    #[test]
    fn signatures_of_method_14_are_told_by_their_names() {
        let hybrid = "AES-GCM-16-256/HMAC-SHA2-384/ECP-384+ML-KEM-1024";
        for (signature, verdict) in [
            ("ML-DSA-87", Verdict::Pass),
            ("ML-DSA-65", Verdict::Fail),
            ("ecdsa-with-sha384", Verdict::Fail),
        ] {
            let mut facts = NamedSuite::parse(hybrid, None).unwrap().facts();
            facts.authentications.push(AuthenticationFact {
                method: AuthenticationMethod::DIGITAL_SIGNATURE,
                signature: Some(signature.to_owned()),
                role: None,
                evidence: Evidence::default(),
            });
            let found = assess(&facts, &Profile::named("cnsa-2.0").unwrap(), &today());
            assert_eq!(found.verdict, verdict, "{signature}");
        }
    }

    #[test]
    fn what_was_only_offered_does_not_count() {
        let mut facts = NamedSuite::parse("DES/HMAC-MD5/HMAC-MD5-96/MODP-768", None)
            .unwrap()
            .facts();
        for suite in &mut facts.suites {
            suite.standing = Standing::Offered;
        }
        for profile in Profile::names() {
            let found = assess(&facts, &Profile::named(profile).unwrap(), &today());
            assert_eq!(found.verdict, Verdict::Unknown);
            assert!(found.recommended.is_none());
        }
    }

    #[test]
    fn what_is_recommended_passes_and_reads_back() {
        for day in ["2026-11-21", "2032-01-01"] {
            let date = Date::parse(day).unwrap();
            for name in Profile::names() {
                let profile = Profile::named(name).unwrap();
                let recommended = recommend(&profile, &date).unwrap();
                let named = NamedSuite::parse(
                    &recommended.ike.to_string(),
                    Some(&recommended.esp.to_string()),
                )
                .unwrap();
                let found = assess(&named.facts(), &profile, &date);
                assert_eq!(found.verdict, Verdict::Pass, "{name}: {named}");
                let spelled = recommended.ike_swanctl().unwrap();
                assert_eq!(
                    NamedSuite::parse(&spelled, None).unwrap().ike,
                    recommended.ike,
                    "{name}"
                );
            }
        }
    }
}
