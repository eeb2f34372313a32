//! People for people: who may act for me and for whom I act, paper codes, and the look-up before a witness.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_domain::DocumentKind;
use tongma_service::{Audience, Grant, LookUp, Paper, PaperWish, Wish};

use super::{
    Caller, Operation,
    admin::{self, NewGuardian, chosen},
    get,
    points::operator,
    post,
    presentations::{self, PresentationView},
    scans::{Changed, symbol},
};
use crate::{
    dto::Words,
    edge::{Administrator, Edge, Shared, SignedIn, SignedPoint},
    extract::{Json, List, OutwardId, Page},
    problem::Answer,
};

/// The routes of this file.
pub fn operations() -> Vec<Operation> {
    let end_guardian = post("/v1/admin/guardians/end", "Somebody is no longer another's guardian", end_guardian)
        .takes::<NewGuardian>()
        .gives::<Changed>()
        .by(Caller::Administrator);
    let citizen = grant_operations().into_iter().chain(paper_operations()).map(|one| one.by(Caller::Citizen));
    citizen.chain(point_operations().into_iter().map(|one| one.by(Caller::Point))).chain([end_guardian]).collect()
}

fn grant_operations() -> Vec<Operation> {
    vec![
        get("/v1/me/delegates", "Who may act for me", grants).paged().gives::<List<GrantView>>(),
        post("/v1/me/delegates", "Invite somebody to act for me", invite).takes::<NewGrant>().gives::<InvitationView>(),
        post("/v1/me/delegates/accept", "Say yes to a guardian who asks", accept).takes::<Of>().gives::<Changed>(),
        post("/v1/me/delegates/end", "Nobody acts for me under this grant any more", end)
            .takes::<Of>()
            .gives::<Changed>(),
        get("/v1/me/wards", "For whom I may act", wards).paged().gives::<List<GrantView>>(),
        post("/v1/me/wards/see", "What an invitation offers", see).takes::<Code>().gives::<GrantView>(),
        post("/v1/me/wards", "Take up an invitation", take).takes::<Code>().gives::<Of>(),
        post("/v1/me/wards/leave", "I no longer act for this person", leave).takes::<Of>().gives::<Changed>(),
    ]
}

fn paper_operations() -> Vec<Operation> {
    vec![
        get("/v1/me/papers", "My paper codes", papers).paged().gives::<List<PaperView>>(),
        post("/v1/me/papers", "Print a paper code for a place", new_paper).takes::<NewPaper>().gives::<PaperView>(),
        Operation::new(axum::http::Method::DELETE, "/v1/me/papers/{id}", "Stop a paper code", end_paper)
            .gives::<Changed>(),
    ]
}

fn point_operations() -> Vec<Operation> {
    vec![
        post("/v1/presentations/assisted", "Look somebody up by their document, before a witness", assisted)
            .takes::<NewLookUp>()
            .gives::<Assisted>(),
        post("/v1/presentations/{id}/paper", "Print a paper code for this person; a former one ends", paper_here)
            .takes::<PaperHere>()
            .gives::<PaperView>(),
        post("/v1/presentations/{id}/paper/end", "This person's paper code is lost", lost_here).gives::<Changed>(),
    ]
}

/// A grant, as one of its two sides sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GrantView {
    /// The actor index in the subject's codes.
    pub actor: u8,
    /// The other side's masked name.
    pub masked_name: String,
    /// `guardian` or `delegate`.
    pub kind: Value,
    /// For these scenarios, by id; all when empty.
    pub scenarios: Vec<String>,
    /// At these organisations; all when empty.
    pub organisations: Vec<Words>,
    /// Until when, Unix milliseconds; it then stops by itself.
    pub until_ms: Option<i64>,
    /// It waits for the subject's yes.
    pub waiting: bool,
}

impl From<Grant> for GrantView {
    fn from(grant: Grant) -> Self {
        Self {
            actor: grant.actor,
            masked_name: grant.masked_name,
            kind: serde_json::to_value(grant.kind).unwrap_or_default(),
            scenarios: grant.scenarios,
            organisations: grant.organisations.iter().map(Into::into).collect(),
            until_ms: grant.until.map(tongma_domain::UnixMs::as_millis),
            waiting: grant.waiting,
        }
    }
}

