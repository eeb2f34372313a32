//! Status lists of a large province, and verifying credentials beside the bare signature.

use std::hint::black_box;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, json};
use tongma_code::sign::{Signer, SoftP256};
use tongma_credential::sd_jwt::{self, Issue};
use tongma_credential::status::{Bits, INVALID, StatusList};
use tongma_credential::{Es256Key, IssuerKey, StatusToken};

use super::{Bar, Common, Figure, median};
use crate::system::moment;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Certificates in the one large list.
    entries: usize,
    /// Look-ups a round.
    look_ups: u32,
    /// Verifications a round.
    verifications: u32,
}

/// One certificate for each resident of a large province.
const PROVINCE: Size = Size { entries: 140_000_000, look_ups: 2_000_000, verifications: 2000 };
/// One in so many is revoked.
const REVOKED_ONE_IN: usize = 1000;
/// The list in the parts that the platform serves.
const PART_ENTRIES: usize = 1 << 20;
const NOW_S: i64 = 1_800_000_000;
const LIST: &str = "https://tongma.example/status/0";

/// Measures.
///
/// # Errors
/// The benchmark's own keys do not fit.
pub fn figures(common: &Common) -> io::Result<Vec<Figure>> {
    measured(PROVINCE, common.rounds.max(1)).map_err(|what| io::Error::other(format!("{what} did not hold")))
}

/// Measures; names what did not hold otherwise, so that a refusal is never taken for a figure.
fn measured(size: Size, rounds: usize) -> Result<Vec<Figure>, &'static str> {
    let signer = SoftP256::new(&[9; 32]).map_err(|_| "the issuer's key")?;
    let (one, list) = build(size.entries, Bits::One, &signer).ok_or("the list of one bit")?;
    let (two, _) = build(size.entries, Bits::Two, &signer).ok_or("the list of two bits")?;
    let (part, _) = build(PART_ENTRIES.min(size.entries), Bits::Two, &signer).ok_or("a part of the list")?;
    let look_up = (0..rounds).map(|_| look_up_ns(&list, size.look_ups)).collect();
    let (whole, bare) = verifying(size.verifications, rounds, &signer)?;
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
    // What was measured is what a checker reads: as many entries ended as were set, in the list as it is handed out.
    let key = IssuerKey::new(&signer.public_key())?;
    let read = StatusToken::of_cwt(&cwt, LIST, &key, NOW_S).ok()?;
    (read == token).then_some(())?;
    Some((Built { seconds, cwt_bytes: cwt.len() as f64, jwt_bytes: jwt.len() as f64 }, token.list))
}

/// Nanoseconds for one look-up at scattered places, the drawing of the place included.
fn look_up_ns(list: &StatusList, look_ups: u32) -> f64 {
    let mut places = Scattered(0x2545_f491_4f6c_dd1d);
    let (began, mut found) = (moment(), 0_u32);
    for _ in 0..look_ups {
        found += u32::from(black_box(list).get(places.below(list.len())).unwrap_or(0));
    }
    black_box(found);
    began.elapsed().as_secs_f64() * 1e9 / f64::from(look_ups)
}

/// Rates of each round: of the whole, and of its peer.
type Beside = (Vec<f64>, Vec<f64>);

/// Verifications a second of a credential with six disclosures, and of the bare signature over the bytes that are signed
/// in it, under the same key, in turns.
fn verifying(times: u32, rounds: usize, signer: &SoftP256) -> Result<Beside, &'static str> {
    let key = Es256Key::from_sec1(signer.public_key().bytes()).ok_or("the verifier's key")?;
    let credential = credential(signer, &key).ok_or("the credential")?;
    // RFC 7515 section 5.1: what is signed is the header and the payload with the dot between them.
    let signed = credential.split('~').next().and_then(|signed| signed.rsplit_once('.'));
    let (message, signature) = signed.ok_or("the credential's form")?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok().and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let signature = signature.ok_or("the credential's signature")?;
    let (mut whole, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let verify = || sd_jwt::verify(black_box(&credential), &key, None, NOW_S).is_ok();
        whole.push(per_second(times, verify).ok_or("the credential's verification")?);
        let verify = || key.verify(black_box(message.as_bytes()), &signature);
        bare.push(per_second(times, verify).ok_or("the bare signature")?);
    }
    Ok((whole, bare))
}

/// A driving licence as it is shown with everything disclosed.
fn credential(signer: &SoftP256, key: &Es256Key) -> Option<String> {
    let claims = json!({
        "iss": "https://tongma.example", "vct": "https://tongma.example/vct/driving_licence", "iat": NOW_S,
        "exp": NOW_S + 86_400, "cnf": {"jwk": key.to_jwk()}, "status": {"status_list": {"idx": 7, "uri": LIST}},
    });
    let open: Map<_, _> = claims.as_object()?.clone();
    let hidden = ["identifier", "masked_name", "name", "class", "number", "file_number"];
    let hidden: Vec<_> = hidden.iter().map(|name| (*name, json!("示范 1234567890"))).collect();
    // Each draw differs: two decoys with one salt would be one digest twice, which every verifier refuses.
    let mut drawn = 0_u8;
    let mut draw = || {
        drawn = drawn.wrapping_add(1);
        [drawn; 32]
    };
    Some(sd_jwt::issue(Issue { open, hidden: &hidden, decoys: 2 }, signer, &mut draw).ok()?.whole())
}

/// How often a second; nothing when one did not hold, so that a fast refusal is no figure.
fn per_second(times: u32, work: impl Fn() -> bool) -> Option<f64> {
    let began = moment();
    for _ in 0..times {
        if !black_box(work()) {
            return None;
        }
    }
    Some(f64::from(times) / began.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small, so that the development build is done at once: every figure is there and nothing on the way was refused.
    #[test]
    fn it_measures_what_it_names() {
        let figures = measured(Size { entries: 100_000, look_ups: 1000, verifications: 3 }, 1).unwrap();
        assert_eq!(figures.len(), 8);
        assert!(figures.iter().all(|figure| figure.value > 0.0), "{figures:?}");
        assert!(figures.last().and_then(|figure| figure.ratio).is_some_and(|ratio| ratio > 0.0));
    }
}
