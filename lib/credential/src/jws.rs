//! JWS in compact form (RFC 7515), ES256 alone. The algorithm is this library's, never the header's choice.

use alloc::{format, string::String, vec::Vec};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Map, Value};
use tongma_code::{
    sign::{SignError, Signer},
    ticket::Suite,
};

use crate::{CredentialError, Es256Key};

/// Signs a payload; the header gets `alg`.
///
/// # Errors
/// [`SignError`], also for a signer of another suite.
pub fn sign(
    mut header: Map<String, Value>,
    payload: &Map<String, Value>,
    signer: &dyn Signer,
    entropy: &[u8; 32],
) -> Result<String, SignError> {
    if signer.suite() != Suite::P256 {
        return Err(SignError);
    }
    header.insert("alg".into(), "ES256".into());
    let part = |part: &Map<String, Value>| serde_json::to_vec(part).map(|bytes| BASE64URL.encode(bytes));
    let (header, payload) = (part(&header).map_err(|_| SignError)?, part(payload).map_err(|_| SignError)?);
    let mut token = format!("{header}.{payload}");
    let signature = signer.sign(token.as_bytes(), entropy)?;
    token.push('.');
    token.push_str(&BASE64URL.encode(signature));
    Ok(token)
}

/// A token taken apart; nothing in it means anything before [`Jws::holds`].
pub struct Jws<'t> {
    /// The payload.
    pub payload: Map<String, Value>,
    signed: &'t str,
    signature: [u8; 64],
}

impl<'t> Jws<'t> {
    /// Takes a token apart and checks that it is of this type, if one is asked for.
    pub fn parse(token: &'t str, kind: Option<&str>) -> Result<Self, CredentialError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(CredentialError::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(CredentialError::Form)?;
        if payload.contains('.') {
            return Err(CredentialError::Form);
        }
        let header = object(header)?;
        if kind.is_some() && header.get("typ").and_then(Value::as_str) != kind {
            return Err(CredentialError::Type);
        }
        // A header that has to be understood (RFC 7515 section 4.1.11) is not.
        if header.contains_key("crit") || header.get("alg").and_then(Value::as_str) != Some("ES256") {
            return Err(CredentialError::Algorithm);
        }
        let signature = bytes(signature)?.try_into().map_err(|_| CredentialError::Form)?;
        Ok(Self { payload: object(payload)?, signed, signature })
    }

    /// Whether the signature holds under a key.
    pub fn holds(&self, key: &Es256Key) -> Result<(), CredentialError> {
        let holds = key.verify(self.signed.as_bytes(), &self.signature);
        if holds { Ok(()) } else { Err(CredentialError::Signature) }
    }
}

/// The bytes of base64url without padding; one spelling only.
pub fn bytes(text: &str) -> Result<Vec<u8>, CredentialError> {
    BASE64URL.decode(text).map_err(|_| CredentialError::Form)
}

fn object(text: &str) -> Result<Map<String, Value>, CredentialError> {
    serde_json::from_slice(&bytes(text)?).map_err(|_| CredentialError::Form)
}

/// A whole number of a claim.
pub fn whole(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    claims.get(name)?.as_i64()
}

/// Whether the times of a token (RFC 7519 sections 4.1.4 and 4.1.5) allow this second; a claim that is no number does not.
pub fn in_time(claims: &Map<String, Value>, now_s: i64, leeway_s: i64) -> bool {
    let edge = |name: &str| claims.get(name).map(Value::as_i64);
    let ended = match edge("exp") {
        None => false,
        Some(exp) => exp.is_none_or(|exp| now_s >= exp.saturating_add(leeway_s)),
    };
    let early = match edge("nbf") {
        None => false,
        Some(from) => from.is_none_or(|from| now_s < from.saturating_sub(leeway_s)),
    };
    !ended && !early
}
