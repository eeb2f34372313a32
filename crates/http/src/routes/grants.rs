//! One-tap grants: the copies and the receipt for the venue, the list and the way back for the holder, and the PIN.

use axum::extract::State;
use base64::{Engine, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_service::{CertificateCopy, CopiedField, Copies as Fetched, GrantView, SignedReceipt};

use super::points::operator;
use crate::{
    dto::{Done, Nothing, Outcome, Words},
    edge::{Shared, SignedIn, SignedPoint},
    extract::{Json, List, OutwardId, Page},
    problem::Answer,
};

/// A clerk looks at the copies.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The clerk's name; the holder sees who looked.
    pub operator: String,
}

/// The annotated copies of a grant.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Copies {
    /// The receipt.
    pub receipt: Receipt,
    /// What is written across every copy.
    pub annotation: Words,
    /// The last moment to fetch again, Unix milliseconds.
    pub until_ms: i64,
    /// The certificates.
    pub certificates: Vec<CertificateShown>,
    /// Claims that were given.
    pub claims: Vec<FieldShown>,
    /// What was asked and not given.
    pub kept_back: Vec<Words>,
}

/// One certificate as a result.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CertificateShown {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: Words,
    /// `good`, `suspended`, `revoked` …; `none` when the holder has none.
    pub standing: Value,
    /// The same in words.
    pub standing_words: Words,
    /// Who issued it, while it is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Words>,
    /// Its last day, while it is in force and has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// The fields that were given; none unless it is in force.
    pub fields: Vec<FieldShown>,
}

/// One field with its value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FieldShown {
    /// The item's id.
    pub id: String,
    /// What it is called.
    pub label: Words,
    /// Its value.
    pub value: String,
}

/// A receipt: the same content for both sides. `docs/receipts.md` says how it is verified.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Receipt {
    /// Its number.
    pub number: String,
    /// `COSE_Sign1`, base64.
    pub cose: String,
}

/// A grant as its holder sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MyGrant {
    /// Its id.
    pub id: String,
    /// The masked name of the person it is about, when that is somebody the citizen answers for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The matter.
    pub matter: Words,
    /// To whom.
    pub organisation: Words,
    /// Where.
    pub venue: Words,
    /// Through which clerk.
    pub operator: String,
    /// What was given, in words.
    pub items: Vec<Words>,
    /// What was asked and not given.
    pub kept_back: Vec<Words>,
    /// When, Unix milliseconds.
    pub given_ms: i64,
    /// The last moment to fetch, Unix milliseconds.
    pub fetch_until_ms: i64,
    /// The last moment the venue may keep it, Unix milliseconds.
    pub keep_until_ms: i64,
    /// `open`, `expired`, `closed`, `withdrawn`, `acknowledged` or `overdue`.
    pub state: String,
    /// How often it was fetched.
    pub fetches: u32,
    /// Until when the venue has to acknowledge a withdrawal, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledge_by_ms: Option<i64>,
    /// The receipt.
    pub receipt: Receipt,
}

/// The PIN is set or changed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPin {
    /// Six digits.
    pub pin: String,
    /// The one before; may be left out within ten minutes of signing in.
    #[serde(default)]
    pub current: Option<String>,
}

/// How the PIN stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pin {
    /// Whether there is one.
    pub set: bool,
    /// Until when it is locked after too many wrong ones, Unix milliseconds.
    pub locked_until_ms: Option<i64>,
}

fn receipt(receipt: SignedReceipt) -> Receipt {
    Receipt { number: receipt.number, cose: STANDARD.encode(receipt.cose) }
}

fn field(field: CopiedField) -> FieldShown {
    FieldShown { id: field.id, label: (&field.label).into(), value: field.value }
}

fn certificate(copy: CertificateCopy) -> CertificateShown {
    let standing = copy.standing.and_then(|standing| serde_json::to_value(standing).ok());
    CertificateShown {
        kind: copy.kind,
        name: (&copy.name).into(),
        standing: standing.unwrap_or_else(|| Value::from("none")),
        standing_words: copy.standing_words.into(),
        issuer: copy.issuer.as_ref().map(Into::into),
        valid_until: copy.valid_until.map(|date| date.to_string()),
        fields: copy.fields.into_iter().map(field).collect(),
    }
}

pub async fn copies(State(edge): State<Shared>, OutwardId(id): OutwardId, point: SignedPoint) -> Answer<Json<Copies>> {
    let wanted: Look = point.json()?;
    let grant = edge.platform.inward(edge.platform.audience_of_point(point.id)?, &id)?;
    let found: Fetched = edge.platform.copies(point.id, operator(&wanted.operator)?, grant).await?;
    Ok(Json(Copies {
        receipt: receipt(found.receipt),
        annotation: (&found.annotation).into(),
        until_ms: found.until.as_millis(),
        certificates: found.certificates.into_iter().map(certificate).collect(),
        claims: found.claims.into_iter().map(field).collect(),
        kept_back: found.kept_back.iter().map(Into::into).collect(),
    }))
}

pub async fn receipt_at(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    point: SignedPoint,
) -> Answer<Json<Receipt>> {
    let grant = edge.platform.inward(edge.platform.audience_of_point(point.id)?, &id)?;
    Ok(Json(receipt(edge.platform.receipt_at(point.id, grant)?)))
}

pub async fn mine(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<List<MyGrant>>> {
    let shown = |grant: GrantView| MyGrant {
        id: edge.platform.outward(me.audience(), grant.id),
        about: grant.about,
        matter: (&grant.matter).into(),
        organisation: (&grant.organisation).into(),
        venue: (&grant.venue).into(),
        operator: grant.operator,
        items: grant.items.iter().map(Into::into).collect(),
        kept_back: grant.kept_back.iter().map(Into::into).collect(),
        given_ms: grant.at.as_millis(),
        fetch_until_ms: grant.fetch_until.as_millis(),
        keep_until_ms: grant.keep_until.as_millis(),
        state: grant.state.to_owned(),
        fetches: grant.fetches,
        acknowledge_by_ms: grant.acknowledge_by.map(tongma_domain::UnixMs::as_millis),
        receipt: receipt(grant.receipt),
    };
    Ok(Json(page.part(edge.platform.grants(&me.0)?.into_iter().map(shown).collect())))
}

pub async fn withdraw(
    State(edge): State<Shared>,
    me: SignedIn,
    OutwardId(id): OutwardId,
    Json(Nothing {}): Json<Nothing>,
) -> Answer<Json<Done>> {
    let grant = edge.platform.inward(me.audience(), &id)?;
    let outcome = edge.platform.withdraw_grant(&me.0, grant).await?;
    Ok(Json(Done { outcome: Outcome::of(&edge.platform, me.audience(), &outcome, None) }))
}

pub async fn pin(State(edge): State<Shared>, me: SignedIn) -> Answer<Json<Pin>> {
    let state = edge.platform.pin_state(&me.0)?;
    Ok(Json(Pin { set: state.set, locked_until_ms: state.locked_until.map(tongma_domain::UnixMs::as_millis) }))
}

pub async fn set_pin(State(edge): State<Shared>, me: SignedIn, Json(new): Json<NewPin>) -> Answer<Json<Pin>> {
    edge.platform.set_pin(&me.0, &new.pin, new.current.as_deref()).await?;
    Ok(Json(Pin { set: true, locked_until_ms: None }))
}
