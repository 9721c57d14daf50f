//! Where a resolved value came from, so that `vecops profile show` can say it.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resolved<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

impl<T> Resolved<T> {
    /// A value from a source.
    pub fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }

    /// A value that vecops brings along.
    pub fn built_in(value: T) -> Self {
        Self::new(value, Source::BuiltIn)
    }

    /// The same source with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Resolved<U> {
        Resolved {
            value: change(self.value),
            source: self.source,
        }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A flag of the command line.
    Flag(&'static str),
    /// A variable of the environment.
    Variable(String),
    /// A variable in a `.env` file.
    EnvFile {
        /// The file.
        path: PathBuf,
        /// The variable.
        variable: String,
    },
    /// A line of `vecops.toml`.
    Manifest {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A file that the Supabase CLI wrote, or another file that was read.
    File(PathBuf),
    /// A part of a connection URL, and where the URL came from.
    Url(Box<Source>),
    /// The embedded server, which is running.
    Embedded,
    /// A value that vecops brings along.
    BuiltIn,
}

impl Source {
    /// The same place, as the place of a URL's part.
    #[must_use]
    pub fn of_url(&self) -> Self {
        Self::Url(Box::new(self.clone()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "{name}"),
            Self::Variable(name) => write!(f, "${name}"),
            Self::EnvFile { path, variable } => write!(f, "{} ({variable})", path.display()),
            Self::Manifest { path, line } => write!(f, "{}:{line}", path.display()),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(source) => write!(f, "the URL from {source}"),
            Self::Embedded => f.write_str("the running embedded server"),
            Self::BuiltIn => f.write_str("built in"),
        }
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
