//! Every statement is well formed, stays in one bucket, and finds its rows by a key that begins with the bucket.
#![expect(clippy::unwrap_used, reason = "a test tells what is wrong by panicking")]

mod directory;

use directory::Directory;
use rusqlite::Connection;
use tongma_store_sqlite::SqliteStore;
use tongma_store_sqlite::catalogue::{ALL, Reach};

fn database(name: &str) -> (Directory, Connection) {
    let directory = Directory::new(name);
    drop(SqliteStore::open(directory.path()).unwrap());
    let connection = Connection::open(directory.path().join("tongma.db")).unwrap();
    (directory, connection)
}

fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_statement_prepares_and_stays_in_its_bucket() {
    let (_directory, connection) = database("statements");
    assert!(ALL.len() > 30);
    for statement in ALL {
        let prepared = connection.prepare(statement.sql);
        assert!(prepared.is_ok(), "{}: {:?}", statement.name, prepared.err());
        let insert = statement.sql.starts_with("INSERT");
        let of_bucket =
            if insert { statement.sql.contains("(bucket, ") } else { statement.sql.contains("bucket = ?1") };
        assert_eq!(statement.reach == Reach::Bucket, of_bucket, "{}: {}", statement.name, statement.sql);
        for forbidden in ["now(", "random", "datetime", "CURRENT_", "REPLACE", "ON CONFLICT", "::"] {
            assert!(!statement.sql.contains(forbidden), "{} uses {forbidden}", statement.name);
        }
    }
}

#[test]
fn every_statement_in_a_bucket_searches_by_it() {
    let (_directory, connection) = database("plans");
    for statement in ALL.iter().filter(|of| of.reach == Reach::Bucket && !of.sql.starts_with("INSERT")) {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
        let unset = rusqlite::params_from_iter((0..plan.parameter_count()).map(|_| 0));
        let steps = plan.query_map(unset, |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.collect::<Result<_, _>>().unwrap();
        let searches: Vec<_> =
            steps.iter().filter(|step| step.starts_with("SEARCH") || step.starts_with("SCAN")).collect();
        assert!(!searches.is_empty(), "{}: {steps:?}", statement.name);
        for search in searches {
            assert!(search.starts_with("SEARCH") && search.contains("(bucket=?"), "{}: {search}", statement.name);
        }
    }
}

#[test]
fn bucket_comes_first_in_every_table_and_unique_key() {
    let (_directory, connection) = database("keys");
    let tables = texts(&connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migration'");
    assert_eq!(tables.len(), 9, "{tables:?}");
    for table in tables {
        let columns = texts(&connection, &format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"));
        assert_eq!(columns.first().unwrap(), "bucket", "{table}");
        let unique = format!("SELECT name FROM pragma_index_list('{table}') WHERE \"unique\" = 1");
        let unique = texts(&connection, &unique);
        assert!(!unique.is_empty(), "{table} has a primary key");
        for index in unique {
            let first = texts(&connection, &format!("SELECT name FROM pragma_index_info('{index}') ORDER BY seqno"));
            assert_eq!(first.first().unwrap(), "bucket", "{index}");
        }
    }
}

#[test]
fn a_schema_of_another_build_is_refused() {
    let (directory, connection) = database("steps");
    connection.execute("UPDATE migration SET checksum = 'another'", []).unwrap();
    let refused = SqliteStore::open(directory.path()).err().unwrap().to_string();
    assert!(refused.contains("schema step 1"), "{refused}");
    drop(connection);
    let (directory, connection) = database("newer");
    connection.execute("INSERT INTO migration (id, name, checksum) VALUES (99, 'later', 'x')", []).unwrap();
    let refused = SqliteStore::open(directory.path()).err().unwrap().to_string();
    assert!(refused.contains("99") && refused.contains("newer"), "{refused}");
}
