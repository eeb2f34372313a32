//! Verification beside OpenSSL's, on one core, in turns.

use std::io;
use std::process::Command;

use tongma_code::chain::Chain;
use tongma_code::keys::{MasterKey, Subject};
use tongma_code::list::{KeyList, ListedKey, Uses, Validity};
use tongma_code::message;
use tongma_code::sign::{Signer, SoftSm2};
use tongma_code::ticket::{Header, Life, Scope, ShownTicket, SignedTicket, Step, Suite, Window};
use tongma_verify::Verifier;
use tongma_verify::cache::SignatureCache;
use tongma_verify::key::VerifyingKey;
use tongma_verify::lists::{Denials, Keyring, Roots, Suites};
use tongma_verify::sm2::Base;
use tongma_verify::verdict::{ClockReading, Outcome};
use tongma_verify::verifier::NoReplay;

use super::{Bar, Common, Figure, median};
use crate::system::moment;

/// Set in the process that runs on one core.
const PINNED: &str = "TONGMA_BENCH_PINNED";
/// How long each of ours is measured in a round, in milliseconds; OpenSSL's own measurement takes a second.
const SLICE_MS: u128 = 400;
const OPENSSL: &str = "openssl speed sm2, verify";

/// Where the figures are.
pub enum Run {
    /// In the process that was started on one core; whether it reached its bars.
    Elsewhere(bool),
    /// Here.
    Here(Vec<Figure>),
}

