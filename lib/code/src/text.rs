//! Long codes as decimal digits: `86`, the form digit `0`, then groups of seven bytes as 17 digits and the rest in the
//! fewest digits that hold it. Digits survive keyboard-wedge scanners, Caps Lock and Chinese input methods.

use crate::limits::{FORM, PREFIX, digits_for, long_digits};

/// Why a text is not the digits of a long code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextError {
    /// Not as many digits as this form has.
    Length,
    /// It does not begin with `86`.
    Prefix,
    /// The form digit is not `0`.
    Form,
    /// Something other than an ASCII digit (full-width digits are no digits here).
    NotADigit,
    /// A group stands for more than its bytes can hold: a second spelling, or damage.
    Group,
}

/// Writes `bytes` as digits into `out`, which must have [`long_digits`]`(bytes.len())` places.
///
/// # Errors
/// [`TextError::Length`] when `out` has another length.
pub fn encode(bytes: &[u8], out: &mut [u8]) -> Result<(), TextError> {
    if out.len() != long_digits(bytes.len()) {
        return Err(TextError::Length);
    }
    let (head, mut rest) = out.split_at_mut_checked(PREFIX.len() + 1).ok_or(TextError::Length)?;
    crate::bytes::put(head, PREFIX.as_bytes());
    if let Some(form) = head.last_mut() {
        *form = FORM;
    }
    for group in bytes.chunks(7) {
        let (digits, tail) = rest.split_at_mut_checked(digits_for(group.len())).ok_or(TextError::Length)?;
        let mut value = group.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
        }
        rest = tail;
    }
    Ok(())
}

/// Reads digits into `out`, whose length says which form is expected.
///
/// # Errors
/// [`TextError`]; what `out` holds then means nothing.
pub fn decode(text: &[u8], out: &mut [u8]) -> Result<(), TextError> {
    if text.len() != long_digits(out.len()) {
        return Err(TextError::Length);
    }
    let rest = text.strip_prefix(PREFIX.as_bytes()).ok_or(TextError::Prefix)?;
    let (form, mut rest) = rest.split_first().ok_or(TextError::Length)?;
    if *form != FORM {
        return Err(if form.is_ascii_digit() { TextError::Form } else { TextError::NotADigit });
    }
    for group in out.chunks_mut(7) {
        let (digits, tail) = rest.split_at_checked(digits_for(group.len())).ok_or(TextError::Length)?;
        let value = number(digits).ok_or(TextError::NotADigit)?;
        if value >> (8 * group.len()) != 0 {
            return Err(TextError::Group);
        }
        let bytes = value.to_be_bytes();
        let skip = bytes.len() - group.len();
        crate::bytes::put(group, bytes.get(skip..).unwrap_or_default());
        rest = tail;
    }
    Ok(())
}

/// The value of at most 17 digits, which always fits 64 bits.
fn number(digits: &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    let mut wrong = false;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        wrong |= digit > 9;
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    (!wrong).then_some(value)
}
