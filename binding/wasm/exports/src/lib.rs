//! What JavaScript calls: raw exports over two buffers, without a binding generator.
//!
//! A call: `tongma_reserve(bytes)` gives the address of the input; the caller writes there and calls a function with
//! the lengths of its parts. The answer is the number of bytes at `tongma_output()`, or a [`Refusal`] as its negative.
//! Both addresses hold until the next call. Numbers in the output are little-endian; times are milliseconds since 1970
//! as `f64`, the number of JavaScript.
//!
//! `unsafe` is needed here only because an exported name is declared by an `unsafe` attribute: two functions of the
//! same name would be undefined. All names begin with `tongma_` and the linker refuses doubles.
#![no_std]
extern crate alloc;

mod buffers;
mod symbols;
mod tickets;

pub use buffers::{Refusal, answer};
pub use tickets::{Parts, point, seconds};
