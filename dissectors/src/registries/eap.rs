//! Registries of EAP (RFC 3748), which IKEv2 carries (RFC 7296, section 2.16).

use crate::registry::registry;

registry! {
    /// Codes of EAP packets (RFC 3748, section 4; RFC 6696).
    pub struct EapCode(u8) = "code";
    1 REQUEST "Request" ["RFC 3748"];
    2 RESPONSE "Response" ["RFC 3748"];
    3 SUCCESS "Success" ["RFC 3748"];
    4 FAILURE "Failure" ["RFC 3748"];
    5 INITIATE "Initiate" ["RFC 6696"];
    6 FINISH "Finish" ["RFC 6696"];
}

registry! {
    /// Method types of EAP (RFC 3748, section 5).
    pub struct EapType(u8) = "EAP";
    1 IDENTITY "Identity" short "EAP-IDENTITY" ["RFC 3748"];
    2 NOTIFICATION "Notification" short "EAP-NOTIFICATION" ["RFC 3748"];
    3 LEGACY_NAK "Legacy Nak" short "EAP-NAK" ["RFC 3748"];
    4 MD5_CHALLENGE "MD5-Challenge" short "EAP-MD5" ["RFC 3748"];
    5 ONE_TIME_PASSWORD "One-Time Password (OTP)" short "EAP-OTP" ["RFC 3748"];
    6 GENERIC_TOKEN_CARD "Generic Token Card (GTC)" short "EAP-GTC" ["RFC 3748"];
    9 RSA_PUBLIC_KEY_AUTHENTICATION "RSA Public Key Authentication" ["IANA"];
    10 DSS_UNILATERAL "DSS Unilateral" ["IANA"];
    11 KEA "KEA" ["IANA"];
    12 KEA_VALIDATE "KEA-VALIDATE" ["IANA"];
    13 TLS "EAP-TLS" short "EAP-TLS" ["RFC 5216, RFC 9190"];
    14 DEFENDER_TOKEN "Defender Token (AXENT)" ["IANA"];
    15 RSA_SECURITY_SECURID_EAP "RSA Security SecurID EAP" ["IANA"];
    16 ARCOT_SYSTEMS_EAP "Arcot Systems EAP" ["IANA"];
    17 EAP_CISCO_WIRELESS "EAP-Cisco Wireless" ["IANA"];
    18 SIM "GSM Subscriber Identity Modules (EAP-SIM)" short "EAP-SIM" ["RFC 4186"];
    19 SRP_SHA1 "SRP-SHA1" short "EAP-SRP-SHA1" ["IANA"];
    21 TTLS "EAP-TTLS" short "EAP-TTLS" ["RFC 5281"];
    22 REMOTE_ACCESS_SERVICE "Remote Access Service" ["IANA"];
    23 AKA "EAP-AKA Authentication" short "EAP-AKA" ["RFC 4187"];
    24 EAP_3COM_WIRELESS "EAP-3Com Wireless" ["IANA"];
    25 PEAP "PEAP" short "EAP-PEAP" ["IANA"];
    26 MS_EAP "MS-EAP-Authentication" short "EAP-MS-AUTH" ["IANA"];
    27 MAKE "Mutual Authentication w/Key Exchange (MAKE)" short "EAP-MAKE" ["IANA"];
    28 CRYPTOCARD "CRYPTOCard" ["IANA"];
    29 MSCHAP_V2 "EAP-MSCHAP-V2" short "EAP-MSCHAPV2" ["IANA"];
    30 DYNAMID "DynamID" ["IANA"];
    31 ROB_EAP "Rob EAP" ["IANA"];
    32 PROTECTED_ONE_TIME_PASSWORD "Protected One-Time Password" short "EAP-POTP" ["RFC 4793"];
    33 MS_AUTHENTICATION_TLV "MS-Authentication-TLV" ["IANA"];
    34 SENTRINET "SentriNET" ["IANA"];
    35 EAP_ACTIONTEC_WIRELESS "EAP-Actiontec Wireless" ["IANA"];
    36 COGENT_SYSTEMS_BIOMETRICS_AUTHENTICATION_EAP "Cogent Systems Biometrics Authentication EAP" ["IANA"];
    37 AIRFORTRESS_EAP "AirFortress EAP" ["IANA"];
    38 EAP_HTTP_DIGEST "EAP-HTTP Digest" ["IANA"];
    39 SECURESUITE_EAP "SecureSuite EAP" ["IANA"];
    40 DEVICECONNECT_EAP "DeviceConnect EAP" ["IANA"];
    41 EAP_SPEKE "EAP-SPEKE" short "EAP-SPEKE" ["IANA"];
    42 EAP_MOBAC "EAP-MOBAC" short "EAP-MOBAC" ["IANA"];
    43 FAST "EAP-FAST" short "EAP-FAST" ["RFC 4851"];
    44 ZLXEAP "ZoneLabs EAP (ZLXEAP)" ["IANA"];
    45 EAP_LINK "EAP-Link" ["IANA"];
    46 PAX "EAP-PAX" short "EAP-PAX" ["RFC 4746"];
    47 PSK "EAP-PSK" short "EAP-PSK" ["RFC 4764"];
    48 SAKE "EAP-SAKE" short "EAP-SAKE" ["RFC 4763"];
    49 IKEV2 "EAP-IKEv2" short "EAP-IKEV2" ["RFC 5106"];
    50 AKA_PRIME "EAP-AKA'" short "EAP-AKA'" ["RFC 9048"];
    51 GPSK "EAP-GPSK" short "EAP-GPSK" ["RFC 5433"];
    52 PWD "EAP-pwd" short "EAP-PWD" ["RFC 5931"];
    53 EKE "EAP-EKE Version 1" short "EAP-EKE" ["RFC 6124"];
    54 PT "EAP Method Type for PT-EAP" short "EAP-PT" ["RFC 7171"];
    55 TEAP "TEAP" short "EAP-TEAP" ["RFC 7170, RFC 9930"];
    56 NOOB "EAP-NOOB" short "EAP-NOOB" ["RFC 9140"];
    254 EXPANDED "Reserved for the Expanded Type" ["RFC 3748"];
    255 EXPERIMENTAL "Experimental" ["RFC 3748"];
}
