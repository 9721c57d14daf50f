//! The readers' door for fuzzing: any bytes as a file of any format, read and encoded as a load does it.
//!
//! It is there for `cargo fuzz` (`cfg(fuzzing)`, see `fuzz/`) and for the inputs that fuzzing has found, which are
//! tests from then on. It is not part of the program, and nothing in the program may use it.

use std::path::Path;

use super::destination::{Absent, Destination, Field};
use super::format::Format;
use super::mapping::Mapping;
use super::pipeline::{self, Event, Purpose};
use super::source::{Inputs, Source};
use crate::error::Result;
use crate::sql::{Ident, QualifiedName};
use crate::vector::copy::{ColumnKind, CopyDecoder, HEADER, Scalar, TRAILER};
use crate::vector::{ElementType, Metric};

/// What became of the bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The rows that could be loaded.
    pub rows: u64,
    /// The rows that could not.
    pub rejected: u64,
}

/// Reads bytes as a file of a format; they are written to this path first.
///
/// # Panics
///
/// Where the reader panics, and where what it encodes is not the rows that it says.
pub fn read(format: Format, bytes: &[u8], path: &Path) -> Result<Outcome> {
    fs_err::write(path, bytes)?;
    let source = Source::Inputs(Inputs {
        inputs: vec![Source::File(path.to_owned())],
        format: Some(format),
        side: None,
    });
    let destination = destination(format)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let (mut events, reading) = pipeline::start(&source, &destination, Purpose::LoadGood);
        let (mut outcome, mut columns) = (Outcome::default(), 0);
        while let Some(event) = events.recv().await {
            match event {
                Event::Layout(places) => columns = places.len(),
                Event::Rejected(number, rejection) => {
                    assert!(!source.place(number).is_empty() && !rejection.why.is_empty());
                    outcome.rejected += 1;
                }
                Event::Rows(chunk) => {
                    assert_eq!(decoded(&chunk.bytes, columns), chunk.lines.rows());
                    outcome.rows += chunk.lines.rows();
                }
            }
        }
        match reading.await {
            Ok(read) => read.map(|()| outcome),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    })
}

/// The number of rows in encoded bytes, each of so many columns.
fn decoded(bytes: &[u8], columns: usize) -> u64 {
    let mut decoder = CopyDecoder::new();
    decoder.push(&HEADER);
    decoder.push(bytes);
    decoder.push(&TRAILER);
    loop {
        match decoder.next_row() {
            Ok(Some(row)) => assert_eq!(row.len(), columns, "a row of another width"),
            Ok(None) => break,
            Err(error) => panic!("the encoded rows cannot be read: {error}"),
        }
    }
    assert!(decoder.has_ended(), "the encoded rows are cut off");
    decoder.rows()
}

/// A table with a column of most kinds; of vectors alone only that is needed which has no default.
pub(super) fn destination(format: Format) -> Result<Destination> {
    let missing = if format.is_vectors_only() {
        Absent::Null
    } else {
        Absent::Refused
    };
    let vector = ColumnKind::Vector(ElementType::Vector, None);
    let half = ColumnKind::Vector(ElementType::Halfvec, Some(3));
    let fields = vec![
        column("id", ColumnKind::Scalar(Scalar::Int8), Absent::Default),
        column("content", ColumnKind::Scalar(Scalar::Text), missing),
        column("metadata", ColumnKind::Scalar(Scalar::Jsonb), Absent::EmptyObject),
        column("embedding", vector, Absent::Refused),
        column("half", half, Absent::Null),
        column("small", ColumnKind::Scalar(Scalar::Int2), Absent::Null),
        column("whole", ColumnKind::Scalar(Scalar::Int4), Absent::Null),
        column("rating", ColumnKind::Scalar(Scalar::Float4), Absent::Null),
        column("weight", ColumnKind::Scalar(Scalar::Float8), Absent::Null),
        column("public", ColumnKind::Scalar(Scalar::Bool), Absent::Null),
        column("owner_id", ColumnKind::Scalar(Scalar::Uuid), Absent::Null),
        column("seen", ColumnKind::Scalar(Scalar::Timestamptz), Absent::Null),
        column("extra", ColumnKind::Scalar(Scalar::Json), Absent::Null),
        column("facts", ColumnKind::Scalar(Scalar::Jsonb), Absent::Null),
        column("mapped", ColumnKind::Scalar(Scalar::Text), Absent::Null),
    ];
    let mut destination = Destination {
        table: QualifiedName::new(Ident::constant("public"), Ident::constant("items")),
        fields,
        id: Some(0),
        embedding: Some(3),
        rest_to: None,
        binary: None,
        id_type: "bigint".to_owned(),
        owner: None,
        sequence: None,
        metric: Metric::Cosine,
        vector_indexes: Vec::new(),
        estimated_rows: -1.0,
        may_analyze: true,
        texts: None,
    };
    if format == Format::PgCopy {
        destination.binary = Some((0..destination.fields.len()).collect());
    }
    // What fills no field is read too, then: lists, structs and maps.
    if format == Format::Parquet {
        destination.rest_to = Some(2);
    }
    // Parquet insists on the columns that are mapped.
    if matches!(format, Format::JsonLines) {
        destination.map(&[Mapping {
            column: "mapped".to_owned(),
            field: "facts.a.b".to_owned(),
        }])?;
    }
    Ok(destination)
}

