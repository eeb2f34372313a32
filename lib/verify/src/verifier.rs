//! The pipeline, cheap steps first: length, prefix, digits → version, suite, profile, key → time → replay row (looked
//! up only) → chain → signature → deny list. Claiming the row comes after, and is the caller's.

use tongma_code::{
    classify::{Kind, classify},
    keys::Subject,
    list::{ListedKey, Uses},
    point::SignedPointCode,
    short::{Alias, Candidate, ShortNumber, days_at},
    ticket::{Day, Handle, HeaderError, ReadError, Scope, ShownTicket, Suite, TimeCheck},
};

use crate::{
    cache::{CacheKey, SignatureCache},
    key::VerifyingKey,
    lists::{Denials, Freshness, Keyring, freshness},
    verdict::{ClockReading, Doubts, Outcome, Reason, UnverifiedTicket, Verdict, VerifiedPoint, VerifiedTicket},
};

/// What the row of a handle says about the step now shown, to the request now asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// No row, or a smaller step: the claim may be tried.
    Fresh,
    /// The row holds this step from the same point and the same request id: the stored answer may be given again.
    Retry,
    /// This step or a greater one was used.
    Spent,
}

/// The rows of used tickets. Only asked; nothing is stored before the signature holds.
pub trait Replay {
    /// What the row of this handle says about this step.
    fn look(&self, handle: &Handle, step: u8) -> Seen;
}

/// For checks that claim nothing, as `inspect` and `verify` on the command line.
pub struct NoReplay;

impl Replay for NoReplay {
    fn look(&self, _: &Handle, _: u8) -> Seen {
        Seen::Fresh
    }
}

/// Opens handles of the scopes a point holds day keys of, to match denied subjects.
pub trait Opener {
    /// The subject behind a handle; `None` for a scope or day whose key is not held.
    fn subject(&self, scope: Scope, day: Day, handle: &Handle) -> Option<Subject>;
}

/// Everything a verdict depends on but the code, the time and the rows. Immutable.
pub struct Verifier {
    keyring: Keyring,
    denials: Denials,
}

/// Reads a code and judges its spelling, nothing more.
///
/// # Errors
/// [`Reason::NotThis`], [`Reason::Damaged`], [`Reason::Version`], [`Reason::Suite`], [`Reason::Profile`],
/// [`Reason::Window`].
pub fn read(text: &str) -> Result<UnverifiedTicket, Reason> {
    let (kind, text) = classify(text);
    match kind {
        Kind::Ticket => {}
        Kind::Damaged => return Err(Reason::Damaged),
        kind => return Err(Reason::NotThis(kind)),
    }
    ShownTicket::from_text(text).map(UnverifiedTicket).map_err(|error| match error {
        ReadError::Text(_) => Reason::Damaged,
        ReadError::Header(HeaderError::Version(_)) => Reason::Version,
        ReadError::Header(HeaderError::Suite) => Reason::Suite,
        ReadError::Header(HeaderError::Profile(_)) => Reason::Profile,
        ReadError::Header(HeaderError::Window) => Reason::Window,
    })
}

impl Verifier {
    /// A verifier by these lists.
    pub const fn new(keyring: Keyring, denials: Denials) -> Self {
        Self { keyring, denials }
    }

    /// The keys it verifies by.
    pub const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The deny list it refuses by.
    pub const fn denials(&self) -> &Denials {
        &self.denials
    }

    /// Judges a scanned T1.
    pub fn check(
        &self,
        text: &str,
        clock: &ClockReading,
        replay: &dyn Replay,
        opener: Option<&dyn Opener>,
        cache: &mut SignatureCache,
    ) -> Verdict {
        match read(text) {
            Ok(ticket) => self.verify(ticket, clock, replay, opener, cache),
            Err(reason) => self.say(Outcome::Refused(reason), clock),
        }
    }

    /// Judges a T1 that has been read.
    pub fn verify(
        &self,
        ticket: UnverifiedTicket,
        clock: &ClockReading,
        replay: &dyn Replay,
        opener: Option<&dyn Opener>,
        cache: &mut SignatureCache,
    ) -> Verdict {
        let outcome = match self.judge(&ticket.0, clock, replay, opener, cache) {
            Err(reason) => Outcome::Refused(reason),
            Ok(Doubts::NONE) => Outcome::Good(VerifiedTicket::of_ticket(&ticket.0)),
            Ok(doubts) => Outcome::Doubtful(VerifiedTicket::of_ticket(&ticket.0), doubts),
        };
        self.say(outcome, clock)
    }

