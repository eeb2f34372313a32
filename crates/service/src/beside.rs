//! Presentations that no phone opened: from paper, or because staff looked somebody up before a witness. Both are weaker
//! than a live code and say so; both write the person's log in the transaction that opens them, before a byte leaves.

use serde_json::Value;
use tongma_capability::Stop;
use tongma_domain::{
    Card, Claim, ConsentKind, DocumentKind, Id, PointKind, Refusal, SeededEntropy, Text, UnixMs, Words,
};
use tongma_store::{CounterKey, Key, Txn, create};

use crate::people::load_holder;
use crate::platform::Platform;
use crate::present::{PRESENTATION_LIFE_S, Presentation};
use crate::records::{HolderRecord, LogLine, PresentationRecord};

/// The setting of a venue that gives its desks the right to look people up.
pub const LOOK_UP_SETTING: &str = "platform.look_up";
/// How many look-ups a point has in an hour, found or not: enough for a counter, too few to go through a list.
const LOOK_UPS_AN_HOUR: i64 = 20;
/// The least and most characters of a reason and of a witness's name.
const WORDS: std::ops::RangeInclusive<usize> = 2..=80;

/// Where and by whom such a presentation is opened.
#[derive(Debug, Clone)]
pub(crate) struct Beside {
    pub point: Id,
    pub venue: Id,
    pub organisation: Id,
    pub card: &'static Card,
    pub operator: String,
    pub mode: &'static str,
    pub now: UnixMs,
}

impl Beside {
    /// Writes presentation and log line.
    pub(crate) fn open(
        &self,
        txn: &mut dyn Txn,
        id: Id,
        holder: &HolderRecord,
        detail: Value,
    ) -> Result<PresentationRecord, Stop> {
        let agreed = holder
            .consents
            .iter()
            .any(|known| known.organisation == self.organisation && known.scenario == self.card.id);
        let released = match self.card.consent {
            ConsentKind::Standing if !agreed => vec![Claim::Pseudonym, Claim::MaskedName],
            ConsentKind::Explicit => vec![Claim::Pseudonym, Claim::MaskedName],
            _ => self.card.claims.iter().map(|ask| ask.claim).collect(),
        };
        let record = PresentationRecord {
            person: holder.person,
            actor: 0,
            point: self.point,
            purpose: self.card.id.to_owned(),
            operator: self.operator.clone(),
            mode: self.mode.to_owned(),
            at: self.now,
            expires: self.now.plus_s(PRESENTATION_LIFE_S),
            closed: false,
            released,
            waiting: None,
            last: None,
        };
        create(txn, id, &record)?;
        let (kind, zh, en) = match self.mode {
            "paper" => ("presented", "出示纸质码", "Paper code shown"),
            _ => ("staff_read", "工作人员在见证下协助查找", "Looked up by staff before a witness"),
        };
        let line = LogLine {
            kind: kind.into(),
            text: Words::new(format!("{zh}：{}", self.card.name.zh), format!("{en}: {}", self.card.name.en)),
            venue: Some(self.venue),
            point: Some(self.point),
            operator: Some(self.operator.clone()),
            released: record.released.clone(),
            detail,
        };
        crate::outbox::append(txn, holder.person, self.now, &line)?;
        Ok(record)
    }
}

/// Staff look somebody up, who has neither phone nor paper, by the document they hold in their hands.
#[derive(Clone)]
pub struct LookUp {
    /// The scenario it is for.
    pub purpose: String,
    /// The document's kind.
    pub document_kind: DocumentKind,
    /// Its number, typed from the card.
    pub document_number: String,
    /// Who asks.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// A second member of staff who saw the document.
    pub witness: String,
}

impl Platform {
    /// Where a point opens presentations of its own.
    ///
    /// # Errors
    /// `point.unknown`, `point.not_for_this`, `scenario.unknown`.
    pub(crate) fn place_beside(&self, point: Id, purpose: &str) -> Result<Beside, Refusal> {
        let directory = self.directory();
        let record = directory.point(point)?;
        if !record.point.scenarios.iter().any(|known| known == purpose) {
            return Err(crate::act::not_here());
        }
        let venue = directory.venue(record.point.venue)?;
        Ok(Beside {
            point,
            venue: venue.id,
            organisation: venue.organisation,
            card: self.scenario(purpose)?.card(),
            operator: String::new(),
            mode: "assisted",
            now: self.now(),
        })
    }

