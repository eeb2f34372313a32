//! What goes over the wire and is not already a type of the domain: shapes that callers rely on, stated once for the
//! handlers and for the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_service::{Acted, Audience, Platform};

/// A text in both languages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Words {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<&tongma_domain::Words> for Words {
    fn from(words: &tongma_domain::Words) -> Self {
        Self { zh: words.zh.clone().into_owned(), en: words.en.clone().into_owned() }
    }
}

impl From<tongma_domain::Text> for Words {
    fn from(text: tongma_domain::Text) -> Self {
        Self { zh: text.zh.to_owned(), en: text.en.to_owned() }
    }
}

/// Something with an id and a name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Named {
    /// Its outward id: 32 hexadecimal digits.
    pub id: String,
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
}

/// The colour band of a result.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shade {
    /// Done.
    Green,
    /// Look or ask.
    Amber,
    /// Not done.
    Red,
}

impl From<tongma_domain::Shade> for Shade {
    fn from(shade: tongma_domain::Shade) -> Self {
        match shade {
            tongma_domain::Shade::Green => Self::Green,
            tongma_domain::Shade::Amber => Self::Amber,
            tongma_domain::Shade::Red => Self::Red,
        }
    }
}

/// What came of an action.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Outcome {
    /// The colour band.
    pub shade: Shade,
    /// The one big word.
    pub word: Words,
    /// One sentence under it.
    pub message: Words,
    /// What the reader learns, inside the card's release table.
    pub detail: Value,
    /// The attempt to follow while its answer is still to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<String>,
}

impl Outcome {
    /// The outcome as this audience sees it.
    pub fn of(
        platform: &Platform,
        audience: Audience,
        outcome: &tongma_domain::Outcome,
        pending: Option<String>,
    ) -> Self {
        Self {
            shade: outcome.shade.into(),
            word: (&outcome.word).into(),
            message: (&outcome.message).into(),
            detail: platform.externalise(audience, outcome.detail.clone()),
            pending,
        }
    }

    /// The outcome of an attempt as this audience sees it; while it goes on, with the handle to follow it by.
    pub fn of_acted(platform: &Platform, audience: Audience, acted: &Acted) -> Self {
        let follow = acted.attempt.and_then(|attempt| crate::follow::handle(platform, audience, attempt));
        Self::of(platform, audience, &acted.outcome, follow)
    }
}

/// The answer to an action.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Done {
    /// What came of it.
    pub outcome: Outcome,
}

/// The shape of a refusal in the contract (RFC 9457).
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemShape {
    /// `/problems/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, in the language asked for.
    pub title: String,
    /// What to do next, in the language asked for.
    pub detail: String,
    /// The stable code.
    pub code: String,
    /// What happened, in both languages.
    pub title_words: Words,
    /// What to do next, in both languages.
    pub next: Words,
    /// Who helps when that fails, in both languages.
    pub human: Words,
    /// The desk asks rather than turns away.
    pub ask: bool,
    /// For `consent.needed`: the question put to the holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// An action asked for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedAction {
    /// The action's id on the card.
    pub id: String,
    /// The form's fields, by id.
    #[serde(default)]
    pub input: Value,
}

/// Nothing to say.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
pub struct Nothing {}
