//! Making groups durable behind the writer, which runs the next group meanwhile.
//!
//! A commit puts a group into the write-ahead log; this thread then syncs the log's file and only afterwards tells the
//! group's callers. Commits of the log are in their order, so that a group never survives a power cut without those
//! before it, and a unit may build on units that are not durable yet: its own answer waits for them as well. A reader
//! does not build on them: what it saw is handed out when it is durable.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use tongma_store::engine::tell;
use tongma_store::{Done, StoreError};

use crate::writer::Stopped;

/// So many groups may wait while one is synced. More would make groups smaller, and no answer sooner.
const WAITING_GROUPS: usize = 1;

/// Which groups have begun to be committed and which are durable, by number.
#[derive(Default)]
pub struct Progress {
    groups: Mutex<Groups>,
    moved: Condvar,
}

#[derive(Default)]
struct Groups {
    begun: u64,
    durable: u64,
    ended: Option<StoreError>,
}

impl Progress {
    fn groups(&self) -> std::sync::MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Called before a group's commit, which readers may see before it ends.
    pub fn begin(&self) -> u64 {
        let mut groups = self.groups();
        groups.begun += 1;
        groups.begun
    }

    fn durable(&self, number: u64) {
        self.groups().durable = number;
        self.moved.notify_all();
    }

    fn end(&self, why: StoreError) {
        self.groups().ended.get_or_insert(why);
        self.moved.notify_all();
    }

    /// Waits until everything that is visible now is durable.
    ///
    /// # Errors
    /// Why it never will be.
    pub fn wait(&self) -> Result<(), StoreError> {
        let mut groups = self.groups();
        let seen = groups.begun;
        while groups.durable < seen {
            if let Some(why) = &groups.ended {
                return Err(why.clone());
            }
            groups = self.moved.wait(groups).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }
}

/// A committed group on its way to the disk.
pub struct Committed {
    /// Its number.
    pub number: u64,
    /// Whether it wrote anything; one that did not is as durable as the group before it.
    pub wrote: bool,
    /// Whom to tell what.
    pub told: Vec<(Done, Result<(), StoreError>)>,
}

/// The thread's other end, held by the writer.
pub struct Syncer {
    groups: Option<SyncSender<Committed>>,
    thread: Option<JoinHandle<()>>,
    progress: Arc<Progress>,
}

/// The write-ahead log's file of a database.
fn log_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

struct Disk {
    log: File,
    stopped: Stopped,
    progress: Arc<Progress>,
}

impl Disk {
    fn run(&self, groups: &Receiver<Committed>) {
        while let Ok(first) = groups.recv() {
            let all: Vec<Committed> = std::iter::once(first).chain(groups.try_iter()).collect();
            let wrote = all.iter().any(|group| group.wrote);
            let end = if wrote { self.sync() } else { self.stopped.get().map_or(Ok(()), |why| Err(why.clone())) };
            match (&end, all.last()) {
                (Ok(()), Some(last)) => self.progress.durable(last.number),
                (Err(why), _) => self.progress.end(why.clone()),
                (Ok(()), None) => {}
            }
            for (done, result) in all.into_iter().flat_map(|group| group.told) {
                tell(done, end.clone().and(result));
            }
        }
    }

    fn sync(&self) -> Result<(), StoreError> {
        if let Err(error) = self.log.sync_data() {
            // Set once; the first reason is the one to report.
            let _ = self.stopped.set(StoreError::Unavailable(format!("the disk failed: {error}")));
        }
        self.stopped.get().map_or(Ok(()), |why| Err(why.clone()))
    }
}

impl Syncer {
    /// Begins the thread for a database whose log exists.
    pub fn start(database: &Path, stopped: Stopped, progress: Arc<Progress>) -> std::io::Result<Self> {
        let log = File::open(log_of(database))?;
        let disk = Disk { log, stopped, progress: Arc::clone(&progress) };
        let (groups, coming) = sync_channel(WAITING_GROUPS);
        let thread = std::thread::Builder::new().name("store-sync".into()).spawn(move || disk.run(&coming))?;
        Ok(Self { groups: Some(groups), thread: Some(thread), progress })
    }

    /// The number of the group that is about to be committed.
    pub fn begin(&self) -> u64 {
        self.progress.begin()
    }

    /// Hands a group over; waits while too many are on their way.
    pub fn send(&self, group: Committed) {
        let Some(groups) = &self.groups else { return };
        if let Err(refused) = groups.send(group) {
            let closed = || StoreError::Unavailable("the store was closed".into());
            refused.0.told.into_iter().for_each(|(done, result)| tell(done, result.and(Err(closed()))));
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.groups = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_waits_for_the_groups_it_may_have_seen_and_for_no_later_one() {
        let progress = Arc::new(Progress::default());
        assert_eq!(progress.wait(), Ok(()), "nothing was committed");
        assert_eq!((progress.begin(), progress.begin()), (1, 2));
        let (tell, told) = std::sync::mpsc::channel();
        let waiting = Arc::clone(&progress);
        let reader = std::thread::spawn(move || tell.send(waiting.wait()).unwrap());
        let soon = std::time::Duration::from_millis(60);
        assert!(told.recv_timeout(soon).is_err(), "neither is durable");
        progress.durable(1);
        assert!(told.recv_timeout(soon).is_err(), "the second is not");
        assert_eq!(progress.begin(), 3);
        progress.durable(2);
        assert_eq!(told.recv().unwrap(), Ok(()), "the third came after it had read");
        reader.join().unwrap();
        let why = StoreError::Unavailable("the disk failed".into());
        progress.end(why.clone());
        assert_eq!(progress.wait(), Err(why), "the third never will be");
    }
}
