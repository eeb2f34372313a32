//! Issuing and changing certificates, as their issuers' systems ask for it.

use std::collections::BTreeMap;

use tongma_capability::certificate::{self, Certificate, Identifier, Issue, Kind, State};
use tongma_capability::{Stop, derived_in};
use tongma_domain::{Bucket, Date, Id, PersonalData, Refusal, SeededEntropy, Text, Words};
use tongma_store::{Key, create, load, upsert};

use super::keys;
use super::lists::{ListHead, StatusRecord, head_key};
use crate::people::load_holder;
use crate::platform::Platform;
use crate::records::IdentityRecord;
use crate::sealed_fields;
use crate::sessions::write_log;
use crate::vault::Vault;

/// The longest value of a field, in characters.
const MOST_VALUE_CHARACTERS: usize = 120;
/// The longest reason for a change, in characters.
const MOST_REASON_CHARACTERS: usize = 200;

/// A branch that issues in its own name.
#[derive(Debug, Clone)]
pub struct IssuedBy {
    /// Its unified social credit code, or a region's code.
    pub code: String,
    /// Its name.
    pub name: Words,
}

/// What an issuer's system hands in.
#[derive(Clone)]
pub struct NewCertificate {
    /// To whom.
    pub person: Id,
    /// The kind's id.
    pub kind: String,
    /// The serial; drawn when there is none. The same serial again is a new version.
    pub serial: Option<String>,
    /// Who issues, when it is not the kind's own issuer.
    pub issuer: Option<IssuedBy>,
    /// Field → value. The name, the date of birth and a resident's number are filled in from the enrolment.
    pub fields: BTreeMap<String, String>,
    /// The first day; today when left out.
    pub valid_from: Option<Date>,
    /// The last day; as the kind says when left out.
    pub valid_until: Option<Date>,
    /// Names the act: the same again issues nothing new.
    pub key: String,
}

impl Platform {
    /// Issues a certificate or a new version of one.
    ///
    /// # Errors
    /// `certificate.kind`, `certificate.field`, `person.unknown`, and what [`certificate::issue`] refuses.
    pub async fn issue_certificate(&self, new: NewCertificate) -> Result<Identifier, Refusal> {
        let kind = certificate::kind(&new.kind).ok_or_else(unknown_kind)?;
        let (now, person) = (self.now(), new.person);
        let data = self.read(person.bucket(), |txn| Ok(load_holder(txn, person)?.value))?;
        let fields = checked(kind, new.fields, &self.personal_data(&data)?)?;
        let attempt = derived_in(person.bucket(), &[b"certificate", person.as_bytes(), new.key.as_bytes()]);
        let serial = new.serial.unwrap_or_else(|| keys::drawn_serial(&self.vault, attempt));
        let sealed = sealed_fields::seal(&self.vault, person, &fields, &mut SeededEntropy::new(self.seed()));
        let sealed = sealed.map_err(|_| crate::people::sealed())?;
        let code = new.issuer.as_ref().map_or(kind.issuer_code, |issuer| issuer.code.as_str());
        self.claim_series(kind, code, &serial, person).await?;
        let valid_from = new.valid_from.unwrap_or(now.date());
        let (issuer, valid_until) = (new.issuer, new.valid_until);
        let (made, before) = self
            .run(person.bucket(), move |txn| {
                let issuer = issuer.as_ref().map(|issuer| (issuer.code.as_str(), issuer.name.clone()));
                let (serial, sealed) = (serial.as_str(), sealed.clone());
                let issue = Issue { attempt, person, kind, issuer, serial, valid_from, valid_until, sealed };
                let made = certificate::issue(txn, &issue, now)?;
                // Looked up from what was made, so that asking again also finishes what broke off before the lists knew.
                let before = certificate::version_before(txn, &made)?;
                let text = Words::new(
                    format!("{}发放了您的{}", made.issuer.zh, kind.name.zh),
                    format!("{} issued your {}", made.issuer.en, kind.name.en),
                );
                write_log(txn, person, now, "certificate", text)?;
                Ok((made, before))
            })
            .await?;
        self.note_list(&made).await?;
        if let Some(before) = before {
            self.note_status(&before, State::Lapsed).await?;
        }
        Ok(made.identifier)
    }

    /// The number leads to one person, across all buckets.
    async fn claim_series(&self, kind: &Kind, code: &str, serial: &str, person: Id) -> Result<(), Refusal> {
        let Some(identifier) = Identifier::new(kind.code, code, serial, 1) else { return Ok(()) };
        let blind = self.vault.blind("certificate", &identifier.series());
        self.run(Vault::blind_bucket(&blind), move |txn| match load::<IdentityRecord>(txn, Key::new(&blind))? {
            Some(found) if found.value.person != person => Err(Stop::Refused(certificate::not_yours())),
            Some(_) => Ok(()),
            None => Ok(create(txn, Key::new(&blind), &IdentityRecord::of(person))?),
        })
        .await
    }

