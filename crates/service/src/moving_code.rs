//! Point codes that move: a screen at the place shows another step of a chain every quarter of a minute, so that a photograph
//! of it opens nothing a moment later.
//!
//! Nothing is kept for them: the chain of a point's half hour follows from the platform's own key, so every process shows the
//! same and a restart changes nothing. The version is that of the point's printed code; withdrawing one ends both.

use tongma_code::chain::Chain;
use tongma_code::limits::EPOCH_S;
use tongma_code::point::PointCode;
use tongma_code::ticket::{Life, Step, Suite, Window};
use tongma_domain::{Id, Refusal, UnixMs};

use crate::platform::Platform;
use crate::venue_code::{ANY_PURPOSE, MOST_CODE_DAYS, unsigned};

/// A point code as a screen shows it for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovingCode {
    /// The whole URL, signed, with the step of this moment.
    pub text: String,
    /// When the next step begins.
    pub next: UnixMs,
}

impl Platform {
    /// What a point's screen shows now. A point that never had a code gets its first version.
    ///
    /// # Errors
    /// `point.unknown`, `point_code.withdrawn`, `keys.unusable`, or the store's refusal.
    pub async fn moving_code(&self, point: Id) -> Result<MovingCode, Refusal> {
        let now = self.now();
        let printed = match self.printed_code(point, ANY_PURPOSE) {
            Err(refusal) if refusal.code() == "point_code.none" => {
                self.issue_venue_code(point, ANY_PURPOSE, MOST_CODE_DAYS).await?;
                self.printed_code(point, ANY_PURPOSE)?
            }
            other => other?,
        };
        let half_hour = (now.as_seconds() - EPOCH_S).div_euclid(1800);
        let window = Window::starting_at(EPOCH_S + half_hour * 1800, Life::Min30, Step::Sec15).ok_or_else(unsigned)?;
        let step = window.step_at(now.as_seconds()).ok_or_else(unsigned)?;
        let key = self.vault.key("moving code", &[point.as_bytes(), &half_hour.to_be_bytes()[..]].concat());
        let mut seed = [0; 12];
        seed.iter_mut().zip(key).for_each(|(to, from)| *to = from);
        let chain = Chain::of_point(Suite::Sm2, &printed.point, window.steps(), &seed).ok_or_else(unsigned)?;
        let value = chain.value(step).ok_or_else(unsigned)?;
        let code = PointCode { dynamic: Some((window, chain.anchor())), ..printed };
        let signed = code.issue(self.codes.issuer(), &self.seed()).map_err(|_| unsigned())?;
        let next_s = window.start_s() + (i64::from(step) + 1) * 15;
        Ok(MovingCode { text: signed.show(step, value).to_text(), next: UnixMs::from_millis(next_s * 1000) })
    }
}
