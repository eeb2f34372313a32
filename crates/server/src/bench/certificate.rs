//! Status lists of a large province, and verifying credentials beside the bare signature.

use std::hint::black_box;
use std::io;

use serde_json::{Map, json};
use tongma_code::sign::{Signer, SoftP256};
use tongma_credential::sd_jwt::{self, Issue};
use tongma_credential::status::{Bits, INVALID, StatusList};
use tongma_credential::{Es256Key, StatusToken};

use super::{Bar, Common, Figure, median};
use crate::system::moment;

/// Certificates in the one large list: one for each resident of the province.
const ENTRIES: usize = 140_000_000;
/// One in so many is revoked.
const REVOKED_ONE_IN: usize = 1000;
/// The list in the parts that the platform serves.
const PART_ENTRIES: usize = 1 << 20;
/// Look-ups and verifications a round.
const LOOK_UPS: u32 = 2_000_000;
const VERIFICATIONS: u32 = 2000;
const NOW_S: i64 = 1_800_000_000;
const LIST: &str = "https://tongma.example/status/0";

/// Measures.
///
/// # Errors
/// The benchmark's own keys do not fit.
pub fn figures(common: &Common) -> io::Result<Vec<Figure>> {
    let unfit = || io::Error::other("the benchmark's own keys do not fit");
    let signer = SoftP256::new(&[9; 32]).map_err(|_| unfit())?;
    let (one, list) = build(ENTRIES, Bits::One, &signer).ok_or_else(unfit)?;
    let (two, _) = build(ENTRIES, Bits::Two, &signer).ok_or_else(unfit)?;
    let (part, _) = build(PART_ENTRIES, Bits::Two, &signer).ok_or_else(unfit)?;
    let look_up = (0..common.rounds.max(1)).map(|_| look_up_ns(&list)).collect();
    let (whole, bare) = verifying(common.rounds.max(1), &signer).ok_or_else(unfit)?;
    Ok(vec![
        Figure::alone("list_build_1bit", one.seconds, "s").bar(Bar::AtMost(60.0)),
        Figure::alone("list_cwt_1bit", one.cwt_bytes, "bytes").bar(Bar::AtMost(400_000.0)),
        Figure::alone("list_jwt_1bit", one.jwt_bytes, "bytes"),
        Figure::alone("list_build_2bit", two.seconds, "s").bar(Bar::AtMost(60.0)),
        Figure::alone("list_cwt_2bit", two.cwt_bytes, "bytes"),
        Figure::alone("list_part_cwt_2bit", part.cwt_bytes, "bytes"),
        Figure::alone("list_look_up", median(look_up), "ns").bar(Bar::AtMost(1000.0)),
        Figure::beside("sd_jwt_verify", median(whole), "/s", "bare ES256 verify", median(bare)),
    ])
}

struct Built {
    seconds: f64,
    cwt_bytes: f64,
    jwt_bytes: f64,
}

/// Numbers scattered like places in a list; a generator for measuring alone (Marsaglia's xorshift).
struct Scattered(u64);

impl Scattered {
    fn below(&mut self, bound: usize) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound as u64
    }
}

/// A list from nothing to its signed CWT; the JWT is made outside the measured time.
#[expect(clippy::cast_precision_loss, reason = "sizes stay below 2^52")]
fn build(entries: usize, bits: Bits, signer: &dyn Signer) -> Option<(Built, StatusList)> {
    let mut places = Scattered(0x9e37_79b9_7f4a_7c15);
    let began = moment();
    let mut list = StatusList::new(bits, entries);
    let mut revoked = 0;
    while revoked < entries / REVOKED_ONE_IN {
        let place = places.below(entries);
        if list.get(place) == Some(0) {
            list.set(place, INVALID);
            revoked += 1;
        }
    }
    let token = StatusToken { subject: LIST.into(), issued_s: NOW_S, expires_s: NOW_S + 86_400, ttl_s: 300, list };
    let cwt = token.to_cwt(signer, &[1; 32]).ok()?;
    let seconds = began.elapsed().as_secs_f64();
    let jwt = token.to_jwt(signer, &[1; 32]).ok()?;
    Some((Built { seconds, cwt_bytes: cwt.len() as f64, jwt_bytes: jwt.len() as f64 }, token.list))
}

/// Nanoseconds for one look-up at scattered places, the drawing of the place included.
fn look_up_ns(list: &StatusList) -> f64 {
    let mut places = Scattered(0x2545_f491_4f6c_dd1d);
    let (began, mut found) = (moment(), 0_u32);
    for _ in 0..LOOK_UPS {
        found += u32::from(black_box(list).get(places.below(ENTRIES)).unwrap_or(0));
    }
    black_box(found);
    began.elapsed().as_secs_f64() * 1e9 / f64::from(LOOK_UPS)
}

/// Verifications a second of a credential with six disclosures, and of the bare signature under the same key, in turns.
fn verifying(rounds: usize, signer: &SoftP256) -> Option<(Vec<f64>, Vec<f64>)> {
    let key = Es256Key::from_sec1(signer.public_key().bytes())?;
    let claims = json!({
        "iss": "https://tongma.example", "vct": "https://tongma.example/vct/driving_licence", "iat": NOW_S,
        "exp": NOW_S + 86_400, "cnf": {"jwk": key.to_jwk()}, "status": {"status_list": {"idx": 7, "uri": LIST}},
    });
    let open: Map<_, _> = claims.as_object()?.clone();
    let hidden = ["identifier", "masked_name", "name", "class", "number", "file_number"];
    let hidden: Vec<_> = hidden.iter().map(|name| (*name, json!("示范 1234567890"))).collect();
    let credential = sd_jwt::issue(Issue { open, hidden: &hidden, decoys: 2 }, signer, &mut || [5; 32]).ok()?.whole();
    let signature = signer.sign(credential.as_bytes(), &[6; 32]).ok()?;
    let (mut whole, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        whole.push(per_second(|| sd_jwt::verify(black_box(&credential), &key, None, NOW_S).is_ok())?);
        bare.push(per_second(|| key.verify(black_box(credential.as_bytes()), &signature))?);
    }
    Some((whole, bare))
}

/// How often a second; nothing when one did not hold, so that a fast refusal is no figure.
fn per_second(work: impl Fn() -> bool) -> Option<f64> {
    let began = moment();
    for _ in 0..VERIFICATIONS {
        if !black_box(work()) {
            return None;
        }
    }
    Some(f64::from(VERIFICATIONS) / began.elapsed().as_secs_f64())
}
