//! Present: a scanned code becomes a presentation at one point, for one purpose, once.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use sm3::{Digest, Sm3};
use tongma_capability::Stop;
use tongma_code::classify::{Kind, classify};
use tongma_code::short::{Alias, Candidate, SealedAlias};
use tongma_code::ticket::{Day, Handle};
use tongma_domain::{
    Bucket, Card, Claim, ConsentKind, Id, Refusal, SeededEntropy, Starter, Text, UnixMs, Words, mask_name,
};
use tongma_store::{Claimed, Key, OnceClaim, Txn, create, encode, load};
use tongma_verify::verdict::{Reason, VerifiedTicket};
use tongma_verify::verifier::{NoReplay, ShortBook, check_short};

use crate::people::{holder_key, live_device, load_holder, unknown_person};
use crate::platform::Platform;
pub(crate) use crate::present_words::{claim_value, code_refusal};
use crate::records::{HolderRecord, LogLine, PresentationRecord};
use crate::sessions::{device_lives, subject_of};
use crate::tickets::window_of;

/// How long a presentation lives unless an action or the point ends it.
pub const PRESENTATION_LIFE_S: i64 = 120;
/// How long after a ticket's end its row is kept: the longest hand-over delay of an offline point.
const ROW_KEPT_DAYS: i64 = 8;

/// A code was scanned.
#[derive(Debug, Clone)]
pub struct Scanned {
    /// The scanned text, as it came.
    pub text: String,
    /// 16 random bytes of this physical read, hexadecimal.
    pub request_id: String,
    /// The scenario it was scanned for.
    pub purpose: String,
    /// The operator's name.
    pub operator: String,
}

/// A presentation as its point may know it.
#[derive(Debug, Clone, Serialize)]
pub struct Presentation {
    /// Its id.
    pub id: Id,
    /// Until when it lives.
    pub expires_ms: UnixMs,
    /// `t1` or `n1`.
    pub mode: String,
    /// The masked name.
    pub masked_name: String,
    /// The pairwise pseudonym.
    pub pseudonym: String,
    /// Released claims by name, inside the card's table.
    pub claims: Map<String, Value>,
    /// Who shows it for whom, when it is not the person.
    pub shown_for: Option<Words>,
    /// The actions an operator may start, by id.
    pub actions: Vec<&'static str>,
    /// Whether it has ended.
    pub over: bool,
}

impl Platform {
    /// Opens a presentation. The same point with the same request id gets the same presentation again; everything else
    /// that shows a spent step is refused.
    ///
    /// # Errors
    /// A refusal naming what the text is and what to do: `code.expired`, `code.used`, `code.wechat_pay` …
    pub async fn present(self: &Arc<Self>, point: Id, scanned: &Scanned) -> Result<Presentation, Refusal> {
        self.present_with_pin(point, scanned, None).await
    }

    /// The same, with the PIN of a paper code where one was typed.
    ///
    /// # Errors
    /// As [`Platform::present`], and those of paper: `paper.stopped`, `paper.pin_needed` …
    pub async fn present_with_pin(
        self: &Arc<Self>,
        point: Id,
        scanned: &Scanned,
        pin: Option<&str>,
    ) -> Result<Presentation, Refusal> {
        let paper = classify(&scanned.text).0 == Kind::Paper;
        let (id, record, holder) = if paper {
            self.open_paper(point, scanned, pin).await?
        } else {
            self.open_presentation(point, scanned).await?
        };
        self.shown(id, &record, &holder)
    }

