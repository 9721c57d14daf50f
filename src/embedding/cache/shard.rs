//! One file of the cache: records back to back, only ever added at its end, under a lock.
//!
//! A record is a mark, a CRC-32 of what follows, the dimensions, the key, and the elements as 32-bit floats; all numbers
//! are little-endian. What a killed process left unfinished does not match its CRC; reading goes on at the next mark.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use super::Key;
use crate::error::{Context as _, Error, Result};

const MARK: [u8; 4] = *b"vEc1";

/// Mark, checksum, dimensions, key.
const HEADER: usize = 4 + 4 + 4 + 32;

/// More dimensions than any vector has.
const MOST_DIMENSIONS: u32 = 65_536;

/// How much is read at once where the next mark is looked for.
const STEP: usize = 64 * 1024;

/// A file, and where in it the vectors stand.
#[derive(Debug)]
pub(super) struct Shard {
    path: PathBuf,
    file: Option<File>,
    /// The places of the records, by half of their keys; the whole key is compared when one is read.
    places: HashMap<u128, u64>,
    /// How far the file is known.
    known: u64,
}

impl Shard {
    /// A file that may not be there yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            places: HashMap::new(),
            known: 0,
        }
    }

    /// The vector under a key.
    pub(super) fn get(&mut self, key: &Key) -> Result<Option<Vec<f32>>> {
        self.open_existing()?;
        let Some((place, file)) = self.places.get(&half(key)).zip(self.file.as_ref()) else {
            return Ok(None);
        };
        let record = read(file, *place)?.filter(|record| record.key == *key);
        Ok(record.map(|record| record.vector))
    }

    /// Whether there is a vector under a key.
    pub(super) fn has(&mut self, key: &Key) -> Result<bool> {
        self.open_existing()?;
        Ok(self.places.contains_key(&half(key)))
    }

    /// Adds vectors behind all that other processes have added.
    pub(super) fn put(&mut self, vectors: &[&(Key, &[f32])]) -> Result<()> {
        let doing = || format!("keep embeddings in `{}`", self.path.display());
        let doing = doing();
        self.add(vectors).context(doing)
    }

    /// How many vectors there are, in how many bytes.
    pub(super) fn measure(&mut self) -> Result<(u64, u64)> {
        self.open_existing()?;
        let length = self
            .file
            .as_ref()
            .map_or(Ok(0), |file| file.metadata().map(|facts| facts.len()))?;
        Ok((u64::try_from(self.places.len()).unwrap_or_default(), length))
    }

    fn add(&mut self, vectors: &[&(Key, &[f32])]) -> Result<()> {
        if self.file.is_none() {
            let mut options = std::fs::OpenOptions::new();
            options.read(true).append(true).create(true).mode(0o600);
            self.file = Some(options.open(&self.path)?);
        }
        let file = self
            .file
            .as_ref()
            .ok_or_else(|| Error::bug("a file was just opened"))?;
        file.lock()?;
        let added = self.add_locked(vectors);
        if let Some(file) = &self.file {
            file.unlock()?;
        }
        added
    }

    fn add_locked(&mut self, vectors: &[&(Key, &[f32])]) -> Result<()> {
        self.learn()?;
        let Some(mut file) = self.file.as_ref() else {
            return Ok(());
        };
        let end = file.metadata()?.len();
        let mut bytes = Vec::new();
        let mut places = Vec::new();
        for (key, vector) in vectors {
            places.push((half(key), end + u64::try_from(bytes.len()).unwrap_or_default()));
            append(&mut bytes, key, vector);
        }
        file.write_all(&bytes)?;
        self.known = end + u64::try_from(bytes.len()).unwrap_or_default();
        self.places.extend(places);
        Ok(())
    }

    fn open_existing(&mut self) -> Result<()> {
        if self.file.is_some() || !self.path.exists() {
            return Ok(());
        }
        let file = std::fs::OpenOptions::new()
            .read(true)
            .append(true)
            .open(&self.path);
        self.file = Some(file.with_context(|| format!("open `{}`", self.path.display()))?);
        self.learn()
    }

    /// Finds the records behind what is known.
    fn learn(&mut self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let end = file.metadata()?.len();
        let mut place = self.known;
        while place < end {
            match read(file, place)? {
                Some(record) => {
                    self.places.insert(half(&record.key), place);
                    place += record.length();
                }
                None => match next_mark(file, place + 1)? {
                    Some(next) => place = next,
                    None => break,
                },
            }
        }
        // An unfinished record at the end may be one that is being written.
        self.known = place.min(end);
        Ok(())
    }
}

/// A record that is whole.
struct Record {
    key: Key,
    vector: Vec<f32>,
}

impl Record {
    fn length(&self) -> u64 {
        u64::try_from(HEADER + self.vector.len() * 4).unwrap_or(u64::MAX)
    }
}

/// Reads the record at a place; none where none is whole there.
fn read(file: &File, place: u64) -> Result<Option<Record>> {
    let mut header = [0; HEADER];
    if !fill(file, &mut header, place)? {
        return Ok(None);
    }
    let (mark, rest) = header.split_at(4);
    let (checksum, rest) = rest.split_at(4);
    let (dimensions, key) = rest.split_at(4);
    let number = |bytes: &[u8]| bytes.try_into().map(u32::from_le_bytes).unwrap_or_default();
    let dimensions = number(dimensions);
    if mark != MARK || dimensions > MOST_DIMENSIONS {
        return Ok(None);
    }
    let mut body = vec![0; usize::try_from(dimensions).unwrap_or_default() * 4];
    if !fill(file, &mut body, place + u64::try_from(HEADER).unwrap_or_default())? {
        return Ok(None);
    }
    if number(checksum) != sum(dimensions, key, &body) {
        return Ok(None);
    }
    let elements = body.as_chunks::<4>().0.iter();
    Ok(Some(Record {
        key: key.try_into().unwrap_or_default(),
        vector: elements.map(|bytes| f32::from_le_bytes(*bytes)).collect(),
    }))
}

/// Fills the buffer from a place on; false where the file ends before.
fn fill(file: &File, buffer: &mut [u8], place: u64) -> Result<bool> {
    match file.read_exact_at(buffer, place) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(Error::from(error).context("read kept embeddings")),
    }
}

/// The next mark from a place on.
fn next_mark(file: &File, from: u64) -> Result<Option<u64>> {
    let mut buffer = vec![0; STEP];
    let mut place = from;
    loop {
        let read = file.read_at(&mut buffer, place)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if let Some(at) = bytes.windows(MARK.len()).position(|window| window == MARK) {
            return Ok(Some(place + u64::try_from(at).unwrap_or_default()));
        }
        if read < MARK.len() {
            return Ok(None);
        }
        // A mark may stand across the border.
        place += u64::try_from(read - (MARK.len() - 1)).unwrap_or_default();
    }
}

fn append(bytes: &mut Vec<u8>, key: &Key, vector: &[f32]) {
    let body: Vec<u8> = vector.iter().flat_map(|element| element.to_le_bytes()).collect();
    let dimensions = u32::try_from(vector.len()).unwrap_or(u32::MAX);
    bytes.extend(MARK);
    bytes.extend(sum(dimensions, key, &body).to_le_bytes());
    bytes.extend(dimensions.to_le_bytes());
    bytes.extend(key);
    bytes.extend(body);
}

fn sum(dimensions: u32, key: &[u8], body: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&dimensions.to_le_bytes());
    sum.update(key);
    sum.update(body);
    sum.finalize()
}

fn half(key: &Key) -> u128 {
    key.first_chunk()
        .map(|half| u128::from_le_bytes(*half))
        .unwrap_or_default()
}
