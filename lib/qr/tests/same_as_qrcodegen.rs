//! Every module against Nayuki's `qrcodegen`: all versions, levels and masks, and the same choice of mask.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops when something is wrong")]

use qrcodegen::{DataTooLong, QrCode, QrCodeEcc, QrSegment, Version};
use tongma_qr::{Level, Mask, Options, Refused, Symbol, encode};

const LEVELS: [(Level, QrCodeEcc); 4] = [
    (Level::L, QrCodeEcc::Low),
    (Level::M, QrCodeEcc::Medium),
    (Level::Q, QrCodeEcc::Quartile),
    (Level::H, QrCodeEcc::High),
];

fn theirs(text: &str, level: QrCodeEcc, min: u8, mask: Option<u8>, boost: bool) -> Result<QrCode, DataTooLong> {
    let mask = mask.map(qrcodegen::Mask::new);
    QrCode::encode_segments_advanced(
        &QrSegment::make_segments(text),
        level,
        Version::new(min),
        Version::MAX,
        mask,
        boost,
    )
}

fn assert_same(ours: &Symbol, theirs: &QrCode, what: &str) {
    assert_eq!(i32::from(ours.version()), i32::from(theirs.version().value()), "{what}");
    assert_eq!(ours.mask().number(), theirs.mask().value(), "{what}");
    for y in 0..ours.size() {
        for x in 0..ours.size() {
            let module = theirs.get_module(i32::try_from(x).unwrap(), i32::try_from(y).unwrap());
            assert_eq!(ours.dark(x, y), module, "{what} x {x} y {y}");
        }
    }
}

/// A text of this kind that differs with the seed.
fn text(kind: usize, length: usize, seed: u64) -> String {
    let alphabet: &[u8] = match kind {
        0 => b"0123456789",
        1 => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:",
        _ => b"abcdefghijklmnopqrstuvwxyz?=&0123456789/",
    };
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(alphabet[usize::try_from(state >> 33).unwrap() % alphabet.len()])
    };
    (0..length).map(next).collect()
}

#[test]
fn every_version_level_and_mask() {
    for version in 1..=40_u8 {
        for (level, their_level) in LEVELS {
            let text = text(usize::from(version) % 3, 5, u64::from(version));
            for mask in 0..8 {
                let options = Options {
                    level,
                    min_version: version,
                    mask: Mask::new(mask),
                    boost_level: false,
                    ..Options::default()
                };
                let ours = encode(&text, &options).unwrap();
                let what = format!("version {version} {level:?} mask {mask}");
                assert_same(&ours, &theirs(&text, their_level, version, Some(mask), false).unwrap(), &what);
            }
        }
    }
}

#[test]
fn full_symbols_of_every_mode_choose_the_same_version_level_and_mask() {
    let lengths = [1, 2, 3, 7, 17, 24, 25, 41, 60, 77, 100, 154, 222, 254, 300, 477, 700, 1000, 1500, 2300, 2953];
    for kind in 0..3 {
        for (index, length) in lengths.into_iter().enumerate() {
            for (level, their_level) in LEVELS {
                for boost in [false, true] {
                    let text = text(kind, length, index as u64 * 7 + 3);
                    let ours = encode(&text, &Options { level, boost_level: boost, ..Options::default() });
                    let what = format!("kind {kind} length {length} {level:?}");
                    match theirs(&text, their_level, 1, None, boost) {
                        Ok(theirs) => assert_same(&ours.unwrap(), &theirs, &what),
                        Err(_) => assert_eq!(ours, Err(Refused::TooLong), "{what}"),
                    }
                }
            }
        }
    }
}

#[test]
fn the_codes_of_tongma_choose_the_same_mask_many_times() {
    for seed in 0..200 {
        for length in [24, 222, 254, 477] {
            let text = text(0, length, seed);
            let ours = encode(&text, &Options::default()).unwrap();
            assert_same(&ours, &theirs(&text, QrCodeEcc::Medium, 1, None, true).unwrap(), &text);
        }
    }
}

#[test]
fn capacity_ends_where_the_standard_says() {
    // ISO/IEC 18004:2015, table 7: version, level, digits, alphanumeric characters, bytes.
    for (version, level, lengths) in [
        (1, Level::L, [41, 25, 17]),
        (5, Level::L, [255, 154, 106]),
        (6, Level::M, [255, 154, 106]),
        (10, Level::M, [513, 311, 213]),
        (26, Level::L, [3283, 1990, 1367]),
        (40, Level::H, [3057, 1852, 1273]),
        (40, Level::L, [7089, 4296, 2953]),
    ] {
        for (kind, length) in lengths.into_iter().enumerate() {
            let options = Options { level, max_version: version, boost_level: false, ..Options::default() };
            assert_eq!(encode(&text(kind, length, 1), &options).unwrap().version(), version, "{level:?} {length}");
            assert_eq!(encode(&text(kind, length + 1, 1), &options), Err(Refused::TooLong));
        }
    }
}

#[test]
fn an_empty_version_range_is_refused() {
    for (min_version, max_version) in [(0, 4), (5, 4), (1, 41), (41, 41)] {
        assert_eq!(encode("1", &Options { min_version, max_version, ..Options::default() }), Err(Refused::Unfit));
    }
}
