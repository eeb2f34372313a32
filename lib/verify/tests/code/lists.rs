//! Key lists and deny lists: one spelling, the right signer, a number that never falls.

use proptest::prelude::*;

use crate::{common::*, diagonal::Retagged};
use tongma_code::{
    keys::Subject,
    list::{DenyList, KeyList, Kind, ListError, SignedList, Uses, seal},
    message::Tag,
    ticket::{Day, Handle, Life, Scope, Step, Suite},
};
use tongma_verify::{
    Verifier,
    cache::SignatureCache,
    lists::{Denials, Keyring, ListRefusal, Suites},
    verdict::{ClockReading, Outcome, Reason},
    verifier::{NoReplay, Opener},
};

fn opened(bytes: &[u8], seen: Option<u64>) -> Result<(), ListRefusal> {
    Keyring::open(&roots(), Suites::ALL, bytes, seen).map(drop)
}

#[test]
fn a_key_list_comes_back_as_it_was_sealed() {
    let list = KeyList::new(validity(7), listed()).unwrap();
    let bytes = list.seal(1, &*signer(Suite::Sm2, 2), &[0; 32]).unwrap();
    let signed = SignedList::open(Kind::Keys, &bytes).unwrap();
    assert_eq!((signed.suite, signed.signer), (Suite::Sm2, 1));
    assert_eq!(signed.keys(), Ok(list));
    assert_eq!(opened(&bytes, None), Ok(()), "the second root signs as well as the first");
}

#[test]
fn only_a_pinned_root_signs_key_lists() {
    let list = KeyList::new(validity(1), listed()).unwrap();
    let seal = |root, seed| list.seal(root, &*signer(Suite::Sm2, seed), &[0; 32]).unwrap();
    assert_eq!(opened(&seal(0, 1), None), Ok(()));
    assert_eq!(opened(&seal(1, 1), None), Err(ListRefusal::Signature), "root 0 named root 1");
    assert_eq!(opened(&seal(2, 1), None), Err(ListRefusal::Signer));
    assert_eq!(opened(&seal(0, 9), None), Err(ListRefusal::Signature));
    let other_suite = list.seal(0, &*signer(Suite::P256, 1), &[0; 32]).unwrap();
    assert_eq!(opened(&other_suite, None), Err(ListRefusal::Signer));
    for tag in Tag::ALL {
        let retagged = Retagged { signer: &*signer(Suite::Sm2, 1), tag };
        let bytes = list.seal(0, &retagged, &[0; 32]).unwrap();
        assert_eq!(opened(&bytes, None).is_ok(), tag == Tag::List);
    }
    // A deny list signed by a root is no key list, and the other way round.
    let deny = DenyList::new(validity(1), &[], &[]).seal(0, &*signer(Suite::Sm2, 1), &[0; 32]).unwrap();
    assert_eq!(opened(&deny, None), Err(ListRefusal::Malformed(ListError::Envelope)));
    assert!(Denials::open(&keyring(), &seal(0, 1), None).is_err());
}

#[test]
fn a_list_of_one_kind_is_none_of_another() {
    let keyring = keyring();
    let index = index_of(Suite::Sm2, Uses::LIST);
    let payload = DenyList::new(validity(1), &[], &[]).seal(index, &*key_signer(index), &[0; 32]).unwrap();
    let payload = SignedList::open(Kind::Deny, &payload).unwrap().payload().to_vec();
    let kinds = [Kind::Keys, Kind::Deny, Kind::Bundle, Kind::Receipt];
    for sealed in kinds {
        let bytes = seal(sealed, payload.clone(), index, &*key_signer(index), &[0; 32]).unwrap();
        for asked in kinds {
            assert_eq!(keyring.open_list(asked, &bytes).is_ok(), asked == sealed, "{sealed:?} as {asked:?}");
        }
        assert_eq!(Denials::open(&keyring, &bytes, None).is_ok(), sealed == Kind::Deny);
        let by_ticket_key = seal(sealed, payload.clone(), 0, &*key_signer(0), &[0; 32]).unwrap();
        assert!(keyring.open_list(sealed, &by_ticket_key).is_err(), "a key that is not for lists");
    }
}

#[test]
fn seq_never_falls() {
    let bytes = key_list(listed(), validity(5));
    assert_eq!(opened(&bytes, Some(4)), Ok(()));
    assert_eq!(opened(&bytes, Some(5)), Ok(()), "the same list again");
    assert_eq!(opened(&bytes, Some(6)), Err(ListRefusal::Older));
    let index = index_of(Suite::Sm2, Uses::LIST);
    let deny = DenyList::new(validity(5), &[], &[]).seal(index, &*key_signer(index), &[0; 32]).unwrap();
    assert!(Denials::open(&keyring(), &deny, Some(5)).is_ok());
    assert_eq!(Denials::open(&keyring(), &deny, Some(6)).err(), Some(ListRefusal::Older));
}

#[test]
fn every_flipped_bit_of_a_list_is_refused() {
    let keys = key_list(listed()[..2].to_vec(), validity(1));
    for bit in 0..8 * keys.len() {
        let mut bytes = keys.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(opened(&bytes, None).is_err(), "key list, bit {bit}");
    }
    let keyring = keyring();
    let index = index_of(Suite::Sm2, Uses::LIST);
    let list = DenyList::new(validity(1), &[Handle([3; 16])], &[(Scope(2), Subject([4; 8]))]);
    let deny = list.seal(index, &*key_signer(index), &[0; 32]).unwrap();
    assert!(Denials::open(&keyring, &deny, None).is_ok());
    for bit in 0..8 * deny.len() {
        let mut bytes = deny.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(Denials::open(&keyring, &bytes, None).is_err(), "deny list, bit {bit}");
    }
    for cut in 0..deny.len() {
        assert!(Denials::open(&keyring, &deny[..cut], None).is_err());
    }
    assert!(Denials::open(&keyring, &[&deny[..], &[0]].concat(), None).is_err(), "a tail");
}

