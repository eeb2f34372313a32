//! Points: pairing, what a point is told of itself, what it does with nobody's code, and what it hands over.

use axum::{extract::State, http::request::Parts, response::Response};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tongma_domain::{Id, Refusal, Text, UnixMs, Words};
use tongma_service::{Asked, Audience, Event, MOST_EVENTS};

use super::mine::answer;
use crate::{
    dto::{self, Named, Outcome, Shade},
    edge::{Edge, Shared, SignedPoint, hex},
    extract::{IdempotencyKey, Json, List, OutwardId, Page, query},
    point_signature::PointKey,
    problem::{Answer, Problem, internal},
};

/// A point pairs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The eight digits the administrator gave.
    pub code: String,
    /// `ed25519` or `p256`.
    pub algorithm: String,
    /// The public key, raw, base64url without padding.
    pub public_key: String,
}

/// What a point is told of itself.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PointView {
    /// Its outward id, the `keyid` of its signatures.
    pub id: String,
    /// `desk`, `gate` or `kiosk`.
    pub kind: Value,
    /// Its name.
    pub name: dto::Words,
    /// Where it stands.
    pub venue: Named,
    /// Who runs it.
    pub organisation: Named,
    /// The cards of its scenarios, each with `settings_in_force`.
    pub scenarios: Vec<Value>,
    /// It may look people up by their document, before a witness.
    pub look_up: bool,
    /// Unix milliseconds, by the platform's clock.
    pub now_ms: i64,
    /// The signed key list, base64.
    pub key_list: String,
    /// The signed deny list, base64.
    pub deny_list: String,
    /// The pinned roots, hexadecimal.
    pub roots: Vec<String>,
}

/// A point has paired.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Paired {
    /// Its outward id.
    pub point: String,
    /// What it is told of itself.
    #[serde(flatten)]
    pub view: PointView,
}

/// An action at a point, with nobody's code.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointAction {
    /// The scenario.
    pub scenario: String,
    /// The action on the card.
    pub action: String,
    /// The form's fields, by id.
    #[serde(default)]
    pub input: Value,
    /// The clerk's name, 1 to 40 characters.
    pub operator: String,
}

/// A line of the recent list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RecentLine {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The masked name.
    pub masked_name: String,
    /// The scenario.
    pub scenario: String,
    /// The word shown.
    pub word: dto::Words,
    /// Its colour.
    pub shade: Shade,
}

/// A gate's bundle.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BundleView {
    /// The signed bytes, base64.
    pub bundle: String,
    /// Its version; a later one is higher.
    pub version: u64,
    /// Until when it decides, Unix milliseconds.
    pub expires_ms: i64,
}

/// Facts handed over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// At most 200, each signed.
    pub events: Vec<SignedEvent>,
}

/// One fact. What is signed: the lines `tongma/fact/v0`, point, `counter`, `happened_at_ms`, `scenario`, `action` and
/// `evidence_text`, joined by line feeds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedEvent {
    /// The point's own counter, from 1, without gaps.
    pub counter: u64,
    /// When it happened, by the point's clock, Unix milliseconds.
    pub happened_at_ms: i64,
    /// The scenario.
    pub scenario: String,
    /// The action.
    pub action: String,
    /// What was scanned and decided, as JSON text, exactly as signed.
    pub evidence_text: String,
    /// By the point's key, 64 bytes, base64.
    pub signature: String,
}

/// What became of a hand-over.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HandedOver {
    /// Every event up to this counter has arrived.
    pub accepted_through: u64,
    /// Counters missing below the highest one, as closed ranges.
    pub gaps: Vec<(u64, u64)>,
    /// Event by event.
    pub results: Vec<FactResult>,
}

/// What became of one fact.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FactResult {
    /// Which.
    pub counter: u64,
    /// Its colour now.
    pub shade: Shade,
    /// Its word.
    pub word: dto::Words,
}

#[derive(Debug, Deserialize)]
struct Which {
    scenario: Option<String>,
    action: Option<String>,
}

