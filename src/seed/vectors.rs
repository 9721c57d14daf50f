//! Files of vectors alone: NumPy's `.npy`, and `.fvecs` and `.bvecs` of the benchmarks. The other columns come from a
//! file beside them, or from the table. Formats: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>,
//! <http://corpus-texmex.irisa.fr>.

use half::f16;

use super::destination::Destination;
use super::format::Format;
use super::input::Bytes;
use super::reader::{Flow, Input, Place, TakeRow};
use super::row::{Parsed, Rejection};
use super::source::{Inputs, Source};
use super::value::Value;
use crate::error::{Error, Result};

/// The most dimensions that a file may claim, before its bytes are there.
const MOST_DIMENSIONS: usize = 1 << 20;

/// The longest header of an array that is read.
const LONGEST_HEADER: usize = 1 << 16;

/// Reads all vectors as rows.
pub(super) fn read(input: &Input<'_>, format: Format, to: &mut dyn TakeRow) -> Result<Flow> {
    let place = embedding(input.destination)?;
    let mut vectors = Vectors::open(input.source, format)?;
    while vectors.next()? {
        let mut parsed = Parsed::new(input.destination);
        parsed.set(place, vectors.value());
        let place = Place {
            number: vectors.row,
            consumed: vectors.bytes.consumed(),
            raw: b"",
        };
        if input.give(to, place, Ok(parsed))? == Flow::Stop {
            return Ok(Flow::Stop);
        }
    }
    Ok(Flow::Continue)
}

fn embedding(destination: &Destination) -> Result<usize> {
    destination
        .embedding
        .ok_or_else(|| Error::precondition("the table has no vector that rows can fill"))
}

/// Gives each row of another file its vector.
pub(super) struct Beside<'a> {
    to: &'a mut dyn TakeRow,
    left: std::vec::IntoIter<(Source, Format)>,
    vectors: Option<Vectors>,
    before: u64,
    place: usize,
    rows: u64,
}

impl<'a> Beside<'a> {
    /// Vectors of these inputs for the rows that come.
    pub(super) fn new(set: &Inputs, destination: &Destination, to: &'a mut dyn TakeRow) -> Result<Self> {
        let inputs: Vec<_> = set
            .inputs
            .iter()
            .map(|input| (input.clone(), set.format_of(input)))
            .collect();
        Ok(Self {
            to,
            left: inputs.into_iter(),
            vectors: None,
            before: 0,
            place: embedding(destination)?,
            rows: 0,
        })
    }

    /// Moves on to the next vector; false where there is none.
    fn advance(&mut self) -> Result<bool> {
        loop {
            if let Some(vectors) = &mut self.vectors {
                if vectors.next()? {
                    return Ok(true);
                }
                self.before += vectors.bytes.consumed();
            }
            let Some((source, format)) = self.left.next() else {
                return Ok(false);
            };
            self.vectors = Some(Vectors::open(&source, format)?);
        }
    }

    /// All vectors must have found a row.
    pub(super) fn expect_end(&mut self, side: &str) -> Result<()> {
        if self.advance()? {
            let message = format!("{side} ends after {} rows, but there are more vectors", self.rows);
            return Err(Error::failed(message).hint("The files must have as many rows as there are vectors."));
        }
        Ok(())
    }
}

impl TakeRow for Beside<'_> {
    fn row(&mut self, place: Place<'_>, row: Result<Parsed<'_>, Rejection>) -> Result<Flow> {
        if !self.advance()? {
            let message = format!("the vectors end after {} rows, but `--side` has more", self.rows);
            return Err(Error::failed(message).hint("The files must have as many rows as there are vectors."));
        }
        self.rows += 1;
        let Some(vectors) = &self.vectors else {
            return Err(Error::bug("a vector was lost"));
        };
        let consumed = place.consumed + self.before + vectors.bytes.consumed();
        let row = row.and_then(|mut parsed| match parsed.set(self.place, vectors.value()) {
            None => Ok(parsed),
            Some(_) => Err(Rejection::new("holds a vector, too")
                .hint("Take the vectors from one file: leave them out of the one that `--side` names.")),
        });
        self.to.row(Place { consumed, ..place }, row)
    }
}

/// The type of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Byte,
    Half,
    Float,
    Double,
}

impl Element {
    fn width(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Half => 2,
            Self::Float => 4,
            Self::Double => 8,
        }
    }
}

