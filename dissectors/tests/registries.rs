//! The tables of numbers and of vendor IDs.
//!
//! With `IKESCOPE_SPECS` set to a folder that holds IANA's registries as `registries/*.csv` (columns value, name, reference,
//! sometimes short), every row is compared with its file.

use ikescope_dissectors::registries::{Assignment, Registry, eap, ikev1, ikev2, ip, suite_name};
use ikescope_dissectors::vendor_id::{self, MatchKind};
use md5::{Digest, Md5};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Calls a macro with each registry and the files that describe it.
macro_rules! for_each_registry {
    ($check:ident) => {
        $check!(eap::EapCode: "eap_codes");
        $check!(eap::EapType: "eap_types");
        $check!(ikev1::AddressPreservation: "ipsec_doi_addr_preservation");
        $check!(ikev1::AhTransform: "ipsec_doi_ah_transforms");
        $check!(ikev1::AuthenticationMethod: "ikev1_auth_methods");
        $check!(ikev1::CertificateEncoding: "isakmp_cert_encodings");
        $check!(ikev1::ConfigurationAttribute: "ikev1_modecfg_attributes");
        $check!(ikev1::ConfigurationType: "ikev1_modecfg_types");
        $check!(ikev1::Doi: "isakmp_doi");
        $check!(ikev1::EncapsulationMode: "ipsec_doi_encap_mode");
        $check!(ikev1::EncryptionAlgorithm: "ikev1_encryption");
        $check!(ikev1::EspTransform: "ipsec_doi_esp_transforms");
        $check!(ikev1::ExchangeType: "isakmp_exchange_types");
        $check!(ikev1::Flag: "isakmp_flags");
        $check!(ikev1::GroupDescription: "ikev1_group_description");
        $check!(ikev1::GroupType: "ikev1_group_type");
        $check!(ikev1::HashAlgorithm: "ikev1_hash");
        $check!(ikev1::IdType: "ipsec_doi_id_types");
        $check!(ikev1::IpcompTransform: "ipsec_doi_ipcomp_transforms");
        $check!(ikev1::IpsecAttribute: "ipsec_doi_attr_classes");
        $check!(ikev1::IpsecAuthentication: "ipsec_doi_auth_alg");
        $check!(ikev1::IpsecLifeType: "ipsec_doi_life_type");
        $check!(ikev1::IsakmpTransform: "ipsec_doi_isakmp_transforms");
        $check!(ikev1::LifeType: "ikev1_life_type");
        $check!(ikev1::NotifyType: "ikev1_notify");
        $check!(ikev1::PayloadType: "isakmp_payload_types");
        $check!(ikev1::PhaseOneAttribute: "ikev1_attr_classes");
        $check!(ikev1::Prf: "ikev1_prf");
        $check!(ikev1::ProtocolId: "ipsec_doi_protocol_ids");
        $check!(ikev1::SaDirection: "ipsec_doi_sa_direction");
        $check!(ikev1::SignatureEncoding: "ipsec_doi_sig_encoding");
        $check!(ikev1::Situation: "ipsec_doi_situation");
        $check!(ikev1::XauthStatus: "ikev1_xauth_status");
        $check!(ikev1::XauthType: "ikev1_xauth_types");
        $check!(ikev2::AuthenticationMethod: "ikev2_auth_methods");
        $check!(ikev2::CertificateEncoding: "ikev2_cert_encodings");
        $check!(ikev2::ConfigurationAttribute: "ikev2_cfg_attributes");
        $check!(ikev2::ConfigurationType: "ikev2_cfg_types");
        $check!(ikev2::EncryptionAlgorithm: "ikev2_encr", "ikev2_private_transforms");
        $check!(ikev2::ExchangeType: "ikev2_exchange_types");
        $check!(ikev2::GatewayIdType: "ikev2_gateway_id_types");
        $check!(ikev2::GroupControllerAuthentication: "ikev2_gcauth");
        $check!(ikev2::HashAlgorithm: "ikev2_hash_algorithms");
        $check!(ikev2::IdType: "ikev2_id_types");
        $check!(ikev2::IntegrityAlgorithm: "ikev2_integ");
        $check!(ikev2::IpcompTransform: "ikev2_ipcomp_transforms");
        $check!(ikev2::KeyExchangeMethod: "ikev2_ke_methods");
        $check!(ikev2::KeyWrapAlgorithm: "ikev2_kwa");
        $check!(ikev2::NotifyType: "ikev2_notify_error", "ikev2_notify_status", "ikev2_private_notify");
        $check!(ikev2::PayloadType: "ikev2_payload_types");
        $check!(ikev2::PpkIdType: "ikev2_ppk_id_types");
        $check!(ikev2::Prf: "ikev2_prf");
        $check!(ikev2::ProtocolId: "ikev2_protocol_ids");
        $check!(ikev2::RohcAttribute: "ikev2_rohc_attributes");
        $check!(ikev2::SecurePasswordMethod: "ikev2_secure_password_methods");
        $check!(ikev2::SequenceNumbers: "ikev2_sn");
        $check!(ikev2::TrafficSelectorType: "ikev2_ts_types");
        $check!(ikev2::TransformAttribute: "ikev2_transform_attributes");
        $check!(ikev2::TransformType: "ikev2_transform_types");
        $check!(ip::IpProtocol: "ipsec_ip_protocols");
        $check!(ip::Port: "ports");
    };
}