/// Measures.
///
/// # Errors
/// `taskset` or `openssl` is missing.
pub fn figures(common: &Common) -> io::Result<Run> {
    if std::env::var_os(PINNED).is_none() {
        let status = Command::new("taskset")
            .args(["-c", "0"])
            .arg(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env(PINNED, "1")
            .status()
            .map_err(|error| io::Error::other(format!("taskset: {error}. Install it: apt-get install util-linux")))?;
        return Ok(Run::Elsewhere(status.success()));
    }
    let bench = Bench::new().ok_or_else(|| io::Error::other("the benchmark's own keys do not fit"))?;
    let (mut whole, mut known, mut peer) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..common.rounds.max(1) {
        whole.push(bench.per_second(|place| bench.verify(place)));
        known.push(bench.per_second(|place| bench.verify_signature(place)));
        peer.push(openssl()?);
    }
    let peer = median(peer);
    let version =
        tongma_qr::encode(&bench.texts.concat().chars().take(254).collect::<String>(), &tongma_qr::Options::default());
    let version = version.map_err(|error| io::Error::other(error.to_string()))?.version();
    Ok(Run::Here(vec![
        Figure::beside("t1_verify", median(whole), "/s", OPENSSL, peer).bar(Bar::RatioAtLeast(10.0)),
        Figure::beside("sm2_known_key", median(known), "/s", OPENSSL, peer).bar(Bar::RatioAtLeast(15.0)),
        Figure::alone("t1_verify_allocations", bench.allocations(), "count").bar(Bar::AtMost(0.0)),
        Figure::alone("qr_version", f64::from(version), "").bar(Bar::AtMost(6.0)),
    ]))
}

/// OpenSSL's verifications a second, on this process's core.
fn openssl() -> io::Result<f64> {
    let output = Command::new("openssl").args(["speed", "-seconds", "1", "sm2"]).output();
    let output =
        output.map_err(|error| io::Error::other(format!("openssl: {error}. Install it: apt-get install openssl")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().rev().find(|line| line.contains("CurveSM2"));
    line.and_then(|line| line.split_whitespace().last()?.parse().ok()).ok_or_else(|| {
        io::Error::other("`openssl speed sm2` said nothing readable; it needs OpenSSL 1.1.1 or newer with SM2")
    })
}

/// Seconds this thread has run, as Linux counts them (proc(5), schedstat: the first number, in nanoseconds).
fn processor_time_s() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(std::time::Duration::from_nanos(nanoseconds).as_secs_f64())
}

struct Bench {
    verifier: Verifier,
    key: VerifyingKey,
    texts: Vec<String>,
    moments_s: Vec<i64>,
    signed: Vec<([u8; message::TICKET_MESSAGE_BYTES], [u8; 64])>,
}

impl Bench {
    /// One ticket for each step of half an hour, each shown at its own step.
    fn new() -> Option<Self> {
        let (root, issuer) = (SoftSm2::new(&[1; 32]).ok()?, SoftSm2::new(&[2; 32]).ok()?);
        let window = Window::new(1_000_000, Life::Min30, Step::Sec15)?;
        let validity = Validity { seq: 1, iat_s: window.start_s(), ttl_s: 86_400, exp_s: window.end_s() + 86_400 };
        let listed = ListedKey {
            index: 1,
            uses: Uses::TICKET,
            key: issuer.public_key(),
            from_s: window.start_s(),
            until_s: window.end_s(),
            killed: false,
        };
        let list = KeyList::new(validity, vec![listed])?.seal(0, &root, &[3; 32]).ok()?;
        let roots = Roots::new(&[root.public_key(), issuer.public_key()])?;
        let keyring = Keyring::open(&roots, Suites::SM2, &list, None).ok()?;
        let mut bench = Self {
            verifier: Verifier::new(keyring, Denials::looked_up_by_the_platform()),
            key: VerifyingKey::tabled(&Base::new(), &issuer.public_key())?,
            texts: Vec::new(),
            moments_s: Vec::new(),
            signed: Vec::new(),
        };
        let keys = MasterKey([4; 32]).day_keys(Scope::GENERAL, window.day());
        for step in 0..u8::try_from(window.steps()).ok()? {
            let handle = keys.handle_of(Subject::general(u16::from(step), 1)?, 0, 1, 0);
            let header = Header {
                suite: Suite::Sm2,
                key_index: 1,
                handle,
                window,
                scope: Scope::GENERAL,
                masked_claims: [0; 2],
            };
            let chain = Chain::of_ticket(Suite::Sm2, &handle, window.steps(), &[step; 12])?;
            let signed = SignedTicket::issue(header, &chain.anchor(), &issuer, &[step; 32]).ok()?;
            let shown: ShownTicket = signed.show(step, chain.value(step)?);
            bench.texts.push(shown.to_text());
            bench.moments_s.push(window.start_s() + i64::from(step) * 15 + 7);
            bench.signed.push((shown.signed_message(&chain.anchor()), signed.signature));
        }
        Some(bench)
    }

    /// Text to verdict, nothing remembered.
    fn verify(&self, place: usize) -> bool {
        self.verify_with(place, &mut SignatureCache::new(0))
    }

    fn verify_with(&self, place: usize, cache: &mut SignatureCache) -> bool {
        let place = place % self.texts.len();
        let (Some(text), Some(now_s)) = (self.texts.get(place), self.moments_s.get(place)) else { return false };
        let clock = ClockReading::synchronised(*now_s);
        matches!(self.verifier.check(text, &clock, &NoReplay, None, cache).outcome, Outcome::Good(_))
    }

    fn verify_signature(&self, place: usize) -> bool {
        let signed = self.signed.get(place % self.signed.len());
        signed.is_some_and(|(message, signature)| self.key.verify(message, signature))
    }

    /// How often a second of this thread's own processor time, as `openssl speed` counts; not a number when anything was
    /// refused, so that a fast refusal is no figure.
    fn per_second(&self, work: impl Fn(usize) -> bool) -> f64 {
        let (began, ran, mut done) = (moment(), processor_time_s(), 0_u32);
        while began.elapsed().as_millis() < SLICE_MS {
            for place in 0..self.texts.len() {
                if !std::hint::black_box(work(std::hint::black_box(place))) {
                    return f64::NAN;
                }
                done += 1;
            }
        }
        let elapsed_s = match (ran, processor_time_s()) {
            (Some(before), Some(after)) => after - before,
            _ => began.elapsed().as_secs_f64(),
        };
        f64::from(done) / elapsed_s
    }

    /// Heap allocations of two rounds through all tickets, with a cache that fills and then answers.
    fn allocations(&self) -> f64 {
        let mut cache = SignatureCache::new(1024);
        let before = tongma_allocations::of_this_thread();
        let good = (0..2 * self.texts.len()).all(|place| self.verify_with(place, &mut cache));
        let after = tongma_allocations::of_this_thread();
        let count = u32::try_from(after.wrapping_sub(before)).unwrap_or(u32::MAX);
        if good { f64::from(count) } else { f64::NAN }
    }
}
