//! Live connections: a page hears that it should look again.

use axum::{extract::State, http::HeaderMap, response::Response};
use tongma_service::live::MOST_OF_A_PERSON;

use crate::{
    edge::{Shared, SignedIn},
    live::{last_heard, stream},
    problem::Answer,
};

/// Events of one citizen: `question`, `log`, `things`, and `look` for all of it.
pub async fn mine(State(edge): State<Shared>, me: SignedIn, headers: HeaderMap) -> Answer<Response> {
    Ok(stream(edge.platform.live().listen(me.0.person, MOST_OF_A_PERSON, last_heard(&headers))?))
}
