//! How those who have to answer do so: an organisation at one of its points, the platform by its administrator.

use serde::Serialize;
use tongma_domain::{Id, Refusal, Text, Words, mask_name};
use tongma_store::{find_all, load, save};

use super::records::{CaseMirror, CaseRecord, CaseState};
use super::{Case, checked_words, mirror_later, over, owner_place, unknown};
use crate::notice::{Notice, tell};
use crate::people::load_holder;
use crate::platform::Platform;

/// A case in the list of those who have to answer it.
#[derive(Debug, Clone, Serialize)]
pub struct OwnedCase {
    /// The case.
    pub case: Case,
    /// The person's masked name.
    pub masked_name: String,
    /// The person's pseudonym at the organisation; none for the platform's own.
    pub pseudonym: Option<String>,
    /// The line of the log it is about, in its own words.
    pub line: Option<Words>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct CaseAnswer {
    /// Where it leads: working, done or declined.
    pub state: CaseState,
    /// The words; they may be left out while it is being worked on.
    pub words: String,
    /// Who answers, as the person will see it.
    pub operator: String,
}

impl Platform {
    /// The open cases that an organisation has to answer, the most urgent first; the platform's own without one. Each look
    /// at the list is no read of a person's record: it shows a masked name and what the person wrote to be read.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn owned_cases(&self, organisation: Option<Id>) -> Result<Vec<OwnedCase>, Refusal> {
        let (bucket, owner) = owner_place(organisation);
        let mirrors = self.read(bucket, |txn| Ok(find_all::<CaseMirror>(txn, "open", owner.clone())?))?;
        let mut cases = Vec::new();
        for mirror in mirrors {
            let id = mirror.value.case;
            let found = self.read(id.bucket(), |txn| {
                let Some(case) = load::<CaseRecord>(txn, id)? else { return Ok(None) };
                let holder = load_holder(txn, case.value.person)?.value;
                Ok(Some((case.value, holder)))
            })?;
            // The mirror may be a moment behind.
            let Some((record, holder)) = found.filter(|(record, _)| record.state.is_open()) else { continue };
            cases.push(OwnedCase {
                masked_name: mask_name(&self.personal_data(&holder)?.name),
                pseudonym: organisation.map(|id| self.pseudonym(id, record.person)),
                line: record.about.and_then(|number| self.line_of(record.person, number).ok()).map(|line| line.text),
                case: self.case(&record)?,
            });
        }
        cases.sort_by_key(|owned| owned.case.due);
        Ok(cases)
    }

    /// Every organisation's late cases, for the administrator, who sees to it that they are answered.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn late_cases(&self) -> Result<Vec<OwnedCase>, Refusal> {
        let directory = self.directory();
        let owners: std::collections::BTreeSet<Id> = directory.venues().map(|venue| venue.organisation).collect();
        let mut late = Vec::new();
        for owner in owners {
            late.extend(self.owned_cases(Some(owner))?.into_iter().filter(|owned| owned.case.overdue));
        }
        Ok(late)
    }

    /// Answers a case of this organisation's, or of the platform's.
    ///
    /// # Errors
    /// `case.unknown` for one that is another's, `case.over`, `case.words`, `case.state`.
    pub async fn answer_case(&self, organisation: Option<Id>, id: Id, answer: CaseAnswer) -> Result<(), Refusal> {
        if !matches!(answer.state, CaseState::Working | CaseState::Done | CaseState::Declined) {
            return Err(Refusal::invalid(
                "case.state",
                Text::new("答复只能是办理中、已办或不办", "An answer is: working on it, done, or declined"),
                Text::new("请重新选择", "Choose one of these"),
            ));
        }
        let words = checked_words(&answer.words, answer.state != CaseState::Working)?;
        let (sealed, now) = (self.seal_words(id, &words)?, self.now());
        let by = if organisation.is_some() { "owner" } else { "platform" };
        let operator: String = answer.operator.chars().filter(|letter| !letter.is_control()).take(40).collect();
        self.run(id.bucket(), move |txn| {
            let mut held =
                load::<CaseRecord>(txn, id)?.filter(|held| held.value.owner == organisation).ok_or_else(unknown)?;
            if !held.value.state.is_open() {
                return Err(over().into());
            }
            held.value.step(now, by, answer.state, sealed.clone());
            save(txn, &held)?;
            let text = answered(answer.state);
            let mut line = held.value.line(text.into());
            line.operator = Some(operator.clone());
            crate::outbox::append(txn, held.value.person, now, &line)?;
            let origin = held.value.revision.to_be_bytes();
            let notice =
                Notice::of_platform(held.value.person, "request", text.into(), &[b"case", id.as_bytes(), &origin]);
            tell(txn, &notice, now)?;
            mirror_later(txn, id, now)
        })
        .await
    }
}

const fn answered(state: CaseState) -> Text {
    match state {
        CaseState::Done => Text::new("您的个人信息请求已办理", "Your request about your data has been carried out"),
        CaseState::Declined => Text::new(
            "您的个人信息请求未予办理，理由在答复里",
            "Your request about your data was declined; the answer says why",
        ),
        _ => Text::new("您的个人信息请求正在办理", "Your request about your data is being worked on"),
    }
}
