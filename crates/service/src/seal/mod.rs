//! One Merkle log over the logs of all buckets.
//!
//! Every bucket's log is append-only and gapless. A sealing job takes what is new, bucket by bucket, and makes each entry a
//! leaf of one tree; the tree's size and root are signed as a checkpoint. Whoever keeps a checkpoint can tell later whether
//! any row before it was changed or removed. A turn is bounded, and either happens whole or not at all: the tree, the
//! cursors and the checkpoint live in one bucket and change in one transaction, guarded by the head's version.

mod audit;
mod proofs;
mod records;
mod tiles;

use std::sync::Arc;
use std::time::Duration;

use tongma_capability::Stop;
use tongma_code::sign::PublicKey;
use tongma_domain::{Bucket, Refusal, Text};
use tongma_store::{Key, LogEntry, MOST_PAGE, Txn, load, upsert};
use tongma_tlog::{Checkpoint, Frontier, Hash, VerifierKey, leaf_hash};

pub use audit::{Audit, Fault, FaultKind};
pub use proofs::Proved;
use records::{CursorRecord, HeadRecord, PlaceRecord, Run, cursor_key, head_key, page_of, place_key};
use tiles::Grown;

use crate::platform::Platform;
use crate::vault::mac;

/// The bucket that holds the tree.
const HOME: Bucket = Bucket::DIRECTORY;
/// The most entries one turn seals.
const MOST_ENTRIES: usize = 2000;
/// The most buckets one turn looks at.
const MOST_BUCKETS: usize = 256;
/// How long the job waits when there is nothing to seal.
const PAUSE: Duration = Duration::from_millis(1000);
/// How long it waits between turns when there is: sealing must not crowd out the counters.
const BREATH: Duration = Duration::from_millis(20);
/// What an entry's leaf begins with.
const LEAF_TAG: &[u8] = b"tongma/log/v0\0";

/// What one turn did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sealed {
    /// So many entries were sealed.
    pub entries: usize,
    /// So many buckets were looked at.
    pub buckets: usize,
    /// How many leaves there are now.
    pub size: u64,
    /// Another process sealed at the same time; nothing was done.
    pub overtaken: bool,
    /// A bucket whose next entry is not the one that should follow: nothing behind a gap is sealed.
    pub gap: Option<(Bucket, u64)>,
}

/// What a turn is going to write.
struct Plan {
    version: u64,
    head: HeadRecord,
    grown: Grown,
    cursors: Vec<(Bucket, u64)>,
    runs: Vec<(Bucket, Run)>,
    done: Sealed,
}

impl Platform {
    /// The name of the log, and the key that signs its checkpoints.
    pub fn log_key(&self) -> VerifierKey {
        let mut key = [0; 65];
        if let PublicKey::Sm2(bytes) = self.codes.issuer().public_key() {
            key = bytes;
        }
        // The log is named by the host alone: that is what its auditors are told.
        let origin = self.codes.host();
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        VerifierKey { name: format!("{host}/log"), key }
    }

    /// The leaf of an entry. The salt keeps those who see hashes in others' proofs from trying out what they might stand for.
    pub(crate) fn leaf_of(&self, bucket: Bucket, entry: &LogEntry) -> Hash {
        use sm3::{Digest, Sm3};
        let place = [&bucket.number().to_be_bytes()[..], &entry.seq.to_be_bytes()].concat();
        let salt = mac(&self.vault.key("log-salt", &[]), &[&place]);
        let subject = entry.subject.as_bytes();
        let mut digest = Sm3::new();
        digest.update(&place);
        digest.update(entry.at.as_millis().to_be_bytes());
        digest.update([u8::try_from(subject.len()).unwrap_or(u8::MAX)]);
        digest.update(subject);
        digest.update(&entry.body);
        let digest: Hash = digest.finalize().into();
        leaf_hash(&[LEAF_TAG, salt.get(..16).unwrap_or_default(), &digest].concat())
    }

