//! The two ceremonies, from what the browser is asked to what may be believed of its answer.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::authenticator::{self, Data};
use crate::wire::{Assertion, Registration, base64url, to_text};
use crate::{Trouble, client};

/// How long a browser is given, in milliseconds (section 15.1 recommends five to ten minutes).
const PATIENCE_MS: u32 = 300_000;
/// ES256 in the COSE registry.
const ES256: i32 = -7;

/// The site that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// Its domain, to which credentials are scoped: `tongma.example`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The origins whose pages may ask: `https://tongma.example`.
    pub origins: Vec<String>,
}

/// Whose credential is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// An opaque id, at most 64 bytes; nothing personal.
    pub id: Vec<u8>,
    /// The name the authenticator lists.
    pub name: String,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ceremony {
    /// A credential is made.
    Registration,
    /// A credential signs.
    Assertion,
}

/// A challenge that waits for its answer. Not `Clone`: it is moved into the check and gone, whatever comes of it. Whoever
/// stores it takes it out of the store in the transaction that uses it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// 32 random bytes.
    pub challenge: [u8; 32],
    /// What it was given out for.
    pub ceremony: Ceremony,
    /// Until when it can be answered, in milliseconds since 1970.
    pub expires_ms: i64,
}

/// What is kept of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its id.
    #[serde(with = "base64url")]
    pub id: Vec<u8>,
    /// Its public key on P-256, 0x04 ‖ x ‖ y.
    #[serde(with = "base64url")]
    pub public_key: Vec<u8>,
    /// The counter at its last use; 0 for authenticators that keep none.
    pub counter: u32,
    /// Whether it may be backed up; this never changes.
    pub may_be_backed_up: bool,
}

/// What an assertion proves, and what is to be stored of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The credential's counter from now on.
    pub counter: u32,
    /// Whether it is backed up now.
    pub backed_up: bool,
}

/// What `navigator.credentials.create` is to be asked, in JSON (`PublicKeyCredentialCreationOptionsJSON`); `known` are the
/// user's credentials, so that one authenticator is not registered twice.
pub fn registration_options(party: &RelyingParty, user: &User, pending: &Pending, known: &[Credential]) -> Value {
    json!({
        "rp": {"id": party.id, "name": party.name},
        "user": {"id": to_text(&user.id), "name": user.name, "displayName": user.name},
        "challenge": to_text(&pending.challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": ES256}],
        "timeout": PATIENCE_MS,
        "excludeCredentials": descriptors(known),
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": "required"},
        "attestation": "none",
    })
}

/// What `navigator.credentials.get` is to be asked (`PublicKeyCredentialRequestOptionsJSON`); with nothing in `allowed`
/// the authenticator lists what it has for this site.
pub fn assertion_options(party: &RelyingParty, pending: &Pending, allowed: &[Credential]) -> Value {
    json!({
        "rpId": party.id,
        "challenge": to_text(&pending.challenge),
        "timeout": PATIENCE_MS,
        "allowCredentials": descriptors(allowed),
        "userVerification": "required",
    })
}

fn descriptors(credentials: &[Credential]) -> Vec<Value> {
    credentials.iter().map(|one| json!({"type": "public-key", "id": to_text(&one.id)})).collect()
}

/// Checks a registration (section 7.1). The caller also checks that nobody has a credential of this id.
///
/// # Errors
/// [`Trouble`]; nothing is to be stored then.
pub fn verify_registration(
    party: &RelyingParty,
    pending: Pending,
    answer: &Registration,
    now_ms: i64,
) -> Result<Credential, Trouble> {
    let credential = registered(party, pending, answer, now_ms)?;
    if credential.1.flags.verified() { Ok(credential.0) } else { Err(Trouble::NotVerified) }
}

/// All of a registration but the demand for verification, which the standard's own vectors do not meet.
pub(crate) fn registered(
    party: &RelyingParty,
    pending: Pending,
    answer: &Registration,
    now_ms: i64,
) -> Result<(Credential, Data), Trouble> {
    let challenge = open(pending, Ceremony::Registration, now_ms)?;
    client::check(&answer.response.client_data, "webauthn.create", &challenge, &party.origins)?;
    let mut data = authenticator::read(authenticator::authenticator_data(&answer.response.attestation_object)?)?;
    check_data(party, &data)?;
    let attested = data.attested.take().ok_or(Trouble::Malformed)?;
    if attested.id != answer.id {
        return Err(Trouble::OtherCredential);
    }
    let credential = Credential {
        id: attested.id,
        public_key: attested.public_key.to_vec(),
        counter: data.counter,
        may_be_backed_up: data.flags.may_be_backed_up(),
    };
    Ok((credential, data))
}

/// Checks an assertion by this credential (section 7.2).
///
/// # Errors
/// [`Trouble`]; with [`Trouble::Counter`] somebody should look whether the authenticator was copied.
pub fn verify_assertion(
    party: &RelyingParty,
    pending: Pending,
    credential: &Credential,
    answer: &Assertion,
    now_ms: i64,
) -> Result<Verified, Trouble> {
    let data = asserted(party, pending, credential, answer, now_ms)?;
    if !data.flags.verified() {
        return Err(Trouble::NotVerified);
    }
    let counts = data.counter > 0 || credential.counter > 0;
    if counts && data.counter <= credential.counter {
        return Err(Trouble::Counter);
    }
    Ok(Verified { counter: data.counter, backed_up: data.flags.backed_up() })
}

/// All of an assertion but verification and counter.
pub(crate) fn asserted(
    party: &RelyingParty,
    pending: Pending,
    credential: &Credential,
    answer: &Assertion,
    now_ms: i64,
) -> Result<Data, Trouble> {
    let challenge = open(pending, Ceremony::Assertion, now_ms)?;
    if answer.id != credential.id {
        return Err(Trouble::OtherCredential);
    }
    client::check(&answer.response.client_data, "webauthn.get", &challenge, &party.origins)?;
    let data = authenticator::read(&answer.response.authenticator_data)?;
    check_data(party, &data)?;
    if data.flags.may_be_backed_up() != credential.may_be_backed_up {
        return Err(Trouble::Backup);
    }
    let key = VerifyingKey::from_sec1_bytes(&credential.public_key).map_err(|_| Trouble::Key)?;
    let signature = Signature::from_der(&answer.response.signature).map_err(|_| Trouble::Signature)?;
    let mut message = answer.response.authenticator_data.clone();
    message.extend_from_slice(&Sha256::digest(&answer.response.client_data));
    key.verify(&message, &signature).map_err(|_| Trouble::Signature)?;
    Ok(data)
}

#[expect(clippy::needless_pass_by_value, reason = "the challenge is used up here")]
fn open(pending: Pending, wanted: Ceremony, now_ms: i64) -> Result<[u8; 32], Trouble> {
    let Pending { challenge, ceremony, expires_ms } = pending;
    if ceremony != wanted {
        return Err(Trouble::OtherCeremony);
    }
    if now_ms >= expires_ms { Err(Trouble::Expired) } else { Ok(challenge) }
}

fn check_data(party: &RelyingParty, data: &Data) -> Result<(), Trouble> {
    if data.site != <[u8; 32]>::from(Sha256::digest(&party.id)) {
        return Err(Trouble::Site);
    }
    if data.flags.present() { Ok(()) } else { Err(Trouble::NotPresent) }
}
