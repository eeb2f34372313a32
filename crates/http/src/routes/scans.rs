//! Venue codes: a citizen scans one, an administrator issues one, anybody who opens its address reads what it stands for.

use axum::{
    extract::{OriginalUri, State},
    http::HeaderMap,
    response::Response,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_domain::Starter;
use tongma_service::{Audience, VenueCode};

use crate::{
    dto::{Named, Words},
    edge::{Administrator, Shared, SignedIn, SignedPoint},
    extract::{IdempotencyKey, Json, OutwardId},
    pages,
    problem::{Answer, Language, internal},
};

use super::{Caller, Operation, get, mine::ScenarioHere, post, public::drawn};

/// The routes about venue codes.
pub fn operations() -> Vec<Operation> {
    let administration = [
        post("/v1/admin/points/codes", "Issue a point's code; earlier ones of that purpose end", issue)
            .takes::<NewCode>()
            .gives::<CodeToPrint>(),
        get("/v1/admin/points/{id}/code", "A point's code for any purpose, to print again", show)
            .gives::<CodeToPrint>(),
        post("/v1/admin/points/codes/withdraw", "Withdraw a point's code", withdraw)
            .takes::<Withdraw>()
            .gives::<Changed>(),
        post("/v1/admin/points/move", "Register a point elsewhere, or take it out of service", move_point)
            .takes::<MovePoint>()
            .gives::<Changed>(),
    ];
    let mut operations: Vec<Operation> =
        administration.into_iter().map(|operation| operation.by(Caller::Administrator)).collect();
    operations.push(
        get("/v1/points/{id}/code", "The code for this point's screen, which moves", moving)
            .by(Caller::Point)
            .gives::<MovingCodeView>(),
    );
    operations.push(
        post("/v1/me/scans", "I scanned a venue's code", scan)
            .by(Caller::Citizen)
            .takes::<NewScan>()
            .gives::<Scanned>(),
    );
    operations
}

/// The code that a point's screen shows now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MovingCodeView {
    /// The whole signed URL, with the step of this moment.
    pub text: String,
    /// Modules on a side of its QR symbol, the quiet zone of 4 modules included.
    pub side: usize,
    /// The dark modules, the `d` of an SVG path whose origin is the first module.
    pub path: String,
    /// When the next step begins and another code has to be fetched, Unix milliseconds.
    pub next_ms: i64,
    /// Unix milliseconds, by the platform's clock.
    pub now_ms: i64,
}

/// A text that the citizen's camera read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScan {
    /// The whole text, as it was read.
    pub text: String,
}

/// A good venue code: where it is and what can be started there. Every name comes from the registry.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Scanned {
    /// Send this with the one action it starts.
    pub scan: String,
    /// Until when, Unix milliseconds.
    pub expires_ms: i64,
    /// Who runs the place.
    pub organisation: Words,
    /// The venue, as listed to this citizen.
    pub venue: Named,
    /// The point.
    pub point: Words,
    /// The scenarios it opens, each with the actions the holder can start.
    pub scenarios: Vec<ScenarioHere>,
}

/// A point code to issue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCode {
    /// The point's outward id.
    pub point: String,
    /// A scenario of the point, or `any`.
    #[serde(default = "any")]
    pub purpose: String,
    /// How many days it lasts, 1 to 730; a year unless said.
    #[serde(default = "year")]
    pub days: u16,
}

fn any() -> String {
    tongma_service::ANY_PURPOSE.to_owned()
}

const fn year() -> u16 {
    365
}

/// A point code to withdraw.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// The point's outward id.
    pub point: String,
    /// The purpose it was issued for.
    #[serde(default = "any")]
    pub purpose: String,
}

/// Where a point is from now on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MovePoint {
    /// The point's outward id.
    pub point: String,
    /// The venue's id; null takes the point out of service.
    pub venue: Option<String>,
}

/// A point code, ready to print: its address shows the page to print.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CodeToPrint {
    /// The whole signed URL; opened in a browser it is the page to print.
    pub text: String,
    /// The version among the codes of this point and purpose.
    pub version: u32,
    /// Valid before this moment, Unix milliseconds.
    pub until_ms: i64,
    /// The venue's name.
    pub venue: Words,
    /// The point's name.
    pub point: Words,
    /// The QR symbol as an SVG document.
    pub svg: String,
}

/// Something was changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// Always true.
    pub changed: bool,
}

