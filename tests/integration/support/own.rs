//! A server for one test, which may do violence to it.

use std::process::Command;

use vecops::embedded::{self, Major, Options, Running};
use vecops::progress::Silent;

use super::server::{embedded_options, passable_folder};

/// A server of its own; stopped when the test ends, whatever its result.
pub(crate) struct OwnServer {
    pub(crate) options: Options,
    pub(crate) folder: tempfile::TempDir,
}

impl OwnServer {
    pub(crate) fn new(major: Major) -> Self {
        let folder = passable_folder();
        Self {
            options: embedded_options(major, folder.path()),
            folder,
        }
    }

    pub(crate) async fn start(&self) -> Running {
        embedded::start(&self.options, &Silent).await.unwrap()
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let pid_file = self
            .folder
            .path()
            .join(format!("{}/postgresql/postmaster.pid", self.options.major));
        if let Ok(text) = fs_err::read_to_string(pid_file) {
            kill(text.lines().next().unwrap_or_default(), "QUIT");
        }
    }
}

/// The most memory that a process ever had, in KiB, which the kernel keeps itself; none where it has ended.
pub(crate) fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs_err::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().trim_end_matches(" kB").parse().unwrap())
}

/// Sends a signal to a process.
pub(crate) fn kill(pid: impl std::fmt::Display, signal: &str) {
    Command::new("sh")
        .args(["-c", &format!("kill -{signal} {pid}")])
        .status()
        .unwrap();
}
