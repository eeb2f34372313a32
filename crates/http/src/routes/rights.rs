//! What a citizen may demand about their data, who answers, a copy of everything, and the end of an account.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_domain::{DocumentKind, Id, Refusal, Text};
use tongma_service::{Audience, CaseAnswer, CaseKind, CaseState, Demand, Enrolment, Platform};

use super::mine::{LogLine, log_line};
use crate::{
    dto::{Nothing, Words},
    edge::{Administrator, Shared, SignedIn, SignedPoint},
    extract::{IdempotencyKey, Json, List, OutwardId, Page},
    problem::{Answer, Problem},
};

/// A demand.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    /// `delete`, `correct`, `complain`, `copy` or `explain`.
    pub kind: String,
    /// The number of the log's line it is about; it names who has to answer.
    #[serde(default)]
    pub about: Option<u64>,
    /// What is wanted, at most a thousand characters.
    #[serde(default)]
    pub words: String,
}

/// A case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CaseView {
    /// Its id.
    pub id: String,
    /// `delete`, `correct`, `complain`, `copy` or `explain`.
    pub kind: Value,
    /// `open`, `working`, `done`, `declined` or `withdrawn`.
    pub state: Value,
    /// The number of the log's line it is about.
    pub about: Option<u64>,
    /// Who has to answer; null for the platform itself.
    pub owner: Option<Words>,
    /// When it was opened, Unix milliseconds.
    pub opened_ms: i64,
    /// Until when it has to be answered, Unix milliseconds.
    pub due_ms: i64,
    /// The deadline has passed without an answer.
    pub overdue: bool,
    /// What was said, oldest first.
    pub steps: Vec<StepView>,
}

/// One step of a case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StepView {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// `person`, `owner` or `platform`.
    pub by: String,
    /// The state it led to.
    pub state: Value,
    /// The words.
    pub words: String,
}

/// A case in the list of those who have to answer it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OwnedView {
    /// The case.
    pub case: CaseView,
    /// The person's masked name.
    pub masked_name: String,
    /// The person's pseudonym at this organisation.
    pub pseudonym: Option<String>,
    /// The line of the log it is about.
    pub line: Option<Words>,
}

/// An answer to a case.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnswer {
    /// The case.
    pub case: String,
    /// `working`, `done` or `declined`.
    pub state: String,
    /// The words; may be left out while it is being worked on.
    #[serde(default)]
    pub words: String,
    /// Who answers, as the person will see it.
    pub operator: String,
}

/// A case that was opened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Opened {
    /// Its id.
    pub id: String,
}

/// Done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Settled {
    /// Always true.
    pub done: bool,
}

/// What closing the account would mean.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ClosingView {
    /// What stands in the way.
    pub blocks: Vec<Words>,
    /// What is still open at venues.
    pub open: Vec<Words>,
    /// What ends at once.
    pub ends: Vec<Words>,
    /// What is kept.
    pub keeps: Vec<KeptView>,
}

/// Something that is kept.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KeptView {
    /// What.
    pub what: Words,
    /// Until when, Unix milliseconds; null where a venue keeps it by rules of its own.
    pub until_ms: Option<i64>,
    /// Which law says so.
    pub law: Words,
}

/// The account is to close.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// What closing means was read.
    pub understood: bool,
}

/// A copy of what the platform holds about the citizen: lines page by page, the rest with the first page.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Export {
    /// `tongma-log-export-1`.
    pub format: String,
    /// When, Unix milliseconds.
    pub made_ms: i64,
    /// The masked name, the class of age, phones, the purse, whom one may act for: with the first page.
    pub profile: Option<Value>,
    /// Standing consents: with the first page.
    pub consents: Option<Value>,
    /// Demands and their answers: with the first page.
    pub cases: Option<Vec<CaseView>>,
    /// The sealed log's checkpoint and its key: with the first page.
    pub checkpoint: Option<Value>,
    /// Lines of the log, newest first, each with its receipt.
    pub lines: Vec<LogLine>,
    /// Give this as `after` for more; null at the end.
    pub next: Option<String>,
}

/// A person by their document.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Death {
    /// The document's kind.
    pub document_kind: Value,
    /// Its number.
    pub document_number: String,
    /// Who has seen the certificate of death.
    pub first: String,
    /// Who else has.
    pub second: String,
}

/// A person's new name or number.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The document's kind so far.
    pub document_kind: Value,
    /// Its number so far.
    pub document_number: String,
    /// The name from now on.
    pub name: String,
    /// The document's kind from now on.
    pub new_document_kind: Value,
    /// Its number from now on.
    pub new_document_number: String,
    /// The telephone from now on.
    #[serde(default)]
    pub phone: String,
}

