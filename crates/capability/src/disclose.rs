//! What a venue learns of a person: asked by a template, permitted by approval, agreed by the holder, with a receipt.
//!
//! Invariant: released ⊆ asked ∩ permitted ∩ agreed; every release has a receipt; nothing is read after it expired or
//! was withdrawn. A receipt names claims, purposes and times, never values.

pub mod grant;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tongma_domain::{Card, Claim, ConsentKind, Id, Refusal, Text, UnixMs, Venue, Words};
use tongma_store::{Held, Stored, Txn, create, load, save};

use crate::{Holder, Schema, Step, Stop};

/// One claim of a template: which, why, for how long, on what basis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Which claim.
    pub claim: Claim,
    /// Why.
    pub purpose: Words,
    /// How many days the venue may keep it.
    pub retention_days: u16,
    /// The legal basis.
    pub basis: Words,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// The holder has not answered.
    Asked,
    /// Agreed, in full or in part.
    Agreed,
    /// Declined: a result, not an error.
    Declined,
    /// Agreed and withdrawn.
    Withdrawn,
}

/// A request and, once agreed, its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id; the receipt's number.
    pub id: Id,
    /// For which scenario.
    pub scenario: String,
    /// Who asks.
    pub organisation: Id,
    /// Where.
    pub venue: Id,
    /// Of whom.
    pub person: Id,
    /// What.
    pub asked: Vec<Asked>,
    /// Where it stands.
    pub state: RequestState,
    /// What was released.
    pub released: Vec<Claim>,
    /// How it was agreed to: `law`, `contract`, `standing`, `explicit`.
    pub consent: String,
    /// When it was asked.
    pub at: UnixMs,
    /// The last moment to answer, and to fetch what was agreed.
    pub expires: UnixMs,
}

impl Stored for Request {
    const KIND: &'static str = "release";
}

impl Request {
    /// Claims that may be fetched at a moment.
    pub fn fetchable(&self, now: UnixMs) -> &[Claim] {
        if self.state == RequestState::Agreed && now <= self.expires { &self.released } else { &[] }
    }

    /// The receipt: claims, purposes, basis, until when each may be kept. Never a value.
    pub fn receipt(&self) -> Value {
        let kept = self.asked.iter().filter(|asked| self.released.contains(&asked.claim));
        let claims: Vec<Value> = kept
            .map(|asked| {
                let keep_until = self.at.plus_days(i64::from(asked.retention_days));
                json!({"claim": asked.claim, "purpose": asked.purpose, "basis": asked.basis, "keep_until": keep_until})
            })
            .collect();
        json!({"receipt": self.id, "scenario": self.scenario, "consent": self.consent, "at": self.at, "claims": claims})
    }
}

/// The template of a card, as registered and approved.
pub fn template(card: &Card) -> Vec<Asked> {
    let asked = card.claims.iter().map(|ask| Asked {
        claim: ask.claim,
        purpose: ask.purpose.into(),
        retention_days: ask.retention_days,
        basis: ask.basis.into(),
    });
    asked.collect()
}

/// What a venue may ask under a card at all: the card's claims, if the venue is approved for the scenario.
pub fn permitted(card: &Card, venue: &Venue) -> Vec<Claim> {
    let approved = venue.scenarios.iter().any(|scenario| scenario == card.id);
    card.claims.iter().filter(|_| approved).map(|ask| ask.claim).collect()
}

/// What may be released: asked ∩ permitted ∩ agreed, in the order asked.
pub fn meet(asked: &[Claim], permitted: &[Claim], agreed: &[Claim]) -> Vec<Claim> {
    let mut met: Vec<Claim> = Vec::new();
    for claim in asked {
        if permitted.contains(claim) && agreed.contains(claim) && !met.contains(claim) {
            met.push(*claim);
        }
    }
    met
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The request's id.
    pub id: Id,
    /// The card.
    pub card: &'a Card,
    /// Where.
    pub venue: &'a Venue,
    /// Of whom.
    pub person: Id,
    /// Which claims of the template.
    pub claims: &'a [Claim],
    /// The last moment to answer and to fetch.
    pub expires: UnixMs,
}

/// Puts a request to the holder: the asked claims of the template that the venue is permitted. Once per id.
///
/// # Errors
/// Of the store.
pub fn ask(txn: &mut dyn Txn, ask: &Ask<'_>, now: UnixMs) -> Result<Request, Stop> {
    if let Some(held) = load::<Request>(txn, ask.id)? {
        return Ok(held.value);
    }
    let request = ask.request(now);
    create(txn, ask.id, &request)?;
    Ok(request)
}

impl Ask<'_> {
    /// The request that this puts.
    fn request(&self, now: UnixMs) -> Request {
        let permitted = permitted(self.card, self.venue);
        let mut asked = template(self.card);
        asked.retain(|asked| self.claims.contains(&asked.claim) && permitted.contains(&asked.claim));
        Request {
            v: Schema,
            id: self.id,
            scenario: self.card.id.to_owned(),
            organisation: self.venue.organisation,
            venue: self.venue.id,
            person: self.person,
            asked,
            state: RequestState::Asked,
            released: Vec::new(),
            consent: consent_name(self.card.consent).to_owned(),
            at: now,
            expires: self.expires,
        }
    }
}

