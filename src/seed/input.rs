//! Opening one input: plain, gzip or zstd, recognised by its first bytes, read in constant memory.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::source::Source;
use crate::error::{Error, Result};

/// How much is read at once.
const BUFFER: usize = 256 * 1024;

/// The longest line. The largest vector takes half a megabyte; a file without line breaks must not fill the memory.
pub(super) const LONGEST_LINE: u64 = 64 * 1024 * 1024;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// The bytes of an input, decompressed.
pub(super) struct Bytes {
    name: String,
    reader: Box<dyn BufRead + Send>,
    consumed: Arc<AtomicU64>,
}

impl Bytes {
    /// Opens an input. Reading blocks.
    pub(super) fn open(source: &Source) -> Result<Self> {
        let name = source.name();
        let consumed = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            input: source.raw()?,
            consumed: Arc::clone(&consumed),
        };
        let mut plain = BufReader::with_capacity(BUFFER, counted);
        let start = plain.fill_buf().map_err(|source| unreadable(&name, &source))?;
        let reader: Box<dyn BufRead + Send> = if start.starts_with(&ZSTD_MAGIC) {
            let decoder = zstd::Decoder::with_buffer(plain)?;
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        } else if start.starts_with(&GZIP_MAGIC) {
            Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(plain)))
        } else {
            Box::new(plain)
        };
        Ok(Self {
            name,
            reader,
            consumed,
        })
    }

    /// How many bytes of the input, compressed as they may be, were read.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    /// Fills the buffer; false where the input ended before its first byte.
    pub(super) fn fill(&mut self, buffer: &mut [u8], row: u64) -> Result<bool> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.reader.read(rest) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => {
                    return Err(Error::failed(format!(
                        "{}: row {row}: the file ends in its middle",
                        self.name
                    )));
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(&format!("{}: row {row}", self.name), &error)),
            }
        }
        Ok(true)
    }

    /// What is read of the input and not taken yet, more being read where nothing is; empty at its end.
    pub(super) fn piece(&mut self) -> Result<&[u8]> {
        self.reader
            .fill_buf()
            .map_err(|error| unreadable(&self.name, &error))
    }
}

/// The error for an input whose bytes cannot be had.
pub(super) fn unreadable(place: &str, source: &io::Error) -> Error {
    Error::failed(format!("`{place}` cannot be read")).caused_by(source)
}

/// The lines of an input.
pub(super) struct Lines {
    bytes: Bytes,
    number: u64,
    line: Vec<u8>,
}

impl Lines {
    /// Opens an input.
    pub(super) fn open(source: &Source) -> Result<Self> {
        Ok(Self {
            bytes: Bytes::open(source)?,
            number: 0,
            line: Vec::new(),
        })
    }

    /// How many bytes of the source, compressed as they may be, were read.
    pub(super) fn consumed(&self) -> u64 {
        self.bytes.consumed()
    }

    /// The counter of these bytes.
    pub(super) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes.consumed)
    }

    /// The number of the line that was read last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line with its line break, behind what `line` holds already; false at the end.
    pub(super) fn append_line(&mut self, line: &mut Vec<u8>) -> Result<bool> {
        let name = &self.bytes.name;
        self.number += 1;
        let before = line.len();
        let mut limited = (&mut self.bytes.reader).take(LONGEST_LINE + 1);
        let read = limited
            .read_until(b'\n', line)
            .map_err(|source| unreadable(&format!("{name}:{}", self.number), &source))?;
        if u64::try_from(line.len() - before).is_ok_and(|length| length > LONGEST_LINE) {
            return Err(
                Error::failed(format!("{name}:{}: the line is longer than 64 MiB", self.number))
                    .hint("Write one row a line."),
            );
        }
        if self.number == 1
            && line
                .get(before..)
                .is_some_and(|new| new.starts_with(&BYTE_ORDER_MARK))
        {
            line.drain(before..before + BYTE_ORDER_MARK.len());
        }
        Ok(read > 0)
    }

    /// The next line that is not blank, with its number; its line break is left out.
    pub(super) fn next_line(&mut self) -> Result<Option<(u64, &[u8])>> {
        let mut line = std::mem::take(&mut self.line);
        loop {
            line.clear();
            if !self.append_line(&mut line)? {
                return Ok(None);
            }
            if !line.trim_ascii().is_empty() {
                self.line = line;
                return Ok(Some((self.number, self.line.trim_ascii())));
            }
        }
    }
}

/// Counts what is read through it.
struct Counted<R> {
    input: R,
    consumed: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.consumed
            .fetch_add(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn lines(bytes: &'static [u8]) -> Result<Vec<(u64, String)>> {
        let source = Source::Builtin { name: "test", bytes };
        let mut lines = Lines::open(&source)?;
        let mut all = Vec::new();
        while let Some((number, line)) = lines.next_line()? {
            all.push((number, String::from_utf8_lossy(line).into_owned()));
        }
        Ok(all)
    }

    #[test]
    fn lines_keep_their_numbers_over_blank_ones() {
        let read = lines(b"\xef\xbb\xbf a\r\n\n  \nb\n\nc").unwrap();
        let expected = [(1, "a"), (4, "b"), (6, "c")].map(|(number, text)| (number, text.to_owned()));
        assert_eq!(read, expected);
        assert_eq!(lines(b"").unwrap(), []);
    }

    #[test]
    fn a_cut_file_is_an_error_however_it_is_compressed() {
        let zstd = zstd::encode_all(&b"one\ntwo\n"[..], 1).unwrap();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(b"one\ntwo\n").unwrap();
        for whole in [zstd, gzip.finish().unwrap()] {
            let cut: &'static [u8] = whole[..whole.len() - 4].to_vec().leak();
            assert_eq!(lines(whole.leak()).unwrap().len(), 2);
            assert!(lines(cut).is_err());
        }
    }
}
