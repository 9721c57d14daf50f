//! Where rows come from: a file, stdin or memory, plain or zstd, read line by line in constant memory.

use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// How much is read at once.
const BUFFER: usize = 256 * 1024;

/// The longest line. The largest vector takes half a megabyte; a file without line breaks must not fill the memory.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Where rows come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// Bytes that are part of the program.
    Builtin {
        /// What messages call them.
        name: &'static str,
        /// The bytes.
        bytes: &'static [u8],
    },
}

impl Source {
    /// What messages call it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "stdin".to_owned(),
            Self::Builtin { name, .. } => (*name).to_owned(),
        }
    }

    /// How many bytes it has, where that is known before reading.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::File(path) => {
                let facts = fs_err::metadata(path).ok()?;
                facts.is_file().then_some(facts.len())
            }
            Self::Stdin => None,
            Self::Builtin { bytes, .. } => u64::try_from(bytes.len()).ok(),
        }
    }

    /// Finds out early that a file is not there or may not be read.
    pub fn probe(&self) -> Result<()> {
        let Self::File(path) = self else { return Ok(()) };
        let facts = fs_err::File::open(path)
            .and_then(|file| file.metadata())
            .map_err(|source| Error::usage(source.to_string()))?;
        if facts.is_dir() {
            return Err(
                Error::usage(format!("`{}` is a folder", path.display())).hint("Name a file of JSON Lines.")
            );
        }
        Ok(())
    }

    /// Opens it. Reading blocks.
    pub(super) fn open(&self) -> Result<Lines> {
        let input: Box<dyn Read + Send> = match self {
            Self::File(path) => {
                let file = fs_err::File::open(path).map_err(|source| Error::usage(source.to_string()))?;
                Box::new(file)
            }
            Self::Stdin => Box::new(io::stdin()),
            Self::Builtin { bytes, .. } => Box::new(*bytes),
        };
        let consumed = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            input,
            consumed: Arc::clone(&consumed),
        };
        let mut plain = BufReader::with_capacity(BUFFER, counted);
        let start = plain
            .fill_buf()
            .map_err(|source| unreadable(&self.name(), &source))?;
        let reader: Box<dyn BufRead + Send> = if start.starts_with(&ZSTD_MAGIC) {
            let decoder = zstd::Decoder::with_buffer(plain)?;
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        } else if start.starts_with(&GZIP_MAGIC) {
            let name = self.name();
            return Err(Error::usage(format!(
                "`{name}` is compressed with gzip, which is not read here"
            ))
            .hint(format!(
                "Run `gzip -dc {name} | vecops seed ... --from -`, or compress it with zstd."
            )));
        } else {
            Box::new(plain)
        };
        Ok(Lines {
            name: self.name(),
            reader,
            consumed,
            number: 0,
            line: Vec::new(),
        })
    }
}

fn unreadable(place: &str, source: &io::Error) -> Error {
    Error::failed(format!("`{place}` cannot be read")).caused_by(source)
}

/// The lines of a source.
pub(super) struct Lines {
    name: String,
    reader: Box<dyn BufRead + Send>,
    consumed: Arc<AtomicU64>,
    number: u64,
    line: Vec<u8>,
}

impl Lines {
    /// How many bytes of the source, compressed as they may be, were read.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    /// The next line that is not blank, with its number; its line break is left out.
    pub(super) fn next_line(&mut self) -> Result<Option<(u64, &[u8])>> {
        loop {
            self.line.clear();
            self.number += 1;
            let mut limited = (&mut self.reader).take(LONGEST_LINE + 1);
            let read = limited.read_until(b'\n', &mut self.line);
            let read =
                read.map_err(|source| unreadable(&format!("{}:{}", self.name, self.number), &source))?;
            if read == 0 {
                return Ok(None);
            }
            if u64::try_from(self.line.len()).is_ok_and(|length| length > LONGEST_LINE) {
                let message = format!("{}:{}: the line is longer than 64 MiB", self.name, self.number);
                return Err(Error::failed(message).hint("Write one JSON object a line."));
            }
            let marked = self.number == 1 && self.line.starts_with(&BYTE_ORDER_MARK);
            let start = if marked { BYTE_ORDER_MARK.len() } else { 0 };
            let blank = self
                .line
                .get(start..)
                .is_none_or(|text| text.trim_ascii().is_empty());
            if !blank {
                let text = self.line.get(start..).unwrap_or_default().trim_ascii();
                return Ok(Some((self.number, text)));
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
    use super::*;

    fn lines(bytes: &'static [u8]) -> Result<Vec<(u64, String)>> {
        let source = Source::Builtin { name: "test", bytes };
        let mut lines = source.open()?;
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
    fn a_cut_zstd_file_is_an_error_and_gzip_gets_a_hint() {
        let whole = zstd::encode_all(&b"one\ntwo\n"[..], 1).unwrap();
        let cut: &'static [u8] = whole[..whole.len() - 4].to_vec().leak();
        assert_eq!(lines(whole.leak()).unwrap().len(), 2);
        assert!(lines(cut).is_err());
        let gzip = lines(b"\x1f\x8b\x08").unwrap_err();
        assert!(gzip.hints()[0].contains("gzip -dc"));
    }
}