#[test]
fn rows_ascend_and_have_a_reference() {
    fn check<R: Registry>(registry: &str) {
        let rows = R::rows();
        assert!(
            rows.is_sorted_by(|a, b| a.value < b.value),
            "{registry}: not ascending"
        );
        for row in rows {
            assert!(!row.name.is_empty(), "{registry} {row:?}");
            assert!(!row.reference.is_empty(), "{registry} {row:?}");
            assert!(R::from_value(row.value).is_some(), "{registry} {row:?}");
        }
    }
    macro_rules! rows {
        ($type:ty: $($file:literal),+) => {
            check::<$type>(stringify!($type))
        };
    }
    for_each_registry!(rows);
}

/// A name leads to the lowest number that has it, in any case of letters; the number leads back to the name.
#[test]
fn names_read_back() {
    fn check<R: Registry>(registry: &str) {
        for row in R::rows() {
            let lower = row.name.to_lowercase();
            let read = R::by_name(&lower).and_then(R::name);
            assert_eq!(read, Some(row.name), "{registry} {}", row.value);
            assert_eq!(R::from_value(row.value).and_then(R::name), Some(row.name));
            if let Some(short) = row.short {
                let read = R::by_name(&short.to_lowercase());
                assert!(read.is_some(), "{registry} {short}");
            }
        }
    }
    macro_rules! names {
        ($type:ty: $($file:literal),+) => {
            check::<$type>(stringify!($type))
        };
    }
    for_each_registry!(names);
}

/// The spelling of a suite says which algorithm it is. IKEv1's XAUTH and hybrid methods are pairs of one method, by
/// the side that authenticates; SM4 has an old and a new number.
#[test]
fn short_names_are_unique() {
    fn check<R: Registry>(registry: &str) {
        let mut seen = BTreeSet::new();
        for row in R::rows() {
            let Some(short) = row.short else { continue };
            let shared = ["HYBRID-", "XAUTH-", "SM4-CBC"]
                .iter()
                .any(|start| short.starts_with(start));
            assert!(seen.insert(short) || shared, "{registry} {short}");
        }
    }
    macro_rules! shorts {
        ($type:ty: $($file:literal),+) => {
            check::<$type>(stringify!($type))
        };
    }
    for_each_registry!(shorts);
}

/// A short name leads to the number that bears it, not to one that has it as its name.
#[test]
fn short_names_read_back() {
    fn check<R: Registry>(registry: &str) {
        for row in R::rows() {
            let Some(short) = row.short else { continue };
            let read = R::by_name(short).and_then(R::short);
            assert_eq!(read, Some(short), "{registry} {}", row.value);
        }
    }
    macro_rules! shorts {
        ($type:ty: $($file:literal),+) => {
            check::<$type>(stringify!($type))
        };
    }
    for_each_registry!(shorts);
}

#[test]
fn a_number_is_a_name_too() {
    use ikev2::EncryptionAlgorithm as Encr;
    assert_eq!(Encr::by_name("12"), Some(Encr::AES_CBC));
    assert_eq!(Encr::by_name(" 0x0c "), Some(Encr::AES_CBC));
    assert_eq!(Encr::by_name("encr-2000"), Some(Encr(2000)));
    assert_eq!(Encr::by_name("65535"), Some(Encr(u16::MAX)));
    for absent in [
        "65536", "-1", "+12", "0x+c", "0x", "", "encr-", "ENCR2000", "aes",
    ] {
        assert_eq!(Encr::by_name(absent), None, "{absent}");
    }
}

