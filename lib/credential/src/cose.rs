//! `COSE_Sign1` (RFC 9052) as this project writes it: CBOR tag 18, definite lengths, shortest integers; read back only
//! in that one spelling.

use alloc::vec::Vec;

use coset::{
    CborSerializable as _, CoseSign1, CoseSign1Builder, Header, HeaderBuilder, RegisteredLabelWithPrivate,
    SignatureContext, TaggedCborSerializable, cbor::value::Value, iana, sig_structure_data,
};
use minicbor::Encoder;
use tongma_code::{
    limits::COSE_ALG_SM2,
    sign::{SignError, Signer},
    ticket::Suite,
};

use crate::{CredentialError, IssuerKey};

/// The label of the type in a header (RFC 9596).
const TYPE_LABEL: i64 = 16;

fn algorithm(suite: Suite) -> Option<coset::Algorithm> {
    match suite {
        Suite::Sm2 => Some(RegisteredLabelWithPrivate::PrivateUse(COSE_ALG_SM2)),
        Suite::P256 => Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256)),
        Suite::Ed25519 => None,
    }
}

fn protected(suite: Suite, kind: &str) -> Option<Header> {
    let mut header = HeaderBuilder::new().value(TYPE_LABEL, Value::Text(kind.into())).build();
    header.alg = Some(algorithm(suite)?);
    Some(header)
}

fn envelope(header: Header, payload: Vec<u8>, signature: Vec<u8>) -> Option<Vec<u8>> {
    CoseSign1Builder::new().protected(header).payload(payload).signature(signature).build().to_tagged_vec().ok()
}

/// The `Sig_structure` of RFC 9052 section 4.4, with no external data.
fn to_be_signed(header: Header, payload: &[u8]) -> Vec<u8> {
    let protected = coset::ProtectedHeader { original_data: None, header };
    sig_structure_data(SignatureContext::CoseSign1, protected, None, &[], payload)
}

/// Signs a payload as a token of this type.
///
/// # Errors
/// [`SignError`], also for a suite that COSE here does not know.
pub fn sign(kind: &str, payload: Vec<u8>, signer: &dyn Signer, entropy: &[u8; 32]) -> Result<Vec<u8>, SignError> {
    let header = protected(signer.suite(), kind).ok_or(SignError)?;
    let signature = signer.sign(&to_be_signed(header.clone(), &payload), entropy)?;
    envelope(header, payload, signature.to_vec()).ok_or(SignError)
}

/// The payload of a token of this type, once its signature holds.
pub fn open(kind: &str, bytes: &[u8], key: &IssuerKey) -> Result<Vec<u8>, CredentialError> {
    // Some decoders take bytes behind the value; this one spelling has none.
    let sign1 = CoseSign1::from_tagged_slice(bytes).map_err(|_| CredentialError::Form)?;
    let header = protected(key.suite(), kind).ok_or(CredentialError::Algorithm)?;
    if sign1.protected.header.alg != header.alg {
        return Err(CredentialError::Algorithm);
    }
    if sign1.protected.header.clone().to_vec().ok() != header.clone().to_vec().ok() {
        return Err(CredentialError::Type);
    }
    let payload = sign1.payload.ok_or(CredentialError::Form)?;
    if envelope(header.clone(), payload.clone(), sign1.signature.clone()).as_deref() != Some(bytes) {
        return Err(CredentialError::Form);
    }
    let signature = sign1.signature.as_slice().try_into().map_err(|_| CredentialError::Form)?;
    if key.verify(&to_be_signed(header, &payload), signature) { Ok(payload) } else { Err(CredentialError::Signature) }
}

/// Encodes into memory, which does not fail.
pub fn encode(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Option<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = write(&mut Encoder::new(&mut bytes));
    debug_assert!(written.is_some(), "writing to a `Vec` does not fail");
    bytes
}
