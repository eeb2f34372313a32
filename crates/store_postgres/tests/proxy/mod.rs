//! Stands between the store and the server, and loses what it is told to lose.
#![expect(clippy::expect_used, reason = "a test tells what is wrong by panicking")]

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// A COMMIT as a client sends it: a simple query, its length, its text.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

#[derive(Default)]
struct Plan {
    answers_to_lose: AtomicU32,
    commits_to_lose: AtomicU32,
    answers_lost: AtomicU32,
    commits_lost: AtomicU32,
}

/// The proxy.
pub struct Proxy {
    directory: PathBuf,
    plan: Arc<Plan>,
}

/// Takes one from a count, if there is one.
fn take(count: &AtomicU32) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

/// Passes the client's bytes on. Ends when either side does, or when a fault strikes.
fn upward(mut client: &UnixStream, mut server: &UnixStream, deaf: &AtomicBool, plan: &Plan) {
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = client.read(&mut bytes) {
        let Some(chunk) = bytes.get(..length) else { break };
        if chunk.ends_with(COMMIT) {
            if take(&plan.commits_to_lose) {
                plan.commits_lost.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if take(&plan.answers_to_lose) {
                plan.answers_lost.fetch_add(1, Ordering::SeqCst);
                deaf.store(true, Ordering::SeqCst);
                let _ = server.write_all(chunk);
                std::thread::sleep(Duration::from_millis(30));
                break;
            }
        }
        if server.write_all(chunk).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

/// Passes the server's bytes on until told to be deaf.
fn downward(mut client: &UnixStream, mut server: &UnixStream, deaf: &AtomicBool) {
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = server.read(&mut bytes) {
        let Some(chunk) = bytes.get(..length) else { break };
        if deaf.load(Ordering::SeqCst) || client.write_all(chunk).is_err() {
            break;
        }
    }
    // Until the fault has run its course the client must not see an end.
    if !deaf.load(Ordering::SeqCst) {
        let _ = client.shutdown(Shutdown::Both);
    }
}

impl Proxy {
    /// Starts one in front of the server whose socket is in a directory.
    pub fn start(sockets: &Path) -> Self {
        let directory = sockets.join("proxy");
        std::fs::create_dir_all(&directory).expect("a directory");
        let listener = UnixListener::bind(directory.join(".s.PGSQL.5432")).expect("a socket");
        let server = sockets.join(".s.PGSQL.5432");
        let plan = Arc::new(Plan::default());
        let shared = Arc::clone(&plan);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = UnixStream::connect(&server) else { continue };
                let plan = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let deaf = AtomicBool::new(false);
                    std::thread::scope(|scope| {
                        scope.spawn(|| downward(&client, &server, &deaf));
                        upward(&client, &server, &deaf, &plan);
                    });
                });
            }
        });
        Self { directory, plan }
    }

    /// The directory of its socket.
    pub fn sockets(&self) -> String {
        self.directory.display().to_string()
    }

    /// Passes the next COMMIT on and cuts the connection before its answer.
    pub fn lose_an_answer(&self) {
        self.plan.answers_to_lose.fetch_add(1, Ordering::SeqCst);
    }

    /// Cuts the connection before the next COMMIT.
    pub fn lose_a_commit(&self) {
        self.plan.commits_to_lose.fetch_add(1, Ordering::SeqCst);
    }

    /// How many answers were lost.
    pub fn answers_lost(&self) -> u32 {
        self.plan.answers_lost.load(Ordering::SeqCst)
    }

    /// How many commits were lost.
    pub fn commits_lost(&self) -> u32 {
        self.plan.commits_lost.load(Ordering::SeqCst)
    }
}
