//! A private PostgreSQL server for one test: its own data directory, a socket in it, no port.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test tells what is wrong by panicking")]

use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tongma_domain::SeededEntropy;
use tongma_store_postgres::{Options, PostgresStore};

/// The server. Stopped and removed when dropped.
pub struct Server {
    directory: PathBuf,
    programs: PathBuf,
    /// The user to run it as, when this is root, which the server refuses to be.
    user: Option<(u32, u32)>,
}

fn programs() -> PathBuf {
    let named = std::env::var_os("TONGMA_POSTGRES_PROGRAMS").map(PathBuf::from);
    let found =
        named.into_iter().chain(["/usr/lib/postgresql/15/bin".into()]).find(|path| path.join("initdb").exists());
    found.unwrap_or_else(|| {
        panic!("these tests need PostgreSQL 15: apt-get install postgresql-15, or name a directory with its programs in TONGMA_POSTGRES_PROGRAMS")
    })
}

fn number(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or_else(|_| {
        panic!("the server does not run as root and there is no user `postgres`: apt-get install postgresql-15")
    })
}

impl Server {
    /// Makes and starts a server.
    pub fn start(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("tongma-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let root = std::fs::metadata(&directory).unwrap().uid() == 0;
        let user = root.then(|| (number(&["-u", "postgres"]), number(&["-g", "postgres"])));
        if let Some((uid, gid)) = user {
            chown(&directory, Some(uid), Some(gid)).unwrap();
        }
        let server = Self { directory, programs: programs(), user };
        server.run("initdb", &["--no-sync", "--auth=trust", "--username=tongma", "--encoding=UTF8", "--pgdata=data"]);
        let settings = "port = 5432\nlisten_addresses = ''\nmax_connections = 60\nshared_buffers = 64MB\n";
        let sockets = format!("{settings}unix_socket_directories = '{}'\n", server.directory.display());
        std::fs::write(server.directory.join("data/postgresql.auto.conf"), sockets).unwrap();
        server.control(&["start", "--wait", "--log=log"]);
        server
    }

    /// Runs one of the server's programs beside it.
    pub fn run(&self, program: &str, arguments: &[&str]) {
        let path = self.programs.join(program);
        let mut command = match self.user {
            None => Command::new(path),
            Some((uid, gid)) => {
                let mut command = Command::new("setpriv");
                command.args([&format!("--reuid={uid}"), &format!("--regid={gid}"), "--clear-groups"]).arg(path);
                command
            }
        };
        command.args(arguments).current_dir(&self.directory).env("HOME", &self.directory);
        // Output goes to a file: a server started in the background keeps it open.
        let said = std::fs::File::create(self.directory.join("said")).unwrap();
        let status = command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said).status().unwrap();
        let said = std::fs::read_to_string(self.directory.join("said")).unwrap_or_default();
        let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        assert!(status.success(), "{program} failed: {said}{log}");
    }

    /// Runs `pg_ctl`.
    pub fn control(&self, arguments: &[&str]) {
        self.run("pg_ctl", &[arguments, &["--pgdata=data", "--silent"]].concat());
    }

    /// The directory of its socket.
    pub fn sockets(&self) -> &std::path::Path {
        &self.directory
    }

    /// The address of one of its schemas. Its first word is `host=` and the directory of the socket.
    pub fn address(&self, schema: &str) -> String {
        format!("host={} user=tongma dbname=postgres options='-c search_path={schema}'", self.sockets().display())
    }

    /// Runs statements beside the store.
    pub fn execute(&self, sql: &str) -> Vec<tokio_postgres::SimpleQueryMessage> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&self.address("public"), tokio_postgres::NoTls).await.unwrap();
            let driver = tokio::spawn(connection);
            let rows = client.simple_query(sql).await.unwrap();
            driver.abort();
            rows
        })
    }

    /// A store in a fresh schema of its own.
    pub fn store(&self, schema: &str, options: &Options) -> PostgresStore {
        self.execute(&format!("CREATE SCHEMA {schema}"));
        Self::open(&self.address(schema), options)
    }

    /// A store at an address.
    pub fn open(address: &str, options: &Options) -> PostgresStore {
        let mut seed = [7; 32];
        seed[..4].copy_from_slice(&std::process::id().to_be_bytes());
        PostgresStore::open(address, options, &mut SeededEntropy::new(seed)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test may have started a copy.
        if self.directory.join("replica/postmaster.pid").exists() {
            self.run("pg_ctl", &["stop", "--mode=immediate", "--pgdata=replica", "--silent"]);
        }
        if !std::thread::panicking() || self.directory.join("data/postmaster.pid").exists() {
            self.control(&["stop", "--mode=immediate"]);
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
