//! Certificates 电子证照: issued to a person, kept in the person's bucket, changed by their issuer alone.
//!
//! Invariant: of one certificate at most one version is current; an ended one does not come back; what is opened is
//! judged by state and dates at the moment of opening, and only one in force gives its fields.
//!
//! Fields hold personal data, so a record carries them sealed by whoever keeps the keys; nothing here can read them.

pub mod identifier;
mod kinds;
mod state;

use serde::{Deserialize, Serialize};
use tongma_domain::{Date, Id, Refusal, Text, UnixMs, Words};
use tongma_store::{CounterKey, Held, Index, Key, Page, StoreError, Stored, Txn, create, find, load, save};

pub use identifier::Identifier;
pub use kinds::{Kind, KindField, Mask, Sensitivity, kind, kind_of_code, kinds};
pub use state::{Standing, State};

use crate::{Schema, Stop};

/// How many credentials may be made of one version, each with a slot of its own in the status lists, so that two
/// checkers who compare notes do not find the same one.
pub const COPIES: u8 = 4;

/// One version of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its identifier; the key of the record.
    pub identifier: Identifier,
    /// Whose it is.
    pub person: Id,
    /// Its kind's id.
    pub kind: String,
    /// Who issued it.
    pub issuer: Words,
    /// Its state as the issuer reports it.
    pub state: State,
    /// Since when it is in this state.
    pub since: UnixMs,
    /// Why, in the issuer's words; empty when there is nothing to say.
    pub reason: String,
    /// Its first day.
    pub valid_from: Date,
    /// Its last day, which still counts; none: no end.
    pub valid_until: Option<Date>,
    /// When it was issued.
    pub issued: UnixMs,
    /// The newer version that took its place.
    pub superseded_by: Option<Identifier>,
    /// The act that issued it; the same act again issues nothing.
    pub attempt: Id,
    /// Its numbers among the credentials of this bucket, from which the keeper of the keys derives places in status lists.
    pub slots: Vec<u32>,
    /// Field → value, sealed for this person.
    pub sealed: String,
}

impl Stored for Certificate {
    const KIND: &'static str = "certificate";
    fn index(&self) -> Vec<Index> {
        let mut index = vec![Index { name: "series", value: series_key(&self.identifier) }];
        if self.superseded_by.is_none() {
            index.push(Index { name: "person", value: self.person.into() });
            index.push(Index { name: "kind", value: kind_key(self.person, &self.kind) });
        }
        index
    }
}

impl Certificate {
    /// What it is worth at a moment.
    pub fn standing(&self, now: UnixMs) -> Standing {
        Standing::of(self.state, (self.valid_from, self.valid_until), now)
    }

    /// Its kind, as long as the catalogue has it.
    pub fn kind(&self) -> Option<&'static Kind> {
        kind(&self.kind)
    }
}

/// The key of a certificate's record.
pub fn key_of(identifier: &Identifier) -> Key {
    Key::new(identifier.to_string().as_bytes())
}

fn series_key(identifier: &Identifier) -> Key {
    Key::new(identifier.series().as_bytes())
}

fn kind_key(person: Id, kind: &str) -> Key {
    Key::of(&[person.as_bytes(), kind.as_bytes()])
}

/// What is issued.
#[derive(Debug, Clone)]
pub struct Issue<'a> {
    /// The act; the same again issues nothing new.
    pub attempt: Id,
    /// To whom; the transaction is in this person's bucket.
    pub person: Id,
    /// Of which kind.
    pub kind: &'static Kind,
    /// Who issues, when it is not the kind's own issuer: credit code and name.
    pub issuer: Option<(&'a str, Words)>,
    /// The serial, unique for kind and issuer; the same serial again is a new version.
    pub serial: &'a str,
    /// The first day.
    pub valid_from: Date,
    /// The last day; none: as the kind says.
    pub valid_until: Option<Date>,
    /// Field → value, sealed for this person.
    pub sealed: String,
}

