//! The words everything above speaks: ids, time, money, people, venues, cards and refusals.
//!
//! Nothing here does input or output, reads a clock or draws a random number: time is a [`UnixMs`] argument,
//! randomness is an [`Entropy`] argument. Nothing here knows a scenario, a database or HTTP.

mod card;
mod entropy;
mod id;
mod identity;
mod input;
mod matter;
mod money;
mod outcome;
mod person;
mod refusal;
mod template;
mod text;
mod time;
mod uscc;
mod venue;

pub use card::{
    Action, ActionsPerPresentation, Card, Cell, ClaimAsk, ConsentKind, Duty, Field, FieldKind, OfflineRule, Setting,
    Starter,
};
pub use entropy::{Entropy, SeededEntropy};
pub use id::{Bucket, Id, IdError};
pub use identity::{DocumentError, DocumentKind, birth_date_of, document_check};
pub use input::{Input, MOST_INPUT_BYTES};
pub use matter::{MATTER_CHOICES, MATTERS, Matter};
pub use money::{Fen, MoneyError};
pub use outcome::{Outcome, Shade};
pub use person::{AgeClass, Claim, Particulars, PersonalData, Sex, mask_name, mask_number, mask_phone};
pub use refusal::{Refusal, RefusalCode};
pub use template::{AGREED_FIELD, ALL_AGES, OF_AGE, TEMPLATE_FIELD, Template, TemplateItem, Wanted};
pub use text::{Text, Words};
pub use time::{Clock, Date, UnixMs};
pub use uscc::is_uscc;
pub use venue::{Certification, Organisation, Point, PointKind, Premises, Venue, VenueState};
