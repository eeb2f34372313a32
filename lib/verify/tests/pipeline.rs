//! Tickets through the whole pipeline.
#![cfg(test)]

mod common;

use common::*;
use tongma_code::ticket::{Life, Step, Suite};
use tongma_verify::verdict::Outcome;

#[test]
fn a_fresh_ticket_of_every_suite_is_good() {
    let verifier = verifier();
    for suite in Suite::ALL {
        let issued = issue(suite, window(Life::Min30, Step::Sec15), 1);
        for step in [0, 1, 59, 119] {
            let verdict = check(
                &verifier,
                &issued.text(step),
                issued.time(step),
                &mut tongma_verify::cache::SignatureCache::new(8),
            );
            let Outcome::Good(ticket) = verdict.outcome else { panic!("{suite:?} {step}: {verdict:?}") };
            assert_eq!((ticket.handle(), ticket.step()), (issued.handle(), step));
        }
    }
}
