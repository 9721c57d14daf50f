//! A repository: a folder of write-once objects and published sets.
//!
//! ```text
//! FORMAT                                "vecops-backup 1"
//! objects/ab/<sha256>.pgcopy.zst        chunks, named by the SHA-256 of their bytes
//! sets/<database>/<utc>-<random>/       one backup; without its MANIFEST.json there is none
//! journal/                              what an unfinished dump has done; a restore never reads it
//! ```
//!
//! A file is written under a temporary name, synced, renamed, and its folder is synced: after a cut of the power it is
//! whole or not there. Nothing is ever overwritten, so that an object store can hold the same names.

mod files;
mod objects;
mod publish;
mod sweep;

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::chunk::{Chunk, Codec};
use super::digest::Sha;
use super::manifest::Manifest;
use crate::error::{Context as _, Error, Kind, Result};
use files::{TEMPORARY, folders, make_durable_folder, parent, temporary_in, write_once};
pub(super) use files::{entries, make_folder, not_written, sync_folder};

/// The file that says what the folder is.
const FORMAT_FILE: &str = "FORMAT";
/// Its content, and that of every repository that this vecops reads.
const FORMAT_TEXT: &str = "vecops-backup 1\n";
/// The word with which the file of every version begins.
const FORMAT_WORD: &str = "vecops-backup ";
/// The manifest's name in a set.
pub const MANIFEST: &str = "MANIFEST.json";
/// The file with the manifest's SHA-256, as `sha256sum -c` reads it.
pub const MANIFEST_SUM: &str = "MANIFEST.json.sha256";
/// What of a database's name can stand in a folder's name.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');

/// The files of a set, in the order in which a set that nobody needs is taken apart: without its manifest it is none.
pub(super) const SET_FILES: [&str; 7] = [
    MANIFEST,
    MANIFEST_SUM,
    "EMERGENCY.md",
    "emergency.sh",
    "before.sql",
    "after.sql",
    "decode.py",
];

/// A repository that is there.
#[derive(Debug, Clone)]
pub struct Repository {
    root: PathBuf,
    /// Keeps others from removing what is in use, as long as any copy of this lives.
    _in_use: Option<Arc<File>>,
}

/// Where a published backup is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetName {
    /// The name, which begins with the time: names sort by age.
    pub name: String,
    /// The database.
    pub database: String,
}

/// Reads where a repository is: a path, or the same after `file:`.
pub fn location(text: &str) -> Result<PathBuf> {
    let path = match text.split_once(':') {
        Some(("file", path)) => path.strip_prefix("//").unwrap_or(path),
        Some(("s3", _)) => {
            return Err(Error::usage("repositories in object stores are not there yet")
                .hint("Name a folder; copy it where you like afterwards: files in it never change."));
        }
        _ => text,
    };
    if path.is_empty() {
        return Err(Error::usage("the repository has no name").hint("Name a folder."));
    }
    Ok(PathBuf::from(path))
}

