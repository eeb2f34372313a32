//! Issuing: the platform returns bytes 0–25 of each ticket, the phone answers with anchors, the platform signs.

use std::sync::{Arc, PoisonError};

use serde::Serialize;
use tongma_code::keys::DayKeys;
use tongma_code::message;
use tongma_code::short::Alias;
use tongma_code::ticket::{Day, Header, Life, Scope, Step, Window};
use tongma_domain::{Id, Refusal, Text, UnixMs};

use crate::keys::{NO_CLAIMS, header_of};
use crate::people::load_holder;
use crate::platform::Platform;
use crate::sessions::{Citizen, device_lives, subject_of};
use crate::vault::{hex, unhex};

/// Ordinary tickets of a day: one a half hour.
pub(crate) const ORDINARY: u16 = 48;
/// Spare tickets of a day: one a half hour from 09:00 to 17:00, when counters are busy.
pub(crate) const SPARES: u16 = 16;
/// Reserve tickets of a day: one an hour, drawn only when the ordinary ones are spent.
pub(crate) const RESERVES: u16 = 24;
/// The number of the first spare, and of the first reserve ticket.
const FIRST_SPARE: u16 = ORDINARY;
const FIRST_RESERVE: u16 = ORDINARY + SPARES;
/// All numbers of a day.
pub(crate) const NUMBERS: u16 = ORDINARY + SPARES + RESERVES;
/// Reserve tickets reach this many days ahead.
const RESERVE_DAYS: u16 = 7;
/// The most tickets signed in one request.
pub const MOST_TICKETS: usize = 256;
/// The most days whose keys are kept ready: a phone asks for eight ahead, a gate hands over eight back.
const MOST_DAYS: usize = 32;

/// A ticket the phone may ask a signature for.
#[derive(Debug, Clone, Serialize)]
pub struct Prepared {
    /// Its number in its day.
    pub number: u16,
    /// `ordinary`, `spare` or `reserve`.
    pub kind: &'static str,
    /// First moment, Unix milliseconds.
    pub start_ms: i64,
    /// First moment after it.
    pub end_ms: i64,
    /// How many steps.
    pub steps: u16,
    /// Seconds a step.
    pub step_s: u32,
    /// Bytes 0–25, hexadecimal.
    pub header: String,
}

/// What the phone needs for short numbers of a ticket.
#[derive(Debug, Clone, Serialize)]
pub struct ShortSecrets {
    /// The 34-bit alias, decimal.
    pub alias: String,
    /// The ticket key, hexadecimal.
    pub key: String,
}

/// A signed ticket.
#[derive(Debug, Clone, Serialize)]
pub struct Signed {
    /// Bytes 0–25 again.
    pub header: String,
    /// r ‖ s.
    pub signature: String,
    /// Short numbers, where the ticket has them.
    pub short: Option<ShortSecrets>,
}

/// The window of a ticket: its day and number say it all, so the platform keeps no row.
pub(crate) fn window_of(day: Day, number: u16) -> Option<Window> {
    // The day turns at 04:00 in Beijing, which is 20:00 UTC of the day before: minute 1440·day − 240.
    let opening = (u32::from(day.0) * 1440).checked_sub(240)?;
    let (minute, life) = match number {
        0..FIRST_SPARE => (u32::from(number) * 30, Life::Min30),
        // 09:00 is 300 minutes into the day. Only reserve tickets live an hour: points show those in amber.
        FIRST_SPARE..FIRST_RESERVE => (300 + u32::from(number - FIRST_SPARE) * 30, Life::Min30),
        FIRST_RESERVE..NUMBERS => (u32::from(number - FIRST_RESERVE) * 60, Life::Min60),
        _ => return None,
    };
    Window::new(opening + minute, life, Step::Sec15)
}

const fn kind_of(number: u16) -> &'static str {
    match number {
        0..FIRST_SPARE => "ordinary",
        FIRST_SPARE..FIRST_RESERVE => "spare",
        _ => "reserve",
    }
}

/// The day whose keys are in force at a moment.
pub(crate) fn day_at(now: UnixMs) -> Day {
    Window::starting_at(now.as_seconds(), Life::Min30, Step::Sec15).map_or(Day(0), Window::day)
}

/// Every (day, number) whose window touches the span, in Unix seconds.
pub(crate) fn numbers_between(from_s: i64, to_s: i64) -> Vec<(Day, u16)> {
    let first = day_at(UnixMs::from_millis(from_s.saturating_mul(1000))).0.saturating_sub(1);
    let last = day_at(UnixMs::from_millis(to_s.saturating_mul(1000))).0;
    (first..=last)
        .flat_map(|day| (0..NUMBERS).map(move |number| (Day(day), number)))
        .filter(|(day, number)| {
            window_of(*day, *number).is_some_and(|window| window.end_s() > from_s && window.start_s() < to_s)
        })
        .collect()
}

