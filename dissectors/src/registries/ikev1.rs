//! Registries of IKEv1: ISAKMP (RFC 2408), the IPsec DOI (RFC 2407), IKE (RFC 2409), Mode Config and XAUTH.

use crate::registry::registry;

registry! {
    /// Exchange types of IKEv1 (RFC 2408, section 3.1; RFC 2409, appendix A; Mode Config; GDOI).
    pub struct ExchangeType(u8) = "exchange", reserved [7..=31], private [240..=255];
    0 NONE "NONE" ["RFC 2408"];
    1 BASE "Base" ["RFC 2408"];
    2 IDENTITY_PROTECTION "Identity Protection" title "Main Mode" ["RFC 2408"];
    3 AUTHENTICATION_ONLY "Authentication Only" ["RFC 2408"];
    4 AGGRESSIVE "Aggressive" ["RFC 2408"];
    5 INFORMATIONAL "Informational" ["RFC 2408"];
    6 TRANSACTION "Transaction" title "Config Mode" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    32 QUICK_MODE "Quick Mode" ["RFC 2409"] also "GDOI" "GROUPKEY-PULL";
    33 NEW_GROUP_MODE "New Group Mode" ["RFC 2409"] also "GDOI" "GROUPKEY-PUSH";
}

registry! {
    /// Payload types of IKEv1, named by their notation (RFC 2408, section 3.1; RFC 3947; GDOI). Private use has what
    /// drafts and implementations are known to send.
    pub struct PayloadType(u8) = "payload", private [128..=255];
    0 NONE "NONE" ["RFC 2408"];
    1 SA "SA" title "Security Association" ["RFC 2408"];
    2 PROPOSAL "P" title "Proposal" ["RFC 2408"];
    3 TRANSFORM "T" title "Transform" ["RFC 2408"];
    4 KE "KE" title "Key Exchange" ["RFC 2408"];
    5 ID "ID" title "Identification" ["RFC 2408"];
    6 CERTIFICATE "CERT" title "Certificate" ["RFC 2408"];
    7 CERTIFICATE_REQUEST "CR" title "Certificate Request" ["RFC 2408"];
    8 HASH "HASH" title "Hash" ["RFC 2408"];
    9 SIGNATURE "SIG" title "Signature" ["RFC 2408"];
    10 NONCE "NONCE" title "Nonce" ["RFC 2408"];
    11 NOTIFICATION "N" title "Notification" ["RFC 2408"];
    12 DELETE "D" title "Delete" ["RFC 2408"];
    13 VENDOR_ID "VID" title "Vendor ID" ["RFC 2408"];
    14 ATTRIBUTE "ATTR" title "Attribute" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    15 SA_KEK "SAK" title "SA KEK Payload" ["RFC 6407"] also "draft-ietf-ipsec-nat-t-ike" "NAT-D";
    16 SA_TEK "SAT" title "SA TEK Payload" ["RFC 6407"] also "draft-ietf-ipsec-nat-t-ike" "NAT-OA";
    17 KEY_DOWNLOAD "KD" title "Key Download" ["RFC 6407"];
    18 SEQUENCE_NUMBER "SEQ" title "Sequence Number" ["RFC 6407"];
    19 PROOF_OF_POSSESSION "POP" title "Proof of Possession" ["RFC 3547"];
    20 NAT_D "NAT-D" title "NAT Discovery" ["RFC 3947"];
    21 NAT_OA "NAT-OA" title "NAT Original Address" ["RFC 3947"];
    22 GROUP_ASSOCIATED_POLICY "GAP" title "Group Associated Policy" ["RFC 6407"];
    128 SYMMETRIC_KEY "Symmetric Key" ["Wireshark"];
    130 NAT_D_DRAFT "NAT-D" title "NAT Discovery of the drafts" ["draft-ietf-ipsec-nat-t-ike-01..03"];
    131 NAT_OA_DRAFT "NAT-OA" title "NAT Original Address of the drafts" ["draft-ietf-ipsec-nat-t-ike-01..03"];
    132 FRAGMENT "Cisco/Microsoft IKE fragmentation" ["proprietary"];
}

registry! {
    /// Bits of the flags octet (RFC 2408, section 3.1; RFC 7296, section 3.1). The upper three are IKEv2.
    pub struct Flag(u8) = "flag";
    1 ENCRYPTION "Encryption" ["RFC 2408"];
    2 COMMIT "Commit" ["RFC 2408"];
    4 AUTHENTICATION_ONLY "Authentication Only" ["RFC 2408"];
    8 IKEV2_INITIATOR "IKEv2 Initiator" ["RFC 7296"];
    16 IKEV2_VERSION "IKEv2 Version" ["RFC 7296"];
    32 IKEV2_RESPONSE "IKEv2 Response" ["RFC 7296"];
}

registry! {
    /// Domains of interpretation (RFC 2408, section 3.4; RFC 2407; RFC 6407).
    pub struct Doi(u32) = "DOI";
    0 ISAKMP "ISAKMP" ["RFC 2408"];
    1 IPSEC "IPSEC" ["RFC 2407"];
    2 GDOI "GDOI" ["RFC 6407"];
}

registry! {
    /// Bits of the situation (RFC 2407, section 4.2).
    pub struct Situation(u32) = "situation";
    1 IDENTITY_ONLY "SIT_IDENTITY_ONLY" ["RFC 2407"];
    2 SECRECY "SIT_SECRECY" ["RFC 2407"];
    4 INTEGRITY "SIT_INTEGRITY" ["RFC 2407"];
}

registry! {
    /// Security protocol identifiers (RFC 2407, section 4.4.1).
    pub struct ProtocolId(u8) = "protocol", reserved [0], private [249..=255];
    1 ISAKMP "PROTO_ISAKMP" ["RFC 2407"];
    2 IPSEC_AH "PROTO_IPSEC_AH" ["RFC 2407"];
    3 IPSEC_ESP "PROTO_IPSEC_ESP" ["RFC 2407"];
    4 IPCOMP "PROTO_IPCOMP" ["RFC 2407"];
    5 GIGABEAM_RADIO "PROTO_GIGABEAM_RADIO" ["RFC 4705"];
}

