//! Findings about vendor IDs.

use ikescope_dissectors::vendor_id;

use super::super::finding::{Finding, Hit, Need, Severity, View};

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "vendor-id-leak",
        title: "Vendor ID reveals implementation and version",
        severity: Severity::Low,
        condition: "A vendor ID in clear names a product, often with its version.",
        why: "Speeds up targeting of known CVEs.",
        fix: "Disable version VIDs where possible.",
        references: &["RFC 7296, section 3.12"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| vendors(view, is_product),
    },
    Finding {
        id: "vendor-id-eol",
        title: "Vendor ID matches an end-of-life version",
        severity: Severity::Medium,
        condition: "A vendor ID in clear names a version that its maker no longer supports.",
        why: "Unpatched known vulnerabilities are likely.",
        fix: "Upgrade.",
        references: &["end-of-life notices of the vendors"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| vendors(view, is_out_of_support),
    },
];

fn vendors(view: &View<'_>, is: impl Fn(&str) -> bool) -> Vec<Hit> {
    let clear = view.facts.vendors.iter().filter(|vendor| vendor.clear);
    clear
        .filter_map(|vendor| {
            let name = vendor_id::name(&vendor.octets).filter(|name| is(name))?;
            Some(Hit::new(vendor.evidence.with(format!("vendor ID {name}"))))
        })
        .collect()
}

/// Whether a name is that of a product, and not of an extension.
pub(super) fn is_product(name: &str) -> bool {
    PRODUCTS.iter().any(|product| name.starts_with(product))
}

/// Whether the maker has ended support; where a name stands for several versions, whether it has for all of them.
fn is_out_of_support(name: &str) -> bool {
    ENDED.iter().any(|prefix| name.starts_with(prefix))
}

/// How names of products begin, other than those of extensions and drafts.
const PRODUCTS: [&str; 34] = [
    "Check Point",
    "Cisco IOS",
    "Cisco VPN Concentrator",
    "CryptoPro",
    "CyberGuard",
    "ELVIS-PLUS",
    "FortiClient",
    "FortiGate",
    "Fortinet",
    "FreeS/WAN",
    "IPsec-Tools",
    "Juniper",
    "Libreswan",
    "Lucent",
    "Mac OS X",
    "NCP client",
    "Netgear",
    "NetScreen",
    "Nortel",
    "OpenIKED",
    "Openswan",
    "SSH IPsec Express",
    "SSH QuickSec",
    "SSH Sentinel",
    "SafeNet",
    "Shrew Soft",
    "Sidewinder",
    "SonicWALL",
    "StoneGate",
    "Symantec",
    "Windows",
    "ZyXEL",
    "racoon",
    "strongSwan",
];

/// How names begin whose makers have ended support, as their notices of the end of life say (November 2026).
const ENDED: [&str; 26] = [
    "Cisco VPN Concentrator",
    "CyberGuard",
    "FreeS/WAN",
    "IPsec-Tools",
    "Libreswan 3.",
    "Lucent",
    "NetScreen",
    "Nortel",
    "Openswan",
    "SSH IPsec Express",
    "SSH Sentinel",
    "SafeNet SoftRemote",
    "Sidewinder",
    "Symantec Raptor",
    "Windows 2000",
    "Windows 7",
    "Windows Server 2003",
    "Windows Server 2008",
    "Windows Server 2012",
    "Windows Vista",
    "Windows XP",
    "racoon",
    "strongSwan 2.",
    "strongSwan 4.",
    "strongSwan 5.0",
    "strongSwan 5.1",
];

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::testing::*;
    use super::*;

    fn vendor(octets: &[u8], clear: bool) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.vendors.push(VendorFact {
                octets: octets.to_vec(),
                version: Version::V1,
                clear,
                evidence: Evidence::said("vendor"),
            });
        })
    }

    /// Vendor IDs of strongSwan 4.3.7 (MD5 of its name), of Windows 8 or later, and of dead peer detection (RFC 3706).
    const STRONGSWAN: [u8; 16] = [
        0x02, 0xd7, 0xc3, 0xa0, 0x69, 0x8e, 0xc3, 0x3b, 0xb1, 0x26, 0xb2, 0xba, 0xa7, 0x0b, 0x9c,
        0x2c,
    ];
    const WINDOWS_8: [u8; 20] = [
        0x1e, 0x2b, 0x51, 0x69, 0x05, 0x99, 0x1c, 0x7d, 0x7c, 0x96, 0xfc, 0xbf, 0xb5, 0x87, 0xe4,
        0x61, 0, 0, 0, 9,
    ];
    const DPD: [u8; 16] = [
        0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57, 0x01,
        0x00,
    ];

    #[test]
    fn each_fires_and_just_does_not() {
        hold(
            FINDINGS,
            &[
                (
                    "vendor-id-leak",
                    vendor(&WINDOWS_8, true),
                    vendor(&DPD, true),
                ),
                (
                    "vendor-id-eol",
                    vendor(&STRONGSWAN, true),
                    vendor(&WINDOWS_8, true),
                ),
                (
                    "vendor-id-leak",
                    vendor(&STRONGSWAN, true),
                    vendor(&STRONGSWAN, false),
                ),
            ],
        );
    }
}
