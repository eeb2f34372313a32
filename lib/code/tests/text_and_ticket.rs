//! Digits, headers, windows and time.
#![cfg(test)]

use proptest::prelude::*;
use tongma_code::{
    limits::{EPOCH_S, HEADER_BYTES, MAX_START_MINUTE, TICKET_BYTES, TICKET_DIGITS, long_digits},
    text::{TextError, decode, encode},
    ticket::{Day, Header, HeaderError, Life, Profile, ShownTicket, Step, Suite, TimeCheck, Window},
};

fn digits_of(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0; long_digits(bytes.len())];
    encode(bytes, &mut out).unwrap();
    out
}

fn decoded(text: &[u8]) -> Result<[u8; TICKET_BYTES], TextError> {
    let mut out = [0; TICKET_BYTES];
    decode(text, &mut out).map(|()| out)
}

#[test]
fn a_code_has_254_digits_and_begins_with_860() {
    let text = digits_of(&[0xff; TICKET_BYTES]);
    assert_eq!(text.len(), TICKET_DIGITS);
    assert_eq!(&text[..3], b"860");
    // 256^7 − 1 in 17 digits, 256^5 − 1 in 13.
    assert_eq!(&text[3..20], b"72057594037927935");
    assert_eq!(&text[241..], b"1099511627775");
}

#[test]
fn one_spelling_only() {
    let good = digits_of(&[0xff; TICKET_BYTES]);
    assert!(decoded(&good).is_ok());
    let with = |at: usize, part: &[u8]| {
        let mut text = good.clone();
        text[at..at + part.len()].copy_from_slice(part);
        decoded(&text)
    };
    assert_eq!(with(3, b"72057594037927936"), Err(TextError::Group), "256^7");
    assert_eq!(with(20, b"99999999999999999"), Err(TextError::Group));
    assert_eq!(with(241, b"1099511627776"), Err(TextError::Group), "256^5");
    assert_eq!(with(0, b"87"), Err(TextError::Prefix));
    assert_eq!(with(2, b"1"), Err(TextError::Form));
    for sign in [b' ', b'/', b':', b'a', 0xff, 0] {
        assert_eq!(with(100, &[sign]), Err(TextError::NotADigit));
    }
    assert_eq!(decoded(&good[..253]), Err(TextError::Length));
    assert_eq!(decoded(&[&good[..], b"0"].concat()), Err(TextError::Length));
    assert_eq!(decoded(b""), Err(TextError::Length));
    // Full-width digits are three bytes each in UTF-8, so the length is wrong whatever stands there.
    let wide: String = good.iter().map(|digit| char::from_u32(u32::from(*digit) - 0x30 + 0xff10).unwrap()).collect();
    assert_eq!(decoded(wide.as_bytes()), Err(TextError::Length));
    let one_wide = format!("{}\u{ff11}", core::str::from_utf8(&good[..251]).unwrap());
    assert_eq!(one_wide.len(), TICKET_DIGITS);
    assert_eq!(decoded(one_wide.as_bytes()), Err(TextError::NotADigit));
}

proptest! {
    #[test]
    fn decode_undoes_encode(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut again = vec![0; bytes.len()];
        decode(&digits_of(&bytes), &mut again).unwrap();
        prop_assert_eq!(again, bytes);
    }

    #[test]
    fn encode_undoes_decode(tail in "([0-7][0-9]{16}){14}[01][0-9]{12}") {
        let text = format!("860{tail}");
        if let Ok(bytes) = decoded(text.as_bytes()) {
            prop_assert_eq!(digits_of(&bytes), text.into_bytes());
        }
    }

    #[test]
    fn headers_have_one_spelling(bytes in any::<[u8; HEADER_BYTES]>(), kind in 0_u8..32, window in 0_u8..0x50) {
        let mut bytes = bytes;
        bytes[0] = kind;
        bytes[21] = window;
        if let Ok(header) = Header::from_bytes(&bytes) {
            prop_assert_eq!(header.to_bytes(), bytes);
        }
    }

    #[test]
    fn tickets_survive_their_text(head in any::<[u8; 32]>(), tail in any::<[u8; 32]>(), start in 0..MAX_START_MINUTE) {
        let mut bytes = [0x5a; TICKET_BYTES];
        bytes[..32].copy_from_slice(&head);
        bytes[71..].copy_from_slice(&tail);
        bytes[0] = 0;
        bytes[18..21].copy_from_slice(&start.to_be_bytes()[1..]);
        bytes[21] = 0x31;
        let ticket = ShownTicket::from_bytes(&bytes).unwrap();
        prop_assert_eq!(ticket.to_bytes(), bytes);
        prop_assert_eq!(ShownTicket::from_text(&ticket.to_text()), Ok(ticket));
    }

    #[test]
    fn nothing_makes_the_reader_panic(text in ".{0,600}") {
        let _ = ShownTicket::from_text(&text);
    }
}

#[test]
fn byte_0_says_version_suite_and_profile() {
    let mut bytes = [0; HEADER_BYTES];
    for kind in 0..=255_u8 {
        bytes[0] = kind;
        let (version, suite, profile) = (kind >> 5, kind >> 3 & 3, kind & 7);
        let expected = if version != 0 {
            Err(HeaderError::Version(version))
        } else if suite == 3 {
            Err(HeaderError::Suite)
        } else if profile != 0 {
            Err(HeaderError::Profile(Profile::from_number(profile)))
        } else {
            Ok(Suite::from_number(suite).unwrap())
        };
        assert_eq!(Header::from_bytes(&bytes).map(|header| header.suite), expected, "{kind:08b}");
    }
}

