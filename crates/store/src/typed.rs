//! Typed bodies over the port's bytes.

use serde::{Serialize, de::DeserializeOwned};
use tongma_domain::Id;

use crate::{Expect, Index, Key, Kind, Page, StoreError, Txn};

/// A serde struct that is stored as a record. The schema version is part of the body: a reader refuses a newer one.
pub trait Stored: Serialize + DeserializeOwned {
    /// The record's kind.
    const KIND: Kind;

    /// The declared index entries of this value.
    fn index(&self) -> Vec<Index> {
        Vec::new()
    }
}

/// A value read from the store with the version to expect when it is written again.
#[derive(Debug, Clone)]
pub struct Held<T> {
    /// Its key.
    pub key: Key,
    /// The version it was read at.
    pub version: u64,
    /// The value.
    pub value: T,
}

/// Reads a typed record.
///
/// # Errors
/// [`StoreError`] of the engine, [`StoreError::Corrupt`] when the body is not a `T`.
pub fn load<T: Stored>(txn: &mut dyn Txn, key: impl Into<Key>) -> Result<Option<Held<T>>, StoreError> {
    let key = key.into();
    match txn.get(T::KIND, &key)? {
        None => Ok(None),
        Some(record) => Ok(Some(Held { value: decode::<T>(&record.body)?, version: record.version, key })),
    }
}

/// Writes a new record.
///
/// # Errors
/// [`StoreError::Conflict`] when there is one already.
pub fn create<T: Stored>(txn: &mut dyn Txn, key: impl Into<Key>, value: &T) -> Result<(), StoreError> {
    txn.put(T::KIND, &key.into(), Expect::Absent, encode(value)?, value.index()).map(drop)
}

/// Writes a record again.
///
/// # Errors
/// [`StoreError::Conflict`] when someone else did in between.
pub fn save<T: Stored>(txn: &mut dyn Txn, held: &Held<T>) -> Result<(), StoreError> {
    let body = encode(&held.value)?;
    txn.put(T::KIND, &held.key, Expect::Version(held.version), body, held.value.index()).map(drop)
}

/// Writes a record whether or not there is one.
///
/// # Errors
/// [`StoreError`] of the engine.
pub fn upsert<T: Stored>(txn: &mut dyn Txn, key: impl Into<Key>, value: &T) -> Result<(), StoreError> {
    let key = key.into();
    let expect = txn.get(T::KIND, &key)?.map_or(Expect::Absent, |record| Expect::Version(record.version));
    txn.put(T::KIND, &key, expect, encode(value)?, value.index()).map(drop)
}

/// A page of typed records by a declared index.
///
/// # Errors
/// [`StoreError`] of the engine, [`StoreError::Corrupt`] when a body is not a `T`.
pub fn find<T: Stored>(
    txn: &mut dyn Txn,
    index: &'static str,
    value: impl Into<Key>,
    after: Option<&Key>,
    limit: usize,
) -> Result<Page<Held<T>>, StoreError> {
    let page = txn.scan(T::KIND, index, &value.into(), after, limit)?;
    let items = page
        .items
        .into_iter()
        .map(|record| Ok(Held { value: decode::<T>(&record.body)?, version: record.version, key: record.key }))
        .collect::<Result<_, StoreError>>()?;
    Ok(Page { items, more: page.more })
}

/// Every typed record by a declared index, page after page: for lists that one person or one house can fill, not for
/// those that grow without end.
///
/// # Errors
/// [`StoreError`] of the engine, [`StoreError::Corrupt`] when a body is not a `T`.
pub fn find_all<T: Stored>(
    txn: &mut dyn Txn,
    index: &'static str,
    value: impl Into<Key>,
) -> Result<Vec<Held<T>>, StoreError> {
    let (value, mut all, mut after) = (value.into(), Vec::new(), None::<Key>);
    loop {
        let page = find::<T>(txn, index, value.clone(), after.as_ref(), crate::MOST_PAGE)?;
        after = page.items.last().map(|held| held.key.clone());
        all.extend(page.items);
        if !page.more {
            return Ok(all);
        }
    }
}

/// The bytes of a body.
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be written as JSON.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// The body of these bytes.
///
/// # Errors
/// [`StoreError::Corrupt`] when they are something else.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    // The error's text is dropped: it could repeat a stored value.
    serde_json::from_slice(bytes).map_err(|error| StoreError::Corrupt(format!("at column {}", error.column())))
}

impl From<&Id> for Key {
    fn from(id: &Id) -> Self {
        Self::from(*id)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}
