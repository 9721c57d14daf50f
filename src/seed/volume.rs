//! How many rows a source holds, guessed from its size before it is read.

use super::destination::Destination;
use super::format::Format;
use super::source::Source;
use crate::vector::ElementType;
use crate::vector::copy::ColumnKind;

/// The bytes of a dimension written out: sign, seven or eight digits, a comma.
const TEXT: u64 = 11;
/// The bytes of the other columns of a row.
const OTHERS: u64 = 120;
/// How far compression takes text and floats, in tenths.
const COMPRESSED: u64 = 22;

/// About how many rows a source holds; none where its size is not known, or the vectors' length.
pub fn guessed_rows(source: &Source, destination: &Destination) -> Option<u64> {
    let field = destination.fields.get(destination.embedding?)?;
    let ColumnKind::Vector(ElementType::Vector | ElementType::Halfvec, Some(dimensions)) = field.kind else {
        return None;
    };
    let set = source.inputs();
    set.inputs
        .iter()
        .map(|input| {
            let size = input.size()?;
            Some(size / bytes_of_row(set.format_of(input), dimensions, is_compressed(input)).max(1))
        })
        .sum()
}

fn bytes_of_row(format: Format, dimensions: u32, compressed: bool) -> u64 {
    let dimensions = u64::from(dimensions);
    let plain = match format {
        Format::JsonLines | Format::Csv | Format::Tsv => TEXT * dimensions + OTHERS,
        Format::Parquet | Format::PgCopy => 4 * dimensions + OTHERS,
        Format::Npy | Format::Fvecs => 4 * dimensions,
        Format::Bvecs => dimensions,
    };
    if compressed {
        plain * 10 / COMPRESSED
    } else {
        plain
    }
}

fn is_compressed(source: &Source) -> bool {
    match source {
        Source::File(path) => path
            .extension()
            .is_some_and(|extension| extension == "gz" || extension == "zst"),
        // What comes with the program is compressed.
        Source::Builtin { .. } => true,
        Source::Stdin | Source::Inputs(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_as_long_as_its_format_makes_it() {
        assert_eq!(bytes_of_row(Format::Npy, 384, false), 1_536);
        assert_eq!(bytes_of_row(Format::JsonLines, 384, false), 4_344);
        assert!(bytes_of_row(Format::JsonLines, 384, true) < 2_000);
    }
}
