//! Paper: days and nothing finer, every bit and every tag, and a deny list that must be fresh.

use proptest::prelude::*;

use crate::{common::*, diagonal::Retagged};
use tongma_code::{
    limits::{EPOCH_S, MAX_PAPER_DAYS},
    list::{DenyList, Uses, Validity},
    message::Tag,
    paper::{Days, PaperCode, PaperHeader},
    text::encode,
    ticket::{Handle, Life, Scope, Step, Suite},
};
use tongma_verify::{
    Verifier,
    lists::Denials,
    verdict::{ClockReading, Reason},
};

pub fn days(days: u8) -> Days {
    Days::new(u32::try_from((NOW_S - EPOCH_S) / 60).unwrap(), days).unwrap()
}

pub fn paper_header(suite: Suite, key_index: u8) -> PaperHeader {
    let handle = Handle([0x5a; 16]);
    PaperHeader { suite, key_index, handle, days: days(30), scope: Scope::GENERAL, masked_claims: [1, 2] }
}

pub fn paper(suite: Suite) -> PaperCode {
    let index = index_of(suite, Uses::PAPER);
    PaperCode::issue(paper_header(suite, index), &*key_signer(index), &[1; 32]).unwrap()
}

fn judged(verifier: &Verifier, text: &str, now_s: i64) -> Result<(), Reason> {
    verifier.check_paper(text, &ClockReading::synchronised(now_s), None).map(drop)
}

/// Lists that serve as long as the paper does.
fn lasting() -> Verifier {
    let lasts = Validity { ttl_s: 200 * 86_400, exp_s: NOW_S + 200 * 86_400, ..validity(1) };
    let bytes = key_list(listed(), lasts);
    let keyring =
        tongma_verify::lists::Keyring::open(&roots(), tongma_verify::lists::Suites::ALL, &bytes, None).unwrap();
    Verifier::new(keyring, Denials::looked_up_by_the_platform())
}

#[test]
fn it_is_good_for_its_days() {
    let verifier = lasting();
    for suite in Suite::ALL {
        let text = paper(suite).to_text();
        assert_eq!(text.len(), 222);
        let end_s = days(30).end_s();
        for (now_s, expected) in [
            (NOW_S, Ok(())),
            (NOW_S - 10, Ok(())),
            (NOW_S - 11, Err(Reason::NotYet(11))),
            (end_s + 9, Ok(())),
            (end_s + 10, Err(Reason::Expired(10))),
        ] {
            assert_eq!(judged(&verifier, &text, now_s), expected, "{suite:?} {now_s}");
        }
    }
    assert_eq!((Days::new(0, 0), Days::new(0, MAX_PAPER_DAYS + 1)), (None, None));
    assert!(Days::new(0, 1).is_some() && Days::new(0, MAX_PAPER_DAYS).is_some());
}

#[test]
fn every_bit_of_the_ninety_bytes_counts() {
    let verifier = verifier();
    for suite in Suite::ALL {
        let bytes = paper(suite).to_bytes();
        assert_eq!(judged(&verifier, &paper(suite).to_text(), NOW_S), Ok(()));
        for at in 0..bytes.len() * 8 {
            let mut changed = bytes;
            changed[at / 8] ^= 1 << (at % 8);
            let mut digits = [0; 222];
            encode(&changed, &mut digits).unwrap();
            let verdict = judged(&verifier, core::str::from_utf8(&digits).unwrap(), NOW_S);
            assert!(verdict.is_err(), "{suite:?}, bit {at}");
        }
    }
}

#[test]
fn only_the_diagonal_verifies() {
    let verifier = verifier();
    let mut good = 0;
    for key_suite in Suite::ALL {
        for uses in USES {
            let index = index_of(key_suite, uses);
            let signer = key_signer(index);
            for tag in Tag::ALL {
                for suite in Suite::ALL {
                    let header = paper_header(suite, index);
                    let retagged = Retagged { signer: &*signer, tag };
                    let message = Tag::Paper.message(&header.to_bytes());
                    let signature = tongma_code::sign::Signer::sign(&retagged, &message, &[3; 32]).unwrap();
                    let verdict = judged(&verifier, &PaperCode { header, signature }.to_text(), NOW_S);
                    let diagonal = tag == Tag::Paper && uses == Uses::PAPER && suite == key_suite;
                    assert_eq!(verdict.is_ok(), diagonal, "{tag:?} {uses:?} {suite:?} {verdict:?}");
                    good += u32::from(diagonal);
                }
            }
        }
    }
    assert_eq!(good, 3, "one for each suite");
}

#[test]
fn a_denied_one_and_a_stale_deny_list_refuse_it() {
    let code = paper(Suite::Sm2);
    let denied = Verifier::new(keyring(), denials(&[code.header.handle], &[]));
    assert_eq!(judged(&denied, &code.to_text(), NOW_S), Err(Reason::Denied));
    let index = index_of(Suite::Sm2, Uses::LIST);
    let bytes = DenyList::new(validity(1), &[], &[]).seal(index, &*key_signer(index), &[0; 32]).unwrap();
    let verifier = Verifier::new(keyring(), Denials::open(&keyring(), &bytes, None).unwrap());
    // The lists are an hour old and serve for two: a ticket is amber after that, paper is refused.
    assert_eq!(judged(&verifier, &code.to_text(), NOW_S + 3600), Ok(()));
    assert_eq!(judged(&verifier, &code.to_text(), NOW_S + 3601), Err(Reason::DenyListExpired));
}

#[test]
fn a_ticket_is_no_paper_and_paper_no_ticket() {
    let verifier = verifier();
    let ticket = issue(Suite::Sm2, window(Life::Min30, Step::Sec15), 1).text(0);
    assert!(matches!(judged(&verifier, &ticket, NOW_S), Err(Reason::NotThis(_))));
    assert!(crate::common::judge(&verifier, &paper(Suite::Sm2).to_text(), NOW_S).is_err());
}

proptest! {
    #[test]
    fn digits_and_bytes_are_one_spelling(bytes in proptest::array::uniform32(any::<u8>()), more in proptest::collection::vec(any::<u8>(), 58)) {
        let mut all = [0; 90];
        all[..32].copy_from_slice(&bytes);
        all[32..].copy_from_slice(&more);
        if let Ok(code) = PaperCode::from_bytes(&all) {
            prop_assert_eq!(code.to_bytes(), all);
            prop_assert_eq!(PaperCode::from_text(&code.to_text()), Ok(code));
        }
    }
}