registry! {
    /// Transforms of PROTO_ISAKMP (RFC 2407, section 4.4.2).
    pub struct IsakmpTransform(u8) = "transform", reserved [0], private [249..=255];
    1 KEY_IKE "KEY_IKE" ["RFC 2407"];
}

registry! {
    /// Transforms of PROTO_IPSEC_AH (RFC 2407, section 4.4.3).
    pub struct AhTransform(u8) = "AH", reserved [0..=1], private [249..=255];
    2 MD5 "AH_MD5" short "HMAC-MD5-96" ["RFC 2407"];
    3 SHA "AH_SHA" short "HMAC-SHA1-96" ["RFC 2407"];
    4 DES "AH_DES" short "DES-MAC" ["RFC 2407"];
    5 SHA2_256 "AH_SHA2-256" short "HMAC-SHA2-256-128" ["RFC 4868"];
    6 SHA2_384 "AH_SHA2-384" short "HMAC-SHA2-384-192" ["RFC 4868"];
    7 SHA2_512 "AH_SHA2-512" short "HMAC-SHA2-512-256" ["RFC 4868"];
    8 RIPEMD "AH_RIPEMD" short "HMAC-RIPEMD-96" ["RFC 2857"];
    9 AES_XCBC_MAC "AH_AES-XCBC-MAC" short "AES-XCBC-96" ["RFC 3566"];
    10 RSA "AH_RSA" short "SIG-RSA" ["RFC 4359"];
    11 AES_128_GMAC "AH_AES-128-GMAC" short "AES-128-GMAC" ["RFC 4543 (Errata 1821)"];
    12 AES_192_GMAC "AH_AES-192-GMAC" short "AES-192-GMAC" ["RFC 4543 (Errata 1821)"];
    13 AES_256_GMAC "AH_AES-256-GMAC" short "AES-256-GMAC" ["RFC 4543 (Errata 1821)"];
}

registry! {
    /// Transforms of PROTO_IPSEC_ESP (RFC 2407, section 4.4.4).
    pub struct EspTransform(u8) = "ENCR", reserved [0], private [249..=255];
    1 DES_IV64 "ESP_DES_IV64" short "DES-IV64" ["RFC 2407"];
    2 DES "ESP_DES" short "DES" ["RFC 2407"];
    3 TRIPLE_DES "ESP_3DES" short "3DES" ["RFC 2407"];
    4 RC5 "ESP_RC5" short "RC5" ["RFC 2407"];
    5 IDEA "ESP_IDEA" short "IDEA" ["RFC 2407"];
    6 CAST "ESP_CAST" short "CAST" ["RFC 2407"];
    7 BLOWFISH "ESP_BLOWFISH" short "BLOWFISH" ["RFC 2407"];
    8 TRIPLE_IDEA "ESP_3IDEA" short "3IDEA" ["RFC 2407"];
    9 DES_IV32 "ESP_DES_IV32" short "DES-IV32" ["RFC 2407"];
    10 RC4 "ESP_RC4" short "RC4" ["RFC 2407"];
    11 NULL "ESP_NULL" short "NULL" ["RFC 2407"];
    12 AES_CBC "ESP_AES-CBC" short "AES-CBC" ["RFC 3602"];
    13 AES_CTR "ESP_AES-CTR" short "AES-CTR" ["RFC 3686"];
    14 AES_CCM_8 "ESP_AES-CCM_8" short "AES-CCM-8" ["RFC 4309"];
    15 AES_CCM_12 "ESP_AES-CCM_12" short "AES-CCM-12" ["RFC 4309"];
    16 AES_CCM_16 "ESP_AES-CCM_16" short "AES-CCM-16" ["RFC 4309"];
    18 AES_GCM_8 "ESP_AES-GCM_8" short "AES-GCM-8" ["RFC 4106"];
    19 AES_GCM_12 "ESP_AES-GCM_12" short "AES-GCM-12" ["RFC 4106"];
    20 AES_GCM_16 "ESP_AES-GCM_16" short "AES-GCM-16" ["RFC 4106"];
    21 SEED_CBC "ESP_SEED_CBC" short "SEED-CBC" ["RFC 4196"];
    22 CAMELLIA "ESP_CAMELLIA" short "CAMELLIA-CBC" ["RFC 4312"];
    23 NULL_AUTH_AES_GMAC "ESP_NULL_AUTH_AES-GMAC" short "NULL-AES-GMAC" ["RFC 4543 (Errata 1821)"];
    252 SERPENT "ESP_SERPENT" short "SERPENT-CBC" ["libreswan"];
    253 TWOFISH "ESP_TWOFISH" short "TWOFISH-CBC" ["libreswan"];
}

impl EspTransform {
    /// Whether the algorithm protects integrity too, so that no Authentication Algorithm is needed (RFC 4106; RFC
    /// 4309; RFC 4543).
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
        )
    }

    /// Whether the key has one length only, so that a Key Length attribute means nothing.
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
                | Self::SEED_CBC
        )
    }
}

registry! {
    /// Transforms of PROTO_IPCOMP (RFC 2407, section 4.4.5).
    pub struct IpcompTransform(u8) = "IPCOMP", reserved [0 | 5..=47], private [48..=63];
    1 OUI "IPCOMP_OUI" ["RFC 2407"];
    2 DEFLATE "IPCOMP_DEFLATE" ["RFC 2407"];
    3 LZS "IPCOMP_LZS" ["RFC 2407"];
    4 LZJH "IPCOMP_LZJH" ["RFC 3051"];
}

