//! Profiles: what a policy says of each algorithm, read from TOML.

use std::collections::HashMap;
use std::fmt;

use super::algorithm::{Algorithm, Kind};
use super::document::{Document, Fields, Line, Problem, Word};
use super::facts::Layer;
use super::names;
use super::near::near_names;

/// What a policy thinks of something, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Nothing is wrong with it.
    Pass,
    /// Worth knowing.
    Info,
    /// Should change.
    Warn,
    /// Must change.
    Fail,
}

/// A day: `2026-11-21`. Days compare as their text does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(String);

/// What a policy says of one thing, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The verdict until `until`, or for ever.
    pub status: Status,
    /// In the words of the policy, or ours: `SHOULD NOT`.
    pub level: String,
    /// Where it says so.
    pub source: String,
    /// Of when that is.
    pub date: String,
    /// Last day of `status`; afterwards it fails.
    pub until: Option<Date>,
}

/// A parameter of a profile with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter<T> {
    /// Its value.
    pub value: T,
    /// Where the policy says so.
    pub source: String,
    /// Of when that is.
    pub date: String,
}

/// What is asked for against quantum computers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostQuantum {
    /// Nothing.
    Off,
    /// That it is missing is worth knowing.
    Info,
    /// This method must be among the key exchanges.
    Require(Algorithm),
}

/// What is not a matter of one algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// IKEv1 at all.
    pub ikev1: Parameter<Status>,
    /// AH.
    pub ah: Parameter<Status>,
    /// ESP without encryption.
    pub esp_null: Parameter<Status>,
    /// A number that no registry knows.
    pub unknown: Parameter<Status>,
    /// A Child SA without a key exchange of its own.
    pub pfs_missing: Parameter<Status>,
    /// A Child SA with a weaker key exchange than its IKE SA.
    pub pfs_weaker: Parameter<Status>,
    /// Whether the Child SA must use the same group.
    pub pfs_must_equal_ike: Parameter<bool>,
    /// Longest lifetime of an IKE SA in seconds.
    pub ike_life: Option<Parameter<u64>>,
    /// Longest lifetime of an ESP SA in seconds.
    pub esp_life: Option<Parameter<u64>>,
    /// Against quantum computers.
    pub pq: Parameter<PostQuantum>,
    /// Last day without ML-KEM-768 or ML-KEM-1024.
    pub pq_deadline: Option<Parameter<Date>>,
    /// Methods that only warn beside ML-KEM.
    pub hybrid_pq_rescues: Vec<Algorithm>,
    /// Additional key exchanges that are not judged.
    pub addke_ignored: Vec<Algorithm>,
    /// Whether packets must not tell sizes and times: IP-TFS or padding.
    pub traffic_flow_confidentiality: bool,
    /// How peers may authenticate: `ECDSA-P384-SHA384`, `RSA-3072-SHA384`, `ML-DSA-87`.
    pub authentication: Option<Parameter<Vec<String>>>,
}

/// A policy.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Short name.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Version of the file.
    pub version: String,
    /// Edition of the policy.
    pub edition: String,
    /// How sure the file is of the policy.
    pub evidence: String,
    /// Whether lines are unconfirmed.
    pub experimental: bool,
    /// What is not a matter of one algorithm.
    pub parameters: Parameters,
    rules: HashMap<(Place, u32, Option<u16>), Rule>,
}

/// A table of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    IkeEncr,
    IkePrf,
    IkeInteg,
    Ke,
    EspEncr,
    EspInteg,
}

