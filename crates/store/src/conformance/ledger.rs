//! The ledger.

use std::collections::BTreeMap;

use tongma_domain::{Bucket, Fen, Id};

use super::{Fresh, HERE, account, bucket, on_eight_threads, read, transfer, try_unit, unit};
use crate::{Account, AccountKey, AccountLimit, Resolution, Store, StoreError, TransferState, Txn};

/// Opens the accounts of the cases; the purse gets this much from the till.
fn open(store: &Fresh, purse_fen: i64) {
    unit(store, move |txn| {
        txn.account_open(&account("purse"), AccountLimit::DebitsWithinCredits)?;
        txn.account_open(&account("grant"), AccountLimit::CreditsWithinDebits)?;
        txn.account_open(&account("till"), AccountLimit::None)?;
        txn.account_open(&account("due"), AccountLimit::None)?;
        if purse_fen > 0 {
            txn.transfer(&transfer("funding", "till", "purse", purse_fen), false)?;
        }
        Ok(())
    });
}

/// Debits pending and posted, credits pending and posted.
fn totals(store: &Fresh, class: &'static str) -> [i64; 4] {
    let of = read(store, |txn| txn.account(&account(class))).unwrap();
    [of.debits_pending, of.debits_posted, of.credits_pending, of.credits_posted].map(Fen::get)
}

fn limit_broken<T>() -> Result<T, StoreError> {
    Err(StoreError::Bound("account limit"))
}

pub(super) fn a_transfer_moves_both_accounts(store: &Fresh) {
    open(store, 0);
    let inside = unit(store, |txn| {
        assert!(txn.transfer(&transfer("a", "till", "due", 250), false)?);
        txn.account(&account("due"))
    });
    assert_eq!(inside.unwrap().credits_posted, Fen::new(250), "the unit sees its own transfer");
    assert_eq!((totals(store, "till"), totals(store, "due")), ([0, 250, 0, 0], [0, 0, 0, 250]));
    let state = read(store, |txn| txn.transfer_state(transfer("a", "till", "due", 250).id)).unwrap();
    let posted = Some(Resolution::Post(Fen::new(250)));
    assert_eq!(state, TransferState { transfer: transfer("a", "till", "due", 250), resolution: posted });
    assert_eq!(read(store, |txn| txn.transfer_state(Id::derived(&[b"another"]))), None);
    unit(store, |txn| txn.account_open(&account("due"), AccountLimit::DebitsWithinCredits));
    let due = read(store, |txn| txn.account(&account("due"))).unwrap();
    assert_eq!((due.limit, due.credits_posted.get()), (AccountLimit::None, 250), "an open account keeps its limit");
    assert_eq!(read(store, |txn| txn.account(&account("nobody"))), None);
}

pub(super) fn a_transfer_is_made_once(store: &Fresh) {
    open(store, 0);
    let (one, held) = (transfer("a", "till", "due", 5), transfer("b", "till", "due", 5));
    let make = |of: &crate::Transfer, pending: bool| {
        let of = of.clone();
        try_unit(store, move |txn| txn.transfer(&of, pending))
    };
    assert_eq!((make(&one, false), make(&one, false)), (Ok(true), Ok(false)));
    assert_eq!((make(&held, true), make(&held, true)), (Ok(true), Ok(false)));
    let twice = unit(store, |txn| {
        let of = transfer("c", "till", "due", 1);
        Ok((txn.transfer(&of, false)?, txn.transfer(&of, false)?))
    });
    assert_eq!(twice, (true, false), "inside one unit too");
    let another = Err(StoreError::Bound("the id holds another transfer"));
    assert_eq!((make(&one, true), make(&held, false)), (another.clone(), another.clone()));
    for change in 0..6 {
        let mut of = one.clone();
        match change {
            0 => of.amount = Fen::new(6),
            1 => of.code = "test.other".into(),
            2 => of.journal = Id::derived(&[b"other"]),
            3 => of.at = super::at(1_001),
            4 => of.debit = account("purse"),
            _ => of.credit = account("purse"),
        }
        assert_eq!(make(&of, false), another, "change {change}");
    }
    assert_eq!(totals(store, "till"), [5, 6, 0, 0]);
}

pub(super) fn a_purse_never_owes(store: &Fresh) {
    open(store, 100);
    let pay = |label: &'static str, fen: i64, pending: bool| {
        try_unit(store, move |txn| txn.transfer(&transfer(label, "purse", "due", fen), pending))
    };
    assert_eq!(pay("a", 101, false), limit_broken());
    assert_eq!(pay("a", 101, true), limit_broken());
    assert_eq!(pay("a", 60, true), Ok(true));
    assert_eq!(pay("b", 41, false), limit_broken(), "what is reserved cannot be spent");
    assert_eq!(pay("b", 40, false), Ok(true));
    assert_eq!(pay("c", 1, false), limit_broken());
    let kept = unit(store, |txn| {
        let refused = txn.transfer(&transfer("c", "purse", "due", 1), false);
        assert_eq!(refused, limit_broken());
        txn.transfer(&transfer("top up", "till", "purse", 1), false)?;
        txn.transfer(&transfer("c", "purse", "due", 1), false)
    });
    assert!(kept, "a refusal leaves the unit whole");
    assert_eq!(totals(store, "purse"), [60, 41, 0, 101]);
}

