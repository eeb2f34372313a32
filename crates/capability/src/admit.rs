//! Passage and presence: who may go in or out, and how many are inside.
//!
//! Invariant: a decision can be explained from the policy's version and the evidence it names; in − out = inside, at
//! all times, also with passages that were decided elsewhere without a network. Such a fact is counted as it happened;
//! where it does not fit the rules, it is booked to a named difference with an owner, never refused.

use serde::{Deserialize, Serialize};
use tongma_domain::{Id, UnixMs};
use tongma_store::{CounterKey, Held, Index, Key, Page, Stored, Txn, create, find, load, save};

use crate::{Schema, Stop};

/// The way through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the zone.
    In,
    /// Out of it.
    Out,
}

/// The rules of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Which version of the rules: named in every decision.
    pub version: u64,
    /// The most people inside at once.
    pub headcount_most: u32,
    /// Whether someone who left may come in again.
    pub reentry: bool,
}

/// What is known of a party of people who pass as one: so many, so many inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The schema of this body.
    pub v: Schema<1>,
    /// How many they are.
    pub size: u32,
    /// Passages in, people counted.
    pub entered: u32,
    /// Passages out, people counted.
    pub left: u32,
    /// How many of the party have come in at least once, as far as counting can tell.
    #[serde(default)]
    pub came: u32,
    /// The last passage.
    pub last: UnixMs,
    /// How often this has changed.
    pub revision: u64,
}

impl Presence {
    /// A party that has not come yet.
    pub const fn expected(size: u32) -> Self {
        Self { v: Schema, size, entered: 0, left: 0, came: 0, last: UnixMs::from_millis(0), revision: 0 }
    }

    /// How many of the party are inside.
    pub const fn inside(&self) -> u32 {
        self.entered.saturating_sub(self.left)
    }

    /// How many of the party have come in and are out again.
    pub const fn outside(&self) -> u32 {
        self.came.saturating_sub(self.inside())
    }

    /// How many may still come in under these rules.
    pub const fn may_enter(&self, policy: &Policy) -> u32 {
        let used = if policy.reentry { self.inside() } else { self.entered };
        self.size.saturating_sub(used)
    }
}

impl Stored for Presence {
    const KIND: &'static str = "presence";
}

/// Why a passage is decided as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It may pass.
    Allowed,
    /// Everyone of the party has come in already.
    Used,
    /// More want to pass than are left of the party.
    TooMany,
    /// Nobody of the party is inside, or not so many.
    NotInside,
    /// The zone holds no more.
    ZoneFull,
    /// No people were named.
    Nobody,
}

/// A decision and all it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Why.
    pub reason: Reason,
    /// The rules it was made under.
    pub policy: Policy,
    /// The way.
    pub direction: Direction,
    /// How many want to pass.
    pub people: u32,
    /// Evidence: the party's size.
    pub size: u32,
    /// Evidence: how many of it had come in.
    pub entered: u32,
    /// Evidence: how many of it had left.
    pub left: u32,
    /// Evidence: how many people were inside the zone.
    pub headcount: u32,
}

impl Decision {
    /// Whether the passage is open.
    pub fn allows(&self) -> bool {
        self.reason == Reason::Allowed
    }

    /// The same decision made anew from the evidence it names.
    #[must_use]
    pub fn explained(&self) -> Self {
        let presence = Presence { size: self.size, entered: self.entered, left: self.left, ..Presence::expected(0) };
        decide(&self.policy, &presence, self.headcount, self.direction, self.people)
    }
}

/// Decides a passage. A pure function of the rules and the evidence.
pub fn decide(policy: &Policy, presence: &Presence, headcount: u32, direction: Direction, people: u32) -> Decision {
    let reason = match direction {
        _ if people == 0 => Reason::Nobody,
        Direction::In if presence.may_enter(policy) == 0 => Reason::Used,
        Direction::In if people > presence.may_enter(policy) => Reason::TooMany,
        Direction::In if headcount.saturating_add(people) > policy.headcount_most => Reason::ZoneFull,
        Direction::Out if people > presence.inside().min(headcount) => Reason::NotInside,
        Direction::In | Direction::Out => Reason::Allowed,
    };
    let Presence { size, entered, left, .. } = *presence;
    Decision { reason, policy: *policy, direction, people, size, entered, left, headcount }
}

/// A passage that happened. One per passage id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The zone.
    pub zone: Id,
    /// The party.
    pub party: Id,
    /// When it happened, by the clock of the point that saw it.
    pub at: UnixMs,
    /// The decision, or what it would have been.
    pub decision: Decision,
    /// The difference it was booked to, when it happened although it should not have.
    pub difference: Option<DifferenceKind>,
}

impl Stored for Passage {
    const KIND: &'static str = "passage";
}

/// What a fact may differ in from the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// A party came in again although all of it had come in: two gates without contact, or a copied code.
    DoubleUse,
    /// The zone held more than its bound.
    OverBound,
    /// Someone left of whom no entry is known: an entry was missed, and is booked with the exit.
    MissedEntry,
    /// The party is not in the books.
    UnknownParty,
    /// The passage is outside the party's window of time.
    OutsideWindow,
}

