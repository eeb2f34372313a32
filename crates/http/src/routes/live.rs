//! Live connections: a page hears that it should look again.

use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
    response::Response,
};
use serde::Deserialize;
use tongma_service::live::{MOST_OF_A_BOARD, MOST_OF_A_PERSON};

use crate::{
    edge::{Shared, SignedIn, SignedPoint},
    live::{last_heard, stream},
    problem::Answer,
};

/// What a point listens to.
#[derive(Debug, Default, Deserialize)]
pub struct Of {
    /// `board` for what its whole venue shows; else its own.
    #[serde(default)]
    of: String,
}

/// Events of one citizen: `question`, `log`, `things`, and `look` for all of it.
pub async fn mine(State(edge): State<Shared>, me: SignedIn, headers: HeaderMap) -> Answer<Response> {
    Ok(stream(edge.platform.live().listen(me.0.person, MOST_OF_A_PERSON, last_heard(&headers))?))
}

/// Events of one point: `presentation` when a holder has answered; with `of=board`, `board` when something was done at its
/// venue; and `look` for all of it. No event says who or what: the point reads that through its own signed requests.
pub async fn at_point(
    State(edge): State<Shared>,
    Path(id): Path<String>,
    Query(wanted): Query<Of>,
    headers: HeaderMap,
    point: SignedPoint,
) -> Answer<Response> {
    point.is(&id)?;
    let (topic, most) = if wanted.of == "board" {
        (edge.platform.directory().point(point.id)?.point.venue, MOST_OF_A_BOARD)
    } else {
        (point.id, MOST_OF_A_PERSON)
    };
    Ok(stream(edge.platform.live().listen(topic, most, last_heard(&headers))?))
}
