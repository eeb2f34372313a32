//! The distribution statements for Citus fit the schema: they run on a real server, with functions of the same names that
//! hold each table against what Citus asks of it.

mod server;

use std::collections::BTreeSet;

use server::Server;
use tokio_postgres::SimpleQueryMessage;
use tongma_store_postgres::{MIGRATIONS, Options};

const FILE: &str = include_str!("../../../deploy/citus/distribute.sql");

/// Functions under Citus' names. They fail for what Citus refuses: a table that is not there, a primary or unique key
/// without the column, a table to lie beside that is not distributed; and they note what they were called with.
const STAND_IN: &str = r"
CREATE TABLE spread (relation text PRIMARY KEY, beside text);
CREATE FUNCTION create_reference_table(relation regclass) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO spread VALUES (relation::text, 'everywhere') $$;
CREATE FUNCTION create_distributed_table(relation regclass, by_column text, colocate_with text DEFAULT 'default',
    shard_count int DEFAULT 32) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_index i WHERE i.indrelid = relation AND i.indisunique AND NOT EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = by_column AND a.attnum = ANY (i.indkey)))
        OR NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = relation AND i.indisprimary)
    THEN RAISE EXCEPTION 'a unique key of % does not contain %', relation, by_column; END IF;
    IF colocate_with <> 'none' AND NOT EXISTS (SELECT FROM spread s WHERE s.relation = colocate_with)
    THEN RAISE EXCEPTION '% is not distributed', colocate_with; END IF;
    INSERT INTO spread VALUES (relation::text, colocate_with);
END $$;
";

fn spread(server: &Server, file: &str) -> BTreeSet<(String, String)> {
    server.execute("DROP SCHEMA IF EXISTS apart CASCADE");
    drop(server.store("apart", &Options::default()));
    server.execute(&format!("SET search_path = apart; {STAND_IN} {file}"));
    let rows = server.execute("SELECT relation, beside FROM apart.spread");
    let pair = |message| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())),
        _ => None,
    };
    rows.into_iter().filter_map(pair).collect()
}

#[test]
fn every_table_is_spread_by_its_bucket_beside_the_others() {
    let server = Server::start("citus");
    let spread: BTreeSet<_> = spread(&server, FILE)
        .into_iter()
        .map(|(of, beside)| (of.rsplit('.').next().unwrap().to_owned(), beside))
        .collect();
    let made =
        MIGRATIONS.iter().flat_map(|step| step.sql.lines()).filter_map(|line| line.strip_prefix("CREATE TABLE "));
    let mut expected: BTreeSet<(String, String)> = made
        .filter_map(|rest| rest.strip_suffix(" ("))
        .map(|table| (table.to_owned(), if table == "bucket_head" { "none" } else { "bucket_head" }.to_owned()))
        .collect();
    expected.insert(("migration".into(), "everywhere".into()));
    assert_eq!(spread, expected);
}
