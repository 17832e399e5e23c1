//! Known answers of integrity algorithms and pseudorandom functions.

use ikescope_crypto::CryptoError;
use ikescope_crypto::mac::{Integrity, IntegrityFacts, Prf, PrfFacts};
use ikescope_dissectors::registries::ikev2::{IntegrityAlgorithm as Id, Prf as PrfId};

use crate::hex::octets;

#[test]
fn every_algorithm_has_a_known_answer() {
    for facts in IntegrityFacts::all().iter().filter(|f| f.id != Id::NONE) {
        assert!(INTEGRITY.iter().any(|v| v.0 == facts.id), "{}", facts.id);
    }
    for facts in PrfFacts::all() {
        assert!(PRFS.iter().any(|v| v.0 == facts.id), "{}", facts.id);
    }
}

#[test]
fn integrity_check_values_are_the_known_ones() {
    for (id, key, data, icv, origin) in INTEGRITY {
        let integrity = Integrity::new(*id, &octets(key)).expect("a key of the right length");
        let (data, icv) = (octets(data), octets(icv));
        assert_eq!(icv.len(), integrity.icv_len(), "{id}");
        assert_eq!(
            integrity.icv(&icv[..8], &[&data]),
            Some(icv.clone()),
            "{id}, {origin}"
        );
        let (head, tail) = data.split_at(data.len() / 3);
        assert_eq!(
            integrity.verify(&[head, tail], &icv),
            Ok(()),
            "{id}, {origin}"
        );
        for place in 0..icv.len() {
            let mut changed = icv.clone();
            changed[place] ^= 1;
            let verdict = integrity.verify(&[&data], &changed);
            assert_eq!(
                verdict,
                Err(CryptoError::IntegrityMismatch),
                "{id} at {place}"
            );
            assert!(
                integrity.verify(&[&data], &icv[..place]).is_err(),
                "{id} cut at {place}"
            );
        }
    }
}

#[test]
fn sha2_256_cut_to_96_bits_is_the_start_of_the_whole() {
    let (_, key, data, icv, _) = INTEGRITY
        .iter()
        .find(|v| v.0 == Id::HMAC_SHA2_256_128)
        .expect("a vector");
    let integrity = Integrity::sha2_256_96(&octets(key)).expect("a key of 32 octets");
    assert_eq!(integrity.icv_len(), 12);
    assert_eq!(
        integrity.verify(&[&octets(data)], &octets(icv)[..12]),
        Ok(())
    );
    assert!(integrity.verify(&[&octets(data)], &octets(icv)).is_err());
}

#[test]
fn outputs_of_pseudorandom_functions_are_the_known_ones() {
    for (id, key, data, output, origin) in PRFS {
        let prf = Prf::new(*id).expect("a supported function");
        let computed = prf
            .compute(&octets(key), &[&octets(data)])
            .expect("any key");
        assert_eq!(computed.expose(), octets(output), "{id}, {origin}");
        assert_eq!(computed.len(), prf.facts().key_len, "{id}");
    }
}

#[test]
fn prf_plus_is_a_chain_of_numbered_rounds() {
    for facts in PrfFacts::all() {
        let prf = Prf::new(facts.id).expect("a supported function");
        let first = prf.compute(b"key", &[b"seed", &[1]]).expect("any key");
        let second = prf
            .compute(b"key", &[first.expose(), b"seed", &[2]])
            .expect("any key");
        let chain = [first.expose(), second.expose()].concat();
        for len in 0..chain.len() {
            let stream = prf
                .plus(b"key", &[b"se", b"ed"], len)
                .expect("a short stream");
            assert_eq!(stream.expose(), &chain[..len], "{}", facts.id);
        }
        assert!(prf.plus(b"key", &[b"seed"], 255 * facts.key_len).is_ok());
        assert!(
            prf.plus(b"key", &[b"seed"], 255 * facts.key_len + 1)
                .is_err()
        );
    }
}

#[test]
fn what_is_not_supported_is_named() {
    let refused = |id| {
        Integrity::new(id, &[])
            .expect_err("unsupported")
            .to_string()
    };
    assert_eq!(refused(Id::DES_MAC), "DES-MAC is not supported");
    assert_eq!(refused(Id::KPDK_MD5), "KPDK-MD5 is not supported");
    assert_eq!(
        Prf::new(PrfId::HMAC_TIGER)
            .expect_err("unsupported")
            .to_string(),
        "PRF HMAC-TIGER is not supported"
    );
}

