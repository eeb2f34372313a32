//! One leg of a step: one act, in one transaction, with what it sends out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tongma_capability::{Cause, Desk, Effect, Holder, Place, Scenario, Step, Stop};
use tongma_domain::{Bucket, Id, Input, Outcome, Refusal, SeededEntropy, UnixMs, Words};
use tongma_store::{Claimed, DueItem, Key, OnceClaim, StoreError, Txn, decode, encode, load, upsert};

use crate::directory::Directory;
use crate::people::load_holder;
use crate::platform::Platform;
use crate::records::AnswerRecord;

/// What every leg of one attempt has in common.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LegContext {
    /// The scenario.
    pub scenario: String,
    /// Where.
    pub venue: Id,
    /// At which point.
    pub point: Option<Id>,
    /// Which clerk.
    pub operator: Option<String>,
    /// Whom it is about, and by which actor index.
    pub person: Option<(Id, u8)>,
    /// The attempt.
    pub attempt: Id,
}

/// What waits in the outbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Due {
    /// One effect; or all that go home to one person, which are applied there together.
    pub effects: Vec<Effect>,
    /// The attempt they belong to.
    pub context: LegContext,
}

/// Something in the outbox, at its place there.
#[derive(Debug)]
pub(crate) struct Queued {
    /// The bucket.
    pub bucket: Bucket,
    /// Its number in that bucket's outbox.
    pub seq: u64,
    /// When it became due.
    pub at: UnixMs,
    /// What it says.
    pub due: Due,
}

impl Queued {
    /// An item as the store gave it back.
    pub(crate) fn read(item: &DueItem) -> Result<Self, StoreError> {
        Ok(Self { bucket: item.bucket, seq: item.seq, at: item.at, due: decode(&item.body)? })
    }

    /// The person whose bucket it is applied in, when it goes home.
    pub(crate) fn home(&self) -> Option<Id> {
        self.due.effects.first().and_then(home_of)
    }
}

/// The person whose bucket an effect is applied in, when it is one that goes home.
pub(crate) const fn home_of(effect: &Effect) -> Option<Id> {
    match effect {
        Effect::Mirror { person, .. }
        | Effect::Binding { person, .. }
        | Effect::Log { person, .. }
        | Effect::Notice { person, .. } => Some(*person),
        Effect::Message { .. } | Effect::External { .. } | Effect::Report { .. } | Effect::Timer { .. } => None,
    }
}

/// A leg about to run.
#[derive(Clone)]
pub(crate) struct Leg {
    pub context: LegContext,
    pub action: String,
    pub input: Input,
    pub cause: Cause,
    /// The holder agreed to exactly this attempt.
    pub agreed: bool,
    /// The once-key that makes twice once: an idempotency key, or the message that carried the leg.
    pub once: OnceClaim,
    /// The answer of this leg is the attempt's answer, to be kept for whoever asks again.
    pub answers: bool,
}

/// What became of a leg.
#[derive(Debug)]
pub(crate) enum LegDone {
    /// It ran: this came of it, and this went into the outbox of its bucket.
    Ran { answer: Result<Outcome, Refusal>, queued: Vec<Queued> },
    /// It had run before.
    Again(Kept),
    /// The same key, for another request.
    OtherRequest,
}

/// What a once-row of a leg keeps for whoever asks again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The attempt it began.
    pub attempt: Id,
    /// What came of it, when that was final at once; else it stands under the attempt.
    pub answer: Option<Result<Outcome, Refusal>>,
}

/// The code that turns a refusal into a question to the holder.
pub(crate) const CONSENT_NEEDED: &str = "consent.needed";

/// How long answers and message marks are kept: longer than any retry and any hand-over.
pub(crate) const KEEP_DAYS: i64 = 35;

impl Platform {
    /// The holder as the leg's venue may know them.
    pub(crate) fn holder_of(
        &self,
        context: &LegContext,
        directory: &Directory,
        agreed: bool,
    ) -> Result<Option<Holder>, Refusal> {
        let Some((person, actor)) = context.person else { return Ok(None) };
        let organisation = directory.venue(context.venue)?.organisation;
        let record = self.read(person.bucket(), |txn| Ok(load_holder(txn, person)?.value))?;
        let mut holder = self.holder(&record, organisation, actor)?;
        holder.agreed = agreed;
        Ok(Some(holder))
    }

    /// The bucket that decides a step.
    pub(crate) fn place_of(
        &self,
        leg: &Leg,
        directory: &Directory,
        holder: Option<&Holder>,
        now: UnixMs,
    ) -> Result<Bucket, Refusal> {
        let scenario = self.scenario(&leg.context.scenario)?;
        let step = step_of(leg, directory, holder, now)?;
        match scenario.place(&step)? {
            Place::Thing(id) => Ok(id.bucket()),
            Place::Holder => leg
                .context
                .person
                .map(|(person, _)| person.bucket())
                .map_or_else(|| step.holder().map(|holder| holder.person.bucket()), Ok),
        }
    }

    /// Runs a leg in a bucket, for the holder that [`Self::holder_of`] gave.
    pub(crate) async fn run_leg(&self, bucket: Bucket, leg: Leg, holder: Option<Holder>) -> Result<LegDone, Refusal> {
        let directory = self.directory();
        let scenario = self.scenario(&leg.context.scenario)?;
        let (now, seed) = (self.now(), self.seed());
        self.run(bucket, move |txn| act_once(txn, scenario, &leg, &directory, holder.as_ref(), (now, seed))).await
    }

    /// The standing answer of an attempt.
    pub(crate) fn answer_of(&self, bucket: Bucket, attempt: Id) -> Result<Option<Result<Outcome, Refusal>>, Refusal> {
        self.read(bucket, |txn| Ok(load::<AnswerRecord>(txn, attempt)?.map(|held| held.value.answer)))
    }
}

