//! After start-up, checking a ticket allocates nothing.

use allocation_counter::measure;

use crate::common::*;
use tongma_code::ticket::{Life, Step, Suite};
use tongma_verify::cache::SignatureCache;

#[test]
fn checking_a_ticket_allocates_nothing() {
    let verifier = verifier();
    let mut cache = SignatureCache::new(64);
    for suite in Suite::ALL {
        let issued = issue(suite, window(Life::Min30, Step::Sec15), 1);
        let mut forged = issued.show(5);
        forged.signed.signature[9] ^= 1;
        for (text, good) in [
            (issued.text(5), true),
            (issued.text(5), true),
            (forged.to_text(), false),
            (issued.text(119), false),
            ("123".into(), false),
        ] {
            let mut verdict = false;
            let counted = measure(|| {
                verdict = check(&verifier, &text, issued.time(5), &mut cache).ticket().is_ok();
            });
            assert_eq!(verdict, good);
            // Built together with crates that switch on the library's `alloc`, a refused Ed25519 signature comes with a
            // boxed error of the library's own: one small allocation, in that suite's refusals alone.
            let boxed_error = u64::from(suite == Suite::Ed25519 && text == forged.to_text());
            assert!(counted.count_total <= boxed_error, "{suite:?}, good: {good}: {}", counted.count_total);
        }
    }
}

#[test]
fn the_counter_counts() {
    let counted = measure(|| drop(core::hint::black_box(vec![0_u8; 64])));
    assert_eq!(counted.count_total, 1);
}
