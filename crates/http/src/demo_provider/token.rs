//! The provider's key, its ID tokens (JWS compact serialization, RFC 7515, ES256), PKCE and client authentication.

use axum::http::{HeaderMap, header};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64},
};
use p256::ecdsa::{Signature, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tongma_domain::{Entropy, SeededEntropy, UnixMs};

use super::{DemoProviderConfig, codes::Grant};

/// How long an ID token can be used, in seconds.
const TOKEN_LIFE_S: i64 = 300;

/// The provider's ES256 key.
pub(super) struct SigningKey {
    key: p256::ecdsa::SigningKey,
    id: String,
}

impl SigningKey {
    /// The key drawn from a seed.
    pub(super) fn from_seed(seed: [u8; 32]) -> Self {
        let mut entropy = SeededEntropy::new(seed);
        loop {
            let mut bytes = [0; 32];
            entropy.fill(&mut bytes);
            // All but 2^-32 of the draws are below the order of the group.
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&bytes) {
                let (x, y) = coordinates(&key);
                // The thumbprint of RFC 7638: the required members in the order of their names.
                let thumbprint = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
                return Self { key, id: BASE64.encode(Sha256::digest(thumbprint)) };
            }
        }
    }

    /// The public half as a JSON Web Key (RFC 7517).
    pub(super) fn public_jwk(&self) -> Value {
        let (x, y) = coordinates(&self.key);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": x, "y": y })
    }

    /// An ID token for a grant (`OpenID` Connect Core 1.0, section 2).
    pub(super) fn id_token(&self, config: &DemoProviderConfig, grant: &Grant, now: UnixMs) -> String {
        let now_s = now.as_seconds();
        let mut claims = json!({
            "iss": config.issuer,
            "sub": grant.subject,
            "aud": config.client_id,
            "iat": now_s,
            "exp": now_s + TOKEN_LIFE_S,
            "auth_time": now_s,
        });
        if let (Value::Object(members), false) = (&mut claims, grant.nonce.is_empty()) {
            members.insert("nonce".into(), grant.nonce.clone().into());
        }
        self.sign(&claims)
    }

    fn sign(&self, claims: &Value) -> String {
        let head = json!({ "alg": "ES256", "typ": "JWT", "kid": self.id });
        let text = format!("{}.{}", BASE64.encode(head.to_string()), BASE64.encode(claims.to_string()));
        let signature: Signature = self.key.sign(text.as_bytes());
        format!("{text}.{}", BASE64.encode(signature.to_bytes()))
    }
}

fn coordinates(key: &p256::ecdsa::SigningKey) -> (String, String) {
    let point = key.verifying_key().to_sec1_point(false);
    let part = |from: usize| BASE64.encode(point.as_bytes().get(from..from + 32).unwrap_or_default());
    (part(1), part(33))
}

/// Whether the verifier is the one the challenge was made from (RFC 7636, section 4.6, S256).
pub(super) fn pkce_holds(verifier: &str, challenge: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(unreserved)
        && BASE64.encode(Sha256::digest(verifier)) == challenge
}

/// Whether the request is the client's: by HTTP Basic (RFC 6749, section 2.3.1), by the form, or, for a public client,
/// by its id alone.
pub(super) fn client_is(config: &DemoProviderConfig, headers: &HeaderMap, id: &str, secret: Option<&str>) -> bool {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| {
        let text = STANDARD.decode(value.to_str().ok()?.strip_prefix("Basic ")?).ok()?;
        let text = String::from_utf8(text).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((form_decoded(id), form_decoded(secret)))
    });
    let (id, secret) = match &basic {
        Some((id, secret)) => (id.as_str(), Some(secret.as_str())),
        None => (id, secret),
    };
    // Digests are compared, so that the time taken says nothing about how much was right.
    let digest = |text: Option<&str>| text.map(Sha256::digest);
    id == config.client_id && digest(secret) == digest(config.client_secret.as_deref())
}

/// RFC 6749 form-encodes both halves before joining them.
fn form_decoded(text: &str) -> String {
    openidconnect::url::form_urlencoded::parse(format!("v={}", text.replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
