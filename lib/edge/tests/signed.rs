//! The whole way: roots → key list → signed bundle → a ticket as a phone shows it → the gate's answer.
#![expect(clippy::unwrap_used, reason = "a test stops by panicking")]

use tongma_code::{
    chain::Chain,
    keys::{MasterKey, Subject},
    list::{KeyList, ListedKey, Uses, Validity},
    sign::{Signer, SoftSm2},
    ticket::{Handle, Header, Life, Scope, SignedTicket, Step, Suite, Window},
};
use tongma_edge::{
    Booking, Bundle, BundleRefusal, Direction, GateState, Handles, Reading, Reason, Rules, Seen, Session, decide,
    ticket_name,
};
use tongma_verify::{
    Verifier,
    cache::SignatureCache,
    lists::{Denials, Keyring, ListRefusal, Roots, Suites},
    verdict::ClockReading,
    verifier::NoReplay,
};

const NOW_S: i64 = 1_795_398_000;
const POINT: [u8; 16] = [7; 16];

struct Platform {
    root: SoftSm2,
    issuer: SoftSm2,
}

impl Platform {
    fn new() -> Self {
        Self { root: SoftSm2::new(&[1; 32]).unwrap(), issuer: SoftSm2::new(&[2; 32]).unwrap() }
    }

    fn keyring(&self, uses: Uses) -> Keyring {
        let validity = Validity { seq: 1, iat_s: NOW_S - 60, ttl_s: 3600, exp_s: NOW_S + 86_400 };
        let key = ListedKey {
            index: 3,
            uses,
            key: self.issuer.public_key(),
            from_s: NOW_S - 86_400,
            until_s: NOW_S + 86_400,
            killed: false,
        };
        let bytes = KeyList::new(validity, vec![key]).unwrap().seal(0, &self.root, &[3; 32]).unwrap();
        let roots = Roots::new(&[self.root.public_key(), self.issuer.public_key()]).unwrap();
        Keyring::open(&roots, Suites::SM2, &bytes, None).unwrap()
    }

    /// The text a phone shows now, and its ticket's handle.
    fn shown(&self, number: u16) -> (String, [u8; 16]) {
        let window = Window::starting_at(NOW_S - 600, Life::Min30, Step::Sec15).unwrap();
        let keys = MasterKey([4; 32]).day_keys(Scope::GENERAL, window.day());
        let handle = keys.handle_of(Subject::general(17, 5).unwrap(), 0, 1, number);
        let header =
            Header { suite: Suite::Sm2, key_index: 3, handle, window, scope: Scope::GENERAL, masked_claims: [0; 2] };
        let chain = Chain::of_ticket(Suite::Sm2, &handle, window.steps(), &[number.to_be_bytes()[1]; 12]).unwrap();
        let signed = SignedTicket::issue(header, &chain.anchor(), &self.issuer, &[5; 32]).unwrap();
        let step = window.step_at(NOW_S).unwrap();
        (signed.show(step, chain.value(step).unwrap()).to_text(), handle.0)
    }
}

fn bundle(handle: [u8; 16]) -> Bundle {
    Bundle {
        version: 5,
        point: POINT,
        venue: [8; 16],
        scenario: "museum_entry".into(),
        issued_s: NOW_S - 1200,
        ttl_s: 3600,
        expires_s: NOW_S + 36_000,
        facts_through: 0,
        inside: 3,
        rules: Rules {
            early_grace_min: 15,
            late_grace_min: 30,
            reentry: false,
            reentry_until_s: 0,
            headcount_bound: 100,
        },
        sessions: vec![Session { opens_s: NOW_S, closes_s: NOW_S + 7200 }],
        bookings: vec![Booking { pseudonym: [9; 8], session: 0, party: 2, entered: 0, inside: 0 }],
        handles: Handles::new(vec![(ticket_name(&POINT, &Handle(handle)), 0)]),
    }
}

#[test]
fn a_booked_phone_opens_the_gate_and_a_stranger_does_not() {
    let platform = Platform::new();
    let keyring = platform.keyring(Uses::TICKET.with(Uses::LIST));
    let (text, handle) = platform.shown(0);
    let sealed = bundle(handle).seal(3, &platform.issuer, &[6; 32]).unwrap();
    let opened = Bundle::open(&sealed, &keyring, &POINT, 4, NOW_S).unwrap();
    assert_eq!(opened, bundle(handle));

    let verifier = Verifier::new(keyring, Denials::looked_up_by_the_platform());
    let mut cache = SignatureCache::new(16);
    let mut answer = |text: &str| {
        let verdict = verifier.check(text, &ClockReading::synchronised(NOW_S), &NoReplay, None, &mut cache);
        let reading = Reading { seen: Seen::from(&verdict), request: [1; 16], direction: Direction::In, people: 2 };
        decide(&opened, &GateState::new(), &reading, NOW_S)
    };
    let booked = answer(&text);
    assert_eq!((booked.reason, booked.opens, booked.booking), (Reason::Admitted, true, Some([9; 8])));
    assert_eq!(answer(&platform.shown(1).0).reason, Reason::UnknownBooking);
    let mut forged = text.into_bytes();
    forged[200] = if forged[200] == b'1' { b'2' } else { b'1' };
    let forged = answer(core::str::from_utf8(&forged).unwrap());
    assert_eq!((forged.reason, forged.opens), (Reason::CodeRefused, false));
    assert_eq!(answer("https://example.com/").reason, Reason::CodeRefused);
}

#[test]
fn a_bundle_is_taken_only_whole_signed_and_for_this_point() {
    let platform = Platform::new();
    let keyring = platform.keyring(Uses::TICKET.with(Uses::LIST));
    let sealed = bundle([1; 16]).seal(3, &platform.issuer, &[6; 32]).unwrap();
    let open = |bytes: &[u8]| Bundle::open(bytes, &keyring, &POINT, 5, NOW_S).map(drop);
    assert_eq!(open(&sealed), Ok(()));
    for place in 0..sealed.len() {
        let mut broken = sealed.clone();
        broken[place] ^= 1;
        assert!(open(&broken).is_err(), "byte {place}");
    }
    for length in 0..sealed.len() {
        assert!(open(&sealed[..length]).is_err());
    }
    let refusal = |keyring: &Keyring, point, seen, now_s| Bundle::open(&sealed, keyring, &point, seen, now_s).err();
    assert_eq!(refusal(&keyring, [0; 16], 0, NOW_S), Some(BundleRefusal::Point));
    assert_eq!(refusal(&keyring, POINT, 6, NOW_S), Some(BundleRefusal::Older));
    assert_eq!(refusal(&keyring, POINT, 0, NOW_S + 36_000), Some(BundleRefusal::Expired));
    let tickets_only = platform.keyring(Uses::TICKET);
    assert_eq!(refusal(&tickets_only, POINT, 0, NOW_S), Some(BundleRefusal::List(ListRefusal::Signer)));
    // A sound envelope around numbers that cannot be: more inside than ever came.
    let mut unsound = bundle([1; 16]);
    unsound.bookings[0].inside = 1;
    let unsound = unsound.seal(3, &platform.issuer, &[6; 32]).unwrap();
    assert_eq!(open(&unsound), Err(BundleRefusal::Content));
}
