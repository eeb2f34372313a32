//! Certificates: issued by their issuers' systems, shown by their holders, checked by anyone.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_domain::{Date, DocumentKind, Id, Refusal, Text};
use tongma_service::certificate::{self, Identifier, State as CertificateState};
use tongma_service::{IssuedBy, NewCertificate};

use super::{Caller, Operation, get, post};
use crate::{
    dto::Words,
    edge::{Administrator, Shared, SignedIn},
    extract::{IdempotencyKey, Json, List, Page, query},
    problem::{Answer, Problem, internal, unknown_route},
};

/// The routes of certificates: what anyone may read, what is the citizen's own, what issuers' systems hand in.
pub fn operations() -> Vec<Operation> {
    let open = vec![
        get("/v1/certificate-kinds", "The catalogue of certificates", kinds).paged().gives::<List<Value>>(),
        get("/.well-known/jwt-vc-issuer", "Who issues credentials, and with which keys", issuer).gives::<Value>(),
        get("/vct/{id}", "What a kind of credential is", kind).gives::<Value>(),
        get("/status/{id}", "A status list, as JWT or by `Accept` as CWT", status)
            .gives_other(200, "application/statuslist+jwt"),
    ];
    let own = get("/v1/me/certificates", "My certificates, and credentials of them for this phone", mine)
        .asks("holder", "The public key of the phone that shows them: x and y in base64url")
        .paged()
        .gives::<List<MyCertificate>>()
        .by(Caller::Citizen);
    let issuers = vec![
        post("/v1/admin/certificates", "Issue a certificate or a new version", issue)
            .takes::<ToIssue>()
            .gives::<Issued>(),
        post("/v1/admin/certificates/state", "Change the state of a certificate", change)
            .takes::<Change>()
            .gives::<Changed>(),
    ];
    let issuers = issuers.into_iter().map(|operation| operation.by(Caller::Administrator));
    open.into_iter().chain([own]).chain(issuers).collect()
}

/// A certificate to issue. The holder is named by document or by sign-in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToIssue {
    /// The kind of the holder's document.
    #[serde(default)]
    pub document_kind: Option<String>,
    /// Its number.
    #[serde(default)]
    pub document_number: Option<String>,
    /// The holder's `OpenID` issuer, instead of a document.
    #[serde(default)]
    pub provider: Option<String>,
    /// The subject there.
    #[serde(default)]
    pub subject: Option<String>,
    /// The kind of certificate, as in `/v1/certificate-kinds`.
    pub kind: String,
    /// The serial, digits and capital letters; drawn when left out. The same serial again is a new version.
    #[serde(default)]
    pub serial: Option<String>,
    /// The credit code of the issuing branch; the kind's own issuer when left out.
    #[serde(default)]
    pub issuer_code: Option<String>,
    /// The branch's name in Chinese, with its code.
    #[serde(default)]
    pub issuer_zh: Option<String>,
    /// The branch's name in English, with its code.
    #[serde(default)]
    pub issuer_en: Option<String>,
    /// Field → value. Name, date of birth and a resident's number come from the enrolment.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// `YYYY-MM-DD`; today when left out.
    #[serde(default)]
    pub valid_from: Option<String>,
    /// `YYYY-MM-DD`, which still counts; as the kind says when left out.
    #[serde(default)]
    pub valid_until: Option<String>,
}

/// A certificate was issued.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Issued {
    /// Its identifier (GB/T 36904).
    pub identifier: String,
}

/// A change of state.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Of which certificate.
    pub identifier: String,
    /// `01` to `07` or `99`.
    pub state: String,
    /// Why, for the holder to read.
    #[serde(default)]
    pub reason: String,
}

/// The state is as asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// The certificate.
    pub identifier: String,
    /// Its state.
    pub state: String,
}

/// A certificate as its holder sees it.
#[derive(Serialize, JsonSchema)]
pub struct MyCertificate {
    /// Its identifier.
    pub identifier: String,
    /// Its kind.
    pub kind: String,
    /// Who issued it.
    pub issuer: Words,
    /// `01` to `07` or `99`.
    pub state: String,
    /// What it is worth now: `good`, `not_yet`, `lapsed`, `suspended` …
    pub standing: String,
    /// Its standing for people.
    pub standing_name: Words,
    /// The issuer's reason, or empty.
    pub reason: String,
    /// Since when, in Unix milliseconds.
    pub since_ms: i64,
    /// Its first day.
    pub valid_from: String,
    /// Its last day; null: no end.
    pub valid_until: Option<String>,
    /// When it was issued, in Unix milliseconds.
    pub issued_ms: i64,
    /// Which version.
    pub version: u16,
    /// Field → value, in full: they are the holder's own.
    pub fields: BTreeMap<String, String>,
    /// What can be shown, when a holder's key was named.
    pub credentials: Option<Credentials>,
}

/// A certificate as credentials of one phone.
#[derive(Serialize, JsonSchema)]
pub struct Credentials {
    /// SD-JWT VC (RFC 9901) with all its disclosures: for the holder alone.
    pub sd_jwt: String,
    /// The card for QR codes: `COSE_Sign1` with ES256, base64url.
    pub card: String,
    /// The same card with SM2.
    pub card_sm2: String,
    /// From when on they have to be fetched anew, in Unix milliseconds.
    pub expires_ms: i64,
}

#[derive(Debug, Deserialize)]
struct HolderKey {
    holder: Option<String>,
}

