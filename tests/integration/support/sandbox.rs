//! A place of its own for the `vecops` program: its home, its working directory, nothing of the user's.

use std::io::Write as _;
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

    /// The same where names mean other addresses: with a hosts file of its own, in a mount namespace. None, said
    /// aloud, where this machine gives none.
    pub(crate) fn vecops_with_hosts(&self, hosts: &str, arguments: &[&str]) -> Option<assert_cmd::Command> {
        let mut namespace = vec!["--mount"];
        if !vecops::embedded::runs_as_root().unwrap() {
            namespace.extend(["--user", "--map-root-user"]);
        }
        let file = self.path().join("hosts");
        fs_err::write(&file, hosts).unwrap();
        let begin = |script: &str| {
            let mut command = self.prepared("unshare");
            command.args(&namespace).args(["sh", "-c", script]).arg(&file);
            command
        };
        let bind = r#"mount --bind "$0" /etc/hosts"#;
        let possible = begin(bind).output().is_ok_and(|output| output.status.success());
        if !possible {
            // Straight to stderr: what a passing test prints is swallowed.
            let why = "NOT RUN: no mount namespace here, so no other hosts file (`unshare --mount`, as root or with user namespaces)\n";
            std::io::stderr().write_all(why.as_bytes()).unwrap();
            return None;
        }
        let mut command = begin(&format!(r#"{bind} && exec "$@""#));
        command.arg(env!("CARGO_BIN_EXE_vecops")).args(arguments);
        Some(assert_cmd::Command::from_std(command))
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepared(env!("CARGO_BIN_EXE_vecops"));
        command.args(arguments);
        command
    }

    fn prepared(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", variable("PATH").unwrap_or_default())
            .env("HOME", self.path().join("home"))
            .env("XDG_DATA_HOME", self.data())
            .env("XDG_CACHE_HOME", cache_folder().parent().unwrap());
        // The last is where `tests/coverage.sh` has programs write what they reached.
        for name in ["VECOPS_POSTGRES_BIN", "LLVM_PROFILE_FILE"] {
            if let Some(value) = variable(name) {
                command.env(name, value);
            }
        }
        command
    }
}