/// The vectors of one file.
struct Vectors {
    name: String,
    bytes: Bytes,
    element: Element,
    /// Rows and dimensions of an array; each vector of the other formats has its own dimensions.
    shape: Option<(u64, usize)>,
    row: u64,
    raw: Vec<u8>,
    halves: Vec<f16>,
    floats: Vec<f32>,
    doubles: Vec<f64>,
}

impl Vectors {
    fn open(source: &Source, format: Format) -> Result<Self> {
        let mut vectors = Self {
            name: source.name(),
            bytes: Bytes::open(source)?,
            element: if format == Format::Bvecs {
                Element::Byte
            } else {
                Element::Float
            },
            shape: None,
            row: 0,
            raw: Vec::new(),
            halves: Vec::new(),
            floats: Vec::new(),
            doubles: Vec::new(),
        };
        if format == Format::Npy {
            vectors.read_header()?;
        }
        Ok(vectors)
    }

    fn bad(&self, why: &str) -> Error {
        Error::failed(format!("{}: {why}", self.name))
    }

    fn read_header(&mut self) -> Result<()> {
        let mut start = [0_u8; 8];
        if !self.bytes.fill(&mut start, 0)? || !start.starts_with(b"\x93NUMPY") {
            return Err(self.bad("is no NumPy array: its signature is missing"));
        }
        let [.., major, _] = start;
        let mut length = [0_u8; 4];
        let wide = if major == 1 { 2 } else { 4 };
        self.bytes.fill(length.get_mut(..wide).unwrap_or_default(), 0)?;
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if !(1..=3).contains(&major) || length > LONGEST_HEADER {
            return Err(self.bad("has a header of a version that is not known here"));
        }
        let mut header = vec![0_u8; length];
        self.bytes.fill(&mut header, 0)?;
        let header = String::from_utf8_lossy(&header).into_owned();
        let (element, rows, dimensions) = parse_header(&header).map_err(|why| {
            self.bad(&why).hint(
                "Save the array with `numpy.save(FILE, numpy.ascontiguousarray(vectors, dtype='<f4'))`.",
            )
        })?;
        self.element = element;
        self.shape = Some((rows, dimensions));
        Ok(())
    }

    /// Reads the next vector; false at the end.
    fn next(&mut self) -> Result<bool> {
        let row = self.row + 1;
        let dimensions = match self.shape {
            Some((rows, _)) if row > rows => {
                return if self.bytes.piece()?.is_empty() {
                    Ok(false)
                } else {
                    Err(self.bad(&format!("goes on behind the {rows} rows that its header says")))
                };
            }
            Some((_, dimensions)) => dimensions,
            None => {
                let mut length = [0_u8; 4];
                if !self.bytes.fill(&mut length, row)? {
                    return Ok(false);
                }
                let claimed = i32::from_le_bytes(length);
                usize::try_from(claimed)
                    .ok()
                    .filter(|count| *count <= MOST_DIMENSIONS)
                    .ok_or_else(|| self.bad(&format!("row {row}: claims {claimed} dimensions")))?
            }
        };
        self.raw.resize(dimensions * self.element.width(), 0);
        if !self.bytes.fill(&mut self.raw, row)? && dimensions > 0 {
            return Err(self.bad(&format!("row {row}: the file ends before it")));
        }
        self.row = row;
        self.convert();
        Ok(true)
    }

    fn convert(&mut self) {
        let raw = self.raw.as_slice();
        match self.element {
            Element::Byte => {
                self.floats.clear();
                self.floats.extend(raw.iter().map(|byte| f32::from(*byte)));
            }
            Element::Half => {
                self.halves.clear();
                self.halves
                    .extend(raw.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes)));
            }
            Element::Float => {
                self.floats.clear();
                self.floats
                    .extend(raw.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            }
            Element::Double => {
                self.doubles.clear();
                self.doubles
                    .extend(raw.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)));
            }
        }
    }

    fn value(&self) -> Value<'_> {
        match self.element {
            Element::Byte | Element::Float => Value::Floats(&self.floats),
            Element::Half => Value::Halves(&self.halves),
            Element::Double => Value::Doubles(&self.doubles),
        }
    }
}

