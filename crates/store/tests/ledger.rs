//! The ledger's invariants under any sequence of postings: balances are the sums of their transfers, debits equal
//! credits, limits hold, and doing everything a second time changes nothing.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test tells what is wrong by panicking")]

use proptest::prelude::*;
use tongma_domain::{Bucket, Fen, Id, UnixMs};
use tongma_store::{
    AccountKey, AccountLimit, Key, MemoryStore, Resolution, Store, Transfer, TransferState, conformance, run_blocking,
};

const CLASSES: [(&str, AccountLimit); 4] = [
    ("purse", AccountLimit::DebitsWithinCredits),
    ("subsidy", AccountLimit::DebitsWithinCredits),
    ("grant", AccountLimit::CreditsWithinDebits),
    ("due", AccountLimit::None),
];

#[derive(Debug, Clone)]
enum Step {
    Transfer { label: u8, debit: usize, credit: usize, fen: i64, pending: bool },
    Resolve { label: u8, post: Option<i64> },
}

fn step() -> impl Strategy<Value = Step> {
    let money = prop_oneof![-1_i64..40, Just(i64::MAX), Just(i64::MAX - 20)];
    let transfer = (0_u8..30, 0_usize..4, 0_usize..4, money, any::<bool>());
    let resolve = (0_u8..30, prop::option::of(0_i64..45));
    prop_oneof![
        3 => transfer.prop_map(|(label, debit, credit, fen, pending)| Step::Transfer { label, debit, credit, fen, pending }),
        1 => resolve.prop_map(|(label, post)| Step::Resolve { label, post }),
    ]
}

fn account(at: usize) -> AccountKey {
    AccountKey { class: CLASSES[at].0.into(), of: Key::from("a") }
}

fn id(label: u8) -> Id {
    Id::derived(&[&[label]])
}

/// Takes a step; whether it changed anything.
fn take(store: &MemoryStore, step: &Step) -> bool {
    let step = step.clone();
    let taken = run_blocking(store, Bucket::default(), move |txn| match step.clone() {
        Step::Transfer { label, debit, credit, fen, pending } => {
            let (debit, credit, journal) = (account(debit), account(credit), id(0));
            let at = UnixMs::from_millis(1);
            let amount = Fen::new(fen);
            txn.transfer(&Transfer { id: id(label), debit, credit, amount, code: "test".into(), journal, at }, pending)
        }
        Step::Resolve { label, post } => {
            txn.resolve(id(label), post.map_or(Resolution::Void, |fen| Resolution::Post(Fen::new(fen))))
        }
    });
    taken.unwrap_or(false)
}

fn open_accounts(store: &MemoryStore) {
    run_blocking(store, Bucket::default(), |txn| {
        (0..CLASSES.len()).try_for_each(|at| txn.account_open(&account(at), CLASSES[at].1))
    })
    .unwrap();
}

proptest! {
    #[test]
    fn the_books_balance_after_any_steps(steps in prop::collection::vec(step(), 0..80)) {
        let store = MemoryStore::new();
        open_accounts(&store);
        for step in &steps {
            take(&store, step);
            conformance::audit(&store, Bucket::default());
        }
    }

    #[test]
    fn no_transfer_is_made_or_resolved_twice(steps in prop::collection::vec(step(), 0..60)) {
        let store = MemoryStore::new();
        open_accounts(&store);
        let mut made: Vec<TransferState> = Vec::new();
        for step in &steps {
            let changed = take(&store, step);
            let after = store.transfers_of(Bucket::default()).unwrap();
            prop_assert_eq!(changed, after != made, "a step says truly whether it changed anything");
            for state in &made {
                let now = after.iter().find(|now| now.transfer.id == state.transfer.id).unwrap();
                prop_assert_eq!(&now.transfer, &state.transfer, "a transfer never changes");
                prop_assert!(state.resolution.is_none() || now.resolution == state.resolution, "an end is final");
            }
            made = after;
            prop_assert!(!take(&store, step) , "the same step again does nothing");
        }
    }
}
