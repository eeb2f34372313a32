//! What a unit of work costs: `cargo bench -p tongma_store_sqlite`.
//!
//! A unit claims a code, reads two records, writes one and appends to the log: what one scan at a counter does. Callers
//! wait for their answer before they ask again. The disk's own sync rate is measured in the same run, for comparison.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark stops at the first surprise")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tongma_domain::{Bucket, UnixMs};
use tongma_store::{Claimed, Expect, Index, Key, OnceClaim, Store, StoreError, Txn, run_blocking};
use tongma_store_sqlite::SqliteStore;

const PEOPLE: u64 = 100_000;

/// Scatters a number over the buckets and people as a hash would.
fn scattered(number: u64) -> u64 {
    let mut of = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    of = (of ^ (of >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    of = (of ^ (of >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    of ^ (of >> 31)
}

fn bucket(person: u64) -> Bucket {
    Bucket::from_low_bits((scattered(person) & 0xfff) as u16)
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
    let held = txn.get("holder", &holder)?;
    let loan = txn.get("loan", &holder)?;
    assert!(held.is_some());
    let expect = loan.map_or(Expect::Absent, |loan| Expect::Version(loan.version));
    let index = vec![Index { name: "by_state", value: Key::from("open") }];
    txn.put("loan", &holder, expect, vec![b'{'; 300], index)?;
    txn.append(&holder, UnixMs::from_millis(1), vec![b'{'; 200]).map(drop)
}

fn enrol(store: &SqliteStore) {
    for part in 0..PEOPLE / 100 {
        // One unit a person would be the truth; the bucket differs, so they are submitted together and awaited once.
        let (tell, told) = std::sync::mpsc::channel();
        for person in part * 100..(part + 1) * 100 {
            let work = move |txn: &mut dyn Txn| {
                txn.put("holder", &Key::new(&person.to_be_bytes()), Expect::Absent, vec![b'{'; 240], Vec::new())
                    .map(drop)
            };
            let tell = tell.clone();
            store.submit(bucket(person), Box::new(work), Box::new(move |result| tell.send(result).unwrap()));
        }
        (0..100).for_each(|_| told.recv().unwrap().unwrap());
    }
}

/// The processor time of the writer thread, in nanoseconds, as Linux counts it.
fn writer_time() -> u64 {
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let path = task.unwrap().path();
        if std::fs::read_to_string(path.join("comm")).unwrap().trim() == "store-writer" {
            let text = std::fs::read_to_string(path.join("schedstat")).unwrap();
            return text.split(' ').next().unwrap().parse().unwrap();
        }
    }
    0
}

fn syncs_per_second(directory: &Path) -> f64 {
    let mut file = std::fs::File::create(directory.join("sync")).unwrap();
    let start = Instant::now();
    let mut count = 0.0;
    while start.elapsed() < Duration::from_secs(1) {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1.0;
    }
    count / start.elapsed().as_secs_f64()
}

fn run(store: &SqliteStore, callers: u64, length: Duration, next: &AtomicU64) {
    let stop = AtomicBool::new(false);
    let (before, writer_before) = (next.load(Ordering::Relaxed), writer_time());
    let start = Instant::now();
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..callers)
            .map(|_| {
                scope.spawn(|| {
                    let mut waits = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let person = scattered(number) % PEOPLE;
                        let asked = Instant::now();
                        // Two callers may scan one person at once; the earlier scan is then refused, which is an answer.
                        let _ = run_blocking(store, bucket(person), move |txn| scan(txn, person, number));
                        waits.push(asked.elapsed());
                    }
                    waits
                })
            })
            .collect();
        std::thread::sleep(length);
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let seconds = start.elapsed().as_secs_f64();
    let units = next.load(Ordering::Relaxed) - before;
    waits.sort_unstable();
    println!(
        "{callers:4} callers: {:8.0} units/s, p50 {:6} us, p99 {:6} us, writer {:5.1} us a unit",
        units as f64 / seconds,
        waits[waits.len() / 2].as_micros(),
        waits[waits.len() * 99 / 100].as_micros(),
        (writer_time() - writer_before) as f64 / 1e3 / units as f64,
    );
}

fn main() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("units-bench");
    let _ = std::fs::remove_dir_all(&directory);
    let store = SqliteStore::open(&directory).unwrap();
    println!("disk: {:.0} fdatasync/s", syncs_per_second(&directory));
    enrol(&store);
    let next = AtomicU64::new(1);
    for callers in [1, 8, 64, 256] {
        run(&store, callers, Duration::from_secs(3), &next);
    }
    println!("disk: {:.0} fdatasync/s", syncs_per_second(&directory));
    drop(store);
    let _ = std::fs::remove_dir_all(&directory);
}
