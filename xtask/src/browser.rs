//! The browser step: the real pages in headless Chromium, phone and desk side by side.

use crate::run::{root, run_with, target};
use crate::test::binary;

/// Runs every browser test against a server of its own. Screenshots go to `target/screenshots`.
pub fn run_all() -> Result<(), String> {
    let binary = binary()?;
    let shots = target().join("screenshots");
    std::fs::create_dir_all(&shots).map_err(|error| error.to_string())?;
    let folder = root().join("tests/browser");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .flatten()
        .map(|entry| entry.path().to_string_lossy().into_owned())
        .filter(|path| path.ends_with(".test.mjs"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err("no browser tests found".into());
    }
    let mut arguments = vec!["--test", "--test-concurrency=1", "--test-reporter=spec"];
    arguments.extend(files.iter().map(String::as_str));
    let shots = shots.to_string_lossy().into_owned();
    run_with("node", &arguments, &[("TONGMA_BINARY", &binary), ("TONGMA_SCREENSHOTS", &shots)])
}
