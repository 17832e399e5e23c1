//! Registries of IKEv2 (RFC 7296 and its extensions).

use crate::registry::registry;

registry! {
    /// Exchange types of IKEv2 (RFC 7296, section 3.1).
    pub struct ExchangeType(u8) = "exchange", reserved [0..=33], private [240..=255];
    34 IKE_SA_INIT "IKE_SA_INIT" ["RFC 7296"];
    35 IKE_AUTH "IKE_AUTH" ["RFC 7296"];
    36 CREATE_CHILD_SA "CREATE_CHILD_SA" ["RFC 7296"];
    37 INFORMATIONAL "INFORMATIONAL" ["RFC 7296"];
    38 IKE_SESSION_RESUME "IKE_SESSION_RESUME" ["RFC 5723"];
    39 GSA_AUTH "GSA_AUTH" ["RFC 9838"];
    40 GSA_REGISTRATION "GSA_REGISTRATION" ["RFC 9838"];
    41 GSA_REKEY "GSA_REKEY" ["RFC 9838"];
    42 GSA_INBAND_REKEY "GSA_INBAND_REKEY" ["RFC 9838"];
    43 IKE_INTERMEDIATE "IKE_INTERMEDIATE" ["RFC 9242"];
    44 IKE_FOLLOWUP_KE "IKE_FOLLOWUP_KE" ["RFC 9370"];
}

registry! {
    /// Payload types of IKEv2, named by their notation (RFC 7296, section 3.2).
    pub struct PayloadType(u8) = "payload", reserved [1..=32], private [128..=255];
    0 NONE "No Next Payload" ["RFC 7296"];
    33 SA "SA" title "Security Association" ["RFC 7296"];
    34 KE "KE" title "Key Exchange" ["RFC 7296"];
    35 ID_INITIATOR "IDi" title "Identification - Initiator" ["RFC 7296"];
    36 ID_RESPONDER "IDr" title "Identification - Responder" ["RFC 7296"];
    37 CERT "CERT" title "Certificate" ["RFC 7296"];
    38 CERTREQ "CERTREQ" title "Certificate Request" ["RFC 7296"];
    39 AUTH "AUTH" title "Authentication" ["RFC 7296"];
    40 NONCE "Ni, Nr" title "Nonce" ["RFC 7296"];
    41 NOTIFY "N" title "Notify" ["RFC 7296"];
    42 DELETE "D" title "Delete" ["RFC 7296"];
    43 VENDOR_ID "V" title "Vendor ID" ["RFC 7296"];
    44 TS_INITIATOR "TSi" title "Traffic Selector - Initiator" ["RFC 7296"];
    45 TS_RESPONDER "TSr" title "Traffic Selector - Responder" ["RFC 7296"];
    46 SK "SK" title "Encrypted and Authenticated" ["RFC 7296"];
    47 CP "CP" title "Configuration" ["RFC 7296"];
    48 EAP "EAP" title "Extensible Authentication" ["RFC 7296"];
    49 GSPM "GSPM" title "Generic Secure Password Method" ["RFC 6467"];
    50 ID_GROUP "IDg" title "Group Identification" ["RFC 9838"];
    51 GSA "GSA" title "Group Security Association" ["RFC 9838"];
    52 KD "KD" title "Key Download" ["RFC 9838"];
    53 SKF "SKF" title "Encrypted and Authenticated Fragment" ["RFC 7383"];
    54 PS "PS" title "Puzzle Solution" ["RFC 8019"];
}

registry! {
    /// Security protocol identifiers (RFC 7296, section 3.3.1).
    pub struct ProtocolId(u8) = "protocol", reserved [0], private [201..=255];
    1 IKE "IKE" ["RFC 7296"];
    2 AH "AH" ["RFC 7296"];
    3 ESP "ESP" ["RFC 7296"];
    4 FC_ESP_HEADER "FC_ESP_HEADER" ["RFC 4595"];
    5 FC_CT_AUTHENTICATION "FC_CT_AUTHENTICATION" ["RFC 4595"];
    6 GIKE_UPDATE "GIKE_UPDATE" ["RFC 9838"];
}

registry! {
    /// Transform types (RFC 7296, section 3.3.2; RFC 9370; RFC 9838).
    pub struct TransformType(u8) = "transform", reserved [0], private [241..=255];
    1 ENCR "Encryption Algorithm (ENCR)" short "ENCR" ["RFC 7296"];
    2 PRF "Pseudo-random Function (PRF)" short "PRF" ["RFC 7296"];
    3 INTEG "Integrity Algorithm (INTEG)" short "INTEG" ["RFC 7296"];
    4 KE "Key Exchange Method (KE)" short "KE" ["RFC 7296, RFC 9370"];
    5 SN "Sequence Numbers (SN)" short "SN" ["RFC 7296, RFC 9827"];
    6 ADDKE1 "Additional Key Exchange 1 (ADDKE1)" short "ADDKE1" ["RFC 9370"];
    7 ADDKE2 "Additional Key Exchange 2 (ADDKE2)" short "ADDKE2" ["RFC 9370"];
    8 ADDKE3 "Additional Key Exchange 3 (ADDKE3)" short "ADDKE3" ["RFC 9370"];
    9 ADDKE4 "Additional Key Exchange 4 (ADDKE4)" short "ADDKE4" ["RFC 9370"];
    10 ADDKE5 "Additional Key Exchange 5 (ADDKE5)" short "ADDKE5" ["RFC 9370"];
    11 ADDKE6 "Additional Key Exchange 6 (ADDKE6)" short "ADDKE6" ["RFC 9370"];
    12 ADDKE7 "Additional Key Exchange 7 (ADDKE7)" short "ADDKE7" ["RFC 9370"];
    13 KWA "Key Wrap Algorithm (KWA)" short "KWA" ["RFC 9838"];
    14 GCAUTH "Group Controller Authentication Method (GCAUTH)" short "GCAUTH" ["RFC 9838"];
}

