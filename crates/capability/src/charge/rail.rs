//! A payment over an outside rail, as the rail's own guides describe it: submit → success, failure or unknown; unknown
//! is asked again; what stays unknown is reversed; what succeeds after it was given up is reversed as well.
//!
//! The connector asks again and tries to undo by itself; here is what its answers mean, and what follows when even it
//! does not know. The function is pure.

use serde::{Deserialize, Serialize};

use crate::Reply;

/// Where the rail's side of an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RailState {
    /// Asked, no answer yet.
    Submitted,
    /// The rail does not know; it is asked again.
    Unknown,
    /// The rail took the money.
    Succeeded,
    /// The rail did not, for good.
    Failed,
    /// Given up: the rail was asked to undo it.
    Reversing,
    /// The rail has undone it.
    Reversed,
}

/// What follows from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Nothing new.
    Nothing,
    /// The money is there: tell the thing.
    Settle,
    /// There will be no money: release the reservation, tell the thing.
    Decline,
    /// The money was there and is gone again: give everything back, tell the thing.
    Undo,
    /// Ask the rail to undo it.
    Reverse,
    /// Nobody knows, also after asking again: wait, then ask the rail to undo it.
    Later,
}

/// What a rail was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To take the money.
    Pay,
    /// To give it back.
    Reverse,
}

/// The next state and what follows, from an answer to what was asked.
pub const fn next(state: RailState, asked: Asked, reply: &Reply) -> (RailState, Deed) {
    use RailState::{Failed, Reversed, Reversing, Submitted, Succeeded, Unknown};
    match (asked, reply, state) {
        (Asked::Pay, Reply::Success { .. }, Submitted | Unknown) => (Succeeded, Deed::Settle),
        (Asked::Pay, Reply::Failure { .. }, Submitted | Unknown) => (Failed, Deed::Decline),
        // The rail says that a payment it had taken is undone after all.
        (Asked::Pay, Reply::Failure { .. }, Succeeded) => (Reversed, Deed::Undo),
        (Asked::Pay, Reply::Failure { .. }, Reversing) | (Asked::Reverse, Reply::Success { .. }, Reversing) => {
            (Reversed, Deed::Undo)
        }
        (Asked::Pay, Reply::Unknown, Submitted) => (Unknown, Deed::Later),
        // Money that comes after we gave up must go back, it is never used; and a reversal that failed or is unknown is
        // asked for again.
        (Asked::Pay, Reply::Success { .. }, Failed | Reversed)
        | (Asked::Reverse, Reply::Failure { .. } | Reply::Unknown, Reversing) => (Reversing, Deed::Reverse),
        _ => (state, Deed::Nothing),
    }
}

/// Giving up: what the thing's "no" means for the rail.
pub const fn give_up(state: RailState) -> (RailState, Deed) {
    match state {
        RailState::Submitted | RailState::Unknown | RailState::Succeeded => (RailState::Reversing, Deed::Reverse),
        RailState::Failed | RailState::Reversing | RailState::Reversed => (state, Deed::Nothing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RailState::{Failed, Reversed, Reversing, Submitted, Succeeded, Unknown};
    use serde_json::Value;

    #[test]
    fn the_table_of_answers() {
        let success = Reply::Success { detail: Value::Null };
        let failure = Reply::Failure { code: "user.refused".into() };
        let check = |state, asked, reply: &Reply, expect| {
            assert_eq!(next(state, asked, reply), expect, "{state:?} {asked:?} {reply:?}");
        };
        check(Submitted, Asked::Pay, &success, (Succeeded, Deed::Settle));
        check(Unknown, Asked::Pay, &success, (Succeeded, Deed::Settle));
        check(Succeeded, Asked::Pay, &success, (Succeeded, Deed::Nothing));
        check(Succeeded, Asked::Pay, &Reply::Unknown, (Succeeded, Deed::Nothing));
        check(Submitted, Asked::Pay, &Reply::Unknown, (Unknown, Deed::Later));
        check(Submitted, Asked::Pay, &failure, (Failed, Deed::Decline));
        check(Unknown, Asked::Pay, &failure, (Failed, Deed::Decline));
        check(Succeeded, Asked::Pay, &failure, (Reversed, Deed::Undo));
        check(Failed, Asked::Pay, &success, (Reversing, Deed::Reverse));
        check(Reversed, Asked::Pay, &success, (Reversing, Deed::Reverse));
        check(Reversing, Asked::Pay, &success, (Reversing, Deed::Nothing));
        check(Reversing, Asked::Reverse, &success, (Reversed, Deed::Undo));
        check(Reversing, Asked::Reverse, &Reply::Unknown, (Reversing, Deed::Reverse));
        check(Reversed, Asked::Reverse, &success, (Reversed, Deed::Nothing));
        check(Failed, Asked::Pay, &failure, (Failed, Deed::Nothing));
    }

    #[test]
    fn whatever_happens_after_giving_up_no_answer_settles() {
        let replies = [Reply::Success { detail: Value::Null }, Reply::Failure { code: "x".into() }, Reply::Unknown];
        for given_up in [Failed, Reversing, Reversed] {
            for asked in [Asked::Pay, Asked::Reverse] {
                for reply in &replies {
                    let (state, deed) = next(given_up, asked, reply);
                    assert!(deed != Deed::Settle && state != Succeeded, "{given_up:?} {asked:?} {reply:?}");
                }
            }
        }
    }
}