fn column(name: &'static str, kind: ColumnKind, absent: Absent) -> Field {
    Field {
        column: Ident::constant(name),
        key: name.to_owned(),
        kind,
        must_be_object: name == "metadata",
        type_text: "its type".to_owned(),
        nullable: absent == Absent::Null,
        absent,
        is_mapped: false,
    }
}

/// What a fuzzed input of the layer for compressed files stands for: its first byte chooses the bytes in front, because
/// chance hardly ever makes them.
pub fn compressed(input: &[u8]) -> Vec<u8> {
    const STARTS: [&[u8]; 3] = [&[0x1f, 0x8b, 8, 0], &[0x28, 0xb5, 0x2f, 0xfd], &[]];
    let (choice, rest) = input.split_first().unwrap_or((&2, &[]));
    let start = STARTS.get(usize::from(*choice) % STARTS.len()).copied();
    [start.unwrap_or_default(), rest].concat()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    #[test]
    fn the_inputs_that_fuzzing_starts_from_and_has_found_end_in_rows_or_in_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input");
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
        let formats = Format::ALL.map(|format| (format.name(), format));
        let mut rows = 0;
        for (name, format) in formats.into_iter().chain([("compressed", Format::JsonLines)]) {
            let Ok(files) = fs_err::read_dir(seeds.join(name)) else {
                continue;
            };
            for file in files {
                let bytes = fs_err::read(file.unwrap().path()).unwrap();
                let bytes = if name == "compressed" {
                    compressed(&bytes)
                } else {
                    bytes
                };
                let outcome = read(format, &bytes, &path);
                rows += outcome.map_or(0, |outcome| outcome.rows);
            }
        }
        assert!(rows > 50, "{rows} rows");
    }

    /// A change to a file: bytes that become others, and where it is cut off.
    #[derive(Debug, Clone)]
    struct Damage {
        file: Index,
        bytes: Vec<(Index, u8)>,
        end: Option<Index>,
    }

    fn damages() -> impl Strategy<Value = Damage> {
        let bytes = vec((any::<Index>(), any::<u8>()), 0..6);
        let end = prop::option::weighted(0.1, any::<Index>());
        (any::<Index>(), bytes, end).prop_map(|(file, bytes, end)| Damage { file, bytes, end })
    }

    /// The files that fuzzing of a format starts from.
    fn seeds(format: Format) -> Vec<Vec<u8>> {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
        let files = fs_err::read_dir(seeds.join(format.name())).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files.iter().map(|path| fs_err::read(path).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn a_damaged_file_ends_in_rows_or_in_an_error(damage in damages(), format in prop::sample::select(Format::ALL.to_vec())) {
            let seeds = seeds(format);
            let mut bytes = damage.file.get(&seeds).clone();
            for (at, byte) in damage.bytes {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            if let Some(end) = damage.end {
                bytes.truncate(end.index(bytes.len() + 1));
            }
            let folder = tempfile::tempdir().unwrap();
            drop(read(format, &bytes, &folder.path().join("input")));
        }
    }
}
