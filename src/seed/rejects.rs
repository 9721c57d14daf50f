//! Lines that are left out: counted, the first ones listed, all of them in a file that only the user can read.
//!
//! The file is JSON Lines; each object has `file`, `line`, `reason` and, where the line itself was bad, `row` with its
//! text. It holds what the source held, so nobody else may read it.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::check::Problem;
use super::row::Rejection;
use super::source::{Source, row_of};
use crate::error::{Error, Result};

/// How many are listed in the report; all are counted.
const LISTED: usize = 20;

/// What to do about lines that cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tolerance {
    /// Where they are written to.
    pub file: Option<PathBuf>,
    /// With how many of them the load is still good.
    pub most: u64,
}

/// The lines left out so far.
pub(super) struct Rejects {
    source: Source,
    tolerance: Option<Tolerance>,
    file: Option<fs_err::File>,
    /// How many were left out by an earlier run and are not told again.
    known: u64,
    /// How many lines of the source the reader refused.
    pub(super) lines: u64,
    /// How many there are.
    pub(super) count: u64,
    /// The first of them.
    pub(super) listed: Vec<Problem>,
}

impl Rejects {
    /// None yet. Without a tolerance the first bad line ends the load.
    pub(super) fn new(source: &Source, tolerance: Option<Tolerance>) -> Self {
        Self {
            source: source.clone(),
            tolerance,
            file: None,
            known: 0,
            lines: 0,
            count: 0,
            listed: Vec::new(),
        }
    }

    /// Whether bad lines are left out.
    pub(super) fn tolerates(&self) -> bool {
        self.tolerance.is_some()
    }

    /// With how many more the load is still good.
    pub(super) fn room(&self) -> u64 {
        let most = self.tolerance.as_ref().map_or(0, |tolerance| tolerance.most);
        most.saturating_sub(self.count)
    }

    /// Goes on where an earlier run stopped: so many lines refused by the reader, so many in all, so many bytes of
    /// the file. What that run wrote behind them belongs to a batch that was not committed.
    pub(super) fn resume(&mut self, lines: u64, count: u64, bytes: u64) -> Result<()> {
        (self.known, self.count) = (lines, count);
        let most = self.tolerance.as_ref().map_or(0, |tolerance| tolerance.most);
        if count > most {
            return Err(Error::failed(format!("{count} lines were left out already"))
                .hint("Allow more of them with `--max-rejects N`, and with `--on-error skip`."));
        }
        let Some(path) = self.path() else { return Ok(()) };
        if bytes == 0 && !path.exists() {
            return Ok(());
        }
        let mut file = fs_err::OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(|source| {
                Error::conflict("the file with the rejected lines of the first run is gone")
                    .cause(source)
                    .hint("Put it back, or begin anew with `vecops seed ... --resumable --restart`.")
            })?;
        if file.metadata()?.len() < bytes {
            return Err(Error::conflict(format!(
                "`{}` is shorter than the first run left it",
                path.display()
            ))
            .hint("Put it back, or begin anew with `vecops seed ... --resumable --restart`."));
        }
        file.set_len(bytes)?;
        file.seek(SeekFrom::End(0))?;
        self.file = Some(file);
        Ok(())
    }

    /// A file that is there already is somebody's: it is not overwritten.
    pub(super) fn expect_new_file(&self) -> Result<()> {
        match self.path() {
            Some(path) if path.exists() => Err(Error::usage(format!(
                "`{}` exists, and is not overwritten",
                path.display()
            ))
            .hint("Name a new file with `--rejects FILE`.")),
            _ => Ok(()),
        }
    }

    /// Adds a line that the reader refused.
    pub(super) fn add_line(&mut self, line: u64, rejection: Rejection) -> Result<()> {
        self.lines += 1;
        if self.lines <= self.known {
            return Ok(());
        }
        let problem = Problem {
            line,
            place: String::new(),
            why: rejection.why,
            hint: rejection.hint,
        };
        self.add(problem, rejection.row.as_deref())
    }

    /// Adds a line, with its text where that is known.
    pub(super) fn add(&mut self, mut problem: Problem, row: Option<&str>) -> Result<()> {
        problem.place = self.source.place(problem.line);
        self.count += 1;
        self.write(&problem, row)?;
        let most = self.tolerance.as_ref().map_or(0, |tolerance| tolerance.most);
        if self.count > most {
            let message = format!(
                "{}: {}; that is one bad line more than `--max-rejects {most}` allows",
                problem.place, problem.why
            );
            return Err(Error::failed(message));
        }
        if self.listed.len() < LISTED {
            self.listed.push(problem);
        }
        Ok(())
    }

    /// Makes the file lasting and tells its length.
    pub(super) fn sync(&mut self) -> Result<u64> {
        let Some(file) = &mut self.file else { return Ok(0) };
        file.sync_data()?;
        Ok(file.stream_position()?)
    }

    fn path(&self) -> Option<&Path> {
        self.tolerance.as_ref()?.file.as_deref()
    }

    /// Writes a whole line at once, so that what stands in the file is always complete lines.
    fn write(&mut self, problem: &Problem, row: Option<&str>) -> Result<()> {
        let Some(path) = self.path().map(Path::to_owned) else {
            return Ok(());
        };
        let file = self.source.file_of(problem.line);
        let entry = json!({"file": file, "line": row_of(problem.line), "reason": problem.why, "row": row});
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(create(&path)?),
        };
        file.write_all(format!("{entry}\n").as_bytes())?;
        Ok(())
    }
}

/// Makes a file that only the user can read.
fn create(path: &Path) -> Result<fs_err::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let file = options
        .open(path)
        .map_err(|source| Error::usage(format!("`{}` cannot be made", path.display())).cause(source))?;
    Ok(fs_err::File::from_parts(file, path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn rejection(why: &str) -> Rejection {
        Rejection {
            why: why.to_owned(),
            hint: None,
            row: Some("{\"id\": \"ü\n\"}".to_owned()),
        }
    }

    #[test]
    fn the_file_is_private_is_never_overwritten_and_is_cut_where_a_resume_begins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.jsonl");
        let tolerance = Tolerance {
            file: Some(path.clone()),
            most: 3,
        };
        let new = || Rejects::new(&Source::Stdin, Some(tolerance.clone()));
        let mut rejects = new();
        rejects.add_line(3, rejection("one")).unwrap();
        let length = rejects.sync().unwrap();
        rejects.add_line(4, rejection("two")).unwrap();
        assert_eq!(
            fs_err::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(new().expect_new_file().is_err());
        assert!(new().add_line(1, rejection("other")).is_err());

        let mut again = new();
        again.resume(1, 1, length).unwrap();
        for why in ["one", "two", "three"] {
            again.add_line(4, rejection(why)).unwrap();
        }
        let error = again.add_line(9, rejection("four")).unwrap_err();
        assert!(error.message().contains("--max-rejects 3"), "{error}");
        let text = fs_err::read_to_string(&path).unwrap();
        let reasons: Vec<String> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["reason"].to_string())
            .collect();
        assert_eq!(reasons, ["\"one\"", "\"two\"", "\"three\"", "\"four\""]);
    }
}
