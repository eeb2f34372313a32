//! Paper among the vectors of `docs/vectors/code.json`.

use serde_json::{Value, json};

use crate::{common::*, diagonal::Retagged, papers::paper_header};
use tongma_code::{
    limits::EPOCH_S,
    list::Uses,
    message::Tag,
    paper::{Days, PaperCode, PaperHeader},
    text::encode,
    ticket::{Handle, Suite},
};
use tongma_verify::{Verifier, verdict::ClockReading};

/// The vectors as they are collected, each asserted before it is written down.
struct Papers<'a> {
    verifier: &'a Verifier,
    cases: &'a mut Vec<Value>,
}

impl Papers<'_> {
    fn text(&mut self, name: &str, text: &str, now_s: i64, expected: &str) {
        let verdict = self.verifier.check_paper(text, &ClockReading::synchronised(now_s), None);
        let answer = match &verdict {
            Ok((_, doubts)) => doubts.texts().fold("good".to_owned(), |_, (code, ..)| format!("amber {code}")),
            Err(reason) => reason.code().to_owned(),
        };
        assert_eq!(answer, expected, "{name}");
        let case = json!({ "kind": "paper", "name": name, "text": text, "now_s": now_s, "expected": expected });
        self.cases.push(case);
    }

    fn bytes(&mut self, name: &str, code: &PaperCode, (at, value): (usize, u8), expected: &str) {
        let mut bytes = code.to_bytes();
        bytes[at] = value;
        let mut digits = [0; 222];
        encode(&bytes, &mut digits).unwrap();
        self.text(name, core::str::from_utf8(&digits).unwrap(), NOW_S, expected);
    }
}

/// A code that begins so many seconds from the moment of the vectors.
fn from(suite: Suite, begins_s: i64, days: u8) -> PaperCode {
    let index = index_of(suite, Uses::PAPER);
    let start = u32::try_from((NOW_S + begins_s - EPOCH_S) / 60).unwrap();
    let header = PaperHeader { days: Days::new(start, days).unwrap(), ..paper_header(suite, index) };
    PaperCode::issue(header, &*key_signer(index), &[1; 32]).unwrap()
}

pub fn collect(verifier: &Verifier, denied: Handle, cases: &mut Vec<Value>) {
    let mut papers = Papers { verifier, cases };
    for suite in Suite::ALL {
        let code = from(suite, 0, 180);
        papers.text(&format!("{suite:?}"), &code.to_text(), NOW_S, "good");
        papers.text("ten seconds early", &code.to_text(), NOW_S - 10, "good");
        papers.text("too early", &code.to_text(), NOW_S - 11, "code_not_yet");
        let over = from(suite, -86_400, 1);
        papers.text("ten seconds late", &over.to_text(), NOW_S + 9, "good");
        papers.text("too late", &over.to_text(), NOW_S + 10, "code_expired");
        papers.text("before its key's period", &from(suite, -86_400 * 40, 90).to_text(), NOW_S, "key_period_wrong");
        let mut forged = code;
        forged.signature[63] ^= 1;
        papers.text("signature changed", &forged.to_text(), NOW_S, "code_forged");
        papers.bytes("handle changed", &code, (9, code.header.handle.0[7] ^ 1), "code_forged");
        papers.bytes("0 days", &code, (21, 0), "code_window_wrong");
        papers.bytes("181 days", &code, (21, 181), "code_window_wrong");
        papers.bytes("a ticket's profile", &code, (0, code.to_bytes()[0] & !7), "code_profile_wrong");
        papers.bytes("an unlisted key", &code, (1, 250), "key_unknown");
        papers.bytes("a ticket's key", &code, (1, index_of(suite, Uses::TICKET)), "key_use_wrong");
        for tag in Tag::ALL.into_iter().filter(|tag| *tag != Tag::Paper) {
            let index = code.header.key_index;
            let signer = key_signer(index);
            let retagged = Retagged { signer: &*signer, tag };
            let signature = tongma_code::sign::Signer::sign(&retagged, &code.signed_message(), &[3; 32]).unwrap();
            papers.text(
                &format!("signed as {tag:?}"),
                &PaperCode { signature, ..code }.to_text(),
                NOW_S,
                "code_forged",
            );
        }
        let header = PaperHeader { handle: denied, ..code.header };
        let refused = PaperCode::issue(header, &*key_signer(header.key_index), &[1; 32]).unwrap();
        papers.text("denied by its handle", &refused.to_text(), NOW_S, "code_denied");
    }
    let code = from(Suite::Sm2, 0, 30);
    papers.bytes("version 1", &code, (0, code.to_bytes()[0] | 0x20), "code_version_unknown");
    papers.bytes("suite 3", &code, (0, code.to_bytes()[0] | 0x18), "code_suite_unknown");
    let text = code.to_text();
    papers.text("the deny list at its ttl", &text, NOW_S + 3600, "good");
    papers.text("the deny list past its ttl", &text, NOW_S + 3601, "deny_list_expired");
    papers.text("lists past exp", &text, NOW_S + 86_400, "key_list_expired");
    papers.text("221 digits", &text[..221], NOW_S, "code_damaged");
    papers.text("223 digits", &format!("{text}0"), NOW_S, "code_damaged");
    papers.text("256^7 in a group", &format!("{}72057594037927936{}", &text[..20], &text[37..]), NOW_S, "code_damaged");
}