impl Profile {
    /// An embedded profile by its name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = EMBEDDED
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        // A test holds that every embedded profile is read without an error.
        Self::parse(text).ok()
    }

    /// Names of the embedded profiles.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// Reads a profile.
    ///
    /// # Errors
    ///
    /// The first line that means nothing, with what is allowed there.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let document = Document::parse(text)?;
        let top = document.section(&[])?;
        only(&top, "a profile", &TOP)?;
        let find = |name: &str| top.iter().find(|line| line.name.text == name);
        let text_of = |name: &str| -> Result<Option<String>, Problem> {
            find(name)
                .map(|line| line.text().map(|word| word.text.to_owned()))
                .transpose()
        };
        let name = text_of("name")?.ok_or(Problem {
            line: 1,
            message: "a profile needs a name, for instance name = \"my-gateways\"".to_owned(),
        })?;
        for (table, allowed) in [
            ("ike", &["encr", "prf", "integ"][..]),
            ("esp", &["encr", "integ"]),
        ] {
            only(&document.section(&[table])?, table, allowed)?;
        }
        let mut rules = HashMap::new();
        for (place, path, kind, parse) in PLACES {
            for line in document.section(path)? {
                let (algorithm, rule) = rule(&line, kind, parse)?;
                rules.insert((place, algorithm.id(), algorithm.key_bits), rule);
            }
        }
        Ok(Self {
            title: text_of("title")?.unwrap_or_else(|| name.clone()),
            version: text_of("version")?.unwrap_or_else(|| "0".to_owned()),
            edition: text_of("edition")?.unwrap_or_default(),
            evidence: text_of("evidence")?.unwrap_or_default(),
            experimental: find("experimental").map_or(Ok(false), Line::boolean)?,
            name,
            parameters: Parameters::read(&document.section(&["parameters"])?)?,
            rules,
        })
    }

    /// What the profile says of an algorithm in an SA of this kind; `None` if it does not list it.
    #[must_use]
    pub fn rule(&self, layer: Layer, algorithm: Algorithm) -> Option<&Rule> {
        let known = algorithm.as_v2()?;
        let place = match (layer, known.kind()) {
            (_, Kind::KeyExchange) => Place::Ke,
            (Layer::Ike, Kind::Encryption) => Place::IkeEncr,
            (Layer::Ike, Kind::Prf) => Place::IkePrf,
            (Layer::Ike, Kind::Integrity) => Place::IkeInteg,
            (_, Kind::Encryption) => Place::EspEncr,
            (_, Kind::Integrity) => Place::EspInteg,
            _ => return None,
        };
        self.rules
            .get(&(place, known.id(), known.key_bits))
            .or_else(|| self.rules.get(&(place, known.id(), None)))
    }
}

impl Rule {
    /// What holds on a day.
    #[must_use]
    pub fn status_on(&self, date: &Date) -> Status {
        match &self.until {
            Some(until) if date > until => Status::Fail,
            _ => self.status,
        }
    }
}

impl Date {
    /// Reads `2026-11-21`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |digits: usize, range: std::ops::RangeInclusive<u16>| {
            let part = parts.next()?;
            let plain = part.len() == digits && part.bytes().all(|octet| octet.is_ascii_digit());
            let value: u16 = part.parse().ok()?;
            (plain && range.contains(&value)).then_some(())
        };
        number(4, 1970..=9999)?;
        number(2, 1..=12)?;
        number(2, 1..=31)?;
        parts.next().is_none().then(|| Self(text.to_owned()))
    }

    /// The day of a time in seconds from the epoch, in UTC.
    #[must_use]
    pub fn of_epoch(seconds: i64) -> Self {
        // Days to a date of the Gregorian calendar, with years that begin in March.
        let days = seconds.div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self(format!("{year:04}-{month:02}-{day:02}"))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Status {
    /// As in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    fn parse(word: Word<'_>) -> Result<Self, Problem> {
        [Self::Pass, Self::Info, Self::Warn, Self::Fail]
            .into_iter()
            .find(|status| status.name() == word.text)
            .ok_or_else(|| {
                word.problem(format!(
                    "\"{}\" is no verdict; allowed: pass, info, warn, fail",
                    word.text
                ))
            })
    }
}

