//! The differential test: the same random units on two stores, every answer and the whole final state compared.
//!
//! Everything is drawn from a seed, so a difference is found again by its seed.
#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test tells what is wrong by panicking")]

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tongma_domain::{Bucket, Entropy, Fen, Id, SeededEntropy, UnixMs};

use crate::conformance::audit;
use crate::{
    AccountKey, AccountLimit, CounterKey, Expect, Index, Key, Kind, OnceClaim, Resolution, Store, StoreError, Transfer,
    Txn,
};

const KINDS: [Kind; 2] = ["loan", "holder"];
const INDEXES: [&str; 2] = ["by_state", "by_venue"];
const VALUES: [&[u8]; 3] = [&[], &[1], &[1, 0xff]];
const CLASSES: [&str; 3] = ["purse", "due", "grant"];
const LIMITS: [AccountLimit; 3] =
    [AccountLimit::DebitsWithinCredits, AccountLimit::None, AccountLimit::CreditsWithinDebits];
const BUCKETS: [u16; 3] = [0, 1_234, 4_095];

/// One call of a verb with all its arguments, over so few keys that calls meet each other.
#[derive(Debug, Clone)]
enum Call {
    Get(Kind, Key),
    /// With the version read first, or a guess.
    Put(Kind, Key, Option<Expect>, Vec<u8>, Vec<Index>),
    Remove(Kind, Key, Option<Expect>),
    Scan(Kind, &'static str, Key, Option<Key>, usize),
    CountAdd(CounterKey, i64, i64, i64),
    Count(CounterKey),
    Open(AccountKey, AccountLimit),
    Account(AccountKey),
    Transfer(Transfer, bool),
    Resolve(Id, Resolution),
    TransferState(Id),
    Claim(OnceClaim),
    Append(Key, UnixMs, Vec<u8>),
    Log(Key, Option<u64>, usize),
    DuePut(UnixMs, Vec<u8>),
    DueDone(u64),
    /// Runs these, then drops what they wrote.
    Dropped(Vec<Call>),
}

/// Draws units.
struct Dice(SeededEntropy);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut bytes = *b"tongma store differential test  ";
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        Self(SeededEntropy::new(bytes))
    }

    /// A number below `sides`.
    fn below(&mut self, sides: u64) -> u64 {
        self.0.next_u64() % sides
    }

    fn small(&mut self, sides: u64) -> i64 {
        self.below(sides).cast_signed()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let at = self.below(from.len() as u64);
        from[usize::try_from(at).unwrap_or(0)]
    }

    /// One of three values of an index.
    fn value(&mut self) -> Key {
        Key::new(self.pick(&VALUES))
    }

    fn key(&mut self) -> Key {
        match self.below(6) {
            0 => Key::new(&[]),
            1 => Key::new(&[0xff; 64]),
            n => Key::new(&[u8::try_from(n).unwrap_or(0), 0]),
        }
    }

    fn body(&mut self) -> Vec<u8> {
        let length = if self.below(50) == 0 { 70_000 } else { self.below(40) };
        let mut body = vec![0; usize::try_from(length).unwrap_or(0)];
        self.0.fill(&mut body);
        body
    }

    fn page(&mut self) -> usize {
        self.pick(&[0, 1, 2, 3, 500, usize::MAX])
    }

    fn at(&mut self) -> UnixMs {
        UnixMs::from_millis(self.small(40) - 5)
    }

    fn expect(&mut self) -> Option<Expect> {
        match self.below(8) {
            0 => Some(Expect::Absent),
            1 => Some(Expect::Version(self.below(4))),
            _ => None,
        }
    }

    fn index(&mut self) -> Vec<Index> {
        (0..self.below(4)).map(|_| Index { name: self.pick(&INDEXES), value: self.value() }).collect()
    }

    fn counter(&mut self) -> CounterKey {
        CounterKey { name: self.pick(&["booked", "used"]), of: self.key() }
    }

    fn account(&mut self) -> (AccountKey, AccountLimit) {
        let class = self.pick(&[0, 1, 2]);
        let of = Key::new(&[u8::try_from(self.below(2)).unwrap_or(0)]);
        (AccountKey { class: CLASSES[class].into(), of }, LIMITS[class])
    }

    fn transfer_id(&mut self) -> Id {
        Id::derived(&[b"transfer", &self.below(25).to_be_bytes()])
    }

    fn transfer(&mut self) -> Call {
        let id = self.transfer_id();
        // Everything but the id is a function of the id, most of the time, so that replays are true replays.
        let mut dice = if self.below(6) == 0 { Self(self.0.clone()) } else { Self::new(u64::from(id.as_bytes()[15])) };
        let (debit, _) = dice.account();
        let (credit, _) = dice.account();
        let amount = Fen::new(dice.small(30));
        let journal = Id::derived(&[b"journal"]);
        let pending = dice.below(2) == 0;
        Call::Transfer(Transfer { id, debit, credit, amount, code: "test".into(), journal, at: dice.at() }, pending)
    }

    fn claim(&mut self) -> OnceClaim {
        let claimant = [u8::try_from(self.below(2)).unwrap_or(0); 32];
        let rank = u32::try_from(self.below(4)).unwrap_or(0);
        OnceClaim { key: self.key(), rank, claimant, answer: self.body(), keep_until: self.at() }
    }

    fn unit(&mut self) -> Unit {
        let bucket = Bucket::from_low_bits(self.pick(&BUCKETS));
        let calls = (0..=self.below(9)).map(|_| self.call()).collect();
        Unit { bucket, calls, fails: self.below(10) == 0 }
    }

    fn call(&mut self) -> Call {
        let (kind, index) = (self.pick(&KINDS), self.pick(&INDEXES));
        match self.below(26) {
            0 | 1 => Call::Get(kind, self.key()),
            2..=6 => Call::Put(kind, self.key(), self.expect(), self.body(), self.index()),
            7 => Call::Remove(kind, self.key(), self.expect()),
            8 | 9 => {
                let after = if self.below(2) == 0 { Some(self.key()) } else { None };
                Call::Scan(kind, index, self.value(), after, self.page())
            }
            10 | 11 => Call::CountAdd(self.counter(), self.small(9) - 4, -2, 6),
            12 => Call::Count(self.counter()),
            13 => {
                let (key, limit) = self.account();
                Call::Open(key, limit)
            }
            14 => Call::Account(self.account().0),
            15..=17 => self.transfer(),
            18 => {
                let amount = Fen::new(self.small(32));
                Call::Resolve(self.transfer_id(), self.pick(&[Resolution::Post(amount), Resolution::Void]))
            }
            19 => Call::TransferState(self.transfer_id()),
            20 => Call::Claim(self.claim()),
            21 => Call::Append(self.key(), self.at(), self.body()),
            22 => {
                let before = if self.below(2) == 0 { Some(self.below(30)) } else { None };
                Call::Log(self.key(), before, self.page())
            }
            23 => Call::DuePut(self.at(), self.body()),
            24 => Call::DueDone(self.below(20)),
            _ => Call::Dropped((0..self.below(5)).map(|_| self.call()).collect()),
        }
    }
}

