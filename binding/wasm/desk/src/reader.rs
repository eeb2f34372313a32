//! Reading a QR symbol from a camera frame.
//!
//! `quircs` finds and decodes; it wants some five pixels a module, one brightness for the whole frame and dark modules
//! on light. What a phone in front of a counter gives it is often smaller, softer or inverted, so the frame is tried
//! again as a better picture of itself. Measured on the frames of `tests/read_rate.rs`: doubling lifts modules of
//! 2.5 to 4 pixels from 10–95 % to 95–100 %, sharpening lifts blur of 0.4 module from 0 to 95–100 %.

use std::borrow::Cow;
use tongma_wasm_exports::{Refusal, answer};

/// Most pixels of a frame: 4K.
const MAX_PIXELS: usize = 3840 * 2160;

/// Frames above this are not doubled: they have pixels enough, and four times as many would take too long.
const MAX_DOUBLED_PIXELS: usize = 1_400_000;

/// Ways to look at a frame, as bits to choose from.
pub mod pass {
    /// As it is: the fastest, enough for a large code.
    pub const PLAIN: u32 = 1;
    /// Twice as large: small modules.
    pub const DOUBLED: u32 = 2;
    /// Sharpened and twice as large: blur.
    pub const SHARPENED: u32 = 4;
    /// Light on dark, twice as large: screens in dark mode.
    pub const INVERTED: u32 = 8;
    /// All, one after the other until something is read.
    pub const ALL: u32 = 15;
}

/// A frame in grey, row by row.
struct Grey<'a> {
    width: usize,
    height: usize,
    pixels: Cow<'a, [u8]>,
}

/// The text of the first readable symbol in a frame, one of ours before others; bytes that are not UTF-8 are taken as
/// Latin-1.
///
/// `pixels` is grey (width × height bytes) or RGBA (four times as many). `passes` is a sum of [`pass`] bits, tried in
/// the order of their values.
///
/// # Errors
/// [`Refusal::BadLength`] when `pixels` does not fit the size, [`Refusal::BadArgument`] for an empty or oversized frame,
/// [`Refusal::NotFound`] when nothing is readable.
pub fn read_qr(width: usize, height: usize, pixels: &[u8], passes: u32) -> Result<String, Refusal> {
    let frame = grey(width, height, pixels)?;
    let passes = passes & frame.worthwhile();
    let wanted = |bit: u32| passes & bit != 0;
    let plain = || wanted(pass::PLAIN).then(|| frame.read()).flatten();
    let doubled = || wanted(pass::DOUBLED).then(|| frame.doubled().read()).flatten();
    let sharpened = || wanted(pass::SHARPENED).then(|| frame.sharpened().doubled().read()).flatten();
    let inverted = || wanted(pass::INVERTED).then(|| frame.inverted().doubled().read()).flatten();
    plain().or_else(doubled).or_else(sharpened).or_else(inverted).ok_or(Refusal::NotFound)
}

/// The [`pass`]es that may find something in a frame: none in an empty one.
#[must_use]
pub fn passes_for(width: usize, height: usize, pixels: &[u8]) -> u32 {
    grey(width, height, pixels).map_or(0, |frame| frame.worthwhile())
}

fn grey(width: usize, height: usize, pixels: &[u8]) -> Result<Grey<'_>, Refusal> {
    let count = width.checked_mul(height).filter(|count| (1..=MAX_PIXELS).contains(count));
    let count = count.ok_or(Refusal::BadArgument)?;
    let pixels = match pixels.len() / count {
        1 if pixels.len() == count => Cow::Borrowed(pixels),
        4 if pixels.len() == count * 4 => Cow::Owned(luminance(pixels)),
        _ => return Err(Refusal::BadLength),
    };
    Ok(Grey { width, height, pixels })
}

/// Means of dark and light closer than this, of 255, are one surface with a camera's noise (deviation 3: 5 apart). A code
/// at 15 % contrast before a grey ground has some 15 between them.
const LEAST_CONTRAST: u32 = 8;

