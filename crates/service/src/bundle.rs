//! The gate's bundle: what an offline point may know, signed. It names no person.

use serde::Deserialize;
use tongma_domain::{Id, Refusal, Text, UnixMs};
use tongma_edge::{Booking, Bundle, Handles, Rules, Session, TicketName, ticket_name};

use crate::outward::Audience;
use crate::people::{live_device, load_holder};
use crate::platform::Platform;
use crate::sessions::subject_of;
use crate::tickets::{numbers_between, window_of};
use crate::vault::unhex;

/// How long a bundle counts as fresh.
const FRESH_S: u32 = 30 * 60;
/// How long it decides at all.
const LIFE_S: i64 = 16 * 3600;

/// A signed bundle.
#[derive(Debug, Clone)]
pub struct SignedBundle {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Its version.
    pub version: u64,
    /// When it ends, Unix milliseconds.
    pub expires: UnixMs,
}

/// What a scenario lists for a bundle: the house first, then its bookings.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Line {
    /// The rules and the headcount.
    House {
        early_grace_min: u16,
        late_grace_min: u16,
        reentry: bool,
        reentry_until: UnixMs,
        headcount_bound: u32,
        inside: u32,
    },
    /// One booking.
    Booking { person: Id, booking: Id, party: u16, entered: u16, inside: u16, opens: UnixMs, closes: UnixMs },
}

impl Platform {
    /// The bundle of a point for a scenario, as of now.
    ///
    /// # Errors
    /// `bundle.none` when the scenario decides nothing offline, or the store's refusal.
    pub fn bundle(&self, point: Id, scenario: &str) -> Result<SignedBundle, Refusal> {
        let lines = self.list_at_point(point, scenario, "bundle")?;
        let now = self.now();
        let venue = self.directory().point(point)?.point.venue;
        let audience = Audience::Points;
        let here = self.block(audience, point);
        let mut rules = None;
        let (mut inside, mut sessions, mut bookings, mut pairs) = (0, Vec::new(), Vec::new(), Vec::new());
        for line in lines {
            match serde_json::from_value::<Line>(line).map_err(|_| none())? {
                Line::House {
                    early_grace_min,
                    late_grace_min,
                    reentry,
                    reentry_until,
                    headcount_bound,
                    inside: people,
                } => {
                    let reentry_until_s = reentry_until.as_seconds();
                    rules = Some(Rules { early_grace_min, late_grace_min, reentry, reentry_until_s, headcount_bound });
                    inside = people;
                }
                Line::Booking { person, booking, party, entered, inside, opens, closes } => {
                    let session = Session { opens_s: opens.as_seconds(), closes_s: closes.as_seconds() };
                    let place = session_place(&mut sessions, session)?;
                    let number = u32::try_from(bookings.len()).map_err(|_| none())?;
                    bookings.push(Booking { pseudonym: pseudonym(booking), session: place, party, entered, inside });
                    pairs.extend(self.ticket_names(&here, person, session)?.into_iter().map(|name| (name, number)));
                }
            }
        }
        let version = now.as_millis().unsigned_abs();
        let bundle = Bundle {
            version,
            point: here,
            venue: self.block(audience, venue),
            scenario: scenario.to_owned(),
            issued_s: now.as_seconds(),
            ttl_s: FRESH_S,
            expires_s: now.as_seconds() + LIFE_S,
            facts_through: self.facts_through(point)?,
            inside,
            rules: rules.ok_or_else(none)?,
            sessions,
            bookings,
            handles: Handles::new(pairs),
        };
        let bytes = bundle.seal(self.codes.issuer_index(), self.codes.issuer(), &self.seed()).map_err(|_| none())?;
        Ok(SignedBundle { bytes, version, expires: now.plus_s(LIFE_S) })
    }

    /// What the list of a point calls a person's tickets whose windows touch a session, an hour of grace on both sides.
    fn ticket_names(&self, point: &[u8; 16], person: Id, session: Session) -> Result<Vec<TicketName>, Refusal> {
        let record = self.read(person.bucket(), |txn| Ok(load_holder(txn, person)?.value))?;
        let device = live_device(&record);
        if device == 0 || record.frozen {
            return Ok(Vec::new());
        }
        let subject = subject_of(person);
        let span = numbers_between(session.opens_s - 3600, session.closes_s + 3600);
        let names = span
            .into_iter()
            .filter(|(day, number)| window_of(*day, *number).is_some())
            .map(|(day, number)| ticket_name(point, &self.day_keys(day).handle_of(subject, 0, device, number)));
        Ok(names.collect())
    }

    fn block(&self, audience: Audience, id: Id) -> [u8; 16] {
        unhex(&self.outward(audience, id)).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
    }
}

/// The name of a booking in the bundle: the last eight bytes of its pass, which the scenario made for gates and finds
/// again in the evidence of a fact. It says nothing about the person or the booking's id.
fn pseudonym(pass: Id) -> [u8; 8] {
    let mut name = [0; 8];
    name.iter_mut().zip(pass.as_bytes().iter().skip(8)).for_each(|(to, from)| *to = *from);
    name
}

fn session_place(sessions: &mut Vec<Session>, session: Session) -> Result<u16, Refusal> {
    let same = |known: &Session| known.opens_s == session.opens_s && known.closes_s == session.closes_s;
    let place = sessions.iter().position(same).unwrap_or_else(|| {
        sessions.push(session);
        sessions.len() - 1
    });
    u16::try_from(place).map_err(|_| none())
}

fn none() -> Refusal {
    Refusal::conflict(
        "bundle.none",
        Text::new("这项业务没有离线名单", "There is no offline list for this"),
        Text::new("请联网办理", "Use it with the network"),
    )
}
