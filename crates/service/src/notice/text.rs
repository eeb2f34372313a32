//! The text to the phone: sent by the outbox, never in quiet hours unless it cannot wait, given up in the end.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tongma_capability::Reply;
use tongma_domain::{Bucket, Id, Refusal, UnixMs};
use tongma_store::{Claimed, Key, encode, load, save};

use super::records::{MessageRecord, NoticeSettings, Texted};
use super::topics::topic_of;
use crate::people::load_holder;
use crate::platform::Platform;

/// The connector that carries texts.
const CONNECTOR: &str = "sms";
/// After how many answers that said nothing a text is given up.
const MOST_TRIES: u32 = 10;
/// The first wait after an answer that said nothing, in seconds; it doubles.
const FIRST_WAIT_S: i64 = 2;

/// What waits in the outbox for the service itself, and not for a scenario. Its bytes begin with the tag.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "own", rename_all = "snake_case")]
pub(crate) enum Own {
    /// The text of a message.
    Text {
        /// The message's key.
        message: Key,
        /// How often it was tried.
        tries: u32,
    },
    /// A case is to be copied into its owner's list.
    CaseMirror {
        /// The case.
        case: Id,
    },
    /// A case's deadline has come.
    CaseDue {
        /// The case.
        case: Id,
    },
    /// A question was put; whoever has not seen it by now is told.
    Asked {
        /// The question.
        request: Id,
        /// To whom it was put.
        who: Vec<Id>,
    },
    /// What a closed account still held is to go.
    Erase {
        /// Whose.
        person: Id,
    },
}

impl Own {
    /// The service's own item in these bytes, if it is one.
    pub fn of(body: &[u8]) -> Option<Self> {
        body.starts_with(b"{\"own\"").then(|| serde_json::from_slice(body).ok()).flatten()
    }
}

/// What is to happen with a text now.
enum Next {
    Drop(Texted),
    Later(UnixMs),
    Send { to: String, text: &'static str },
}

impl Platform {
    /// Delivers an item of the service's own.
    pub(crate) async fn deliver_own(&self, bucket: Bucket, seq: u64, own: Own) -> Result<(), Refusal> {
        match own {
            Own::Text { message, tries } => self.deliver_text((bucket, seq), message, tries).await,
            Own::CaseMirror { case } => self.mirror_case(case).await,
            Own::CaseDue { case } => self.case_due(case).await,
            Own::Asked { request, who } => self.tell_asked(request, &who).await,
            Own::Erase { person } => self.erase(person).await,
        }
    }

    async fn deliver_text(&self, (bucket, seq): (Bucket, u64), message: Key, tries: u32) -> Result<(), Refusal> {
        let now = self.now();
        let next = match self.next_of_text(bucket, &message, now)? {
            Next::Send { to, text } => self.send_text(&message, &to, text, (tries, now)).await,
            other => other,
        };
        let once = self.mark_of(bucket, seq);
        self.run(bucket, move |txn| {
            if txn.claim(&once)? != Claimed::Fresh {
                return Ok(());
            }
            match &next {
                Next::Drop(texted) => {
                    if let Some(mut held) = load::<MessageRecord>(txn, message.clone())? {
                        held.value.texted = *texted;
                        save(txn, &held)?;
                    }
                }
                Next::Later(at) => {
                    txn.due_put(*at, encode(&Own::Text { message: message.clone(), tries: tries + 1 })?)?;
                }
                Next::Send { .. } => {}
            }
            Ok(())
        })
        .await
    }

    fn next_of_text(&self, bucket: Bucket, message: &Key, now: UnixMs) -> Result<Next, Refusal> {
        let found = self.read(bucket, |txn| {
            let Some(held) = load::<MessageRecord>(txn, message.clone())? else { return Ok(None) };
            let person = held.value.person;
            let settings = load::<NoticeSettings>(txn, person)?.map(|held| held.value).unwrap_or_default();
            Ok(Some((held.value, settings, load_holder(txn, person)?.value)))
        })?;
        let Some((record, settings, holder)) = found else { return Ok(Next::Drop(Texted::Failed)) };
        let topic = topic_of(&record.topic);
        let Some(sms) = topic.sms else { return Ok(Next::Drop(Texted::None)) };
        if record.read {
            return Ok(Next::Drop(Texted::Unneeded));
        }
        // The hours the person sleeps do not count against the text's life.
        let quiet_s = if topic.urgent { 0 } else { i64::from(settings.quiet_left(now.minute_of_day())) * 60 };
        if quiet_s > 0 {
            return Ok(Next::Later(now.plus_s(quiet_s)));
        }
        if now.since(record.at) > (topic.life_s + quiet_allowance_s(topic.urgent)) * 1000 {
            return Ok(Next::Drop(Texted::Failed));
        }
        let to = self.personal_data(&holder)?.phone;
        if to.is_empty() {
            return Ok(Next::Drop(Texted::None));
        }
        Ok(Next::Send { to, text: if settings.language == "en" { sms.en } else { sms.zh } })
    }

    async fn send_text(&self, message: &Key, to: &str, text: &str, (tries, now): (u32, UnixMs)) -> Next {
        let Some(outside) = self.outside.get(CONNECTOR) else { return Next::Drop(Texted::Failed) };
        // The gateway's number for it is the same at every try, so that one that did arrive is not sent again.
        let number = Id::derived(&[b"sms", message.as_bytes()]);
        match outside.call(json!({ "number": number, "to": to, "text": text })).await {
            Reply::Success { .. } => Next::Drop(Texted::Sent),
            Reply::Failure { .. } => Next::Drop(Texted::Failed),
            Reply::Unknown if tries >= MOST_TRIES => Next::Drop(Texted::Failed),
            Reply::Unknown => Next::Later(now.plus_s(FIRST_WAIT_S << tries.min(MOST_TRIES))),
        }
    }
}

const fn quiet_allowance_s(urgent: bool) -> i64 {
    if urgent { 0 } else { 12 * 3600 }
}
