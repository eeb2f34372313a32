//! A process killed under load, and a machine whose power is cut, lose nothing that was acknowledged.
#![expect(clippy::unwrap_used, reason = "a test tells what is wrong by panicking")]
#![expect(clippy::disallowed_methods, reason = "this test is about the real passing of time")]

mod directory;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use directory::Directory;
use tongma_domain::{Bucket, Fen, Id, UnixMs};
use tongma_store::{
    AccountKey, AccountLimit, Claimed, Expect, Key, OnceClaim, Store, StoreError, Transfer, Txn, conformance,
    run_blocking,
};
use tongma_store_sqlite::{Options, SqliteStore};

const CALLERS: u64 = 16;

fn bucket(number: u64) -> Bucket {
    Bucket::from_low_bits(u16::try_from(number % 61).unwrap())
}

fn account(class: &'static str) -> AccountKey {
    AccountKey { class: class.into(), of: Key::from("a") }
}

/// A unit that leaves its number in every noun.
fn unit(txn: &mut dyn Txn, number: u64) -> Result<(), StoreError> {
    let key = Key::new(&number.to_be_bytes());
    let claim =
        OnceClaim { key: key.clone(), rank: 0, claimant: [0; 32], answer: Vec::new(), keep_until: UnixMs::default() };
    if txn.claim(&claim)? != Claimed::Fresh {
        return Err(StoreError::Conflict);
    }
    txn.put("thing", &key, Expect::Absent, number.to_string().into(), Vec::new())?;
    txn.account_open(&account("purse"), AccountLimit::None)?;
    txn.account_open(&account("due"), AccountLimit::None)?;
    let transfer = Transfer {
        id: Id::derived(&[&number.to_be_bytes()]),
        debit: account("purse"),
        credit: account("due"),
        amount: Fen::new(1),
        code: "test".into(),
        journal: Id::derived(&[]),
        at: UnixMs::default(),
    };
    txn.transfer(&transfer, false)?;
    txn.append(&key, UnixMs::default(), Vec::new()).map(drop)
}

/// The test whose name starts the process of any of them.
const STARTED: &str = "a_killed_process_loses_nothing_it_acknowledged";

/// In the process that a test of this file starts of itself: works until it is ended. In the test's own: does nothing.
fn work_if_started_by_a_test() {
    let (Ok(directory), Ok(first)) = (std::env::var("STORE_DIRECTORY"), std::env::var("FIRST_NUMBER")) else {
        return;
    };
    // The log is folded all the time, so that an end often meets it.
    let options = Options { writes_a_fold: 300, ..Options::default() };
    let store = SqliteStore::open_with(directory, options).unwrap();
    let next = AtomicU64::new(first.parse().unwrap());
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    run_blocking(&store, bucket(number), move |txn| unit(txn, number)).unwrap();
                    // One write of one line, so that a line that arrives is whole.
                    std::io::stdout().lock().write_all(format!("done {number}\n").as_bytes()).unwrap();
                }
            });
        }
    });
}

/// How the child ends.
#[derive(Clone, Copy)]
enum End {
    /// The process is killed. What it wrote and did not sync survives in the machine's memory.
    Killed,
    /// The power is cut: nothing that was not synced survives.
    PowerCut,
    /// The power is cut, and about half of what was not synced survives.
    PowerCutInTheMiddle { seed: u64 },
    /// The power is cut, on a disk that does not sync when it says so.
    PowerCutOnALyingDisk,
}

/// The library that cuts the power.
fn power(directory: &Directory) -> std::path::PathBuf {
    let (source, library) =
        (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/power_cut.c"), directory.path().join("power.so"));
    if !library.exists() {
        let compiled =
            Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).args([source, "-ldl"]).status();
        assert!(compiled.is_ok_and(|status| status.success()), "this test needs a C compiler as `cc`: install gcc");
    }
    library
}

