//! Bytes 0–25 as every profile lays them out: only byte 21 means something else in each.

use crate::{
    bytes::join,
    limits::{HANDLE_BYTES, HEADER_BYTES, VERSION},
    ticket::{Handle, HeaderError, Profile, Scope, Suite},
};

/// The fields of a header, byte 21 as it stands.
pub(crate) struct Fields {
    pub suite: Suite,
    pub key_index: u8,
    pub handle: Handle,
    /// Minutes since 2025-01-01T00:00Z; 24 bits.
    pub start_minute: u32,
    /// Byte 21: life and step of a ticket, days of a paper code.
    pub life: u8,
    pub scope: Scope,
    pub masked_claims: [u8; 2],
}

impl Fields {
    /// The fields of a header of this profile.
    pub(crate) fn from_bytes(bytes: &[u8; HEADER_BYTES], expected: Profile) -> Result<Self, HeaderError> {
        let kind = bytes[0];
        if kind >> 5 != VERSION {
            return Err(HeaderError::Version(kind >> 5));
        }
        let suite = Suite::from_number(kind >> 3 & 3).ok_or(HeaderError::Suite)?;
        let profile = Profile::from_number(kind & 7);
        if profile != Some(expected) {
            return Err(HeaderError::Profile(profile));
        }
        let mut handle = [0; HANDLE_BYTES];
        handle.copy_from_slice(&bytes[2..18]);
        Ok(Self {
            suite,
            key_index: bytes[1],
            handle: Handle(handle),
            start_minute: u32::from_be_bytes([0, bytes[18], bytes[19], bytes[20]]),
            life: bytes[21],
            scope: Scope(u16::from_be_bytes([bytes[22], bytes[23]])),
            masked_claims: [bytes[24], bytes[25]],
        })
    }

    /// Their 26 bytes, in a header of this profile.
    pub(crate) fn to_bytes(&self, profile: Profile) -> [u8; HEADER_BYTES] {
        let [_, start @ ..] = self.start_minute.to_be_bytes();
        join(&[
            &[VERSION << 5 | self.suite.number() << 3 | profile.number(), self.key_index],
            &self.handle.0,
            &start,
            &[self.life],
            &self.scope.0.to_be_bytes(),
            &self.masked_claims,
        ])
    }
}