/// Issues a certificate, or a new version of one, which takes the place of the version before. Gives the current version.
///
/// # Errors
/// `certificate.number` when the parts make no identifier or 999 versions are used up; `certificate.dates` when the
/// last day is before the first; `certificate.not_yours` when the serial belongs to another person;
/// `certificate.ended` when its issuer suspended or ended the certificate: that has to be lifted first.
pub fn issue(txn: &mut dyn Txn, issue: &Issue<'_>, now: UnixMs) -> Result<Certificate, Stop> {
    let until = issue.valid_until.or_else(|| last_day(issue.valid_from, issue.kind.valid_years));
    if until.is_some_and(|until| until < issue.valid_from) {
        return Err(dates().into());
    }
    let (issuer_code, issuer) = match &issue.issuer {
        Some((code, name)) => (*code, name.clone()),
        None => (issue.kind.issuer_code, issue.kind.issuer.into()),
    };
    let first = Identifier::new(issue.kind.code, issuer_code, issue.serial, 1).ok_or_else(number)?;
    let before = latest_version(txn, &first)?;
    let identifier = match &before {
        None => first,
        Some(before) if before.value.person != issue.person => return Err(not_yours().into()),
        Some(before) if before.value.attempt == issue.attempt => return Ok(before.value.clone()),
        Some(before) if ended(&before.value) => return Err(has_ended().into()),
        Some(before) => before.value.identifier.next().ok_or_else(number)?,
    };
    let certificate = Certificate {
        v: Schema,
        identifier: identifier.clone(),
        person: issue.person,
        kind: issue.kind.id.to_owned(),
        issuer,
        state: State::Valid,
        since: now,
        reason: String::new(),
        valid_from: issue.valid_from,
        valid_until: until,
        issued: now,
        superseded_by: None,
        attempt: issue.attempt,
        slots: take_slots(txn)?,
        sealed: issue.sealed.clone(),
    };
    create(txn, key_of(&identifier), &certificate)?;
    if let Some(mut before) = before {
        before.value.state = State::Lapsed;
        before.value.since = now;
        before.value.superseded_by = Some(identifier);
        save(txn, &before)?;
    }
    Ok(certificate)
}

/// A new version would undo what its issuer did to this one; one that is in force or only lapsed is renewed.
fn ended(certificate: &Certificate) -> bool {
    !matches!(certificate.state, State::Valid | State::Lapsed)
}

/// The day before the same day so many years later; 29 February ends on 28 February.
fn last_day(from: Date, years: u8) -> Option<Date> {
    let year = from.year + i32::from(years);
    let same = Date::new(year, from.month, from.day).or_else(|| Date::new(year, 3, 1))?;
    (years > 0).then(|| Date::from_days(same.to_days() - 1))
}

/// Numbers for the credentials of one version, never given twice in a bucket.
fn take_slots(txn: &mut dyn Txn) -> Result<Vec<u32>, Stop> {
    let counter = CounterKey { name: "certificate.slots", of: Key::from("bucket") };
    let after = txn.count_add(&counter, i64::from(COPIES), 0, i64::from(u32::MAX))?;
    let after =
        after.and_then(|after| u32::try_from(after).ok()).ok_or(StoreError::Bound("credentials in a bucket"))?;
    Ok((after - u32::from(COPIES)..after).collect())
}

/// The newest version of the certificate that this identifier is a version of.
///
/// # Errors
/// Of the store.
pub fn latest_version(txn: &mut dyn Txn, identifier: &Identifier) -> Result<Option<Held<Certificate>>, Stop> {
    let mut newest: Option<Held<Certificate>> = None;
    let mut after = None;
    loop {
        let page = find::<Certificate>(txn, "series", series_key(identifier), after.as_ref(), 100)?;
        after = page.items.last().map(|held| held.key.clone());
        for held in page.items {
            if newest.as_ref().is_none_or(|found| found.value.identifier.version() < held.value.identifier.version()) {
                newest = Some(held);
            }
        }
        if !page.more {
            return Ok(newest);
        }
    }
}

/// The version that this one replaced; none for the first.
///
/// # Errors
/// The store's refusal.
pub fn version_before(txn: &mut dyn Txn, of: &Certificate) -> Result<Option<Certificate>, Stop> {
    let mut after = None;
    loop {
        let page = find::<Certificate>(txn, "series", series_key(&of.identifier), after.as_ref(), 100)?;
        after = page.items.last().map(|held| held.key.clone());
        let replaced = |held: &&Held<Certificate>| held.value.superseded_by.as_ref() == Some(&of.identifier);
        if let Some(held) = page.items.iter().find(replaced) {
            return Ok(Some(held.value.clone()));
        }
        if !page.more {
            return Ok(None);
        }
    }
}

