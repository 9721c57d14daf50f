//! One line: from a JSON object to the bytes of a row, or the reason why not.

mod line;

use std::collections::HashMap;

use serde::de::{DeserializeSeed as _, IgnoredAny};

use self::line::{LineSeed, Trouble};
use super::destination::{Absent, Destination};
use super::mapping::{self, ValuePath};
use super::object;
use super::rest::Rest;
use super::source::row_of;
use super::value::{Value, ValueWriter, binary, whole, without_place, write_null};
use crate::error::nearest;
use crate::vector::copy::{ColumnKind, CopyEncoder, Scalar};

/// Why a line cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    /// What is wrong, the key included.
    pub(super) why: String,
    /// What to do about it.
    pub(super) hint: Option<String>,
    /// The line itself, where bad lines are kept.
    pub(super) row: Option<String>,
}

impl Rejection {
    /// Without a hint.
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            hint: None,
            row: None,
        }
    }

    /// With something to do about it.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Reads lines into rows. The first one decides whether columns with a default are filled by the source or by
/// the table, because one COPY cannot do both.
#[derive(Debug)]
pub(super) struct RowReader<'d> {
    keys: Keys<'d>,
    destination: &'d Destination,
    values: ValueWriter,
    layout: Option<Layout>,
}

/// Takes lines apart by the keys that a destination has.
#[derive(Debug)]
pub(super) struct Keys<'d> {
    destination: &'d Destination,
    by_key: HashMap<&'d str, usize>,
    paths: Vec<ValuePath<'d>>,
}

/// Which fields a row is made of, and the line that decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The places of the fields in the destination, in the order of the row.
    pub(super) fields: Vec<usize>,
    first_line: u64,
}

impl<'d> RowReader<'d> {
    /// A reader that has seen no line, or only knows what another one learned of the first.
    pub(super) fn with_layout(destination: &'d Destination, layout: Option<Layout>) -> Self {
        Self {
            keys: Keys::new(destination),
            destination,
            values: ValueWriter::new(destination.metric),
            layout,
        }
    }

    /// Learns the layout from the first good row.
    pub(super) fn learn_layout(&mut self, number: u64, parsed: &Parsed<'_>) -> Result<(), Rejection> {
        if self.layout.is_none() {
            self.layout = Some(self.decide_layout(number, parsed)?);
        }
        Ok(())
    }

    /// The layout, once there was a line.
    pub(super) fn layout(&self) -> Option<&Layout> {
        self.layout.as_ref()
    }

    /// Writes the row of a parsed line; on an error the encoder is as it was before.
    pub(super) fn write(&mut self, parsed: &Parsed<'_>, encoder: &mut CopyEncoder) -> Result<(), Rejection> {
        encoder.begin_row();
        let written = self.write_fields(parsed, encoder);
        if written.is_err() {
            encoder.abandon_row();
        }
        written
    }

    fn write_fields(&mut self, parsed: &Parsed<'_>, encoder: &mut CopyEncoder) -> Result<(), Rejection> {
        let Some(layout) = &self.layout else {
            return Ok(());
        };
        for (place, field) in self.destination.fields.iter().enumerate() {
            let key = &field.key;
            let wrong = |why: String| Rejection::new(format!("`{key}` {why}"));
            let included = layout.fields.contains(&place);
            match (parsed.value(place), field.absent) {
                (Some(_), _) if !included => return Err(uneven(key, layout, "has")),
                (None, Absent::Default) if included => return Err(uneven(key, layout, "lacks")),
                (None, _) if !included => {}
                (Some(value), _) => self.values.write(field, value, encoder).map_err(wrong)?,
                (None, Absent::Constant(value)) => encoder.uuid(value),
                (None, Absent::Null) => write_null(field, encoder).map_err(wrong)?,
                (None, Absent::EmptyObject) => {
                    encoder.jsonb("{}").map_err(|error| wrong(error.to_string()))?;
                }
                (None, Absent::Refused | Absent::Default) => return Err(self.keys.missing(key)),
            }
        }
        Ok(())
    }