impl Parameters {
    fn read(lines: &[Line<'_>]) -> Result<Self, Problem> {
        only(lines, "parameters", &PARAMETERS)?;
        let find = |name: &str| lines.iter().find(|line| line.name.text == name);
        let status = |name: &str, default: Status| match find(name) {
            Some(line) => parameter(line, |plain| Status::parse(plain.text()?)),
            None => Ok(Parameter::own(default)),
        };
        let seconds = |name: &str| {
            find(name)
                .map(|line| {
                    parameter(line, |plain| {
                        u64::try_from(plain.integer()?)
                            .map_err(|_| line.name.problem(format!("\"{name}\" must be seconds")))
                    })
                })
                .transpose()
        };
        let methods = |name: &str| match find(name) {
            Some(line) => line
                .plain()
                .texts()?
                .into_iter()
                .map(|word| method(word))
                .collect(),
            None => Ok(Vec::new()),
        };
        Ok(Self {
            ikev1: status("ikev1", Status::Fail)?,
            ah: status("ah", Status::Fail)?,
            esp_null: status("esp_null", Status::Fail)?,
            unknown: status("unknown", Status::Fail)?,
            pfs_missing: status("pfs_missing", Status::Info)?,
            pfs_weaker: status("pfs_weaker", Status::Warn)?,
            pfs_must_equal_ike: match find("pfs_must_equal_ike") {
                Some(line) => parameter(line, Line::boolean)?,
                None => Parameter::own(false),
            },
            ike_life: seconds("ike_life")?,
            esp_life: seconds("esp_life")?,
            pq: match find("pq") {
                Some(line) => parameter(line, |plain| post_quantum(plain.text()?))?,
                None => Parameter::own(PostQuantum::Off),
            },
            pq_deadline: find("pq_deadline")
                .map(|line| parameter(line, |plain| date(plain.text()?)))
                .transpose()?,
            hybrid_pq_rescues: methods("hybrid_pq_rescues")?,
            addke_ignored: methods("addke_ignored")?,
            traffic_flow_confidentiality: match find("traffic_flow_confidentiality") {
                Some(line) => line.plain().boolean()?,
                None => false,
            },
            authentication: find("authentication")
                .map(|line| {
                    parameter(line, |plain| {
                        plain.texts()?.into_iter().map(credential).collect()
                    })
                })
                .transpose()?,
        })
    }
}

impl<T> Parameter<T> {
    const fn own(value: T) -> Self {
        Self {
            value,
            source: String::new(),
            date: String::new(),
        }
    }
}

fn parameter<'d, T>(
    line: &Line<'d>,
    read: impl FnOnce(&Line<'d>) -> Result<T, Problem>,
) -> Result<Parameter<T>, Problem> {
    let (mut source, mut date) = (String::new(), String::new());
    if line.is_table() {
        let (_, fields) = line.table()?;
        fields.only(&["value", "source", "date"])?;
        source = fields.text("source")?.unwrap_or_default().to_owned();
        date = fields.text("date")?.unwrap_or_default().to_owned();
    }
    Ok(Parameter {
        value: read(&line.plain())?,
        source,
        date,
    })
}

/// A line of a table: `"AES-CBC-128" = "pass"`, or with level, source and date.
fn rule(
    line: &Line<'_>,
    kind: Kind,
    parse: fn(&str) -> Option<Algorithm>,
) -> Result<(Algorithm, Rule), Problem> {
    let name = line.name;
    let Some(algorithm) = parse(name.text) else {
        let near = names::near(name.text, kind, false);
        let hint = match near.as_slice() {
            [] => "names and numbers of IANA's registry are allowed".to_owned(),
            near => format!("did you mean {}?", near.join(", ")),
        };
        return Err(name.problem(format!(
            "\"{}\" is no algorithm for {}; {hint}",
            name.text,
            kind.name()
        )));
    };
    if !line.is_table() {
        let word = line.text()?;
        let rule = Rule {
            status: Status::parse(word)?,
            level: String::new(),
            source: String::new(),
            date: String::new(),
            until: None,
        };
        return Ok((algorithm, rule));
    }
    let (_, fields) = line.table()?;
    fields.only(&["verdict", "level", "source", "date", "until"])?;
    let verdict = fields.word("verdict")?.ok_or_else(|| {
        name.problem(format!(
            "\"{}\" has no verdict; allowed: pass, info, warn, fail",
            name.text
        ))
    })?;
    let owned = |field: &str, fields: &Fields<'_>| -> Result<String, Problem> {
        Ok(fields.text(field)?.unwrap_or_default().to_owned())
    };
    let rule = Rule {
        status: Status::parse(verdict)?,
        level: owned("level", &fields)?,
        source: owned("source", &fields)?,
        date: owned("date", &fields)?,
        until: fields.word("until")?.map(date).transpose()?,
    };
    Ok((algorithm, rule))
}

