//! TSV.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vecops_fuzz::read(vecops::seed::Format::Tsv, bytes));