pub(super) fn credits_stay_within_debits(store: &Fresh) {
    open(store, 0);
    let move_it = |label: &'static str, debit: &'static str, credit: &'static str, fen: i64, pending: bool| {
        try_unit(store, move |txn| txn.transfer(&transfer(label, debit, credit, fen), pending))
    };
    assert_eq!(move_it("a", "till", "grant", 1, false), limit_broken());
    assert_eq!(move_it("b", "grant", "due", 10, true), Ok(true));
    assert_eq!(move_it("a", "till", "grant", 1, false), limit_broken(), "reserved debits do not count as made");
    unit(store, |txn| txn.resolve(transfer("b", "grant", "due", 10).id, Resolution::Post(Fen::new(10))));
    assert_eq!(move_it("a", "till", "grant", 7, true), Ok(true));
    assert_eq!(move_it("c", "till", "grant", 4, false), limit_broken());
    assert_eq!(move_it("c", "till", "grant", 3, false), Ok(true));
}

pub(super) fn pending_money_is_reserved(store: &Fresh) {
    open(store, 100);
    unit(store, |txn| txn.transfer(&transfer("a", "purse", "due", 80), true));
    assert_eq!((totals(store, "purse"), totals(store, "due")), ([80, 0, 0, 100], [0, 0, 80, 0]));
    let id = transfer("a", "purse", "due", 80).id;
    assert_eq!(read(store, |txn| txn.transfer_state(id)).unwrap().resolution, None);
    assert!(unit(store, move |txn| txn.resolve(id, Resolution::Post(Fen::new(30)))));
    assert_eq!((totals(store, "purse"), totals(store, "due")), ([0, 30, 0, 100], [0, 0, 0, 30]));
    assert_eq!(read(store, |txn| txn.transfer_state(id)).unwrap().resolution, Some(Resolution::Post(Fen::new(30))));
    let in_one = unit(store, |txn| {
        let of = transfer("b", "purse", "due", 70);
        txn.transfer(&of, true)?;
        let released = txn.resolve(of.id, Resolution::Void)?;
        Ok((released, txn.account(&account("purse"))?.unwrap().debits_pending))
    });
    assert_eq!(in_one, (true, Fen::ZERO));
    assert_eq!((totals(store, "purse"), totals(store, "due")), ([0, 30, 0, 100], [0, 0, 0, 30]));
}

pub(super) fn a_resolution_is_final(store: &Fresh) {
    open(store, 100);
    for label in ["posted", "voided"] {
        unit(store, move |txn| txn.transfer(&transfer(label, "purse", "due", 50), true));
    }
    let end = |label: &str, how: Resolution| {
        let id = transfer(label, "purse", "due", 50).id;
        try_unit(store, move |txn| txn.resolve(id, how))
    };
    let (all, part) = (Resolution::Post(Fen::new(50)), Resolution::Post(Fen::new(20)));
    assert_eq!((end("posted", part), end("posted", part)), (Ok(true), Ok(false)));
    assert_eq!((end("voided", Resolution::Void), end("voided", Resolution::Void)), (Ok(true), Ok(false)));
    let otherwise = Err(StoreError::Bound("the transfer was resolved otherwise"));
    assert_eq!((end("posted", all), end("posted", Resolution::Void)), (otherwise.clone(), otherwise.clone()));
    assert_eq!(end("voided", part), otherwise);
    let funding = transfer("funding", "till", "purse", 100).id;
    let ended = unit(store, move |txn| txn.resolve(funding, Resolution::Post(Fen::new(100))));
    assert!(!ended, "an immediate transfer is posted in full already");
    let again = try_unit(store, |txn| txn.transfer(&transfer("posted", "purse", "due", 50), true));
    assert_eq!(again, Ok(false), "the reservation replayed after its end is still the same transfer");
    assert_eq!(totals(store, "purse"), [0, 20, 0, 100]);
}

pub(super) fn what_cannot_be_is_refused(store: &Fresh) {
    open(store, 100);
    unit(store, |txn| txn.transfer(&transfer("held", "purse", "due", 50), true));
    let refusals = unit(store, |txn| {
        let held = transfer("held", "purse", "due", 50).id;
        Ok(vec![
            txn.transfer(&transfer("a", "purse", "nobody", 1), false).map(drop),
            txn.transfer(&transfer("a", "nobody", "due", 1), false).map(drop),
            txn.transfer(&transfer("a", "due", "due", 1), false).map(drop),
            txn.transfer(&transfer("a", "till", "due", 0), false).map(drop),
            txn.transfer(&transfer("a", "till", "due", -1), true).map(drop),
            txn.resolve(held, Resolution::Post(Fen::new(51))).map(drop),
            txn.resolve(held, Resolution::Post(Fen::ZERO)).map(drop),
            txn.resolve(held, Resolution::Post(Fen::new(-1))).map(drop),
            txn.resolve(transfer("none", "till", "due", 1).id, Resolution::Void).map(drop),
        ])
    });
    assert!(refusals.iter().all(|answer| matches!(answer, Err(StoreError::Bound(_)))), "{refusals:?}");
    assert_eq!((totals(store, "purse"), totals(store, "due")), ([50, 0, 0, 100], [0, 0, 50, 0]));
}

