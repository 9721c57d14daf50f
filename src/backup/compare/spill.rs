//! Rows of two sides brought together by their keys in bounded memory: each row's key and the hashes of its values go
//! to one of many parts, chosen by the key's hash; a part is small enough to be looked at at once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufReader, Read, Seek as _, SeekFrom, Write as _};

use tempfile::SpooledTempFile;

use crate::error::{Context as _, Error, Result};

/// How many rows of both sides a part is meant to have.
const ROWS_OF_A_PART: u64 = 200_000;
/// The most parts, each of which may keep a file open.
const MOST_PARTS: u64 = 256;
/// How many bytes of a part stay in memory.
const KEPT: usize = 1 << 20;

/// Which of the two backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Before,
    After,
}

/// The rows of both sides, in parts.
pub(super) struct Spill {
    parts: Vec<SpooledTempFile>,
    columns: usize,
    record: Vec<u8>,
}

/// The rows of one key: the hashes of their values. Without a key the same row may be there several times.
#[derive(Debug, Default)]
pub(super) struct Pair {
    pub(super) before: Vec<Vec<u64>>,
    pub(super) after: Vec<Vec<u64>>,
}

/// The hash of a value.
pub(super) fn hash(value: Option<&[u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Spill {
    /// Makes room for so many rows with so many compared values each.
    pub(super) fn new(rows: u64, columns: usize) -> Self {
        let parts = rows.div_ceil(ROWS_OF_A_PART).clamp(1, MOST_PARTS);
        Self {
            parts: (0..parts).map(|_| SpooledTempFile::new(KEPT)).collect(),
            columns,
            record: Vec::new(),
        }
    }

    /// Adds a row.
    pub(super) fn add(&mut self, which: Which, key: &[u8], values: &[u64]) -> Result<()> {
        self.record.clear();
        self.record.push(u8::from(which == Which::After));
        let length = u32::try_from(key.len()).map_err(|_| Error::failed("a key is longer than 4 GiB"))?;
        self.record.extend_from_slice(&length.to_le_bytes());
        self.record.extend_from_slice(key);
        for value in values {
            self.record.extend_from_slice(&value.to_le_bytes());
        }
        let parts = u64::try_from(self.parts.len()).unwrap_or(1);
        let part = usize::try_from(hash(Some(key)) % parts).unwrap_or_default();
        match self.parts.get_mut(part) {
            Some(part) => part
                .write_all(&self.record)
                .context("write rows that are compared into a temporary file"),
            None => Err(Error::bug("a row belongs to no part")),
        }
    }

    /// Shows the rows of each key, in no order.
    pub(super) fn each(self, visit: &mut dyn FnMut(&[u8], Pair)) -> Result<()> {
        for mut part in self.parts {
            let length = part.stream_position().context("read a temporary file")?;
            part.seek(SeekFrom::Start(0)).context("read a temporary file")?;
            let mut reader = BufReader::with_capacity(64 * 1024, part.take(length));
            let mut rows: HashMap<Vec<u8>, Pair> = HashMap::new();
            while let Some((which, key, values)) =
                record(&mut reader, self.columns).context("read a temporary file")?
            {
                let pair = rows.entry(key).or_default();
                match which {
                    Which::Before => pair.before.push(values),
                    Which::After => pair.after.push(values),
                }
            }
            for (key, pair) in rows {
                visit(&key, pair);
            }
        }
        Ok(())
    }
}

type Record = (Which, Vec<u8>, Vec<u64>);

fn record(reader: &mut impl Read, columns: usize) -> std::io::Result<Option<Record>> {
    let mut which = [0; 1];
    if reader.read(&mut which)? == 0 {
        return Ok(None);
    }
    let mut length = [0; 4];
    reader.read_exact(&mut length)?;
    let mut key = vec![0; usize::try_from(u32::from_le_bytes(length)).unwrap_or_default()];
    reader.read_exact(&mut key)?;
    let mut values = Vec::with_capacity(columns);
    for _ in 0..columns {
        let mut value = [0; 8];
        reader.read_exact(&mut value)?;
        values.push(u64::from_le_bytes(value));
    }
    let which = if which == [0] { Which::Before } else { Which::After };
    Ok(Some((which, key, values)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_key_come_together_whatever_part_they_are_in() {
        let mut spill = Spill::new(ROWS_OF_A_PART * 5, 1);
        assert_eq!(spill.parts.len(), 5);
        for number in 0..1000_u64 {
            spill
                .add(Which::Before, &number.to_le_bytes(), &[number])
                .unwrap();
            if number % 2 == 0 {
                spill.add(Which::After, &number.to_le_bytes(), &[1]).unwrap();
            }
        }
        let (mut keys, mut pairs) = (0, 0);
        spill
            .each(&mut |key, pair| {
                keys += 1;
                pairs += usize::from(!pair.after.is_empty());
                let number = u64::from_le_bytes(key.try_into().unwrap());
                assert_eq!(pair.before, [[number]]);
            })
            .unwrap();
        assert_eq!((keys, pairs), (1000, 500));
    }

    #[test]
    fn the_missing_value_is_not_the_empty_one() {
        assert_ne!(hash(None), hash(Some(b"")));
    }
}
