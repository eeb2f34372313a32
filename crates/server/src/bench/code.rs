//! Verification beside OpenSSL's, on one core, in turns.

use std::io;
use std::process::Command;

use tongma_code::chain::Chain;
use tongma_code::keys::{HmacSm3, MasterKey, Subject};
use tongma_code::list::{KeyList, ListedKey, Uses, Validity};
use tongma_code::message;
use tongma_code::sign::{Signer, SoftSm2};
use tongma_code::ticket::{Handle, Header, Life, Link, Scope, ShownTicket, SignedTicket, Step, Suite, Window};
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
const OPENSSL_HMAC: &str = "openssl speed -hmac sm3 -bytes 64";
/// The bytes of a message whose MAC is taken, here and there.
const MAC_BYTES: usize = 64;

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
    let (mut macs, mut mac_peer, mut links) = (Vec::new(), Vec::new(), Vec::new());
    let keyed = HmacSm3::new(&[7; 32]);
    for _ in 0..common.rounds.max(1) {
        whole.push(bench.per_second(|place| bench.verify(place)));
        known.push(bench.per_second(|place| bench.verify_signature(place)));
        peer.push(openssl_sm2()?);
        macs.push(
            bench.per_second(|place| keyed.mac(&[&[u8::try_from(place % 256).unwrap_or(0); MAC_BYTES]]) != [0; 32]),
        );
        mac_peer.push(openssl_hmac()?);
        // A phone that begins with the seed alone: the whole chain, and the value of the step.
        links.push(1e6 / bench.per_second(|place| bench.next_link(place)));
    }
    let peer = median(peer);
    let version =
        tongma_qr::encode(&bench.texts.concat().chars().take(254).collect::<String>(), &tongma_qr::Options::default());
    let version = version.map_err(|error| io::Error::other(error.to_string()))?.version();
    Ok(Run::Here(vec![
        Figure::beside("t1_verify", median(whole), "/s", OPENSSL, peer).bar(Bar::RatioAtLeast(10.0)),
        Figure::beside("sm2_known_key", median(known), "/s", OPENSSL, peer).bar(Bar::RatioAtLeast(15.0)),
        Figure::beside("hmac_sm3", median(macs), "/s", OPENSSL_HMAC, median(mac_peer)).bar(Bar::RatioAtLeast(1.4)),
        Figure::alone("next_link", median(links), "µs").bar(Bar::AtMost(5000.0)),
        Figure::alone("t1_verify_allocations", bench.allocations(), "count").bar(Bar::AtMost(0.0)),
        Figure::alone("qr_version", f64::from(version), "").bar(Bar::AtMost(6.0)),
    ]))
}

/// OpenSSL's verifications a second, on this process's core.
fn openssl_sm2() -> io::Result<f64> {
    openssl(&["sm2"], "CurveSM2")?.parse().map_err(|_| unreadable("sm2"))
}

/// OpenSSL's HMAC-SM3 of as many bytes, times a second. It says thousands of bytes a second: `118000.5k`.
fn openssl_hmac() -> io::Result<f64> {
    let bytes = MAC_BYTES.to_string();
    let said = openssl(&["-bytes", &bytes, "-hmac", "sm3"], "hmac(sm3)")?;
    let thousands: f64 = said.trim_end_matches('k').parse().map_err(|_| unreadable("-hmac sm3"))?;
    Ok(thousands * 1000.0 / f64::from(u32::try_from(MAC_BYTES).unwrap_or(u32::MAX)))
}

/// The last word of the last line with this name that `openssl speed` says.
fn openssl(what: &[&str], name: &str) -> io::Result<String> {
    let output = Command::new("openssl").args(["speed", "-seconds", "1"]).args(what).output();
    let output =
        output.map_err(|error| io::Error::other(format!("openssl: {error}. Install it: apt-get install openssl")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().rev().find(|line| line.contains(name));
    let word = line.and_then(|line| line.split_whitespace().last()).map(str::to_owned);
    word.ok_or_else(|| unreadable(&what.join(" ")))
}

fn unreadable(what: &str) -> io::Error {
    let words = "said nothing readable; it needs OpenSSL 1.1.1 or newer with SM2 and SM3";
    io::Error::other(format!("`openssl speed {what}` {words}"))
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
    /// Handle, steps, the step shown (its number is the seed's byte), and its value.
    chains: Vec<(Handle, u16, u8, Link)>,
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
            chains: Vec::new(),
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
            bench.chains.push((handle, window.steps(), step, shown.value));
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

    /// The value of a step from the ticket's seed alone, compared with the one that was shown.
    fn next_link(&self, place: usize) -> bool {
        let place = place % self.chains.len();
        let Some((handle, steps, step, value)) = self.chains.get(place) else { return false };
        let chain = Chain::of_ticket(Suite::Sm2, handle, *steps, &[*step; 12]);
        chain.and_then(|chain| chain.value(*step)) == Some(*value)
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
