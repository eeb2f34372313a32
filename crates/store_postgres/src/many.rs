//! Statements that do for many rows what one of the catalogue does for one.
//!
//! Values travel as one array a column, so a statement is the same for any number of rows, is prepared once, and takes
//! one journey. Each stands in two forms: `together` names the bucket in every row, for a server that has all buckets;
//! `in_bucket` names one bucket for all rows, so that a distributed engine sends it to one machine.

use crate::catalogue;
use crate::param::Param;

/// A statement of the catalogue and its forms for many rows.
#[derive(Debug, Clone, Copy)]
pub struct Many {
    /// The statement for one row; the forms take an array for each of its values.
    pub of: &'static str,
    /// For rows of several buckets: the first value is an array too.
    pub together: &'static str,
    /// For rows of one bucket: the first value is the bucket itself. Where rows of one bucket are never several, none.
    pub in_bucket: Option<&'static str>,
}

macro_rules! insert {
    ($of:ident into $table:literal ($names:literal = $arrays:literal $(, $more:literal = $fixed:literal)?)) => {
        Many {
            of: catalogue::$of,
            together: concat!(
                "INSERT INTO ", $table, " (bucket, ", $names $(, ", ", $more)?, ") SELECT bucket, ", $names $(, ", ", $fixed)?,
                " FROM unnest(CAST($1 AS SMALLINT[]), ", $arrays, ") AS v (bucket, ", $names, ")"
            ),
            in_bucket: Some(concat!(
                "INSERT INTO ", $table, " (bucket, ", $names $(, ", ", $more)?, ") SELECT CAST($1 AS SMALLINT), ", $names $(, ", ", $fixed)?,
                " FROM unnest(", $arrays, ") AS v (", $names, ")"
            )),
        }
    };
}

macro_rules! change {
    ($of:ident: $what:literal, $with:literal ($names:literal = $arrays:literal), $table:literal, $on:literal) => {
        Many {
            of: catalogue::$of,
            together: concat!(
                $what,
                " ",
                $with,
                " unnest(CAST($1 AS SMALLINT[]), ",
                $arrays,
                ") AS v (bucket, ",
                $names,
                ") WHERE ",
                $table,
                ".bucket = v.bucket AND ",
                $on
            ),
            in_bucket: Some(concat!(
                $what,
                " ",
                $with,
                " unnest(",
                $arrays,
                ") AS v (",
                $names,
                ") WHERE ",
                $table,
                ".bucket = $1 AND ",
                $on
            )),
        }
    };
}

/// A look-up of single rows. The last value numbers the questions and comes back as the last column.
macro_rules! look_up {
    ($of:ident: $columns:literal from $table:literal ($names:literal = $arrays:literal), $on:literal) => {
        Many {
            of: catalogue::$of,
            together: concat!(
                "SELECT ",
                $columns,
                ", v.at FROM unnest(CAST($1 AS SMALLINT[]), ",
                $arrays,
                ") AS v (bucket, ",
                $names,
                ", at) JOIN ",
                $table,
                " t ON t.bucket = v.bucket AND ",
                $on
            ),
            in_bucket: Some(concat!(
                "SELECT ",
                $columns,
                ", v.at FROM unnest(",
                $arrays,
                ") AS v (",
                $names,
                ", at) JOIN ",
                $table,
                " t ON t.bucket = $1 AND ",
                $on
            )),
        }
    };
}