registry! {
    /// Attributes of AH, ESP and IPComp transforms in quick mode (RFC 2407, section 4.5). The top bit of the field,
    /// AF, is not part of the number.
    pub struct IpsecAttribute(u16) = "attribute", reserved [0], private [32001..=32767];
    1 SA_LIFE_TYPE "SA Life Type" ["RFC 2407"];
    2 SA_LIFE_DURATION "SA Life Duration" ["RFC 2407"];
    3 GROUP_DESCRIPTION "Group Description" ["RFC 2407"];
    4 ENCAPSULATION_MODE "Encapsulation Mode" ["RFC 2407"];
    5 AUTHENTICATION_ALGORITHM "Authentication Algorithm" ["RFC 2407"];
    6 KEY_LENGTH "Key Length" ["RFC 2407"];
    7 KEY_ROUNDS "Key Rounds" ["RFC 2407"];
    8 COMPRESS_DICTIONARY_SIZE "Compress Dictionary Size" ["RFC 2407"];
    9 COMPRESS_PRIVATE_ALGORITHM "Compress Private Algorithm" ["RFC 2407"];
    10 ECN_TUNNEL "ECN Tunnel" ["RFC 3168"];
    11 EXTENDED_SEQUENCE_NUMBER "Extended (64-bit) Sequence Number" ["RFC 4304"];
    12 AUTHENTICATION_KEY_LENGTH "Authentication Key Length" ["RFC 4359"];
    13 SIGNATURE_ENCODING_ALGORITHM "Signature Encoding Algorithm" ["RFC 4359"];
    14 ADDRESS_PRESERVATION "Address Preservation" ["RFC 6407"];
    15 SA_DIRECTION "SA Direction" ["RFC 6407"];
    32001 SECCTX "SECCTX" ["libreswan"];
}

registry! {
    /// SA Life Type in quick mode (RFC 2407, section 4.5).
    pub struct IpsecLifeType(u16) = "life type", reserved [0], private [61440..=65535];
    1 SECONDS "seconds" ["RFC 2407"];
    2 KILOBYTES "kilobytes" ["RFC 2407"];
}

registry! {
    /// Encapsulation Mode (RFC 2407, section 4.5; RFC 3947, section 5.1).
    pub struct EncapsulationMode(u16) = "mode", reserved [0], private [61440..=65535];
    1 TUNNEL "Tunnel" ["RFC 2407"];
    2 TRANSPORT "Transport" ["RFC 2407"];
    3 UDP_ENCAPSULATED_TUNNEL "UDP-Encapsulated-Tunnel" ["RFC 3947"];
    4 UDP_ENCAPSULATED_TRANSPORT "UDP-Encapsulated-Transport" ["RFC 3947"];
    61440 CHECK_POINT_UDP "Check Point IPSec UDP Encapsulation" ["Wireshark"];
    61443 UDP_ENCAPSULATED_TUNNEL_DRAFT "UDP-Encapsulated-Tunnel" ["draft-ietf-ipsec-nat-t-ike-02/03"];
    61444 UDP_ENCAPSULATED_TRANSPORT_DRAFT "UDP-Encapsulated-Transport" ["draft-ietf-ipsec-nat-t-ike-02/03"];
}

registry! {
    /// Authentication Algorithm in quick mode (RFC 2407, section 4.5).
    pub struct IpsecAuthentication(u16) = "INTEG", reserved [0], private [61440..=65535];
    1 HMAC_MD5 "HMAC-MD5" short "HMAC-MD5-96" ["RFC 2407"];
    2 HMAC_SHA "HMAC-SHA" short "HMAC-SHA1-96" ["RFC 2407"];
    3 DES_MAC "DES-MAC" short "DES-MAC" ["RFC 2407"];
    4 KPDK "KPDK" short "KPDK-MD5" ["RFC 2407"];
    5 HMAC_SHA2_256 "HMAC-SHA2-256" short "HMAC-SHA2-256-128" ["RFC 4868"];
    6 HMAC_SHA2_384 "HMAC-SHA2-384" short "HMAC-SHA2-384-192" ["RFC 4868"];
    7 HMAC_SHA2_512 "HMAC-SHA2-512" short "HMAC-SHA2-512-256" ["RFC 4868"];
    8 HMAC_RIPEMD "HMAC-RIPEMD" short "HMAC-RIPEMD-96" ["RFC 2857"];
    9 AES_XCBC_MAC "AES-XCBC-MAC" short "AES-XCBC-96" ["RFC 3566"];
    10 SIG_RSA "SIG-RSA" short "SIG-RSA" ["RFC 4359"];
    11 AES_128_GMAC "AES-128-GMAC" short "AES-128-GMAC" ["RFC 4543 (Errata 1821)"];
    12 AES_192_GMAC "AES-192-GMAC" short "AES-192-GMAC" ["RFC 4543 (Errata 1821)"];
    13 AES_256_GMAC "AES-256-GMAC" short "AES-256-GMAC" ["RFC 4543 (Errata 1821)"];
}

registry! {
    /// Signature Encoding Algorithm of SIG-RSA (RFC 4359).
    pub struct SignatureEncoding(u16) = "encoding", reserved [0], private [61440..=65535];
    1 RSASSA_PKCS1_V1_5 "RSASSA-PKCS1-v1_5" ["RFC 4359"];
    2 RSASSA_PSS "RSASSA-PSS" ["RFC 4359"];
}

registry! {
    /// Address Preservation (RFC 6407).
    pub struct AddressPreservation(u16) = "preservation", reserved [0];
    1 NONE "None" ["RFC 6407"];
    2 SOURCE_ONLY "Source-Only" ["RFC 6407"];
    3 DESTINATION_ONLY "Destination-Only" ["RFC 6407"];
    4 SOURCE_AND_DESTINATION "Source-And-Destination" ["RFC 6407"];
}

