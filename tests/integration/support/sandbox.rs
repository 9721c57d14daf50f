//! A place of its own for the `vecops` program: its home, its working directory, nothing of the user's.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::server::{cache_folder, passable_folder};
use super::variable;

/// A folder in which a test runs `vecops` as if on a new machine. Only the installed programs are shared.
pub(crate) struct Sandbox(tempfile::TempDir);

impl Sandbox {
    /// A new, empty one.
    pub(crate) fn new() -> Self {
        Self(passable_folder())
    }

    /// Its folder: the home and the working directory of [`Self::vecops`].
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where `vecops` keeps its data here.
    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.path().join("data")
    }

    /// The `vecops` program with an environment that holds only what it needs.
    pub(crate) fn vecops(&self, arguments: &[&str]) -> assert_cmd::Command {
        assert_cmd::Command::from_std(self.command(arguments))
    }

    /// The same, begun and silent, for a test that kills it.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vecops"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", variable("PATH").unwrap_or_default())
            .env("HOME", self.path().join("home"))
            .env("XDG_DATA_HOME", self.data())
            .env("XDG_CACHE_HOME", cache_folder().parent().unwrap());
        if let Some(bin) = variable("VECOPS_POSTGRES_BIN") {
            command.env("VECOPS_POSTGRES_BIN", bin);
        }
        command
    }
}
