//! Signatures of peers, held against the certificate in the capture.

use ikescope_crypto::CryptoError;
use ikescope_crypto::signature::{PublicKey, Scheme};
use ikescope_dissectors::certificate;

use super::payloads::Auth;
use crate::opened::{KeySource, Verdict};

/// AUTH with a signature (RFC 7296, section 2.15; RFC 7427) over any of these octets.
pub(crate) fn check_auth(
    auth: &Auth,
    certificate: Option<&[u8]>,
    signed: &[Vec<u8>],
) -> (Verdict, Option<KeySource>) {
    let Some(certificate) = certificate else {
        return (no_certificate(), None);
    };
    let verdict = Scheme::of_auth(auth.method, &auth.data).and_then(|(scheme, signature)| {
        let key = PublicKey::of_certificate(certificate)?;
        any(signed, |octets| key.verify(&scheme, octets, signature))
    });
    (of(verdict), name(certificate))
}

/// SIG of IKEv1 over any of these hashes (RFC 2409, section 5.1).
pub(crate) fn check_ikev1(
    signature: &[u8],
    certificate: Option<&[u8]>,
    hashes: &[Vec<u8>],
) -> (Verdict, Option<KeySource>) {
    let Some(certificate) = certificate else {
        return (no_certificate(), None);
    };
    let verdict = PublicKey::of_certificate(certificate)
        .and_then(|key| any(hashes, |hash| key.verify_ikev1(hash, signature)));
    (of(verdict), name(certificate))
}

fn any(
    signed: &[Vec<u8>],
    verify: impl Fn(&[u8]) -> Result<bool, CryptoError>,
) -> Result<bool, CryptoError> {
    for octets in signed {
        if verify(octets)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn of(result: Result<bool, CryptoError>) -> Verdict {
    match result {
        Ok(true) => Verdict::Verified,
        Ok(false) => Verdict::Refuted,
        Err(error) => Verdict::CannotBeChecked(error.to_string()),
    }
}

fn no_certificate() -> Verdict {
    Verdict::CannotBeChecked("the certificate is not in the capture".to_owned())
}

fn name(der: &[u8]) -> Option<KeySource> {
    let subject = certificate::subject(der)?;
    Some(format!("certificate {subject}").into())
}
