//! Parquet.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: vecops_fuzz::let_contained_panics_pass(),
    |bytes: &[u8]| vecops_fuzz::read(vecops::seed::Format::Parquet, bytes)
);
