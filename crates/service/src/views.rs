//! What the citizen and the point may look at: the log with its receipts, things, venues, lists.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_capability::{Cause, Desk, Place, Step};
use tongma_domain::{Claim, Date, Id, Input, Refusal, SeededEntropy, UnixMs, Words};
use tongma_store::{Key, LogEntry, find};

use crate::leg::LegContext;
use crate::outward::Audience;
use crate::platform::Platform;
use crate::records::{LogLine, ThingRecord};
use crate::sessions::Citizen;
use crate::vault::hex;

/// A line of the citizen's log.
#[derive(Debug, Clone, Serialize)]
pub struct LogItem {
    /// Its number among the lines of its bucket: names it in requests and receipts.
    pub number: u64,
    /// When.
    pub at_ms: UnixMs,
    /// Its kind.
    pub kind: String,
    /// What happened.
    pub text: Words,
    /// Where.
    pub venue: Option<Words>,
    /// At which point.
    pub point: Option<Words>,
    /// Which clerk.
    pub operator: Option<String>,
    /// Claims released; never the values.
    pub released: Vec<Claim>,
    /// More.
    pub detail: Value,
    /// The receipt: the line's own text, signed.
    pub receipt: Option<Receipt>,
}

/// A signed receipt. Anyone with the key list verifies it: the message is `tongma/receipt/v0\0` ‖ text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What is signed: canonical JSON of the line.
    pub text: String,
    /// r ‖ s, hexadecimal, by the key of this index.
    pub signature: String,
    /// The key's index in the key list.
    pub key_index: u8,
}

/// One page with the cursor of the next.
#[derive(Debug, Clone, Serialize)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Give this as `after` for more.
    pub next: Option<String>,
}

/// Something of the citizen's.
#[derive(Debug, Clone, Serialize)]
pub struct Thing {
    /// The kind.
    pub kind: String,
    /// The scenario.
    pub scenario: String,
    /// The venue's id.
    pub venue: Id,
    /// Its name.
    pub venue_name: Words,
    /// Its key.
    pub key: String,
    /// The scenario's words.
    pub body: Value,
}

/// The most pages of the store that one filtered page of the log looks through.
const MOST_PAGES: usize = 10;
/// What a receipt's message begins with.
const RECEIPT_TAG: &[u8] = b"tongma/receipt/v0\0";

