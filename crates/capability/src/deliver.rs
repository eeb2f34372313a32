//! Documents and results for their subject: receipts, notices, results.
//!
//! Invariant: only the subject, or a delegate while the grant lives, opens a document; the latest version wins and an
//! older one says that it is no longer the latest.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tongma_domain::{Id, Refusal, Text, UnixMs, Words};
use tongma_store::{Held, Index, Key, Page, Stored, Txn, create, find, load, save};

use crate::{Schema, Stop};

/// A document: whose it is, and which of its versions is the latest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Its id.
    pub id: Id,
    /// Whose it is.
    pub subject: Id,
    /// What it is: `e_receipt`.
    pub kind: String,
    /// Its title.
    pub title: Words,
    /// The latest version, from 1.
    pub latest: u32,
    /// Who else may open it, until when.
    pub delegates: Vec<(Id, UnixMs)>,
}

impl Stored for Document {
    const KIND: &'static str = "document";
    fn index(&self) -> Vec<Index> {
        vec![Index { name: "subject", value: self.subject.into() }]
    }
}

/// One version of a document; never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The schema of this body.
    pub v: Schema<1>,
    /// Which one, from 1.
    pub number: u32,
    /// When it was published.
    pub at: UnixMs,
    /// Withdrawn: it says only that.
    pub withdrawn: bool,
    /// The contents.
    pub body: Value,
}

impl Stored for Version {
    const KIND: &'static str = "document_version";
}

/// A version as it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The document.
    pub document: Document,
    /// The version asked for.
    pub version: Version,
    /// Whether there is none newer.
    pub is_latest: bool,
}

/// What is published.
#[derive(Debug, Clone)]
pub struct Publish<'a> {
    /// The document's id.
    pub id: Id,
    /// Whose it is.
    pub subject: Id,
    /// What it is.
    pub kind: &'a str,
    /// Its title.
    pub title: Words,
    /// The contents; null withdraws the document.
    pub body: Value,
}

fn version_key(id: Id, number: u32) -> Key {
    Key::of(&[id.as_bytes(), &number.to_be_bytes()])
}

/// Publishes a version: the first, or one that replaces the latest. The same contents again publish nothing. Gives the
/// number of the latest version.
///
/// # Errors
/// `deliver.not_yours` when the document belongs to someone else.
pub fn publish(txn: &mut dyn Txn, what: Publish<'_>, now: UnixMs) -> Result<u32, Stop> {
    let withdrawn = what.body.is_null();
    let Some(mut held) = load::<Document>(txn, what.id)? else {
        let Publish { id, subject, title, body, .. } = what;
        create(txn, version_key(id, 1), &Version { v: Schema, number: 1, at: now, withdrawn, body })?;
        let kind = what.kind.to_owned();
        create(txn, id, &Document { v: Schema, id, subject, kind, title, latest: 1, delegates: Vec::new() })?;
        return Ok(1);
    };
    if held.value.subject != what.subject {
        return Err(not_yours().into());
    }
    let latest = load::<Version>(txn, version_key(what.id, held.value.latest))?;
    if latest.is_some_and(|latest| latest.value.body == what.body) {
        return Ok(held.value.latest);
    }
    held.value.latest += 1;
    held.value.title = what.title;
    let number = held.value.latest;
    create(txn, version_key(what.id, number), &Version { v: Schema, number, at: now, withdrawn, body: what.body })?;
    save(txn, &held)?;
    Ok(number)
}

/// Lets someone else open a document until a moment; given by the subject alone.
///
/// # Errors
/// `deliver.not_yours`.
pub fn delegate(txn: &mut dyn Txn, id: Id, subject: Id, to: Id, until: UnixMs) -> Result<(), Stop> {
    let mut held = load::<Document>(txn, id)?.filter(|held| held.value.subject == subject).ok_or_else(not_yours)?;
    held.value.delegates.retain(|(person, _)| *person != to);
    held.value.delegates.push((to, until));
    Ok(save(txn, &held)?)
}

/// Opens a document at a version, or at its latest.
///
/// # Errors
/// `deliver.not_yours`, the same whether the document does not exist or belongs to someone else.
pub fn open(txn: &mut dyn Txn, id: Id, reader: Id, number: Option<u32>, now: UnixMs) -> Result<Opened, Stop> {
    let document = load::<Document>(txn, id)?.map(|held| held.value).filter(|document| may_open(document, reader, now));
    let document = document.ok_or_else(not_yours)?;
    let number = number.unwrap_or(document.latest);
    let version = load::<Version>(txn, version_key(id, number))?.ok_or_else(not_yours)?.value;
    let is_latest = version.number == document.latest;
    Ok(Opened { document, version, is_latest })
}

fn may_open(document: &Document, reader: Id, now: UnixMs) -> bool {
    document.subject == reader || document.delegates.iter().any(|(person, until)| *person == reader && now <= *until)
}

/// A subject's documents in this bucket.
///
/// # Errors
/// Of the store.
pub fn of_subject(
    txn: &mut dyn Txn,
    subject: Id,
    after: Option<&Key>,
    limit: usize,
) -> Result<Page<Held<Document>>, Stop> {
    Ok(find::<Document>(txn, "subject", subject, after, limit)?)
}

fn not_yours() -> Refusal {
    Refusal::missing(
        "deliver.not_yours",
        Text::new("没有可供本人打开的这份文件", "There is no such document for you to open"),
        Text::new("请从“我的事项”中打开", "Open it from “my things”"),
    )
}
