//! The phone's artefact: the exports of `tongma_wasm_exports` with the two things a program without the standard
//! library has to bring, an allocator and an end for panics. Both are small on purpose: the phone's part has a budget
//! of 30 KB compressed, and the standard library's own would take a third of it.
//!
//! `unsafe` is needed here because an allocator cannot be written without it. Every block states what it relies on.
#![cfg_attr(target_arch = "wasm32", no_std)]

pub use tongma_wasm_exports::*;

#[cfg(target_arch = "wasm32")]
mod allocator;

/// Ends the program: the browser sees a trap, and the loader starts a fresh instance.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
