//! What a house says of itself when it applies to take guests: registration, size and certification, each in a field of its own.

use serde::Deserialize;
use tongma_domain::{Certification, Date, Premises, Refusal, Text, UnixMs};

use super::view::{Cell, Field};
use crate::problem::Language;

/// The fields as they come; all empty where no house is meant.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct House {
    registration: String,
    registration_until: String,
    rooms: String,
    floors: String,
    area_m2: String,
    yueshangtong: String,
    yueshangtong_until: String,
}

/// A field: its name, its label, words under it.
type Named = (&'static str, Text, Text);

const ONLY: Text = Text::new("只有民宿要填", "For homestays alone");
const DAY: Text = Text::new("年-月-日，例如 2027-12-31", "Year-month-day, such as 2027-12-31");
const FIELDS: [Named; 7] = [
    ("registration", Text::new("民宿登记（备案）编号", "Registration number of the homestay"), ONLY),
    ("registration_until", Text::new("登记有效期至", "Registered until"), DAY),
    ("rooms", Text::new("客房数", "Rooms"), Text::new("单幢，不超过 14 间", "In one building, at most 14")),
    ("floors", Text::new("层数", "Floors"), Text::new("不超过 4 层", "At most 4")),
    ("area_m2", Text::new("建筑面积（平方米）", "Floor area (m²)"), Text::new("不超过 800 平方米", "At most 800 m²")),
    ("yueshangtong", Text::new("粤商通认证编号", "Number of the 粤商通 certification"), ONLY),
    ("yueshangtong_until", Text::new("认证有效期至", "Certified until"), DAY),
];

impl House {
    fn given(&self) -> [&str; 7] {
        [
            &self.registration,
            &self.registration_until,
            &self.rooms,
            &self.floors,
            &self.area_m2,
            &self.yueshangtong,
            &self.yueshangtong_until,
        ]
        .map(|text| text.trim())
    }

    /// The fields of the form, filled in.
    pub fn fields(&self, language: Language) -> Vec<Field> {
        let one = |((name, label, hint), value): (Named, &str)| {
            Field::text(name, language.pick(label)).value(value).optional().hint(language.pick(hint))
        };
        FIELDS.into_iter().zip(self.given()).map(one).collect()
    }

    /// What is said of the house. Nothing said is nothing registered: the service decides whether that will do.
    ///
    /// # Errors
    /// `application.house` for a figure that is no whole number, a day that is no date, or a number without its day.
    pub fn premises(&self, now: UnixMs) -> Result<Premises, Refusal> {
        let mut premises = Premises::default();
        for (name, text) in [("rooms", &self.rooms), ("floors", &self.floors), ("area_m2", &self.area_m2)] {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            let size = text.parse().ok().filter(|size| (1..=100_000).contains(size)).ok_or_else(unreadable)?;
            premises.facts.insert(name.to_owned(), size);
        }
        let certifications = [
            ("registration", &self.registration, &self.registration_until),
            ("yueshangtong", &self.yueshangtong, &self.yueshangtong_until),
        ];
        for (name, number, until) in certifications {
            let (number, until) = (number.trim(), until.trim());
            if number.is_empty() && until.is_empty() {
                continue;
            }
            let until = Date::parse(until).filter(|_| !number.is_empty()).ok_or_else(unreadable)?;
            let held = Certification { number: number.chars().take(100).collect(), from: now.date(), until };
            premises.certifications.insert(name.to_owned(), held);
        }
        Ok(premises)
    }
}

/// What is registered of a house, for those who review it.
pub fn facts(premises: &Premises, language: Language) -> Vec<(String, Cell)> {
    let label = |name: &str| {
        let found = FIELDS.iter().find(|(known, _, _)| *known == name);
        found.map_or_else(|| name.to_owned(), |(_, label, _)| language.pick(*label).to_owned())
    };
    let sizes = premises.facts.iter().map(|(name, size)| (label(name), Cell::text(size.to_string())));
    let until = language.pick(Text::new("有效期至", "Until"));
    let held = premises
        .certifications
        .iter()
        .map(|(name, held)| (label(name), Cell::text(&held.number).under(format!("{until} {}", held.until))));
    held.chain(sizes).collect()
}

fn unreadable() -> Refusal {
    Refusal::invalid(
        "application.house",
        Text::new("民宿的数字或日期填得不对", "A figure or a day of the homestay is not right"),
        Text::new(
            "客房、层数、面积写整数；编号和有效期要一起填，日期如 2027-12-31",
            "Whole numbers for rooms, floors and area; a number and its last day go together, a day is 2027-12-31",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> UnixMs {
        Date::parse("2026-11-24").unwrap().start()
    }

    #[test]
    fn what_is_typed_becomes_what_is_registered() {
        assert_eq!(House::default().premises(at()).unwrap(), Premises::default());
        let whole = House {
            registration: " 粤宿备 1 ".into(),
            registration_until: "2027-12-31".into(),
            rooms: "12".into(),
            floors: "3".into(),
            area_m2: "500".into(),
            ..House::default()
        };
        let premises = whole.premises(at()).unwrap();
        assert_eq!((premises.fact("rooms"), premises.fact("area_m2")), (Some(12), Some(500)));
        assert!(premises.certified("registration", Date::parse("2027-12-31").unwrap()).is_some());
        assert!(premises.certified("yueshangtong", at().date()).is_none());
        assert_eq!(facts(&premises, Language::English).len(), 4);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let refused = |house: House| house.premises(at()).unwrap_err().code() == "application.house";
        for rooms in ["zwölf", "0", "-3", "1.5", "9999999"] {
            assert!(refused(House { rooms: rooms.into(), ..House::default() }), "{rooms}");
        }
        assert!(refused(House { registration: "1".into(), ..House::default() }), "a number without its day");
        assert!(
            refused(House { yueshangtong_until: "2027-12-31".into(), ..House::default() }),
            "a day without a number"
        );
        assert!(refused(House {
            registration: "1".into(),
            registration_until: "2027-13-01".into(),
            ..House::default()
        }));
    }
}
