//! The leader of a PostgreSQL pair dies while the store writes: nothing acknowledged may be lost.
//!
//! etcd and two members under Patroni run on loopback, from the very file that `deploy/patroni` offers. A writer appends
//! through the store; the leader is killed with its supervisor, as a machine that loses power; the writer says how long
//! it could not write, and compares what it was told with what the database holds.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::postgres::{self, is_root};
use crate::run::{cargo, output, root, run, target};
use crate::test::{Stopwatch, present};

/// Debian packages of this rig, and a program each brings.
const PACKAGES: &[(&str, &str)] = &[("patroni", "patroni"), ("etcd-server", "etcd"), ("etcd-client", "etcdctl")];
/// How long the writer writes, and when the leader dies, in seconds since it began.
const WRITE_S: u64 = 45;
const KILL_AT_S: u64 = 8;
/// The longest gap in writing that is accepted, as a share of the time after which a leader counts as gone.
const TTL_S: f64 = 10.0;
const MOST_GAP: f64 = 1.5;
/// The password of this rig's own servers, which listen on loopback alone.
const PASSWORD: &str = "failover";

/// Everything that runs. All of it ends and is removed when this is dropped.
struct Rig {
    folder: PathBuf,
    children: Vec<(String, Child)>,
}

/// A member of the pair.
struct Member {
    name: &'static str,
    port: u16,
    api_port: u16,
}

/// Sets everything up, breaks it, and judges.
pub fn rig() -> Result<(), String> {
    let missing: Vec<&str> = PACKAGES.iter().filter(|(_, brings)| !present(brings)).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        return Err(format!("`apt-get install --no-install-recommends {}` first", missing.join(" ")));
    }
    let programs = postgres::programs().ok_or("PostgreSQL is missing: `apt-get install postgresql`")?;
    run_writer_build()?;
    let folder = std::env::temp_dir().join(format!("tongma-failover-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    if is_root() {
        run("chown", &["postgres", &folder.to_string_lossy()])?;
    }
    let mut rig = Rig { folder, children: Vec::new() };
    let etcd = rig.etcd()?;
    let members = [("one", free_port()?, free_port()?), ("two", free_port()?, free_port()?)]
        .map(|(name, port, api_port)| Member { name, port, api_port });
    for member in &members {
        rig.member(member, &etcd, &programs)?;
        // The first makes the cluster, the second copies it.
        until(60, "a leader", || leader(&members).is_some())?;
    }
    until(60, "a synchronous standby", || members.iter().any(|member| asked(member, "/sync")))?;
    let found = rig.write_while_the_leader_dies(&members)?;
    judge(&found)
}

fn run_writer_build() -> Result<(), String> {
    run(&cargo(), &["build", "--quiet", "--package", "tongma_store_postgres", "--example", "writer"])
}

