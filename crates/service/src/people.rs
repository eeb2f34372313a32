//! Enrolment: a person becomes known once, found again by number or by sign-in, never listed.

use tongma_capability::{Holder, Stop};
use tongma_domain::{
    Date, DocumentKind, Id, Particulars, PersonalData, Refusal, SeededEntropy, Text, Words, birth_date_of,
    document_check, mask_name,
};
use tongma_store::{CounterKey, Held, Key, StoreError, Txn, create, load, save, upsert};

use crate::outward::Audience;
use crate::platform::Platform;
use crate::records::{HolderRecord, IdentityRecord};
use crate::vault::Vault;

/// What an enrolling office knows of a person.
#[derive(Clone)]
pub struct Enrolment {
    /// The name as on the document.
    pub name: String,
    /// The document's kind.
    pub document_kind: DocumentKind,
    /// The document's number.
    pub document_number: String,
    /// The date of birth; may be left out when the number holds it.
    pub birth: Option<Date>,
    /// The mobile number, or empty.
    pub phone: String,
    /// What else stands on the document.
    pub particulars: Particulars,
    /// The sign-in it belongs to: OpenID issuer and subject; none for people who never sign in themselves.
    pub sign_in: Option<(String, String)>,
}

pub(crate) fn holder_key(number: u16) -> Key {
    Key::new(&number.to_be_bytes())
}

/// Reads a person's record.
pub(crate) fn load_holder(txn: &mut dyn Txn, person: Id) -> Result<Held<HolderRecord>, Stop> {
    load::<HolderRecord>(txn, holder_key(person.number()))?
        .filter(|held| held.value.person == person)
        .ok_or_else(|| Stop::Refused(unknown_person()))
}

pub(crate) fn unknown_person() -> Refusal {
    Refusal::missing(
        "person.unknown",
        Text::new("没有找到这位用户", "No such person is enrolled"),
        Text::new("请先实名登记", "Enrol first"),
    )
}

impl Platform {
    /// Enrols a person. The same number again is the same person; the sign-in is joined to them.
    ///
    /// # Errors
    /// `person.document` for a number that cannot be, `person.birth`, `person.name`, `person.sign_in_taken`.
    pub async fn enrol(&self, enrolment: Enrolment) -> Result<Id, Refusal> {
        let data = checked(&enrolment)?;
        let blind = self.vault.blind(&format!("{:?}", data.document_kind), &data.document_number);
        let bucket = Vault::blind_bucket(&blind);
        let (now, seed, vault) = (self.now(), self.seed(), self.vault.clone());
        let gone = self.closed_behind(blind)?;
        let person = self
            .run(bucket, move |txn| {
                let key = Key::new(&blind);
                let mut before = Vec::new();
                if let Some(found) = load::<IdentityRecord>(txn, key.clone())? {
                    if !found.value.former && gone != Some(found.value.person) {
                        return Ok(found.value.person);
                    }
                    // The number was somebody else's, or an account that has closed: this is a person of their own.
                    before = found.value.before;
                    before.push(found.value.person);
                }
                let counter = CounterKey { name: "holder.number", of: Key::from("bucket") };
                let number =
                    txn.count_add(&counter, 1, 0, i64::from(u16::MAX))?.and_then(|number| u16::try_from(number).ok());
                let number = number.ok_or(StoreError::Bound("people in one bucket"))?;
                let mut entropy = SeededEntropy::new(seed);
                let person = Id::numbered(now, bucket, number, &mut entropy);
                let sealed =
                    vault.seal(person, &data, &mut entropy).map_err(|_| StoreError::Corrupt("personal data".into()))?;
                upsert(txn, key, &IdentityRecord { before, ..IdentityRecord::of(person) })?;
                let record = HolderRecord {
                    person,
                    sealed,
                    frozen: false,
                    devices: Vec::new(),
                    grants: Vec::new(),
                    bindings: Vec::new(),
                    consents: Vec::new(),
                    wards: Vec::new(),
                    closed: None,
                };
                create(txn, holder_key(number), &record)?;
                Ok(person)
            })
            .await?;
        if let Some((issuer, subject)) = &enrolment.sign_in {
            self.join_sign_in(person, issuer, subject).await?;
        }
        Ok(person)
    }

    /// Joins a sign-in to a person. A sign-in belongs to one person.
    async fn join_sign_in(&self, person: Id, issuer: &str, subject: &str) -> Result<(), Refusal> {
        let blind = self.vault.blind("sign_in", &format!("{issuer}\n{subject}"));
        let gone = self.closed_behind(blind)?;
        self.run(Vault::blind_bucket(&blind), move |txn| match load::<IdentityRecord>(txn, Key::new(&blind))? {
            Some(mut found) if gone == Some(found.value.person) => {
                found.value = IdentityRecord { before: vec![found.value.person], ..IdentityRecord::of(person) };
                Ok(save(txn, &found)?)
            }
            Some(found) if found.value.person != person => Err(Stop::Refused(Refusal::conflict(
                "person.sign_in_taken",
                Text::new("这个登录账号已属于另一个人", "This sign-in belongs to another person"),
                Text::new("请核对登录账号", "Check the sign-in"),
            ))),
            Some(_) => Ok(()),
            None => Ok(create(txn, Key::new(&blind), &IdentityRecord::of(person))?),
        })
        .await
    }

