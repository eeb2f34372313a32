//! What went wrong on the wire, and what follows from it.

use tokio_postgres::Error;
use tongma_store::StoreError;

/// Why a transaction did not commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A guard failed or the server asks to try again (class 40): running the unit again may help.
    Again,
    /// The connection is gone; whatever was not committed is not done.
    Lost(String),
    /// No connection can be made.
    Down(String),
    /// Running again does not help.
    Told(StoreError),
}

impl Trouble {
    /// Reads an error of the driver.
    pub fn of(error: &Error) -> Self {
        let Some(told) = error.as_db_error() else { return Self::Lost(error.to_string()) };
        let code = told.code().code();
        // Messages are not repeated in full: some of the server's quote values.
        let unavailable = |why: &str| Self::Told(StoreError::Unavailable(format!("{why} (PostgreSQL {code})")));
        match (code.get(..2).unwrap_or_default(), code) {
            // Serialisation failure, deadlock; a key that another transaction took first; a check that a guard missed.
            // Two processes that start at once make the same table, and one of them meets its row's type.
            ("40" | "23", _) | (_, "42710") => Self::Again,
            (_, "57014" | "55P03") => unavailable("the server took too long"),
            (_, "53100") => unavailable("the disk is full"),
            ("53", _) => unavailable("the server is out of resources"),
            ("58", _) => unavailable("the server's disk failed"),
            // Shutting down, starting up, broken connection, a replica that must not be written.
            ("57" | "08", _) | (_, "25006") => Self::Lost(format!("PostgreSQL {code}")),
            (_, "XX001" | "XX002") => Self::Told(StoreError::Corrupt(format!("PostgreSQL {code}"))),
            _ => unavailable("the server refused a statement"),
        }
    }

    /// What a caller is told when nothing more is tried.
    pub fn told(self) -> StoreError {
        match self {
            Self::Again => StoreError::Conflict,
            Self::Lost(why) => StoreError::Unavailable(format!("the connection to the database was lost: {why}")),
            Self::Down(why) => StoreError::Unavailable(format!("the database cannot be reached: {why}")),
            Self::Told(error) => error,
        }
    }
}
