//! One-tap grants: what a holder gave a venue for one matter, item by item, until when, and what became of it.
//!
//! Invariant: given = asked ∩ permitted ∩ agreed; what is fetched is judged at the moment of fetching; after it is
//! closed, withdrawn or expired nothing is fetched; a withdrawal is acknowledged by the venue or shown as overdue. A
//! grant names items and never holds a value.

use serde::{Deserialize, Serialize};
use tongma_domain::{
    AGREED_FIELD, AgeClass, Card, Claim, Id, Refusal, Template, TemplateItem, Text, UnixMs, Venue, Wanted, Words,
};
use tongma_store::{Held, Index, Key, Page, Stored, Txn, create, find, load, save, upsert};

use crate::certificate::{self, Identifier, Kind, Sensitivity, Standing, kind};
use crate::{Holder, Schema, Step, Stop};

/// Where a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    /// What was given may be fetched until it expires.
    Open,
    /// The venue is done: nothing more is fetched.
    Closed,
    /// The holder took it back: nothing more is fetched, and the venue has to acknowledge.
    Withdrawn,
}

/// One item that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenItem {
    /// The item's id in its template.
    pub id: String,
    /// The claim, for one of those.
    pub claim: Option<Claim>,
    /// The field, for one of a certificate.
    pub field: Option<String>,
    /// The kind of certificate.
    pub kind: Option<String>,
    /// The holder's certificate of that kind; none when there was none.
    pub certificate: Option<Identifier>,
}

/// A grant, in the bucket of the person it is about. Key: its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id.
    pub id: Id,
    /// The number both receipts carry.
    pub receipt_number: String,
    /// The scenario.
    pub scenario: String,
    /// The template.
    pub template: String,
    /// Of whom.
    pub person: Id,
    /// Who agreed: 0 the person, else the index of the guardian's or delegate's grant.
    pub actor: u8,
    /// To whom.
    pub organisation: Id,
    /// The pseudonym under which the organisation knows the person.
    pub pseudonym: String,
    /// Where.
    pub venue: Id,
    /// At which point.
    pub point: Option<Id>,
    /// Through which clerk.
    pub operator: String,
    /// What was given.
    pub items: Vec<GivenItem>,
    /// What was asked and not given.
    pub kept_back: Vec<String>,
    /// When it was given.
    pub at: UnixMs,
    /// The last moment to fetch.
    pub fetch_until: UnixMs,
    /// The last moment the venue may keep what it fetched.
    pub keep_until: UnixMs,
    /// Where it stands.
    pub state: GrantState,
    /// When it was closed or withdrawn.
    pub ended: Option<UnixMs>,
    /// How often it was fetched.
    pub fetches: u32,
    /// Until when the venue has to acknowledge a withdrawal.
    pub acknowledge_by: Option<UnixMs>,
    /// When it did.
    pub acknowledged: Option<UnixMs>,
}

impl Stored for Grant {
    const KIND: &'static str = "grant";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "person", value: self.person.into() }]
    }
}

impl Grant {
    /// Whether it may be fetched now.
    ///
    /// # Errors
    /// `grant.closed`, `grant.withdrawn`, `grant.expired`.
    pub fn fetchable(&self, now: UnixMs) -> Result<(), Refusal> {
        match self.state {
            GrantState::Closed => Err(closed()),
            GrantState::Withdrawn => Err(withdrawn()),
            GrantState::Open if now > self.fetch_until => Err(expired()),
            GrantState::Open => Ok(()),
        }
    }

    /// The claims among what was given.
    pub fn claims(&self) -> Vec<Claim> {
        self.items.iter().filter_map(|item| item.claim).collect()
    }

    /// Ids of what was given.
    pub fn item_ids(&self) -> Vec<&str> {
        self.items.iter().map(|item| item.id.as_str()).collect()
    }

    /// The certificates among what was given, each kind once, in the order asked.
    pub fn certificates(&self) -> Vec<(&str, Option<&Identifier>)> {
        let mut found: Vec<(&str, Option<&Identifier>)> = Vec::new();
        for item in &self.items {
            if let Some(kind) = item.kind.as_deref()
                && !found.iter().any(|(known, _)| *known == kind)
            {
                found.push((kind, item.certificate.as_ref()));
            }
        }
        found
    }
}

/// How much an item tells: a sensitive one is agreed to only after a stronger step (PIPL art. 28 and 29).
pub fn is_sensitive(item: &TemplateItem) -> bool {
    match item.what {
        Wanted::Claim { claim } => claim == Claim::DocumentNumber,
        Wanted::Field { certificate, field } => kind(certificate).is_some_and(|kind| {
            kind.sensitive || kind.field(field).is_some_and(|field| field.sensitivity == Sensitivity::Sensitive)
        }),
    }
}

