//! News as it happens, told in one word: look again.
//!
//! An event names what to read again (`question`, `log`, `board`) and carries nothing else: it may be lost, doubled or
//! overheard without harm, and whoever hears it reads through the ordinary, authorised routes. Pages that hear nothing
//! ask from time to time instead, so that a hub that forgot everything (a restart, another process) loses no news, only
//! seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;
use tongma_domain::{Id, Refusal, Text};

/// Listeners of one citizen: browsers of one person, some of them forgotten in a drawer.
pub const MOST_OF_A_PERSON: usize = 8;
/// Listeners of one board: the screens of a large hall, and the phones of those who wait before it.
pub const MOST_OF_A_BOARD: usize = 2_000;
/// Listeners of one process: some 20 KB each in sockets and buffers, so at most 400 MB.
const MOST_IN_ALL: usize = 20_000;
/// Events kept for a listener that is slow to read; one that misses some is told to look again at everything.
const KEPT: usize = 16;

/// What a listener hears when it may have missed something.
pub const LOOK: &str = "look";

/// Where news is published and heard, by topic: a person's id, a point's, a venue's.
#[derive(Debug, Clone)]
pub struct Hub {
    inner: Arc<Mutex<Inner>>,
    /// Tells apart the numbers of two runs of the process.
    run: u32,
    most: usize,
}

#[derive(Debug, Default)]
struct Inner {
    topics: HashMap<Id, Topic>,
    listeners: usize,
    published: u64,
}

#[derive(Debug)]
struct Topic {
    send: broadcast::Sender<Event>,
    listeners: usize,
    last: u64,
}

/// One piece of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number: a listener that comes back with it is told whether it missed anything.
    pub id: String,
    /// What to look at again.
    pub name: &'static str,
}

impl Hub {
    /// A hub; `run` tells this run of the process from the one before.
    pub fn new(run: u32) -> Self {
        Self::with_most(run, MOST_IN_ALL)
    }

