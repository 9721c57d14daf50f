//! Where rows go: stdout, or a file that appears at its path only when it is whole.
//!
//! This module must not know what the bytes mean.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::error::{Error, Result};

/// The bytes that are written at once.
const BUFFER: usize = 256 * 1024;

/// Where the rows go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The process's stdout.
    Stdout,
    /// A file; one that is there is replaced only where `overwrite` says so.
    File {
        /// Its path. One that ends in `.zst` is compressed.
        path: PathBuf,
        /// Whether it may replace another.
        overwrite: bool,
    },
}

impl Place {
    /// What the report calls it.
    pub fn name(&self) -> String {
        match self {
            Self::Stdout => "-".to_owned(),
            Self::File { path, .. } => path.display().to_string(),
        }
    }

    /// Whether the bytes are compressed with zstd.
    pub fn is_compressed(&self) -> bool {
        matches!(self, Self::File { path, .. } if path.extension().is_some_and(|extension| extension == "zst"))
    }
}

/// The files that appear when all is written.
pub struct Files {
    main: Option<(File, Pending)>,
    side: Option<(File, Pending)>,
    compressed: bool,
}

/// A file beside its path. Dropped, it is deleted.
struct Pending {
    temporary: TempPath,
    path: PathBuf,
    overwrite: bool,
}

/// What is left to do once the writers are done.
pub struct Publication {
    main: Option<Pending>,
    side: Option<Pending>,
}

impl Files {
    /// Makes the temporary files beside their paths; nothing for stdout. A second file stands beside the first one
    /// under another extension.
    pub fn create(place: &Place, side_extension: Option<&str>) -> Result<Self> {
        let Place::File { path, overwrite } = place else {
            return Ok(Self {
                main: None,
                side: None,
                compressed: false,
            });
        };
        let side = side_extension.map(|extension| beside(&path.with_extension(extension), *overwrite));
        Ok(Self {
            side: side.transpose()?,
            main: Some(beside(path, *overwrite)?),
            compressed: place.is_compressed(),
        })
    }

    /// The path of the second file.
    pub fn side_path(&self) -> Option<PathBuf> {
        self.side.as_ref().map(|(_, pending)| pending.path.clone())
    }

    /// Takes them apart: what is written to, and what makes the files appear.
    pub fn open(self) -> Result<(Publication, Output, Option<Output>)> {
        let (main, pending) = match self.main {
            None => (Output::new(Raw::Stdout(io::stdout()), false)?, None),
            Some((file, pending)) => (Output::new(Raw::File(file), self.compressed)?, Some(pending)),
        };
        let (side, side_pending) = match self.side {
            None => (None, None),
            Some((file, pending)) => (Some(Output::new(Raw::File(file), false)?), Some(pending)),
        };
        let publication = Publication {
            main: pending,
            side: side_pending,
        };
        Ok((publication, main, side))
    }
}

impl Publication {
    /// Gives the whole files their names.
    pub fn publish(self) -> Result<()> {
        for pending in [self.side, self.main].into_iter().flatten() {
            let path = pending.path;
            let named = if pending.overwrite {
                pending.temporary.persist(&path)
            } else {
                pending.temporary.persist_noclobber(&path)
            };
            named.map_err(|error| {
                Error::failed(format!("give `{}` its name", path.display())).caused_by(&error.error)
            })?;
        }
        Ok(())
    }
}

fn beside(path: &Path, overwrite: bool) -> Result<(File, Pending)> {
    if !overwrite && path.exists() {
        return Err(Error::usage(format!("`{}` is there already", path.display()))
            .hint("Say `--overwrite` to replace it."));
    }
    if path.is_dir() {
        return Err(Error::usage(format!("`{}` is a folder", path.display())));
    }
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let made = temporary_file(&format!(".{name}.")).tempfile_in(folder);
    let made = made.map_err(|source| {
        Error::failed(format!("write into the folder `{}`", folder.display())).caused_by(&source)
    })?;
    let (file, temporary) = made.into_parts();
    let pending = Pending {
        temporary,
        path: path.to_owned(),
        overwrite,
    };
    Ok((file, pending))
}

/// Temporary files are private unless told otherwise; an export is a file as any other, as the umask has it.
fn temporary_file(prefix: &str) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

enum Raw {
    File(File),
    Stdout(io::Stdout),
}

impl Write for Raw {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stdout(stdout) => stdout.flush(),
        }
    }
}

/// What is written to, and how much was.
pub struct Output {
    stream: Stream,
    bytes: u64,
}

enum Stream {
    Plain(BufWriter<Raw>),
    Zstd(zstd::Encoder<'static, Raw>),
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.stream {
            Stream::Plain(stream) => stream.write(bytes),
            Stream::Zstd(stream) => stream.write(bytes),
        }?;
        self.bytes += u64::try_from(written).unwrap_or_default();
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.flush(),
            Stream::Zstd(stream) => stream.flush(),
        }
    }
}

impl Output {
    fn new(raw: Raw, compressed: bool) -> Result<Self> {
        let stream = if compressed {
            let encoder = zstd::Encoder::new(raw, 3).and_then(|mut encoder| {
                encoder.include_checksum(true)?;
                Ok(encoder)
            });
            Stream::Zstd(encoder.map_err(|error| not_written(&error))?)
        } else {
            Stream::Plain(BufWriter::with_capacity(BUFFER, raw))
        };
        Ok(Self { stream, bytes: 0 })
    }

    /// Writes bytes.
    pub fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes).map_err(|error| not_written(&error))
    }

    /// Writes what waits, other bytes over the start where there are any, and has the disk hold it.
    pub fn finish(self, start: Option<&[u8]>) -> Result<u64> {
        let finish = || -> io::Result<()> {
            let mut raw = match self.stream {
                Stream::Plain(stream) => stream.into_inner().map_err(io::IntoInnerError::into_error)?,
                Stream::Zstd(stream) => stream.finish()?,
            };
            raw.flush()?;
            if let Raw::File(file) = &mut raw {
                if let Some(start) = start {
                    file.seek(SeekFrom::Start(0))?;
                    file.write_all(start)?;
                }
                file.sync_all()?;
            }
            Ok(())
        };
        finish().map_err(|error| not_written(&error))?;
        Ok(self.bytes)
    }
}

/// The error for bytes that cannot be written.
pub(crate) fn not_written(error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Error::failed("stdout was closed before all rows were written")
            .hint("Say `--limit N` where fewer rows will do.");
    }
    let message = match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full",
        _ => "the rows cannot be written",
    };
    Error::failed(message).cause(error)
}