    /// Whose certificate this is.
    ///
    /// # Errors
    /// `certificate.unknown`.
    pub fn person_of_certificate(&self, identifier: &Identifier) -> Result<Id, Refusal> {
        let blind = self.vault.blind("certificate", &identifier.series());
        self.read(Vault::blind_bucket(&blind), |txn| {
            let found = load::<IdentityRecord>(txn, Key::new(&blind))?;
            found.map(|held| held.value.person).ok_or_else(|| Stop::Refused(certificate::unknown()))
        })
    }

    /// The issuer changes the state of a certificate; credentials of it show it as soon as their list is fetched again.
    ///
    /// # Errors
    /// `certificate.unknown`, `certificate.ended`, `certificate.reason`.
    pub async fn change_certificate(&self, identifier: &Identifier, state: State, reason: &str) -> Result<(), Refusal> {
        if reason.chars().count() > MOST_REASON_CHARACTERS || reason.chars().any(char::is_control) {
            return Err(bad_reason());
        }
        let person = self.person_of_certificate(identifier)?;
        let (now, reason, wanted) = (self.now(), reason.to_owned(), identifier.clone());
        let changed = self
            .run(person.bucket(), move |txn| {
                let changed = certificate::change_state(txn, &wanted, (state, &reason), now)?;
                // The same state again is no news.
                if changed.since == now {
                    let (kind, name) =
                        (changed.kind().map_or(Text::new("证照", "certificate"), |kind| kind.name), state.name());
                    let text = Words::new(
                        format!("您的{}状态变为：{}", kind.zh, name.zh),
                        format!("Your {} is now: {}", kind.en, name.en),
                    );
                    write_log(txn, person, now, "certificate", text)?;
                }
                Ok(changed)
            })
            .await?;
        // Written whether or not the state is news: a change that broke off half-way is completed by asking again.
        self.note_status(&changed, state).await
    }

    /// Notes what the status lists have to say of a version.
    async fn note_status(&self, certificate: &Certificate, state: State) -> Result<(), Refusal> {
        let record =
            StatusRecord { bucket: certificate.person.bucket().number(), slots: certificate.slots.clone(), state };
        let key = certificate::key_of(&certificate.identifier);
        self.run(Bucket::DIRECTORY, move |txn| Ok(upsert(txn, key.clone(), &record)?)).await?;
        self.certificates.forget_lists();
        Ok(())
    }

    /// Notes that a list is in use, once per list.
    async fn note_list(&self, certificate: &Certificate) -> Result<(), Refusal> {
        let Some(list) = certificate.slots.iter().map(|slot| keys::list_of(*slot)).max() else { return Ok(()) };
        let known = self.read(Bucket::DIRECTORY, |txn| Ok(load::<ListHead>(txn, head_key())?))?;
        if known.is_some_and(|known| known.value.last >= list) {
            return Ok(());
        }
        self.run(Bucket::DIRECTORY, move |txn| {
            let last = load::<ListHead>(txn, head_key())?.map_or(list, |held| held.value.last.max(list));
            Ok(upsert(txn, head_key(), &ListHead { last })?)
        })
        .await
    }
}

/// The fields as they are kept: known, short, and about this person.
fn checked(
    kind: &'static Kind,
    mut fields: BTreeMap<String, String>,
    data: &PersonalData,
) -> Result<BTreeMap<String, String>, Refusal> {
    fields.retain(|_, value| !value.is_empty());
    let own = |id: &str| match id {
        "name" => Some(data.name.clone()),
        "birth" => Some(data.birth.to_string()),
        "id_number" => Some(data.document_number.clone()),
        _ => None,
    };
    for field in kind.fields {
        let Some(own) = own(field.id) else { continue };
        // An issuer that knows somebody else by this number has the wrong person.
        if fields.insert(field.id.to_owned(), own.clone()).is_some_and(|said| said != own) {
            return Err(bad_field(field.label));
        }
    }
    for (id, value) in &fields {
        let Some(field) = kind.field(id) else {
            return Err(bad_field(Text::new("未定义的项", "an unknown field")));
        };
        if value.chars().count() > MOST_VALUE_CHARACTERS || value.chars().any(char::is_control) {
            return Err(bad_field(field.label));
        }
    }
    match kind.fields.iter().find(|field| field.needed && !fields.contains_key(field.id)) {
        Some(missing) => Err(bad_field(missing.label)),
        None => Ok(fields),
    }
}

fn unknown_kind() -> Refusal {
    Refusal::invalid(
        "certificate.kind",
        Text::new("没有这种证照", "There is no such kind of certificate"),
        Text::new("请对照 /v1/certificate-kinds 的目录", "See the catalogue at /v1/certificate-kinds"),
    )
}

fn bad_field(label: Text) -> Refusal {
    Refusal::invalid(
        "certificate.field",
        Text::new("证照内容有一项不对", "One of the certificate's fields is not right"),
        Text::new(
            "请对照目录核对各项，并与本人登记信息一致",
            "Compare the fields with the catalogue and with the enrolment",
        ),
    )
    .titled(Words::new(
        format!("证照内容不对：{}", label.zh),
        format!("One of the certificate's fields is not right: {}", label.en),
    ))
}

fn bad_reason() -> Refusal {
    Refusal::invalid(
        "certificate.reason",
        Text::new("原因太长或含控制字符", "The reason is too long or has control characters"),
        Text::new("请改写原因，200 字以内", "Write it in at most 200 characters"),
    )
}
