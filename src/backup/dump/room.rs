//! How much room a folder's disk has.

use std::path::Path;
use std::process::{Command, Stdio};

/// The free bytes of the disk that a folder lies on, as `df` says it; nothing where there is none.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let existing = folder.ancestors().find(|path| path.exists());
    let folder = existing.unwrap_or(Path::new("."));
    let output = Command::new("df")
        .args(["-Pk", "--"])
        .arg(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kilobytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    kilobytes.checked_mul(1024)
}
