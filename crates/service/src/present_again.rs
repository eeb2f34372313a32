//! A read whose answer was lost, and that comes again when its step has passed: it gets its answer, nothing else does.

use tongma_code::classify::{Kind, classify};
use tongma_code::short::{ShortNumber, days_at};
use tongma_code::ticket::{Day, Handle};
use tongma_domain::{Bucket, Id, UnixMs};
use tongma_store::{Claimed, OnceClaim, load};
use tongma_verify::verifier::ShortBook;

use crate::people::holder_key;
use crate::platform::Platform;
use crate::present::{Book, Scanned, claimant, row_key};
use crate::records::{HolderRecord, PresentationRecord};

/// How far back a short number is looked for. Its digits do not say when it was shown; a day's key opens every number of
/// that day, so one earlier moment reaches the day before as well.
const SHORT_LOOKED_BACK_S: i64 = 12 * 3600;

/// A ticket, its day, and a step of it.
type Shown = (Handle, Day, u8);

impl Platform {
    /// The presentation that this very read opened while its step was shown, if it did.
    pub(crate) fn opened_before(&self, point: Id, scanned: &Scanned) -> Option<(Id, PresentationRecord, HolderRecord)> {
        let shown = match self.ticket_shown(&scanned.text) {
            Some(shown) => vec![shown],
            None => self.short_steps(&scanned.text),
        };
        shown.into_iter().find_map(|shown| self.opened_by(point, scanned, shown))
    }

    /// The ticket and the step that a T1 shows, if it was good when it was shown.
    fn ticket_shown(&self, text: &str) -> Option<Shown> {
        let read = tongma_verify::verifier::read(text).ok()?;
        let shown = read.inspect();
        let window = shown.signed.header.window;
        let then_s = window.start_s() + i64::from(shown.step) * i64::from(window.step().seconds());
        // Judged as of the moment it says it was shown: only what was good then can have opened anything.
        let ticket = self.codes.check(text, UnixMs::from_millis(then_s * 1000)).ticket().ok()?;
        Some((ticket.handle(), ticket.window().day(), ticket.step()))
    }

    /// The tickets and steps that a short number may have shown. One that its MAC fits by chance opens nothing: the row
    /// that is looked up names the read.
    fn short_steps(&self, text: &str) -> Vec<Shown> {
        let (Kind::Short, text) = classify(text) else { return Vec::new() };
        let Ok(number) = ShortNumber::from_text(text) else { return Vec::new() };
        let (now_s, book, mut found) = (self.now().as_seconds(), Book(self), Vec::new());
        let mut days = Vec::new();
        for day in [days_at(now_s), days_at(now_s - SHORT_LOOKED_BACK_S)].into_iter().flatten().flatten() {
            if !days.contains(&day) {
                days.push(day);
            }
        }
        for day in days {
            let Some(alias) = book.alias(day, number.alias) else { continue };
            book.candidates(day, alias, &mut |candidate| {
                let steps = (0..candidate.window.steps()).filter_map(|step| u8::try_from(step).ok());
                let fits = steps.filter(|step| candidate.key.mac(*step) == number.mac);
                found.extend(fits.map(|step| (candidate.handle, day, step)));
            });
        }
        found
    }

    /// The presentation that this very read opened by a ticket's step.
    fn opened_by(
        &self,
        point: Id,
        scanned: &Scanned,
        (handle, day, step): Shown,
    ) -> Option<(Id, PresentationRecord, HolderRecord)> {
        let opened = self.day_keys(day).handle.open(&handle);
        let (bucket, number) = (Bucket::new(opened.subject.bucket()).ok()?, opened.subject.person()?);
        let claim = OnceClaim {
            key: row_key(handle),
            rank: u32::from(step),
            claimant: claimant(point, &scanned.request_id),
            answer: Vec::new(),
            keep_until: self.now(),
        };
        let found = self.read(bucket, |txn| {
            let Claimed::Again(answer) = txn.claim(&claim)? else { return Ok(None) };
            let Ok(id) = tongma_store::decode::<Id>(&answer) else { return Ok(None) };
            let record = load::<PresentationRecord>(txn, id)?;
            let holder = load::<HolderRecord>(txn, holder_key(number))?;
            Ok(record.zip(holder).map(|(record, holder)| (id, record.value, holder.value)))
        });
        found.ok()?.filter(|(_, record, _)| record.point == point)
    }
}
