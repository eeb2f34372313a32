//! The citizen's PIN: a second step before something sensitive leaves. Six digits are few, so guesses are counted before
//! they are checked, and what is kept is a slow hash (Argon2id, RFC 9106) over a keyed digest: neither the database
//! alone nor the key alone lets anyone try them.

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use tongma_domain::{Id, Refusal, Text, UnixMs, Words};
use tongma_store::{Key, Stored, load, upsert};

use crate::platform::Platform;
use crate::sessions::{Citizen, write_log};
use crate::vault::{Vault, hex, mac, unhex};

/// How many digits.
const DIGITS: usize = 6;
/// Wrong ones in a row before it is locked.
const MOST_WRONG: u32 = 5;
/// How long it is locked at first; each further wrong one doubles it.
const LOCK_S: i64 = 15 * 60;
/// The longest lock.
const LONGEST_LOCK_S: i64 = 86_400;
/// A PIN that was forgotten is set anew so soon after signing in.
const FRESH_SIGN_IN_S: i64 = 10 * 60;
/// 19 MiB and two passes: the OWASP password storage recommendation for Argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// What is kept of a PIN. Key: the person; in the person's bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct PinRecord {
    person: Id,
    salt: String,
    hash: String,
    /// Guesses since the last right one, counted before they are checked.
    tries: u32,
    locked_until: UnixMs,
    set: UnixMs,
}

impl Stored for PinRecord {
    const KIND: &'static str = "pin";
}

fn key_of(person: Id) -> Key {
    Key::of(&[b"pin", person.as_bytes()])
}

/// How a PIN stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinState {
    /// Whether there is one.
    pub set: bool,
    /// Until when it is locked, if it is.
    pub locked_until: Option<UnixMs>,
}

impl Platform {
    /// How the citizen's PIN stands.
    ///
    /// # Errors
    /// The store's refusal.
    pub fn pin_state(&self, citizen: &Citizen) -> Result<PinState, Refusal> {
        let (person, now) = (citizen.person, self.now());
        let held = self.read(person.bucket(), |txn| Ok(load::<PinRecord>(txn, key_of(person))?))?;
        let locked_until = held.as_ref().map(|held| held.value.locked_until).filter(|until| *until > now);
        Ok(PinState { set: held.is_some(), locked_until })
    }

    /// Whether somebody has a PIN.
    pub(crate) fn has_pin(&self, person: Id) -> Result<bool, Refusal> {
        self.read(person.bucket(), |txn| Ok(load::<PinRecord>(txn, key_of(person))?.is_some()))
    }

    /// Sets the PIN, or changes it: with the one before, or soon after signing in.
    ///
    /// # Errors
    /// `pin.weak` for other than six digits or one that is guessed first; `pin.current` when there is one already and
    /// neither it was given nor the sign-in is fresh; `passkey.sign_in_first` for a first one beside a passkey, unless the
    /// sign-in is fresh; `pin.wrong` and `pin.locked`.
    pub async fn set_pin(&self, citizen: &Citizen, new: &str, current: Option<&str>) -> Result<(), Refusal> {
        let (person, now) = (citizen.person, self.now());
        if is_weak(new) {
            return Err(weak());
        }
        if self.pin_state(citizen)?.set {
            match current {
                Some(current) => self.check_pin(person, current).await?,
                None if now.since(self.signed_in_at(citizen)?) <= FRESH_SIGN_IN_S * 1000 => {}
                None => return Err(current_needed()),
            }
        } else if self.has_passkey(person)? {
            // A PIN that anyone at an open session could set would be a way around the passkey.
            self.vouched(citizen, None).await?;
        }
        let salt: [u8; 16] = std::array::from_fn(|place| self.seed().get(place).copied().unwrap_or_default());
        let hash = self.pin_hash(person, new, salt).await?;
        let record = PinRecord { person, salt: hex(&salt), hash, tries: 0, locked_until: now, set: now };
        self.run(person.bucket(), move |txn| {
            upsert(txn, key_of(person), &record)?;
            let text = Words::new("授权密码已设置", "The PIN was set");
            Ok(write_log(txn, person, now, "device", text)?)
        })
        .await
    }

    /// Checks a PIN. A guess counts before it is checked, so that many at once are no more guesses than many in a row.
    ///
    /// # Errors
    /// `pin.unset`, `pin.wrong`, `pin.locked`.
    pub(crate) async fn check_pin(&self, person: Id, given: &str) -> Result<(), Refusal> {
        let now = self.now();
        let record = self
            .run(person.bucket(), move |txn| {
                let mut held = load::<PinRecord>(txn, key_of(person))?.ok_or_else(unset)?;
                if held.value.locked_until > now {
                    return Err(locked().into());
                }
                held.value.tries = held.value.tries.saturating_add(1);
                if held.value.tries >= MOST_WRONG {
                    let doubled = LOCK_S << (held.value.tries - MOST_WRONG).min(10);
                    held.value.locked_until = now.plus_s(doubled.min(LONGEST_LOCK_S));
                }
                tongma_store::save(txn, &held)?;
                Ok(held.value)
            })
            .await?;
        let salt = unhex(&record.salt).and_then(|salt| salt.try_into().ok()).unwrap_or([0; 16]);
        let hash = self.pin_hash(person, given, salt).await?;
        // Both are digests of the same length under a key: comparing them tells nothing about the PIN.
        if hash != record.hash {
            return Err(if record.tries >= MOST_WRONG { locked() } else { wrong(MOST_WRONG - record.tries) });
        }
        self.run(person.bucket(), move |txn| {
            if let Some(mut held) = load::<PinRecord>(txn, key_of(person))? {
                (held.value.tries, held.value.locked_until) = (0, now);
                tongma_store::save(txn, &held)?;
            }
            Ok(())
        })
        .await
    }

