//! What lies in the Supabase CLI's folder: `supabase/config.toml`, `supabase/.temp/*` and the `.env` files that the CLI
//! reads there. Read, never written.
//!
//! Which files and what they hold: supabase/cli 3.1, `link` and `start`; which `.env` files in which order, and
//! `env(NAME)` in `config.toml`: its `pkg/config`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::endpoint::{LOCAL_PORT, is_project_ref};
use super::environment::Environment;
use super::provenance::{Resolved, Source};
use super::variables::Variables;
use crate::error::{Error, Result};

/// The folder `supabase/` of a working tree.
#[derive(Debug, Clone)]
pub(super) struct SupabaseFolder {
    path: PathBuf,
}

#[derive(Deserialize, Default)]
struct Config {
    #[serde(default)]
    db: Database,
}

#[derive(Deserialize, Default)]
struct Database {
    port: Option<toml::Value>,
}

#[derive(Deserialize)]
struct LinkedProject {
    #[serde(rename = "ref", alias = "project_ref", alias = "projectRef", alias = "id")]
    project: String,
}

impl SupabaseFolder {
    /// Finds the folder: `$SUPABASE_WORKDIR`, beside `vecops.toml`, or upward from where vecops was started.
    pub(super) fn find(environment: &Environment, manifest_folder: Option<&Path>) -> Option<Self> {
        let chosen = environment
            .variable("SUPABASE_WORKDIR")
            .map(|folder| environment.working_folder.join(folder));
        let upward = environment.working_folder.ancestors().map(Path::to_owned);
        let candidates = chosen
            .into_iter()
            .chain(manifest_folder.map(Path::to_owned))
            .chain(upward);
        candidates
            .map(|folder| folder.join("supabase"))
            .find(|folder| folder.join("config.toml").is_file() || folder.join(".temp").is_dir())
            .map(|path| Self { path })
    }

    /// The `.env` files that the CLI reads here, the strongest first; `$SUPABASE_ENV` says for which environment.
    pub(super) fn env_files(&self, environment: &Environment) -> Vec<PathBuf> {
        let chosen = environment.variable("SUPABASE_ENV").unwrap_or("development");
        let mut names = vec![format!(".env.{chosen}.local")];
        // What one developer keeps for himself has no business in tests.
        if chosen != "test" {
            names.push(".env.local".to_owned());
        }
        names.extend([format!(".env.{chosen}"), ".env".to_owned()]);
        names.iter().map(|name| self.path.join(name)).collect()
    }

    /// The port of the local database; the CLI's default where the file does not say.
    pub(super) fn local_port(&self, variables: &Variables<'_>) -> Result<Resolved<u16>> {
        let path = self.config_path();
        let Ok(text) = fs_err::read_to_string(&path) else {
            return Ok(Resolved::built_in(LOCAL_PORT));
        };
        let wrong = |why: &str| Error::configuration(format!("{}: {why}", path.display()));
        let config: Config = toml::from_str(&text).map_err(|source| wrong(source.message()))?;
        let no_port = || wrong("`port` of `[db]` is no port");
        match config.db.port {
            None => Ok(Resolved::built_in(LOCAL_PORT)),
            Some(toml::Value::Integer(port)) => {
                let port = u16::try_from(port).map_err(|_| no_port())?;
                Ok(Resolved::new(port, Source::File(path)))
            }
            Some(toml::Value::String(text)) => {
                let name = text.strip_prefix("env(").and_then(|rest| rest.strip_suffix(')'));
                let name = name.ok_or_else(no_port)?;
                let unset = || {
                    wrong(&format!(
                        "`port` of `[db]` is taken from `{name}`, which is not set"
                    ))
                    .hint(format!(
                        "Export `{name}`, or put it into `{}`.",
                        self.path.join(".env").display()
                    ))
                };
                let port = variables.get(name).ok_or_else(unset)?;
                let number = port.value.parse().map_err(|_| no_port())?;
                Ok(port.map(|_| number))
            }
            Some(_) => Err(no_port()),
        }
    }

    /// Whether the local stack was set up here.
    pub(super) fn has_config(&self) -> bool {
        self.config_path().is_file()
    }

    /// The path of `config.toml`.
    pub(super) fn config_path(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    /// The ref of the linked project.
    pub(super) fn project_ref(&self) -> Option<Resolved<String>> {
        self.temporary("project-ref")
            .or_else(|| self.linked_project())
            .filter(|found| is_project_ref(&found.value))
    }

    /// The pooler URL that `supabase link` saved.
    pub(super) fn pooler_url(&self) -> Option<Resolved<String>> {
        self.temporary("pooler-url")
    }

    fn linked_project(&self) -> Option<Resolved<String>> {
        let path = self.path.join(".temp").join("linked-project.json");
        let text = fs_err::read_to_string(&path).ok()?;
        let linked: LinkedProject = serde_json::from_str(&text).ok()?;
        Some(Resolved::new(linked.project, Source::File(path)))
    }

    fn temporary(&self, name: &str) -> Option<Resolved<String>> {
        let path = self.path.join(".temp").join(name);
        let text = fs_err::read_to_string(&path).ok()?;
        let text = text.trim();
        (!text.is_empty()).then(|| Resolved::new(text.to_owned(), Source::File(path)))
    }
}
