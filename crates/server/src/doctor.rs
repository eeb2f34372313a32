//! `tongma doctor`: what would keep the platform from working here, in plain words.

use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use tongma_domain::{Clock, Date};
use tongma_store_sqlite::{OpenError, SqliteStore};

use crate::children::Running;
use crate::data::{Data, KEY_FILES, is_open_to_others};
use crate::system::SystemClock;

/// Options of `tongma doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Data directory to look at; it is not changed.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Port that the platform would take.
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

/// How a check went.
enum Found {
    Good(String),
    /// Works, but somebody should know.
    Note(String),
    /// Does not work; the words say what to do.
    Bad(String),
}

use Found::{Bad, Good, Note};

/// Under this the store will soon be refused writes.
const LEAST_FREE_MIB: u64 = 200;
/// A clock before this release's own year is wrong.
const EARLIEST: &str = "2026-01-01";

/// Runs every check; `false` when one is bad.
///
/// # Errors
/// None of its own.
pub async fn run(args: &DoctorArgs) -> io::Result<bool> {
    let data = Data::at(&args.data);
    let checks = [
        ("data directory", directory(&data)),
        ("keys", keys(&data)),
        ("disk space", disk(&data)),
        ("store", store(&data)),
        ("clock", clock()),
        ("port", port(args.port)),
        ("browser parts", browser_parts()),
        ("side processes", side_processes().await),
    ];
    let mut healthy = true;
    for (name, found) in checks {
        let (sign, words) = match found {
            Good(words) => ("✓", words),
            Note(words) => ("·", words),
            Bad(words) => {
                healthy = false;
                ("✗", words)
            }
        };
        say!("{sign} {name:<15} {words}");
    }
    say!("{}", if healthy { "一切正常 / all is well" } else { "有问题，见上 / something is wrong, see above" });
    Ok(healthy)
}

fn directory(data: &Data) -> Found {
    let path = data.root().display();
    match is_open_to_others(data.root()) {
        Ok(false) => Good(format!("{path} is there, for its owner alone")),
        Ok(true) => Bad(format!("{path} can be read by other users of this machine. Run: chmod 700 {path}")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Note(format!("{path} is not there yet; the first start makes it"))
        }
        Err(error) => Bad(format!("{path}: {error}. Choose another directory with --data")),
    }
}

fn keys(data: &Data) -> Found {
    let there = KEY_FILES.iter().filter(|name| data.key_file(name).exists()).count();
    if there == 0 {
        return Note("there are none yet; the first start makes them".to_owned());
    }
    if there < KEY_FILES.len() {
        let missing: Vec<_> = KEY_FILES.into_iter().filter(|name| !data.key_file(name).exists()).collect();
        return Bad(format!(
            "{} missing: restore keys/ from your backup; without them nothing sealed can be read",
            missing.join(", ")
        ));
    }
    for name in KEY_FILES {
        let path = data.key_file(name);
        match is_open_to_others(&path) {
            Ok(false) => {}
            Ok(true) => return Bad(format!("{0} can be read by others. Run: chmod 600 {0}", path.display())),
            Err(error) => return Bad(format!("{}: {error}", path.display())),
        }
    }
    match data.keys() {
        Ok(_) => Good(format!("{there} keys, for their owner alone")),
        Err(error) => Bad(format!("{error}. Restore keys/ from your backup")),
    }
}

/// Free space as `df` tells it (POSIX, `-P -k`); the standard library cannot ask.
fn disk(data: &Data) -> Found {
    let path = data.root().ancestors().find(|path| path.exists()).unwrap_or(data.root());
    let path = if path.as_os_str().is_empty() { std::path::Path::new(".") } else { path };
    let output = Command::new("df").args(["-P", "-k"]).arg(path).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let free_kib = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    match free_kib.map(|kib| kib / 1024) {
        None => Note(format!("`df` did not say how much is free for {}", path.display())),
        Some(mib) if mib < LEAST_FREE_MIB => {
            Bad(format!("only {mib} MiB are free; make room, at least {LEAST_FREE_MIB} MiB, before writes are refused"))
        }
        Some(mib) => Good(format!("{mib} MiB are free")),
    }
}

fn store(data: &Data) -> Found {
    if !data.store().exists() {
        return Note("there is none yet; the first start makes it".to_owned());
    }
    match SqliteStore::open(data.store()) {
        Ok(_) => Good(format!("{} opens", data.store().display())),
        Err(OpenError::Locked { process, .. }) => {
            let process = process.map(|process| format!(" by process {process}")).unwrap_or_default();
            Note(format!("in use{process}: a `tongma` is running on it, so it was not looked into"))
        }
        Err(error) => Bad(format!("{error}. Restore {} from your backup", data.store().display())),
    }
}

fn clock() -> Found {
    let now = SystemClock.now();
    if Date::parse(EARLIEST).is_some_and(|earliest| now < earliest.start()) {
        return Bad(format!("says {}, which cannot be. Set it, or codes will look expired", now.to_rfc3339()));
    }
    let synced = Command::new("timedatectl").args(["show", "--property=NTPSynchronized", "--value"]).output();
    match synced.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).as_deref() {
        Ok("yes") => Good(format!("{}, kept by the network", now.to_rfc3339())),
        Ok("no") => {
            Note(format!("{}, not kept by the network: run a time service, codes forgive 10 seconds", now.to_rfc3339()))
        }
        _ => Note(format!("{}; whether the network keeps it cannot be told here", now.to_rfc3339())),
    }
}

fn port(port: u16) -> Found {
    match TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), port)) {
        Ok(_) => Good(format!("{port} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Note(format!("{port} is in use, perhaps by a running `tongma`; another one needs --port"))
        }
        Err(error) => Bad(format!("{port}: {error}. Choose another with --port")),
    }
}

/// The compiled parts that run in the browser, as this binary would serve them.
fn browser_parts() -> Found {
    let addresses = tongma_http::static_files::Assets::default().addresses();
    let missing: Vec<_> = PARTS.iter().filter(|part| !addresses.iter().any(|address| address == *part)).collect();
    if missing.is_empty() {
        Good("the pages and their compiled parts are there".to_owned())
    } else {
        Bad(format!("{missing:?} missing. Run: rustup target add wasm32-unknown-unknown, and build again"))
    }
}

const PARTS: [&str; 4] = ["/me", "/desk", "/assets/wasm/phone.wasm", "/assets/wasm/desk.wasm"];

async fn side_processes() -> Found {
    let mut said = Vec::new();
    let folder = std::env::temp_dir().join(format!("tongma-doctor-{}", std::process::id()));
    for name in ["demo-provider", "rail-simulator"] {
        let mut arguments = vec!["--port".to_owned(), "0".to_owned()];
        if name == "demo-provider" {
            // Its secret is nobody's: what is under the data directory stays untouched.
            arguments.extend(["--data".to_owned(), folder.display().to_string()]);
        }
        match Running::start(name, &arguments).await {
            Ok(running) => {
                said.push(name);
                running.stop().await;
            }
            Err(error) => return Bad(format!("{name}: {error}")),
        }
    }
    // A folder that stays behind in the temporary directory harms nobody.
    let _ = std::fs::remove_dir_all(&folder);
    Good(format!("{} start and stop", said.join(", ")))
}