/// All of them.
pub const MANY: &[Many] = &[
    Many {
        of: catalogue::HEADS_INSERT,
        together: "INSERT INTO bucket_head (bucket, log_seq, due_seq) SELECT bucket, log_seq, due_seq \
            FROM unnest(CAST($1 AS SMALLINT[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[])) AS v (bucket, log_seq, due_seq)",
        in_bucket: None,
    },
    Many {
        of: catalogue::HEADS_UPDATE,
        together: "UPDATE bucket_head SET log_seq = v.log_seq, due_seq = v.due_seq \
            FROM unnest(CAST($1 AS SMALLINT[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[])) AS v (bucket, log_seq, due_seq) \
            WHERE bucket_head.bucket = v.bucket",
        in_bucket: None,
    },
    insert!(RECORD_INSERT into "record" ("kind, key, entries, body" =
        "CAST($2 AS TEXT[]), CAST($3 AS BYTEA[]), CAST($4 AS BYTEA[]), CAST($5 AS BYTEA[])", "version" = "1")),
    change!(RECORD_UPDATE: "UPDATE record SET version = record.version + 1, entries = v.entries, body = v.body", "FROM"
        ("kind, key, was, entries, body" =
        "CAST($2 AS TEXT[]), CAST($3 AS BYTEA[]), CAST($4 AS BIGINT[]), CAST($5 AS BYTEA[]), CAST($6 AS BYTEA[])"),
        "record", "record.kind = v.kind AND record.key = v.key AND record.version = v.was"),
    change!(RECORD_DELETE: "DELETE FROM record", "USING"
        ("kind, key, was" = "CAST($2 AS TEXT[]), CAST($3 AS BYTEA[]), CAST($4 AS BIGINT[])"),
        "record", "record.kind = v.kind AND record.key = v.key AND record.version = v.was"),
    insert!(ENTRY_INSERT into "record_entry" ("kind, name, value, key" =
        "CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS BYTEA[]), CAST($5 AS BYTEA[])")),
    change!(ENTRY_DELETE: "DELETE FROM record_entry e", "USING" ("kind, name, value, key" =
        "CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS BYTEA[]), CAST($5 AS BYTEA[])"),
        "e", "e.kind = v.kind AND e.name = v.name AND e.value = v.value AND e.key = v.key"),
    insert!(COUNTER_INSERT into "counter" ("name, of_key, value" =
        "CAST($2 AS TEXT[]), CAST($3 AS BYTEA[]), CAST($4 AS BIGINT[])")),
    change!(COUNTER_UPDATE: "UPDATE counter SET value = v.value", "FROM" ("name, of_key, value, was" =
        "CAST($2 AS TEXT[]), CAST($3 AS BYTEA[]), CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[])"),
        "counter", "counter.name = v.name AND counter.of_key = v.of_key AND counter.value = v.was"),
    insert!(ACCOUNT_INSERT into "account" ("class, of_key, limit_kind" =
        "CAST($2 AS TEXT[]), CAST($3 AS BYTEA[]), CAST($4 AS SMALLINT[])",
        "debits_pending, debits_posted, credits_pending, credits_posted" = "0, 0, 0, 0")),
    change!(ACCOUNT_CHANGE: "UPDATE account a SET \
        debits_pending = a.debits_pending + v.dn, debits_posted = a.debits_posted + v.dd, \
        credits_pending = a.credits_pending + v.cn, credits_posted = a.credits_posted + v.cd", "FROM"
        ("class, of_key, dn, dd, cn, cd" = "CAST($2 AS TEXT[]), CAST($3 AS BYTEA[]), CAST($4 AS BIGINT[]), \
        CAST($5 AS BIGINT[]), CAST($6 AS BIGINT[]), CAST($7 AS BIGINT[])"),
        "a", "a.class = v.class AND a.of_key = v.of_key \
        AND (a.limit_kind <> 1 OR a.debits_pending + v.dn + a.debits_posted + v.dd <= a.credits_posted + v.cd) \
        AND (a.limit_kind <> 2 OR a.credits_pending + v.cn + a.credits_posted + v.cd <= a.debits_posted + v.dd)"),
    insert!(TRANSFER_INSERT into "transfer" ("id, debit_class, debit_of, credit_class, credit_of, amount, code, journal, \
        at_ms, born_pending, state, posted" = "CAST($2 AS BYTEA[]), CAST($3 AS TEXT[]), CAST($4 AS BYTEA[]), \
        CAST($5 AS TEXT[]), CAST($6 AS BYTEA[]), CAST($7 AS BIGINT[]), CAST($8 AS TEXT[]), CAST($9 AS BYTEA[]), \
        CAST($10 AS BIGINT[]), CAST($11 AS SMALLINT[]), CAST($12 AS SMALLINT[]), CAST($13 AS BIGINT[])")),
    change!(TRANSFER_RESOLVE: "UPDATE transfer SET state = v.state, posted = v.posted", "FROM" ("id, state, posted" =
        "CAST($2 AS BYTEA[]), CAST($3 AS SMALLINT[]), CAST($4 AS BIGINT[])"),
        "transfer", "transfer.id = v.id AND transfer.state = 0"),
    insert!(ONCE_INSERT into "once" ("key, step, claimant, answer, keep_until_ms" = "CAST($2 AS BYTEA[]), \
        CAST($3 AS BIGINT[]), CAST($4 AS BYTEA[]), CAST($5 AS BYTEA[]), CAST($6 AS BIGINT[])")),
    change!(ONCE_UPDATE: "UPDATE once SET step = v.step, claimant = v.claimant, answer = v.answer, \
        keep_until_ms = v.keep_until_ms", "FROM" ("key, step, claimant, answer, keep_until_ms, was" =
        "CAST($2 AS BYTEA[]), CAST($3 AS BIGINT[]), CAST($4 AS BYTEA[]), CAST($5 AS BYTEA[]), CAST($6 AS BIGINT[]), \
        CAST($7 AS BIGINT[])"),
        "once", "once.key = v.key AND once.step = v.was"),
    change!(ONCE_ANSWER: "UPDATE once SET answer = v.answer", "FROM" ("key, answer" =
        "CAST($2 AS BYTEA[]), CAST($3 AS BYTEA[])"),
        "once", "once.key = v.key"),
    insert!(LOG_INSERT into "log" ("seq, subject, at_ms, body" =
        "CAST($2 AS BIGINT[]), CAST($3 AS BYTEA[]), CAST($4 AS BIGINT[]), CAST($5 AS BYTEA[])")),
    insert!(DUE_INSERT into "due" ("seq, at_ms, body" =
        "CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[]), CAST($4 AS BYTEA[])")),
    change!(DUE_DELETE: "DELETE FROM due", "USING" ("seq" = "CAST($2 AS BIGINT[])"), "due", "due.seq = v.seq"),
    look_up!(RECORD: "t.version, t.entries, t.body" from "record" ("kind, key" =
        "CAST($2 AS TEXT[]), CAST($3 AS BYTEA[]), CAST($4 AS BIGINT[])"), "t.kind = v.kind AND t.key = v.key"),
    look_up!(COUNTER: "t.value" from "counter" ("name, of_key" =
        "CAST($2 AS TEXT[]), CAST($3 AS BYTEA[]), CAST($4 AS BIGINT[])"), "t.name = v.name AND t.of_key = v.of_key"),
    look_up!(ACCOUNT: "t.limit_kind, t.debits_pending, t.debits_posted, t.credits_pending, t.credits_posted"
        from "account" ("class, of_key" = "CAST($2 AS TEXT[]), CAST($3 AS BYTEA[]), CAST($4 AS BIGINT[])"),
        "t.class = v.class AND t.of_key = v.of_key"),
    look_up!(TRANSFER: "t.id, t.debit_class, t.debit_of, t.credit_class, t.credit_of, t.amount, t.code, t.journal, \
        t.at_ms, t.born_pending, t.state, t.posted" from "transfer" ("id" =
        "CAST($2 AS BYTEA[]), CAST($3 AS BIGINT[])"), "t.id = v.id"),
    look_up!(ONCE: "t.step, t.claimant, t.answer, t.keep_until_ms" from "once" ("key" =
        "CAST($2 AS BYTEA[]), CAST($3 AS BIGINT[])"), "t.key = v.key"),
];

