//! Presentations: a scanned code, and what is done with it.

use axum::{extract::State, response::Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tongma_domain::{Id, Refusal, Text};
use tongma_service::{ActRefused, Acted, Asked, Audience, Presentation, Recent, Scanned};

use super::{mine::answer, points::operator};
use crate::{
    dto::{AskedAction, Outcome, Words},
    edge::{Edge, Shared, SignedPoint},
    extract::{IdempotencyKey, Json, OutwardId, is_hex},
    problem::{Answer, Language, Problem},
};

/// A code was scanned.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPresentation {
    /// The scanned or typed text, as it came.
    pub text: String,
    /// 16 random bytes of this physical read, hexadecimal. A retry of the read carries the same ones.
    pub request_id: String,
    /// The point's own outward id.
    pub point: String,
    /// The clerk's name.
    pub operator: String,
    /// The scenario it was scanned for.
    pub purpose: String,
    /// The PIN of a paper code, typed at an unattended point.
    #[serde(default)]
    pub pin: Option<String>,
    /// An action to do at once.
    #[serde(default)]
    pub action: Option<AskedAction>,
}

/// A presentation as its point may know it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PresentationView {
    /// Its outward id.
    pub id: String,
    /// Until when it lives, Unix milliseconds.
    pub expires_ms: i64,
    /// `t1` (scanned ticket), `n1` (short number), `paper`, or `assisted` (looked up before a witness).
    pub mode: String,
    /// The masked name.
    pub masked_name: String,
    /// The class of age, where the card asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_class: Option<Value>,
    /// The pairwise pseudonym: the only name this organisation gets for the person.
    pub pseudonym: String,
    /// Released claims, by name.
    pub claims: Map<String, Value>,
    /// Who shows it for whom, when it is not the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// Actions an operator may start, by id.
    pub actions: Vec<String>,
    /// Decided without network; always false here.
    pub offline: bool,
    /// It has ended.
    pub over: bool,
}

/// Who shows the code, when it is not the person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Actor {
    /// For whom, in words.
    #[serde(rename = "for")]
    pub shown_for: Words,
}

/// The answer to a scan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Presented {
    /// The presentation.
    pub presentation: PresentationView,
    /// What came of the action that was sent along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why that action was not done; the presentation stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Value>,
}

/// An action after a presentation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PresentationAction {
    /// The action on the card.
    pub action: String,
    /// The form's fields, by id.
    #[serde(default)]
    pub input: Value,
    /// The clerk's name.
    pub operator: String,
}

/// How a presentation stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Standing {
    /// The presentation.
    pub presentation: PresentationView,
    /// The question that waits for the holder.
    pub waiting: Option<Waiting>,
    /// What came of the last action.
    pub last: Option<Last>,
}

/// A question that waits for the holder.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Waiting {
    /// Its id.
    pub request: String,
    /// Until when it can be answered, Unix milliseconds.
    pub expires_ms: i64,
}

/// What came of the last action: one of the two.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Last {
    /// It was done.
    Outcome(Box<Outcome>),
    /// It was refused.
    Refusal(Value),
}

/// A presentation has ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Closed {
    /// Always true.
    pub closed: bool,
}

pub async fn create(
    State(edge): State<Shared>,
    key: IdempotencyKey,
    language: Language,
    point: SignedPoint,
) -> Answer<Json<Presented>> {
    let wanted: NewPresentation = point.json()?;
    point.is(&wanted.point)?;
    if !is_hex(&wanted.request_id, 32) {
        return Err(bad_request_id());
    }
    let operator = operator(&wanted.operator)?.to_owned();
    let scanned = Scanned { text: wanted.text, request_id: wanted.request_id, purpose: wanted.purpose, operator };
    let at = Place::of(&edge, &point)?;
    let Some(action) = wanted.action else {
        let pin = wanted.pin.as_deref();
        let presentation = counted(&edge, edge.platform.present_with_pin(point.id, &scanned, pin)).await?;
        edge.platform
            .note_recent(point.id, Recent::shown(edge.platform.now(), &presentation.masked_name, &scanned.purpose));
        return Ok(Json(Presented { presentation: at.shown(presentation), outcome: None, refusal: None }));
    };
    let asked = Asked { action: action.id, input: action.input, idempotency_key: key.0 };
    let (presentation, acted) = counted(&edge, edge.platform.present_and_act(point.id, &scanned, asked)).await?;
    at.note(&presentation, &scanned.purpose, &acted);
    let (outcome, refusal) = match acted {
        Ok(acted) => (Some(at.outcome(&acted)), None),
        Err(refused) => (None, Some(at.problem(refused).body(language))),
    };
    Ok(Json(Presented { presentation: at.shown(presentation), outcome, refusal }))
}

/// Waits for what a scan comes to, and counts how it went and how long it took.
async fn counted<T>(edge: &Edge, scan: impl Future<Output = Result<T, Refusal>>) -> Answer<T> {
    let begun = tokio::time::Instant::now();
    let presented = scan.await;
    let took_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let code = presented.as_ref().err().map(Refusal::code);
    edge.platform.counters().answered(edge.platform.now(), took_us, code);
    Ok(presented?)
}