    /// The person behind a sign-in.
    ///
    /// # Errors
    /// `person.unknown`.
    pub fn person_of_sign_in(&self, issuer: &str, subject: &str) -> Result<Id, Refusal> {
        let blind = self.vault.blind("sign_in", &format!("{issuer}\n{subject}"));
        self.person_of_blind(blind)
    }

    /// The person behind a document's number.
    ///
    /// # Errors
    /// `person.unknown`.
    pub fn person_of_document(&self, kind: DocumentKind, number: &str) -> Result<Id, Refusal> {
        self.person_of_blind(self.vault.blind(&format!("{kind:?}"), number))
    }

    fn person_of_blind(&self, blind: [u8; 32]) -> Result<Id, Refusal> {
        self.read(Vault::blind_bucket(&blind), |txn| {
            let found = load::<IdentityRecord>(txn, Key::new(&blind))?.ok_or_else(unknown_person)?.value;
            if found.former { Err(former_number().into()) } else { Ok(found.person) }
        })
        .and_then(|person| if self.is_closed(person)? { Err(unknown_person()) } else { Ok(person) })
    }

    /// The person of a closed account that an identity still leads to.
    fn closed_behind(&self, blind: [u8; 32]) -> Result<Option<Id>, Refusal> {
        let found = self.read(Vault::blind_bucket(&blind), |txn| {
            Ok(load::<IdentityRecord>(txn, Key::new(&blind))?.map(|held| held.value.person))
        })?;
        match found {
            Some(person) if self.is_closed(person)? => Ok(Some(person)),
            _ => Ok(None),
        }
    }

    /// A person's name, number or telephone has changed: what is sealed is sealed anew, and found by the new number. The
    /// old number is kept as one that was theirs, so that whoever else was given it is told apart.
    ///
    /// # Errors
    /// As [`Platform::enrol`]; `person.number_taken` when somebody else has the new number.
    pub async fn change_identity(&self, person: Id, new: Enrolment) -> Result<(), Refusal> {
        let mut data = checked(&new)?;
        let record = self.read(person.bucket(), |txn| Ok(load_holder(txn, person)?.value))?;
        let old = self.personal_data(&record)?;
        // A change names what is new; what it does not name of the document stays.
        if data.particulars == Particulars::default() {
            data.particulars = old.particulars.clone();
        }
        let blind_of =
            |data: &PersonalData| self.vault.blind(&format!("{:?}", data.document_kind), &data.document_number);
        let (before, after) = (blind_of(&old), blind_of(&data));
        if before != after {
            self.run(Vault::blind_bucket(&after), move |txn| {
                let key = Key::new(&after);
                match load::<IdentityRecord>(txn, key.clone())?.map(|held| held.value) {
                    Some(found) if !found.former && found.person != person => Err(number_taken().into()),
                    Some(found) if !found.former => Ok(()),
                    Some(found) => {
                        let before = [found.before, vec![found.person]].concat();
                        Ok(upsert(txn, key, &IdentityRecord { before, ..IdentityRecord::of(person) })?)
                    }
                    None => Ok(create(txn, key, &IdentityRecord::of(person))?),
                }
            })
            .await?;
        }
        let sealed = self
            .vault
            .seal(person, &data, &mut SeededEntropy::new(self.seed()))
            .map_err(|_| crate::platform::store_refusal(&StoreError::Corrupt("personal data".into())))?;
        let now = self.now();
        self.run(person.bucket(), move |txn| {
            let mut held = load_holder(txn, person)?;
            held.value.sealed = sealed.clone();
            save(txn, &held)?;
            let text = Words::new("姓名或证件号码已更新", "Your name or number was brought up to date");
            Ok(crate::sessions::write_log(txn, person, now, "account", text)?)
        })
        .await?;
        if before == after {
            return Ok(());
        }
        self.run(Vault::blind_bucket(&before), move |txn| {
            let Some(mut held) = load::<IdentityRecord>(txn, Key::new(&before))? else { return Ok(()) };
            if held.value.person == person {
                held.value.former = true;
                save(txn, &held)?;
            }
            Ok(())
        })
        .await
    }

