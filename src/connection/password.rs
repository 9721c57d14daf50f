//! Where the password comes from, and getting it only when a connection needs it.
//!
//! Order: the URL, a variable, `password_command`, the password file, the Supabase access token. The command
//! runs once a process, through `sh -c`, without any secret in its arguments. No view shows a password.

use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::OnceCell;

use super::pgpass::PasswordFile;
use super::provenance::{Resolved, Source};
use super::target::Address;
use crate::error::{Error, Result};

/// Where a target's password comes from.
#[derive(Debug, Clone)]
pub enum Password {
    /// It is known.
    Known(Resolved<SecretString>),
    /// A command prints it.
    Command(PasswordCommand),
    /// A password file may have it.
    File(PasswordFile),
    /// The profile names a variable that is not set.
    Unset(Resolved<String>),
    /// Nobody said one.
    None,
}

/// A command that prints the password.
#[derive(Clone)]
pub struct PasswordCommand {
    command: Resolved<String>,
    folder: PathBuf,
    answer: Arc<OnceCell<SecretString>>,
}

impl Password {
    /// A command, run in `folder` when first needed.
    pub(super) fn command(command: Resolved<String>, folder: PathBuf) -> Self {
        Self::Command(PasswordCommand {
            command,
            folder,
            answer: Arc::default(),
        })
    }

    /// The password for an address, an empty one where there is none.
    pub async fn for_address(&self, address: &Address) -> Result<SecretString> {
        match self {
            Self::Known(password) => Ok(password.value.clone()),
            Self::Command(command) => command.ask().await,
            Self::File(file) => Ok(from_file(file, address).unwrap_or_default()),
            Self::Unset(variable) => Err(Error::configuration(format!(
                "the password variable `{}` ({}) is not set",
                variable.value, variable.source
            ))
            .hint(format!(
                "Export `{}`, or put it into a `.env` file.",
                variable.value
            ))),
            Self::None => Ok(SecretString::default()),
        }
    }

    /// Where the password of an address comes from; none where there is none.
    pub fn source(&self, address: &Address) -> Option<Source> {
        match self {
            Self::Known(password) => Some(password.source.clone()),
            Self::Command(command) => Some(command.command.source.clone()),
            Self::File(file) => from_file(file, address).map(|_| Source::File(file.path.clone())),
            Self::Unset(_) | Self::None => None,
        }
    }

    /// The password as `vecops profile show` prints it.
    pub fn masked(&self, address: &Address) -> String {
        match self {
            Self::Known(password) if password.value.expose_secret().is_empty() => "(empty)".to_owned(),
            Self::Command(_) => "*** (printed by `password_command`, not run)".to_owned(),
            Self::Unset(variable) => format!("(`{}` is not set)", variable.value),
            _ if self.source(address).is_some() => "***".to_owned(),
            _ => "(none)".to_owned(),
        }
    }
}

fn from_file(file: &PasswordFile, address: &Address) -> Option<SecretString> {
    file.find(
        &address.host.value,
        address.port.value,
        &address.database.value,
        &address.user.value,
    )
}

impl PasswordCommand {
    async fn ask(&self) -> Result<SecretString> {
        self.answer.get_or_try_init(|| self.run()).await.cloned()
    }

    async fn run(&self) -> Result<SecretString> {
        let failed = |why: String| {
            Error::configuration(format!(
                "`password_command` ({}) gave no password",
                self.command.source
            ))
            .cause(why)
            .hint("Run the command by hand; it must print the password and end with 0.")
        };
        let output = tokio::process::Command::new("sh")
            .args(["-c", &self.command.value])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|source| failed(source.to_string()))?;
        if !output.status.success() {
            return Err(failed(output.status.to_string()));
        }
        let text = String::from_utf8(output.stdout).map_err(|_| failed("it printed no UTF-8".to_owned()))?;
        let password = text.strip_suffix('\n').unwrap_or(&text);
        let password = password.strip_suffix('\r').unwrap_or(password);
        if password.is_empty() {
            return Err(failed("it printed nothing".to_owned()));
        }
        Ok(SecretString::from(password))
    }
}

impl fmt::Debug for PasswordCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordCommand")
            .field("source", &self.command.source)
            .finish_non_exhaustive()
    }
}
