//! What a browser sends: the JSON that `PublicKeyCredential.toJSON()` gives (Level 3, section 5.1), its bytes in base64url.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most bytes of any one member; a real attestation object of kind `none` has some two hundred.
pub(crate) const MOST_MEMBER_BYTES: usize = 4096;

/// Bytes that travel as base64url without padding.
pub mod base64url {
    use super::{Deserialize, Deserializer, Engine, MOST_MEMBER_BYTES, Serializer, URL_SAFE_NO_PAD};

    /// Writes bytes as text.
    ///
    /// # Errors
    /// Of the serializer.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads bytes from text, at most 4096 of them.
    ///
    /// # Errors
    /// The text is something else, or too long.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text.as_bytes()).map_err(|_| serde::de::Error::custom("not base64url"))?;
        if bytes.len() > MOST_MEMBER_BYTES { Err(serde::de::Error::custom("too long")) } else { Ok(bytes) }
    }
}

/// Bytes as base64url text.
pub(crate) fn to_text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What `navigator.credentials.create` gave (`RegistrationResponseJSON`); members not named here are left aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The credential's id.
    #[serde(rename = "rawId", with = "base64url")]
    pub id: Vec<u8>,
    /// The rest.
    pub response: AttestationResponse,
}

/// `AuthenticatorAttestationResponseJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestationResponse {
    /// What the page and the browser said.
    #[serde(rename = "clientDataJSON", with = "base64url")]
    pub client_data: Vec<u8>,
    /// What the authenticator said, in CBOR.
    #[serde(rename = "attestationObject", with = "base64url")]
    pub attestation_object: Vec<u8>,
}

/// What `navigator.credentials.get` gave (`AuthenticationResponseJSON`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertion {
    /// Which credential signed.
    #[serde(rename = "rawId", with = "base64url")]
    pub id: Vec<u8>,
    /// The rest.
    pub response: AssertionResponse,
}

/// `AuthenticatorAssertionResponseJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssertionResponse {
    /// What the page and the browser said.
    #[serde(rename = "clientDataJSON", with = "base64url")]
    pub client_data: Vec<u8>,
    /// What the authenticator said.
    #[serde(rename = "authenticatorData", with = "base64url")]
    pub authenticator_data: Vec<u8>,
    /// Its signature over both, in DER.
    #[serde(with = "base64url")]
    pub signature: Vec<u8>,
}
