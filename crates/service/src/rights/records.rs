//! Cases as they are stored.

use serde::{Deserialize, Serialize};
use tongma_domain::{Id, Text, UnixMs, Words};
use tongma_store::{Index, Key, Stored};

use crate::records::LogLine;
use crate::vault::Sealed;

/// What a person demands (PIPL art. 44 to 48).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// Delete what is held (art. 47).
    Delete,
    /// Correct or complete it (art. 46).
    Correct,
    /// Answer a complaint (art. 50).
    Complain,
    /// Give a copy (art. 45).
    Copy,
    /// Explain how it is used (art. 48).
    Explain,
}

impl CaseKind {
    /// What it is called.
    pub const fn name(self) -> Text {
        match self {
            Self::Delete => Text::new("删除信息", "delete my data"),
            Self::Correct => Text::new("更正信息", "correct my data"),
            Self::Complain => Text::new("投诉", "a complaint"),
            Self::Copy => Text::new("索取副本", "a copy of my data"),
            Self::Explain => Text::new("要求说明", "an explanation"),
        }
    }
}

/// How a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Nobody has looked at it.
    Open,
    /// The owner works on it.
    Working,
    /// Done as demanded.
    Done,
    /// Not done, with the reason (a law that says to keep it, for example).
    Declined,
    /// The person took it back.
    Withdrawn,
}

impl CaseState {
    /// Whether an answer is still to come.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Working)
    }
}

/// One step of a case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaseStep {
    /// When.
    pub at: UnixMs,
    /// `person`, `owner` or `platform`.
    pub by: String,
    /// The state it led to.
    pub state: CaseState,
    /// The words, sealed: people write names and numbers.
    pub words: Sealed,
}

/// A case. Key: its id; in the person's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaseRecord {
    /// Its id.
    pub id: Id,
    /// Whose.
    pub person: Id,
    /// What is demanded.
    pub kind: CaseKind,
    /// How it stands.
    pub state: CaseState,
    /// The line of the log it is about.
    pub about: Option<u64>,
    /// The organisation that has to answer; the platform without one.
    pub owner: Option<Id>,
    /// The venue it happened at.
    pub venue: Option<Id>,
    /// When it was opened.
    pub opened: UnixMs,
    /// Until when it has to be answered.
    pub due: UnixMs,
    /// Marked as late.
    pub overdue: bool,
    /// What happened, oldest first.
    pub steps: Vec<CaseStep>,
    /// Its order among its own versions.
    pub revision: u64,
}

impl Stored for CaseRecord {
    const KIND: &'static str = "case";
    fn index(&self) -> Vec<Index> {
        let mut index = vec![Index { name: "person", value: Key::from(self.person) }];
        if self.state.is_open() {
            index.push(Index { name: "open", value: Key::from(self.person) });
        }
        index
    }
}

impl CaseRecord {
    /// Whether the deadline has passed without an answer.
    pub fn late(&self, now: UnixMs) -> bool {
        self.state.is_open() && now > self.due
    }

    /// Takes a step.
    pub fn step(&mut self, at: UnixMs, by: &str, state: CaseState, words: Sealed) {
        self.state = state;
        self.revision += 1;
        self.steps.push(CaseStep { at, by: by.to_owned(), state, words });
    }

    /// A line of the person's log about it.
    pub fn line(&self, text: Words) -> LogLine {
        LogLine {
            kind: "request".into(),
            text,
            venue: self.venue,
            point: None,
            operator: None,
            released: Vec::new(),
            detail: serde_json::json!({ "case": self.id, "demand": self.kind, "state": self.state, "about": self.about }),
        }
    }
}

/// A case in its owner's list. Key: the case's id; in the owner's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaseMirror {
    /// What the owner's list is kept under.
    pub owner: Key,
    /// The case.
    pub case: Id,
    /// Until when it has to be answered.
    pub due: UnixMs,
    /// An answer is still to come.
    pub open: bool,
    /// Marked as late.
    pub overdue: bool,
    /// Its order among its own versions.
    pub revision: u64,
}

impl Stored for CaseMirror {
    const KIND: &'static str = "case_mirror";
    fn index(&self) -> Vec<Index> {
        if self.open { vec![Index { name: "open", value: self.owner.clone() }] } else { Vec::new() }
    }
}
