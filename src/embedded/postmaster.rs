//! Whether a cluster's server process lives, from its `postmaster.pid` and from what the system says.
//!
//! A process id alone proves nothing: after a crash it may be free, a zombie that nobody reaped, or somebody
//! else's. The postmaster's working directory is its data directory, and that settles it.
//! Format of the file: `src/include/utils/pidfile.h` of PostgreSQL.

use std::path::Path;

use super::place::Place;
use crate::error::{Context as _, Result};

/// A server process as its file describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Postmaster {
    pub(super) pid: u32,
    /// When it started, in seconds since 1970.
    pub(super) started: u64,
}

/// The living server process of a cluster.
pub(super) fn living(place: &Place) -> Option<Postmaster> {
    let postmaster = read(place)?;
    is_alive(postmaster.pid, &place.cluster()).then_some(postmaster)
}

/// Removes the files by which a server process that is gone holds its data directory and its socket.
///
/// PostgreSQL sees through a free process id, but takes a zombie, or whoever has that id now, for the old
/// server. It still refuses to start while orphans of the old server hold its memory, and that stays its own
/// judgement.
pub(super) fn forget_dead(place: &Place) -> Result<()> {
    if living(place).is_some() {
        return Ok(());
    }
    remove_file(&place.cluster().join("postmaster.pid"))?;
    let Some(socket) = place.socket().filter(|folder| folder.is_dir()) else {
        return Ok(());
    };
    for entry in fs_err::read_dir(socket)? {
        remove_file(&entry?.path())?;
    }
    Ok(())
}

/// The processes of a dead server that have not noticed its death, because they are busy; known where the
/// system has `/proc`. They can serve nobody any more.
pub(super) fn orphans(place: &Place) -> Vec<u32> {
    if living(place).is_some() {
        return Vec::new();
    }
    let cluster = place.cluster();
    let names = fs_err::read_dir("/proc").into_iter().flatten().flatten();
    let pids = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| is_alive(*pid, &cluster)).collect()
}

fn remove_file(path: &Path) -> Result<()> {
    match fs_err::remove_file(path) {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.context("clear away what a dead server left"),
    }
}

fn read(place: &Place) -> Option<Postmaster> {
    parse(&fs_err::read_to_string(place.cluster().join("postmaster.pid")).ok()?)
}

fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    let started = lines.nth(1)?.trim().parse().ok()?;
    Some(Postmaster { pid, started })
}

fn is_alive(pid: u32, cluster: &Path) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    if Path::new("/proc/self/stat").exists() {
        let is_zombie = fs_err::read_to_string(process.join("stat")).is_ok_and(|stat| is_zombie(&stat));
        let folder = fs_err::read_link(process.join("cwd"));
        return !is_zombie && folder.ok() == cluster.canonicalize().ok();
    }
    // Without /proc (macOS): the system's process list, which shows what runs but not in which folder.
    let listed = std::process::Command::new("ps")
        .args(["-o", "stat=", "-o", "command=", "-p", &pid.to_string()])
        .output();
    listed.is_ok_and(|output| {
        let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        !line.starts_with('Z') && line.contains("postgres")
    })
}

/// Whether a line of `/proc/PID/stat` is that of a process that ended and was not reaped.
fn is_zombie(stat: &str) -> bool {
    // The command in parentheses may hold anything, so the state is what follows the last one.
    let state = stat.rsplit_once(')').map(|(_, rest)| rest.trim_start());
    state.is_some_and(|state| state.starts_with(['Z', 'X']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_and_a_torn_one_is_not() {
        let text = "4711\n/data/18/postgresql\n1789000000\n54321\n";
        assert_eq!(
            parse(text),
            Some(Postmaster {
                pid: 4711,
                started: 1_789_000_000
            })
        );
        assert_eq!(parse("4711\n/data"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_living_stranger_is_not_the_server() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_alive(std::process::id(), folder.path()));
    }

    #[test]
    fn zombies_are_dead() {
        assert!(is_zombie("7 (post) gres) Z 1 7 7"));
        assert!(!is_zombie("7 (postgres) S 1 7 7"));
    }
}
