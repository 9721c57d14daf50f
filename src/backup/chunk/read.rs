//! Reading a chunk back. Nothing of it is to be trusted before [`ChunkReader::next_piece`] has said that it is over: then
//! every byte was held against the manifest.

use std::fs::File;
use std::io::{self, BufReader, Read};

use sha2::{Digest as _, Sha256};

use super::super::digest::{RowsDigest, Sha};
use super::super::repository::Repository;
use super::{Chunk, Codec, PlanesDecoder};
use crate::error::{Error, Kind, Result};
use crate::vector::copy::{CopyDecoder, HEADER, RowView, TRAILER};

/// How many bytes of the stream are given out at once.
const PIECE: usize = 256 * 1024;

/// The stream of a chunk, in pieces.
pub struct ChunkReader {
    chunk: Chunk,
    name: String,
    source: Source,
    piece: Vec<u8>,
    rows: CopyDecoder,
    raw_bytes: u64,
    content: Sha256,
    digest: RowsDigest,
    has_ended: bool,
}

type Decompressor = zstd::Decoder<'static, BufReader<Stored>>;

enum Source {
    Plain(Decompressor),
    Planes(Box<PlanesDecoder<Decompressor>>),
}

/// The object's bytes as they are read.
struct Stored {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        self.bytes += u64::try_from(read).unwrap_or_default();
        Ok(read)
    }
}

impl ChunkReader {
    /// Opens a chunk's object, which must be there.
    pub fn open(repository: &Repository, chunk: &Chunk) -> Result<Self> {
        let name = repository
            .object_path(&chunk.object, chunk.codec)
            .display()
            .to_string();
        let stored = Stored {
            file: repository.open_object(chunk)?,
            hash: Sha256::new(),
            bytes: 0,
        };
        let decompressor = zstd::Decoder::new(stored)
            .map_err(|error| damaged(&name, error))?
            .single_frame();
        let source = match chunk.codec {
            Codec::Zstd => Source::Plain(decompressor),
            Codec::Planes => Source::Planes(Box::new(PlanesDecoder::new(decompressor))),
        };
        Ok(Self {
            chunk: chunk.clone(),
            name,
            source,
            piece: Vec::new(),
            rows: CopyDecoder::new(),
            raw_bytes: 0,
            content: Sha256::new(),
            digest: RowsDigest::default(),
            has_ended: false,
        })
    }

    /// The next piece of the stream; `None` when it is over and all of it was as the manifest says.
    pub fn next_piece(&mut self) -> Result<Option<&[u8]>> {
        self.next_piece_with(&mut |_| Ok(()))
    }

    /// Shows every row, in the stream's order, and reads to the end.
    pub fn each_row(mut self, visit: &mut dyn FnMut(RowView<'_>) -> Result<()>) -> Result<()> {
        while self.next_piece_with(visit)?.is_some() {}
        Ok(())
    }

    /// Its first rows as a stream of their own, and how many they are. They are not held against the manifest.
    pub fn first_rows(mut self, most_rows: u64, most_bytes: usize) -> Result<(u64, Vec<u8>)> {
        let mut stream = HEADER.to_vec();
        let mut rows = 0;
        let mut take = |row: RowView<'_>| {
            if rows < most_rows && stream.len() < most_bytes {
                stream.extend_from_slice(row.whole());
                rows += 1;
            }
            Ok(())
        };
        while self.rows.rows() < most_rows
            && self.raw_bytes < u64::try_from(most_bytes).unwrap_or(u64::MAX)
            && self.next_piece_with(&mut take)?.is_some()
        {}
        stream.extend_from_slice(&TRAILER);
        Ok((rows, stream))
    }

    fn next_piece_with(&mut self, visit: &mut dyn FnMut(RowView<'_>) -> Result<()>) -> Result<Option<&[u8]>> {
        if self.has_ended {
            return Ok(None);
        }
        self.piece.clear();
        let read = match &mut self.source {
            Source::Plain(decompressor) => {
                let limit = u64::try_from(PIECE).unwrap_or(u64::MAX);
                decompressor.by_ref().take(limit).read_to_end(&mut self.piece)
            }
            Source::Planes(planes) => planes.read_into(&mut self.piece),
        };
        let read = read.map_err(|error| damaged(&self.name, error))?;
        if read == 0 {
            self.expect_sound()?;
            self.has_ended = true;
            return Ok(None);
        }
        self.raw_bytes += u64::try_from(read).unwrap_or_default();
        self.rows.push(&self.piece);
        while let Some(row) = self.rows.next_row().map_err(|error| damaged(&self.name, error))? {
            let sha = Sha::of(row.whole());
            self.content.update(sha.0);
            self.digest.add_row(&sha);
            visit(row)?;
        }
        Ok(Some(&self.piece))
    }

    /// Reads to the end, for the checks alone.
    pub fn check(mut self) -> Result<()> {
        while self.next_piece()?.is_some() {}
        Ok(())
    }

    fn expect_sound(&mut self) -> Result<()> {
        let reader = match &mut self.source {
            Source::Plain(decompressor) => decompressor.get_mut(),
            Source::Planes(planes) => planes.get_mut().get_mut(),
        };
        // `zstd` and `psql` would read on where this stops.
        let behind = io::copy(reader, &mut io::sink()).map_err(|error| damaged(&self.name, error))?;
        let stored = reader.get_mut();
        let object = Sha::finish(std::mem::take(&mut stored.hash));
        let (chunk, stored_bytes) = (&self.chunk, stored.bytes);
        self.rows.finish().map_err(|error| damaged(&self.name, error))?;
        let content = Sha::finish(std::mem::take(&mut self.content));
        let wrong = if behind > 0 {
            "it goes on behind its frame"
        } else if object != chunk.object {
            "its SHA-256 is another"
        } else if stored_bytes != chunk.stored_bytes {
            "it has another size"
        } else if self.raw_bytes != chunk.raw_bytes || self.rows.rows() != chunk.rows {
            "it holds another number of rows"
        } else if content != chunk.content || self.digest != chunk.digest {
            "its rows are others than the manifest says"
        } else {
            return Ok(());
        };
        Err(damaged(&self.name, wrong))
    }
}

fn damaged(name: &str, cause: impl std::fmt::Display) -> Error {
    Error::new(Kind::Archive, format!("the chunk `{name}` is damaged")).cause(cause)
}
