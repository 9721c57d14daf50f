//! The file lock that makes several vecops processes take turns. The system frees it when its holder dies.
//!
//! A program that works on the cluster is given the lock too, as its standard input, which it does not read:
//! where vecops is killed, the next one waits until that program is done.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::error::{Context as _, Error, Result};
use crate::progress::Progress;

/// How long to wait for another process: it may be installing over a slow line.
const PATIENCE: Duration = Duration::from_mins(5);
const INTERVAL: Duration = Duration::from_millis(50);

/// A lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// The lock as a program's standard input: it is held until that program ends as well.
    pub(super) fn shared(&self) -> Result<Stdio> {
        self.0.try_clone().map(Stdio::from).context("share the lock")
    }
}

/// Takes the lock at `path`, waiting for whoever holds it.
pub(super) async fn exclusive(path: &Path, progress: &dyn Progress) -> Result<Lock> {
    let doing = || format!("lock `{}`", path.display());
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(doing)?;
    let begun = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::Error(source)) => return Err(source).with_context(doing),
            Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => {
                return Err(Error::conflict(format!(
                    "another vecops has held `{}` for {} s",
                    path.display(),
                    PATIENCE.as_secs()
                )));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        if !told && begun.elapsed() > Duration::from_secs(1) {
            progress.note("waiting for another vecops to finish with the embedded server");
            told = true;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
