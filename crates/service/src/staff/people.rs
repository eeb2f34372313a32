//! Staff look at a person: with a reason, masked, and the person reads in their log who it was before the bytes leave.
//! Seeing more takes two people of two offices, once.

use serde::{Deserialize, Serialize};
use tongma_domain::{
    AgeClass, Bucket, DocumentKind, Id, Refusal, Text, UnixMs, Words, mask_name, mask_number, mask_phone,
};
use tongma_store::{Index, Stored, create, find, load, save};

use super::{Office, Staff, all, write_act};
use crate::people::load_holder;
use crate::platform::Platform;
use crate::records::{HolderRecord, LogLine};

/// How long an asked unmasking waits for the second person.
const ASKED_LIFE_S: i64 = 24 * 3600;
/// How long an agreed one can be used.
const AGREED_LIFE_S: i64 = 10 * 60;

/// A person as staff see one.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who; leaves the platform as an outward id of the administration.
    pub id: Id,
    /// 陈\*\*.
    pub masked_name: String,
    /// The document's kind.
    pub document_kind: DocumentKind,
    /// First two and last two.
    pub masked_number: String,
    /// First three and last three.
    pub masked_phone: String,
    /// The class of age.
    pub age_class: AgeClass,
    /// The code is frozen.
    pub frozen: bool,
    /// Phones ever enrolled, and whether one lives.
    pub phones: (usize, bool),
    /// Live grants to others, and people this one acts for.
    pub grants: (usize, usize),
    /// Standing consents.
    pub consents: usize,
}

/// A person unmasked.
#[derive(Clone)]
pub struct Unmasked {
    /// The name.
    pub name: String,
    /// The document's number.
    pub number: String,
    /// The mobile number.
    pub phone: String,
}

/// A request to see a person unmasked. Key: its id; in the directory's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unmasking {
    /// Its id.
    pub id: Id,
    /// About whom; those who decide see the reason, not the person.
    pub person: Id,
    /// Who asked.
    pub by: Id,
    /// Their name.
    pub by_name: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: UnixMs,
    /// Where it stands.
    pub state: UnmaskingState,
}

/// Where an unmasking stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmaskingState {
    /// It waits for the second person.
    Asked,
    /// Agreed to, by whom and when.
    Agreed(String, UnixMs),
    /// Declined, by whom.
    Declined(String),
    /// Used.
    Seen(UnixMs),
}

impl Stored for Unmasking {
    const KIND: &'static str = "unmasking";
    fn index(&self) -> Vec<Index> {
        all()
    }
}

impl Platform {
    /// Finds a person by document, masked. The act is written first, found or not; then the line in the person's log, in
    /// the transaction that reads them: if it cannot be written, nothing is shown.
    ///
    /// # Errors
    /// `staff.office`, `staff.reason`, `person.unknown`, or the store's refusal.
    pub async fn look_up(
        &self,
        staff: &Staff,
        kind: DocumentKind,
        number: &str,
        reason: &str,
    ) -> Result<Person, Refusal> {
        staff.must_hold(Office::System)?;
        let reason = checked_reason(reason)?;
        let text = Words::new(format!("查询个人，事由：{reason}"), format!("Looked up a person; reason: {reason}"));
        self.note_act(staff, "person.looked_up", text).await?;
        let person = self.person_of_document(kind, number.trim())?;
        let seen = Words::new(
            format!("平台工作人员查询了您的登记信息（已遮盖），事由：{reason}"),
            format!("Platform staff looked up your registration (masked). Reason: {reason}"),
        );
        let record = self.read_person(staff, person, seen).await?;
        self.as_staff_see(person, &record)
    }

    /// Reads a person's record in the transaction that tells the person.
    async fn read_person(&self, staff: &Staff, person: Id, text: Words) -> Result<HolderRecord, Refusal> {
        let (now, name, office) = (self.now(), staff.name.clone(), staff.office);
        self.run(person.bucket(), move |txn| {
            let record = load_holder(txn, person)?.value;
            let line = LogLine {
                kind: "staff_read".into(),
                text: text.clone(),
                venue: None,
                point: None,
                operator: Some(name.clone()),
                released: Vec::new(),
                detail: serde_json::json!({ "office": office.code() }),
            };
            crate::outbox::append(txn, person, now, &line)?;
            Ok(record)
        })
        .await
    }

    fn as_staff_see(&self, person: Id, record: &HolderRecord) -> Result<Person, Refusal> {
        let data = self.personal_data(record)?;
        Ok(Person {
            id: person,
            masked_name: mask_name(&data.name),
            document_kind: data.document_kind,
            masked_number: mask_number(&data.document_number),
            masked_phone: if data.phone.is_empty() { String::new() } else { mask_phone(&data.phone) },
            age_class: AgeClass::of(data.birth, self.now().date()),
            frozen: record.frozen,
            phones: (record.devices.len(), record.devices.iter().any(|device| device.live)),
            grants: (record.grants.iter().filter(|grant| grant.live).count(), record.wards.len()),
            consents: record.consents.len(),
        })
    }

    /// Asks to see a person unmasked.
    ///
    /// # Errors
    /// `staff.office`, `staff.reason`, `person.unknown`, or the store's refusal.
    pub async fn ask_unmasking(&self, staff: &Staff, person: Id, reason: &str) -> Result<Id, Refusal> {
        staff.must_hold(Office::System)?;
        let reason = checked_reason(reason)?;
        self.read(person.bucket(), |txn| Ok(load_holder(txn, person)?.value.person))?;
        let (now, by, id) = (self.now(), staff.clone(), self.fresh_id(Bucket::DIRECTORY));
        let record = Unmasking {
            id,
            person,
            by: staff.id,
            by_name: staff.name.clone(),
            reason: reason.clone(),
            at: now,
            state: UnmaskingState::Asked,
        };
        self.run(Bucket::DIRECTORY, move |txn| {
            create(txn, id, &record)?;
            let text = Words::new(
                format!("申请查看完整信息，事由：{reason}"),
                format!("Asked to see a person unmasked; reason: {reason}"),
            );
            Ok(write_act(txn, now, &by, "unmask.asked", text)?)
        })
        .await?;
        Ok(id)
    }

