//! What the store does when the machine fails it: a full disk, a second process, a sync that fails.
#![expect(clippy::unwrap_used, reason = "a test tells what is wrong by panicking")]

mod directory;

use std::process::Command;
use std::sync::mpsc;

use directory::Directory;
use tongma_domain::{Bucket, UnixMs};
use tongma_store::{Expect, Key, Store, StoreError, Txn, run_blocking};
use tongma_store_sqlite::{Options, SqliteStore};

fn bucket() -> Bucket {
    Bucket::from_low_bits(5)
}

fn put(store: &SqliteStore, number: u32, bytes: usize) -> Result<u64, StoreError> {
    run_blocking(store, bucket(), move |txn| {
        txn.put("thing", &Key::new(&number.to_be_bytes()), Expect::Absent, vec![7; bytes], Vec::new())
    })
}

fn held(store: &SqliteStore, number: u32) -> bool {
    let mut found = false;
    let mut read = |txn: &mut dyn Txn| {
        found = txn.get("thing", &Key::new(&number.to_be_bytes()))?.is_some();
        Ok(())
    };
    store.read(bucket(), &mut read).unwrap();
    found
}

#[test]
fn a_full_disk_refuses_and_passes() {
    let directory = Directory::new("full");
    let store =
        SqliteStore::open_with(directory.path(), Options { most_pages: Some(200), ..Options::default() }).unwrap();
    let full = |of: &Result<u64, StoreError>| *of == Err(StoreError::Unavailable("the disk is full".into()));
    let fitted = (0..100).take_while(|number| put(&store, *number, 20_000).is_ok()).count();
    assert!((20..40).contains(&fitted), "{fitted} records of five pages fit into two hundred pages");
    let fitted = u32::try_from(fitted).unwrap();
    let refused = put(&store, fitted, 20_000);
    assert!(full(&refused), "{refused:?}");
    assert_eq!(put(&store, 1_000, 10), Ok(1), "what fits is still taken");
    assert!((0..fitted).all(|number| held(&store, number)) && !held(&store, fitted));
    assert_eq!(store.health(), Ok(()), "a full disk is no reason to stop");
    // A unit that does not fit fails alone among units that share a commit with it.
    let (tell, told) = mpsc::channel();
    for number in 2_000..2_020_u32 {
        let bytes = if number % 4 == 0 { 60_000 } else { 5 };
        let work = move |txn: &mut dyn Txn| {
            let key = Key::new(&number.to_be_bytes());
            txn.append(&key, UnixMs::default(), Vec::new())?;
            txn.put("thing", &key, Expect::Absent, vec![7; bytes], Vec::new()).map(drop)
        };
        let tell = tell.clone();
        store.submit(bucket(), Box::new(work), Box::new(move |result| tell.send((number, result)).unwrap()));
    }
    for (number, result) in told.into_iter().take(20) {
        assert_eq!(result.is_ok(), number % 4 != 0, "{number}: {result:?}");
        assert_eq!(held(&store, number), number % 4 != 0);
    }
    let entries = store.log_of(bucket(), 0, 500).unwrap();
    assert!(entries.iter().map(|entry| entry.seq).eq(1..=15), "units that failed left no gap");
    for number in 0..4_u32 {
        let remove = move |txn: &mut dyn Txn| txn.remove("thing", &Key::new(&number.to_be_bytes()), Expect::Version(1));
        run_blocking(&store, bucket(), remove).unwrap();
    }
    assert_eq!(put(&store, fitted, 20_000), Ok(1), "with room again it goes on by itself");
}

#[test]
fn a_second_process_is_told_who_has_the_store() {
    let directory = Directory::new("locked");
    let store = SqliteStore::open(directory.path()).unwrap();
    let refused = SqliteStore::open(directory.path()).err().unwrap().to_string();
    assert!(refused.contains("in use by process") && refused.contains(&std::process::id().to_string()), "{refused}");
    assert_eq!(put(&store, 1, 1), Ok(1), "the first is not disturbed");
    drop(store);
    assert!(held(&SqliteStore::open(directory.path()).unwrap(), 1));
}

#[test]
fn what_is_not_a_store_is_refused() {
    let directory = Directory::new("garbage");
    std::fs::write(directory.path().join("tongma.db"), vec![b'x'; 10_000]).unwrap();
    let refused = SqliteStore::open(directory.path()).err().unwrap().to_string();
    assert!(refused.contains("not a database"), "{refused}");
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = SqliteStore::open(&file).err().unwrap().to_string();
    assert!(refused.contains("cannot open") && refused.contains("file"), "{refused}");
}