impl Request {
    /// The holder agrees to these claims, or with none of them to nothing.
    fn decide(&mut self, agreed: &[Claim], now: UnixMs) {
        let asked: Vec<Claim> = self.asked.iter().map(|asked| asked.claim).collect();
        self.released = meet(&asked, &asked, agreed);
        self.state = if self.released.is_empty() { RequestState::Declined } else { RequestState::Agreed };
        self.at = now;
    }
}

/// The holder's answer: all, some or none of it. The first answer stands.
///
/// # Errors
/// `consent.unknown` when the request is not this person's; `consent.expired` when it comes too late.
pub fn answer(txn: &mut dyn Txn, id: Id, person: Id, agreed: &[Claim], now: UnixMs) -> Result<Request, Stop> {
    let mut held = own(txn, id, person)?;
    if held.value.state != RequestState::Asked {
        return Ok(held.value);
    }
    if now > held.value.expires {
        return Err(expired().into());
    }
    held.value.decide(agreed, now);
    save(txn, &held)?;
    Ok(held.value)
}

/// The holder takes an agreement back: nothing more is fetched under it; the receipt of what was stays.
///
/// # Errors
/// `consent.unknown` when the request is not this person's.
pub fn withdraw(txn: &mut dyn Txn, id: Id, person: Id) -> Result<Request, Stop> {
    let mut held = own(txn, id, person)?;
    if held.value.state != RequestState::Withdrawn {
        held.value.state = RequestState::Withdrawn;
        save(txn, &held)?;
    }
    Ok(held.value)
}

/// Claims that the venue may read now under a request.
///
/// # Errors
/// Of the store.
pub fn fetch(txn: &mut dyn Txn, id: Id, now: UnixMs) -> Result<Vec<Claim>, Stop> {
    Ok(load::<Request>(txn, id)?.map_or_else(Vec::new, |held| held.value.fetchable(now).to_vec()))
}

fn own(txn: &mut dyn Txn, id: Id, person: Id) -> Result<Held<Request>, Stop> {
    Ok(load::<Request>(txn, id)?.filter(|held| held.value.person == person).ok_or_else(unknown)?)
}

/// What a step may show to its point, and the receipt for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Released {
    /// The claims.
    pub claims: Vec<Claim>,
    /// The receipt, as the holder keeps it.
    pub receipt: Value,
}

impl Released {
    /// Puts a value into a point's answer if its claim was released; otherwise leaves it out.
    pub fn show(&self, out: &mut Map<String, Value>, claim: Claim, name: &str, value: impl Into<Value>) {
        if self.claims.contains(&claim) {
            out.insert(name.to_owned(), value.into());
        }
    }
}

/// How long what is released at a counter may be fetched under its receipt: a presentation's life.
const COUNTER_S: i64 = 120;

/// Releases claims inside a step: the act itself agrees where the card says contract or law; a standing or explicit
/// consent has to be there. Writes the receipt, once per attempt.
///
/// # Errors
/// `consent.needed`: the holder has to agree on the phone first; the same attempt goes on after that.
pub fn at_counter(
    txn: &mut dyn Txn,
    card: &Card,
    step: &Step<'_>,
    holder: &Holder,
    claims: &[Claim],
) -> Result<Released, Stop> {
    let agreed = match card.consent {
        ConsentKind::Law | ConsentKind::Contract => true,
        ConsentKind::Standing => holder.agreed || holder.consents.iter().any(|scenario| scenario == card.id),
        ConsentKind::Explicit => holder.agreed,
    };
    if !agreed {
        return Err(consent_needed().into());
    }
    let id = step.attempt.beside(txn.bucket(), &[b"release", holder.person.as_bytes()]);
    let request =
        Ask { id, card, venue: step.venue, person: holder.person, claims, expires: step.now.plus_s(COUNTER_S) };
    let request = if load::<Request>(txn, id)?.is_some() {
        answer(txn, id, holder.person, claims, step.now)?
    } else {
        // Asked and answered in one breath, it is written once.
        let mut request = request.request(step.now);
        request.decide(claims, step.now);
        create(txn, id, &request)?;
        request
    };
    Ok(Released { claims: request.released.clone(), receipt: request.receipt() })
}

const fn consent_name(kind: ConsentKind) -> &'static str {
    match kind {
        ConsentKind::Law => "law",
        ConsentKind::Contract => "contract",
        ConsentKind::Standing => "standing",
        ConsentKind::Explicit => "explicit",
    }
}

/// The refusal that becomes a confirm sheet on the holder's phone.
pub fn consent_needed() -> Refusal {
    Refusal::forbidden(
        "consent.needed",
        Text::new("需要本人在手机上同意", "The person has to agree on the phone first"),
        Text::new("请本人在手机上点“同意”，然后自动继续", "Ask them to tap “Agree” on the phone; it goes on by itself"),
    )
    .asking()
}

fn unknown() -> Refusal {
    Refusal::missing(
        "consent.unknown",
        Text::new("没有这个授权请求", "There is no such request"),
        Text::new("请工作人员重新发起", "Ask staff to start it again"),
    )
}

fn expired() -> Refusal {
    Refusal::conflict(
        "consent.expired",
        Text::new("授权请求已过期", "The request has expired"),
        Text::new("请工作人员重新发起", "Ask staff to start it again"),
    )
}