registry! {
    /// SA Direction (RFC 6407).
    pub struct SaDirection(u16) = "direction", reserved [0];
    1 SENDER_ONLY "Sender-Only" ["RFC 6407"];
    2 RECEIVER_ONLY "Receiver-Only" ["RFC 6407"];
    3 SYMMETRIC "Symmetric" ["RFC 6407"];
}

registry! {
    /// Identification types (RFC 2407, section 4.6.2.1).
    pub struct IdType(u8) = "ID", reserved [0], private [249..=255];
    1 IPV4_ADDR "ID_IPV4_ADDR" ["RFC 2407"];
    2 FQDN "ID_FQDN" ["RFC 2407"];
    3 USER_FQDN "ID_USER_FQDN" ["RFC 2407"];
    4 IPV4_ADDR_SUBNET "ID_IPV4_ADDR_SUBNET" ["RFC 2407"];
    5 IPV6_ADDR "ID_IPV6_ADDR" ["RFC 2407"];
    6 IPV6_ADDR_SUBNET "ID_IPV6_ADDR_SUBNET" ["RFC 2407"];
    7 IPV4_ADDR_RANGE "ID_IPV4_ADDR_RANGE" ["RFC 2407"];
    8 IPV6_ADDR_RANGE "ID_IPV6_ADDR_RANGE" ["RFC 2407"];
    9 DER_ASN1_DN "ID_DER_ASN1_DN" ["RFC 2407"];
    10 DER_ASN1_GN "ID_DER_ASN1_GN" ["RFC 2407"];
    11 KEY_ID "ID_KEY_ID" ["RFC 2407"];
    12 LIST "ID_LIST" ["RFC 3554"];
}

registry! {
    /// Certificate encodings (RFC 2408, section 3.9).
    pub struct CertificateEncoding(u8) = "encoding", reserved [11..=255];
    0 NONE "NONE" ["RFC 2408"];
    1 PKCS7_X509 "PKCS #7 wrapped X.509 certificate" ["RFC 2408"];
    2 PGP "PGP Certificate" ["RFC 2408"];
    3 DNS_SIGNED_KEY "DNS Signed Key" ["RFC 2408"];
    4 X509_SIGNATURE "X.509 Certificate - Signature" ["RFC 2408"];
    5 X509_KEY_EXCHANGE "X.509 Certificate - Key Exchange" ["RFC 2408"];
    6 KERBEROS_TOKENS "Kerberos Tokens" ["RFC 2408"];
    7 CRL "Certificate Revocation List (CRL)" ["RFC 2408"];
    8 ARL "Authority Revocation List (ARL)" ["RFC 2408"];
    9 SPKI "SPKI Certificate" ["RFC 2408"];
    10 X509_ATTRIBUTE "X.509 Certificate - Attribute" ["RFC 2408"];
}

registry! {
    /// Notify message types (RFC 2408, section 3.14.1; RFC 2407, section 4.6.3; RFC 3706): below 16384 errors, from
    /// there status. Private use has what implementations are known to send.
    pub struct NotifyType(u16) = "notify", reserved [31..=8191 | 16385..=24575 | 40960..=65535],
        private [8192..=16383 | 32768..=40959];
    1 INVALID_PAYLOAD_TYPE "INVALID-PAYLOAD-TYPE" ["RFC 2408"];
    2 DOI_NOT_SUPPORTED "DOI-NOT-SUPPORTED" ["RFC 2408"];
    3 SITUATION_NOT_SUPPORTED "SITUATION-NOT-SUPPORTED" ["RFC 2408"];
    4 INVALID_COOKIE "INVALID-COOKIE" ["RFC 2408"];
    5 INVALID_MAJOR_VERSION "INVALID-MAJOR-VERSION" ["RFC 2408"];
    6 INVALID_MINOR_VERSION "INVALID-MINOR-VERSION" ["RFC 2408"];
    7 INVALID_EXCHANGE_TYPE "INVALID-EXCHANGE-TYPE" ["RFC 2408"];
    8 INVALID_FLAGS "INVALID-FLAGS" ["RFC 2408"];
    9 INVALID_MESSAGE_ID "INVALID-MESSAGE-ID" ["RFC 2408"];
    10 INVALID_PROTOCOL_ID "INVALID-PROTOCOL-ID" ["RFC 2408"];
    11 INVALID_SPI "INVALID-SPI" ["RFC 2408"];
    12 INVALID_TRANSFORM_ID "INVALID-TRANSFORM-ID" ["RFC 2408"];
    13 ATTRIBUTES_NOT_SUPPORTED "ATTRIBUTES-NOT-SUPPORTED" ["RFC 2408"];
    14 NO_PROPOSAL_CHOSEN "NO-PROPOSAL-CHOSEN" ["RFC 2408"];
    15 BAD_PROPOSAL_SYNTAX "BAD-PROPOSAL-SYNTAX" ["RFC 2408"];
    16 PAYLOAD_MALFORMED "PAYLOAD-MALFORMED" ["RFC 2408"];
    17 INVALID_KEY_INFORMATION "INVALID-KEY-INFORMATION" ["RFC 2408"];
    18 INVALID_ID_INFORMATION "INVALID-ID-INFORMATION" ["RFC 2408"];
    19 INVALID_CERT_ENCODING "INVALID-CERT-ENCODING" ["RFC 2408"];
    20 INVALID_CERTIFICATE "INVALID-CERTIFICATE" ["RFC 2408"];
    21 CERT_TYPE_UNSUPPORTED "CERT-TYPE-UNSUPPORTED" ["RFC 2408"];
    22 INVALID_CERT_AUTHORITY "INVALID-CERT-AUTHORITY" ["RFC 2408"];
    23 INVALID_HASH_INFORMATION "INVALID-HASH-INFORMATION" ["RFC 2408"];
    24 AUTHENTICATION_FAILED "AUTHENTICATION-FAILED" ["RFC 2408"];
    25 INVALID_SIGNATURE "INVALID-SIGNATURE" ["RFC 2408"];
    26 ADDRESS_NOTIFICATION "ADDRESS-NOTIFICATION" ["RFC 2408"];
    27 NOTIFY_SA_LIFETIME "NOTIFY-SA-LIFETIME" ["RFC 2408"];
    28 CERTIFICATE_UNAVAILABLE "CERTIFICATE-UNAVAILABLE" ["RFC 2408"];
    29 UNSUPPORTED_EXCHANGE_TYPE "UNSUPPORTED-EXCHANGE-TYPE" ["RFC 2408"];
    30 UNEQUAL_PAYLOAD_LENGTHS "UNEQUAL-PAYLOAD-LENGTHS" ["RFC 2408"];
    16384 CONNECTED "CONNECTED" ["RFC 2408"];
    24576 RESPONDER_LIFETIME "RESPONDER-LIFETIME" ["RFC 2407"];
    24577 REPLAY_STATUS "REPLAY-STATUS" ["RFC 2407"];
    24578 INITIAL_CONTACT "INITIAL-CONTACT" ["RFC 2407"];
    30000 CISCO_HELLO "Cisco HELLO" ["libreswan"];
    30001 CISCO_WWTEBR "Cisco WWTEBR" ["libreswan"];
    30002 CISCO_SHUT_UP "Cisco SHUT_UP" ["libreswan"];
    32768 IOS_KEEP_ALIVE_REQ "IOS KEEP_ALIVE_REQ" ["libreswan"];
    32769 IOS_KEEP_ALIVE_ACK "IOS KEEP_ALIVE_ACK" ["libreswan"];
    36136 R_U_THERE "R-U-THERE" ["RFC 3706"];
    36137 R_U_THERE_ACK "R-U-THERE-ACK" ["RFC 3706"];
    40001 NETSCREEN_NHTB_INFORM "NETSCREEN_NHTB_INFORM" ["libreswan"];
    40501 UNITY_LOAD_BALANCE "UNITY-LOAD-BALANCE" ["Wireshark, libreswan"];
    40502 CISCO_UNKNOWN_40502 "Cisco unknown 40502" ["libreswan"];
    40503 CISCO_PRESHARED_KEY_HASH "Cisco PRESHARED_KEY_HASH" ["libreswan"];
}

