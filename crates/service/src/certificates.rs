//! Certificates: issued and changed by their issuers, kept sealed, shown by their holders as credentials.
//!
//! A person's bucket holds the certificate; the bucket of its number's blind index leads from the number to the person;
//! the directory's bucket holds what is not in force, from which status lists are made.

mod issue;
mod keys;
mod lists;
mod mine;

use std::collections::BTreeMap;

use tongma_capability::certificate::{self, Identifier, Opened};
use tongma_domain::{Id, Refusal};

pub use issue::{IssuedBy, NewCertificate};
pub(crate) use keys::CertificateKeys;
pub use lists::{LIST_TTL_S, SignedStatus};
pub use mine::{Credentials, MyCertificate};

use crate::platform::Platform;
use crate::sealed_fields;

impl Platform {
    /// Opens a copy of a certificate of this person: judged now, with its fields only while it is in force.
    ///
    /// # Errors
    /// `certificate.unknown`, `person.sealed`.
    pub fn certificate_fields(
        &self,
        person: Id,
        identifier: &Identifier,
    ) -> Result<(Opened, BTreeMap<String, String>), Refusal> {
        let now = self.now();
        let opened = self.read(person.bucket(), |txn| certificate::open_copy(txn, person, identifier, now))?;
        let fields = match &opened.sealed {
            Some(sealed) => self.open_certificate(person, sealed)?,
            None => BTreeMap::new(),
        };
        Ok((opened, fields))
    }

    /// The fields of a version, opened.
    ///
    /// # Errors
    /// `person.sealed`.
    pub(crate) fn open_certificate(&self, person: Id, sealed: &str) -> Result<BTreeMap<String, String>, Refusal> {
        sealed_fields::open(&self.vault, person, sealed).map_err(|_| crate::people::sealed())
    }
}
