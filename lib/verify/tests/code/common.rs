//! A small deployment with fixed keys: two roots, a key for every suite and use, tickets at will.

use tongma_code::{
    chain::Chain,
    keys::{Claims, MasterKey, Subject},
    list::{DenyList, KeyList, ListedKey, Uses, Validity},
    sign::{Signer, SoftEd25519, SoftP256, SoftSm2},
    ticket::{Handle, Header, Life, Link, Scope, ShownTicket, SignedTicket, Step, Suite, Window},
};
use tongma_verify::{
    Verifier,
    cache::SignatureCache,
    lists::{Denials, Keyring, Roots, Suites},
    verdict::{ClockReading, Reason, Verdict},
    verifier::NoReplay,
};

/// 2026-11-23T04:00:00Z, noon in Beijing.
pub const NOW_S: i64 = 1_795_406_400;
pub const MASTER: MasterKey = MasterKey([7; 32]);

pub fn signer(suite: Suite, seed: u8) -> Box<dyn Signer> {
    let secret = [seed; 32];
    match suite {
        Suite::Sm2 => Box::new(SoftSm2::new(&secret).unwrap()),
        Suite::Ed25519 => Box::new(SoftEd25519::new(&secret)),
        Suite::P256 => Box::new(SoftP256::new(&secret).unwrap()),
    }
}

/// The index of the key with one use in the test key list: 10 · suite + use.
pub const USES: [Uses; 5] = [Uses::TICKET, Uses::DEVICE, Uses::PAPER, Uses::POINT, Uses::LIST];

pub fn index_of(suite: Suite, uses: Uses) -> u8 {
    suite.number() * 10 + u8::try_from(USES.iter().position(|one| *one == uses).unwrap()).unwrap()
}

pub fn key_signer(index: u8) -> Box<dyn Signer> {
    signer(Suite::from_number(index / 10).unwrap(), 100 + index)
}

pub fn validity(seq: u64) -> Validity {
    Validity { seq, iat_s: NOW_S - 3600, ttl_s: 7200, exp_s: NOW_S + 86_400 }
}

pub fn listed() -> Vec<ListedKey> {
    let mut keys = Vec::new();
    for suite in Suite::ALL {
        for uses in USES {
            let index = index_of(suite, uses);
            let key = key_signer(index).public_key();
            keys.push(ListedKey {
                index,
                uses,
                key,
                from_s: NOW_S - 86_400 * 30,
                until_s: NOW_S + 86_400 * 30,
                killed: false,
            });
        }
    }
    keys
}

pub fn roots() -> Roots {
    Roots::new(&[signer(Suite::Sm2, 1).public_key(), signer(Suite::Sm2, 2).public_key()]).unwrap()
}

pub fn key_list(keys: Vec<ListedKey>, validity: Validity) -> Vec<u8> {
    KeyList::new(validity, keys).unwrap().seal(0, &*signer(Suite::Sm2, 1), &[0; 32]).unwrap()
}

pub fn keyring() -> Keyring {
    Keyring::open(&roots(), Suites::ALL, &key_list(listed(), validity(1)), None).unwrap()
}

pub fn denials(handles: &[Handle], subjects: &[(Scope, Subject)]) -> Denials {
    let list = DenyList::new(validity(1), handles, subjects);
    let index = index_of(Suite::Sm2, Uses::LIST);
    Denials::open(&keyring(), &list.seal(index, &*key_signer(index), &[0; 32]).unwrap(), None).unwrap()
}

pub fn verifier() -> Verifier {
    Verifier::new(keyring(), denials(&[], &[]))
}

pub fn window(life: Life, step: Step) -> Window {
    Window::starting_at(NOW_S, life, step).unwrap()
}

/// A ticket and the chain its phone keeps.
pub struct Issued {
    pub signed: SignedTicket,
    pub chain: Chain,
}

impl Issued {
    pub fn show(&self, step: u8) -> ShownTicket {
        self.signed.show(step, self.chain.value(step).unwrap())
    }
    pub fn text(&self, step: u8) -> String {
        self.show(step).to_text()
    }
    pub fn handle(&self) -> Handle {
        self.signed.header.handle
    }
    /// The middle of a step.
    pub fn time(&self, step: u8) -> i64 {
        let window = self.signed.header.window;
        let step_s = i64::from(window.step().seconds());
        window.start_s() + i64::from(step) * step_s + step_s / 2
    }
}

pub fn header(suite: Suite, window: Window, scope: Scope, number: u16) -> Header {
    let keys = MASTER.day_keys(scope, window.day());
    let subject = MASTER.pairwise(Subject::general(300, 4711).unwrap(), scope);
    let handle = keys.handle_of(subject, 0, 3, number);
    let claims = if scope == Scope::GENERAL { Claims::default() } else { Claims::STUDENT.with(Claims::AGE_18) };
    let masked_claims = keys.claims.mask(&handle, claims);
    Header { suite, key_index: index_of(suite, Uses::TICKET), handle, window, scope, masked_claims }
}

pub fn issue(suite: Suite, window: Window, number: u16) -> Issued {
    issue_header(header(suite, window, Scope::GENERAL, number), &*key_signer(index_of(suite, Uses::TICKET)))
}

pub fn issue_header(header: Header, signer: &dyn Signer) -> Issued {
    let seed: Link = core::array::from_fn(|at| header.handle.0[at] ^ 0x33);
    let chain = Chain::of_ticket(header.suite, &header.handle, header.window.steps(), &seed).unwrap();
    let ticket = SignedTicket::issue(header, &chain.anchor(), signer, &[9; 32]).unwrap();
    Issued { signed: ticket, chain }
}

pub fn check(verifier: &Verifier, text: &str, now_s: i64, cache: &mut SignatureCache) -> Verdict {
    verifier.check(text, &ClockReading::synchronised(now_s), &NoReplay, None, cache)
}

/// One check with a cold cache.
pub fn judge(verifier: &Verifier, text: &str, now_s: i64) -> Result<(), Reason> {
    check(verifier, text, now_s, &mut SignatureCache::new(0)).ticket().map(|_| ())
}