pub async fn scan(
    State(edge): State<Shared>,
    me: SignedIn,
    key: IdempotencyKey,
    Json(new): Json<NewScan>,
) -> Answer<Json<Scanned>> {
    let scan = edge.platform.scan(&me.0, &new.text, &key.0).await?;
    let scenario = |card: &&tongma_domain::Card| ScenarioHere {
        id: card.id.to_owned(),
        name: card.name.into(),
        actions: card
            .actions
            .iter()
            .filter(|action| action.by.contains(&Starter::Holder))
            .filter_map(|action| serde_json::to_value(action).ok())
            .collect::<Vec<Value>>(),
        paper: card.takes_paper(),
    };
    Ok(Json(Scanned {
        scan: edge.platform.outward(me.audience(), scan.id),
        expires_ms: scan.expires.as_millis(),
        organisation: (&scan.place.organisation).into(),
        venue: Named {
            id: edge.platform.outward(me.audience(), scan.place.venue_id),
            zh: scan.place.venue.zh.into_owned(),
            en: scan.place.venue.en.into_owned(),
        },
        point: (&scan.place.point).into(),
        scenarios: scan.cards.iter().map(scenario).collect(),
    }))
}

pub async fn issue(
    State(edge): State<Shared>,
    _: Administrator,
    Json(new): Json<NewCode>,
) -> Answer<Json<CodeToPrint>> {
    let point = edge.platform.inward(Audience::Points, &new.point)?;
    to_print(&edge.platform.issue_venue_code(point, &new.purpose, new.days).await?)
}

pub async fn show(State(edge): State<Shared>, _: Administrator, OutwardId(id): OutwardId) -> Answer<Json<CodeToPrint>> {
    let point = edge.platform.inward(Audience::Points, &id)?;
    to_print(&edge.platform.venue_code(point, tongma_service::ANY_PURPOSE)?)
}

fn to_print(code: &VenueCode) -> Answer<Json<CodeToPrint>> {
    Ok(Json(CodeToPrint {
        svg: symbol(&code.text).ok_or_else(internal)?.document(),
        text: code.text.clone(),
        version: code.version,
        until_ms: code.until.as_millis(),
        venue: (&code.place.venue).into(),
        point: (&code.place.point).into(),
    }))
}

pub async fn withdraw(
    State(edge): State<Shared>,
    _: Administrator,
    Json(asked): Json<Withdraw>,
) -> Answer<Json<Changed>> {
    let point = edge.platform.inward(Audience::Points, &asked.point)?;
    edge.platform.withdraw_venue_code(point, &asked.purpose).await?;
    Ok(Json(Changed { changed: true }))
}

pub async fn move_point(
    State(edge): State<Shared>,
    _: Administrator,
    Json(asked): Json<MovePoint>,
) -> Answer<Json<Changed>> {
    let point = edge.platform.inward(Audience::Points, &asked.point)?;
    let venue = asked.venue.map(|venue| edge.platform.inward(Audience::Administration, &venue)).transpose()?;
    edge.platform.move_point(point, venue).await?;
    Ok(Json(Changed { changed: true }))
}

pub async fn moving(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    point: SignedPoint,
) -> Answer<Json<MovingCodeView>> {
    point.is(&id)?;
    let code = edge.platform.moving_code(point.id).await?;
    let drawing = symbol(&code.text).ok_or_else(internal)?;
    let now_ms = edge.platform.now().as_millis();
    Ok(Json(MovingCodeView {
        text: code.text,
        side: drawing.side,
        path: drawing.path,
        next_ms: code.next.as_millis(),
        now_ms,
    }))
}

/// The address inside a venue code, opened by any camera: what it stands for, by the registry, and the sheet to print.
pub async fn page(State(edge): State<Shared>, OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Answer<Response> {
    let path = uri.path_and_query().map_or("/p", axum::http::uri::PathAndQuery::as_str);
    let text = format!("{}{path}", edge.platform.codes().host());
    let place = edge.platform.read_venue_code(&text)?;
    let drawing = symbol(&text).ok_or_else(internal)?;
    Ok(drawn(pages::venue_code(&place, &drawing, Language::of_headers(&headers))))
}

/// Draws a text that hangs on a wall. Level M: paper gets scratched.
pub(super) fn symbol(text: &str) -> Option<pages::Drawing> {
    let symbol = tongma_qr::encode(text, &tongma_qr::Options::default()).ok()?;
    Some(pages::Drawing { side: symbol.size() + 2 * tongma_qr::QUIET_MODULES, path: symbol.svg_path() })
}
