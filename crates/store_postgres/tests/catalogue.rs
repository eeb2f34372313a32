//! Every statement runs on tables that are split by bucket, and touches one part: a real server says so.
#![expect(clippy::panic, clippy::format_push_string, reason = "a test tells what is wrong by panicking")]

mod server;

use server::Server;
use tokio_postgres::SimpleQueryMessage;
use tongma_store::{MemoryStore, Store as _, differential};
use tongma_store_postgres::catalogue::{ALL, Reach, Statement};
use tongma_store_postgres::{MIGRATIONS, Options, Sharing};

const PARTS: usize = 8;

/// The migrations with every table split by a hash of its bucket. A server refuses a primary or unique key on such a
/// table that does not contain the bucket, as the distributed engines do.
fn split(sql: &str) -> String {
    let mut split = sql.replace("\n);", "\n) PARTITION BY HASH (bucket);");
    for table in tables(sql) {
        for part in 0..PARTS {
            let values = format!("FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})");
            split += &format!("CREATE TABLE {table}_{part} PARTITION OF {table} {values};\n");
        }
    }
    split
}

fn tables(sql: &str) -> Vec<&str> {
    sql.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")?.strip_suffix(" (")).collect()
}

/// A server whose schema `split` holds split tables, known to the store as migrated.
fn server(name: &str) -> Server {
    let server = Server::start(name);
    // A store of its own makes the table of migrations; the split tables then take the place of the plain ones.
    drop(server.store("split", &Options::default()));
    for step in MIGRATIONS {
        let plain = tables(step.sql).join(", ");
        server.execute(&format!("SET search_path = split; DROP TABLE {plain}; {}", split(step.sql)));
    }
    server
}

fn lines(messages: Vec<SimpleQueryMessage>) -> Vec<String> {
    let text = |message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(String::from),
        _ => None,
    };
    messages.into_iter().filter_map(text).collect()
}

/// The parts that a statement touches when it runs with this bucket, by its generic plan.
fn parts_run(server: &Server, statement: &Statement, bucket: u16) -> Vec<String> {
    let count = (1..=13).take_while(|at| statement.sql.contains(&format!("${at}"))).count();
    let values: Vec<String> =
        (1..=count).map(|at| if at == 1 { bucket.to_string() } else { value(server, statement, at) }).collect();
    let explain = format!(
        "SET search_path = split; SET plan_cache_mode = force_generic_plan; PREPARE of_catalogue AS {}; \
         EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE of_catalogue{}",
        statement.sql,
        if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) }
    );
    let plan = lines(server.execute(&explain));
    let ran = plan.iter().filter(|line| line.contains("Scan") && !line.contains("never executed"));
    let part = |line: &String| {
        line.split_whitespace()
            .map(|word| word.trim_matches(|of: char| !of.is_ascii_alphanumeric() && of != '_'))
            .find_map(|word| {
                let (_, number) = word.rsplit_once('_')?;
                number.parse::<usize>().ok().filter(|number| *number < PARTS).map(|number| number.to_string())
            })
    };
    let mut parts: Vec<String> = ran.filter_map(part).collect();
    parts.sort();
    parts.dedup();
    assert!(!parts.is_empty(), "{}: {plan:?}", statement.name);
    parts
}

/// Some value of a parameter's type.
fn value(server: &Server, statement: &Statement, at: usize) -> String {
    let asked = format!(
        "SET search_path = split; PREPARE of_types AS {}; \
         SELECT parameter_types[{at}] FROM pg_prepared_statements WHERE name = 'of_types'",
        statement.sql
    );
    match lines(server.execute(&asked)).pop().unwrap_or_default().as_str() {
        "text" => "'x'".into(),
        "bytea" => "'\\x01'".into(),
        "smallint" | "bigint" | "integer" => "1".into(),
        other => panic!("{}: a parameter of type {other}", statement.name),
    }
}

#[test]
fn every_statement_in_a_bucket_touches_one_part() {
    let server = server("parts");
    for statement in ALL {
        let run = || (0..12).map(|number| parts_run(&server, statement, number * 331)).collect::<Vec<_>>();
        match statement.reach {
            Reach::Bucket if statement.sql.starts_with("INSERT") => {
                // A row goes to the part of its bucket, and the bucket is the statement's first value.
                let (columns, values) = statement.sql.split_once(" VALUES ").unwrap();
                let first = columns.contains(" (bucket, ") && values.starts_with("($1, ");
                assert!(first, "{}: {}", statement.name, statement.sql);
            }
            Reach::Bucket => {
                let parts = run();
                assert!(
                    parts.iter().all(|of| of.len() == 1),
                    "{} touches more than one part: {parts:?}",
                    statement.name
                );
                assert!(
                    parts.iter().any(|of| *of != parts[0]),
                    "{}: not told by its bucket: {parts:?}",
                    statement.name
                );
            }
            // The same instrument sees more than one part where there is more than one.
            Reach::Sweep => assert!(run().iter().all(|of| of.len() == PARTS), "{} is a sweep", statement.name),
        }
    }
}

#[test]
fn no_statement_uses_what_the_distributed_engines_refuse() {
    for statement in ALL {
        for forbidden in ["now(", "random", "CURRENT_", "ON CONFLICT", "::", "RETURNING", "SKIP LOCKED", "nextval"] {
            assert!(!statement.sql.contains(forbidden), "{} uses {forbidden}", statement.name);
        }
    }
    for forbidden in ["SERIAL", "TRIGGER", "REFERENCES", "GENERATED", "ENUM", "DEFAULT"] {
        assert!(MIGRATIONS.iter().all(|step| !step.sql.contains(forbidden)), "a migration uses {forbidden}");
    }
}

#[test]
fn the_store_works_on_split_tables() {
    let server = server("works");
    let options = Options { sharing: Sharing::OneBucket, ..Options::default() };
    let store = Server::open(&server.address("split"), &options);
    differential::compare(77, 200, &MemoryStore::new(), &store);
    assert!(!store.buckets().unwrap().is_empty());
}

#[test]
fn both_engines_take_the_same_steps() {
    let ids = |of: &[tongma_store::engine::Migration]| of.iter().map(|step| (step.id, step.name)).collect::<Vec<_>>();
    assert_eq!(ids(MIGRATIONS), ids(tongma_store_sqlite::MIGRATIONS));
    let columns = |sql: &str| {
        let named = sql.lines().filter_map(|line| line.strip_prefix("    ")?.split_whitespace().next());
        named
            .filter(|word| word.chars().all(|of| of.is_ascii_lowercase() || of == '_'))
            .map(String::from)
            .collect::<Vec<_>>()
    };
    for (here, there) in MIGRATIONS.iter().zip(tongma_store_sqlite::MIGRATIONS) {
        // The marks of commits are this engine's own.
        let shared = here.sql.split("CREATE TABLE commit_mark").next().unwrap();
        assert_eq!(tables(shared), tables(there.sql), "the tables of step {}", here.id);
        assert_eq!(columns(shared), columns(there.sql), "the columns of step {}", here.id);
    }
}
