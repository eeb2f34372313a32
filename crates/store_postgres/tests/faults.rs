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
    assert!(results.len() > 20, "{}", results.len());
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
fn a_statement_that_takes_too_long_is_ended_by_the_server() {
    let server = Server::start("slow");
    let options = Options { lanes: 1, answer_within: Duration::from_secs(2), ..Options::default() };
    let store = server.store("slow", &options);
    server.execute(
        "CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$; \
         CREATE TRIGGER wait BEFORE INSERT ON slow.log FOR EACH ROW EXECUTE FUNCTION public.wait()",
    );
    let refused = append(&store, 0);
    assert_eq!(refused, Err(StoreError::Unavailable("the server took too long (PostgreSQL 57014)".into())));
    server.execute("DROP TRIGGER wait ON slow.log");
    assert_eq!(append(&store, 0), Ok(1), "nothing of it was kept, and the lane goes on");
}

#[test]
fn what_the_server_asks_to_try_again_runs_again_and_draws_the_same() {
    let server = Server::start("again");
    let store = server.store("again", &Options { lanes: 1, ..Options::default() });
    // A sequence counts on when a transaction is rolled back: the first three times are refused.
    server.execute(
        "CREATE SEQUENCE public.tries; CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN IF nextval('public.tries') <= 3 THEN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF; \
         RETURN NEW; END $$; \
         CREATE TRIGGER refuse BEFORE INSERT ON again.log FOR EACH ROW EXECUTE FUNCTION public.refuse()",
    );
    let drawn = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let runs = std::sync::Arc::clone(&drawn);
    let appended = run_blocking(&store, bucket(0), move |txn| {
        let mut number = [0; 16];
        tongma_domain::Entropy::fill(&mut tongma_domain::SeededEntropy::new([9; 32]), &mut number);
        runs.lock().unwrap().push(number);
        txn.append(&Key::from("a"), UnixMs::default(), number.to_vec())
    });
    assert_eq!(appended, Ok(1));
    let drawn = drawn.lock().unwrap();
    assert_eq!(drawn.len(), 4, "three refusals and one commit");
    assert!(drawn.iter().all(|number| *number == drawn[0]));
    let entries = store.log_of(bucket(0), 0, 9).unwrap();
    assert_eq!(entries.into_iter().map(|entry| entry.body).collect::<Vec<_>>(), [drawn[0].to_vec()]);
}

#[test]
fn no_more_connections_read_than_may() {
    let server = Server::start("bounded");
    let wait = Duration::from_millis(400);
    let options = Options { lanes: 1, readers: 2, connect_within: wait, ..Options::default() };
    let store = server.store("bounded", &options);
    let hold = |length: Duration| {
        store.read(bucket(0), &mut |txn| {
            txn.get("loan", &Key::from("a"))?;
            std::thread::sleep(length);
            Ok(())
        })
    };
    let short = Duration::from_millis(20);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..8).map(|_| scope.spawn(|| hold(short))).collect();
        assert!(readers.into_iter().all(|reader| reader.join().unwrap().is_ok()), "they take turns");
        let long: Vec<_> = (0..2).map(|_| scope.spawn(|| hold(wait * 4))).collect();
        std::thread::sleep(wait / 2);
        let refused = Err(StoreError::Unavailable("all 2 reading connections are in use".into()));
        assert_eq!(hold(short), refused, "nobody waits for ever");
        assert!(long.into_iter().all(|reader| reader.join().unwrap().is_ok()));
    });
    let counted = server.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tongma'");
    let rows = counted.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    assert!(
        rows.collect::<Vec<_>>().iter().all(|count| ["2", "3"].contains(count)),
        "a lane and two readers: {counted:?}"
    );
    assert_eq!(hold(short), Ok(()));
}

/// Copies the server and starts the copy as a replica, on port 5433 of the same socket's directory.
fn start_replica(server: &Server) {
    let host = format!("--host={}", server.sockets().display());
    let place = "--pgdata=replica";
    server.run("pg_basebackup", &[place, "--write-recovery-conf", "--checkpoint=fast", &host, "--username=tongma"]);
    server.run("pg_ctl", &["start", "--wait", "--log=replica.log", "--options=-p 5433", place, "--silent"]);
}

#[test]
fn nothing_is_read_from_a_replica() {
    let server = Server::start("replica");
    drop(server.store("replica", &Options::default()));
    start_replica(&server);
    let address = |hosts: &str, ports: &str| {
        server.address("replica").replacen(&server.sockets().display().to_string(), hosts, 1)
            + &format!(" port={ports}")
    };
    let here = server.sockets().display().to_string();
    let entropy = &mut tongma_domain::SeededEntropy::new([3; 32]);
    let refused = PostgresStore::open(&address(&here, "5433"), &Options::default(), entropy).err().unwrap();
    assert!(refused.to_string().contains("cannot be reached"), "{refused}");
    // Of two, the one that accepts writes is found, wherever it stands in the list.
    let both = PostgresStore::open(&address(&format!("{here},{here}"), "5433,5432"), &Options::default(), entropy);
    assert_eq!(append(&both.unwrap(), 0), Ok(1));
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
