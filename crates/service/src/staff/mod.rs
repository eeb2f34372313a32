//! Staff of the platform: who they are, how they prove it, what each of the three offices may do, and the list of
//! everything they did.
//!
//! The three offices are kept apart (三员分立, GB/T 22239-2019 section 8.1.6: system, audit and security administrators).
//! A person holds one, and there is no office that may do everything. Each use case here asks for the office it belongs to.

mod acts;
mod cases;
mod entry;
mod people;
mod sessions;

use serde::{Deserialize, Serialize};
use tongma_domain::{Id, Refusal, Text, UnixMs};
use tongma_passkey::Credential;
use tongma_store::{Index, Key, Stored};

pub use acts::{Act, ActEntry};
pub use entry::{Arrived, Begun, Invited};
pub use people::{Person, Unmasked, Unmasking, UnmaskingState};
pub use sessions::{SESSION_IDLE_S, SESSION_LIFE_S, Staff};

pub(crate) use acts::write_act;
pub(crate) use people::same_person;

/// One of the three offices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Office {
    /// Runs the platform: reviews applications, keeps venues and points, helps people.
    System,
    /// Answers for who may do what: approves, invites staff, turns keys.
    Security,
    /// Watches both: reads every act, checks the log. Changes nothing.
    Audit,
}

impl Office {
    /// All three.
    pub const ALL: [Self; 3] = [Self::System, Self::Security, Self::Audit];

    /// Its name.
    pub const fn name(self) -> Text {
        match self {
            Self::System => Text::new("系统管理员", "System administrator"),
            Self::Security => Text::new("安全管理员", "Security administrator"),
            Self::Audit => Text::new("审计管理员", "Audit administrator"),
        }
    }

    /// The office of this name on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|office| office.code() == text)
    }

    /// Its name on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Security => "security",
            Self::Audit => "audit",
        }
    }
}

/// A member of staff. Key: the id; in the directory's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StaffRecord {
    /// Its id.
    pub id: Id,
    /// The name that colleagues and people's logs read.
    pub name: String,
    /// The one office held.
    pub office: Office,
    /// Passkeys.
    pub credentials: Vec<Credential>,
    /// Since when.
    pub since: UnixMs,
    /// Who invited; nobody, for the first.
    pub invited_by: Option<Id>,
    /// Until when, once ended.
    pub ended: Option<UnixMs>,
}

impl Stored for StaffRecord {
    const KIND: &'static str = "staff";
    fn index(&self) -> Vec<Index> {
        let all = Index { name: "all", value: Key::from("all") };
        // A passkey that has ended belongs to nobody any more, but stays taken.
        let keys = self.credentials.iter().map(|one| Index { name: "credential", value: credential_key(&one.id) });
        std::iter::once(all).chain(keys).collect()
    }
}

fn credential_key(id: &[u8]) -> Key {
    Key::from(Id::derived(&[b"staff credential", id]))
}

/// The index of records that are listed whole.
pub(crate) fn all() -> Vec<Index> {
    vec![Index { name: "all", value: Key::from("all") }]
}

impl Staff {
    /// Refuses everybody but this office.
    ///
    /// # Errors
    /// `staff.office`.
    pub fn must_hold(&self, office: Office) -> Result<(), Refusal> {
        if self.office == office { Ok(()) } else { Err(other_office()) }
    }
}

/// `staff.office`: it belongs to another office.
pub fn other_office() -> Refusal {
    Refusal::forbidden(
        "staff.office",
        Text::new("这不属于您的岗位职责", "This belongs to another office"),
        Text::new(
            "系统、安全、审计三员分立，请由相应岗位办理",
            "System, security and audit are kept apart; ask whoever holds that office",
        ),
    )
}
