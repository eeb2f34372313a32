//! A certificate as a card: a CBOR Web Token (RFC 8392) in `COSE_Sign1`, small enough for one QR code, with the holder's
//! key inside; and the card as it is shown: with the time and the holder's signature, so that a copy is soon old.
//!
//! A card tells what anyone may see over the counter: the kind, the issuer, the masked name, the last day. It names its
//! place in a status list, so that whoever checks it learns more from nobody but the list.

use alloc::{string::String, vec::Vec};

use minicbor::{Decoder, Encoder};
use tongma_code::sign::{SignError, Signer};

use crate::{CredentialError, Es256Key, IssuerKey, cose};

/// The type in the protected header.
pub const TYPE: &str = "application/tongma-card+cwt";
/// The longest card, in bytes: with its proof it still fits a QR code that a phone reads off a phone.
pub const MOST_BYTES: usize = 900;
/// What the holder's signature is made over before time and card.
const PROOF_TAG: &[u8] = b"tongma/card/v0\0";
/// Clocks differ by at most so much, in seconds.
const LEEWAY_S: i64 = 60;

/// Claims of our own, from the range for private use (below −65536; RFC 8392 section 9.1.1).
const KIND: i32 = -70_001;
const NAME: i32 = -70_002;
const ISSUER_NAME: i32 = -70_003;
const LAST_DAY: i32 = -70_004;

/// What a card says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Who keeps and signs it: the origin of the platform.
    pub issuer: String,
    /// The Unix second it was made.
    pub issued_s: i64,
    /// From this Unix second on, a fresh card has to be fetched; the certificate may well be valid for longer.
    pub expires_s: i64,
    /// The holder's key.
    pub holder: Es256Key,
    /// The status list it stands in.
    pub list: String,
    /// Its place there.
    pub index: u64,
    /// The kind's id.
    pub kind: String,
    /// The masked name.
    pub name: String,
    /// The issuing authority in Chinese and in English.
    pub authority: [String; 2],
    /// The certificate's last day, `YYYY-MM-DD`; none: no end.
    pub last_day: Option<String>,
}

impl Card {
    /// Signs the card, with ES256 or with SM2.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<Vec<u8>, SignError> {
        cose::sign(TYPE, cose::encode(|to| self.write(to)), signer, entropy)
    }

    /// Reads a card whose signature holds now.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn open(bytes: &[u8], issuer: &IssuerKey, now_s: i64) -> Result<Self, CredentialError> {
        if bytes.len() > MOST_BYTES {
            return Err(CredentialError::TooLong);
        }
        let payload = cose::open(TYPE, bytes, issuer)?;
        let card = read(&payload).ok_or(CredentialError::Form)?;
        if cose::encode(|to| card.write(to)) != payload {
            return Err(CredentialError::Form);
        }
        let in_time = card.issued_s <= now_s.saturating_add(LEEWAY_S) && now_s < card.expires_s;
        if in_time { Ok(card) } else { Err(CredentialError::Time) }
    }

    fn write(&self, to: &mut Encoder<&mut Vec<u8>>) -> Option<()> {
        let (x, y) = self.holder.coordinates();
        to.map(8 + u64::from(self.last_day.is_some())).ok()?;
        to.u8(1).ok()?.str(&self.issuer).ok()?;
        to.u8(4).ok()?.i64(self.expires_s).ok()?;
        to.u8(6).ok()?.i64(self.issued_s).ok()?;
        // A COSE key (RFC 9052 section 7, RFC 9053 section 7.1.1) as the confirmation (RFC 8747).
        to.u8(8).ok()?.map(1).ok()?.u8(1).ok()?.map(4).ok()?;
        to.u8(1).ok()?.u8(2).ok()?.i8(-1).ok()?.u8(1).ok()?;
        to.i8(-2).ok()?.bytes(&x).ok()?.i8(-3).ok()?.bytes(&y).ok()?;
        to.u32(65_535).ok()?.map(1).ok()?.str("status_list").ok()?.map(2).ok()?;
        to.str("idx").ok()?.u64(self.index).ok()?.str("uri").ok()?.str(&self.list).ok()?;
        to.i32(KIND).ok()?.str(&self.kind).ok()?;
        to.i32(NAME).ok()?.str(&self.name).ok()?;
        to.i32(ISSUER_NAME).ok()?.array(2).ok()?;
        for name in &self.authority {
            to.str(name).ok()?;
        }
        if let Some(day) = &self.last_day {
            to.i32(LAST_DAY).ok()?.str(day).ok()?;
        }
        Some(())
    }
}

