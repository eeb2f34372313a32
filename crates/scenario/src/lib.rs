//! The catalogue of scenarios, one file each.
//!
//! A scenario is a card (what it is, as data), a place (which thing decides) and an act (what happens there), made of
//! capabilities. To add one, write `src/<id>.rs` with a public unit struct `Entry` that is a
//! [`Scenario`], and add its id to the list below; a test holds list and folder together. A scenario that outgrows
//! its file keeps its card, its tests and its parts in a folder of the same name.

use tongma_capability::Scenario;

/// Refusals as functions: code, what happened, what to do next, each in both languages.
macro_rules! refusals {
    ($($name:ident $kind:ident $code:literal ($zh:literal, $en:literal) ($next_zh:literal, $next_en:literal);)*) => {
        $(pub fn $name() -> tongma_domain::Refusal {
            tongma_domain::Refusal::$kind(
                $code,
                tongma_domain::Text::new($zh, $en),
                tongma_domain::Text::new($next_zh, $next_en),
            )
        })*
    };
}

/// Shorthand of the cards: the two languages side by side.
const fn t(zh: &'static str, en: &'static str) -> tongma_domain::Text {
    tongma_domain::Text::new(zh, en)
}

/// One line per scenario: the module, and its entry in the catalogue.
macro_rules! scenarios {
    ($($id:ident;)*) => {
        $(pub mod $id;)*
        static CATALOGUE: &[&dyn Scenario] = &[$(&$id::Entry),*];
        #[cfg(test)]
        const IDS: &[&str] = &[$(stringify!($id)),*];
    };
}

mod lodging_parts;

scenarios! {
    library_loan;
    museum_entry;
    hospital_bill;
    hall_booking;
    hall_queue;
    certificate_grant;
    hotel_stay;
    homestay_stay;
}

/// Every scenario there is.
pub fn catalogue() -> &'static [&'static dyn Scenario] {
    CATALOGUE
}

/// The scenario of this id.
pub fn by_id(id: &str) -> Option<&'static dyn Scenario> {
    CATALOGUE.iter().copied().find(|scenario| scenario.card().id == id)
}

#[cfg(test)]
mod harness;
#[cfg(test)]
mod tests;
