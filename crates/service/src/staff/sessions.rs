//! Staff sessions: short, ended by idling, opened by a passkey alone.

use serde::{Deserialize, Serialize};
use tongma_domain::{Bucket, Id, Refusal, Text, UnixMs, Words};
use tongma_store::{Expect, Key, Stored, Txn, create, load, save};

use super::{Office, StaffRecord, write_act};
use crate::directory::digest;
use crate::platform::Platform;
use crate::vault::hex;

/// A session ends after so long without a request (NIST SP 800-63B-4 section 2.2.3 asks for at most an hour).
pub const SESSION_IDLE_S: i64 = 15 * 60;
/// And after so long in any case: a working day.
pub const SESSION_LIFE_S: i64 = 12 * 3600;
/// What cannot be taken back asks for a passkey used within this time.
const FRESH_S: i64 = 5 * 60;
/// The moment of the last request is written at most so often.
const SEEN_EVERY_S: i64 = 60;

/// A member of staff as proved by a session.
#[derive(Debug, Clone)]
pub struct Staff {
    /// Who.
    pub id: Id,
    /// The name.
    pub name: String,
    /// The office.
    pub office: Office,
    /// When the passkey was used.
    pub proved: UnixMs,
    pub(super) session: Key,
}

/// A session. Key: the digest of its token; in the directory's bucket.
#[derive(Debug, Serialize, Deserialize)]
struct StaffSessionRecord {
    staff: Id,
    opened: UnixMs,
    seen: UnixMs,
}

impl Stored for StaffSessionRecord {
    const KIND: &'static str = "staff_session";
}

impl Platform {
    /// Opens a session in the unit that has just checked a passkey.
    pub(super) fn open_staff_session(
        txn: &mut dyn Txn,
        token: &str,
        staff: Id,
        now: UnixMs,
    ) -> Result<(), tongma_store::StoreError> {
        create(txn, session_key(token), &StaffSessionRecord { staff, opened: now, seen: now })
    }

    /// A token for a session to be opened.
    pub(super) fn staff_token(&self) -> String {
        hex(&self.seed())
    }

    /// The member of staff behind a session's token; notes that they were here.
    ///
    /// # Errors
    /// `staff.session` when there is none, it idled too long, or its owner has left.
    pub async fn staff(&self, token: &str) -> Result<Staff, Refusal> {
        let (key, now) = (session_key(token), self.now());
        let found = self.read(Bucket::DIRECTORY, |txn| Self::known(txn, &key, now))?;
        let (staff, seen) = found.ok_or_else(no_session)?;
        if now.since(seen) > SEEN_EVERY_S * 1000 {
            self.run(Bucket::DIRECTORY, move |txn| {
                if let Some(mut held) = load::<StaffSessionRecord>(txn, key.clone())? {
                    held.value.seen = now;
                    save(txn, &held)?;
                }
                Ok(())
            })
            .await?;
        }
        Ok(staff)
    }

    fn known(txn: &mut dyn Txn, key: &Key, now: UnixMs) -> Result<Option<(Staff, UnixMs)>, tongma_capability::Stop> {
        let Some(held) = load::<StaffSessionRecord>(txn, key.clone())? else { return Ok(None) };
        let session = held.value;
        let idle = now.since(session.seen) > SESSION_IDLE_S * 1000;
        if idle || now.since(session.opened) > SESSION_LIFE_S * 1000 {
            return Ok(None);
        }
        let record = load::<StaffRecord>(txn, session.staff)?.map(|held| held.value);
        Ok(record.filter(|record| record.ended.is_none()).map(|record| {
            let (id, name, office) = (record.id, record.name, record.office);
            (Staff { id, name, office, proved: session.opened, session: key.clone() }, session.seen)
        }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn close_staff_session(&self, staff: &Staff) -> Result<(), Refusal> {
        let (staff, now) = (staff.clone(), self.now());
        self.run(Bucket::DIRECTORY, move |txn| {
            if let Some(held) = load::<StaffSessionRecord>(txn, staff.session.clone())? {
                txn.remove(StaffSessionRecord::KIND, &held.key, Expect::Version(held.version))?;
                write_act(txn, now, &staff, "staff.signed_out", Words::new("退出登录", "Signed out"))?;
            }
            Ok(())
        })
        .await
    }

    /// Refuses what cannot be taken back unless the passkey was used just now.
    ///
    /// # Errors
    /// `staff.prove_again`.
    pub fn must_be_fresh(&self, staff: &Staff) -> Result<(), Refusal> {
        if self.now().since(staff.proved) <= FRESH_S * 1000 {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "staff.prove_again",
            Text::new("这一步要先再次验证通行密钥", "Use your passkey again before this step"),
            Text::new("请退出后重新登录，五分钟内完成这一步", "Sign in again and do it within five minutes"),
        ))
    }
}

fn session_key(token: &str) -> Key {
    Key::new(&digest("staff session", token))
}

fn no_session() -> Refusal {
    Refusal::with_status(
        401,
        "staff.session",
        Text::new("还没有登录，或登录已过期", "Not signed in, or no longer"),
        Text::new("请用通行密钥登录", "Sign in with your passkey"),
    )
}