registry! {
    /// Transform attribute types (RFC 7296, section 3.3.5). The top bit of the field, AF, is not part of the number.
    pub struct TransformAttribute(u16) = "attribute", reserved [0..=13 | 15..=17], private [16384..=32767];
    14 KEY_LENGTH "Key Length (in bits)" ["RFC 7296"];
    18 SIGNATURE_ALGORITHM_IDENTIFIER "Signature Algorithm Identifier" ["RFC 9838"];
}

registry! {
    /// Transform Type 1: encryption algorithms (RFC 7296, section 3.3.2). Requirement levels: RFC 8247, section 2.1.
    pub struct EncryptionAlgorithm(u16) = "ENCR", reserved [0 | 10 | 22], private [1024..=65535];
    1 DES_IV64 "ENCR_DES_IV64" short "DES-IV64" ["IANA, deprecated by RFC 9395"];
    2 DES "ENCR_DES" short "DES" ["RFC 2405, deprecated by RFC 9395"];
    3 TRIPLE_DES "ENCR_3DES" short "3DES" ["RFC 2451"];
    4 RC5 "ENCR_RC5" short "RC5" ["RFC 2451, deprecated by RFC 9395"];
    5 IDEA "ENCR_IDEA" short "IDEA" ["RFC 2451, deprecated by RFC 9395"];
    6 CAST "ENCR_CAST" short "CAST" ["RFC 2451, deprecated by RFC 9395"];
    7 BLOWFISH "ENCR_BLOWFISH" short "BLOWFISH" ["RFC 2451, deprecated by RFC 9395"];
    8 TRIPLE_IDEA "ENCR_3IDEA" short "3IDEA" ["IANA, deprecated by RFC 9395"];
    9 DES_IV32 "ENCR_DES_IV32" short "DES-IV32" ["IANA, deprecated by RFC 9395"];
    11 NULL "ENCR_NULL" short "NULL" ["RFC 2410"];
    12 AES_CBC "ENCR_AES_CBC" short "AES-CBC" ["RFC 3602"];
    13 AES_CTR "ENCR_AES_CTR" short "AES-CTR" ["RFC 3686, RFC 5930"];
    14 AES_CCM_8 "ENCR_AES_CCM_8" short "AES-CCM-8" ["RFC 4309, RFC 5282"];
    15 AES_CCM_12 "ENCR_AES_CCM_12" short "AES-CCM-12" ["RFC 4309, RFC 5282"];
    16 AES_CCM_16 "ENCR_AES_CCM_16" short "AES-CCM-16" ["RFC 4309, RFC 5282"];
    18 AES_GCM_8 "ENCR_AES_GCM_8" short "AES-GCM-8" ["RFC 4106, RFC 5282, RFC 8247"];
    19 AES_GCM_12 "ENCR_AES_GCM_12" short "AES-GCM-12" ["RFC 4106, RFC 5282, RFC 8247"];
    20 AES_GCM_16 "ENCR_AES_GCM_16" short "AES-GCM-16" ["RFC 4106, RFC 5282, RFC 8247"];
    21 NULL_AUTH_AES_GMAC "ENCR_NULL_AUTH_AES_GMAC" short "NULL-AES-GMAC" ["RFC 4543"];
    23 CAMELLIA_CBC "ENCR_CAMELLIA_CBC" short "CAMELLIA-CBC" ["RFC 5529"];
    24 CAMELLIA_CTR "ENCR_CAMELLIA_CTR" short "CAMELLIA-CTR" ["RFC 5529"];
    25 CAMELLIA_CCM_8 "ENCR_CAMELLIA_CCM_8" short "CAMELLIA-CCM-8" ["RFC 5529, RFC 8247"];
    26 CAMELLIA_CCM_12 "ENCR_CAMELLIA_CCM_12" short "CAMELLIA-CCM-12" ["RFC 5529, RFC 8247"];
    27 CAMELLIA_CCM_16 "ENCR_CAMELLIA_CCM_16" short "CAMELLIA-CCM-16" ["RFC 5529, RFC 8247"];
    28 CHACHA20_POLY1305 "ENCR_CHACHA20_POLY1305" short "CHACHA20-POLY1305" ["RFC 7634"];
    29 AES_CCM_8_IIV "ENCR_AES_CCM_8_IIV" short "AES-CCM-8-IIV" ["RFC 8750"];
    30 AES_GCM_16_IIV "ENCR_AES_GCM_16_IIV" short "AES-GCM-16-IIV" ["RFC 8750"];
    31 CHACHA20_POLY1305_IIV "ENCR_CHACHA20_POLY1305_IIV" short "CHACHA20-POLY1305-IIV" ["RFC 8750"];
    32 KUZNYECHIK_MGM_KTREE "ENCR_KUZNYECHIK_MGM_KTREE" short "KUZNYECHIK-MGM-KTREE" ["RFC 9227"];
    33 MAGMA_MGM_KTREE "ENCR_MAGMA_MGM_KTREE" short "MAGMA-MGM-KTREE" ["RFC 9227"];
    34 KUZNYECHIK_MGM_MAC_KTREE "ENCR_KUZNYECHIK_MGM_MAC_KTREE" short "KUZNYECHIK-MGM-MAC-KTREE" ["RFC 9227"];
    35 MAGMA_MGM_MAC_KTREE "ENCR_MAGMA_MGM_MAC_KTREE" short "MAGMA-MGM-MAC-KTREE" ["RFC 9227"];
    1026 SERPENT_CBC_STRONGSWAN "ENCR_SERPENT_CBC_STRONGSWAN" short "SERPENT-CBC-STRONGSWAN" ["strongSwan"];
    1027 TWOFISH_CBC_STRONGSWAN "ENCR_TWOFISH_CBC_STRONGSWAN" short "TWOFISH-CBC-STRONGSWAN" ["strongSwan"];
    65004 SERPENT_CBC "ENCR_SERPENT_CBC" short "SERPENT-CBC" ["libreswan, strongSwan"];
    65005 TWOFISH_CBC "ENCR_TWOFISH_CBC" short "TWOFISH-CBC" ["libreswan, strongSwan"];
    65289 TWOFISH_CBC_SSH "ENCR_TWOFISH_CBC_SSH" short "TWOFISH-CBC-SSH" ["libreswan"];
}

