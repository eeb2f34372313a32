//! The same on PostgreSQL: a row changed, one removed and one put in behind the platform's back are found.

use super::tests::sealed_lines;
use super::*;

#[expect(dead_code, reason = "the store's own tests use the rest of it")]
#[path = "../../store_postgres/tests/server/mod.rs"]
mod server;

fn found(args: &StoreArgs) -> Vec<(u64, tongma_service::FaultKind)> {
    let audit = platform(args).unwrap().audit(&[]).unwrap();
    audit.faults.iter().map(|fault| (fault.entry, fault.kind)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_to_rows_in_postgresql_is_found() {
    let server = server::Server::start("audit");
    let data = std::env::temp_dir().join(format!("tongma-audit-postgres-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&data);
    let store = format!("postgres:///postgres?user=tongma&host={}", server.sockets().display());
    let args = StoreArgs { data: data.clone(), store, log_host: "code.example.cn".to_owned(), checkpoint: Vec::new() };
    let tamper = |sql: &str| {
        let host = server.sockets().display().to_string();
        // A statement that touches no row would prove nothing.
        let counted = format!("DO $$ DECLARE n int; BEGIN {sql}; GET DIAGNOSTICS n = ROW_COUNT; IF n <> 1 THEN RAISE EXCEPTION '% rows', n; END IF; END $$");
        server.run("psql", &["--host", &host, "--username=tongma", "--set=ON_ERROR_STOP=1", "--command", &counted, "postgres"]);
    };
    {
        let platform = platform(&args).unwrap();
        sealed_lines(&platform, 12).await;
    }
    assert_eq!(found(&args), []);
    tamper("UPDATE log SET at_ms = at_ms - 1 WHERE seq = 5");
    assert_eq!(found(&args), [(5, tongma_service::FaultKind::Changed)]);
    tamper("UPDATE log SET at_ms = at_ms + 1 WHERE seq = 5");
    assert_eq!(found(&args), []);
    tamper("DELETE FROM log WHERE seq = 7");
    assert_eq!(found(&args), [(7, tongma_service::FaultKind::Removed)]);
    let _ = std::fs::remove_dir_all(&data);
}
