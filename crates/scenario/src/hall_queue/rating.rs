//! 好差评: the service is rated once, in five steps, by the person served; the hall sees what was said and not by whom
//! (Opinions of the General Office of the State Council on the rating of government services, 国办发〔2019〕51号).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tongma_capability::queue::{Ticket, TicketState, day_of};
use tongma_capability::records::{Held, Index, MOST_PAGE, Stored, create, find, load};
use tongma_capability::{Desk, Schema, Step, Stop};
use tongma_domain::{Id, Outcome, Text, UnixMs, Words};

use super::card::{CARD, not_served, rated_already};
use super::hall;
use super::numbers::{noted, own_ticket};

/// The leg that closes an unanswered rating.
pub const CLOSE: &str = "rate.close";

/// One rating. It names no person; its key is the ticket's, so that there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Rating {
    v: Schema<1>,
    hall: Id,
    matter: String,
    /// 1 very dissatisfied … 5 very satisfied.
    stars: u8,
    tag: Option<String>,
    words: Option<String>,
    at: UnixMs,
}

impl Stored for Rating {
    const KIND: &'static str = "hall_rating";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "hall", value: self.hall.into() }]
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Close {
    ticket: Id,
    person: Id,
    revision: u64,
}

/// Asks for a rating for so many days.
pub fn ask(desk: &mut Desk<'_>, step: &Step<'_>, ticket: &Ticket) {
    let Some(person) = ticket.person else { return };
    let days = step.venue.setting(&CARD, "rating_days");
    let close = Close { ticket: ticket.id, person, revision: ticket.revision + 1 };
    desk.timer(step.now.plus_days(days), CLOSE, &close);
}

/// Rates a service, once.
pub fn rate(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let ticket = own_ticket(desk, step)?;
    let days = step.venue.setting(&CARD, "rating_days");
    let in_time = ticket.ended.is_some_and(|ended| step.now < ended.plus_days(days));
    if ticket.state != TicketState::Done || !in_time {
        return Err(not_served().into());
    }
    if load::<Rating>(desk.txn, ticket.id)?.is_some() {
        return Err(rated_already().into());
    }
    let stars = step.input.number("stars").and_then(|stars| u8::try_from(stars).ok()).unwrap_or(5);
    let own = |field: &str| step.input.text(field).map(str::to_owned);
    let rating = Rating {
        v: Schema,
        hall: ticket.hall,
        matter: ticket.matter.clone(),
        stars,
        tag: own("tag"),
        words: own("words"),
        at: step.now,
    };
    create(desk.txn, ticket.id, &rating)?;
    if let Some(person) = ticket.person {
        desk.mirror(person, "ticket", ticket.id, Value::Null, ticket.revision + 1);
    }
    let words = level(stars);
    hall::log(desk, &ticket, (format!("评价：{}", words.zh), format!("Rated: {}", words.en)));
    let thanks = Words::new("谢谢，大厅只看到评价，看不到姓名", "Thank you; the hall sees the rating and no name");
    Ok(Outcome::done(Text::new("已评价", "Rated"), thanks, json!({"stars": stars})))
}

/// The five steps, in the words of the rules.
const fn level(stars: u8) -> Text {
    match stars {
        5 => Text::new("非常满意", "Very satisfied"),
        4 => Text::new("满意", "Satisfied"),
        3 => Text::new("基本满意", "Fairly satisfied"),
        2 => Text::new("不满意", "Dissatisfied"),
        _ => Text::new("非常不满意", "Very dissatisfied"),
    }
}

/// The time to rate is over: nothing is assumed of somebody who said nothing.
pub fn close(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Outcome, Stop> {
    let Close { ticket, person, revision } = step.input.typed()?;
    desk.mirror(person, "ticket", ticket, Value::Null, revision);
    Ok(noted())
}

/// The ratings of a day, for the hall: no name, no number, no hour.
pub fn list(desk: &mut Desk<'_>, step: &Step<'_>) -> Result<Vec<Value>, Stop> {
    let day = day_of(step.venue, step.input.date("date").unwrap_or(step.now.date()));
    let page = find::<Rating>(desk.txn, "hall", day, None, MOST_PAGE)?;
    let shown = |Held { value, .. }: Held<Rating>| {
        json!({
            "stars": value.stars, "level": level(value.stars), "matter": hall::matter_words(&value.matter),
            "tag": value.tag, "words": value.words, "date": value.at.date(),
        })
    };
    Ok(page.items.into_iter().map(shown).collect())
}