impl EncryptionAlgorithm {
    /// Whether the algorithm protects integrity too, so that a proposal needs no INTEG transform (RFC 7296, section
    /// 3.3.3). ENCR_NULL_AUTH_AES_GMAC counts: it is combined mode without confidentiality (RFC 4543).
    pub const fn is_aead(self) -> bool {
        matches!(
            self,
            Self::AES_CCM_8
                | Self::AES_CCM_12
                | Self::AES_CCM_16
                | Self::AES_GCM_8
                | Self::AES_GCM_12
                | Self::AES_GCM_16
                | Self::NULL_AUTH_AES_GMAC
                | Self::CAMELLIA_CCM_8
                | Self::CAMELLIA_CCM_12
                | Self::CAMELLIA_CCM_16
                | Self::CHACHA20_POLY1305
                | Self::AES_CCM_8_IIV
                | Self::AES_GCM_16_IIV
                | Self::CHACHA20_POLY1305_IIV
                | Self::KUZNYECHIK_MGM_KTREE
                | Self::MAGMA_MGM_KTREE
                | Self::KUZNYECHIK_MGM_MAC_KTREE
                | Self::MAGMA_MGM_MAC_KTREE
        )
    }

    /// Whether the key has one length only, so that a Key Length attribute must not be sent (RFC 7296, section 3.3.5).
    pub const fn has_fixed_key_length(self) -> bool {
        matches!(
            self,
            Self::DES_IV64
                | Self::DES
                | Self::TRIPLE_DES
                | Self::IDEA
                | Self::TRIPLE_IDEA
                | Self::DES_IV32
                | Self::NULL
                | Self::CHACHA20_POLY1305
                | Self::CHACHA20_POLY1305_IIV
                | Self::KUZNYECHIK_MGM_KTREE
                | Self::MAGMA_MGM_KTREE
                | Self::KUZNYECHIK_MGM_MAC_KTREE
                | Self::MAGMA_MGM_MAC_KTREE
        )
    }
}

registry! {
    /// Transform Type 2: pseudorandom functions (RFC 7296, section 3.3.2). Requirement levels: RFC 8247, section 2.2.
    pub struct Prf(u16) = "PRF", reserved [0], private [1024..=65535];
    1 HMAC_MD5 "PRF_HMAC_MD5" short "HMAC-MD5" ["RFC 2104"];
    2 HMAC_SHA1 "PRF_HMAC_SHA1" short "HMAC-SHA1" ["RFC 2104"];
    3 HMAC_TIGER "PRF_HMAC_TIGER" short "HMAC-TIGER" ["IANA"];
    4 AES128_XCBC "PRF_AES128_XCBC" short "AES128-XCBC" ["RFC 4434"];
    5 HMAC_SHA2_256 "PRF_HMAC_SHA2_256" short "HMAC-SHA2-256" ["RFC 4868"];
    6 HMAC_SHA2_384 "PRF_HMAC_SHA2_384" short "HMAC-SHA2-384" ["RFC 4868"];
    7 HMAC_SHA2_512 "PRF_HMAC_SHA2_512" short "HMAC-SHA2-512" ["RFC 4868"];
    8 AES128_CMAC "PRF_AES128_CMAC" short "AES128-CMAC" ["RFC 4615"];
    9 HMAC_STREEBOG_512 "PRF_HMAC_STREEBOG_512" short "HMAC-STREEBOG-512" ["RFC 9385"];
}

registry! {
    /// Transform Type 3: integrity algorithms (RFC 7296, section 3.3.2). Requirement levels: RFC 8247, section 2.3.
    pub struct IntegrityAlgorithm(u16) = "INTEG", private [1024..=65535];
    0 NONE "NONE" short "NONE" ["RFC 7296"];
    1 HMAC_MD5_96 "AUTH_HMAC_MD5_96" short "HMAC-MD5-96" ["RFC 2403"];
    2 HMAC_SHA1_96 "AUTH_HMAC_SHA1_96" short "HMAC-SHA1-96" ["RFC 2404"];
    3 DES_MAC "AUTH_DES_MAC" short "DES-MAC" ["IANA"];
    4 KPDK_MD5 "AUTH_KPDK_MD5" short "KPDK-MD5" ["IANA"];
    5 AES_XCBC_96 "AUTH_AES_XCBC_96" short "AES-XCBC-96" ["RFC 3566"];
    6 HMAC_MD5_128 "AUTH_HMAC_MD5_128" short "HMAC-MD5-128" ["RFC 4595"];
    7 HMAC_SHA1_160 "AUTH_HMAC_SHA1_160" short "HMAC-SHA1-160" ["RFC 4595"];
    8 AES_CMAC_96 "AUTH_AES_CMAC_96" short "AES-CMAC-96" ["RFC 4494"];
    9 AES_128_GMAC "AUTH_AES_128_GMAC" short "AES-128-GMAC" ["RFC 4543"];
    10 AES_192_GMAC "AUTH_AES_192_GMAC" short "AES-192-GMAC" ["RFC 4543"];
    11 AES_256_GMAC "AUTH_AES_256_GMAC" short "AES-256-GMAC" ["RFC 4543"];
    12 HMAC_SHA2_256_128 "AUTH_HMAC_SHA2_256_128" short "HMAC-SHA2-256-128" ["RFC 4868"];
    13 HMAC_SHA2_384_192 "AUTH_HMAC_SHA2_384_192" short "HMAC-SHA2-384-192" ["RFC 4868"];
    14 HMAC_SHA2_512_256 "AUTH_HMAC_SHA2_512_256" short "HMAC-SHA2-512-256" ["RFC 4868"];
}