    fn decide_layout(&self, number: u64, parsed: &Parsed<'_>) -> Result<Layout, Rejection> {
        let mut fields = Vec::new();
        for (place, field) in self.destination.fields.iter().enumerate() {
            match (parsed.value(place), field.absent) {
                (None, Absent::Default) => {}
                (None, Absent::Refused) => return Err(self.keys.missing(&field.key)),
                _ => fields.push(place),
            }
        }
        Ok(Layout {
            fields,
            first_line: number,
        })
    }
}

impl<'d> Keys<'d> {
    /// The keys of the destination's fields and the names of its columns.
    pub(super) fn new(destination: &'d Destination) -> Self {
        let mut by_key: HashMap<&str, usize> = HashMap::new();
        for (place, field) in destination.fields.iter().enumerate() {
            if !field.is_mapped {
                by_key.insert(field.column.as_str(), place);
            }
        }
        for (place, field) in destination.fields.iter().enumerate() {
            by_key.insert(field.key.as_str(), place);
        }
        Self {
            destination,
            paths: mapping::paths(destination, &by_key),
            by_key,
        }
    }

    /// The place of the field with this key.
    pub(super) fn place(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// The paths that start at a key, without it.
    pub(super) fn below(&self, root: &str) -> Vec<&[&str]> {
        let paths = self.paths.iter().filter(|path| path.root == root);
        paths.map(|path| path.below.as_slice()).collect()
    }

    /// Whether `--map` leads below this key.
    pub(super) fn is_root_of_path(&self, key: &str) -> bool {
        self.paths.iter().any(|path| path.root == key)
    }

    /// Takes a line apart.
    pub(super) fn parse<'l>(&self, line: &'l [u8]) -> Result<Parsed<'l>, Rejection> {
        let text = std::str::from_utf8(line)
            .map_err(|error| Rejection::new(format!("not UTF-8 from byte {}", error.valid_up_to() + 1)))?;
        match object::parse(self, self.destination, text) {
            Some(mut parsed) => Rest::default()
                .merge(&mut parsed, self.destination)
                .map(|()| parsed),
            None => self.parse_fully(text),
        }
    }

    /// Takes any line apart, or says what is wrong with it.
    fn parse_fully<'l>(&self, text: &'l str) -> Result<Parsed<'l>, Rejection> {
        let mut parsed = Parsed::new(self.destination);
        let mut trouble = Trouble::default();
        let mut json = serde_json::Deserializer::from_str(text);
        let seed = LineSeed {
            keys: self,
            parsed: &mut parsed,
            trouble: &mut trouble,
        };
        let read = seed.deserialize(&mut json).and_then(|()| json.end());
        let is_json = || serde_json::from_str::<IgnoredAny>(text).is_ok();
        if text.starts_with('[') || (!text.starts_with('{') && is_json()) {
            return Err(Rejection::new("not an object")
                .hint("Write one JSON object a line, without an array around them."));
        }
        if let Err(error) = read {
            return Err(self.bad_json(text, &error, trouble.reading));
        }
        if let Some(key) = trouble.unknown {
            return Err(self.unknown_key(&key));
        }
        if let Some(place) = trouble.twice {
            return Err(Rejection::new(format!("key `{}` stands twice", self.key(place))));
        }
        trouble.rest.merge(&mut parsed, self.destination)?;
        Ok(parsed)
    }

    fn key(&self, place: usize) -> &str {
        self.destination.fields.get(place).map_or("", |field| &field.key)
    }

    fn known_keys(&self) -> String {
        let keys: Vec<String> = self.destination.keys().map(|key| format!("`{key}`")).collect();
        keys.join(", ")
    }

    fn missing(&self, key: &str) -> Rejection {
        let is_owner = self
            .destination
            .owner
            .as_ref()
            .is_some_and(|owner| owner.as_str() == key);
        let hint = if is_owner {
            "Name the owner in each line, or for all of them with `--owner UUID`.".to_owned()
        } else {
            format!("A line may have the keys {}.", self.known_keys())
        };
        Rejection::new(format!("key `{key}` is missing")).hint(hint)
    }

    pub(super) fn unknown_key(&self, key: &str) -> Rejection {
        let keys = self.known_keys();
        let hint = match nearest(key, self.destination.keys()) {
            Some(near) => format!("Did you mean `{near}`? A line may have the keys {keys}."),
            None => format!(
                "A line may have the keys {keys}; `--rest-to COLUMN` puts the rest into a jsonb column."
            ),
        };
        Rejection::new(format!(
            "key `{key}` has no column in `{}`",
            self.destination.table.plain()
        ))
        .hint(hint)
    }

    /// Names what stands at the place of the error, and the key whose value it is in.
    fn bad_json(&self, text: &str, error: &serde_json::Error, reading: Option<usize>) -> Rejection {
        let place = match reading {
            Some(place) => format!("bad JSON in `{}`", self.key(place)),
            None => "bad JSON".to_owned(),
        };
        let column = error.column();
        let before = text.get(..column.saturating_sub(1)).unwrap_or_default();
        let start = before.rfind([',', '[', ':', ' ']).map_or(0, |index| index + 1);
        let word: String = text
            .get(start..)
            .unwrap_or_default()
            .chars()
            .take_while(|c| c.is_ascii_alphabetic() || *c == '-')
            .collect();
        match word.trim_start_matches('-') {
            "NaN" | "nan" | "Infinity" | "Inf" | "inf" => {
                Rejection::new(format!("{place}: `{word}` at column {}", start + 1))
                    .hint("A vector holds finite numbers only; find out why the model gave another one.")
            }
            _ => Rejection::new(format!("{place}: {} at column {column}", without_place(error))),
        }
    }
}