impl Repository {
    /// Opens a repository that is there.
    pub fn open(root: &Path) -> Result<Self> {
        let path = root.join(FORMAT_FILE);
        let text = match fs_err::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let message = format!("`{}` is no repository of backups", root.display());
                return Err(Error::precondition(message).hint("Make one with `vecops dump --to FOLDER`."));
            }
            Err(error) => return Err(Error::failed("read the repository").cause(error)),
        };
        match String::from_utf8_lossy(&text).strip_prefix(FORMAT_WORD) {
            _ if text == FORMAT_TEXT.as_bytes() => Ok(Self::at(root)),
            Some(version) if version.trim_end().parse::<u32>().is_ok_and(|version| version > 1) => {
                let message = format!(
                    "the repository `{}` has format {}, and this vecops reads up to 1",
                    root.display(),
                    version.trim_end()
                );
                Err(Error::new(Kind::Archive, message).hint("Use a newer vecops."))
            }
            _ => {
                let message = format!("`{}` is damaged", path.display());
                Err(Error::new(Kind::Archive, message))
            }
        }
    }

    /// Opens a repository, or makes one in a folder that is empty or not there.
    pub fn open_or_create(root: &Path) -> Result<Self> {
        if !root.join(FORMAT_FILE).exists() {
            Self::create(root)?;
        }
        Self::open(root)
    }

    fn create(root: &Path) -> Result<()> {
        make_durable_folder(root)?;
        let name = |path: &Path| {
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let others = entries(root, |path| !name(path).starts_with(TEMPORARY))?;
        let format = root.join(FORMAT_FILE);
        let made = match others.first() {
            None => write_once(&format, FORMAT_TEXT.as_bytes()),
            Some(other) => {
                let other = name(other);
                let message = format!("`{}` is no repository, and it holds `{other}`", root.display());
                Err(Error::precondition(message).hint("Name a folder that is empty or not there."))
            }
        };
        match made {
            // Another dump has made it at this moment.
            Err(_) if format.exists() => Ok(()),
            made => made,
        }
    }

    fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            _in_use: None,
        }
    }

    /// The same, in use: nobody prunes it as long as this or a copy of it lives.
    pub fn in_use(self) -> Result<Self> {
        let lock = self.lock_shared()?;
        Ok(Self {
            _in_use: lock.map(Arc::new),
            ..self
        })
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the unfinished dumps' notes.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// Where an object is, or would be.
    pub fn object_path(&self, object: &Sha, codec: Codec) -> PathBuf {
        let name = object.to_string();
        let folder = name.get(..2).unwrap_or_default();
        self.root
            .join("objects")
            .join(folder)
            .join(format!("{name}.{}", codec.extension()))
    }

    /// Opens a chunk's object.
    pub fn open_object(&self, chunk: &Chunk) -> Result<File> {
        let path = self.object_path(&chunk.object, chunk.codec);
        let opened = File::open(&path);
        opened.map_err(|error| {
            let what = match error.kind() {
                ErrorKind::NotFound => format!("the chunk `{}` is missing", path.display()),
                _ => format!("the chunk `{}` cannot be read", path.display()),
            };
            Error::new(Kind::Archive, what).cause(error)
        })
    }

    /// The SHA-256 of what a chunk's object holds.
    pub fn sha_of(&self, chunk: &Chunk) -> Result<Sha> {
        let mut file = self.open_object(chunk)?;
        let mut hash = Sha256::new();
        std::io::copy(&mut file, &mut hash).context("read a chunk")?;
        Ok(Sha::finish(hash))
    }

    /// A temporary file on the repository's disk. Dropped, it is deleted.
    pub fn temporary(&self) -> Result<NamedTempFile> {
        let folder = self.root.join("objects");
        make_folder(&folder)?;
        let file = temporary_in(&folder)?;
        // A file system without locks has nobody who sweeps, either.
        let locked = file.as_file().try_lock();
        tracing::debug!(?locked, "a temporary file is begun");
        Ok(file)
    }

    /// Gives a whole, synced object its name. One that is there has the same bytes, unless its disk lost some: the new
    /// one takes its place, which heals it.
    pub fn publish_object(&self, file: NamedTempFile, object: &Sha, codec: Codec) -> Result<()> {
        let path = self.object_path(object, codec);
        let folder = parent(&path)?;
        if !folder.exists() {
            make_folder(folder)?;
            sync_folder(&self.root.join("objects"))?;
        }
        let named = file.into_temp_path().persist(&path);
        named.map_err(|error| not_written(&path, &error.error))?;
        sync_folder(folder)
    }

    /// The folder of a set.
    pub fn set_path(&self, set: &SetName) -> PathBuf {
        self.root
            .join("sets")
            .join(utf8_percent_encode(&set.database, PLAIN).to_string())
            .join(&set.name)
    }

    /// The published backups, the oldest first.
    pub fn sets(&self) -> Result<Vec<SetName>> {
        let mut sets = Vec::new();
        for database in folders(&self.root.join("sets"))? {
            let decoded = percent_decode_str(&database).decode_utf8_lossy().into_owned();
            let names = folders(&self.root.join("sets").join(&database))?;
            for name in names.into_iter().filter(|name| !name.starts_with(TEMPORARY)) {
                let set = SetName {
                    database: decoded.clone(),
                    name,
                };
                if self.set_path(&set).join(MANIFEST).exists() {
                    sets.push(set);
                }
            }
        }
        sets.sort();
        Ok(sets)
    }

    /// Reads a backup's manifest and holds it against its SHA-256.
    pub fn manifest(&self, set: &SetName) -> Result<Manifest> {
        let folder = self.set_path(set);
        let path = folder.join(MANIFEST);
        let archive = |what: String, error: std::io::Error| Error::new(Kind::Archive, what).cause(error);
        let bytes =
            fs_err::read(&path).map_err(|error| archive(format!("read `{}`", path.display()), error))?;
        let place = path.display().to_string();
        // A newer format comes first: its other files may be others, too.
        Manifest::expect_format(&bytes, &place)?;
        let sum = folder.join(MANIFEST_SUM);
        let said = fs_err::read(&sum).map_err(|error| archive(format!("read `{}`", sum.display()), error))?;
        if said != sum_line(&bytes).as_bytes() {
            let message = format!("`{}` is damaged: its SHA-256 is another", path.display());
            return Err(Error::new(Kind::Archive, message));
        }
        let manifest = Manifest::parse(&bytes, &place)?;
        if manifest.name != set.name || manifest.source.database != set.database {
            let message = format!("`{}` belongs to another backup", path.display());
            return Err(Error::new(Kind::Archive, message));
        }
        Ok(manifest)
    }

    /// Finds a backup, for use: a repository stands for its newest one, a set's folder for itself.
    pub fn find(text: &str) -> Result<(Self, SetName)> {
        let path = location(text)?;
        if path.join(FORMAT_FILE).exists() {
            let repository = Self::open(&path)?.in_use()?;
            let newest = repository.sets()?.into_iter().next_back();
            let newest = newest.ok_or_else(|| {
                Error::new(Kind::Archive, format!("`{}` holds no backup", path.display()))
                    .hint("Make one with `vecops dump`.")
            })?;
            return Ok((repository, newest));
        }
        let folder = if path.file_name().is_some_and(|name| name == MANIFEST) {
            parent(&path)?.to_owned()
        } else {
            path.clone()
        };
        let folder = fs_err::canonicalize(&folder)
            .map_err(|error| Error::precondition(format!("`{text}` is no backup")).cause(error))?;
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut ancestors = folder.ancestors();
        let parts = (
            ancestors.next(),
            ancestors.next(),
            ancestors.next(),
            ancestors.next(),
        );
        let (Some(set), Some(database), Some(_), Some(root)) = parts else {
            return Err(Error::precondition(format!("`{text}` is no backup")));
        };
        if !root.join(FORMAT_FILE).exists() {
            return Err(
                Error::precondition(format!("`{text}` is neither a repository nor a backup in one"))
                    .hint("`vecops backup list REPOSITORY` names the backups of a repository."),
            );
        }
        let database = name(database).unwrap_or_default();
        let set = SetName {
            database: percent_decode_str(&database).decode_utf8_lossy().into_owned(),
            name: name(set).unwrap_or_default(),
        };
        let repository = Self::open(root)?.in_use()?;
        if !repository.set_path(&set).join(MANIFEST).exists() {
            let message = format!("`{text}` has no `{MANIFEST}`: its dump was not finished");
            return Err(
                Error::new(Kind::Archive, message).hint("Run the same `vecops dump` again: it resumes.")
            );
        }
        Ok((repository, set))
    }
}

