//! What a repository holds.

use serde::Serialize;

use super::manifest::{Manifest, State};
use super::repository::{Repository, SetName};
use crate::error::Result;
use crate::sql::QualifiedName;

/// The backups of a repository, the oldest first.
#[derive(Debug, Clone, Serialize)]
pub struct BackupList {
    /// The repository's folder.
    pub repository: String,
    /// The backups.
    pub backups: Vec<Listed>,
}

/// A backup.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The database.
    pub database: String,
    /// Its folder, which restore, verify and show take.
    pub path: String,
    /// Why its manifest cannot be read, where it cannot.
    pub problem: Option<String>,
    /// What its manifest says.
    pub contents: Option<Contents>,
}

/// What a manifest says in short.
#[derive(Debug, Clone, Serialize)]
pub struct Contents {
    /// The moment that it shows.
    pub snapshot_time: String,
    /// Whether all is there.
    pub state: State,
    /// The tables.
    pub tables: Vec<QualifiedName>,
    /// How many rows there are.
    pub rows: u64,
    /// The bytes of binary COPY.
    pub raw_bytes: u64,
    /// The bytes of the objects, which several backups may share.
    pub stored_bytes: u64,
}

/// A backup with its manifest.
#[derive(Debug, Clone, Serialize)]
pub struct BackupDetails {
    /// Its folder.
    pub path: String,
    /// Its manifest.
    pub manifest: Manifest,
}

/// Lists the backups of a repository. One that is damaged is in the list, with what is wrong.
pub fn list(repository: &Repository) -> Result<BackupList> {
    let listed = |set: SetName| {
        let path = repository.set_path(&set).display().to_string();
        let (contents, problem) = match repository.manifest(&set) {
            Ok(manifest) => (Some(contents(&manifest)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Listed {
            name: set.name,
            database: set.database,
            path,
            problem,
            contents,
        }
    };
    Ok(BackupList {
        repository: repository.root().display().to_string(),
        backups: repository.sets()?.into_iter().map(listed).collect(),
    })
}

/// Reads one backup's manifest.
pub fn show(repository: &Repository, set: &SetName) -> Result<BackupDetails> {
    Ok(BackupDetails {
        path: repository.set_path(set).display().to_string(),
        manifest: repository.manifest(set)?,
    })
}

fn contents(manifest: &Manifest) -> Contents {
    let tables = &manifest.tables;
    Contents {
        snapshot_time: manifest.snapshot.time.clone(),
        state: manifest.state,
        tables: tables.iter().map(|table| table.name.clone()).collect(),
        rows: tables.iter().map(|table| table.rows).sum(),
        raw_bytes: tables.iter().map(|table| table.raw_bytes).sum(),
        stored_bytes: tables.iter().map(|table| table.stored_bytes).sum(),
    }
}
