//! Cutting a stream of binary COPY into chunks, which are hashed, compressed, synced and published as they fill.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use zstd::zstd_safe::{CParameter, ParamSwitch};

use super::super::digest::{RowsDigest, Sha};
use super::super::repository::{Repository, not_written};
use super::super::stage::DumpStage;
use super::{Chunk, Codec, LARGEST, MOST_ROWS, PlanesEncoder, Range};
use crate::error::{Context as _, Error, Result};
use crate::failpoint::reach_blocking;
use crate::vector::copy::{CopyDecoder, HEADER, TRAILER};

/// How many bytes are handed to the compressor at once.
const BUFFER: usize = 128 * 1024;

/// How far zstd goes on at once where it finds no match in planes.
const STRIDE: u32 = 16;
/// The binary logarithm of its table of matches in planes, which then fits into the processor's first cache.
const HASH_LOG: u32 = 12;

/// Takes the stream of one range and leaves its chunks in the repository.
pub struct Cutter {
    repository: Repository,
    codec: Codec,
    level: i32,
    range: Range,
    decoder: CopyDecoder,
    open: Option<Open>,
    finished: Vec<Chunk>,
    largest: u64,
}

/// The chunk that is being written.
struct Open {
    coder: Coder,
    rows: u64,
    raw_bytes: u64,
    content: Sha256,
    digest: RowsDigest,
}

type Compressor = BufWriter<zstd::Encoder<'static, Stored>>;

/// What stands between the rows and zstd.
enum Coder {
    Plain(Compressor),
    Planes(PlanesEncoder<Compressor>),
}

/// The object's bytes on their way to the disk.
struct Stored {
    file: NamedTempFile,
    hash: Sha256,
    bytes: u64,
}

impl Write for Stored {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += u64::try_from(written).unwrap_or_default();
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Cutter {
    /// A cutter for the rows of a range.
    pub fn new(repository: Repository, codec: Codec, level: i32, range: Range) -> Self {
        Self {
            repository,
            codec,
            level,
            range,
            decoder: CopyDecoder::new(),
            open: None,
            finished: Vec::new(),
            largest: LARGEST,
        }
    }

    /// With another limit for a chunk's stream.
    #[must_use]
    pub fn largest(mut self, bytes: u64) -> Self {
        self.largest = bytes;
        self
    }

    /// Takes the next bytes of the stream; returns how many rows they completed.
    pub fn push(&mut self, bytes: &[u8]) -> Result<u64> {
        let before = self.decoder.rows();
        self.decoder.push(bytes);
        while let Some(row) = self.decoder.next_row().map_err(wrong_stream)? {
            let bytes = row.whole();
            let length = length(bytes);
            let is_full = |open: &Open| {
                open.rows >= MOST_ROWS || open.raw_bytes + length + length_of_ends() > self.largest
            };
            if self.open.as_ref().is_some_and(is_full)
                && let Some(full) = self.open.take()
            {
                let chunk = full.seal(&self.repository, self.codec, &self.range)?;
                self.finished.push(chunk);
            }
            let open = match &mut self.open {
                Some(open) => open,
                none => none.insert(Open::new(&self.repository, self.codec, self.level)?),
            };
            let row_sha = Sha::of(bytes);
            open.content.update(row_sha.0);
            open.digest.add_row(&row_sha);
            open.rows += 1;
            open.raw_bytes += length;
            match &mut open.coder {
                Coder::Plain(compressor) => compressor.write_all(bytes),
                Coder::Planes(planes) => planes.push(row),
            }
            .map_err(|error| not_written(self.repository.root(), &error))?;
        }
        Ok(self.decoder.rows() - before)
    }

    /// Ends the stream and returns its chunks; none where it had no row.
    pub fn finish(mut self) -> Result<Vec<Chunk>> {
        self.decoder.finish().map_err(wrong_stream)?;
        if let Some(open) = self.open.take() {
            self.finished
                .push(open.seal(&self.repository, self.codec, &self.range)?);
        }
        Ok(self.finished)
    }
}

impl Open {
    fn new(repository: &Repository, codec: Codec, level: i32) -> Result<Self> {
        let stored = Stored {
            file: repository.temporary()?,
            hash: Sha256::new(),
            bytes: 0,
        };
        let encoder = encoder(stored, codec, level);
        let mut compressor = BufWriter::with_capacity(BUFFER, encoder.context("begin a zstd frame")?);
        let coder = match codec {
            Codec::Zstd => compressor.write_all(&HEADER).map(|()| Coder::Plain(compressor)),
            Codec::Planes => PlanesEncoder::begin(compressor).map(Coder::Planes),
        };
        reach_blocking(DumpStage::ChunkBegun.name());
        Ok(Self {
            coder: coder.map_err(|error| not_written(repository.root(), &error))?,
            rows: 0,
            raw_bytes: 0,
            content: Sha256::new(),
            digest: RowsDigest::default(),
        })
    }

