//! Migrations: files with ids and checksums, only ever added to.

use tongma_domain::Id;

/// One step of a schema. Ids count from 1 and mean the same step on every engine; a file never changes once released.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its place.
    pub id: i64,
    /// What it does, as its file is named.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// Why a database cannot be used with these migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationError {
    /// The database was migrated by a newer program.
    Newer {
        /// The newest step in the database.
        found: i64,
        /// The newest step this program knows.
        known: i64,
    },
    /// A step in the database is not the step of this program.
    Changed {
        /// Its place.
        id: i64,
    },
}

impl core::fmt::Display for MigrationError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Newer { found, known } => {
                write!(
                    out,
                    "the database has schema step {found}, this program knows {known} and older: use a newer one"
                )
            }
            Self::Changed { id } => {
                write!(
                    out,
                    "schema step {id} of the database is not the one of this program: it was made by another build"
                )
            }
        }
    }
}

impl core::error::Error for MigrationError {}

impl Migration {
    /// The checksum stored beside it: derived from its text, as an id is.
    pub fn checksum(&self) -> String {
        Id::derived(&[b"migration", self.sql.as_bytes()]).to_string()
    }

    /// The steps still to take on a database that has taken these: id and checksum, in order.
    ///
    /// # Errors
    /// [`MigrationError`] when the database is newer or was made by other steps.
    pub fn pending<'a>(known: &'a [Self], taken: &[(i64, String)]) -> Result<&'a [Self], MigrationError> {
        for (at, (id, checksum)) in taken.iter().enumerate() {
            match known.get(at) {
                None => {
                    return Err(MigrationError::Newer { found: *id, known: known.last().map_or(0, |last| last.id) });
                }
                Some(step) if step.id != *id || step.checksum() != *checksum => {
                    return Err(MigrationError::Changed { id: *id });
                }
                Some(_) => {}
            }
        }
        Ok(known.get(taken.len()..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_steps_in_order_are_accepted() {
        let steps = [Migration { id: 1, name: "one", sql: "a" }, Migration { id: 2, name: "two", sql: "b" }];
        let [one, two] = steps.map(|step| (step.id, step.checksum()));
        let pending = |taken: &[(i64, String)]| Migration::pending(&steps, taken).map(<[_]>::len);
        assert_eq!(pending(&[]), Ok(2));
        assert_eq!(pending(std::slice::from_ref(&one)), Ok(1));
        assert_eq!(pending(&[one.clone(), two.clone()]), Ok(0));
        assert_eq!(pending(&[(1, two.1.clone())]), Err(MigrationError::Changed { id: 1 }));
        assert_eq!(pending(std::slice::from_ref(&two)), Err(MigrationError::Changed { id: 2 }));
        assert_eq!(pending(&[one, two, (3, String::new())]), Err(MigrationError::Newer { found: 3, known: 2 }));
    }
}
