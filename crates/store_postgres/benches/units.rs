//! What a unit of work costs on PostgreSQL, beside `pgbench` running the same statements on the same server in turns:
//! `cargo bench -p tongma_store_postgres`.
//!
//! A unit claims a code, reads two records, writes one and appends to the log: what one scan at a counter does.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first surprise"
)]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

#[path = "../tests/server/mod.rs"]
mod server;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use server::Server;
use tongma_domain::{Bucket, UnixMs};
use tongma_store::{Claimed, Expect, Key, OnceClaim, Store, StoreError, Txn, run_blocking};
use tongma_store_postgres::{Options, PostgresStore};

const PEOPLE: u64 = 20_000;
const LENGTH_S: u64 = 2;

/// The same unit as SQL, with what was read bound by the client, as the store does.
const SCRIPT: &str = r"
\set person random(0, 19999)
\set bucket :person % 4096
BEGIN;
SELECT log_seq, due_seq FROM bucket_head WHERE bucket = :bucket FOR UPDATE \gset
SELECT step, claimant, answer, keep_until_ms FROM once WHERE bucket = :bucket AND key = int8send(CAST(:person AS bigint)) \gset
SELECT version, entries, body FROM record WHERE bucket = :bucket AND kind = 'holder' AND key = int8send(CAST(:person AS bigint));
SELECT version, entries, body FROM record WHERE bucket = :bucket AND kind = 'loan' AND key = int8send(CAST(:person AS bigint)) \gset
UPDATE once SET step = step + 1 WHERE bucket = :bucket AND key = int8send(CAST(:person AS bigint)) AND step = :step;
UPDATE record SET version = version + 1, body = decode(repeat('7b', 300), 'hex') WHERE bucket = :bucket AND kind = 'loan' AND key = int8send(CAST(:person AS bigint)) AND version = :version;
\set next :log_seq + 1
INSERT INTO log (bucket, seq, subject, at_ms, body) VALUES (:bucket, :next, int8send(CAST(:person AS bigint)), 1, decode(repeat('7b', 200), 'hex'));
UPDATE bucket_head SET log_seq = :next WHERE bucket = :bucket;
COMMIT;
";

fn bucket(person: u64) -> Bucket {
    Bucket::from_low_bits(u16::try_from(person % 4096).unwrap())
}

fn scan(txn: &mut dyn Txn, person: u64, number: u64) -> Result<(), StoreError> {
    let holder = Key::new(&person.to_be_bytes());
    let claim = OnceClaim {
        key: holder.clone(),
        rank: u32::try_from(number & 0x7fff_ffff).unwrap(),
        claimant: [1; 32],
        answer: vec![b'a'; 64],
        keep_until: UnixMs::default(),
    };
    if txn.claim(&claim)? != Claimed::Fresh {
        return Err(StoreError::Conflict);
    }
    txn.get("holder", &holder)?;
    let loan = txn.get("loan", &holder)?;
    let expect = loan.map_or(Expect::Absent, |loan| Expect::Version(loan.version));
    txn.put("loan", &holder, expect, vec![b'{'; 300], Vec::new())?;
    txn.append(&holder, UnixMs::from_millis(1), vec![b'{'; 200]).map(drop)
}

fn enrol(store: &PostgresStore) {
    let (tell, told) = std::sync::mpsc::channel();
    for person in 0..PEOPLE {
        let work = move |txn: &mut dyn Txn| {
            txn.put("holder", &Key::new(&person.to_be_bytes()), Expect::Absent, vec![b'{'; 240], Vec::new())?;
            scan(txn, person, 1)
        };
        let tell = tell.clone();
        store.submit(bucket(person), Box::new(work), Box::new(move |result| tell.send(result).unwrap()));
    }
    (0..PEOPLE).for_each(|_| told.recv().unwrap().unwrap());
}

fn run(store: &PostgresStore, callers: u64, next: &AtomicU64) -> f64 {
    let stop = AtomicBool::new(false);
    let before = next.load(Ordering::Relaxed);
    let start = Instant::now();
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let run = || {
            let mut waits = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let person = number.wrapping_mul(7919) % PEOPLE;
                let asked = Instant::now();
                // Two callers may scan one person at once; the earlier scan is then refused, which is an answer.
                let _ = run_blocking(store, bucket(person), move |txn| scan(txn, person, number));
                waits.push(asked.elapsed());
            }
            waits
        };
        let threads: Vec<_> = (0..callers).map(|_| scope.spawn(run)).collect();
        std::thread::sleep(Duration::from_secs(LENGTH_S));
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let rate = (next.load(Ordering::Relaxed) - before) as f64 / start.elapsed().as_secs_f64();
    waits.sort_unstable();
    let wait = |of: usize| waits[waits.len() * of / 100].as_micros();
    println!("store    {callers:4} callers: {rate:7.0} units/s, p50 {:6} us, p99 {:6} us", wait(50), wait(99));
    rate
}

/// Runs `pgbench` from beside the server's programs.
fn pgbench_says(server: &Server, arguments: &[&str]) -> String {
    let host = format!("--host={}", server.sockets().display());
    let mut command = std::process::Command::new("pgbench");
    let output = command.args(arguments).args([&host, "--username=tongma", "postgres"]).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run pgbench (Debian package postgresql-15): {error}"));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn pgbench(server: &Server, clients: u64) -> f64 {
    let script = server.sockets().join("unit.sql");
    std::fs::write(&script, SCRIPT).unwrap();
    let output = pgbench_says(
        server,
        &[
            "--no-vacuum",
            "--protocol=prepared",
            &format!("--client={clients}"),
            "--jobs=2",
            &format!("--time={LENGTH_S}"),
            &format!("--file={}", script.display()),
        ],
    );
    let rate = output.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    let rate = rate.unwrap_or_else(|| panic!("pgbench says no rate: {output}"));
    println!("pgbench  {clients:4} clients: {rate:7.0} units/s");
    rate
}

fn main() {
    let server = Server::start("bench");
    let store = server.store("bench", &Options::default());
    enrol(&store);
    server.execute("ALTER ROLE tongma SET search_path = bench");
    for table in ["record", "once", "log", "bucket_head"] {
        server.execute(&format!("VACUUM ANALYZE bench.{table}"));
    }
    let next = AtomicU64::new(2);
    for callers in [8, 64, 256] {
        let mut ratios: Vec<f64> = (0..5).map(|_| run(&store, callers, &next) / pgbench(&server, 8)).collect();
        ratios.sort_by(f64::total_cmp);
        println!(
            "{callers:4} callers / pgbench with 8 clients: median {:.2}, {:.2} to {:.2}",
            ratios[2], ratios[0], ratios[4]
        );
    }
}
