//! Randomness as an argument.

use sm3::{Digest, Sm3};

/// A source of bytes nobody can predict. Only the edge of the process owns a real one.
pub trait Entropy {
    /// Fills the slice.
    fn fill(&mut self, out: &mut [u8]);

    /// Eight bytes as a number.
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }
}

/// A stream drawn from a 32-byte seed: SM3(seed ‖ counter), block after block.
///
/// A unit of work that is run again gets the same seed and so draws the same ids.
#[derive(Clone)]
pub struct SeededEntropy {
    seed: [u8; 32],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl SeededEntropy {
    /// The stream of this seed, from its beginning.
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, counter: 0, block: [0; 32], used: 32 }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            if self.used == self.block.len() {
                let mut hash = Sm3::new();
                hash.update(self.seed);
                hash.update(self.counter.to_be_bytes());
                self.block = hash.finalize().into();
                self.counter = self.counter.wrapping_add(1);
                self.used = 0;
            }
            *byte = self.block.get(self.used).copied().unwrap_or_default();
            self.used += 1;
        }
    }
}

impl core::fmt::Debug for SeededEntropy {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("SeededEntropy")
    }
}