registry! {
    /// Transform Type 4, and types 6 to 12 for additional key exchanges: key exchange methods (RFC 7296, section
    /// 3.3.2; RFC 9370). Requirement levels: RFC 8247, section 2.4.
    pub struct KeyExchangeMethod(u16) = "KE", reserved [3..=4], private [1024..=65535];
    0 NONE "NONE" short "NONE" ["RFC 7296"];
    1 MODP_768 "768-bit MODP Group" short "MODP-768" ["RFC 7296"];
    2 MODP_1024 "1024-bit MODP Group" short "MODP-1024" ["RFC 7296"];
    5 MODP_1536 "1536-bit MODP Group" short "MODP-1536" ["RFC 3526"];
    14 MODP_2048 "2048-bit MODP Group" short "MODP-2048" ["RFC 3526"];
    15 MODP_3072 "3072-bit MODP Group" short "MODP-3072" ["RFC 3526"];
    16 MODP_4096 "4096-bit MODP Group" short "MODP-4096" ["RFC 3526"];
    17 MODP_6144 "6144-bit MODP Group" short "MODP-6144" ["RFC 3526"];
    18 MODP_8192 "8192-bit MODP Group" short "MODP-8192" ["RFC 3526"];
    19 ECP_256 "256-bit random ECP group" short "ECP-256" ["RFC 5903"];
    20 ECP_384 "384-bit random ECP group" short "ECP-384" ["RFC 5903"];
    21 ECP_521 "521-bit random ECP group" short "ECP-521" ["RFC 5903"];
    22 MODP_1024_160 "1024-bit MODP Group with 160-bit Prime Order Subgroup" short "MODP-1024-160" ["RFC 5114"];
    23 MODP_2048_224 "2048-bit MODP Group with 224-bit Prime Order Subgroup" short "MODP-2048-224" ["RFC 5114"];
    24 MODP_2048_256 "2048-bit MODP Group with 256-bit Prime Order Subgroup" short "MODP-2048-256" ["RFC 5114"];
    25 ECP_192 "192-bit Random ECP Group" short "ECP-192" ["RFC 5114"];
    26 ECP_224 "224-bit Random ECP Group" short "ECP-224" ["RFC 5114"];
    27 BRAINPOOL_P224R1 "brainpoolP224r1" short "BRAINPOOL-P224R1" ["RFC 6954"];
    28 BRAINPOOL_P256R1 "brainpoolP256r1" short "BRAINPOOL-P256R1" ["RFC 6954"];
    29 BRAINPOOL_P384R1 "brainpoolP384r1" short "BRAINPOOL-P384R1" ["RFC 6954"];
    30 BRAINPOOL_P512R1 "brainpoolP512r1" short "BRAINPOOL-P512R1" ["RFC 6954"];
    31 CURVE25519 "Curve25519" short "CURVE25519" ["RFC 8031"];
    32 CURVE448 "Curve448" short "CURVE448" ["RFC 8031"];
    33 GOST_256 "GOST3410_2012_256" short "GOST-256" ["RFC 9385"];
    34 GOST_512 "GOST3410_2012_512" short "GOST-512" ["RFC 9385"];
    35 ML_KEM_512 "ml-kem-512" short "ML-KEM-512" ["draft-ietf-ipsecme-ikev2-mlkem"];
    36 ML_KEM_768 "ml-kem-768" short "ML-KEM-768" ["draft-ietf-ipsecme-ikev2-mlkem"];
    37 ML_KEM_1024 "ml-kem-1024" short "ML-KEM-1024" ["draft-ietf-ipsecme-ikev2-mlkem"];
}

registry! {
    /// Transform Type 5: sequence numbers of the Child SA, before RFC 9827 "Extended Sequence Numbers" (RFC 7296,
    /// section 3.3.2).
    pub struct SequenceNumbers(u16) = "SN";
    0 BITS_32 "32-bit Sequential Numbers" short "no" ["RFC 9827"];
    1 PARTIALLY_TRANSMITTED_64 "Partially Transmitted 64-bit Sequential Numbers" short "yes" ["RFC 9827"];
    2 UNSPECIFIED_32 "32-bit Unspecified Numbers" ["RFC 9827"];
}

registry! {
    /// Transform Type 13: key wrap algorithms of group key management (RFC 9838).
    pub struct KeyWrapAlgorithm(u16) = "KWA";
    1 KW_5649_128 "KW_5649_128" ["RFC 9838"];
    2 KW_5649_192 "KW_5649_192" ["RFC 9838"];
    3 KW_5649_256 "KW_5649_256" ["RFC 9838"];
    4 KW_ARX "KW_ARX" ["RFC 9838"];
}

registry! {
    /// Transform Type 14: group controller authentication methods (RFC 9838).
    pub struct GroupControllerAuthentication(u16) = "GCAUTH";
    1 IMPLICIT "Implicit" ["RFC 9838"];
    2 DIGITAL_SIGNATURE "Digital Signature" ["RFC 9838"];
}

