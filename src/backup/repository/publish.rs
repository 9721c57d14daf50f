//! Publishing a backup: its other files first, the manifest last. What ends before that leaves no folder behind, but for
//! a kill: the next dump sweeps what that left.

use std::path::{Path, PathBuf};

use super::super::manifest::Manifest;
use super::super::stage::DumpStage;
use super::files::{make_folder, name_file, parent, sync_folder, unnamed_file, write_once};
use super::{MANIFEST, MANIFEST_SUM, Repository, SetName, sum_line};
use crate::error::Result;
use crate::failpoint::reach;

/// The folder of a set that is not published; dropped, it is removed.
struct Unpublished<'a>(&'a Path);

impl Drop for Unpublished<'_> {
    fn drop(&mut self) {
        if self.0.join(MANIFEST).exists() {
            return;
        }
        let removed = fs_err::remove_dir_all(self.0);
        tracing::debug!(?removed, "a set is not published");
    }
}

impl Repository {
    /// Publishes a backup: its other files first, the manifest last.
    pub async fn publish_set(&self, manifest: &Manifest, files: &[(&str, Vec<u8>)]) -> Result<PathBuf> {
        let set = SetName {
            database: manifest.source.database.clone(),
            name: manifest.name.clone(),
        };
        let folder = self.set_path(&set);
        let manifest = manifest.to_bytes()?;
        let unpublished = Unpublished(&folder);
        make_folder(&folder)?;
        for (name, bytes) in files {
            write_once(&folder.join(name), bytes)?;
        }
        reach(DumpStage::FilesWritten.name()).await;
        write_once(&folder.join(MANIFEST_SUM), sum_line(&manifest).as_bytes())?;
        reach(DumpStage::SumWritten.name()).await;
        // The set is on the disk before its manifest makes it a backup.
        for ancestor in folder.ancestors().skip(1).take(3) {
            sync_folder(ancestor)?;
        }
        let path = folder.join(MANIFEST);
        let whole = unnamed_file(&path, &manifest)?;
        reach(DumpStage::ManifestWritten.name()).await;
        name_file(whole, &path)?;
        sync_folder(parent(&path)?)?;
        drop(unpublished);
        reach(DumpStage::Published.name()).await;
        Ok(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_published_goes_and_what_is_stays() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("set");
        fs_err::create_dir(&set).unwrap();
        fs_err::write(set.join("before.sql"), "").unwrap();
        drop(Unpublished(&set));
        assert!(!set.exists());
        fs_err::create_dir(&set).unwrap();
        fs_err::write(set.join(MANIFEST), "").unwrap();
        drop(Unpublished(&set));
        assert!(set.exists());
    }
}