/// Algorithm, key, data, output, origin.
const INTEGRITY: &[(Id, &str, &str, &str, &str)] = &[
    (
        Id::HMAC_MD5_96,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "9294727a3638bb1c13f48ef8",
        "RFC 2202, case 1",
    ),
    (
        Id::HMAC_MD5_128,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "9294727a3638bb1c13f48ef8158bfc9d",
        "RFC 2202, case 1",
    ),
    (
        Id::HMAC_SHA1_96,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "b617318655057264e28bc0b6",
        "RFC 2202, case 1",
    ),
    (
        Id::HMAC_SHA1_160,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "b617318655057264e28bc0b6fb378c8ef146be00",
        "RFC 2202, case 1",
    ),
    (
        Id::HMAC_SHA2_256_128,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "198a607eb44bfbc69903a0f1cf2bbdc5",
        "RFC 4868, AUTH256-1",
    ),
    (
        Id::HMAC_SHA2_384_192,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973",
        "RFC 4868, AUTH384-1",
    ),
    (
        Id::HMAC_SHA2_512_256,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8",
        "RFC 4868, AUTH512-1",
    ),
    (
        Id::AES_XCBC_96,
        "000102030405060708090a0b0c0d0e0f",
        "",
        "75f0251d528ac01c4573dfd5",
        "RFC 3566, case 1",
    ),
    (
        Id::AES_XCBC_96,
        "000102030405060708090a0b0c0d0e0f",
        "000102",
        "5b376580ae2f19afe7219cee",
        "RFC 3566, case 2",
    ),
    (
        Id::AES_XCBC_96,
        "000102030405060708090a0b0c0d0e0f",
        "000102030405060708090a0b0c0d0e0f",
        "d2a246fa349b68a79998a439",
        "RFC 3566, case 3",
    ),
    (
        Id::AES_XCBC_96,
        "000102030405060708090a0b0c0d0e0f",
        "000102030405060708090a0b0c0d0e0f10111213",
        "47f51b4564966215b8985c63",
        "RFC 3566, case 4",
    ),
    (
        Id::AES_XCBC_96,
        "000102030405060708090a0b0c0d0e0f",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "f54f0ec8d2b9f3d36807734b",
        "RFC 3566, case 5",
    ),
    (
        Id::AES_XCBC_96,
        "000102030405060708090a0b0c0d0e0f",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021",
        "becbb3bccdb518a30677d548",
        "RFC 3566, case 6",
    ),
    (
        Id::AES_XCBC_96,
        "000102030405060708090a0b0c0d0e0f",
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        "f0dafee895db30253761103b",
        "RFC 3566, case 7",
    ),
    (
        Id::AES_CMAC_96,
        "2b7e151628aed2a6abf7158809cf4f3c",
        "",
        "bb1d6929e95937287fa37d12",
        "RFC 4494, case 1",
    ),
    (
        Id::AES_CMAC_96,
        "2b7e151628aed2a6abf7158809cf4f3c",
        "6bc1bee22e409f96e93d7e117393172a",
        "070a16b46b4d4144f79bdd9d",
        "RFC 4494, case 2",
    ),
    (
        Id::AES_CMAC_96,
        "2b7e151628aed2a6abf7158809cf4f3c",
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
        "dfa66747de9ae63030ca3261",
        "RFC 4494, case 3",
    ),
    (
        Id::AES_CMAC_96,
        "2b7e151628aed2a6abf7158809cf4f3c",
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        "51f0bebf7e3b9d92fc497417",
        "RFC 4494, case 4",
    ),
    (
        Id::AES_128_GMAC,
        "fe67f6a4756d7a4538925d8e58f5eb32ec18eac8",
        "0ad52e338662c923b15fd45a73c6e97336efccf28a7aef9449443cc6dd7415fb8b53639f152c8fc6ef30802fde462ba0be9cf085f7580dc69efd72e002",
        "a4e167a76a05add83dc6e236c24ac0b2e04921c099da0443",
        "OpenSSL 3",
    ),
    (
        Id::AES_192_GMAC,
        "fe67f6a4756d7a4538925d8e58f5eb32686551a0e33436dfec18eac8",
        "0ad52e338662c923b15fd45a73c6e97336efccf28a7aef9449443cc6dd7415fb8b53639f152c8fc6ef30802fde462ba0be9cf085f7580dc69efd72e002",
        "a4e167a76a05add862956a38b3815e26bdc2caa97d42394b",
        "OpenSSL 3",
    ),
    (
        Id::AES_256_GMAC,
        "fe67f6a4756d7a4538925d8e58f5eb32686551a0e33436dfece12e459d9e835fec18eac8",
        "0ad52e338662c923b15fd45a73c6e97336efccf28a7aef9449443cc6dd7415fb8b53639f152c8fc6ef30802fde462ba0be9cf085f7580dc69efd72e002",
        "a4e167a76a05add8b65baf7baeb1c72068c8856c21c676df",
        "OpenSSL 3",
    ),
];

