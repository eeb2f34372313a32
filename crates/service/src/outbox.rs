//! What leaves a bucket: delivered at once where possible, again and again until it is, applied once.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tongma_capability::{Cause, Effect, Reply, Stop};
use tongma_domain::{Bucket, Id, Input, Refusal, UnixMs, Words};
use tongma_store::{Claimed, DueItem, Key, OnceClaim, Txn, decode, encode, load, save, upsert};

use crate::leg::{Due, KEEP_DAYS, Leg, LegContext, LegDone};
use crate::people::load_holder;
use crate::platform::Platform;
use crate::records::{LogLine, ThingRecord};

/// The most deliveries that one request follows before leaving the rest to the background.
const MOST_FOLLOWED: usize = 64;
/// How many due items one sweep takes.
const SWEEP: usize = 200;
/// The most deliveries under way at once.
const MOST_DELIVERING: usize = 256;
/// How long a request waits for its own effects before it answers "in progress".
const FOLLOW_LIMIT: Duration = Duration::from_secs(5);
/// How long a sweep waits for its deliveries before it looks for more.
const SWEEP_PATIENCE: Duration = Duration::from_millis(300);
/// How long the background waits between sweeps when there was nothing to do.
const SWEEP_PAUSE: Duration = Duration::from_millis(50);

impl Platform {
    /// Delivers what a leg has just queued, and what those deliveries queue in turn; independent ones side by side, so
    /// that a request waits for the slowest and not for the sum.
    pub(crate) async fn follow(self: &Arc<Self>, queued: Vec<DueItem>) {
        let mut running = JoinSet::new();
        let (mut waiting, mut followed) = (queued, 0);
        loop {
            for item in waiting {
                followed += 1;
                if followed <= MOST_FOLLOWED {
                    let platform = Arc::clone(self);
                    running.spawn(async move { platform.deliver(item).await });
                }
            }
            waiting = match running.join_next().await {
                Some(Ok(Ok(more))) => more,
                Some(_) => Vec::new(),
                None => return,
            };
        }
    }

    /// Follows in the background, and waits for it no longer than a request may take. What is slower goes on by itself.
    pub(crate) async fn follow_for_a_while(self: &Arc<Self>, queued: Vec<DueItem>) {
        if queued.is_empty() {
            return;
        }
        let platform = Arc::clone(self);
        let following = tokio::spawn(async move { platform.follow(queued).await });
        // Whether it ended in time is seen in the answer that is then read.
        let _ = tokio::time::timeout(FOLLOW_LIMIT, following).await;
    }

    /// Begins to deliver everything that is due now; gives how many items were begun. A slow one holds up no other.
    pub async fn sweep(self: &Arc<Self>) -> usize {
        let everything = (Bucket::DIRECTORY, Bucket::from_low_bits(u16::MAX));
        let Ok(items) = self.store.due(everything, self.now(), SWEEP) else { return 0 };
        let busy = self.delivering.lock().map(|busy| busy.clone()).unwrap_or_default();
        let free: Vec<DueItem> = items.into_iter().filter(|item| !busy.contains(&(item.bucket, item.seq))).collect();
        let begun = free.len();
        let mut running = Vec::with_capacity(begun);
        for item in free.into_iter().take(MOST_DELIVERING.saturating_sub(busy.len())) {
            let platform = Arc::clone(self);
            running.push(tokio::spawn(async move {
                if let Ok(more) = platform.deliver(item).await {
                    platform.follow(more).await;
                }
            }));
        }
        let all = async {
            for one in running {
                let _ = one.await;
            }
        };
        let _ = tokio::time::timeout(SWEEP_PATIENCE, all).await;
        begun
    }

    /// Delivers for ever, and signs the lists anew on a fixed schedule: the background worker of a process.
    pub async fn work(self: Arc<Self>) {
        loop {
            // A list that could not be signed is tried again at the next turn; the one before still serves.
            let _ = self.refresh_lists_when_due();
            if self.sweep().await == 0 {
                tokio::time::sleep(SWEEP_PAUSE).await;
            }
        }
    }

    /// Delivers one item. An error leaves it in the outbox for the next sweep.
    async fn deliver(self: &Arc<Self>, item: DueItem) -> Result<Vec<DueItem>, Refusal> {
        let place = (item.bucket, item.seq);
        let free = self.delivering.lock().is_ok_and(|mut busy| busy.insert(place));
        if !free {
            return Ok(Vec::new());
        }
        let result = self.deliver_free(&item).await;
        let (platform, delivered) = (Arc::clone(self), result.is_ok());
        let end = async move {
            if delivered {
                let seq = item.seq;
                // Not taken out, it is delivered again, and its mark says that it has been applied.
                let _ = platform.run(item.bucket, move |txn| Ok(txn.due_done(seq)?)).await;
            }
            if let Ok(mut busy) = platform.delivering.lock() {
                busy.remove(&place);
            }
        };
        // Nobody waits for an applied item to leave the outbox; until it has, it counts as being delivered.
        tokio::spawn(end);
        result
    }

