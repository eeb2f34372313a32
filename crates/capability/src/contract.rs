//! The scenario contract: a card, a place, and an act.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_domain::{
    AgeClass, Bucket, Card, Claim, Date, DocumentKind, Duty, Id, Input, Outcome, Point, Refusal, SeededEntropy,
    Template, Text, UnixMs, Venue, Words,
};
use tongma_store::{Key, StoreError, Txn};

/// A scenario: one file, three functions.
pub trait Scenario: Sync {
    /// What this scenario is, as data.
    fn card(&self) -> &'static Card;

    /// What may be asked of a holder, by matter: where there are any, a step that needs the holder's yes names one in its
    /// form, the phone shows its items from here, and the step gets those that were agreed to. The default has none.
    fn templates(&self) -> &'static [Template] {
        &[]
    }

    /// Which thing decides this step, and so which bucket the transaction is in.
    ///
    /// # Errors
    /// A refusal when the step cannot be placed (no binding, a reference that is none).
    fn place(&self, step: &Step<'_>) -> Result<Place, Refusal>;

    /// What happens there.
    ///
    /// # Errors
    /// [`Stop::Refused`] with the reason, or [`Stop::Store`] when the store did not answer.
    fn act(&self, desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop>;

    /// What the app and the desk list for this person or point (loans, bills, bookings): read only, in the bucket that
    /// [`Scenario::place`] names for the action `list`. The default lists nothing.
    ///
    /// # Errors
    /// As [`Scenario::act`].
    fn list(&self, _desk: &mut Desk<'_>, _step: &Step<'_>) -> Result<Vec<Value>, Stop> {
        Ok(Vec::new())
    }

    /// What the law makes a venue of this scenario report of a person, if anything. Only these claims go into a report
    /// ([`Effect::Report`]).
    fn duty(&self) -> Option<&'static Duty> {
        None
    }

    /// Whether a venue may serve this scenario on that moment, by what is registered of it: asked when a venue is opened
    /// and at every code that is shown there. The default has no condition.
    ///
    /// # Errors
    /// A refusal that names what is missing and who can put it right.
    fn may_serve(&self, _venue: &Venue, _now: UnixMs) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Where a step is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the holder's own bucket.
    Holder,
    /// In the bucket of a thing: a union, a museum's day, a patient's file.
    Thing(Id),
}

/// What started a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// Staff or a gate, after a presentation.
    Operator,
    /// A point with nobody's code.
    Point,
    /// The holder, in the app.
    Holder,
    /// The clock.
    Timer,
    /// Another bucket's outbox.
    Message,
    /// An outside system's answer.
    Reply(Reply),
    /// Handed over by an offline point: it has happened and is never refused.
    Fact {
        /// When it happened, by the point's clock.
        happened_at: UnixMs,
        /// The point's event, as signed: handle prefix or booking pseudonym, counter, verdict, bundle version.
        evidence: Value,
    },
}

/// What an outside system answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    /// It did what was asked.
    Success {
        /// Its own words and numbers.
        detail: Value,
    },
    /// It did not, for good.
    Failure {
        /// A stable code of the connector.
        code: String,
    },
    /// Nobody knows yet, even after asking again; the outbox goes on asking and will reverse.
    Unknown,
}

/// The holder as a step may know them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// The person's internal id; never leaves the platform.
    pub person: Id,
    /// The pairwise pseudonym at the venue's organisation, the only name it gets for the person.
    pub pseudonym: String,
    /// Who acts, when it is not the person: the grant's actor index, 0 for oneself.
    pub actor: u8,
    /// The masked name, for screens.
    pub masked_name: String,
    /// The date of birth, for rules; it does not leave as such.
    pub birth: Date,
    /// The kind of document the person is enrolled with, for rules.
    pub document: DocumentKind,
    /// Bindings of this person at the venue's organisation: kind → thing, from the person's own mirror.
    pub bindings: Vec<HolderBinding>,
    /// Standing consents that live, by scenario id at this organisation.
    pub consents: Vec<String>,
    /// Agreement of the holder given for exactly this attempt (a confirm sheet, an own tap in the app).
    pub agreed: bool,
}

