//! `cargo xtask test`: everything that must hold, in an order that fails early.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::postgres::{self, Postgres};
use crate::run::{cargo, output, root, run, run_with, target};
use crate::{browser, codegen, tidy};

/// A step: its name and what it does.
type Step = (&'static str, fn() -> Result<(), String>);

const STEPS: &[Step] = &[
    ("tools", tools),
    ("format", || run(&cargo(), &["fmt", "--all", "--check"])),
    ("tidy", tidy::check),
    ("lint", lint),
    ("rust", rust),
    ("postgres18", postgres18),
    ("codegen", || codegen::run(true)),
    ("web", web),
    ("vectors", vectors),
    ("walk", walk),
    ("breaks", breaks),
    ("browser", browser::run_all),
];

/// Debian packages the tests need, and a program each brings.
const PACKAGES: &[(&str, &str)] = &[
    ("chromium", "chromium"),
    ("chromium-driver", "chromedriver"),
    ("openssl", "openssl"),
    ("fonts-noto-cjk", "/usr/share/fonts/opentype/noto"),
    ("postgresql", "/usr/lib/postgresql"),
    ("radicale", "radicale"),
    ("python3-caldav", "/usr/lib/python3/dist-packages/caldav"),
    ("python3-icalendar", "/usr/lib/python3/dist-packages/icalendar"),
];

/// Runs all steps, or one.
pub fn all(only: Option<&str>) -> Result<(), String> {
    if let Some(name) = only
        && !STEPS.iter().any(|(known, _)| *known == name)
    {
        return Err(format!("there is no step `{name}`"));
    }
    let mut passed = 0;
    for (name, step) in STEPS.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        println!("\n── {name} ──");
        let clock = Stopwatch::start();
        step().map_err(|why| format!("step `{name}` failed: {why}\n{passed} passed, 1 failed"))?;
        passed += 1;
        println!("── {name}: passed in {} s ──", clock.seconds());
    }
    println!("\n{passed} passed, 0 failed");
    Ok(())
}

/// A stopwatch for people; nothing is decided by it.
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts it.
    #[expect(
        clippy::disallowed_methods,
        reason = "a task runner measures its own steps; nothing of the product sees it"
    )]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Whole seconds since.
    pub fn seconds(&self) -> u64 {
        self.0.elapsed().as_secs()
    }
}

/// Installs what is missing where this account may, and says what to install where it may not.
fn tools() -> Result<(), String> {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, brings)| !present(brings)).map(|(package, _)| *package).collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    for (program, say) in [
        ("node", "Node.js 20 or later: `apt-get install nodejs npm`"),
        ("npm", "npm: `apt-get install npm`"),
        ("python3", "Python 3: `apt-get install python3`"),
    ] {
        output(program, &["--version"]).ok_or_else(|| format!("{program} is missing; install {say}"))?;
    }
    let targets = output("rustup", &["target", "list", "--installed"]).unwrap_or_default();
    if !targets.contains("wasm32-unknown-unknown") {
        run("rustup", &["target", "add", "wasm32-unknown-unknown"])?;
    }
    Ok(())
}

/// Whether a program or a path is here.
pub fn present(brings: &str) -> bool {
    if brings.starts_with('/') {
        return std::path::Path::new(brings).exists();
    }
    output("sh", &["-c", &format!("command -v {brings}")]).is_some()
}

fn install(packages: &[&str]) -> Result<(), String> {
    let list = packages.join(" ");
    let command = format!(
        "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends {list}"
    );
    let root_user = output("id", &["-u"]).is_some_and(|id| id == "0");
    let result = if root_user { run("sh", &["-c", &command]) } else { run("sudo", &["-n", "sh", "-c", &command]) };
    result.map_err(|why| {
        format!("these Debian packages are missing: {list}. Install them with `apt-get install {list}` ({why})")
    })
}

fn lint() -> Result<(), String> {
    run(&cargo(), &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])
}

fn rust() -> Result<(), String> {
    run(&cargo(), &["test", "--workspace", "--quiet"])
}

/// The PostgreSQL store's own tests once more, on the newest major version. They are built already. What is fetched has
/// no TLS, so the test of that stays with Debian's version.
fn postgres18() -> Result<(), String> {
    let programs = postgres::eighteen()?;
    let mut arguments = vec!["test", "--workspace", "--exclude=tongma_store_sqlite", "--quiet"];
    for of in ["suite", "catalogue", "faults"] {
        arguments.extend(["--test", of]);
    }
    run_with(&cargo(), &arguments, &[("TONGMA_POSTGRES_PROGRAMS", &programs.to_string_lossy())])
}

fn web() -> Result<(), String> {
    let mut files = Vec::new();
    collect(&root().join("web"), &mut files);
    files.sort();
    if files.is_empty() {
        return Err("no tests found under web/".into());
    }
    let mut arguments = vec!["--test", "--test-reporter=dot"];
    arguments.extend(files.iter().map(String::as_str));
    run("node", &arguments)
}

fn collect(folder: &std::path::Path, files: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            collect(&path, files);
        } else if name.ends_with(".test.js") || name.ends_with(".test.mjs") {
            files.push(path.to_string_lossy().into_owned());
        }
    }
}

/// The vectors, read by a verifier that shares no line with ours.
fn vectors() -> Result<(), String> {
    run("python3", &["tools/verify_code.py", "docs/vectors/code.json"])
}

/// Builds the release binary and gives its path.
pub fn binary() -> Result<String, String> {
    run(&cargo(), &["build", "--release", "--quiet", "--package", "tongma_server"])?;
    Ok(target().join("release/tongma").to_string_lossy().into_owned())
}

/// Every built scenario, every cell, over real HTTP: on the embedded store, and on a PostgreSQL server of our own.
fn walk() -> Result<(), String> {
    let binary = binary()?;
    run(&binary, &["walk"])?;
    let server = Postgres::start()?;
    run(&binary, &["walk", "--store", &server.address])
}

/// Every cell's fault, planted: the walk must then fail, and name that cell.
fn breaks() -> Result<(), String> {
    let binary = binary()?;
    let listed = output(&binary, &["walk", "--list"]).ok_or("`tongma walk --list` failed")?;
    let cells: BTreeSet<&str> = listed.lines().filter(|line| !line.trim().is_empty()).collect();
    if cells.is_empty() {
        return Err("`tongma walk --list` names no cell".into());
    }
    let mut unnoticed = Vec::new();
    for cell in &cells {
        let status = Command::new(&binary)
            .args(["walk", "--break", cell])
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(|error| error.to_string())?;
        if status.code() != Some(1) {
            unnoticed.push((*cell).to_owned());
        }
    }
    println!("{} planted faults, {} noticed", cells.len(), cells.len() - unnoticed.len());
    if unnoticed.is_empty() { Ok(()) } else { Err(format!("planted and not noticed: {}", unnoticed.join(", "))) }
}