fn only(lines: &[Line<'_>], place: &str, allowed: &[&str]) -> Result<(), Problem> {
    let Some(line) = lines.iter().find(|line| !allowed.contains(&line.name.text)) else {
        return Ok(());
    };
    let near = near_names(line.name.text, allowed.iter().copied());
    let hint = match near.first() {
        Some(near) => format!("did you mean {near}? "),
        None => String::new(),
    };
    Err(line.name.problem(format!(
        "\"{}\" means nothing in {place}; {hint}allowed: {}",
        line.name.text,
        allowed.join(", ")
    )))
}

fn method(word: Word<'_>) -> Result<Algorithm, Problem> {
    names::key_exchange(word.text)
        .ok_or_else(|| word.problem(format!("\"{}\" is no key exchange method", word.text)))
}

fn post_quantum(word: Word<'_>) -> Result<PostQuantum, Problem> {
    match word.text.split_once(':') {
        None if word.text == "off" => Ok(PostQuantum::Off),
        None if word.text == "info" => Ok(PostQuantum::Info),
        Some(("require", name)) => method(word.part(name)).map(PostQuantum::Require),
        _ => Err(word.problem(format!(
            "\"{}\" is not allowed for pq; allowed: off, info, require:METHOD",
            word.text
        ))),
    }
}

fn date(word: Word<'_>) -> Result<Date, Problem> {
    Date::parse(word.text)
        .ok_or_else(|| word.problem(format!("\"{}\" is no day; write YYYY-MM-DD", word.text)))
}

fn credential(word: Word<'_>) -> Result<String, Problem> {
    if CREDENTIALS.contains(&word.text) {
        return Ok(word.text.to_owned());
    }
    Err(word.problem(format!(
        "\"{}\" is no way to authenticate; allowed: {}",
        word.text,
        CREDENTIALS.join(", ")
    )))
}

type PlaceRow = (
    Place,
    &'static [&'static str],
    Kind,
    fn(&str) -> Option<Algorithm>,
);

const PLACES: [PlaceRow; 6] = [
    (
        Place::IkeEncr,
        &["ike", "encr"],
        Kind::Encryption,
        names::cipher,
    ),
    (Place::IkePrf, &["ike", "prf"], Kind::Prf, names::prf),
    (
        Place::IkeInteg,
        &["ike", "integ"],
        Kind::Integrity,
        names::integrity,
    ),
    (Place::Ke, &["ke"], Kind::KeyExchange, names::key_exchange),
    (
        Place::EspEncr,
        &["esp", "encr"],
        Kind::Encryption,
        names::cipher,
    ),
    (
        Place::EspInteg,
        &["esp", "integ"],
        Kind::Integrity,
        names::integrity,
    ),
];

const TOP: [&str; 10] = [
    "name",
    "title",
    "version",
    "edition",
    "evidence",
    "experimental",
    "parameters",
    "ike",
    "ke",
    "esp",
];

const PARAMETERS: [&str; 15] = [
    "ikev1",
    "ah",
    "esp_null",
    "unknown",
    "pfs_missing",
    "pfs_weaker",
    "pfs_must_equal_ike",
    "ike_life",
    "esp_life",
    "pq",
    "pq_deadline",
    "hybrid_pq_rescues",
    "addke_ignored",
    "traffic_flow_confidentiality",
    "authentication",
];

/// ECDSA on P-384 with SHA-384; RSA of at least 3,072 bits with SHA-384; ML-DSA-87.
pub(super) const CREDENTIALS: [&str; 3] = ["ECDSA-P384-SHA384", "RSA-3072-SHA384", "ML-DSA-87"];

