//! `cargo xtask tidy`: the rules of the house that a compiler does not check.

use std::path::{Path, PathBuf};

use crate::run::{output, root};
use crate::tidy_arrows;

/// The longest file, in lines.
const MOST_FILE_LINES: usize = 500;
/// The longest function, in lines, from its `fn` to its closing brace.
const MOST_FUNCTION_LINES: usize = 60;

/// Checks everything and reports every complaint.
pub fn check() -> Result<(), String> {
    let root = root();
    let mut complaints = Vec::new();
    let files = tracked()?;
    for path in &files {
        let full = root.join(path);
        let Ok(text) = std::fs::read_to_string(&full) else { continue };
        check_file(path, &text, &mut complaints);
    }
    tidy_arrows::check(&root, &mut complaints);
    map_names_every_crate(&root, &mut complaints);
    scenario_names_stay_home(&root, &files, &mut complaints);
    if complaints.is_empty() {
        println!("{} files are tidy", files.len());
        return Ok(());
    }
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    Err(format!("{} complaints", complaints.len()))
}

fn tracked() -> Result<Vec<String>, String> {
    let listed =
        output("git", &["ls-files", "--cached", "--others", "--exclude-standard"]).ok_or("`git ls-files` failed")?;
    Ok(listed.lines().map(str::to_owned).collect())
}

fn check_file(path: &str, text: &str, complaints: &mut Vec<String>) {
    let kind = Path::new(path).extension().and_then(|kind| kind.to_str()).unwrap_or_default();
    if !matches!(kind, "rs" | "js" | "mjs" | "py" | "css") {
        return;
    }
    let count = text.lines().count();
    if count > MOST_FILE_LINES {
        complaints.push(format!("{path}: {count} lines; at most {MOST_FILE_LINES}"));
    }
    if kind != "rs" {
        return;
    }
    if !path.starts_with("xtask/") {
        // The words are put together here so that this file does not complain about itself.
        for unfinished in [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("#[ig", "nore")] {
            if let Some(line) = text.lines().position(|line| line.contains(unfinished)) {
                complaints.push(format!("{path}:{}: unfinished or skipped: {unfinished}", line + 1));
            }
        }
    }
    // Modules of a test binary are told apart by their names; the binary's root says what they are for.
    let of_tests = path.contains("/examples/") || path.contains("test") || path.starts_with("fuzz/");
    if of_tests {
        return;
    }
    if !text.trim_start().starts_with("//!") {
        complaints.push(format!("{path}: begins with no `//!` saying what it is"));
    }
    long_functions(path, text, complaints);
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|kind| kind == "rs")
}

/// Finds long functions by rustfmt's indentation: a `fn` line and the first closing brace at the same depth.
fn long_functions(path: &str, text: &str, complaints: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().collect();
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let depth = line.len() - trimmed.len();
        let head =
            trimmed.trim_start_matches("pub ").trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
        let head = head.trim_start_matches("const ").trim_start_matches("async ").trim_start_matches("unsafe ");
        if !head.starts_with("fn ") {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(depth));
        let rest = lines.iter().skip(start).position(|line| {
            *line == closing || (line.ends_with(';') && line.len() - line.trim_start().len() == depth)
        });
        if let Some(length) = rest.map(|length| length + 1).filter(|length| *length > MOST_FUNCTION_LINES) {
            complaints
                .push(format!("{path}:{}: a function of {length} lines; at most {MOST_FUNCTION_LINES}", start + 1));
        }
    }
}

/// The map names every crate, and no crate that is not there.
fn map_names_every_crate(root: &Path, complaints: &mut Vec<String>) {
    let map = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap_or_default();
    let mut crates: Vec<String> = Vec::new();
    for group in ["lib", "crates", "binding"] {
        let Ok(entries) = std::fs::read_dir(root.join(group)) else { continue };
        let folders = entries.flatten().map(|entry| entry.path()).filter(|path| path.join("Cargo.toml").exists());
        crates.extend(
            folders.map(|path: PathBuf| format!("{group}/{}", path.file_name().unwrap_or_default().to_string_lossy())),
        );
    }
    for name in &crates {
        if !map.contains(&format!("`{name}`")) {
            complaints.push(format!("ARCHITECTURE.md does not name `{name}`"));
        }
    }
    let named = map.split('`').skip(1).step_by(2);
    for name in named.filter(|name| ["lib/", "crates/", "binding/"].iter().any(|group| name.starts_with(group))) {
        if !root.join(name).exists() {
            complaints.push(format!("ARCHITECTURE.md names `{name}`, which is not there"));
        }
    }
}

/// No scenario's name below or beside the catalogue: what knows one by name would have to learn the next.
fn scenario_names_stay_home(root: &Path, files: &[String], complaints: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(root.join("crates/scenario/src")) else { return };
    let names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()))
        .filter(|name| name.contains('_') && !name.starts_with("test"))
        .collect();
    let guarded = [
        "crates/service/src",
        "crates/http/src",
        "crates/capability/src",
        "crates/store",
        "crates/connector/src",
        "crates/domain/src",
    ];
    for path in files.iter().filter(|path| is_rust(path) && guarded.iter().any(|place| path.starts_with(place))) {
        if path.contains("test") {
            continue;
        }
        let text = std::fs::read_to_string(root.join(path)).unwrap_or_default();
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in product.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if let Some(name) = names.iter().find(|name| line.contains(&format!("\"{name}\""))) {
                complaints.push(format!("{path}:{}: names the scenario `{name}`", number + 1));
            }
        }
    }
}