impl Holder {
    /// The class of age at a moment.
    pub fn age_class(&self, now: UnixMs) -> AgeClass {
        AgeClass::of(self.birth, now.date())
    }

    /// The thing bound under this kind, if any.
    pub fn binding(&self, kind: &str) -> Option<&HolderBinding> {
        self.bindings.iter().find(|binding| binding.kind == kind)
    }
}

/// One binding as mirrored in the person's bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderBinding {
    /// The kind: `reader`, `patient_file`.
    pub kind: String,
    /// The venue's own number.
    pub number: String,
    /// The thing it stands for, whose bucket decides.
    pub thing: Id,
}

/// One step of one action.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// What started it.
    pub cause: Cause,
    /// The action's id, as on the card.
    pub action: &'a str,
    /// Where.
    pub venue: &'a Venue,
    /// At which point, if at one.
    pub point: Option<&'a Point>,
    /// The operator's name at that point, as typed at the start of the shift; shown to the holder.
    pub operator: Option<&'a str>,
    /// The person it is about, if there is one.
    pub holder: Option<&'a Holder>,
    /// The checked form.
    pub input: &'a Input,
    /// The attempt: the same in every leg and every retry; each leg is idempotent by it.
    pub attempt: Id,
    /// The moment of this step, the same as [`Desk::now`]: a place may depend on it (the museum's day of today).
    pub now: UnixMs,
}

impl Step<'_> {
    /// The holder, or a refusal that a code has to be shown first.
    ///
    /// # Errors
    /// `step.holder_needed`.
    pub fn holder(&self) -> Result<&Holder, Refusal> {
        self.holder.ok_or_else(|| {
            Refusal::conflict(
                "step.holder_needed",
                Text::new("这一步需要本人的码", "This step needs the person's code"),
                Text::new("请先扫本人的粤通码", "Scan the person's code first"),
            )
        })
    }
}

/// Why an act did not end with an outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// A refusal: everything the act did is dropped, the reader is told.
    Refused(Refusal),
    /// The store: the unit is run again or answered as unavailable.
    Store(StoreError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a step sends out of its bucket. Queued in the transaction, at least once delivered, applied once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Another leg of this scenario, in another bucket.
    Message {
        /// Where it is decided.
        bucket: Bucket,
        /// The leg's action (need not be on the card's forms).
        action: String,
        /// What it needs.
        input: Value,
    },
    /// A request to an outside system; its [`Reply`] comes back as a leg in this bucket.
    External {
        /// The connector's name: `payment_code`.
        connector: String,
        /// The request, in the connector's words.
        request: Value,
        /// The leg that takes the reply.
        reply_action: String,
    },
    /// A report to an authority that the law asks for ([`Scenario::duty`]). The request says nothing personal: the
    /// platform writes the line into the person's log, then adds the duty's claims of the person and opens what was
    /// sealed, at the moment of sending. The [`Reply`] comes back as a leg in this bucket.
    Report {
        /// Its business number, the same at every sending: the authority takes it once.
        number: String,
        /// Whom it is about.
        person: Id,
        /// The request, in the connector's words.
        request: Value,
        /// The leg that takes the reply.
        reply_action: String,
    },
    /// A leg of this scenario in this bucket, later.
    Timer {
        /// When.
        at: UnixMs,
        /// The leg's action.
        action: String,
        /// What it needs.
        input: Value,
    },
    /// A copy for the person's "my things": replaced by key, removed when the body is null.
    Mirror {
        /// Whose.
        person: Id,
        /// The kind of thing: `loan`, `bill`, `booking`.
        kind: String,
        /// Its key.
        key: Key,
        /// What the app shows; the service adds scenario and venue.
        body: Value,
        /// Its order among updates of the same key: an older one never replaces a newer one.
        revision: u64,
    },
    /// A binding mirrored to the person.
    Binding {
        /// Whose.
        person: Id,
        /// The binding; `None` number means unlinked.
        binding: HolderBinding,
        /// Whether it lives.
        live: bool,
    },
    /// A line for the person's log, with the receipt the person keeps.
    Log {
        /// Whose.
        person: Id,
        /// What happened, one sentence.
        text: Words,
        /// What was released, by claim; never the values.
        released: Vec<Claim>,
        /// The receipt's own fields.
        detail: Value,
    },
    /// A message for the person: into the inbox in full, and to the phone as the topic's own fixed sentence.
    Notice {
        /// For whom.
        person: Id,
        /// What it is about: one of the topics of the service (`queue_near`, `slot_reminder`, `stay_uploaded` …).
        topic: String,
        /// What the inbox says. It never leaves the platform.
        text: Words,
        /// Not before; at once when `None`.
        at: Option<UnixMs>,
    },
}

