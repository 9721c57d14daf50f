//! The objects that are there, and who may be at work: dumps and readers together, or somebody who removes alone.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::super::digest::Sha;
use super::files::{entries, folders};
use super::{FORMAT_FILE, Repository};
use crate::error::{Context as _, Error, Result};

impl Repository {
    /// Says that somebody writes or reads, until the file is dropped; several may. A file system without locks has nobody
    /// who prunes.
    pub fn lock_shared(&self) -> Result<Option<File>> {
        let file = self.format_file()?;
        let locked = file.try_lock_shared();
        self.shared(file, locked)
    }

    fn shared(&self, file: File, locked: Result<(), TryLockError>) -> Result<Option<File>> {
        match locked {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Err(Error::conflict(format!(
                "`{}` is being pruned at this moment",
                self.root().display()
            ))
            .hint("Run the same command again in a moment.")),
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "the repository is not locked");
                Ok(None)
            }
        }
    }

    /// Keeps everybody else away, until the file is dropped.
    pub fn lock_alone(&self) -> Result<File> {
        let file = self.format_file()?;
        let locked = file.try_lock();
        self.alone(file, locked)
    }

    fn alone(&self, file: File, locked: Result<(), TryLockError>) -> Result<File> {
        match locked {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Error::conflict(format!(
                "another vecops uses `{}` at this moment: a dump, or what reads a backup",
                self.root().display()
            ))
            .hint("Run the same command again when it is done.")),
            Err(TryLockError::Error(error)) => Err(Error::precondition(
                "this file system has no locks, so nobody knows whether the repository is in use",
            )
            .cause(error)),
        }
    }

    /// The chunks that are there, whoever names them: what each is called, its path and its bytes.
    pub fn objects(&self) -> Result<Vec<(Sha, PathBuf, u64)>> {
        let root = self.root().join("objects");
        let mut objects = Vec::new();
        for folder in folders(&root)? {
            for path in entries(&root.join(folder), Path::is_file)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let object = name
                    .strip_suffix(".pgcopy.zst")
                    .or_else(|| name.strip_suffix(".planes.zst"));
                if let Some(Ok(object)) = object.map(str::parse) {
                    let bytes = path.metadata().context("read the repository")?.len();
                    objects.push((object, path.clone(), bytes));
                }
            }
        }
        Ok(objects)
    }

    fn format_file(&self) -> Result<File> {
        File::open(self.root().join(FORMAT_FILE)).context("open the repository")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn without_locks_backups_are_written_and_read_and_nothing_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        let file = || repository.format_file().unwrap();
        let none = || Err(TryLockError::Error(std::io::Error::other("no locks")));
        assert!(repository.shared(file(), none()).unwrap().is_none());
        let refused = repository.alone(file(), none()).unwrap_err();
        assert_eq!(refused.kind(), Kind::Precondition);
    }

    #[test]
    fn who_removes_is_alone() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        let readers = [
            repository.lock_shared().unwrap(),
            repository.lock_shared().unwrap(),
        ];
        assert_eq!(repository.lock_alone().unwrap_err().kind(), Kind::Conflict);
        drop(readers);
        let alone = repository.lock_alone().unwrap();
        assert_eq!(repository.lock_shared().unwrap_err().kind(), Kind::Conflict);
        assert_eq!(repository.lock_alone().unwrap_err().kind(), Kind::Conflict);
        drop(alone);
        assert!(repository.clone().in_use().is_ok());
    }
}