/// The step as the scenario sees it.
fn step_of<'a>(
    leg: &'a Leg,
    directory: &'a Directory,
    holder: Option<&'a Holder>,
    now: UnixMs,
) -> Result<Step<'a>, Refusal> {
    let venue = directory.venue(leg.context.venue)?;
    let point = leg.context.point.map(|point| directory.point(point)).transpose()?;
    Ok(Step {
        cause: leg.cause.clone(),
        action: &leg.action,
        venue,
        point: point.map(|record| &record.point),
        operator: leg.context.operator.as_deref(),
        holder,
        input: &leg.input,
        attempt: leg.context.attempt,
        now,
    })
}

/// Claims the once-key, acts, queues what leaves, keeps the answer: all or nothing, in the caller's transaction.
fn act_once(
    txn: &mut dyn Txn,
    scenario: &dyn Scenario,
    leg: &Leg,
    directory: &Arc<Directory>,
    holder: Option<&Holder>,
    (now, seed): (UnixMs, [u8; 32]),
) -> Result<LegDone, Stop> {
    match txn.claim(&leg.once)? {
        Claimed::Fresh => {}
        Claimed::Again(answer) => return Ok(LegDone::Again(decode(&answer)?)),
        Claimed::Taken { .. } => return Ok(LegDone::OtherRequest),
    }
    let mark = txn.mark();
    let step = step_of(leg, directory, holder, now)?;
    let mut desk = Desk::new(txn, now, SeededEntropy::new(seed));
    let result = scenario.act(&mut desk, &step);
    let (effects, later) = (std::mem::take(&mut desk.effects), desk.answer.take());
    let (answer, effects) = match result {
        Ok(outcome) => (Ok(outcome), effects),
        Err(Stop::Store(error)) => return Err(Stop::Store(error)),
        // The holder has to be asked first: nothing of this attempt stays, so that it can run again afterwards.
        Err(Stop::Refused(refusal)) if refusal.code() == CONSENT_NEEDED => return Err(Stop::Refused(refusal)),
        Err(Stop::Refused(refusal)) => {
            txn.back_to(mark);
            let effects = refusal_log(leg, &refusal).into_iter().collect();
            (Err(refusal), effects)
        }
    };
    let queued = queue(txn, effects, &leg.context, now)?;
    let attempt = leg.context.attempt;
    match later {
        Some(later) => keep_answer(txn, attempt, later)?,
        None if !leg.answers => {}
        None if pending(&answer) => keep_answer(txn, attempt, answer.clone())?,
        // Nobody follows an attempt that ended at once: those who ask again come with the same key.
        None => {
            let kept = encode(&Kept { attempt, answer: Some(answer.clone()) })?;
            txn.claim(&OnceClaim { answer: kept, ..leg.once.clone() })?;
        }
    }
    Ok(LegDone::Ran { answer, queued })
}

/// Puts effects into the outbox: what goes home to one person as one item, everything else each by itself. Gives what
/// is due now.
pub(crate) fn queue(
    txn: &mut dyn Txn,
    effects: Vec<Effect>,
    context: &LegContext,
    now: UnixMs,
) -> Result<Vec<Queued>, StoreError> {
    let mut groups: Vec<(Option<Id>, UnixMs, Vec<Effect>)> = Vec::with_capacity(effects.len());
    for effect in effects {
        let home = home_of(&effect);
        let at = match &effect {
            Effect::Timer { at, .. } | Effect::Notice { at: Some(at), .. } => *at,
            _ => now,
        };
        match groups.iter_mut().find(|(known, due, _)| home.is_some() && *known == home && *due == at) {
            Some((_, _, together)) => together.push(effect),
            None => groups.push((home, at, vec![effect])),
        }
    }
    let bucket = txn.bucket();
    let mut queued = Vec::with_capacity(groups.len());
    for (_, at, effects) in groups {
        let due = Due { effects, context: context.clone() };
        let seq = txn.due_put(at, encode(&due)?)?;
        if at <= now {
            queued.push(Queued { bucket, seq, at, due });
        }
    }
    Ok(queued)
}

/// Whether an answer is still to come.
pub(crate) fn pending(answer: &Result<Outcome, Refusal>) -> bool {
    answer.as_ref().is_ok_and(|outcome| outcome.pending.is_some())
}

/// Keeps an attempt's answer; a final one is never replaced by a pending one.
fn keep_answer(txn: &mut dyn Txn, attempt: Id, answer: Result<Outcome, Refusal>) -> Result<(), Stop> {
    if pending(&answer) && load::<AnswerRecord>(txn, attempt)?.is_some() {
        return Ok(());
    }
    Ok(upsert(txn, attempt, &AnswerRecord { answer })?)
}

/// A refusal at a point or in the app is a line in the person's log too.
fn refusal_log(leg: &Leg, refusal: &Refusal) -> Option<Effect> {
    let (person, _) = leg.context.person?;
    leg.answers.then(|| Effect::Log {
        person,
        text: Words::new(format!("未办成：{}", refusal.title.zh), format!("Not done: {}", refusal.title.en)),
        released: Vec::new(),
        detail: serde_json::json!({ "refused": refusal.code() }),
    })
}

/// A once-key for a leg: the scope and key, claimed by a digest of the whole request.
pub(crate) fn once(scope: &[&[u8]], request: [u8; 32], attempt: Id, now: UnixMs) -> Result<OnceClaim, Refusal> {
    let answer = encode(&Kept { attempt, answer: None }).map_err(|error| crate::platform::store_refusal(&error))?;
    Ok(OnceClaim { key: Key::of(scope), rank: 0, claimant: request, answer, keep_until: now.plus_days(KEEP_DAYS) })
}
