//! What the service itself keeps: holders, sign-ins, sessions, presentations, answers, requests, things.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_capability::HolderBinding;
use tongma_domain::{Claim, Fen, Id, Outcome, Refusal, UnixMs, Words};
use tongma_store::{Index, Key, Stored};

use crate::vault::Sealed;

/// A person as scanning needs to know them: one record, one read. Key: the person's number inside the bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HolderRecord {
    /// The person.
    pub person: Id,
    /// Personal data, encrypted.
    pub sealed: Sealed,
    /// The person froze the code: nothing of it works until unfrozen.
    pub frozen: bool,
    /// Devices, in the order of enrolment; at most one lives.
    pub devices: Vec<DeviceRecord>,
    /// Who may show a code for this person: grants by actor index, 1 and up.
    pub grants: Vec<GrantRecord>,
    /// Bindings mirrored from venues: organisation → binding.
    pub bindings: Vec<(Id, HolderBinding)>,
    /// Standing consents that live.
    pub consents: Vec<ConsentRecord>,
    /// People this person may show a code for: (actor index there, person).
    pub wards: Vec<(u8, Id)>,
    /// When the account was closed; nothing of it lives after that, and its log stays for as long as the law says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<UnixMs>,
}

impl Stored for HolderRecord {
    const KIND: &'static str = "holder";
}

/// A phone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeviceRecord {
    /// Its enrolment number, 1 and up; part of every handle it shows.
    pub number: u8,
    /// What the person calls it.
    pub name: String,
    /// When it was enrolled.
    pub enrolled: UnixMs,
    /// Whether its tickets are accepted.
    pub live: bool,
}

/// A guardian's or delegate's grant in the subject's record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GrantRecord {
    /// The actor index in handles.
    pub actor: u8,
    /// Who acts.
    pub person: Id,
    /// The actor's live device.
    pub device: u8,
    /// Whether it lives.
    pub live: bool,
    /// By the registry's word or by the person's own.
    #[serde(default)]
    pub kind: GrantKind,
    /// For these scenarios; all when empty.
    #[serde(default)]
    pub scenarios: Vec<String>,
    /// At these organisations; all when empty.
    #[serde(default)]
    pub organisations: Vec<Id>,
    /// Until when; it then stops without anybody's act.
    #[serde(default)]
    pub until: Option<UnixMs>,
    /// It waits for the subject's yes.
    #[serde(default)]
    pub waiting: bool,
}

/// Why somebody may act for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantKind {
    /// A guardian of a minor (Civil Code art. 27), by the registry's word.
    #[default]
    Guardian,
    /// Somebody the person named (Civil Code art. 161–165).
    Delegate,
}

/// A standing consent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// Its id.
    pub id: Id,
    /// For which scenario.
    pub scenario: String,
    /// To which organisation.
    pub organisation: Id,
    /// Since when.
    pub given: UnixMs,
}

/// Where a number's or a sign-in's blind index leads. Key: the blind index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IdentityRecord {
    /// Whose it is.
    pub person: Id,
    /// It was theirs and no longer is: a number that the person has changed.
    #[serde(default)]
    pub former: bool,
    /// Whose it was before. Two people who were once given the same number are told apart by this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Id>,
}

impl IdentityRecord {
    /// The identity of a person who has it now.
    pub const fn of(person: Id) -> Self {
        Self { person, former: false, before: Vec::new() }
    }
}

impl Stored for IdentityRecord {
    const KIND: &'static str = "identity";
}

/// A citizen's session in a browser. Key: the digest of its token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Who.
    pub person: Id,
    /// The device this browser enrolled as, 0 before it did.
    pub device: u8,
    /// Until when.
    pub expires: UnixMs,
}

impl Stored for SessionRecord {
    const KIND: &'static str = "session";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "person", value: Key::from(self.person) }]
    }
}

/// A presentation: a code shown at one point for one purpose. Lives in the person's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PresentationRecord {
    /// Whose code.
    pub person: Id,
    /// Who showed it: a grant's index, 0 for oneself.
    pub actor: u8,
    /// Where.
    pub point: Id,
    /// For which scenario.
    pub purpose: String,
    /// The operator's name.
    pub operator: String,
    /// `t1` or `n1`.
    pub mode: String,
    /// When it began.
    pub at: UnixMs,
    /// When it ends by itself.
    pub expires: UnixMs,
    /// Closed by the point or by its one action.
    pub closed: bool,
    /// Claims released with it.
    pub released: Vec<Claim>,
    /// The confirm sheet it waits for.
    pub waiting: Option<Id>,
    /// What came of the last action.
    pub last: Option<Result<Outcome, Refusal>>,
}