/// The element, the rows and the dimensions in `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`.
fn parse_header(header: &str) -> Result<(Element, u64, usize), String> {
    let after = |key: &str| {
        let (_, rest) = header.split_once(&format!("'{key}':"))?;
        Some(rest.trim_start())
    };
    let missing = |key: &str| format!("its header has no `{key}`");
    let descr = after("descr").ok_or_else(|| missing("descr"))?;
    let descr = descr.split(['\'', '"']).nth(1).unwrap_or_default();
    let element = match descr {
        "<f2" => Element::Half,
        "<f4" => Element::Float,
        "<f8" => Element::Double,
        other => return Err(format!("holds `{other}`; vectors are `<f2`, `<f4` or `<f8`")),
    };
    if !after("fortran_order")
        .ok_or_else(|| missing("fortran_order"))?
        .starts_with("False")
    {
        return Err("is stored column by column (Fortran order)".to_owned());
    }
    let shape = after("shape").ok_or_else(|| missing("shape"))?;
    let inside = shape.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let sizes: Vec<&str> = inside
        .map(|(inside, _)| {
            inside
                .split(',')
                .map(str::trim)
                .filter(|size| !size.is_empty())
                .collect()
        })
        .unwrap_or_default();
    match sizes.as_slice() {
        [rows, dimensions] => {
            let rows = rows.parse().map_err(|_| missing("shape"))?;
            let dimensions: usize = dimensions.parse().map_err(|_| missing("shape"))?;
            if dimensions > MOST_DIMENSIONS || (dimensions == 0 && rows > 0) {
                return Err(format!("claims {dimensions} dimensions"));
            }
            Ok((element, rows, dimensions))
        }
        _ => Err(format!(
            "has {} axes; vectors have two, rows and dimensions",
            sizes.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(header: &str, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
    }

    fn vectors(bytes: Vec<u8>, format: Format) -> Result<Vec<Vec<f32>>> {
        let source = Source::Builtin {
            name: "test",
            bytes: bytes.leak(),
        };
        let mut vectors = Vectors::open(&source, format)?;
        let mut all = Vec::new();
        while vectors.next()? {
            all.push(match vectors.value() {
                Value::Floats(floats) => floats.to_vec(),
                Value::Halves(halves) => halves.iter().map(|half| half.to_f32()).collect(),
                other => panic!("{other:?}"),
            });
        }
        Ok(all)
    }

    #[test]
    fn arrays_are_read_and_checked() {
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n";
        let data: Vec<u8> = [1.0_f32, 2.0, 3.0, 4.5]
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        assert_eq!(
            vectors(npy(header, &data), Format::Npy).unwrap(),
            [[1.0, 2.0], [3.0, 4.5]]
        );
        let halves: Vec<u8> = [f16::ONE; 2]
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let of_halves = header.replace("<f4", "<f2").replace("(2,", "(1,");
        assert_eq!(
            vectors(npy(&of_halves, &halves), Format::Npy).unwrap(),
            [[1.0, 1.0]]
        );
        let error = |bytes: Vec<u8>| vectors(bytes, Format::Npy).unwrap_err().to_string();
        assert!(error(npy(header, &data[..10])).contains("row 2: the file ends in its middle"));
        assert!(error(npy(header, &data[..8])).contains("row 2: the file ends before it"));
        assert!(error(npy(header, &[&data[..], &[0]].concat())).contains("goes on behind the 2 rows"));
        assert!(error(npy(&header.replace("False", "True"), &data)).contains("Fortran"));
        assert!(error(npy(&header.replace("<f4", ">f4"), &data)).contains("`>f4`"));
        assert!(error(npy(&header.replace("(2, 2)", "(4,)"), &data)).contains("1 axes"));
        assert!(error(b"PK".to_vec()).contains("test"));
    }

    #[test]
    fn vecs_have_their_dimensions_in_front() {
        let mut bytes = Vec::new();
        for vector in [[1.0_f32, 2.0], [3.0, 4.0]] {
            bytes.extend(2_i32.to_le_bytes());
            bytes.extend(vector.iter().flat_map(|value| value.to_le_bytes()));
        }
        assert_eq!(
            vectors(bytes.clone(), Format::Fvecs).unwrap(),
            [[1.0, 2.0], [3.0, 4.0]]
        );
        assert!(vectors(bytes[..15].to_vec(), Format::Fvecs).is_err());
        assert_eq!(
            vectors(b"\x02\0\0\0\x07\x09".to_vec(), Format::Bvecs).unwrap(),
            [[7.0, 9.0]]
        );
        let claims = vectors(b"\xff\xff\xff\xff".to_vec(), Format::Bvecs).unwrap_err();
        assert!(claims.to_string().contains("claims -1 dimensions"));
    }
}
