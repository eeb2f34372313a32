//! What the store does when connections break, the server dies, or another holds what it needs.
#![expect(clippy::unwrap_used, reason = "a test tells what is wrong by panicking")]

mod proxy;
mod server;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use proxy::Proxy;
use server::Server;
use tongma_domain::{Bucket, UnixMs};
use tongma_store::{Key, Store, StoreError, run_blocking};
use tongma_store_postgres::{Options, PostgresStore};

const BUCKETS: u64 = 5;

fn bucket(number: u64) -> Bucket {
    Bucket::from_low_bits(u16::try_from(number % BUCKETS).unwrap())
}

/// A unit that must not happen twice and has nothing to protect itself with.
fn append(store: &PostgresStore, number: u64) -> Result<u64, StoreError> {
    run_blocking(store, bucket(number), move |txn| {
        txn.append(&Key::from("a"), UnixMs::default(), number.to_string().into())
    })
}

/// How often each number is in the log, of every bucket.
fn logged(store: &PostgresStore) -> BTreeMap<u64, u32> {
    let mut found = BTreeMap::new();
    for number in 0..BUCKETS {
        let mut after = 0;
        loop {
            let entries = store.log_of(bucket(number), after, 500).unwrap();
            let Some(last) = entries.last() else { break };
            assert!(entries.iter().map(|entry| entry.seq).eq(after + 1..=last.seq), "the log has no gap");
            after = last.seq;
            for entry in entries {
                *found.entry(String::from_utf8(entry.body).unwrap().parse().unwrap()).or_default() += 1;
            }
        }
    }
    found
}

/// Appends from six threads while something happens; gives each number's result.
fn under_load(store: &PostgresStore, meanwhile: impl FnOnce()) -> BTreeMap<u64, Result<u64, StoreError>> {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let run = || {
            let mut results = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let result = append(store, number);
                if result.is_err() {
                    std::thread::sleep(Duration::from_millis(20));
                }
                results.push((number, result));
            }
            results
        };
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(run)).collect();
        meanwhile();
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_commit_whose_answer_is_lost_happens_once() {
    let server = Server::start("lost");
    drop(server.store("lost", &Options::default()));
    let proxy = Proxy::start(server.sockets());
    let address = server.address("lost").replacen(&server.sockets().display().to_string(), &proxy.sockets(), 1);
    let store = Server::open(&address, &Options { lanes: 3, ..Options::default() });
    let results = under_load(&store, || {
        for round in 0..30 {
            std::thread::sleep(Duration::from_millis(60));
            // The server commits and nobody hears of it, or never gets to know that it should.
            if round % 2 == 0 { proxy.lose_an_answer() } else { proxy.lose_a_commit() }
        }
        std::thread::sleep(Duration::from_millis(300));
    });
    assert!(proxy.answers_lost() >= 10 && proxy.commits_lost() >= 10, "faults struck");
    assert!(results.len() > 100, "{}", results.len());
    let logged = logged(&store);
    for (number, result) in &results {
        assert!(result.is_ok(), "unit {number} was resolved, not given up: {result:?}");
        assert_eq!(logged.get(number), Some(&1), "unit {number} happened once");
    }
    assert_eq!(logged.len(), results.len());
}

#[test]
fn killed_connections_lose_nothing_and_repeat_nothing() {
    let server = Server::start("killed");
    let store = server.store("killed", &Options { lanes: 3, ..Options::default() });
    let results = under_load(&store, || {
        for _ in 0..15 {
            std::thread::sleep(Duration::from_millis(80));
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tongma'");
        }
    });
    let logged = logged(&store);
    for (number, result) in &results {
        assert!(result.is_ok(), "{number}: {result:?}");
        assert_eq!(logged.get(number), Some(&1), "unit {number} happened once");
    }
    assert_eq!(logged.len(), results.len());
}

#[test]
fn a_server_that_dies_comes_back_with_all_it_acknowledged() {
    let server = Server::start("dies");
    let options = Options { lanes: 3, answer_within: Duration::from_secs(3), ..Options::default() };
    let store = server.store("dies", &options);
    let results = under_load(&store, || {
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(400));
            server.control(&["restart", "--mode=immediate", "--wait", "--log=log"]);
        }
        std::thread::sleep(Duration::from_millis(400));
    });
    let logged = logged(&store);
    let (mut done, mut refused) = (0, 0);
    for (number, result) in &results {
        match result {
            Ok(_) => {
                done += 1;
                assert_eq!(logged.get(number), Some(&1), "unit {number} was acknowledged");
            }
            Err(StoreError::Unavailable(_)) => {
                refused += 1;
                assert!(logged.get(number).is_none_or(|times| *times == 1), "unit {number} happened more than once");
            }
            Err(other) => assert_eq!(*other, StoreError::Conflict, "unit {number}"),
        }
    }
    assert!(done > 50 && refused > 0, "{done} done, {refused} refused while it was away");
    assert!(append(&store, 1_000_000).is_ok(), "it goes on by itself");
}

#[test]
fn a_server_that_makes_us_wait_is_given_up_in_time() {
    let server = Server::start("waits");
    let options = Options { lanes: 1, answer_within: Duration::from_secs(2), ..Options::default() };
    let store = server.store("waits", &options);
    append(&store, 0).unwrap();
    let holder = std::thread::scope(|scope| {
        let hold = "BEGIN; SELECT * FROM waits.bucket_head WHERE bucket = 0 FOR UPDATE; SELECT pg_sleep(4); ROLLBACK";
        let holder = scope.spawn(|| server.execute(hold).len());
        std::thread::sleep(Duration::from_millis(300));
        let refused = append(&store, BUCKETS);
        assert_eq!(refused, Err(StoreError::Unavailable("the server took too long (PostgreSQL 55P03)".into())));
        assert!(append(&store, 1).is_ok(), "another bucket is not held up");
        assert!(!holder.is_finished(), "the store gave up before the holder did");
        holder.join().unwrap()
    });
    assert!(holder > 0);
    assert_eq!(append(&store, BUCKETS), Ok(2));
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_so() {
    let open = |address: &str| {
        let entropy = &mut tongma_domain::SeededEntropy::new([0; 32]);
        PostgresStore::open(address, &Options::default(), entropy).err().unwrap().to_string()
    };
    let refused = open("postgres://tongma:secret@127.0.0.1:1/postgres");
    assert!(refused.contains("cannot be reached") && !refused.contains("secret"), "{refused}");
    let refused = open("postgres://tongma:secret@[/x");
    assert!(refused.contains("not the address") && !refused.contains("secret"), "{refused}");
}
