//! A refusal is an answer: what happened, what to do next, and who can help.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use crate::{Fen, Text, Words};

/// A stable, lower-case, dotted code such as `code.expired`. It never changes once published.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefusalCode(pub Cow<'static, str>);

/// Why something was not done, kindly: a code for machines, and for people what happened, what to do next,
/// and a human way out, in both languages. It never holds personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The stable code.
    pub code: RefusalCode,
    /// The HTTP status class this maps to at the edge (409, 422, 403 …).
    pub status: u16,
    /// What happened.
    pub title: Words,
    /// What the reader can do next.
    pub next: Words,
    /// Who helps when that fails.
    pub human: Words,
    /// Amber, when the desk should ask rather than turn away.
    #[serde(default)]
    pub ask: bool,
    /// The money it is about, where a yes would move some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
}

/// The human way out when a refusal names no better one.
const DESK: Text =
    Text::new("请到人工窗口，工作人员会帮您办理", "Please go to the staffed counter; someone will help you");

impl Refusal {
    /// A refusal because of the state of things (HTTP 409).
    pub const fn conflict(code: &'static str, title: Text, next: Text) -> Self {
        Self::with_status(409, code, title, next)
    }

    /// A refusal because the input is not usable (HTTP 422).
    pub const fn invalid(code: &'static str, title: Text, next: Text) -> Self {
        Self::with_status(422, code, title, next)
    }

    /// A refusal because the asker may not (HTTP 403).
    pub const fn forbidden(code: &'static str, title: Text, next: Text) -> Self {
        Self::with_status(403, code, title, next)
    }

    /// A refusal because there is no such thing, or none this asker may know of (HTTP 404).
    pub const fn missing(code: &'static str, title: Text, next: Text) -> Self {
        Self::with_status(404, code, title, next)
    }

    /// A refusal because something outside does not answer (HTTP 503).
    pub const fn unavailable(code: &'static str, title: Text, next: Text) -> Self {
        Self::with_status(503, code, title, next)
    }

    /// A refusal with this HTTP status.
    pub const fn with_status(status: u16, code: &'static str, title: Text, next: Text) -> Self {
        Self {
            code: RefusalCode(Cow::Borrowed(code)),
            status,
            title: borrowed(title),
            next: borrowed(next),
            human: borrowed(DESK),
            ask: false,
            amount: None,
        }
    }

    /// The same refusal, with a human way out of its own.
    #[must_use]
    pub fn human(mut self, human: Text) -> Self {
        self.human = human.into();
        self
    }

    /// The same refusal, naming values in its title.
    #[must_use]
    pub fn titled(mut self, title: Words) -> Self {
        self.title = title;
        self
    }

    /// The same refusal, about this much money.
    #[must_use]
    pub const fn about(mut self, amount: Fen) -> Self {
        self.amount = Some(amount);
        self
    }

    /// The same refusal as amber: the desk asks, it does not turn away.
    #[must_use]
    pub const fn asking(mut self) -> Self {
        self.ask = true;
        self
    }

    /// Its stable code.
    pub fn code(&self) -> &str {
        &self.code.0
    }
}

const fn borrowed(text: Text) -> Words {
    Words { zh: Cow::Borrowed(text.zh), en: Cow::Borrowed(text.en) }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "{}: {}; {}", self.code.0, self.title.en, self.next.en)
    }
}

impl core::error::Error for Refusal {}
