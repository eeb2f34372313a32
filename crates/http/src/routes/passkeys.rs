//! The citizen's passkeys: added and taken away in the account, used before something sensitive leaves.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tongma_domain::{Refusal, Text};
use tongma_service::MyPasskey;
use tongma_service::passkey::{Assertion, Registration};

use super::{Caller, Operation, get, post};
use crate::{
    edge::{Edge, Shared, SignedIn},
    extract::{Json, List, OutwardId, Page},
    problem::{Answer, Problem},
};

/// A passkey of mine.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Passkey {
    /// Its id.
    pub id: String,
    /// The name I gave it; may be empty.
    pub name: String,
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
    /// When it was last used, Unix milliseconds.
    pub used_ms: Option<i64>,
}

/// All of them, after a change; never more than a handful.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Passkeys {
    /// Oldest first.
    pub items: Vec<Passkey>,
}

/// What vouches for adding or taking away a passkey.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vouch {
    /// The PIN; may be left out within ten minutes of signing in.
    #[serde(default)]
    pub pin: Option<String>,
}

/// A new passkey.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    /// A name to know it by.
    #[serde(default)]
    pub name: String,
    /// What `navigator.credentials.create` gave, as `PublicKeyCredential.toJSON()` writes it.
    pub credential: Value,
}

/// What is about to be agreed to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreeing {
    /// The items, by id; all of them unless said.
    #[serde(default)]
    pub items: Option<Vec<String>>,
}

/// The routes.
pub fn operations() -> Vec<Operation> {
    let operations = vec![
        get("/v1/me/passkeys", "My passkeys", list).paged().gives::<List<Passkey>>(),
        post("/v1/me/passkeys/begin", "What my browser is to ask its authenticator for a new passkey", begin)
            .takes::<Vouch>()
            .gives::<Value>(),
        post("/v1/me/passkeys", "Add the passkey that was made", add).takes::<NewPasskey>().gives::<Passkeys>(),
        post("/v1/me/passkeys/{id}/end", "Take a passkey away", end).takes::<Vouch>().gives::<Passkeys>(),
        post("/v1/me/requests/{id}/passkey", "What my passkey is to sign so that these items are agreed to", challenge)
            .takes::<Agreeing>()
            .gives::<Value>(),
    ];
    operations.into_iter().map(|operation| operation.by(Caller::Citizen)).collect()
}

async fn list(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<List<Passkey>>> {
    Ok(Json(page.part(shown(&edge, &me)?)))
}

fn shown(edge: &Edge, me: &SignedIn) -> Answer<Vec<Passkey>> {
    let shown = |one: MyPasskey| Passkey {
        id: edge.platform.outward(me.audience(), one.id),
        name: one.name,
        since_ms: one.since.as_millis(),
        used_ms: one.used.map(tongma_domain::UnixMs::as_millis),
    };
    Ok(edge.platform.passkeys(&me.0)?.into_iter().map(shown).collect())
}

async fn begin(State(edge): State<Shared>, me: SignedIn, Json(vouch): Json<Vouch>) -> Answer<Json<Value>> {
    Ok(Json(edge.platform.begin_passkey(&me.0, &edge.relying_party(), vouch.pin.as_deref()).await?))
}

async fn add(State(edge): State<Shared>, me: SignedIn, Json(new): Json<NewPasskey>) -> Answer<Json<Passkeys>> {
    let answer: Registration = read(new.credential)?;
    edge.platform.add_passkey(&me.0, &edge.relying_party(), &new.name, &answer).await?;
    Ok(Json(Passkeys { items: shown(&edge, &me)? }))
}

async fn end(
    State(edge): State<Shared>,
    me: SignedIn,
    OutwardId(id): OutwardId,
    Json(vouch): Json<Vouch>,
) -> Answer<Json<Passkeys>> {
    let id = edge.platform.inward(me.audience(), &id)?;
    edge.platform.end_passkey(&me.0, id, vouch.pin.as_deref()).await?;
    Ok(Json(Passkeys { items: shown(&edge, &me)? }))
}

async fn challenge(
    State(edge): State<Shared>,
    me: SignedIn,
    OutwardId(id): OutwardId,
    Json(agreeing): Json<Agreeing>,
) -> Answer<Json<Value>> {
    let id = edge.platform.inward(me.audience(), &id)?;
    let items = agreeing.items.as_deref();
    Ok(Json(edge.platform.passkey_for_question(&me.0, &edge.relying_party(), (id, items)).await?))
}

/// What a passkey signed, read.
///
/// # Errors
/// `passkey.malformed`.
pub fn assertion(value: Value) -> Answer<Assertion> {
    read(value)
}

fn read<T: DeserializeOwned>(value: Value) -> Answer<T> {
    serde_json::from_value(value).map_err(|_| {
        Problem::from(Refusal::invalid(
            "passkey.malformed",
            Text::new("通行密钥的回答读不出来", "The passkey's answer cannot be read"),
            Text::new("请再试一次，或改用授权密码", "Try once more, or use your PIN"),
        ))
    })
}