    /// The second person decides.
    ///
    /// # Errors
    /// `staff.office`, `staff.same_person`, `staff.prove_again`, `unmask.over`.
    pub async fn decide_unmasking(&self, staff: &Staff, id: Id, agreed: bool) -> Result<(), Refusal> {
        staff.must_hold(Office::Security)?;
        self.must_be_fresh(staff)?;
        let (now, by) = (self.now(), staff.clone());
        self.run(Bucket::DIRECTORY, move |txn| {
            let mut held = load::<Unmasking>(txn, id)?.ok_or_else(over)?;
            if held.value.by == by.id {
                return Err(same_person().into());
            }
            if held.value.state != UnmaskingState::Asked || now.since(held.value.at) > ASKED_LIFE_S * 1000 {
                return Err(over().into());
            }
            let asker = held.value.by_name.clone();
            held.value.state = if agreed {
                UnmaskingState::Agreed(by.name.clone(), now)
            } else {
                UnmaskingState::Declined(by.name.clone())
            };
            save(txn, &held)?;
            let (act, text) = if agreed {
                (
                    "unmask.agreed",
                    Words::new(
                        format!("同意 {asker} 查看完整信息"),
                        format!("Agreed that {asker} sees a person unmasked"),
                    ),
                )
            } else {
                (
                    "unmask.declined",
                    Words::new(
                        format!("不同意 {asker} 查看完整信息"),
                        format!("Declined {asker}'s request to see a person unmasked"),
                    ),
                )
            };
            Ok(write_act(txn, now, &by, act, text)?)
        })
        .await
    }

    /// Shows a person unmasked, once, to who asked.
    ///
    /// # Errors
    /// `staff.office`, `unmask.over`, or the store's refusal.
    pub async fn unmask(&self, staff: &Staff, id: Id) -> Result<Unmasked, Refusal> {
        staff.must_hold(Office::System)?;
        let (now, by) = (self.now(), staff.clone());
        let (person, reason, agreed_by) = self
            .run(Bucket::DIRECTORY, move |txn| {
                let mut held = load::<Unmasking>(txn, id)?.filter(|held| held.value.by == by.id).ok_or_else(over)?;
                let UnmaskingState::Agreed(agreed_by, at) = held.value.state.clone() else { return Err(over().into()) };
                if now.since(at) > AGREED_LIFE_S * 1000 {
                    return Err(over().into());
                }
                held.value.state = UnmaskingState::Seen(now);
                save(txn, &held)?;
                write_act(txn, now, &by, "unmask.seen", Words::new("查看了完整信息", "Saw a person unmasked"))?;
                Ok((held.value.person, held.value.reason.clone(), agreed_by))
            })
            .await?;
        let text = Words::new(
            format!("平台工作人员经 {agreed_by} 同意查看了您的完整姓名、证件号码和手机号，事由：{reason}"),
            format!(
                "Platform staff, with the agreement of {agreed_by}, saw your full name, document and mobile number. Reason: {reason}"
            ),
        );
        let record = self.read_person(staff, person, text).await?;
        let data = self.personal_data(&record)?;
        Ok(Unmasked { name: data.name.clone(), number: data.document_number.clone(), phone: data.phone.clone() })
    }

    /// Unmaskings: one's own for the system office, all for the security office; newest first.
    ///
    /// # Errors
    /// `staff.office`, or the store's refusal.
    pub fn unmaskings(&self, staff: &Staff) -> Result<Vec<Unmasking>, Refusal> {
        if staff.office == Office::Audit {
            return Err(super::other_office());
        }
        let mut found: Vec<Unmasking> = self.read(Bucket::DIRECTORY, |txn| {
            Ok(find::<Unmasking>(txn, "all", "all", None, 500)?.items.into_iter().map(|held| held.value).collect())
        })?;
        found.retain(|one| staff.office == Office::Security || one.by == staff.id);
        found.sort_by_key(|one| std::cmp::Reverse(one.at));
        Ok(found)
    }
}

fn checked_reason(reason: &str) -> Result<String, Refusal> {
    let reason = reason.trim();
    if reason.chars().count() < 4 || reason.chars().count() > 100 || reason.chars().any(char::is_control) {
        return Err(Refusal::invalid(
            "staff.reason",
            Text::new("请写明事由（4 到 100 个字）", "Give a reason of 4 to 100 characters"),
            Text::new(
                "本人会在日志里看到这条事由，请勿写入个人信息",
                "The person reads it in their log; write no personal data",
            ),
        ));
    }
    Ok(reason.to_owned())
}

fn over() -> Refusal {
    Refusal::conflict(
        "unmask.over",
        Text::new("这项申请已办结、已过期或不是您的", "This request is over, too old or not yours"),
        Text::new("如仍需要，请重新申请", "Ask again if it is still needed"),
    )
}

pub(crate) fn same_person() -> Refusal {
    Refusal::forbidden(
        "staff.same_person",
        Text::new("不能审批自己经手的事项", "Nobody approves what they have handled themselves"),
        Text::new("请由另一名同事办理", "Ask another colleague"),
    )
}