    /// The person as a step may know them, for an organisation.
    pub(crate) fn holder(&self, record: &HolderRecord, organisation: Id, actor: u8) -> Result<Holder, Refusal> {
        let data = self.personal_data(record)?;
        Ok(Holder {
            person: record.person,
            pseudonym: self.pseudonym(organisation, record.person),
            actor,
            masked_name: mask_name(&data.name),
            birth: data.birth,
            document: data.document_kind,
            bindings: record
                .bindings
                .iter()
                .filter(|(owner, _)| *owner == organisation)
                .map(|(_, binding)| binding.clone())
                .collect(),
            consents: record
                .consents
                .iter()
                .filter(|consent| consent.organisation == organisation)
                .map(|consent| consent.scenario.clone())
                .collect(),
            agreed: false,
        })
    }

    /// The pairwise pseudonym: one SM4 block of the person's id under the organisation's key.
    pub(crate) fn pseudonym(&self, organisation: Id, person: Id) -> String {
        // A letter in front: a pseudonym is never mistaken for an id, which is 32 digits.
        format!("p{}", self.outward(Audience::Organisation(organisation), person))
    }

    /// A person's data, opened. Every caller has a stated use for it.
    pub(crate) fn personal_data(&self, record: &HolderRecord) -> Result<PersonalData, Refusal> {
        self.vault.open(record.person, &record.sealed).map_err(|_| sealed())
    }
}

/// The keys do not open what is kept of a person.
pub(crate) fn sealed() -> Refusal {
    Refusal::unavailable(
        "person.sealed",
        Text::new("个人信息暂时无法读取", "The person's data cannot be opened"),
        Text::new("请联系管理员检查密钥", "Ask the administrator to check the keys"),
    )
}

/// The number of the live device, 0 when there is none.
pub(crate) fn live_device(record: &HolderRecord) -> u8 {
    record.devices.iter().find(|device| device.live).map_or(0, |device| device.number)
}

fn former_number() -> Refusal {
    Refusal::conflict(
        "person.former_number",
        Text::new("这个号码已经变更，不能再用来查人", "This number has been changed and finds nobody any more"),
        Text::new("请用新的证件号码", "Use the new document's number"),
    )
}

fn number_taken() -> Refusal {
    Refusal::conflict(
        "person.number_taken",
        Text::new("这个号码属于另一个人", "This number belongs to another person"),
        Text::new("请核对证件；重号由发证机关处理", "Check the document; the issuing office settles doubled numbers"),
    )
}

fn checked(enrolment: &Enrolment) -> Result<PersonalData, Refusal> {
    let name = enrolment.name.trim();
    if name.is_empty() || name.chars().count() > 50 || name.chars().any(char::is_control) {
        return Err(Refusal::invalid(
            "person.name",
            Text::new("姓名为空、过长或含控制字符", "The name is empty, too long or has control characters"),
            Text::new("请按证件填写姓名", "Write the name as on the document"),
        ));
    }
    document_check(enrolment.document_kind, &enrolment.document_number).map_err(|_| {
        Refusal::invalid(
            "person.document",
            Text::new("证件号码不正确", "The document's number is not right"),
            Text::new("请核对证件种类、号码和校验位", "Check the kind, the number and its check digit"),
        )
    })?;
    let in_number = match enrolment.document_kind {
        DocumentKind::ResidentId => birth_date_of(&enrolment.document_number),
        _ => None,
    };
    let birth = match (in_number, enrolment.birth) {
        (Some(found), Some(said)) if found != said => None,
        (found, said) => found.or(said),
    };
    let birth = birth.ok_or_else(|| {
        Refusal::invalid(
            "person.birth",
            Text::new("出生日期缺失或与证件不符", "The date of birth is missing or differs from the document"),
            Text::new("请按证件填写出生日期", "Write the date of birth as on the document"),
        )
    })?;
    Ok(PersonalData {
        name: name.to_owned(),
        document_kind: enrolment.document_kind,
        document_number: enrolment.document_number.clone(),
        birth,
        phone: enrolment.phone.clone(),
        particulars: particulars(&enrolment.particulars)?,
    })
}

/// The particulars with blanks cut off. Nationality is three capital letters of ISO 3166-1, or empty.
fn particulars(said: &Particulars) -> Result<Particulars, Refusal> {
    let short = |text: &str, most: usize| text.chars().count() <= most && !text.chars().any(char::is_control);
    let letters =
        |text: &str| text.is_empty() || (text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()));
    let Particulars { sex, nation, address, nationality } = said;
    if !short(nation, 20) || !short(address, 200) || !letters(nationality) {
        return Err(Refusal::invalid(
            "person.particulars",
            Text::new("民族、住址或国籍填写有误", "The ethnic group, address or nationality does not fit"),
            Text::new(
                "请按证件填写；国籍用三个大写字母",
                "Write them as on the document; nationality is three capitals",
            ),
        ));
    }
    let trimmed = |text: &str| text.trim().to_owned();
    Ok(Particulars { sex: *sex, nation: trimmed(nation), address: trimmed(address), nationality: nationality.clone() })
}
