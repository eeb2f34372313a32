//! What anyone may read: health, keys, cards, time, pages.

use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    edge::Shared,
    extract::{Json, List, Page},
    pages,
    problem::{Answer, Language, internal},
    security,
};

/// The time.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Time {
    /// Unix milliseconds, by the platform's clock.
    pub now_ms: i64,
}

/// The pinned roots.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Roots {
    /// SM2 public keys, uncompressed (65 bytes), hexadecimal.
    pub roots: Vec<String>,
}

pub async fn live() -> &'static str {
    "ok"
}

/// Ready once the directory can be read: the process answers for its store, not only for itself.
pub async fn ready(State(edge): State<Shared>) -> Answer<&'static str> {
    edge.platform.facts_through(tongma_domain::Id::derived(&[b"readiness"]))?;
    Ok("ok")
}

pub async fn time(State(edge): State<Shared>) -> Json<Time> {
    Json(Time { now_ms: edge.platform.now().as_millis() })
}

pub async fn scenarios(State(edge): State<Shared>, page: Page) -> Answer<Json<List<Value>>> {
    let cards = edge.platform.catalogue().iter().map(|scenario| {
        let mut card = serde_json::to_value(scenario.card())?;
        // The notice that the law asks for: what an authority is told, beside what the venue is told.
        if let (Some(duty), Some(members)) = (scenario.duty(), card.as_object_mut()) {
            members.insert("duty".into(), serde_json::to_value(duty)?);
        }
        Ok::<_, serde_json::Error>(card)
    });
    Ok(Json(page.part(cards.collect::<Result<_, _>>().map_err(|_| internal())?)))
}

pub async fn openapi(State(edge): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], edge.openapi.clone())
        .into_response()
}

pub async fn key_list(State(edge): State<Shared>) -> Response {
    signed_list(edge.platform.codes().lists().key_list.clone())
}

pub async fn deny_list(State(edge): State<Shared>) -> Response {
    signed_list(edge.platform.codes().lists().deny_list.clone())
}

/// Signed lists say themselves how long they are good; a minute in a cache hides no denial longer than that.
fn signed_list(bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/cose"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

pub async fn roots(State(edge): State<Shared>) -> Json<Roots> {
    Json(Roots { roots: edge.platform.codes().roots().to_vec() })
}

/// The queue board is the kiosk's page in its other use.
pub async fn board() -> axum::response::Redirect {
    axum::response::Redirect::to("/kiosk#board")
}

pub async fn choose(headers: HeaderMap) -> Response {
    drawn(pages::choose(Language::of_headers(&headers)))
}

pub async fn docs(headers: HeaderMap) -> Response {
    drawn(pages::docs(Language::of_headers(&headers)))
}

/// A page drawn by the server, under the policy of its one inlined style.
pub(super) fn drawn(page: String) -> Response {
    let mut response = Html(page).into_response();
    let policy = security::page_policy(&[], &[security::hash_source(pages::STYLE)]);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

/// The apps' own files.
pub async fn file(State(edge): State<Shared>, OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    edge.assets.serve(uri.path(), &headers)
}
