//! Vectors kept on disk, so that no text is paid for twice: by the model and all that decides its vectors, then by text.
//!
//! A space is a folder for one model of one provider; in it, [`shard`] files. Any number of processes may use it at
//! once, and may be killed at any time: a record that is not whole is not believed. Only the user may read it.

mod shard;

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use self::shard::Shard;
use super::provider::{Provider, Via};
use crate::error::{Context as _, Error, Result};

/// The folder below the cache folder.
const FOLDER: &str = "embeddings";

/// The file that says what a space is.
const LABEL: &str = "space.json";

/// How many files a space has.
const SHARDS: usize = 64;

/// What a text is known by.
pub(super) type Key = [u8; 32];

/// The key of a text as the provider gets it.
pub(super) fn key(text: &str) -> Key {
    Sha256::digest(text.as_bytes()).into()
}

/// All vectors that are kept.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

/// What decides the vectors of a text, besides the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The model.
    pub model: String,
    /// Where it is asked: the URL, or the command.
    pub place: String,
    /// The dimensions that are asked for, where any are.
    pub dimensions: Option<u32>,
    /// `http` or `command`.
    pub kind: String,
}

/// A space on disk.
#[derive(Debug, Clone, Serialize)]
pub struct SpaceReport {
    /// What it holds.
    #[serde(flatten)]
    pub label: Label,
    /// How many vectors.
    pub vectors: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl Cache {
    /// The cache below vecops' cache folder.
    pub fn below(cache_folder: &Path) -> Self {
        Self {
            folder: cache_folder.join(FOLDER),
        }
    }

    /// The space of a provider, made where it is missing.
    pub fn space(&self, provider: &Provider) -> Result<Space> {
        let label = Label {
            model: provider.model.clone(),
            place: match &provider.via {
                Via::Http(_) => provider.place(),
                Via::Command(command) => format!("{} in {}", provider.place(), command.folder.display()),
            },
            dimensions: provider.dimensions,
            kind: match provider.via {
                Via::Http(_) => "http".to_owned(),
                Via::Command(_) => "command".to_owned(),
            },
        };
        let text = serde_json::to_string(&label).map_err(|error| Error::bug(error.to_string()))?;
        let digest = format!("{:x}", Sha256::digest(&text));
        let folder = self.folder.join(digest.get(..24).unwrap_or_default());
        let made = || -> Result<()> {
            private_folder(&self.folder)?;
            private_folder(&folder)?;
            let path = folder.join(LABEL);
            if !path.exists() {
                let file = tempfile::NamedTempFile::new_in(&folder)?;
                fs_err::write(file.path(), format!("{text}\n"))?;
                file.persist(&path).map_err(|error| Error::from(error.error))?;
            }
            Ok(())
        };
        made().context("make the cache of embeddings")?;
        Ok(Space::open(&folder))
    }

    /// Every space, the largest first.
    pub fn report(&self) -> Result<Vec<SpaceReport>> {
        let mut reports = Vec::new();
        for (folder, label) in self.spaces()? {
            let (vectors, bytes) = Space::open(&folder).measure()?;
            reports.push(SpaceReport {
                label,
                vectors,
                bytes,
            });
        }
        reports.sort_by_key(|report| std::cmp::Reverse(report.bytes));
        Ok(reports)
    }

    /// Removes every space, or those of a model; returns what was removed.
    pub fn clear(&self, model: Option<&str>) -> Result<Vec<SpaceReport>> {
        let mut removed = Vec::new();
        for (folder, label) in self.spaces()? {
            if model.is_some_and(|model| model != label.model) {
                continue;
            }
            let (vectors, bytes) = Space::open(&folder).measure()?;
            fs_err::remove_dir_all(&folder)?;
            removed.push(SpaceReport {
                label,
                vectors,
                bytes,
            });
        }
        Ok(removed)
    }

    fn spaces(&self) -> Result<Vec<(PathBuf, Label)>> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut spaces = Vec::new();
        for entry in fs_err::read_dir(&self.folder)? {
            let folder = entry?.path();
            // What has no label is not ours to touch.
            let label = fs_err::read_to_string(folder.join(LABEL)).ok();
            if let Some(label) = label.and_then(|text| serde_json::from_str(&text).ok()) {
                spaces.push((folder, label));
            }
        }
        Ok(spaces)
    }
}

/// Makes a folder that only the user may enter.
fn private_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(path)
        .with_context(|| format!("make the folder `{}`", path.display()))
}

/// The number of the file that a key belongs to.
fn shard_of(key: &Key) -> usize {
    key.first().map_or(0, |byte| usize::from(*byte) % SHARDS)
}

/// The vectors of one model.
#[derive(Debug)]
pub struct Space {
    shards: Vec<Mutex<Shard>>,
}

impl Space {
    fn open(folder: &Path) -> Self {
        let shard = |number: usize| Mutex::new(Shard::new(folder.join(format!("{number:02x}.vectors"))));
        Self {
            shards: (0..SHARDS).map(shard).collect(),
        }
    }

    fn shard(&self, key: &Key) -> Result<std::sync::MutexGuard<'_, Shard>> {
        let shard = self.shards.get(shard_of(key));
        let shard = shard.ok_or_else(|| Error::bug("a shard is missing"))?;
        Ok(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The vector that is kept under a key.
    pub(super) fn get(&self, key: &Key) -> Result<Option<Vec<f32>>> {
        self.shard(key)?.get(key)
    }

    /// Whether there is a vector under a key.
    pub(super) fn has(&self, key: &Key) -> Result<bool> {
        self.shard(key)?.has(key)
    }

    /// Keeps vectors.
    pub(super) fn put(&self, vectors: &[(Key, &[f32])]) -> Result<()> {
        let mut order: Vec<&(Key, &[f32])> = vectors.iter().collect();
        order.sort_by_key(|(key, _)| shard_of(key));
        for group in order.chunk_by(|(one, _), (other, _)| shard_of(one) == shard_of(other)) {
            if let Some((key, _)) = group.first() {
                self.shard(key)?.put(group)?;
            }
        }
        Ok(())
    }

    fn measure(&self) -> Result<(u64, u64)> {
        let (mut vectors, mut bytes) = (0, 0);
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let (more_vectors, more_bytes) = shard.measure()?;
            vectors += more_vectors;
            bytes += more_bytes;
        }
        Ok((vectors, bytes))
    }
}

#[cfg(test)]
mod tests;
