//! The file `vecops.toml`: finding it, reading its text, and errors that name the line and the key.
//!
//! Each section belongs to the module that gives it meaning (`connection` reads profiles, `collection` reads
//! collections); this one knows none of them and must not hold a secret.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::error::{Context as _, Error, Result};

/// The file's name.
pub const FILE_NAME: &str = "vecops.toml";

/// A `vecops.toml` that was read.
#[derive(Debug, Clone)]
pub struct ManifestFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

impl ManifestFile {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(path)
            .map_err(|source| Error::configuration(source.to_string()))
            .context("read the manifest")?;
        Ok(Self {
            path: path.to_owned(),
            text,
        })
    }

    /// Finds the file in `folder` or the nearest folder above it.
    pub fn find(folder: &Path) -> Result<Option<Self>> {
        let found = folder
            .ancestors()
            .map(|folder| folder.join(FILE_NAME))
            .find(|path| path.is_file());
        found.map(|path| Self::read(&path)).transpose()
    }

    /// The folder that the file lies in; relative paths in it start here.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Reads the part of the file that `T` describes.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(&self.text).map_err(|source| self.error_at(source.span(), source.message()))
    }

    /// An error that names the file and the line of `span` (bytes of the text).
    pub fn error_at(&self, span: Option<Range<usize>>, message: &str) -> Error {
        let place = match span {
            Some(span) => format!("{}:{}", self.path.display(), self.line_at(span.start)),
            None => self.path.display().to_string(),
        };
        Error::configuration(format!("{place}: {message}"))
    }

    /// The line, counted from 1, of a byte of the text.
    pub fn line_at(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        before.bytes().filter(|&byte| byte == b'\n').count() + 1
    }
}
