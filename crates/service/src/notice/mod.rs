//! Messages: into the person's inbox once, and to the phone as a fixed sentence, behind the outbox.
//!
//! A venue never sees the number: it names a topic, and the platform relays. What the inbox says stays on the platform.

mod asked;
mod records;
mod text;
mod topics;

use std::sync::Arc;

use serde::Serialize;
use tongma_capability::Stop;
use tongma_domain::{Id, Refusal, Text, UnixMs, Words};
use tongma_store::{Key, Txn, create, encode, find, load, save, upsert};

pub use records::{NoticeSettings, Texted};
pub use topics::{TOPICS, Topic, topic_of};

use crate::leg::LegContext;
use crate::platform::Platform;
use crate::sessions::Citizen;
use crate::vault::{hex, unhex};
pub(crate) use asked::ask_later;
pub(crate) use records::MessageRecord;
pub(crate) use text::Own;

/// A message about to go into an inbox.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub person: Id,
    pub topic: String,
    pub text: Words,
    pub venue: Option<Id>,
    pub scenario: Option<String>,
    /// What it comes from: the same origin again is the same message.
    pub origin: Key,
}

impl Notice {
    /// A message of the platform's own.
    pub fn of_platform(person: Id, topic: &str, text: Words, origin: &[&[u8]]) -> Self {
        Self { person, topic: topic.to_owned(), text, venue: None, scenario: None, origin: Key::of(origin) }
    }

    /// A message out of something done at a venue.
    pub fn of_leg(person: Id, topic: String, text: Words, context: &LegContext) -> Self {
        let origin = Key::of(&[context.attempt.as_bytes(), topic.as_bytes(), text.zh.as_bytes()]);
        let scenario = Some(context.scenario.clone());
        Self { person, topic, text, venue: Some(context.venue), scenario, origin }
    }
}

/// Puts a message into the inbox, in a transaction of the person's bucket, and its text into the outbox.
pub(crate) fn tell(txn: &mut dyn Txn, notice: &Notice, now: UnixMs) -> Result<(), Stop> {
    tell_at(txn, notice, (now, now.plus_s(topic_of(&notice.topic).after_s)))
}

/// The same, its text due at a moment of the caller's.
fn tell_at(txn: &mut dyn Txn, notice: &Notice, (now, text_at): (UnixMs, UnixMs)) -> Result<(), Stop> {
    let topic = topic_of(&notice.topic);
    let wants = topic.statutory
        || !load::<NoticeSettings>(txn, notice.person)?.is_some_and(|held| held.value.off.contains(&notice.topic));
    let texted = if topic.sms.is_some() && wants { Texted::Waiting } else { Texted::None };
    let key = message_key(notice.person, now, &notice.origin);
    if txn.get(<MessageRecord as tongma_store::Stored>::KIND, &key)?.is_some() {
        return Ok(());
    }
    let record = MessageRecord {
        person: notice.person,
        topic: topic.id.to_owned(),
        text: notice.text.clone(),
        at: now,
        venue: notice.venue,
        scenario: notice.scenario.clone(),
        read: false,
        texted,
    };
    create(txn, key.clone(), &record)?;
    if texted == Texted::Waiting {
        txn.due_put(text_at, encode(&Own::Text { message: key, tries: 0 })?)?;
    }
    Ok(())
}

fn message_key(person: Id, at: UnixMs, origin: &Key) -> Key {
    let inverted = u64::MAX - at.as_millis().unsigned_abs();
    let tail = Id::derived(&[b"message", origin.as_bytes()]);
    let tail = tail.as_bytes().get(8..).unwrap_or_default();
    Key::new(&[person.as_bytes(), &inverted.to_be_bytes()[..], tail].concat())
}

/// What a message is called outside: its key without the person.
fn outward_key(key: &Key) -> String {
    hex(key.as_bytes().get(16..).unwrap_or_default())
}

fn inward_key(person: Id, text: &str) -> Option<Key> {
    let tail = unhex(text).filter(|bytes| bytes.len() == 16)?;
    Some(Key::new(&[person.as_bytes(), tail.as_slice()].concat()))
}

/// A message as the app shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    /// Its id among this person's messages.
    pub id: String,
    /// When.
    pub at: UnixMs,
    /// What it is about.
    pub topic: &'static Topic,
    /// What it says.
    pub text: Words,
    /// From where.
    pub venue: Option<Words>,
    /// The scenario it came out of.
    pub scenario: Option<String>,
    /// Seen.
    pub read: bool,
    /// What became of the text.
    pub texted: Texted,
}

