//! A person without a phone: a printed code for one organisation and the scenarios that opt in, good for days, under a
//! daily cap; ended by a word at any counter. An attended point compares a face; an unattended one asks a PIN or calls
//! staff, and never opens on paper alone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tongma_capability::Stop;
use tongma_code::keys::DayKeys;
use tongma_code::limits::EPOCH_S;
use tongma_code::paper::{Days, PaperCode, PaperHeader};
use tongma_code::ticket::{Day, Scope, Suite};
use tongma_domain::{Bucket, Id, PointKind, Refusal, SeededEntropy, UnixMs, Words};
use tongma_store::{Claimed, CounterKey, Index, Key, OnceClaim, Stored, create, encode, find, find_all, load, save};
use tongma_verify::paper::VerifiedPaper;

use crate::beside::{Beside, unknown_presentation};
use crate::directory::digest;
use crate::keys::NO_CLAIMS;
use crate::paper_refusals::{
    attended_only, bad_days, bad_pin, elsewhere, not_on_paper, often, pin_needed, stopped, too_many, unknown_paper,
    wrong_pin,
};
use crate::people::{load_holder, unknown_person};
use crate::platform::Platform;
use crate::present::{Scanned, claimant, code_refusal};
use crate::records::{HolderRecord, PresentationRecord};
use crate::sessions::{Citizen, subject_of, write_log};

/// The device number that stands in handles for paper; no phone has it (there are at most 254).
pub(crate) const PAPER_DEVICE: u8 = u8::MAX;
/// Reads of one paper code in a day unless its issuer says otherwise.
const USUAL_READS_A_DAY: u8 = 6;
/// Wrong PINs before a code is locked to staffed counters.
const MOST_WRONG_PINS: i64 = 5;
/// The most live paper codes of one person: one for each organisation they go to.
const MOST_LIVE: usize = 10;

/// A paper code as issued. In the person's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PaperRecord {
    id: Id,
    person: Id,
    organisation: Id,
    scenarios: Vec<String>,
    serial: u16,
    start_minute: u32,
    days: u8,
    reads_a_day: u8,
    /// The digest of its PIN, if it has one.
    pin: Option<[u8; 32]>,
    live: bool,
    issued: UnixMs,
}

impl Stored for PaperRecord {
    const KIND: &'static str = "paper";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "person", value: Key::from(self.person) }]
    }
}

impl PaperRecord {
    fn key(person: Id, serial: u16) -> Key {
        Key::of(&[person.as_bytes(), &serial.to_be_bytes()])
    }
    fn window(&self) -> Option<Days> {
        Days::new(self.start_minute, self.days)
    }
    fn until(&self) -> UnixMs {
        UnixMs::from_millis(self.window().map_or(0, Days::end_s).saturating_mul(1000))
    }
}

/// What a paper code is issued for.
#[derive(Debug, Clone)]
pub struct PaperWish {
    /// The scenarios, each of which opts in; all of the place's that do when empty.
    pub scenarios: Vec<String>,
    /// How many days, 1 to 180.
    pub days: u8,
    /// How many reads a day; six unless said.
    pub reads_a_day: Option<u8>,
    /// Four to eight digits that an unattended point asks for; none when empty.
    pub pin: String,
}

/// A paper code to print, or one already printed.
#[derive(Debug, Clone, Serialize)]
pub struct Paper {
    /// Its id.
    pub id: Id,
    /// The 222 digits, only when it is issued.
    pub text: Option<String>,
    /// Where it is good.
    pub organisation: Words,
    /// The masked name printed on it.
    pub masked_name: String,
    /// For what.
    pub scenarios: Vec<String>,
    /// Until when.
    pub until: UnixMs,
    /// Whether it is good now.
    pub live: bool,
}

impl Platform {
    /// Issues a paper code at a point to the person of a presentation there. A former one for the same organisation ends:
    /// whoever asks for a new one has lost the old one, or will.
    ///
    /// # Errors
    /// `presentation.unknown`, `presentation.over`, `paper.*`, or the store's refusal.
    pub async fn issue_paper_at(&self, point: Id, presentation: Id, wish: PaperWish) -> Result<Paper, Refusal> {
        let record = self.presentation(point, presentation)?;
        if record.closed || record.expires <= self.now() {
            return Err(crate::act::presentation_over());
        }
        let directory = self.directory();
        let known = directory.point(point)?;
        if known.point.kind != PointKind::Desk {
            return Err(crate::act::not_here());
        }
        let venue = directory.venue(known.point.venue)?;
        let operator = record.operator.clone();
        self.issue_paper(record.person, venue.organisation, &venue.scenarios, wish, &operator).await
    }

