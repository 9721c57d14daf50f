//! Arrays, from nested JSON arrays or from the text that PostgreSQL writes; and values that only the server can read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::scalar::{ScalarType, does_not_fit, plain_text};
use super::{Value, json_of, kind_of, shortest, without_place};
use crate::vector::copy::CopyEncoder;
use crate::vector::copy::array::{self, ArrayOf, Shape};

impl ScalarType<'_> {
    /// Writes an array of values of this type.
    pub(super) fn write_array(self, value: &Value<'_>, encoder: &mut CopyEncoder) -> Result<(), String> {
        let numbers = |numbers: Vec<f64>| numbers.into_iter().map(|number| Some(Value::Float(number)));
        let array = match value {
            Value::Json(json) if json.starts_with('"') => {
                let text = super::string(json)?;
                return self.write_array(&Value::Text(text), encoder);
            }
            Value::Json(json) => self.of_json(json)?,
            Value::Text(text) if text.trim_start().starts_with('[') && !array::has_bounds(text) => {
                self.of_json(text.trim())?
            }
            Value::Text(text) => {
                let read = array::parse(text)?;
                let elements = read.elements.into_iter().map(|element| element.map(Value::Text));
                ArrayOf {
                    dimensions: read.dimensions,
                    elements: elements.collect(),
                }
            }
            Value::Floats(floats) => flat(numbers(floats.iter().copied().map(shortest).collect()).collect())?,
            Value::Doubles(doubles) => flat(numbers(doubles.to_vec()).collect())?,
            Value::Halves(halves) => {
                flat(numbers(halves.iter().map(|half| half.to_f64()).collect()).collect())?
            }
            _ => return Err(format!("is a single value, but its column is {}", self.type_text)),
        };
        let has_null = array.elements.iter().any(Option::is_none);
        let start = encoder.begin_array(self.scalar, &array.dimensions, has_null);
        for (number, element) in (1_u64..).zip(&array.elements) {
            match element {
                None => encoder.null(),
                Some(element) => self
                    .write(element, encoder)
                    .map_err(|why| format!("at element {number}: {why}"))?,
            }
        }
        encoder.end_array(start).map_err(|error| does_not_fit(&error))
    }

    /// Takes nested JSON arrays apart. What stands in an array of `json` or `jsonb` is an element, arrays included.
    fn of_json(self, json: &str) -> Result<ArrayOf<Value<'_>>, String> {
        if !json.starts_with('[') {
            return Err(format!(
                "is {}, but its column is {}",
                kind_of(json),
                self.type_text
            ));
        }
        let mut shape = Shape::default();
        let mut elements = Vec::new();
        nested(json, 0, !self.scalar.is_json(), &mut shape, &mut elements)?;
        Ok(ArrayOf {
            dimensions: shape.dimensions(elements.len(), &[])?,
            elements: elements
                .into_iter()
                .map(|element| element.map(|json| Value::Json(Cow::Borrowed(json))))
                .collect(),
        })
    }
}

fn flat<T>(elements: Vec<Option<T>>) -> Result<ArrayOf<T>, String> {
    let mut shape = Shape::default();
    shape.list(0, elements.len(), true)?;
    Ok(ArrayOf {
        dimensions: shape.dimensions(elements.len(), &[])?,
        elements,
    })
}

fn nested<'j>(
    json: &'j str,
    depth: usize,
    goes_deeper: bool,
    shape: &mut Shape,
    elements: &mut Vec<Option<&'j str>>,
) -> Result<(), String> {
    let items: Vec<&'j RawValue> =
        serde_json::from_str(json).map_err(|error| format!("is no array: {}", without_place(&error)))?;
    let is_list = |item: &&&RawValue| goes_deeper && item.get().starts_with('[');
    let lists = items.iter().filter(is_list).count();
    if lists > 0 && lists < items.len() {
        return Err("has rows of different lengths".to_owned());
    }
    shape.list(depth, items.len(), lists == 0 && !items.is_empty())?;
    for item in items {
        match item.get() {
            list if lists > 0 => nested(list, depth + 1, goes_deeper, shape, elements)?,
            "null" => elements.push(None),
            element => elements.push(Some(element)),
        }
    }
    Ok(())
}

/// Writes text for a column whose type only the server can read; an array of it from a JSON array, too.
pub(super) fn write_other(
    value: &Value<'_>,
    type_text: &str,
    encoder: &mut CopyEncoder,
) -> Result<(), String> {
    let list = match value {
        Value::Json(json) if json.starts_with('[') && type_text.ends_with("[]") => Some(literal(json)?),
        Value::Floats(_) | Value::Doubles(_) | Value::Halves(_) => {
            let json = json_of(value).ok_or_else(|| "holds a number that is not finite".to_owned())?;
            Some(literal(&json)?)
        }
        _ => None,
    };
    let text = match list {
        Some(list) => Cow::Owned(list),
        None => plain_text(value).ok_or_else(|| format!("cannot be written as {type_text}"))?,
    };
    if text.contains('\0') {
        return Err("holds a NUL character, which PostgreSQL's text cannot".to_owned());
    }
    encoder.text(&text).map_err(|error| does_not_fit(&error))
}

/// Nested JSON arrays as PostgreSQL writes them.
fn literal(json: &str) -> Result<String, String> {
    let items: Vec<&RawValue> =
        serde_json::from_str(json).map_err(|error| format!("is no array: {}", without_place(&error)))?;
    let mut text = String::from("{");
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        match item.get() {
            "null" => text.push_str("NULL"),
            list if list.starts_with('[') => text.push_str(&literal(list)?),
            element => {
                let value = Value::Json(Cow::Borrowed(element));
                array::quote(&plain_text(&value).unwrap_or_default(), &mut text);
            }
        }
    }
    text.push('}');
    Ok(text)
}
