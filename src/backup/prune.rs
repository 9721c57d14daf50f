//! Removing what nobody needs: backups that are older than those to keep, and chunks that no backup and no unfinished dump
//! names.
//!
//! A backup ends with its manifest, which goes first: what is left then is no backup. Nothing is removed while a dump
//! writes, nothing where a manifest cannot be read, and no file that vecops did not write.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::digest::Sha;
use super::dump::unfinished_objects;
use super::manifest::State;
use super::repository::{Repository, SetName};
use crate::error::{Context as _, Error, Result};

/// The files of a backup, in the order in which they go.
const FILES: [&str; 7] = [
    super::repository::MANIFEST,
    super::repository::MANIFEST_SUM,
    "EMERGENCY.md",
    "emergency.sh",
    "before.sql",
    "after.sql",
    "decode.py",
];

/// What would be removed, or was.
#[derive(Debug, Clone, Serialize)]
pub struct PruneReport {
    /// The repository's folder.
    pub repository: String,
    /// Whether it is done.
    pub done: bool,
    /// The backups that are kept.
    pub kept: u64,
    /// The backups that go.
    pub backups: Vec<PrunedBackup>,
    /// Chunks that go.
    pub objects: u64,
    /// Their bytes.
    pub object_bytes: u64,
}

/// A backup that goes.
#[derive(Debug, Clone, Serialize)]
pub struct PrunedBackup {
    /// Its folder.
    pub path: String,
    /// The moment that it shows.
    pub snapshot_time: String,
    /// Its rows.
    pub rows: u64,
}

/// What is to be removed, while nobody else writes.
pub struct Prepared {
    report: PruneReport,
    repository: Repository,
    sets: Vec<SetName>,
    objects: Vec<PathBuf>,
    _lock: File,
}

impl Prepared {
    /// What would be removed.
    pub fn report(&self) -> &PruneReport {
        &self.report
    }

    /// Whether there is nothing to remove.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.objects.is_empty()
    }
}

/// Looks for what nobody needs. With `keep` so many complete backups of each database stay, and what is newer than they.
pub fn prepare(repository: &Repository, keep: Option<usize>) -> Result<Prepared> {
    let lock = repository.lock_alone()?;
    let mut kept = 0;
    let mut named: BTreeSet<Sha> = unfinished_objects(repository)?;
    let (mut sets, mut backups) = (Vec::new(), Vec::new());
    let mut complete: BTreeMap<String, usize> = BTreeMap::new();
    // The newest first, so that those to keep are counted before those that go.
    for set in repository.sets()?.into_iter().rev() {
        let manifest = repository.manifest(&set).map_err(|error| {
            error.hint("What it needs is not known, so nothing is removed. Move its folder away, or mend it.")
        })?;
        let counted = complete.entry(set.database.clone()).or_default();
        if keep.is_some_and(|keep| *counted >= keep.max(1)) {
            backups.push(PrunedBackup {
                path: repository.set_path(&set).display().to_string(),
                snapshot_time: manifest.snapshot.time.clone(),
                rows: manifest.tables.iter().map(|table| table.rows).sum(),
            });
            sets.push(set);
            continue;
        }
        *counted += usize::from(manifest.state == State::Complete);
        kept += 1;
        let chunks = manifest.tables.iter().flat_map(|table| &table.chunks);
        named.extend(chunks.map(|chunk| chunk.object));
    }
    let mut objects = repository.objects()?;
    objects.retain(|(object, _, _)| !named.contains(object));
    let report = PruneReport {
        repository: repository.root().display().to_string(),
        done: false,
        kept,
        backups,
        objects: u64::try_from(objects.len()).unwrap_or_default(),
        object_bytes: objects.iter().map(|(_, _, bytes)| bytes).sum(),
    };
    Ok(Prepared {
        report,
        repository: repository.clone(),
        sets,
        objects: objects.into_iter().map(|(_, path, _)| path).collect(),
        _lock: lock,
    })
}

/// Removes it: manifests first, chunks last, so that whatever ends it leaves whole backups and more to remove.
pub fn prune(prepared: Prepared) -> Result<PruneReport> {
    prepared.repository.sweep()?;
    for set in &prepared.sets {
        remove_set(&prepared.repository.set_path(set))?;
    }
    for object in &prepared.objects {
        remove(object)?;
    }
    Ok(PruneReport {
        done: true,
        ..prepared.report
    })
}

/// A folder with other files in it stays, with them.
fn remove_set(folder: &Path) -> Result<()> {
    for name in FILES {
        remove(&folder.join(name))?;
    }
    if let Err(error) = fs_err::remove_dir(folder) {
        tracing::debug!(%error, "the folder of a backup stays");
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err::<(), Error>(error.into()).context("remove what no backup needs")
        }
        _ => Ok(()),
    }
}
