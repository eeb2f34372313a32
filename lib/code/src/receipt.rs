//! Receipts of one-tap grants: the same signed bytes for the holder and for the venue. They name what was given, for
//! what, to whom and until when, and never a value. `COSE_Sign1` as the lists are, with a content type of its own.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use minicbor::{Decoder, Encoder};

use crate::{
    list::{Kind, SignedList, seal},
    sign::{SignError, Signer},
};

/// The most items a receipt names.
pub const MOST_ITEMS: usize = 64;
/// The longest text in one, in bytes of UTF-8.
pub const MOST_TEXT_BYTES: usize = 512;
/// The layout of the payload.
const VERSION: u8 = 0;

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    /// Its number, by which people name it.
    pub number: String,
    /// The registered name of the organisation it was given to.
    pub organisation: String,
    /// The venue's name.
    pub venue: String,
    /// The point's name.
    pub point: String,
    /// The clerk's name.
    pub operator: String,
    /// What it was given for.
    pub matter: String,
    /// On what legal basis.
    pub basis: String,
    /// To whom the venue passes it on; empty: to nobody.
    pub passed_on: String,
    /// The pseudonym of the person at this organisation.
    pub pseudonym: String,
    /// 0: the person agreed; else somebody who may act for them did.
    pub actor: u8,
    /// When it was given, Unix seconds.
    pub given_s: i64,
    /// The last second in which it may be fetched.
    pub fetch_until_s: i64,
    /// The last second the venue may keep what it fetched.
    pub keep_until_s: i64,
    /// What was given, by id.
    pub items: Vec<String>,
    /// What was asked and not given, by id.
    pub kept_back: Vec<String>,
}

impl Receipt {
    /// Signs it with a listed key that has `Uses::LIST`.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn seal(&self, key_index: u8, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<Vec<u8>, SignError> {
        seal(Kind::Receipt, self.to_payload(), key_index, signer, entropy)
    }

    /// The receipt inside a signed envelope; `None` when it is none in its one spelling. It means something only once the
    /// signature was found to hold.
    pub fn of(signed: &SignedList) -> Option<Self> {
        let found = read(signed.payload())?;
        (found.to_payload() == signed.payload()).then_some(found)
    }

    /// `[version, number, organisation, venue, point, operator, matter, basis, passed_on, pseudonym, actor, given,
    /// fetch_until, keep_until, [item …], [kept back …]]`.
    fn to_payload(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = self.write(&mut Encoder::new(&mut bytes));
        debug_assert!(written.is_some(), "writing to a `Vec` does not fail");
        bytes
    }

    fn write(&self, to: &mut Encoder<&mut Vec<u8>>) -> Option<()> {
        to.array(16).ok()?.u8(VERSION).ok()?;
        for text in self.texts() {
            to.str(text).ok()?;
        }
        to.u8(self.actor).ok()?.i64(self.given_s).ok()?.i64(self.fetch_until_s).ok()?.i64(self.keep_until_s).ok()?;
        for list in [&self.items, &self.kept_back] {
            to.array(u64::try_from(list.len()).ok()?).ok()?;
            for item in list {
                to.str(item).ok()?;
            }
        }
        Some(())
    }

    const fn texts(&self) -> [&String; 9] {
        [
            &self.number,
            &self.organisation,
            &self.venue,
            &self.point,
            &self.operator,
            &self.matter,
            &self.basis,
            &self.passed_on,
            &self.pseudonym,
        ]
    }
}

fn text(from: &mut Decoder<'_>) -> Option<String> {
    from.str().ok().filter(|text| text.len() <= MOST_TEXT_BYTES).map(ToString::to_string)
}

fn list(from: &mut Decoder<'_>) -> Option<Vec<String>> {
    let count = usize::try_from(from.array().ok()??).ok().filter(|count| *count <= MOST_ITEMS)?;
    (0..count).map(|_| text(from)).collect()
}

fn read(payload: &[u8]) -> Option<Receipt> {
    let from = &mut Decoder::new(payload);
    if from.array().ok()? != Some(16) || from.u8().ok()? != VERSION {
        return None;
    }
    Some(Receipt {
        number: text(from)?,
        organisation: text(from)?,
        venue: text(from)?,
        point: text(from)?,
        operator: text(from)?,
        matter: text(from)?,
        basis: text(from)?,
        passed_on: text(from)?,
        pseudonym: text(from)?,
        actor: from.u8().ok()?,
        given_s: from.i64().ok()?,
        fetch_until_s: from.i64().ok()?,
        keep_until_s: from.i64().ok()?,
        items: list(from)?,
        kept_back: list(from)?,
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::sign::SoftSm2;

    fn sample() -> Receipt {
        Receipt {
            number: "R0102030405AB".into(),
            organisation: "广州市花都区政务服务中心".into(),
            matter: "居住证办理".into(),
            given_s: 1_795_053_600,
            items: vec!["resident_id_card.name".into()],
            ..Receipt::default()
        }
    }

    #[test]
    fn a_receipt_is_read_as_it_was_written_and_in_one_spelling_only() {
        let signer = SoftSm2::new(&[6; 32]).unwrap();
        let bytes = sample().seal(1, &signer, &[7; 32]).unwrap();
        let opened = SignedList::open(Kind::Receipt, &bytes).unwrap();
        assert_eq!(Receipt::of(&opened), Some(sample()));
        assert!(SignedList::open(Kind::Deny, &bytes).is_err(), "a receipt is no list");
        let mut longer = sample().to_payload();
        longer.push(0);
        let bytes = seal(Kind::Receipt, longer, 1, &signer, &[7; 32]).unwrap();
        assert_eq!(Receipt::of(&SignedList::open(Kind::Receipt, &bytes).unwrap()), None);
    }
}