/// Asks for one label after the other: a card has one spelling.
struct Reader<'b>(Decoder<'b>);

impl Reader<'_> {
    fn label(&mut self, label: i32) -> Option<()> {
        (self.0.i32().ok()? == label).then_some(())
    }
    fn text(&mut self, label: i32) -> Option<String> {
        self.label(label)?;
        self.0.str().ok().map(String::from)
    }
    fn whole(&mut self, label: i32) -> Option<i64> {
        self.label(label)?;
        self.0.i64().ok()
    }
    fn map(&mut self) -> Option<u64> {
        self.0.map().ok()?
    }
    fn named(&mut self, name: &str) -> Option<()> {
        (self.0.str().ok()? == name).then_some(())
    }
}

fn read(payload: &[u8]) -> Option<Card> {
    let mut from = Reader(Decoder::new(payload));
    let entries = from.map()?;
    let issuer = from.text(1)?;
    let (expires_s, issued_s) = (from.whole(4)?, from.whole(6)?);
    from.label(8)?;
    from.map()?;
    from.label(1)?;
    from.map()?;
    (from.whole(1)? == 2 && from.whole(-1)? == 1).then_some(())?;
    from.label(-2)?;
    let x = from.0.bytes().ok()?;
    from.label(-3)?;
    let holder = Es256Key::from_coordinates(x, from.0.bytes().ok()?)?;
    from.label(65_535)?;
    from.map()?;
    from.named("status_list")?;
    from.map()?;
    from.named("idx")?;
    let index = from.0.u64().ok()?;
    from.named("uri")?;
    let list = from.0.str().ok()?.into();
    let (kind, name) = (from.text(KIND)?, from.text(NAME)?);
    from.label(ISSUER_NAME)?;
    from.0.array().ok()?;
    let authority = [from.0.str().ok()?.into(), from.0.str().ok()?.into()];
    let last_day = if entries == 9 { Some(from.text(LAST_DAY)?) } else { None };
    Some(Card { issuer, issued_s, expires_s, holder, list, index, kind, name, authority, last_day })
}

/// The message of the holder's proof: a tag, the Unix second in eight bytes, the card.
fn proof_message(card: &[u8], now_s: u64) -> Vec<u8> {
    [PROOF_TAG, &now_s.to_be_bytes(), card].concat()
}

/// The card as it is shown now: `[card, second, proof]` in CBOR.
///
/// # Errors
/// [`SignError`].
pub fn show(card: &[u8], now_s: u64, holder: &dyn Signer, entropy: &[u8; 32]) -> Result<Vec<u8>, SignError> {
    let proof = holder.sign(&proof_message(card, now_s), entropy)?;
    Ok(cose::encode(|to| {
        to.array(3).ok()?.bytes(card).ok()?.u64(now_s).ok()?.bytes(&proof).ok()?;
        Some(())
    }))
}

/// A card that its holder showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The card.
    pub card: Card,
    /// How many seconds ago it was shown; below zero when the phone's clock is ahead.
    pub age_s: i64,
}

/// Reads a shown card. How old it may be is for the caller to say: a minute between phones, see [`Shown::age_s`].
///
/// # Errors
/// [`CredentialError`].
pub fn open(bytes: &[u8], issuer: &IssuerKey, now_s: i64) -> Result<Shown, CredentialError> {
    let (card, shown_s, proof) = take_apart(bytes).ok_or(CredentialError::Form)?;
    let read = Card::open(card, issuer, now_s)?;
    if !read.holder.verify(&proof_message(card, shown_s), &proof) {
        return Err(CredentialError::Holder);
    }
    let shown_s = i64::try_from(shown_s).map_err(|_| CredentialError::Time)?;
    Ok(Shown { card: read, age_s: now_s.saturating_sub(shown_s) })
}

fn take_apart(bytes: &[u8]) -> Option<(&[u8], u64, [u8; 64])> {
    let mut from = Decoder::new(bytes);
    (from.array().ok()? == Some(3)).then_some(())?;
    let (card, shown_s) = (from.bytes().ok()?, from.u64().ok()?);
    let proof: [u8; 64] = from.bytes().ok()?.try_into().ok()?;
    let again = cose::encode(|to| {
        to.array(3).ok()?.bytes(card).ok()?.u64(shown_s).ok()?.bytes(&proof).ok()?;
        Some(())
    });
    (again == bytes).then_some((card, shown_s, proof))
}
