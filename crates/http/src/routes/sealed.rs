//! The sealed log: checkpoints and proofs for anyone, and the proof of a line for the person it is about.

use axum::{
    extract::State,
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tongma_domain::{Refusal, Text};

use super::mine::{Receipt, receipt};
use crate::{
    edge::{Shared, SignedIn},
    extract::{Json, query},
    problem::{Answer, Problem},
};

/// A consistency proof.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Consistency {
    /// Hashes as RFC 9162 section 2.1.4 orders them, hexadecimal.
    pub path: Vec<String>,
}

/// An inclusion proof.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Inclusion {
    /// The leaf's hash, hexadecimal.
    pub leaf: String,
    /// Hashes from the leaf up, hexadecimal.
    pub path: Vec<String>,
}

/// A receipt with all that is needed to check it without a network.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Proved {
    /// `tongma-receipt-proof-1`.
    pub format: String,
    /// The receipt; its text names the leaf.
    pub receipt: Receipt,
    /// The leaf's hash, hexadecimal.
    pub leaf: String,
    /// Its place in the tree.
    pub index: u64,
    /// The tree's size at the checkpoint.
    pub size: u64,
    /// Hashes from the leaf up, hexadecimal.
    pub path: Vec<String>,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The key that signed it; compare it with one from elsewhere.
    pub key: String,
}

#[derive(Debug, Deserialize)]
struct Sizes {
    from: u64,
    to: u64,
}

#[derive(Debug, Deserialize)]
struct Place {
    index: u64,
    size: u64,
}

#[derive(Debug, Deserialize)]
struct Number {
    number: u64,
}

/// Text that anyone may fetch from anywhere.
fn text(text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, text).into_response()
}

pub async fn checkpoint(State(edge): State<Shared>) -> Answer<Response> {
    Ok(text(edge.platform.checkpoint()?))
}

pub async fn key(State(edge): State<Shared>) -> Response {
    text(format!("{}\n", edge.platform.log_key().to_text()))
}

pub async fn consistency(State(edge): State<Shared>, parts: Parts) -> Answer<Json<Consistency>> {
    let Sizes { from, to } = query(&parts)?;
    Ok(Json(Consistency { path: edge.platform.consistency(from, to)? }))
}

pub async fn inclusion(State(edge): State<Shared>, parts: Parts) -> Answer<Json<Inclusion>> {
    let Place { index, size } = query(&parts)?;
    let (leaf, path) = edge.platform.inclusion(index, size)?;
    Ok(Json(Inclusion { leaf, path }))
}

pub async fn proved(State(edge): State<Shared>, me: SignedIn, parts: Parts) -> Answer<Json<Proved>> {
    let Number { number } = query(&parts)?;
    let proved = edge.platform.proved(&me.0, number)?;
    Ok(Json(Proved {
        format: "tongma-receipt-proof-1".to_owned(),
        receipt: receipt(proved.receipt),
        leaf: proved.leaf,
        index: proved.index,
        size: proved.size,
        path: proved.path,
        checkpoint: proved.checkpoint,
        key: proved.key,
    }))
}

/// `input.kind` for a filter that names no kind.
pub fn bad_kind() -> Problem {
    Problem::from(Refusal::with_status(
        400,
        "input.kind",
        Text::new("记录类别不对", "There is no such kind of line"),
        Text::new("去掉 kind 就看全部", "Leave it out to see all"),
    ))
}
