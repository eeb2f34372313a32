-- The tables of the storage port. `bucket` is the first column of every table and every primary and unique key.

CREATE TABLE bucket_head (
    bucket SMALLINT NOT NULL,
    log_seq BIGINT NOT NULL,
    due_seq BIGINT NOT NULL,
    PRIMARY KEY (bucket)
);

CREATE TABLE record (
    bucket SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    key BYTEA NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    entries BYTEA NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (bucket, kind, key)
);

-- One row for each declared index value of a record.
CREATE TABLE record_entry (
    bucket SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    value BYTEA NOT NULL,
    key BYTEA NOT NULL,
    PRIMARY KEY (bucket, kind, name, value, key)
);

CREATE TABLE counter (
    bucket SMALLINT NOT NULL,
    name TEXT NOT NULL,
    of_key BYTEA NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (bucket, name, of_key)
);

CREATE TABLE account (
    bucket SMALLINT NOT NULL,
    class TEXT NOT NULL,
    of_key BYTEA NOT NULL,
    limit_kind SMALLINT NOT NULL,
    debits_pending BIGINT NOT NULL CHECK (debits_pending >= 0),
    debits_posted BIGINT NOT NULL CHECK (debits_posted >= 0),
    credits_pending BIGINT NOT NULL CHECK (credits_pending >= 0),
    credits_posted BIGINT NOT NULL CHECK (credits_posted >= 0),
    PRIMARY KEY (bucket, class, of_key)
);

-- Both legs in one row: a one-legged posting cannot be written.
CREATE TABLE transfer (
    bucket SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    debit_class TEXT NOT NULL,
    debit_of BYTEA NOT NULL,
    credit_class TEXT NOT NULL,
    credit_of BYTEA NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    code TEXT NOT NULL,
    journal BYTEA NOT NULL,
    at_ms BIGINT NOT NULL,
    born_pending SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    posted BIGINT NOT NULL CHECK (posted >= 0 AND posted <= amount),
    PRIMARY KEY (bucket, id),
    CHECK (debit_class <> credit_class OR debit_of <> credit_of)
);

CREATE TABLE once (
    bucket SMALLINT NOT NULL,
    key BYTEA NOT NULL,
    step BIGINT NOT NULL,
    claimant BYTEA NOT NULL,
    answer BYTEA NOT NULL,
    keep_until_ms BIGINT NOT NULL,
    PRIMARY KEY (bucket, key)
);

CREATE TABLE log (
    bucket SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    at_ms BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (bucket, seq)
);

CREATE UNIQUE INDEX log_by_subject ON log (bucket, subject, seq);

CREATE TABLE due (
    bucket SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (bucket, seq)
);

-- Not unique: the poller of a range of buckets walks what is due in order of time.
CREATE INDEX due_by_time ON due (at_ms, bucket, seq);

-- How far each lane of each process has committed in a bucket: answers whether a COMMIT whose answer was lost happened.
CREATE TABLE commit_mark (
    bucket SMALLINT NOT NULL,
    lane BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (bucket, lane)
);
