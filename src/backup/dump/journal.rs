//! What an unfinished dump has done of one table: a line of JSON for each finished range, synced before the next.
//!
//! The ranges are kept, so that the next dump cuts the table at the same rows. A restore never reads this. The file is
//! locked while its dump runs; a second dump of the same table does without.

use std::collections::{BTreeSet, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::super::chunk::{Chunk, Codec, Range};
use super::super::digest::Sha;
use super::super::manifest::Column;
use super::super::repository::{Repository, entries, make_folder, not_written};
use super::inspect::Source;
use crate::error::{Context as _, Error, Result};
use crate::sql::{Ident, QualifiedName};

/// What the chunks of a journal have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    journal: u32,
    database: String,
    table: QualifiedName,
    oid: i64,
    columns: Vec<Column>,
    key: Vec<Ident>,
    codec: Codec,
    level: i32,
    ranges: Vec<Range>,
}

/// A range that was finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finished {
    pub(super) range: Range,
    pub(super) chunks: Vec<Chunk>,
}

/// The journal of one table.
pub(super) struct Journal {
    path: PathBuf,
    file: Option<File>,
    head: Head,
    finished: HashMap<Range, Vec<Chunk>>,
}

impl Journal {
    /// Opens a table's journal. What was written for other columns, another key or another codec is forgotten.
    pub(super) fn open(
        repository: &Repository,
        database: &str,
        source: &Source,
        codec: Codec,
        level: i32,
    ) -> Result<Self> {
        let head = Head {
            journal: 1,
            database: database.to_owned(),
            table: source.name.clone(),
            oid: source.oid,
            columns: source.manifest_columns(),
            key: source.key.iter().map(|column| column.name.clone()).collect(),
            codec,
            level,
            ranges: Vec::new(),
        };
        let folder = repository.journal();
        make_folder(&folder)?;
        let name = Sha::of(format!("{database}\n{}", source.name).as_bytes()).to_string();
        let path = folder.join(format!("{}.jsonl", name.get(..16).unwrap_or_default()));
        let mut journal = Self {
            file: locked(&path)?,
            path,
            head,
            finished: HashMap::new(),
        };
        journal.read()?;
        Ok(journal)
    }

    /// The ranges of the unfinished dump; none where there was none like this one.
    pub(super) fn ranges(&self) -> Option<Vec<Range>> {
        (!self.head.ranges.is_empty()).then(|| self.head.ranges.clone())
    }

    /// Begins with these ranges, unless the unfinished dump had them.
    pub(super) fn begin(&mut self, ranges: &[Range]) -> Result<()> {
        if self.head.ranges == ranges {
            return Ok(());
        }
        self.finished.clear();
        ranges.clone_into(&mut self.head.ranges);
        let line = line(&self.head)?;
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let written = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(&line))
            .and_then(|()| file.sync_data());
        written.map_err(|error| not_written(&self.path, &error))
    }

    /// The chunks that a range had.
    pub(super) fn finished(&self, range: &Range) -> Option<Vec<Chunk>> {
        self.finished.get(range).cloned()
    }

    /// Notes a finished range, so that a dump after a crash finds its chunks.
    pub(super) fn record(&mut self, range: &Range, chunks: &[Chunk]) -> Result<()> {
        let line = line(&Finished {
            range: range.clone(),
            chunks: chunks.to_vec(),
        })?;
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let written = file.write_all(&line).and_then(|()| file.sync_data());
        written.map_err(|error| not_written(&self.path, &error))
    }

    /// Removes the journal, once a manifest names its chunks.
    pub(super) fn remove(self) {
        if self.file.is_some() {
            // Where it stays the next dump finds chunks in it that are still there: no harm.
            let removed = fs_err::remove_file(&self.path);
            tracing::debug!(?removed, "a journal has come to its end");
        }
    }

    /// Reads what is there; a line that was cut off by a crash, and everything after it, is forgotten.
    fn read(&mut self) -> Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let mut lines = BufReader::new(&*file);
        let mut whole = 0;
        let mut text = String::new();
        let mut known = false;
        loop {
            text.clear();
            let read = lines.read_line(&mut text).unwrap_or_default();
            if read == 0 || !text.ends_with('\n') {
                break;
            }
            if known {
                let Ok(finished) = serde_json::from_str::<Finished>(&text) else {
                    break;
                };
                self.finished.insert(finished.range, finished.chunks);
            } else {
                let Ok(head) = serde_json::from_str::<Head>(&text) else {
                    break;
                };
                let ranges = head.ranges.clone();
                if head
                    != (Head {
                        ranges: ranges.clone(),
                        ..self.head.clone()
                    })
                {
                    break;
                }
                self.head.ranges = ranges;
                known = true;
            }
            whole += u64::try_from(read).unwrap_or_default();
        }
        let cut = file
            .set_len(whole)
            .and_then(|()| file.seek(SeekFrom::Start(whole)));
        cut.map_err(|error| not_written(&self.path, &error))?;
        Ok(())
    }
}

/// What an unfinished dump has left of one table.
#[derive(Debug, Clone)]
pub struct Unfinished {
    /// Its journal.
    pub path: PathBuf,
    /// The database; none where a crash has cut off the line that says it.
    pub database: Option<String>,
    /// When it was last at work.
    pub last: SystemTime,
    /// The chunks that it has written, which its next run looks for.
    pub objects: BTreeSet<Sha>,
}

/// What unfinished dumps have left.
pub fn unfinished(repository: &Repository) -> Result<Vec<Unfinished>> {
    let mut all = Vec::new();
    for path in entries(&repository.journal(), |_| true)? {
        let read = fs_err::metadata(&path).and_then(|about| Ok((about.modified()?, fs_err::read(&path)?)));
        let (last, text) = match read {
            // Its dump has come to its end: a manifest names them.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            read => read.context("read a journal")?,
        };
        let mut lines = text.split(|byte| *byte == b'\n').peekable();
        let head = lines
            .peek()
            .and_then(|line| serde_json::from_slice::<Head>(line).ok());
        let finished = lines.filter_map(|line| serde_json::from_slice::<Finished>(line).ok());
        let chunks = finished.flat_map(|finished| finished.chunks);
        all.push(Unfinished {
            database: head.map(|head| head.database),
            last,
            objects: chunks.map(|chunk| chunk.object).collect(),
            path,
        });
    }
    Ok(all)
}

/// Opens and locks the file; none where another dump has it, or where nobody could know whether one has.
fn locked(path: &Path) -> Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(path).map_err(|error| not_written(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(error) => {
            tracing::debug!(%error, "a journal is not locked, and not used");
            Ok(None)
        }
    }
}

fn line(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)
        .map_err(|error| Error::bug("a journal does not become JSON").cause(error))?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_goes_while_it_is_looked_for_names_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        assert!(unfinished(&repository).unwrap().is_empty());
        make_folder(&repository.journal()).unwrap();
        std::os::unix::fs::symlink("nowhere", repository.journal().join("gone.jsonl")).unwrap();
        assert!(unfinished(&repository).unwrap().is_empty());
    }
}
