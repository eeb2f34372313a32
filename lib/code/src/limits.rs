//! Every constant of the format in one place. Where a number comes from is said beside it.

/// Format version, the top three bits of byte 0; the `v0` of every signing tag.
pub const VERSION: u8 = 0;

/// 2025-01-01T00:00:00Z in Unix seconds: minute 0 of a ticket's `start`.
pub const EPOCH_S: i64 = 1_735_689_600;

/// The largest `start`: three bytes of minutes reach into the year 2056.
pub const MAX_START_MINUTE: u32 = 0x00ff_ffff;

/// Days turn at 04:00 in Beijing, when the fewest tickets are shown: 20:00 UTC, so 240 minutes before midnight UTC.
pub const DAY_TURN_MINUTES: u32 = 240;

/// Minutes in a day.
pub const DAY_MINUTES: u32 = 1440;

/// S: the sum of both clocks' errors that a step forgives, before and after.
pub const SKEW_S: i64 = 10;

/// The share of [`SKEW_S`] a terminal may use itself; a worse clock makes the verdict doubtful.
pub const TERMINAL_CLOCK_ERROR_S: u32 = 5;

/// A clock not synchronised for longer than this is not trusted.
pub const CLOCK_SYNC_LIFE_S: i64 = 24 * 3600;

/// Most steps of a ticket: 30 min at 10 s is 180, 60 min at 15 s is 240; 60 min at 10 s (360) is refused.
pub const MAX_STEPS: u16 = 240;

/// One SM4 block (GB/T 32907).
pub const HANDLE_BYTES: usize = 16;

/// The nonce inside a handle.
pub const NONCE_BYTES: usize = 6;

/// A chain value: 96 bits, so that nobody finds a preimage while a ticket lives, even against all tickets at once,
/// since handle and index are in every hash.
pub const CHAIN_BYTES: usize = 12;

/// First byte of every hash in a ticket's chain.
pub const CHAIN_PREFIX_TICKET: u8 = 0x5c;

/// First byte of every hash in a dynamic point code's chain.
pub const CHAIN_PREFIX_POINT: u8 = 0x5d;

/// The bytes of a ticket that stand before its signature.
pub const HEADER_BYTES: usize = 26;

/// r ‖ s (SM2, P-256) or R ‖ S (Ed25519).
pub const SIGNATURE_BYTES: usize = 64;

/// Header and signature: what the phone stores, and the whole of a paper code.
pub const SIGNED_BYTES: usize = HEADER_BYTES + SIGNATURE_BYTES;

/// What a phone shows: header, signature, step index, chain value.
pub const TICKET_BYTES: usize = SIGNED_BYTES + 1 + CHAIN_BYTES;

/// A device-bound code (profile D1).
pub const DEVICE_BYTES: usize = 195;

/// What every code of ours begins with; no payment code does (they begin with 10–15, 25–30 and 62).
pub const PREFIX: &str = "86";

/// Form digit after the prefix of every long code.
pub const FORM: u8 = b'0';

/// Digits of T1.
pub const TICKET_DIGITS: usize = 254;

/// Digits of a paper code.
pub const PAPER_DIGITS: usize = 222;

/// Days of a paper code at most: half a year, then it is issued anew.
pub const MAX_PAPER_DAYS: u8 = 180;

/// Digits of D1.
pub const DEVICE_DIGITS: usize = 477;

/// Digits of N1.
pub const SHORT_DIGITS: usize = 24;

/// Bits of N1's value: alias 34 and MAC 32.
pub const SHORT_BITS: u32 = 66;

/// Bits of an alias: bucket 12, person in bucket 16, ticket of the day 6.
pub const ALIAS_BITS: u32 = 34;

/// Rounds of the permutations of aliases and subjects. Four rounds of a good round function are enough against chosen texts
/// (Luby–Rackoff); small halves ask for more, and ten is what NIST SP 800-38G uses for FF1.
pub const FEISTEL_ROUNDS: u8 = 10;

/// Tickets of a day that have an N1: six bits.
pub const SHORT_TICKETS_A_DAY: u8 = 64;

/// Buckets of persons: 12 bits.
pub const BUCKETS: u16 = 4096;

/// The user id in SM2's Z value (GB/T 32918.2; GM/T 0009 names this default).
pub const SM2_USER_ID: &[u8; 16] = b"1234567812345678";

/// Keys in a key list: the index is one byte.
pub const MAX_KEYS: usize = 256;

/// Pinned roots.
pub const ROOTS: usize = 2;

/// A signed list larger than this is refused before it is parsed. A deny list of a million prefixes is 8 MB.
pub const MAX_LIST_BYTES: usize = 16 << 20;

/// The handle prefix a deny list names: 64 bits, so that denying one person hits nobody else.
pub const DENY_PREFIX_BYTES: usize = 8;

/// COSE has no registered number for SM2; RFC 9053 leaves everything below −65536 to private use. This one is taken
/// from the object identifier of SM2 with SM3, 1.2.156.**10197.1.501**.
pub const COSE_ALG_SM2: i64 = -10_197_501;

/// A point code longer than this is not ours. QR version 20-M holds 666 bytes.
pub const MAX_POINT_CODE_BYTES: usize = 512;

/// Place and purpose in a point code: words of the registry.
pub const MAX_POINT_WORD_BYTES: usize = 40;

/// A scanned text longer than any QR code can hold (version 40-L, numeric: 7089 digits) is refused unread.
pub const MAX_SCAN_BYTES: usize = 7089;

/// Digits that carry `bytes` bytes, 0 to 7: the fewest that hold every value.
pub const fn digits_for(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        1 => 3,
        2 => 5,
        3 => 8,
        4 => 10,
        5 => 13,
        6 => 15,
        _ => 17,
    }
}

/// Digits of a long code of `bytes` bytes: prefix, form digit, groups of seven bytes, and the rest.
pub const fn long_digits(bytes: usize) -> usize {
    PREFIX.len() + 1 + bytes / 7 * digits_for(7) + digits_for(bytes % 7)
}

const _: () = {
    assert!(TICKET_BYTES == 103 && SIGNED_BYTES == 90);
    assert!(long_digits(TICKET_BYTES) == TICKET_DIGITS);
    assert!(long_digits(SIGNED_BYTES) == PAPER_DIGITS);
    assert!(long_digits(DEVICE_BYTES) == DEVICE_DIGITS);
    // Every length is another form, so prefix and length alone say which decoder runs.
    assert!(TICKET_DIGITS != PAPER_DIGITS && PAPER_DIGITS != DEVICE_DIGITS && DEVICE_DIGITS != SHORT_DIGITS);
    assert!(ALIAS_BITS + 32 == SHORT_BITS && ALIAS_BITS == 12 + 16 + 6 && ALIAS_BITS.is_multiple_of(2));
    assert!(BUCKETS == 1 << 12 && SHORT_TICKETS_A_DAY == 1 << 6);
    // The 20 digits of N1 hold 66 bits.
    assert!(10_u128.pow(20) > 1 << SHORT_BITS);
    // The longest chain hash fits one block of SM3 and SHA-256: 64 bytes less 1 of padding and 8 of length.
    assert!(1 + HANDLE_BYTES + 1 + CHAIN_BYTES <= 64 - 9);
    assert!(MAX_STEPS <= 256 && EPOCH_S % 60 == 0);
    // The last day number fits two bytes.
    assert!((MAX_START_MINUTE + DAY_TURN_MINUTES) / DAY_MINUTES <= 0xffff);
    assert!(COSE_ALG_SM2 < -65536);
    assert!(TERMINAL_CLOCK_ERROR_S as i64 * 2 == SKEW_S);
};