    async fn pin_hash(&self, person: Id, pin: &str, salt: [u8; 16]) -> Result<String, Refusal> {
        let keyed = keyed(&self.vault, person, pin);
        // Tens of milliseconds and 19 MiB: not on the threads that serve everybody.
        let hashing = tokio::task::spawn_blocking(move || {
            let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).ok()?;
            let mut out = [0; 32];
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                .hash_password_into(&keyed, &salt, &mut out)
                .ok()?;
            Some(hex(&out))
        });
        hashing.await.ok().flatten().ok_or_else(unavailable)
    }
}

fn keyed(vault: &Vault, person: Id, pin: &str) -> [u8; 32] {
    mac(&vault.key("pin", person.as_bytes()), &[pin.as_bytes()])
}

/// Not six digits, or one of those that are tried first: one digit repeated, a run up or down, a short pattern repeated.
fn is_weak(pin: &str) -> bool {
    let digits = pin.as_bytes();
    if digits.len() != DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return true;
    }
    let steps: Vec<i16> =
        digits.iter().zip(digits.iter().skip(1)).map(|(a, b)| i16::from(*b) - i16::from(*a)).collect();
    let same_step = steps.iter().all(|step| Some(step) == steps.first() && (-1..=1).contains(step));
    let repeats = |length: usize| digits.iter().zip(digits.iter().skip(length)).all(|(a, b)| a == b);
    same_step || repeats(2) || repeats(3)
}

fn weak() -> Refusal {
    Refusal::invalid(
        "pin.weak",
        Text::new("授权密码要 6 位数字，不能太简单", "A PIN is six digits, and none of the obvious ones"),
        Text::new("请换一组数字，不用重复或连续的", "Choose other digits: no repeats and no runs"),
    )
}

fn current_needed() -> Refusal {
    Refusal::forbidden(
        "pin.current",
        Text::new("修改授权密码要先输入原密码", "The PIN before is needed to change it"),
        Text::new("请输入原密码；忘记了请重新登录后再设置", "Type it; if forgotten, sign in again and set a new one"),
    )
}

/// There is none yet.
pub(crate) fn unset() -> Refusal {
    Refusal::conflict(
        "pin.unset",
        Text::new("还没有设置授权密码", "No PIN has been set"),
        Text::new("请先设置 6 位授权密码", "Set a PIN of six digits first"),
    )
    .asking()
}

/// The items are sensitive and no PIN came along.
pub(crate) fn needed() -> Refusal {
    Refusal::forbidden(
        "pin.needed",
        Text::new("敏感信息需要再验证一次本人", "Sensitive items need one more proof that it is you"),
        Text::new("请输入 6 位授权密码", "Type your PIN of six digits"),
    )
    .asking()
}

fn wrong(left: u32) -> Refusal {
    Refusal::forbidden("pin.wrong", Text::new("授权密码不对", "The PIN is wrong"), Text::new("请再试一次", "Try again"))
        .titled(Words::new(format!("授权密码不对，还可试 {left} 次"), format!("The PIN is wrong; {left} tries left")))
}

fn locked() -> Refusal {
    Refusal::forbidden(
        "pin.locked",
        Text::new("错误次数太多，授权密码已暂时锁定", "Too many wrong ones: the PIN is locked for a while"),
        Text::new(
            "请过 15 分钟再试，或重新登录后设置新密码",
            "Try again in 15 minutes, or sign in again and set a new one",
        ),
    )
}

fn unavailable() -> Refusal {
    Refusal::unavailable(
        "pin.unavailable",
        Text::new("暂时无法验证授权密码", "The PIN cannot be checked just now"),
        Text::new("请再试一次", "Try again"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_guesses_are_no_pins() {
        for weak in ["", "12345", "1234567", "12345a", "１２３４５６", "111111", "123456", "654321", "121212", "123123"]
        {
            assert!(is_weak(weak), "{weak}");
        }
        for good in ["135246", "908172", "112233", "280619"] {
            assert!(!is_weak(good), "{good}");
        }
    }

    #[test]
    fn the_same_digits_of_two_people_are_two_digests() {
        let vault = Vault::new([1; 32]);
        let (one, other) = (Id::derived(&[b"one"]), Id::derived(&[b"other"]));
        assert_ne!(keyed(&vault, one, "135246"), keyed(&vault, other, "135246"));
        assert_ne!(keyed(&vault, one, "135246"), keyed(&Vault::new([2; 32]), one, "135246"));
    }
}
