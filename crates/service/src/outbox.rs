//! What leaves a bucket: delivered at once where possible, again and again until it is, applied once.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tongma_capability::{Cause, Effect, Reply, Stop};
use tongma_domain::{Bucket, Id, Input, Refusal, UnixMs, Words};
use tongma_store::{Claimed, DueItem, Key, OnceClaim, Txn, encode, load, save, upsert};

use crate::leg::{KEEP_DAYS, Kept, Leg, LegContext, LegDone, Queued};
use crate::notice::{Notice, Own, tell};
use crate::people::load_holder;
use crate::platform::Platform;
use crate::records::{LogLine, ThingRecord};

/// The most deliveries that one request follows before leaving the rest to the background.
const MOST_FOLLOWED: usize = 64;
/// How many due items one sweep takes.
const SWEEP: usize = tongma_store::MOST_PAGE;
/// The most deliveries under way at once.
const MOST_DELIVERING: usize = 256;
/// How long a request waits for its own effects before it answers "in progress".
const FOLLOW_LIMIT: Duration = Duration::from_secs(5);
/// The most delivered items one unit takes out.
const MOST_TAKEN_OUT: usize = 64;
/// How long a sweep waits for its deliveries before it looks for more.
const SWEEP_PATIENCE: Duration = Duration::from_millis(300);
/// How long the background waits between sweeps when there was nothing to do.
const SWEEP_PAUSE: Duration = Duration::from_millis(50);

/// What rides along with a delivery to a person: a last word written in the same unit.
pub(crate) type Rider = Arc<dyn Fn(&mut dyn Txn) -> Result<(), Stop> + Send + Sync>;

/// What became of an item.
enum Delivered {
    /// It was delivered, and queued this in turn.
    Now(Vec<Queued>),
    /// Somebody else is delivering it, or has just done so.
    Elsewhere,
}

impl Platform {
    /// Delivers what a leg has just queued, and what those deliveries queue in turn; independent ones side by side, so
    /// that a request waits for the slowest and not for the sum. A rider goes with the first delivery to its bucket;
    /// one that finds none is run by itself.
    async fn follow(self: &Arc<Self>, queued: Vec<Queued>, mut rider: Option<(Bucket, Rider)>) {
        let mut running = JoinSet::new();
        let (mut waiting, mut followed) = (queued, 0);
        loop {
            for item in waiting {
                followed += 1;
                if followed <= MOST_FOLLOWED {
                    let platform = Arc::clone(self);
                    let here = |(bucket, _): &mut (Bucket, Rider)| item.home().map(Id::bucket) == Some(*bucket);
                    let with = rider.take_if(here);
                    running.spawn(async move { platform.deliver_with(item, with).await });
                }
            }
            if let Some(alone) = rider.take() {
                let platform = Arc::clone(self);
                running.spawn(async move { platform.ride(alone).await });
            }
            waiting = match running.join_next().await {
                Some(Ok(more)) => more,
                Some(Err(_)) => Vec::new(),
                None => return,
            };
        }
    }

    /// Delivers an item and, in the same unit, the rider; gives what that queued.
    async fn deliver_with(self: &Arc<Self>, item: Queued, rider: Option<(Bucket, Rider)>) -> Vec<Queued> {
        let with = rider.as_ref().map(|(_, rider)| Arc::clone(rider));
        match (self.deliver(item, with).await, rider) {
            (Ok(Delivered::Now(more)), _) => more,
            // A sweep was quicker, or the store did not take it: the last word does not depend on either.
            (Ok(Delivered::Elsewhere) | Err(_), Some(rider)) => self.ride(rider).await,
            (Ok(Delivered::Elsewhere) | Err(_), None) => Vec::new(),
        }
    }

    /// Runs a rider by itself. A store that does not take it has said so to the caller by then.
    async fn ride(&self, (bucket, rider): (Bucket, Rider)) -> Vec<Queued> {
        let _ = self.run(bucket, move |txn| rider(txn)).await;
        Vec::new()
    }

    /// Follows in the background, and waits for it no longer than a request may take. What is slower goes on by itself.
    pub(crate) async fn follow_for_a_while(self: &Arc<Self>, queued: Vec<Queued>, rider: Option<(Bucket, Rider)>) {
        if queued.is_empty() && rider.is_none() {
            return;
        }
        let platform = Arc::clone(self);
        let following = tokio::spawn(async move { platform.follow(queued, rider).await });
        // Whether it ended in time is seen in the answer that is then read.
        let _ = tokio::time::timeout(FOLLOW_LIMIT, following).await;
    }