impl NotifyType {
    /// Whether the notification reports an error; private-use errors (8192 to 16383) included.
    pub const fn is_error(self) -> bool {
        self.0 < 16384
    }
}

registry! {
    /// Attributes of phase 1 transforms (RFC 2409, appendix A). The top bit of the field, AF, is not part of the
    /// number.
    pub struct PhaseOneAttribute(u16) = "attribute", private [16384..=32767];
    1 ENCRYPTION_ALGORITHM "Encryption Algorithm" ["RFC 2409"];
    2 HASH_ALGORITHM "Hash Algorithm" ["RFC 2409"];
    3 AUTHENTICATION_METHOD "Authentication Method" ["RFC 2409"];
    4 GROUP_DESCRIPTION "Group Description" ["RFC 2409"];
    5 GROUP_TYPE "Group Type" ["RFC 2409"];
    6 GROUP_PRIME_IRREDUCIBLE_POLYNOMIAL "Group Prime/Irreducible Polynomial" ["RFC 2409"];
    7 GROUP_GENERATOR_ONE "Group Generator One" ["RFC 2409"];
    8 GROUP_GENERATOR_TWO "Group Generator Two" ["RFC 2409"];
    9 GROUP_CURVE_A "Group Curve A" ["RFC 2409"];
    10 GROUP_CURVE_B "Group Curve B" ["RFC 2409"];
    11 LIFE_TYPE "Life Type" ["RFC 2409"];
    12 LIFE_DURATION "Life Duration" ["RFC 2409"];
    13 PRF "PRF" ["RFC 2409"];
    14 KEY_LENGTH "Key Length" ["RFC 2409"];
    15 FIELD_SIZE "Field Size" ["RFC 2409"];
    16 GROUP_ORDER "Group Order" ["RFC 2409"];
    17 BLOCK_SIZE "Block-Size" ["Wireshark"];
    20 ASYMMETRIC_CRYPTOGRAPHIC_ALGORITHM_TYPE "Asymmetric-Cryptographic-Algorithm-Type" ["Wireshark"];
    16384 GSS_IDENTITY "GSS identity" ["libreswan"];
}

registry! {
    /// Encryption Algorithm of phase 1 (RFC 2409, appendix A).
    pub struct EncryptionAlgorithm(u16) = "ENCR", reserved [0], private [65001..=65535];
    1 DES_CBC "DES-CBC" short "DES" ["RFC 2405"];
    2 IDEA_CBC "IDEA-CBC" short "IDEA" ["RFC 2409"];
    3 BLOWFISH_CBC "Blowfish-CBC" short "BLOWFISH" ["RFC 2409"];
    4 RC5_R16_B64_CBC "RC5-R16-B64-CBC" short "RC5" ["RFC 2409"];
    5 TRIPLE_DES_CBC "3DES-CBC" short "3DES" ["RFC 2409"];
    6 CAST_CBC "CAST-CBC" short "CAST" ["RFC 2409"];
    7 AES_CBC "AES-CBC" short "AES-CBC" ["RFC 3602"];
    8 CAMELLIA_CBC "CAMELLIA-CBC" short "CAMELLIA-CBC" ["RFC 4312"];
    127 SM4_CBC_DEPRECATED "SM4-CBC" short "SM4-CBC" ["Wireshark"];
    128 SM1_CBC "SM1-CBC" short "SM1-CBC" ["Wireshark"];
    129 SM4_CBC "SM4-CBC" short "SM4-CBC" ["Wireshark"];
    65001 MARS_CBC "MARS-CBC" short "MARS-CBC" ["libreswan"];
    65002 RC6_CBC "RC6-CBC" short "RC6-CBC" ["libreswan"];
    65004 SERPENT_CBC "SERPENT-CBC" short "SERPENT-CBC" ["libreswan"];
    65005 TWOFISH_CBC "TWOFISH-CBC" short "TWOFISH-CBC" ["libreswan"];
    65289 TWOFISH_CBC_SSH "TWOFISH-CBC-SSH" short "TWOFISH-CBC-SSH" ["libreswan"];
}

