//! Routes, extractors, `OpenAPI`, pages and static files.
//!
//! Axum's types stay inside this crate; rules stay out of it: a handler reads the request, asks the platform
//! ([`tongma_service::Platform`]) and writes the answer.

pub mod bundle;
pub mod console;
pub mod demo_provider;
pub mod dto;
pub mod edge;
pub mod extract;
pub mod follow;
pub mod limits;
pub mod live;
pub mod openapi;
pub mod pages;
pub mod paging;
pub mod point_signature;
pub mod problem;
mod repeat;
mod routes;
pub mod security;
pub mod sign_in;
pub mod static_files;

use std::sync::Arc;

use axum::{Router, body::Bytes, extract::Request, middleware, response::Response};
use tongma_service::Platform;

pub use edge::Config;
pub use routes::{Body, Caller, Operation, Parameter, operations};
pub use sign_in::SignInConfig;

use crate::{edge::Edge, extract::IdempotencyKey, limits::Door, problem::Problem};

/// The whole of what a platform answers over HTTP.
///
/// # Errors
/// What is wrong with the configuration, for the log of the process.
pub fn router(platform: Arc<Platform>, config: &Config) -> Result<Router, String> {
    let operations = operations();
    let document = openapi::document(&operations, platform.catalogue());
    let text = serde_json::to_vec_pretty(&document).map_err(|error| format!("openapi: {error}"))?;
    let edge = Arc::new(Edge::new(platform, config, Bytes::from(text))?);
    let encrypted = edge.encrypted;
    let mut router = Router::new();
    for operation in operations {
        let remembered = operation.remembered();
        let mut handler = operation.handler;
        if remembered {
            handler = handler.layer(middleware::from_fn_with_state(Arc::clone(&edge), repeat::remember));
        }
        if operation.keyed {
            handler = handler.layer(middleware::from_fn(demand_key));
        }
        router = router.route(operation.path, handler);
    }
    for (path, handler) in routes::pages() {
        router = router.route(path, handler);
    }
    router = console::add(router, &edge);
    Ok(router
        .fallback(async || problem::unknown_route())
        .method_not_allowed_fallback(async || problem::method_not_allowed())
        .layer(middleware::from_fn_with_state(Door::default(), limits::admit))
        .layer(middleware::from_fn(problem::speak))
        .layer(middleware::from_fn_with_state(encrypted, security::headers))
        .with_state(edge))
}

/// Middleware of every route that changes something: no key, no change.
async fn demand_key(request: Request, next: middleware::Next) -> Result<Response, Problem> {
    IdempotencyKey::of_headers(request.headers())?;
    Ok(next.run(request).await)
}
