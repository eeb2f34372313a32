//! Holds: who has an item next. A hold waits while the item is out; when it comes back it goes to the shelf of the place
//! where it is to be picked up, by way of a transfer if it came back elsewhere, and stands there for so long.
//!
//! Invariant: of an item's live holds at most one is set aside (in transfer or on the shelf), and it is the oldest of those
//! that still stand.

use serde::{Deserialize, Serialize};
use tongma_domain::{Id, UnixMs, Words};
use tongma_store::{Held, Index, Key, MOST_PAGE, Stored, Txn, create, find, load, save};

use crate::{Schema, Stop};

/// Where a hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The item is out, or set aside for somebody before.
    Waiting,
    /// The item is on its way to where it is to be picked up.
    Transfer,
    /// The item is on the pick-up shelf.
    Ready {
        /// The last moment it stands there.
        until: UnixMs,
    },
    /// The person has the item.
    Fulfilled,
    /// Nobody came in time.
    Lapsed,
    /// The person gave it up.
    Cancelled,
}

impl Standing {
    /// Whether it still stands.
    pub const fn lives(self) -> bool {
        matches!(self, Self::Waiting | Self::Transfer | Self::Ready { .. })
    }

    /// Whether the item is set aside for it.
    pub const fn is_set_aside(self) -> bool {
        matches!(self, Self::Transfer | Self::Ready { .. })
    }
}

/// A person's turn for an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id.
    pub id: Id,
    /// The house.
    pub house: Id,
    /// The item's code.
    pub code: String,
    /// The item's title.
    pub title: String,
    /// Whose turn.
    pub person: Id,
    /// When it was placed: the order of turns.
    pub placed: UnixMs,
    /// Where it is to be picked up.
    pub pick_up: Id,
    /// What that place is called.
    pub pick_up_name: Words,
    /// Where it stands.
    pub standing: Standing,
    /// How often it has changed: the order among its mirrors.
    pub revision: u64,
}

impl Stored for Hold {
    const KIND: &'static str = "hold";
    fn index(&self) -> Vec<Index> {
        if !self.standing.lives() {
            return Vec::new();
        }
        vec![
            Index { name: "item", value: Key::of(&[self.house.as_bytes(), self.code.as_bytes()]) },
            Index { name: "person", value: Key::of(&[self.house.as_bytes(), self.person.as_bytes()]) },
        ]
    }
}

/// The key of a hold: in the order in which they were placed.
fn key_of(hold: &Hold) -> Key {
    Key::of(&[&hold.placed.as_millis().to_be_bytes(), hold.id.as_bytes()])
}

/// Places a hold; one that the person has on this item already is given as it is.
///
/// # Errors
/// Of the store.
pub fn place(txn: &mut dyn Txn, hold: Hold) -> Result<Hold, Stop> {
    if let Some(known) =
        of_item(txn, hold.house, &hold.code)?.into_iter().find(|known| known.value.person == hold.person)
    {
        return Ok(known.value);
    }
    create(txn, key_of(&hold), &hold)?;
    Ok(hold)
}

/// The live holds of an item, the first turn first.
///
/// # Errors
/// Of the store.
pub fn of_item(txn: &mut dyn Txn, house: Id, code: &str) -> Result<Vec<Held<Hold>>, Stop> {
    let index = Key::of(&[house.as_bytes(), code.as_bytes()]);
    let mut holds = find::<Hold>(txn, "item", index, None, MOST_PAGE)?.items;
    holds.sort_by_key(|held| (held.value.placed, held.value.id));
    Ok(holds)
}

/// The live holds of a person in a house.
///
/// # Errors
/// Of the store.
pub fn of_person(txn: &mut dyn Txn, house: Id, person: Id) -> Result<Vec<Hold>, Stop> {
    let index = Key::of(&[house.as_bytes(), person.as_bytes()]);
    let mut holds: Vec<Hold> =
        find::<Hold>(txn, "person", index, None, MOST_PAGE)?.items.into_iter().map(|held| held.value).collect();
    holds.sort_by_key(|hold| (hold.placed, hold.id));
    Ok(holds)
}

/// Where an item is that nobody has on loan: sets it aside for the first turn, here or on its way to the place of pick-up.
/// Gives the hold that changed; `None` when nobody waits, or it is set aside already as it should be.
///
/// # Errors
/// Of the store.
pub fn set_aside(txn: &mut dyn Txn, (house, code): (Id, &str), at: Id, until: UnixMs) -> Result<Option<Hold>, Stop> {
    let Some(mut first) = of_item(txn, house, code)?.into_iter().next() else { return Ok(None) };
    let here = first.value.pick_up == at;
    let standing = if here { Standing::Ready { until } } else { Standing::Transfer };
    let stands = matches!((first.value.standing, here), (Standing::Ready { .. }, true) | (Standing::Transfer, false));
    if stands { Ok(None) } else { change(txn, &mut first, standing).map(Some) }
}

/// Ends a hold; gives it as it then is, and whether the item was set aside for it.
///
/// # Errors
/// Of the store.
pub fn end(txn: &mut dyn Txn, mut hold: Held<Hold>, standing: Standing) -> Result<(Hold, bool), Stop> {
    let aside = hold.value.standing.is_set_aside();
    Ok((change(txn, &mut hold, standing)?, aside))
}

/// A live hold that is on the shelf until this very moment: what a timer set for it looks for.
///
/// # Errors
/// Of the store.
pub fn ready_until(txn: &mut dyn Txn, placed: UnixMs, id: Id, until: UnixMs) -> Result<Option<Held<Hold>>, Stop> {
    let key = Key::of(&[&placed.as_millis().to_be_bytes(), id.as_bytes()]);
    Ok(load::<Hold>(txn, key)?.filter(|held| held.value.standing == Standing::Ready { until }))
}

fn change(txn: &mut dyn Txn, hold: &mut Held<Hold>, standing: Standing) -> Result<Hold, Stop> {
    hold.value.standing = standing;
    hold.value.revision += 1;
    save(txn, hold)?;
    Ok(hold.value.clone())
}