/// What is expected: as given, or as it is.
fn expected(txn: &mut dyn Txn, kind: Kind, key: &Key, given: Option<Expect>) -> Result<Expect, StoreError> {
    let read = || Ok(txn.get(kind, key)?.map_or(Expect::Absent, |record| Expect::Version(record.version)));
    given.map_or_else(read, Ok)
}

/// Makes a call; gives its answer as text. Only an engine's own failure is an error.
fn make(txn: &mut dyn Txn, call: &Call) -> Result<String, StoreError> {
    fn text<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> Result<String, StoreError> {
        match answer {
            Err(error @ (StoreError::Unavailable(_) | StoreError::Corrupt(_))) => Err(error),
            answer => Ok(format!("{answer:?}")),
        }
    }
    match call {
        Call::Get(kind, key) => text(txn.get(kind, key)),
        Call::Put(kind, key, given, body, index) => {
            let expect = expected(txn, kind, key, *given)?;
            text(txn.put(kind, key, expect, body.clone(), index.clone()))
        }
        Call::Remove(kind, key, given) => {
            let expect = expected(txn, kind, key, *given)?;
            text(txn.remove(kind, key, expect))
        }
        Call::Scan(kind, index, value, after, limit) => text(txn.scan(kind, index, value, after.as_ref(), *limit)),
        Call::CountAdd(key, delta, least, most) => text(txn.count_add(key, *delta, *least, *most)),
        Call::Count(key) => text(txn.count(key)),
        Call::Open(key, limit) => text(txn.account_open(key, *limit)),
        Call::Account(key) => text(txn.account(key)),
        Call::Transfer(transfer, pending) => text(txn.transfer(transfer, *pending)),
        Call::Resolve(id, resolution) => text(txn.resolve(*id, *resolution)),
        Call::TransferState(id) => text(txn.transfer_state(*id)),
        Call::Claim(claim) => text(txn.claim(claim)),
        Call::Append(subject, at, body) => text(txn.append(subject, *at, body.clone())),
        Call::Log(subject, before, limit) => text(txn.log(subject, *before, *limit)),
        Call::DuePut(at, body) => text(txn.due_put(*at, body.clone())),
        Call::DueDone(seq) => text(txn.due_done(*seq)),
        Call::Dropped(calls) => {
            let mark = txn.mark();
            let answers = calls.iter().map(|call| make(txn, call)).collect::<Result<Vec<_>, _>>();
            txn.back_to(mark);
            answers.map(|answers| answers.join(", "))
        }
    }
}