/// What somebody may do for me.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    /// For these scenarios, by id; all when empty.
    #[serde(default)]
    pub scenarios: Vec<String>,
    /// At whoever runs these venues, as listed to this citizen; everywhere when empty.
    #[serde(default)]
    pub venues: Vec<String>,
    /// For so many days, 1 to 365.
    pub days: u16,
}

/// An invitation to pass on.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InvitationView {
    /// Twelve digits, good once.
    pub code: String,
    /// Until when, Unix milliseconds.
    pub expires_ms: i64,
}

/// Which grant.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Of {
    /// The actor index in the subject's codes.
    pub actor: u8,
}

/// An invitation's code.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Twelve digits; blanks between them do not matter.
    pub code: String,
}

/// A paper code for a place.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaper {
    /// The venue, as listed to this citizen.
    pub venue: String,
    /// For these scenarios; all of the place that take paper when empty.
    #[serde(default)]
    pub scenarios: Vec<String>,
    /// For so many days, 1 to 180.
    pub days: u8,
    /// How many reads a day; six unless said.
    #[serde(default)]
    pub reads_a_day: Option<u8>,
    /// Four to eight digits that an unattended point asks for; none when empty.
    #[serde(default)]
    pub pin: String,
}

/// A paper code printed at a counter for the person who stands there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperHere {
    /// For these scenarios; all of the place that take paper when empty.
    #[serde(default)]
    pub scenarios: Vec<String>,
    /// For so many days, 1 to 180.
    pub days: u8,
    /// How many reads a day; six unless said.
    #[serde(default)]
    pub reads_a_day: Option<u8>,
    /// Four to eight digits that an unattended point asks for; none when empty.
    #[serde(default)]
    pub pin: String,
}

/// A paper code.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PaperView {
    /// Its outward id.
    pub id: String,
    /// The 222 digits, only when it is issued.
    pub text: Option<String>,
    /// The QR symbol as an SVG document, only when it is issued.
    pub svg: Option<String>,
    /// Where it is good.
    pub organisation: Words,
    /// The masked name that is printed on it.
    pub masked_name: String,
    /// For these scenarios, by id.
    pub scenarios: Vec<String>,
    /// Until when, Unix milliseconds.
    pub until_ms: i64,
    /// Whether it is good now.
    pub live: bool,
}

/// A look-up before a witness.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLookUp {
    /// The point's own outward id.
    pub point: String,
    /// The scenario it is for.
    pub purpose: String,
    /// `resident_id`, `passport` …
    pub document_kind: String,
    /// Its whole number, typed from the document.
    pub document_number: String,
    /// The clerk's name.
    pub operator: String,
    /// Why, 2 to 80 characters; the person reads it.
    pub reason: String,
    /// A second member of staff who saw the document.
    pub witness: String,
}

/// The person who was looked up: one, masked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Assisted {
    /// The presentation, of mode `assisted`.
    pub presentation: PresentationView,
}

