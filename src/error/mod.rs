//! The one error type of vecops: what went wrong, why, and the command to type next.
//!
//! The [`Kind`] decides the exit code, in [`Kind::exit_code`] and nowhere else. Server errors get their kind
//! and hint from the SQLSTATE table in [`sqlstate`], pooler errors from the code table in [`pooler`]; no text
//! is matched where a code exists. This module must not print, and knows no command.
//!
//! Messages are lowercase, without a full stop, and name the object in backticks. Hints are sentences that
//! name a command.

mod contained;
mod nearest;
pub mod pooler;
pub mod sqlstate;

use std::fmt;

pub use contained::{contained, is_containing};
pub use nearest::nearest;

/// The result of everything in vecops that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure this is; each kind is one exit code of the shell contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The operation failed for a reason that no other kind names.
    Failed,
    /// The command line is wrong.
    Usage,
    /// A configuration file or variable is missing or wrong.
    Configuration,
    /// The server cannot be reached, or it refuses the login.
    Connection,
    /// Something the operation needs is not there: extension, privilege, endpoint kind, version, disk, memory.
    Precondition,
    /// Another session or another run is in the way.
    Conflict,
    /// A backup is damaged, incomplete or of a newer format.
    Archive,
    /// What was compared is not the same.
    Differs,
    /// Consent was not given, or the profile is protected.
    Refused,
    /// A bug in vecops.
    Bug,
    /// The user pressed Ctrl-C (SIGINT).
    Interrupted,
    /// The process was asked to end (SIGTERM).
    Terminated,
}

impl Kind {
    /// The process exit code of this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Differs => 3,
            Self::Configuration => 10,
            Self::Connection => 11,
            Self::Precondition => 12,
            Self::Conflict => 13,
            Self::Archive => 14,
            Self::Refused => 15,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The stable name that JSON errors carry as `code`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Differs => "differs",
            Self::Configuration => "configuration",
            Self::Connection => "connection",
            Self::Precondition => "precondition",
            Self::Conflict => "conflict",
            Self::Archive => "archive",
            Self::Refused => "refused",
            Self::Bug => "bug",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

/// The answer of a command that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, or nothing to do.
    Success,
    /// It ran, and the answer is no: drift, unhealthy, a target missed.
    NotMet,
    /// Partly done; the same command resumes.
    Partial,
}

impl Outcome {
    /// The process exit code of this outcome.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::NotMet => 3,
            Self::Partial => 4,
        }
    }
}

/// A failure: its kind, what failed, the chain of causes, and what to do next.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    kind: Kind,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    sqlstate: Option<String>,
}

impl Error {
    /// Makes an error of a kind with a message.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            sqlstate: None,
        }))
    }

    /// A failure that no other kind names.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// A wrong command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A missing or wrong configuration.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(Kind::Configuration, message)
    }

    /// A server that cannot be reached or that refuses the login.
    pub fn connection(message: impl Into<String>) -> Self {
        Self::new(Kind::Connection, message)
    }

    /// A missing precondition.
    pub fn precondition(message: impl Into<String>) -> Self {
        Self::new(Kind::Precondition, message)
    }

    /// Another session or run in the way.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// A refusal for want of consent.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// A bug in vecops.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, message)
    }

    /// Adds a sentence that names the next command to type. The same hint is kept once.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !self.0.hints.contains(&hint) {
            self.0.hints.push(hint);
        }
        self
    }

    /// Adds a cause below the message, the nearest one first.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.0.causes.push(cause.to_string());
        self
    }

    /// Adds an error and everything under it as causes.
    #[must_use]
    pub fn caused_by(mut self, source: &dyn std::error::Error) -> Self {
        self.0.causes.extend(chain(source));
        self
    }

    /// Puts what was being done in front: it becomes the message, and the old message the first cause.
    #[must_use]
    pub fn context(mut self, doing: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.0.message, doing.into());
        self.0.causes.insert(0, inner);
        self
    }

    /// Puts the place in the user's input in front of the message. What the server says about the place in its own
    /// stream goes away: it counts otherwise.
    #[must_use]
    pub fn at_input(mut self, place: impl fmt::Display) -> Self {
        self.0.message = format!("{place}: {}", self.0.message);
        for cause in &mut self.0.causes {
            if let Some(place) = cause.strip_prefix("where: ") {
                let elsewhere: Vec<&str> = place.lines().filter(|line| !line.starts_with("COPY ")).collect();
                *cause = format!("where: {}", elsewhere.join("; "));
            }
        }
        self.0.causes.retain(|cause| cause != "where: ");
        self
    }

    /// The same error as another kind, where the place knows better than the SQLSTATE.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The kind, which decides the exit code.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What failed.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Why, the nearest cause first.
    pub fn causes(&self) -> &[String] {
        &self.0.causes
    }

    /// What to do next.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }

    /// The five-character code of the server's error, where a server spoke.
    pub fn sqlstate(&self) -> Option<&str> {
        self.0.sqlstate.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        self.0.causes.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self, self.0.kind.code())?;
        self.0
            .hints
            .iter()
            .try_for_each(|hint| write!(f, "\n  hint: {hint}"))
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Self {
        Self::failed(source.to_string())
    }
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        match source {
            sqlx::Error::Database(database) => from_database(database.as_ref()),
            sqlx::Error::Io(io) => Self::connection("the connection to the server broke").caused_by(&io),
            sqlx::Error::Tls(tls) => Self::connection("TLS with the server failed").caused_by(tls.as_ref()),
            sqlx::Error::RowNotFound => Self::bug("a statement that always returns a row returned none"),
            sqlx::Error::Protocol(text) => {
                Self::connection("the server's answer could not be understood").cause(text)
            }
            other @ (sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)) => {
                Self::bug("a result did not have the expected shape").caused_by(&other)
            }
            other => Self::failed(chain(&other).join(": ")),
        }
    }
}

