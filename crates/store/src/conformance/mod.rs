//! The conformance suite: what every engine must do, one named case each. A case gets a fresh, empty store.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test suite tells what is wrong by panicking"
)]

mod counters;
mod due;
mod ledger;
mod log;
mod once;
mod records;
mod units;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use tongma_domain::{Bucket, Fen, Id, UnixMs};

use crate::{AccountKey, Key, Store, StoreError, Transfer, Txn, run_blocking};

pub use ledger::audit;

/// A fresh, empty store.
pub type Fresh = Arc<dyn Store>;

/// A named case.
pub struct Case {
    /// What it shows, as a function name.
    pub name: &'static str,
    /// Panics when the store does otherwise.
    pub check: fn(&Fresh),
}

macro_rules! cases {
    ($($module:ident: $($name:ident),+;)+) => {
        /// Every case.
        pub const CASES: &[Case] = &[
            $($(Case { name: concat!(stringify!($module), "::", stringify!($name)), check: $module::$name },)+)+
        ];
    };
}

cases! {
    records: versions_count_puts, a_wrong_expectation_is_a_conflict_at_once, a_unit_sees_its_own_records,
        kinds_and_buckets_are_apart, any_bytes_come_back, sizes_are_limited, scans_go_by_key_under_one_value,
        entries_follow_the_last_put, scans_are_paged, scans_merge_what_the_unit_wrote;
    counters: bounds_hold, two_units_count_on, places_are_never_sold_twice;
    ledger: a_transfer_moves_both_accounts, a_transfer_is_made_once, a_purse_never_owes, credits_stay_within_debits,
        pending_money_is_reserved, a_resolution_is_final, what_cannot_be_is_refused, totals_do_not_wrap,
        a_purse_holds_under_parallel_payers, the_books_balance;
    once: ranks_and_claimants_decide, an_answer_is_replaced_inside_its_unit, parallel_claims_have_one_winner,
        old_rows_are_forgotten;
    log: places_have_no_gaps, a_subject_is_read_newest_first, a_unit_reads_what_it_appended, parallel_writers_leave_no_gap;
    due: what_is_due_comes_soonest_first, what_is_done_is_gone, places_are_not_used_again;
    units: an_error_drops_every_write, marks_drop_what_came_after, reading_writes_nothing, readings_are_snapshots,
        a_panicking_unit_is_refused_alone, told_in_order_and_after_the_commit, told_from_a_callback,
        nothing_is_lost_between_readers_and_writers, many_units_in_flight;
}

/// Runs every case, each on a store of its own, and says which failed.
///
/// # Panics
/// When a case failed, naming all that did.
pub fn run(make: &dyn Fn() -> Fresh) {
    let failed: Vec<&str> = CASES
        .iter()
        .filter(|case| catch_unwind(AssertUnwindSafe(|| (case.check)(&make()))).is_err())
        .map(|case| case.name)
        .collect();
    assert!(failed.is_empty(), "{} of {} conformance cases failed: {failed:?}", failed.len(), CASES.len());
}

fn bucket(number: u16) -> Bucket {
    Bucket::from_low_bits(number)
}

const HERE: u16 = 7;

/// Runs a unit in the usual bucket.
fn try_unit<T, F>(store: &Fresh, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnMut(&mut dyn Txn) -> Result<T, StoreError> + Send + 'static,
{
    run_blocking(store.as_ref(), bucket(HERE), work)
}

/// Runs a unit in the usual bucket that must commit.
fn unit<T, F>(store: &Fresh, work: F) -> T
where
    T: Send + 'static,
    F: FnMut(&mut dyn Txn) -> Result<T, StoreError> + Send + 'static,
{
    try_unit(store, work).expect("the unit commits")
}

/// Reads in the usual bucket.
fn read<T>(store: &Fresh, mut work: impl FnMut(&mut dyn Txn) -> Result<T, StoreError>) -> T {
    let mut given = None;
    let mut reading = |txn: &mut dyn Txn| {
        given = Some(work(txn)?);
        Ok(())
    };
    store.read(bucket(HERE), &mut reading).expect("the reading succeeds");
    given.expect("the reading ran")
}

/// Runs a function on eight threads at once, each told its number; gives what they gave, in that order.
fn on_eight_threads<T: Send>(store: &Fresh, run: impl Fn(&Fresh, u8) -> T + Sync) -> Vec<T> {
    let given = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (run, given) = (&run, &given);
            scope.spawn(move || {
                let value = run(store, number);
                given.lock().unwrap_or_else(PoisonError::into_inner).push((number, value));
            });
        }
    });
    let mut given = given.into_inner().unwrap_or_else(PoisonError::into_inner);
    given.sort_by_key(|(number, _)| *number);
    given.into_iter().map(|(_, value)| value).collect()
}

fn at(millis: i64) -> UnixMs {
    UnixMs::from_millis(millis)
}

fn account(class: &'static str) -> AccountKey {
    AccountKey { class: class.into(), of: Key::from("someone") }
}

fn transfer(label: &str, debit: &'static str, credit: &'static str, fen: i64) -> Transfer {
    Transfer {
        id: Id::derived(&[b"transfer", label.as_bytes()]),
        debit: account(debit),
        credit: account(credit),
        amount: Fen::new(fen),
        code: "test.pay".into(),
        journal: Id::derived(&[b"journal"]),
        at: at(1_000),
    }
}
