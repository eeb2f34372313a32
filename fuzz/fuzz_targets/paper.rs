#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tongma_fuzz::paper(data));
