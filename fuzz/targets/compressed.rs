//! The layer that gzip and zstd are read through: the first byte chooses what the bytes behind it are compressed with.

#![no_main]

use vecops::seed::{Format, fuzzing};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vecops_fuzz::read(Format::JsonLines, &fuzzing::compressed(bytes)));