registry! {
    /// Identification types (RFC 7296, section 3.5).
    pub struct IdType(u8) = "ID", reserved [0], private [201..=255];
    1 IPV4_ADDR "ID_IPV4_ADDR" ["RFC 7296"];
    2 FQDN "ID_FQDN" ["RFC 7296"];
    3 RFC822_ADDR "ID_RFC822_ADDR" ["RFC 7296"];
    5 IPV6_ADDR "ID_IPV6_ADDR" ["RFC 7296"];
    9 DER_ASN1_DN "ID_DER_ASN1_DN" ["RFC 7296"];
    10 DER_ASN1_GN "ID_DER_ASN1_GN" ["RFC 7296"];
    11 KEY_ID "ID_KEY_ID" ["RFC 7296"];
    12 FC_NAME "ID_FC_NAME" ["RFC 4595"];
    13 NULL "ID_NULL" ["RFC 7619"];
}

registry! {
    /// Certificate encodings (RFC 7296, section 3.6).
    pub struct CertificateEncoding(u8) = "encoding", reserved [0 | 5], private [201..=255];
    1 PKCS7_X509 "PKCS #7 wrapped X.509 certificate" ["IANA"];
    2 PGP "PGP Certificate" ["IANA"];
    3 DNS_SIGNED_KEY "DNS Signed Key" ["IANA"];
    4 X509_SIGNATURE "X.509 Certificate - Signature" ["RFC 7296"];
    6 KERBEROS_TOKEN "Kerberos Token" ["IANA"];
    7 CRL "Certificate Revocation List (CRL)" ["RFC 7296"];
    8 ARL "Authority Revocation List (ARL)" ["IANA"];
    9 SPKI "SPKI Certificate" ["IANA"];
    10 X509_ATTRIBUTE "X.509 Certificate - Attribute" ["IANA"];
    11 RAW_RSA_KEY "Raw RSA Key" ["RFC 7670"];
    12 HASH_AND_URL_CERTIFICATE "Hash and URL of X.509 certificate" ["RFC 7296"];
    13 HASH_AND_URL_BUNDLE "Hash and URL of X.509 bundle" ["RFC 7296"];
    14 OCSP "OCSP Content" ["RFC 4806"];
    15 RAW_PUBLIC_KEY "Raw Public Key" ["RFC 7670"];
}

registry! {
    /// Authentication methods (RFC 7296, section 3.8).
    pub struct AuthenticationMethod(u8) = "AUTH", reserved [0], private [201..=255];
    1 RSA_SIG "RSA Digital Signature" short "RSA-SIG" ["RFC 7296"];
    2 PSK "Shared Key Message Integrity Code" short "PSK" ["RFC 7296"];
    3 DSS_SIG "DSS Digital Signature" short "DSS-SIG" ["RFC 7296"];
    9 ECDSA_256 "ECDSA with SHA-256 on the P-256 curve" short "ECDSA-256" ["RFC 4754"];
    10 ECDSA_384 "ECDSA with SHA-384 on the P-384 curve" short "ECDSA-384" ["RFC 4754"];
    11 ECDSA_521 "ECDSA with SHA-512 on the P-521 curve" short "ECDSA-521" ["RFC 4754"];
    12 GSPM "Generic Secure Password Authentication Method" short "GSPM" ["RFC 6467"];
    13 NULL "NULL Authentication" short "NULL" ["RFC 7619"];
    14 DIGITAL_SIGNATURE "Digital Signature" short "DIGITAL-SIGNATURE" ["RFC 7427"];
}

registry! {
    /// Hash algorithms of digital signatures, as in SIGNATURE_HASH_ALGORITHMS (RFC 7427, section 4).
    pub struct HashAlgorithm(u16) = "hash", reserved [0], private [1024..=65535];
    1 SHA1 "SHA1" ["RFC 7427"];
    2 SHA2_256 "SHA2-256" ["RFC 7427"];
    3 SHA2_384 "SHA2-384" ["RFC 7427"];
    4 SHA2_512 "SHA2-512" ["RFC 7427"];
    5 IDENTITY "Identity" ["RFC 8420"];
    6 STREEBOG_256 "STREEBOG_256" ["RFC 9385"];
    7 STREEBOG_512 "STREEBOG_512" ["RFC 9385"];
}