/// The line that `sha256sum` writes of a manifest.
fn sum_line(manifest: &[u8]) -> String {
    format!("{}  {MANIFEST}\n", Sha::of(manifest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_path_with_or_without_its_scheme() {
        let place = |text: &str| location(text).map(|path| path.display().to_string());
        assert_eq!(place("backups/app").unwrap(), "backups/app");
        assert_eq!(place("file:/backups").unwrap(), "/backups");
        assert_eq!(place("file:///backups").unwrap(), "/backups");
        assert_eq!(place("s3://bucket/app").unwrap_err().kind(), Kind::Usage);
        assert_eq!(place("").unwrap_err().kind(), Kind::Usage);
    }

    #[test]
    fn whoever_comes_second_opens_what_the_first_has_made() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("backups").join("app");
        let repository = Repository::open_or_create(&root).unwrap();
        Repository::create(&root).unwrap();
        assert_eq!(
            repository.root(),
            Repository::open_or_create(&root).unwrap().root()
        );
        let other = folder.path().join("backups");
        let refused = Repository::open_or_create(&other).unwrap_err();
        assert_eq!(refused.kind(), Kind::Precondition);
        assert!(refused.to_string().contains("holds `app`"), "{refused}");
    }

    #[test]
    fn damage_is_said_by_the_file_that_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        let set = SetName {
            name: "20260101T000000Z-00000000".to_owned(),
            database: "app".to_owned(),
        };
        let path = repository.set_path(&set);
        make_folder(&path).unwrap();
        let unfinished = Repository::find(path.to_str().unwrap()).unwrap_err();
        assert!(
            unfinished.to_string().contains("was not finished"),
            "{unfinished}"
        );
        fs_err::write(path.join(MANIFEST), "{}").unwrap();
        fs_err::write(path.join(MANIFEST_SUM), sum_line(b"other")).unwrap();
        let other = repository.manifest(&set).unwrap_err();
        assert!(other.to_string().contains("its SHA-256 is another"), "{other}");
        for text in ["", "vecops-backup", "vecops-backup 1", "else"] {
            fs_err::write(folder.path().join(FORMAT_FILE), text).unwrap();
            let damaged = Repository::open(folder.path()).unwrap_err();
            assert_eq!(damaged.kind(), Kind::Archive);
            assert!(damaged.to_string().contains("is damaged"), "{damaged}");
        }
    }

    #[test]
    fn databases_of_any_name_have_a_folder_inside_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        for database in ["../../etc", "a/b", "ä", ".", "postgres"] {
            let set = SetName {
                name: "20260101T000000Z-00000000".to_owned(),
                database: database.to_owned(),
            };
            let path = repository.set_path(&set);
            make_folder(&path).unwrap();
            fs_err::write(path.join(MANIFEST), "{}").unwrap();
            assert!(
                fs_err::canonicalize(&path)
                    .unwrap()
                    .starts_with(folder.path().canonicalize().unwrap())
            );
            assert!(repository.sets().unwrap().contains(&set), "{database}");
        }
    }
}
