//! How many frames the reader reads, cell by cell, and that it refuses what it cannot read.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops when something is wrong")]
#![expect(clippy::print_stdout, reason = "the rates are worth seeing: cargo test -p tongma_wasm_desk -- --nocapture")]

mod frames;

use frames::{CLEAN, Dice, Take, frame};
use tongma_qr::{Options, encode};
use tongma_wasm_desk::Refusal;
use tongma_wasm_desk::reader::{pass, passes_for, read_qr};

const FRAMES_PER_TAKE: u32 = 6;

fn ticket_digits(dice: &mut Dice) -> String {
    let digits = (0..252).map(|_| char::from_digit(dice.below(10), 10).unwrap());
    "86".chars().chain(digits).collect()
}

/// What the counter is like: version 6-M, the symbol of a ticket, at three to eight pixels a module.
const TAKES: &[Take] = &[
    Take { name: "8 px", pixels_per_module: 8.0, ..CLEAN },
    CLEAN,
    Take { name: "4 px", pixels_per_module: 4.0, ..CLEAN },
    Take { name: "3.5 px", pixels_per_module: 3.5, ..CLEAN },
    Take { name: "3 px", pixels_per_module: 3.0, ..CLEAN },
    Take { name: "5 px, turned 17", turned_deg: 17.0, ..CLEAN },
    Take { name: "5 px, turned 45", turned_deg: 45.0, ..CLEAN },
    Take { name: "5 px, upside down", turned_deg: 180.0, ..CLEAN },
    Take { name: "3 px, turned 30", pixels_per_module: 3.0, turned_deg: 30.0, ..CLEAN },
    Take { name: "5 px, tilted 35", tilted_deg: 35.0, ..CLEAN },
    Take { name: "5 px, tilted 25, turned 20", tilted_deg: 25.0, turned_deg: 20.0, ..CLEAN },
    Take { name: "5 px, blur 0.3 module", blur_modules: 0.3, ..CLEAN },
    Take { name: "5 px, blur 0.4 module", blur_modules: 0.4, ..CLEAN },
    Take { name: "4 px, blur 0.4 module", pixels_per_module: 4.0, blur_modules: 0.4, ..CLEAN },
    Take { name: "5 px, contrast 30 %", contrast: 0.3, ..CLEAN },
    Take { name: "4 px, contrast 15 %", pixels_per_module: 4.0, contrast: 0.15, ..CLEAN },
    Take { name: "5 px, noise 30", noise: 30.0, ..CLEAN },
    Take { name: "4 px, noise 20", pixels_per_module: 4.0, noise: 20.0, ..CLEAN },
    Take { name: "5 px, inverted", inverted: true, ..CLEAN },
    Take { name: "3.5 px, inverted", pixels_per_module: 3.5, inverted: true, ..CLEAN },
    Take { name: "4 px, glare", pixels_per_module: 4.0, contrast: 0.5, glare: 0.7, ..CLEAN },
    Take {
        name: "5 px, all at once",
        turned_deg: 15.0,
        tilted_deg: 20.0,
        blur_modules: 0.24,
        contrast: 0.4,
        noise: 8.0,
        glare: 0.3,
        ..CLEAN
    },
    Take {
        name: "4 px, all at once",
        pixels_per_module: 4.0,
        turned_deg: 15.0,
        tilted_deg: 20.0,
        blur_modules: 0.25,
        contrast: 0.4,
        noise: 8.0,
        glare: 0.3,
        ..CLEAN
    },
    Take { name: "3 px in 1280 x 720", width: 1280, height: 720, pixels_per_module: 3.0, ..CLEAN },
];

/// Frames read of [`FRAMES_PER_TAKE`].
fn read(take: &Take, passes: u32) -> u32 {
    let mut dice = Dice(7);
    let mut count = 0;
    for _ in 0..FRAMES_PER_TAKE {
        let text = ticket_digits(&mut dice);
        let pixels = frame(&encode(&text, &Options::default()).unwrap(), take, &mut dice);
        match read_qr(take.width, take.height, &pixels, passes) {
            Ok(read) => {
                assert_eq!(read, text, "{}: read, but something else", take.name);
                count += 1;
            }
            Err(refusal) => assert_eq!(refusal, Refusal::NotFound),
        }
    }
    count
}

