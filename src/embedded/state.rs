//! What vecops remembers of a cluster: its port, its passwords, its programs, and whether it is complete.
//!
//! The file is replaced as a whole by a rename, readable by its owner only. It is the one place where the
//! passwords lie.

use std::io::Write as _;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::Programs;
use super::place::Place;
use crate::error::{Context as _, Error, Result};

/// The format of the state file and of the cluster's shape.
const FORMAT: u32 = 1;

/// The state of one cluster. It holds passwords, so it has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct State {
    format: u32,
    /// The TCP port of the last start.
    pub(super) port: u16,
    /// The programs that made the cluster or ran it last.
    pub(super) programs: Programs,
    /// Whether the roles and schemas are all there. A cluster without them was never handed to anybody.
    pub(super) complete: bool,
    passwords: Passwords,
}

#[derive(Clone, Serialize, Deserialize)]
struct Passwords {
    administrator: String,
    postgres: String,
    authenticator: String,
}

/// A login of the cluster.
#[derive(Debug, Clone, Copy)]
pub(super) enum Login {
    Administrator,
    Postgres,
    Authenticator,
}

impl State {
    /// The state of a cluster that is about to be made, with new passwords.
    pub(super) fn new(programs: Programs, port: u16) -> Self {
        let random = || uuid::Uuid::new_v4().simple().to_string();
        let passwords = Passwords {
            administrator: random(),
            postgres: random(),
            authenticator: random(),
        };
        Self {
            format: FORMAT,
            port,
            programs,
            complete: false,
            passwords,
        }
    }

    /// Reads the state; none where there is no file.
    pub(super) fn read(place: &Place) -> Result<Option<Self>> {
        let path = place.state();
        let text = match fs_err::read_to_string(&path) {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.context("read the embedded server's state")?,
        };
        let unreadable = |cause: String| {
            Error::precondition(format!(
                "the state file `{}` cannot be understood",
                path.display()
            ))
            .cause(cause)
            .hint("Run `vecops embedded reset` to start over; this deletes the embedded server's data.")
        };
        let state: Self = serde_json::from_str(&text).map_err(|source| unreadable(source.to_string()))?;
        if state.format != FORMAT {
            return Err(unreadable(format!(
                "its format is {}, this vecops knows {FORMAT}",
                state.format
            )));
        }
        Ok(Some(state))
    }

    /// Writes the state, wholly or not at all.
    pub(super) fn write(&self, place: &Place) -> Result<()> {
        let doing = "write the embedded server's state";
        // A temporary file is readable by its owner only, from its first moment.
        let mut file = tempfile::NamedTempFile::new_in(place.folder()).context(doing)?;
        let text = serde_json::to_string_pretty(self)
            .map_err(|source| Error::bug("the state cannot be written as JSON").caused_by(&source))?;
        file.write_all(text.as_bytes()).context(doing)?;
        file.as_file().sync_all().context(doing)?;
        file.persist(place.state())
            .map_err(|failed| failed.error)
            .context(doing)?;
        Ok(())
    }

    /// The password of a login.
    pub(super) fn password(&self, login: Login) -> SecretString {
        let Passwords {
            administrator,
            postgres,
            authenticator,
        } = &self.passwords;
        SecretString::from(match login {
            Login::Administrator => administrator.clone(),
            Login::Postgres => postgres.clone(),
            Login::Authenticator => authenticator.clone(),
        })
    }
}
