//! Facts: what an offline point decided and hands over. It has happened; it is recorded, never refused, never twice.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sm3::{Digest, Sm3};
use tongma_capability::Cause;
use tongma_domain::{Bucket, Id, Input, Outcome, Refusal, Shade, Text, UnixMs, Words};
use tongma_store::{load, upsert};

use crate::act::{Asked, once_at_point};
use crate::leg::{Leg, LegContext, once};
use crate::oddities::Oddity;
use crate::platform::Platform;
use crate::present::{OfflineClaim, claimant};
use crate::records::HandoverRecord;

/// The most events in one hand-over.
pub const MOST_EVENTS: usize = 200;

/// One event as the point signed it; the signature has been checked at the edge.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Event {
    /// The point's own counter, 1 and up, without gaps.
    pub counter: u64,
    /// When it happened, by the point's clock.
    pub happened_at_ms: UnixMs,
    /// The scenario.
    pub scenario: String,
    /// The action.
    pub action: String,
    /// What was scanned and decided.
    pub evidence: Value,
}

/// What became of an event.
#[derive(Debug, Clone, Serialize)]
pub struct EventResult {
    /// Which.
    pub counter: u64,
    /// Its colour now.
    pub shade: Shade,
    /// Its word.
    pub word: Words,
}

/// What became of a hand-over.
#[derive(Debug, Clone, Serialize)]
pub struct HandedOver {
    /// Every event up to this counter has arrived.
    pub accepted_through: u64,
    /// Counters that are missing below the highest one, as closed ranges.
    pub gaps: Vec<(u64, u64)>,
    /// Event by event.
    pub results: Vec<EventResult>,
}

impl Platform {
    /// Takes a hand-over. The same event again gives the same answer and changes nothing.
    ///
    /// # Errors
    /// `input.too_large`, `facts.other_event` when a counter comes back with another content, or the store's refusal;
    /// events before the failing one are kept.
    pub async fn hand_over(self: &Arc<Self>, point: Id, events: &[Event]) -> Result<HandedOver, Refusal> {
        if events.len() > MOST_EVENTS {
            return Err(Refusal::invalid(
                "input.too_large",
                Text::new("一次移交的事件过多", "Too many events at once"),
                Text::new("请分批移交", "Hand over fewer at a time"),
            ));
        }
        let mut results = Vec::with_capacity(events.len());
        for event in events {
            results.push(self.take_fact(point, event).await?);
        }
        let counters: Vec<u64> = events.iter().map(|event| event.counter).collect();
        let ranges = self
            .run(point.bucket(), move |txn| {
                let mut cursor = load::<HandoverRecord>(txn, point)?.map(|held| held.value).unwrap_or_default();
                counters.iter().for_each(|counter| add(&mut cursor.ranges, *counter));
                upsert(txn, point, &cursor)?;
                Ok(cursor.ranges)
            })
            .await?;
        let accepted_through = ranges.first().filter(|(first, _)| *first <= 1).map_or(0, |(_, last)| *last);
        let mut gaps: Vec<(u64, u64)> = ranges
            .windows(2)
            .filter_map(|pair| match pair {
                [(_, end), (start, _)] => Some((end + 1, start - 1)),
                _ => None,
            })
            .collect();
        if let Some((first, _)) = ranges.first().filter(|(first, _)| *first > 1) {
            gaps.insert(0, (1, first - 1));
        }
        Ok(HandedOver { accepted_through, gaps, results })
    }

