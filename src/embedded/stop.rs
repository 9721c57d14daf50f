//! `stop` and `remove`.

use serde::Serialize;

use super::account::{self, Account, runs_as_root};
use super::lock::{self, Lock};
use super::place::{Place, delete_folder};
use super::state::State;
use super::{Major, Options, Programs, locate, postmaster};
use crate::error::Result;
use crate::progress::{Progress, Unit};

/// What stopping did.
#[derive(Debug, Clone, Serialize)]
pub struct Stopped {
    /// The major version asked about.
    pub major: Major,
    /// The process that was stopped; none where the server did not run.
    pub pid: Option<u32>,
}

/// Stops the embedded server: open transactions are rolled back, what was committed is safe.
pub async fn stop(options: &Options, progress: &dyn Progress) -> Result<Stopped> {
    stop_and(options, progress, "fast", |_| Ok(())).await
}

/// Stops the embedded server and deletes its data.
pub async fn remove(options: &Options, progress: &dyn Progress) -> Result<Stopped> {
    stop_and(options, progress, "immediate", |place| {
        delete_folder(&place.folder())
    })
    .await
}

async fn stop_and(
    options: &Options,
    progress: &dyn Progress,
    mode: &str,
    then: impl FnOnce(&Place) -> Result<()>,
) -> Result<Stopped> {
    let place = Place::of(options)?;
    let major = options.major;
    if !place.folder().exists() {
        return Ok(Stopped { major, pid: None });
    }
    place.prepare(runs_as_root()?)?;
    let lock = lock::exclusive(&place.lock(), progress).await?;
    let account = Account::of(&place).await?;
    let process = postmaster::living(&place);
    if process.is_some() {
        let task = progress.task(&format!("stop PostgreSQL {major}"), Unit::Unknown, None);
        let programs = programs(&place, options, &account, progress).await?;
        stop_process(&place, &programs, &account, &lock, mode).await?;
        task.finish();
    }
    postmaster::forget_dead(&place)?;
    then(&place)?;
    Ok(Stopped {
        major,
        pid: process.map(|process| process.pid),
    })
}

/// The programs that the server was started with; where that is not known any more, others of its version.
async fn programs(
    place: &Place,
    options: &Options,
    account: &Account,
    progress: &dyn Progress,
) -> Result<Programs> {
    match State::read(place) {
        Ok(Some(state)) => Ok(state.programs),
        _ => locate::programs(options, None, account, progress).await,
    }
}

/// Stops the server process where it lives, and waits for its end.
pub(super) async fn stop_process(
    place: &Place,
    programs: &Programs,
    account: &Account,
    lock: &Lock,
    mode: &str,
) -> Result<()> {
    if postmaster::living(place).is_none() {
        return Ok(());
    }
    let mut command = account.working_command(&programs.program("pg_ctl"), lock)?;
    command
        .args([
            "stop",
            "--silent",
            "--wait",
            "--timeout",
            "120",
            "--mode",
            mode,
            "-D",
        ])
        .arg(place.cluster());
    let stopped = account::run(command, "stop the embedded server").await;
    // It may have ended by itself in between, which is what was wanted.
    if postmaster::living(place).is_none() {
        Ok(())
    } else {
        stopped.map(drop)
    }
}
