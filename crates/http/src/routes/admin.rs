//! Administration by bearer token: enrolment and the directory.

use std::collections::BTreeMap;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_domain::{
    Certification, Date, DocumentKind, Id, Particulars, PointKind, Premises, Refusal, Sex, Text, Venue, VenueState,
};
use tongma_service::{Audience, Enrolment};

use crate::{
    edge::{Administrator, Shared},
    extract::{IdempotencyKey, Json},
    problem::{Answer, Problem},
};

/// A person to enrol.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The name as on the document.
    pub name: String,
    /// `resident_id`, `hong_kong_macao_permit`, `taiwan_permit`, `foreign_permanent_resident` or `passport`.
    pub document_kind: String,
    /// Its number.
    pub document_number: String,
    /// `YYYY-MM-DD`; may be left out when the number holds it.
    #[serde(default)]
    pub birth: Option<String>,
    /// The mobile number, or empty.
    #[serde(default)]
    pub phone: String,
    /// `male` or `female`, where the number does not tell it.
    #[serde(default)]
    pub sex: Option<String>,
    /// The ethnic group (民族) as on a resident's document, or empty.
    #[serde(default)]
    pub nation: String,
    /// The address as on the document, or empty.
    #[serde(default)]
    pub address: String,
    /// The nationality, three letters of ISO 3166-1, or empty.
    #[serde(default)]
    pub nationality: String,
    /// The `OpenID` issuer; none for people who never sign in themselves.
    #[serde(default)]
    pub provider: Option<String>,
    /// The subject there.
    #[serde(default)]
    pub subject: Option<String>,
    /// People enrolled before whose guardian this person is.
    #[serde(default)]
    pub guardian_of: Vec<Document>,
}

/// A document.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its kind.
    pub document_kind: String,
    /// Its number.
    pub document_number: String,
}

/// A sign-in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInName {
    /// The `OpenID` issuer.
    pub provider: String,
    /// The subject there.
    pub subject: String,
}

/// A guardian and their ward.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGuardian {
    /// Who may show the code.
    pub guardian: SignInName,
    /// For whom.
    pub ward: Document,
    /// The registry holds the consent of a youth of 14 to 17; without it they are asked first.
    #[serde(default)]
    pub consented: bool,
}

/// Money into a purse.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopUp {
    /// The `OpenID` issuer.
    pub provider: String,
    /// The subject there.
    pub subject: String,
    /// In fen, above zero.
    pub amount_fen: i64,
}

/// An organisation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisation {
    /// Its registered name in Chinese.
    pub name_zh: String,
    /// Its registered name in English.
    pub name_en: String,
}

/// A venue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVenue {
    /// Its organisation's id.
    pub organisation: String,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// Approved scenarios.
    pub scenarios: Vec<String>,
    /// Tuned settings: `scenario.setting` → value.
    #[serde(default)]
    pub settings: BTreeMap<String, i64>,
    /// Things shared with other venues, by name: `union` → `guangdong`.
    #[serde(default)]
    pub things: BTreeMap<String, String>,
    /// `open`, `coming` or `suspended`.
    pub state: String,
    /// What is registered of the house itself: figures with the unit in the name (`rooms`, `floors`, `area_m2`).
    #[serde(default)]
    pub facts: BTreeMap<String, i64>,
    /// Certifications by name: `registration`, `yueshangtong`.
    #[serde(default)]
    pub certifications: BTreeMap<String, NewCertification>,
}

/// A certification of a house.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCertification {
    /// Its number at the issuer.
    pub number: String,
    /// The first day it is good, `YYYY-MM-DD`.
    pub from: String,
    /// The last day it is good, `YYYY-MM-DD`.
    pub until: String,
}

/// A point.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPoint {
    /// Its venue's id.
    pub venue: String,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// `desk`, `gate` or `kiosk`.
    pub kind: String,
    /// Scenarios it runs.
    pub scenarios: Vec<String>,
}

/// A person is enrolled.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Person {
    /// An outward id, for the administration alone.
    pub person: String,
}

/// A grant is in force.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Granted {
    /// The guardian's index in the ward's codes.
    pub actor: u8,
}

/// Something is registered.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Registered {
    /// Its id, for the administration alone.
    pub id: String,
}

/// A point is registered.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RegisteredPoint {
    /// Its outward id.
    pub id: String,
    /// Eight digits that pair it once.
    pub pairing_code: String,
}

/// Money is in the purse.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ToppedUp {
    /// What was added, in fen.
    pub amount_fen: i64,
}

pub async fn person(State(edge): State<Shared>, _: Administrator, Json(new): Json<NewPerson>) -> Answer<Json<Person>> {
    let birth = match new.birth.as_deref() {
        None => None,
        Some(text) => Some(Date::parse(text).ok_or_else(|| field("birth"))?),
    };
    let sign_in = match (new.provider, new.subject) {
        (None, None) => None,
        (Some(provider), Some(subject)) if !provider.is_empty() && !subject.is_empty() => Some((provider, subject)),
        _ => return Err(field("subject")),
    };
    let mut wards = Vec::with_capacity(new.guardian_of.len());
    for document in &new.guardian_of {
        let kind = chosen::<DocumentKind>("guardian_of.document_kind", &document.document_kind)?;
        wards.push(edge.platform.person_of_document(kind, &document.document_number)?);
    }
    let sex = new.sex.as_deref().map(|text| chosen::<Sex>("sex", text)).transpose()?;
    let enrolment = Enrolment {
        name: new.name,
        document_kind: chosen("document_kind", &new.document_kind)?,
        document_number: new.document_number,
        birth,
        phone: new.phone,
        particulars: Particulars { sex, nation: new.nation, address: new.address, nationality: new.nationality },
        sign_in,
    };
    let person = edge.platform.enrol(enrolment).await?;
    for ward in wards {
        edge.platform.grant_guardian(person, ward, true).await?;
    }
    Ok(Json(Person { person: edge.platform.outward(Audience::Administration, person) }))
}

