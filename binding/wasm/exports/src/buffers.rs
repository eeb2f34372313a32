//! The two buffers and the refusals.
#![expect(unsafe_code, reason = "an exported name is declared by an unsafe attribute, and a static cell needs Sync")]

use alloc::vec::Vec;
use core::cell::RefCell;

/// Most bytes of input: a 4K frame in four colours.
const MAX_INPUT_BYTES: usize = 64 << 20;

/// Why a call gave nothing; the negative of the number is returned. `web/shared/wasm.js` lists the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Refusal {
    /// An argument has the wrong number of bytes.
    BadLength = 1,
    /// Version, suite, profile, duration or step of a ticket header is not one this build knows.
    BadHeader = 2,
    /// The ticket has not started.
    TooEarly = 3,
    /// The ticket is over.
    TooLate = 4,
    /// A public key is not a point of its curve.
    BadKey = 5,
    /// A signature does not hold.
    BadSignature = 6,
    /// The text does not fit the largest symbol allowed.
    TooLong = 7,
    /// The text cannot be written in this kind of symbol.
    BadText = 8,
    /// A signed list or bundle is not one, or names a signer that may not sign it.
    BadList = 9,
    /// A list or bundle has to be opened first.
    NotLoaded = 10,
    /// A number is out of its range.
    BadArgument = 11,
    /// Nothing readable in the picture.
    NotFound = 12,
    /// The suite is not enabled in this build.
    Unsupported = 13,
    /// A list or bundle older than one already seen.
    OldList = 14,
    /// A bundle past its end.
    ExpiredList = 15,
    /// A bundle for another point.
    OtherPoint = 16,
}

/// Input and output of the call that is going on.
struct Buffers {
    input: Vec<u8>,
    output: Vec<u8>,
}

struct Cell(RefCell<Buffers>);

// SAFETY: the artefacts are built without threads. On other targets, where the tests run, `answer` refuses a second
// user only by panicking, and each test process calls it from one thread.
unsafe impl Sync for Cell {}

static BUFFERS: Cell = Cell(RefCell::new(Buffers { input: Vec::new(), output: Vec::new() }));

/// Makes room for the input and gives its address; 0 when there is no room.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_reserve(bytes: usize) -> *mut u8 {
    let Ok(mut buffers) = BUFFERS.0.try_borrow_mut() else { return core::ptr::null_mut() };
    let input = &mut buffers.input;
    let missing = bytes.saturating_sub(input.len());
    if bytes > MAX_INPUT_BYTES || input.try_reserve_exact(missing).is_err() {
        return core::ptr::null_mut();
    }
    input.resize(bytes, 0);
    input.as_mut_ptr()
}

/// The address of the last answer.
#[unsafe(no_mangle)]
pub extern "C" fn tongma_output() -> *const u8 {
    BUFFERS.0.try_borrow().map_or(core::ptr::null(), |buffers| buffers.output.as_ptr())
}

/// Runs a function on the input and keeps its answer for the caller to fetch.
///
/// The number returned is the answer's length or the negative of a [`Refusal`].
pub fn answer(work: impl FnOnce(&[u8], &mut Vec<u8>) -> Result<(), Refusal>) -> i32 {
    let Ok(mut buffers) = BUFFERS.0.try_borrow_mut() else { return -(Refusal::BadArgument as i32) };
    let Buffers { input, output } = &mut *buffers;
    output.clear();
    match work(input, output) {
        Ok(()) => i32::try_from(output.len()).unwrap_or(-(Refusal::TooLong as i32)),
        Err(refusal) => -(refusal as i32),
    }
}