registry! {
    /// Notify message types (RFC 7296, section 3.10.1): below 16384 errors, from there status. Private use has what
    /// implementations are known to send.
    pub struct NotifyType(u16) = "notify", reserved [0 | 2..=3 | 6 | 8 | 10 | 12..=13 | 15..=16 | 18..=23 | 25..=33],
        private [8192..=16383 | 40960..=65535];
    1 UNSUPPORTED_CRITICAL_PAYLOAD "UNSUPPORTED_CRITICAL_PAYLOAD" ["RFC 7296"];
    4 INVALID_IKE_SPI "INVALID_IKE_SPI" ["RFC 7296"];
    5 INVALID_MAJOR_VERSION "INVALID_MAJOR_VERSION" ["RFC 7296"];
    7 INVALID_SYNTAX "INVALID_SYNTAX" ["RFC 7296"];
    9 INVALID_MESSAGE_ID "INVALID_MESSAGE_ID" ["RFC 7296"];
    11 INVALID_SPI "INVALID_SPI" ["RFC 7296"];
    14 NO_PROPOSAL_CHOSEN "NO_PROPOSAL_CHOSEN" ["RFC 7296"];
    17 INVALID_KE_PAYLOAD "INVALID_KE_PAYLOAD" ["RFC 7296"];
    24 AUTHENTICATION_FAILED "AUTHENTICATION_FAILED" ["RFC 7296"];
    34 SINGLE_PAIR_REQUIRED "SINGLE_PAIR_REQUIRED" ["RFC 7296"];
    35 NO_ADDITIONAL_SAS "NO_ADDITIONAL_SAS" ["RFC 7296"];
    36 INTERNAL_ADDRESS_FAILURE "INTERNAL_ADDRESS_FAILURE" ["RFC 7296"];
    37 FAILED_CP_REQUIRED "FAILED_CP_REQUIRED" ["RFC 7296"];
    38 TS_UNACCEPTABLE "TS_UNACCEPTABLE" ["RFC 7296"];
    39 INVALID_SELECTORS "INVALID_SELECTORS" ["RFC 7296"];
    40 UNACCEPTABLE_ADDRESSES "UNACCEPTABLE_ADDRESSES" ["RFC 4555"];
    41 UNEXPECTED_NAT_DETECTED "UNEXPECTED_NAT_DETECTED" ["RFC 4555"];
    42 USE_ASSIGNED_HOA "USE_ASSIGNED_HoA" ["RFC 5026"];
    43 TEMPORARY_FAILURE "TEMPORARY_FAILURE" ["RFC 7296"];
    44 CHILD_SA_NOT_FOUND "CHILD_SA_NOT_FOUND" ["RFC 7296"];
    45 INVALID_GROUP_ID "INVALID_GROUP_ID" ["RFC 9838"];
    46 AUTHORIZATION_FAILED "AUTHORIZATION_FAILED" ["RFC 9838"];
    47 STATE_NOT_FOUND "STATE_NOT_FOUND" ["RFC 9370"];
    48 TS_MAX_QUEUE "TS_MAX_QUEUE" ["RFC 9611"];
    49 REGISTRATION_FAILED "REGISTRATION_FAILED" ["RFC 9838"];
    8192 ME_CONNECT_FAILED "ME_CONNECT_FAILED" ["strongSwan"] also "3GPP" "PDN_CONNECTION_REJECTION";
    12345 MS_NOTIFY_STATUS "MS_NOTIFY_STATUS" ["strongSwan"];
    16384 INITIAL_CONTACT "INITIAL_CONTACT" ["RFC 7296"];
    16385 SET_WINDOW_SIZE "SET_WINDOW_SIZE" ["RFC 7296"];
    16386 ADDITIONAL_TS_POSSIBLE "ADDITIONAL_TS_POSSIBLE" ["RFC 7296"];
    16387 IPCOMP_SUPPORTED "IPCOMP_SUPPORTED" ["RFC 7296"];
    16388 NAT_DETECTION_SOURCE_IP "NAT_DETECTION_SOURCE_IP" ["RFC 7296"];
    16389 NAT_DETECTION_DESTINATION_IP "NAT_DETECTION_DESTINATION_IP" ["RFC 7296"];
    16390 COOKIE "COOKIE" ["RFC 7296"];
    16391 USE_TRANSPORT_MODE "USE_TRANSPORT_MODE" ["RFC 7296"];
    16392 HTTP_CERT_LOOKUP_SUPPORTED "HTTP_CERT_LOOKUP_SUPPORTED" ["RFC 7296"];
    16393 REKEY_SA "REKEY_SA" ["RFC 7296"];
    16394 ESP_TFC_PADDING_NOT_SUPPORTED "ESP_TFC_PADDING_NOT_SUPPORTED" ["RFC 7296"];
    16395 NON_FIRST_FRAGMENTS_ALSO "NON_FIRST_FRAGMENTS_ALSO" ["RFC 7296"];
    16396 MOBIKE_SUPPORTED "MOBIKE_SUPPORTED" ["RFC 4555"];
    16397 ADDITIONAL_IP4_ADDRESS "ADDITIONAL_IP4_ADDRESS" ["RFC 4555"];
    16398 ADDITIONAL_IP6_ADDRESS "ADDITIONAL_IP6_ADDRESS" ["RFC 4555"];
    16399 NO_ADDITIONAL_ADDRESSES "NO_ADDITIONAL_ADDRESSES" ["RFC 4555"];
    16400 UPDATE_SA_ADDRESSES "UPDATE_SA_ADDRESSES" ["RFC 4555"];
    16401 COOKIE2 "COOKIE2" ["RFC 4555"];
    16402 NO_NATS_ALLOWED "NO_NATS_ALLOWED" ["RFC 4555"];
    16403 AUTH_LIFETIME "AUTH_LIFETIME" ["RFC 4478"];
    16404 MULTIPLE_AUTH_SUPPORTED "MULTIPLE_AUTH_SUPPORTED" ["RFC 4739"];
    16405 ANOTHER_AUTH_FOLLOWS "ANOTHER_AUTH_FOLLOWS" ["RFC 4739"];
    16406 REDIRECT_SUPPORTED "REDIRECT_SUPPORTED" ["RFC 5685"];
    16407 REDIRECT "REDIRECT" ["RFC 5685"];
    16408 REDIRECTED_FROM "REDIRECTED_FROM" ["RFC 5685"];
    16409 TICKET_LT_OPAQUE "TICKET_LT_OPAQUE" ["RFC 5723"];
    16410 TICKET_REQUEST "TICKET_REQUEST" ["RFC 5723"];
    16411 TICKET_ACK "TICKET_ACK" ["RFC 5723"];
    16412 TICKET_NACK "TICKET_NACK" ["RFC 5723"];
    16413 TICKET_OPAQUE "TICKET_OPAQUE" ["RFC 5723"];
    16414 LINK_ID "LINK_ID" ["RFC 5739"];
    16415 USE_WESP_MODE "USE_WESP_MODE" ["RFC 5840"];
    16416 ROHC_SUPPORTED "ROHC_SUPPORTED" ["RFC 5857"];
    16417 EAP_ONLY_AUTHENTICATION "EAP_ONLY_AUTHENTICATION" ["RFC 5998"];
    16418 CHILDLESS_IKEV2_SUPPORTED "CHILDLESS_IKEV2_SUPPORTED" ["RFC 6023"];
    16419 QUICK_CRASH_DETECTION "QUICK_CRASH_DETECTION" ["RFC 6290"];
    16420 IKEV2_MESSAGE_ID_SYNC_SUPPORTED "IKEV2_MESSAGE_ID_SYNC_SUPPORTED" ["RFC 6311"];
    16421 IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED "IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED" ["RFC 6311"];
    16422 IKEV2_MESSAGE_ID_SYNC "IKEV2_MESSAGE_ID_SYNC" ["RFC 6311"];
    16423 IPSEC_REPLAY_COUNTER_SYNC "IPSEC_REPLAY_COUNTER_SYNC" ["RFC 6311"];
    16424 SECURE_PASSWORD_METHODS "SECURE_PASSWORD_METHODS" ["RFC 6467"];
    16425 PSK_PERSIST "PSK_PERSIST" ["RFC 6631"];
    16426 PSK_CONFIRM "PSK_CONFIRM" ["RFC 6631"];
    16427 ERX_SUPPORTED "ERX_SUPPORTED" ["RFC 6867"];
    16428 IFOM_CAPABILITY "IFOM_CAPABILITY" ["3GPP TS 24.303"];
    16429 GROUP_SENDER "GROUP_SENDER" ["RFC 9838"];
    16430 IKEV2_FRAGMENTATION_SUPPORTED "IKEV2_FRAGMENTATION_SUPPORTED" ["RFC 7383"];
    16431 SIGNATURE_HASH_ALGORITHMS "SIGNATURE_HASH_ALGORITHMS" ["RFC 7427"];
    16432 CLONE_IKE_SA_SUPPORTED "CLONE_IKE_SA_SUPPORTED" ["RFC 7791"];
    16433 CLONE_IKE_SA "CLONE_IKE_SA" ["RFC 7791"];
    16434 PUZZLE "PUZZLE" ["RFC 8019"];
    16435 USE_PPK "USE_PPK" ["RFC 8784"];
    16436 PPK_IDENTITY "PPK_IDENTITY" ["RFC 8784"];
    16437 NO_PPK_AUTH "NO_PPK_AUTH" ["RFC 8784"];
    16438 INTERMEDIATE_EXCHANGE_SUPPORTED "INTERMEDIATE_EXCHANGE_SUPPORTED" ["RFC 9242"];
    16439 IP4_ALLOWED "IP4_ALLOWED" ["RFC 8983"];
    16440 IP6_ALLOWED "IP6_ALLOWED" ["RFC 8983"];
    16441 ADDITIONAL_KEY_EXCHANGE "ADDITIONAL_KEY_EXCHANGE" ["RFC 9370"];
    16442 USE_AGGFRAG "USE_AGGFRAG" ["RFC 9347"];
    16443 SUPPORTED_AUTH_METHODS "SUPPORTED_AUTH_METHODS" ["RFC 9593"];
    16444 SA_RESOURCE_INFO "SA_RESOURCE_INFO" ["RFC 9611"];
    16445 USE_PPK_INT "USE_PPK_INT" ["RFC 9867"];
    16446 PPK_IDENTITY_KEY "PPK_IDENTITY_KEY" ["RFC 9867"];
    16447 IKE_SA_INIT_FULL_TRANSCRIPT_AUTH "IKE_SA_INIT_FULL_TRANSCRIPT_AUTH" ["draft-ietf-ipsecme-ikev2-downgrade-prevention"];
    40960 NULL_AUTH "NULL_AUTH" ["libreswan"];
    40961 USE_BEET_MODE "USE_BEET_MODE" ["strongSwan"];
    40962 ME_MEDIATION "ME_MEDIATION" ["strongSwan"];
    40963 ME_ENDPOINT "ME_ENDPOINT" ["strongSwan"];
    40964 ME_CALLBACK "ME_CALLBACK" ["strongSwan"];
    40965 ME_CONNECTID "ME_CONNECTID" ["strongSwan"];
    40966 ME_CONNECTKEY "ME_CONNECTKEY" ["strongSwan"];
    40967 ME_CONNECTAUTH "ME_CONNECTAUTH" ["strongSwan"];
    40968 ME_RESPONSE "ME_RESPONSE" ["strongSwan"];
    40969 RADIUS_ATTRIBUTE "RADIUS_ATTRIBUTE" ["strongSwan"];
    61472 AUTO_DISCOVERY_SENDER "Auto-Discovery Sender" ["Wireshark"];
    61473 AUTO_DISCOVERY_RECEIVER "Auto-Discovery Receiver" ["Wireshark"];
    61520 NETWORK_OVERLAY_ID "Network Overlay ID" ["Wireshark"];
}