pub async fn guardian(
    State(edge): State<Shared>,
    _: Administrator,
    Json(new): Json<NewGuardian>,
) -> Answer<Json<Granted>> {
    let (guardian, ward) = both(&edge, &new)?;
    Ok(Json(Granted { actor: edge.platform.grant_guardian(guardian, ward, new.consented).await? }))
}

pub async fn purse(
    State(edge): State<Shared>,
    _: Administrator,
    key: IdempotencyKey,
    Json(wanted): Json<TopUp>,
) -> Answer<Json<ToppedUp>> {
    let person = edge.platform.person_of_sign_in(&wanted.provider, &wanted.subject)?;
    // The key names the transfer, so that a retry is the same transfer.
    let attempt = Id::derived(&[b"admin.purse", person.as_bytes(), key.0.as_bytes()]);
    edge.platform.top_up(person, wanted.amount_fen, attempt).await?;
    Ok(Json(ToppedUp { amount_fen: wanted.amount_fen }))
}

pub async fn organisation(
    State(edge): State<Shared>,
    _: Administrator,
    Json(new): Json<NewOrganisation>,
) -> Answer<Json<Registered>> {
    let id = edge.platform.register_organisation(&new.name_zh, &new.name_en).await?;
    Ok(Json(Registered { id: edge.platform.outward(Audience::Administration, id) }))
}

pub async fn venue(
    State(edge): State<Shared>,
    _: Administrator,
    Json(new): Json<NewVenue>,
) -> Answer<Json<Registered>> {
    let organisation = edge.platform.inward(Audience::Administration, &new.organisation)?;
    if edge.platform.directory().organisation(organisation).is_none() {
        return Err(crate::extract::no_such_id());
    }
    let things = new.things.into_iter().map(|(kind, name)| {
        // A shared thing is named, so that whoever names it means the same one.
        let id = Id::derived(&[b"shared", kind.as_bytes(), name.as_bytes()]);
        (kind, id)
    });
    let venue = Venue {
        // The platform gives the id.
        id: organisation,
        organisation,
        name_zh: new.name_zh,
        name_en: new.name_en,
        state: chosen::<VenueState>("state", &new.state)?,
        scenarios: new.scenarios,
        settings: new.settings,
        things: things.collect(),
        premises: premises(new.facts, new.certifications)?,
    };
    let id = edge.platform.register_venue(venue).await?;
    Ok(Json(Registered { id: edge.platform.outward(Audience::Administration, id) }))
}

/// What a house is registered with, its days checked.
pub fn premises(facts: BTreeMap<String, i64>, certifications: BTreeMap<String, NewCertification>) -> Answer<Premises> {
    let day = |text: &str| Date::parse(text).ok_or_else(|| field("certifications"));
    let mut held = BTreeMap::new();
    for (name, new) in certifications {
        let (from, until) = (day(&new.from)?, day(&new.until)?);
        held.insert(name, Certification { number: new.number, from, until });
    }
    Ok(Premises { facts, certifications: held })
}

pub async fn point(
    State(edge): State<Shared>,
    _: Administrator,
    Json(new): Json<NewPoint>,
) -> Answer<Json<RegisteredPoint>> {
    let venue = edge.platform.inward(Audience::Administration, &new.venue)?;
    let kind = chosen::<PointKind>("kind", &new.kind)?;
    let (id, pairing_code) =
        edge.platform.register_point(venue, (&new.name_zh, &new.name_en), kind, new.scenarios).await?;
    Ok(Json(RegisteredPoint { id: edge.platform.outward(Audience::Points, id), pairing_code }))
}

/// A guardian and a ward as they are named on the wire.
pub(super) fn both(edge: &crate::edge::Edge, named: &NewGuardian) -> Answer<(Id, Id)> {
    let guardian = edge.platform.person_of_sign_in(&named.guardian.provider, &named.guardian.subject)?;
    let kind = chosen::<DocumentKind>("ward.document_kind", &named.ward.document_kind)?;
    Ok((guardian, edge.platform.person_of_document(kind, &named.ward.document_number)?))
}

/// One of a closed set, by its name on the wire.
pub(super) fn chosen<T: serde::de::DeserializeOwned>(name: &'static str, text: &str) -> Answer<T> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|_| field(name))
}

pub(super) fn field(name: &'static str) -> Problem {
    Problem::from(Refusal::invalid(
        "input.malformed",
        Text::new("有一项填得不对", "One of the fields is not right"),
        Text::new("请对照接口文档 /openapi.json", "Compare it with /openapi.json"),
    ))
    .with("pointer", name)
}