#[test]
fn a_number_without_a_name_prints_with_what_the_registry_says() {
    use ikev2::{EncryptionAlgorithm as Encr, NotifyType};
    assert_eq!(Encr(55).to_string(), "unassigned (55)");
    assert_eq!(Encr(10).to_string(), "reserved (10)");
    assert_eq!(Encr(65001).to_string(), "private use (65001)");
    assert_eq!(Encr::AES_CBC.to_string(), "ENCR_AES_CBC");
    assert_eq!(format!("{:?}", Encr(55)), "unassigned (55)");
    assert_eq!(format!("[{:>14}]", Encr::AES_CBC), "[  ENCR_AES_CBC]");
    assert_eq!(Encr(55).name(), None);
    assert_eq!(Encr(2000).short_name().to_string(), "ENCR-2000");
    assert_eq!(
        ikev2::KeyExchangeMethod(1040).short_name().to_string(),
        "KE-1040"
    );
    assert_eq!(NotifyType(3).assignment(), Assignment::Reserved);
    assert_eq!(ikev1::Doi(u32::MAX).to_string(), "unassigned (4294967295)");
}

/// IKEv1 writes hyphens, IKEv2 underscores (RFC 2408, section 3.14.1; RFC 7296, section 3.10.1).
#[test]
fn notifications_are_spelled_as_their_version_does() {
    assert_eq!(
        ikev1::NotifyType::NO_PROPOSAL_CHOSEN.name(),
        Some("NO-PROPOSAL-CHOSEN")
    );
    assert_eq!(
        ikev2::NotifyType::NO_PROPOSAL_CHOSEN.name(),
        Some("NO_PROPOSAL_CHOSEN")
    );
    for (number, error) in [(14, true), (16383, true), (16384, false), (40960, false)] {
        assert_eq!(ikev1::NotifyType(number).is_error(), error);
        assert_eq!(ikev2::NotifyType(number).is_error(), error);
    }
}

#[test]
fn a_second_meaning_has_its_owner() {
    let rejected = ikev2::NotifyType::by_name("PDN_CONNECTION_REJECTION");
    assert_eq!(rejected, Some(ikev2::NotifyType(8192)));
    let other = ikev2::NotifyType(8192).row().map(|row| row.other);
    assert_eq!(
        other,
        Some([("3GPP", "PDN_CONNECTION_REJECTION")].as_slice())
    );
}

#[test]
fn key_bits_are_spelled_where_the_key_length_varies() {
    use ikev2::EncryptionAlgorithm as Encr;
    assert_eq!(suite_name(Encr::AES_CBC, Some(256)), "AES-CBC-256");
    assert_eq!(suite_name(Encr::AES_GCM_16, Some(128)), "AES-GCM-16-128");
    assert_eq!(suite_name(Encr::BLOWFISH, Some(256)), "BLOWFISH-256");
    assert_eq!(suite_name(Encr::AES_CBC, None), "AES-CBC");
    assert_eq!(suite_name(Encr::TRIPLE_DES, Some(192)), "3DES");
    assert_eq!(
        suite_name(Encr::CHACHA20_POLY1305, Some(256)),
        "CHACHA20-POLY1305"
    );
    assert_eq!(suite_name(Encr(2000), Some(256)), "ENCR-2000-256");
    assert_eq!(
        suite_name(ikev1::EncryptionAlgorithm::CAST_CBC, Some(128)),
        "CAST-128"
    );
    assert_eq!(
        suite_name(ikev1::EspTransform::AES_CBC, Some(128)),
        "AES-CBC-128"
    );
    assert_eq!(suite_name(ikev1::EspTransform::DES, Some(64)), "DES");
}

/// The algorithms of RFC 8247, section 2.1 and table 1, that are authenticated encryption, and those that are not.
#[test]
fn authenticated_encryption_is_told_from_other() {
    use ikev2::EncryptionAlgorithm as Encr;
    for aead in [
        Encr::AES_GCM_16,
        Encr::AES_CCM_8,
        Encr::CHACHA20_POLY1305,
        Encr::AES_GCM_16_IIV,
    ] {
        assert!(aead.is_aead(), "{aead}");
    }
    for other in [
        Encr::AES_CBC,
        Encr::AES_CTR,
        Encr::TRIPLE_DES,
        Encr::NULL,
        Encr(2000),
    ] {
        assert!(!other.is_aead(), "{other}");
    }
}

fn md5(text: &str) -> Vec<u8> {
    Md5::digest(text.as_bytes()).to_vec()
}