    fn with_most(run: u32, most: usize) -> Self {
        Self { inner: Arc::default(), run, most }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everyone who listens to the topic what to look at again. Where nobody does, nothing happens.
    pub fn publish(&self, topic: Id, name: &'static str) {
        let mut inner = self.lock();
        inner.published += 1;
        let number = inner.published;
        if let Some(topic) = inner.topics.get_mut(&topic) {
            topic.last = number;
            // An error says that nobody listens any more; the listener's end takes the topic away.
            let _ = topic.send.send(Event { id: self.event_id(number), name });
        }
    }

    /// Listens to a topic. `seen` is the number of the last event heard before the connection broke; unless nothing has
    /// happened since, the first event is [`LOOK`].
    ///
    /// # Errors
    /// `live.full` when the topic has `most` listeners, or the process as many as it bears: the page asks instead.
    pub fn listen(&self, topic: Id, most: usize, seen: Option<&str>) -> Result<Listener, Refusal> {
        let mut inner = self.lock();
        if inner.listeners >= self.most || inner.topics.get(&topic).is_some_and(|known| known.listeners >= most) {
            return Err(full());
        }
        inner.listeners += 1;
        let published = inner.published;
        let known = inner.topics.entry(topic).or_insert_with(|| Topic {
            send: broadcast::channel(KEPT).0,
            listeners: 0,
            // Nobody listened, so nobody knows when this topic last had news.
            last: published,
        });
        known.listeners += 1;
        let current = self.event_id(known.last);
        let first = (seen != Some(current.as_str())).then_some(Event { id: current, name: LOOK });
        Ok(Listener { hub: self.clone(), topic, receive: known.send.subscribe(), first })
    }

    /// Whether somebody listens to a topic here.
    pub fn is_heard(&self, topic: Id) -> bool {
        self.lock().topics.contains_key(&topic)
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.lock().listeners
    }

    fn event_id(&self, number: u64) -> String {
        format!("{:08x}-{number:x}", self.run)
    }

    fn leave(&self, topic: Id) {
        let mut inner = self.lock();
        inner.listeners = inner.listeners.saturating_sub(1);
        if let Some(known) = inner.topics.get_mut(&topic) {
            known.listeners = known.listeners.saturating_sub(1);
            if known.listeners == 0 {
                inner.topics.remove(&topic);
            }
        }
    }

    fn current(&self, topic: Id) -> Event {
        let last = self.lock().topics.get(&topic).map_or(0, |known| known.last);
        Event { id: self.event_id(last), name: LOOK }
    }
}

/// Someone who listens to one topic; leaves when dropped.
#[derive(Debug)]
pub struct Listener {
    hub: Hub,
    topic: Id,
    receive: broadcast::Receiver<Event>,
    first: Option<Event>,
}

impl Listener {
    /// The next piece of news. A listener that was too slow is told to look again at everything.
    pub async fn next(&mut self) -> Event {
        if let Some(first) = self.first.take() {
            return first;
        }
        // The sender lives as long as its topic has a listener, so the channel does not close under this one.
        self.receive.recv().await.unwrap_or_else(|_| self.hub.current(self.topic))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.hub.leave(self.topic);
    }
}

fn full() -> Refusal {
    Refusal::unavailable(
        "live.full",
        Text::new(
            "实时连接已满，页面会定时查询",
            "No live connection is free; the page asks from time to time instead",
        ),
        Text::new("请过一会儿再连接", "Connect again in a while"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(name: &[u8]) -> Id {
        Id::derived(&[name])
    }

    #[tokio::test]
    async fn a_listener_hears_its_own_topic_and_no_other() {
        let hub = Hub::new(7);
        let mut mine = hub.listen(topic(b"a"), 8, None).unwrap();
        assert_eq!(mine.next().await.name, LOOK, "who comes without a number looks at once");
        hub.publish(topic(b"b"), "question");
        hub.publish(topic(b"a"), "log");
        assert_eq!(mine.next().await.name, "log");
    }

    #[tokio::test]
    async fn who_comes_back_is_told_only_what_it_missed() {
        let hub = Hub::new(7);
        let (mut stays, mut goes) =
            (hub.listen(topic(b"a"), 8, None).unwrap(), hub.listen(topic(b"a"), 8, None).unwrap());
        stays.next().await;
        goes.next().await;
        hub.publish(topic(b"a"), "log");
        let heard = goes.next().await.id;
        drop(goes);
        let mut back = hub.listen(topic(b"a"), 8, Some(&heard)).unwrap();
        assert!(back.first.is_none(), "nothing was missed");
        hub.publish(topic(b"a"), "question");
        assert_eq!(back.next().await.name, "question");
        drop(back);
        let back = hub.listen(topic(b"a"), 8, Some(&heard)).unwrap();
        assert_eq!(back.first.as_ref().map(|event| event.name), Some(LOOK), "a question was missed");
        let other_run = Hub::new(8);
        let mut late = other_run.listen(topic(b"a"), 8, Some(&heard)).unwrap();
        assert_eq!(late.next().await.name, LOOK, "numbers of another run say nothing");
    }

    #[tokio::test]
    async fn a_slow_listener_is_told_to_look_again() {
        let hub = Hub::new(7);
        let mut slow = hub.listen(topic(b"a"), 8, None).unwrap();
        slow.next().await;
        for _ in 0..=KEPT {
            hub.publish(topic(b"a"), "log");
        }
        assert_eq!(slow.next().await.name, LOOK);
    }

    #[test]
    fn listeners_are_bounded_and_leave_nothing_behind() {
        let hub = Hub::with_most(7, 3);
        let held: Vec<Listener> = (0..2).map(|_| hub.listen(topic(b"a"), 2, None).unwrap()).collect();
        assert_eq!(hub.listen(topic(b"a"), 2, None).unwrap_err().code(), "live.full");
        let other = hub.listen(topic(b"b"), 2, None).unwrap();
        assert_eq!(hub.listen(topic(b"c"), 2, None).unwrap_err().code(), "live.full");
        drop((held, other));
        assert_eq!(hub.listeners(), 0);
        assert!(hub.lock().topics.is_empty());
    }
}
