//! What people demand of the platform itself, answered by the office that runs it and helps people; and what
//! organisations are late with, for that office to see to.

use tongma_domain::{Id, Refusal, Words};

use super::{Office, Staff};
use crate::platform::Platform;
use crate::rights::{CaseAnswer, CaseState, OwnedCase};

impl Platform {
    /// The platform's own open cases, the most urgent first; then those that organisations are late with.
    ///
    /// # Errors
    /// `staff.office`, or the store's refusal.
    pub fn staff_cases(&self, staff: &Staff) -> Result<(Vec<OwnedCase>, Vec<OwnedCase>), Refusal> {
        staff.must_hold(Office::System)?;
        Ok((self.owned_cases(None)?, self.late_cases()?))
    }

    /// Answers a case of the platform's own. The act is listed before the answer is given, without a word of either side.
    ///
    /// # Errors
    /// `staff.office`, `case.unknown`, `case.over`, `case.words`, `case.state`.
    pub async fn answer_case_by_staff(
        &self,
        staff: &Staff,
        id: Id,
        (state, words): (CaseState, String),
    ) -> Result<(), Refusal> {
        staff.must_hold(Office::System)?;
        let open = self.owned_cases(None)?.into_iter().find(|owned| owned.case.id == id);
        let kind = open.ok_or_else(crate::rights::unknown)?.case.kind.name();
        let text = Words::new(format!("答复个人信息请求：{}", kind.zh), format!("Answered a request: {}", kind.en));
        self.note_act(staff, "case.answered", text).await?;
        self.answer_case(None, id, CaseAnswer { state, words, operator: staff.name.clone() }).await
    }
}