    /// Opens a presentation of mode `assisted`, the weakest binding there is: one person, masked, by a whole document
    /// number; nobody is ever listed. Counted per point before anything is looked for.
    ///
    /// # Errors
    /// `look_up.not_allowed`, `look_up.reason`, `look_up.witness`, `look_up.often`, `person.unknown`.
    pub async fn assist(&self, point: Id, asked: &LookUp) -> Result<Presentation, Refusal> {
        let place = self.place_beside(point, &asked.purpose)?;
        self.may_look_up(point)?;
        let words = |text: &str| WORDS.contains(&text.trim().chars().count()) && !text.chars().any(char::is_control);
        if !words(&asked.reason) {
            return Err(reason_needed());
        }
        if !words(&asked.witness) || asked.witness.trim() == asked.operator.trim() {
            return Err(witness_needed());
        }
        self.count_look_up(point).await?;
        let person = self.person_of_document(asked.document_kind, asked.document_number.trim())?;
        let id = Id::new(self.now(), person.bucket(), &mut SeededEntropy::new(self.seed()));
        let beside = Beside { operator: asked.operator.clone(), ..place };
        let detail = serde_json::json!({
            "mode": "assisted", "presentation": id, "reason": asked.reason.trim(), "witness": asked.witness.trim(),
        });
        let (record, holder) = self
            .run(person.bucket(), move |txn| {
                let holder = load_holder(txn, person)?.value;
                let record = beside.open(txn, id, &holder, detail.clone())?;
                Ok((record, holder))
            })
            .await?;
        self.live().publish(person, "log");
        self.shown(id, &record, &holder)
    }

    /// Whether a point may look people up: a staffed one of a venue that was given the right.
    pub fn looks_up(&self, point: Id) -> bool {
        self.may_look_up(point).is_ok()
    }

    fn may_look_up(&self, point: Id) -> Result<(), Refusal> {
        let directory = self.directory();
        let record = directory.point(point)?;
        let allowed = directory.venue(record.point.venue)?.settings.get(LOOK_UP_SETTING) == Some(&1);
        if allowed && record.point.kind == PointKind::Desk { Ok(()) } else { Err(not_allowed()) }
    }

    async fn count_look_up(&self, point: Id) -> Result<(), Refusal> {
        let hour = self.now().as_seconds() / 3600;
        let counted = self
            .run(point.bucket(), move |txn| {
                let of = Key::of(&[point.as_bytes(), &hour.to_be_bytes()]);
                Ok(txn.count_add(&CounterKey { name: "point.look_ups", of }, 1, 0, LOOK_UPS_AN_HOUR)?)
            })
            .await?;
        counted.map(drop).ok_or_else(often)
    }
}

pub(crate) fn unknown_presentation() -> Refusal {
    Refusal::missing(
        "presentation.unknown",
        Text::new("没有这次亮码的记录", "There is no such presentation"),
        Text::new("请重新扫码", "Scan the code again"),
    )
}

fn not_allowed() -> Refusal {
    Refusal::forbidden(
        "look_up.not_allowed",
        Text::new("这个点位没有协助查找的权限", "This point may not look people up"),
        Text::new("请到有此权限的人工窗口", "Go to a staffed counter that may"),
    )
}

fn reason_needed() -> Refusal {
    Refusal::invalid(
        "look_up.reason",
        Text::new("请写明查找的原因（2 到 80 字）", "Say why, in 2 to 80 characters"),
        Text::new("原因会记入本人的日志", "The reason is written into the person's log"),
    )
}

fn witness_needed() -> Refusal {
    Refusal::invalid(
        "look_up.witness",
        Text::new("需要另一位工作人员见证", "A second member of staff has to witness this"),
        Text::new("请填写见证人姓名，不能是经办人自己", "Name the witness, who is not the operator"),
    )
}

fn often() -> Refusal {
    Refusal::with_status(
        429,
        "look_up.often",
        Text::new("本点位这一小时的协助查找次数已满", "This point has looked up enough people this hour"),
        Text::new("请稍后再试，或请本人出示码", "Try later, or let the person show a code"),
    )
}
