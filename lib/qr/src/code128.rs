//! Code 128 in its digit set C: two digits a character (ISO/IEC 15417:2007).

use crate::Refused;
use alloc::vec::Vec;

/// Light modules that a reader needs on each side.
pub const CODE128_QUIET_MODULES: usize = 10;

/// Most digits a bar code is drawn for; a longer one fits no screen and no scanner window.
const MAX_DIGITS: usize = 80;

const START_C: usize = 105;

/// The stop character: six elements and the final bar.
const STOP: [u8; 7] = [2, 3, 3, 1, 1, 1, 2];

/// Bar and space widths of the characters 0 to 105 (table 1).
#[rustfmt::skip]
const WIDTHS: [[u8; 6]; 106] = [
    *b"212222", *b"222122", *b"222221", *b"121223", *b"121322", *b"131222", *b"122213", *b"122312",
    *b"132212", *b"221213", *b"221312", *b"231212", *b"112232", *b"122132", *b"122231", *b"113222",
    *b"123122", *b"123221", *b"223211", *b"221132", *b"221231", *b"213212", *b"223112", *b"312131",
    *b"311222", *b"321122", *b"321221", *b"312212", *b"322112", *b"322211", *b"212123", *b"212321",
    *b"232121", *b"111323", *b"131123", *b"131321", *b"112313", *b"132113", *b"132311", *b"211313",
    *b"231113", *b"231311", *b"112133", *b"112331", *b"132131", *b"113123", *b"113321", *b"133121",
    *b"313121", *b"211331", *b"231131", *b"213113", *b"213311", *b"213131", *b"311123", *b"311321",
    *b"331121", *b"312113", *b"312311", *b"332111", *b"314111", *b"221411", *b"431111", *b"111224",
    *b"111422", *b"121124", *b"121421", *b"141122", *b"141221", *b"112214", *b"112412", *b"122114",
    *b"122411", *b"142112", *b"142211", *b"241211", *b"221114", *b"413111", *b"241112", *b"134111",
    *b"111242", *b"121142", *b"121241", *b"114212", *b"124112", *b"124211", *b"411212", *b"421112",
    *b"421211", *b"212141", *b"214121", *b"412121", *b"111143", *b"111341", *b"131141", *b"114113",
    *b"114311", *b"411113", *b"411311", *b"113141", *b"114131", *b"311141", *b"411131", *b"211412",
    *b"211214", *b"211232",
];

/// Widths in modules of bar, space, bar … for an even number of ASCII digits, beginning and ending with a bar.
///
/// 24 digits take 167 modules: start, twelve pairs and check of 11 each, stop of 13.
///
/// # Errors
/// [`Refused::Unfit`] for no digits, an odd number of them or anything else;
/// [`Refused::TooLong`] above 80 digits.
pub fn code128_widths(digits: &[u8]) -> Result<Vec<u8>, Refused> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Refused::Unfit);
    }
    if digits.len() > MAX_DIGITS {
        return Err(Refused::TooLong);
    }
    let mut widths = Vec::with_capacity((digits.len() / 2 + 2) * 6 + STOP.len());
    let mut check = START_C;
    push(&mut widths, START_C);
    for (index, pair) in digits.chunks(2).enumerate() {
        let value = pair.iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
        check += value * (index + 1);
        push(&mut widths, value);
    }
    push(&mut widths, check % 103);
    widths.extend_from_slice(&STOP);
    Ok(widths)
}

fn push(widths: &mut Vec<u8>, character: usize) {
    let shape = WIDTHS.get(character).copied().unwrap_or_default();
    widths.extend(shape.map(|digit| digit.wrapping_sub(b'0')));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn every_character_has_its_own_shape_of_eleven_modules() {
        let mut seen = BTreeSet::new();
        for character in 0..WIDTHS.len() {
            let mut widths = Vec::new();
            push(&mut widths, character);
            assert_eq!(widths.iter().sum::<u8>(), 11, "{character}");
            // Dark modules come in an even number: the parity that the standard's readers check.
            assert_eq!(widths.iter().step_by(2).sum::<u8>() % 2, 0, "{character}");
            assert!(seen.insert(widths), "{character}");
        }
    }
}