impl Rig {
    /// Starts a program as an account that PostgreSQL accepts; what it says goes to a file.
    fn start(&mut self, name: &str, program: &str, arguments: &[&str]) -> Result<(), String> {
        let said = fs::File::create(self.folder.join(format!("{name}.log"))).map_err(|error| error.to_string())?;
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program]);
            command
        } else {
            Command::new(program)
        };
        let child = command
            .args(arguments)
            .current_dir(&self.folder)
            .env("HOME", &self.folder)
            .stdin(Stdio::null())
            .stdout(said.try_clone().map_err(|error| error.to_string())?)
            .stderr(said)
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        self.children.push((name.to_owned(), child));
        Ok(())
    }

    /// Starts etcd; gives its address.
    fn etcd(&mut self) -> Result<String, String> {
        let (client, peer) = (free_port()?, free_port()?);
        let (client, peer) = (format!("127.0.0.1:{client}"), format!("127.0.0.1:{peer}"));
        let data = self.folder.join("etcd").to_string_lossy().into_owned();
        let (client_url, peer_url) = (format!("http://{client}"), format!("http://{peer}"));
        let cluster = format!("default={peer_url}");
        self.start(
            "etcd-says",
            "etcd",
            &[
                "--data-dir",
                &data,
                "--listen-client-urls",
                &client_url,
                "--advertise-client-urls",
                &client_url,
                "--listen-peer-urls",
                &peer_url,
                "--initial-advertise-peer-urls",
                &peer_url,
                "--initial-cluster",
                &cluster,
            ],
        )?;
        let healthy = || output("etcdctl", &["--endpoints", &client_url, "endpoint", "health"]).is_some();
        until(30, "etcd", healthy)?;
        Ok(client)
    }

    /// Starts a member from the file that is offered to operators.
    fn member(&mut self, member: &Member, etcd: &str, programs: &Path) -> Result<(), String> {
        let offered = root().join("deploy/patroni/member.yaml");
        let mut text = fs::read_to_string(&offered).map_err(|error| format!("{}: {error}", offered.display()))?;
        let data = self.folder.join(member.name);
        for (word, value) in [
            ("@NAME@", member.name),
            ("@HOST@", "127.0.0.1"),
            ("@API_PORT@", &member.api_port.to_string()),
            ("@PORT@", &member.port.to_string()),
            ("@ETCD@", etcd),
            ("@DATA@", &data.to_string_lossy()),
            ("@PROGRAMS@", &programs.to_string_lossy()),
            ("@PASSWORD@", PASSWORD),
            ("@NETWORK@", "127.0.0.1/32"),
            ("@SOCKETS@", &self.folder.to_string_lossy()),
        ] {
            text = text.replace(word, value);
        }
        let file = self.folder.join(format!("{}.yaml", member.name));
        fs::write(&file, text).map_err(|error| error.to_string())?;
        self.start(member.name, "patroni", &[&file.to_string_lossy()])
    }

    /// The process of a member's PostgreSQL.
    fn server_process(&self, name: &str) -> Result<u32, String> {
        let path = self.folder.join(name).join("postmaster.pid");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        text.lines().next().and_then(|line| line.trim().parse().ok()).ok_or_else(|| "no process id".to_owned())
    }

    /// Kills a member at once and whole: its supervisor first, which would otherwise hand over in good order.
    fn kill(&mut self, name: &str) -> Result<(), String> {
        let server = self.server_process(name)?;
        let child = self.children.iter_mut().find(|(of, _)| of == name).map(|(_, child)| child);
        child.ok_or("no such member")?.kill().map_err(|error| error.to_string())?;
        run("kill", &["-KILL", &server.to_string()])
    }

    fn write_while_the_leader_dies(&mut self, members: &[Member; 2]) -> Result<String, String> {
        let ports = members.each_ref().map(|member| member.port.to_string()).join(",");
        let address =
            format!("host=127.0.0.1,127.0.0.1 port={ports} user=postgres password={PASSWORD} dbname=postgres");
        let mut writer = Command::new(target().join("debug/examples/writer"))
            .args([&address, &WRITE_S.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the writer: {error}"))?;
        std::thread::sleep(Duration::from_secs(KILL_AT_S));
        let first = leader(members).ok_or("no leader")?;
        println!("killing the leader, `{first}`");
        let killed = self.kill(first);
        let clock = Stopwatch::start();
        let followed =
            killed.and_then(|()| until(40, "a new leader", || leader(members).is_some_and(|now| now != first)));
        println!("the other leads after {} s", clock.seconds());
        let mut found = String::new();
        let read = writer.stdout.take().map(|mut from| from.read_to_string(&mut found));
        let ended = writer.wait().map_err(|error| error.to_string())?;
        followed?;
        if !ended.success() || read.is_none() {
            return Err(format!("the writer ended with {ended}: {found}"));
        }
        Ok(found)
    }
}

/// Reads what the writer found; anything lost or done twice fails, and a gap that is too long.
fn judge(found: &str) -> Result<(), String> {
    print!("{found}");
    let figure = |name: &str| -> Result<f64, String> {
        let line = found.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.and_then(|value| value.parse().ok()).ok_or_else(|| format!("the writer does not say `{name}`"))
    };
    let (acknowledged, lost, twice) = (figure("acknowledged")?, figure("lost")?, figure("twice")?);
    let gap_s = figure("longest gap s")?;
    println!("write gap ÷ ttl: {:.2}", gap_s / TTL_S);
    if lost > 0.0 || twice > 0.0 {
        return Err(format!("{lost} acknowledged rows are lost, {twice} were written twice"));
    }
    if acknowledged < 100.0 || gap_s < 1.0 {
        return Err("the fault did not strike: too few rows, or no gap".into());
    }
    if gap_s > TTL_S * MOST_GAP {
        return Err(format!("{gap_s} s without a write is more than {MOST_GAP} times the {TTL_S} s of `ttl`"));
    }
    Ok(())
}

/// The member that leads.
fn leader(members: &[Member; 2]) -> Option<&'static str> {
    members.iter().find(|member| asked(member, "/primary")).map(|member| member.name)
}

/// Whether a member's supervisor says yes to a question.
fn asked(member: &Member, question: &str) -> bool {
    use std::io::Write as _;
    let ask = || -> std::io::Result<String> {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", member.api_port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET {question} HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.split(' ').nth(1) == Some("200"))
}

fn until(most_s: u64, what: &str, mut holds: impl FnMut() -> bool) -> Result<(), String> {
    let clock = Stopwatch::start();
    while !holds() {
        if clock.seconds() >= most_s {
            return Err(format!("{what} did not come up in {most_s} s"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn free_port() -> Result<u16, String> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|error| error.to_string())
}

impl Drop for Rig {
    fn drop(&mut self) {
        let servers: Vec<u32> = ["one", "two"].iter().filter_map(|name| self.server_process(name).ok()).collect();
        for (_, child) in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
        for server in servers {
            // One of them is dead already.
            let _ = Command::new("kill").args(["-QUIT", &server.to_string()]).stderr(Stdio::null()).status();
        }
        if std::env::var_os("TONGMA_KEEP").is_none() {
            std::thread::sleep(Duration::from_millis(300));
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
