//! Every statement runs on tables that are split by bucket, and touches one part: a real server says so.
#![expect(clippy::panic, clippy::format_push_string, reason = "a test tells what is wrong by panicking")]

mod server;

use server::Server;
use tokio_postgres::SimpleQueryMessage;
use tongma_store::{MemoryStore, Store as _, differential};
use tongma_store_postgres::catalogue::{ALL, Reach, Statement};
use tongma_store_postgres::many::MANY;
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

/// A statement and the first of its values, which says which buckets it is about.
struct Asked<'a> {
    name: &'a str,
    sql: &'a str,
    first: String,
}

/// The parts that a statement touches when it runs with this first value, by its generic plan.
fn parts_run(server: &Server, Asked { name, sql, first }: &Asked) -> Vec<String> {
    let count = (1..=14).take_while(|at| sql.contains(&format!("${at}"))).count();
    let values: Vec<String> =
        (1..=count).map(|at| if at == 1 { first.clone() } else { value(server, sql, at) }).collect();
    // As the store plans where one server has all buckets.
    let planning = "SET plan_cache_mode = force_generic_plan; SET enable_hashjoin = off; SET enable_mergejoin = off; \
        SET enable_seqscan = off";
    let explain = format!(
        "SET search_path = split; {planning}; PREPARE of_catalogue AS {sql}; \
         EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE of_catalogue{}",
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
    assert!(!parts.is_empty(), "{name}: {plan:?}");
    parts
}

/// Some value of a parameter's type; of an array, three.
fn value(server: &Server, sql: &str, at: usize) -> String {
    let asked = format!(
        "SET search_path = split; PREPARE of_types AS {sql}; \
         SELECT parameter_types[{at}] FROM pg_prepared_statements WHERE name = 'of_types'",
    );
    match lines(server.execute(&asked)).pop().unwrap_or_default().as_str() {
        "text" => "'x'".into(),
        "bytea" => "'\\x01'".into(),
        "smallint" | "bigint" | "integer" => "1".into(),
        "text[]" => "'{x,y,z}'".into(),
        "bytea[]" => r#"'{"\\x01","\\x02","\\x03"}'"#.into(),
        "smallint[]" | "bigint[]" => "'{1,2,3}'".into(),
        other => panic!("{sql}: ${at} has type {other}"),
    }
}

/// A row goes to the part of its bucket, and the bucket is the statement's first value.
fn inserts_by_first_value(name: &str, sql: &str) {
    let parts = sql.split_once(" SELECT ").or_else(|| sql.split_once(" VALUES "));
    let (columns, rest) = parts.unwrap_or_else(|| panic!("{name}: {sql}"));
    let from_first = ["($1, ", "CAST($1 AS SMALLINT), "].iter().any(|start| rest.starts_with(start))
        || (rest.starts_with("bucket, ")
            && rest.contains("FROM unnest(CAST($1 AS SMALLINT[]), ")
            && rest.contains(" AS v (bucket, "));
    assert!(columns.contains(" (bucket, ") && from_first, "{name}: {sql}");
}

fn one_part_each(name: &str, runs: &[Vec<String>]) {
    assert!(runs.iter().all(|of| of.len() == 1), "{name} touches more than one part: {runs:?}");
    assert!(runs.iter().any(|of| Some(of) != runs.first()), "{name}: not told by its bucket: {runs:?}");
}

#[test]
fn every_statement_in_a_bucket_touches_one_part() {
    let server = server("parts");
    let by_bucket = |name: &str, sql: &str| {
        let run = |number: u16| parts_run(&server, &Asked { name, sql, first: (number * 331).to_string() });
        (0..12).map(run).collect::<Vec<_>>()
    };
    for Statement { name, sql, reach } in ALL {
        match reach {
            Reach::Bucket if sql.starts_with("INSERT") => inserts_by_first_value(name, sql),
            Reach::Bucket => one_part_each(name, &by_bucket(name, sql)),
            // It is never used where buckets lie apart.
            Reach::Buckets => assert!(sql.contains("bucket = ANY($1)"), "{name}"),
            // The same instrument sees more than one part where there is more than one.
            Reach::Sweep => {
                assert!(by_bucket(name, sql).iter().all(|of| of.len() == PARTS), "{name} is a sweep");
            }
        }
    }
}

#[test]
fn every_statement_for_many_rows_touches_the_parts_of_their_buckets() {
    let server = server("many");
    server.execute("INSERT INTO split.bucket_head SELECT bucket, 0, 0 FROM generate_series(0, 999) AS of (bucket)");
    let buckets_of =
        |part: usize| lines(server.execute(&format!("SELECT bucket FROM split.bucket_head_{part} LIMIT 3")));
    for many in MANY {
        let name = ALL.iter().find(|of| of.sql == many.of).unwrap().name;
        if many.of.starts_with("INSERT") {
            [Some(many.together), many.in_bucket]
                .into_iter()
                .flatten()
                .for_each(|sql| inserts_by_first_value(name, sql));
            continue;
        }
        // Buckets that share a part: that part and no other.
        let run = |buckets: Vec<String>| {
            let first = format!("'{{{}}}'", buckets.join(","));
            parts_run(&server, &Asked { name, sql: many.together, first })
        };
        let runs: Vec<Vec<String>> = (0..3).map(|part| run(buckets_of(part))).collect();
        assert_eq!(runs, [["0"], ["1"], ["2"]], "{name}, many");
        // Buckets of three parts: these three, so the instrument would have seen it.
        let three = (3..6).filter_map(|part| buckets_of(part).pop()).collect();
        assert_eq!(run(three), ["3", "4", "5"], "{name}, many");
        if let Some(sql) = many.in_bucket {
            let run = |number: u16| parts_run(&server, &Asked { name, sql, first: (number * 331).to_string() });
            one_part_each(name, &(0..12).map(run).collect::<Vec<_>>());
        }
    }
}

#[test]
fn no_statement_uses_what_the_distributed_engines_refuse() {
    let many = MANY.iter().flat_map(|many| [Some(many.together), many.in_bucket]).flatten();
    for sql in ALL.iter().map(|statement| statement.sql).chain(many) {
        for forbidden in ["now(", "random", "CURRENT_", "ON CONFLICT", "::", "RETURNING", "SKIP LOCKED", "nextval"] {
            assert!(!sql.contains(forbidden), "{sql} uses {forbidden}");
        }
    }
    for forbidden in ["SERIAL", "TRIGGER", "REFERENCES", "GENERATED", "ENUM", "DEFAULT"] {
        assert!(MIGRATIONS.iter().all(|step| !step.sql.contains(forbidden)), "a migration uses {forbidden}");
    }
}

#[test]
fn the_store_works_on_split_tables() {
    let server = server("works");
    // First with statements that name one bucket, then with those that name one in every row.
    let apart = Server::open(&server.address("split"), &Options { sharing: Sharing::OneBucket, ..Options::default() });
    differential::compare(77, 200, &MemoryStore::new(), &apart);
    assert!(!apart.buckets().unwrap().is_empty());
    drop(apart);
    let every = tables(MIGRATIONS[0].sql).join(", ");
    server.execute(&format!("SET search_path = split; TRUNCATE {every}"));
    let any = Server::open(&server.address("split"), &Options { lanes: 1, ..Options::default() });
    differential::compare(78, 200, &MemoryStore::new(), &any);
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