/// What a phone should hold at a moment, in Unix seconds: the ordinary tickets and spares of the next 24 hours, and reserve
/// tickets from the last ordinary one on, so that no minute up to the last day is without one.
fn wanted_at(now_s: i64) -> Vec<(Day, u16)> {
    let tomorrow = now_s + 86_400;
    let wanted = |(day, number): &(Day, u16)| {
        window_of(*day, *number).is_some_and(|window| {
            if kind_of(*number) == "reserve" { window.end_s() > tomorrow } else { window.start_s() < tomorrow }
        })
    };
    numbers_between(now_s, now_s + i64::from(RESERVE_DAYS) * 86_400).into_iter().filter(wanted).collect()
}

impl Platform {
    /// The keys of a day in the general scope.
    pub(crate) fn day_keys(&self, day: Day) -> Arc<DayKeys> {
        if let Some(keys) = self.days.read().unwrap_or_else(PoisonError::into_inner).get(&day) {
            return Arc::clone(keys);
        }
        let keys = Arc::new(self.master.day_keys(Scope::GENERAL, day));
        let mut days = self.days.write().unwrap_or_else(PoisonError::into_inner);
        if days.len() >= MOST_DAYS {
            days.clear();
        }
        days.insert(day, Arc::clone(&keys));
        keys
    }

    /// The tickets a phone should hold from now on: the ordinary ones and spares of the next 24 hours, and the reserve.
    ///
    /// # Errors
    /// `device.none`, `device.replaced`, `code.frozen`.
    pub fn prepare_tickets(&self, citizen: &Citizen, actor: u8) -> Result<Vec<Prepared>, Refusal> {
        let (subject_person, device, until_s) = self.ticket_subject(citizen, actor)?;
        let until =
            |(day, number): &(Day, u16)| window_of(*day, *number).is_some_and(|window| window.end_s() <= until_s);
        let wanted = wanted_at(self.now().as_seconds()).into_iter().filter(until);
        Ok(wanted.filter_map(|(day, number)| self.prepared(subject_person, actor, device, day, number)).collect())
    }

    fn prepared(&self, person: Id, actor: u8, device: u8, day: Day, number: u16) -> Option<Prepared> {
        let window = window_of(day, number)?;
        let keys = self.day_keys(day);
        let handle = keys.handle_of(subject_of(person), actor, device, number);
        let header =
            header_of(self.codes.issuer_index(), handle, window, keys.claims.mask(&handle, NO_CLAIMS)).to_bytes();
        Some(Prepared {
            number,
            kind: kind_of(number),
            start_ms: window.start_s() * 1000,
            end_ms: window.end_s() * 1000,
            steps: window.steps(),
            step_s: window.step().seconds(),
            header: hex(&header),
        })
    }

    /// Whose tickets, for which of their devices, and until which Unix second: a grant that ends by itself leaves no
    /// ticket behind that outlives it, online or offline.
    fn ticket_subject(&self, citizen: &Citizen, actor: u8) -> Result<(Id, u8, i64), Refusal> {
        if citizen.device == 0 {
            return Err(no_device());
        }
        let own = self.read(citizen.person.bucket(), |txn| Ok(load_holder(txn, citizen.person)?.value))?;
        if !device_lives(&own, 0, citizen.device) {
            return Err(replaced());
        }
        let (person, record) = if actor == 0 {
            (citizen.person, own)
        } else {
            let ward =
                own.wards.iter().find(|(index, _)| *index == actor).map(|(_, ward)| *ward).ok_or_else(no_grant)?;
            (ward, self.read(ward.bucket(), |txn| Ok(load_holder(txn, ward)?.value))?)
        };
        if record.frozen {
            return Err(crate::present::frozen());
        }
        if !device_lives(&record, actor, citizen.device) {
            return Err(no_grant());
        }
        let grant = record.grants.iter().find(|grant| actor > 0 && grant.actor == actor);
        if grant.is_some_and(|grant| !grant.stands(self.now())) {
            return Err(no_grant());
        }
        let until = grant.and_then(|grant| grant.until);
        Ok((person, citizen.device, until.map_or(i64::MAX, tongma_domain::UnixMs::as_seconds)))
    }

    /// Signs tickets over the phone's anchors. The platform recomputes bytes 0–25 itself; what it did not prepare for
    /// exactly this device it does not sign.
    ///
    /// # Errors
    /// `ticket.unknown` for a header it would not make, `input.too_large` past [`MOST_TICKETS`].
    pub fn sign_tickets(
        &self,
        citizen: &Citizen,
        actor: u8,
        wanted: &[(String, String)],
    ) -> Result<Vec<Signed>, Refusal> {
        if wanted.len() > MOST_TICKETS {
            return Err(Refusal::invalid(
                "input.too_large",
                Text::new("一次申请的票据过多", "Too many tickets in one request"),
                Text::new("请分批申请", "Ask for fewer at a time"),
            ));
        }
        let (person, device, until_s) = self.ticket_subject(citizen, actor)?;
        let span = (self.now().as_seconds(), until_s);
        wanted.iter().map(|(header, anchor)| self.sign_one(person, actor, device, span, (header, anchor))).collect()
    }