pub async fn grants(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<List<GrantView>>> {
    Ok(Json(page.part(edge.platform.grants_of(&me.0)?.into_iter().map(Into::into).collect())))
}

pub async fn wards(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<List<GrantView>>> {
    Ok(Json(page.part(edge.platform.my_wards(&me.0)?.into_iter().map(Into::into).collect())))
}

pub async fn invite(
    State(edge): State<Shared>,
    me: SignedIn,
    Json(new): Json<NewGrant>,
) -> Answer<Json<InvitationView>> {
    let directory = edge.platform.directory();
    let mut organisations = Vec::with_capacity(new.venues.len());
    for venue in &new.venues {
        let organisation = directory.venue(edge.platform.inward(me.audience(), venue)?)?.organisation;
        if !organisations.contains(&organisation) {
            organisations.push(organisation);
        }
    }
    let wish = Wish { scenarios: new.scenarios, organisations, days: new.days };
    let invitation = edge.platform.invite(&me.0, wish).await?;
    Ok(Json(InvitationView { code: invitation.code, expires_ms: invitation.expires.as_millis() }))
}

pub async fn accept(State(edge): State<Shared>, me: SignedIn, Json(of): Json<Of>) -> Answer<Json<Changed>> {
    edge.platform.accept_grant(&me.0, of.actor).await?;
    Ok(Json(Changed { changed: true }))
}

pub async fn end(State(edge): State<Shared>, me: SignedIn, Json(of): Json<Of>) -> Answer<Json<Changed>> {
    edge.platform.end_grant(&me.0, of.actor).await?;
    Ok(Json(Changed { changed: true }))
}

pub async fn leave(State(edge): State<Shared>, me: SignedIn, Json(of): Json<Of>) -> Answer<Json<Changed>> {
    edge.platform.leave_grant(&me.0, of.actor).await?;
    Ok(Json(Changed { changed: true }))
}

pub async fn see(State(edge): State<Shared>, me: SignedIn, Json(code): Json<Code>) -> Answer<Json<GrantView>> {
    Ok(Json(edge.platform.see_invitation(&me.0, &code.code).await?.into()))
}

pub async fn take(State(edge): State<Shared>, me: SignedIn, Json(code): Json<Code>) -> Answer<Json<Of>> {
    Ok(Json(Of { actor: edge.platform.take_invitation(&me.0, &code.code).await? }))
}

pub async fn end_guardian(
    State(edge): State<Shared>,
    _: Administrator,
    Json(of): Json<NewGuardian>,
) -> Answer<Json<Changed>> {
    let (guardian, ward) = admin::both(&edge, &of)?;
    edge.platform.end_guardian(guardian, ward).await?;
    Ok(Json(Changed { changed: true }))
}

fn paper_view(edge: &Edge, audience: Audience, paper: Paper) -> PaperView {
    let drawing = paper.text.as_deref().and_then(symbol);
    PaperView {
        id: edge.platform.outward(audience, paper.id),
        svg: drawing.map(|drawing| drawing.document()),
        text: paper.text,
        organisation: (&paper.organisation).into(),
        masked_name: paper.masked_name,
        scenarios: paper.scenarios,
        until_ms: paper.until.as_millis(),
        live: paper.live,
    }
}

pub async fn papers(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<List<PaperView>>> {
    let papers = edge.platform.papers_of(&me.0)?;
    Ok(Json(page.part(papers.into_iter().map(|paper| paper_view(&edge, me.audience(), paper)).collect())))
}

pub async fn new_paper(State(edge): State<Shared>, me: SignedIn, Json(new): Json<NewPaper>) -> Answer<Json<PaperView>> {
    let venue = edge.platform.inward(me.audience(), &new.venue)?;
    let wish = PaperWish { scenarios: new.scenarios, days: new.days, reads_a_day: new.reads_a_day, pin: new.pin };
    let paper = edge.platform.issue_my_paper(&me.0, venue, wish).await?;
    Ok(Json(paper_view(&edge, me.audience(), paper)))
}

pub async fn end_paper(State(edge): State<Shared>, me: SignedIn, OutwardId(id): OutwardId) -> Answer<Json<Changed>> {
    let id = edge.platform.inward(me.audience(), &id)?;
    edge.platform.end_my_paper(&me.0, id).await?;
    Ok(Json(Changed { changed: true }))
}

pub async fn paper_here(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    point: SignedPoint,
) -> Answer<Json<PaperView>> {
    let audience = edge.platform.audience_of_point(point.id)?;
    let id = edge.platform.inward(audience, &id)?;
    let new: PaperHere = point.json()?;
    let wish = PaperWish { scenarios: new.scenarios, days: new.days, reads_a_day: new.reads_a_day, pin: new.pin };
    let paper = edge.platform.issue_paper_at(point.id, id, wish).await?;
    Ok(Json(paper_view(&edge, audience, paper)))
}

pub async fn lost_here(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    point: SignedPoint,
) -> Answer<Json<Changed>> {
    let audience = edge.platform.audience_of_point(point.id)?;
    let id = edge.platform.inward(audience, &id)?;
    let ended = edge.platform.end_papers_at(point.id, id).await?;
    Ok(Json(Changed { changed: ended > 0 }))
}

pub async fn assisted(State(edge): State<Shared>, point: SignedPoint) -> Answer<Json<Assisted>> {
    let new: NewLookUp = point.json()?;
    point.is(&new.point)?;
    let asked = LookUp {
        purpose: new.purpose,
        document_kind: chosen::<DocumentKind>("document_kind", &new.document_kind)?,
        document_number: new.document_number,
        operator: operator(&new.operator)?.to_owned(),
        reason: new.reason,
        witness: new.witness,
    };
    let presentation = edge.platform.assist(point.id, &asked).await?;
    Ok(Json(Assisted { presentation: presentations::shown(&edge, &point, presentation)? }))
}
