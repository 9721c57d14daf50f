//! Reading what the server said.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::Options;
use super::place::Place;
use crate::error::{Error, Result};

/// The file that the server writes its log to.
pub fn log_file(options: &Options) -> Result<PathBuf> {
    Place::of(options).map(|place| place.log())
}

/// The last lines of the server's log.
pub fn last_lines(options: &Options, count: usize) -> Result<Vec<String>> {
    let path = log_file(options)?;
    let file = match fs_err::File::open(&path) {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(
                Error::precondition(format!("there is no log `{}` yet", path.display()))
                    .hint("Run `vecops embedded start`."),
            );
        }
        file => file?,
    };
    let mut last = VecDeque::new();
    for line in BufReader::new(file).split(b'\n') {
        if last.len() == count {
            last.pop_front();
        }
        last.push_back(String::from_utf8_lossy(&line?).into_owned());
    }
    if last.len() > count {
        last.pop_front();
    }
    Ok(last.into())
}

/// Reads what is added to the server's log from now on.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    read: u64,
}

impl Follower {
    /// Starts at the log's present end.
    pub fn at_end(options: &Options) -> Result<Self> {
        let path = log_file(options)?;
        Ok(Self {
            read: length(&path),
            path,
        })
    }

    /// The whole lines added since the last call.
    pub fn new_lines(&mut self) -> Result<Vec<String>> {
        if length(&self.path) < self.read {
            // A start put the old log aside.
            self.read = 0;
        }
        let added = since(&self.path, self.read)?;
        let whole = added.rfind('\n').map_or("", |end| &added[..=end]);
        self.read += whole.len() as u64;
        Ok(whole.lines().map(str::to_owned).collect())
    }
}

/// The size of a log; nothing where there is none.
pub(super) fn length(log: &Path) -> u64 {
    log.metadata().map_or(0, |metadata| metadata.len())
}

/// What a log says from an offset on.
pub(super) fn since(log: &Path, offset: u64) -> Result<String> {
    let mut file = fs_err::File::open(log)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