/// A page of the inbox.
#[derive(Debug, Clone, Serialize)]
pub struct Inbox {
    /// The messages, newest first.
    pub items: Vec<Message>,
    /// Give this as `after` for more.
    pub next: Option<String>,
    /// How many are unread, up to 100.
    pub unread: usize,
}

/// The most unread messages that are counted.
const MOST_COUNTED: usize = 100;

impl Platform {
    /// Tells a person something, now.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn notify(self: &Arc<Self>, person: Id, topic: &str, text: Words) -> Result<(), Refusal> {
        let (now, seed) = (self.now(), self.seed());
        let notice = Notice::of_platform(person, topic, text, &[b"notify", &seed]);
        self.run(person.bucket(), move |txn| tell(txn, &notice, now)).await?;
        self.live().publish(person, "messages");
        Ok(())
    }

    /// The citizen's messages, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn messages(&self, citizen: &Citizen, after: Option<&str>, limit: usize) -> Result<Inbox, Refusal> {
        let person = citizen.person;
        let after = after.and_then(|cursor| inward_key(person, cursor));
        let (page, unread) = self.read(person.bucket(), |txn| {
            let page = find::<MessageRecord>(txn, "person", person, after.as_ref(), limit.clamp(1, 100))?;
            let unread = find::<MessageRecord>(txn, "unread", person, None, MOST_COUNTED)?;
            Ok((page, unread.items.len()))
        })?;
        let next = page.items.last().filter(|_| page.more).map(|held| outward_key(&held.key));
        let directory = self.directory();
        let items = page.items.into_iter().map(|held| Message {
            id: outward_key(&held.key),
            at: held.value.at,
            topic: topic_of(&held.value.topic),
            text: held.value.text,
            venue: held.value.venue.and_then(|id| directory.venue(id).ok()).map(tongma_domain::Venue::names),
            scenario: held.value.scenario,
            read: held.value.read,
            texted: held.value.texted,
        });
        Ok(Inbox { items: items.collect(), next, unread })
    }

    /// Marks messages as read: those named, or every one when none is.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn read_messages(&self, citizen: &Citizen, ids: &[String]) -> Result<usize, Refusal> {
        let person = citizen.person;
        let named: Vec<Key> = ids.iter().filter_map(|id| inward_key(person, id)).take(MOST_COUNTED).collect();
        let all = ids.is_empty();
        self.run(person.bucket(), move |txn| {
            let unread = find::<MessageRecord>(txn, "unread", person, None, MOST_COUNTED)?;
            let mut count = 0;
            for mut held in unread.items.into_iter().filter(|held| all || named.contains(&held.key)) {
                held.value.read = true;
                save(txn, &held)?;
                count += 1;
            }
            Ok(count)
        })
        .await
    }

    /// What the citizen wants to be told by text.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn notice_settings(&self, citizen: &Citizen) -> Result<NoticeSettings, Refusal> {
        let person = citizen.person;
        self.read(person.bucket(), |txn| {
            Ok(load::<NoticeSettings>(txn, person)?.map(|held| held.value).unwrap_or_default())
        })
    }

    /// Changes that. Statutory topics cannot be switched off.
    ///
    /// # Errors
    /// `notice.statutory`, `notice.settings`.
    pub async fn set_notice_settings(&self, citizen: &Citizen, settings: NoticeSettings) -> Result<(), Refusal> {
        let known = |id: &String| TOPICS.iter().find(|topic| topic.id == id.as_str() && topic.sms.is_some());
        if settings.off.iter().any(|id| known(id).is_some_and(|topic| topic.statutory)) {
            return Err(Refusal::conflict(
                "notice.statutory",
                Text::new("这类消息依法必须告知", "The law says that this must be told"),
                Text::new("可以关闭其他类别", "Other topics can be switched off"),
            ));
        }
        let fits = settings.off.iter().all(|id| known(id).is_some())
            && settings.quiet_from_minute < 1440
            && settings.quiet_until_minute < 1440
            && ["zh", "en"].contains(&settings.language.as_str());
        if !fits {
            return Err(Refusal::invalid(
                "notice.settings",
                Text::new("消息设置不正确", "These settings do not fit"),
                Text::new("请核对类别和时间", "Check the topics and the hours"),
            ));
        }
        let person = citizen.person;
        self.run(person.bucket(), move |txn| Ok(upsert(txn, person, &settings)?)).await
    }
}
