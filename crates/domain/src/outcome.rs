//! What came of a step.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Id, Text, Words};

/// The colour band of a result; always shown with a symbol and a word as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shade {
    /// Done.
    Green,
    /// Look or ask: done with a note, or waiting for the holder.
    Amber,
    /// Not done.
    Red,
}

/// What a point shows, what the holder keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The colour band.
    pub shade: Shade,
    /// The one big word: 已借出 / Lent.
    pub word: Words,
    /// One sentence under it.
    pub message: Words,
    /// What the point learns, each field inside the card's release table.
    pub detail: Value,
    /// The attempt whose final answer is still to come; the caller follows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Id>,
}

impl Outcome {
    /// Done, green.
    pub fn done(word: Text, message: Words, detail: Value) -> Self {
        Self { shade: Shade::Green, word: word.into(), message, detail, pending: None }
    }

    /// Done or waiting, amber.
    pub fn ask(word: Text, message: Words, detail: Value) -> Self {
        Self { shade: Shade::Amber, word: word.into(), message, detail, pending: None }
    }

    /// Begun; another leg ends it and leaves the answer under this attempt.
    pub fn pending(attempt: Id, message: Words) -> Self {
        Self {
            shade: Shade::Amber,
            word: Text::new("处理中", "In progress").into(),
            message,
            detail: Value::Null,
            pending: Some(attempt),
        }
    }
}
