//! Why an answer of an authenticator is not taken.

/// What is wrong. None of it names a person or repeats what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Not the JSON or CBOR that section 5 and 6 describe.
    Malformed,
    /// The challenge was given out for the other ceremony.
    OtherCeremony,
    /// The challenge is too old.
    Expired,
    /// The answer is to another challenge.
    Challenge,
    /// The page that asked is not ours, or it was framed by another.
    Origin,
    /// The credential is scoped to another site (`rpIdHash`).
    Site,
    /// Nobody touched the authenticator (`UP` not set).
    NotPresent,
    /// The user was not verified by PIN, finger or face (`UV` not set).
    NotVerified,
    /// The backup flags contradict each other or what was registered.
    Backup,
    /// The key is not ES256 on P-256, or not on the curve.
    Key,
    /// Attestation of another kind than `none`: it was not asked for and is not checked.
    Attestation,
    /// The answer is by another credential.
    OtherCredential,
    /// The signature does not hold.
    Signature,
    /// The counter did not grow: there may be a copy of the authenticator.
    Counter,
}

impl Trouble {
    /// A stable code, the last part of a refusal's.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::OtherCeremony => "other_ceremony",
            Self::Expired => "expired",
            Self::Challenge => "challenge",
            Self::Origin => "origin",
            Self::Site => "site",
            Self::NotPresent => "not_present",
            Self::NotVerified => "not_verified",
            Self::Backup => "backup",
            Self::Key => "key",
            Self::Attestation => "attestation",
            Self::OtherCredential => "other_credential",
            Self::Signature => "signature",
            Self::Counter => "counter",
        }
    }
}

impl core::fmt::Display for Trouble {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str(self.code())
    }
}

impl core::error::Error for Trouble {}