/// RFC 3947, section 3.1. No RFC tells of IKEv1 fragmentation, whose vendor ID is
/// the MD5 of "FRAGMENTATION", sent alone or with capability bits; strongSwan's is the MD5 of its name.
#[test]
fn vendor_ids_that_are_hashes_of_a_text_are_known() {
    let nat_t = octets("4a131c81070358455c5728f20e95452f");
    assert_eq!(md5("RFC 3947"), nat_t);
    for (text, name) in [
        ("RFC 3947", "RFC 3947 NAT-T"),
        (
            "draft-ietf-ipsec-nat-t-ike-00",
            "draft-ietf-ipsec-nat-t-ike-00",
        ),
        (
            "draft-ietf-ipsec-nat-t-ike-02",
            "draft-ietf-ipsec-nat-t-ike-02",
        ),
        (
            "draft-ietf-ipsec-nat-t-ike-02\n",
            "draft-ietf-ipsec-nat-t-ike-02",
        ),
        (
            "draft-ietf-ipsec-nat-t-ike-03",
            "draft-ietf-ipsec-nat-t-ike-03",
        ),
        ("FRAGMENTATION", "IKE fragmentation"),
        ("strongSwan", "strongSwan"),
        ("strongSwan 4.2.9", "strongSwan 4.2.9"),
    ] {
        let found = vendor_id::lookup(&md5(text));
        assert_eq!(found.map(|found| found.name), Some(name), "{text:?}");
        assert_eq!(found.map(|found| found.kind), Some(MatchKind::Exact));
    }
}

#[test]
fn a_version_may_follow_a_vendor_id() {
    for (hex, name, kind) in [
        // RFC 3706, section 5.1: fourteen octets, then major and minor version.
        (
            "afcad71368a1f1c96b8696fc77570100",
            "RFC 3706 DPD",
            MatchKind::Exact,
        ),
        (
            "afcad71368a1f1c96b8696fc77570200",
            "RFC 3706 DPD",
            MatchKind::Prefix,
        ),
        (
            "4048b7d56ebce88525e7de7f00d6c2d3c0000000",
            "IKE fragmentation",
            MatchKind::Prefix,
        ),
        (
            "1e2b516905991c7d7c96fcbfb587e46100000007",
            "Windows 7",
            MatchKind::Exact,
        ),
        (
            "1e2b516905991c7d7c96fcbfb587e461000000ff",
            "Windows",
            MatchKind::Prefix,
        ),
        (
            "f4ed19e0c114eb516faaac0ee37daf2807b4381f000000010000138d000000000000000018000000",
            "Check Point Firewall-1 NG AI R55",
            MatchKind::Prefix,
        ),
        (
            "f4ed19e0c114eb516faaac0ee37daf2807b4381f000000010000138d448c04d90000000018280000",
            "Check Point Firewall-1 NGX or later",
            MatchKind::Prefix,
        ),
        (
            "4f4500112233445566778899",
            "FreeS/WAN or Openswan",
            MatchKind::Prefix,
        ),
        ("0001020304050607085465", "", MatchKind::Prefix),
        (
            "00010203040506070854656c646174",
            "Teldat",
            MatchKind::Prefix,
        ),
    ] {
        let found = vendor_id::lookup(&octets(hex));
        match found {
            None => assert_eq!(name, "", "{hex}"),
            Some(found) => assert_eq!((found.name, found.kind), (name, kind), "{hex}"),
        }
    }
}

#[test]
fn octets_that_nobody_sends_have_no_name() {
    for hex in [
        "",
        "00",
        "4f",
        "4f45",
        "ffffffffffffffffffffffffffffffff",
        "4a131c81",
    ] {
        assert_eq!(vendor_id::name(&octets(hex)), None, "{hex}");
    }
    // Known only as a whole: octets that follow make it another.
    let mut juniper = octets("fd808804df73b15150709d878044cde0ac1efcde");
    assert_eq!(vendor_id::name(&juniper), Some("Juniper SRX"));
    juniper.push(0);
    assert_eq!(vendor_id::name(&juniper), None);
}

#[test]
fn text_is_told_from_other_octets() {
    assert_eq!(
        vendor_id::printable(b"LVC7.1.2:XP\0").as_deref(),
        Some("LVC7.1.2:XP")
    );
    for other in [
        b"".as_slice(),
        b"\0\0\0\0\0",
        b"abc",
        b"ab\x1bcdef",
        b"caf\xc3\xa9s",
    ] {
        assert_eq!(vendor_id::printable(other), None);
    }
}

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

