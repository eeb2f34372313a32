//! Binding a person to a venue's own identifier: a reader number, a hospital file, a plate.
//!
//! The registry of a kind of number lives in the bucket of the thing that gives the numbers out (the library union,
//! the hospital); the person's own bucket holds a mirror, sent by [`crate::Effect::Binding`].
//!
//! Invariant: one live owner per identifier; unlinking and merging keep history; nothing is unlinked while the guard
//! says that loans or money are open.

use serde::{Deserialize, Serialize};
use tongma_domain::{Id, Refusal, Text, UnixMs};
use tongma_store::{Held, Index, Key, Page, Stored, Txn, create, decode, encode, find, load, save};

use crate::{HolderBinding, Schema, Stop};

/// A number of a registry and who owns it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The schema of this body.
    pub v: Schema<1>,
    /// The thing whose numbers these are.
    pub registry: Id,
    /// The kind of number: `reader`, `patient_file`.
    pub kind: String,
    /// The number.
    pub number: String,
    /// Whose it is, or was last.
    pub person: Id,
    /// The thing the number stands for, whose bucket decides.
    pub thing: Id,
    /// Whether it lives.
    pub state: BindingState,
    /// Since when it is in this state.
    pub since: UnixMs,
}

/// The life of a binding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BindingState {
    /// The person owns the number.
    Live,
    /// Nobody does.
    Ended {
        /// Why.
        reason: String,
    },
    /// Another number of the same registry took over.
    Merged {
        /// Which.
        into: String,
    },
}

impl Stored for Binding {
    const KIND: &'static str = "binding";
    fn index(&self) -> Vec<Index> {
        let live = self.state == BindingState::Live;
        let owner = Index { name: "live", value: owner_key(self.registry, &self.kind, self.person) };
        if live { vec![owner] } else { Vec::new() }
    }
}

impl Binding {
    /// The binding as mirrored to the person.
    pub fn mirrored(&self) -> HolderBinding {
        HolderBinding { kind: self.kind.clone(), number: self.number.clone(), thing: self.thing }
    }
}

/// One line of a number's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingEvent {
    /// Whose it was from or until then.
    pub person: Id,
    /// What it became.
    pub state: BindingState,
    /// When.
    pub at: UnixMs,
}

/// What is asked for when a number is linked.
#[derive(Debug, Clone)]
pub struct Link<'a> {
    /// The thing whose numbers these are; the transaction is in its bucket.
    pub registry: Id,
    /// The kind of number.
    pub kind: &'a str,
    /// The number.
    pub number: &'a str,
    /// The person.
    pub person: Id,
    /// The thing the number stands for.
    pub thing: Id,
}

/// Asked before a binding ends: refuses while something is open.
pub type Guard<'g> = &'g mut dyn FnMut(&mut dyn Txn, &Binding) -> Result<(), Stop>;

fn number_key(registry: Id, kind: &str, number: &str) -> Key {
    Key::of(&[registry.as_bytes(), kind.as_bytes(), number.as_bytes()])
}

fn owner_key(registry: Id, kind: &str, person: Id) -> Key {
    Key::of(&[registry.as_bytes(), kind.as_bytes(), person.as_bytes()])
}

/// Links a number to a person, or says that it is linked so already (`false`).
///
/// # Errors
/// `bind.taken`: someone else owns it. `bind.has_other`: the person owns another number of this kind here.
/// `bind.merged`: the number was merged into another and is not given out again.
pub fn link(txn: &mut dyn Txn, link: &Link<'_>, now: UnixMs) -> Result<(Binding, bool), Stop> {
    let key = number_key(link.registry, link.kind, link.number);
    let held = load::<Binding>(txn, key.clone())?;
    match held.as_ref().map(|held| &held.value) {
        Some(binding) if binding.state == BindingState::Live && binding.person == link.person => {
            return Ok((binding.clone(), false));
        }
        Some(binding) if binding.state == BindingState::Live => return Err(taken().into()),
        Some(Binding { state: BindingState::Merged { .. }, .. }) => return Err(merged().into()),
        _ => {}
    }
    if owned_by(txn, link.registry, link.kind, link.person)?.is_some() {
        return Err(has_other().into());
    }
    let binding = Binding {
        v: Schema,
        registry: link.registry,
        kind: link.kind.to_owned(),
        number: link.number.to_owned(),
        person: link.person,
        thing: link.thing,
        state: BindingState::Live,
        since: now,
    };
    match held {
        None => create(txn, key, &binding)?,
        Some(held) => save(txn, &Held { value: binding.clone(), ..held })?,
    }
    note(txn, &binding)?;
    Ok((binding, true))
}

