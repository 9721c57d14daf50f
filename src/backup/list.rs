//! What a repository holds.

use std::collections::BTreeSet;

use serde::Serialize;

use super::digest::Sha;
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
    /// The chunks that are there, which several backups may share.
    pub objects: u64,
    /// Their bytes.
    pub object_bytes: u64,
    /// The bytes of those that no backup names; not known where a manifest cannot be read.
    pub unnamed_bytes: Option<u64>,
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
    /// How long ago that was, in seconds, by the clock here.
    pub age_seconds: Option<u64>,
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
    let mut named = BTreeSet::new();
    let mut listed = |set: SetName| {
        let path = repository.set_path(&set).display().to_string();
        let (contents, problem) = match repository.manifest(&set) {
            Ok(manifest) => {
                let chunks = manifest.tables.iter().flat_map(|table| &table.chunks);
                named.extend(chunks.map(|chunk| chunk.object));
                (Some(contents(&manifest)), None)
            }
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
    let backups: Vec<Listed> = repository.sets()?.into_iter().map(&mut listed).collect();
    let objects = repository.objects()?;
    let bytes = |wanted: &dyn Fn(&Sha) -> bool| -> u64 {
        let wanted = objects.iter().filter(|(object, _, _)| wanted(object));
        wanted.map(|(_, _, bytes)| bytes).sum()
    };
    Ok(BackupList {
        repository: repository.root().display().to_string(),
        objects: u64::try_from(objects.len()).unwrap_or_default(),
        object_bytes: bytes(&|_| true),
        unnamed_bytes: backups
            .iter()
            .all(|listed| listed.problem.is_none())
            .then(|| bytes(&|object| !named.contains(object))),
        backups,
    })
}

/// Reads one backup's manifest.
pub fn show(repository: &Repository, set: &SetName) -> Result<BackupDetails> {
    Ok(BackupDetails {
        path: repository.set_path(set).display().to_string(),
        manifest: repository.manifest(set)?,
    })
}

fn age(time: &str) -> Option<u64> {
    let then: jiff::Timestamp = time.parse().ok()?;
    let seconds = jiff::Timestamp::now().as_second() - then.as_second();
    u64::try_from(seconds).ok()
}

fn contents(manifest: &Manifest) -> Contents {
    let tables = &manifest.tables;
    Contents {
        snapshot_time: manifest.snapshot.time.clone(),
        age_seconds: age(&manifest.snapshot.time),
        state: manifest.state,
        tables: tables.iter().map(|table| table.name.clone()).collect(),
        rows: tables.iter().map(|table| table.rows).sum(),
        raw_bytes: tables.iter().map(|table| table.raw_bytes).sum(),
        stored_bytes: tables.iter().map(|table| table.stored_bytes).sum(),
    }
}
