//! The demo provider and the rail simulator: processes of their own, of this same binary, for as long as this one lives.
//!
//! A child ends when its standard input closes, so it ends with its parent however the parent ends.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// How long a child may take to say where it listens.
const START: Duration = Duration::from_secs(20);
/// How long a child may take to end after its input closed.
const STOP: Duration = Duration::from_secs(2);
/// What a child prints before its address.
pub const LISTENING: &str = "listening on ";

/// A child process and where it listens.
pub struct Running {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    /// `http://127.0.0.1:8081`.
    pub address: String,
}

impl Running {
    /// Starts `tongma <name> <arguments>` and waits until it listens.
    ///
    /// # Errors
    /// It did not start, ended at once (its own words went to standard error), or said nothing.
    pub async fn start(name: &'static str, arguments: &[String]) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(name)
            .args(arguments)
            .arg("--with-parent")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C is for the parent, which ends its children in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?).lines();
        let line = tokio::time::timeout(START, lines.next_line()).await;
        let line = line.map_err(|_| io::Error::other(format!("{name} did not say where it listens")))??;
        let address = line.as_deref().and_then(|line| line.strip_prefix(LISTENING)).map(str::to_owned);
        let address = address.ok_or_else(|| io::Error::other(format!("{name} ended before it listened")))?;
        Ok(Self { name, child, input, address })
    }

    /// The process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until it ends by itself, which it should not.
    pub async fn ended(&mut self) -> String {
        let status = self.child.wait().await;
        format!(
            "{} has ended ({})",
            self.name,
            status.map_or_else(|error| error.to_string(), |status| status.to_string())
        )
    }

    /// Asks it to end, and ends it when it does not.
    pub async fn stop(mut self) {
        drop(self.input.take());
        if tokio::time::timeout(STOP, self.child.wait()).await.is_err() {
            // Dropping it kills it anyway; an error here means that it is gone.
            let _ = self.child.kill().await;
        }
    }
}

/// Ends when standard input closes: the parent is gone.
pub async fn parent_gone() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 64];
    while matches!(input.read(&mut buffer).await, Ok(read) if read > 0) {}
}