    /// Seals what is new, up to a bound. Call it again until it seals nothing.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn seal(self: &Arc<Self>) -> Result<Sealed, Refusal> {
        let platform = Arc::clone(self);
        let planned = tokio::task::spawn_blocking(move || platform.plan(MOST_ENTRIES)).await;
        let plan = planned.map_err(|_| broken())??;
        let mut done = plan.done;
        if plan.cursors.is_empty() && plan.head.next_bucket == 0 && plan.version > 0 {
            return Ok(done);
        }
        let committed = self.run(HOME, move |txn| write(txn, &plan)).await?;
        if !committed {
            (done.entries, done.overtaken) = (0, true);
        }
        Ok(done)
    }

    /// Seals for ever: a background worker of one process or of several, of which one gets ahead at each turn.
    pub async fn seal_on(self: Arc<Self>) {
        loop {
            let sealed = self.seal().await.unwrap_or_default();
            tokio::time::sleep(if sealed.entries > 0 { BREATH } else { PAUSE }).await;
        }
    }

    /// Reads what is new and works out the tree with it; writes nothing.
    fn plan(&self, most: usize) -> Result<Plan, Refusal> {
        let (version, mut head) = self.seal_head()?;
        let buckets = self.store.buckets().map_err(|error| crate::platform::store_refusal(&error))?;
        let mut turn: Vec<Bucket> = buckets.into_iter().filter(|bucket| bucket.number() >= head.next_bucket).collect();
        let rest = turn.split_off(turn.len().min(MOST_BUCKETS));
        head.next_bucket = rest.first().map_or(0, |bucket| bucket.number());
        let known = self.cursors(&turn)?;
        let frontier = head.frontier().ok_or_else(broken)?;
        let mut plan = Plan {
            version,
            grown: Grown::new(frontier),
            head,
            cursors: Vec::new(),
            runs: Vec::new(),
            done: Sealed::default(),
        };
        for (bucket, cursor) in turn.into_iter().zip(known) {
            if plan.done.entries >= most {
                // The turn is full: the next one begins here.
                plan.head.next_bucket = bucket.number();
                break;
            }
            plan.done.buckets += 1;
            self.take(&mut plan, bucket, cursor, most)?;
        }
        plan.head.keep(&plan.grown.frontier);
        if plan.done.entries > 0 || plan.head.note.is_empty() {
            plan.head.note = self.signed_checkpoint(&plan.grown.frontier)?;
            plan.head.at = self.now();
        }
        plan.done.size = plan.grown.frontier.size();
        Ok(plan)
    }

    /// Takes what is new in a bucket.
    fn take(&self, plan: &mut Plan, bucket: Bucket, cursor: u64, most: usize) -> Result<(), Refusal> {
        let mut sealed = cursor;
        loop {
            let room = most.saturating_sub(plan.done.entries).min(MOST_PAGE);
            if room == 0 {
                break;
            }
            let entries = self.store.log_of(bucket, sealed, room);
            let entries = entries.map_err(|error| crate::platform::store_refusal(&error))?;
            let last_page = entries.len() < room;
            for entry in entries {
                if entry.seq != sealed + 1 {
                    plan.done.gap = Some((bucket, sealed + 1));
                    break;
                }
                sealed = entry.seq;
                let index = plan.grown.push(self.leaf_of(bucket, &entry));
                plan.done.entries += 1;
                match plan.runs.last_mut() {
                    Some((known, run)) if *known == bucket && run.takes(sealed, index) => run.count += 1,
                    _ => plan.runs.push((bucket, Run { seq: sealed, count: 1, index })),
                }
            }
            if last_page || plan.done.gap.is_some() {
                break;
            }
        }
        if sealed > cursor {
            plan.cursors.push((bucket, sealed));
        }
        Ok(())
    }

    fn seal_head(&self) -> Result<(u64, HeadRecord), Refusal> {
        self.read(HOME, |txn| {
            Ok(load::<HeadRecord>(txn, head_key())?
                .map_or_else(|| (0, HeadRecord::default()), |held| (held.version, held.value)))
        })
    }

    fn cursors(&self, buckets: &[Bucket]) -> Result<Vec<u64>, Refusal> {
        self.read(HOME, |txn| buckets.iter().map(|bucket| sealed_through(txn, *bucket)).collect())
    }

    fn signed_checkpoint(&self, frontier: &Frontier) -> Result<String, Refusal> {
        let key = self.log_key();
        let checkpoint = Checkpoint { origin: key.name.clone(), size: frontier.size(), root: frontier.root() };
        let signature = self.codes.sign_ticket(&checkpoint.message(), &self.seed())?;
        Ok(checkpoint.signed(&key, &signature))
    }
}

fn sealed_through(txn: &mut dyn Txn, bucket: Bucket) -> Result<u64, Stop> {
    Ok(load::<CursorRecord>(txn, cursor_key(bucket))?.map_or(0, |held| held.value.sealed))
}

/// Writes a plan unless the tree has grown since it was read.
fn write(txn: &mut dyn Txn, plan: &Plan) -> Result<bool, Stop> {
    let now = load::<HeadRecord>(txn, head_key())?.map_or(0, |held| held.version);
    if now != plan.version {
        return Ok(false);
    }
    upsert(txn, head_key(), &plan.head)?;
    for (bucket, sealed) in &plan.cursors {
        upsert(txn, cursor_key(*bucket), &CursorRecord { sealed: *sealed })?;
    }
    let mut pages: std::collections::BTreeMap<Key, Vec<Run>> = std::collections::BTreeMap::new();
    for (bucket, run) in &plan.runs {
        pages.entry(place_key(*bucket, page_of(run.seq))).or_default().push(*run);
    }
    for (key, runs) in pages {
        let mut page = load::<PlaceRecord>(txn, key.clone())?.map(|held| held.value).unwrap_or_default();
        runs.into_iter().for_each(|run| page.add(run));
        upsert(txn, key, &page)?;
    }
    plan.grown.write(txn)?;
    Ok(true)
}

fn broken() -> Refusal {
    Refusal::unavailable(
        "log.tree",
        Text::new("日志的封存状态无法读取", "The state of the sealed log cannot be read"),
        Text::new("请管理员运行 tongma audit verify", "Let the administrator run tongma audit verify"),
    )
}