/// A unit of calls.
struct Unit {
    bucket: Bucket,
    calls: Vec<Call>,
    /// Whether it drops everything at its end.
    fails: bool,
}

/// What a unit's calls were answered in its last run, and what its caller was told.
type Said = (Vec<String>, Result<(), StoreError>);

/// Submits units one behind the other without waiting in between; gives what each said.
fn run(store: &dyn Store, units: &[Unit]) -> Vec<Said> {
    let (tell, told) = mpsc::channel();
    for (number, unit) in units.iter().enumerate() {
        let (calls, fails) = (unit.calls.clone(), unit.fails);
        let answers = Arc::new(Mutex::new(Vec::new()));
        let given = Arc::clone(&answers);
        let work = move |txn: &mut dyn Txn| {
            let answers = calls.iter().map(|call| make(txn, call)).collect::<Result<Vec<_>, _>>()?;
            *given.lock().unwrap_or_else(PoisonError::into_inner) = answers;
            if fails { Err(StoreError::Bound("the unit changed its mind")) } else { Ok(()) }
        };
        let tell = tell.clone();
        let done = move |result| {
            let answers = std::mem::take(&mut *answers.lock().unwrap_or_else(PoisonError::into_inner));
            // The receiver waits for every unit.
            let _ = tell.send((number, (answers, result)));
        };
        store.submit(unit.bucket, Box::new(work), Box::new(done));
    }
    let mut said: Vec<(usize, Said)> = told.iter().take(units.len()).collect();
    said.sort_by_key(|(number, _)| *number);
    said.into_iter().map(|(_, said)| said).collect()
}

/// All that the port can read of the keys that units use, as lines of text.
fn state(store: &dyn Store) -> Vec<String> {
    let now = UnixMs::from_millis(1_000);
    let mut lines = vec![
        format!("buckets {:?}", store.buckets()),
        format!("due {:?}", store.due((Bucket::default(), Bucket::from_low_bits(4_095)), now, 500)),
        format!(
            "early {:?}",
            store.due((Bucket::from_low_bits(1), Bucket::from_low_bits(4_095)), UnixMs::from_millis(9), 5)
        ),
    ];
    for number in BUCKETS {
        let bucket = Bucket::from_low_bits(number);
        lines.push(format!("{number} log {:?} {:?}", store.log_of(bucket, 0, 500), store.log_of(bucket, 3, 2)));
        lines.push(format!("{number} accounts {:?}", store.accounts_of(bucket)));
        lines.push(format!("{number} transfers {:?}", store.transfers_of(bucket)));
        let mut reading = |txn: &mut dyn Txn| {
            for kind in KINDS {
                for index in INDEXES {
                    for value in VALUES {
                        let page = txn.scan(kind, index, &Key::new(value), None, 500)?;
                        lines.push(format!("{number} {kind} {index} {value:?} {page:?}"));
                    }
                }
            }
            Ok(())
        };
        if let Err(error) = store.read(bucket, &mut reading) {
            lines.push(format!("{number} not readable: {error}"));
        }
    }
    lines
}

/// Runs at least `units` random units on both stores, which must be fresh, and compares all they say.
///
/// # Panics
/// At the first difference, naming seed, unit and call; and when the books of the first store do not balance.
pub fn compare(seed: u64, units: usize, one: &dyn Store, other: &dyn Store) {
    let mut dice = Dice::new(seed);
    let mut number = 0;
    while number < units {
        // Now and then many are in flight at once; those of a bucket still follow one another.
        let together = if dice.below(4) == 0 { 1 + dice.below(30) } else { 1 };
        let these: Vec<Unit> = (0..together).map(|_| dice.unit()).collect();
        for ((first, second), unit) in run(one, &these).into_iter().zip(run(other, &these)).zip(&these) {
            if first != second {
                let differ = first.0.iter().zip(&second.0).position(|(one, other)| one != other);
                let call = differ.map(|at| (&unit.calls[at], &first.0[at], &second.0[at]));
                panic!("seed {seed}, unit {number}: {:?} and {:?}; differing call: {call:?}", first.1, second.1);
            }
            number += 1;
        }
        if dice.below(40) == 0 {
            let before = UnixMs::from_millis(dice.small(20));
            assert_eq!(one.forget(before, 500), other.forget(before, 500), "seed {seed}, after unit {number}: forget");
        }
    }
    for (first, second) in state(one).into_iter().zip(state(other)) {
        assert_eq!(first, second, "seed {seed}: the final states differ");
    }
    for number in BUCKETS {
        audit(one, Bucket::from_low_bits(number));
    }
}
