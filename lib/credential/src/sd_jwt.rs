//! SD-JWT (RFC 9901) as a verifiable credential (draft-ietf-oauth-sd-jwt-vc): issuing, showing some of it, verifying.
//!
//! A credential is `<signed JWT>~<disclosure>~…~`, and with the holder's proof `…~<key binding JWT>`. The signed part
//! holds digests; a disclosure is the salted name and value behind one of them.

use alloc::{collections::BTreeMap, format, string::String, vec::Vec};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tongma_code::sign::{SignError, Signer};

use crate::{CredentialError, Draw, Es256Key, jws};

/// The type of the signed part (draft-ietf-oauth-sd-jwt-vc section 2.2.1).
pub const TYPE: &str = "dc+sd-jwt";
/// The type of the holder's proof (RFC 9901 section 4.3).
pub const BINDING_TYPE: &str = "kb+jwt";
/// The longest credential that is read, in bytes.
pub const MOST_BYTES: usize = 64 * 1024;
/// The most disclosures that are read.
const MOST_DISCLOSURES: usize = 256;
/// How deep claims may lie.
const MOST_DEPTH: usize = 32;
/// Clocks differ by at most so much, in seconds.
const LEEWAY_S: i64 = 60;
/// Claims of the credential itself that may not be hidden (draft-ietf-oauth-sd-jwt-vc section 2.2.2.2).
const NEVER_HIDDEN: [&str; 8] = ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "_sd_alg"];

/// What is issued.
#[derive(Debug, Clone)]
pub struct Issue<'a> {
    /// Claims that everybody sees: `iss`, `vct`, `iat`, `exp`, `cnf`, `status` and what the issuer adds.
    pub open: Map<String, Value>,
    /// Claims that the holder may keep back.
    pub hidden: &'a [(&'a str, Value)],
    /// Digests that belong to nothing, so that their number says little (RFC 9901 section 4.2.5).
    pub decoys: usize,
}

/// A credential: the signed part and its disclosures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SdJwt {
    signed: String,
    disclosures: Vec<(String, String)>,
}

impl SdJwt {
    /// The whole credential, every disclosure included: for its holder alone.
    pub fn whole(&self) -> String {
        self.show(|_| true)
    }

    /// The credential with the disclosures of some claims.
    pub fn show(&self, keep: impl Fn(&str) -> bool) -> String {
        let mut text = self.signed.clone();
        text.push('~');
        for (_, disclosure) in self.disclosures.iter().filter(|(name, _)| keep(name)) {
            text.push_str(disclosure);
            text.push('~');
        }
        text
    }
}

/// Issues a credential. The signer is ES256; its key's thumbprint names it.
///
/// # Errors
/// [`SignError`].
pub fn issue(what: Issue<'_>, signer: &dyn Signer, draw: Draw<'_>) -> Result<SdJwt, SignError> {
    let key = Es256Key::from_sec1(signer.public_key().bytes()).ok_or(SignError)?;
    let mut disclosures = Vec::with_capacity(what.hidden.len());
    let mut digests = Vec::with_capacity(what.hidden.len() + what.decoys);
    for (name, value) in what.hidden {
        let disclosure = disclose(name, value, &draw())?;
        digests.push(digest(&disclosure));
        disclosures.push(((*name).into(), disclosure));
    }
    digests.extend((0..what.decoys).map(|_| BASE64URL.encode(Sha256::digest(draw()))));
    // In the order of the digests, which says nothing of the order of the claims.
    digests.sort_unstable();
    let mut payload = what.open;
    payload.insert("_sd_alg".into(), "sha-256".into());
    payload.insert("_sd".into(), digests.into());
    let mut header = Map::new();
    header.insert("typ".into(), TYPE.into());
    header.insert("kid".into(), key.thumbprint().into());
    Ok(SdJwt { signed: jws::sign(header, &payload, signer, &draw())?, disclosures })
}

/// `[salt, name, value]` with a salt of 128 bits, as base64url (RFC 9901 section 4.2.1).
fn disclose(name: &str, value: &Value, entropy: &[u8; 32]) -> Result<String, SignError> {
    let (salt, _) = entropy.split_at(16);
    let text = serde_json::to_vec(&json!([BASE64URL.encode(salt), name, value])).map_err(|_| SignError)?;
    Ok(BASE64URL.encode(text))
}

