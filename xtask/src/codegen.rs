//! Generated documents: written from the code, committed, and compared in the tests.

use std::path::{Path, PathBuf};

use crate::run::{self, cargo, root, target};

/// Writes the generated documents, or with `check` compares them with what is committed.
pub fn run(check: bool) -> Result<(), String> {
    write_fresh()?;
    let fresh = target().join("generated");
    let mut differing = Vec::new();
    for path in files(&fresh) {
        let relative = path.strip_prefix(&fresh).map_err(|error| error.to_string())?;
        let committed = root().join(relative);
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        if std::fs::read_to_string(&committed).is_ok_and(|known| known == text) {
            continue;
        }
        if check {
            differing.push(relative.display().to_string());
        } else {
            if let Some(folder) = committed.parent() {
                std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
            }
            std::fs::write(&committed, text).map_err(|error| error.to_string())?;
            println!("wrote {}", relative.display());
        }
    }
    if differing.is_empty() {
        return Ok(());
    }
    Err(format!("out of date: {}. Run `cargo xtask codegen` and commit the result", differing.join(", ")))
}

/// The binary writes its own documents: `OpenAPI` and a page per scenario.
fn write_fresh() -> Result<(), String> {
    let folder = target().join("generated").to_string_lossy().into_owned();
    let _ = std::fs::remove_dir_all(&folder);
    run::run(&cargo(), &["run", "--quiet", "--package", "tongma_server", "--", "documents", "--to", &folder])
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