impl NotifyType {
    /// Whether the notification reports an error; private-use errors (8192 to 16383) included.
    pub const fn is_error(self) -> bool {
        self.0 < 16384
    }
}

registry! {
    /// Traffic selector types (RFC 7296, section 3.13.1).
    pub struct TrafficSelectorType(u8) = "TS", reserved [0..=6], private [241..=255];
    7 IPV4_ADDR_RANGE "TS_IPV4_ADDR_RANGE" ["RFC 7296"];
    8 IPV6_ADDR_RANGE "TS_IPV6_ADDR_RANGE" ["RFC 7296"];
    9 FC_ADDR_RANGE "TS_FC_ADDR_RANGE" ["RFC 4595"];
    10 SECLABEL "TS_SECLABEL" ["RFC 9478"];
}

registry! {
    /// Configuration payload types (RFC 7296, section 3.15).
    pub struct ConfigurationType(u8) = "CFG", reserved [0], private [128..=255];
    1 REQUEST "CFG_REQUEST" ["RFC 7296"];
    2 REPLY "CFG_REPLY" ["RFC 7296"];
    3 SET "CFG_SET" ["RFC 7296"];
    4 ACK "CFG_ACK" ["RFC 7296"];
}

registry! {
    /// Configuration attribute types (RFC 7296, section 3.15.1). The top bit of the field is not part of the number.
    pub struct ConfigurationAttribute(u16) = "attribute", reserved [0 | 5 | 9 | 11], private [16384..=32767];
    1 INTERNAL_IP4_ADDRESS "INTERNAL_IP4_ADDRESS" ["RFC 7296"];
    2 INTERNAL_IP4_NETMASK "INTERNAL_IP4_NETMASK" ["RFC 7296"];
    3 INTERNAL_IP4_DNS "INTERNAL_IP4_DNS" ["RFC 7296"];
    4 INTERNAL_IP4_NBNS "INTERNAL_IP4_NBNS" ["RFC 7296"];
    6 INTERNAL_IP4_DHCP "INTERNAL_IP4_DHCP" ["RFC 7296"];
    7 APPLICATION_VERSION "APPLICATION_VERSION" ["RFC 7296"];
    8 INTERNAL_IP6_ADDRESS "INTERNAL_IP6_ADDRESS" ["RFC 7296"];
    10 INTERNAL_IP6_DNS "INTERNAL_IP6_DNS" ["RFC 7296"];
    12 INTERNAL_IP6_DHCP "INTERNAL_IP6_DHCP" ["RFC 7296"];
    13 INTERNAL_IP4_SUBNET "INTERNAL_IP4_SUBNET" ["RFC 7296"];
    14 SUPPORTED_ATTRIBUTES "SUPPORTED_ATTRIBUTES" ["RFC 7296"];
    15 INTERNAL_IP6_SUBNET "INTERNAL_IP6_SUBNET" ["RFC 7296"];
    16 MIP6_HOME_PREFIX "MIP6_HOME_PREFIX" ["RFC 5026"];
    17 INTERNAL_IP6_LINK "INTERNAL_IP6_LINK" ["RFC 5739"];
    18 INTERNAL_IP6_PREFIX "INTERNAL_IP6_PREFIX" ["RFC 5739"];
    19 HOME_AGENT_ADDRESS "HOME_AGENT_ADDRESS" ["3GPP TS 24.302"];
    20 P_CSCF_IP4_ADDRESS "P_CSCF_IP4_ADDRESS" ["RFC 7651"];
    21 P_CSCF_IP6_ADDRESS "P_CSCF_IP6_ADDRESS" ["RFC 7651"];
    22 FTT_KAT "FTT_KAT" ["3GPP TS 24.302"];
    23 EXTERNAL_SOURCE_IP4_NAT_INFO "EXTERNAL_SOURCE_IP4_NAT_INFO" ["3GPP TS 29.139"];
    24 TIMEOUT_PERIOD_FOR_LIVENESS_CHECK "TIMEOUT_PERIOD_FOR_LIVENESS_CHECK" ["3GPP TS 24.302"];
    25 INTERNAL_DNS_DOMAIN "INTERNAL_DNS_DOMAIN" ["RFC 8598"];
    26 INTERNAL_DNSSEC_TA "INTERNAL_DNSSEC_TA" ["RFC 8598"];
    27 ENCDNS_IP4 "ENCDNS_IP4" ["RFC 9464"];
    28 ENCDNS_IP6 "ENCDNS_IP6" ["RFC 9464"];
    29 ENCDNS_DIGEST_INFO "ENCDNS_DIGEST_INFO" ["RFC 9464"];
}

