//! Custody of identified things (a book, a key) and of quantities (boxes of a medicine).
//!
//! Invariant: every item has exactly one custodian, the house or one loan; the quantity released never exceeds the
//! quantity someone is entitled to.

pub mod hold;

use serde::{Deserialize, Serialize};
use tongma_domain::{Id, UnixMs};
use tongma_store::{Held, Index, Key, Page, StoreError, Stored, Txn, create, find, load, save};

use crate::{Schema, Stop};

/// An identified thing of a house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Whose thing it is: the union, the hotel.
    pub house: Id,
    /// Its code there: a bar code, a room number.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// The loan that has it; `None`: the house.
    pub loan: Option<Id>,
}

impl Stored for Item {
    const KIND: &'static str = "item";
}

/// A thing in someone's hands, or what is kept of that afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
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
    /// Who has it.
    pub person: Id,
    /// When it went out.
    pub out: UnixMs,
    /// When it is due back.
    pub due: UnixMs,
    /// How often it was renewed.
    pub renewals: u8,
    /// When it came back.
    pub returned: Option<UnixMs>,
    /// How often this loan has changed: the order among its mirrors.
    pub revision: u64,
}

impl Loan {
    /// Whether it should have been back by now.
    pub fn is_overdue(&self, now: UnixMs) -> bool {
        self.returned.is_none() && self.due < now
    }
}

impl Stored for Loan {
    const KIND: &'static str = "loan";
    fn index(&self) -> Vec<Index> {
        let mut index = vec![Index { name: "item", value: item_key(self.house, &self.code) }];
        if self.returned.is_none() {
            index.push(Index { name: "open", value: borrower_key(self.house, self.person) });
        }
        index
    }
}

/// What became of an attempt to hand an item over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// It is handed over now.
    Fresh(Loan),
    /// This person has it already; nothing changed.
    Already(Loan),
    /// Another person has it.
    Elsewhere,
    /// The house has no such item.
    Unknown,
}

/// What became of an attempt to take an item back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenBack {
    /// It is back now.
    Closed(Loan),
    /// It was in the house already.
    WasHere(Item),
    /// The house has no such item.
    Unknown,
}

fn item_key(house: Id, code: &str) -> Key {
    Key::of(&[house.as_bytes(), code.as_bytes()])
}

fn borrower_key(house: Id, person: Id) -> Key {
    Key::of(&[house.as_bytes(), person.as_bytes()])
}

/// Registers an item with the house as custodian. `Ok(false)`: it was registered already; its title is replaced.
///
/// # Errors
/// Of the store.
pub fn register(txn: &mut dyn Txn, house: Id, code: &str, title: &str) -> Result<bool, Stop> {
    let key = item_key(house, code);
    if let Some(mut held) = load::<Item>(txn, key.clone())? {
        title.clone_into(&mut held.value.title);
        save(txn, &held)?;
        return Ok(false);
    }
    create(txn, key, &Item { v: Schema, house, code: code.to_owned(), title: title.to_owned(), loan: None })?;
    Ok(true)
}

/// The item of this code.
///
/// # Errors
/// Of the store.
pub fn item(txn: &mut dyn Txn, house: Id, code: &str) -> Result<Option<Item>, Stop> {
    Ok(load::<Item>(txn, item_key(house, code))?.map(|held| held.value))
}

/// Hands an item to a person under a loan id chosen by the caller (from the attempt, so that a retry finds it).
///
/// # Errors
/// Of the store.
pub fn give(
    txn: &mut dyn Txn,
    (house, code): (Id, &str),
    person: Id,
    loan_id: Id,
    (now, due): (UnixMs, UnixMs),
) -> Result<Given, Stop> {
    let Some(mut held) = load::<Item>(txn, item_key(house, code))? else { return Ok(Given::Unknown) };
    if let Some(loan) = held.value.loan {
        let loan = loaded(txn, loan)?.value;
        return Ok(if loan.person == person { Given::Already(loan) } else { Given::Elsewhere });
    }
    held.value.loan = Some(loan_id);
    let loan = Loan {
        v: Schema,
        id: loan_id,
        house,
        code: code.to_owned(),
        title: held.value.title.clone(),
        person,
        out: now,
        due,
        renewals: 0,
        returned: None,
        revision: 1,
    };
    create(txn, loan_id, &loan)?;
    save(txn, &held)?;
    Ok(Given::Fresh(loan))
}

