//! The bundle's bytes: one CBOR array (RFC 8949, definite lengths), signed as every list is.

use alloc::{string::ToString, vec::Vec};
use core::convert::Infallible;

use minicbor::{Decoder, Encoder, encode};

use crate::bundle::{
    Booking, Bundle, Handles, MOST_BOOKINGS, MOST_HANDLES, MOST_SCENARIO_BYTES, MOST_SESSIONS, Rules, Session,
};

/// The first element: a name no other list has, so that a key list is never taken for a bundle.
const FORMAT: &str = "tongma/bundle/v1";
const FIELDS: u64 = 14;

/// The bundle's payload.
pub fn to_bytes(bundle: &Bundle) -> Vec<u8> {
    let mut out = Vec::with_capacity(256 + bundle.bookings.len() * 20 + bundle.handles.rows().len());
    // Writing into a vector has no failing case; if it had, nothing is better than half a bundle.
    if write(bundle, &mut Encoder::new(&mut out)).is_err() {
        out.clear();
    }
    out
}

fn write(bundle: &Bundle, out: &mut Encoder<&mut Vec<u8>>) -> Result<(), encode::Error<Infallible>> {
    let rules = &bundle.rules;
    out.array(FIELDS)?.str(FORMAT)?.u64(bundle.version)?.bytes(&bundle.point)?.bytes(&bundle.venue)?;
    out.str(&bundle.scenario)?.i64(bundle.issued_s)?.u32(bundle.ttl_s)?.i64(bundle.expires_s)?;
    out.u64(bundle.facts_through)?.u32(bundle.inside)?;
    out.array(5)?.u16(rules.early_grace_min)?.u16(rules.late_grace_min)?.bool(rules.reentry)?;
    out.i64(rules.reentry_until_s)?.u32(rules.headcount_bound)?;
    out.array(bundle.sessions.len() as u64)?;
    for session in &bundle.sessions {
        out.array(2)?.i64(session.opens_s)?.i64(session.closes_s)?;
    }
    out.array(bundle.bookings.len() as u64)?;
    for booking in &bundle.bookings {
        out.array(5)?.bytes(&booking.pseudonym)?.u16(booking.session)?.u16(booking.party)?;
        out.u16(booking.entered)?.u16(booking.inside)?;
    }
    out.bytes(bundle.handles.rows())?;
    Ok(())
}

/// The bundle of these bytes; `None` for anything a sound platform does not write.
pub fn from_bytes(bytes: &[u8]) -> Option<Bundle> {
    let mut input = Decoder::new(bytes);
    let bundle = read(&mut input)?;
    (input.position() == bytes.len() && bundle.is_sound()).then_some(bundle)
}

fn read(input: &mut Decoder<'_>) -> Option<Bundle> {
    array(input, FIELDS)?;
    if input.str().ok()? != FORMAT {
        return None;
    }
    let version = input.u64().ok()?;
    let (point, venue) = (fixed(input)?, fixed(input)?);
    let scenario = input.str().ok().filter(|text| text.len() <= MOST_SCENARIO_BYTES)?.to_string();
    let (issued_s, ttl_s, expires_s) = (input.i64().ok()?, input.u32().ok()?, input.i64().ok()?);
    let (facts_through, inside) = (input.u64().ok()?, input.u32().ok()?);
    array(input, 5)?;
    let rules = Rules {
        early_grace_min: input.u16().ok()?,
        late_grace_min: input.u16().ok()?,
        reentry: input.bool().ok()?,
        reentry_until_s: input.i64().ok()?,
        headcount_bound: input.u32().ok()?,
    };
    let sessions = list(input, MOST_SESSIONS, |input| {
        array(input, 2)?;
        Some(Session { opens_s: input.i64().ok()?, closes_s: input.i64().ok()? })
    })?;
    let bookings = list(input, MOST_BOOKINGS, |input| {
        array(input, 5)?;
        Some(Booking {
            pseudonym: fixed(input)?,
            session: input.u16().ok()?,
            party: input.u16().ok()?,
            entered: input.u16().ok()?,
            inside: input.u16().ok()?,
        })
    })?;
    let rows = input.bytes().ok().filter(|rows| rows.len() / 12 <= MOST_HANDLES)?;
    let handles = Handles::from_rows(rows, bookings.len())?;
    Some(Bundle {
        version,
        point,
        venue,
        scenario,
        issued_s,
        ttl_s,
        expires_s,
        facts_through,
        inside,
        rules,
        sessions,
        bookings,
        handles,
    })
}

/// An array head of exactly this length.
pub fn array(input: &mut Decoder<'_>, length: u64) -> Option<()> {
    (input.array().ok()? == Some(length)).then_some(())
}

/// A byte string of exactly `N` bytes.
pub fn fixed<const N: usize>(input: &mut Decoder<'_>) -> Option<[u8; N]> {
    input.bytes().ok()?.try_into().ok()
}

/// A list of at most `most` items. Memory grows with what is really there, not with what the head claims.
fn list<T>(
    input: &mut Decoder<'_>,
    most: usize,
    mut item: impl FnMut(&mut Decoder<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let length = usize::try_from(input.array().ok()??).ok().filter(|length| *length <= most)?;
    let mut items = Vec::new();
    for _ in 0..length {
        items.push(item(input)?);
    }
    Some(items)
}
