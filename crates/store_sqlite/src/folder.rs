//! Folding the write-ahead log into the database (a checkpoint) beside the writer, which never waits for it for long.
//!
//! The log can begin anew only when all of it is folded and nobody writes. A thread folds what there is while the
//! writer goes on; when little is left, the writer folds that little itself, between two groups.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::fault::Fault;
use crate::writer::Stopped;

/// So many frames the writer may fold itself: a few milliseconds.
const FEW_FRAMES: i64 = 1_000;
/// How often the thread tries to come that near before it leaves the rest to the next time.
const MOST_ROUNDS: usize = 6;

const RESTING: u8 = 0;
const FOLDING: u8 = 1;
const NEARLY_DONE: u8 = 2;

/// The writer's side.
pub struct Folder {
    begin: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    state: Arc<AtomicU8>,
    writes: usize,
    /// After so many the log is folded.
    writes_a_fold: usize,
}

/// Folds once; gives how many frames of the log are not folded yet.
fn fold(connection: &Connection) -> Result<i64, Fault> {
    let frames = connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)));
    frames.map(|(all, folded)| all - folded).map_err(|error| Fault::of(&error))
}

fn fold_until_near(connection: &Connection) -> Result<(), Fault> {
    for _ in 0..MOST_ROUNDS {
        if fold(connection)? < FEW_FRAMES {
            break;
        }
    }
    Ok(())
}

fn run(connection: &Connection, asked: &Receiver<()>, state: &AtomicU8, stopped: &Stopped) {
    while asked.recv().is_ok() {
        // After a failed sync of the database file nobody knows what is in it. Anything else, a full disk among it, is
        // tried again the next time.
        if let Err(Fault { error, fatal: true }) = fold_until_near(connection) {
            let _ = stopped.set(error);
        }
        state.store(NEARLY_DONE, Ordering::Release);
    }
}

impl Folder {
    /// Begins the thread, which folds through a connection of its own.
    pub fn start(connection: Connection, stopped: Stopped, writes_a_fold: usize) -> std::io::Result<Self> {
        let (begin, asked) = channel();
        let state = Arc::new(AtomicU8::new(RESTING));
        let shared = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("store-folder".into())
            .spawn(move || run(&connection, &asked, &shared, &stopped))?;
        Ok(Self { begin: Some(begin), thread: Some(thread), state, writes: 0, writes_a_fold })
    }

    /// Counts writes.
    pub const fn count(&mut self, writes: usize) {
        self.writes += writes;
    }

    /// Called by the writer when no transaction is open.
    pub fn between_groups(&mut self, writer: &Connection) -> Result<(), Fault> {
        match self.state.load(Ordering::Acquire) {
            RESTING if self.writes > self.writes_a_fold => {
                self.writes = 0;
                self.state.store(FOLDING, Ordering::Release);
                if let Some(begin) = &self.begin {
                    // A thread that is gone folds nothing; the log grows and stays right.
                    let _ = begin.send(());
                }
                Ok(())
            }
            NEARLY_DONE => {
                self.state.store(RESTING, Ordering::Release);
                fold(writer).map(drop)
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.begin = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
