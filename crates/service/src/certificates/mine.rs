//! The citizen's own deck: what each certificate says, and credentials of it that a phone can show without network.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Map, Value, json};
use tongma_capability::certificate::{self, COPIES, Certificate, Kind, Standing};
use tongma_credential::card::Card;
use tongma_credential::sd_jwt::{self, Issue};
use tongma_credential::{Es256Key, card};
use tongma_domain::{Entropy, Refusal, SeededEntropy, Text, UnixMs, mask_name};
use tongma_store::Key;

use super::keys;
use crate::platform::Platform;
use crate::sessions::Citizen;
use crate::vault::{hex, unhex};
use crate::views::Listed;

/// How long a phone may show a credential before it fetches a fresh one.
const CREDENTIAL_LIFE_S: i64 = 30 * 86_400;
/// Digests without a claim behind them, so that their number tells no kind of certificate from another.
const DECOYS_TO: usize = 8;

/// One certificate of the citizen's.
pub struct MyCertificate {
    /// The certificate; its fields are beside it.
    pub certificate: Certificate,
    /// What it is worth now.
    pub standing: Standing,
    /// Its fields, whatever its state: they are the holder's own.
    pub fields: BTreeMap<String, String>,
    /// What can be shown, when a holder's key was named and the certificate is in force or suspended.
    pub credentials: Option<Credentials>,
}

/// A certificate as credentials for one phone.
pub struct Credentials {
    /// SD-JWT VC with all its disclosures.
    pub sd_jwt: String,
    /// The card, ES256, base64url.
    pub card: String,
    /// The card, SM2, base64url.
    pub card_sm2: String,
    /// From when on they have to be fetched anew.
    pub expires: UnixMs,
}

impl Platform {
    /// The citizen's certificates, current versions. `holder` is the public key of the phone that will show them:
    /// x ‖ y in base64url.
    ///
    /// # Errors
    /// `certificate.holder_key`, or the store's refusals.
    pub fn certificates(
        &self,
        citizen: &Citizen,
        (after, limit): (Option<&str>, usize),
        holder: Option<&str>,
    ) -> Result<Listed<MyCertificate>, Refusal> {
        let person = citizen.person;
        let holder = holder.map(|text| holder_key(text).ok_or_else(bad_key)).transpose()?;
        let after = after.and_then(unhex).map(|bytes| Key::new(&bytes));
        let limit = limit.clamp(1, 100);
        let page = self.read(person.bucket(), |txn| certificate::find_of_person(txn, person, after.as_ref(), limit))?;
        let next = page.items.last().filter(|_| page.more).map(|held| hex(held.key.as_bytes()));
        let now = self.now();
        let mut entropy = SeededEntropy::new(self.seed());
        let items = page.items.into_iter().map(|held| {
            let certificate = held.value;
            let fields = self.open_certificate(person, &certificate.sealed)?;
            let standing = certificate.standing(now);
            let credentials = match (&holder, standing, certificate.kind()) {
                (Some(holder), Standing::Good | Standing::Suspended, Some(kind)) => {
                    let made = Making { platform: self, kind, certificate: &certificate, holder, now };
                    Some(made.credentials(&fields, &mut entropy)?)
                }
                _ => None,
            };
            Ok(MyCertificate { certificate, standing, fields, credentials })
        });
        Ok(Listed { items: items.collect::<Result<_, Refusal>>()?, next })
    }

    /// Who issues credentials here and with which keys (draft-ietf-oauth-sd-jwt-vc section 5).
    pub fn certificate_issuer(&self) -> Value {
        json!({"issuer": self.codes.host(), "jwks": self.certificates.jwks()})
    }

    /// The type metadata of a kind (draft-ietf-oauth-sd-jwt-vc section 6).
    pub fn certificate_type(&self, kind: &str) -> Option<Value> {
        let kind = certificate::kind(kind)?;
        let both = |name: Text| json!([{"locale": "zh-CN", "name": name.zh}, {"locale": "en", "name": name.en}]);
        let labels = |name: Text| json!([{"locale": "zh-CN", "label": name.zh}, {"locale": "en", "label": name.en}]);
        let claims: Vec<Value> = kind
            .fields
            .iter()
            .map(|field| json!({"path": [field.id], "display": labels(field.label), "sd": "always"}))
            .collect();
        Some(
            json!({"vct": self.type_address(kind), "name": kind.name.en, "display": both(kind.name), "claims": claims}),
        )
    }

    fn type_address(&self, kind: &Kind) -> String {
        format!("{}/vct/{}", self.codes.host(), kind.id)
    }
}

