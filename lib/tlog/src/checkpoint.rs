//! Checkpoints: the size and the root of a log, signed, as text (C2SP `tlog-checkpoint` on `signed-note`).
//!
//! ```text
//! code.example.cn/log
//! 1234
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — code.example.cn/log 4rBMq…
//! ```
//! The note's type for SM2 is private use: 0xff followed by `sm2-with-sm3`, and what is signed is a tag, then the text.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use sm3::{Digest, Sm3};

use crate::{base64, tree::Hash};

/// What a signed checkpoint's message begins with.
const TAG: &[u8] = b"tongma/checkpoint/v0\0";
/// The signature type of `signed-note`: a private one, named.
const SIGNATURE_TYPE: &[u8] = b"\xffsm2-with-sm3";
/// Longer texts are no checkpoints.
const MOST_BYTES: usize = 8 * 1024;

/// The size and the root of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// Their root.
    pub root: Hash,
}

/// A text is no signed checkpoint, or not this log's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteError {
    /// Not of the form.
    Malformed,
    /// Another log's.
    Origin,
    /// No signature of this key.
    Unsigned,
}

impl Checkpoint {
    /// The text that is signed, its newline at the end included.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64::encode(&self.root))
    }

    /// What the signature covers.
    pub fn message(&self) -> Vec<u8> {
        [TAG, self.text().as_bytes()].concat()
    }

    /// The signed note with this signature (r ‖ s).
    pub fn signed(&self, key: &VerifierKey, signature: &[u8; 64]) -> String {
        let bytes = [key.id().as_slice(), signature].concat();
        format!("{}\n\u{2014} {} {}\n", self.text(), key.name, base64::encode(&bytes))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let size_value: u64 = size.parse().ok()?;
        let root = base64::decode(root)?.try_into().ok()?;
        let checkpoint = Self { origin: origin.to_owned(), size: size_value, root };
        // One spelling: what it is written as again is what was read, and nothing follows.
        (!origin.is_empty() && checkpoint.text() == text).then_some(checkpoint)
    }
}

/// The public key by which a log's checkpoints are verified, as text: `name+id+base64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    /// The log's name.
    pub name: String,
    /// The SM2 public key, 0x04 ‖ x ‖ y.
    pub key: [u8; 65],
}

impl VerifierKey {
    /// The four bytes that name the key in a signature line.
    pub fn id(&self) -> [u8; 4] {
        let mut hash = Sm3::new();
        hash.update(self.name.as_bytes());
        hash.update(b"\n");
        hash.update(SIGNATURE_TYPE);
        hash.update(self.key);
        let digest: Hash = hash.finalize().into();
        let mut id = [0; 4];
        id.copy_from_slice(&digest[..4]);
        id
    }

    /// The key as text.
    pub fn to_text(&self) -> String {
        let id = u32::from_be_bytes(self.id());
        format!("{}+{id:08x}+{}", self.name, base64::encode(&[SIGNATURE_TYPE, self.key.as_slice()].concat()))
    }

    /// The key of this text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '+');
        let (name, _, key) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes = base64::decode(key)?;
        let key = bytes.strip_prefix(SIGNATURE_TYPE)?.try_into().ok()?;
        let parsed = Self { name: name.to_owned(), key };
        (parsed.to_text() == text.trim()).then_some(parsed)
    }
}

/// A signed checkpoint that was read; its signature is still to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// r ‖ s over [`Checkpoint::message`], by the key it was read for.
    pub signature: [u8; 64],
}

impl Note {
    /// Reads a note as one of this key's log.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn parse(text: &str, key: &VerifierKey) -> Result<Self, NoteError> {
        if text.len() > MOST_BYTES {
            return Err(NoteError::Malformed);
        }
        let (body, signatures) = text.split_once("\n\n").ok_or(NoteError::Malformed)?;
        let checkpoint = Checkpoint::parse(&format!("{body}\n")).ok_or(NoteError::Malformed)?;
        if checkpoint.origin != key.name {
            return Err(NoteError::Origin);
        }
        let of_key = |line: &str| {
            let (name, value) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
            let bytes = base64::decode(value).filter(|_| name == key.name)?;
            let (id, signature) = bytes.split_first_chunk::<4>()?;
            (*id == key.id()).then(|| signature.try_into().ok()).flatten()
        };
        let signature = signatures.lines().find_map(of_key).ok_or(NoteError::Unsigned)?;
        Ok(Self { checkpoint, signature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> VerifierKey {
        VerifierKey { name: "code.example.cn/log".to_owned(), key: [4; 65] }
    }

    #[test]
    fn a_note_comes_back_as_it_was_written_and_in_no_other_spelling() {
        let checkpoint = Checkpoint { origin: key().name, size: 1234, root: [7; 32] };
        let text = checkpoint.signed(&key(), &[9; 64]);
        let note = Note::parse(&text, &key()).unwrap();
        assert_eq!((note.checkpoint, note.signature), (checkpoint, [9; 64]));
        let other = VerifierKey { name: "elsewhere/log".to_owned(), ..key() };
        assert_eq!(Note::parse(&text, &other), Err(NoteError::Origin));
        let rotated = VerifierKey { key: [5; 65], ..key() };
        assert_eq!(Note::parse(&text, &rotated), Err(NoteError::Unsigned));
        for (from, to) in
            [("1234", "01234"), ("1234", "+1234"), ("\n\n", "\n"), ("log\n", "log \n"), ("=\n", "=\nmore\n")]
        {
            let changed = text.replacen(from, to, 1);
            assert!(Note::parse(&changed, &key()).is_err(), "{changed}");
        }
        assert_eq!(Note::parse("", &key()), Err(NoteError::Malformed));
        assert_eq!(VerifierKey::parse(&key().to_text()), Some(key()));
        assert_eq!(VerifierKey::parse("a+b+c"), None);
    }
}