/// One line does otherwise than the first.
fn uneven(key: &str, layout: &Layout, has: &str) -> Rejection {
    let other = if has == "has" { "lacks" } else { "has" };
    Rejection::new(format!(
        "it {has} `{key}`, which line {} {other}",
        row_of(layout.first_line)
    ))
    .hint(format!(
        "Give `{key}` in every line, or in none and the table makes it."
    ))
}

/// The values of a row, by the place of their fields.
#[derive(Debug)]
pub(super) struct Parsed<'l> {
    values: Vec<Option<Value<'l>>>,
}

impl<'l> Parsed<'l> {
    /// A row without any value.
    pub(super) fn new(destination: &Destination) -> Self {
        Self {
            values: vec![None; destination.fields.len()],
        }
    }

    /// Gives a field its value; returns what it had before.
    pub(super) fn set(&mut self, place: usize, value: Value<'l>) -> Option<Value<'l>> {
        self.values.get_mut(place)?.replace(value)
    }

    /// Takes a field's value out of the row.
    pub(super) fn take(&mut self, place: usize) -> Option<Value<'l>> {
        self.values.get_mut(place)?.take()
    }

    /// The value of the field at a place.
    pub(super) fn value(&self, place: usize) -> Option<&Value<'l>> {
        self.values.get(place)?.as_ref()
    }

    /// The key of the row as PostgreSQL would write it, where the row gives one.
    pub(super) fn id(&self, destination: &Destination) -> Option<String> {
        let place = destination.id?;
        let kind = destination.fields.get(place)?.kind;
        let text = match self.value(place)? {
            Value::Binary(bytes) => return binary::key_text(kind, bytes),
            Value::Json(json) if json == "null" => return None,
            Value::Json(json) if json.starts_with('"') => serde_json::from_str(json).ok()?,
            Value::Json(json) => json.clone().into_owned(),
            Value::Text(text) => text.clone().into_owned(),
            Value::Whole(number) => number.to_string(),
            Value::Float(number) => whole(*number)?.to_string(),
            Value::Bytes(bytes) => uuid::Uuid::from_slice(bytes).ok()?.to_string(),
            _ => return None,
        };
        match kind {
            ColumnKind::Scalar(Scalar::Uuid) => {
                uuid::Uuid::parse_str(&text).ok().map(|uuid| uuid.to_string())
            }
            _ => Some(text),
        }
    }

    /// The key of the row where it is a number.
    pub(super) fn id_number(&self, destination: &Destination) -> Option<i64> {
        let place = destination.id?;
        match self.value(place)? {
            Value::Binary(bytes) => binary::key_number(destination.fields.get(place)?.kind, bytes),
            Value::Json(text) => text.parse().ok(),
            Value::Text(text) => text.trim().parse().ok(),
            Value::Whole(number) => i64::try_from(*number).ok(),
            Value::Float(number) => whole(*number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