/// Turns a server's error into ours: message with SQLSTATE, DETAIL and HINT as causes, kind and hints by code.
fn from_database(database: &dyn sqlx::error::DatabaseError) -> Error {
    let code = database.code().map(std::borrow::Cow::into_owned);
    let pooler = pooler::lookup(database.message());
    let known = code.as_deref().and_then(sqlstate::lookup);

    let shown = code
        .as_deref()
        .map_or_else(String::new, |code| format!(" (SQLSTATE {code})"));
    let kind = pooler
        .map(|known| known.kind)
        .or(known.map(|known| known.kind))
        .unwrap_or(Kind::Failed);
    let mut error = Error::new(kind, format!("{}{shown}", database.message()));
    error.0.sqlstate = code;
    if let Some(postgres) = database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        error
            .0
            .causes
            .extend(postgres.detail().map(|detail| format!("detail: {detail}")));
        error
            .0
            .causes
            .extend(postgres.hint().map(|hint| format!("the server says: {hint}")));
        error
            .0
            .causes
            .extend(postgres.r#where().map(|place| format!("where: {place}")));
    }
    for hint in [pooler.map(|known| known.hint), known.and_then(|known| known.hint)]
        .into_iter()
        .flatten()
    {
        error = error.hint(hint);
    }
    error
}

/// The messages of an error and of everything under it, without repeats.
pub fn chain(error: &dyn std::error::Error) -> Vec<String> {
    let mut messages = vec![error.to_string()];
    let mut next = error.source();
    while let Some(source) = next {
        let message = source.to_string();
        if messages.last().is_none_or(|last| !last.ends_with(&message)) {
            messages.push(message);
        }
        next = source.source();
    }
    messages
}

/// Adds context to a result of any error that can become ours.
pub trait Context<T> {
    /// Puts what was being done in front of the error.
    fn context(self, doing: impl Into<String>) -> Result<T>;

    /// The same, built only where there is an error.
    fn with_context(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl Into<String>) -> Result<T> {
        self.map_err(|source| source.into().context(doing))
    }

    fn with_context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| source.into().context(doing()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_goes_in_front_and_keeps_kind_and_hints() {
        let error = Error::conflict("lock timeout")
            .hint("Try again.")
            .context("build index `x`");
        assert_eq!(error.message(), "build index `x`");
        assert_eq!(error.causes(), ["lock timeout"]);
        assert_eq!(error.kind(), Kind::Conflict);
        assert_eq!(error.hint("Try again.").hints(), ["Try again."]);
    }

    #[test]
    fn exit_codes_are_those_of_the_shell_contract() {
        let codes: Vec<u8> = [
            Kind::Failed,
            Kind::Usage,
            Kind::Differs,
            Kind::Configuration,
            Kind::Connection,
            Kind::Precondition,
            Kind::Conflict,
            Kind::Archive,
            Kind::Refused,
            Kind::Bug,
            Kind::Interrupted,
            Kind::Terminated,
        ]
        .map(Kind::exit_code)
        .to_vec();
        assert_eq!(codes, [1, 2, 3, 10, 11, 12, 13, 14, 15, 70, 130, 143]);
    }
}
