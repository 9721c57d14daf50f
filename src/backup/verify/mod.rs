//! Checking a backup without a database: is everything there that the manifest names, and is it what it should be.

mod against;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde::Serialize;
use uuid::Uuid;

pub use against::{AgainstReport, ComparedTable, DifferentRange, against, against_by};

use super::chunk::{Chunk, ChunkReader, Range};
use super::digest::Sha;
use super::manifest::{Manifest, State};
use super::repository::{Repository, SetName};
use crate::error::{Error, Kind, Result};
use crate::progress::{Progress, Unit};
use crate::sql::QualifiedName;

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// The manifest; of the chunks only that they are there, with the right size.
    Quick,
    /// The SHA-256 of every chunk's stored bytes.
    Stored,
    /// Every chunk is decoded, and its rows are held against their digests.
    Deep,
    /// The same for some chunks, chosen anew each time, in percent; quick for the others.
    Sample(f64),
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyReport {
    /// The backup's folder.
    pub backup: String,
    /// Its name.
    pub name: String,
    /// Whether the backup was complete when it was made.
    pub state: State,
    /// Why it was not.
    pub reasons: Vec<String>,
    /// How much was read.
    pub depth: Depth,
    /// How many rows it has, by its manifest.
    pub rows: u64,
    /// How many chunks it has.
    pub chunks: u64,
    /// How many of them were read.
    pub read_chunks: u64,
    /// The bytes that were read.
    pub read_bytes: u64,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How long it took.
    pub seconds: f64,
}

/// Something that is wrong with a backup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Problem {
    /// What kind of wrong.
    pub kind: ProblemKind,
    /// The file.
    pub file: String,
    /// The table whose rows are in it.
    pub table: Option<QualifiedName>,
    /// Which of its rows.
    pub range: Option<Range>,
    /// What was seen.
    pub detail: String,
}

/// What kind of wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProblemKind {
    /// The file is not there.
    Missing,
    /// Its bytes are not those that were written.
    Damaged,
    /// It is the whole file of another chunk.
    Foreign,
    /// It could not be read.
    Unreadable,
}

impl ProblemKind {
    /// The word for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Damaged => "damaged",
            Self::Foreign => "foreign",
            Self::Unreadable => "unreadable",
        }
    }
}

impl VerifyReport {
    /// The error that a backup with problems is.
    pub fn into_result(self) -> Result<()> {
        let Some(first) = self.problems.first() else {
            return Ok(());
        };
        let more = match self.problems.len() {
            1 => String::new(),
            count => format!(", and {} more files", count - 1),
        };
        let message = format!(
            "the backup `{}` cannot be trusted: `{}` is {} ({}){more}",
            self.name,
            first.file,
            first.kind.name(),
            first.detail
        );
        Err(Error::new(Kind::Archive, message).hint(
            "Restore from another copy of the repository, or from another backup: `vecops backup list`.",
        ))
    }
}

/// Checks a backup. What cannot be trusted at all, such as the manifest, is an error; the rest is in the report.
pub async fn verify(
    repository: &Repository,
    set: &SetName,
    depth: Depth,
    jobs: usize,
    progress: &dyn Progress,
) -> Result<VerifyReport> {
    let started = Instant::now();
    let manifest = repository.manifest(set)?;
    let mut report = VerifyReport {
        backup: repository.set_path(set).display().to_string(),
        name: manifest.name.clone(),
        state: manifest.state,
        reasons: manifest.reasons.clone(),
        depth,
        rows: manifest.tables.iter().map(|table| table.rows).sum(),
        chunks: 0,
        read_chunks: 0,
        read_bytes: 0,
        problems: files(repository, set, &manifest),
        seconds: 0.0,
    };
    let work = work(&manifest, depth);
    let objects: BTreeMap<Sha, String> = work
        .iter()
        .map(|check| (check.chunk.object, check.table.plain()))
        .collect();
    let total = work
        .iter()
        .filter(|check| check.reads())
        .map(|check| check.chunk.stored_bytes)
        .sum();
    let task = progress.task("verify", Unit::Bytes, Some(total));
    let checks = work.into_iter().map(|check| {
        let repository = repository.clone();
        async move {
            let checking = tokio::task::spawn_blocking(move || {
                let problem = check.run(&repository);
                (check, problem)
            });
            checking.await
        }
    });
    let mut checks = stream::iter(checks).buffer_unordered(jobs.max(1));
    while let Some(checked) = checks.next().await {
        let (check, problem) = checked.map_err(|error| Error::bug("a check broke").cause(error))?;
        report.chunks += 1;
        if check.reads() {
            report.read_chunks += 1;
            report.read_bytes += check.chunk.stored_bytes;
            task.advance(check.chunk.stored_bytes);
        }
        report
            .problems
            .extend(problem.map(|found| found.into_problem(&check, repository, &objects)));
    }
    task.finish();
    report.problems.sort_by(|one, other| one.file.cmp(&other.file));
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// What is to be done with one chunk.
#[derive(Debug, Clone)]
struct Check {
    table: QualifiedName,
    chunk: Chunk,
    depth: Depth,
}

/// What is wrong with a chunk.
enum Found {
    Missing,
    Unreadable(String),
    /// What was seen, and the SHA-256 of what is there.
    Damaged(String, Option<Sha>),
}

/// The chunks in the order of the manifest, each with how much of it is read.
fn work(manifest: &Manifest, depth: Depth) -> Vec<Check> {
    let mut checks = Vec::new();
    for table in &manifest.tables {
        for chunk in &table.chunks {
            checks.push(Check {
                table: table.name.clone(),
                chunk: chunk.clone(),
                depth,
            });
        }
    }
    if let Depth::Sample(percent) = depth {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of a count"
        )]
        let deep = ((checks.len() as f64 * percent / 100.0).ceil() as usize).min(checks.len());
        checks.sort_by_cached_key(|_| Uuid::new_v4());
        for (place, check) in checks.iter_mut().enumerate() {
            check.depth = if place < deep { Depth::Deep } else { Depth::Quick };
        }
    }
    checks
}

