//! One connection, used by one thread at a time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use tokio_postgres::{Client, Error, Row, Statement};

use crate::connect::Target;
use crate::param::Param;
use crate::trouble::Trouble;

/// How a thread waits for the server.
pub enum Waiting {
    /// On a runtime of its own, which moves the bytes on this very thread: for the writing lanes.
    Own(Runtime),
    /// Parked, while a shared runtime moves the bytes: for readers, which may be threads of another runtime.
    Shared(Handle),
}

/// A statement with its values, and how many rows must change when it is a guard.
pub struct Command {
    pub sql: &'static str,
    pub params: Vec<Param<'static>>,
    pub rows: Option<u64>,
}

/// A query with its values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub sql: &'static str,
    pub params: Vec<Param<'static>>,
}

/// What a command or a question comes back with.
enum Got {
    Changed(u64),
    Rows(Vec<Row>),
}

/// A connection.
pub struct Link {
    client: Arc<Client>,
    waiting: Waiting,
    statements: RefCell<BTreeMap<&'static str, Statement>>,
    trouble: RefCell<Option<Trouble>>,
    answer_within: Duration,
    /// Whether a transaction may be open on the server.
    open: Cell<bool>,
    /// Requests that nobody waits for yet; they go out in front of the next one that somebody does.
    ahead: RefCell<Vec<Ahead>>,
    /// What the beginning of the transaction was answered, when it was.
    begun: RefCell<Vec<Vec<Row>>>,
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A request that nobody waits for yet, and whether its answer is kept.
struct Ahead {
    request: Answer<'static, Vec<Row>>,
    kept: bool,
}

/// Sends all requests in their order without waiting in between, then waits for all answers.
async fn in_one_flush<T>(mut requests: Vec<Answer<'_, T>>) -> Result<Vec<T>, Error> {
    let mut answers: Vec<Option<Result<T, Error>>> = Vec::new();
    // The first poll of a request puts it on the wire.
    poll_fn(|context| {
        answers.clear();
        for request in &mut requests {
            answers.push(match request.as_mut().poll(context) {
                Poll::Ready(answer) => Some(answer),
                Poll::Pending => None,
            });
        }
        Poll::Ready(())
    })
    .await;
    let mut rows = Vec::with_capacity(requests.len());
    let mut failed = None;
    for (request, answer) in requests.into_iter().zip(answers) {
        let answer = match answer {
            Some(answer) => answer,
            None => request.await,
        };
        match answer {
            Ok(of) => rows.push(of),
            // Requests behind a failed one fail because of it: the first error is the reason.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(rows), Err)
}

impl Link {
    /// Connects; gives back how it would have waited when it cannot.
    pub fn open(target: &Target, waiting: Waiting) -> Result<Self, (Trouble, Waiting)> {
        let connected = match &waiting {
            Waiting::Own(runtime) => runtime.block_on(target.connect(runtime.handle())),
            Waiting::Shared(handle) => parked(on(handle, target.clone()), target.connect_within * 3)
                .unwrap_or_else(|| Err(Trouble::Down("no answer in time".into()))),
        };
        match connected {
            Err(trouble) => Err((trouble, waiting)),
            Ok(client) => Ok(Self {
                client: Arc::new(client),
                waiting,
                statements: RefCell::new(BTreeMap::new()),
                trouble: RefCell::new(None),
                answer_within: target.answer_within,
                open: Cell::new(false),
                ahead: RefCell::new(Vec::new()),
                begun: RefCell::new(Vec::new()),
            }),
        }
    }

    /// Gives back how it waits, to open another in its place.
    pub fn into_waiting(self) -> Waiting {
        self.waiting
    }

    /// Whether the connection is known to be gone.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The first trouble since it was last asked. A unit's function sees only a [`tongma_store::StoreError`] and may
    /// even swallow it; this is how its runner knows.
    pub fn take_trouble(&self) -> Option<Trouble> {
        self.trouble.borrow_mut().take()
    }

    fn note(&self, trouble: Trouble) -> Trouble {
        self.trouble.borrow_mut().get_or_insert_with(|| trouble.clone());
        trouble
    }

    /// Waits for an answer, and for those of the requests that go ahead of it in the same flush.
    fn wait<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
        let (ahead, kept): (Vec<_>, Vec<_>) = self.ahead.take().into_iter().map(|of| (of.request, of.kept)).unzip();
        let both = async {
            let (mut ahead, mut answer) = (pin!(in_one_flush(ahead)), pin!(answer));
            // A first poll puts requests on the wire, so these go out in their order.
            let early = poll_fn(|context| {
                let ahead = ahead.as_mut().poll(context);
                Poll::Ready((ahead, answer.as_mut().poll(context)))
            });
            let (answers, early) = match early.await {
                (Poll::Ready(answers), early) => (answers?, early),
                (Poll::Pending, early) => (ahead.await?, early),
            };
            let kept = answers.into_iter().zip(kept).filter_map(|(rows, kept)| kept.then_some(rows));
            self.begun.borrow_mut().extend(kept);
            match early {
                Poll::Ready(answer) => answer,
                Poll::Pending => answer.await,
            }
        };
        let answered = match &self.waiting {
            Waiting::Own(runtime) => {
                runtime.block_on(async { tokio::time::timeout(self.answer_within, both).await.ok() })
            }
            Waiting::Shared(_) => parked(both, self.answer_within),
        };
        match answered {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(self.note(Trouble::of(&error))),
            None => Err(self.note(Trouble::Lost("no answer in time".into()))),
        }
    }

    fn statement(&self, sql: &'static str) -> Result<Statement, Trouble> {
        if let Some(known) = self.statements.borrow().get(sql) {
            return Ok(known.clone());
        }
        let statement = self.wait(self.client.prepare(sql))?;
        self.statements.borrow_mut().insert(sql, statement.clone());
        Ok(statement)
    }

    /// Runs a query.
    pub fn query(&self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, Trouble> {
        let statement = self.statement(sql)?;
        let refs: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = params.iter().map(|of| of as _).collect();
        self.wait(self.client.query(&statement, &refs))
    }

    /// Runs a statement; gives how many rows it changed.
    pub fn execute(&self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Trouble> {
        let statement = self.statement(sql)?;
        let refs: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = params.iter().map(|of| of as _).collect();
        self.wait(self.client.execute(&statement, &refs))
    }

    /// Runs statements without values.
    pub fn plain(&self, sql: &str) -> Result<(), Trouble> {
        self.wait(self.client.batch_execute(sql))
    }

    /// Begins a transaction and asks queries. It goes out with the next request; nobody waits for it.
    pub fn begin(&self, begin: &'static str, questions: Vec<Question>) -> Result<(), Trouble> {
        let statements = questions.iter().map(|of| self.statement(of.sql)).collect::<Result<Vec<_>, _>>()?;
        self.begun.borrow_mut().clear();
        self.open.set(true);
        let client = Arc::clone(&self.client);
        let begin: Answer<'static, Vec<Row>> =
            Box::pin(async move { client.batch_execute(begin).await.map(|()| Vec::new()) });
        let mut ahead = self.ahead.borrow_mut();
        ahead.push(Ahead { request: begin, kept: false });
        for (Question { params, .. }, statement) in questions.into_iter().zip(statements) {
            let client = Arc::clone(&self.client);
            let request: Answer<'static, Vec<Row>> = Box::pin(async move {
                let refs: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = params.iter().map(|of| of as _).collect();
                client.query(&statement, &refs).await
            });
            ahead.push(Ahead { request, kept: true });
        }
        Ok(())
    }

    /// What the queries were answered when the transaction began.
    pub fn begun(&self) -> Result<Vec<Vec<Row>>, Trouble> {
        if !self.ahead.borrow().is_empty() {
            self.wait(async { Ok(()) })?;
        }
        Ok(self.begun.take())
    }

    /// Ends a transaction that only read, without waiting for the answer. Only where a shared runtime moves the bytes.
    pub fn end(&self) {
        let client = Arc::clone(&self.client);
        let mut request: Answer<'static, Vec<Row>> =
            Box::pin(async move { client.batch_execute("COMMIT").await.map(|()| Vec::new()) });
        if self.ahead.borrow().is_empty() && request.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()
        {
            self.ahead.borrow_mut().push(Ahead { request, kept: false });
            self.open.set(false);
        }
    }

    /// Runs all commands in one flush. A command that must change rows and changes others is a failed guard.
    pub fn flush(&self, commands: &[Command]) -> Result<(), Trouble> {
        self.flush_and_ask(commands, &[]).map(drop)
    }

    /// Runs all commands and behind them all questions in one flush; gives the answers.
    pub fn flush_and_ask(&self, commands: &[Command], questions: &[Question]) -> Result<Vec<Vec<Row>>, Trouble> {
        if commands.is_empty() && questions.is_empty() {
            return Ok(Vec::new());
        }
        let sql = commands.iter().map(|of| of.sql).chain(questions.iter().map(|of| of.sql));
        let statements = sql.map(|sql| self.statement(sql)).collect::<Result<Vec<_>, _>>()?;
        let refs: Vec<Vec<&(dyn tokio_postgres::types::ToSql + Sync)>> =
            questions.iter().map(|question| question.params.iter().map(|of| of as _).collect()).collect();
        let mut requests: Vec<Answer<'_, Got>> = Vec::with_capacity(statements.len());
        for (command, statement) in commands.iter().zip(&statements) {
            let changed = self.client.execute_raw(statement, &command.params);
            requests.push(Box::pin(async { changed.await.map(Got::Changed) }));
        }
        for (params, statement) in refs.iter().zip(statements.iter().skip(commands.len())) {
            let found = self.client.query(statement, params);
            requests.push(Box::pin(async { found.await.map(Got::Rows) }));
        }
        let mut commands = commands.iter();
        let (mut answers, mut held) = (Vec::with_capacity(questions.len()), true);
        for got in self.wait(in_one_flush(requests))? {
            match got {
                Got::Rows(rows) => answers.push(rows),
                Got::Changed(rows) => {
                    held &= commands.next().is_some_and(|command| command.rows.is_none_or(|must| must == rows));
                }
            }
        }
        if held { Ok(answers) } else { Err(self.note(Trouble::Again)) }
    }

    /// Commits.
    pub fn commit(&self) -> Result<(), Trouble> {
        self.plain("COMMIT")?;
        self.open.set(false);
        Ok(())
    }

    /// Rolls back what is open, if the connection is any good; whether it is.
    pub fn roll_back(&self) -> bool {
        let clean = !self.open.get() || {
            self.take_trouble();
            self.plain("ROLLBACK").is_ok()
        };
        self.open.set(!clean);
        self.take_trouble();
        clean && !self.is_closed()
    }
}

/// Connects on a shared runtime.
async fn on(handle: &Handle, target: Target) -> Result<Client, Trouble> {
    let driver = handle.clone();
    let connecting = handle.spawn(async move { target.connect(&driver).await });
    connecting.await.unwrap_or_else(|_| Err(Trouble::Down("the runtime was stopped".into())))
}

struct Unpark {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Waits for something that another thread drives, this thread parked; `None` after the time. Works on any thread,
/// one of an asynchronous runtime too.
fn parked<T>(future: impl Future<Output = T>, within: Duration) -> Option<T> {
    let unpark = Arc::new(Unpark { thread: std::thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&unpark));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    // No clock is read: a sleep that nobody ended lasted its full slice, but for a rare spurious wake.
    let (slice, mut slices) = (within / 8, 8);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        while !unpark.woken.swap(false, Ordering::Acquire) {
            if slices == 0 {
                return None;
            }
            std::thread::park_timeout(slice);
            slices -= usize::from(!unpark.woken.load(Ordering::Acquire));
        }
    }
}
