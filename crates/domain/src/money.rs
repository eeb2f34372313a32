//! Money in whole fen.

use core::fmt;
use serde::{Deserialize, Serialize};

/// An amount in fen, a hundredth of a yuan. Never a fraction, never a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Fen(i64);

/// The amount is not payable: zero, negative, or beyond what one transaction may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyError;

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest single amount: a hundred million yuan.
    pub const MAX: Self = Self(10_000_000_000);

    /// So many fen.
    pub const fn new(fen: i64) -> Self {
        Self(fen)
    }

    /// An amount someone can pay.
    ///
    /// # Errors
    /// [`MoneyError`] unless it is above zero and at most [`Fen::MAX`].
    pub const fn payable(fen: i64) -> Result<Self, MoneyError> {
        if fen > 0 && fen <= Self::MAX.0 { Ok(Self(fen)) } else { Err(MoneyError) }
    }

    /// The number of fen.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` beyond 64 bits.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }
}

impl fmt::Display for Fen {
    /// Yuan with two digits: `¥12.30`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(out, "{sign}¥{}.{:02}", fen / 100, fen % 100)
    }
}
