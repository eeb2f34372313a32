//! The verifier and the format, tested as one program so that its fixtures are built once.
#![cfg(test)]

mod allocation;
mod common;
mod diagonal;
mod lists;
mod openssl;
mod paper_vectors;
mod papers;
mod pipeline;
mod points;
mod seeds;
mod short;
mod sm2_edges;
mod vectors;
