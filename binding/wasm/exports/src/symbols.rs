//! QR and Code 128.
#![expect(unsafe_code, reason = "an exported name is declared by an unsafe attribute")]

use crate::{Refusal, answer};
use tongma_qr::{Level, Options, Refused, code128_widths, encode_bytes};

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooLong => Self::TooLong,
            Refused::Unfit => Self::BadText,
        }
    }
}

/// Input: the text in UTF-8. Output: one byte a module, row by row, 1 dark.
///
/// `level` is 0 to 3 for L, M, Q, H; `boost` other than 0 raises it as far as the version allows.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_qr(level: u32, min_version: u32, max_version: u32, boost: u32) -> i32 {
    answer(|input, output| {
        let level = match level {
            0 => Level::L,
            1 => Level::M,
            2 => Level::Q,
            3 => Level::H,
            _ => return Err(Refusal::BadArgument),
        };
        let version = |number: u32| u8::try_from(number).map_err(|_| Refusal::BadArgument);
        let (min_version, max_version) = (version(min_version)?, version(max_version)?);
        let options = Options { level, min_version, max_version, boost_level: boost != 0, mask: None };
        let symbol = encode_bytes(input, &options)?;
        *output = symbol.modules();
        Ok(())
    })
}

/// Input: an even number of digits. Output: widths of bar, space, bar … in modules.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_code128() -> i32 {
    answer(|input, output| {
        *output = code128_widths(input)?;
        Ok(())
    })
}
