//! Every statement this engine runs, by name.
//!
//! The text keeps to what PostgreSQL and the distributed engines that speak its wire share: one bucket a statement, no
//! triggers, no sequences, no clock, no upsert; a guard is a condition whose row count must be one.

/// How many buckets a statement touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// One, named by `bucket = $1`, or by a row's bucket taken from `$1`.
    Bucket,
    /// Several, named by a list: only where one server has all buckets.
    Buckets,
    /// A range or all: polling and administration, never inside a unit of work.
    Sweep,
}

/// A statement.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
    /// How far it reaches.
    pub reach: Reach,
}

macro_rules! catalogue {
    ($($name:ident: $reach:ident = $sql:literal;)+) => {
        $(pub(crate) const $name: &str = $sql;)+
        /// All of them.
        pub const ALL: &[Statement] =
            &[$(Statement { name: stringify!($name), sql: $name, reach: Reach::$reach },)+];
    };
}

catalogue! {
    HEADS: Bucket = "SELECT log_seq, due_seq FROM bucket_head WHERE bucket = $1";
    HEADS_LOCK: Bucket = "SELECT log_seq, due_seq FROM bucket_head WHERE bucket = $1 FOR UPDATE";
    HEADS_LOCK_MANY: Buckets =
        "SELECT log_seq, due_seq, bucket FROM bucket_head WHERE bucket = ANY($1) ORDER BY bucket FOR UPDATE";
    HEADS_INSERT: Bucket = "INSERT INTO bucket_head (bucket, log_seq, due_seq) VALUES ($1, $2, $3)";
    HEADS_UPDATE: Bucket = "UPDATE bucket_head SET log_seq = $2, due_seq = $3 WHERE bucket = $1";

    RECORD: Bucket = "SELECT version, entries, body FROM record WHERE bucket = $1 AND kind = $2 AND key = $3";
    RECORD_INSERT: Bucket =
        "INSERT INTO record (bucket, kind, key, version, entries, body) VALUES ($1, $2, $3, 1, $4, $5)";
    RECORD_UPDATE: Bucket = "UPDATE record SET version = version + 1, entries = $5, body = $6 \
        WHERE bucket = $1 AND kind = $2 AND key = $3 AND version = $4";
    RECORD_DELETE: Bucket = "DELETE FROM record WHERE bucket = $1 AND kind = $2 AND key = $3 AND version = $4";
    ENTRY_INSERT: Bucket = "INSERT INTO record_entry (bucket, kind, name, value, key) VALUES ($1, $2, $3, $4, $5)";
    ENTRY_DELETE: Bucket =
        "DELETE FROM record_entry WHERE bucket = $1 AND kind = $2 AND name = $3 AND value = $4 AND key = $5";
    RECORDS_BY_ENTRY: Bucket = "SELECT r.key, r.version, r.body \
        FROM record_entry e JOIN record r ON r.bucket = e.bucket AND r.kind = e.kind AND r.key = e.key \
        WHERE e.bucket = $1 AND e.kind = $2 AND e.name = $3 AND e.value = $4 AND e.key >= $5 ORDER BY e.key LIMIT $6";

    COUNTER: Bucket = "SELECT value FROM counter WHERE bucket = $1 AND name = $2 AND of_key = $3";
    COUNTER_INSERT: Bucket = "INSERT INTO counter (bucket, name, of_key, value) VALUES ($1, $2, $3, $4)";
    COUNTER_UPDATE: Bucket =
        "UPDATE counter SET value = $4 WHERE bucket = $1 AND name = $2 AND of_key = $3 AND value = $5";

    ACCOUNT: Bucket = "SELECT limit_kind, debits_pending, debits_posted, credits_pending, credits_posted \
        FROM account WHERE bucket = $1 AND class = $2 AND of_key = $3";
    ACCOUNT_INSERT: Bucket = "INSERT INTO account \
        (bucket, class, of_key, limit_kind, debits_pending, debits_posted, credits_pending, credits_posted) \
        VALUES ($1, $2, $3, $4, 0, 0, 0, 0)";
    ACCOUNT_CHANGE: Bucket = "UPDATE account SET \
        debits_pending = debits_pending + $4, debits_posted = debits_posted + $5, \
        credits_pending = credits_pending + $6, credits_posted = credits_posted + $7 \
        WHERE bucket = $1 AND class = $2 AND of_key = $3 \
        AND (limit_kind <> 1 OR debits_pending + $4 + debits_posted + $5 <= credits_posted + $7) \
        AND (limit_kind <> 2 OR credits_pending + $6 + credits_posted + $7 <= debits_posted + $5)";
    ACCOUNTS: Bucket = "SELECT limit_kind, debits_pending, debits_posted, credits_pending, credits_posted, class, of_key \
        FROM account WHERE bucket = $1";

    TRANSFER: Bucket = "SELECT id, debit_class, debit_of, credit_class, credit_of, amount, code, journal, at_ms, \
        born_pending, state, posted FROM transfer WHERE bucket = $1 AND id = $2";
    TRANSFER_INSERT: Bucket = "INSERT INTO transfer (bucket, id, debit_class, debit_of, credit_class, credit_of, amount, \
        code, journal, at_ms, born_pending, state, posted) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    TRANSFER_RESOLVE: Bucket = "UPDATE transfer SET state = $3, posted = $4 WHERE bucket = $1 AND id = $2 AND state = 0";
    TRANSFERS: Bucket = "SELECT id, debit_class, debit_of, credit_class, credit_of, amount, code, journal, at_ms, \
        born_pending, state, posted FROM transfer WHERE bucket = $1 ORDER BY id";

    ONCE: Bucket = "SELECT step, claimant, answer, keep_until_ms FROM once WHERE bucket = $1 AND key = $2";
    ONCE_INSERT: Bucket =
        "INSERT INTO once (bucket, key, step, claimant, answer, keep_until_ms) VALUES ($1, $2, $3, $4, $5, $6)";
    ONCE_UPDATE: Bucket = "UPDATE once SET step = $3, claimant = $4, answer = $5, keep_until_ms = $6 \
        WHERE bucket = $1 AND key = $2 AND step = $7";
    ONCE_ANSWER: Bucket = "UPDATE once SET answer = $3 WHERE bucket = $1 AND key = $2";
    ONCE_FORGET: Bucket = "DELETE FROM once WHERE bucket = $1 AND key IN \
        (SELECT key FROM once WHERE bucket = $1 AND keep_until_ms < $2 ORDER BY key LIMIT $3)";

    LOG_INSERT: Bucket = "INSERT INTO log (bucket, seq, subject, at_ms, body) VALUES ($1, $2, $3, $4, $5)";
    LOG_BY_SUBJECT: Bucket = "SELECT seq, subject, at_ms, body FROM log \
        WHERE bucket = $1 AND subject = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4";
    LOG: Bucket = "SELECT seq, subject, at_ms, body FROM log WHERE bucket = $1 AND seq > $2 ORDER BY seq LIMIT $3";

    DUE_INSERT: Bucket = "INSERT INTO due (bucket, seq, at_ms, body) VALUES ($1, $2, $3, $4)";
    DUE_DELETE: Bucket = "DELETE FROM due WHERE bucket = $1 AND seq = $2";
    DUE: Sweep = "SELECT bucket, seq, at_ms, body FROM due \
        WHERE at_ms <= $3 AND bucket >= $1 AND bucket <= $2 ORDER BY at_ms, bucket, seq LIMIT $4";

    MARK: Bucket = "SELECT seq FROM commit_mark WHERE bucket = $1 AND lane = $2";
    MARK_INSERT: Bucket = "INSERT INTO commit_mark (bucket, lane, seq) VALUES ($1, $2, $3)";
    MARK_UPDATE: Bucket = "UPDATE commit_mark SET seq = $3 WHERE bucket = $1 AND lane = $2";
    MARK_DELETE: Bucket = "DELETE FROM commit_mark WHERE bucket = $1 AND lane = $2";

    BUCKETS: Sweep = "SELECT bucket FROM bucket_head ORDER BY bucket";
}
