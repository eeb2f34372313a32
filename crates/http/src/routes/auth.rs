//! Signing in and out.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tongma_domain::{Refusal, Text};

use crate::{
    edge::{Edge, SESSION_COOKIE, Shared, SignedIn},
    extract::Json,
    limits::SIGN_IN_TIME_S,
    problem::{Answer, Problem},
    security::{self, set_cookie},
    sign_in::{self, Callback, SignIn},
};

/// How long the session's cookie is kept; the session itself ends on the platform's word.
const SESSION_COOKIE_S: i64 = 30 * 86_400;

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub struct Login {
    #[serde(rename = "return", default)]
    return_to: String,
}

/// Signed out.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SignedOut {
    /// Always true.
    pub signed_out: bool,
}

pub async fn login(
    State(edge): State<Shared>,
    headers: HeaderMap,
    uri: Uri,
    query: Result<Query<Login>, QueryRejection>,
) -> Answer<Response> {
    if let Some(there) = public_address(&edge, &headers, &uri) {
        return Ok(Redirect::to(&there).into_response());
    }
    let login = query.map(|query| query.0).unwrap_or_default();
    let departure = provider(&edge)?.depart(edge.platform.seed(), &login.return_to, edge.platform.now()).await?;
    let mut response = Redirect::to(&departure.location).into_response();
    let cookie = set_cookie(sign_in::COOKIE, Some(&departure.cookie), "/auth", SIGN_IN_TIME_S, edge.encrypted);
    add(&mut response, [cookie]);
    Ok(response)
}

pub async fn callback(
    State(edge): State<Shared>,
    headers: HeaderMap,
    query: Result<Query<Callback>, QueryRejection>,
) -> Response {
    let callback = query.map(|query| query.0).unwrap_or_default();
    let cookie = security::cookie(&headers, sign_in::COOKIE).map(str::to_owned);
    let (mut response, session) = match arrive(&edge, &callback, cookie.as_deref()).await {
        Ok((token, return_to)) => (Redirect::to(&return_to).into_response(), Some(token)),
        Err(problem) => (problem.into_response(), None),
    };
    // The attempt is over either way; its cookie goes.
    let over = set_cookie(sign_in::COOKIE, None, "/auth", 0, edge.encrypted);
    let session =
        session.and_then(|token| set_cookie(SESSION_COOKIE, Some(&token), "/", SESSION_COOKIE_S, edge.encrypted));
    add(&mut response, [over, session]);
    response
}

async fn arrive(edge: &Edge, callback: &Callback, cookie: Option<&str>) -> Answer<(String, String)> {
    let arrival = provider(edge)?.arrive(callback, cookie, edge.platform.now()).await?;
    let person = edge
        .platform
        .person_of_sign_in(&arrival.issuer, &arrival.subject)
        .map_err(|refusal| if refusal.code() == "person.unknown" { not_enrolled() } else { Problem::from(refusal) })?;
    Ok((edge.platform.open_session(person).await?, arrival.return_to))
}

pub async fn logout(State(edge): State<Shared>, SignedIn(citizen): SignedIn) -> Answer<Response> {
    edge.platform.close_session(&citizen).await?;
    let mut response = Json(SignedOut { signed_out: true }).into_response();
    add(&mut response, [set_cookie(SESSION_COOKIE, None, "/", 0, edge.encrypted)]);
    Ok(response)
}

fn add<const N: usize>(response: &mut Response, cookies: [Option<HeaderValue>; N]) {
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn provider(edge: &Edge) -> Answer<&SignIn> {
    edge.sign_in.as_ref().ok_or_else(sign_in::unavailable)
}

/// The same address at the public origin, for someone who came by another name of this machine: cookies are kept by name.
fn public_address(edge: &Edge, headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let here = |name: &str| name.starts_with("localhost") || name.starts_with("127.0.0.1") || name.starts_with("[::1]");
    let public = edge.public_origin.split_once("://")?.1;
    (here(host) && here(public) && host != public).then(|| format!("{}{uri}", edge.public_origin))
}

fn not_enrolled() -> Problem {
    Problem::from(Refusal::forbidden(
        "sign_in.not_enrolled",
        Text::new("登录成功，但您还没有在本平台实名登记", "You are signed in, but not enrolled here yet"),
        Text::new("请带身份证件到服务大厅登记一次", "Enrol once at a service hall, with your identity document"),
    ))
}
