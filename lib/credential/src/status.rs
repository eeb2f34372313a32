//! A status list: an array of small numbers, packed from the low bits of each byte upwards and compressed with zlib
//! (draft-ietf-oauth-status-list section 4).

use alloc::{vec, vec::Vec};

use miniz_oxide::{deflate, inflate};

/// In force.
pub const VALID: u8 = 0;
/// Ended for good.
pub const INVALID: u8 = 1;
/// Not to be relied on for now.
pub const SUSPENDED: u8 = 2;
/// The first value that an application may define; here: replaced by a newer version, or ended by its issuer without
/// blame (cancelled, lapsed, moved out).
pub const ENDED: u8 = 3;

/// The longest list that is unpacked, in bytes: 2^28 entries of two bits.
pub const MOST_BYTES: usize = 64 << 20;
/// The effort of compression, as zlib counts it.
const EFFORT: u8 = 9;

/// How many bits an entry has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// Valid or not.
    One,
    /// Suspended and one more.
    Two,
    /// Sixteen values.
    Four,
    /// 256 values.
    Eight,
}

impl Bits {
    /// The number.
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// The width of this number; `None` for any other.
    pub const fn from_number(number: u64) -> Option<Self> {
        Some(match number {
            1 => Self::One,
            2 => Self::Two,
            4 => Self::Four,
            8 => Self::Eight,
            _ => return None,
        })
    }

    const fn in_a_byte(self) -> usize {
        8 / self.number() as usize
    }

    const fn mask(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 3,
            Self::Four => 15,
            Self::Eight => 255,
        }
    }
}

/// A list, unpacked: looking one up is one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: Bits,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list of so many entries (rounded up to whole bytes), all [`VALID`].
    pub fn new(bits: Bits, entries: usize) -> Self {
        Self { bits, bytes: vec![0; entries.div_ceil(bits.in_a_byte())] }
    }

    /// How many entries it has.
    pub const fn len(&self) -> usize {
        self.bytes.len() * self.bits.in_a_byte()
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How wide an entry is.
    pub const fn bits(&self) -> Bits {
        self.bits
    }

    /// The status at a place; `None` past the end.
    pub fn get(&self, at: u64) -> Option<u8> {
        let at = usize::try_from(at).ok()?;
        let byte = self.bytes.get(at / self.bits.in_a_byte())?;
        Some(byte >> self.shift(at) & self.bits.mask())
    }

    /// Sets the status at a place; `false` past the end or for a value that is too wide.
    pub fn set(&mut self, at: u64, status: u8) -> bool {
        let (mask, Ok(at)) = (self.bits.mask(), usize::try_from(at)) else { return false };
        let shift = self.shift(at);
        let Some(byte) = self.bytes.get_mut(at / self.bits.in_a_byte()) else { return false };
        if status & !mask != 0 {
            return false;
        }
        *byte = *byte & !(mask << shift) | status << shift;
        true
    }

    const fn shift(&self, at: usize) -> usize {
        at % self.bits.in_a_byte() * self.bits.number() as usize
    }

    /// The list packed: zlib around DEFLATE (RFC 1950, RFC 1951).
    pub fn pack(&self) -> Vec<u8> {
        deflate::compress_to_vec_zlib(&self.bytes, EFFORT)
    }

    /// Unpacks a list of at most [`MOST_BYTES`]; `None` for anything else.
    pub fn unpack(bits: Bits, packed: &[u8]) -> Option<Self> {
        let bytes = inflate::decompress_to_vec_zlib_with_limit(packed, MOST_BYTES).ok()?;
        Some(Self { bits, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
    use proptest::prelude::*;

    /// The two examples of the draft's section 4.1 and 4.2: bytes, and as packed by its authors.
    #[test]
    fn the_examples_of_the_draft() {
        let one = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
        let two = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
        let cases: [(Bits, &[u8], &[u8], &str); 2] = [
            (Bits::One, &one, &[0xb9, 0xa3], "eNrbuRgAAhcBXQ"),
            (Bits::Two, &two, &[0xc9, 0x44, 0xf9], "eNo76fITAAPfAgc"),
        ];
        for (bits, statuses, bytes, packed) in cases {
            let mut list = StatusList::new(bits, statuses.len());
            for (at, status) in (0..).zip(statuses) {
                assert!(list.set(at, *status));
            }
            assert_eq!(list.bytes, bytes);
            let theirs = StatusList::unpack(bits, &BASE64URL.decode(packed).unwrap()).unwrap();
            assert_eq!(theirs, list);
            assert_eq!(StatusList::unpack(bits, &list.pack()), Some(list));
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = deflate::compress_to_vec_zlib(&vec![0; MOST_BYTES + 1], 1);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(StatusList::unpack(Bits::One, &bomb), None);
    }

    proptest! {
        #[test]
        fn what_is_set_is_read_and_nothing_else(
            bits in prop::sample::select(&[Bits::One, Bits::Two, Bits::Four, Bits::Eight][..]),
            sets in prop::collection::vec((0_u64..200, any::<u8>()), 0..60),
        ) {
            let mut list = StatusList::new(bits, 150);
            let mut model = vec![0_u8; list.len()];
            for (at, status) in sets {
                let fits = at < list.len() as u64 && status <= bits.mask();
                prop_assert_eq!(list.set(at, status), fits);
                if fits {
                    model[usize::try_from(at).unwrap()] = status;
                }
            }
            for (at, status) in (0..).zip(&model) {
                prop_assert_eq!(list.get(at), Some(*status));
            }
            prop_assert_eq!(list.get(model.len() as u64), None);
            prop_assert_eq!(StatusList::unpack(bits, &list.pack()), Some(list));
        }

        #[test]
        fn unpacking_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = StatusList::unpack(Bits::Two, &bytes);
        }
    }
}