/// The issuer changes the state of a version. The same state again changes nothing and is no error.
///
/// # Errors
/// `certificate.unknown`; `certificate.ended` when its state can no longer change.
pub fn change_state(
    txn: &mut dyn Txn,
    identifier: &Identifier,
    (state, reason): (State, &str),
    now: UnixMs,
) -> Result<Certificate, Stop> {
    let mut held = load::<Certificate>(txn, key_of(identifier))?.ok_or_else(unknown)?;
    if held.value.state == state {
        return Ok(held.value);
    }
    if !held.value.state.may_change() || held.value.superseded_by.is_some() {
        return Err(has_ended().into());
    }
    held.value.state = state;
    held.value.since = now;
    reason.clone_into(&mut held.value.reason);
    save(txn, &held)?;
    Ok(held.value)
}

/// A person's certificates, current versions of all states.
///
/// # Errors
/// Of the store.
pub fn find_of_person(
    txn: &mut dyn Txn,
    person: Id,
    after: Option<&Key>,
    limit: usize,
) -> Result<Page<Held<Certificate>>, Stop> {
    Ok(find::<Certificate>(txn, "person", person, after, limit)?)
}

/// A person's certificates of one kind, current versions of all states; the first in force comes first.
///
/// # Errors
/// Of the store.
pub fn find_of_kind(txn: &mut dyn Txn, person: Id, kind: &str, now: UnixMs) -> Result<Vec<Certificate>, Stop> {
    let page = find::<Certificate>(txn, "kind", kind_key(person, kind), None, 100)?;
    let mut found: Vec<Certificate> = page.items.into_iter().map(|held| held.value).collect();
    found.sort_by_key(|certificate| (certificate.standing(now) != Standing::Good, certificate.issued));
    Ok(found)
}

/// A certificate as opened at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What is known of it without its fields: `sealed` is empty here.
    pub certificate: Certificate,
    /// What it is worth now.
    pub standing: Standing,
    /// Its sealed fields, given only while it is in force.
    pub sealed: Option<String>,
}

/// Opens a copy: state and dates are judged now, not when the copy was agreed to. One that is suspended, lapsed or
/// revoked is a result with that standing and without fields.
///
/// # Errors
/// `certificate.unknown`, the same whether it does not exist or belongs to someone else.
pub fn open_copy(txn: &mut dyn Txn, person: Id, identifier: &Identifier, now: UnixMs) -> Result<Opened, Stop> {
    let held = load::<Certificate>(txn, key_of(identifier))?.filter(|held| held.value.person == person);
    let mut certificate = held.ok_or_else(unknown)?.value;
    let standing = certificate.standing(now);
    let sealed = core::mem::take(&mut certificate.sealed);
    Ok(Opened { standing, sealed: (standing == Standing::Good).then_some(sealed), certificate })
}

/// No such certificate, or none of this person's.
pub fn unknown() -> Refusal {
    Refusal::missing(
        "certificate.unknown",
        Text::new("没有这份证照", "There is no such certificate"),
        Text::new(
            "请核对证照标识，或请本人从证照夹中选择",
            "Check the identifier, or let the holder choose one from the deck",
        ),
    )
}

fn number() -> Refusal {
    Refusal::invalid(
        "certificate.number",
        Text::new("证照编号不合规（GB/T 36904）", "The parts make no certificate identifier (GB/T 36904)"),
        Text::new(
            "请核对发证机关代码和流水号：只含数字和大写字母",
            "Check the issuer's code and the serial: digits and capital letters alone",
        ),
    )
}

fn dates() -> Refusal {
    Refusal::invalid(
        "certificate.dates",
        Text::new("有效期止早于有效期起", "The last day is before the first"),
        Text::new("请核对有效期", "Check the dates"),
    )
}

/// The number was given to somebody else.
pub fn not_yours() -> Refusal {
    Refusal::conflict(
        "certificate.not_yours",
        Text::new("这个编号已发给另一个人", "This serial was issued to another person"),
        Text::new("请换一个流水号", "Use another serial"),
    )
}

fn has_ended() -> Refusal {
    Refusal::conflict(
        "certificate.ended",
        Text::new("这份证照已终止，状态不能再改", "This certificate has ended; its state stays"),
        Text::new("如需恢复，请发一份新的证照", "Issue a new certificate instead"),
    )
}
