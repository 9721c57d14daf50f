//! Starting the server process, so that it outlives this one and does not hear the terminal's Ctrl-C.
//!
//! `pg_ctl` puts the server into a session of its own and waits until it accepts connections. What a crashed
//! server left behind heals here: a stale process file, a taken port, orphans that still hold its memory.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use super::account::{self, Account};
use super::lock::Lock;
use super::place::Place;
use super::state::State;
use super::{cluster, logs, postmaster};
use crate::error::{Context as _, Error, Result};
use crate::progress::{Progress, Unit};

/// How long recovery after a crash may take.
const PATIENCE_SECONDS: &str = "300";
/// How long orphans of a killed server may hold its memory: they are asked to end, and then they are ended.
const PATIENCE_WITH_ORPHANS: Duration = Duration::from_secs(30);
const POLITE_WITH_ORPHANS: Duration = Duration::from_secs(5);
const INTERVAL: Duration = Duration::from_millis(100);
const PORTS_TO_TRY: usize = 5;
/// A log beyond this size is put aside at the next start.
const LARGEST_LOG: u64 = 16 << 20;

/// Starts the server and waits until it accepts connections.
pub(super) async fn launch(
    place: &Place,
    state: &mut State,
    account: &Account,
    lock: &Lock,
    durable: bool,
    progress: &dyn Progress,
) -> Result<()> {
    let task = progress.task(
        &format!("start PostgreSQL {}", place.major()),
        Unit::Unknown,
        None,
    );
    postmaster::forget_dead(place)?;
    put_large_log_aside(&place.log())?;
    let begun = Instant::now();
    let mut ports = 1;
    loop {
        if !is_free(state.port) {
            state.port = free_port()?;
        }
        state.write(place)?;
        cluster::write_settings(place, state, account, durable)?;
        let said_before = logs::length(&place.log());
        if start_process(place, state, account, lock).await? {
            task.finish();
            return Ok(());
        }
        let said = logs::since(&place.log(), said_before)?;
        // The server has exit code 1 for everything, so only its words, in English by LC_ALL, tell these apart.
        let port_was_taken = said.contains("could not bind");
        let has_orphans = said.contains("pre-existing shared memory block");
        if port_was_taken && ports < PORTS_TO_TRY {
            state.port = free_port()?;
            ports += 1;
        } else if has_orphans && begun.elapsed() < PATIENCE_WITH_ORPHANS {
            let signal = if begun.elapsed() < POLITE_WITH_ORPHANS {
                "QUIT"
            } else {
                "KILL"
            };
            end_orphans(place, account, signal).await;
            tokio::time::sleep(INTERVAL).await;
        } else {
            return Err(not_started(place, &said));
        }
    }
}

/// Whether `pg_ctl` brought the server up.
async fn start_process(place: &Place, state: &State, account: &Account, lock: &Lock) -> Result<bool> {
    let log = fs_err::File::options()
        .create(true)
        .append(true)
        .open(place.log())?
        .into_parts()
        .0;
    let mut command = account.working_command(&state.programs.program("pg_ctl"), lock)?;
    command
        .args(["start", "--silent", "--wait", "--timeout", PATIENCE_SECONDS])
        // Given as `-D` it would pass through a shell, which trips over some names.
        .env("PGDATA", place.cluster())
        .stdout(log.try_clone().context("share the server's log")?)
        .stderr(log);
    let status = command.status().await.context("run `pg_ctl`")?;
    Ok(status.success())
}

/// Signals the busy processes of a dead server; PostgreSQL refuses to start beside them.
async fn end_orphans(place: &Place, account: &Account, signal: &str) {
    for pid in postmaster::orphans(place) {
        let mut command = account.command(Path::new("sh"));
        // `kill` is part of every shell, and a program of its own only on some systems.
        command.args(["-c", &format!("kill -{signal} {pid}")]);
        if let Err(error) = account::run(command, "end an orphan").await {
            tracing::debug!(pid, %error, "an orphan of the killed server could not be signalled");
        }
    }
}

fn not_started(place: &Place, said: &str) -> Error {
    let telling = |line: &str| {
        let start = ["FATAL:", "PANIC:", "ERROR:", "error:"]
            .iter()
            .find_map(|word| line.find(word))?;
        line.get(start..).map(str::to_owned)
    };
    let error = Error::failed(format!("PostgreSQL {} did not start", place.major()));
    said.lines()
        .filter_map(telling)
        .take(4)
        .fold(error, Error::cause)
        .hint("Run `vecops embedded logs` to read all that it said.")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A TCP port of the loopback address that nobody listens on now.
pub(super) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
    Ok(listener.local_addr().context("find a free port")?.port())
}

fn put_large_log_aside(log: &Path) -> Result<()> {
    if logs::length(log) > LARGEST_LOG {
        fs_err::rename(log, log.with_extension("log.old"))?;
    }
    Ok(())
}
