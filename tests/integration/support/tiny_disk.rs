//! A disk so small that it is full.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use super::passable_folder;

/// A file system in memory, of some kilobytes; gone with this.
pub(crate) struct TinyDisk(tempfile::TempDir);

impl TinyDisk {
    /// One with these options, such as `size=6m`. None, said aloud, where nothing can be mounted here.
    pub(crate) fn new(options: &str) -> Option<Self> {
        let folder = passable_folder();
        if !mount(&format!("{options},mode=711"), folder.path()) {
            // Straight to stderr: what a passing test prints is swallowed.
            let why = "NOT RUN: no file system can be mounted here, so no disk can be full (`mount -t tmpfs`, as root)\n";
            std::io::stderr().write_all(why.as_bytes()).unwrap();
            return None;
        }
        Some(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// With other options from now on.
    pub(crate) fn remount(&self, options: &str) {
        assert!(mount(&format!("remount,{options}"), self.path()), "{options}");
    }
}

fn mount(options: &str, folder: &Path) -> bool {
    let done = Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "tmpfs"])
        .arg(folder)
        .output();
    done.is_ok_and(|output| output.status.success())
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        Command::new("umount")
            .arg("-l")
            .arg(self.0.path())
            .status()
            .unwrap();
    }
}