#[test]
fn at_least_95_percent_of_the_frames_are_read() {
    let mut total = 0;
    for take in TAKES {
        let (plain, all) = (read(take, pass::PLAIN), read(take, pass::ALL));
        println!("{:28} plain {plain:2}, all {all:2} of {FRAMES_PER_TAKE}", take.name);
        assert!(all >= plain && all * 10 >= FRAMES_PER_TAKE * 8, "{}", take.name);
        total += all;
    }
    let frames = FRAMES_PER_TAKE * u32::try_from(TAKES.len()).unwrap();
    println!("{total} of {frames}");
    assert!(total * 100 >= frames * 95);
}

#[test]
fn colour_frames_are_read() {
    let mut dice = Dice(3);
    let text = ticket_digits(&mut dice);
    let grey = frame(&encode(&text, &Options::default()).unwrap(), &CLEAN, &mut dice);
    let rgba: Vec<u8> = grey.iter().flat_map(|grey| [*grey, *grey, *grey, 255]).collect();
    assert_eq!(read_qr(640, 480, &rgba, pass::ALL).unwrap(), text);
}

#[test]
fn our_code_is_preferred_when_two_are_in_sight() {
    let mut dice = Dice(3);
    let text = ticket_digits(&mut dice);
    let half = Take { width: 400, ..CLEAN };
    let left = frame(&encode("https://example.cn/poster", &Options::default()).unwrap(), &half, &mut dice);
    let right = frame(&encode(&text, &Options::default()).unwrap(), &half, &mut dice);
    for [one, two] in [[&left, &right], [&right, &left]] {
        let rows = one.chunks(400).zip(two.chunks(400));
        let both: Vec<u8> = rows.flat_map(|(one, two)| [one, two].concat()).collect();
        assert_eq!(read_qr(800, 480, &both, pass::ALL).unwrap(), text);
    }
}

#[test]
fn frames_without_a_code_and_wrong_sizes_are_refused() {
    assert_eq!(read_qr(640, 480, &vec![128; 640 * 480], pass::ALL), Err(Refusal::NotFound));
    assert_eq!(read_qr(640, 480, &vec![0; 640 * 479], pass::ALL), Err(Refusal::BadLength));
    assert_eq!(read_qr(640, 480, &vec![0; 640 * 480 * 4 - 1], pass::ALL), Err(Refusal::BadLength));
    assert_eq!(read_qr(0, 480, &[], pass::ALL), Err(Refusal::BadArgument));
    assert_eq!(read_qr(usize::MAX, 2, &[], pass::ALL), Err(Refusal::BadArgument));
    assert_eq!(read_qr(1, 1, &[0], pass::ALL), Err(Refusal::NotFound));
}

#[test]
fn empty_frames_with_noise_are_given_up_at_once() {
    let mut dice = Dice(5);
    for (noise, passes_left) in [(6, 0), (12, 0), (60, pass::PLAIN), (120, pass::PLAIN)] {
        for _ in 0..8 {
            let pixels: Vec<u8> = (0..640 * 480).map(|_| u8::try_from(60 + dice.below(noise)).unwrap()).collect();
            assert_eq!(passes_for(640, 480, &pixels), passes_left, "noise {noise}");
            assert_eq!(read_qr(640, 480, &pixels, pass::ALL), Err(Refusal::NotFound));
        }
    }
}

#[test]
fn torn_and_scrambled_frames_do_not_stop_the_reader() {
    let mut dice = Dice(11);
    for _ in 0..60 {
        let take = Take {
            width: 320,
            height: 240,
            pixels_per_module: 2.0 + dice.unit() * 4.0,
            turned_deg: dice.unit() * 90.0,
            ..CLEAN
        };
        let length = dice.below(200);
        let text: String = (0..length).map(|_| char::from_digit(dice.below(10), 10).unwrap()).collect();
        let mut pixels = frame(&encode(&text, &Options::default()).unwrap(), &take, &mut dice);
        for _ in 0..dice.below(8) {
            // A bar of one brightness over the code, or a band of the frame moved aside.
            let (start, length) = (dice.below(320 * 200) as usize, dice.below(320 * 40) as usize);
            if dice.below(2) == 0 {
                let value = if dice.below(2) == 0 { 0 } else { 255 };
                pixels[start..start + length].fill(value);
            } else {
                pixels[start..start + length].rotate_left(length.min(37));
            }
        }
        // Whatever is read, the reader answers.
        let _ = read_qr(320, 240, &pixels, pass::ALL);
        let _ = read_qr(240, 320, &pixels, pass::ALL);
    }
}