#[test]
fn a_second_spelling_is_refused_even_if_well_signed() {
    // The envelope with the unprotected map spelled as an indefinite-length one.
    let bytes = key_list(listed(), validity(1));
    let at = bytes.windows(2).position(|pair| pair == [0xa0, 0x59] || pair == [0xa0, 0x58]).unwrap();
    let mut other = bytes.clone();
    other.splice(at..=at, [0xbf, 0xff]);
    assert_eq!(opened(&other, None), Err(ListRefusal::Malformed(ListError::Envelope)));
    // Without the tag of COSE_Sign1.
    assert_eq!(bytes[0], 0xd2);
    assert_eq!(opened(&bytes[1..], None), Err(ListRefusal::Malformed(ListError::Envelope)));
    assert_eq!(
        opened(&vec![0; tongma_code::limits::MAX_LIST_BYTES + 1], None),
        Err(ListRefusal::Malformed(ListError::TooLarge))
    );
}

#[test]
fn two_keys_of_one_index_make_no_list() {
    let mut keys = listed();
    keys.push(keys[0]);
    assert!(KeyList::new(validity(1), keys).is_none());
    let mut keys = listed();
    let tongma_code::sign::PublicKey::Sm2(point) = &mut keys[0].key else { unreachable!() };
    point[64] ^= 1;
    assert_eq!(opened(&key_list(keys.clone(), validity(1)), None), Err(ListRefusal::Key(0)), "off the curve");
    keys[0].killed = true;
    assert_eq!(opened(&key_list(keys, validity(1)), None), Ok(()));
}

/// Opens handles of the scopes it holds the master key for.
struct Campus(Scope);

impl Opener for Campus {
    fn subject(&self, scope: Scope, day: Day, handle: &Handle) -> Option<Subject> {
        (scope == self.0).then(|| MASTER.day_keys(scope, day).handle.open(handle).subject)
    }
}

#[test]
fn a_denied_subject_is_refused_in_its_scope_only() {
    let campus = Scope(12);
    let window = window(Life::Min30, Step::Sec15);
    let subject = MASTER.pairwise(Subject::general(300, 4711).unwrap(), campus);
    let ticket = issue_header(header(Suite::Sm2, window, campus, 1), &*key_signer(0));
    let general = issue(Suite::Sm2, window, 1);
    let verdict = |denials, issued: &Issued, opener: Option<&dyn Opener>| {
        let verifier = Verifier::new(keyring(), denials);
        let clock = ClockReading::synchronised(NOW_S);
        verifier.check(&issued.text(0), &clock, &NoReplay, opener, &mut SignatureCache::new(0)).outcome
    };
    let denied = || denials(&[], &[(campus, subject)]);
    assert_eq!(verdict(denied(), &ticket, Some(&Campus(campus))), Outcome::Refused(Reason::Denied));
    assert!(matches!(verdict(denied(), &ticket, None), Outcome::Good(_)), "a point without day keys cannot tell");
    assert!(matches!(verdict(denied(), &general, Some(&Campus(campus))), Outcome::Good(_)));
    let elsewhere = denials(&[], &[(Scope(13), subject)]);
    assert!(matches!(verdict(elsewhere, &ticket, Some(&Campus(campus))), Outcome::Good(_)));
    let mut other = subject;
    other.0[7] ^= 1;
    assert!(matches!(verdict(denials(&[], &[(campus, other)]), &ticket, Some(&Campus(campus))), Outcome::Good(_)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn denying_some_hits_those_and_no_other(
        denied in prop::collection::vec(any::<[u8; 16]>(), 0..60), others in prop::collection::vec(any::<[u8; 16]>(), 0..60),
        subjects in prop::collection::vec((0_u16..4, any::<[u8; 8]>()), 0..40),
    ) {
        let handles: Vec<Handle> = denied.iter().copied().map(Handle).collect();
        let pairs: Vec<(Scope, Subject)> =
            subjects.iter().map(|(scope, subject)| (Scope(*scope), Subject(*subject))).collect();
        let list = DenyList::new(validity(1), &handles, &pairs);
        prop_assert!(handles.iter().all(|handle| list.denies(handle)));
        prop_assert!(pairs.iter().all(|(scope, subject)| list.denies_subject(*scope, *subject)));
        for other in others.iter().copied().map(Handle) {
            prop_assert_eq!(list.denies(&other), handles.iter().any(|handle| handle.prefix() == other.prefix()));
        }
        for (scope, subject) in &pairs {
            let next = Scope(scope.0 + 1);
            prop_assert_eq!(list.denies_subject(next, *subject), pairs.contains(&(next, *subject)));
        }
        // The same list after its journey as a signed file.
        let bytes = list.seal(4, &*signer(Suite::Ed25519, 3), &[0; 32]).unwrap();
        prop_assert_eq!(SignedList::open(Kind::Deny, &bytes).unwrap().deny(), Ok(list));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for kind in [Kind::Keys, Kind::Deny, Kind::Bundle] {
            prop_assert!(SignedList::open(kind, &bytes).is_err());
        }
    }
}