    fn sign_one(
        &self,
        person: Id,
        actor: u8,
        device: u8,
        (now_s, until_s): (i64, i64),
        asked: (&str, &str),
    ) -> Result<Signed, Refusal> {
        let header: [u8; 26] = unhex(asked.0).and_then(|bytes| bytes.try_into().ok()).ok_or_else(unknown_ticket)?;
        let anchor: [u8; 12] = unhex(asked.1).and_then(|bytes| bytes.try_into().ok()).ok_or_else(unknown_ticket)?;
        let window = Header::from_bytes(&header).map_err(|_| unknown_ticket())?.window;
        let outlives = window.end_s() > until_s;
        if outlives || window.end_s() <= now_s || window.start_s() > now_s + i64::from(RESERVE_DAYS) * 86_400 {
            return Err(unknown_ticket());
        }
        let keys = self.day_keys(window.day());
        let subject = subject_of(person);
        let matching = (0..NUMBERS).filter(|number| window_of(window.day(), *number) == Some(window));
        for number in matching {
            let handle = keys.handle_of(subject, actor, device, number);
            if header_of(self.codes.issuer_index(), handle, window, keys.claims.mask(&handle, NO_CLAIMS)).to_bytes()
                != header
            {
                continue;
            }
            let signature = self.codes.sign_ticket(&message::ticket(&header, &anchor), &self.seed())?;
            let short = u8::try_from(number)
                .ok()
                .filter(|number| actor == 0 && u16::from(*number) < FIRST_RESERVE)
                .and_then(|ticket| {
                    let alias = Alias { bucket: person.bucket().number(), person: person.number(), ticket };
                    let sealed = keys.alias.seal(alias)?;
                    Some(ShortSecrets { alias: sealed.bits().to_string(), key: hex(&keys.short.ticket_key(&handle).0) })
                });
            return Ok(Signed { header: asked.0.to_owned(), signature: hex(&signature), short });
        }
        Err(unknown_ticket())
    }
}

fn unknown_ticket() -> Refusal {
    Refusal::conflict(
        "ticket.unknown",
        Text::new("这张票据不是为这台手机准备的", "This ticket was not prepared for this phone"),
        Text::new("请重新打开页面获取新码", "Open the page again for fresh ones"),
    )
}

fn no_device() -> Refusal {
    Refusal::conflict(
        "device.none",
        Text::new("这台手机还没有启用", "This phone is not in use yet"),
        Text::new("请先启用本机", "Put this phone in use first"),
    )
}

fn replaced() -> Refusal {
    Refusal::conflict(
        "device.replaced",
        Text::new("您已换到另一台手机", "Another phone has taken over"),
        Text::new("要在这台手机上使用，请重新启用本机", "To use this phone again, put it in use anew"),
    )
}

fn no_grant() -> Refusal {
    Refusal::forbidden(
        "grant.none",
        Text::new("没有替此人亮码的授权", "There is no grant to show this person's code"),
        Text::new("请本人或监护登记处办理授权", "The person or the guardianship office can grant it"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_window_of_its_own_day() {
        for number in 0..NUMBERS {
            let window = window_of(Day(700), number).unwrap();
            assert_eq!(window.day(), Day(700), "{number}");
        }
        assert_eq!(window_of(Day(700), NUMBERS), None);
    }

    #[test]
    fn a_phone_always_has_an_ordinary_ticket_for_the_next_24_hours() {
        let now_s = 1_795_000_000;
        let held = numbers_between(now_s, now_s + 86_400);
        for offset in (0..86_400).step_by(60) {
            let moment = now_s + offset;
            let live = held.iter().filter(|(day, number)| {
                *number < ORDINARY && window_of(*day, *number).is_some_and(|window| window.step_at(moment).is_some())
            });
            assert_eq!(live.count(), 1, "at +{offset} s");
        }
    }

    #[test]
    fn a_phone_without_network_has_a_ticket_for_every_minute_of_a_week() {
        for now_s in [1_795_000_000, 1_795_000_000 + 25 * 60, 1_795_000_000 + 50 * 60] {
            let held = wanted_at(now_s);
            let covered = |moment: i64| {
                held.iter().any(|(day, number)| {
                    window_of(*day, *number).is_some_and(|window| window.start_s() <= moment && moment < window.end_s())
                })
            };
            let end = now_s + i64::from(RESERVE_DAYS) * 86_400;
            assert_eq!((now_s..end).step_by(60).find(|moment| !covered(*moment)), None, "from {now_s}");
        }
    }
}