    /// As [`Self::present`], with the records behind it.
    pub(crate) async fn open_presentation(
        &self,
        point: Id,
        scanned: &Scanned,
    ) -> Result<(Id, PresentationRecord, HolderRecord), Refusal> {
        if classify(&scanned.text).0 == Kind::Paper {
            return self.open_paper(point, scanned, None).await;
        }
        let now = self.now();
        let directory = self.directory();
        let record = directory.point(point)?;
        if !record.point.scenarios.contains(&scanned.purpose) {
            return Err(not_for_this());
        }
        let scenario = self.scenario(&scanned.purpose)?;
        scenario.may_serve(directory.venue(record.point.venue)?, now)?;
        let card = scenario.card();
        let (ticket, mode) = match self.verified(&scanned.text, now) {
            Ok(verified) => verified,
            // Time has passed since a read whose answer was lost: the same read gets its answer, nothing else does.
            Err(refusal) => return self.opened_before(point, scanned).ok_or(refusal),
        };
        let opened = self.day_keys(ticket.window().day()).handle.open(&ticket.handle());
        let bucket = Bucket::new(opened.subject.bucket()).map_err(|_| unknown_person())?;
        let organisation = directory.venue(record.point.venue)?.organisation;
        let number = opened.subject.person().ok_or_else(unknown_person)?;
        let on_behalf = self.on_behalf(bucket, number, (opened.actor, opened.device), card, organisation)?;
        let opening = Opening {
            on_behalf,
            id: Id::new(now, bucket, &mut SeededEntropy::new(self.seed())),
            number,
            actor: opened.actor,
            device: opened.device,
            point,
            venue: record.point.venue,
            organisation,
            card,
            scanned: scanned.clone(),
            mode,
            row: OnceClaim {
                key: row_key(ticket.handle()),
                rank: u32::from(ticket.step()),
                claimant: claimant(point, &scanned.request_id),
                answer: Vec::new(),
                keep_until: UnixMs::from_millis(ticket.window().end_s().saturating_mul(1000)).plus_days(ROW_KEPT_DAYS),
            },
            now,
        };
        let (id, record, holder) = self.run(bucket, move |txn| opening.open(txn)).await?;
        if record.point != point {
            return Err(used());
        }
        self.live().publish(record.person, "log");
        Ok((id, record, holder))
    }

    /// Verifies a scanned text: T1 by signature, N1 by the platform's own keys, anything else named for what it is.
    fn verified(&self, text: &str, now: UnixMs) -> Result<(VerifiedTicket, &'static str), Refusal> {
        // The background signs them on its schedule; a platform that slept through it does so before it judges.
        self.refresh_lists_when_due()?;
        match self.codes.check(text, now).ticket() {
            Ok(ticket) => Ok((ticket, "t1")),
            Err(Reason::NotThis(Kind::Short)) => check_short(text, now.as_seconds(), &Book(self), &NoReplay)
                .map(|ticket| (ticket, "n1"))
                .map_err(code_refusal),
            Err(reason) => Err(code_refusal(reason)),
        }
    }

    /// A presentation of this point.
    pub(crate) fn presentation(&self, point: Id, id: Id) -> Result<PresentationRecord, Refusal> {
        self.read(id.bucket(), |txn| {
            Ok(load::<PresentationRecord>(txn, id)?
                .filter(|held| held.value.point == point)
                .ok_or_else(unknown_presentation)?
                .value)
        })
    }

    /// A presentation as its point may know it, asked again.
    ///
    /// # Errors
    /// `presentation.unknown`.
    pub fn see_presentation(&self, point: Id, id: Id) -> Result<(Presentation, PresentationRecord), Refusal> {
        let mut record = self.presentation(point, id)?;
        self.note_timeout(&mut record)?;
        let holder = self.read(record.person.bucket(), |txn| Ok(load_holder(txn, record.person)?.value))?;
        Ok((self.shown(id, &record, &holder)?, record))
    }

    /// Ends a presentation.
    ///
    /// # Errors
    /// `presentation.unknown`.
    pub async fn close_presentation(&self, point: Id, id: Id) -> Result<(), Refusal> {
        self.presentation(point, id)?;
        self.run(id.bucket(), move |txn| {
            if let Some(mut held) = load::<PresentationRecord>(txn, id)? {
                held.value.closed = true;
                tongma_store::save(txn, &held)?;
            }
            Ok(())
        })
        .await
    }

    pub(crate) fn shown(
        &self,
        id: Id,
        record: &PresentationRecord,
        holder: &HolderRecord,
    ) -> Result<Presentation, Refusal> {
        let directory = self.directory();
        let point = &directory.point(record.point)?.point;
        let organisation = directory.venue(point.venue)?.organisation;
        let card = self.scenario(&record.purpose)?.card();
        let data = self.personal_data(holder)?;
        let mut claims = Map::new();
        for claim in &record.released {
            if let Some((name, value)) = claim_value(*claim, &data, self.now()) {
                claims.insert(name.to_owned(), value);
            }
        }
        let number =
            holder.bindings.iter().find(|(owner, _)| *owner == organisation).map(|(_, binding)| binding.number.clone());
        if let Some(number) = number.filter(|_| record.released.contains(&Claim::VenueNumber)) {
            claims.insert("venue_number".into(), Value::from(number));
        }
        let starter = |action: &&tongma_domain::Action| action.by.contains(&Starter::Operator);
        Ok(Presentation {
            id,
            expires_ms: record.expires,
            mode: record.mode.clone(),
            masked_name: mask_name(&data.name),
            pseudonym: self.pseudonym(organisation, record.person),
            claims,
            shown_for: self.actor_words(holder, record.actor, &mask_name(&data.name)),
            actions: card.actions.iter().filter(starter).map(|action| action.id).collect(),
            over: record.closed || record.expires <= self.now(),
        })
    }