impl EncryptionAlgorithm {
    /// Whether the key has one length only, so that a Key Length attribute must not be sent (RFC 2409, appendix A).
    pub const fn has_fixed_key_length(self) -> bool {
        matches!(
            self,
            Self::DES_CBC
                | Self::IDEA_CBC
                | Self::TRIPLE_DES_CBC
                | Self::SM4_CBC_DEPRECATED
                | Self::SM1_CBC
                | Self::SM4_CBC
        )
    }
}

registry! {
    /// Hash Algorithm of phase 1 (RFC 2409, appendix A).
    pub struct HashAlgorithm(u16) = "HASH", reserved [0], private [65001..=65535];
    1 MD5 "MD5" short "MD5" ["RFC 1321"];
    2 SHA1 "SHA" short "SHA1" ["FIPS 180-1"];
    3 TIGER "Tiger" short "TIGER" ["RFC 2409"];
    4 SHA2_256 "SHA2-256" short "SHA2-256" ["RFC 4868"];
    5 SHA2_384 "SHA2-384" short "SHA2-384" ["RFC 4868"];
    6 SHA2_512 "SHA2-512" short "SHA2-512" ["RFC 4868"];
    20 SM3 "SM3" short "SM3" ["Wireshark"];
}

registry! {
    /// Authentication Method of phase 1 (RFC 2409, appendix A; RFC 4754; hybrid; XAUTH).
    pub struct AuthenticationMethod(u16) = "AUTH", reserved [0 | 6..=8], private [65001..=65535];
    1 PSK "pre-shared key" short "PSK" ["RFC 2409"];
    2 DSS_SIG "DSS signatures" short "DSS-SIG" ["RFC 2409"];
    3 RSA_SIG "RSA signatures" short "RSA-SIG" ["RFC 2409"];
    4 RSA_ENC "Encryption with RSA" short "RSA-ENC" ["RFC 2409"];
    5 RSA_REV_ENC "Revised encryption with RSA" short "RSA-REV-ENC" ["RFC 2409"];
    9 ECDSA_256 "ECDSA with SHA-256 on the P-256 curve" short "ECDSA-256" ["RFC 4754"];
    10 ECDSA_384 "ECDSA with SHA-384 on the P-384 curve" short "ECDSA-384" ["RFC 4754"] also "GM/T 0022" "Digital Envelope";
    11 ECDSA_521 "ECDSA with SHA-512 on the P-521 curve" short "ECDSA-521" ["RFC 4754"];
    64221 HYBRID_INIT_RSA "HybridInitRSA" short "HYBRID-RSA" ["draft-ietf-ipsec-isakmp-hybrid-auth-05"];
    64222 HYBRID_RESP_RSA "HybridRespRSA" short "HYBRID-RSA" ["draft-ietf-ipsec-isakmp-hybrid-auth-05"];
    64223 HYBRID_INIT_DSS "HybridInitDSS" short "HYBRID-DSS" ["draft-ietf-ipsec-isakmp-hybrid-auth-05"];
    64224 HYBRID_RESP_DSS "HybridRespDSS" short "HYBRID-DSS" ["draft-ietf-ipsec-isakmp-hybrid-auth-05"];
    65001 XAUTH_INIT_PSK "XAUTHInitPreShared" short "XAUTH-PSK" ["draft-ietf-ipsec-isakmp-xauth-06"] also "Microsoft" "GSSAPI/Kerberos";
    65002 XAUTH_RESP_PSK "XAUTHRespPreShared" short "XAUTH-PSK" ["draft-ietf-ipsec-isakmp-xauth-06"];
    65003 XAUTH_INIT_DSS "XAUTHInitDSS" short "XAUTH-DSS" ["draft-ietf-ipsec-isakmp-xauth-06"];
    65004 XAUTH_RESP_DSS "XAUTHRespDSS" short "XAUTH-DSS" ["draft-ietf-ipsec-isakmp-xauth-06"];
    65005 XAUTH_INIT_RSA "XAUTHInitRSA" short "XAUTH-RSA" ["draft-ietf-ipsec-isakmp-xauth-06"];
    65006 XAUTH_RESP_RSA "XAUTHRespRSA" short "XAUTH-RSA" ["draft-ietf-ipsec-isakmp-xauth-06"];
    65007 XAUTH_INIT_RSA_ENC "XAUTHInitRSAEncryption" short "XAUTH-RSA-ENC" ["draft-ietf-ipsec-isakmp-xauth-06"];
    65008 XAUTH_RESP_RSA_ENC "XAUTHRespRSAEncryption" short "XAUTH-RSA-ENC" ["draft-ietf-ipsec-isakmp-xauth-06"];
    65009 XAUTH_INIT_RSA_REV_ENC "XAUTHInitRSARevisedEncryption" short "XAUTH-RSA-REV-ENC" ["draft-ietf-ipsec-isakmp-xauth-06"];
    65010 XAUTH_RESP_RSA_REV_ENC "XAUTHRespRSARevisedEncryption" short "XAUTH-RSA-REV-ENC" ["draft-ietf-ipsec-isakmp-xauth-06"];
}

