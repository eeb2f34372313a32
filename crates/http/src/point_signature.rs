//! Who a point is: HTTP Message Signatures (RFC 9421) in one fixed profile, so that a verifier has nothing to choose.
//!
//! ```text
//! Content-Digest: sha-256=:<base64 of SHA-256(body)>:                                      (RFC 9530, section 2)
//! Signature-Input: tm=("@method" "@path" "@query" "content-digest");created=<s>;keyid="<point id>"
//! Signature: tm=:<base64>:
//! ```
//! The label, the components, their order and the parameters are fixed. The algorithm is that of the key the point
//! was paired with and is never named in the request. Any other spelling is refused.

use axum::http::{HeaderMap, Method, Uri};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use tongma_domain::{Refusal, Text};

use crate::{extract::is_hex, limits::SIGNATURE_WINDOW_S, problem::Problem};

/// The components every point signs, as they stand in `Signature-Input`.
pub const COMPONENTS: &str = r#"("@method" "@path" "@query" "content-digest")"#;

/// A point's public key, of the kind it was paired with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PointKey {
    /// Ed25519 (RFC 8032): 32 bytes.
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    /// ECDSA on P-256 with SHA-256 (FIPS 186-5): the point, 65 bytes uncompressed.
    P256(Box<p256::ecdsa::VerifyingKey>),
}

impl PointKey {
    /// The key of these raw bytes, as `WebCrypto` exports them (`raw`).
    ///
    /// # Errors
    /// `point.key`, when the algorithm is neither of the two, or the bytes are no sound key of it (a point of small
    /// order, a point off the curve, infinity).
    pub fn from_raw(algorithm: &str, bytes: &[u8]) -> Result<Self, Problem> {
        match algorithm {
            "ed25519" => {
                let bytes: &[u8; 32] = bytes.try_into().map_err(|_| bad_key())?;
                let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| bad_key())?;
                if key.is_weak() { Err(bad_key()) } else { Ok(Self::Ed25519(Box::new(key))) }
            }
            "p256" if bytes.len() == 65 => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map_err(|_| bad_key())?;
                Ok(Self::P256(Box::new(key)))
            }
            _ => Err(bad_key()),
        }
    }

    /// Whether the 64-byte signature over the message is this key's.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        match self {
            Self::Ed25519(key) => {
                use ed25519_dalek::Verifier as _;
                // Keys of small order were refused when the point was paired; what the strict check would add is to look
                // at R, which an honest key's holder alone can choose.
                key.verify(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
            }
            Self::P256(key) => {
                use p256::ecdsa::signature::Verifier;
                // WebCrypto does not bring s into its lower half, so both halves are taken here: a request carries an
                // idempotency key and a time, so that a second spelling of its signature opens nothing.
                p256::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
        }
    }
}

/// What the three headers say, before anything of it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedRequest {
    /// The outward id of the point that claims to have signed.
    pub point: String,
    /// When it says it signed, in seconds since 1970.
    pub created_s: i64,
    digest: String,
    signature: [u8; 64],
}

impl UnverifiedRequest {
    /// The claim in these headers.
    ///
    /// # Errors
    /// `point.signature` (401) for any header that is missing, doubled, or spelled in another way than the profile's.
    pub fn of_headers(headers: &HeaderMap) -> Result<Self, Problem> {
        let digest = one(headers, "content-digest")?.to_owned();
        let input = one(headers, "signature-input")?;
        let parameters =
            input.strip_prefix("tm=").and_then(|rest| rest.strip_prefix(COMPONENTS)).ok_or_else(refused)?;
        let rest = parameters.strip_prefix(";created=").ok_or_else(refused)?;
        let (created, rest) = rest.split_once(";keyid=\"").ok_or_else(refused)?;
        let point = rest.strip_suffix('"').filter(|point| is_hex(point, 32)).ok_or_else(refused)?;
        let plain = (1..=12).contains(&created.len()) && created.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || (created.len() > 1 && created.starts_with('0')) {
            return Err(refused());
        }
        let created_s = created.parse().map_err(|_| refused())?;
        let signature = one(headers, "signature")?.strip_prefix("tm=").ok_or_else(refused)?;
        let signature = binary(signature)?.try_into().map_err(|_| refused())?;
        Ok(Self { point: point.to_owned(), created_s, digest, signature })
    }

    /// Believes the claim, if the key made this signature for exactly this request, near this moment.
    ///
    /// # Errors
    /// `point.clock` when the signature is good and only its time is off, so that an honest point with a wrong clock
    /// learns what to mend; `point.signature` for everything else.
    pub fn verify(
        self,
        key: &PointKey,
        method: &Method,
        uri: &Uri,
        body: &[u8],
        now_s: i64,
    ) -> Result<String, Problem> {
        if self.digest != content_digest(body) || !key.verifies(self.base(method, uri).as_bytes(), &self.signature) {
            return Err(refused());
        }
        let error_s = now_s.saturating_sub(self.created_s);
        if !(-SIGNATURE_WINDOW_S..=SIGNATURE_WINDOW_S).contains(&error_s) {
            return Err(clock_off().with("now_ms", now_s.saturating_mul(1000)));
        }
        Ok(self.point)
    }

    /// The signature base of RFC 9421, section 2.5.
    fn base(&self, method: &Method, uri: &Uri) -> String {
        signature_base(method.as_str(), uri.path(), uri.query(), &self.digest, self.created_s, &self.point)
    }
}

/// The text a point signs: RFC 9421, section 2.5, with the components of the profile.
pub fn signature_base(
    method: &str,
    path: &str,
    query: Option<&str>,
    digest: &str,
    created_s: i64,
    point: &str,
) -> String {
    let query = query.unwrap_or_default();
    format!(
        "\"@method\": {method}\n\"@path\": {path}\n\"@query\": ?{query}\n\"content-digest\": {digest}\n\
         \"@signature-params\": {COMPONENTS};created={created_s};keyid=\"{point}\""
    )
}

/// The header `Content-Digest` of a body (RFC 9530, section 2).
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// The one value of a header, as visible ASCII.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| refused()),
        _ => Err(refused()),
    }
}

/// The bytes of a structured field's byte sequence, `:<base64>:` (RFC 8941, section 3.3.5), in its one spelling.
fn binary(text: &str) -> Result<Vec<u8>, Problem> {
    let inner = text.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).ok_or_else(refused)?;
    STANDARD.decode(inner).map_err(|_| refused())
}

/// `point.signature`: alike for an unknown point, a wrong key and a broken header, so that nothing can be probed.
pub fn refused() -> Problem {
    Problem::from(Refusal::with_status(
        401,
        "point.signature",
        Text::new("这个终端的签名不对", "The signature of this point does not hold"),
        Text::new(
            "请重新配对终端；配对码由场所管理员给出",
            "Pair the point again; the venue's administrator has the pairing code",
        ),
    ))
}

fn clock_off() -> Problem {
    Problem::from(Refusal::with_status(
        401,
        "point.clock",
        Text::new("这个终端的时钟差了两分钟以上", "The clock of this point is off by more than two minutes"),
        Text::new("请把终端的时间设为自动校准", "Let the point set its time from the network"),
    ))
}

fn bad_key() -> Problem {
    Problem::from(Refusal::invalid(
        "point.key",
        Text::new("终端的公钥不可用", "The public key of the point cannot be used"),
        Text::new("请用 Ed25519 或 P-256 生成新的密钥再配对", "Make a new key, Ed25519 or P-256, and pair again"),
    ))
}

#[cfg(test)]
#[path = "point_signature_tests.rs"]
mod tests;