    /// Claims the row of a code that an offline point took, recorded and not judged again. The claimant is that of an
    /// online read ([`claimant`]) where the point had asked the platform first and could not wait for its answer.
    pub(crate) async fn claim_offline(
        &self,
        ticket: &VerifiedTicket,
        claimant: [u8; 32],
    ) -> Result<OfflineClaim, Refusal> {
        let bucket = tongma_domain::Bucket::from_low_bits(
            self.day_keys(ticket.window().day()).handle.open(&ticket.handle()).subject.bucket(),
        );
        let end = UnixMs::from_millis(ticket.window().end_s().saturating_mul(1000));
        let claim = OnceClaim {
            key: row_key(ticket.handle()),
            rank: u32::from(ticket.step()),
            claimant,
            answer: encode(&Id::derived(&[&claimant])).unwrap_or_default(),
            keep_until: end.plus_days(ROW_KEPT_DAYS),
        };
        self.run(bucket, move |txn| {
            Ok(match txn.claim(&claim)? {
                Claimed::Fresh => OfflineClaim::Fresh,
                Claimed::Again(answer) => OfflineClaim::Again(tongma_store::decode(&answer)?),
                Claimed::Taken { .. } => OfflineClaim::Elsewhere,
            })
        })
        .await
    }

    /// The person behind a code that was good at a moment in the past, for facts handed over.
    pub(crate) fn person_of_code(&self, text: &str, at: UnixMs) -> Option<(Id, u8, VerifiedTicket)> {
        let (ticket, _) = self.verified(text, at).ok()?;
        let opened = self.day_keys(ticket.window().day()).handle.open(&ticket.handle());
        let bucket = Bucket::new(opened.subject.bucket()).ok()?;
        let number = opened.subject.person()?;
        let holder = self.read(bucket, |txn| Ok(load::<HolderRecord>(txn, holder_key(number))?)).ok()??;
        Some((holder.value.person, opened.actor, ticket))
    }
}

/// A presentation about to be opened, with everything its transaction needs.
struct Opening {
    /// Who shows it for whom, when it is not the person: the actor, and both in words.
    on_behalf: Option<(Id, Words)>,
    id: Id,
    number: u16,
    actor: u8,
    device: u8,
    point: Id,
    venue: Id,
    organisation: Id,
    card: &'static Card,
    scanned: Scanned,
    mode: &'static str,
    row: OnceClaim,
    now: UnixMs,
}

impl Opening {
    /// Claims the code's row and writes presentation and log line; a retry finds what it opened before.
    fn open(&self, txn: &mut dyn Txn) -> Result<(Id, PresentationRecord, HolderRecord), Stop> {
        let holder = load::<HolderRecord>(txn, holder_key(self.number))?.ok_or_else(unknown_person)?.value;
        let claim = OnceClaim { answer: encode(&self.id)?, ..self.row.clone() };
        match txn.claim(&claim)? {
            Claimed::Fresh => {}
            Claimed::Again(answer) => {
                let known: Id = tongma_store::decode(&answer)?;
                let record = load::<PresentationRecord>(txn, known)?.ok_or_else(unknown_presentation)?.value;
                return Ok((known, record, holder));
            }
            Claimed::Taken { .. } => return Err(used().into()),
        }
        if holder.frozen {
            return Err(frozen().into());
        }
        if !device_lives(&holder, self.actor, self.device) {
            return Err(denied().into());
        }
        let record = self.record(&holder);
        create(txn, self.id, &record)?;
        crate::outbox::append(txn, holder.person, self.now, &self.line(&record))?;
        self.tell_actor(txn, &record)?;
        Ok((self.id, record, holder))
    }

    fn record(&self, holder: &HolderRecord) -> PresentationRecord {
        let agreed = |known: &crate::records::ConsentRecord| {
            known.organisation == self.organisation && known.scenario == self.scanned.purpose
        };
        let released = match self.card.consent {
            // Before the standing consent is given, the point sees a masked name and nothing else.
            ConsentKind::Standing if !holder.consents.iter().any(agreed) => vec![Claim::Pseudonym, Claim::MaskedName],
            // What needs a yes in the session is released by the step that asked for it.
            ConsentKind::Explicit => vec![Claim::Pseudonym, Claim::MaskedName],
            _ => self.card.claims.iter().map(|ask| ask.claim).collect(),
        };
        PresentationRecord {
            person: holder.person,
            actor: self.actor,
            point: self.point,
            purpose: self.scanned.purpose.clone(),
            operator: self.scanned.operator.clone(),
            mode: self.mode.to_owned(),
            at: self.now,
            expires: self.now.plus_s(PRESENTATION_LIFE_S),
            closed: false,
            released,
            waiting: None,
            last: None,
        }
    }

