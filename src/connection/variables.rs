//! Variables in their layers: the environment, the profile's `env_file`, `.env.<profile>`, for `linked` and `local` the
//! Supabase CLI's own files, `.env`.
//!
//! A `.env` file is read by iterator and never touches the process's environment. Consent (`VECOPS_YES`) is
//! not looked up here: a file cannot give it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::provenance::{Resolved, Source};
use super::resolve::Configuration;
use crate::error::{Context as _, Error, Result};

/// A `.env` file that was read.
#[derive(Clone)]
pub(super) struct EnvFile {
    path: PathBuf,
    variables: BTreeMap<String, String>,
    belongs_to_profile: bool,
}

impl EnvFile {
    fn read(path: &Path, belongs_to_profile: bool) -> Result<Self> {
        let doing = || format!("read `{}`", path.display());
        let text = fs_err::read_to_string(path)
            .map_err(|source| Error::configuration(source.to_string()).context(doing()))?;
        let pairs = dotenvy::from_read_iter(text.as_bytes());
        let variables = pairs
            .collect::<dotenvy::Result<_>>()
            .map_err(|source| unreadable(&text, &source).context(doing()))?;
        Ok(Self {
            path: path.to_owned(),
            variables,
            belongs_to_profile,
        })
    }

    fn get(&self, name: &str) -> Option<Resolved<String>> {
        let value = self.variables.get(name).filter(|value| !value.is_empty())?;
        let source = Source::EnvFile {
            path: self.path.clone(),
            variable: name.to_owned(),
        };
        Some(Resolved::new(value.clone(), source))
    }
}

/// What is wrong with a file. dotenvy repeats the line, which may hold a password; here its number is enough.
fn unreadable(text: &str, source: &dotenvy::Error) -> Error {
    let line = match source {
        dotenvy::Error::LineParse(line, _) => text.lines().position(|one| one.trim() == line.trim()),
        _ => None,
    };
    let line = line.map_or_else(|| "a line".to_owned(), |before| format!("line {}", before + 1));
    Error::configuration(format!("{line} is not `NAME=value`"))
        .hint("Put a value with spaces, quotes or `#` between single quotes.")
}

impl fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvFile")
            .field("path", &self.path)
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The layers that a profile's variables are looked up in.
#[derive(Debug, Clone)]
pub(super) struct Variables<'e> {
    environment: &'e Environment,
    files: Vec<EnvFile>,
}

impl<'e> Variables<'e> {
    /// The layers before a profile is chosen: the environment and `.env` in `folder`.
    pub(super) fn general(environment: &'e Environment, folder: &Path) -> Result<Self> {
        Self::of_files(environment, folder, &[])
    }

    /// The environment, these files where they are there, and `.env` in `folder`.
    fn of_files(environment: &'e Environment, folder: &Path, files: &[PathBuf]) -> Result<Self> {
        let mut variables = Self {
            environment,
            files: Vec::new(),
        };
        for path in files {
            variables.add_if_there(path, false)?;
        }
        variables.add_if_there(&folder.join(".env"), false)?;
        Ok(variables)
    }

    fn add_if_there(&mut self, path: &Path, belongs_to_profile: bool) -> Result<()> {
        if path.is_file() {
            self.files.push(EnvFile::read(path, belongs_to_profile)?);
        }
        Ok(())
    }

    /// The value of the highest layer that has one.
    pub(super) fn get(&self, name: &str) -> Option<Resolved<String>> {
        let from_environment = self.environment.variable(name);
        let from_environment =
            from_environment.map(|value| Resolved::new(value.to_owned(), Source::Variable(name.to_owned())));
        from_environment.or_else(|| self.files.iter().find_map(|file| file.get(name)))
    }

    /// The value in the files that belong to the profile alone, which no other profile's work can leak into.
    pub(super) fn get_of_profile(&self, name: &str) -> Option<Resolved<String>> {
        let mut own = self.files.iter().filter(|file| file.belongs_to_profile);
        own.find_map(|file| file.get(name))
    }

    /// The environment below the files.
    pub(super) fn environment(&self) -> &'e Environment {
        self.environment
    }
}

impl<'e> Configuration<'e> {
    /// The layers before a profile is chosen.
    pub(super) fn general_variables(&self) -> Result<Variables<'e>> {
        Variables::general(self.environment, &self.folder)
    }

    /// The layers in which the Supabase CLI looks.
    pub(super) fn supabase_variables(&self) -> Result<Variables<'e>> {
        let folder = self.supabase.as_ref();
        let files = folder.map_or_else(Vec::new, |folder| folder.env_files(self.environment));
        Variables::of_files(self.environment, &self.folder, &files)
    }

    /// The layers of a profile; its `env_file` must be there, the others may be.
    pub(super) fn variables_of(&self, profile: &str) -> Result<Variables<'e>> {
        let mut own = Variables {
            environment: self.environment,
            files: Vec::new(),
        };
        let table = self
            .profiles
            .as_ref()
            .and_then(|profiles| profiles.table(profile));
        if let Some(path) = table.and_then(|table| table.env_file.as_ref()) {
            let file = EnvFile::read(&self.folder.join(path.get_ref()), true);
            own.files
                .push(file.context(format!("`env_file` of profile `{profile}`"))?);
        }
        own.add_if_there(&self.folder.join(format!(".env.{profile}")), true)?;
        let general = match profile {
            "linked" | "local" => self.supabase_variables()?,
            _ => self.general_variables()?,
        };
        own.files.extend(general.files);
        Ok(own)
    }
}
