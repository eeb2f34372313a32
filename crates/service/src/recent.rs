//! The last presentations at a point, masked, for the clerk's eye. They outlive the process: lines are noted at once, and
//! written to the point's own bucket a moment later, many in one unit, so that a scan waits for none of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tongma_capability::Stop;
use tongma_domain::{Id, Refusal, SeededEntropy, Text, UnixMs, Words};
use tongma_store::{Key, Stored, Txn, load, upsert};

use crate::platform::Platform;
use crate::vault::{Sealed, Vault};

/// The longest list kept.
const MOST_RECENT: usize = 100;
/// How long lines are gathered before they are written.
const GATHERED: Duration = Duration::from_millis(500);

/// A line of a point's recent list; nothing in it tells more than the screen did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// When.
    pub at_ms: UnixMs,
    /// The masked name.
    pub masked_name: String,
    /// The scenario.
    pub scenario: String,
    /// The word shown.
    pub word: Words,
    /// Its colour.
    pub shade: tongma_domain::Shade,
}

impl Recent {
    /// A code was shown, nothing more yet.
    pub fn shown(at: UnixMs, masked_name: &str, scenario: &str) -> Self {
        Self {
            at_ms: at,
            masked_name: masked_name.to_owned(),
            scenario: scenario.to_owned(),
            word: Text::new("已亮码", "Shown").into(),
            shade: tongma_domain::Shade::Green,
        }
    }
}

/// Lines that are noted and not yet written.
#[derive(Debug, Default)]
pub struct Unwritten(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    /// By point, oldest first.
    lines: BTreeMap<Id, Vec<Recent>>,
    /// Points whose lines somebody is about to write.
    promised: BTreeSet<Id>,
}

/// A point's lines as they are kept: even a masked name is sealed at rest. Key: the point, in its own bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct RecentRecord {
    lines: Sealed,
}

impl Stored for RecentRecord {
    const KIND: &'static str = "recent_list";
}

impl Platform {
    /// The last presentations at a point, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn recent(&self, point: Id) -> Result<Vec<Recent>, Refusal> {
        // Looked at before what is written: a line written in between is then found twice, never not at all.
        let unwritten = self.unwritten().lines.get(&point).cloned().unwrap_or_default();
        let vault = Arc::clone(&self.vault);
        let kept = self.read(point.bucket(), |txn| written(txn, &vault, point))?;
        Ok(merged(kept, &unwritten))
    }

    /// Notes a presentation for the recent list of its point. It is written a moment later.
    pub fn note_recent(self: &Arc<Self>, point: Id, item: Recent) {
        let mut unwritten = self.unwritten();
        let list = unwritten.lines.entry(point).or_default();
        list.push(item);
        let over = list.len().saturating_sub(MOST_RECENT);
        list.drain(..over);
        if unwritten.promised.insert(point) {
            let platform = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(GATHERED).await;
                platform.unwritten().promised.remove(&point);
                // What could not be written stays noted, and goes with the next line or at the end of the process.
                let _ = platform.write_recent_of(point).await;
            });
        }
    }

    /// Writes what is noted and not yet written: the last thing a process does.
    ///
    /// # Errors
    /// The store's refusal; what was not written stays noted.
    pub async fn write_recent(&self) -> Result<(), Refusal> {
        let points: Vec<Id> = self.unwritten().lines.keys().copied().collect();
        for point in points {
            self.write_recent_of(point).await?;
        }
        Ok(())
    }

    async fn write_recent_of(&self, point: Id) -> Result<(), Refusal> {
        let lines = self.unwritten().lines.get(&point).cloned().unwrap_or_default();
        if lines.is_empty() {
            return Ok(());
        }
        let (vault, seed, fresh) = (Arc::clone(&self.vault), self.seed(), lines.clone());
        self.run(point.bucket(), move |txn| {
            let list = merged(written(txn, &vault, point)?, &fresh);
            let text = serde_json::to_string(&list).map_err(|_| unreadable())?;
            let sealed = vault.seal_words(point, &text, &mut SeededEntropy::new(seed)).map_err(|_| unreadable())?;
            Ok(upsert(txn, key(point), &RecentRecord { lines: sealed })?)
        })
        .await?;
        let mut unwritten = self.unwritten();
        if let Some(list) = unwritten.lines.get_mut(&point) {
            list.retain(|line| !lines.contains(line));
            if list.is_empty() {
                unwritten.lines.remove(&point);
            }
        }
        Ok(())
    }

    fn unwritten(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.unwritten.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(point: Id) -> Key {
    Key::of(&[b"recent", point.as_bytes()])
}

fn written(txn: &mut dyn Txn, vault: &Vault, point: Id) -> Result<Vec<Recent>, Stop> {
    let Some(held) = load::<RecentRecord>(txn, key(point))? else { return Ok(Vec::new()) };
    let text = vault.open_words(point, &held.value.lines).map_err(|_| unreadable())?;
    Ok(serde_json::from_str(&text).map_err(|_| unreadable())?)
}

/// Both together, newest first; a line that is in both is there once.
fn merged(mut kept: Vec<Recent>, fresh: &[Recent]) -> Vec<Recent> {
    for line in fresh {
        if !kept.contains(line) {
            kept.insert(0, line.clone());
        }
    }
    kept.sort_by_key(|line| core::cmp::Reverse(line.at_ms));
    kept.truncate(MOST_RECENT);
    kept
}

fn unreadable() -> Refusal {
    Refusal::unavailable(
        "recent.unreadable",
        Text::new("最近的记录暂时读不出来", "The recent list cannot be read just now"),
        Text::new("办理不受影响；请联系管理员", "Serving goes on; call the administrator"),
    )
}
