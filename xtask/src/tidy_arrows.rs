//! Which room may lean on which: the arrows of the house, read from the manifests.

use std::collections::BTreeMap;
use std::path::Path;

/// Each crate of ours and the crates of ours it may depend on. A new edge is a decision: change this table with an ADR.
const EDGES: &[(&str, &[&str])] = &[
    ("tongma_code", &[]),
    ("tongma_qr", &[]),
    ("tongma_tlog", &[]),
    ("tongma_verify", &["tongma_code"]),
    ("tongma_edge", &["tongma_code", "tongma_verify"]),
    ("tongma_credential", &["tongma_code", "tongma_verify"]),
    ("tongma_wasm_exports", &["tongma_code", "tongma_qr", "tongma_verify"]),
    ("tongma_wasm", &["tongma_wasm_exports"]),
    ("tongma_wasm_desk", &["tongma_code", "tongma_qr", "tongma_verify", "tongma_edge", "tongma_wasm_exports"]),
    ("tongma_ffi", &["tongma_code", "tongma_verify"]),
    ("tongma_domain", &["tongma_code"]),
    ("tongma_allocations", &[]),
    ("tongma_passkey", &[]),
    ("tongma_store", &["tongma_domain"]),
    ("tongma_store_sqlite", &["tongma_domain", "tongma_store"]),
    ("tongma_store_postgres", &["tongma_domain", "tongma_store"]),
    ("tongma_capability", &["tongma_domain", "tongma_store"]),
    ("tongma_scenario", &["tongma_domain", "tongma_store", "tongma_capability"]),
    ("tongma_connector", &["tongma_domain"]),
    (
        "tongma_service",
        &[
            "tongma_domain",
            "tongma_store",
            "tongma_capability",
            "tongma_code",
            "tongma_credential",
            "tongma_verify",
            "tongma_edge",
            "tongma_passkey",
            "tongma_tlog",
        ],
    ),
    ("tongma_http", &["tongma_domain", "tongma_service", "tongma_code", "tongma_qr"]),
    ("xtask", &[]),
];

/// Crates that wire everything together and so may lean on any.
const WIRING: &[&str] = &["tongma_server"];

/// Crates from outside that the publishable libraries may lean on.
const LIBRARY_OUTSIDE: &[&str] = &[
    "sm2",
    "sm3",
    "sm4",
    "hmac",
    "sha2",
    "p256",
    "ed25519-dalek",
    "minicbor",
    "coset",
    "quircs",
    "serde_json",
    "base64",
    "miniz_oxide",
];

/// Checks every manifest against the table.
pub fn check(root: &Path, complaints: &mut Vec<String>) {
    let mut manifests = BTreeMap::new();
    for group in ["lib", "crates", "binding"] {
        let Ok(entries) = std::fs::read_dir(root.join(group)) else { continue };
        for folder in entries.flatten().map(|entry| entry.path()) {
            if let Ok(text) = std::fs::read_to_string(folder.join("Cargo.toml")) {
                manifests.insert(format!("{group}/{}", folder.file_name().unwrap_or_default().to_string_lossy()), text);
            }
        }
    }
    for (place, text) in &manifests {
        let name = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).unwrap_or_default();
        if WIRING.contains(&name) {
            continue;
        }
        let Some((_, allowed)) = EDGES.iter().find(|(known, _)| *known == name) else {
            complaints.push(format!("{place}: crate `{name}` is not in the table of arrows"));
            continue;
        };
        for dependency in dependencies(text) {
            let ours = dependency.starts_with("tongma_");
            if ours && !allowed.contains(&dependency) {
                complaints.push(format!("{place}: `{name}` may not lean on `{dependency}`"));
            }
            if place.starts_with("lib/") && !ours && !LIBRARY_OUTSIDE.contains(&dependency) {
                complaints.push(format!("{place}: `{dependency}` is not on the list of crates a library may lean on"));
            }
        }
    }
}

/// The names under `[dependencies]`; those for tests and builds bend no arrow of the product.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && let Some((name, _)) = line.split_once(['.', ' ', '=']) {
            found.push(name.trim());
        }
    }
    found
}
