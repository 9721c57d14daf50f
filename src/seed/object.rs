//! The quick way through a line: an object of known keys whose vectors are read at once, in one pass over their text.
//!
//! Whatever else a line holds, this way gives up without a word, and the other way ([`Keys::parse`]) reads the line from
//! its start: only that one knows what to say. What is taken here, it would take, too, with the same values.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::destination::{Destination, FieldKind};
use super::row::{Keys, Parsed};
use super::value::Value;
use crate::vector::array::{self, skip_spaces};

/// Takes a line apart.
pub(super) fn parse<'l>(keys: &Keys<'_>, destination: &Destination, line: &'l str) -> Option<Parsed<'l>> {
    let mut parsed = Parsed::new(destination);
    let mut rest = skip_spaces(line.as_bytes()).strip_prefix(b"{")?;
    loop {
        let (key, after) = plain_text(line, skip_spaces(rest))?;
        let place = keys.place(key).filter(|_| !keys.is_root_of_path(key))?;
        let before = skip_spaces(skip_spaces(after).strip_prefix(b":")?);
        let (value, after) = match destination.fields.get(place)?.kind {
            FieldKind::Vector(_, dimensions) if before.starts_with(b"[") => vector(before, dimensions)?,
            _ => json(line, before)?,
        };
        if parsed.set(place, value).is_some() {
            return None;
        }
        match skip_spaces(after).split_first()? {
            (b',', after) => rest = after,
            (b'}', after) => return skip_spaces(after).is_empty().then_some(parsed),
            _ => return None,
        }
    }
}

/// A text without escapes, and what follows it. `rest` is an end of the line.
fn plain_text<'l>(line: &'l str, rest: &'l [u8]) -> Option<(&'l str, &'l [u8])> {
    let inside = rest.strip_prefix(b"\"")?;
    let length = inside
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    let after = inside.get(length..)?.strip_prefix(b"\"")?;
    let start = line.len() - inside.len();
    Some((line.get(start..start + length)?, after))
}

fn vector(rest: &[u8], dimensions: Option<u32>) -> Option<(Value<'_>, &[u8])> {
    const USUAL: usize = 1_536;
    let dimensions = dimensions.and_then(|count| usize::try_from(count).ok());
    let mut elements = Vec::with_capacity(dimensions.unwrap_or(USUAL));
    let after = array::read(rest, &mut elements)?;
    Some((Value::Vector(elements), after))
}

fn json<'l>(line: &'l str, rest: &'l [u8]) -> Option<(Value<'l>, &'l [u8])> {
    let text = line.get(line.len() - rest.len()..)?;
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let value = values.next()?.ok()?;
    let after = rest.get(values.byte_offset()..)?;
    Some((Value::Json(Cow::Borrowed(value.get())), after))
}
