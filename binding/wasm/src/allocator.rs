//! Memory by powers of two: a list of free blocks per size, fresh ones cut from the end of the memory.
//!
//! Calls from the browser are short and repeat the same few sizes, so blocks find their next user and need never be
//! joined again.
#![expect(unsafe_code, reason = "an allocator hands out raw memory")]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

const PAGE_BYTES: usize = 65_536;
/// The smallest block is 2⁴ bytes: room for the link to the next free one, aligned for everything in use.
const SMALLEST_LOG2: u32 = 4;
/// No type in use is aligned to more.
const MOST_ALIGNED_BYTES: usize = 4096;
/// Blocks of 2²⁷ bytes and more are refused.
const CLASSES: usize = 23;

struct State {
    /// The first free block of each size.
    free: [*mut u8; CLASSES],
    /// The end of what was cut so far, and of the memory; both 0 before the first use.
    next: usize,
    end: usize,
}

struct PowersOfTwo(UnsafeCell<State>);

// SAFETY: the artefact is built without threads, so no two calls can ever overlap.
unsafe impl Sync for PowersOfTwo {}

#[global_allocator]
static ALLOCATOR: PowersOfTwo = PowersOfTwo(UnsafeCell::new(State { free: [null_mut(); CLASSES], next: 0, end: 0 }));

/// Number and bytes of the class that holds a layout.
fn class(layout: Layout) -> Option<(usize, usize)> {
    let bytes = layout.size().max(layout.align()).max(1 << SMALLEST_LOG2).checked_next_power_of_two()?;
    let class = (bytes.trailing_zeros() - SMALLEST_LOG2) as usize;
    (class < CLASSES && layout.align() <= MOST_ALIGNED_BYTES).then_some((class, bytes))
}

impl State {
    /// A block that was never in use, from memory past what the linker laid out.
    fn cut(&mut self, bytes: usize) -> Option<*mut u8> {
        if self.end == 0 {
            self.end = memory_size(0) * PAGE_BYTES;
            self.next = self.end;
        }
        let start = self.next.checked_next_multiple_of(bytes.min(MOST_ALIGNED_BYTES))?;
        let end = start.checked_add(bytes)?;
        if end > self.end {
            let pages = (end - self.end).div_ceil(PAGE_BYTES);
            if memory_grow(0, pages) == usize::MAX {
                return None;
            }
            self.end += pages * PAGE_BYTES;
        }
        self.next = end;
        Some(start as *mut u8)
    }
}

// SAFETY: blocks come from memory that `memory_grow` gave to this allocator alone, are at least as large and as aligned
// as asked for, and are handed out again only after `dealloc`.
#[expect(clippy::cast_ptr_alignment, reason = "blocks are aligned to 16 bytes at least")]
unsafe impl GlobalAlloc for PowersOfTwo {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((class, bytes)) = class(layout) else { return null_mut() };
        // SAFETY: without threads this is the only reference.
        let state = unsafe { &mut *self.0.get() };
        let Some(head) = state.free.get_mut(class) else { return null_mut() };
        if head.is_null() {
            return state.cut(bytes).unwrap_or(null_mut());
        }
        let block = *head;
        // SAFETY: a free block holds the link that `dealloc` wrote.
        *head = unsafe { block.cast::<*mut u8>().read() };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        let state = unsafe { &mut *self.0.get() };
        if let Some(head) = class(layout).and_then(|(class, _)| state.free.get_mut(class)) {
            // SAFETY: the block has room for a link, is aligned for it, and nobody uses it any more.
            unsafe { block.cast::<*mut u8>().write(*head) };
            *head = block;
        }
    }
}
