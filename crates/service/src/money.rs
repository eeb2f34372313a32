//! Money that enters the platform for the demo and for refunds by an office: real double entry, never an edit.

use tongma_domain::{Fen, Id, Refusal, Text};
use tongma_store::{AccountKey, AccountLimit, Key, Transfer};

use crate::platform::Platform;
use crate::sessions::purse_account;

impl Platform {
    /// Tops up a purse from the funding account; the same `attempt` again is the same top-up.
    ///
    /// # Errors
    /// `input.malformed` for an amount that is not payable, or the store's refusal.
    pub async fn top_up(&self, person: Id, amount_fen: i64, attempt: Id) -> Result<(), Refusal> {
        let amount = Fen::payable(amount_fen).map_err(|_| {
            Refusal::invalid("input.malformed", Text::new("金额不正确", "The amount is not right"), Text::new("请填写大于零的金额", "Give an amount above zero"))
        })?;
        let now = self.now();
        self.run(person.bucket(), move |txn| {
            let funding = AccountKey { class: "funding".into(), of: Key::from("demo") };
            let purse = purse_account(person);
            txn.account_open(&funding, AccountLimit::None)?;
            txn.account_open(&purse, AccountLimit::DebitsWithinCredits)?;
            let transfer = Transfer { id: attempt, debit: funding, credit: purse, amount, code: "purse.top_up".into(), journal: attempt, at: now };
            Ok(txn.transfer(&transfer, false).map(drop)?)
        })
        .await
    }
}
