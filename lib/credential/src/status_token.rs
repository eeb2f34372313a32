//! A status list as a signed file (draft-ietf-oauth-status-list section 5): JWT and CWT.

use alloc::{string::String, vec::Vec};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Value, json};
use tongma_code::sign::{SignError, Signer};

use crate::{
    CredentialError, Es256Key, IssuerKey, cose, jws,
    status::{Bits, StatusList},
};

/// The types of the two forms: in the header of the JWT (its media type is `application/` and this) and of the CWT.
pub const LISTED_TYPES: [&str; 2] = ["statuslist+jwt", "application/statuslist+cwt"];
/// The longest signed list that is read, in bytes.
const MOST_BYTES: usize = 4 << 20;

/// CWT claims of the draft's section 5.2: the time to live and the list.
const TTL: u32 = 65_534;
const LIST: u32 = 65_533;

/// A status list and how long it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusToken {
    /// The address that credentials name it by.
    pub subject: String,
    /// The Unix second it was made.
    pub issued_s: i64,
    /// From this Unix second on, it is refused.
    pub expires_s: i64,
    /// After so many seconds, a newer one should be fetched.
    pub ttl_s: u32,
    /// The list.
    pub list: StatusList,
}

impl StatusToken {
    /// The list as a JWT signed with ES256.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn to_jwt(&self, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<String, SignError> {
        let key = Es256Key::from_sec1(signer.public_key().bytes()).ok_or(SignError)?;
        let [kind, _] = LISTED_TYPES;
        let mut header = Map::new();
        header.insert("typ".into(), kind.into());
        header.insert("kid".into(), key.thumbprint().into());
        let mut payload = Map::new();
        payload.insert("sub".into(), self.subject.as_str().into());
        payload.insert("iat".into(), self.issued_s.into());
        payload.insert("exp".into(), self.expires_s.into());
        payload.insert("ttl".into(), self.ttl_s.into());
        let packed = BASE64URL.encode(self.list.pack());
        payload.insert("status_list".into(), json!({"bits": self.list.bits().number(), "lst": packed}));
        jws::sign(header, &payload, signer, entropy)
    }

    /// Reads the JWT of a list that credentials name `subject`.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn of_jwt(token: &str, subject: &str, key: &Es256Key, now_s: i64) -> Result<Self, CredentialError> {
        if token.len() > MOST_BYTES {
            return Err(CredentialError::TooLong);
        }
        let [kind, _] = LISTED_TYPES;
        let token = jws::Jws::parse(token, Some(kind))?;
        token.holds(key)?;
        let claims = &token.payload;
        let (bits, packed) = read_claim(claims).ok_or(CredentialError::Form)?;
        let found = Self {
            subject: claims.get("sub").and_then(Value::as_str).ok_or(CredentialError::Form)?.into(),
            issued_s: jws::whole(claims, "iat").ok_or(CredentialError::Form)?,
            expires_s: jws::whole(claims, "exp").ok_or(CredentialError::Form)?,
            ttl_s: jws::whole(claims, "ttl").and_then(|ttl| ttl.try_into().ok()).ok_or(CredentialError::Form)?,
            list: StatusList::unpack(bits, &packed).ok_or(CredentialError::Form)?,
        };
        found.checked(subject, now_s)
    }

    /// The list as a CWT in `COSE_Sign1`, signed with ES256 or with SM2.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn to_cwt(&self, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<Vec<u8>, SignError> {
        let [_, kind] = LISTED_TYPES;
        let packed = self.list.pack();
        cose::sign(kind, cose::encode(|to| self.write(to, &packed)), signer, entropy)
    }

    fn write(&self, to: &mut Encoder<&mut Vec<u8>>, packed: &[u8]) -> Option<()> {
        to.map(5).ok()?;
        to.u8(2).ok()?.str(&self.subject).ok()?;
        to.u8(4).ok()?.i64(self.expires_s).ok()?;
        to.u8(6).ok()?.i64(self.issued_s).ok()?;
        to.u32(TTL).ok()?.u32(self.ttl_s).ok()?;
        to.u32(LIST).ok()?.map(2).ok()?;
        to.str("bits").ok()?.u8(self.list.bits().number()).ok()?.str("lst").ok()?.bytes(packed).ok()?;
        Some(())
    }

    /// Reads the CWT of a list that credentials name `subject`.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn of_cwt(token: &[u8], subject: &str, key: &IssuerKey, now_s: i64) -> Result<Self, CredentialError> {
        if token.len() > MOST_BYTES {
            return Err(CredentialError::TooLong);
        }
        let [_, kind] = LISTED_TYPES;
        let payload = cose::open(kind, token, key)?;
        let (found, packed) = read(&payload).ok_or(CredentialError::Form)?;
        if cose::encode(|to| found.write(to, packed)) != payload {
            return Err(CredentialError::Form);
        }
        found.checked(subject, now_s)
    }

    fn checked(self, subject: &str, now_s: i64) -> Result<Self, CredentialError> {
        if self.subject != subject {
            return Err(CredentialError::List);
        }
        if now_s >= self.expires_s { Err(CredentialError::Time) } else { Ok(self) }
    }

    /// The status of a credential at this place.
    ///
    /// # Errors
    /// [`CredentialError::List`] past the end: such a credential is never taken for valid.
    pub fn status(&self, index: u64) -> Result<u8, CredentialError> {
        self.list.get(index).ok_or(CredentialError::List)
    }

    /// Whether a newer one should be fetched.
    pub fn is_stale(&self, now_s: i64) -> bool {
        now_s.saturating_sub(self.issued_s) > i64::from(self.ttl_s)
    }
}

fn read_claim(claims: &Map<String, Value>) -> Option<(Bits, Vec<u8>)> {
    let claim = claims.get("status_list")?;
    let bits = Bits::from_number(claim.get("bits")?.as_u64()?)?;
    Some((bits, jws::bytes(claim.get("lst")?.as_str()?).ok()?))
}

fn read(payload: &[u8]) -> Option<(StatusToken, &[u8])> {
    let mut from = Decoder::new(payload);
    (from.map().ok()? == Some(5)).then_some(())?;
    let label = |from: &mut Decoder<'_>, label: u32| (from.u32().ok()? == label).then_some(());
    label(&mut from, 2)?;
    let subject = from.str().ok()?.into();
    label(&mut from, 4)?;
    let expires_s = from.i64().ok()?;
    label(&mut from, 6)?;
    let issued_s = from.i64().ok()?;
    label(&mut from, TTL)?;
    let ttl_s = from.u32().ok()?;
    label(&mut from, LIST)?;
    (from.map().ok()? == Some(2) && from.str().ok()? == "bits").then_some(())?;
    let bits = Bits::from_number(from.u64().ok()?)?;
    (from.str().ok()? == "lst").then_some(())?;
    let packed = from.bytes().ok()?;
    Some((StatusToken { subject, issued_s, expires_s, ttl_s, list: StatusList::unpack(bits, packed)? }, packed))
}