/// What an act works with: the transaction, the time, randomness, and a tray for what leaves.
pub struct Desk<'a> {
    /// The transaction, in the bucket of the step's place.
    pub txn: &'a mut dyn Txn,
    /// The moment of this step.
    pub now: UnixMs,
    /// Randomness; the same again when the unit is run again.
    pub entropy: SeededEntropy,
    /// What leaves the bucket.
    pub effects: Vec<Effect>,
    /// The final answer of an attempt that began as pending, to be kept in this bucket for whoever follows it.
    pub answer: Option<Result<Outcome, Refusal>>,
}

impl<'a> Desk<'a> {
    /// A desk with an empty tray.
    pub const fn new(txn: &'a mut dyn Txn, now: UnixMs, entropy: SeededEntropy) -> Self {
        Self { txn, now, entropy, effects: Vec::new(), answer: None }
    }

    /// Sends another leg to a bucket.
    pub fn message(&mut self, bucket: Bucket, action: &str, input: &impl Serialize) {
        let input = serde_json::to_value(input).unwrap_or(Value::Null);
        self.effects.push(Effect::Message { bucket, action: action.to_owned(), input });
    }

    /// Sets a timer for a leg in this bucket.
    pub fn timer(&mut self, at: UnixMs, action: &str, input: &impl Serialize) {
        let input = serde_json::to_value(input).unwrap_or(Value::Null);
        self.effects.push(Effect::Timer { at, action: action.to_owned(), input });
    }

    /// Asks an outside system; the reply comes to `reply_action` in this bucket.
    pub fn ask(&mut self, connector: &str, request: &impl Serialize, reply_action: &str) {
        let request = serde_json::to_value(request).unwrap_or(Value::Null);
        self.effects.push(Effect::External {
            connector: connector.to_owned(),
            request,
            reply_action: reply_action.to_owned(),
        });
    }

    /// Reports a person to the authority of the scenario's duty; the reply comes to `reply_action` in this bucket.
    pub fn report(&mut self, number: &str, person: Id, request: &impl Serialize, reply_action: &str) {
        let request = serde_json::to_value(request).unwrap_or(Value::Null);
        let (number, reply_action) = (number.to_owned(), reply_action.to_owned());
        self.effects.push(Effect::Report { number, person, request, reply_action });
    }

    /// Leaves a copy in the person's "my things".
    pub fn mirror(&mut self, person: Id, kind: &str, key: impl Into<Key>, body: Value, revision: u64) {
        self.effects.push(Effect::Mirror { person, kind: kind.to_owned(), key: key.into(), body, revision });
    }

    /// Tells the person something, in the inbox and, where the topic says so and the person allows it, by a text.
    pub fn notify(&mut self, person: Id, topic: &str, text: Words) {
        self.effects.push(Effect::Notice { person, topic: topic.to_owned(), text, at: None });
    }

    /// As [`Desk::notify`], but not before a moment: a reminder.
    pub fn remind(&mut self, person: Id, topic: &str, text: Words, at: UnixMs) {
        self.effects.push(Effect::Notice { person, topic: topic.to_owned(), text, at: Some(at) });
    }

    /// Writes a line into the person's log.
    pub fn log(&mut self, person: Id, text: Words, released: &[Claim], detail: Value) {
        self.effects.push(Effect::Log { person, text, released: released.to_vec(), detail });
    }
}
