//! Writes through the store while something happens to the database, and says afterwards what became of it:
//! `writer ADDRESS SECONDS`. For rigs that break the database on purpose.
#![expect(clippy::disallowed_methods, reason = "it measures how long nothing could be written")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the rigs, which stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tongma_domain::{Bucket, SeededEntropy, UnixMs};
use tongma_store::{Key, Store, StoreError, run_blocking};
use tongma_store_postgres::{Options, PostgresStore};

const BUCKETS: u64 = 16;
const CALLERS: u64 = 8;

fn bucket(number: u64) -> Bucket {
    Bucket::from_low_bits(u16::try_from(number % BUCKETS).unwrap())
}

/// What was acknowledged, how often not, and the longest time between two that were.
#[derive(Default)]
struct Told {
    acknowledged: BTreeSet<u64>,
    refused: u64,
    last: Option<Instant>,
    gap: Duration,
}

impl Told {
    fn note(&mut self, number: u64, result: &Result<u64, StoreError>) {
        let now = Instant::now();
        if result.is_err() {
            self.refused += 1;
            return;
        }
        self.acknowledged.insert(number);
        if let Some(last) = self.last.replace(now) {
            self.gap = self.gap.max(now - last);
        }
    }
}

fn write(store: &PostgresStore, length: Duration) -> Told {
    let (next, told) = (AtomicU64::new(1), Mutex::new(Told::default()));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                while start.elapsed() < length {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let result = run_blocking(store, bucket(number), move |txn| {
                        txn.append(&Key::from("writer"), UnixMs::default(), number.to_string().into())
                    });
                    let failed = result.is_err();
                    told.lock().unwrap().note(number, &result);
                    if failed {
                        std::thread::sleep(Duration::from_millis(50));
                    }
                }
            });
        }
    });
    told.into_inner().unwrap()
}

/// How often each number is in the log.
fn logged(store: &PostgresStore) -> BTreeMap<u64, u64> {
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    for number in 0..BUCKETS {
        let mut after = 0;
        loop {
            let entries = store.log_of(bucket(number), after, 500).unwrap();
            let Some(last) = entries.last() else { break };
            after = last.seq;
            for entry in entries {
                *found.entry(String::from_utf8(entry.body).unwrap().parse().unwrap()).or_default() += 1;
            }
        }
    }
    found
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, address, seconds] = arguments.as_slice() else {
        println!("writer ADDRESS SECONDS");
        std::process::exit(2);
    };
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&std::process::id().to_be_bytes());
    let options = Options { answer_within: Duration::from_secs(4), ..Options::default() };
    let store = PostgresStore::open(address, &options, &mut SeededEntropy::new(seed)).unwrap();
    let told = write(&store, Duration::from_secs(seconds.parse().unwrap()));
    let logged = logged(&store);
    let lost = told.acknowledged.iter().filter(|number| !logged.contains_key(number)).count();
    println!("acknowledged: {}", told.acknowledged.len());
    println!("refused: {}", told.refused);
    println!("lost: {lost}");
    println!("twice: {}", logged.values().filter(|times| **times > 1).count());
    println!("longest gap s: {:.2}", told.gap.as_secs_f64());
}
