//! Questions that their person does not see: whoever has no page open is told by the inbox and by text, once, and only while the
//! question still waits. One that is answered at once leaves nothing behind.

use tongma_capability::Stop;
use tongma_domain::{Id, Refusal, Text, UnixMs};
use tongma_store::{Txn, encode, load};

use super::{Notice, Own, tell_at, topic_of};
use crate::platform::Platform;
use crate::records::{PresentationRecord, RequestRecord};

/// The topic of such messages.
const TOPIC: &str = "consent_asked";
const WAITS: Text = Text::new(
    "有一项办事在等您同意，请打开首页查看是谁、要什么",
    "Something waits for your yes: open the first page to see who asks, and for what",
);

/// Looks after the question later, in the transaction that puts it.
pub(crate) fn ask_later(txn: &mut dyn Txn, request: Id, who: &[Id], now: UnixMs) -> Result<(), Stop> {
    let item = encode(&Own::Asked { request, who: who.to_vec() })?;
    Ok(txn.due_put(now.plus_s(topic_of(TOPIC).after_s), item).map(drop)?)
}

impl Platform {
    /// Tells those who have no page open that a question still waits for them.
    pub(crate) async fn tell_asked(&self, request: Id, who: &[Id]) -> Result<(), Refusal> {
        let now = self.now();
        let found = self.read(request.bucket(), |txn| {
            let Some(request) = load::<RequestRecord>(txn, request)? else { return Ok(None) };
            let at = load::<PresentationRecord>(txn, request.value.presentation)?;
            Ok(Some((request.value, at.map(|held| held.value))))
        })?;
        let waits = |record: &RequestRecord| record.decision.is_none() && record.expires > now;
        let Some((record, presentation)) = found.filter(|(record, _)| waits(record)) else { return Ok(()) };
        let directory = self.directory();
        let venue =
            presentation.as_ref().and_then(|one| directory.point(one.point).ok()).map(|known| known.point.venue);
        for person in who.iter().copied().filter(|person| !self.live().is_heard(*person)) {
            let plain = Notice::of_platform(person, TOPIC, WAITS.into(), &[b"asked", request.as_bytes()]);
            let scenario = presentation.as_ref().map(|one| one.purpose.clone());
            let notice = Notice { venue, scenario, ..plain };
            // The moment of asking names the message, so that a second delivery finds the first one's.
            let asked = record.asked;
            self.run(person.bucket(), move |txn| tell_at(txn, &notice, (asked, now))).await?;
            self.live().publish(person, "messages");
        }
        Ok(())
    }
}