fn digest(disclosure: &str) -> String {
    BASE64URL.encode(Sha256::digest(disclosure.as_bytes()))
}

/// Adds the holder's proof to a credential as it is shown: made now, for this audience and its nonce.
///
/// # Errors
/// [`SignError`].
pub fn bind(
    shown: &str,
    (audience, nonce): (&str, &str),
    now_s: i64,
    holder: &dyn Signer,
    entropy: &[u8; 32],
) -> Result<String, SignError> {
    let mut header = Map::new();
    header.insert("typ".into(), BINDING_TYPE.into());
    let mut payload = Map::new();
    payload.insert("iat".into(), now_s.into());
    payload.insert("aud".into(), audience.into());
    payload.insert("nonce".into(), nonce.into());
    payload.insert("sd_hash".into(), digest(shown).into());
    Ok(format!("{shown}{}", jws::sign(header, &payload, holder, entropy)?))
}

/// What the verifier asks of the holder's proof.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// For whom it has to be made.
    pub audience: &'a str,
    /// With which nonce.
    pub nonce: &'a str,
    /// How old it may be, in seconds.
    pub most_age_s: i64,
}

/// A verified credential.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// All claims that are open or were disclosed.
    pub claims: Map<String, Value>,
    /// Whether the holder proved to hold it.
    pub bound: bool,
}

/// Verifies a credential, and the holder's proof where one is asked for.
///
/// # Errors
/// [`CredentialError`].
pub fn verify(
    text: &str,
    issuer: &Es256Key,
    asked: Option<Asked<'_>>,
    now_s: i64,
) -> Result<Verified, CredentialError> {
    let verified = verify_of(Some(TYPE), text, issuer, asked, now_s)?;
    if verified.claims.get("vct").is_some_and(Value::is_string) { Ok(verified) } else { Err(CredentialError::Form) }
}

/// Verifies an SD-JWT of any or no type, such as RFC 9901 alone allows: it need not be a credential.
///
/// # Errors
/// [`CredentialError`].
pub fn verify_untyped(
    text: &str,
    issuer: &Es256Key,
    asked: Option<Asked<'_>>,
    now_s: i64,
) -> Result<Verified, CredentialError> {
    verify_of(None, text, issuer, asked, now_s)
}

fn verify_of(
    kind: Option<&str>,
    text: &str,
    issuer: &Es256Key,
    asked: Option<Asked<'_>>,
    now_s: i64,
) -> Result<Verified, CredentialError> {
    if text.len() > MOST_BYTES {
        return Err(CredentialError::TooLong);
    }
    let (shown, binding) = text.rsplit_once('~').ok_or(CredentialError::Form)?;
    let mut parts = shown.split('~');
    let token = jws::Jws::parse(parts.next().unwrap_or_default(), kind)?;
    token.holds(issuer)?;
    let mut disclosures = Disclosures::read(parts)?;
    let mut payload = token.payload;
    match payload.remove("_sd_alg") {
        None => {}
        Some(name) if name == "sha-256" => {}
        Some(_) => return Err(CredentialError::Algorithm),
    }
    let claims = disclosures.open_object(payload, 0)?;
    if !disclosures.unused.is_empty() {
        return Err(CredentialError::Disclosure);
    }
    if !jws::in_time(&claims, now_s, LEEWAY_S) {
        return Err(CredentialError::Time);
    }
    let bound = match (asked, binding) {
        (None, "") => false,
        // A proof that nobody asked for is checked all the same, but for whom it was made.
        (None, binding) => check_binding(shown, binding, &claims, None, now_s).map(|()| true)?,
        (Some(_), "") => return Err(CredentialError::Holder),
        (Some(asked), binding) => check_binding(shown, binding, &claims, Some(asked), now_s).map(|()| true)?,
    };
    Ok(Verified { claims, bound })
}