pub async fn issue(
    State(edge): State<Shared>,
    _: Administrator,
    key: IdempotencyKey,
    Json(new): Json<ToIssue>,
) -> Answer<Json<Issued>> {
    let person = holder(&edge, &new)?;
    let date = |name: &'static str, text: Option<&str>| match text {
        None => Ok(None),
        Some(text) => Date::parse(text).map(Some).ok_or_else(|| super::admin::field(name)),
    };
    let issuer = match (new.issuer_code, new.issuer_zh, new.issuer_en) {
        (None, None, None) => None,
        (Some(code), Some(zh), Some(en)) => Some(IssuedBy { code, name: tongma_domain::Words::new(zh, en) }),
        _ => return Err(super::admin::field("issuer_code")),
    };
    let identifier = edge
        .platform
        .issue_certificate(NewCertificate {
            person,
            kind: new.kind,
            serial: new.serial,
            issuer,
            fields: new.fields,
            valid_from: date("valid_from", new.valid_from.as_deref())?,
            valid_until: date("valid_until", new.valid_until.as_deref())?,
            key: key.0,
        })
        .await?;
    Ok(Json(Issued { identifier: identifier.to_string() }))
}

fn holder(edge: &Shared, new: &ToIssue) -> Answer<Id> {
    match (&new.document_kind, &new.document_number, &new.provider, &new.subject) {
        (Some(kind), Some(number), None, None) => {
            let kind = super::admin::chosen::<DocumentKind>("document_kind", kind)?;
            Ok(edge.platform.person_of_document(kind, number)?)
        }
        (None, None, Some(provider), Some(subject)) => Ok(edge.platform.person_of_sign_in(provider, subject)?),
        _ => Err(super::admin::field("document_number")),
    }
}

pub async fn change(
    State(edge): State<Shared>,
    _: Administrator,
    _: IdempotencyKey,
    Json(wanted): Json<Change>,
) -> Answer<Json<Changed>> {
    let identifier = Identifier::parse(&wanted.identifier).map_err(|_| bad_identifier())?;
    let state = CertificateState::of_code(&wanted.state).ok_or_else(|| super::admin::field("state"))?;
    edge.platform.change_certificate(&identifier, state, &wanted.reason).await?;
    Ok(Json(Changed { identifier: wanted.identifier, state: wanted.state }))
}

pub async fn mine(
    State(edge): State<Shared>,
    me: SignedIn,
    page: Page,
    parts: Parts,
) -> Answer<Json<List<MyCertificate>>> {
    let holder = query::<HolderKey>(&parts)?.holder;
    let asked = (page.after.as_deref(), usize::from(page.limit));
    let found = edge.platform.certificates(&me.0, asked, holder.as_deref())?;
    Ok(Json(List { items: found.items.into_iter().map(seen).collect(), next: found.next }))
}

fn seen(mine: tongma_service::MyCertificate) -> MyCertificate {
    let certificate = mine.certificate;
    MyCertificate {
        identifier: certificate.identifier.to_string(),
        version: certificate.identifier.version(),
        kind: certificate.kind,
        issuer: (&certificate.issuer).into(),
        state: certificate.state.code().to_owned(),
        standing: serde_json::to_value(mine.standing)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default(),
        standing_name: mine.standing.name().into(),
        reason: certificate.reason,
        since_ms: certificate.since.as_millis(),
        valid_from: certificate.valid_from.to_string(),
        valid_until: certificate.valid_until.map(|day| day.to_string()),
        issued_ms: certificate.issued.as_millis(),
        fields: mine.fields,
        credentials: mine.credentials.map(|made| Credentials {
            sd_jwt: made.sd_jwt,
            card: made.card,
            card_sm2: made.card_sm2,
            expires_ms: made.expires.as_millis(),
        }),
    }
}

pub async fn kinds(page: Page) -> Answer<Response> {
    let kinds = certificate::kinds().iter().map(serde_json::to_value);
    let kinds: Vec<Value> = kinds.collect::<Result<_, _>>().map_err(|_| internal())?;
    Ok(open(Json(page.part(kinds)).into_response(), "application/json"))
}

pub async fn issuer(State(edge): State<Shared>) -> Response {
    open(Json(edge.platform.certificate_issuer()).into_response(), "application/json")
}

pub async fn kind(State(edge): State<Shared>, Path(kind): Path<String>) -> Response {
    match edge.platform.certificate_type(&kind) {
        Some(kind) => open(Json(kind).into_response(), "application/json"),
        None => unknown_route().into_response(),
    }
}

/// A status list in the form asked for: JWT unless `Accept` names the CWT; the CWT with SM2 when that is asked for.
pub async fn status(State(edge): State<Shared>, Path(list): Path<String>, headers: HeaderMap) -> Answer<Response> {
    let list = list.parse::<u32>().map_err(|_| unknown_route())?;
    let signed = edge.platform.status_list(list)?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut response = if accept.contains("application/statuslist+cwt") {
        let sm2 = accept.contains("alg=sm2");
        let bytes = if sm2 { signed.cwt_sm2.clone() } else { signed.cwt.clone() };
        open(bytes.into_response(), "application/statuslist+cwt")
    } else {
        open(signed.jwt.clone().into_response(), "application/statuslist+jwt")
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

/// What anyone may read from anywhere and keep for a minute: a list says itself how long it is good.
fn open(mut response: Response, media_type: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn bad_identifier() -> Problem {
    Problem::from(Refusal::invalid(
        "certificate.number",
        Text::new("证照标识不正确（GB/T 36904）", "That is no certificate identifier (GB/T 36904)"),
        Text::new("请核对标识和最后一位校验码", "Check the identifier and its last character"),
    ))
}