#[test]
fn the_tables_hold_what_iana_lists() {
    let Some(folder) = std::env::var_os("IKESCOPE_SPECS").map(PathBuf::from) else {
        eprintln!("skipped: IKESCOPE_SPECS is not set");
        return;
    };
    let read = |file: &str| {
        let path = folder.join("registries").join(file).with_extension("csv");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        csv(&text)
    };
    macro_rules! compare {
        ($type:ty: $($file:literal),+) => {
            let lines: Vec<Line> = [$($file),+].iter().flat_map(|file| lines(&read(file))).collect();
            compare_with_file::<$type>(stringify!($type), &lines);
        };
    }
    for_each_registry!(compare);

    for row in &read("vendor_ids")[1..] {
        let [hex, name, _, kind] = row.as_slice() else {
            panic!("{row:?}")
        };
        // A name that says nothing is none; two letters alone are not enough to go by; half an octet is not one.
        if name.starts_with("Unknown ") || hex.len() < 8 || hex.len() % 2 == 1 {
            continue;
        }
        // What a regular expression leaves open, the longest of them included.
        let mut vendor_id = octets(hex);
        if kind.starts_with("regex") {
            vendor_id.extend([0; 12]);
        }
        assert!(vendor_id::name(&vendor_id).is_some(), "{row:?}");
    }
}

/// A line of a file of numbers.
struct Line {
    first: u32,
    last: u32,
    name: String,
    short: Option<String>,
    reference: String,
}

fn compare_with_file<R: Registry>(registry: &str, lines: &[Line]) {
    let assignment = |name: &str| match name.to_lowercase() {
        name if name.starts_with("reserved for private") => Some(Assignment::PrivateUse),
        name if name.starts_with("private use") => Some(Assignment::PrivateUse),
        name if name.contains("future use") && !name.starts_with("transaction") => {
            Some(Assignment::Reserved)
        }
        name if name.starts_with("reserved; in use") => None,
        name if name.starts_with("reserved for the expanded") => None,
        name if name.starts_with("reserved") => Some(Assignment::Reserved),
        name if name.starts_with("unassigned") => Some(Assignment::Unassigned),
        name if name.starts_with("doi") && name.contains("specific") => {
            Some(Assignment::Unassigned)
        }
        _ => None,
    };
    let singles: BTreeSet<u32> = lines
        .iter()
        .filter(|line| assignment(&line.name).is_none())
        .map(|line| line.first)
        .collect();
    for line in lines {
        let at = format!("{registry} {} {:?}", line.first, line.name);
        match assignment(&line.name) {
            Some(expected) => {
                for value in (line.first..=line.last).filter(|value| !singles.contains(value)) {
                    let number = R::from_value(value).expect(&at);
                    assert_eq!(
                        (number.name(), number.assignment()),
                        (None, expected),
                        "{at} {value}"
                    );
                }
            }
            None => {
                let row = R::from_value(line.first).and_then(R::row).expect(&at);
                let plain = !line.name.contains(['(', ';']);
                let named = |name: &str| match plain {
                    true => line.name == name,
                    false => line.name.contains(name),
                };
                let first = named(row.name) || row.title.is_some_and(named);
                assert!(
                    first || row.other.iter().any(|(_, name)| named(name)),
                    "{at}: {row:?}"
                );
                if first {
                    let reference = line.reference.split([',', ';', ' ', '/', '_']).next();
                    let reference = reference.filter(|r| !matches!(*r, "" | "UNSPECIFIED"));
                    let ours = row.reference.replace(' ', "");
                    assert!(ours.contains(reference.unwrap_or("IANA")), "{at}: {row:?}");
                    if let Some(short) = &line.short {
                        assert_eq!(row.short.unwrap_or_default(), short, "{at}");
                    }
                }
            }
        }
    }
    // Besides the protocols of IPsec there are those that traffic selectors name.
    if !registry.ends_with("IpProtocol") {
        let ours: BTreeSet<u32> = R::rows().iter().map(|row| row.value).collect();
        assert_eq!(ours, singles, "{registry}");
    }
}

fn lines(csv: &[Vec<String>]) -> Vec<Line> {
    let has_short = csv[0][2] == "short";
    csv[1..]
        .iter()
        .flat_map(|fields| {
            // One registry of ports holds UDP and TCP; private transforms are of one type.
            fields[0].split(',').map(move |value| {
                let value = value.trim_start_matches(|c: char| !c.is_ascii_digit());
                let (first, last) = value.split_once('-').unwrap_or((value, value));
                Line {
                    first: first.parse().unwrap(),
                    last: last.parse().unwrap(),
                    name: fields[1].clone(),
                    short: has_short.then(|| fields[2].clone()),
                    reference: fields[fields.len() - 1].clone(),
                }
            })
        })
        .collect()
}

/// The fields of a CSV file without line ends inside quotes.
fn csv(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .map(|line| {
            let mut fields = vec![String::new()];
            let mut quoted = false;
            for c in line.chars() {
                match c {
                    '"' => quoted = !quoted,
                    ',' if !quoted => fields.push(String::new()),
                    _ => fields.last_mut().unwrap().push(c),
                }
            }
            fields
        })
        .collect()
}
