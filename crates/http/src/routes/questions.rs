//! Questions that wait for the holder's tap, and the answers.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_service::{AskedItem, AskedMatter, Question, Reply};

use super::passkeys;
use crate::{
    dto::{Outcome, Words},
    edge::{Edge, Shared, SignedIn},
    extract::{Json, List, OutwardId, Page},
    problem::Answer,
};

/// A question that waits for the holder's tap.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AskedOfMe {
    /// Its id.
    pub id: String,
    /// When it was asked, Unix milliseconds.
    pub asked_ms: i64,
    /// Until when it can be answered, Unix milliseconds.
    pub expires_ms: i64,
    /// The masked name of the person it is about, when that is somebody the citizen answers for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Who asks.
    pub organisation: Words,
    /// Where.
    pub venue: Words,
    /// At which point.
    pub point: Words,
    /// Which clerk.
    pub operator: String,
    /// The scenario.
    pub scenario: String,
    /// Its name, from the registry: what it is for.
    pub purpose: Words,
    /// What exactly is asked, in the scenario's words.
    pub asks: Words,
    /// The money that a yes moves, in fen; absent where it moves none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<i64>,
    /// What is released, why, for how long, on what basis: as on the card.
    pub claims: Value,
    /// How it is agreed to.
    pub consent: Value,
    /// What is asked by matter, where it is: from the registered template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<Matter>,
}

/// What is asked for one matter.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Matter {
    /// Its name.
    pub name: Words,
    /// The legal basis.
    pub basis: Words,
    /// How many days the venue may keep it.
    pub retention_days: u16,
    /// To whom it is passed on, and why; absent: to nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_on: Option<Words>,
    /// The items.
    pub items: Vec<Item>,
    /// Whether the citizen has set a PIN; sensitive items need it or a passkey.
    pub pin_set: bool,
    /// Whether the citizen has added a passkey.
    pub passkey_set: bool,
}

/// One item that is asked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    /// Its id, by which it is agreed to.
    pub id: String,
    /// The certificate's name; absent for a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Words>,
    /// What it is called.
    pub label: Words,
    /// Why.
    pub purpose: Words,
    /// The matter cannot be done without it.
    pub required: bool,
    /// Agreeing to it needs the PIN or a passkey.
    pub sensitive: bool,
    /// `good`, `not_in_force` or `none`; absent for a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing_words: Option<Words>,
}

/// The holder's answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// `agree` or `refuse`.
    pub decision: Decision,
    /// For a question by matter: the items agreed to, by id; all of them unless said.
    #[serde(default)]
    pub items: Option<Vec<String>>,
    /// The PIN, where a sensitive item is agreed to.
    #[serde(default)]
    pub pin: Option<String>,
    /// Or what a passkey signed over the challenge for exactly these items, as `PublicKeyCredential.toJSON()` gives it.
    #[serde(default)]
    pub passkey: Option<Value>,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Yes.
    Agree,
    /// No.
    Refuse,
}

/// How the question stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Decided {
    /// `agreed` or `refused`.
    pub state: String,
    /// What came of the action that waited, after a yes.
    pub outcome: Option<Outcome>,
}

pub async fn list(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<List<AskedOfMe>>> {
    let questions = edge.platform.questions(&me.0)?;
    Ok(Json(page.part(questions.into_iter().map(|question| shown(&edge, &me, question)).collect())))
}

fn shown(edge: &Edge, me: &SignedIn, question: Question) -> AskedOfMe {
    AskedOfMe {
        id: edge.platform.outward(me.audience(), question.id),
        asked_ms: question.asked.as_millis(),
        expires_ms: question.expires.as_millis(),
        about: question.about,
        organisation: (&question.organisation).into(),
        venue: (&question.venue).into(),
        point: (&question.point).into(),
        operator: question.operator,
        scenario: question.scenario,
        purpose: question.scenario_name.into(),
        asks: (&question.asks).into(),
        amount_fen: question.amount.map(tongma_domain::Fen::get),
        claims: serde_json::to_value(question.claims).unwrap_or_default(),
        consent: serde_json::to_value(question.consent).unwrap_or_default(),
        matter: question.matter.map(matter),
    }
}

fn matter(matter: AskedMatter) -> Matter {
    let item = |item: AskedItem| Item {
        id: item.id,
        certificate: item.certificate.as_ref().map(Into::into),
        label: (&item.label).into(),
        purpose: item.purpose.into(),
        required: item.required,
        sensitive: item.sensitive,
        standing: item.standing.map(str::to_owned),
        standing_words: item.standing_words.map(Into::into),
    };
    Matter {
        name: matter.name.into(),
        basis: matter.basis.into(),
        retention_days: matter.retention_days,
        passed_on: matter.passed_on.map(Into::into),
        items: matter.items.into_iter().map(item).collect(),
        pin_set: matter.pin_set,
        passkey_set: matter.passkey_set,
    }
}

pub async fn decide(
    State(edge): State<Shared>,
    me: SignedIn,
    OutwardId(id): OutwardId,
    Json(answer): Json<Decide>,
) -> Answer<Json<Decided>> {
    let id = edge.platform.inward(me.audience(), &id)?;
    let agree = answer.decision == Decision::Agree;
    let passkey = answer.passkey.map(passkeys::assertion).transpose()?.map(|signed| (edge.relying_party(), signed));
    let reply = Reply { agree, items: answer.items, pin: answer.pin, passkey };
    let outcome = edge.platform.decide_question(&me.0, id, reply).await?;
    let agreed = agree && outcome.is_some();
    let outcome = outcome.map(|outcome| Outcome::of(&edge.platform, me.audience(), &outcome, None));
    Ok(Json(Decided { state: if agreed { "agreed" } else { "refused" }.to_owned(), outcome }))
}
