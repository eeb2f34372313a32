//! Schema steps at start: taken once, by one process at a time, whole or not at all, and only those of this program.
#![expect(clippy::unwrap_used, reason = "a test tells what is wrong by panicking")]

mod server;

use server::Server;
use tokio_postgres::SimpleQueryMessage;
use tongma_domain::SeededEntropy;
use tongma_store_postgres::{MIGRATIONS, OpenError, Options, PostgresStore};

fn open(server: &Server, schema: &str) -> Result<PostgresStore, OpenError> {
    PostgresStore::open(&server.address(schema), &Options::default(), &mut SeededEntropy::new([2; 32]))
}

fn refusal(server: &Server, schema: &str) -> String {
    open(server, schema).err().unwrap().to_string()
}

fn taken(server: &Server, schema: &str) -> Vec<(String, String)> {
    let rows = server.execute(&format!("SELECT id, checksum FROM {schema}.migration ORDER BY id"));
    let pair = |message| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())),
        _ => None,
    };
    rows.into_iter().filter_map(pair).collect()
}

fn all() -> Vec<(String, String)> {
    MIGRATIONS.iter().map(|step| (step.id.to_string(), step.checksum())).collect()
}

#[test]
fn a_database_of_other_steps_is_refused_at_the_start() {
    let server = Server::start("steps");
    drop(server.store("steps", &Options::default()));
    assert_eq!(taken(&server, "steps"), all());
    assert!(open(&server, "steps").is_ok(), "nothing is taken twice");
    assert_eq!(taken(&server, "steps"), all());
    server.execute("INSERT INTO steps.migration VALUES (1000, 'of the future', 'x')");
    let newer = refusal(&server, "steps");
    assert!(newer.contains("step 1000") && newer.contains("use a newer one"), "{newer}");
    server
        .execute("DELETE FROM steps.migration WHERE id = 1000; UPDATE steps.migration SET checksum = 'y' WHERE id = 1");
    let changed = refusal(&server, "steps");
    assert!(changed.contains("schema step 1") && changed.contains("another build"), "{changed}");
}

#[test]
fn many_processes_that_start_at_once_take_each_step_once() {
    let server = Server::start("atonce");
    server.execute("CREATE SCHEMA atonce");
    std::thread::scope(|scope| {
        let starting: Vec<_> = (0..6).map(|_| scope.spawn(|| open(&server, "atonce").map(drop))).collect();
        for started in starting {
            let result = started.join().unwrap();
            assert!(result.is_ok(), "{}", result.err().unwrap());
        }
    });
    assert_eq!(taken(&server, "atonce"), all());
}

#[test]
fn a_step_that_fails_leaves_nothing_behind() {
    let server = Server::start("half");
    // Something else has the name of one of the later tables.
    server.execute("CREATE SCHEMA half; CREATE TABLE half.due (what int)");
    assert!(open(&server, "half").is_err());
    let found = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'half' ORDER BY 1");
    let names: Vec<_> = found
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["due", "migration"]);
    assert_eq!(taken(&server, "half"), []);
    server.execute("DROP TABLE half.due");
    assert!(open(&server, "half").is_ok(), "and it goes on when the way is free");
}

/// What the program before can work with: steps add. What removes or narrows is a step of its own, taken a release after
/// nothing uses it any more, and says so in its name.
#[test]
fn steps_only_add_unless_they_say_otherwise() {
    for step in MIGRATIONS.iter().filter(|step| !step.name.starts_with("contract_")) {
        for narrows in ["DROP ", "RENAME ", "SET NOT NULL", "ALTER COLUMN", "TRUNCATE", "DELETE ", "ADD CONSTRAINT"] {
            assert!(!step.sql.to_uppercase().contains(narrows), "step {} narrows: {narrows}", step.name);
        }
    }
}
