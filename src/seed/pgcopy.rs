//! Binary COPY as a source: the rows that `COPY ... TO STDOUT (FORMAT binary)` and `vecops export --format pgcopy` write.
//!
//! The stream names no columns: they are the table's in their order, those aside that are generated, unless the caller
//! says others. Values are checked and handed on as they are, whatever their type.

use super::destination::Destination;
use super::format::Format;
use super::input::Bytes;
use super::reader::{Flow, Input, Place, TakeRow};
use super::row::{Parsed, Rejection};
use super::source::Source;
use super::value::Value;
use crate::error::{Error, Result, nearest};
use crate::vector::copy::CopyDecoder;

/// The longest row. A length that is broken must not fill the memory.
const LONGEST_ROW: usize = 256 * 1024 * 1024;

impl Destination {
    /// Has rows come in binary form where the source is binary COPY, with these columns, or all in the table's order.
    pub fn take_binary(&mut self, source: &Source, columns: Option<&[String]>) -> Result<()> {
        let set = source.inputs();
        let binary = set
            .inputs
            .iter()
            .filter(|input| set.format_of(input) == Format::PgCopy)
            .count();
        if binary == 0 && columns.is_some() {
            return Err(
                Error::usage("`--columns` is for binary COPY, which names no columns")
                    .hint("Say with `--map COLUMN=FIELD` which field fills a column."),
            );
        }
        if binary == 0 {
            return Ok(());
        }
        if binary < set.inputs.len() {
            return Err(Error::usage(
                "binary COPY cannot be loaded together with other formats",
            ));
        }
        let places: Vec<usize> = match columns {
            None => (0..self.fields.len()).collect(),
            Some(columns) => columns
                .iter()
                .map(|name| self.place_of(name))
                .collect::<Result<_>>()?,
        };
        for (at, place) in places.iter().enumerate() {
            let before = places.get(..at).unwrap_or_default();
            if before.contains(place) {
                let twice = columns
                    .and_then(|columns| columns.get(at))
                    .map_or("", String::as_str);
                return Err(Error::usage(format!("`--columns` names `{twice}` twice")));
            }
        }
        self.binary = Some(places);
        Ok(())
    }

    fn place_of(&self, name: &str) -> Result<usize> {
        let names = || self.fields.iter().map(|field| field.column.as_str());
        names().position(|column| column == name).ok_or_else(|| {
            let plain = self.table.plain();
            let error = Error::usage(format!(
                "`--columns` names `{name}`, which is no column of `{plain}` that can be filled"
            ));
            match nearest(name, names()) {
                Some(near) => error.hint(format!("Did you mean `{near}`?")),
                None => error,
            }
        })
    }
}

/// Reads all rows.
pub(super) fn read(input: &Input<'_>, to: &mut dyn TakeRow) -> Result<Flow> {
    let name = input.source.name();
    let Some(places) = &input.destination.binary else {
        return Err(Error::bug("binary COPY is read without its columns"));
    };
    let mut bytes = Bytes::open(input.source)?;
    let mut decoder = CopyDecoder::new();
    let mut since_row = 0;
    let broken = |error: crate::vector::copy::DecodeError| Error::failed(format!("{name}: {error}"));
    loop {
        let piece = bytes.piece()?;
        let length = piece.len();
        if length == 0 {
            break;
        }
        decoder.push(piece);
        bytes.take_piece(length);
        since_row += length;
        let mut number = decoder.rows();
        while let Some(row) = decoder.next_row().map_err(broken)? {
            (number, since_row) = (number + 1, 0);
            let mut parsed = Parsed::new(input.destination);
            let fits = row.len() == places.len();
            for (place, value) in places.iter().zip(row.fields()) {
                parsed.set(*place, value.map_or(Value::Null, Value::Binary));
            }
            let parsed = if fits {
                Ok(parsed)
            } else {
                Err(uneven(input.destination, row.len(), places))
            };
            let place = Place {
                number,
                consumed: bytes.consumed(),
                raw: b"",
            };
            if input.give(to, place, parsed)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        if since_row > LONGEST_ROW {
            let row = number + 1;
            return Err(Error::failed(format!(
                "{name}: row {row} is longer than 256 MiB, or its lengths are broken"
            )));
        }
    }
    decoder.finish().map_err(broken)?;
    Ok(Flow::Continue)
}

fn uneven(destination: &Destination, found: usize, places: &[usize]) -> Rejection {
    let fields = places.iter().filter_map(|place| destination.fields.get(*place));
    let columns: Vec<&str> = fields.map(|field| field.column.as_str()).collect();
    Rejection::new(format!(
        "has {found} fields, but there are {} columns",
        columns.len()
    ))
    .hint(format!(
        "They are {}; say with `--columns NAME,...` which ones the file holds, in its order.",
        columns.join(", ")
    ))
}