pub(super) fn totals_do_not_wrap(store: &Fresh) {
    open(store, 0);
    unit(store, |txn| txn.transfer(&transfer("a", "till", "due", i64::MAX), false));
    let over = try_unit(store, |txn| txn.transfer(&transfer("b", "till", "purse", 1), false));
    assert_eq!(over, Err(StoreError::Bound("account total")));
    assert_eq!(totals(store, "till"), [0, i64::MAX, 0, 0]);
}

pub(super) fn a_purse_holds_under_parallel_payers(store: &Fresh) {
    open(store, 500);
    let paid = on_eight_threads(store, |store, number| {
        (0..20_i64)
            .filter(|round| {
                let label = format!("{number} {round}");
                let fen = 3 + *round % 5;
                try_unit(store, move |txn| txn.transfer(&transfer(&label, "purse", "due", fen), false)).is_ok()
            })
            .map(|round| 3 + round % 5)
            .sum::<i64>()
    });
    let paid: i64 = paid.iter().sum();
    assert!((494..=500).contains(&paid), "spent until the smallest payment did not fit: {paid}");
    assert_eq!((totals(store, "purse"), totals(store, "due")), ([0, paid, 0, 500], [0, 0, 0, paid]));
}

/// The four totals that an account's transfers add up to.
fn add_up(transfers: &[TransferState]) -> BTreeMap<AccountKey, [i64; 4]> {
    let mut sums: BTreeMap<AccountKey, [i64; 4]> = BTreeMap::new();
    for TransferState { transfer, resolution } in transfers {
        let (pending, posted) = match resolution {
            None => (transfer.amount.get(), 0),
            Some(Resolution::Post(part)) => (0, part.get()),
            Some(Resolution::Void) => (0, 0),
        };
        let debit = sums.entry(transfer.debit.clone()).or_default();
        (debit[0], debit[1]) = (debit[0] + pending, debit[1] + posted);
        let credit = sums.entry(transfer.credit.clone()).or_default();
        (credit[2], credit[3]) = (credit[2] + pending, credit[3] + posted);
    }
    sums
}

/// Audits a bucket's books: every balance is the sum of its transfers, debits equal credits, every limit holds.
///
/// # Panics
/// When one of these does not hold.
pub fn audit(store: &dyn Store, bucket: Bucket) {
    let accounts = store.accounts_of(bucket).unwrap();
    let mut sums = add_up(&store.transfers_of(bucket).unwrap());
    let mut trial = [0_i128; 2];
    for (key, of) in accounts {
        let Account { limit, debits_pending, debits_posted, credits_pending, credits_posted } = of;
        let held = [debits_pending, debits_posted, credits_pending, credits_posted].map(Fen::get);
        assert_eq!(held, sums.remove(&key).unwrap_or_default(), "the totals of {key:?} are those of its transfers");
        trial[0] += i128::from(held[0]) + i128::from(held[1]);
        trial[1] += i128::from(held[2]) + i128::from(held[3]);
        match limit {
            AccountLimit::None => {}
            AccountLimit::DebitsWithinCredits => assert!(held[0] + held[1] <= held[3], "{key:?} {held:?}"),
            AccountLimit::CreditsWithinDebits => assert!(held[2] + held[3] <= held[1], "{key:?} {held:?}"),
        }
    }
    assert_eq!(trial[0], trial[1], "debits equal credits");
    assert!(sums.is_empty(), "no transfer names an account that is not open: {sums:?}");
}

pub(super) fn the_books_balance(store: &Fresh) {
    open(store, 1_000);
    for round in 0..40_i64 {
        let label = format!("{round}");
        let (from, to) = match round % 4 {
            0 => ("purse", "due"),
            1 => ("due", "till"),
            2 => ("till", "purse"),
            _ => ("grant", "due"),
        };
        let id = transfer(&label, from, to, 1).id;
        drop(try_unit(store, move |txn: &mut dyn Txn| {
            txn.transfer(&transfer(&label, from, to, round * 7 + 1), round % 3 == 0)
        }));
        if round % 6 == 0 {
            let how = if round % 4 == 0 { Resolution::Void } else { Resolution::Post(Fen::new(round)) };
            drop(try_unit(store, move |txn| txn.resolve(id, how)));
        }
    }
    audit(store.as_ref(), bucket(HERE));
    let open: Vec<String> =
        store.accounts_of(bucket(HERE)).unwrap().iter().map(|(key, _)| key.class.to_string()).collect();
    assert_eq!(open, ["due", "grant", "purse", "till"], "by key");
    let ids: Vec<Id> = store.transfers_of(bucket(HERE)).unwrap().iter().map(|of| of.transfer.id).collect();
    assert!(ids.len() > 30 && ids.is_sorted(), "by id");
}
