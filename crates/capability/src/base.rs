//! Small things every capability uses: derived ids, counters by name, and the schema number inside stored bodies.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tongma_domain::{Bucket, Id, SeededEntropy, UnixMs};

/// The id that these parts always have inside this bucket, so that a thing found by what it is still routes itself.
pub fn derived_in(bucket: Bucket, parts: &[&[u8]]) -> Id {
    let first = Id::derived(parts);
    let second = Id::derived(&[b"derived_in", first.as_bytes()]);
    let mut seed = [0; 32];
    let (head, tail) = seed.split_at_mut(16);
    head.copy_from_slice(first.as_bytes());
    tail.copy_from_slice(second.as_bytes());
    let millis = first.as_bytes().iter().take(6).fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte));
    Id::new(UnixMs::from_millis(millis), bucket, &mut SeededEntropy::new(seed))
}

/// The schema number in a stored body. Reading a body of a newer schema fails instead of misreading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Schema<const NUMBER: u8>;

impl<const NUMBER: u8> Serialize for Schema<NUMBER> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(NUMBER)
    }
}

impl<'de, const NUMBER: u8> Deserialize<'de> for Schema<NUMBER> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u8::deserialize(deserializer)?;
        if number <= NUMBER { Ok(Self) } else { Err(serde::de::Error::custom("written by a newer version")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_stay_in_their_bucket_and_depend_on_every_part() {
        let bucket = Bucket::from_low_bits(77);
        let id = derived_in(bucket, &[b"file", b"1"]);
        assert_eq!(id.bucket(), bucket);
        assert_eq!(id, derived_in(bucket, &[b"file", b"1"]));
        assert_ne!(id, derived_in(bucket, &[b"file", b"2"]));
        assert_ne!(id.as_bytes(), derived_in(Bucket::from_low_bits(78), &[b"file", b"1"]).as_bytes());
    }

    #[test]
    fn a_newer_schema_is_not_read() {
        assert!(serde_json::from_str::<Schema<1>>("1").is_ok());
        assert!(serde_json::from_str::<Schema<1>>("2").is_err());
    }
}
