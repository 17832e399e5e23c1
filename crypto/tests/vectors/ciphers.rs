//! Known answers of every cipher: published ones, and for what has none published those of another implementation.

use ikescope_crypto::CryptoError;
use ikescope_crypto::cipher::{Cipher, CipherFacts};
use ikescope_dissectors::registries::ikev2::EncryptionAlgorithm as Id;

use crate::hex::octets;

/// Algorithm, Key Length attribute, key material, initialization vector, associated data, plaintext, ciphertext with
/// integrity check value, origin.
type Vector = (
    Id,
    Option<u16>,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

fn cipher((id, bits, key, ..): &Vector) -> Cipher {
    Cipher::new(*id, *bits, &octets(key)).expect("a key of the right length")
}

#[test]
fn every_cipher_has_a_known_answer() {
    for facts in CipherFacts::all() {
        assert!(VECTORS.iter().any(|v| v.0 == facts.id), "{}", facts.id);
    }
}

#[test]
fn ciphertexts_open_to_the_known_plaintext() {
    for vector in VECTORS {
        let (id, _, _, iv, aad, plain, sealed, origin) = vector;
        let mut text = octets(sealed);
        let opened = cipher(vector).open(&octets(aad), &octets(iv), &mut text);
        assert_eq!(
            opened.map(|t| t.to_vec()),
            Ok(octets(plain)),
            "{id}, {origin}"
        );
    }
}

#[test]
fn plaintexts_seal_to_the_known_ciphertext() {
    for vector in VECTORS {
        let (id, _, _, iv, aad, plain, sealed, origin) = vector;
        let mut text = octets(plain);
        let done = cipher(vector).seal(&octets(aad), &octets(iv), &mut text);
        assert_eq!(done, Ok(()), "{id}, {origin}");
        assert_eq!(text, octets(sealed), "{id}, {origin}");
    }
}

#[test]
fn a_combined_mode_refuses_every_changed_octet() {
    for vector in VECTORS
        .iter()
        .filter(|v| CipherFacts::of(v.0).is_ok_and(CipherFacts::is_aead))
    {
        let (id, _, _, iv, aad, _, sealed, _) = vector;
        let sealed = octets(sealed);
        for place in 0..sealed.len() {
            let mut text = sealed.clone();
            text[place] ^= 0x10;
            let opened = cipher(vector).open(&octets(aad), &octets(iv), &mut text);
            assert_eq!(
                opened,
                Err(CryptoError::IntegrityMismatch),
                "{id} at {place}"
            );
        }
    }
}

#[test]
fn every_length_of_input_is_an_answer() {
    for vector in VECTORS {
        let cipher = cipher(vector);
        let iv = octets(vector.3);
        for len in 0..70 {
            let mut text = vec![0x5a; len];
            let opened = cipher.open(&[], &iv, &mut text);
            let facts = cipher.facts();
            let may_open = !facts.is_aead() && len % facts.block_len == 0;
            assert_eq!(opened.is_ok(), may_open, "{} with {len} octets", facts.id);
            assert!(
                cipher
                    .open(&[], &vec![0; len + iv.len() + 1], &mut [0; 64])
                    .is_err()
            );
        }
    }
}

#[test]
fn keys_of_other_lengths_are_refused() {
    for facts in CipherFacts::all() {
        let right = facts.key_material_len(None).expect("a default key");
        for len in (0..80).filter(|len| *len != right) {
            assert!(
                Cipher::new(facts.id, None, &vec![1; len]).is_err(),
                "{} with {len}",
                facts.id
            );
        }
    }
}

#[test]
fn what_is_not_supported_is_named() {
    let refused = |number| {
        Cipher::new(Id(number), None, &[])
            .expect_err("unsupported")
            .to_string()
    };
    assert_eq!(refused(4), "RC5 is not supported");
    assert_eq!(refused(2000), "ENCR-2000 is not supported");
}

const VECTORS: &[Vector] = &[
    (
        Id::SERPENT_CBC,
        Some(128),
        "000102030405060708090a0b0c0d0e0f",
        "101112131415161718191a1b1c1d1e1f",
        "",
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
        "8abaa1df3c0ffbdec6a87875f6032e6f6fd0a490bc8ebd57abb255a64c4df0c7",
        "libgcrypt 1.10",
    ),
    (
        Id::SERPENT_CBC,
        Some(192),
        "000102030405060708090a0b0c0d0e0f1011121314151617",
        "101112131415161718191a1b1c1d1e1f",
        "",
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
        "76e46aa97414f5bbbe7bf386f46f75fcaf8efcfba817f791420fa94178c70fc7",
        "libgcrypt 1.10",
    ),
    (
        Id::SERPENT_CBC,
        Some(256),
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "101112131415161718191a1b1c1d1e1f",
        "",
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
        "0152966daff552aad5708e58122b223df6a5795606e893f93b49152774ab9bfb",
        "libgcrypt 1.10",
    ),
    (
        Id::TWOFISH_CBC,
        Some(128),
        "000102030405060708090a0b0c0d0e0f",
        "101112131415161718191a1b1c1d1e1f",
        "",
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
        "8fd7267fd3e30c64278d14784c4ddcd51e1a00f323c72fe25535ae92b52365c7",
        "libgcrypt 1.10",
    ),
    (
        Id::TWOFISH_CBC,
        Some(256),
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "101112131415161718191a1b1c1d1e1f",
        "",
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
        "cdff51351381fa2b60a8822c2da67f338e4f6df3f248711873ef5eba437819c0",
        "libgcrypt 1.10",
    ),
    (
        Id::TWOFISH_CBC_SSH,
        Some(256),
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "101112131415161718191a1b1c1d1e1f",
        "",
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
        "cdff51351381fa2b60a8822c2da67f338e4f6df3f248711873ef5eba437819c0",
        "libgcrypt 1.10",
    ),
    (
        Id::TWOFISH_CBC_STRONGSWAN,
        Some(256),
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "101112131415161718191a1b1c1d1e1f",
        "",
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
        "cdff51351381fa2b60a8822c2da67f338e4f6df3f248711873ef5eba437819c0",
        "libgcrypt 1.10",
    ),
    (
        Id::SERPENT_CBC_STRONGSWAN,
        Some(256),
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "101112131415161718191a1b1c1d1e1f",
        "",
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
        "0152966daff552aad5708e58122b223df6a5795606e893f93b49152774ab9bfb",
        "libgcrypt 1.10",
    ),
    (
        Id::AES_CBC,
        Some(128),
        "06a9214036b8a15b512e03d534120006",
        "3dafba429d9eb430b422da802c9fac41",
        "",
        "53696e676c6520626c6f636b206d7367",
        "e353779c1079aeb82708942dbe77181a",
        "RFC 3602, case 1",
    ),
    (
        Id::AES_CBC,
        Some(128),
        "c286696d887c9aa0611bbb3e2025a45a",
        "562e17996d093d28ddb3ba695a2e6f58",
        "",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1",
        "RFC 3602, case 2",
    ),
    (
        Id::AES_CBC,
        Some(192),
        "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
        "000102030405060708090a0b0c0d0e0f",
        "",
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd",
        "SP 800-38A, F.2",
    ),
    (
        Id::AES_CBC,
        Some(256),
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        "000102030405060708090a0b0c0d0e0f",
        "",
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
        "SP 800-38A, F.2",
    ),
    (
        Id::AES_CCM_12,
        Some(128),
        "5489d9727dc52452cf4706a1a14239c2ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e0d65a33a",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "799db0c5749b5017b60cf6594449eb99c298e64599c6a0dcaef719ff9983828ad8d898cf4d0002bfa135705164b5e334dcdfc20aae63ae7eda",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_12,
        Some(192),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e0d65a33a",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "280bd91901431149b8f94d4dffd3b582e117135740025383fe9f310fbdf021e09182a411dfdec3dd2550932eb06daccbcde38cc8534cbc05de",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_12,
        Some(256),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdf86e5a5c9fccba55ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e0d65a33a",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "fa1d12f202ff06e64125080de8a73aa2279ebf0ca77c5fa6d5b9c03faed909b500c681bbced6c6c22c0a40b9039119163187f08069c0f57530",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_16,
        Some(128),
        "5489d9727dc52452cf4706a1a14239c2ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "799db0c5749b5017b60cf6594449eb99c298e64599c6a0dcaef719ff9983828ad8d898cf4d0002bfa135705164e409b284503a5f0e9dbf7f43c2387772",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_16,
        Some(192),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "280bd91901431149b8f94d4dffd3b582e117135740025383fe9f310fbdf021e09182a411dfdec3dd2550932eb0ca171ffa6cdb987d7fee781958cf6393",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_16,
        Some(256),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdf86e5a5c9fccba55ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "fa1d12f202ff06e64125080de8a73aa2279ebf0ca77c5fa6d5b9c03faed909b500c681bbced6c6c22c0a40b90349a610bd13b3fcc5ff35ad38bcde6e71",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_8,
        Some(128),
        "5489d9727dc52452cf4706a1a14239c2ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "799db0c5749b5017b60cf6594449eb99c298e64599c6a0dcaef719ff9983828ad8d898cf4d0002bfa13570516424ca76dc48118eec",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_8,
        Some(192),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "280bd91901431149b8f94d4dffd3b582e117135740025383fe9f310fbdf021e09182a411dfdec3dd2550932eb0712c83d31ca02897",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_8,
        Some(256),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdf86e5a5c9fccba55ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "fa1d12f202ff06e64125080de8a73aa2279ebf0ca77c5fa6d5b9c03faed909b500c681bbced6c6c22c0a40b9034c4c224eeeb433e8",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_8_IIV,
        Some(128),
        "5489d9727dc52452cf4706a1a14239c2ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "799db0c5749b5017b60cf6594449eb99c298e64599c6a0dcaef719ff9983828ad8d898cf4d0002bfa13570516424ca76dc48118eec",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_8_IIV,
        Some(192),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "280bd91901431149b8f94d4dffd3b582e117135740025383fe9f310fbdf021e09182a411dfdec3dd2550932eb0712c83d31ca02897",
        "OpenSSL 3",
    ),
    (
        Id::AES_CCM_8_IIV,
        Some(256),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdf86e5a5c9fccba55ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "fa1d12f202ff06e64125080de8a73aa2279ebf0ca77c5fa6d5b9c03faed909b500c681bbced6c6c22c0a40b9034c4c224eeeb433e8",
        "OpenSSL 3",
    ),
    (
        Id::AES_CTR,
        Some(128),
        "ae6852f8121067cc4bf7a5765577f39e00000030",
        "0000000000000000",
        "",
        "53696e676c6520626c6f636b206d7367",
        "e4095d4fb7a7b3792d6175a3261311b8",
        "RFC 3686, vector 1",
    ),
    (
        Id::AES_CTR,
        Some(128),
        "7e24067817fae0d743d6ce1f32539163006cb6db",
        "c0543b59da48d90b",
        "",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28",
        "RFC 3686, vector 2",
    ),
    (
        Id::AES_CTR,
        Some(128),
        "7691be035e5020a8ac6e618529f9a0dc00e0017b",
        "27777f3f4a1786f0",
        "",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
        "c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef3105325b2072f",
        "RFC 3686, vector 3",
    ),
    (
        Id::AES_CTR,
        Some(192),
        "16af5b145fc9f579c175f93e3bfb0eed863d06ccfdb7851500000048",
        "36733c147d6d93cb",
        "",
        "53696e676c6520626c6f636b206d7367",
        "4b55384fe259c9c84e7935a003cbe928",
        "RFC 3686, vector 4",
    ),
    (
        Id::AES_CTR,
        Some(192),
        "7c5cb2401b3dc33c19e7340819e0f69c678c3db8e6f6a91a0096b03b",
        "020c6eadc2cb500d",
        "",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "453243fc609b23327edfaafa7131cd9f8490701c5ad4a79cfc1fe0ff42f4fb00",
        "RFC 3686, vector 5",
    ),
    (
        Id::AES_CTR,
        Some(192),
        "02bf391ee8ecb159b959617b0965279bf59b60a786d3e0fe0007bdfd",
        "5cbd60278dcc0912",
        "",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
        "96893fc55e5c722f540b7dd1ddf7e758d288bc95c69165884536c811662f2188abee0935",
        "RFC 3686, vector 6",
    ),
    (
        Id::AES_CTR,
        Some(256),
        "776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c10400000060",
        "db5672c97aa8f0b2",
        "",
        "53696e676c6520626c6f636b206d7367",
        "145ad01dbf824ec7560863dc71e3e0c0",
        "RFC 3686, vector 7",
    ),
    (
        Id::AES_CTR,
        Some(256),
        "f6d66d6bd52d59bb0796365879eff886c66dd51a5b6a99744b50590c87a2388400faac24",
        "c1585ef15a43d875",
        "",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "f05e231b3894612c49ee000b804eb2a9b8306b508f839d6a5530831d9344af1c",
        "RFC 3686, vector 8",
    ),
    (
        Id::AES_CTR,
        Some(256),
        "ff7a617ce69148e4f1726e2f43581de2aa62d9f805532edff1eed687fb54153d001cc5b7",
        "51a51d70a1c11148",
        "",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
        "eb6c52821d0bbbf7ce7594462aca4faab407df866569fd07f48cc0b583d6071f1ec0e6b8",
        "RFC 3686, vector 9",
    ),
    (
        Id::AES_GCM_12,
        Some(128),
        "feffe9928665731c6d6a8f9467308308cafebabe",
        "facedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95a",
        "McGrew and Viega, GCM, case 4",
    ),
    (
        Id::AES_GCM_16,
        Some(128),
        "feffe9928665731c6d6a8f9467308308cafebabe",
        "facedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47",
        "McGrew and Viega, GCM, case 4",
    ),
    (
        Id::AES_GCM_16,
        Some(192),
        "feffe9928665731c6d6a8f9467308308feffe9928665731ccafebabe",
        "facedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda27102519498e80f1478f37ba55bd6d27618c",
        "McGrew and Viega, GCM, case 10",
    ),
    (
        Id::AES_GCM_16,
        Some(256),
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308cafebabe",
        "facedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
        "McGrew and Viega, GCM, case 16",
    ),
    (
        Id::AES_GCM_16_IIV,
        Some(128),
        "feffe9928665731c6d6a8f9467308308cafebabe",
        "facedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47",
        "McGrew and Viega, GCM, case 4",
    ),
    (
        Id::AES_GCM_8,
        Some(128),
        "feffe9928665731c6d6a8f9467308308cafebabe",
        "facedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db",
        "McGrew and Viega, GCM, case 4",
    ),
    (
        Id::BLOWFISH,
        Some(128),
        "8f3051b070f557c1878e12ac02a8b701",
        "fd415f58ba532198",
        "",
        "fdc0a0dd9043458e623d264fd2d4ab0610c7dc3fb31ade13ee4bb16258671364ca7a74db2818c050d7a562bda5968e62",
        "523cab817b8890a1034d779d4d8c9d15d24fac0abb90c826b030e96dc98e158828db77e165f70fd7ab4f559490af040e",
        "OpenSSL 3",
    ),
    (
        Id::BLOWFISH,
        Some(448),
        "8f3051b070f557c1878e12ac02a8b701e21905dcfd9a3ee3efcabcbbf79fe98d971e0bb30e35fb7975b898d6e1e6e03ff74cf611dc06d232",
        "fd415f58ba532198",
        "",
        "fdc0a0dd9043458e623d264fd2d4ab0610c7dc3fb31ade13ee4bb16258671364ca7a74db2818c050d7a562bda5968e62",
        "a9e066ac0acae3c886c512036bc282228f445fd57531f25e2044cf8ee26d93a770861ac637510ca1af559226927da892",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CBC,
        Some(128),
        "a686bb297416305e43eb7e4686006241",
        "d7b13181a5e6fe120fa3fc74a74597fc",
        "",
        "4681eef85ceeb8c05ed0c1bfd2ac316e2b2f675473c573ad55ba9818886a6170b6cd6020edbd0710f4036e56e315e66f",
        "1acb3879196428e8594469f992b1710a65547ce072c119164d176046029519b54be6aa220eb4f267489d7eae7d2ace2e",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CBC,
        Some(192),
        "a686bb297416305e43eb7e4686006241e6968681653e93a2",
        "d7b13181a5e6fe120fa3fc74a74597fc",
        "",
        "4681eef85ceeb8c05ed0c1bfd2ac316e2b2f675473c573ad55ba9818886a6170b6cd6020edbd0710f4036e56e315e66f",
        "bee533f2709eaf9174e3877f831270f7573e4944f6ef7365790656bca90b0c69fb6c8f5e911840be44f9610d4e865174",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CBC,
        Some(256),
        "a686bb297416305e43eb7e4686006241e6968681653e93a21cf0e6318e1a4348",
        "d7b13181a5e6fe120fa3fc74a74597fc",
        "",
        "4681eef85ceeb8c05ed0c1bfd2ac316e2b2f675473c573ad55ba9818886a6170b6cd6020edbd0710f4036e56e315e66f",
        "f6e8cdd44d9e9985e3b7c39bc233697ded640aae6823cbf2636065e168ca983a55c49ec7a431259a2e979a0ac304979f",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CCM_12,
        Some(128),
        "5489d9727dc52452cf4706a1a14239c2ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e0d65a33a",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "46ebcd20b72d3d87e74f0f26c6d14aa8f2ceb3eb1c27f4178779681250d5edffbe5b68906d08f4d8469a66f456a299b72a893a4b85e9428047",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CCM_12,
        Some(192),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e0d65a33a",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "1980e187ee9ebbd6154fc8c8dcffaaffbe97719df471ac5bbd0294c8e3a25f1346a96fa2c8100b8aae15f0c1e4fda4b16b10f5204781892e83",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CCM_12,
        Some(256),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdf86e5a5c9fccba55ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e0d65a33a",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "6ba204ffc48b898b1c9b2b6c9b5a0a9d53a7476f3b27c0e9eb23ba2b093232ae203564fdc1d4727d88b35ca5c38db96bbdcb246d8cdf7f52fb",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CCM_16,
        Some(128),
        "5489d9727dc52452cf4706a1a14239c2ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "46ebcd20b72d3d87e74f0f26c6d14aa8f2ceb3eb1c27f4178779681250d5edffbe5b68906d08f4d8469a66f4562799bcd1812564fdae503a4fb7e8a920",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CCM_16,
        Some(192),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "1980e187ee9ebbd6154fc8c8dcffaaffbe97719df471ac5bbd0294c8e3a25f1346a96fa2c8100b8aae15f0c1e4b864547828a447785fff91ecbcf0a61b",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CCM_16,
        Some(256),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdf86e5a5c9fccba55ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "6ba204ffc48b898b1c9b2b6c9b5a0a9d53a7476f3b27c0e9eb23ba2b093232ae203564fdc1d4727d88b35ca5c3f9c8d41af04e521058980b08a15d3ef3",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CCM_8,
        Some(128),
        "5489d9727dc52452cf4706a1a14239c2ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "46ebcd20b72d3d87e74f0f26c6d14aa8f2ceb3eb1c27f4178779681250d5edffbe5b68906d08f4d8469a66f456f695f3478872bdb4",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CCM_8,
        Some(192),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "1980e187ee9ebbd6154fc8c8dcffaaffbe97719df471ac5bbd0294c8e3a25f1346a96fa2c8100b8aae15f0c1e47d422888095c7c24",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CCM_8,
        Some(256),
        "5489d9727dc52452cf4706a1a14239c21516787089078acdf86e5a5c9fccba55ec18ea",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "6ba204ffc48b898b1c9b2b6c9b5a0a9d53a7476f3b27c0e9eb23ba2b093232ae203564fdc1d4727d88b35ca5c30e62d4b44d133fdd",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CTR,
        Some(128),
        "869efd5fba2eeb1f8cd16ab33ce757eaec18eac8",
        "a4e167a76a05add8",
        "",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb",
        "19a5518b1c1b410ca6257e601adf13902d8a812408412601d8a7eae0fca646a3732475645a4411da31",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CTR,
        Some(192),
        "869efd5fba2eeb1f8cd16ab33ce757ea04de2fc53f71dcf5ec18eac8",
        "a4e167a76a05add8",
        "",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb",
        "5f689e37cc6f68a0d6137e69ac9ddc95d62cf6fe06fde05259722dc870b2aeb1000c2d06d74a393a4f",
        "OpenSSL 3",
    ),
    (
        Id::CAMELLIA_CTR,
        Some(256),
        "869efd5fba2eeb1f8cd16ab33ce757ea04de2fc53f71dcf58954ab66dd12be44ec18eac8",
        "a4e167a76a05add8",
        "",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb",
        "4ec4afdd9ce5e5ae0f0ebaf7453a6fb808b2f124402974226945748dfd66562f18b3f0a4589a5560f7",
        "OpenSSL 3",
    ),
    (
        Id::CAST,
        Some(128),
        "3d948ae5fffa33d8e8e73c321dd9c4b8",
        "6fe749ef71e65469",
        "",
        "72bd8fc38860f8428082b49187a09c5e00e0b99c43b8cbfbd8fd0df89f56da16e7e36b45ef720d3c6e2b881411518404",
        "11ce306f2c2d99a541701630cf071b314753c75a2f9173776f5c8c6ca5f3fa11483084e59e221504b8a27508d2c05572",
        "OpenSSL 3",
    ),
    (
        Id::CAST,
        Some(40),
        "3d948ae5ff",
        "6fe749ef71e65469",
        "",
        "72bd8fc38860f8428082b49187a09c5e00e0b99c43b8cbfbd8fd0df89f56da16e7e36b45ef720d3c6e2b881411518404",
        "941fd0a8bde9254cef6e0e8fcd149aa87cba7ff44a73a36206b794912d35bc0d476a738951e62afe3f472341df6d70f5",
        "OpenSSL 3",
    ),
    (
        Id::CHACHA20_POLY1305,
        None,
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3",
        "1011121314151617",
        "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029",
        "0000000c000040010000000a00",
        "610394701f8d017f7c129248896b71bfe25236efd7cdc67066906315b2",
        "RFC 7634, appendix B",
    ),
    (
        Id::CHACHA20_POLY1305_IIV,
        None,
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3",
        "1011121314151617",
        "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029",
        "0000000c000040010000000a00",
        "610394701f8d017f7c129248896b71bfe25236efd7cdc67066906315b2",
        "RFC 7634, appendix B",
    ),
    (
        Id::DES,
        None,
        "0123456789abcdef",
        "1234567890abcdef",
        "",
        "4e6f77206973207468652074696d6520666f7220616c6c20",
        "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6",
        "FIPS 81, table C1",
    ),
    (
        Id::IDEA,
        None,
        "e43e0cd4f7f33dee0b2196d3f2d9e130",
        "b45fc57ff45f34cb",
        "",
        "83c560b0758c26c95a2a77f8571a5a6ced24c239bd48666bc28ac64172d0af33eef8ce18ab983116750d2d6bcdf3db8f",
        "39aa9c0819130f3be14b8e201019689bf6594bd3a32f3510af96635323f454c5119d816b395b8dc07b70f9e9e92c8f06",
        "OpenSSL 3",
    ),
    (
        Id::NULL,
        None,
        "",
        "",
        "",
        "4e554c4c",
        "4e554c4c",
        "RFC 2410, section 2.1",
    ),
    (
        Id::NULL_AUTH_AES_GMAC,
        Some(128),
        "8fca11123cf1e38c3450ea7a76ce28cfec18eac8",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb096ea69508fb082df924b245505ae8a7",
        "OpenSSL 3",
    ),
    (
        Id::NULL_AUTH_AES_GMAC,
        Some(192),
        "8fca11123cf1e38c3450ea7a76ce28cf3efebeba2faa9babec18eac8",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfbd48eee658e26419702a8c4f0a23ba34c",
        "OpenSSL 3",
    ),
    (
        Id::NULL_AUTH_AES_GMAC,
        Some(256),
        "8fca11123cf1e38c3450ea7a76ce28cf3efebeba2faa9babca55390e7b80f37bec18eac8",
        "a4e167a76a05add8",
        "4e1195df020de59e",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfb",
        "169b5b823c62b64ca7e5f8456a13c8d5d06f4ece522a58bc2b8a784dcf3609b0f64551fcd6f07823cb87971cfba36da2ed6b4415c15115903c134eb412",
        "OpenSSL 3",
    ),
    (
        Id::TRIPLE_DES,
        None,
        "fd2174abc189d59342c8f4b0e5bab8691e9a52d2cd75d19f",
        "e9e2fe8b7db45cb5",
        "",
        "85988b27427d03604cd8a03f7a51e077f86f5d22e3ead935b045dbb1ee6189de1bafaa5be7f3f243325b0140d5558705",
        "d9d2c954c4a0ba92910aa6b61cbfbad366a4c6447626473366c3d02bc9bfc50b449c865ac1332ef456a1d86fba0ff0d7",
        "OpenSSL 3",
    ),
];
