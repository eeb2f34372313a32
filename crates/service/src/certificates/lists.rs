//! Status lists: made from what is noted as not in force, signed, and kept until something changes or they grow old.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tongma_capability::certificate::State;
use tongma_credential::StatusToken;
use tongma_credential::status::{self, Bits, StatusList};
use tongma_domain::{Bucket, Refusal, SeededEntropy, Text, UnixMs};
use tongma_store::{Index, Key, Stored, find, load};

use super::keys::{self, PLACES};
use crate::platform::Platform;

/// After so many seconds, whoever checks should fetch a newer list.
pub const LIST_TTL_S: u32 = 300;
/// How long a signed list serves at most.
const LIST_LIFE_S: i64 = 86_400;
/// A list is signed anew when it is asked for and older than this: another process may have noted a change.
const LIST_AGE_MS: i64 = 30_000;

/// What the lists have to say of one version. In the directory's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatusRecord {
    /// The bucket of its holder.
    pub bucket: u16,
    /// Its slots there.
    pub slots: Vec<u32>,
    /// Its state.
    pub state: State,
}

impl Stored for StatusRecord {
    const KIND: &'static str = "certificate_status";
    fn index(&self) -> Vec<Index> {
        if self.state == State::Valid {
            return Vec::new();
        }
        // All slots of a version were counted in one go, so they lie in one list or in two.
        let mut lists: Vec<u32> = self.slots.iter().map(|slot| keys::list_of(*slot)).collect();
        lists.dedup();
        lists.into_iter().map(|list| Index { name: "list", value: list_key(list) }).collect()
    }
}

fn list_key(list: u32) -> Key {
    Key::new(&list.to_be_bytes())
}

/// How many lists there are. In the directory's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListHead {
    /// The highest list in use.
    pub last: u32,
}

impl Stored for ListHead {
    const KIND: &'static str = "certificate_lists";
}

pub fn head_key() -> Key {
    Key::from("head")
}

/// A status list as it is served.
pub struct SignedStatus {
    /// As a JWT, ES256.
    pub jwt: String,
    /// As a CWT, ES256.
    pub cwt: Vec<u8>,
    /// As a CWT, SM2.
    pub cwt_sm2: Vec<u8>,
    made: UnixMs,
}

/// What a checker is told of a state.
const fn status_of(state: State) -> u8 {
    match state {
        State::Valid => status::VALID,
        State::Suspended | State::Other => status::SUSPENDED,
        State::Withdrawn | State::Revoked => status::INVALID,
        State::Cancelled | State::Lapsed | State::MovedOut => status::ENDED,
    }
}

impl Platform {
    /// The address of a list, as credentials name it.
    pub(crate) fn list_address(&self, list: u32) -> String {
        format!("{}/status/{list}", self.codes.host())
    }

    /// A list, signed not long ago.
    ///
    /// # Errors
    /// `certificate.list` for one that is not in use; the store's refusals; `keys.unusable`.
    pub fn status_list(&self, list: u32) -> Result<Arc<SignedStatus>, Refusal> {
        let now = self.now();
        let held = self.certificates.lists.lock().ok().and_then(|lists| lists.get(&list).cloned());
        if let Some(held) = held.filter(|held| now.since(held.made) < LIST_AGE_MS && now >= held.made) {
            return Ok(held);
        }
        let head = self.read(Bucket::DIRECTORY, |txn| Ok(load::<ListHead>(txn, head_key())?))?;
        if head.is_none_or(|head| head.value.last < list) {
            return Err(no_such_list());
        }
        let made = Arc::new(self.sign_list(list, now)?);
        if let Ok(mut lists) = self.certificates.lists.lock() {
            lists.insert(list, Arc::clone(&made));
        }
        Ok(made)
    }

    fn sign_list(&self, list: u32, now: UnixMs) -> Result<SignedStatus, Refusal> {
        let mut packed = StatusList::new(Bits::Two, PLACES as usize);
        let mut after = None;
        loop {
            let page = self.read(Bucket::DIRECTORY, |txn| {
                Ok(find::<StatusRecord>(txn, "list", list_key(list), after.as_ref(), 500)?)
            })?;
            after = page.items.last().map(|held| held.key.clone());
            for record in page.items.iter().map(|held| &held.value) {
                for slot in record.slots.iter().filter(|slot| keys::list_of(**slot) == list) {
                    let place = keys::place_of(&self.vault, record.bucket, *slot);
                    packed.set(u64::from(place), status_of(record.state));
                }
            }
            if !page.more {
                break;
            }
        }
        let token = StatusToken {
            subject: self.list_address(list),
            issued_s: now.as_seconds(),
            expires_s: now.as_seconds() + LIST_LIFE_S,
            ttl_s: LIST_TTL_S,
            list: packed,
        };
        let mut entropy = SeededEntropy::new(self.seed());
        let mut draw = || super::mine::draw(&mut entropy);
        let unusable = |_| crate::keys::unusable();
        Ok(SignedStatus {
            jwt: token.to_jwt(&self.certificates, &draw()).map_err(unusable)?,
            cwt: token.to_cwt(&self.certificates, &draw()).map_err(unusable)?,
            cwt_sm2: token.to_cwt(self.codes.issuer(), &draw()).map_err(unusable)?,
            made: now,
        })
    }
}

fn no_such_list() -> Refusal {
    Refusal::missing(
        "certificate.list",
        Text::new("没有这份状态清单", "There is no such status list"),
        Text::new("请核对凭证里写的清单地址", "Use the address that the credential names"),
    )
}