registry! {
    /// Transforms of IPComp in the IPCOMP_SUPPORTED notification (RFC 7296, section 3.10.1).
    pub struct IpcompTransform(u8) = "IPCOMP", reserved [0], private [241..=255];
    1 OUI "IPCOMP_OUI" ["IANA"];
    2 DEFLATE "IPCOMP_DEFLATE" ["RFC 2394"];
    3 LZS "IPCOMP_LZS" ["RFC 2395"];
    4 LZJH "IPCOMP_LZJH" ["RFC 3051"];
}

registry! {
    /// Gateway identity types of the REDIRECT notifications (RFC 5685).
    pub struct GatewayIdType(u8) = "gateway", reserved [0], private [241..=255];
    1 IPV4 "IPv4 address of the VPN gateway" ["RFC 5685"];
    2 IPV6 "IPv6 address of the VPN gateway" ["RFC 5685"];
    3 FQDN "FQDN of the VPN gateway" ["RFC 5685"];
}

registry! {
    /// Secure password authentication methods (RFC 6467).
    pub struct SecurePasswordMethod(u16) = "method", reserved [0], private [1024..=65535];
    1 PACE "PACE" ["RFC 6631"];
    2 AUGPAKE "AugPAKE" ["RFC 6628"];
    3 SECURE_PSK_AUTHENTICATION "Secure PSK Authentication" ["RFC 6617"];
}

registry! {
    /// Types of the identity of a post-quantum preshared key (RFC 8784, section 5.1).
    pub struct PpkIdType(u8) = "PPK", reserved [0], private [128..=255];
    1 OPAQUE "PPK_ID_OPAQUE" ["RFC 8784"];
    2 FIXED "PPK_ID_FIXED" ["RFC 8784"];
}

registry! {
    /// Attributes of the ROHC_SUPPORTED notification (RFC 5857).
    pub struct RohcAttribute(u16) = "attribute", reserved [0], private [16384..=32767];
    1 MAX_CID "Maximum Context Identifier (MAX_CID)" ["RFC 5857"];
    2 ROHC_PROFILE "ROHC Profile (ROHC_PROFILE)" ["RFC 5857"];
    3 ROHC_INTEG "ROHC Integrity Algorithm (ROHC_INTEG)" ["RFC 5857"];
    4 ROHC_ICV_LEN "ROHC ICV Length in bytes (ROHC_ICV_LEN)" ["RFC 5857"];
    5 MRRU "Maximum Reconstructed Reception Unit (MRRU)" ["RFC 5857"];
}