    fn seal(self, repository: &Repository, codec: Codec, range: &Range) -> Result<Chunk> {
        let sealed = end(self.coder);
        let stored = sealed.map_err(|error| not_written(repository.root(), &error))?;
        let object = Sha::finish(stored.hash);
        reach_blocking(DumpStage::ChunkWritten.name());
        repository.publish_object(stored.file, &object, codec)?;
        reach_blocking(DumpStage::ChunkNamed.name());
        Ok(Chunk {
            object,
            codec,
            rows: self.rows,
            raw_bytes: self.raw_bytes + length_of_ends(),
            stored_bytes: stored.bytes,
            content: Sha::finish(self.content),
            digest: self.digest,
            range: range.clone(),
        })
    }
}

/// One frame with its checksum. Most of a plane of mantissas repeats nowhere: level 1 steps over it in longer strides, and
/// still codes each byte by how often it comes. On embeddings that halves the time and costs a thousandth of the size.
fn encoder(stored: Stored, codec: Codec, level: i32) -> io::Result<zstd::Encoder<'static, Stored>> {
    let mut encoder = zstd::Encoder::new(stored, level)?;
    encoder.include_checksum(true)?;
    if codec == Codec::Planes && level == 1 {
        encoder.set_parameter(CParameter::TargetLength(STRIDE))?;
        encoder.set_parameter(CParameter::HashLog(HASH_LOG))?;
        encoder.set_parameter(CParameter::LiteralCompressionMode(ParamSwitch::Enable))?;
    }
    Ok(encoder)
}

/// Ends the stream and the frame, and has the disk hold them.
fn end(coder: Coder) -> io::Result<Stored> {
    let compressor = match coder {
        Coder::Plain(mut compressor) => {
            compressor.write_all(&TRAILER)?;
            compressor
        }
        Coder::Planes(planes) => planes.finish()?,
    };
    let encoder = compressor.into_inner().map_err(io::IntoInnerError::into_error)?;
    let stored = encoder.finish()?;
    let file: &File = stored.file.as_file();
    file.sync_all()?;
    Ok(stored)
}

/// The bytes of a stream without rows.
fn length_of_ends() -> u64 {
    length(&HEADER) + length(&TRAILER)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn wrong_stream(error: crate::vector::copy::DecodeError) -> Error {
    Error::connection("the server's rows could not be understood").cause(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn a_stream_that_is_none_is_the_servers_fault_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        let cutter = || Cutter::new(repository.clone(), Codec::Zstd, 1, Range::Whole);
        let error = cutter().push(b"this is no binary COPY").unwrap_err();
        assert_eq!(error.kind(), Kind::Connection);
        let mut cut = cutter();
        let row = [&HEADER[..], &[0, 1, 0, 0, 0, 1, 7]].concat();
        assert_eq!(cut.push(&row).unwrap(), 1);
        assert_eq!(cut.finish().unwrap_err().kind(), Kind::Connection);
        assert_eq!(repository.objects().unwrap(), []);
        let objects = folder.path().join("objects");
        assert_eq!(fs_err::read_dir(objects).unwrap().count(), 0);
    }

    #[test]
    fn what_is_written_is_counted_and_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        let mut stored = Stored {
            file: repository.temporary().unwrap(),
            hash: Sha256::new(),
            bytes: 0,
        };
        stored.write_all(b"some bytes").unwrap();
        stored.flush().unwrap();
        assert_eq!(stored.bytes, 10);
        assert_eq!(Sha::finish(stored.hash), Sha::of(b"some bytes"));
        assert_eq!(fs_err::read(stored.file.path()).unwrap(), b"some bytes");
    }
}