const EMBEDDED: [(&str, &str); 9] = [
    ("rfc", include_str!("../../profiles/rfc.toml")),
    (
        "nist-800-77r1",
        include_str!("../../profiles/nist-800-77r1.toml"),
    ),
    ("fips-140-3", include_str!("../../profiles/fips-140-3.toml")),
    (
        "bsi-tr-02102-3",
        include_str!("../../profiles/bsi-tr-02102-3.toml"),
    ),
    ("cnsa-1.0", include_str!("../../profiles/cnsa-1.0.toml")),
    ("cnsa-2.0", include_str!("../../profiles/cnsa-2.0.toml")),
    ("modern", include_str!("../../profiles/modern.toml")),
    (
        "intermediate",
        include_str!("../../profiles/intermediate.toml"),
    ),
    ("legacy", include_str!("../../profiles/legacy.toml")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_profile_is_read() {
        for (name, text) in EMBEDDED {
            let profile =
                Profile::parse(text).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            assert_eq!(profile.name, name);
            assert!(Date::parse(&profile.version).is_some(), "{name}");
            assert!(
                !profile.title.is_empty() && !profile.edition.is_empty(),
                "{name}"
            );
            assert_eq!(
                profile.experimental,
                profile.evidence.contains("unconfirmed"),
                "{name}"
            );
        }
    }

    #[test]
    fn every_line_has_a_source_and_a_date() {
        for (name, _) in EMBEDDED {
            let profile = Profile::named(name).unwrap();
            assert!(profile.rules.len() > 150, "{name}");
            for (key, rule) in &profile.rules {
                assert!(!rule.level.is_empty(), "{name}: {key:?}");
                assert!(!rule.source.is_empty(), "{name}: {key:?}");
                assert!(rule.date.len() >= 4, "{name}: {key:?}");
            }
        }
    }

    #[test]
    fn what_means_nothing_is_named_with_its_line_and_what_is_allowed() {
        for (text, line, words) in [
            ("title = \"x\"", 1, &["name"][..]),
            (
                "name = \"x\"\n\n[parameter]\n",
                3,
                &["parameter", "parameters"],
            ),
            (
                "name = \"x\"\n[parameters]\nikev3 = \"fail\"",
                3,
                &["ikev3", "ikev1"],
            ),
            (
                "name = \"x\"\n[parameters]\nikev1 = \"no\"",
                3,
                &["no", "pass, info, warn, fail"],
            ),
            (
                "name = \"x\"\n[parameters]\nike_life = \"1h\"",
                3,
                &["whole number"],
            ),
            (
                "name = \"x\"\n[parameters]\npq = \"require:KYBER\"",
                3,
                &["KYBER"],
            ),
            (
                "name = \"x\"\n[parameters]\npq_deadline = \"2031\"",
                3,
                &["YYYY-MM-DD"],
            ),
            (
                "name = \"x\"\n[ike.encr]\n\"AES-CBC-128\" = \"ok\"",
                3,
                &["ok", "pass, info"],
            ),
            (
                "name = \"x\"\n[ike.encr]\n\n\"AES-GMC-16-256\" = \"pass\"",
                4,
                &["AES-GMC-16-256", "AES-GCM-16"],
            ),
            (
                "name = \"x\"\n[ike.hash]\n",
                2,
                &["hash", "encr, prf, integ"],
            ),
            (
                "name = \"x\"\n[ke]\n\"ECP-256\" = { verdict = \"pass\", src = \"y\" }",
                3,
                &["src", "source"],
            ),
            (
                "name = \"x\"\n[ke]\n\"ECP-256\" = { level = \"MUST\" }",
                3,
                &["verdict"],
            ),
            ("name = \"x\"\nname = \"y\"", 2, &["TOML"]),
            ("name = \"x\"\n[ke\n", 2, &["TOML"]),
        ] {
            let problem = Profile::parse(text).expect_err(text);
            assert_eq!(problem.line, line, "{text}: {problem}");
            for word in words {
                assert!(problem.message.contains(word), "{text}: {problem}");
            }
        }
    }

    #[test]
    fn a_key_length_in_a_table_is_meant() {
        let profile = Profile::parse(
            "name = \"x\"\n[ike.encr]\n\"AES-CBC-256\" = \"pass\"\nCAMELLIA-CBC = \"warn\"",
        )
        .unwrap();
        let status = |name: &str| {
            let cipher = names::cipher(name).unwrap();
            profile.rule(Layer::Ike, cipher).map(|rule| rule.status)
        };
        assert_eq!(status("AES-CBC-256"), Some(Status::Pass));
        assert_eq!(status("AES-CBC-128"), None);
        assert_eq!(status("CAMELLIA-CBC-128"), Some(Status::Warn));
        assert_eq!(
            profile.rule(Layer::Esp, names::cipher("AES-CBC-256").unwrap()),
            None
        );
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_704_067_199, "2023-12-31"),
            (1_704_067_200, "2024-01-01"),
            (4_102_444_800, "2100-01-01"),
        ] {
            assert_eq!(Date::of_epoch(seconds).to_string(), day);
        }
        assert!(Date::parse("2026-11-21") > Date::parse("2023-12-31"));
        for wrong in [
            "2026",
            "2026-13-01",
            "26-01-01",
            "2026-01-01-01",
            "2026-1-1",
            "",
        ] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
    }
}
