//! The calendar of a citizen's bookings: its secret address, and the feed behind it.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    edge::{Shared, SignedIn},
    extract::{IdempotencyKey, Json, is_hex, no_such_id, query},
    problem::Answer,
};

/// Where a citizen's calendar is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CalendarAddress {
    /// The secret address, to be given to a calendar app; null when there is none.
    pub url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct InLanguage {
    lang: Option<String>,
}

fn address(edge: &Shared, secret: Option<String>) -> Json<CalendarAddress> {
    Json(CalendarAddress { url: secret.map(|secret| format!("{}/calendar/{secret}.ics", edge.public_origin)) })
}

pub async fn show(State(edge): State<Shared>, me: SignedIn) -> Answer<Json<CalendarAddress>> {
    let secret = edge.platform.calendar_secret(&me.0)?;
    Ok(address(&edge, secret))
}

pub async fn open(State(edge): State<Shared>, me: SignedIn, _key: IdempotencyKey) -> Answer<Json<CalendarAddress>> {
    let secret = edge.platform.open_calendar(&me.0).await?;
    Ok(address(&edge, Some(secret)))
}

pub async fn close(State(edge): State<Shared>, me: SignedIn, _key: IdempotencyKey) -> Answer<Json<CalendarAddress>> {
    edge.platform.close_calendar(&me.0).await?;
    Ok(address(&edge, None))
}

/// The feed. Whoever holds the address may read it; a cache must not.
pub async fn feed(State(edge): State<Shared>, Path(name): Path<String>, parts: Parts) -> Answer<Response> {
    let secret = name.strip_suffix(".ics").filter(|secret| is_hex(secret, 32)).ok_or_else(no_such_id)?;
    let english = query::<InLanguage>(&parts)?.lang.as_deref() == Some("en");
    let mut response = edge.platform.calendar_text(secret, english)?.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"tongma.ics\""));
    Ok(response)
}
