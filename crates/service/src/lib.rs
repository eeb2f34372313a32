//! Use cases: what the platform does for citizens, points and administrators, and nothing about how they ask.
//!
//! [`Platform`] is the only place that opens a transaction. It knows no scenario by name, no HTTP and no SQL. A code is
//! read by [`Platform::present`]; something is done by [`Platform::act_presented`], [`Platform::act_mine`] and
//! [`Platform::act_at_point`]; an offline point hands over by [`Platform::hand_over`]; what leaves a bucket is
//! delivered by [`Platform::work`].

mod act;
mod beside;
mod bundle;
mod calendar;
mod certificates;
mod consent;
mod counters;
mod directory;
mod facts;
mod grants;
mod ics;
mod invitation;
mod keys;
mod leg;
pub mod live;
mod money;
mod moving_code;
mod notice;
mod oddities;
mod on_behalf;
mod on_behalf_refusals;
mod onboarding;
mod outbox;
mod outward;
mod paper;
mod paper_refusals;
mod people;
mod pin;
mod platform;
mod premises;
mod present;
mod present_again;
mod present_words;
mod question;
mod recent;
mod records;
mod repeat;
mod report;
mod rights;
mod scan;
mod seal;
mod sealed_fields;
mod sessions;
mod staff;
mod step_up;
mod tickets;
mod vault;
mod venue_code;
mod views;

pub use act::{ActRefused, Acted, Asked, Attempt};
pub use beside::{LOOK_UP_SETTING, LookUp};
pub use bundle::SignedBundle;
pub use certificates::{Credentials, IssuedBy, LIST_TTL_S, MyCertificate, NewCertificate, SignedStatus};
pub use consent::{Consent, Reply};
pub use counters::{Counters, Figures, MINUTES};
pub use directory::{Directory, PointKey, PointRecord};
pub use facts::{Event, EventResult, HandedOver, MOST_EVENTS};
pub use grants::{CertificateCopy, CopiedField, Copies, GrantView, SignedReceipt};
pub use invitation::{INVITATION_LIFE_S, Invitation, Wish};
pub use keys::{CodeKeys, Lists};
pub use moving_code::MovingCode;
pub use notice::{Inbox, Message, NoticeSettings, TOPICS, Texted, Topic};
pub use oddities::{Holes, Oddity};
pub use on_behalf::{Grant, MOST_GRANT_DAYS};
pub use onboarding::{Application, Handled, Stage, Wanted};
pub use outward::Audience;
pub use paper::{Paper, PaperWish};
pub use people::Enrolment;
pub use pin::PinState;
pub use platform::{Outside, Parts, Platform};
pub use present::{PRESENTATION_LIFE_S, Presentation, Scanned};
pub use question::{AskedItem, AskedMatter, Question};
pub use recent::Recent;
pub use records::{DeviceRecord, GrantKind, PresentationRecord};
pub use repeat::{Known, Repeatable};
pub use rights::{Case, CaseAnswer, CaseKind, CaseSaid, CaseState, Closing, Demand, Kept, OwnedCase};
pub use scan::{SCAN_LIFE_S, Scan};
pub use seal::{Audit, Fault, FaultKind, Proved, Sealed as SealedTurn};
pub use sessions::{Citizen, Me, Ward};
pub use staff::{
    Act, ActEntry, Arrived, Begun, Invited, Office, Person, SESSION_IDLE_S, SESSION_LIFE_S, Staff, StaffRecord,
    Unmasked, Unmasking, UnmaskingState, other_office,
};
pub use step_up::MyPasskey;
pub use tickets::{MOST_TICKETS, Prepared, ShortSecrets, Signed};
/// What the platform is handed its catalogue as; re-exported so that the edge leans on this crate alone.
pub use tongma_capability::{Scenario, certificate};
/// Passkey ceremonies, re-exported so that the edge leans on this crate alone.
pub use tongma_passkey as passkey;
pub use vault::{Sealed, Vault};
pub use venue_code::{ANY_PURPOSE, MOST_CODE_DAYS, VenueCode, VenuePlace};
pub use views::{Listed, LogItem, Receipt, Thing};
