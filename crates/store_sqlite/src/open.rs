//! Opening a store in a directory.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tongma_store::engine::{Migration, MigrationError};

/// The steps of this engine's schema.
pub const MIGRATIONS: &[Migration] =
    &[Migration { id: 1, name: "tables", sql: include_str!("../migrations/0001_tables.sql") }];

/// How a store is opened. `Default` is right but for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The largest the database may grow, in pages of 4096 bytes; `None` is as large as the disk.
    pub most_pages: Option<u32>,
    /// After about so many writes the log in front of the database is folded into it.
    pub writes_a_fold: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { most_pages: None, writes_a_fold: 32_000 }
    }
}

/// Why a store cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it open.
    Locked {
        /// The store's directory.
        directory: PathBuf,
        /// The process, if it says.
        process: Option<u32>,
    },
    /// The directory or a file in it cannot be made or opened.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// What is there is not a store this program can use.
    Schema(MigrationError),
    /// The engine refuses.
    Engine(rusqlite::Error),
}

impl core::fmt::Display for OpenError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Locked { directory, process: Some(process) } => {
                write!(out, "the store in {} is in use by process {process}", directory.display())
            }
            Self::Locked { directory, process: None } => {
                write!(out, "the store in {} is in use by another process", directory.display())
            }
            Self::File { path, reason } => write!(out, "cannot open {}: {reason}", path.display()),
            Self::Schema(error) => error.fmt(out),
            Self::Engine(error) => write!(out, "SQLite: {error}"),
        }
    }
}

impl core::error::Error for OpenError {}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

/// The lock on a store's directory, held while the file is open.
pub struct DirectoryLock {
    _file: File,
}

/// Makes the directory if it is not there, readable by nobody else, and locks it.
pub fn lock(directory: &Path) -> Result<DirectoryLock, OpenError> {
    let file_error = |path: &Path| {
        let path = path.to_path_buf();
        move |reason| OpenError::File { path, reason }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(file_error(directory))?;
    let path = directory.join("tongma.lock");
    let mut open = OpenOptions::new();
    open.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = open.open(&path).map_err(file_error(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(reason)) => return Err(OpenError::File { path, reason }),
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // A lock file that says nothing readable still locks.
            let process = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(OpenError::Locked { directory: directory.to_path_buf(), process });
        }
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(file_error(&path))?;
    Ok(DirectoryLock { _file: file })
}

/// The database file of a store.
pub fn database(directory: &Path) -> PathBuf {
    directory.join("tongma.db")
}

/// Keeps a prepared statement's plan. Without it the engine plans anew whenever the value bound to a `LIMIT` changes.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Opens the writer's connection and brings the schema up to date.
pub fn writer(path: &Path, options: Options) -> Result<Connection, OpenError> {
    // One thread uses it, so its calls need no lock of the engine's.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(64);
    keep_plans(&connection)?;
    // NORMAL: a commit does not sync the log. `sync` does, before anything is acknowledged, so that what was survives a
    // power cut, and the next group runs meanwhile. The engine still syncs around checkpoints, which are ours too.
    connection.execute_batch(
        "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; \
         PRAGMA cache_size = -262144; PRAGMA cache_spill = OFF; PRAGMA temp_store = MEMORY; \
         PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 5000;",
    )?;
    migrate(&mut connection)?;
    if let Some(most_pages) = options.most_pages {
        connection.pragma_update(None, "max_page_count", most_pages)?;
    }
    Ok(connection)
}

/// Opens the connection that folds the log into the database beside the writer.
pub fn folder(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 0;",
    )?;
    Ok(connection)
}

/// Opens a reader's connection.
pub fn reader(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(32);
    keep_plans(&connection)?;
    connection.execute_batch(
        "PRAGMA cache_size = -16384; PRAGMA mmap_size = 268435456; PRAGMA trusted_schema = OFF; \
         PRAGMA busy_timeout = 5000;",
    )?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (id INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT",
    )?;
    let taken = {
        let mut taken = transaction.prepare("SELECT id, checksum FROM migration ORDER BY id")?;
        let taken = taken.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        taken.collect::<Result<Vec<_>, _>>()?
    };
    for step in Migration::pending(MIGRATIONS, &taken).map_err(OpenError::Schema)? {
        transaction.execute_batch(step.sql)?;
        transaction.execute(
            "INSERT INTO migration (id, name, checksum) VALUES (?1, ?2, ?3)",
            (step.id, step.name, step.checksum()),
        )?;
    }
    transaction.commit()?;
    Ok(())
}
