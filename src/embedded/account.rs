//! Under whose account the server's programs run.
//!
//! PostgreSQL refuses to run as root. Root therefore runs it as `postgres`, where that account exists, else as
//! `nobody`; an existing cluster stays with the account that owns it. Everybody else runs it as themselves.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::lock::Lock;
use super::place::Place;
use crate::error::{Context as _, Error, Result};

/// Variables that would lead PostgreSQL's programs to another server or another folder.
const MISLEADING: [&str; 14] = [
    "PGDATA",
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGUSER",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGDATABASE",
    "PGOPTIONS",
    "PGSERVICE",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGAPPNAME",
    "PG_COLOR",
];

/// The account that runs the server's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// The caller's own.
    Caller,
    /// Another one, because the caller is root.
    Other {
        /// How messages name it.
        name: String,
        /// Its user id.
        uid: u32,
        /// Its group id.
        gid: u32,
    },
}

/// Whether this process runs as root.
pub fn runs_as_root() -> Result<bool> {
    // Without unsafe code there is no `geteuid`; the owner of a new file is the same thing.
    let file = tempfile::tempfile().context("make a temporary file")?;
    Ok(file.metadata().context("look at a temporary file")?.uid() == 0)
}

impl Account {
    /// The account for the cluster at `place`.
    pub(super) async fn of(place: &Place) -> Result<Self> {
        if !runs_as_root()? {
            return Ok(Self::Caller);
        }
        if let Ok(cluster) = place.cluster().metadata()
            && cluster.uid() != 0
        {
            let (uid, gid) = (cluster.uid(), cluster.gid());
            return Ok(Self::Other {
                name: format!("user id {uid}"),
                uid,
                gid,
            });
        }
        for name in ["postgres", "nobody"] {
            if let (Some(uid), Some(gid)) = (id("-u", name).await, id("-g", name).await) {
                return Ok(Self::Other {
                    name: name.to_owned(),
                    uid,
                    gid,
                });
            }
        }
        Err(Error::precondition(
            "PostgreSQL does not run as root, and there is no account `postgres` or `nobody`",
        )
        .hint("Create one with `useradd --system postgres`, or run vecops as an ordinary user."))
    }

    /// A command of PostgreSQL, run as this account, in a folder it can see, led astray by no variable.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .env("LC_ALL", "C")
            .kill_on_drop(true);
        for name in MISLEADING {
            command.env_remove(name);
        }
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }

    /// The same for a command that works on the cluster. It shares the lock and is left to finish, so that the
    /// next vecops never works beside it.
    pub(super) fn working_command(&self, program: &Path, lock: &Lock) -> Result<Command> {
        let mut command = self.command(program);
        command.stdin(lock.shared()?).kill_on_drop(false);
        Ok(command)
    }

    /// Gives a file or folder to this account.
    pub(super) fn own(&self, path: &Path) -> Result<()> {
        match self {
            Self::Caller => Ok(()),
            Self::Other { name, uid, gid } => std::os::unix::fs::chown(path, Some(*uid), Some(*gid))
                .context(format!("give `{}` to {name}", path.display())),
        }
    }

    /// Whether the server runs as somebody else than the caller.
    pub(super) fn is_other(&self) -> bool {
        matches!(self, Self::Other { .. })
    }

    /// How messages name it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Caller => "you",
            Self::Other { name, .. } => name,
        }
    }
}

/// Asks the system for the user id (`-u`) or group id (`-g`) of a named account.
async fn id(which: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([which, name]).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().parse().ok().filter(|_| output.status.success())
}

/// Runs a command to its end and returns what it wrote, stdout first; a failure carries its last words.
pub(super) async fn run(mut command: Command, doing: &str) -> Result<String> {
    let output = command.output().await.context(doing)?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(format!("{stdout}{stderr}"));
    }
    let words = if stderr.trim().is_empty() { stdout } else { stderr };
    Err(Error::failed(doing).cause(last_words(&words, output.status)))
}

/// The last lines of what a failed program said, on one line.
pub(super) fn last_words(text: &str, status: std::process::ExitStatus) -> String {
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let last = lines.len().saturating_sub(4);
    match lines.get(last..) {
        Some(words) if !words.is_empty() => words.join("; "),
        _ => format!("it ended with {status} and said nothing"),
    }
}
