//! A patient's file: its number unique in the hospital, its bills in its own bucket.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tongma_capability::records::{Stored, Txn, create, load};
use tongma_capability::{Desk, Effect, Schema, Step, Stop, bind, disclose};
use tongma_domain::{Claim, Id, Outcome, Refusal, Text, Venue, Words};

use super::card::{CARD, no_file};

/// The leg that makes the file in its own bucket.
pub const OPENED: &str = "file.opened";
/// The kind of binding.
pub const KIND: &str = "patient_file";

/// A patient's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientFile {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its number at the hospital.
    pub number: String,
    /// The patient.
    pub person: Id,
}

impl Stored for PatientFile {
    const KIND: &'static str = "patient_file";
}

/// The leg's message.
#[derive(Debug, Serialize, Deserialize)]
struct Opened {
    home: Id,
    number: String,
    person: Id,
}

/// The thing that keeps the hospital's file numbers unique.
pub fn registry(venue: &Venue) -> Id {
    venue.thing("files")
}

/// The file of a number: always the same id.
pub fn id_of(venue: &Venue, number: &str) -> Id {
    Id::derived(&[registry(venue).as_bytes(), KIND.as_bytes(), number.as_bytes()])
}

/// The file of the step's holder.
///
/// # Errors
/// `bill.no_file`.
pub fn of_holder(step: &Step<'_>) -> Result<Id, Refusal> {
    step.holder()?.binding(KIND).map(|binding| binding.thing).ok_or_else(no_file)
}

/// The file, if it has been made.
pub fn load_file(txn: &mut dyn Txn, id: Id) -> Result<Option<PatientFile>, Stop> {
    Ok(load::<PatientFile>(txn, id)?.map(|held| held.value))
}

/// Opens a file for the person at the desk: binds its number, and lets its own bucket make it.
pub fn open(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let holder = step.holder()?;
    let number = step.input.text("file_number").unwrap_or_default();
    let released = disclose::at_counter(desk.txn, &CARD, step, holder, &[Claim::VenueNumber, Claim::Pseudonym])?;
    let (registry, thing) = (registry(step.venue), id_of(step.venue, number));
    let link = bind::Link { registry, kind: KIND, number, person: holder.person, thing };
    let (binding, fresh) = bind::link(desk.txn, &link, desk.now)?;
    desk.message(thing.bucket(), OPENED, &Opened { home: thing, number: number.to_owned(), person: holder.person });
    desk.effects.push(Effect::Binding { person: holder.person, binding: binding.mirrored(), live: true });
    if fresh {
        let names = step.venue.names();
        let text = Words::new(format!("在{}建档", names.zh), format!("Opened a file at {}", names.en));
        desk.log(holder.person, text, &released.claims, json!({"file_number": number, "receipt": released.receipt}));
    }
    let mut detail = Map::new();
    released.show(&mut detail, Claim::VenueNumber, "file_number", number);
    released.show(&mut detail, Claim::Pseudonym, "payer", holder.pseudonym.as_str());
    let words = Words::new(format!("病案号 {number}"), format!("File {number}"));
    Ok(Outcome::done(Text::new("已建档", "File opened"), words, Value::Object(detail)))
}

/// Makes the file in its own bucket, once.
pub fn opened(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Opened { home, number, person } = step.input.typed()?;
    if load_file(desk.txn, home)?.is_none() {
        create(desk.txn, home, &PatientFile { v: Schema, number, person })?;
    }
    Ok(Outcome::done(Text::new("已记录", "Noted"), Words::default(), Value::Null))
}