pub async fn pair(State(edge): State<Shared>, Json(pair): Json<Pair>) -> Answer<Json<Paired>> {
    if !edge.pairings.take(edge.platform.now().as_millis()) {
        return Err(too_many_pairings());
    }
    let key = URL_SAFE_NO_PAD.decode(&pair.public_key).unwrap_or_default();
    PointKey::from_raw(&pair.algorithm, &key)?;
    let key = tongma_service::PointKey { algorithm: pair.algorithm, public_key: hex(&key) };
    let point = edge.platform.pair_point(&pair.code, key).await?;
    let view = view(&edge, point)?;
    Ok(Json(Paired { point: view.id.clone(), view }))
}

pub async fn show(State(edge): State<Shared>, OutwardId(id): OutwardId, point: SignedPoint) -> Answer<Json<PointView>> {
    point.is(&id)?;
    Ok(Json(view(&edge, point.id)?))
}

fn view(edge: &Edge, id: Id) -> Answer<PointView> {
    let directory = edge.platform.directory();
    let point = &directory.point(id)?.point;
    let venue = directory.venue(point.venue)?;
    let audience = Audience::Organisation(venue.organisation);
    let organisation = directory.organisation(venue.organisation);
    let lists = edge.platform.codes().lists();
    let named = |id: Id, zh: &str, en: &str| Named {
        id: edge.platform.outward(audience, id),
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    let scenarios = point.scenarios.iter().filter_map(|id| edge.platform.scenario(id).ok());
    let cards = scenarios.map(|scenario| {
        let card = scenario.card();
        let in_force: Map<String, Value> = card
            .settings
            .iter()
            .map(|setting| (setting.id.to_owned(), venue.setting(card, setting.id).into()))
            .collect();
        let mut value = serde_json::to_value(card).map_err(|_| internal())?;
        if let Some(members) = value.as_object_mut() {
            members.insert("settings_in_force".to_owned(), Value::Object(in_force));
        }
        Ok(value)
    });
    Ok(PointView {
        id: edge.platform.outward(Audience::Points, id),
        kind: serde_json::to_value(point.kind).unwrap_or_default(),
        name: (&Words::new(point.name_zh.clone(), point.name_en.clone())).into(),
        venue: named(venue.id, &venue.name_zh, &venue.name_en),
        organisation: organisation
            .map_or_else(|| named(venue.organisation, "", ""), |known| named(known.id, &known.name_zh, &known.name_en)),
        scenarios: cards.collect::<Answer<_>>()?,
        look_up: edge.platform.looks_up(id),
        now_ms: edge.platform.now().as_millis(),
        key_list: STANDARD.encode(&lists.key_list),
        deny_list: STANDARD.encode(&lists.deny_list),
        roots: edge.platform.codes().roots().to_vec(),
    })
}

pub async fn act(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    key: IdempotencyKey,
    point: SignedPoint,
) -> Answer<Response> {
    point.is(&id)?;
    let wanted: PointAction = point.json()?;
    let operator = operator(&wanted.operator)?;
    let asked = Asked { action: wanted.action, input: wanted.input, idempotency_key: key.0 };
    let acted = edge.platform.act_at_point(point.id, &wanted.scenario, operator, asked).await?;
    let audience = edge.platform.audience_of_point(point.id)?;
    Ok(answer(Outcome::of_acted(&edge.platform, audience, &acted)))
}

pub async fn list(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    page: Page,
    parts: Parts,
    point: SignedPoint,
) -> Answer<Json<List<Value>>> {
    point.is(&id)?;
    let which: Which = query(&parts)?;
    let action = which.action.unwrap_or_else(|| "list".to_owned());
    if action == "bundle" {
        // The bundle's lines name people by internal id; they leave only inside the signed bundle, which names nobody.
        return Err(crate::problem::unknown_route());
    }
    let items = edge.platform.list_at_point(point.id, &which.scenario.unwrap_or_default(), &action)?;
    let audience = edge.platform.audience_of_point(point.id)?;
    Ok(Json(page.part(items.into_iter().map(|item| edge.platform.externalise(audience, item)).collect())))
}

pub async fn recent(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    page: Page,
    point: SignedPoint,
) -> Answer<Json<List<RecentLine>>> {
    point.is(&id)?;
    let line = |item: tongma_service::Recent| RecentLine {
        at_ms: item.at_ms.as_millis(),
        masked_name: item.masked_name,
        scenario: item.scenario,
        word: (&item.word).into(),
        shade: item.shade.into(),
    };
    Ok(Json(page.part(edge.platform.recent(point.id)?.into_iter().map(line).collect())))
}

pub async fn bundle(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    parts: Parts,
    point: SignedPoint,
) -> Answer<Json<BundleView>> {
    point.is(&id)?;
    let scenario = query::<Which>(&parts)?.scenario.unwrap_or_default();
    let bundle = edge.platform.bundle(point.id, &scenario)?;
    Ok(Json(BundleView {
        bundle: STANDARD.encode(&bundle.bytes),
        version: bundle.version,
        expires_ms: bundle.expires.as_millis(),
    }))
}

pub async fn facts(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    point: SignedPoint,
) -> Answer<Json<HandedOver>> {
    point.is(&id)?;
    let wanted: HandOver = point.json()?;
    if wanted.events.len() > MOST_EVENTS {
        return Err(crate::problem::too_large());
    }
    let events = wanted.events.into_iter().map(|event| verified(&point, event)).collect::<Answer<Vec<Event>>>()?;
    let taken = edge.platform.hand_over(point.id, &events).await?;
    let result = |result: tongma_service::EventResult| FactResult {
        counter: result.counter,
        shade: result.shade.into(),
        word: (&result.word).into(),
    };
    Ok(Json(HandedOver {
        accepted_through: taken.accepted_through,
        gaps: taken.gaps,
        results: taken.results.into_iter().map(result).collect(),
    }))
}

/// An event whose signature is the point's own; it was made when it happened, so no clock is looked at.
fn verified(point: &SignedPoint, event: SignedEvent) -> Answer<Event> {
    let text = format!(
        "tongma/fact/v0\n{}\n{}\n{}\n{}\n{}\n{}",
        point.outward, event.counter, event.happened_at_ms, event.scenario, event.action, event.evidence_text
    );
    let signature = STANDARD.decode(&event.signature).ok().and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let lines = event.scenario.contains('\n') || event.action.contains('\n');
    if lines || !signature.is_some_and(|signature| point.key.verifies(text.as_bytes(), &signature)) {
        return Err(bad_fact(event.counter));
    }
    Ok(Event {
        counter: event.counter,
        happened_at_ms: UnixMs::from_millis(event.happened_at_ms),
        scenario: event.scenario,
        action: event.action,
        evidence: crate::extract::parse(event.evidence_text.as_bytes())?,
    })
}

/// The clerk's name as typed at the start of the shift; the holder sees it.
pub(super) fn operator(text: &str) -> Answer<&str> {
    let text = text.trim();
    if (1..=40).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    Err(Problem::from(Refusal::invalid(
        "input.operator",
        Text::new("经办人姓名要有 1 到 40 个字", "The operator's name must have 1 to 40 characters"),
        Text::new("请在开班时填写经办人", "Enter the operator's name at the start of the shift"),
    )))
}

fn bad_fact(counter: u64) -> Problem {
    Problem::from(Refusal::invalid(
        "facts.signature",
        Text::new("移交的事件签名不对", "The signature of an event does not hold"),
        Text::new("请保留事件并联系管理员", "Keep the event and call the administrator"),
    ))
    .with("counter", counter)
}

fn too_many_pairings() -> Problem {
    Problem::from(Refusal::with_status(
        429,
        "point.pairing_busy",
        Text::new("配对尝试过多", "There have been too many pairing attempts"),
        Text::new("请一分钟后再试", "Try again in a minute"),
    ))
    .retry_after_s(60)
}
