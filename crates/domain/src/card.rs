//! What a scenario is, as data. Screens, forms, OpenAPI, docs and example tests are made from these cards.

use serde::Serialize;

use crate::Text;

/// The whole of what a scenario declares about itself.
#[derive(Debug, Serialize)]
pub struct Card {
    /// Its stable id, also its file name: `library_loan`.
    pub id: &'static str,
    /// Its row in the table of scenarios, 1 to 20.
    pub number: u8,
    /// Its name.
    pub name: Text,
    /// One or two sentences for the citizen: what this does.
    pub summary: Text,
    /// The capabilities it is made of, by name.
    pub capabilities: &'static [&'static str],
    /// What can be done, and who or what may start each.
    pub actions: &'static [Action],
    /// What a venue may learn, why, and for how long. The release table: nothing outside it leaves.
    pub claims: &'static [ClaimAsk],
    /// How the holder agrees to the release.
    pub consent: ConsentKind,
    /// Limits a venue may tune.
    pub settings: &'static [Setting],
    /// What an offline point may decide.
    pub offline: OfflineRule,
    /// Whether one presentation carries one action or many.
    pub actions_per_presentation: ActionsPerPresentation,
    /// Every cell of its row, each driven by the walk.
    pub cells: &'static [Cell],
}

impl Card {
    /// The action of this id.
    pub fn action(&self, id: &str) -> Option<&'static Action> {
        self.actions.iter().find(|action| action.id == id)
    }

    /// Whether a printed code of a person without a phone can be used for it: a scenario opts in by naming `paper` among
    /// its capabilities.
    pub fn takes_paper(&self) -> bool {
        self.capabilities.contains(&"paper")
    }
}

/// One thing that can be done in a scenario.
#[derive(Debug, Serialize)]
pub struct Action {
    /// Its id inside the scenario: `borrow`.
    pub id: &'static str,
    /// The button's words.
    pub name: Text,
    /// Who or what may start it.
    pub by: &'static [Starter],
    /// The form's fields, in order.
    pub form: &'static [Field],
    /// Money moves: such an action ends its presentation.
    pub moves_money: bool,
}

/// Who or what starts a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Starter {
    /// Staff at a point, after a presentation.
    Operator,
    /// Staff or a device at a point, with nobody's code (returning a book, the day's sheet).
    Point,
    /// The holder, in the app.
    Holder,
    /// The clock.
    Timer,
    /// Another bucket's outbox.
    Message,
    /// An outside system's answer.
    Reply,
    /// An offline point handing over what has happened.
    Fact,
}

/// A field of a form.
#[derive(Debug, Serialize)]
pub struct Field {
    /// Its key in the input.
    pub id: &'static str,
    /// Its label.
    pub name: Text,
    /// What may be typed.
    pub kind: FieldKind,
    /// Whether it must be there.
    pub required: bool,
}

/// What a field takes. Lengths are in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum FieldKind {
    /// Free text up to so many characters.
    Text {
        /// The most characters.
        most: u16,
    },
    /// A whole number in a range.
    Number {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// Free text about a person (a guardian's telephone number), up to so many characters. The platform seals it before
    /// any rule sees it; it is opened only on its way to an authority.
    Private {
        /// The most characters.
        most: u16,
    },
    /// One bar code: printable ASCII, 1 to 32 characters.
    Barcode,
    /// Up to so many bar codes.
    Barcodes {
        /// The most codes.
        most: u16,
    },
    /// An amount in fen.
    Amount,
    /// A date, `YYYY-MM-DD`.
    Date,
    /// One of these ids.
    Choice {
        /// The ids and their words.
        of: &'static [(&'static str, Text)],
    },
    /// A payment code of another rail, read by the same scanner.
    PaymentCode,
    /// An id the platform gave out earlier (a bill, a loan, a booking).
    Reference,
    /// People who come along: how many adults and children.
    Companions {
        /// The most people.
        most: u16,
    },
}

/// One claim a venue may ask for under this scenario.
#[derive(Debug, Serialize)]
pub struct ClaimAsk {
    /// Which claim.
    pub claim: crate::Claim,
    /// Why.
    pub purpose: Text,
    /// How many days the venue may keep it.
    pub retention_days: u16,
    /// The legal basis, named.
    pub basis: Text,
}

/// What the law makes a venue report of a person, to whom, and through which connector. It never passes the venue: the
/// platform adds these claims to a report at the moment of sending, and no others.
#[derive(Debug, Serialize)]
pub struct Duty {
    /// The connector that carries the report.
    pub connector: &'static str,
    /// The authority, as the person reads it in the notice.
    pub authority: Text,
    /// What it learns, why, for how long it is kept, by which law.
    pub claims: &'static [ClaimAsk],
}

/// How the holder agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// A statutory duty: notice and receipt, no choice.
    Law,
    /// Needed for the service asked for; showing the code is the act, with notice and receipt.
    Contract,
    /// Standing, once per venue and purpose, revocable.
    Standing,
    /// Separate and explicit in the session (sensitive data).
    Explicit,
}

/// A limit a venue may tune.
#[derive(Debug, Serialize)]
pub struct Setting {
    /// Its key, with the unit in the name: `loan_days`.
    pub id: &'static str,
    /// What it means.
    pub name: Text,
    /// What it is unless tuned.
    pub default: i64,
    /// The least allowed.
    pub least: i64,
    /// The most allowed.
    pub most: i64,
    /// Where the figure comes from.
    pub source: &'static str,
}

/// What an offline point may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OfflineRule {
    /// Nothing: it needs the network.
    Never,
    /// It records facts and hands them over.
    Record,
    /// It decides from a signed bundle.
    Bundle,
}

/// How many actions one presentation carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionsPerPresentation {
    /// One.
    One,
    /// As many as are wanted within its life.
    Many,
}

/// One cell of the scenario's row: something that must work, be refused or be survived.
#[derive(Debug, Serialize)]
pub struct Cell {
    /// Its id: `6.reply_lost`.
    pub id: &'static str,
    /// What must be true.
    pub name: Text,
}