/// A named difference between what happened and what the books allow, with someone who owns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id: that of the passage.
    pub id: Id,
    /// What differs.
    pub kind: DifferenceKind,
    /// The zone.
    pub zone: Id,
    /// The party, as the books name it.
    pub party: Id,
    /// How many people.
    pub people: u32,
    /// When it happened.
    pub at: UnixMs,
    /// Who answers for it: the duty of an organisation, never a person's name.
    pub owner: Owner,
    /// How it was settled, once it was.
    pub settled: Option<String>,
}

/// Who answers for a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The organisation.
    pub organisation: Id,
    /// The duty: `gate_duty`.
    pub duty: String,
    /// The point where it was seen, if at one.
    pub point: Option<Id>,
}

impl Stored for Difference {
    const KIND: &'static str = "difference";
    fn index(&self) -> Vec<Index> {
        let open = self.settled.is_none();
        if open { vec![Index { name: "open", value: self.zone.into() }] } else { Vec::new() }
    }
}

/// One passage that is asked for or has happened.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// Its id, from the attempt or the point's event: a passage of one id happens once.
    pub passage: Id,
    /// The zone.
    pub zone: Id,
    /// The party.
    pub party: Id,
    /// How many the party is, for its first passage.
    pub size: u32,
    /// The way.
    pub direction: Direction,
    /// How many pass.
    pub people: u32,
    /// When.
    pub at: UnixMs,
}

fn presence_key(zone: Id, party: Id) -> Key {
    Key::of(&[zone.as_bytes(), party.as_bytes()])
}

const fn counter(name: &'static str, zone: Key) -> CounterKey {
    CounterKey { name, of: zone }
}

/// How many people are inside a zone.
///
/// # Errors
/// Of the store.
pub fn headcount(txn: &mut dyn Txn, zone: Id) -> Result<u32, Stop> {
    Ok(u32::try_from(txn.count(&counter("admit.inside", zone.into()))?).unwrap_or(0))
}

/// Passages of a zone since it was opened: people in, people out.
///
/// # Errors
/// Of the store.
pub fn passed(txn: &mut dyn Txn, zone: Id) -> Result<(i64, i64), Stop> {
    Ok((txn.count(&counter("admit.in", zone.into()))?, txn.count(&counter("admit.out", zone.into()))?))
}

/// What is known of a party.
///
/// # Errors
/// Of the store.
pub fn presence(txn: &mut dyn Txn, zone: Id, party: Id) -> Result<Option<Presence>, Stop> {
    Ok(load::<Presence>(txn, presence_key(zone, party))?.map(|held| held.value))
}

/// The passage of this id, if it has happened.
///
/// # Errors
/// Of the store.
pub fn passage(txn: &mut dyn Txn, id: Id) -> Result<Option<Passage>, Stop> {
    Ok(load::<Passage>(txn, id)?.map(|held| held.value))
}

/// Decides a passage and, if it is allowed, makes it. A passage that has happened gives its decision again.
///
/// # Errors
/// Of the store.
pub fn pass(txn: &mut dyn Txn, policy: &Policy, ask: &Ask) -> Result<Decision, Stop> {
    if let Some(done) = passage(txn, ask.passage)? {
        return Ok(done.decision);
    }
    let known = load::<Presence>(txn, presence_key(ask.zone, ask.party))?;
    let expected = Presence::expected(ask.size);
    let inside = headcount(txn, ask.zone)?;
    let decision =
        decide(policy, known.as_ref().map_or(&expected, |held| &held.value), inside, ask.direction, ask.people);
    if !decision.allows() {
        return Ok(decision);
    }
    let most = if ask.direction == Direction::In { i64::from(policy.headcount_most) } else { i64::MAX };
    move_people(txn, ask.zone, ask.direction, ask.people, most)?;
    note_presence(txn, known, expected, ask, (ask.direction, ask.people, policy.reentry))?;
    note_passage(txn, ask, decision, None)?;
    Ok(decision)
}

