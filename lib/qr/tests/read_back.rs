//! Symbols read by readers that others wrote.

#![expect(clippy::unwrap_used, reason = "a test stops when something is wrong")]

use tongma_qr::{CODE128_QUIET_MODULES, Level, Options, QUIET_MODULES, Refused, Symbol, code128_widths, encode};

const PIXELS: usize = 4;

/// The symbol in grey with its quiet zone.
fn picture(symbol: &Symbol) -> (usize, Vec<u8>) {
    let side = (symbol.size() + 2 * QUIET_MODULES) * PIXELS;
    let module = |at: usize| (at / PIXELS).wrapping_sub(QUIET_MODULES);
    let grey = |at: usize| if symbol.dark(module(at % side), module(at / side)) { 0 } else { 255 };
    (side, (0..side * side).map(grey).collect())
}

fn texts() -> Vec<String> {
    vec![
        "860123456789012345678901".into(),
        (0..254).map(|index| char::from_digit(index * 7 % 10, 10).unwrap()).collect(),
        "HTTPS://EXAMPLE.CN/P/7".into(),
        "https://example.cn/p?point=01&sig=abc_-".into(),
        "通码 · 一码通办".into(),
        "9".repeat(477),
    ]
}

#[test]
fn quircs_and_rqrr_read_what_was_written() {
    for text in texts() {
        for level in [Level::L, Level::M, Level::Q, Level::H] {
            let symbol = encode(&text, &Options { level, ..Options::default() }).unwrap();
            let (side, grey) = picture(&symbol);
            let mut reader = quircs::Quirc::new();
            let codes: Vec<_> = reader.identify(side, side, &grey).collect();
            assert_eq!(codes.len(), 1, "{text}");
            let read = codes[0].as_ref().unwrap().decode().unwrap();
            assert_eq!(read.payload, text.as_bytes());

            let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| grey[y * side + x]);
            let grids = picture.detect_grids();
            assert_eq!(grids.len(), 1, "{text}");
            assert_eq!(grids[0].decode().unwrap().1, text);
        }
    }
}

#[test]
fn the_svg_path_covers_exactly_the_dark_modules() {
    let symbol = encode("8601", &Options::default()).unwrap();
    let mut painted = vec![false; symbol.size() * symbol.size()];
    for run in symbol.svg_path().split('M').skip(1) {
        let (start, rest) = run.split_once('h').unwrap();
        let (x, y) = start.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let (length, back) = rest.split_once("v1H").unwrap();
        let length: usize = length.parse().unwrap();
        assert_eq!(back.strip_suffix('z').unwrap().parse(), Ok(x), "the box ends where it began");
        painted[y * symbol.size() + x..][..length].fill(true);
    }
    let modules: Vec<bool> = symbol.modules().iter().map(|module| *module == 1).collect();
    assert_eq!(painted, modules);
}

#[test]
fn code_128_is_read_by_rxing() {
    use rxing::oned::Code128Reader;
    use rxing::{BinaryBitmap, Luma8LuminanceSource, Reader, common::HybridBinarizer};
    for digits in ["860123456789012345678901", "869999999999999999999999", "00", "8600000000000000000000007654321098"] {
        let widths = code128_widths(digits.as_bytes()).unwrap();
        let mut modules = vec![255_u8; CODE128_QUIET_MODULES];
        for (index, width) in widths.iter().enumerate() {
            modules.extend(std::iter::repeat_n(if index % 2 == 0 { 0 } else { 255 }, usize::from(*width)));
        }
        modules.extend([255; CODE128_QUIET_MODULES]);
        let row: Vec<u8> = modules.iter().flat_map(|module| [*module; 3]).collect();
        let (width, height) = (u32::try_from(row.len()).unwrap(), 40);
        let pixels = row.repeat(40);
        let source = Luma8LuminanceSource::new(pixels, width, height).unwrap();
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
        let read = Code128Reader.decode(&mut bitmap).unwrap();
        assert_eq!(read.getText(), digits);
    }
}

#[test]
fn code_128_refuses_what_set_c_cannot_carry() {
    for text in ["", "123", "12a4", "12 4", "１２", "+1"] {
        assert_eq!(code128_widths(text.as_bytes()), Err(Refused::Unfit), "{text}");
    }
    assert_eq!(code128_widths("12".repeat(41).as_bytes()), Err(Refused::TooLong));
}