/// The form of a statement for many rows, of one bucket or of several.
pub fn of(sql: &str, one_bucket: bool) -> Option<&'static str> {
    let many = MANY.iter().find(|many| many.of == sql)?;
    if one_bucket { many.in_bucket } else { Some(many.together) }
}

/// The values of many rows as those of such a statement: arrays, but for the bucket of rows that have one in common.
pub fn columns(rows: Vec<Vec<Param<'static>>>, one_bucket: bool) -> Vec<Param<'static>> {
    let mut columns: Vec<Vec<Param<'static>>> = Vec::new();
    for row in rows {
        columns.resize_with(row.len(), Vec::new);
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let mut columns = columns.into_iter();
    let first = columns.next().unwrap_or_default();
    let first = if one_bucket { first.into_iter().next() } else { Some(array(first)) };
    first.into_iter().chain(columns.map(array)).collect()
}

/// Values of one type as an array; all have the type of the first, since they are of one column.
fn array(values: Vec<Param<'static>>) -> Param<'static> {
    let (mut smalls, mut bigs, mut texts, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for value in values {
        match value {
            Param::Small(number) => smalls.push(number),
            Param::Big(number) => bigs.push(number),
            Param::Text(text) => texts.push(text.into_owned()),
            Param::Bytes(of) => bytes.push(of.into_owned()),
            other => return other,
        }
    }
    match (smalls.is_empty(), bigs.is_empty(), texts.is_empty()) {
        (false, ..) => Param::Smalls(smalls),
        (_, false, _) => Param::Bigs(bigs),
        (.., false) => Param::Texts(texts),
        _ => Param::ManyBytes(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::param::params;

    #[test]
    fn rows_become_columns() {
        let rows =
            || vec![params![1_i16, 7_i64, "a", vec![1_u8]].to_vec(), params![2_i16, 8_i64, "b", vec![2_u8]].to_vec()];
        let rest = [
            Param::Bigs(vec![7, 8]),
            Param::Texts(vec!["a".into(), "b".into()]),
            Param::ManyBytes(vec![vec![1], vec![2]]),
        ];
        assert_eq!(columns(rows(), false), [&[Param::Smalls(vec![1, 2])], rest.as_slice()].concat());
        assert_eq!(columns(rows(), true), [&[Param::Small(1)], rest.as_slice()].concat());
    }

    #[test]
    fn a_form_for_many_takes_the_values_of_the_statement_for_one() {
        let count = |sql: &str| (1..=20).take_while(|at| sql.contains(&format!("${at}"))).count();
        for many in MANY {
            // A look-up takes the numbers of its questions besides.
            let more = usize::from(many.of.starts_with("SELECT"));
            assert_eq!(count(many.together), count(many.of) + more, "{}", many.together);
            if let Some(in_bucket) = many.in_bucket {
                assert_eq!(count(in_bucket), count(many.of) + more, "{in_bucket}");
            }
        }
    }
}
