//! Money that enters the platform for the demo and for refunds by an office: real double entry, never an edit.

use tongma_capability::charge;
use tongma_domain::{Fen, Id, Refusal, Text};

use crate::platform::Platform;

impl Platform {
    /// Tops up a purse from the funding account; the same `attempt` again is the same top-up.
    ///
    /// # Errors
    /// `input.malformed` for an amount that is not payable, or the store's refusal.
    pub async fn top_up(&self, person: Id, amount_fen: i64, attempt: Id) -> Result<(), Refusal> {
        let amount = Fen::payable(amount_fen).map_err(|_| {
            Refusal::invalid(
                "input.malformed",
                Text::new("金额不正确", "The amount is not right"),
                Text::new("请填写大于零的金额", "Give an amount above zero"),
            )
        })?;
        let now = self.now();
        self.run(person.bucket(), move |txn| charge::top_up(txn, person, amount, attempt, now).map(drop)).await
    }
}
