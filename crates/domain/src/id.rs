//! Ids that route themselves.

use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sm3::{Digest, Sm3};

use crate::{Entropy, UnixMs};

/// One of 4096 virtual buckets. Every transaction names one; a deployment maps buckets to machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(try_from = "u16", into = "u16")]
pub struct Bucket(u16);

impl Bucket {
    /// How many buckets there are: 12 bits.
    pub const COUNT: u16 = 4096;
    /// The bucket of reference data (the directory of organisations, venues and points).
    pub const DIRECTORY: Self = Self(0);

    /// The bucket of this number.
    ///
    /// # Errors
    /// [`IdError`] when the number is 4096 or more.
    pub const fn new(number: u16) -> Result<Self, IdError> {
        if number < Self::COUNT { Ok(Self(number)) } else { Err(IdError) }
    }

    /// The bucket named by the low 12 bits of a hash or of any other number.
    pub const fn from_low_bits(bits: u16) -> Self {
        Self(bits & (Self::COUNT - 1))
    }

    /// Its number, 0 to 4095.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for Bucket {
    type Error = IdError;
    fn try_from(number: u16) -> Result<Self, IdError> {
        Self::new(number)
    }
}

impl From<Bucket> for u16 {
    fn from(bucket: Bucket) -> Self {
        bucket.0
    }
}

/// A 128-bit id in the layout of UUID version 7 (RFC 9562 section 5.7) whose 12-bit `rand_a` field is the bucket.
///
/// It never leaves the platform as it is: outward ids are one cipher block of it under the organisation's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 16]);

/// The bytes or the text are not an id, or the number is not a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdError;

impl fmt::Display for IdError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not an id of this platform")
    }
}

impl core::error::Error for IdError {}

/// The SM3 digest of parts, each preceded by its length.
fn digest_of<'a>(parts: impl Iterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hash = Sm3::new();
    for part in parts {
        hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

impl Id {
    /// A fresh id in a bucket.
    pub fn new(now: UnixMs, bucket: Bucket, entropy: &mut dyn Entropy) -> Self {
        let mut tail = [0; 8];
        entropy.fill(&mut tail);
        Self::assemble(now.as_millis().unsigned_abs(), bucket, tail)
    }

    /// A fresh id in a bucket that ends with a 16-bit number, so that the number need not be looked up.
    pub fn numbered(now: UnixMs, bucket: Bucket, number: u16, entropy: &mut dyn Entropy) -> Self {
        let mut tail = [0; 8];
        entropy.fill(&mut tail);
        tail[6..].copy_from_slice(&number.to_be_bytes());
        Self::assemble(now.as_millis().unsigned_abs(), bucket, tail)
    }

    /// The number an id made by [`Id::numbered`] ends with.
    pub const fn number(self) -> u16 {
        u16::from_be_bytes([self.0[14], self.0[15]])
    }

    /// The id that a label always has, for things that must be found by what they are (a museum's day, a union):
    /// the SM3 digest of the parts, each preceded by its length, laid out as an id.
    pub fn derived(parts: &[&[u8]]) -> Self {
        let digest = digest_of(parts.iter().copied());
        let mut time = [0; 8];
        let mut tail = [0; 8];
        time[2..].copy_from_slice(&digest[..6]);
        tail.copy_from_slice(&digest[8..16]);
        let bucket = Bucket::from_low_bits(u16::from_be_bytes([digest[6], digest[7]]));
        Self::assemble(u64::from_be_bytes(time), bucket, tail)
    }

    /// The id, in a bucket, that a label always has beside this id: for what comes of one cause and must be found by it.
    /// It has the time of its cause, so that in a store what happened together lies together.
    #[must_use]
    pub fn beside(self, bucket: Bucket, label: &[&[u8]]) -> Self {
        let digest = digest_of(std::iter::once(&self.0[..]).chain(label.iter().copied()));
        let (mut time, mut tail) = ([0; 8], [0; 8]);
        time[2..].copy_from_slice(&self.0[..6]);
        tail.copy_from_slice(&digest[..8]);
        Self::assemble(u64::from_be_bytes(time), bucket, tail)
    }

    fn assemble(millis: u64, bucket: Bucket, tail: [u8; 8]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6..8].copy_from_slice(&(0x7000 | bucket.number()).to_be_bytes());
        bytes[8..].copy_from_slice(&tail);
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }

    /// The bucket this id lives in.
    pub const fn bucket(self) -> Bucket {
        Bucket::from_low_bits(u16::from_be_bytes([self.0[6], self.0[7]]))
    }

    /// Its 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id of these bytes.
    ///
    /// # Errors
    /// [`IdError`] unless version and variant bits are those of this layout.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, IdError> {
        if bytes[6] >> 4 == 7 && bytes[8] >> 6 == 2 { Ok(Self(bytes)) } else { Err(IdError) }
    }

    /// The id written as 32 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`IdError`] for any other spelling.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(IdError);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| IdError)?;
        Self::from_bytes(number.to_be_bytes())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededEntropy;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_keeps_its_bucket_and_its_spelling(millis in 0_i64..(1 << 47), number in 0_u16..4096, seed: [u8; 32]) {
            let bucket = Bucket::new(number).unwrap();
            let id = Id::new(UnixMs::from_millis(millis), bucket, &mut SeededEntropy::new(seed));
            prop_assert_eq!(id.bucket(), bucket);
            prop_assert_eq!(Id::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(Id::from_bytes(*id.as_bytes()), Ok(id));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            let _ = Id::parse(&text);
        }
    }

    #[test]
    fn what_comes_of_one_cause_has_its_time_and_is_told_apart() {
        let (one, other) = (Bucket::from_low_bits(1), Bucket::from_low_bits(2));
        let cause = Id::new(UnixMs::from_millis(1_800_000_000_000), one, &mut SeededEntropy::new([1; 32]));
        let id = cause.beside(other, &[b"a", b"bc"]);
        assert_eq!((id, id.bucket()), (cause.beside(other, &[b"a", b"bc"]), other));
        assert_eq!(id.as_bytes()[..6], cause.as_bytes()[..6]);
        assert_eq!(Id::from_bytes(*id.as_bytes()), Ok(id));
        let twin = Id::new(UnixMs::from_millis(1_800_000_000_000), one, &mut SeededEntropy::new([2; 32]));
        for another in
            [cause.beside(other, &[b"ab", b"c"]), cause.beside(one, &[b"a", b"bc"]), twin.beside(other, &[b"a", b"bc"])]
        {
            assert_ne!(id, another);
        }
    }

    #[test]
    fn derived_ids_depend_on_every_boundary() {
        assert_eq!(Id::derived(&[b"a", b"bc"]), Id::derived(&[b"a", b"bc"]));
        assert_ne!(Id::derived(&[b"a", b"bc"]), Id::derived(&[b"ab", b"c"]));
    }
}
