//! Removing what nobody needs: backups that are older than those to keep, and chunks that no backup and no unfinished dump
//! names.
//!
//! A backup ends with its manifest, which goes first: what is left then is no backup. Nothing is removed while a dump
//! writes or a backup is read, nothing where a manifest cannot be read, and no file that vecops did not write. A dump that
//! was never finished is given up with the backups of its time: once every backup that is kept is newer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use super::digest::Sha;
use super::dump::{Unfinished, unfinished};
use super::manifest::State;
use super::repository::{MANIFEST, Repository, SET_FILES, SetName, sync_folder};
use crate::error::{Context as _, Error, Result};

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
    /// Tables of unfinished dumps that are given up: all backups that stay are newer.
    pub unfinished: u64,
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

/// What is to be removed, as it was when it was looked for.
pub struct Prepared {
    report: PruneReport,
    repository: Repository,
    keep: Option<usize>,
    sets: BTreeSet<SetName>,
    journals: BTreeSet<PathBuf>,
    objects: BTreeMap<PathBuf, u64>,
}

impl Prepared {
    /// What would be removed.
    pub fn report(&self) -> &PruneReport {
        &self.report
    }

    /// Whether there is nothing to remove.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.journals.is_empty() && self.objects.is_empty()
    }
}

/// A backup that is there.
struct Found {
    set: SetName,
    taken: Option<Timestamp>,
    is_complete: bool,
    objects: BTreeSet<Sha>,
    pruned: PrunedBackup,
}

/// Looks for what nobody needs. With `keep` so many complete backups of each database stay, and what is newer than they.
/// Nobody is kept from the repository while people think about it.
pub fn prepare(repository: &Repository, keep: Option<usize>) -> Result<Prepared> {
    drop(repository.lock_alone()?);
    let repository = repository.clone().in_use()?;
    let found = found(&repository)?;
    let sets = old(&found, keep);
    let unfinished = unfinished(&repository)?;
    let journals = given_up(&unfinished, &found, &sets, keep);
    let objects = unnamed(&repository, &found, &sets, &unfinished, &journals)?;
    Ok(Prepared {
        report: report(&repository, &found, &sets, &journals, &objects, false),
        repository: Repository::open(repository.root())?,
        keep,
        sets,
        journals,
        objects,
    })
}

/// Removes of it what still nobody needs: manifests first, chunks last, so that whatever ends it leaves whole backups and
/// more to remove.
pub fn prune(prepared: Prepared) -> Result<PruneReport> {
    let Prepared {
        repository,
        keep,
        mut sets,
        mut journals,
        mut objects,
        ..
    } = prepared;
    let lock = repository.lock_alone()?;
    repository.sweep()?;
    // Somebody may have been at work since.
    let found = found(&repository)?;
    let still_old = old(&found, keep);
    sets.retain(|set| still_old.contains(set));
    let unfinished = unfinished(&repository)?;
    let still_given_up = given_up(&unfinished, &found, &sets, keep);
    journals.retain(|path| still_given_up.contains(path));
    let still_unnamed = unnamed(&repository, &found, &sets, &unfinished, &journals)?;
    objects.retain(|path, _| still_unnamed.contains_key(path));
    for set in &sets {
        remove_set(&repository.set_path(set))?;
    }
    for journal in &journals {
        remove(journal)?;
    }
    for object in objects.keys() {
        remove(object)?;
    }
    drop(lock);
    Ok(report(&repository, &found, &sets, &journals, &objects, true))
}

/// All backups, the newest first.
fn found(repository: &Repository) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    for set in repository.sets()?.into_iter().rev() {
        let manifest = repository.manifest(&set).map_err(|error| {
            error.hint("What it needs is not known, so nothing is removed. Move its folder away, or mend it.")
        })?;
        let chunks = manifest.tables.iter().flat_map(|table| &table.chunks);
        all.push(Found {
            taken: manifest.snapshot.time.parse().ok(),
            is_complete: manifest.state == State::Complete,
            objects: chunks.map(|chunk| chunk.object).collect(),
            pruned: PrunedBackup {
                path: repository.set_path(&set).display().to_string(),
                snapshot_time: manifest.snapshot.time.clone(),
                rows: manifest.tables.iter().map(|table| table.rows).sum(),
            },
            set,
        });
    }
    Ok(all)
}

/// The backups that are older than those to keep.
fn old(found: &[Found], keep: Option<usize>) -> BTreeSet<SetName> {
    let mut complete: BTreeMap<&str, usize> = BTreeMap::new();
    let mut old = BTreeSet::new();
    for one in found {
        let counted = complete.entry(one.set.database.as_str()).or_default();
        if keep.is_some_and(|keep| *counted >= keep.max(1)) {
            old.insert(one.set.clone());
        } else {
            *counted += usize::from(one.is_complete);
        }
    }
    old
}

/// The journals of unfinished dumps that were last at work before the oldest backup of their database that is kept.
fn given_up(
    unfinished: &[Unfinished],
    found: &[Found],
    old: &BTreeSet<SetName>,
    keep: Option<usize>,
) -> BTreeSet<PathBuf> {
    if keep.is_none() {
        return BTreeSet::new();
    }
    let is_given_up = |dump: &&Unfinished| {
        let kept = found.iter().filter(|found| !old.contains(&found.set));
        let same = kept.filter(|found| dump.database.as_ref() == Some(&found.set.database));
        let oldest = same.map(|found| found.taken).min().flatten();
        oldest.is_some_and(|oldest| dump.last < SystemTime::from(oldest))
    };
    let given_up = unfinished.iter().filter(is_given_up);
    given_up.map(|dump| dump.path.clone()).collect()
}

/// The chunks, with their bytes, that neither an unfinished dump names nor a backup, other than these.
fn unnamed(
    repository: &Repository,
    found: &[Found],
    old: &BTreeSet<SetName>,
    unfinished: &[Unfinished],
    given_up: &BTreeSet<PathBuf>,
) -> Result<BTreeMap<PathBuf, u64>> {
    let still_wanted = unfinished.iter().filter(|dump| !given_up.contains(&dump.path));
    let mut named: BTreeSet<Sha> = still_wanted
        .flat_map(|dump| dump.objects.iter().copied())
        .collect();
    for kept in found.iter().filter(|found| !old.contains(&found.set)) {
        named.extend(&kept.objects);
    }
    let objects = repository.objects()?.into_iter();
    let unnamed = objects.filter(|(object, _, _)| !named.contains(object));
    Ok(unnamed.map(|(_, path, bytes)| (path, bytes)).collect())
}

fn report(
    repository: &Repository,
    found: &[Found],
    old: &BTreeSet<SetName>,
    journals: &BTreeSet<PathBuf>,
    objects: &BTreeMap<PathBuf, u64>,
    done: bool,
) -> PruneReport {
    let gone = found.iter().filter(|found| old.contains(&found.set));
    let backups: Vec<PrunedBackup> = gone.map(|found| found.pruned.clone()).collect();
    PruneReport {
        repository: repository.root().display().to_string(),
        done,
        kept: u64::try_from(found.len() - backups.len()).unwrap_or_default(),
        backups,
        unfinished: u64::try_from(journals.len()).unwrap_or_default(),
        objects: u64::try_from(objects.len()).unwrap_or_default(),
        object_bytes: objects.values().sum(),
    }
}

/// A folder with other files in it stays, with them. The disk knows that the manifest is gone before anything goes that it
/// names.
fn remove_set(folder: &Path) -> Result<()> {
    for name in SET_FILES {
        remove(&folder.join(name))?;
        if name == MANIFEST {
            sync_folder(folder)?;
        }
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