pub async fn act(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    key: IdempotencyKey,
    point: SignedPoint,
) -> Answer<Response> {
    let at = Place::of(&edge, &point)?;
    let id = at.inward(&id)?;
    let wanted: PresentationAction = point.json()?;
    let operator = operator(&wanted.operator)?;
    let (presentation, record) = edge.platform.see_presentation(point.id, id)?;
    let asked = Asked { action: wanted.action, input: wanted.input, idempotency_key: key.0 };
    let acted = edge.platform.act_presented(point.id, id, operator, asked).await;
    at.note(&presentation, &record.purpose, &acted);
    match acted {
        Ok(acted) => Ok(answer(at.outcome(&acted))),
        Err(refused) => Err(at.problem(refused)),
    }
}

pub async fn show(
    State(edge): State<Shared>,
    OutwardId(id): OutwardId,
    language: Language,
    point: SignedPoint,
) -> Answer<Json<Standing>> {
    let at = Place::of(&edge, &point)?;
    let (presentation, record) = edge.platform.see_presentation(point.id, at.inward(&id)?)?;
    let waiting = record.waiting.map(|request| Waiting {
        request: edge.platform.outward(at.audience, request),
        expires_ms: record.expires.as_millis(),
    });
    let last = record.last.map(|last| match last {
        Ok(outcome) => {
            let pending = outcome.pending.map(|id| edge.platform.outward(at.audience, id));
            Last::Outcome(Box::new(Outcome::of(&edge.platform, at.audience, &outcome, pending)))
        }
        Err(refusal) => Last::Refusal(Problem::from(refusal).body(language)),
    });
    Ok(Json(Standing { presentation: at.shown(presentation), waiting, last }))
}

pub async fn close(State(edge): State<Shared>, OutwardId(id): OutwardId, point: SignedPoint) -> Answer<Json<Closed>> {
    let at = Place::of(&edge, &point)?;
    edge.platform.close_presentation(point.id, at.inward(&id)?).await?;
    Ok(Json(Closed { closed: true }))
}

/// A presentation as this point sees it.
pub(super) fn shown(edge: &Edge, point: &SignedPoint, presentation: Presentation) -> Answer<PresentationView> {
    Ok(Place::of(edge, point)?.shown(presentation))
}

/// A point, and the audience of the ids it sees.
struct Place<'a> {
    edge: &'a Edge,
    point: Id,
    audience: Audience,
}

impl<'a> Place<'a> {
    fn of(edge: &'a Edge, point: &SignedPoint) -> Answer<Self> {
        Ok(Self { edge, point: point.id, audience: edge.platform.audience_of_point(point.id)? })
    }

    fn inward(&self, id: &str) -> Answer<Id> {
        Ok(self.edge.platform.inward(self.audience, id)?)
    }

    fn shown(&self, presentation: Presentation) -> PresentationView {
        PresentationView {
            id: self.edge.platform.outward(self.audience, presentation.id),
            expires_ms: presentation.expires_ms.as_millis(),
            mode: presentation.mode,
            masked_name: presentation.masked_name,
            age_class: presentation.claims.get("age_class").cloned(),
            pseudonym: presentation.pseudonym,
            claims: presentation.claims,
            actor: presentation.shown_for.map(|words| Actor { shown_for: (&words).into() }),
            actions: presentation.actions.into_iter().map(str::to_owned).collect(),
            offline: false,
            over: presentation.over,
        }
    }

    fn outcome(&self, acted: &Acted) -> Outcome {
        Outcome::of_acted(&self.edge.platform, self.audience, acted)
    }

    fn problem(&self, refused: ActRefused) -> Problem {
        let problem = Problem::from(refused.refusal);
        match refused.request {
            Some(request) => problem.with("request", self.edge.platform.outward(self.audience, request)),
            None => problem,
        }
    }

    /// A line of the clerk's recent list.
    fn note(&self, presentation: &Presentation, purpose: &str, acted: &Result<Acted, ActRefused>) {
        let mut line = Recent::shown(self.edge.platform.now(), &presentation.masked_name, purpose);
        match acted {
            Ok(acted) => (line.word, line.shade) = (acted.outcome.word.clone(), acted.outcome.shade),
            Err(refused) if refused.request.is_some() => {
                line.word = Text::new("等待本人", "Waiting for the holder").into();
                line.shade = tongma_domain::Shade::Amber;
            }
            Err(refused) => {
                line.word = Text::new("未办成", "Not done").into();
                line.shade = if refused.refusal.ask { tongma_domain::Shade::Amber } else { tongma_domain::Shade::Red };
            }
        }
        self.edge.platform.note_recent(self.point, line);
    }
}

fn bad_request_id() -> Problem {
    Problem::from(Refusal::invalid(
        "input.request_id",
        Text::new("request_id 要是 32 位小写十六进制", "request_id must be 32 lower-case hexadecimal digits"),
        Text::new("每次读码用 16 个新的随机字节", "Use 16 fresh random bytes for each physical read"),
    ))
}