    /// Issues a paper code to the citizen for a venue's organisation, to print at home.
    ///
    /// # Errors
    /// `venue.unknown`, `paper.*`, or the store's refusal.
    pub async fn issue_my_paper(&self, citizen: &Citizen, venue: Id, wish: PaperWish) -> Result<Paper, Refusal> {
        let directory = self.directory();
        let venue = directory.venue(venue)?;
        self.issue_paper(citizen.person, venue.organisation, &venue.scenarios, wish, "").await
    }

    async fn issue_paper(
        &self,
        person: Id,
        organisation: Id,
        offered: &[String],
        wish: PaperWish,
        operator: &str,
    ) -> Result<Paper, Refusal> {
        let scenarios = self.opted_in(offered, &wish.scenarios)?;
        let now = self.now();
        let minute = u32::try_from(now.as_seconds().saturating_sub(EPOCH_S) / 60).unwrap_or(0);
        let window = Days::new(minute, wish.days).ok_or_else(bad_days)?;
        let pin = checked_pin(&wish.pin)?;
        let reads_a_day = wish.reads_a_day.unwrap_or(USUAL_READS_A_DAY).clamp(1, 50);
        let id = self.fresh_id(person.bucket());
        let said = match operator {
            "" => Words::new("打印了一张纸质码", "A paper code was printed"),
            clerk => {
                Words::new(format!("{clerk} 为您打印了一张纸质码"), format!("{clerk} printed a paper code for you"))
            }
        };
        let (record, ended) = self
            .run(person.bucket(), move |txn| {
                let page = find::<PaperRecord>(txn, "person", person, None, 500)?;
                let mut ended = Vec::new();
                let live = page.items.iter().filter(|held| held.value.live && held.value.until() > now).count();
                let serial = u16::try_from(page.items.len()).map_err(|_| Stop::Refused(too_many()))?;
                for mut held in page.items {
                    if held.value.live && held.value.organisation == organisation {
                        held.value.live = false;
                        ended.push(held.value.clone());
                        save(txn, &held)?;
                    }
                }
                if live >= MOST_LIVE + ended.len() || page.more {
                    return Err(too_many().into());
                }
                let record = PaperRecord {
                    id,
                    person,
                    organisation,
                    scenarios: scenarios.clone(),
                    serial,
                    start_minute: window.start_minute(),
                    days: window.days(),
                    reads_a_day,
                    pin,
                    live: true,
                    issued: now,
                };
                create(txn, PaperRecord::key(person, serial), &record)?;
                write_log(txn, person, now, "paper", said.clone())?;
                Ok((record, ended))
            })
            .await?;
        for former in ended {
            self.deny_paper(&former).await?;
        }
        self.paper_of(&record, true)
    }

    /// The scenarios of a wish that opt in, among those offered.
    fn opted_in(&self, offered: &[String], wished: &[String]) -> Result<Vec<String>, Refusal> {
        let opts_in = |id: &&String| self.scenario(id).is_ok_and(|scenario| scenario.card().takes_paper());
        let possible: Vec<String> = offered.iter().filter(opts_in).cloned().collect();
        let chosen: Vec<String> = match wished {
            [] => possible,
            some => some.iter().filter(|id| possible.contains(id)).cloned().collect(),
        };
        if chosen.is_empty() || chosen.len() < wished.len() { Err(not_on_paper()) } else { Ok(chosen) }
    }

    /// Ends the paper codes of the person of a presentation at this organisation: one was lost.
    ///
    /// # Errors
    /// `presentation.unknown`, or the store's refusal.
    pub async fn end_papers_at(&self, point: Id, presentation: Id) -> Result<usize, Refusal> {
        let record = self.presentation(point, presentation)?;
        let organisation = {
            let directory = self.directory();
            directory.venue(directory.point(point)?.point.venue)?.organisation
        };
        self.end_papers(record.person, move |paper| paper.organisation == organisation).await
    }

    /// Ends one of the citizen's paper codes.
    ///
    /// # Errors
    /// `paper.unknown`, or the store's refusal.
    pub async fn end_my_paper(&self, citizen: &Citizen, id: Id) -> Result<(), Refusal> {
        let ended = self.end_papers(citizen.person, move |paper| paper.id == id).await?;
        if ended == 0 { Err(unknown_paper()) } else { Ok(()) }
    }