/// Neighbours that differ at this rate are noise: a symbol of three pixels a module has one change in six, and noise one
/// in two.
const NOISE_CHANGES_PERCENT: usize = 35;

/// RGBA into grey by the weights of ITU-R BT.601.
fn luminance(rgba: &[u8]) -> Vec<u8> {
    let (colours, _) = rgba.as_chunks::<4>();
    let grey =
        |[red, green, blue, _]: &[u8; 4]| (u32::from(*red) * 77 + u32::from(*green) * 150 + u32::from(*blue) * 29) >> 8;
    colours.iter().map(|colour| low_byte(grey(colour))).collect()
}

/// A brightness computed in more bits than it needs; the callers keep it below 256.
fn low_byte(value: u32) -> u8 {
    value.to_le_bytes()[0]
}

/// UTF-8, or else Latin-1: so do other readers hand over binary codes, and the classifier knows a transit code by it.
fn text_of(payload: Vec<u8>) -> String {
    String::from_utf8(payload).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

impl Grey<'_> {
    fn read(&self) -> Option<String> {
        let mut finder = quircs::Quirc::new();
        let codes = finder.identify(self.width, self.height, &self.pixels);
        let texts = codes.filter_map(Result::ok).filter_map(|code| code.decode().ok());
        let mut texts: Vec<_> = texts.map(|data| text_of(data.payload)).collect();
        let ours = texts.iter().position(|text| text.starts_with("86")).unwrap_or(0);
        (ours < texts.len()).then(|| texts.swap_remove(ours))
    }

    /// The passes that may find something. In an empty frame, a table top with the camera's noise on it, there is nothing
    /// to find, and `quircs` can take seconds to say so: the larger and the sharper the noise, the longer.
    fn worthwhile(&self) -> u32 {
        let (threshold, contrast) = self.threshold();
        if contrast < LEAST_CONTRAST {
            return 0;
        }
        let dark = self.pixels.iter().map(|pixel| *pixel < threshold);
        let changes = dark.clone().zip(dark.skip(1)).filter(|(one, next)| one != next).count();
        if changes * 100 > self.pixels.len() * NOISE_CHANGES_PERCENT { pass::PLAIN } else { pass::ALL }
    }

    /// The brightness that parts dark from light best (Otsu 1979), and how far apart their means then lie.
    fn threshold(&self) -> (u8, u32) {
        let mut histogram = [0_u64; 256];
        for pixel in self.pixels.iter() {
            if let Some(count) = histogram.get_mut(usize::from(*pixel)) {
                *count += 1;
            }
        }
        let total = self.pixels.len() as u64;
        let sum: u64 = (0..).zip(histogram).map(|(level, count)| level * count).sum();
        let (mut below, mut sum_below) = (0, 0);
        let mut best = (0, 0, 0);
        for (level, count) in (0_u8..=255).zip(histogram) {
            let above = total - below;
            if below > 0 && above > 0 {
                let distance = ((sum - sum_below) / above).saturating_sub(sum_below / below);
                // Between-class variance, up to a constant factor.
                let variance = u128::from(below) * u128::from(above) * u128::from(distance * distance);
                if variance > best.0 {
                    best = (variance, level, distance);
                }
            }
            below += count;
            sum_below += u64::from(level) * count;
        }
        (best.1, u32::try_from(best.2).unwrap_or(0))
    }

    fn inverted(&self) -> Grey<'static> {
        let pixels = self.pixels.iter().map(|pixel| 255 - pixel).collect();
        Grey { width: self.width, height: self.height, pixels }
    }

    /// Twice as wide and high by linear interpolation: a new pixel lies a quarter from the nearest old one.
    fn doubled(&self) -> Grey<'_> {
        if self.pixels.len() > MAX_DOUBLED_PIXELS {
            return Grey { width: self.width, height: self.height, pixels: Cow::Borrowed(&self.pixels) };
        }
        let mut pixels = Vec::with_capacity(self.pixels.len() * 4);
        let mut wide: Vec<[u16; 2]> = Vec::with_capacity(self.height);
        let rows: Vec<&[u8]> = self.pixels.chunks_exact(self.width).collect();
        for (index, row) in rows.iter().enumerate() {
            let above = rows.get(index.wrapping_sub(1)).unwrap_or(row);
            let below = rows.get(index + 1).unwrap_or(row);
            for other in [above, below] {
                wide.clear();
                // Three parts of the near row and one of the far; then the same along the row.
                let column = row.iter().zip(*other).map(|(near, far)| u16::from(*near) * 3 + u16::from(*far));
                double_row(column, &mut wide);
                pixels.extend(wide.iter().flatten().map(|value| low_byte(u32::from(*value + 8) >> 4)));
            }
        }
        Grey { width: self.width * 2, height: self.height * 2, pixels: Cow::Owned(pixels) }
    }

    /// Each pixel pushed away from the mean of its neighbourhood, three times its difference.
    fn sharpened(&self) -> Grey<'static> {
        const RADIUS: usize = 4;
        let mean = self.mean(RADIUS);
        let pixels = self.pixels.iter().zip(mean).map(|(pixel, mean)| {
            let pixel = i16::from(*pixel);
            u8::try_from((pixel + 3 * (pixel - i16::from(mean))).clamp(0, 255)).unwrap_or(0)
        });
        Grey { width: self.width, height: self.height, pixels: pixels.collect() }
    }

    /// The mean over a square about each pixel, cut at the borders: running sums down the columns and along the row.
    fn mean(&self, radius: usize) -> Vec<u8> {
        let rows: Vec<&[u8]> = self.pixels.chunks_exact(self.width).collect();
        let mut columns = vec![0_u32; self.width];
        let mut means = Vec::with_capacity(self.pixels.len());
        let add = |columns: &mut [u32], row: &[u8]| {
            for (sum, pixel) in columns.iter_mut().zip(row) {
                *sum += u32::from(*pixel);
            }
        };
        for row in rows.iter().take(radius) {
            add(&mut columns, row);
        }
        for y in 0..rows.len() {
            if let Some(row) = rows.get(y + radius) {
                add(&mut columns, row);
            }
            if let Some(row) = y.checked_sub(radius + 1).and_then(|gone| rows.get(gone)) {
                columns.iter_mut().zip(*row).for_each(|(sum, pixel)| *sum -= u32::from(*pixel));
            }
            let height = (y + radius + 1).min(rows.len()) - y.saturating_sub(radius);
            let mut sum: u32 = columns.iter().take(radius).sum();
            for x in 0..self.width {
                sum += columns.get(x + radius).copied().unwrap_or(0);
                sum -= x.checked_sub(radius + 1).and_then(|gone| columns.get(gone)).copied().unwrap_or(0);
                let width = (x + radius + 1).min(self.width) - x.saturating_sub(radius);
                means.push(low_byte(sum / u32::try_from(width * height).unwrap_or(1).max(1)));
            }
        }
        means
    }
}

/// Both new pixels of each old one, in sixteenths.
fn double_row(values: impl Iterator<Item = u16>, out: &mut Vec<[u16; 2]>) {
    let mut values = values.peekable();
    let mut before = values.peek().copied().unwrap_or(0);
    while let Some(value) = values.next() {
        let after = values.peek().copied().unwrap_or(value);
        out.push([value * 3 + before, value * 3 + after]);
        before = value;
    }
}

/// Input: the frame, grey or RGBA. Output: the text in UTF-8. `passes` is a sum of [`pass`] bits.
#[expect(unsafe_code, reason = "an exported name is declared by an unsafe attribute")]
#[unsafe(no_mangle)]
pub extern "C" fn tongma_read_qr(width: usize, height: usize, passes: u32) -> i32 {
    answer(|input, output| {
        *output = read_qr(width, height, input, passes)?.into_bytes();
        Ok(())
    })
}
