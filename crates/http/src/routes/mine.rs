//! The citizen's own routes: what I have, what I do, what I am asked, what was done.

use axum::{
    extract::State,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tongma_domain::{Action, Card, Date, Field, FieldKind, Refusal, Starter, Text, VenueState};
use tongma_service::Scenario;
use tongma_service::{Asked, Audience, Thing};

use crate::{
    dto::{Done, Named, Outcome, Words},
    edge::{Edge, Shared, SignedIn},
    extract::{IdempotencyKey, Json, List, OutwardId, Page, is_hex, query},
    follow,
    problem::{Answer, Problem},
};

/// A line of the log.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LogLine {
    /// Names the line in requests and proofs.
    pub number: u64,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// `presented`, `done`, `refused`, `asked`, `consent`, `device`, `staff_read` …
    pub kind: String,
    /// What happened.
    pub text: Words,
    /// Where.
    pub venue: Option<Words>,
    /// At which point.
    pub point: Option<Words>,
    /// Which clerk.
    pub operator: Option<String>,
    /// Claims released; never the values.
    pub released: Value,
    /// More.
    pub detail: Value,
    /// What the person keeps as proof.
    pub receipt: Option<Receipt>,
}

/// A signed receipt; the message is `tongma/receipt/v0\0` ‖ text.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Receipt {
    /// Names it in a letter or at a counter: the first digits of its signature.
    pub id: String,
    /// What is signed.
    pub text: String,
    /// r ‖ s, hexadecimal.
    pub signature: String,
    /// The key's index in the key list.
    pub key_index: u8,
}

/// Something of the citizen's: a loan, a bill, a booking.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MyThing {
    /// `loan`, `bill`, `booking` …
    pub kind: String,
    /// The scenario.
    pub scenario: String,
    /// Where.
    pub venue: Named,
    /// Its key among this person's things.
    pub key: String,
    /// The scenario's own words.
    pub body: Value,
    /// What the holder can do about it.
    pub actions: Vec<ThingAction>,
}

/// An action about a thing, its form filled in as far as the thing says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ThingAction {
    /// Its id.
    pub id: String,
    /// The button's words.
    pub name: Words,
    /// The whole form.
    pub form: Value,
    /// Money moves.
    pub moves_money: bool,
    /// What is filled in.
    pub input: Map<String, Value>,
}

/// A place and what the holder can start there.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VenueHere {
    /// Its outward id, for this citizen.
    pub id: String,
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// `open`, `coming` or `suspended`.
    pub state: Value,
    /// Scenarios approved there.
    pub scenarios: Vec<ScenarioHere>,
}

/// A scenario at a place.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScenarioHere {
    /// Its id.
    pub id: String,
    /// Its name; the id again for one that is not built yet.
    pub name: Words,
    /// Actions the holder can start, as on the card.
    pub actions: Vec<Value>,
    /// A paper code can be used for it.
    pub paper: bool,
}

/// An action in the app.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MyAction {
    /// The scenario.
    pub scenario: String,
    /// The venue, as listed to this citizen; may be left out with a scan, which names it.
    #[serde(default)]
    pub venue: String,
    /// The scan it starts from, if the citizen scanned a venue's code.
    #[serde(default)]
    pub scan: Option<String>,
    /// For whom: 0 for oneself, else the actor index of somebody the citizen acts for.
    #[serde(default, rename = "for")]
    pub actor: u8,
    /// The action on the card.
    pub action: String,
    /// The form's fields, by id.
    #[serde(default)]
    pub input: Value,
}

/// A standing consent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Standing {
    /// Its id.
    pub id: String,
    /// The scenario.
    pub scenario: String,
    /// The scenario's name.
    pub scenario_name: Words,
    /// To whom.
    pub organisation: Words,
    /// Since when, Unix milliseconds.
    pub given_ms: i64,
}

/// A consent that has ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ended {
    /// Always true.
    pub ended: bool,
}