    async fn end_papers(
        &self,
        person: Id,
        which: impl Fn(&PaperRecord) -> bool + Send + 'static,
    ) -> Result<usize, Refusal> {
        let now = self.now();
        let ended = self
            .run(person.bucket(), move |txn| {
                let page = find::<PaperRecord>(txn, "person", person, None, 500)?;
                let mut ended = Vec::new();
                for mut held in page.items.into_iter().filter(|held| held.value.live && which(&held.value)) {
                    held.value.live = false;
                    ended.push(held.value.clone());
                    save(txn, &held)?;
                }
                if !ended.is_empty() {
                    let text = Words::new("一张纸质码已停用", "A paper code was stopped");
                    write_log(txn, person, now, "paper", text)?;
                }
                Ok(ended)
            })
            .await?;
        for paper in &ended {
            self.deny_paper(paper).await?;
        }
        Ok(ended.len())
    }

    /// The citizen's paper codes, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn papers_of(&self, citizen: &Citizen) -> Result<Vec<Paper>, Refusal> {
        let person = citizen.person;
        let all = self.read(person.bucket(), |txn| Ok(find_all::<PaperRecord>(txn, "person", person)?))?;
        let mut records: Vec<PaperRecord> = all.into_iter().map(|held| held.value).collect();
        records.sort_by_key(|record| std::cmp::Reverse(record.serial));
        records.iter().map(|record| self.paper_of(record, false)).collect()
    }

    fn paper_of(&self, record: &PaperRecord, with_text: bool) -> Result<Paper, Refusal> {
        let person = record.person;
        let holder = self.read(person.bucket(), |txn| Ok(load_holder(txn, person)?.value))?;
        let directory = self.directory();
        let organisation = directory.organisation(record.organisation);
        Ok(Paper {
            id: record.id,
            text: if with_text { Some(self.sign_paper(record)?) } else { None },
            organisation: organisation
                .map(|known| Words::new(known.name_zh.clone(), known.name_en.clone()))
                .unwrap_or_default(),
            masked_name: tongma_domain::mask_name(&self.personal_data(&holder)?.name),
            scenarios: record.scenarios.clone(),
            until: record.until(),
            live: record.live && record.until() > self.now(),
        })
    }

    fn sign_paper(&self, record: &PaperRecord) -> Result<String, Refusal> {
        let window = record.window().ok_or_else(bad_days)?;
        let keys = self.day_keys(window.day());
        let handle = keys.handle_of(subject_of(record.person), 0, PAPER_DEVICE, record.serial);
        let header = PaperHeader {
            suite: Suite::Sm2,
            key_index: self.codes.issuer_index(),
            handle,
            days: window,
            scope: Scope::GENERAL,
            masked_claims: keys.claims.mask(&handle, NO_CLAIMS),
        };
        let code = PaperCode::issue(header, self.codes.issuer(), &self.seed()).map_err(|_| crate::keys::unusable())?;
        Ok(code.to_text())
    }

    async fn deny_paper(&self, paper: &PaperRecord) -> Result<(), Refusal> {
        let Some(window) = paper.window() else { return Ok(()) };
        self.deny_one(paper.person, (window.day().0, paper.serial), paper.until()).await
    }

    /// The handle of a paper code that was ended, for the deny list.
    pub(crate) fn paper_handle(
        &self,
        subject: tongma_code::keys::Subject,
        (day, serial): (u16, u16),
    ) -> tongma_code::ticket::Handle {
        self.day_keys(Day(day)).handle_of(subject, 0, PAPER_DEVICE, serial)
    }

    /// Opens a presentation from a paper code. Every read is a claim of its own; the same read again is the same
    /// presentation.
    ///
    /// # Errors
    /// As [`Platform::present`], and `paper.stopped`, `paper.elsewhere`, `paper.often`, `paper.attended`, `paper.pin`.
    pub(crate) async fn open_paper(&self, point: Id, scanned: &Scanned, pin: Option<&str>) -> Result<Opened, Refusal> {
        self.refresh_lists_when_due()?;
        let verified = self.codes.check_paper(&scanned.text, self.now()).map_err(code_refusal)?;
        let place = self.place_beside(point, &scanned.purpose)?;
        if !place.card.takes_paper() {
            return Err(not_on_paper());
        }
        let keys = self.day_keys(verified.days().day());
        let opened = keys.handle.open(&verified.handle());
        let bucket = Bucket::new(opened.subject.bucket()).map_err(|_| unknown_person())?;
        let read = Read {
            number: opened.subject.person().ok_or_else(unknown_person)?,
            verified,
            keys,
            id: Id::new(self.now(), bucket, &mut SeededEntropy::new(self.seed())),
            claimant: claimant(point, &scanned.request_id),
            pin: pin.map(|pin| digest("paper pin", pin)),
            attended: self.directory().point(point)?.point.kind == PointKind::Desk,
            beside: Beside { operator: scanned.operator.clone(), mode: "paper", now: self.now(), ..place },
        };
        self.run(bucket, move |txn| read.open(txn)).await?
    }
}

