//! CSV and TSV with a header, by the rules of RFC 4180 held strictly: a broken quote is an error that names its line,
//! and an empty field is NULL unless it stands in quotes, as in PostgreSQL's own CSV. Libraries for CSV read over
//! broken quotes and do not tell a quoted field from a plain one.

use std::borrow::Cow;
use std::ops::Range;

use super::destination::Destination;
use super::input::{LONGEST_LINE, Lines};
use super::reader::{Flow, Input, Place, TakeRow};
use super::rest::Rest;
use super::row::{Keys, Parsed, Rejection};
use super::value::Value;
use crate::error::{Error, Result};

/// Reads all rows.
pub(super) fn read(input: &Input<'_>, delimiter: u8, to: &mut dyn TakeRow) -> Result<Flow> {
    let mut records = Records::open(input, delimiter)?;
    let name = input.source.name();
    let Some(line) = records.next()? else {
        return Ok(Flow::Continue);
    };
    let places = header(&records, input.destination).map_err(|rejection| {
        let error = Error::failed(format!("{name}:{line}: {}", rejection.why));
        rejection.hint.into_iter().fold(error, Error::hint)
    })?;
    while let Some(line) = records.next()? {
        let row = records.row(&places, input);
        let consumed = records.lines.consumed();
        let place = Place {
            number: line,
            consumed,
            raw: records.raw.trim_ascii_end(),
        };
        if input.give(to, place, row)? == Flow::Stop {
            return Ok(Flow::Stop);
        }
    }
    Ok(Flow::Continue)
}

/// What a column of the file fills.
#[derive(Debug, PartialEq, Eq)]
enum Fills {
    /// The field at this place.
    Field(usize),
    /// The rest, under this key.
    Rest(String),
}

/// Which field each column of the file fills.
fn header(records: &Records, destination: &Destination) -> Result<Vec<Fills>, Rejection> {
    let keys = Keys::new(destination);
    let mut places = Vec::new();
    for field in &records.fields {
        let key = records.text(field)?.trim();
        let fills = match keys.place(key) {
            Some(place) => Fills::Field(place),
            None if destination.rest_to.is_some() => Fills::Rest(key.to_owned()),
            None => return Err(keys.unknown_key(key)),
        };
        if places.contains(&fills) {
            return Err(Rejection::new(format!(
                "column `{key}` stands twice in the header"
            )));
        }
        places.push(fills);
    }
    Ok(places)
}

/// One field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    range: Range<usize>,
    quoted: bool,
}

struct Records {
    name: String,
    lines: Lines,
    delimiter: u8,
    raw: Vec<u8>,
    text: Vec<u8>,
    fields: Vec<Field>,
}

impl Records {
    fn open(input: &Input<'_>, delimiter: u8) -> Result<Self> {
        Ok(Self {
            name: input.source.name(),
            lines: Lines::open(input.source)?,
            delimiter,
            raw: Vec::new(),
            text: Vec::new(),
            fields: Vec::new(),
        })
    }

    /// Reads the next record that is not blank; returns the line it starts on.
    fn next(&mut self) -> Result<Option<u64>> {
        loop {
            self.raw.clear();
            if !self.lines.append_line(&mut self.raw)? {
                return Ok(None);
            }
            if !self.raw.trim_ascii().is_empty() {
                break;
            }
        }
        let line = self.lines.number();
        let mut is_at_end = false;
        loop {
            match self.split() {
                Ok(()) => return Ok(Some(line)),
                Err(Broken::Open) if self.raw.len() as u64 > LONGEST_LINE => {
                    return Err(self.broken(line, "a quote opens and is not closed within 64 MiB"));
                }
                Err(Broken::Open) if is_at_end => {
                    return Err(self.broken(line, "a quote opens and is never closed"));
                }
                Err(Broken::Open) => is_at_end = !self.append_to_quote()?,
                Err(Broken::AfterQuote(column)) => {
                    let why = format!("field {column} goes on after its closing quote");
                    return Err(self.broken(line, &why));
                }
                Err(Broken::Inside(column)) => {
                    return Err(self.broken(line, &format!("field {column} has a quote in its middle")));
                }
            }
        }
    }

    /// Appends lines up to one that may close the open quote: inside of quotes they come in pairs, so it has an odd
    /// number of them. Taking the record apart anew for each line would take the square of their number. False at the
    /// input's end.
    fn append_to_quote(&mut self) -> Result<bool> {
        while self.raw.len() as u64 <= LONGEST_LINE {
            let before = self.raw.len();
            if !self.lines.append_line(&mut self.raw)? {
                return Ok(false);
            }
            let line = self.raw.get(before..).unwrap_or_default();
            if line.iter().fold(false, |is_odd, byte| is_odd != (*byte == b'"')) {
                break;
            }
        }
        Ok(true)
    }

    fn broken(&self, line: u64, why: &str) -> Error {
        Error::failed(format!("{}:{line}: {why}", self.name))
            .hint("Put a field with quotes in it into quotes, and write each quote inside twice.")
    }

