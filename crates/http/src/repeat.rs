//! Idempotency of requests that are no scenario's action: the same key again gets the same answer, and nothing is done
//! twice. Actions keep their keys where they are decided; see `tongma_service::Repeatable` for the rest.

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use tongma_domain::Id;
use tongma_service::{Known, Repeatable};

use crate::{
    edge::{SESSION_COOKIE, Shared},
    extract::{IdempotencyKey, read_body},
    problem::Problem,
    security,
};

/// The largest answer that is kept, in bytes; a longer one is worked out again, which what we answer to changes never is.
const MOST_KEPT: usize = 32 * 1024;

/// Middleware of the citizen's and the administration's changing routes. Who cannot prove who they are go on to be
/// refused, and leave no row behind.
pub async fn remember(State(edge): State<Shared>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let caller = match security::cookie(&parts.headers, SESSION_COOKIE).map(|token| edge.platform.citizen(token)) {
        Some(Ok(citizen)) => Some(citizen.person),
        _ if edge.is_administrator(&parts.headers) => None,
        _ => return next.run(Request::from_parts(parts, body)).await,
    };
    let asked = async {
        let key = IdempotencyKey::of_headers(&parts.headers)?;
        let body = read_body(&parts.headers, body).await?;
        Ok::<_, Problem>((repeatable(caller, &parts, &key, &body), body))
    };
    let (repeatable, body) = match asked.await {
        Ok(asked) => asked,
        Err(problem) => return problem.into_response(),
    };
    match edge.platform.begin_request(&repeatable).await {
        Ok(Known::Fresh) => {}
        Ok(Known::Answered(kept)) => return answered(&kept),
        Err(refusal) => return Problem::from(refusal).into_response(),
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    keep(&edge, &repeatable, response).await
}

fn repeatable(
    caller: Option<Id>,
    parts: &axum::http::request::Parts,
    key: &IdempotencyKey,
    body: &Bytes,
) -> Repeatable {
    let route = format!("{} {}", parts.method, parts.uri);
    Repeatable::new(caller, &route, &key.0, Sha256::digest(body).into())
}

/// Keeps what is final. A fault of ours, a limit or a missing sign-in may pass, so such an answer is not kept.
async fn keep(edge: &Shared, repeatable: &Repeatable, response: Response) -> Response {
    let status = response.status();
    let passing = matches!(
        status,
        StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS
    );
    if status.is_server_error() || passing {
        return response;
    }
    let (parts, body) = response.into_parts();
    // Bodies of these routes are whole in memory; there is nothing to fail.
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if bytes.len() <= MOST_KEPT {
        let media_type = parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        let kept = [&status.as_u16().to_be_bytes()[..], media_type, &[0], &bytes].concat();
        // What could not be kept was done all the same; a retry is then refused as still running, and later done again.
        let _ = edge.platform.end_request(repeatable, &kept).await;
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn answered(kept: &[u8]) -> Response {
    let unreadable = || crate::problem::internal().into_response();
    let Some((status, rest)) = kept.split_first_chunk::<2>() else { return unreadable() };
    let Some(end) = rest.iter().position(|byte| *byte == 0) else { return unreadable() };
    let (media_type, body) = rest.split_at(end);
    let status = StatusCode::from_u16(u16::from_be_bytes(*status)).unwrap_or(StatusCode::OK);
    let mut response = (status, body.get(1..).unwrap_or_default().to_vec()).into_response();
    if let Ok(value) = HeaderValue::from_bytes(media_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}