/// Ends a binding; an ended one stays ended. The number may be linked again later, to anyone.
///
/// # Errors
/// `bind.unknown`, or what the guard says.
pub fn unlink(
    txn: &mut dyn Txn,
    (registry, kind, number): (Id, &str, &str),
    reason: &str,
    now: UnixMs,
    guard: Guard<'_>,
) -> Result<Binding, Stop> {
    let mut held = load::<Binding>(txn, number_key(registry, kind, number))?.ok_or_else(unknown)?;
    if held.value.state == BindingState::Live {
        guard(txn, &held.value)?;
        held.value.state = BindingState::Ended { reason: reason.to_owned() };
        held.value.since = now;
        save(txn, &held)?;
        note(txn, &held.value)?;
    }
    Ok(held.value)
}

/// Merges one number into another: the first points to the second for ever, and its owner, if any, owns the second.
///
/// # Errors
/// `bind.unknown`; `bind.taken` when the second has another owner; `bind.merged` when either was merged elsewhere;
/// what the guard says about the first.
pub fn merge(
    txn: &mut dyn Txn,
    (registry, kind): (Id, &str),
    (from, into): (&str, &str),
    now: UnixMs,
    guard: Guard<'_>,
) -> Result<Binding, Stop> {
    let mut first = load::<Binding>(txn, number_key(registry, kind, from))?.ok_or_else(unknown)?;
    let mut second = load::<Binding>(txn, number_key(registry, kind, into))?.ok_or_else(unknown)?;
    match &first.value.state {
        BindingState::Merged { into: there } if there == into => return Ok(second.value),
        BindingState::Merged { .. } => return Err(merged().into()),
        _ if from == into || matches!(second.value.state, BindingState::Merged { .. }) => return Err(merged().into()),
        _ => {}
    }
    let moves = first.value.state == BindingState::Live;
    if moves {
        if second.value.state == BindingState::Live && second.value.person != first.value.person {
            return Err(taken().into());
        }
        guard(txn, &first.value)?;
    }
    first.value.state = BindingState::Merged { into: into.to_owned() };
    first.value.since = now;
    save(txn, &first)?;
    note(txn, &first.value)?;
    if moves && second.value.state != BindingState::Live {
        second.value.person = first.value.person;
        second.value.state = BindingState::Live;
        second.value.since = now;
        save(txn, &second)?;
        note(txn, &second.value)?;
    }
    Ok(second.value)
}

/// The binding of a number as it is, merges followed.
///
/// # Errors
/// Of the store.
pub fn resolve(txn: &mut dyn Txn, registry: Id, kind: &str, number: &str) -> Result<Option<Binding>, Stop> {
    let mut number = number.to_owned();
    // A chain of merges is short; eight steps keep a damaged one from going round for ever.
    for _ in 0..8 {
        match load::<Binding>(txn, number_key(registry, kind, &number))?.map(|held| held.value) {
            Some(Binding { state: BindingState::Merged { into }, .. }) => number = into,
            other => return Ok(other),
        }
    }
    Ok(None)
}

/// The live binding of this kind that a person has in a registry.
///
/// # Errors
/// Of the store.
pub fn owned_by(txn: &mut dyn Txn, registry: Id, kind: &str, person: Id) -> Result<Option<Binding>, Stop> {
    let page = find::<Binding>(txn, "live", owner_key(registry, kind, person), None, 1)?;
    Ok(page.items.into_iter().next().map(|held| held.value))
}

/// The history of a number, newest first.
///
/// # Errors
/// Of the store.
pub fn history(
    txn: &mut dyn Txn,
    (registry, kind, number): (Id, &str, &str),
    before: Option<u64>,
    limit: usize,
) -> Result<Page<(u64, BindingEvent)>, Stop> {
    let page = txn.log(&number_key(registry, kind, number), before, limit)?;
    let items = page.items.iter().map(|entry| Ok((entry.seq, decode(&entry.body)?))).collect::<Result<_, Stop>>()?;
    Ok(Page { items, more: page.more })
}

fn note(txn: &mut dyn Txn, binding: &Binding) -> Result<(), Stop> {
    let event = BindingEvent { person: binding.person, state: binding.state.clone(), at: binding.since };
    let subject = number_key(binding.registry, &binding.kind, &binding.number);
    txn.append(&subject, binding.since, encode(&event)?)?;
    Ok(())
}

fn taken() -> Refusal {
    Refusal::conflict(
        "bind.taken",
        Text::new("这个号码已属于另一人", "This number belongs to someone else"),
        Text::new(
            "请核对号码；如确属本人，请到人工窗口核实",
            "Check the number; if it is yours, have the counter verify it",
        ),
    )
}

fn has_other() -> Refusal {
    Refusal::conflict(
        "bind.has_other",
        Text::new("本人在这里已有另一个号码", "This person already has another number here"),
        Text::new("请使用原有号码，或到人工窗口合并", "Use the number you have, or ask the counter to merge the two"),
    )
}

fn merged() -> Refusal {
    Refusal::conflict(
        "bind.merged",
        Text::new("这个号码已并入另一个号码", "This number was merged into another one"),
        Text::new("请使用合并后的号码", "Use the number it was merged into"),
    )
}

fn unknown() -> Refusal {
    Refusal::missing(
        "bind.unknown",
        Text::new("没有这个号码", "There is no such number"),
        Text::new("请核对号码", "Check the number"),
    )
}