/// What books a fact: it happened, so it is counted, and gives the difference it was booked to, if any.
///
/// `seen` is a difference the caller has found already (an unknown party, outside the window); it is named when the
/// rules of passage themselves find none. An exit without a known entry books the missed entry with it.
///
/// # Errors
/// Of the store.
pub fn record(
    txn: &mut dyn Txn,
    policy: &Policy,
    ask: &Ask,
    seen: Option<DifferenceKind>,
    owner: Owner,
) -> Result<Option<DifferenceKind>, Stop> {
    if let Some(done) = passage(txn, ask.passage)? {
        return Ok(done.difference);
    }
    let known = load::<Presence>(txn, presence_key(ask.zone, ask.party))?;
    let expected = Presence::expected(ask.size);
    let inside = headcount(txn, ask.zone)?;
    let decision =
        decide(policy, known.as_ref().map_or(&expected, |held| &held.value), inside, ask.direction, ask.people);
    let found = match decision.reason {
        Reason::Allowed => seen,
        Reason::Used | Reason::TooMany => Some(seen.unwrap_or(DifferenceKind::DoubleUse)),
        Reason::ZoneFull => Some(DifferenceKind::OverBound),
        Reason::NotInside => Some(DifferenceKind::MissedEntry),
        Reason::Nobody => return Ok(None),
    };
    let known = if decision.reason == Reason::NotInside {
        let known_inside = decision.entered.saturating_sub(decision.left).min(inside);
        let missed = ask.people.saturating_sub(known_inside);
        move_people(txn, ask.zone, Direction::In, missed, i64::MAX)?;
        note_presence(txn, known, expected.clone(), ask, (Direction::In, missed, policy.reentry))?;
        load::<Presence>(txn, presence_key(ask.zone, ask.party))?
    } else {
        known
    };
    move_people(txn, ask.zone, ask.direction, ask.people, i64::MAX)?;
    note_presence(txn, known, expected, ask, (ask.direction, ask.people, policy.reentry))?;
    note_passage(txn, ask, decision, found)?;
    if let Some(kind) = found {
        let (id, zone, party, people, at) = (ask.passage, ask.zone, ask.party, ask.people, ask.at);
        create(txn, id, &Difference { v: Schema, id, kind, zone, party, people, at, owner, settled: None })?;
    }
    Ok(found)
}

/// Counts people out whom nobody identified (a turnstile at the exit), once per passage id. `false`: not so many are
/// inside.
///
/// # Errors
/// Of the store.
pub fn count_out(txn: &mut dyn Txn, policy: &Policy, ask: &Ask) -> Result<bool, Stop> {
    if passage(txn, ask.passage)?.is_some() {
        return Ok(true);
    }
    let inside = headcount(txn, ask.zone)?;
    // The unnamed party is everyone inside: the same decision, with the zone as its evidence.
    let everyone = Presence { entered: inside, ..Presence::expected(inside) };
    let decision = decide(policy, &everyone, inside, Direction::Out, ask.people);
    if decision.allows() {
        move_people(txn, ask.zone, Direction::Out, ask.people, i64::MAX)?;
        note_passage(txn, ask, decision, None)?;
    }
    Ok(decision.allows())
}

/// Open differences of a zone.
///
/// # Errors
/// Of the store.
pub fn differences(
    txn: &mut dyn Txn,
    zone: Id,
    after: Option<&Key>,
    limit: usize,
) -> Result<Page<Held<Difference>>, Stop> {
    Ok(find::<Difference>(txn, "open", zone, after, limit)?)
}

/// Settles a difference with what its owner says about it; a settled one stays as it is.
///
/// # Errors
/// Of the store.
pub fn settle_difference(txn: &mut dyn Txn, id: Id, how: &str) -> Result<Option<Difference>, Stop> {
    let Some(mut held) = load::<Difference>(txn, id)? else { return Ok(None) };
    if held.value.settled.is_none() {
        held.value.settled = Some(how.to_owned());
        save(txn, &held)?;
    }
    Ok(Some(held.value))
}

fn move_people(txn: &mut dyn Txn, zone: Id, direction: Direction, people: u32, most: i64) -> Result<(), Stop> {
    let (name, delta) = match direction {
        Direction::In => ("admit.in", i64::from(people)),
        Direction::Out => ("admit.out", -i64::from(people)),
    };
    let key: Key = zone.into();
    if txn.count_add(&counter("admit.inside", key.clone()), delta, 0, most)?.is_none() {
        // The decision was made on this very count; a bound broken here means that the unit must run again.
        return Err(tongma_store::StoreError::Conflict.into());
    }
    txn.count_add(&counter(name, key), i64::from(people), 0, i64::MAX)?;
    Ok(())
}

fn note_presence(
    txn: &mut dyn Txn,
    known: Option<Held<Presence>>,
    expected: Presence,
    ask: &Ask,
    (direction, people, reentry): (Direction, u32, bool),
) -> Result<(), Stop> {
    let mut presence = known.as_ref().map_or(expected, |held| held.value.clone());
    match direction {
        Direction::In => {
            // Whoever is out and may come back comes back before anyone new does.
            let back = if reentry { presence.outside() } else { 0 };
            presence.came = presence.came.saturating_add(people.saturating_sub(back));
            presence.entered = presence.entered.saturating_add(people);
        }
        Direction::Out => presence.left = presence.left.saturating_add(people),
    }
    presence.last = ask.at;
    presence.revision += 1;
    match known {
        None => create(txn, presence_key(ask.zone, ask.party), &presence)?,
        Some(held) => save(txn, &Held { value: presence, ..held })?,
    }
    Ok(())
}

fn note_passage(
    txn: &mut dyn Txn,
    ask: &Ask,
    decision: Decision,
    difference: Option<DifferenceKind>,
) -> Result<(), Stop> {
    let passage = Passage { v: Schema, zone: ask.zone, party: ask.party, at: ask.at, decision, difference };
    Ok(create(txn, ask.passage, &passage)?)
}