fn check_binding(
    shown: &str,
    binding: &str,
    claims: &Map<String, Value>,
    asked: Option<Asked<'_>>,
    now_s: i64,
) -> Result<(), CredentialError> {
    let jwk = claims.get("cnf").and_then(|cnf| cnf.get("jwk")).ok_or(CredentialError::Holder)?;
    let key = Es256Key::from_jwk(jwk).ok_or(CredentialError::Holder)?;
    let token = jws::Jws::parse(binding, Some(BINDING_TYPE))?;
    token.holds(&key).map_err(|_| CredentialError::Holder)?;
    let text = |name: &str| token.payload.get(name).and_then(Value::as_str);
    let hash = digest(&format!("{shown}~"));
    let made = jws::whole(&token.payload, "iat").ok_or(CredentialError::Holder)?;
    let fits = text("sd_hash") == Some(hash.as_str())
        && asked.is_none_or(|asked| {
            text("aud") == Some(asked.audience)
                && text("nonce") == Some(asked.nonce)
                && made <= now_s.saturating_add(LEEWAY_S)
                && now_s.saturating_sub(made) <= asked.most_age_s
        });
    if fits { Ok(()) } else { Err(CredentialError::Holder) }
}

/// Disclosures by digest, each good once.
struct Disclosures {
    unused: BTreeMap<String, Vec<Value>>,
    seen: alloc::collections::BTreeSet<String>,
}

impl Disclosures {
    fn read<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Self, CredentialError> {
        let mut unused = BTreeMap::new();
        for (count, text) in texts.enumerate() {
            let parts: Vec<Value> = serde_json::from_slice(&jws::bytes(text)?).map_err(|_| CredentialError::Form)?;
            // The same disclosure twice has the same digest.
            if count >= MOST_DISCLOSURES || unused.insert(digest(text), parts).is_some() {
                return Err(CredentialError::Disclosure);
            }
        }
        Ok(Self { unused, seen: alloc::collections::BTreeSet::new() })
    }

    /// Takes the disclosure of a digest. A digest that stands twice is refused (RFC 9901 section 7.1 step 4).
    fn take(&mut self, digest: &Value) -> Result<Option<Vec<Value>>, CredentialError> {
        let digest = digest.as_str().ok_or(CredentialError::Form)?;
        if !self.seen.insert(digest.into()) {
            return Err(CredentialError::Disclosure);
        }
        Ok(self.unused.remove(digest))
    }

    fn open_object(
        &mut self,
        mut object: Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, CredentialError> {
        if depth > MOST_DEPTH {
            return Err(CredentialError::TooLong);
        }
        let digests = match object.remove("_sd") {
            None => Vec::new(),
            Some(Value::Array(digests)) => digests,
            Some(_) => return Err(CredentialError::Form),
        };
        if object.contains_key("...") || depth > 0 && object.contains_key("_sd_alg") {
            return Err(CredentialError::Form);
        }
        let mut opened = Map::new();
        for (name, value) in object {
            opened.insert(name, self.open(value, depth + 1)?);
        }
        for digest in &digests {
            let Some(parts) = self.take(digest)? else { continue };
            let [Value::String(_), Value::String(name), _] = parts.as_slice() else {
                return Err(CredentialError::Disclosure);
            };
            let name = name.clone();
            let forbidden =
                matches!(name.as_str(), "_sd" | "...") || depth == 0 && NEVER_HIDDEN.contains(&name.as_str());
            if forbidden || opened.contains_key(&name) {
                return Err(CredentialError::Disclosure);
            }
            let value = self.open(parts.into_iter().nth(2).unwrap_or_default(), depth + 1)?;
            opened.insert(name, value);
        }
        Ok(opened)
    }

    fn open(&mut self, value: Value, depth: usize) -> Result<Value, CredentialError> {
        match value {
            Value::Object(object) => self.open_object(object, depth).map(Value::Object),
            Value::Array(items) => self.open_array(items, depth),
            other => Ok(other),
        }
    }

    fn open_array(&mut self, items: Vec<Value>, depth: usize) -> Result<Value, CredentialError> {
        if depth > MOST_DEPTH {
            return Err(CredentialError::TooLong);
        }
        let mut opened = Vec::with_capacity(items.len());
        for item in items {
            let Some(digest) = element_digest(&item) else {
                opened.push(self.open(item, depth + 1)?);
                continue;
            };
            let Some(parts) = self.take(digest)? else { continue };
            let [Value::String(_), _] = parts.as_slice() else { return Err(CredentialError::Disclosure) };
            opened.push(self.open(parts.into_iter().nth(1).unwrap_or_default(), depth + 1)?);
        }
        Ok(Value::Array(opened))
    }
}

/// The digest of a hidden element of an array: `{"...": digest}` and nothing else (RFC 9901 section 4.2.4.2).
fn element_digest(item: &Value) -> Option<&Value> {
    let object = item.as_object().filter(|object| object.len() == 1)?;
    object.get("...")
}
