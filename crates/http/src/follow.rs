//! Handles of attempts that go on: one cipher block that says where to ask, and only to the one it was given to.

use tongma_domain::{Bucket, Id, Refusal, Text};
use tongma_service::{Attempt, Audience, Platform};

use crate::problem::{Answer, Problem};

/// The handle: the outward id of the attempt's id with the deciding bucket written in place of its own.
pub fn handle(platform: &Platform, audience: Audience, attempt: Attempt) -> Option<String> {
    Some(platform.outward(audience, moved(attempt.id, attempt.bucket)?))
}

/// The attempt behind a handle that was given to this audience; attempts are made in the asker's `home` bucket.
///
/// # Errors
/// `attempt.unknown`.
pub fn attempt(platform: &Platform, audience: Audience, home: Bucket, handle: &str) -> Answer<Attempt> {
    let found = platform.inward(audience, handle).map_err(|_| unknown())?;
    let id = moved(found, home).ok_or_else(unknown)?;
    Ok(Attempt { id, bucket: found.bucket() })
}

/// The same id in another bucket: bits 52 to 63 of the layout.
fn moved(id: Id, bucket: Bucket) -> Option<Id> {
    let mut bytes = *id.as_bytes();
    let [high, low] = bucket.number().to_be_bytes();
    bytes[6] = (bytes[6] & 0xf0) | high;
    bytes[7] = low;
    Id::from_bytes(bytes).ok()
}

fn unknown() -> Problem {
    Problem::from(Refusal::missing(
        "attempt.unknown",
        Text::new("没有这次办理的记录", "There is no record of this attempt"),
        Text::new("请重新办理", "Begin again"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tongma_domain::{SeededEntropy, UnixMs};

    #[test]
    fn an_id_moves_to_a_bucket_and_back() {
        let home = Bucket::new(77).unwrap();
        let id = Id::new(UnixMs::from_millis(1_800_000_000_000), home, &mut SeededEntropy::new([3; 32]));
        for number in [0, 1, 255, 256, 4095] {
            let there = moved(id, Bucket::new(number).unwrap()).unwrap();
            assert_eq!(there.bucket().number(), number);
            assert_eq!(moved(there, home), Some(id));
        }
    }
}
