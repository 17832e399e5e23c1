//! What a peer looks like, by what it says of itself.

use ikescope_dissectors::vendor_id;

/// The product behind vendor ids: the first that is named here and was sent. Ids that others send too (Cisco Unity,
/// dead peer detection, NAT traversal) say nothing.
pub(crate) fn of_vendor_ids(vendor_ids: &[Vec<u8>]) -> Option<String> {
    let names: Vec<&str> = vendor_ids
        .iter()
        .filter_map(|id| vendor_id::name(id))
        .collect();
    let product = PRODUCTS.iter().find_map(|product| {
        names.iter().find(|name| {
            let start = name.get(..product.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(product))
        })
    });
    product.map(|name| (*name).to_owned())
}

/// What names of vendor ids begin with; whoever imitates others comes before those.
const PRODUCTS: [&str; 20] = [
    "strongSwan",
    "Libreswan",
    "Openswan",
    "FreeS/WAN",
    "racoon",
    "iked",
    "FortiGate",
    "SonicWALL",
    "NetScreen",
    "Juniper",
    "Check Point",
    "ZyXEL",
    "Teldat",
    "Palo Alto",
    "MikroTik",
    "WatchGuard",
    "SSH",
    "Microsoft",
    "Windows",
    "Cisco VPN Concentrator",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_imitated_id_is_not_taken_for_the_product() {
        // MD5("strongSwan") and the id of Cisco Unity, which strongSwan sends too.
        let strongswan = [
            0x88, 0x2f, 0xe5, 0x6d, 0x6f, 0xd2, 0x0d, 0xbc, 0x22, 0x51, 0x61, 0x3b, 0x2e, 0xbe,
            0x5b, 0xeb,
        ];
        let unity = [
            0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9, 0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc,
            0x01, 0x00,
        ];
        let both = [unity.to_vec(), strongswan.to_vec()];
        assert_eq!(of_vendor_ids(&both).as_deref(), Some("strongSwan"));
        assert_eq!(of_vendor_ids(&[unity.to_vec()]), None);
    }
}