#[derive(Debug, Deserialize)]
struct Kind {
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ListAt {
    scenario: Option<String>,
    venue: Option<String>,
    action: Option<String>,
    date: Option<String>,
}

pub async fn log(State(edge): State<Shared>, me: SignedIn, page: Page, parts: Parts) -> Answer<Json<List<LogLine>>> {
    let kinds = query::<Kind>(&parts)?.kind.unwrap_or_default();
    let kinds: Vec<&str> = kinds.split(',').filter(|kind| !kind.is_empty()).collect();
    if kinds.iter().any(|kind| kind.len() > 24 || !kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')) {
        return Err(super::sealed::bad_kind());
    }
    let found = edge.platform.log(&me.0, page.after.as_deref(), usize::from(page.limit), &kinds)?;
    let items = found.items.into_iter().map(|item| log_line(&edge, me.audience(), item));
    Ok(Json(List { items: items.collect(), next: found.next }))
}

/// A line as its person sees it.
pub(super) fn log_line(edge: &Edge, audience: Audience, item: tongma_service::LogItem) -> LogLine {
    LogLine {
        number: item.number,
        at_ms: item.at_ms.as_millis(),
        kind: item.kind,
        text: (&item.text).into(),
        venue: item.venue.as_ref().map(Into::into),
        point: item.point.as_ref().map(Into::into),
        operator: item.operator,
        released: serde_json::to_value(item.released).unwrap_or_default(),
        detail: edge.platform.externalise(audience, item.detail),
        receipt: item.receipt.map(receipt),
    }
}

/// A receipt as it leaves.
pub(super) fn receipt(receipt: tongma_service::Receipt) -> Receipt {
    Receipt {
        id: receipt.signature.chars().take(12).collect(),
        text: receipt.text,
        signature: receipt.signature,
        key_index: receipt.key_index,
    }
}

pub async fn things(State(edge): State<Shared>, me: SignedIn, page: Page, parts: Parts) -> Answer<Json<List<MyThing>>> {
    let kind = query::<Kind>(&parts)?.kind.unwrap_or_default();
    let found = edge.platform.things(&me.0, &kind, page.after.as_deref(), usize::from(page.limit))?;
    let items = found.items.into_iter().map(|thing| my_thing(&edge, me.audience(), thing));
    Ok(Json(List { items: items.collect(), next: found.next }))
}

fn my_thing(edge: &Edge, audience: Audience, thing: Thing) -> MyThing {
    let body = edge.platform.externalise(audience, thing.body);
    let card = edge.platform.scenario(&thing.scenario).map(Scenario::card).ok();
    MyThing {
        kind: thing.kind,
        actions: card.map(|card| actions_about(card, &body)).unwrap_or_default(),
        scenario: thing.scenario,
        venue: Named {
            id: edge.platform.outward(audience, thing.venue),
            zh: thing.venue_name.zh.into_owned(),
            en: thing.venue_name.en.into_owned(),
        },
        key: thing.key,
        body,
    }
}

/// The holder's actions about a thing. A body that lists `actions` says so itself: a loan that cannot be renewed again
/// has no such button. Where it does not, those whose references it answers.
fn actions_about(card: &Card, body: &Value) -> Vec<ThingAction> {
    let offered = body.get("actions").and_then(Value::as_array);
    let about = |action: &&Action| {
        let listed = offered.map(|list| list.iter().any(|id| id.as_str() == Some(action.id)));
        action.by.contains(&Starter::Holder) && listed.unwrap_or_else(|| answers_references(action, body))
    };
    card.actions
        .iter()
        .filter(about)
        .map(|action| ThingAction {
            id: action.id.to_owned(),
            name: action.name.into(),
            form: serde_json::to_value(action.form).unwrap_or_default(),
            moves_money: action.moves_money,
            input: filled(action, body),
        })
        .collect()
}

fn answers_references(action: &Action, body: &Value) -> bool {
    let mut references = action.form.iter().filter(|field| field.kind == FieldKind::Reference).peekable();
    references.peek().is_some()
        && references.all(|field| body.get(field.id).and_then(Value::as_str).is_some_and(|id| is_hex(id, 32)))
}

/// What a form takes from a thing: fields of the same name; a bar code field takes the thing's bar code.
fn filled(action: &Action, body: &Value) -> Map<String, Value> {
    let value_of = |field: &Field| {
        let barcode = || body.get("barcode").filter(|_| field.kind == FieldKind::Barcode);
        body.get(field.id).or_else(barcode).filter(|value| !value.is_null()).cloned()
    };
    action.form.iter().filter_map(|field| Some((field.id.to_owned(), value_of(field)?))).collect()
}

pub async fn venues(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<List<VenueHere>>> {
    let directory = edge.platform.directory();
    let id_of = |venue: &tongma_domain::Venue| edge.platform.outward(me.audience(), venue.id);
    let mut items = Vec::new();
    let mut next = None;
    let mut begun = page.after.is_none();
    for venue in directory.venues().filter(|venue| venue.state != VenueState::Suspended) {
        if !begun {
            begun = page.after.as_deref() == Some(id_of(venue).as_str());
        } else if items.len() == usize::from(page.limit) {
            next = items.last().map(|last: &VenueHere| last.id.clone());
            break;
        } else {
            items.push(venue_here(&edge, venue, id_of(venue)));
        }
    }
    Ok(Json(List { items, next }))
}

fn venue_here(edge: &Edge, venue: &tongma_domain::Venue, id: String) -> VenueHere {
    let scenario_here = |id: &String| {
        let card = edge.platform.scenario(id).map(Scenario::card).ok();
        let actions = card.iter().flat_map(|card| card.actions).filter(|action| action.by.contains(&Starter::Holder));
        ScenarioHere {
            id: id.clone(),
            name: card.map_or_else(|| Words { zh: id.clone(), en: id.clone() }, |card| card.name.into()),
            actions: actions.filter_map(|action| serde_json::to_value(action).ok()).collect(),
            paper: card.is_some_and(tongma_domain::Card::takes_paper),
        }
    };
    VenueHere {
        id,
        zh: venue.name_zh.clone(),
        en: venue.name_en.clone(),
        state: serde_json::to_value(venue.state).unwrap_or_default(),
        scenarios: venue.scenarios.iter().map(scenario_here).collect(),
    }
}

pub async fn list(State(edge): State<Shared>, me: SignedIn, page: Page, parts: Parts) -> Answer<Json<List<Value>>> {
    let asked: ListAt = query(&parts)?;
    let venue = edge.platform.inward(me.audience(), &asked.venue.unwrap_or_default())?;
    let date = match asked.date.as_deref() {
        None => None,
        Some(text) => Some(Date::parse(text).ok_or_else(bad_date)?),
    };
    let action = asked.action.unwrap_or_else(|| "list".to_owned());
    if action == "bundle" {
        // A bundle's lines name people by internal id; they leave only inside a gate's signed bundle, which names nobody.
        return Err(crate::problem::unknown_route());
    }
    let items = edge.platform.list_mine(&me.0, &asked.scenario.unwrap_or_default(), venue, &action, date)?;
    let items = items.into_iter().map(|item| edge.platform.externalise(me.audience(), item)).collect();
    Ok(Json(page.part(items)))
}

fn bad_date() -> Problem {
    Problem::from(Refusal::with_status(
        400,
        "input.date",
        Text::new("日期要写成 2026-11-23 这样", "A date is written like 2026-11-23"),
        Text::new("请改正日期", "Correct the date"),
    ))
}

pub async fn act(
    State(edge): State<Shared>,
    me: SignedIn,
    key: IdempotencyKey,
    Json(wanted): Json<MyAction>,
) -> Answer<Response> {
    let asked = Asked { action: wanted.action, input: wanted.input, idempotency_key: key.0 };
    let acted = if let Some(scan) = wanted.scan {
        let scan = edge.platform.inward(me.audience(), &scan)?;
        edge.platform.act_scanned(&me.0, wanted.actor, &wanted.scenario, scan, asked).await?
    } else {
        let venue = edge.platform.inward(me.audience(), &wanted.venue)?;
        edge.platform.act_for(&me.0, wanted.actor, &wanted.scenario, venue, asked).await?
    };
    Ok(answer(Outcome::of_acted(&edge.platform, me.audience(), &acted)))
}

pub async fn attempt(State(edge): State<Shared>, me: SignedIn, OutwardId(handle): OutwardId) -> Answer<Response> {
    let attempt = follow::attempt(&edge.platform, me.audience(), me.0.person.bucket(), &handle)?;
    let acted = edge.platform.standing(attempt.bucket, attempt.id)?;
    Ok(answer(Outcome::of_acted(&edge.platform, me.audience(), &acted)))
}

/// 200 with what came of it, 202 while it goes on.
pub(super) fn answer(outcome: Outcome) -> Response {
    let status = if outcome.pending.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    (status, Json(Done { outcome })).into_response()
}

pub async fn consents(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<List<Standing>>> {
    let standing = |consent: tongma_service::Consent| {
        let name = edge.platform.scenario(&consent.scenario).map(|scenario| scenario.card().name.into());
        Standing {
            id: edge.platform.outward(me.audience(), consent.id),
            scenario_name: name
                .unwrap_or_else(|_| Words { zh: consent.scenario.clone(), en: consent.scenario.clone() }),
            scenario: consent.scenario,
            organisation: (&consent.organisation).into(),
            given_ms: consent.given.as_millis(),
        }
    };
    Ok(Json(page.part(edge.platform.consents(&me.0)?.into_iter().map(standing).collect())))
}

pub async fn end_consent(State(edge): State<Shared>, me: SignedIn, OutwardId(id): OutwardId) -> Answer<Json<Ended>> {
    let id = edge.platform.inward(me.audience(), &id)?;
    edge.platform.end_consent(&me.0, id).await?;
    Ok(Json(Ended { ended: true }))
}
