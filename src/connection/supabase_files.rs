//! What the Supabase CLI left on disk: `supabase/config.toml` and `supabase/.temp/*`. Read, never written.
//!
//! Which files and what they hold: supabase/cli 3.1, `link` and `start`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::endpoint::{LOCAL_PORT, is_project_ref};
use super::environment::Environment;
use super::provenance::{Resolved, Source};
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
    port: Option<u16>,
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

    /// The port of the local database; the CLI's default where the file does not say.
    pub(super) fn local_port(&self) -> Result<Resolved<u16>> {
        let path = self.config_path();
        let Ok(text) = fs_err::read_to_string(&path) else {
            return Ok(Resolved::built_in(LOCAL_PORT));
        };
        let config: Config = toml::from_str(&text)
            .map_err(|source| Error::configuration(format!("{}: {}", path.display(), source.message())))?;
        Ok(config.db.port.map_or(Resolved::built_in(LOCAL_PORT), |port| {
            Resolved::new(port, Source::File(path))
        }))
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
