//! The contract says what the router does: every route is in it, every change asks for a key, and the committed copy is
//! the one that is served. `TONGMA_WRITE=1 cargo test -p tongma_http --test contract` writes the copy anew.
mod support;

use std::collections::BTreeSet;
use std::path::Path;

use axum::http::StatusCode;
use serde_json::Value;
use support::{House, send};
use tongma_http::{Body, Caller, openapi, operations};

const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

#[test]
fn the_committed_copy_is_the_contract() {
    let document = openapi::document(&operations(), tongma_scenario::catalogue());
    let text = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
    if std::env::var_os("TONGMA_WRITE").is_some() {
        std::fs::write(COPY, &text).unwrap();
    }
    let copy = std::fs::read_to_string(Path::new(COPY)).unwrap_or_default();
    // Compared as values: in what order a library writes the members is not part of the contract.
    let kept: Value = serde_json::from_str(&copy).unwrap_or_default();
    assert!(
        kept == document,
        "docs/openapi.json is not the contract of the code; write it anew with TONGMA_WRITE=1 and read what changed"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_form_is_there() {
    let document = openapi::document(&operations(), tongma_scenario::catalogue());
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    assert!(references.len() > 30, "{references:?}");
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for scenario in tongma_scenario::catalogue() {
        let card = scenario.card();
        let has = |action: &str| document["components"]["schemas"].get(format!("{}.{action}", card.id)).is_some();
        assert!(card.actions.iter().any(|action| has(action.id)), "{}", card.id);
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[test]
fn every_route_is_in_the_document_under_a_name_of_its_own() {
    let operations = operations();
    let document = openapi::document(&operations, &[]);
    let mut names = BTreeSet::new();
    for operation in &operations {
        let method = operation.method.as_str().to_lowercase();
        let described = &document["paths"][operation.path][method.as_str()];
        assert_eq!(described["summary"], operation.summary, "{} {}", operation.method, operation.path);
        assert!(names.insert(described["operationId"].as_str().unwrap().to_owned()), "{}", operation.path);
        assert!(!operation.answers.is_empty(), "{}", operation.path);
        let is_list = operation.answers.iter().any(|(_, body)| matches!(body, Body::Json(_)))
            && described["responses"]["200"].to_string().contains("List_");
        assert!(!is_list || operation.method == "GET", "{}", operation.path);
    }
    let described: usize =
        document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(described, operations.len());
}

#[tokio::test]
async fn the_served_document_is_that_of_the_router() {
    let house = House::new().await;
    let served = send(&house.router, "GET", "/openapi.json", &[], "").await.json();
    assert_eq!(served["openapi"], "3.1.0");
    assert_eq!(served, openapi::document(&operations(), house.platform.catalogue()));
}

#[tokio::test]
async fn every_change_demands_a_key() {
    let house = House::new().await;
    let mut without = Vec::new();
    for operation in operations().iter().filter(|operation| operation.method != "GET") {
        let address = operation.path.replace("{id}", "0123456789abcdef0123456789abcdef");
        let headers = [("content-type", "application/json"), ("origin", support::ORIGIN)];
        let got = send(&house.router, operation.method.as_str(), &address, &headers, "{}").await;
        if got.code() == "idempotency.key_missing" {
            assert_eq!(got.status, StatusCode::BAD_REQUEST);
        } else {
            without.push(operation.path);
        }
    }
    without.sort_unstable();
    assert_eq!(without, ["/auth/logout", "/v1/points/pair"], "only these may change something without a key");
}

#[tokio::test]
async fn nobody_gets_in_without_showing_who_they_are() {
    let house = House::new().await;
    for operation in operations().iter().filter(|operation| operation.caller != Caller::Anyone) {
        let address = operation.path.replace("{id}", "0123456789abcdef0123456789abcdef");
        let headers = [("content-type", "application/json"), ("origin", support::ORIGIN), ("idempotency-key", "k")];
        let got = send(&house.router, operation.method.as_str(), &address, &headers, "{}").await;
        let expected = match operation.caller {
            Caller::Citizen => "session.none",
            Caller::Point => "point.signature",
            _ => "admin.token",
        };
        assert_eq!((got.status, got.code().as_str()), (StatusCode::UNAUTHORIZED, expected), "{}", operation.path);
    }
}

/// Whether what a schema describes is an object with a list in it called `items`, however deep the references go.
fn is_list(document: &Value, schema: &Value) -> bool {
    let resolved = schema["$ref"].as_str().and_then(|reference| document.pointer(reference.strip_prefix('#')?));
    let own = || schema.pointer("/properties/items/type").is_some_and(|kind| kind == "array");
    resolved.map_or_else(own, |inner| is_list(document, inner))
}

#[test]
fn every_list_is_paged() {
    let document = openapi::document(&operations(), tongma_scenario::catalogue());
    let mut lists = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(get) = methods.get("get") else { continue };
        let schema = &get["responses"]["200"]["content"]["application/json"]["schema"];
        if !is_list(&document, schema) {
            // A list by another name would slip through: nothing that is read is a bare array.
            assert_ne!(schema["type"], "array", "{path}");
            continue;
        }
        lists += 1;
        let names: BTreeSet<&str> =
            get["parameters"].as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect();
        assert!(names.contains("limit") && names.contains("after"), "{path} comes whole");
    }
    assert!(lists >= 15, "{lists} lists are not all of them");
}
