//! The platform: everything a request needs, and the one way into the store.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, RwLock};

use serde_json::Value;
use tokio::sync::oneshot;
use tongma_capability::{Reply, Scenario, Stop};
use tongma_code::keys::{DayKeys, MasterKey};
use tongma_code::sign::Signer;
use tongma_code::ticket::Day;
use tongma_domain::{Bucket, Clock, Entropy, Id, Refusal, SeededEntropy, Text, UnixMs};
use tongma_store::{Store, StoreError, Txn};

use crate::certificates::CertificateKeys;
use crate::counters::Counters;
use crate::directory::Directory;
use crate::keys::CodeKeys;
use crate::live::Hub;
use crate::recent::Unwritten;
use crate::vault::Vault;

/// An outside system as the platform calls it: it always answers, with [`Reply::Unknown`] when its own deadline passes.
pub trait Outside: Send + Sync {
    /// Sends a request; the same request again is the same request there.
    fn call(&self, request: Value) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>>;
}

/// What a platform is made of; the binary (or a test) puts it together.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Box<dyn Entropy + Send>,
    /// The scenarios.
    pub catalogue: &'static [&'static dyn Scenario],
    /// Outside systems by connector name.
    pub outside: BTreeMap<String, Arc<dyn Outside>>,
    /// The 32-byte master secret.
    pub master: [u8; 32],
    /// The two pinned roots; the first signs key lists.
    pub roots: [Box<dyn Signer>; 2],
    /// The issuer key that signs tickets.
    pub issuer: Box<dyn Signer>,
    /// The host that point codes name.
    pub host: String,
}

/// The platform's use cases. Cheap to share behind an [`Arc`].
pub struct Platform {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    entropy: Mutex<Box<dyn Entropy + Send>>,
    pub(crate) catalogue: &'static [&'static dyn Scenario],
    pub(crate) outside: BTreeMap<String, Arc<dyn Outside>>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) master: MasterKey,
    pub(crate) codes: CodeKeys,
    /// Keys of the days that codes are shown of just now: deriving them costs more than using them.
    pub(crate) days: RwLock<BTreeMap<Day, Arc<DayKeys>>>,
    pub(crate) certificates: CertificateKeys,
    pub(crate) directory: RwLock<Arc<Directory>>,
    /// Outbox items this process is delivering right now, or has delivered and not yet taken out.
    pub(crate) delivering: Mutex<HashSet<(Bucket, u64)>>,
    /// Outbox items that are delivered and wait to be taken out, many in one unit.
    pub(crate) delivered: Mutex<BTreeMap<Bucket, Vec<u64>>>,
    /// Lines of recent lists that are not written yet.
    pub(crate) unwritten: Unwritten,
    live: Hub,
    counters: Counters,
}

impl Platform {
    /// Puts a platform together: reads the directory and signs the first lists.
    ///
    /// # Errors
    /// A refusal when the store does not answer or the keys do not fit.
    pub fn new(mut parts: Parts) -> Result<Arc<Self>, Refusal> {
        let now = parts.clock.now();
        let mut seed = [0; 32];
        parts.entropy.fill(&mut seed);
        let mut run = [0; 4];
        parts.entropy.fill(&mut run);
        let codes = CodeKeys::new(parts.roots, parts.issuer, parts.host, now, seed)?;
        let vault = Arc::new(Vault::new(parts.master));
        let platform = Self {
            store: parts.store,
            clock: parts.clock,
            entropy: Mutex::new(parts.entropy),
            catalogue: parts.catalogue,
            outside: parts.outside,
            master: MasterKey(vault.key("codes", &[])),
            certificates: CertificateKeys::new(&vault),
            vault,
            codes,
            days: RwLock::new(BTreeMap::new()),
            directory: RwLock::new(Arc::new(Directory::default())),
            delivering: Mutex::new(HashSet::new()),
            delivered: Mutex::new(BTreeMap::new()),
            unwritten: Unwritten::default(),
            live: Hub::new(u32::from_be_bytes(run)),
            counters: Counters::new(now),
        };
        platform.reload_directory()?;
        platform.refresh_lists()?;
        Ok(Arc::new(platform))
    }

