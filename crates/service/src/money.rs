//! Money that enters the platform for the demo and for refunds by an office: real double entry, never an edit.

use tongma_capability::charge;
use tongma_domain::{Fen, Id, Refusal, Text, Words};

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

    /// Pays out a purse in cash at a counter, before an account closes; gives how much. Said again, it pays nothing more.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn pay_out(&self, person: Id, attempt: Id) -> Result<Fen, Refusal> {
        let now = self.now();
        self.run(person.bucket(), move |txn| {
            let paid = charge::pay_out(txn, person, attempt, now)?;
            if paid.get() > 0 {
                let text = Words::new("钱包余额已在窗口退款", "The purse was paid out at a counter");
                crate::sessions::write_log(txn, person, now, "money", text)?;
            }
            Ok(paid)
        })
        .await
    }
}