registry! {
    /// Group Description of phase 1 and quick mode (RFC 2409, appendix A).
    pub struct GroupDescription(u16) = "GROUP", reserved [0], private [32768..=65535];
    1 MODP_768 "default 768-bit MODP group" short "MODP-768" ["RFC 2409"];
    2 MODP_1024 "alternate 1024-bit MODP group" short "MODP-1024" ["RFC 2409"];
    3 EC2N_155 "EC2N group on GP[2^155]" short "EC2N-155" ["RFC 2409"];
    4 EC2N_185 "EC2N group on GP[2^185]" short "EC2N-185" ["RFC 2409"];
    5 MODP_1536 "1536-bit MODP group" short "MODP-1536" ["RFC 3526"];
    6 EC2N_163_A "EC2N group over GF[2^163]" ["draft-ietf-ipsec-ike-ecc-groups"];
    7 EC2N_163_B "EC2N group over GF[2^163]" ["draft-ietf-ipsec-ike-ecc-groups"];
    8 EC2N_283_A "EC2N group over GF[2^283]" ["draft-ietf-ipsec-ike-ecc-groups"];
    9 EC2N_283_B "EC2N group over GF[2^283]" ["draft-ietf-ipsec-ike-ecc-groups"];
    10 EC2N_409_A "EC2N group over GF[2^409]" ["draft-ietf-ipsec-ike-ecc-groups"];
    11 EC2N_409_B "EC2N group over GF[2^409]" ["draft-ietf-ipsec-ike-ecc-groups"];
    12 EC2N_571_A "EC2N group over GF[2^571]" ["draft-ietf-ipsec-ike-ecc-groups"];
    13 EC2N_571_B "EC2N group over GF[2^571]" ["draft-ietf-ipsec-ike-ecc-groups"];
    14 MODP_2048 "2048-bit MODP group" short "MODP-2048" ["RFC 3526"];
    15 MODP_3072 "3072-bit MODP group" short "MODP-3072" ["RFC 3526"];
    16 MODP_4096 "4096-bit MODP group" short "MODP-4096" ["RFC 3526"];
    17 MODP_6144 "6144-bit MODP group" short "MODP-6144" ["RFC 3526"];
    18 MODP_8192 "8192-bit MODP group" short "MODP-8192" ["RFC 3526"];
    19 ECP_256 "256-bit random ECP group" short "ECP-256" ["RFC 5903"];
    20 ECP_384 "384-bit random ECP group" short "ECP-384" ["RFC 5903"];
    21 ECP_521 "521-bit random ECP group" short "ECP-521" ["RFC 5903"];
    22 MODP_1024_160 "1024-bit MODP Group with 160-bit Prime Order Subgroup" short "MODP-1024-160" ["RFC 5114"];
    23 MODP_2048_224 "2048-bit MODP Group with 224-bit Prime Order Subgroup" short "MODP-2048-224" ["RFC 5114"];
    24 MODP_2048_256 "2048-bit MODP Group with 256-bit Prime Order Subgroup" short "MODP-2048-256" ["RFC 5114"];
    25 ECP_192 "192-bit Random ECP Group" short "ECP-192" ["RFC 5114"];
    26 ECP_224 "224-bit Random ECP Group" short "ECP-224" ["RFC 5114"];
    27 BRAINPOOL_P224R1 "224-bit Brainpool ECP group" short "BRAINPOOL-P224R1" ["RFC 6932"];
    28 BRAINPOOL_P256R1 "256-bit Brainpool ECP group" short "BRAINPOOL-P256R1" ["RFC 6932"];
    29 BRAINPOOL_P384R1 "384-bit Brainpool ECP group" short "BRAINPOOL-P384R1" ["RFC 6932"];
    30 BRAINPOOL_P512R1 "512-bit Brainpool ECP group" short "BRAINPOOL-P512R1" ["RFC 6932"];
}

registry! {
    /// Group Type of phase 1 (RFC 2409, appendix A).
    pub struct GroupType(u16) = "group type", reserved [0], private [65001..=65535];
    1 MODP "MODP (modular exponentiation group)" ["RFC 2409"];
    2 ECP "ECP (elliptic curve group over GF[P])" ["RFC 2409"];
    3 EC2N "EC2N (elliptic curve group over GF[2^N])" ["RFC 2409"];
}

registry! {
    /// Life Type of phase 1 (RFC 2409, appendix A).
    pub struct LifeType(u16) = "life type", reserved [0], private [65001..=65535];
    1 SECONDS "seconds" ["RFC 2409"];
    2 KILOBYTES "kilobytes" ["RFC 2409"];
}

registry! {
    /// PRF of phase 1 (RFC 2409, appendix A). None is assigned: the HMAC of the negotiated hash is used.
    pub struct Prf(u16) = "PRF", private [65001..=65535];
}

registry! {
    /// Types of the attribute payload (draft-ietf-ipsec-isakmp-mode-cfg-05).
    pub struct ConfigurationType(u8) = "CFG", reserved [0 | 5..=127], private [128..=255];
    1 REQUEST "ISAKMP_CFG_REQUEST" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    2 REPLY "ISAKMP_CFG_REPLY" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    3 SET "ISAKMP_CFG_SET" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    4 ACK "ISAKMP_CFG_ACK" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
}