impl Check {
    fn reads(&self) -> bool {
        self.depth != Depth::Quick
    }

    fn run(&self, repository: &Repository) -> Option<Found> {
        let path = repository.object_path(&self.chunk.object, self.chunk.codec);
        let size = match path.metadata() {
            Ok(found) => found.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Some(Found::Missing),
            Err(error) => return Some(Found::Unreadable(error.to_string())),
        };
        if size != self.chunk.stored_bytes {
            let detail = format!("it has {size} bytes instead of {}", self.chunk.stored_bytes);
            return Some(Found::Damaged(detail, repository.sha_of(&self.chunk).ok()));
        }
        match self.depth {
            Depth::Quick => None,
            Depth::Stored => match repository.sha_of(&self.chunk) {
                Ok(found) if found == self.chunk.object => None,
                Ok(found) => Some(Found::Damaged("its SHA-256 is another".to_owned(), Some(found))),
                Err(error) => Some(Found::Unreadable(error.to_string())),
            },
            Depth::Deep | Depth::Sample(_) => {
                let checked = ChunkReader::open(repository, &self.chunk).and_then(ChunkReader::check);
                let error = checked.err()?;
                let detail = error
                    .causes()
                    .first()
                    .map_or_else(|| error.to_string(), Clone::clone);
                Some(Found::Damaged(detail, repository.sha_of(&self.chunk).ok()))
            }
        }
    }
}

impl Found {
    fn into_problem(
        self,
        check: &Check,
        repository: &Repository,
        objects: &BTreeMap<Sha, String>,
    ) -> Problem {
        let (kind, detail) = match self {
            Self::Missing => (ProblemKind::Missing, "it is not there".to_owned()),
            Self::Unreadable(detail) => (ProblemKind::Unreadable, detail),
            Self::Damaged(detail, found) => match found.and_then(|found| Some((found, objects.get(&found)?)))
            {
                Some((found, table)) if found != check.chunk.object => {
                    (ProblemKind::Foreign, format!("it is chunk {found} of {table}"))
                }
                _ => (ProblemKind::Damaged, detail),
            },
        };
        let path = repository.object_path(&check.chunk.object, check.chunk.codec);
        Problem {
            kind,
            file: path.display().to_string(),
            table: Some(check.table.clone()),
            range: Some(check.chunk.range.clone()),
            detail,
        }
    }
}

/// The files beside the manifest.
fn files(repository: &Repository, set: &SetName, manifest: &Manifest) -> Vec<Problem> {
    let folder = repository.set_path(set);
    let mut problems = Vec::new();
    for (name, sha) in &manifest.files {
        let path = folder.join(name);
        let (kind, detail) = match fs_err::read(&path) {
            Ok(bytes) if Sha::of(&bytes) == *sha => continue,
            Ok(_) => (ProblemKind::Damaged, "its SHA-256 is another".to_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                (ProblemKind::Missing, "it is not there".to_owned())
            }
            Err(error) => (ProblemKind::Unreadable, error.to_string()),
        };
        problems.push(Problem {
            kind,
            file: path.display().to_string(),
            table: None,
            range: None,
            detail,
        });
    }
    problems
}
