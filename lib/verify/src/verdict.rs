//! What the verifier says: a closed set of outcomes and reasons.

use core::fmt;

use tongma_code::{
    classify::Kind,
    limits::{CLOCK_SYNC_LIFE_S, TERMINAL_CLOCK_ERROR_S},
    point::SignedPointCode,
    ticket::{Handle, Scope, ShownTicket, Window},
};

/// A code that has been read and nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnverifiedTicket(pub(crate) ShownTicket);

impl UnverifiedTicket {
    /// What it claims to be, for inspection only.
    pub const fn inspect(&self) -> &ShownTicket {
        &self.0
    }
}

/// How a verified ticket was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// As T1, checked by signature.
    Ticket,
    /// As N1, checked by the platform's MAC.
    Short,
}

/// A ticket whose step was proved. It can only come out of a verdict:
///
/// ```compile_fail,E0451
/// # fn forge(mut ticket: tongma_verify::verdict::VerifiedTicket) -> tongma_verify::verdict::VerifiedTicket {
/// tongma_verify::verdict::VerifiedTicket { step: 7, ..ticket }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedTicket {
    handle: Handle,
    scope: Scope,
    window: Window,
    step: u8,
    masked_claims: [u8; 2],
    via: Via,
}

impl VerifiedTicket {
    pub(crate) const fn of_ticket(shown: &ShownTicket) -> Self {
        let header = &shown.signed.header;
        Self {
            handle: header.handle,
            scope: header.scope,
            window: header.window,
            step: shown.step,
            masked_claims: header.masked_claims,
            via: Via::Ticket,
        }
    }
    pub(crate) const fn of_short(handle: Handle, window: Window, step: u8) -> Self {
        Self { handle, scope: Scope::GENERAL, window, step, masked_claims: [0; 2], via: Via::Short }
    }

    /// Whose row a claim takes. T1 and N1 of one ticket have the same.
    pub const fn handle(&self) -> Handle {
        self.handle
    }
    /// Whose day keys open the handle.
    pub const fn scope(&self) -> Scope {
        self.scope
    }
    /// When the ticket may be shown; its day says which keys.
    pub const fn window(&self) -> Window {
        self.window
    }
    /// The step to claim. Only one greater than the stored one is accepted.
    pub const fn step(&self) -> u8 {
        self.step
    }
    /// Claim bits as they stand in the code; zero when shown as N1.
    pub const fn masked_claims(&self) -> [u8; 2] {
        self.masked_claims
    }
    /// As T1 or N1.
    pub const fn via(&self) -> Via {
        self.via
    }
}

/// A point code whose signature holds. It can only come out of [`crate::Verifier::check_point`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPoint(pub(crate) SignedPointCode);

impl VerifiedPoint {
    /// What was signed.
    pub const fn get(&self) -> &SignedPointCode {
        &self.0
    }
}

/// The time as a terminal knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// Unix seconds, rounded down.
    pub now_s: i64,
    /// By how much it may be wrong.
    pub error_s: u32,
    /// When it was last synchronised.
    pub synced_at_s: Option<i64>,
}

impl ClockReading {
    /// A clock that is kept right by others, as a server's.
    pub const fn synchronised(now_s: i64) -> Self {
        Self { now_s, error_s: 0, synced_at_s: Some(now_s) }
    }

    /// Whether its error is at most 5 s and it was synchronised within 24 h.
    pub fn trusted(&self) -> bool {
        let recent = |at: i64| self.now_s.saturating_sub(at) <= CLOCK_SYNC_LIFE_S;
        self.error_s <= TERMINAL_CLOCK_ERROR_S && self.synced_at_s.is_some_and(recent)
    }
}

/// Why a good code is shown in amber. A set.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Doubts(u8);

impl Doubts {
    /// None: the code is simply good.
    pub const NONE: Self = Self(0);
    /// The clock was not trusted.
    pub const CLOCK: Self = Self(1);
    /// The key list is past its ttl.
    pub const KEY_LIST: Self = Self(1 << 1);
    /// The deny list is past its ttl.
    pub const DENY_LIST: Self = Self(1 << 2);
    /// A reserve ticket (60 minutes): the phone has not been online for a day or more.
    pub const RESERVE: Self = Self(1 << 3);

    /// Whether all of `other` are in it.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    pub(crate) const fn and_if(self, doubt: Self, present: bool) -> Self {
        if present { Self(self.0 | doubt.0) } else { self }
    }
    /// A stable word and the sentence in Chinese and English for each doubt.
    pub fn texts(self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        DOUBT_TEXTS.into_iter().filter(move |(doubt, ..)| self.has(*doubt)).map(|(_, code, zh, en)| (code, zh, en))
    }
}

const DOUBT_TEXTS: [(Doubts, &str, &str, &str); 4] = [
    (Doubts::CLOCK, "clock_untrusted", "终端时间未校准", "this terminal's clock is not trusted"),
    (Doubts::KEY_LIST, "key_list_stale", "公钥清单待更新", "the key list is due for renewal"),
    (Doubts::DENY_LIST, "deny_list_stale", "停用清单待更新", "the deny list is due for renewal"),
    (
        Doubts::RESERVE,
        "reserve_ticket",
        "备用码：手机已较久未联网",
        "a reserve ticket: the phone has long been offline",
    ),
];

impl fmt::Debug for Doubts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.texts().map(|(code, ..)| code)).finish()
    }
}

