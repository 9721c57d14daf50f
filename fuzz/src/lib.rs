//! What the targets share: a reader fed with any bytes.

use std::cell::RefCell;

use tempfile::NamedTempFile;
use vecops::seed::Format;
use vecops::seed::fuzzing;

thread_local! {
    static FILE: RefCell<NamedTempFile> = RefCell::new(NamedTempFile::new().unwrap());
}

/// Reads bytes as a file of a format. Errors are as they should be; panics and endless work are not.
pub fn read(format: Format, bytes: &[u8]) {
    FILE.with_borrow(|file| {
        let _ = fuzzing::read(format, bytes, file.path());
    });
}