    /// What this process has counted of its work.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The time of day.
    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }

    /// Where news is published and heard.
    pub const fn live(&self) -> &Hub {
        &self.live
    }

    /// A seed nobody can predict, for one unit of work.
    pub fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        match self.entropy.lock() {
            Ok(mut entropy) => entropy.fill(&mut seed),
            Err(poisoned) => poisoned.into_inner().fill(&mut seed),
        }
        seed
    }

    /// A fresh id in a bucket.
    pub fn fresh_id(&self, bucket: Bucket) -> Id {
        Id::new(self.now(), bucket, &mut SeededEntropy::new(self.seed()))
    }

    /// The scenarios of this deployment.
    pub const fn catalogue(&self) -> &'static [&'static dyn Scenario] {
        self.catalogue
    }

    /// The scenario of this id.
    ///
    /// # Errors
    /// `scenario.unknown`.
    pub fn scenario(&self, id: &str) -> Result<&'static dyn Scenario, Refusal> {
        self.catalogue.iter().copied().find(|scenario| scenario.card().id == id).ok_or_else(|| {
            Refusal::missing(
                "scenario.unknown",
                Text::new("没有这项服务", "There is no such service"),
                Text::new("请从列表中选择服务", "Choose a service from the list"),
            )
        })
    }

    /// Runs one unit of work in a bucket and waits until it is durable.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        bucket: Bucket,
        mut work: impl FnMut(&mut dyn Txn) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (send, receive) = oneshot::channel();
        let slot: Arc<Mutex<Option<Result<T, Stop>>>> = Arc::new(Mutex::new(None));
        let inside = Arc::clone(&slot);
        let unit = Box::new(move |txn: &mut dyn Txn| {
            let result = work(txn);
            let commit = match &result {
                Ok(_) => Ok(()),
                Err(Stop::Store(error)) => Err(error.clone()),
                Err(Stop::Refused(_)) => Err(StoreError::Conflict),
            };
            if let Ok(mut slot) = inside.lock() {
                *slot = Some(result);
            }
            commit
        });
        self.store.submit(bucket, unit, Box::new(move |done| drop(send.send(done))));
        let committed = receive.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the writer stopped".into())));
        let result = slot.lock().ok().and_then(|mut slot| slot.take());
        match (committed, result) {
            (_, Some(Err(Stop::Refused(refusal)))) => Err(refusal),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Err(error), _) | (_, Some(Err(Stop::Store(error)))) => Err(store_refusal(&error)),
            (Ok(()), None) => Err(store_refusal(&StoreError::Conflict)),
        }
    }

    /// Runs a reading function on a snapshot.
    pub(crate) fn read<T>(
        &self,
        bucket: Bucket,
        mut work: impl FnMut(&mut dyn Txn) -> Result<T, Stop>,
    ) -> Result<T, Refusal> {
        let mut slot = None;
        let outcome = self.store.read(bucket, &mut |txn| {
            slot = Some(work(txn));
            Ok(())
        });
        match (outcome, slot) {
            (Err(error), _) | (Ok(()), Some(Err(Stop::Store(error)))) => Err(store_refusal(&error)),
            (Ok(()), Some(Err(Stop::Refused(refusal)))) => Err(refusal),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Ok(()), None) => Err(store_refusal(&StoreError::Conflict)),
        }
    }
}

/// The refusal a reader gets when the store did not do it. The store's own words stay inside.
pub(crate) fn store_refusal(error: &StoreError) -> Refusal {
    match error {
        StoreError::Bound(_) => Refusal::conflict(
            "store.bound",
            Text::new("超出允许的范围", "Beyond what is allowed"),
            Text::new("请核对数量或余额后再试", "Check the number or the balance and try again"),
        ),
        StoreError::Conflict => Refusal::unavailable(
            "store.busy",
            Text::new("系统正忙，这一步没有做", "Busy just now; this was not done"),
            Text::new("请再试一次", "Please try again"),
        ),
        StoreError::Unavailable(_) | StoreError::Corrupt(_) => Refusal::unavailable(
            "store.unavailable",
            Text::new("系统暂时无法记录，这一步没有做", "Nothing can be recorded just now; this was not done"),
            Text::new("请稍后再试", "Please try again in a while"),
        ),
    }
}
