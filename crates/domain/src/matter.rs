//! Matters of a government service hall: what people come for, each with its own line and letter.
//!
//! A hall books, queues and asks for certificates by matter. The list is data; a hall says which of them it offers.

use serde::Serialize;

use crate::Text;

/// One matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Matter {
    /// Its stable id.
    pub id: &'static str,
    /// The letter its numbers begin with: `A012`.
    pub letter: char,
    /// Its name.
    pub name: Text,
}

/// Every matter, in the order halls list them.
pub const MATTERS: [Matter; 8] = [
    Matter { id: "id_card", letter: 'A', name: ID_CARD },
    Matter { id: "household", letter: 'B', name: HOUSEHOLD },
    Matter { id: "social_security", letter: 'C', name: SOCIAL_SECURITY },
    Matter { id: "residence", letter: 'D', name: RESIDENCE },
    Matter { id: "business", letter: 'E', name: BUSINESS },
    Matter { id: "real_estate", letter: 'F', name: REAL_ESTATE },
    Matter { id: "tax", letter: 'G', name: TAX },
    Matter { id: "general", letter: 'H', name: GENERAL },
];

/// The same list as the choices of a form's field.
pub const MATTER_CHOICES: &[(&str, Text)] = &[
    ("id_card", ID_CARD),
    ("household", HOUSEHOLD),
    ("social_security", SOCIAL_SECURITY),
    ("residence", RESIDENCE),
    ("business", BUSINESS),
    ("real_estate", REAL_ESTATE),
    ("tax", TAX),
    ("general", GENERAL),
];

const ID_CARD: Text = Text::new("身份证办理", "ID card");
const HOUSEHOLD: Text = Text::new("户籍业务", "Household register");
const SOCIAL_SECURITY: Text = Text::new("社保医保", "Social and medical insurance");
const RESIDENCE: Text = Text::new("居住证办理", "Residence permit");
const BUSINESS: Text = Text::new("企业开办", "Starting a business");
const REAL_ESTATE: Text = Text::new("不动产登记", "Real estate registration");
const TAX: Text = Text::new("办税服务", "Tax service");
const GENERAL: Text = Text::new("综合咨询", "General enquiries");

impl Matter {
    /// The matter of this id.
    pub fn of(id: &str) -> Option<&'static Self> {
        MATTERS.iter().find(|matter| matter.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_and_matters_are_one_list_with_letters_of_their_own() {
        let choices: Vec<_> = MATTERS.iter().map(|matter| (matter.id, matter.name)).collect();
        assert_eq!(choices, MATTER_CHOICES);
        let letters: std::collections::BTreeSet<_> = MATTERS.iter().map(|matter| matter.letter).collect();
        assert_eq!(letters.len(), MATTERS.len());
        assert!(
            MATTERS.iter().all(|matter| matter.letter.is_ascii_uppercase() && Matter::of(matter.id) == Some(matter))
        );
    }
}