/// Why a code is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Not a code this check takes, but this.
    NotThis(Kind),
    /// The right length and prefix, but no valid spelling: damaged, misread or mistyped.
    Damaged,
    /// A version this verifier does not know.
    Version,
    /// A suite that is not defined, or that this deployment does not take.
    Suite,
    /// The profile does not match the form.
    Profile,
    /// Byte 21 is no listed life and step.
    Window,
    /// The key index is not in the key list, or its key was killed.
    KeyUnknown,
    /// The key has another suite or is not for this use.
    KeyUse,
    /// The code begins outside the time its key was valid for.
    KeyPeriod,
    /// The verifier's key list has expired.
    KeyListExpired,
    /// The verifier's deny list has expired.
    DenyListExpired,
    /// The window begins in so many seconds.
    NotYet(i64),
    /// The window ended so many seconds ago.
    Expired(i64),
    /// The step lies so many seconds ahead: one of the two clocks is wrong.
    StepAhead(i64),
    /// The step ended so many seconds ago: a picture of a code, or a wrong clock.
    StepPast(i64),
    /// The window has no such step.
    NoSuchStep,
    /// This step, or a later one of the same ticket, was used.
    Used,
    /// The chain and signature do not hold: not issued here.
    Forged,
    /// The ticket or its holder is on the deny list.
    Denied,
    /// A short number that names no ticket, or proves no step of it. The two are not told apart.
    Unproved,
    /// A point code of a host that is not pinned.
    Origin,
}

impl Reason {
    /// A stable word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotThis(kind) => kind.code(),
            Self::Damaged => "code_damaged",
            Self::Version => "code_version_unknown",
            Self::Suite => "code_suite_unknown",
            Self::Profile => "code_profile_wrong",
            Self::Window => "code_window_wrong",
            Self::KeyUnknown => "key_unknown",
            Self::KeyUse => "key_use_wrong",
            Self::KeyPeriod => "key_period_wrong",
            Self::KeyListExpired => "key_list_expired",
            Self::DenyListExpired => "deny_list_expired",
            Self::NotYet(_) => "code_not_yet",
            Self::Expired(_) => "code_expired",
            Self::StepAhead(_) => "code_ahead",
            Self::StepPast(_) => "code_stale",
            Self::NoSuchStep => "code_step_wrong",
            Self::Used => "code_used",
            Self::Forged => "code_forged",
            Self::Denied => "code_denied",
            Self::Unproved => "number_unproved",
            Self::Origin => "point_origin_unknown",
        }
    }

    /// What it is and what to do, in Chinese and English.
    pub const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::NotThis(kind) => kind.names(),
            Self::Damaged => ("没有读全，请重新扫码", "Not read completely. Scan again."),
            Self::Version => ("码的版本较新，请更新终端", "A newer code version. Update this terminal."),
            Self::Suite => ("本地不使用这种签名", "A signature type not used here."),
            Self::Profile | Self::Window | Self::NoSuchStep => {
                ("码的内容不合规定，请刷新后再出示", "Not a valid code. Refresh it and show it again.")
            }
            Self::KeyUnknown => (
                "签发密钥不在清单中，请联网更新清单",
                "The issuing key is not in the list. Go online to update the list.",
            ),
            Self::KeyUse => ("签发密钥不能用于此码", "The issuing key is not meant for this code."),
            Self::KeyPeriod => ("签发密钥不在有效期内", "The issuing key was not valid then."),
            Self::KeyListExpired => {
                ("本终端公钥清单已过期，请联网更新", "This terminal's key list has expired. Go online.")
            }
            Self::DenyListExpired => {
                ("本终端停用清单已过期，请联网更新", "This terminal's deny list has expired. Go online.")
            }
            Self::NotYet(_) => ("码还未到使用时间，请核对手机时间", "Not valid yet. Check the phone's clock."),
            Self::Expired(_) => ("码已过期，请打开页面刷新后再出示", "Expired. Open the page again to refresh it."),
            Self::StepAhead(_) => ("手机或终端时间不准，请核对时间", "The phone's or this terminal's clock is wrong."),
            Self::StepPast(_) => {
                ("码已不是最新，请出示屏幕上正在变化的码", "Not the current code. Show the live screen, not a picture.")
            }
            Self::Used => ("此码已使用，请刷新后再出示", "Already used. Refresh it and show it again."),
            Self::Forged => ("不是本平台签发的码", "Not issued by this platform."),
            Self::Denied => {
                ("此码已停用，请本人到窗口办理", "This code has been stopped. The holder should ask at the counter.")
            }
            Self::Unproved => {
                ("短号无效或已变化，请按屏幕最新数字输入", "Wrong or outdated number. Type the one now on the screen.")
            }
            Self::Origin => ("不是本平台的场所码", "Not a venue code of this platform."),
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Green.
    Good(VerifiedTicket),
    /// Amber: good as far as this verifier can know.
    Doubtful(VerifiedTicket, Doubts),
    /// Red.
    Refused(Reason),
}

/// A verdict, and how well its author was informed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What was decided.
    pub outcome: Outcome,
    /// Seconds since the key list was made.
    pub key_list_age_s: i64,
    /// Seconds since the deny list was made; `None` where the platform looks revocation up itself.
    pub deny_list_age_s: Option<i64>,
    /// Whether the clock was trusted.
    pub clock_trusted: bool,
}

impl Verdict {
    /// The ticket of a good or doubtful verdict.
    ///
    /// # Errors
    /// The [`Reason`] of a refusal.
    pub const fn ticket(&self) -> Result<VerifiedTicket, Reason> {
        match self.outcome {
            Outcome::Good(ticket) | Outcome::Doubtful(ticket, _) => Ok(ticket),
            Outcome::Refused(reason) => Err(reason),
        }
    }
}