    fn say(&self, outcome: Outcome, clock: &ClockReading) -> Verdict {
        let age = |iat_s: i64| clock.now_s.saturating_sub(iat_s);
        Verdict {
            outcome,
            key_list_age_s: age(self.keyring.validity().iat_s),
            deny_list_age_s: self.denials.validity().map(|validity| age(validity.iat_s)),
            clock_trusted: clock.trusted(),
        }
    }

    fn judge(
        &self,
        shown: &ShownTicket,
        clock: &ClockReading,
        replay: &dyn Replay,
        opener: Option<&dyn Opener>,
        cache: &mut SignatureCache,
    ) -> Result<Doubts, Reason> {
        let header = &shown.signed.header;
        let doubts = self.lists_serve(clock)?;
        let (listed, key) = self.key_for(header.key_index, Some(header.suite), Uses::TICKET)?;
        in_period(listed, header.window.start_s())?;
        in_time(header.window.check(shown.step, clock.now_s))?;
        if replay.look(&header.handle, shown.step) == Seen::Spent {
            return Err(Reason::Used);
        }
        self.signature_holds(shown, key, cache)?;
        self.not_denied(shown, opener)?;
        let reserve = header.window.life() == tongma_code::ticket::Life::Min60;
        Ok(doubts.and_if(Doubts::RESERVE, reserve))
    }

    /// Expired lists refuse; stale ones and an untrusted clock are doubts.
    pub(crate) fn lists_serve(&self, clock: &ClockReading) -> Result<Doubts, Reason> {
        let keys = freshness(&self.keyring.validity(), clock.now_s);
        let deny = self.denials.validity().map_or(Freshness::Fresh, |validity| freshness(&validity, clock.now_s));
        if keys == Freshness::Expired {
            return Err(Reason::KeyListExpired);
        }
        if deny == Freshness::Expired {
            return Err(Reason::DenyListExpired);
        }
        Ok(Doubts::NONE
            .and_if(Doubts::CLOCK, !clock.trusted())
            .and_if(Doubts::KEY_LIST, keys == Freshness::Stale)
            .and_if(Doubts::DENY_LIST, deny == Freshness::Stale))
    }

    /// The listed key, if it agrees with what the code says and is for this use. The code never chooses either.
    pub(crate) fn key_for(
        &self,
        index: u8,
        suite: Option<Suite>,
        uses: Uses,
    ) -> Result<(&ListedKey, &VerifyingKey), Reason> {
        if suite.is_some_and(|suite| !self.keyring.suites().has(suite)) {
            return Err(Reason::Suite);
        }
        let (listed, key) = self.keyring.get(index).ok_or(Reason::KeyUnknown)?;
        let agrees = suite.is_none_or(|suite| suite == key.suite());
        if agrees && listed.uses.has(uses) { Ok((listed, key)) } else { Err(Reason::KeyUse) }
    }

    fn signature_holds(
        &self,
        shown: &ShownTicket,
        key: &VerifyingKey,
        cache: &mut SignatureCache,
    ) -> Result<(), Reason> {
        let anchor = shown.anchor();
        let entry = CacheKey::new(&shown.signed.to_bytes(), &anchor);
        cache.keep_for(self.keyring.fingerprint());
        if cache.holds(&entry) {
            return Ok(());
        }
        if !key.verify(&shown.signed_message(&anchor), &shown.signed.signature) {
            return Err(Reason::Forged);
        }
        cache.insert(&entry);
        Ok(())
    }

    fn not_denied(&self, shown: &ShownTicket, opener: Option<&dyn Opener>) -> Result<(), Reason> {
        let header = &shown.signed.header;
        self.handle_not_denied(header.scope, header.window.day(), &header.handle, opener)
    }

    pub(crate) fn handle_not_denied(
        &self,
        scope: Scope,
        day: Day,
        handle: &Handle,
        opener: Option<&dyn Opener>,
    ) -> Result<(), Reason> {
        let Some(list) = self.denials.list() else { return Ok(()) };
        let subject =
            opener.filter(|_| list.names_subjects_of(scope)).and_then(|opener| opener.subject(scope, day, handle));
        let by_subject = subject.is_some_and(|subject| list.denies_subject(scope, subject));
        if by_subject || list.denies(handle) { Err(Reason::Denied) } else { Ok(()) }
    }

