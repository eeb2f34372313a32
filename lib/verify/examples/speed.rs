//! How fast verification is here: `cargo run --release -p tongma_verify --example speed`.
//! Compare with `openssl speed sm2` (verify/s) on the same core in the same minute.

use std::hint::black_box;

use tongma_code::{
    chain::Chain,
    list::{KeyList, ListedKey, Uses, Validity},
    sign::{Signer, SoftSm2},
    ticket::{Handle, Header, Life, Scope, SignedTicket, Step, Suite, Window},
};
use tongma_verify::{
    Verifier,
    cache::SignatureCache,
    lists::{Denials, Keyring, Roots, Suites},
    sm2::{Base, IssuerKey, PlainKey},
    verdict::{ClockReading, Outcome},
    verifier::NoReplay,
};

const NOW_S: i64 = 1_795_406_400;

/// Nanoseconds this process has spent on a processor, as `openssl speed` counts: waiting for one is not counted.
fn processor_ns() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Median time of one call, of nine rounds.
fn median_us<T>(name: &str, calls: usize, mut call: impl FnMut(usize) -> T) {
    let mut rounds: Vec<f64> = (0..9)
        .map(|_| {
            let start = processor_ns();
            for at in 0..calls {
                black_box(call(at));
            }
            (processor_ns() - start) / 1e3 / f64::from(u32::try_from(calls).unwrap_or(u32::MAX))
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    let (least, median) = (rounds.first().copied().unwrap_or_default(), rounds.get(4).copied().unwrap_or_default());
    println!("{name:<28} {least:9.2} us {median:9.2} us {:9.0} /s", 1e6 / median);
}

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let root = SoftSm2::new(&[1; 32])?;
    let signer = SoftSm2::new(&[2; 32])?;
    let tongma_code::sign::PublicKey::Sm2(point) = signer.public_key() else { return Ok(()) };
    let base = Base::new();
    let key = IssuerKey::new(&base, &point).ok_or("key")?;
    let plain = PlainKey::new(&point).ok_or("key")?;
    let messages: Vec<([u8; 51], [u8; 64])> = (0..256_u16)
        .map(|at| {
            let mut message = [0x5a; 51];
            message[..2].copy_from_slice(&at.to_be_bytes());
            signer.sign(&message, &[3; 32]).map(|signature| (message, signature))
        })
        .collect::<Result<_, _>>()?;
    let mut many = messages.iter().cycle();
    let first = messages.first().ok_or("message")?;
    let mut next = || many.next().unwrap_or(first);

    median_us("base tables", 100, |_| Base::new());
    median_us("key tables", 100, |_| IssuerKey::new(&base, &point));
    median_us("sm2 verify, known key", 20_000, |_| {
        let (message, signature) = next();
        assert!(key.verify(message, signature));
    });
    median_us("sm2 verify, unknown key", 4000, |_| {
        let key = PlainKey::new(&point);
        assert!(key.is_some_and(|key| key.verify(Some(&base), &first.0, &first.1)));
    });
    median_us("sm2 verify, no tables", 4000, |_| assert!(plain.verify(None, &first.0, &first.1)));
    median_us("sm2 sign", 4000, |_| signer.sign(&first.0, &[4; 32]));

    let listed = ListedKey {
        index: 0,
        uses: Uses::TICKET,
        key: signer.public_key(),
        from_s: 0,
        until_s: i64::MAX,
        killed: false,
    };
    let validity = Validity { seq: 1, iat_s: NOW_S, ttl_s: 3600, exp_s: NOW_S + 86_400 };
    let list = KeyList::new(validity, vec![listed]).ok_or("list")?.seal(0, &root, &[5; 32])?;
    let roots = Roots::new(&[root.public_key(), root.public_key()]).ok_or("roots")?;
    let keyring = Keyring::open(&roots, Suites::SM2, &list, None).map_err(|error| format!("{error:?}"))?;
    let verifier = Verifier::new(keyring, Denials::looked_up_by_the_platform());
    let window = Window::starting_at(NOW_S, Life::Min30, Step::Sec15).ok_or("window")?;
    let shown: Vec<(String, i64)> = (0..960_u16)
        .map(|at| {
            let mut handle = [7; 16];
            handle[..2].copy_from_slice(&at.to_be_bytes());
            let handle = Handle(handle);
            let header =
                Header { suite: Suite::Sm2, key_index: 0, handle, window, scope: Scope(0), masked_claims: [0; 2] };
            let chain = Chain::of_ticket(Suite::Sm2, &handle, window.steps(), &[6; 12]).ok_or("chain")?;
            let ticket = SignedTicket::issue(header, &chain.anchor(), &signer, &[7; 32])?;
            let step = u8::try_from(at % 120)?;
            let value = chain.value(step).ok_or("step")?;
            Ok((ticket.show(step, value).to_text(), window.start_s() + i64::from(step) * 15))
        })
        .collect::<Result<_, Box<dyn core::error::Error>>>()?;
    let check = |name: &str, entries: usize| {
        let mut cache = SignatureCache::new(entries);
        let mut many = shown.iter().cycle();
        median_us(name, 9600, |_| {
            let Some((text, now_s)) = many.next() else { return };
            let clock = ClockReading::synchronised(*now_s);
            let verdict = verifier.check(text, &clock, &NoReplay, None, &mut cache);
            assert!(matches!(verdict.outcome, Outcome::Good(_)));
        });
    };
    check("T1, steps uniform", 0);
    check("T1, signature cached", 4096);
    let window_key = Handle([1; 16]);
    median_us("chain of 120 links", 4000, |_| Chain::of_ticket(Suite::Sm2, &window_key, 120, &[6; 12]));
    Ok(())
}
