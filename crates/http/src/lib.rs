//! Routes, extractors, `OpenAPI`, pages and static files.
//!
//! Axum's types stay inside this crate; rules stay out of it: a handler reads the request, asks the platform
//! ([`tongma_service::Platform`]) and writes the answer.

pub mod bundle;
pub mod demo_provider;
pub mod extract;
pub mod limits;
pub mod pages;
pub mod point_signature;
pub mod problem;
pub mod security;
pub mod sign_in;
pub mod static_files;
