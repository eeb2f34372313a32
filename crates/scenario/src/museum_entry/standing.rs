//! What spans days, in the person's own bucket: days on which they did not come, and the rest from booking these bring.
//! A cancellation in time is none of them, and a day that an offline gate hands over later is taken back.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_capability::records::{Key, Stored, Txn, load, upsert};
use tongma_capability::{Desk, Schema, Step, Stop};
use tongma_domain::{Date, Id, Outcome, Refusal, Text, UnixMs, Venue, Words};

use super::card::{CARD, resting};

/// The leg that counts a day on which the person did not come.
pub const NO_SHOW: &str = "standing.no_show";
/// The leg that takes one back: they had come.
pub const CAME: &str = "standing.came";

/// A person's standing at a museum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    v: Schema<1>,
    /// Days on which the person did not come, oldest first, of the last months alone.
    no_shows: Vec<Date>,
    /// Days of which it is known that they came after all.
    came: Vec<Date>,
    /// The rest: until when, and the day that brought it.
    rest: Option<(UnixMs, Date)>,
}

impl Stored for Standing {
    const KIND: &'static str = "museum_standing";
}

/// A day of a person's.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    /// Whose.
    pub person: Id,
    /// Which.
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
    /// Whether the person may book now.
    pub fn may_book(&self, now: UnixMs) -> Result<(), Refusal> {
        let Some((until, _)) = self.rest.filter(|(until, _)| now < *until) else { return Ok(()) };
        let date = until.date();
        Err(resting().titled(Words::new(
            format!("多次预约未到，{date} 起可再预约"),
            format!("Missed too often: booking again from {date}"),
        )))
    }

    /// Days that count towards a rest: those after the one that brought the last.
    fn counted(&self) -> usize {
        let settled = self.rest.map(|(_, day)| day);
        self.no_shows.iter().filter(|one| settled.is_none_or(|day| **one > day)).count()
    }
}

/// Counts a day on which the person did not come. The third brings a rest.
pub fn no_show(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Told { person, date } = step.input.typed()?;
    let setting = |id: &str| step.venue.setting(&CARD, id);
    let mut standing = of(desk.txn, step.venue, person)?;
    if standing.no_shows.contains(&date) || standing.came.contains(&date) {
        return Ok(noted());
    }
    standing.no_shows.push(date);
    standing.no_shows.sort();
    let oldest = date.to_days() - setting("no_show_window_days");
    standing.no_shows.retain(|one| one.to_days() > oldest);
    standing.came.retain(|one| one.to_days() > oldest);
    let (count, names) = (standing.counted(), step.venue.names());
    let mut text = Words::new(
        format!("{date} 预约{}未到，第 {count} 次", names.zh),
        format!("Did not come to {} on {date}: number {count}", names.en),
    );
    if i64::try_from(count).unwrap_or(i64::MAX) >= setting("no_shows_most") {
        let until = step.now.plus_days(setting("rest_days"));
        standing.rest = Some((until, date));
        text = Words::new(
            format!("{}：多次预约未到，预约暂停到 {}", names.zh, until.date()),
            format!("{}: missed too often; booking rests until {}", names.en, until.date()),
        );
    }
    upsert(desk.txn, key(step.venue, person), &standing)?;
    desk.notify(person, "booking", text.clone());
    desk.log(person, text, &[], json!({"date": date}));
    Ok(noted())
}

/// A gate without network had let the person in: the day is taken back, and a rest that it brought ends.
pub fn came(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Told { person, date } = step.input.typed()?;
    let mut standing = of(desk.txn, step.venue, person)?;
    if standing.came.contains(&date) {
        return Ok(noted());
    }
    standing.came.push(date);
    let counted = standing.no_shows.contains(&date);
    standing.no_shows.retain(|one| *one != date);
    if standing.rest.is_some_and(|(_, day)| date <= day) {
        standing.rest = None;
    }
    upsert(desk.txn, key(step.venue, person), &standing)?;
    if counted {
        let names = step.venue.names();
        let text = Words::new(
            format!("{date} 您到过{}，未到记录已撤销", names.zh),
            format!("You had come to {} on {date}; the no-show is taken back", names.en),
        );
        desk.log(person, text, &[], json!({"date": date}));
    }
    Ok(noted())
}

/// The answer of a leg that nobody waits for.
pub fn noted() -> Outcome {
    Outcome::done(Text::new("已记录", "Noted"), Words::default(), Value::Null)
}
