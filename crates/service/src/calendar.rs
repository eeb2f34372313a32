//! A person's bookings as an iCalendar feed (RFC 5545), under a secret address that its owner can take away at any time.
//!
//! The address is one cipher block of a random record's id: whoever does not hold it cannot make one, and it says nothing
//! about the person. What is in the feed comes from the person's own things; no scenario is known here.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sm3::{Digest, Sm3};
use tongma_domain::{Id, Refusal, SeededEntropy, Text, UnixMs, Venue, Words};
use tongma_store::{Held, Key, Stored, create, find, load, save, upsert};

use crate::ics::{Calendar, Event};
use crate::platform::Platform;
use crate::records::ThingRecord;
use crate::sessions::Citizen;
use crate::vault::hex;

/// The most bookings in one feed.
const MOST_EVENTS: usize = 400;
/// The label of the cipher whose blocks the addresses are.
const LABEL: &[u8] = b"calendar";

/// An address: whose, and whether it still opens.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct FeedRecord {
    person: Id,
    live: bool,
}

impl Stored for FeedRecord {
    const KIND: &'static str = "calendar_feed";
}

/// The person's present address.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OwnFeedRecord {
    feed: Option<Id>,
}

impl Stored for OwnFeedRecord {
    const KIND: &'static str = "calendar_own";
}

impl Platform {
    /// Gives the citizen a feed's secret; one that was there before opens no more.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn open_calendar(&self, citizen: &Citizen) -> Result<String, Refusal> {
        let (person, now, seed) = (citizen.person, self.now(), self.seed());
        let feed = self
            .run(person.bucket(), move |txn| {
                end_feed(txn, person)?;
                let feed = Id::new(now, person.bucket(), &mut SeededEntropy::new(seed));
                create(txn, feed, &FeedRecord { person, live: true })?;
                upsert(txn, person, &OwnFeedRecord { feed: Some(feed) })?;
                Ok(feed)
            })
            .await?;
        Ok(self.vault.outward(LABEL, feed))
    }

    /// The feed's secret, if there is one.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn calendar_secret(&self, citizen: &Citizen) -> Result<Option<String>, Refusal> {
        let person = citizen.person;
        let own = self.read(person.bucket(), |txn| Ok(load::<OwnFeedRecord>(txn, person)?))?;
        Ok(own.and_then(|held| held.value.feed).map(|feed| self.vault.outward(LABEL, feed)))
    }

    /// Takes the feed away: its address opens no more.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn close_calendar(&self, citizen: &Citizen) -> Result<(), Refusal> {
        let person = citizen.person;
        self.run(person.bucket(), move |txn| {
            end_feed(txn, person)?;
            Ok(upsert(txn, person, &OwnFeedRecord { feed: None })?)
        })
        .await
    }

    /// The feed behind a secret, as iCalendar text.
    ///
    /// # Errors
    /// `calendar.unknown` for a secret that never opened anything or does no more.
    pub fn calendar_text(&self, secret: &str, english: bool) -> Result<String, Refusal> {
        let feed = self.vault.inward(LABEL, secret).ok_or_else(unknown)?;
        let things = self.read(feed.bucket(), |txn| {
            let held = load::<FeedRecord>(txn, feed)?.filter(|held| held.value.live).ok_or_else(unknown)?;
            let index = Key::of(&[held.value.person.as_bytes(), b"booking"]);
            let mut things: Vec<Held<ThingRecord>> = Vec::new();
            loop {
                let after = things.last().map(|held| held.key.clone());
                let page = find::<ThingRecord>(txn, "person", index.clone(), after.as_ref(), 100)?;
                things.extend(page.items);
                if !page.more || things.len() >= MOST_EVENTS {
                    return Ok(things);
                }
            }
        })?;
        let directory = self.directory();
        let events = things.iter().filter_map(|held| {
            let venue = directory.venue(held.value.venue).map(Venue::names).unwrap_or_default();
            event(&held.value, &uid(secret, &held.key), &venue, &self.scenario_name(&held.value.scenario), english)
        });
        let name = if english { "Tongma bookings" } else { "通码预约" };
        Ok(Calendar { name, now: self.now(), events: events.collect() }.to_text())
    }

    fn scenario_name(&self, scenario: &str) -> Words {
        self.scenario(scenario).map(|known| known.card().name.into()).unwrap_or_default()
    }
}

/// The address that was open before opens no more.
fn end_feed(txn: &mut dyn tongma_store::Txn, person: Id) -> Result<(), tongma_capability::Stop> {
    let own = load::<OwnFeedRecord>(txn, person)?.and_then(|held| held.value.feed);
    if let Some(feed) = own
        && let Some(mut held) = load::<FeedRecord>(txn, feed)?
    {
        held.value.live = false;
        save(txn, &held)?;
    }
    Ok(())
}

/// Names an event for ever inside one feed, and nothing outside it: calendars of two feeds share no name.
fn uid(secret: &str, key: &Key) -> String {
    let digest = Sm3::new().chain_update(secret.as_bytes()).chain_update([0]).chain_update(key.as_bytes()).finalize();
    format!("{}@tongma", hex(&digest).chars().take(32).collect::<String>())
}

/// A thing as an event, if it says when it begins and ends.
fn event(thing: &ThingRecord, uid: &str, venue: &Words, scenario: &Words, english: bool) -> Option<Event> {
    let moment = |field: &str| thing.body.get(field).and_then(Value::as_i64).map(UnixMs::from_millis);
    let pick = |words: &Words| if english { words.en.to_string() } else { words.zh.to_string() };
    let said = |field: &str| {
        let words = thing.body.get(field)?;
        words.as_str().or_else(|| words.get(if english { "en" } else { "zh" })?.as_str()).map(str::to_owned)
    };
    let title = said("title").unwrap_or_else(|| pick(scenario));
    let note = [said("state_words"), said("number"), said("note")].into_iter().flatten().collect::<Vec<_>>();
    Some(Event {
        uid: uid.to_owned(),
        start: moment("start")?,
        end: moment("end")?,
        summary: format!("{title} · {}", pick(venue)),
        location: pick(venue),
        description: note.join("\n"),
        sequence: thing.revision,
        cancelled: thing.body.get("cancelled").and_then(Value::as_bool).unwrap_or(false),
    })
}

fn unknown() -> Refusal {
    Refusal::missing(
        "calendar.unknown",
        Text::new("没有这个日历，或已被收回", "There is no such calendar, or it was taken away"),
        Text::new("请在通码里重新生成日历地址", "Make a new address in the app"),
    )
}
