//! Every tag × profile × use × suite: only the diagonal verifies.

use crate::common::*;
use tongma_code::{
    list::{DenyList, Uses},
    message::Tag,
    sign::{PublicKey, SignError, Signer},
    text::encode,
    ticket::{Life, Profile, Scope, Signature, Step, Suite},
};
use tongma_verify::{lists::Denials, verdict::Reason};

/// A signer that puts another tag in the place of the one it is given.
pub struct Retagged<'a> {
    pub signer: &'a dyn Signer,
    pub tag: Tag,
}

impl Signer for Retagged<'_> {
    fn suite(&self) -> Suite {
        self.signer.suite()
    }
    fn public_key(&self) -> PublicKey {
        self.signer.public_key()
    }
    fn sign(&self, message: &[u8], entropy: &[u8; 32]) -> Result<Signature, SignError> {
        let bytes = Tag::ALL.iter().find_map(|tag| message.strip_prefix(tag.bytes())).unwrap();
        self.signer.sign(&self.tag.message(bytes), entropy)
    }
}

fn keys() -> impl Iterator<Item = (Suite, Uses, u8)> {
    Suite::ALL.into_iter().flat_map(|suite| USES.into_iter().map(move |uses| (suite, uses, index_of(suite, uses))))
}

#[test]
fn no_tag_begins_another() {
    for one in Tag::ALL {
        for other in Tag::ALL {
            assert_eq!(one == other, other.bytes().starts_with(one.bytes()));
        }
    }
}

#[test]
fn tickets() {
    let verifier = verifier();
    let mut good = 0;
    for (key_suite, uses, index) in keys() {
        let signer = key_signer(index);
        for tag in Tag::ALL {
            for suite in Suite::ALL {
                for profile in [Profile::Ticket, Profile::Device, Profile::Paper] {
                    let mut header = header(suite, window(Life::Min30, Step::Sec15), Scope::GENERAL, 1);
                    header.key_index = index;
                    // The chain, the anchor and the bytes are right; only what signs them and how varies.
                    let chain = tongma_code::chain::Chain::of_ticket(suite, &header.handle, 120, &[1; 12]).unwrap();
                    let mut bytes = header.to_bytes().to_vec();
                    bytes[0] |= profile.number();
                    let message = tag.message(&[&bytes[..], &chain.anchor()].concat());
                    bytes.extend(signer.sign(&message, &[3; 32]).unwrap());
                    bytes.push(0);
                    bytes.extend(chain.value(0).unwrap());
                    let mut digits = [0; 254];
                    encode(&bytes, &mut digits).unwrap();
                    let verdict = judge(&verifier, core::str::from_utf8(&digits).unwrap(), NOW_S);
                    let diagonal =
                        tag == Tag::Ticket && profile == Profile::Ticket && uses == Uses::TICKET && suite == key_suite;
                    assert_eq!(verdict.is_ok(), diagonal, "{tag:?} {profile:?} {uses:?} {suite:?} {verdict:?}");
                    good += u32::from(diagonal);
                }
            }
        }
    }
    assert_eq!(good, 3, "one for each suite");
}

#[test]
fn points() {
    let verifier = verifier();
    let mut good = 0;
    for (_, uses, index) in keys() {
        let signer = key_signer(index);
        for tag in Tag::ALL {
            let code = crate::points::static_code(index);
            let text = code.issue(&Retagged { signer: &*signer, tag }, &[1; 32]).unwrap().to_text();
            let verdict = verifier.check_point(&text, &[crate::points::ORIGIN], NOW_S);
            let diagonal = tag == Tag::Point && uses == Uses::POINT;
            assert_eq!(verdict.is_ok(), diagonal, "{tag:?} {uses:?} {verdict:?}");
            let expected = if uses == Uses::POINT { Reason::Forged } else { Reason::KeyUse };
            assert!(diagonal || verdict == Err(expected));
            good += u32::from(diagonal);
        }
    }
    assert_eq!(good, 3);
}

#[test]
fn deny_lists() {
    let keyring = keyring();
    let mut good = 0;
    for (suite, uses, index) in keys() {
        for tag in Tag::ALL {
            // Signed by the key of this index, and by a key of each suite that claims to be it.
            for by in Suite::ALL {
                let signer = if by == suite { key_signer(index) } else { signer(by, 50) };
                let retagged = Retagged { signer: &*signer, tag };
                let bytes = DenyList::new(validity(1), &[], &[]).seal(index, &retagged, &[1; 32]).unwrap();
                let diagonal = tag == Tag::List && uses == Uses::LIST && by == suite;
                assert_eq!(Denials::open(&keyring, &bytes, None).is_ok(), diagonal, "{tag:?} {uses:?} {by:?}");
                good += u32::from(diagonal);
            }
        }
    }
    assert_eq!(good, 3);
}
