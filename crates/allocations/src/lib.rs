//! The allocator of the binary (mimalloc, which is quicker than the system's where many threads hand memory to each
//! other), counting per thread. A count costs one addition to a thread's own cell and is shared with
//! nobody, so the binary that can be asked for it pays nothing that could be measured.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

use mimalloc::MiMalloc;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// How many times this thread has asked for memory, growing included, since it began.
pub fn of_this_thread() -> u64 {
    COUNT.try_with(Cell::get).unwrap_or(0)
}

/// The allocator with the count.
pub struct Counting;

fn count() {
    // While a thread ends its cell may be gone already; nobody asks any more.
    let _ = COUNT.try_with(|count| count.set(count.get().wrapping_add(1)));
}

// SAFETY: every method hands its arguments to `MiMalloc` unchanged and returns what `MiMalloc` returned. The cell has a
// constant initial value and no destructor, so touching it neither allocates nor re-enters the allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises about `layout` are passed on.
        unsafe { MiMalloc.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `MiMalloc` with this layout, as the caller promises.
        unsafe { MiMalloc.dealloc(pointer, layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as `alloc`.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as `dealloc`, and `size` is the caller's promise.
        unsafe { MiMalloc.realloc(pointer, layout, size) }
    }
}