/// Takes an item back into the house. The item is enough; who brings it does not matter.
///
/// # Errors
/// Of the store.
pub fn take_back(txn: &mut dyn Txn, house: Id, code: &str, now: UnixMs) -> Result<TakenBack, Stop> {
    let Some(mut held) = load::<Item>(txn, item_key(house, code))? else { return Ok(TakenBack::Unknown) };
    let Some(loan) = held.value.loan.take() else { return Ok(TakenBack::WasHere(held.value)) };
    let mut loan = loaded(txn, loan)?;
    loan.value.returned = Some(now);
    loan.value.revision += 1;
    save(txn, &loan)?;
    save(txn, &held)?;
    Ok(TakenBack::Closed(loan.value))
}

/// The open loan that has this item, to be renewed with [`renew`].
///
/// # Errors
/// Of the store.
pub fn open_loan(txn: &mut dyn Txn, house: Id, code: &str) -> Result<Option<Held<Loan>>, Stop> {
    match item(txn, house, code)?.and_then(|item| item.loan) {
        None => Ok(None),
        Some(loan) => loaded(txn, loan).map(Some),
    }
}

/// Gives a loan a later due date and counts the renewal. The rules (how often, when) are the caller's.
///
/// # Errors
/// Of the store.
pub fn renew(txn: &mut dyn Txn, mut loan: Held<Loan>, due: UnixMs) -> Result<Loan, Stop> {
    loan.value.due = due.max(loan.value.due);
    loan.value.renewals = loan.value.renewals.saturating_add(1);
    loan.value.revision += 1;
    save(txn, &loan)?;
    Ok(loan.value)
}

/// A person's open loans in a house, up to `limit`.
///
/// # Errors
/// Of the store.
pub fn open_loans(txn: &mut dyn Txn, house: Id, person: Id, limit: usize) -> Result<Vec<Loan>, Stop> {
    let page = find::<Loan>(txn, "open", borrower_key(house, person), None, limit)?;
    Ok(page.items.into_iter().map(|held| held.value).collect())
}

/// Every loan an item ever had, in no order of time.
///
/// # Errors
/// Of the store.
pub fn history(
    txn: &mut dyn Txn,
    house: Id,
    code: &str,
    after: Option<&Key>,
    limit: usize,
) -> Result<Page<Held<Loan>>, Stop> {
    Ok(find::<Loan>(txn, "item", item_key(house, code), after, limit)?)
}

fn loaded(txn: &mut dyn Txn, loan: Id) -> Result<Held<Loan>, Stop> {
    Ok(load::<Loan>(txn, loan)?.ok_or_else(|| StoreError::Corrupt("an item names a loan that is not there".into()))?)
}

/// A right to a quantity of something: so many boxes on a prescription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    /// The schema of this body.
    pub v: Schema<1>,
    /// How many in all.
    pub entitled: u32,
    /// Every release so far: its id and how many.
    pub releases: Vec<(Id, u32)>,
}

impl Stored for Entitlement {
    const KIND: &'static str = "entitlement";
}

impl Entitlement {
    /// How many were released.
    pub fn released(&self) -> u32 {
        self.releases.iter().map(|(_, quantity)| quantity).sum()
    }
}

/// Opens an entitlement; one that is open keeps its quantity.
///
/// # Errors
/// Of the store.
pub fn entitle(txn: &mut dyn Txn, id: Id, entitled: u32) -> Result<(), Stop> {
    if load::<Entitlement>(txn, id)?.is_none() {
        create(txn, id, &Entitlement { v: Schema, entitled, releases: Vec::new() })?;
    }
    Ok(())
}

/// Releases a quantity once per release id; gives what is left, or `None` when that much is not left.
///
/// # Errors
/// Of the store.
pub fn release(txn: &mut dyn Txn, id: Id, release: Id, quantity: u32) -> Result<Option<u32>, Stop> {
    let Some(mut held) = load::<Entitlement>(txn, id)? else { return Ok(None) };
    let left = held.value.entitled.saturating_sub(held.value.released());
    if held.value.releases.iter().any(|(done, _)| *done == release) {
        return Ok(Some(left));
    }
    if quantity == 0 || quantity > left {
        return Ok(None);
    }
    held.value.releases.push((release, quantity));
    save(txn, &held)?;
    Ok(Some(left - quantity))
}
