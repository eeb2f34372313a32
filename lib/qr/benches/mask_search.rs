//! `cargo bench -p tongma_qr`: drawing with the search for the best mask, beside `qrcodegen` on the same texts.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops when something is wrong")]

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};
use std::hint::black_box;
use std::time::Instant;
use tongma_qr::{Level, Options, encode};

const ROUNDS: usize = 41;
const SYMBOLS_PER_ROUND: u32 = 50;

/// Median over rounds of the microseconds that one symbol takes.
fn median_us(mut draw: impl FnMut(&str), texts: &[String]) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for text in texts {
                draw(text);
            }
            start.elapsed().as_secs_f64() * 1e6 / f64::from(SYMBOLS_PER_ROUND)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds.swap_remove(ROUNDS / 2)
}

fn main() {
    for (name, digits) in [("N1 v1", 24), ("T1 v6", 254), ("D1 v10", 477)] {
        let digit = |at: u32, seed: u32| char::from_digit((at * at + at * seed + seed * 7) % 10, 10).unwrap();
        let texts: Vec<String> =
            (0..SYMBOLS_PER_ROUND).map(|seed| (0..digits).map(|at| digit(at, seed)).collect()).collect();
        let options = Options { level: Level::M, boost_level: false, ..Options::default() };
        let ours = median_us(|text| drop(black_box(encode(black_box(text), &options))), &texts);
        let theirs = median_us(
            |text| {
                let segments = QrSegment::make_segments(black_box(text));
                let (min, max) = (Version::MIN, Version::MAX);
                let code = QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, min, max, None, false);
                drop(black_box(code.unwrap()));
            },
            &texts,
        );
        println!("{name}: ours {ours:.1} us, qrcodegen {theirs:.1} us, ratio {:.1}", theirs / ours);
    }
}