    /// Takes the raw record apart.
    fn split(&mut self) -> Result<(), Broken> {
        let raw = self.raw.strip_suffix(b"\n").unwrap_or(&self.raw);
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        self.text.clear();
        self.fields.clear();
        let mut rest = raw;
        loop {
            let column = self.fields.len() + 1;
            let start = self.text.len();
            let quoted = rest.first() == Some(&b'"');
            if quoted {
                rest = rest.get(1..).unwrap_or_default();
                loop {
                    let end = rest.iter().position(|byte| *byte == b'"').ok_or(Broken::Open)?;
                    self.text.extend_from_slice(rest.get(..end).unwrap_or_default());
                    rest = rest.get(end + 1..).unwrap_or_default();
                    if rest.first() != Some(&b'"') {
                        break;
                    }
                    self.text.push(b'"');
                    rest = rest.get(1..).unwrap_or_default();
                }
            } else {
                let end = rest
                    .iter()
                    .position(|byte| *byte == self.delimiter)
                    .unwrap_or(rest.len());
                let plain = rest.get(..end).unwrap_or_default();
                if plain.contains(&b'"') {
                    return Err(Broken::Inside(column));
                }
                self.text.extend_from_slice(plain);
                rest = rest.get(end..).unwrap_or_default();
            }
            self.fields.push(Field {
                range: start..self.text.len(),
                quoted,
            });
            match rest.split_first() {
                None => return Ok(()),
                Some((byte, after)) if *byte == self.delimiter => rest = after,
                Some(_) => return Err(Broken::AfterQuote(column)),
            }
        }
    }

    fn text(&self, field: &Field) -> Result<&str, Rejection> {
        std::str::from_utf8(self.text.get(field.range.clone()).unwrap_or_default())
            .map_err(|_| Rejection::new("not UTF-8"))
    }

    fn row(&self, places: &[Fills], input: &Input<'_>) -> Result<Parsed<'_>, Rejection> {
        if self.fields.len() != places.len() {
            let (found, expected) = (self.fields.len(), places.len());
            return Err(Rejection::new(format!(
                "has {found} fields, the header {expected}"
            )));
        }
        let mut parsed = Parsed::new(input.destination);
        let mut rest = Rest::default();
        for (field, fills) in self.fields.iter().zip(places) {
            let text = self.text(field)?;
            let null = !field.quoted && (text.is_empty() || (self.delimiter == b'\t' && text == "\\N"));
            let value = if null {
                Value::Null
            } else {
                Value::Text(Cow::Borrowed(text))
            };
            match fills {
                Fills::Field(place) => {
                    parsed.set(*place, value);
                }
                Fills::Rest(key) => rest.add_value(key, &value)?,
            }
        }
        rest.merge(&mut parsed, input.destination)?;
        Ok(parsed)
    }
}

/// Why a record cannot be taken apart; columns are counted from 1.
#[derive(Debug, PartialEq, Eq)]
enum Broken {
    /// A quote is open at its end.
    Open,
    /// Something other than a delimiter follows a closing quote.
    AfterQuote(usize),
    /// A quote stands inside a field that has none around it.
    Inside(usize),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::source::Source;
    use super::*;

    #[expect(
        clippy::type_complexity,
        reason = "lines, and fields with whether they were quoted"
    )]
    fn records(bytes: &[u8]) -> Result<Vec<(u64, Vec<(String, bool)>)>> {
        let source = Source::Builtin {
            name: "test",
            bytes: bytes.to_vec().leak(),
        };
        let mut records = Records {
            name: "test".to_owned(),
            lines: Lines::open(&source)?,
            delimiter: b',',
            raw: Vec::new(),
            text: Vec::new(),
            fields: Vec::new(),
        };
        let mut all = Vec::new();
        while let Some(line) = records.next()? {
            let fields = records.fields.iter();
            let fields = fields.map(|field| (records.text(field).unwrap().to_owned(), field.quoted));
            all.push((line, fields.collect()));
        }
        Ok(all)
    }

    #[test]
    fn quotes_hold_delimiters_and_line_breaks() {
        let read = records(b"\xef\xbb\xbf\"a\",b\r\n\n\"x\ny\",\"\"\n\"say \"\"hi\"\"\",").unwrap();
        let field = |text: &str, quoted| (text.to_owned(), quoted);
        assert_eq!(
            read,
            [
                (1, vec![field("a", true), field("b", false)]),
                (3, vec![field("x\ny", true), field("", true)]),
                (5, vec![field("say \"hi\"", true), field("", false)]),
            ]
        );
    }

    #[test]
    fn a_broken_quote_names_its_line() {
        let error = |text: &str| records(text.as_bytes()).unwrap_err().to_string();
        assert!(error("a\n\"b\nc\n").starts_with("test:2: a quote opens and is never closed"));
        assert!(error("a\nb\n\"c\"d,\n").starts_with("test:3: field 1 goes on"));
        assert!(error("a\nx,b\"\n").starts_with("test:2: field 2 has a quote in its middle"));
        assert!(error("a\n\"b\nc\"d\"e\nf\n").starts_with("test:2: field 1 goes on"));
        // As long as many lines: each of them is looked at once.
        let many = format!("a\n\"b\n{}", "no quote here\n".repeat(200_000));
        assert!(error(&many).starts_with("test:2: a quote opens and is never closed"));
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(rows in prop::collection::vec(prop::collection::vec("[a-c\",\r\nü]{0,6}", 2..4), 1..6)) {
            let quote = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quote).collect::<Vec<_>>().join(",") + "\n";
            let text: String = rows.iter().map(line).collect();
            let read: Vec<Vec<String>> = records(text.as_bytes()).unwrap().into_iter()
                .map(|(_, fields)| fields.into_iter().map(|(text, _)| text).collect()).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