impl Stored for PresentationRecord {
    const KIND: &'static str = "presentation";
}

/// The final or standing answer of an attempt, in the bucket that decided it. Key: the attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnswerRecord {
    /// What was answered.
    pub answer: Result<Outcome, Refusal>,
}

impl Stored for AnswerRecord {
    const KIND: &'static str = "answer";
}

/// A question to the holder: a confirm sheet on the phone. Key: its id; in the person's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestRecord {
    /// Its id.
    pub id: Id,
    /// Asked whom.
    pub person: Id,
    /// The presentation it belongs to.
    pub presentation: Id,
    /// The action that waits.
    pub action: String,
    /// Its form.
    pub input: Value,
    /// The attempt that waits.
    pub attempt: Id,
    /// What exactly is asked, in the scenario's words.
    pub asks: Words,
    /// The money a yes moves, where it moves some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// When it was asked.
    pub asked: UnixMs,
    /// When it ends by itself.
    pub expires: UnixMs,
    /// What the holder said.
    pub decision: Option<bool>,
    /// The template it asks by, where it does.
    #[serde(default)]
    pub template: Option<String>,
    /// The items it asks for, by id, as they were when it was asked.
    #[serde(default)]
    pub items: Vec<String>,
    /// Those that were agreed to.
    #[serde(default)]
    pub agreed_items: Vec<String>,
    /// Another question of the same presentation took its place.
    #[serde(default)]
    pub superseded: bool,
}

impl Stored for RequestRecord {
    const KIND: &'static str = "request";
    fn index(&self) -> Vec<Index> {
        match self.decision {
            None => vec![Index { name: "open", value: Key::from(self.person) }],
            Some(_) => Vec::new(),
        }
    }
}

/// Something of the person's that a scenario mirrors: a loan, a bill, a booking. In the person's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ThingRecord {
    /// Whose.
    pub person: Id,
    /// The kind.
    pub kind: String,
    /// The scenario.
    pub scenario: String,
    /// The venue.
    pub venue: Id,
    /// The scenario's own words; null when gone.
    pub body: Value,
    /// Its order among updates.
    pub revision: u64,
}

impl Stored for ThingRecord {
    const KIND: &'static str = "thing";
    fn index(&self) -> Vec<Index> {
        if self.body.is_null() {
            return Vec::new();
        }
        vec![Index { name: "person", value: Key::of(&[self.person.as_bytes(), self.kind.as_bytes()]) }]
    }
}

/// A line of the person's log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogLine {
    /// `presented`, `done`, `refused`, `released`, `asked`, `device`, `money` …
    pub kind: String,
    /// What happened.
    pub text: Words,
    /// Where.
    pub venue: Option<Id>,
    /// At which point.
    pub point: Option<Id>,
    /// Which clerk.
    pub operator: Option<String>,
    /// Claims released; never values.
    pub released: Vec<Claim>,
    /// More, in the scenario's words.
    pub detail: Value,
}

/// How far a point has handed over what it decided offline. Key: the point; in the point's bucket.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct HandoverRecord {
    /// Counters accepted, as closed ranges in order.
    pub ranges: Vec<(u64, u64)>,
}

impl Stored for HandoverRecord {
    const KIND: &'static str = "handover_cursor";
}

/// Tickets that are denied: a device that was replaced or a code that was frozen. In the directory's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DenialRecord {
    /// Whose tickets, as in handles.
    pub subject: u64,
    /// The actor index.
    pub actor: u8,
    /// The device.
    pub device: u8,
    /// Since when.
    pub since: UnixMs,
    /// Until its last ticket has ended.
    pub until: UnixMs,
    /// Lifted (the code was unfrozen).
    pub lifted: bool,
    /// One paper code alone: its day and serial.
    #[serde(default)]
    pub paper: Option<(u16, u16)>,
}

impl Stored for DenialRecord {
    const KIND: &'static str = "denial";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "all", value: Key::from("all") }]
    }
}
