//! Symbols that carry a code: QR Code Model 2 (ISO/IEC 18004:2015) and Code 128 (ISO/IEC 15417:2007).
//!
//! `no_std` with `alloc`, no dependency, no panic on any input. A symbol is kept as one bit per module, a row in one
//! machine word where it fits, once as rows and once as columns: the search for the best of the eight masks, which is
//! nearly all the work of drawing a symbol, then needs a few dozen word operations per row instead of a walk over
//! modules.
//!
//! ```
//! use tongma_qr::{Level, Options, encode};
//!
//! let symbol = encode("8601234567890", &Options { level: Level::M, ..Options::default() })?;
//! assert_eq!(symbol.version(), 1);
//! assert!(symbol.dark(0, 0));
//! # Ok::<(), tongma_qr::Refused>(())
//! ```
#![no_std]
extern crate alloc;

mod code128;
mod codewords;
mod matrix;
mod penalty;
mod segment;
mod symbol;
mod tables;

pub use code128::{CODE128_QUIET_MODULES, code128_widths};
pub use symbol::{Mask, Options, QUIET_MODULES, Symbol, encode, encode_bytes};
pub use tables::{Level, MAX_VERSION};

/// Why a symbol was not drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The text does not fit the largest version allowed at this level.
    TooLong,
    /// The version range is empty or outside 1 to 40, or the text has characters this symbology cannot carry.
    Unfit,
}

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the text does not fit the largest version allowed",
            Self::Unfit => "the version range is empty, or the text has characters this symbology cannot carry",
        })
    }
}

impl core::error::Error for Refused {}