/// Makes the calls of a program fail as a dying or a full disk makes them, while a file named by the environment is there.
const FAILING_DISK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int failing(const char *name) {
    const char *path = getenv(name);
    return path && access(path, F_OK) == 0;
}
int fsync(int file) {
    if (failing("SYNC_FAILS_WHILE")) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}
int fdatasync(int file) {
    if (failing("SYNC_FAILS_WHILE")) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
    if (failing("DISK_FULL_WHILE")) { errno = ENOSPC; return -1; }
    return ((ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"))(file, bytes, length, at);
}
ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    return pwrite64(file, bytes, length, at);
}
"#;

/// Runs a test of this file once more, in a process with a failing disk, where it finds its store [`given`]; it must succeed.
fn run_on_a_failing_disk(directory: &Directory, test: &str, variable: &str) {
    let (source, library) = (directory.path().join("disk.c"), directory.path().join("disk.so"));
    std::fs::write(&source, FAILING_DISK).unwrap();
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").status();
    assert!(compiled.is_ok_and(|status| status.success()), "this test needs a C compiler as `cc`: install gcc");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("LD_PRELOAD", &library)
        .env("STORE_DIRECTORY", directory.path().join("store"))
        .env(variable, directory.path().join("failing"))
        .output()
        .unwrap();
    let (said, cried) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && said.contains("the child is done"), "{said}{cried}");
}

/// In the process with a failing disk: its store, and the file whose presence makes the disk fail.
fn given(variable: &str) -> Option<(SqliteStore, std::path::PathBuf)> {
    let (directory, failing) = (std::env::var("STORE_DIRECTORY").ok()?, std::env::var(variable).ok()?);
    Some((SqliteStore::open(directory).unwrap(), failing.into()))
}

#[test]
fn a_disk_that_runs_full_at_a_commit_refuses_and_passes() {
    if let Some((store, full)) = given("DISK_FULL_WHILE") {
        return on_a_disk_that_is_full(&store, &full);
    }
    let directory = Directory::new("enospc");
    run_on_a_failing_disk(&directory, "a_disk_that_runs_full_at_a_commit_refuses_and_passes", "DISK_FULL_WHILE");
    let store = SqliteStore::open(directory.path().join("store")).unwrap();
    for number in 0..60 {
        // What was refused was not done; its number was put again once there was room, or not at all.
        assert_eq!(held(&store, number), !(20..40).contains(&number), "{number}");
    }
}

fn on_a_disk_that_is_full(store: &SqliteStore, full: &std::path::Path) {
    assert!((0..20).all(|number| put(store, number, 9_000) == Ok(1)));
    std::fs::write(full, "").unwrap();
    for number in 20..40 {
        let refused = put(store, number, 9_000);
        assert_eq!(refused, Err(StoreError::Unavailable("the disk is full".into())), "{number}");
    }
    assert_eq!(store.health(), Ok(()));
    assert!(held(store, 7) && !held(store, 20), "reading goes on");
    std::fs::remove_file(full).unwrap();
    assert!((40..60).all(|number| put(store, number, 9_000) == Ok(1)), "with room again it goes on by itself");
    println!("the child is done");
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged() {
    if let Some((store, failing)) = given("SYNC_FAILS_WHILE") {
        return on_a_disk_that_does_not_sync(&store, &failing);
    }
    let directory = Directory::new("sync");
    run_on_a_failing_disk(&directory, "after_a_failed_sync_nothing_is_acknowledged", "SYNC_FAILS_WHILE");
    let store = SqliteStore::open(directory.path().join("store")).unwrap();
    assert!(held(&store, 1), "what was acknowledged is there after a restart");
    assert_eq!(put(&store, 50, 1), Ok(1), "and the store works again");
}

fn on_a_disk_that_does_not_sync(store: &SqliteStore, failing: &std::path::Path) {
    assert_eq!(put(store, 1, 1), Ok(1));
    std::fs::write(failing, "").unwrap();
    assert!(matches!(put(store, 2, 1), Err(StoreError::Unavailable(_))), "the sync of this commit failed");
    std::fs::remove_file(failing).unwrap();
    for number in 3..9 {
        assert!(
            matches!(put(store, number, 1), Err(StoreError::Unavailable(_))),
            "a sync that works again proves nothing"
        );
    }
    assert!(store.health().is_err());
    let mut read = |txn: &mut dyn Txn| txn.get("thing", &Key::new(&1_u32.to_be_bytes())).map(drop);
    assert!(store.read(bucket(), &mut read).is_err(), "nobody knows whether what is read is on the disk");
    println!("the child is done");
}