    /// Judges a point code a citizen scanned. `origins` are the pinned ones, as `https://code.example.cn`.
    ///
    /// # Errors
    /// [`Reason`]. Of a dynamic code, step and chain are checked against this clock as a ticket's are.
    pub fn check_point(&self, text: &str, origins: &[&str], now_s: i64) -> Result<VerifiedPoint, Reason> {
        let (kind, text) = classify(text);
        if kind != Kind::Point {
            return Err(Reason::NotThis(kind));
        }
        let signed = SignedPointCode::from_text(text).map_err(|_| Reason::Damaged)?;
        let code = &signed.code;
        if !origins.contains(&code.origin.as_str()) {
            return Err(Reason::Origin);
        }
        if freshness(&self.keyring.validity(), now_s) == Freshness::Expired {
            return Err(Reason::KeyListExpired);
        }
        let (listed, key) = self.key_for(code.key_index, None, Uses::POINT)?;
        in_period(listed, tongma_code::limits::EPOCH_S + i64::from(code.from_minute) * 60)?;
        in_time(code.check(now_s))?;
        if let (Some((window, _)), Some((step, _))) = (code.dynamic, signed.shown) {
            in_time(window.check(step, now_s))?;
        }
        if !signed.chain_holds(key.suite()) || !key.verify(&signed.signed_message(), &signed.signature) {
            return Err(Reason::Forged);
        }
        Ok(VerifiedPoint(signed))
    }
}

pub(crate) fn in_period(listed: &ListedKey, start_s: i64) -> Result<(), Reason> {
    if start_s >= listed.from_s && start_s < listed.until_s { Ok(()) } else { Err(Reason::KeyPeriod) }
}

pub(crate) const fn in_time(check: TimeCheck) -> Result<(), Reason> {
    Err(match check {
        TimeCheck::Accepted => return Ok(()),
        TimeCheck::NotYet(seconds) => Reason::NotYet(seconds),
        TimeCheck::Over(seconds) => Reason::Expired(seconds),
        TimeCheck::StepAhead(seconds) => Reason::StepAhead(seconds),
        TimeCheck::StepPast(seconds) => Reason::StepPast(seconds),
        TimeCheck::NoSuchStep => Reason::NoSuchStep,
    })
}

/// The platform's side of short numbers.
pub trait ShortBook {
    /// Opens an alias with the alias key of a day; `None` for a day whose key is not held.
    fn alias(&self, day: Day, sealed: tongma_code::short::SealedAlias) -> Option<Alias>;
    /// Visits every live ticket an alias of that day may name: one for each device and grant of the person.
    fn candidates(&self, day: Day, alias: Alias, visit: &mut dyn FnMut(&Candidate));
}

/// Judges a short number. The row it claims is its ticket's; `replay` is asked as for T1.
///
/// # Errors
/// [`Reason::NotThis`], [`Reason::Damaged`], [`Reason::Unproved`], [`Reason::Used`].
pub fn check_short(
    text: &str,
    now_s: i64,
    book: &dyn ShortBook,
    replay: &dyn Replay,
) -> Result<VerifiedTicket, Reason> {
    let (kind, text) = classify(text);
    if kind != Kind::Short {
        return Err(if kind == Kind::Damaged { Reason::Damaged } else { Reason::NotThis(kind) });
    }
    let number = ShortNumber::from_text(text).map_err(|_| Reason::Damaged)?;
    let mut proved = None;
    for day in days_at(now_s).into_iter().flatten() {
        let Some(alias) = book.alias(day, number.alias) else { continue };
        book.candidates(day, alias, &mut |candidate| {
            if candidate.window.day() == day
                && let Some(step) = number.proves(&candidate.key, candidate.window, now_s)
            {
                proved = Some(VerifiedTicket::of_short(candidate.handle, candidate.window, step));
            }
        });
    }
    let ticket = proved.ok_or(Reason::Unproved)?;
    if replay.look(&ticket.handle(), ticket.step()) == Seen::Spent { Err(Reason::Used) } else { Ok(ticket) }
}
