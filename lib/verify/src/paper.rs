//! Paper, cheap steps first as for a ticket: spelling, lists, key, time, signature, deny list. Without a chain nothing in
//! it is fresh, so a stale deny list refuses where a ticket would only be doubtful.

use tongma_code::{
    classify::{Kind, classify},
    list::Uses,
    paper::{Days, PaperCode},
    ticket::{Handle, HeaderError, ReadError, Scope},
};

use crate::{
    lists::{Freshness, freshness},
    verdict::{ClockReading, Doubts, Reason},
    verifier::{Opener, Verifier, in_period, in_time},
};

/// A paper code whose signature holds. It can only come out of [`Verifier::check_paper`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedPaper {
    handle: Handle,
    days: Days,
    scope: Scope,
    masked_claims: [u8; 2],
}

impl VerifiedPaper {
    /// Its opaque name; a claim takes it together with the read's request id.
    pub const fn handle(&self) -> Handle {
        self.handle
    }
    /// When it is good; its day says which keys open the handle.
    pub const fn days(&self) -> Days {
        self.days
    }
    /// Whose day keys open the handle.
    pub const fn scope(&self) -> Scope {
        self.scope
    }
    /// Claim bits as they stand in the code.
    pub const fn masked_claims(&self) -> [u8; 2] {
        self.masked_claims
    }
}

impl Verifier {
    /// Judges a paper code. What is good here is genuine, no more: that it was issued for this organisation and this
    /// scenario, its daily cap and its PIN are the platform's to know.
    ///
    /// # Errors
    /// [`Reason`]; [`Reason::DenyListExpired`] already past the deny list's `ttl`.
    pub fn check_paper(
        &self,
        text: &str,
        clock: &ClockReading,
        opener: Option<&dyn Opener>,
    ) -> Result<(VerifiedPaper, Doubts), Reason> {
        let code = read_paper(text)?;
        let header = &code.header;
        let doubts = self.lists_serve(clock)?;
        let stale = |list: &tongma_code::list::DenyList| freshness(&list.validity, clock.now_s) != Freshness::Fresh;
        if self.denials().list().is_some_and(stale) {
            return Err(Reason::DenyListExpired);
        }
        let (listed, key) = self.key_for(header.key_index, Some(header.suite), Uses::PAPER)?;
        in_period(listed, header.days.start_s())?;
        in_time(header.days.check(clock.now_s))?;
        if !key.verify(&code.signed_message(), &code.signature) {
            return Err(Reason::Forged);
        }
        self.handle_not_denied(header.scope, header.days.day(), &header.handle, opener)?;
        let verified = VerifiedPaper {
            handle: header.handle,
            days: header.days,
            scope: header.scope,
            masked_claims: header.masked_claims,
        };
        Ok((verified, doubts))
    }
}

/// Reads a paper code and judges its spelling, nothing more.
///
/// # Errors
/// [`Reason::NotThis`], [`Reason::Damaged`], [`Reason::Version`], [`Reason::Suite`], [`Reason::Profile`],
/// [`Reason::Window`] for days outside 1–180.
pub fn read_paper(text: &str) -> Result<PaperCode, Reason> {
    let (kind, text) = classify(text);
    match kind {
        Kind::Paper => {}
        Kind::Damaged => return Err(Reason::Damaged),
        kind => return Err(Reason::NotThis(kind)),
    }
    PaperCode::from_text(text).map_err(|error| match error {
        ReadError::Text(_) => Reason::Damaged,
        ReadError::Header(HeaderError::Version(_)) => Reason::Version,
        ReadError::Header(HeaderError::Suite) => Reason::Suite,
        ReadError::Header(HeaderError::Profile(_)) => Reason::Profile,
        ReadError::Header(HeaderError::Window) => Reason::Window,
    })
}
