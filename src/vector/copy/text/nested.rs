//! Values that hold others: arrays, ranges, composites.

use super::super::array::{ArrayOf, quote};
use super::super::field;
use super::{DecodeError, Form, Geometry, Parts, of, write};

const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

/// An array, with its bounds where they are not counted from 1.
pub(super) fn array(form: &Form, bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let array = field::array(bytes)?;
    if array.dimensions.iter().any(|dimension| dimension.first != 1) {
        for dimension in &array.dimensions {
            let last = i64::from(dimension.first) + i64::from(dimension.length) - 1;
            let bounds = ["[", &dimension.first.to_string(), ":", &last.to_string(), "]"];
            out.push_str(&bounds.concat());
        }
        out.push('=');
    }
    let lengths: Vec<i32> = array
        .dimensions
        .iter()
        .map(|dimension| dimension.length)
        .collect();
    let ArrayOf { elements, .. } = array;
    braces(form, &lengths, &mut elements.into_iter(), out)
}

fn braces<'b>(
    form: &Form,
    lengths: &[i32],
    elements: &mut impl Iterator<Item = Option<&'b [u8]>>,
    out: &mut String,
) -> Result<(), DecodeError> {
    let delimiter = match form {
        Form::Geometry(Geometry::Rectangle) => ';',
        _ => ',',
    };
    out.push('{');
    if let Some((length, inner)) = lengths.split_first() {
        for at in 0..*length {
            if at > 0 {
                out.push(delimiter);
            }
            if !inner.is_empty() {
                braces(form, inner, elements, out)?;
                continue;
            }
            match elements.next().flatten() {
                None => out.push_str("NULL"),
                Some(bytes) => quote(&of(form, bytes)?, out),
            }
        }
    }
    out.push('}');
    Ok(())
}

pub(super) fn range(form: &Form, bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let mut parts = Parts::new(bytes, "range");
    let [flags] = parts.fixed::<1>()?;
    let has = |flag: u8| flags & flag != 0;
    if has(EMPTY) {
        out.push_str("empty");
        return parts.finish();
    }
    out.push(if has(LOWER_INCLUSIVE) { '[' } else { '(' });
    if !has(LOWER_INFINITE) {
        bound(form, &mut parts, out)?;
    }
    out.push(',');
    if !has(UPPER_INFINITE) {
        bound(form, &mut parts, out)?;
    }
    out.push(if has(UPPER_INCLUSIVE) { ']' } else { ')' });
    parts.finish()
}

fn bound(form: &Form, parts: &mut Parts<'_>, out: &mut String) -> Result<(), DecodeError> {
    let value = parts.value()?.ok_or_else(|| parts.wrong())?;
    doubled(&of(form, value)?, out);
    Ok(())
}

pub(super) fn multirange(form: &Form, bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let mut parts = Parts::new(bytes, "multirange");
    out.push('{');
    for at in 0..parts.int4()? {
        if at > 0 {
            out.push(',');
        }
        let one = parts.value()?.ok_or_else(|| parts.wrong())?;
        range(form, one, out)?;
    }
    out.push('}');
    parts.finish()
}

pub(super) fn composite(attributes: &[Form], bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let mut parts = Parts::new(bytes, "row");
    let count = usize::try_from(parts.int4()?).map_err(|_| parts.wrong())?;
    if count != attributes.len() {
        return Err(parts.wrong());
    }
    out.push('(');
    for (at, attribute) in attributes.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        parts.int4()?;
        if let Some(value) = parts.value()? {
            let mut text = String::new();
            write(attribute, value, &mut text)?;
            doubled(&text, out);
        }
    }
    out.push(')');
    parts.finish()
}

/// A text in quotes, in which quotes and backslashes stand twice.
fn doubled(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push(c);
        }
        out.push(c);
    }
    out.push('"');
}
