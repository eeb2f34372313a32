//! What a person may demand about their data: deletion, correction, an answer to a complaint, a copy, an explanation.
//!
//! A demand is a case with an owner and a deadline, kept in the person's bucket and decided there; the owner's list is a
//! mirror in the owner's bucket, sent through the outbox. What is not answered in time is marked, told to the person and
//! shown to the administrator.

mod answering;
mod closing;
mod days;
mod records;

use serde::Serialize;
use tongma_capability::Stop;
use tongma_domain::{Bucket, Id, Refusal, SeededEntropy, Text, UnixMs, Words};
use tongma_store::{Key, Txn, create, encode, find, find_all, load, save};

pub use answering::{CaseAnswer, OwnedCase};
pub use closing::{Closing, Kept};
pub use records::{CaseKind, CaseState};
pub(crate) use records::{CaseMirror, CaseRecord, CaseStep};

use crate::notice::{Notice, Own, tell};
use crate::platform::Platform;
use crate::records::LogLine;
use crate::sessions::Citizen;

/// The longest words of a person or an owner, in characters.
const MOST_WORDS: usize = 1000;
/// The most cases a person can have open at once.
const MOST_OPEN: usize = 50;

/// A case as its person sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Case {
    /// Its id.
    pub id: Id,
    /// What is demanded.
    pub kind: CaseKind,
    /// How it stands.
    pub state: CaseState,
    /// The line of the log it is about.
    pub about: Option<u64>,
    /// Who has to answer; the platform itself without one.
    pub owner: Option<Words>,
    /// When it was opened.
    pub opened: UnixMs,
    /// Until when it has to be answered.
    pub due: UnixMs,
    /// The deadline has passed without an answer.
    pub overdue: bool,
    /// What was said, oldest first.
    pub steps: Vec<CaseSaid>,
}

/// One step of a case.
#[derive(Debug, Clone, Serialize)]
pub struct CaseSaid {
    /// When.
    pub at: UnixMs,
    /// `person`, `owner` or `platform`.
    pub by: String,
    /// The state it led to.
    pub state: CaseState,
    /// The words.
    pub words: String,
}

/// What is demanded.
#[derive(Debug, Clone)]
pub struct Demand {
    /// What.
    pub kind: CaseKind,
    /// About which line of the log; it names the owner.
    pub about: Option<u64>,
    /// In the person's words.
    pub words: String,
}

impl Platform {
    /// Opens a case.
    ///
    /// # Errors
    /// `case.words`, `case.line` for a line that is not the person's, `case.too_many`.
    pub async fn demand(&self, citizen: &Citizen, demand: Demand, key: &str) -> Result<Id, Refusal> {
        let person = citizen.person;
        let words = checked_words(&demand.words, demand.kind != CaseKind::Copy)?;
        let line = demand.about.map(|number| self.line_of(person, number)).transpose()?;
        let venue = line.as_ref().and_then(|line| line.venue);
        let owner = venue.and_then(|venue| self.directory().venue(venue).ok().map(|venue| venue.organisation));
        let now = self.now();
        // The same intention sent twice is one case.
        let id = Id::numbered(UnixMs::default(), person.bucket(), 0, &mut SeededEntropy::new(seed_of(person, key)));
        let sealed = self.seal_words(id, &words)?;
        let record = CaseRecord {
            id,
            person,
            kind: demand.kind,
            state: CaseState::Open,
            about: demand.about,
            owner,
            venue,
            opened: now,
            due: days::deadline(now),
            overdue: false,
            steps: vec![CaseStep { at: now, by: "person".into(), state: CaseState::Open, words: sealed }],
            revision: 1,
        };
        self.run(person.bucket(), move |txn| open_case(txn, &record, now)).await?;
        Ok(id)
    }

