-- The tables of the storage port. `bucket` is the first column of every table and every primary and unique key.

CREATE TABLE bucket_head (
    bucket INTEGER NOT NULL,
    log_seq INTEGER NOT NULL,
    due_seq INTEGER NOT NULL,
    PRIMARY KEY (bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    bucket INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key BLOB NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    entries BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (bucket, kind, key)
) STRICT, WITHOUT ROWID;

-- One row for each declared index value of a record.
CREATE TABLE record_entry (
    bucket INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (bucket, kind, name, value, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    bucket INTEGER NOT NULL,
    name TEXT NOT NULL,
    of_key BLOB NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (bucket, name, of_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    bucket INTEGER NOT NULL,
    class TEXT NOT NULL,
    of_key BLOB NOT NULL,
    limit_kind INTEGER NOT NULL,
    debits_pending INTEGER NOT NULL CHECK (debits_pending >= 0),
    debits_posted INTEGER NOT NULL CHECK (debits_posted >= 0),
    credits_pending INTEGER NOT NULL CHECK (credits_pending >= 0),
    credits_posted INTEGER NOT NULL CHECK (credits_posted >= 0),
    PRIMARY KEY (bucket, class, of_key)
) STRICT, WITHOUT ROWID;

-- Both legs in one row: a one-legged posting cannot be written.
CREATE TABLE transfer (
    bucket INTEGER NOT NULL,
    id BLOB NOT NULL,
    debit_class TEXT NOT NULL,
    debit_of BLOB NOT NULL,
    credit_class TEXT NOT NULL,
    credit_of BLOB NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    code TEXT NOT NULL,
    journal BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    born_pending INTEGER NOT NULL,
    state INTEGER NOT NULL,
    posted INTEGER NOT NULL CHECK (posted >= 0 AND posted <= amount),
    PRIMARY KEY (bucket, id),
    CHECK (debit_class <> credit_class OR debit_of <> credit_of)
) STRICT, WITHOUT ROWID;

CREATE TABLE once (
    bucket INTEGER NOT NULL,
    key BLOB NOT NULL,
    step INTEGER NOT NULL,
    claimant BLOB NOT NULL,
    answer BLOB NOT NULL,
    keep_until_ms INTEGER NOT NULL,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
    bucket INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    subject BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (bucket, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX log_by_subject ON log (bucket, subject, seq);

CREATE TABLE due (
    bucket INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (bucket, seq)
) STRICT, WITHOUT ROWID;

-- Not unique: the poller of a range of buckets walks what is due in order of time.
CREATE INDEX due_by_time ON due (at_ms, bucket, seq);