    /// Whoever showed it for somebody has it in their own log too.
    fn tell_actor(&self, txn: &mut dyn Txn, record: &PresentationRecord) -> Result<(), Stop> {
        let Some((actor, words)) = &self.on_behalf else { return Ok(()) };
        let text = Words::new(
            format!("代人亮码（{}）：{}", words.zh, self.card.name.zh),
            format!("Code shown ({}): {}", words.en, self.card.name.en),
        );
        let context = crate::leg::LegContext {
            scenario: self.card.id.to_owned(),
            venue: self.venue,
            point: Some(self.point),
            operator: Some(self.scanned.operator.clone()),
            person: Some((record.person, record.actor)),
            attempt: self.id,
        };
        let detail = serde_json::json!({ "on_behalf": true });
        let effect = tongma_capability::Effect::Log { person: *actor, text, released: Vec::new(), detail };
        // It may take its time: the background worker brings it.
        crate::leg::queue(txn, vec![effect], &context, self.now)?;
        Ok(())
    }

    fn line(&self, record: &PresentationRecord) -> LogLine {
        let by = |zh: bool| {
            self.on_behalf
                .as_ref()
                .map(|(_, words)| format!("（{}）", if zh { &words.zh } else { &words.en }))
                .unwrap_or_default()
        };
        LogLine {
            kind: "presented".into(),
            text: Words::new(
                format!("亮码{}：{}", by(true), self.card.name.zh),
                format!("Code shown{}: {}", by(false), self.card.name.en),
            ),
            venue: Some(self.venue),
            point: Some(self.point),
            operator: Some(self.scanned.operator.clone()),
            released: record.released.clone(),
            detail: serde_json::json!({ "mode": self.mode, "presentation": self.id }),
        }
    }
}

/// What was known of a code that an offline point hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfflineClaim {
    /// Nothing.
    Fresh,
    /// This very read; the presentation it opened online, if it did.
    Again(Id),
    /// Another read took this step or a later one: an alarm.
    Elsewhere,
}

/// The platform's own book of short numbers.
pub(crate) struct Book<'a>(pub(crate) &'a Platform);

impl ShortBook for Book<'_> {
    fn alias(&self, day: Day, sealed: SealedAlias) -> Option<Alias> {
        Some(self.0.day_keys(day).alias.open(sealed))
    }

    fn candidates(&self, day: Day, alias: Alias, visit: &mut dyn FnMut(&Candidate)) {
        let Ok(bucket) = Bucket::new(alias.bucket) else { return };
        let found = self.0.read(bucket, |txn| Ok(load::<HolderRecord>(txn, holder_key(alias.person))?));
        let (Ok(Some(holder)), Some(window)) = (found, window_of(day, u16::from(alias.ticket))) else { return };
        let device = live_device(&holder.value);
        if device == 0 {
            return;
        }
        let keys = self.0.day_keys(day);
        let handle = keys.handle_of(subject_of(holder.value.person), 0, device, u16::from(alias.ticket));
        visit(&Candidate { handle, window, key: keys.short.ticket_key(&handle) });
    }
}

pub(crate) fn row_key(handle: Handle) -> Key {
    Key::of(&[b"code", &handle.0])
}

/// Who claims a code's row: one point's one physical read.
pub(crate) fn claimant(point: Id, request_id: &str) -> [u8; 32] {
    let mut hash = Sm3::new();
    hash.update(point.as_bytes());
    hash.update(request_id.as_bytes());
    hash.finalize().into()
}

pub(crate) fn used() -> Refusal {
    code_refusal(Reason::Used)
}

fn denied() -> Refusal {
    code_refusal(Reason::Denied)
}

pub(crate) fn frozen() -> Refusal {
    Refusal::forbidden(
        "code.frozen",
        Text::new("本人已冻结此码", "The holder has frozen this code"),
        Text::new("请本人在“手机与冻结”里解冻后再出示", "The holder can unfreeze it under Phone and freezing"),
    )
}

fn unknown_presentation() -> Refusal {
    Refusal::missing(
        "presentation.unknown",
        Text::new("没有这次亮码的记录", "There is no such presentation"),
        Text::new("请重新扫码", "Scan the code again"),
    )
}

fn not_for_this() -> Refusal {
    Refusal::forbidden(
        "point.not_for_this",
        Text::new("这台设备不办这项业务", "This device does not serve this"),
        Text::new("请到对应的窗口或闸机", "Go to the right counter or gate"),
    )
}
