//! The citizen's inbox and what is texted.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_service::{NoticeSettings, TOPICS};

use crate::{
    dto::Words,
    edge::{Shared, SignedIn},
    extract::{Json, Page},
    problem::Answer,
};

/// A page of the inbox.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Inbox {
    /// The messages, newest first.
    pub items: Vec<Message>,
    /// Give this as `after` for more.
    pub next: Option<String>,
    /// How many are unread, up to 100.
    pub unread: usize,
}

/// A message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Message {
    /// Its id among mine.
    pub id: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The topic's id.
    pub topic: String,
    /// The topic's name.
    pub topic_name: Words,
    /// What it says.
    pub text: Words,
    /// From where.
    pub venue: Option<Words>,
    /// The scenario it came out of.
    pub scenario: Option<String>,
    /// Seen.
    pub read: bool,
    /// What became of the text: `none`, `waiting`, `sent`, `unneeded`, `failed`.
    pub texted: Value,
}

/// Messages seen.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Their ids; every one when empty.
    #[serde(default)]
    pub ids: Vec<String>,
}

/// How many were unread.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SeenNow {
    /// So many are read now that were not.
    pub read: usize,
}

/// What is texted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Settings {
    /// Every topic that has a text.
    pub topics: Vec<TopicSetting>,
    /// No text from this minute of the day in Beijing …
    pub quiet_from_minute: u16,
    /// … until this one.
    pub quiet_until_minute: u16,
    /// `zh` or `en`.
    pub language: String,
}

/// One topic.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TopicSetting {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The whole text, as it is sent.
    pub text: Words,
    /// Texted.
    pub on: bool,
    /// The law says that it must be told: cannot be switched off.
    pub statutory: bool,
    /// Sent in quiet hours too.
    pub urgent: bool,
}

/// What is to be texted from now on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSettings {
    /// Topics that are not texted.
    pub off: Vec<String>,
    /// No text from this minute of the day in Beijing …
    pub quiet_from_minute: u16,
    /// … until this one; the same means never quiet.
    pub quiet_until_minute: u16,
    /// `zh` or `en`.
    pub language: String,
}

pub async fn inbox(State(edge): State<Shared>, me: SignedIn, page: Page) -> Answer<Json<Inbox>> {
    let found = edge.platform.messages(&me.0, page.after.as_deref(), usize::from(page.limit))?;
    let message = |message: tongma_service::Message| Message {
        id: message.id,
        at_ms: message.at.as_millis(),
        topic: message.topic.id.to_owned(),
        topic_name: message.topic.name.into(),
        text: (&message.text).into(),
        venue: message.venue.as_ref().map(Into::into),
        scenario: message.scenario,
        read: message.read,
        texted: serde_json::to_value(message.texted).unwrap_or_default(),
    };
    Ok(Json(Inbox { items: found.items.into_iter().map(message).collect(), next: found.next, unread: found.unread }))
}

pub async fn seen(State(edge): State<Shared>, me: SignedIn, Json(seen): Json<Seen>) -> Answer<Json<SeenNow>> {
    Ok(Json(SeenNow { read: edge.platform.read_messages(&me.0, &seen.ids).await? }))
}

pub async fn settings(State(edge): State<Shared>, me: SignedIn) -> Answer<Json<Settings>> {
    Ok(Json(shown(edge.platform.notice_settings(&me.0)?)))
}

pub async fn set(State(edge): State<Shared>, me: SignedIn, Json(new): Json<NewSettings>) -> Answer<Json<Settings>> {
    let NewSettings { off, quiet_from_minute, quiet_until_minute, language } = new;
    let settings = NoticeSettings { off, quiet_from_minute, quiet_until_minute, language };
    edge.platform.set_notice_settings(&me.0, settings.clone()).await?;
    Ok(Json(shown(settings)))
}

fn shown(settings: NoticeSettings) -> Settings {
    let topics = TOPICS.iter().filter_map(|topic| {
        Some(TopicSetting {
            id: topic.id.to_owned(),
            name: topic.name.into(),
            text: topic.sms?.into(),
            on: topic.statutory || !settings.off.iter().any(|off| off == topic.id),
            statutory: topic.statutory,
            urgent: topic.urgent,
        })
    });
    Settings {
        topics: topics.collect(),
        quiet_from_minute: settings.quiet_from_minute,
        quiet_until_minute: settings.quiet_until_minute,
        language: settings.language,
    }
}
