//! Files and folders of a repository: private, whole or not there, and on the disk before they count.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::{NamedTempFile, TempPath};

use crate::error::{Context as _, Error, Kind, Result};

/// Writes a file that nobody sees before it is whole.
pub(in super::super) fn write_once(path: &Path, bytes: &[u8]) -> Result<()> {
    name_file(unnamed_file(path, bytes)?, path)?;
    sync_folder(parent(path)?)
}

/// A whole file on the disk, which has no name yet. Dropped, it is removed.
pub(super) fn unnamed_file(path: &Path, bytes: &[u8]) -> Result<TempPath> {
    let mut file = temporary_in(parent(path)?)?;
    let written = file.write_all(bytes).and_then(|()| file.as_file().sync_all());
    written.map_err(|error| not_written(path, &error))?;
    Ok(file.into_temp_path())
}

/// Gives a whole file its name, which must be free.
pub(super) fn name_file(whole: TempPath, path: &Path) -> Result<()> {
    let named = whole.persist_noclobber(path);
    named.map_err(|error| not_written(path, &error.error))
}

/// How temporary names begin.
pub(super) const TEMPORARY: &str = ".unfinished-";
/// How old a temporary file must be before somebody else may remove it.
pub(super) const FRESH: Duration = Duration::from_mins(1);

/// The paths of a folder that are wanted; none where it is not there.
pub(in super::super) fn entries(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::failed("read the repository").cause(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.context("read the repository")?.path();
        if wanted(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

pub(in super::super) fn temporary_in(folder: &Path) -> Result<NamedTempFile> {
    let made = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder);
    made.map_err(|error| not_written(folder, &error))
}

pub(in super::super) fn parent(path: &Path) -> Result<&Path> {
    path.parent()
        .ok_or_else(|| Error::bug(format!("`{}` lies in no folder", path.display())))
}

/// Makes a folder and those above it, private to the user.
pub(in super::super) fn make_folder(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|error| not_written(path, &error))
}

/// The same, and has the disk hold the names of the folders that are new, as far as those above them may be opened.
pub(super) fn make_durable_folder(path: &Path) -> Result<()> {
    let new: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    make_folder(path)?;
    for folder in new {
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
        let synced = sync_folder(above.unwrap_or(Path::new(".")));
        tracing::debug!(?synced, "a new folder has its name");
    }
    Ok(())
}

/// Has the disk hold a folder's names.
pub(in super::super) fn sync_folder(path: &Path) -> Result<()> {
    let folder = File::open(path).map_err(|error| not_written(path, &error))?;
    folder.sync_all().map_err(|error| not_written(path, &error))
}

/// The names of a folder's folders; none where it is not there.
pub(in super::super) fn folders(path: &Path) -> Result<Vec<String>> {
    let name = |path: PathBuf| Some(path.file_name()?.to_str()?.to_owned());
    let folders = entries(path, Path::is_dir)?;
    Ok(folders.into_iter().filter_map(name).collect())
}

/// What a failed write means.
pub(in super::super) fn not_written(path: &Path, error: &std::io::Error) -> Error {
    let kind = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Kind::Precondition,
        _ => Kind::Failed,
    };
    let wrote = Error::new(kind, format!("write `{}`", path.display())).cause(error);
    if kind == Kind::Precondition {
        return wrote
            .hint("Free space on the repository's disk, then run the same command again: it resumes.");
    }
    wrote
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_a_precondition_and_anything_else_a_failure() {
        let kind = |kind: ErrorKind| not_written(Path::new("chunk"), &kind.into()).kind();
        assert_eq!(kind(ErrorKind::StorageFull), Kind::Precondition);
        assert_eq!(kind(ErrorKind::QuotaExceeded), Kind::Precondition);
        assert_eq!(kind(ErrorKind::PermissionDenied), Kind::Failed);
    }

    #[test]
    fn new_folders_are_made_with_those_above_them() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        make_durable_folder(&deep).unwrap();
        assert!(deep.is_dir());
        make_durable_folder(&deep).unwrap();
    }
}
