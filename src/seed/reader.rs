//! Reading a source of any format, row after row, input after input.

use std::sync::atomic::Ordering;

use super::destination::Destination;
use super::format::Format;
use super::input::Lines;
use super::row::{Keys, Parsed, Rejection};
use super::source::{Inputs, Source, place_number};
use super::{csv, parquet, pgcopy, vectors};
use crate::error::Result;

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// More rows are wanted.
    Continue,
    /// Nobody wants more.
    Stop,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'l> {
    /// The number that [`Source::place`] makes words of.
    pub(super) number: u64,
    /// The bytes of the source read until here.
    pub(super) consumed: u64,
    /// The row as it stands there; empty in binary formats.
    pub(super) raw: &'l [u8],
}

/// What takes the rows that a reader finds.
pub(super) trait TakeRow {
    /// Takes a row, or why there is none.
    fn row(&mut self, place: Place<'_>, row: Result<Parsed<'_>, Rejection>) -> Result<Flow>;
}

/// One input while it is read.
pub(super) struct Input<'a> {
    /// It.
    pub(super) source: &'a Source,
    /// Its place among the inputs.
    pub(super) index: usize,
    /// The bytes of the inputs before it.
    pub(super) before: u64,
    /// What rows are made for.
    pub(super) destination: &'a Destination,
}

impl Input<'_> {
    /// Hands a row on.
    pub(super) fn give(
        &self,
        to: &mut dyn TakeRow,
        place: Place<'_>,
        parsed: Result<Parsed<'_>, Rejection>,
    ) -> Result<Flow> {
        let place = Place {
            number: place_number(self.index, place.number),
            consumed: self.before + place.consumed,
            raw: place.raw,
        };
        to.row(place, parsed)
    }
}

/// Reads all of a source.
pub(super) fn read(source: &Source, destination: &Destination, to: &mut dyn TakeRow) -> Result<Flow> {
    let set = source.inputs();
    if let Some(side) = &set.side {
        return beside(&set, &Source::File(side.clone()), destination, to);
    }
    let mut before = 0;
    for (index, source) in set.inputs.iter().enumerate() {
        let input = Input {
            source,
            index,
            before,
            destination,
        };
        if read_input(&input, set.format_of(source), to)? == Flow::Stop {
            return Ok(Flow::Stop);
        }
        before += source.size().unwrap_or_default();
    }
    Ok(Flow::Continue)
}

fn read_input(input: &Input<'_>, format: Format, to: &mut dyn TakeRow) -> Result<Flow> {
    match format {
        Format::JsonLines => json_lines(input, to),
        Format::Csv => csv::read(input, b',', to),
        Format::Tsv => csv::read(input, b'\t', to),
        Format::Parquet => parquet::read(input, to),
        Format::Npy | Format::Fvecs | Format::Bvecs => vectors::read(input, format, to),
        Format::PgCopy => pgcopy::read(input, to),
    }
}

/// Reads vectors together with the file that has their other columns.
fn beside(set: &Inputs, side: &Source, destination: &Destination, to: &mut dyn TakeRow) -> Result<Flow> {
    let input = Input {
        source: side,
        index: set.inputs.len(),
        before: 0,
        destination,
    };
    let mut with = vectors::Beside::new(set, destination, to)?;
    let flow = read_input(&input, Format::of(&side_path(set)), &mut with)?;
    if flow == Flow::Continue {
        with.expect_end(&side.name())?;
    }
    Ok(flow)
}

fn side_path(set: &Inputs) -> std::path::PathBuf {
    set.side.clone().unwrap_or_default()
}

fn json_lines(input: &Input<'_>, to: &mut dyn TakeRow) -> Result<Flow> {
    let mut lines = Lines::open(input.source)?;
    let keys = Keys::new(input.destination);
    let counter = lines.counter();
    while let Some((number, line)) = lines.next_line()? {
        let consumed = counter.load(Ordering::Relaxed);
        let place = Place {
            number,
            consumed,
            raw: line,
        };
        if input.give(to, place, keys.parse(line))? == Flow::Stop {
            return Ok(Flow::Stop);
        }
    }
    Ok(Flow::Continue)
}

/// The columns of a source that no column of the destination takes, where it can be known before reading: in Parquet,
/// where other columns are left out.
pub fn left_out(source: &Source, destination: &Destination) -> Result<Vec<String>> {
    let set = source.inputs();
    let first = set
        .inputs
        .first()
        .filter(|input| set.format_of(input) == Format::Parquet);
    match first {
        Some(Source::File(path)) => parquet::left_out(path, destination),
        _ => Ok(Vec::new()),
    }
}
