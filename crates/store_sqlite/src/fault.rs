//! What went wrong in the engine, and what follows from it.

use rusqlite::ErrorCode;
use rusqlite::ffi;
use tongma_store::StoreError;

/// What an engine's error means for the unit of work and for the writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What the unit's caller is told.
    pub error: StoreError,
    /// Whether the writer must never acknowledge anything again: after a failed fsync nobody knows what the disk
    /// holds, and asking it a second time answers "fine" while the bytes are gone.
    pub fatal: bool,
}

impl Fault {
    /// Reads an error of the engine.
    pub fn of(error: &rusqlite::Error) -> Self {
        let unavailable = |why: String, fatal: bool| Self { error: StoreError::Unavailable(why), fatal };
        match error {
            rusqlite::Error::SqliteFailure(code, text) => match code.code {
                ErrorCode::ConstraintViolation => Self { error: StoreError::Conflict, fatal: false },
                ErrorCode::DiskFull => unavailable("the disk is full".into(), false),
                // The shared-memory file could not grow: how a full disk shows there. Nothing was written.
                ErrorCode::SystemIoFailure if code.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
                    unavailable("the disk is full".into(), false)
                }
                ErrorCode::SystemIoFailure => unavailable(format!("the disk failed: {code}"), true),
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                    Self { error: StoreError::Corrupt(code.to_string()), fatal: true }
                }
                _ => unavailable(text.clone().unwrap_or_else(|| code.to_string()), false),
            },
            // A column of another type than this program writes.
            other => Self { error: StoreError::Corrupt(other.to_string()), fatal: false },
        }
    }
}

/// Reads an error where only the caller's part matters.
pub fn told(error: rusqlite::Error) -> StoreError {
    // By value, so that it fits `map_err`.
    let error = error;
    Fault::of(&error).error
}
