//! The vectors of a file of any format, without a table: queries of a benchmark.

use super::destination::{Absent, Destination, Field};
use super::pipeline::{self, Event, Purpose};
use super::source::Source;
use crate::error::{Error, Result};
use crate::sql::{Ident, QualifiedName};
use crate::vector::copy::{ColumnKind, CopyDecoder, DecodeError, HEADER, TRAILER, field};
use crate::vector::{ElementType, Metric};

/// Reads the vectors of floats, which the file calls `embedding` or as the column is called.
pub async fn vectors_of(source: &Source, column: &Ident, dimensions: Option<u32>) -> Result<Vec<Vec<f32>>> {
    let destination = only(column, dimensions);
    let (mut events, reading) = pipeline::start(source, &destination, Purpose::Load);
    let mut vectors = Vec::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Rows(chunk) => {
                decode(&chunk.bytes, &mut vectors)
                    .map_err(|wrong| Error::failed(format!("{}: {wrong}", source.name())))?;
            }
            Event::Rejected(line, rejection) => return Err(pipeline::rejected(source, line, rejection)),
            Event::Layout(_) => {}
        }
    }
    reading
        .await
        .map_err(|error| Error::bug("the reading thread ended early").caused_by(&error))??;
    Ok(vectors)
}

fn decode(rows: &[u8], vectors: &mut Vec<Vec<f32>>) -> Result<(), DecodeError> {
    let mut decoder = CopyDecoder::new();
    decoder.push(&HEADER);
    decoder.push(rows);
    decoder.push(&TRAILER);
    while let Some(row) = decoder.next_row()? {
        let vector = row.fields().next().flatten().unwrap_or_default();
        vectors.push(field::vector(vector)?.into_iter().collect());
    }
    Ok(())
}

/// A table of one column, which is nowhere.
fn only(column: &Ident, dimensions: Option<u32>) -> Destination {
    let vector = Field {
        column: column.clone(),
        key: "embedding".to_owned(),
        kind: ColumnKind::Vector(ElementType::Vector, dimensions),
        must_be_object: false,
        type_text: "vector".to_owned(),
        nullable: false,
        absent: Absent::Refused,
        is_mapped: false,
    };
    Destination {
        table: QualifiedName::new(Ident::constant("public"), Ident::constant("queries")),
        fields: vec![vector],
        id: None,
        embedding: Some(0),
        rest_to: None,
        binary: None,
        id_type: String::new(),
        owner: None,
        sequence: None,
        metric: Metric::L2,
        vector_indexes: Vec::new(),
        estimated_rows: -1.0,
        may_analyze: false,
        texts: None,
    }
}