/// One certificate for one phone.
struct Making<'a> {
    platform: &'a Platform,
    kind: &'static Kind,
    certificate: &'a Certificate,
    holder: &'a Es256Key,
    now: UnixMs,
}

impl Making<'_> {
    fn credentials(
        &self,
        fields: &BTreeMap<String, String>,
        entropy: &mut SeededEntropy,
    ) -> Result<Credentials, Refusal> {
        // One of the certificate's few places at random: two checkers seldom hold the same one.
        let [turn, ..] = draw(entropy);
        let slot = self.certificate.slots.get(usize::from(turn % COPIES)).or_else(|| self.certificate.slots.first());
        let slot = *slot.ok_or_else(crate::keys::unusable)?;
        let index = keys::place_of(&self.platform.vault, self.certificate.person.bucket().number(), slot);
        let list = self.platform.list_address(keys::list_of(slot));
        let last = self.certificate.valid_until.map(|day| day.start().plus_days(1));
        let month = self.now.plus_s(CREDENTIAL_LIFE_S);
        let expires = last.map_or(month, |last| last.min(month));
        let unusable = |_| crate::keys::unusable();
        let keys = &self.platform.certificates;
        let sd_jwt = self.sd_jwt(fields, (&list, index), expires, entropy).map_err(unusable)?;
        let card = self.card(fields, list, index, expires);
        Ok(Credentials {
            sd_jwt,
            card: BASE64URL.encode(card.sign(keys, &draw(entropy)).map_err(unusable)?),
            card_sm2: BASE64URL.encode(card.sign(self.platform.codes.issuer(), &draw(entropy)).map_err(unusable)?),
            expires,
        })
    }

    fn sd_jwt(
        &self,
        fields: &BTreeMap<String, String>,
        (list, index): (&str, u32),
        expires: UnixMs,
        entropy: &mut SeededEntropy,
    ) -> Result<String, tongma_code::sign::SignError> {
        let certificate = self.certificate;
        let mut open = Map::new();
        open.insert("iss".into(), self.platform.codes.host().into());
        open.insert("vct".into(), self.platform.type_address(self.kind).into());
        open.insert("iat".into(), self.now.as_seconds().into());
        open.insert("exp".into(), expires.as_seconds().into());
        open.insert("cnf".into(), json!({"jwk": self.holder.to_jwk()}));
        open.insert("status".into(), json!({"status_list": {"idx": index, "uri": list}}));
        open.insert("issuing_authority".into(), certificate.issuer.zh.as_ref().into());
        open.insert("date_of_issuance".into(), certificate.valid_from.to_string().into());
        if let Some(until) = certificate.valid_until {
            open.insert("date_of_expiry".into(), until.to_string().into());
        }
        // The number would tie two showings together, so it is the holder's to show or not.
        let identifier = json!(certificate.identifier.to_string());
        let masked = json!(masked_name(fields));
        let mut hidden: Vec<(&str, Value)> = vec![("identifier", identifier), ("masked_name", masked)];
        hidden.extend(fields.iter().map(|(name, value)| (name.as_str(), Value::from(value.as_str()))));
        let decoys = DECOYS_TO.saturating_sub(hidden.len());
        let made =
            sd_jwt::issue(Issue { open, hidden: &hidden, decoys }, &self.platform.certificates, &mut || draw(entropy))?;
        Ok(made.whole())
    }

    fn card(&self, fields: &BTreeMap<String, String>, list: String, index: u32, expires: UnixMs) -> card::Card {
        let certificate = self.certificate;
        Card {
            issuer: self.platform.codes.host().to_owned(),
            issued_s: self.now.as_seconds(),
            expires_s: expires.as_seconds(),
            holder: self.holder.clone(),
            list,
            index: index.into(),
            kind: self.kind.id.to_owned(),
            name: masked_name(fields),
            authority: [certificate.issuer.zh.to_string(), certificate.issuer.en.to_string()],
            last_day: certificate.valid_until.map(|day| day.to_string()),
        }
    }
}

fn masked_name(fields: &BTreeMap<String, String>) -> String {
    fields.get("name").map(|name| mask_name(name)).unwrap_or_default()
}

/// Thirty-two fresh bytes.
pub(super) fn draw(entropy: &mut SeededEntropy) -> [u8; 32] {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    bytes
}

fn holder_key(text: &str) -> Option<Es256Key> {
    let bytes = BASE64URL.decode(text).ok()?;
    let (x, y) = bytes.split_at_checked(32)?;
    Es256Key::from_coordinates(x, y)
}

fn bad_key() -> Refusal {
    Refusal::invalid(
        "certificate.holder_key",
        Text::new("手机的公钥不正确", "The phone's public key is not right"),
        Text::new("请刷新页面后重试", "Reload the page and try again"),
    )
}