/// A purse to pay out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PayOut {
    /// The `OpenID` issuer.
    pub provider: String,
    /// The subject there.
    pub subject: String,
}

/// What was paid out.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PaidOut {
    /// In fen.
    pub amount_fen: i64,
}

fn named<T: serde::de::DeserializeOwned>(text: &str) -> Answer<T> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|_| {
        Problem::from(Refusal::with_status(
            400,
            "input.choice",
            Text::new("没有这个选项", "There is no such choice"),
            Text::new("请对照接口文档 /openapi.json", "Compare it with /openapi.json"),
        ))
    })
}

fn view(platform: &Platform, audience: Audience, case: tongma_service::Case) -> CaseView {
    let value = |value: CaseState| serde_json::to_value(value).unwrap_or_default();
    CaseView {
        id: platform.outward(audience, case.id),
        kind: serde_json::to_value(case.kind).unwrap_or_default(),
        state: value(case.state),
        about: case.about,
        owner: case.owner.as_ref().map(Into::into),
        opened_ms: case.opened.as_millis(),
        due_ms: case.due.as_millis(),
        overdue: case.overdue,
        steps: case
            .steps
            .into_iter()
            .map(|step| StepView {
                at_ms: step.at.as_millis(),
                by: step.by,
                state: value(step.state),
                words: step.words,
            })
            .collect(),
    }
}

fn owned(
    platform: &Platform,
    audience: Audience,
    page: &Page,
    cases: Vec<tongma_service::OwnedCase>,
) -> Json<List<OwnedView>> {
    let one = |owned: tongma_service::OwnedCase| OwnedView {
        case: view(platform, audience, owned.case),
        masked_name: owned.masked_name,
        pseudonym: owned.pseudonym,
        line: owned.line.as_ref().map(Into::into),
    };
    Json(page.part(cases.into_iter().map(one).collect()))
}

fn answer_of(new: &NewAnswer) -> Answer<CaseAnswer> {
    Ok(CaseAnswer { state: named(&new.state)?, words: new.words.clone(), operator: new.operator.clone() })
}