    /// The person's cases, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn cases(&self, citizen: &Citizen) -> Result<Vec<Case>, Refusal> {
        let person = citizen.person;
        let all = self.read(person.bucket(), |txn| Ok(find_all::<CaseRecord>(txn, "person", person)?))?;
        let mut cases: Vec<Case> = all.into_iter().map(|held| self.case(&held.value)).collect::<Result<_, _>>()?;
        cases.sort_by_key(|case| core::cmp::Reverse((case.opened, case.id)));
        Ok(cases)
    }

    /// Withdraws a case that is not closed.
    ///
    /// # Errors
    /// `case.unknown`, `case.over`.
    pub async fn withdraw_case(&self, citizen: &Citizen, id: Id) -> Result<(), Refusal> {
        let (person, now) = (citizen.person, self.now());
        self.run(person.bucket(), move |txn| {
            let mut held =
                load::<CaseRecord>(txn, id)?.filter(|held| held.value.person == person).ok_or_else(unknown)?;
            if !held.value.state.is_open() {
                return Err(over().into());
            }
            held.value.step(now, "person", CaseState::Withdrawn, crate::vault::Sealed::none());
            save(txn, &held)?;
            mirror_later(txn, id, now)
        })
        .await
    }

    /// A line of a person's own log.
    fn line_of(&self, person: Id, number: u64) -> Result<LogLine, Refusal> {
        let before = number.checked_add(1);
        let page = self.read(person.bucket(), |txn| Ok(txn.log(&Key::from(person), before, 1)?))?;
        let entry = page.items.into_iter().find(|entry| entry.seq == number);
        entry.and_then(|entry| serde_json::from_slice(&entry.body).ok()).ok_or_else(|| {
            Refusal::missing(
                "case.line",
                Text::new("您的记录里没有这一条", "There is no such line in your log"),
                Text::new("请从记录里重新选择", "Choose it from the log again"),
            )
        })
    }

    pub(crate) fn case(&self, record: &CaseRecord) -> Result<Case, Refusal> {
        let directory = self.directory();
        let owner = record.owner.and_then(|id| directory.organisation(id));
        let steps = record.steps.iter().map(|step| {
            Ok(CaseSaid {
                at: step.at,
                by: step.by.clone(),
                state: step.state,
                words: self.open_words(record.id, &step.words)?,
            })
        });
        Ok(Case {
            id: record.id,
            kind: record.kind,
            state: record.state,
            about: record.about,
            owner: owner.map(|known| Words::new(known.name_zh.clone(), known.name_en.clone())),
            opened: record.opened,
            due: record.due,
            overdue: record.overdue || record.late(self.now()),
            steps: steps.collect::<Result<_, Refusal>>()?,
        })
    }

    fn seal_words(&self, case: Id, words: &str) -> Result<crate::vault::Sealed, Refusal> {
        self.vault.seal_words(case, words, &mut SeededEntropy::new(self.seed())).map_err(|_| sealed())
    }

    fn open_words(&self, case: Id, words: &crate::vault::Sealed) -> Result<String, Refusal> {
        self.vault.open_words(case, words).map_err(|_| sealed())
    }
}

fn open_case(txn: &mut dyn Txn, record: &CaseRecord, now: UnixMs) -> Result<(), Stop> {
    if load::<CaseRecord>(txn, record.id)?.is_some() {
        return Ok(());
    }
    let open = find::<CaseRecord>(txn, "open", record.person, None, MOST_OPEN)?;
    if open.items.len() >= MOST_OPEN {
        return Err(too_many().into());
    }
    create(txn, record.id, record)?;
    let line = record.line(Words::new(
        format!("提出请求：{}", record.kind.name().zh),
        format!("You asked: {}", record.kind.name().en),
    ));
    crate::outbox::append(txn, record.person, now, &line)?;
    txn.due_put(record.due, encode(&Own::CaseDue { case: record.id })?)?;
    mirror_later(txn, record.id, now)
}