#[test]
fn byte_21_takes_19_of_256_values() {
    let taken: Vec<u8> = (0..=255).filter(|code| Window::from_code(0, *code).is_some()).collect();
    let expected: Vec<u8> = (0..5_u8).flat_map(|life| (0..4).map(move |step| life << 4 | step)).collect();
    let expected: Vec<u8> = expected.into_iter().filter(|code| *code != 0x40).collect();
    assert_eq!(taken, expected, "all pairs but 60 min at 10 s");
    for code in taken {
        let window = Window::from_code(0, code).unwrap();
        assert_eq!(window.code(), code);
        assert!(window.steps() <= 240 && window.steps() >= 10);
    }
    assert_eq!(Window::new(MAX_START_MINUTE + 1, Life::Min5, Step::Sec10), None);
}

#[test]
fn the_day_turns_at_four_in_beijing() {
    let day = |minute: u32| Window::new(minute, Life::Min5, Step::Sec10).unwrap().day();
    // 2025-01-01T00:00Z is 08:00 in Beijing; 20:00Z is 04:00 of the next day.
    assert_eq!(day(0), Day(0));
    assert_eq!(day(20 * 60 - 1), Day(0));
    assert_eq!(day(20 * 60), Day(1));
    assert_eq!(day(44 * 60 - 1), Day(1));
    assert_eq!(day(MAX_START_MINUTE), Day(11_651));
}

#[test]
fn a_start_is_rounded_down_to_its_minute() {
    let start = |unix_s: i64| Window::starting_at(unix_s, Life::Min30, Step::Sec15).map(Window::start_minute);
    assert_eq!(start(EPOCH_S - 1), None);
    assert_eq!(start(EPOCH_S), Some(0));
    assert_eq!(start(EPOCH_S + 119), Some(1));
    assert_eq!(start(i64::MAX), None);
    assert_eq!(start(i64::MIN), None);
}

/// The rule as the format states it, in exact arithmetic.
fn accepted(window: Window, step: u8, now_s: i64) -> bool {
    let (start, size) = (i128::from(window.start_s()), i128::from(window.step().seconds()));
    let (step_number, now) = (i128::from(step), i128::from(now_s));
    step_number < i128::from(window.steps())
        && start + step_number * size - 10 <= now
        && now < start + (step_number + 1) * size + 10
}

#[test]
fn clock_errors_steps_and_phases() {
    for life in Life::ALL {
        for step in Step::ALL {
            let Some(window) = Window::new(1_000_000, life, step) else { continue };
            let size = i64::from(step.seconds());
            for index in 0..=255_u8 {
                for phase in 0..size {
                    for error in -16..=16 {
                        // The phone is right and shows step `index`; the terminal's clock is off by `error`.
                        let now_s = window.start_s() + i64::from(index) * size + phase + error;
                        let verdict = window.check(index, now_s) == TimeCheck::Accepted;
                        assert_eq!(
                            verdict,
                            accepted(window, index, now_s),
                            "{life:?} {step:?} {index} {phase} {error}"
                        );
                        if u16::from(index) < window.steps() && error.abs() <= 10 {
                            assert!(verdict, "S forgives ten seconds");
                        }
                        assert_eq!(window.accepted_steps(now_s).contains(&index), verdict);
                    }
                }
            }
        }
    }
}

#[test]
fn what_lies_outside_is_named() {
    let window = Window::new(500, Life::Min5, Step::Sec15).unwrap();
    let start = window.start_s();
    assert_eq!(window.check(20, start), TimeCheck::NoSuchStep);
    assert_eq!(window.check(0, start - 11), TimeCheck::NotYet(1));
    assert_eq!(window.check(0, start - 10), TimeCheck::Accepted);
    assert_eq!(window.check(19, start + 309), TimeCheck::Accepted);
    assert_eq!(window.check(19, start + 310), TimeCheck::Over(10));
    assert_eq!(window.check(4, start), TimeCheck::StepAhead(50));
    assert_eq!(window.check(0, start + 100), TimeCheck::StepPast(75));
    assert!(window.accepted_steps(i64::MIN).is_empty() && window.accepted_steps(i64::MAX).is_empty());
    for now_s in [i64::MIN, i64::MAX] {
        assert_ne!(window.check(3, now_s), TimeCheck::Accepted);
    }
    assert_eq!(window.step_at(start - 1), None);
    assert_eq!(window.step_at(start + 299), Some(19));
    assert_eq!(window.step_at(start + 300), None);
}

#[test]
fn a_copied_code_lives_at_most_step_plus_twenty_seconds() {
    for step in Step::ALL {
        let window = Window::new(9, Life::Min5, step).unwrap();
        let lives = (window.start_s() - 100..window.end_s() + 100)
            .filter(|now_s| window.check(3, *now_s) == TimeCheck::Accepted)
            .count();
        assert_eq!(lives, usize::try_from(step.seconds()).unwrap() + 20);
    }
}