pub async fn cases(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<List<CaseView>>> {
    let cases = edge.platform.cases(&me.0)?;
    Ok(Json(page.part(cases.into_iter().map(|case| view(&edge.platform, me.audience(), case)).collect())))
}

pub async fn demand(
    State(edge): State<Shared>,
    me: SignedIn,
    key: IdempotencyKey,
    Json(new): Json<NewCase>,
) -> Answer<Json<Opened>> {
    let kind: CaseKind = named(&new.kind)?;
    let id = edge.platform.demand(&me.0, Demand { kind, about: new.about, words: new.words }, &key.0).await?;
    Ok(Json(Opened { id: edge.platform.outward(me.audience(), id) }))
}

pub async fn withdraw(
    State(edge): State<Shared>,
    me: SignedIn,
    OutwardId(id): OutwardId,
    Json(Nothing {}): Json<Nothing>,
) -> Answer<Json<Settled>> {
    let id = edge.platform.inward(me.audience(), &id)?;
    edge.platform.withdraw_case(&me.0, id).await?;
    Ok(Json(Settled { done: true }))
}

pub async fn at_point(
    State(edge): State<Shared>,
    OutwardId(named): OutwardId,
    page: Page,
    point: SignedPoint,
) -> Answer<Json<List<OwnedView>>> {
    point.is(&named)?;
    let (organisation, audience) = organisation_of(&edge.platform, point.id)?;
    Ok(owned(&edge.platform, audience, &page, edge.platform.owned_cases(Some(organisation))?))
}

pub async fn answer_at_point(
    State(edge): State<Shared>,
    OutwardId(named): OutwardId,
    point: SignedPoint,
) -> Answer<Json<Settled>> {
    point.is(&named)?;
    let new: NewAnswer = point.json()?;
    let (organisation, audience) = organisation_of(&edge.platform, point.id)?;
    let id = edge.platform.inward(audience, &new.case)?;
    edge.platform.answer_case(Some(organisation), id, answer_of(&new)?).await?;
    Ok(Json(Settled { done: true }))
}

fn organisation_of(platform: &Platform, point: Id) -> Answer<(Id, Audience)> {
    let directory = platform.directory();
    let venue = directory.point(point)?.point.venue;
    let organisation = directory.venue(venue)?.organisation;
    Ok((organisation, Audience::Organisation(organisation)))
}

pub async fn at_platform(State(edge): State<Shared>, _: Administrator, page: Page) -> Answer<Json<List<OwnedView>>> {
    let mut cases = edge.platform.owned_cases(None)?;
    cases.extend(edge.platform.late_cases()?);
    Ok(owned(&edge.platform, Audience::Administration, &page, cases))
}

pub async fn answer_at_platform(
    State(edge): State<Shared>,
    _: Administrator,
    Json(new): Json<NewAnswer>,
) -> Answer<Json<Settled>> {
    let id = edge.platform.inward(Audience::Administration, &new.case)?;
    edge.platform.answer_case(None, id, answer_of(&new)?).await?;
    Ok(Json(Settled { done: true }))
}

pub async fn closing(State(edge): State<Shared>, me: SignedIn) -> Answer<Json<ClosingView>> {
    let closing = edge.platform.closing(&me.0)?;
    let kept = |kept: tongma_service::Kept| KeptView {
        what: kept.what.into(),
        until_ms: kept.until.map(tongma_domain::UnixMs::as_millis),
        law: kept.law.into(),
    };
    Ok(Json(ClosingView {
        blocks: closing.blocks.iter().map(Into::into).collect(),
        open: closing.open.iter().map(Into::into).collect(),
        ends: closing.ends.into_iter().map(Into::into).collect(),
        keeps: closing.keeps.into_iter().map(kept).collect(),
    }))
}

pub async fn close(State(edge): State<Shared>, me: SignedIn, Json(close): Json<Close>) -> Answer<Json<Settled>> {
    if !close.understood {
        return Err(Problem::from(Refusal::invalid(
            "account.read_first",
            Text::new("请先看清注销的后果", "Read first what closing means"),
            Text::new("看完后再确认", "Confirm when you have read it"),
        )));
    }
    edge.platform.close_account(&me.0).await?;
    Ok(Json(Settled { done: true }))
}

pub async fn export(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<Export>> {
    let (platform, audience) = (&edge.platform, me.audience());
    let found = platform.log(&me.0, page.after.as_deref(), usize::from(page.limit), &[])?;
    let first = page.after.is_none();
    let value = |value: Value| first.then(|| platform.externalise(audience, value));
    let key = platform.log_key().to_text();
    let cases = || -> Answer<Vec<CaseView>> {
        Ok(platform.cases(&me.0)?.into_iter().map(|case| view(platform, audience, case)).collect())
    };
    Ok(Json(Export {
        format: "tongma-log-export-1".to_owned(),
        made_ms: platform.now().as_millis(),
        profile: value(serde_json::to_value(platform.me(&me.0)?).unwrap_or_default()),
        consents: value(serde_json::to_value(platform.consents(&me.0)?).unwrap_or_default()),
        cases: if first { Some(cases()?) } else { None },
        checkpoint: value(json!({ "note": platform.checkpoint().unwrap_or_default(), "key": key })),
        lines: found.items.into_iter().map(|item| log_line(&edge, audience, item)).collect(),
        next: found.next,
    }))
}

pub async fn death(State(edge): State<Shared>, _: Administrator, Json(death): Json<Death>) -> Answer<Json<Settled>> {
    let kind: DocumentKind = named(death.document_kind.as_str().unwrap_or_default())?;
    let person = edge.platform.person_of_document(kind, &death.document_number)?;
    edge.platform.record_death(person, (&death.first, &death.second)).await?;
    Ok(Json(Settled { done: true }))
}

pub async fn change(State(edge): State<Shared>, _: Administrator, Json(change): Json<Change>) -> Answer<Json<Settled>> {
    let kind: DocumentKind = named(change.document_kind.as_str().unwrap_or_default())?;
    let person = edge.platform.person_of_document(kind, &change.document_number)?;
    let new = Enrolment {
        name: change.name,
        document_kind: named(change.new_document_kind.as_str().unwrap_or_default())?,
        document_number: change.new_document_number,
        birth: None,
        phone: change.phone,
        particulars: tongma_domain::Particulars::default(),
        sign_in: None,
    };
    edge.platform.change_identity(person, new).await?;
    Ok(Json(Settled { done: true }))
}

pub async fn pay_out(
    State(edge): State<Shared>,
    _: Administrator,
    key: IdempotencyKey,
    Json(wanted): Json<PayOut>,
) -> Answer<Json<PaidOut>> {
    let person = edge.platform.person_of_sign_in(&wanted.provider, &wanted.subject)?;
    let attempt = Id::derived(&[b"admin.pay_out", person.as_bytes(), key.0.as_bytes()]);
    Ok(Json(PaidOut { amount_fen: edge.platform.pay_out(person, attempt).await?.get() }))
}