registry! {
    /// Attributes of Mode Config (draft-ietf-ipsec-isakmp-mode-cfg-05), of XAUTH (draft-ietf-ipsec-isakmp-xauth-06)
    /// and of vendors. The top bit of the field, AF, is not part of the number.
    pub struct ConfigurationAttribute(u16) = "attribute", reserved [0 | 16..=16383], private [16384..=32767];
    1 INTERNAL_IP4_ADDRESS "INTERNAL_IP4_ADDRESS" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    2 INTERNAL_IP4_NETMASK "INTERNAL_IP4_NETMASK" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    3 INTERNAL_IP4_DNS "INTERNAL_IP4_DNS" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    4 INTERNAL_IP4_NBNS "INTERNAL_IP4_NBNS" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    5 INTERNAL_ADDRESS_EXPIRY "INTERNAL_ADDRESS_EXPIRY" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    6 INTERNAL_IP4_DHCP "INTERNAL_IP4_DHCP" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    7 APPLICATION_VERSION "APPLICATION_VERSION" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    8 INTERNAL_IP6_ADDRESS "INTERNAL_IP6_ADDRESS" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    9 INTERNAL_IP6_NETMASK "INTERNAL_IP6_NETMASK" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    10 INTERNAL_IP6_DNS "INTERNAL_IP6_DNS" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    11 INTERNAL_IP6_NBNS "INTERNAL_IP6_NBNS" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    12 INTERNAL_IP6_DHCP "INTERNAL_IP6_DHCP" ["draft-ietf-ipsec-isakmp-mode-cfg-05"];
    13 INTERNAL_IP4_SUBNET "INTERNAL_IP4_SUBNET" ["draft-ietf-ipsec-isakmp-mode-cfg-05"] also "Check Point" "CHKPT TYPE";
    14 SUPPORTED_ATTRIBUTES "SUPPORTED_ATTRIBUTES" ["draft-ietf-ipsec-isakmp-mode-cfg-05"] also "Check Point" "CHKPT USER_NAME";
    15 INTERNAL_IP6_SUBNET "INTERNAL_IP6_SUBNET" ["draft-ietf-ipsec-isakmp-mode-cfg-05"] also "Check Point" "CHKPT USER_PASSWORD";
    17 CHKPT_MESSAGE "CHKPT MESSAGE" ["libreswan"];
    18 CHKPT_CHALLENGE "CHKPT CHALLENGE" ["libreswan"];
    20 CHKPT_STATUS "CHKPT STATUS" ["libreswan"];
    16387 CHKPT_DEF_DOMAIN "CHKPT DEF_DOMAIN" ["libreswan"];
    16388 CHKPT_MAC_ADDRESS "CHKPT MAC_ADDRESS" ["libreswan"];
    16389 CHKPT_MARCIPAN_REASON_CODE "CHKPT MARCIPAN_REASON_CODE" ["libreswan"];
    16520 XAUTH_TYPE "XAUTH-TYPE" ["draft-ietf-ipsec-isakmp-xauth-06"];
    16521 XAUTH_USER_NAME "XAUTH-USER-NAME" ["draft-ietf-ipsec-isakmp-xauth-06"];
    16522 XAUTH_USER_PASSWORD "XAUTH-USER-PASSWORD" ["draft-ietf-ipsec-isakmp-xauth-06"];
    16523 XAUTH_PASSCODE "XAUTH-PASSCODE" ["draft-ietf-ipsec-isakmp-xauth-06"];
    16524 XAUTH_MESSAGE "XAUTH-MESSAGE" ["draft-ietf-ipsec-isakmp-xauth-06"];
    16525 XAUTH_CHALLENGE "XAUTH-CHALLENGE" ["draft-ietf-ipsec-isakmp-xauth-06"];
    16526 XAUTH_DOMAIN "XAUTH-DOMAIN" ["draft-ietf-ipsec-isakmp-xauth-06"];
    16527 XAUTH_STATUS "XAUTH-STATUS" ["draft-ietf-ipsec-isakmp-xauth-06"];
    16528 XAUTH_NEXT_PIN "XAUTH-NEXT-PIN" ["draft-ietf-ipsec-isakmp-xauth-06"];
    16529 XAUTH_ANSWER "XAUTH-ANSWER" ["draft-ietf-ipsec-isakmp-xauth-06"];
    23456 INTERNAL_IP4_SERVER "INTERNAL_IP4_SERVER" ["libreswan"];
    23457 INTERNAL_IP6_SERVER "INTERNAL_IP6_SERVER" ["libreswan"];
    28672 UNITY_BANNER "UNITY_BANNER" ["libreswan, Wireshark"];
    28673 UNITY_SAVE_PASSWD "UNITY_SAVE_PASSWD" ["libreswan, Wireshark"];
    28674 UNITY_DEF_DOMAIN "UNITY_DEF_DOMAIN" ["libreswan, Wireshark"];
    28675 UNITY_SPLITDNS_NAME "UNITY_SPLITDNS_NAME" ["libreswan, Wireshark"];
    28676 UNITY_SPLIT_INCLUDE "UNITY_SPLIT_INCLUDE" ["libreswan, Wireshark"];
    28677 UNITY_NATT_PORT "UNITY_NATT_PORT" ["libreswan, Wireshark"];
    28678 UNITY_SPLIT_EXCLUDE "UNITY_LOCAL_LAN / SPLIT_EXCLUDE" ["libreswan, Wireshark"];
    28679 UNITY_PFS "UNITY_PFS" ["libreswan, Wireshark"];
    28680 UNITY_FW_TYPE "UNITY_FW_TYPE" ["libreswan, Wireshark"];
    28681 UNITY_BACKUP_SERVERS "UNITY_BACKUP_SERVERS" ["libreswan, Wireshark"];
    28682 UNITY_DDNS_HOSTNAME "UNITY_DDNS_HOSTNAME" ["libreswan, Wireshark"];
    28683 CISCO_UNKNOWN "Cisco unknown" ["libreswan"];
}

registry! {
    /// Values of XAUTH-TYPE (draft-ietf-ipsec-isakmp-xauth-06).
    pub struct XauthType(u16) = "XAUTH", reserved [4..=32767], private [32768..=65535];
    0 GENERIC "Generic" ["draft-ietf-ipsec-isakmp-xauth-06"];
    1 RADIUS_CHAP "RADIUS-CHAP" ["draft-ietf-ipsec-isakmp-xauth-06"];
    2 OTP "OTP" ["draft-ietf-ipsec-isakmp-xauth-06"];
    3 S_KEY "S/KEY" ["draft-ietf-ipsec-isakmp-xauth-06"];
}

registry! {
    /// Values of XAUTH-STATUS (draft-ietf-ipsec-isakmp-xauth-06).
    pub struct XauthStatus(u16) = "status";
    0 FAIL "FAIL" ["draft-ietf-ipsec-isakmp-xauth-06"];
    1 OK "OK" ["draft-ietf-ipsec-isakmp-xauth-06"];
}
