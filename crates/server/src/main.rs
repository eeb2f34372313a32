//! The binary `tongma`.

fn main() {}