/// Starts the child, lets it work for a while, ends it; gives the numbers it acknowledged.
fn ended_after(directory: &Directory, first: u64, while_ms: u64, end: End) -> Vec<u64> {
    let cut = directory.path().join("cut");
    let _ = std::fs::remove_file(&cut);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", STARTED, "--nocapture"])
        .env("STORE_DIRECTORY", directory.path().join("store"))
        .env("FIRST_NUMBER", first.to_string())
        .stdout(Stdio::piped());
    if !matches!(end, End::Killed) {
        command.env("LD_PRELOAD", power(directory)).env("POWER_CUT_WHEN", &cut);
    }
    match end {
        End::PowerCutInTheMiddle { seed } => drop(command.env("POWER_CUT_KEEPS", seed.to_string())),
        End::PowerCutOnALyingDisk => drop(command.env("SYNC_LIES", "1")),
        End::Killed | End::PowerCut => {}
    }
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("done ")?.parse().ok()).collect::<Vec<u64>>()
    });
    std::thread::sleep(Duration::from_millis(while_ms));
    if matches!(end, End::Killed) {
        child.kill().unwrap();
        child.wait().unwrap();
    } else {
        std::fs::write(&cut, "").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(137), "the power was cut");
    }
    reader.join().unwrap()
}

fn verify(store: &SqliteStore, number: u64) {
    let mut read = |txn: &mut dyn Txn| {
        let key = Key::new(&number.to_be_bytes());
        assert!(txn.get("thing", &key)?.is_some(), "{number} was acknowledged and its record is lost");
        assert!(txn.transfer_state(Id::derived(&[&number.to_be_bytes()]))?.is_some(), "{number}: its transfer is lost");
        assert_eq!(txn.log(&key, None, 9)?.items.len(), 1, "{number}: its log entry is lost");
        Ok(())
    };
    store.read(bucket(number), &mut read).unwrap();
    let again = run_blocking(store, bucket(number), move |txn| unit(txn, number));
    assert_eq!(again, Err(StoreError::Conflict), "{number} was claimed and can be claimed again");
}

/// Ends the child again and again on one store; after each end everything it ever acknowledged is there and whole.
fn nothing_is_lost(name: &str, ends: &[End]) {
    let directory = Directory::new(name);
    let (mut acknowledged, mut first) = (Vec::new(), 0);
    for (round, end) in ends.iter().enumerate() {
        let numbers = ended_after(&directory, first, 400 + round as u64 * 150, *end);
        assert!(numbers.len() > 50, "the child was at work: {}", numbers.len());
        // Units in flight at the end may have committed without an answer; their numbers are not used again.
        first = numbers.iter().max().unwrap() + 10 * CALLERS;
        acknowledged.extend(numbers);
        let start = Instant::now();
        let store = SqliteStore::open(directory.path().join("store")).unwrap();
        assert!(start.elapsed() < Duration::from_secs(5), "a restart takes {:?}", start.elapsed());
        for number in &acknowledged {
            verify(&store, *number);
        }
        for bucket in store.buckets().unwrap() {
            conformance::audit(&store, bucket);
            let mut places = 0;
            while let Some(entry) = store.log_of(bucket, places, 1).unwrap().first() {
                assert_eq!(entry.seq, places + 1, "the log has no gap");
                places = entry.seq;
            }
            assert_eq!(places, store.transfers_of(bucket).unwrap().len() as u64, "units are whole");
        }
    }
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    work_if_started_by_a_test();
    nothing_is_lost("crash", &[End::Killed; 5]);
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let middle = |seed| End::PowerCutInTheMiddle { seed };
    nothing_is_lost("power", &[End::PowerCut, middle(1), End::PowerCut, middle(2), middle(3)]);
}

#[test]
fn a_power_cut_on_a_disk_that_lies_is_noticed_by_these_tests() {
    let directory = Directory::new("lying");
    let numbers = ended_after(&directory, 0, 500, End::PowerCutOnALyingDisk);
    let store = SqliteStore::open(directory.path().join("store")).unwrap();
    let lost = numbers.iter().filter(|number| {
        let mut found = true;
        let mut read = |txn: &mut dyn Txn| {
            found = txn.get("thing", &Key::new(&number.to_be_bytes()))?.is_some();
            Ok(())
        };
        store.read(bucket(**number), &mut read).unwrap();
        !found
    });
    assert!(numbers.len() > 50 && lost.count() > 50, "syncs that do nothing lose what was acknowledged");
}