/// Algorithm, key, data, output, origin.
const PRFS: &[(PrfId, &str, &str, &str, &str)] = &[
    (
        PrfId::HMAC_MD5,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "9294727a3638bb1c13f48ef8158bfc9d",
        "RFC 2202, case 1",
    ),
    (
        PrfId::HMAC_SHA1,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "b617318655057264e28bc0b6fb378c8ef146be00",
        "RFC 2202, case 1",
    ),
    (
        PrfId::HMAC_SHA2_256,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7",
        "RFC 4868, AUTH256-1",
    ),
    (
        PrfId::HMAC_SHA2_384,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee9737a959796489bddbc4c5df61d5b3297b4fb68dab9f1b582c2",
        "RFC 4868, AUTH384-1",
    ),
    (
        PrfId::HMAC_SHA2_512,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8ac2878ebd5803f6f0b61dbce5e251ff8789a4722c1be65aea45fd464e89f8f5b",
        "RFC 4868, AUTH512-1",
    ),
    (
        PrfId::HMAC_MD5,
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "750c783e6ab0b503eaa86e310a5db738",
        "RFC 2202, case 2",
    ),
    (
        PrfId::HMAC_SHA1,
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "RFC 2202, case 2",
    ),
    (
        PrfId::HMAC_SHA2_256,
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "RFC 4231, case 2",
    ),
    (
        PrfId::HMAC_SHA2_384,
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "RFC 4231, case 2",
    ),
    (
        PrfId::HMAC_SHA2_512,
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        "RFC 4231, case 2",
    ),
    (
        PrfId::AES128_XCBC,
        "000102030405060708090a0b0c0d0e0f",
        "000102030405060708090a0b0c0d0e0f10111213",
        "47f51b4564966215b8985c63055ed308",
        "RFC 4434, section 2.1",
    ),
    (
        PrfId::AES128_XCBC,
        "00010203040506070809",
        "000102030405060708090a0b0c0d0e0f10111213",
        "0fa087af7d866e7653434e602fdde835",
        "RFC 4434, section 2.1",
    ),
    (
        PrfId::AES128_XCBC,
        "000102030405060708090a0b0c0d0e0fedcb",
        "000102030405060708090a0b0c0d0e0f10111213",
        "8cd3c93ae598a9803006ffb67c40e9e4",
        "RFC 4434, section 2.1",
    ),
    (
        PrfId::AES128_CMAC,
        "000102030405060708090a0b0c0d0e0fedcb",
        "000102030405060708090a0b0c0d0e0f10111213",
        "84a348a4a45d235babfffc0d2b4da09a",
        "RFC 4615, section 4",
    ),
    (
        PrfId::AES128_CMAC,
        "000102030405060708090a0b0c0d0e0f",
        "000102030405060708090a0b0c0d0e0f10111213",
        "980ae87b5f4c9c5214f5b6a8455e4c2d",
        "RFC 4615, section 4",
    ),
    (
        PrfId::AES128_CMAC,
        "00010203040506070809",
        "000102030405060708090a0b0c0d0e0f10111213",
        "290d9e112edb09ee141fcf64c0b72f3d",
        "RFC 4615, section 4",
    ),
];