    /// Begins to deliver everything that is due now; gives how many items were begun. A slow one holds up no other.
    pub async fn sweep(self: &Arc<Self>) -> usize {
        self.take_out_delivered().await;
        let everything = (Bucket::DIRECTORY, Bucket::from_low_bits(u16::MAX));
        let Ok(items) = self.store.due(everything, self.now(), SWEEP) else { return 0 };
        let busy = self.delivering.lock().map(|busy| busy.clone()).unwrap_or_default();
        let free = items.iter().filter(|item| !busy.contains(&(item.bucket, item.seq)));
        let own = self.begin_own(free.clone());
        // An item that cannot be read stays where it is: a later version may have written it.
        let free: Vec<Queued> = free.filter_map(|item| Queued::read(item).ok()).collect();
        let begun = free.len() + own.len();
        let mut running = own;
        for item in free.into_iter().take(MOST_DELIVERING.saturating_sub(busy.len())) {
            let platform = Arc::clone(self);
            running.push(tokio::spawn(async move {
                if let Ok(Delivered::Now(more)) = platform.deliver(item, None).await {
                    platform.follow(more, None).await;
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

    /// Begins to deliver what the service put into the outbox for itself.
    fn begin_own<'a>(self: &Arc<Self>, items: impl Iterator<Item = &'a DueItem>) -> Vec<JoinHandle<()>> {
        let own = items.filter_map(|item| Some((item.bucket, item.seq, Own::of(&item.body)?)));
        let begin = |(bucket, seq, own)| {
            let platform = Arc::clone(self);
            tokio::spawn(async move {
                let free = platform.delivering.lock().is_ok_and(|mut busy| busy.insert((bucket, seq)));
                if !free {
                    return;
                }
                if platform.deliver_own(bucket, seq, own).await.is_ok() {
                    if let Ok(mut delivered) = platform.delivered.lock() {
                        delivered.entry(bucket).or_default().push(seq);
                    }
                } else if let Ok(mut busy) = platform.delivering.lock() {
                    busy.remove(&(bucket, seq));
                }
            })
        };
        own.take(MOST_DELIVERING).map(begin).collect()
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
    async fn deliver(self: &Arc<Self>, item: Queued, rider: Option<Rider>) -> Result<Delivered, Refusal> {
        let place = (item.bucket, item.seq);
        let free = self.delivering.lock().is_ok_and(|mut busy| busy.insert(place));
        if !free {
            return Ok(Delivered::Elsewhere);
        }
        let result = self.deliver_free(item, rider).await.map(Delivered::Now);
        if result.is_err() {
            if let Ok(mut busy) = self.delivering.lock() {
                busy.remove(&place);
            }
        } else if let Ok(mut delivered) = self.delivered.lock() {
            // It leaves the outbox with others of its bucket; until it has, it counts as being delivered.
            delivered.entry(place.0).or_default().push(place.1);
        }
        result
    }

    /// Takes delivered items out of the outbox, those of a bucket in one unit. One that is not taken out is delivered
    /// again, and its mark says that it has been applied.
    async fn take_out_delivered(self: &Arc<Self>) {
        let delivered = self.delivered.lock().map(|mut all| std::mem::take(&mut *all)).unwrap_or_default();
        let mut running = JoinSet::new();
        for (bucket, seqs) in delivered {
            for some in seqs.chunks(MOST_TAKEN_OUT).map(<[u64]>::to_vec) {
                let platform = Arc::clone(self);
                running.spawn(async move {
                    let gone = some.clone();
                    let unit = move |txn: &mut dyn Txn| {
                        some.iter().try_for_each(|seq| txn.due_done(*seq)).map_err(Stop::Store)
                    };
                    // What the store did not take now is found by the next sweep.
                    let _ = platform.run(bucket, unit).await;
                    if let Ok(mut busy) = platform.delivering.lock() {
                        busy.retain(|(of, seq)| *of != bucket || !gone.contains(seq));
                    }
                });
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn deliver_free(self: &Arc<Self>, item: Queued, rider: Option<Rider>) -> Result<Vec<Queued>, Refusal> {
        if let Some(person) = item.home() {
            self.deliver_home(person, item, rider).await?;
            return Ok(Vec::new());
        }
        let mark = self.message_mark(&item);
        let context = item.due.context;
        // What does not go home is one effect an item.
        let Some(effect) = item.due.effects.into_iter().next() else { return Ok(Vec::new()) };
        match effect {
            Effect::Message { bucket, action, input } => {
                self.deliver_leg(bucket, mark, context, action, input, Cause::Message).await
            }
            Effect::Timer { action, input, .. } => {
                self.deliver_leg(item.bucket, mark, context, action, input, Cause::Timer).await
            }
            Effect::External { connector, request, reply_action } => {
                let reply = match self.outside.get(&connector) {
                    Some(outside) => outside.call(request.clone()).await,
                    None => Reply::Failure { code: format!("{connector}.not_configured") },
                };
                self.deliver_leg(item.bucket, mark, context, reply_action, request, Cause::Reply(reply)).await
            }
            Effect::Report { number, person, request, reply_action } => {
                let reply = self.report(&context, &number, person, &request).await?;
                self.deliver_leg(item.bucket, mark, context, reply_action, request, Cause::Reply(reply)).await
            }
            Effect::Mirror { .. } | Effect::Binding { .. } | Effect::Log { .. } | Effect::Notice { .. } => {
                Ok(Vec::new())
            }
        }
    }

    /// Applies everything an item brings home to a person, once, in one unit.
    async fn deliver_home(&self, person: Id, item: Queued, rider: Option<Rider>) -> Result<(), Refusal> {
        let mark = self.message_mark(&item);
        let organisation = self.directory().venue(item.due.context.venue)?.organisation;
        let mirrored = item.due.effects.iter().any(|effect| matches!(effect, Effect::Mirror { .. }));
        let told = item.due.effects.iter().any(|effect| matches!(effect, Effect::Notice { .. }));
        let logged = item.due.effects.iter().any(|effect| matches!(effect, Effect::Log { .. }));
        self.run(person.bucket(), move |txn| {
            if let Claimed::Fresh = txn.claim(&mark)? {
                for effect in &item.due.effects {
                    bring_home(txn, effect, &item.due.context, organisation, item.at)?;
                }
            }
            rider.as_ref().map_or(Ok(()), |rider| rider(txn))
        })
        .await?;
        if mirrored {
            self.live().publish(person, "things");
        }
        if logged {
            self.live().publish(person, "log");
        }
        if told {
            self.live().publish(person, "messages");
        }
        Ok(())
    }

    async fn deliver_leg(
        &self,
        bucket: Bucket,
        once: OnceClaim,
        context: LegContext,
        action: String,
        input: serde_json::Value,
        cause: Cause,
    ) -> Result<Vec<Queued>, Refusal> {
        let leg = Leg { context, action, input: Input::of(&input), cause, agreed: false, once, answers: false };
        let holder = self.holder_of(&leg.context, &self.directory(), leg.agreed)?;
        match self.run_leg(bucket, leg, holder).await? {
            LegDone::Ran { queued, .. } => Ok(queued),
            LegDone::Again(_) | LegDone::OtherRequest => Ok(Vec::new()),
        }
    }

    /// The mark a message leaves where it is applied.
    fn message_mark(&self, item: &Queued) -> OnceClaim {
        self.mark_of(item.bucket, item.seq)
    }

    /// The mark of what stands at a place in the outbox.
    pub(crate) fn mark_of(&self, bucket: Bucket, seq: u64) -> OnceClaim {
        let key = Key::of(&[b"message", &bucket.number().to_be_bytes(), &seq.to_be_bytes()]);
        // The answer is laid out as for every leg; nobody reads it.
        let answer = encode(&Kept { attempt: Id::derived(&[key.as_bytes()]), answer: None }).unwrap_or_default();
        OnceClaim { key, rank: 0, claimant: [0; 32], answer, keep_until: self.now().plus_days(KEEP_DAYS) }
    }
}

/// Applies one effect in the person's bucket.
fn bring_home(
    txn: &mut dyn Txn,
    effect: &Effect,
    context: &LegContext,
    organisation: Id,
    at: UnixMs,
) -> Result<(), Stop> {
    match effect {
        Effect::Mirror { person, kind, key, body, revision } => {
            let thing = ThingRecord {
                person: *person,
                kind: kind.clone(),
                scenario: context.scenario.clone(),
                venue: context.venue,
                body: body.clone(),
                revision: *revision,
            };
            mirror(txn, key, &thing)
        }
        Effect::Binding { person, binding, live } => {
            let mut held = load_holder(txn, *person)?;
            held.value.bindings.retain(|(owner, known)| !(*owner == organisation && known.kind == binding.kind));
            if *live {
                held.value.bindings.push((organisation, binding.clone()));
            }
            Ok(save(txn, &held)?)
        }
        Effect::Log { person, text, released, detail } => {
            append(txn, *person, at, &log_line(context, text.clone(), released.clone(), detail.clone()))
        }
        Effect::Notice { person, topic, text, .. } => {
            let notice = Notice::of_leg(*person, topic.clone(), text.clone(), context);
            tell(txn, &notice, at)
        }
        // These do not go home.
        Effect::Message { .. } | Effect::External { .. } | Effect::Report { .. } | Effect::Timer { .. } => Ok(()),
    }
}

/// Replaces a mirrored thing unless a later one is there already.
fn mirror(txn: &mut dyn Txn, key: &Key, thing: &ThingRecord) -> Result<(), Stop> {
    let key = Key::of(&[thing.person.as_bytes(), thing.kind.as_bytes(), key.as_bytes()]);
    let newer = load::<ThingRecord>(txn, key.clone())?.is_some_and(|held| held.value.revision > thing.revision);
    if newer { Ok(()) } else { Ok(upsert(txn, key, thing)?) }
}

fn log_line(
    context: &LegContext,
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
        operator: context.operator.clone(),
        released,
        detail,
    }
}

/// Appends a line to a person's log.
pub(crate) fn append(txn: &mut dyn Txn, person: Id, at: UnixMs, line: &LogLine) -> Result<(), Stop> {
    txn.append(&Key::from(person), at, encode(line)?).map(drop).map_err(Stop::Store)
}