/// Queues the mirror of a case for its owner.
fn mirror_later(txn: &mut dyn Txn, case: Id, now: UnixMs) -> Result<(), Stop> {
    Ok(txn.due_put(now, encode(&Own::CaseMirror { case })?).map(drop)?)
}

/// What a case's owner list is kept under, and in which bucket.
fn owner_place(owner: Option<Id>) -> (Bucket, Key) {
    owner.map_or_else(|| (Bucket::DIRECTORY, Key::from("platform")), |id| (id.bucket(), Key::from(id)))
}

impl Platform {
    /// Copies a case into its owner's list.
    pub(crate) async fn mirror_case(&self, case: Id) -> Result<(), Refusal> {
        let record = self.read(case.bucket(), |txn| Ok(load::<CaseRecord>(txn, case)?.map(|held| held.value)))?;
        let Some(record) = record else { return Ok(()) };
        let (bucket, owner) = owner_place(record.owner);
        let mirror = CaseMirror {
            owner,
            case,
            due: record.due,
            open: record.state.is_open(),
            overdue: record.overdue,
            revision: record.revision,
        };
        self.run(bucket, move |txn| {
            let newer = load::<CaseMirror>(txn, case)?.is_some_and(|held| held.value.revision > mirror.revision);
            if newer { Ok(()) } else { Ok(tongma_store::upsert(txn, case, &mirror)?) }
        })
        .await
    }

    /// The deadline has come: a case that is still open is marked, and its person told.
    pub(crate) async fn case_due(&self, case: Id) -> Result<(), Refusal> {
        let now = self.now();
        self.run(case.bucket(), move |txn| {
            let Some(mut held) = load::<CaseRecord>(txn, case)? else { return Ok(()) };
            if !held.value.state.is_open() || held.value.overdue {
                return Ok(());
            }
            held.value.overdue = true;
            held.value.revision += 1;
            save(txn, &held)?;
            let text = Words::new(
                "您的个人信息请求已过期限仍未答复，已转平台管理员督办",
                "Your request is past its deadline without an answer; the platform's administrator has been told",
            );
            let notice = Notice::of_platform(held.value.person, "request", text, &[b"overdue", case.as_bytes()]);
            tell(txn, &notice, now)?;
            mirror_later(txn, case, now)
        })
        .await
    }
}

fn seed_of(person: Id, key: &str) -> [u8; 32] {
    crate::directory::digest("case", &format!("{person}\n{key}"))
}

fn checked_words(words: &str, needed: bool) -> Result<String, Refusal> {
    let words = words.trim();
    let fits =
        words.chars().count() <= MOST_WORDS && !words.chars().any(|letter| letter.is_control() && letter != '\n');
    if fits && !(needed && words.is_empty()) {
        return Ok(words.to_owned());
    }
    Err(Refusal::invalid(
        "case.words",
        Text::new("请写清楚要求，一千字以内", "Say what you want, in at most a thousand characters"),
        Text::new("请修改后再提交", "Change it and send it again"),
    ))
}

pub(crate) fn unknown() -> Refusal {
    Refusal::missing(
        "case.unknown",
        Text::new("没有这项请求", "There is no such request"),
        Text::new("请刷新列表", "Refresh the list"),
    )
}

fn over() -> Refusal {
    Refusal::conflict(
        "case.over",
        Text::new("这项请求已经办结", "This request is closed already"),
        Text::new("如仍有问题，请重新提出", "Open another one if something is still wrong"),
    )
}

fn too_many() -> Refusal {
    Refusal::conflict(
        "case.too_many",
        Text::new("未办结的请求太多", "There are too many open requests"),
        Text::new("请等待答复，或撤回不需要的请求", "Wait for answers, or withdraw some"),
    )
}

fn sealed() -> Refusal {
    Refusal::unavailable(
        "person.sealed",
        Text::new("个人信息暂时无法读取", "The person's data cannot be opened"),
        Text::new("请联系管理员检查密钥", "Ask the administrator to check the keys"),
    )
}
