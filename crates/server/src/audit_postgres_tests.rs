//! The same on PostgreSQL: a row that was changed or removed behind the platform's back is found.

use super::tests::sealed_lines;
use super::*;

/// A PostgreSQL server of this test's own: a socket in its directory, no port. Stopped and removed when dropped.
/// The flag says that this is root, which the server refuses to be.
struct Server(PathBuf, bool);

impl Server {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("tongma-audit-server-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&folder).unwrap()) == 0;
        let server = Self(folder, root);
        if root {
            let owned = std::process::Command::new("chown").arg("postgres:").arg(&server.0).status();
            assert!(
                owned.unwrap().success(),
                "these tests need PostgreSQL and its user: apt-get install postgresql-15"
            );
        }
        server.run(&["initdb", "--no-sync", "--auth=trust", "--username=tongma", "--encoding=UTF8", "--pgdata=data"]);
        let settings = format!("-c listen_addresses= -c unix_socket_directories={}", server.0.display());
        server.run(&["pg_ctl", "start", "--wait", "--silent", "--pgdata=data", "--log=log", "--options", &settings]);
        server
    }

    fn run(&self, command: &[&str]) {
        let programs = std::env::var("TONGMA_POSTGRES_PROGRAMS").unwrap_or("/usr/lib/postgresql/15/bin".into());
        let program = format!("{programs}/{}", command[0]);
        let mut process = std::process::Command::new(if self.1 { "setpriv" } else { program.as_str() });
        if self.1 {
            process.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program.as_str()]);
        }
        process.args(&command[1..]).current_dir(&self.0);
        // What is started in the background keeps its output open: it must not be ours.
        let nowhere = || std::process::Stdio::null();
        let status = process.env("HOME", &self.0).stdin(nowhere()).stdout(nowhere()).stderr(nowhere()).status();
        assert!(status.unwrap().success(), "{command:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run(&["pg_ctl", "stop", "--mode=immediate", "--silent", "--pgdata=data"]);
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn found(args: &StoreArgs) -> Vec<(u64, tongma_service::FaultKind)> {
    let audit = platform(args).unwrap().audit(&[]).unwrap();
    audit.faults.iter().map(|fault| (fault.entry, fault.kind)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_to_rows_in_postgresql_is_found() {
    let server = Server::start();
    let data = std::env::temp_dir().join(format!("tongma-audit-postgres-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&data);
    let store = format!("postgres:///postgres?user=tongma&host={}", server.0.display());
    let args = StoreArgs { data: data.clone(), store, log_host: "code.example.cn".to_owned(), checkpoint: Vec::new() };
    let tamper = |sql: &str| {
        let host = server.0.display().to_string();
        // A statement that touches no row would prove nothing.
        let counted = format!(
            "DO $$ DECLARE n int; BEGIN {sql}; GET DIAGNOSTICS n = ROW_COUNT; IF n <> 1 THEN RAISE EXCEPTION '% rows', n; END IF; END $$"
        );
        server.run(&[
            "psql",
            "--host",
            &host,
            "--username=tongma",
            "--set=ON_ERROR_STOP=1",
            "--command",
            &counted,
            "postgres",
        ]);
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