    async fn take_fact(self: &Arc<Self>, point: Id, event: &Event) -> Result<EventResult, Refusal> {
        let directory = self.directory();
        let venue = directory.point(point)?.point.venue;
        self.scenario(&event.scenario)?;
        let text = event.evidence.get("text").and_then(Value::as_str).unwrap_or_default();
        let found = self.person_of_code(text, event.happened_at_ms);
        let attempt = Id::derived(&[b"fact", point.as_bytes(), &event.counter.to_be_bytes()]);
        let digest = event_digest(point, event);
        let mut evidence = event.evidence.clone();
        let read = evidence.get("request_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let claimed = match &found {
            Some((_, _, ticket)) => {
                self.claim_offline(ticket, if read.is_empty() { digest } else { claimant(point, &read) }).await?
            }
            None => OfflineClaim::Fresh,
        };
        if claimed == OfflineClaim::Elsewhere
            && let Some(fields) = evidence.as_object_mut()
        {
            fields.insert("used_elsewhere".into(), Value::from(true));
            let text = Words::new(
                "同一个码在两处使用，其中一处离线",
                "One code was used at two places, at one of them offline",
            );
            let oddity = Oddity { code: "code.two_places".into(), point: Some(point), text };
            self.note_oddity(&[point.as_bytes(), &event.counter.to_be_bytes()], oddity).await;
        }
        let context = LegContext {
            scenario: event.scenario.clone(),
            venue,
            point: Some(point),
            operator: None,
            person: found.map(|(person, actor, _)| (person, actor)),
            attempt,
        };
        let cause = Cause::Fact { happened_at: event.happened_at_ms, evidence: evidence.clone() };
        let once = once(&[b"fact", point.as_bytes(), &event.counter.to_be_bytes()], digest, attempt, self.now())?;
        let leg = Leg {
            context,
            action: event.action.clone(),
            input: Input::of(&evidence),
            cause,
            agreed: true,
            once,
            answers: true,
        };
        let holder = self.holder_of(&leg.context, &directory, true)?;
        let bucket = self.place_of(&leg, &directory, holder.as_ref(), event.happened_at_ms)?;
        if let OfflineClaim::Again(presentation) = claimed
            && let Some(outcome) = self.done_online(point, presentation, &read, bucket, &leg)?
        {
            return Ok(EventResult { counter: event.counter, shade: outcome.shade, word: outcome.word });
        }
        let outcome = self.run_and_follow(bucket, leg, holder, None).await?.outcome;
        Ok(EventResult { counter: event.counter, shade: outcome.shade, word: outcome.word })
    }

    /// What came of this read online, if the platform had done it by the time the point no longer waited: the same
    /// passage, so it is not booked again. A refusal stands no more: the point decided otherwise, and that has happened.
    fn done_online(
        &self,
        point: Id,
        presentation: Id,
        read: &str,
        bucket: Bucket,
        leg: &Leg,
    ) -> Result<Option<Outcome>, Refusal> {
        let Some(input) = leg.input.value("asked_input").cloned() else { return Ok(None) };
        let asked = Asked { action: leg.action.clone(), input, idempotency_key: read.to_owned() };
        let mut online = leg.clone();
        online.once = once_at_point(point, presentation, &asked, leg.context.attempt, self.now())?;
        let Some(known) = self.known_attempt(bucket, &online)? else { return Ok(None) };
        Ok(self.again(bucket, known).ok().map(|acted| acted.outcome).filter(|outcome| outcome.shade != Shade::Red))
    }

    /// The highest counter of a point up to which nothing is missing.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn facts_through(&self, point: Id) -> Result<u64, Refusal> {
        let ranges = self.read(point.bucket(), |txn| {
            Ok(load::<HandoverRecord>(txn, point)?.map(|held| held.value.ranges).unwrap_or_default())
        })?;
        Ok(ranges.first().filter(|(first, _)| *first <= 1).map_or(0, |(_, last)| *last))
    }
}

/// Adds a counter to sorted closed ranges, joining neighbours.
fn add(ranges: &mut Vec<(u64, u64)>, counter: u64) {
    if ranges.iter().any(|(first, last)| (*first..=*last).contains(&counter)) {
        return;
    }
    ranges.push((counter, counter));
    ranges.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges.drain(..) {
        match joined.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(first) => *end = last,
            _ => joined.push((first, last)),
        }
    }
    *ranges = joined;
}

fn event_digest(point: Id, event: &Event) -> [u8; 32] {
    let mut hash = Sm3::new();
    hash.update(point.as_bytes());
    hash.update(event.counter.to_be_bytes());
    hash.update(event.happened_at_ms.as_millis().to_be_bytes());
    hash.update(event.evidence.to_string().as_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_join_into_ranges_in_any_order() {
        let mut ranges = Vec::new();
        for counter in [3, 1, 7, 2, 2, 6, 10] {
            add(&mut ranges, counter);
        }
        assert_eq!(ranges, [(1, 3), (6, 7), (10, 10)]);
    }
}
