//! What the authenticator says: authenticator data (section 6.1), the attestation object (section 6.5.4), the COSE key.

use coset::iana::{self, EnumI64};
use coset::{CborSerializable, CoseKey, Label, RegisteredLabelWithPrivate, cbor::value::Value};
use minicbor::Decoder;
use p256::ecdsa::VerifyingKey;

use crate::{Trouble, wire::MOST_MEMBER_BYTES};

/// The flags of authenticator data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// Somebody touched it (UP).
    pub const fn present(self) -> bool {
        self.0 & 0x01 != 0
    }

    /// Their PIN, finger or face was checked (UV).
    pub const fn verified(self) -> bool {
        self.0 & 0x04 != 0
    }

    /// The credential may be backed up (BE).
    pub const fn may_be_backed_up(self) -> bool {
        self.0 & 0x08 != 0
    }

    /// It is backed up (BS).
    pub const fn backed_up(self) -> bool {
        self.0 & 0x10 != 0
    }

    const fn holds_credential(self) -> bool {
        self.0 & 0x40 != 0
    }

    const fn holds_extensions(self) -> bool {
        self.0 & 0x80 != 0
    }
}

/// Authenticator data, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Data {
    /// SHA-256 of the site's name.
    pub site: [u8; 32],
    /// The flags.
    pub flags: Flags,
    /// The counter.
    pub counter: u32,
    /// The new credential, at registration.
    pub attested: Option<Attested>,
}

/// A new credential.
#[derive(Debug, PartialEq, Eq)]
pub struct Attested {
    /// Its id.
    pub id: Vec<u8>,
    /// Its public key, 0x04 ‖ x ‖ y.
    pub public_key: [u8; 65],
}

/// The longest credential id (section 7.1, step 25).
const MOST_ID_BYTES: usize = 1023;

/// Takes authenticator data apart; not a byte may be left over.
pub fn read(bytes: &[u8]) -> Result<Data, Trouble> {
    if bytes.len() > MOST_MEMBER_BYTES {
        return Err(Trouble::Malformed);
    }
    let (site, rest) = bytes.split_first_chunk::<32>().ok_or(Trouble::Malformed)?;
    let (flags, rest) = rest.split_first().ok_or(Trouble::Malformed)?;
    let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(Trouble::Malformed)?;
    let flags = Flags(*flags);
    if flags.backed_up() && !flags.may_be_backed_up() {
        return Err(Trouble::Backup);
    }
    let attested = if flags.holds_credential() {
        let (attested, after) = credential(rest)?;
        rest = after;
        Some(attested)
    } else {
        None
    };
    if flags.holds_extensions() {
        let mut decoder = Decoder::new(rest);
        decoder.map().map_err(|_| Trouble::Malformed)?;
        rest = after_one_item(rest)?.1;
    }
    if rest.is_empty() {
        Ok(Data { site: *site, flags, counter: u32::from_be_bytes(*counter), attested })
    } else {
        Err(Trouble::Malformed)
    }
}

/// Attested credential data (section 6.5.2): AAGUID, length, id, key.
fn credential(bytes: &[u8]) -> Result<(Attested, &[u8]), Trouble> {
    let (_model, rest) = bytes.split_first_chunk::<16>().ok_or(Trouble::Malformed)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Trouble::Malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > MOST_ID_BYTES {
        return Err(Trouble::Malformed);
    }
    let (id, rest) = rest.split_at_checked(length).ok_or(Trouble::Malformed)?;
    let (key, rest) = after_one_item(rest)?;
    Ok((Attested { id: id.to_vec(), public_key: public_key(key)? }, rest))
}

/// The first CBOR item of the bytes, and what follows it.
fn after_one_item(bytes: &[u8]) -> Result<(&[u8], &[u8]), Trouble> {
    let mut decoder = Decoder::new(bytes);
    decoder.skip().map_err(|_| Trouble::Malformed)?;
    bytes.split_at_checked(decoder.position()).ok_or(Trouble::Malformed)
}

/// A COSE key (RFC 9052 section 7) that is ES256 on P-256 with both coordinates (section 5.8.5 of the standard).
fn public_key(bytes: &[u8]) -> Result<[u8; 65], Trouble> {
    let key = CoseKey::from_slice(bytes).map_err(|_| Trouble::Key)?;
    let elliptic = key.kty == coset::KeyType::Assigned(iana::KeyType::EC2);
    let es256 = key.alg == Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256));
    let parameter = |wanted: iana::Ec2KeyParameter| {
        key.params.iter().find(|(label, _)| *label == Label::Int(wanted.to_i64())).map(|(_, value)| value)
    };
    let curve = parameter(iana::Ec2KeyParameter::Crv)
        .is_some_and(|value| *value == Value::from(iana::EllipticCurve::P_256.to_i64()));
    let coordinate = |wanted| match parameter(wanted) {
        Some(Value::Bytes(bytes)) => <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| Trouble::Key),
        _ => Err(Trouble::Key),
    };
    if !(elliptic && es256 && curve) {
        return Err(Trouble::Key);
    }
    let mut point = [4; 65];
    let (x, y) = (coordinate(iana::Ec2KeyParameter::X)?, coordinate(iana::Ec2KeyParameter::Y)?);
    for (place, byte) in point.iter_mut().skip(1).zip(x.into_iter().chain(y)) {
        *place = byte;
    }
    VerifyingKey::from_sec1_bytes(&point).map_err(|_| Trouble::Key)?;
    Ok(point)
}

/// The authenticator data of an attestation object of the kind `none` (section 8.7): a map of `fmt`, `attStmt`, `authData`.
pub fn authenticator_data(object: &[u8]) -> Result<&[u8], Trouble> {
    if object.len() > MOST_MEMBER_BYTES {
        return Err(Trouble::Malformed);
    }
    let mut decoder = Decoder::new(object);
    let members = decoder.map().map_err(|_| Trouble::Malformed)?;
    let (mut format, mut statement, mut data) = (None, None, None);
    for _ in 0..members.filter(|count| *count == 3).ok_or(Trouble::Malformed)? {
        match decoder.str().map_err(|_| Trouble::Malformed)? {
            "fmt" => format = Some(decoder.str().map_err(|_| Trouble::Malformed)?),
            "attStmt" => {
                statement = decoder.map().map_err(|_| Trouble::Malformed)?;
                if statement != Some(0) {
                    return Err(Trouble::Attestation);
                }
            }
            "authData" => data = Some(decoder.bytes().map_err(|_| Trouble::Malformed)?),
            _ => return Err(Trouble::Malformed),
        }
    }
    if decoder.position() != object.len() {
        return Err(Trouble::Malformed);
    }
    match (format, statement, data) {
        (Some("none"), Some(0), Some(data)) => Ok(data),
        (Some(_), Some(0), Some(_)) => Err(Trouble::Attestation),
        _ => Err(Trouble::Malformed),
    }
}
