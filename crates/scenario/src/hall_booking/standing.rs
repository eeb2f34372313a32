//! What spans days, in the person's own bucket: no-shows, the rest from booking they bring, and the right to book first.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_capability::records::{Key, Stored, Txn, load, upsert};
use tongma_capability::{Desk, Schema, Step, Stop};
use tongma_domain::{Date, Id, Outcome, Refusal, Text, UnixMs, Venue, Words};

use super::card::{CARD, resting};

/// The leg that counts a no-show.
pub const NO_SHOW: &str = "standing.no_show";
/// The leg that gives the right to book first.
pub const FIRST: &str = "standing.first";

/// A person's standing at a hall.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    v: Schema<1>,
    /// Days on which the person did not come, oldest first, of the last months alone.
    no_shows: Vec<Date>,
    /// Those up to this day have brought a rest already, and bring no other.
    settled: Option<Date>,
    /// Until when booking on the phone rests.
    rests_until: Option<UnixMs>,
    /// How often the person may book first, and until when.
    first: Vec<UnixMs>,
}

impl Stored for Standing {
    const KIND: &'static str = "hall_standing";
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    pub person: Id,
    pub date: Date,
}

fn key(venue: &Venue, person: Id) -> Key {
    Key::of(&[person.as_bytes(), venue.id.as_bytes()])
}

/// The person's standing here.
pub fn of(txn: &mut dyn Txn, venue: &Venue, person: Id) -> Result<Standing, Stop> {
    Ok(load::<Standing>(txn, key(venue, person))?.map(|held| held.value).unwrap_or_default())
}

impl Standing {
    /// Whether the person may book on the phone now.
    pub fn may_book(&self, now: UnixMs) -> Result<(), Refusal> {
        let Some(until) = self.rests_until.filter(|until| now < *until) else { return Ok(()) };
        let date = until.date();
        Err(resting().titled(Words::new(
            format!("多次未到，{date} 起可再网上预约；现场取号不受影响"),
            format!("Missed too often: booking on the phone from {date}. Walk-ins are served as ever"),
        )))
    }

    /// Whether the person may book first now.
    pub fn books_first(&self, now: UnixMs) -> bool {
        self.first.iter().any(|until| now < *until)
    }
}

/// The right to book first is used up by one booking.
pub fn use_first(txn: &mut dyn Txn, venue: &Venue, person: Id) -> Result<(), Stop> {
    let mut standing = of(txn, venue, person)?;
    if !standing.first.is_empty() {
        standing.first.remove(0);
        upsert(txn, key(venue, person), &standing)?;
    }
    Ok(())
}

/// Counts a day on which the person did not come.
pub fn no_show(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Told { person, date } = step.input.typed()?;
    let setting = |id: &str| step.venue.setting(&CARD, id);
    let mut standing = of(desk.txn, step.venue, person)?;
    if standing.no_shows.contains(&date) {
        return Ok(noted());
    }
    standing.no_shows.push(date);
    standing.no_shows.sort();
    let oldest = date.to_days() - setting("no_show_window_days");
    standing.no_shows.retain(|one| one.to_days() > oldest);
    let count = standing.no_shows.iter().filter(|one| standing.settled.is_none_or(|day| **one > day)).count();
    let names = step.venue.names();
    let mut text = Words::new(
        format!("{date} 预约{}未到，90 天内第 {count} 次", names.zh),
        format!("Did not come to {} on {date}: number {count} in 90 days", names.en),
    );
    if i64::try_from(count).unwrap_or(i64::MAX) >= setting("no_shows_most") {
        let until = step.now.plus_days(setting("rest_days"));
        standing.rests_until = Some(until);
        standing.settled = Some(date);
        let date = until.date();
        text = Words::new(
            format!("{}：多次未到，网上预约暂停到 {date}，现场取号不受影响", names.zh),
            format!("{}: missed too often; booking on the phone rests until {date}, walk-ins are served", names.en),
        );
    }
    upsert(desk.txn, key(step.venue, person), &standing)?;
    desk.notify(person, "booking", text.clone());
    desk.log(person, text, &[], json!({"date": date}));
    Ok(noted())
}

/// The hall cancelled: the person may book first for a while.
pub fn first(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Told { person, date } = step.input.typed()?;
    let mut standing = of(desk.txn, step.venue, person)?;
    standing.first.retain(|until| step.now < *until);
    standing.first.push(step.now.plus_days(step.venue.setting(&CARD, "first_days")));
    upsert(desk.txn, key(step.venue, person), &standing)?;
    let names = step.venue.names();
    let text = Words::new(
        format!("{}取消了 {date} 的预约，您可优先改约", names.zh),
        format!("{} cancelled {date}; you may book first", names.en),
    );
    desk.notify(person, "booking", text.clone());
    desk.log(person, text, &[], json!({"date": date}));
    Ok(noted())
}

/// The answer of a leg that nobody waits for.
pub fn noted() -> Outcome {
    Outcome::done(Text::new("已记录", "Noted"), Words::default(), Value::Null)
}