/// What a venue may ask of somebody of this age under a template: all that the template allows for that age, where the
/// venue is approved for the scenario, and as far as the catalogue of certificates knows it.
pub fn permitted(template: &Template, card: &Card, venue: &Venue, age: AgeClass) -> Vec<&'static TemplateItem> {
    let approved = venue.scenarios.iter().any(|scenario| scenario == card.id);
    let known = |item: &&TemplateItem| match item.what {
        Wanted::Claim { claim } => card.claims.iter().any(|ask| ask.claim == claim),
        Wanted::Field { certificate, field } => kind(certificate).is_some_and(|kind| kind.field(field).is_some()),
    };
    template.items.iter().filter(|item| approved && item.ages.contains(&age)).filter(known).collect()
}

/// What leaves: asked ∩ permitted ∩ agreed, in the order asked, each once.
pub fn given(asked: &[&str], permitted: &[&'static TemplateItem], agreed: &[&str]) -> Vec<&'static TemplateItem> {
    let mut met: Vec<&'static TemplateItem> = Vec::new();
    for id in asked {
        let Some(item) = permitted.iter().find(|item| item.id() == *id) else { continue };
        if agreed.contains(id) && !met.iter().any(|known| known.id() == *id) {
            met.push(item);
        }
    }
    met
}

/// Whether an answer leaves out something the matter cannot do without.
pub fn lacks(permitted: &[&'static TemplateItem], agreed: &[&str]) -> bool {
    permitted.iter().any(|item| item.required && !agreed.contains(&item.id().as_str()))
}

/// How long what was given serves, and how long the venue has for its answer to a withdrawal.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Seconds in which it may be fetched.
    pub fetch_s: i64,
}

/// Gives what the holder agreed to. Once per attempt and holder.
///
/// # Errors
/// `grant.incomplete` when something required is missing; `step.holder_needed`.
pub fn give(
    txn: &mut dyn Txn,
    (card, template): (&Card, &Template),
    step: &Step<'_>,
    holder: &Holder,
    terms: Terms,
) -> Result<Grant, Stop> {
    let id = step.attempt.beside(txn.bucket(), &[b"grant", holder.person.as_bytes()]);
    if let Some(known) = load::<Grant>(txn, id)? {
        return Ok(known.value);
    }
    let permitted = permitted(template, card, step.venue, holder.age_class(step.now));
    let agreed = step.input.texts(AGREED_FIELD);
    if lacks(&permitted, &agreed) {
        return Err(incomplete().into());
    }
    let ids: Vec<String> = template.items.iter().map(TemplateItem::id).collect();
    let asked: Vec<&str> = ids.iter().map(String::as_str).collect();
    let met = given(&asked, &permitted, &agreed);
    let mut items = Vec::with_capacity(met.len());
    for item in &met {
        items.push(chosen(txn, item, holder.person, step.now)?);
    }
    let kept_back = permitted.iter().map(|item| item.id()).filter(|id| !items.iter().any(|item| item.id == *id));
    let grant = Grant {
        v: Schema,
        id,
        receipt_number: receipt_number(id),
        scenario: card.id.to_owned(),
        template: template.id.to_owned(),
        person: holder.person,
        actor: holder.actor,
        organisation: step.venue.organisation,
        pseudonym: holder.pseudonym.clone(),
        venue: step.venue.id,
        point: step.point.map(|point| point.id),
        operator: step.operator.unwrap_or_default().to_owned(),
        kept_back: kept_back.collect(),
        items,
        at: step.now,
        fetch_until: step.now.plus_s(terms.fetch_s),
        keep_until: step.now.plus_days(i64::from(template.retention_days)),
        state: GrantState::Open,
        ended: None,
        fetches: 0,
        acknowledge_by: None,
        acknowledged: None,
    };
    create(txn, id, &grant)?;
    Ok(grant)
}

/// The item with the holder's own certificate: the first that is in force, else the newest of its kind.
fn chosen(txn: &mut dyn Txn, item: &TemplateItem, person: Id, now: UnixMs) -> Result<GivenItem, Stop> {
    Ok(match item.what {
        Wanted::Claim { claim } => {
            GivenItem { id: item.id(), claim: Some(claim), field: None, kind: None, certificate: None }
        }
        Wanted::Field { certificate: kind, field } => GivenItem {
            id: item.id(),
            claim: None,
            field: Some(field.to_owned()),
            kind: Some(kind.to_owned()),
            certificate: certificate::find_of_kind(txn, person, kind, now)?
                .into_iter()
                .next()
                .map(|found| found.identifier),
        },
    })
}

/// `R` and twelve hexadecimal digits: names the grant to people, on both receipts, and leads nowhere by itself.
fn receipt_number(id: Id) -> String {
    let digest = Id::derived(&[b"receipt", id.as_bytes()]);
    let digits: String = digest.as_bytes().iter().rev().take(6).map(|byte| format!("{byte:02X}")).collect();
    format!("R{digits}")
}

/// What a certificate is worth now; `None` when the holder has none of the kind.
///
/// # Errors
/// Of the store.
pub fn standing_of(
    txn: &mut dyn Txn,
    person: Id,
    identifier: Option<&Identifier>,
    now: UnixMs,
) -> Result<Option<Standing>, Stop> {
    match identifier {
        None => Ok(None),
        Some(identifier) => match certificate::open_copy(txn, person, identifier, now) {
            Ok(opened) => Ok(Some(opened.standing)),
            Err(Stop::Refused(_)) => Ok(None),
            Err(stop) => Err(stop),
        },
    }
}

/// The words for a standing, and for having none.
pub fn standing_words(standing: Option<Standing>) -> Text {
    standing.map_or_else(|| Text::new("没有这种证照", "No such certificate"), Standing::name)
}

/// A kind's name; the id again for one the catalogue no longer has.
pub fn kind_words(id: &str) -> Words {
    kind(id).map_or_else(|| Words::new(id.to_owned(), id.to_owned()), |kind: &Kind| kind.name.into())
}

/// A grant that this venue holds.
///
/// # Errors
/// `grant.unknown`, the same for none and for another organisation's.
pub fn of_venue(txn: &mut dyn Txn, id: Id, organisation: Id) -> Result<Held<Grant>, Stop> {
    Ok(load::<Grant>(txn, id)?.filter(|held| held.value.organisation == organisation).ok_or_else(unknown)?)
}

/// A person's grants, in the order of their ids, which is that of time within a bucket's derived ids only by chance: the
/// caller sorts.
///
/// # Errors
/// Of the store.
pub fn of_person(txn: &mut dyn Txn, person: Id, after: Option<&Key>, limit: usize) -> Result<Page<Held<Grant>>, Stop> {
    Ok(find::<Grant>(txn, "person", person, after, limit)?)
}

/// Notes that it was fetched.
///
/// # Errors
/// As [`of_venue`] and [`Grant::fetchable`].
pub fn fetch(txn: &mut dyn Txn, id: Id, organisation: Id, now: UnixMs) -> Result<Grant, Stop> {
    let mut held = of_venue(txn, id, organisation)?;
    held.value.fetchable(now)?;
    held.value.fetches = held.value.fetches.saturating_add(1);
    save(txn, &held)?;
    Ok(held.value)
}

/// The venue is done with it. Again is no error; one that was withdrawn stays withdrawn.
///
/// # Errors
/// As [`of_venue`].
pub fn close(txn: &mut dyn Txn, id: Id, organisation: Id, now: UnixMs) -> Result<Grant, Stop> {
    let mut held = of_venue(txn, id, organisation)?;
    if held.value.state == GrantState::Open {
        held.value.state = GrantState::Closed;
        held.value.ended = Some(now);
        save(txn, &held)?;
    }
    Ok(held.value)
}

/// The holder takes it back, also after it was closed: then the venue still has to delete what it keeps beyond the law.
/// Gives whether it was taken back just now.
///
/// # Errors
/// `grant.unknown` when it is not this person's.
pub fn withdraw(
    txn: &mut dyn Txn,
    id: Id,
    person: Id,
    (now, acknowledge_by): (UnixMs, UnixMs),
) -> Result<(Grant, bool), Stop> {
    let mut held = load::<Grant>(txn, id)?.filter(|held| held.value.person == person).ok_or_else(unknown)?;
    if held.value.state == GrantState::Withdrawn {
        return Ok((held.value, false));
    }
    held.value.state = GrantState::Withdrawn;
    held.value.ended = Some(now);
    held.value.acknowledge_by = Some(acknowledge_by);
    save(txn, &held)?;
    Ok((held.value, true))
}

/// The venue's acknowledgement has arrived in the person's bucket.
///
/// # Errors
/// `grant.unknown`.
pub fn note_acknowledged(txn: &mut dyn Txn, id: Id, at: UnixMs) -> Result<Grant, Stop> {
    let mut held = load::<Grant>(txn, id)?.ok_or_else(unknown)?;
    if held.value.acknowledged.is_none() {
        held.value.acknowledged = Some(at);
        save(txn, &held)?;
    }
    Ok(held.value)
}

/// A withdrawal as the venue has it before it. Key: the grant's id; in the bucket of the venue's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The grant.
    pub grant: Id,
    /// Whose list it is on.
    pub list: Id,
    /// The organisation it was given to.
    pub organisation: Id,
    /// The receipt's number, by which the venue finds what it keeps.
    pub receipt_number: String,
    /// The template.
    pub template: String,
    /// The pseudonym of the person.
    pub pseudonym: String,
    /// When it was withdrawn.
    pub at: UnixMs,
    /// Until when it has to be acknowledged.
    pub acknowledge_by: UnixMs,
    /// When, and by which clerk.
    pub acknowledged: Option<(UnixMs, String)>,
}

impl Stored for Withdrawal {
    const KIND: &'static str = "withdrawal";
    fn index(&self) -> Vec<Index> {
        match self.acknowledged {
            None => vec![Index { name: "open", value: self.list.into() }],
            Some(_) => Vec::new(),
        }
    }
}

/// Puts a withdrawal on the venue's list. Again is no error.
///
/// # Errors
/// Of the store.
pub fn note_withdrawal(txn: &mut dyn Txn, withdrawal: &Withdrawal) -> Result<(), Stop> {
    if load::<Withdrawal>(txn, withdrawal.grant)?.is_none() {
        upsert(txn, withdrawal.grant, withdrawal)?;
    }
    Ok(())
}

/// A clerk acknowledges: what was given is deleted, or kept only as far as the law says. Again is no error.
///
/// # Errors
/// `grant.unknown`.
pub fn acknowledge(
    txn: &mut dyn Txn,
    grant: Id,
    organisation: Id,
    (now, operator): (UnixMs, &str),
) -> Result<Withdrawal, Stop> {
    let held = load::<Withdrawal>(txn, grant)?.filter(|held| held.value.organisation == organisation);
    let mut held = held.ok_or_else(unknown)?;
    if held.value.acknowledged.is_none() {
        held.value.acknowledged = Some((now, operator.to_owned()));
        save(txn, &held)?;
    }
    Ok(held.value)
}

/// Whether a withdrawal still waits.
///
/// # Errors
/// Of the store.
pub fn waits(txn: &mut dyn Txn, grant: Id) -> Result<Option<Withdrawal>, Stop> {
    Ok(load::<Withdrawal>(txn, grant)?.map(|held| held.value).filter(|held| held.acknowledged.is_none()))
}

/// Withdrawals that wait for an acknowledgement.
///
/// # Errors
/// Of the store.
pub fn waiting(txn: &mut dyn Txn, list: Id, limit: usize) -> Result<Vec<Withdrawal>, Stop> {
    let page = find::<Withdrawal>(txn, "open", list, None, limit)?;
    let mut found: Vec<Withdrawal> = page.items.into_iter().map(|held| held.value).collect();
    found.sort_by_key(|withdrawal| withdrawal.acknowledge_by);
    Ok(found)
}

/// No such grant, or none of this asker's.
pub fn unknown() -> Refusal {
    Refusal::missing(
        "grant.unknown",
        Text::new("没有这次授权", "There is no such grant"),
        Text::new("请重新扫码，再请本人授权", "Scan the code again and ask the holder"),
    )
}

/// Something the matter cannot do without was left out.
pub fn incomplete() -> Refusal {
    Refusal::conflict(
        "grant.incomplete",
        Text::new("缺少办理这件事必需的项目", "Something this matter cannot do without was left out"),
        Text::new("请勾选全部必需项，或者选择拒绝", "Tick everything required, or refuse"),
    )
    .asking()
}

fn closed() -> Refusal {
    Refusal::conflict(
        "grant.closed",
        Text::new("这次授权已办结，不能再取证照", "This grant is closed; nothing more is fetched"),
        Text::new("确需再看，请重新扫码并请本人授权", "To look again, scan the code and ask the holder again"),
    )
}

fn withdrawn() -> Refusal {
    Refusal::conflict(
        "grant.withdrawn",
        Text::new("本人已收回这次授权", "The holder has withdrawn this grant"),
        Text::new(
            "请在收回列表中确认，并删除已取得的内容",
            "Acknowledge it in the list, and delete what you were given",
        ),
    )
}

fn expired() -> Refusal {
    Refusal::conflict(
        "grant.expired",
        Text::new("这次授权已到期", "This grant has expired"),
        Text::new("请重新扫码并请本人授权", "Scan the code and ask the holder again"),
    )
}