    async fn deliver_free(self: &Arc<Self>, item: &DueItem) -> Result<Vec<DueItem>, Refusal> {
        let due: Due = decode(&item.body).map_err(|error| crate::platform::store_refusal(&error))?;
        let queued = match due.effect {
            Effect::Message { bucket, action, input } => {
                self.deliver_leg(bucket, item, due.context, action, input, Cause::Message).await?
            }
            Effect::Timer { action, input, .. } => {
                self.deliver_leg(item.bucket, item, due.context, action, input, Cause::Timer).await?
            }
            Effect::External { connector, request, reply_action } => {
                let reply = match self.outside.get(&connector) {
                    Some(outside) => outside.call(request.clone()).await,
                    None => Reply::Failure { code: format!("{connector}.not_configured") },
                };
                self.deliver_leg(item.bucket, item, due.context, reply_action, request, Cause::Reply(reply)).await?
            }
            Effect::Mirror { person, kind, key, body, revision } => {
                let thing = ThingRecord {
                    person,
                    kind,
                    scenario: due.context.scenario,
                    venue: due.context.venue,
                    body,
                    revision,
                };
                self.deliver_to(person, item, move |txn| mirror(txn, &key, &thing)).await?;
                self.live().publish(person, "things");
                Vec::new()
            }
            Effect::Binding { person, binding, live } => {
                let organisation = self.directory().venue(due.context.venue)?.organisation;
                self.deliver_to(person, item, move |txn| {
                    let mut held = load_holder(txn, person)?;
                    held.value
                        .bindings
                        .retain(|(owner, known)| !(*owner == organisation && known.kind == binding.kind));
                    if live {
                        held.value.bindings.push((organisation, binding.clone()));
                    }
                    Ok(save(txn, &held)?)
                })
                .await?
            }
            Effect::Log { person, text, released, detail } => {
                let line = log_line(due.context, text, released, detail);
                let at = item.at;
                self.deliver_to(person, item, move |txn| append(txn, person, at, &line)).await?;
                self.live().publish(person, "log");
                Vec::new()
            }
        };
        Ok(queued)
    }

    async fn deliver_leg(
        &self,
        bucket: Bucket,
        item: &DueItem,
        context: LegContext,
        action: String,
        input: serde_json::Value,
        cause: Cause,
    ) -> Result<Vec<DueItem>, Refusal> {
        let once = self.message_mark(item);
        let leg = Leg { context, action, input: Input::of(&input), cause, agreed: false, once, answers: false };
        match self.run_leg(bucket, leg).await? {
            LegDone::Ran { queued, .. } => Ok(queued),
            LegDone::Again(_) | LegDone::OtherRequest => Ok(Vec::new()),
        }
    }

    /// Applies something in a person's bucket, once.
    async fn deliver_to(
        &self,
        person: Id,
        item: &DueItem,
        mut apply: impl FnMut(&mut dyn Txn) -> Result<(), Stop> + Send + 'static,
    ) -> Result<Vec<DueItem>, Refusal> {
        let once = self.message_mark(item);
        self.run(person.bucket(), move |txn| match txn.claim(&once)? {
            Claimed::Fresh => apply(txn),
            Claimed::Again(_) | Claimed::Taken { .. } => Ok(()),
        })
        .await?;
        Ok(Vec::new())
    }

    /// The mark a message leaves where it is applied.
    fn message_mark(&self, item: &DueItem) -> OnceClaim {
        let key = Key::of(&[b"message", &item.bucket.number().to_be_bytes(), &item.seq.to_be_bytes()]);
        // The answer is an id, as for every leg; nobody reads it.
        let answer = encode(&Id::derived(&[key.as_bytes()])).unwrap_or_default();
        OnceClaim { key, rank: 0, claimant: [0; 32], answer, keep_until: self.now().plus_days(KEEP_DAYS) }
    }
}

/// Replaces a mirrored thing unless a later one is there already.
fn mirror(txn: &mut dyn Txn, key: &Key, thing: &ThingRecord) -> Result<(), Stop> {
    let key = Key::of(&[thing.person.as_bytes(), thing.kind.as_bytes(), key.as_bytes()]);
    let newer = load::<ThingRecord>(txn, key.clone())?.is_some_and(|held| held.value.revision > thing.revision);
    if newer { Ok(()) } else { Ok(upsert(txn, key, thing)?) }
}

fn log_line(
    context: LegContext,
    text: Words,
    released: Vec<tongma_domain::Claim>,
    detail: serde_json::Value,
) -> LogLine {
    let refused = detail.get("refused").is_some();
    LogLine {
        kind: if refused { "refused" } else { "done" }.to_owned(),
        text,
        venue: Some(context.venue),
        point: context.point,
        operator: context.operator,
        released,
        detail,
    }
}

/// Appends a line to a person's log.
pub(crate) fn append(txn: &mut dyn Txn, person: Id, at: UnixMs, line: &LogLine) -> Result<(), Stop> {
    txn.append(&Key::from(person), at, encode(line)?).map(drop).map_err(Stop::Store)
}