impl Platform {
    /// The citizen's log, newest first; only lines of these kinds, unless there are none.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn log(
        &self,
        citizen: &Citizen,
        after: Option<&str>,
        limit: usize,
        kinds: &[&str],
    ) -> Result<Listed<LogItem>, Refusal> {
        let person = citizen.person;
        let limit = limit.clamp(1, 100);
        let mut before = after.and_then(|cursor| cursor.parse::<u64>().ok());
        let mut items = Vec::new();
        // What is filtered out is read as well; a page looks at so many lines and then says where to go on.
        for _ in 0..MOST_PAGES {
            let page = self.read(person.bucket(), |txn| Ok(txn.log(&Key::from(person), before, limit)?))?;
            for entry in page.items {
                before = Some(entry.seq);
                let line = serde_json::from_slice::<LogLine>(&entry.body).ok();
                let wanted = |line: &LogLine| kinds.is_empty() || kinds.contains(&line.kind.as_str());
                items.extend(line.filter(wanted).map(|line| self.log_item(person, &entry, line)));
                if items.len() == limit {
                    break;
                }
            }
            if !page.more && items.len() < limit {
                return Ok(Listed { items, next: None });
            }
            if items.len() >= limit {
                break;
            }
        }
        Ok(Listed { items, next: before.map(|before| before.to_string()) })
    }

    fn log_item(&self, person: Id, entry: &LogEntry, line: LogLine) -> LogItem {
        let directory = self.directory();
        let venue = line.venue.and_then(|id| directory.venue(id).ok());
        let point = line.point.and_then(|id| directory.point(id).ok());
        LogItem {
            number: entry.seq,
            at_ms: entry.at,
            receipt: self.receipt(person, entry, &line),
            kind: line.kind,
            text: line.text,
            venue: venue.map(tongma_domain::Venue::names),
            point: point.map(|record| Words::new(record.point.name_zh.clone(), record.point.name_en.clone())),
            operator: line.operator,
            released: line.released,
            detail: line.detail,
        }
    }

    /// The receipt of an entry that is a line of a person's log.
    pub(crate) fn receipt_of_entry(&self, person: Id, entry: &LogEntry) -> Option<Receipt> {
        self.receipt(person, entry, &serde_json::from_slice(&entry.body).ok()?)
    }

    /// The receipt of a line. It is made when it is asked for. Its text names the leaf that the line is in the sealed log,
    /// and every id in it is the citizen's own spelling.
    fn receipt(&self, person: Id, entry: &LogEntry, line: &LogLine) -> Option<Receipt> {
        let directory = self.directory();
        let text = serde_json::json!({
            "at": entry.at.to_rfc3339(),
            "number": entry.seq,
            "what": line.text,
            "venue": line.venue.and_then(|id| directory.venue(id).ok()).map(tongma_domain::Venue::names),
            "released": line.released,
            "detail": self.externalise(Audience::Citizen(person), line.detail.clone()),
            "leaf": hex(&self.leaf_of(person.bucket(), entry)),
        })
        .to_string();
        let message = [RECEIPT_TAG, text.as_bytes()].concat();
        let signature = self.codes.issuer().sign(&message, &self.seed()).ok()?;
        Some(Receipt { text, signature: hex(&signature), key_index: self.codes.issuer_index() })
    }

    /// The citizen's things of a kind.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn things(
        &self,
        citizen: &Citizen,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Thing>, Refusal> {
        let person = citizen.person;
        let after = after.and_then(crate::vault::unhex).map(|bytes| Key::new(&bytes));
        let index = Key::of(&[person.as_bytes(), kind.as_bytes()]);
        let page = self.read(person.bucket(), |txn| {
            Ok(find::<ThingRecord>(txn, "person", index.clone(), after.as_ref(), limit.clamp(1, 100))?)
        })?;
        let next = page.items.last().filter(|_| page.more).map(|held| hex(held.key.as_bytes()));
        let directory = self.directory();
        let items = page
            .items
            .into_iter()
            .map(|held| Thing {
                kind: held.value.kind,
                scenario: held.value.scenario,
                venue: held.value.venue,
                venue_name: directory.venue(held.value.venue).map(tongma_domain::Venue::names).unwrap_or_default(),
                key: hex(held.key.as_bytes()),
                body: held.value.body,
            })
            .collect();
        Ok(Listed { items, next })
    }

    /// What a scenario lists for a point: the day's sheet, differences.
    ///
    /// # Errors
    /// `point.unknown`, `scenario.unknown`, or the scenario's refusal.
    pub fn list_at_point(&self, point: Id, scenario: &str, action: &str) -> Result<Vec<Value>, Refusal> {
        let venue = self.directory().point(point)?.point.venue;
        self.list(&self.list_context(scenario, venue, Some(point), None), action, Cause::Point, &Input::default())
    }

    /// What a scenario lists for the citizen at a venue, read where it is decided: `list` is their own, others are named
    /// by the scenario (the `sessions` of a date).
    ///
    /// # Errors
    /// `venue.unknown`, `scenario.unknown`, or the scenario's refusal.
    pub fn list_mine(
        &self,
        citizen: &Citizen,
        scenario: &str,
        venue: Id,
        action: &str,
        date: Option<Date>,
    ) -> Result<Vec<Value>, Refusal> {
        let context = self.list_context(scenario, venue, None, Some((citizen.person, 0)));
        let input = date.map(|date| Input::of(&serde_json::json!({"date": date}))).unwrap_or_default();
        self.list(&context, action, Cause::Holder, &input)
    }

    fn list_context(&self, scenario: &str, venue: Id, point: Option<Id>, person: Option<(Id, u8)>) -> LegContext {
        LegContext {
            scenario: scenario.to_owned(),
            venue,
            point,
            operator: None,
            person,
            attempt: self.fresh_id(venue.bucket()),
        }
    }

    fn list(&self, context: &LegContext, action: &str, cause: Cause, input: &Input) -> Result<Vec<Value>, Refusal> {
        let directory = self.directory();
        let scenario = self.scenario(&context.scenario)?;
        let holder = self.holder_of(context, &directory, false)?;
        let point = context.point.map(|point| directory.point(point)).transpose()?;
        let now = self.now();
        let step = Step {
            cause,
            action,
            venue: directory.venue(context.venue)?,
            point: point.map(|record| &record.point),
            operator: None,
            holder: holder.as_ref(),
            input,
            attempt: context.attempt,
            now,
        };
        let bucket = match scenario.place(&step)? {
            Place::Thing(id) => id.bucket(),
            Place::Holder => step.holder()?.person.bucket(),
        };
        let seed = self.seed();
        self.read(bucket, |txn| scenario.list(&mut Desk::new(txn, now, SeededEntropy::new(seed)), &step))
    }
}