/// One read of a paper code, with everything its transaction needs.
struct Read {
    number: u16,
    verified: VerifiedPaper,
    keys: Arc<DayKeys>,
    id: Id,
    claimant: [u8; 32],
    pin: Option<[u8; 32]>,
    attended: bool,
    beside: Beside,
}

type Opened = (Id, PresentationRecord, HolderRecord);

impl Read {
    /// Claims the read and writes presentation and log line. A wrong PIN is counted, so it is an answer of a unit that
    /// commits, not a refusal that leaves no trace.
    fn open(&self, txn: &mut dyn tongma_store::Txn) -> Result<Result<Opened, Refusal>, Stop> {
        let holder =
            load::<HolderRecord>(txn, crate::people::holder_key(self.number))?.ok_or_else(unknown_person)?.value;
        let now = self.beside.now;
        let Some(paper) = self.record(txn, &holder)? else { return Err(stopped().into()) };
        if holder.frozen {
            return Err(crate::present::frozen().into());
        }
        if !paper.live {
            return Err(stopped().into());
        }
        let here = paper.scenarios.iter().any(|id| id == self.beside.card.id);
        if paper.organisation != self.beside.organisation || !here {
            return Err(elsewhere().into());
        }
        if let Err(refusal) = self.attended_or_pin(txn, &paper)? {
            return Ok(Err(refusal));
        }
        let claim = OnceClaim {
            key: Key::of(&[b"paper", &self.verified.handle().0, &self.claimant]),
            rank: 0,
            claimant: self.claimant,
            answer: encode(&self.id)?,
            keep_until: now.plus_days(2),
        };
        if let Claimed::Again(answer) = txn.claim(&claim)? {
            let known: Id = tongma_store::decode(&answer)?;
            let record = load::<PresentationRecord>(txn, known)?.ok_or_else(unknown_presentation)?.value;
            return Ok(Ok((known, record, holder)));
        }
        let of = Key::of(&[paper.id.as_bytes(), &now.date().to_days().to_be_bytes()]);
        let counted = txn.count_add(&CounterKey { name: "paper.reads", of }, 1, 0, i64::from(paper.reads_a_day))?;
        if counted.is_none() {
            return Err(often().into());
        }
        let detail = serde_json::json!({ "mode": "paper", "presentation": self.id });
        let record = self.beside.open(txn, self.id, &holder, detail)?;
        Ok(Ok((self.id, record, holder)))
    }

    /// The record whose handle this is: its serial is found among the person's papers by deriving each again.
    fn record(&self, txn: &mut dyn tongma_store::Txn, holder: &HolderRecord) -> Result<Option<PaperRecord>, Stop> {
        let (start, subject) = (self.verified.days().start_minute(), subject_of(holder.person));
        let page = find::<PaperRecord>(txn, "person", holder.person, None, 500)?;
        let handle = |serial: u16| self.keys.handle_of(subject, 0, PAPER_DEVICE, serial);
        let same =
            |record: &PaperRecord| record.start_minute == start && handle(record.serial) == self.verified.handle();
        Ok(page.items.into_iter().map(|held| held.value).find(same))
    }

    fn attended_or_pin(
        &self,
        txn: &mut dyn tongma_store::Txn,
        paper: &PaperRecord,
    ) -> Result<Result<(), Refusal>, Stop> {
        if self.attended {
            return Ok(Ok(()));
        }
        let wrong = CounterKey { name: "paper.wrong_pins", of: Key::from(paper.id) };
        match (paper.pin, self.pin) {
            (Some(_), None) => Ok(Err(pin_needed())),
            (Some(known), Some(given)) if txn.count(&wrong)? < MOST_WRONG_PINS => {
                if known == given {
                    return Ok(Ok(()));
                }
                txn.count_add(&wrong, 1, 0, MOST_WRONG_PINS)?;
                Ok(Err(wrong_pin()))
            }
            _ => Ok(Err(attended_only())),
        }
    }
}

/// The digest of a PIN of four to eight digits; none when there is none.
fn checked_pin(pin: &str) -> Result<Option<[u8; 32]>, Refusal> {
    if pin.is_empty() {
        return Ok(None);
    }
    let fits = (4..=8).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(Some(digest("paper pin", pin))) } else { Err(bad_pin()) }
}
