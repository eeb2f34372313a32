//! Bringing the schema up to date.

use tongma_store::engine::{Migration, MigrationError};

use crate::link::Link;
use crate::param::params;
use crate::trouble::Trouble;

/// The steps of this engine's schema; ids mean the same steps as on every other engine.
pub const MIGRATIONS: &[Migration] =
    &[Migration { id: 1, name: "tables", sql: include_str!("../migrations/0001_tables.sql") }];

/// How often other processes that start at the same moment may get in the way.
const MOST_MEETINGS: usize = 10;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration \
    (id BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (id))";
const TAKEN: &str = "SELECT id, checksum FROM migration ORDER BY id";
const TAKE: &str = "INSERT INTO migration (id, name, checksum) VALUES ($1, $2, $3)";

/// Why the schema could not be brought up to date.
pub enum Failed {
    Trouble(Trouble),
    Schema(MigrationError),
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Takes the steps that are missing. Two processes may do so at once: the row of a step can be inserted once, so the
/// second waits for the first and then finds the step taken.
pub fn migrate(link: &Link) -> Result<(), Failed> {
    for _ in 0..MIGRATIONS.len() + MOST_MEETINGS {
        match try_migrate(link) {
            Err(Failed::Trouble(Trouble::Again)) => {
                link.plain("ROLLBACK")?;
                link.take_trouble();
            }
            other => return other,
        }
    }
    Err(Failed::Trouble(Trouble::Down("another process is changing the schema".into())))
}

fn try_migrate(link: &Link) -> Result<(), Failed> {
    link.plain(TABLE)?;
    let rows = link.query(TAKEN, &[])?;
    let taken: Option<Vec<(i64, String)>> =
        rows.iter().map(|row| Some((row.try_get(0).ok()?, row.try_get(1).ok()?))).collect();
    let taken = taken.ok_or_else(|| Trouble::Down("the table `migration` is not of this program".into()))?;
    for step in Migration::pending(MIGRATIONS, &taken).map_err(Failed::Schema)? {
        link.plain("BEGIN")?;
        link.execute(TAKE, &params![step.id, step.name, step.checksum()])?;
        link.plain(step.sql)?;
        link.plain("COMMIT")?;
    }
    Ok(())
}
