//! Removing what killed dumps have left: nobody else's files, and nothing that is still written.

use std::fs::File;
use std::path::Path;

use super::files::{FRESH, TEMPORARY, entries, folders};
use super::{MANIFEST, Repository, SET_FILES};
use crate::error::{Context as _, Result};

impl Repository {
    /// Removes what killed dumps were writing. A chunk that is still written is locked; a set without its manifest is
    /// published within moments, or not at all.
    pub fn sweep(&self) -> Result<()> {
        for folder in [self.root.clone(), self.root.join("objects")] {
            for path in entries(&folder, is_unfinished)? {
                let Ok(file) = File::open(&path) else {
                    continue;
                };
                // One that is new may not be locked yet.
                if is_old(&path) && file.try_lock().is_ok() {
                    remove(&path)?;
                }
            }
        }
        let sets = self.root.join("sets");
        for database in folders(&sets)? {
            let database = sets.join(database);
            for set in entries(&database, Path::is_dir)? {
                if is_unfinished(&set) {
                    let name = set.file_name().unwrap_or_default().to_string_lossy();
                    let name = name.strip_prefix(TEMPORARY).unwrap_or_default();
                    remove_away(&set, &set.with_file_name(name))?;
                } else if is_old(&set) && !set.join(MANIFEST).exists() && is_own(&set)? {
                    take_away(&set)?;
                }
            }
        }
        Ok(())
    }
}

/// Removes a set under another name, so that a dump which wakes up cannot publish into what is being removed.
fn take_away(set: &Path) -> Result<()> {
    let name = set.file_name().unwrap_or_default().to_string_lossy();
    let away = set.with_file_name(format!("{TEMPORARY}{name}"));
    fs_err::rename(set, &away).context("take an unfinished set away")?;
    remove_away(&away, set)
}

/// Removes what was taken away; what was published in the last moment before is put back.
fn remove_away(away: &Path, set: &Path) -> Result<()> {
    if away.join(MANIFEST).exists() {
        return fs_err::rename(away, set).context("put a set back");
    }
    remove(away)
}

/// Whether all that is in a set's folder is vecops' own.
fn is_own(set: &Path) -> Result<bool> {
    let is_own = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        is_unfinished(path) || SET_FILES.iter().any(|own| name == *own)
    };
    Ok(entries(set, |path| !is_own(path))?.is_empty())
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().starts_with(TEMPORARY)
}

fn is_old(path: &Path) -> bool {
    let modified = path.metadata().and_then(|found| found.modified()).ok();
    modified.is_some_and(|made| made.elapsed().is_ok_and(|age| age > FRESH))
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() {
        fs_err::remove_dir_all(path)
    } else {
        fs_err::remove_file(path)
    };
    removed.context("remove what a killed dump left")
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn make_old(path: &Path) {
        let old = SystemTime::now() - FRESH * 2;
        File::open(path).unwrap().set_modified(old).unwrap();
    }

    #[test]
    fn only_what_nobody_writes_any_more_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        let left = repository.temporary().unwrap().into_temp_path().keep().unwrap();
        let in_root = folder.path().join(format!("{TEMPORARY}format"));
        fs_err::write(&in_root, "").unwrap();
        let written = repository.temporary().unwrap();
        make_old(written.path());
        repository.sweep().unwrap();
        assert!(left.exists() && in_root.exists(), "they are new");
        make_old(&left);
        make_old(&in_root);
        let vanished = folder.path().join(format!("{TEMPORARY}vanished"));
        std::os::unix::fs::symlink("nowhere", &vanished).unwrap();
        repository.sweep().unwrap();
        assert!(!left.exists() && !in_root.exists());
        assert!(written.path().exists(), "somebody writes it");
    }

    #[test]
    fn a_set_whose_dump_was_killed_is_swept_and_a_published_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        repository.sweep().unwrap();
        let database = folder.path().join("sets/app");
        for name in ["fresh", "killed", "published", "noted", ".unfinished-away"] {
            fs_err::create_dir_all(database.join(name)).unwrap();
            fs_err::write(database.join(name).join("before.sql"), "").unwrap();
        }
        fs_err::write(database.join("published").join(MANIFEST), "").unwrap();
        fs_err::write(database.join("noted").join("thesis.txt"), "mine").unwrap();
        make_old(&database.join("killed"));
        make_old(&database.join("noted"));
        make_old(&database.join("published"));
        repository.sweep().unwrap();
        let mut left = folders(&database).unwrap();
        left.sort();
        assert_eq!(
            left,
            ["fresh", "noted", "published"],
            "what is not vecops' own stays"
        );
    }

    #[test]
    fn a_set_that_is_published_while_it_is_taken_away_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("woken");
        fs_err::create_dir(&set).unwrap();
        fs_err::write(set.join(MANIFEST), "").unwrap();
        take_away(&set).unwrap();
        assert!(set.join(MANIFEST).exists());
    }

    #[test]
    fn a_published_set_that_a_killed_sweep_has_taken_away_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        let database = folder.path().join("sets/app");
        let away = database.join(format!("{TEMPORARY}published"));
        fs_err::create_dir_all(&away).unwrap();
        fs_err::write(away.join(MANIFEST), "").unwrap();
        assert_eq!(repository.sets().unwrap(), [], "under that name it is none");
        repository.sweep().unwrap();
        assert_eq!(folders(&database).unwrap(), ["published"]);
        assert_eq!(repository.sets().unwrap().len(), 1);
    }
}
