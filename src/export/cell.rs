//! One value: from the bytes of its column to JSON, or to the text of a CSV field.
//!
//! Floats are written with the fewest digits that read back to the same bits.

use half::f16;

use super::Format;
use crate::error::{Context as _, Error, Result};
use crate::vector::ElementType;
use crate::vector::copy::array::{Dimension, quote};
use crate::vector::copy::{ColumnKind, DecodeError, Scalar, field};

/// Appends a value as JSON.
pub(super) fn json(kind: ColumnKind, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match kind {
        ColumnKind::Scalar(scalar) => json_scalar(scalar, bytes, out),
        ColumnKind::Vector(ElementType::Vector, _) => written(out, &read(field::vector(bytes))?),
        ColumnKind::Vector(ElementType::Halfvec, _) => {
            let halves = read(field::halfvec(bytes))?;
            let elements: Vec<f32> = halves.into_iter().map(f16::to_f32).collect();
            written(out, &elements)
        }
        ColumnKind::Array(scalar) => array(scalar, bytes, out),
        ColumnKind::Vector(..) | ColumnKind::Other => written(out, read(field::text(bytes))?),
    }
}

fn json_scalar(scalar: Scalar, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match scalar {
        Scalar::Int2 => written(out, &read(field::int2(bytes))?),
        Scalar::Int4 => written(out, &read(field::int4(bytes))?),
        Scalar::Int8 => written(out, &read(field::int8(bytes))?),
        Scalar::Bool => written(out, &read(field::bool(bytes))?),
        Scalar::Float4 => match read(field::float4(bytes))? {
            value if value.is_finite() => written(out, &value),
            value => written(out, not_finite(f64::from(value))),
        },
        Scalar::Float8 => match read(field::float8(bytes))? {
            value if value.is_finite() => written(out, &value),
            value => written(out, not_finite(value)),
        },
        Scalar::Uuid => written(out, &read(field::uuid(bytes))?.to_string()),
        Scalar::Timestamptz => written(out, &timestamptz(bytes)?),
        Scalar::Json => {
            one_line(read(field::text(bytes))?, out);
            Ok(())
        }
        Scalar::Jsonb => {
            out.extend_from_slice(read(field::jsonb(bytes))?.as_bytes());
            Ok(())
        }
        // The server was asked for text.
        _ => written(out, read(field::text(bytes))?),
    }
}

/// Appends a value as a CSV field that PostgreSQL's `COPY ... (FORMAT csv)` reads.
pub(super) fn csv(kind: ColumnKind, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match kind {
        ColumnKind::Scalar(Scalar::Jsonb) => quoted(read(field::jsonb(bytes))?, out),
        ColumnKind::Scalar(Scalar::Timestamptz) => out.extend_from_slice(timestamptz(bytes)?.as_bytes()),
        ColumnKind::Scalar(Scalar::Uuid) => {
            out.extend_from_slice(read(field::uuid(bytes))?.to_string().as_bytes());
        }
        // JSON puts NaN and Infinity into quotes, which change nothing in CSV.
        ColumnKind::Scalar(
            Scalar::Int2 | Scalar::Int4 | Scalar::Int8 | Scalar::Float4 | Scalar::Float8 | Scalar::Bool,
        ) => json(kind, bytes, out)?,
        kind if kind.is_dense() => {
            out.push(b'"');
            json(kind, bytes, out)?;
            out.push(b'"');
        }
        _ => quoted(read(field::text(bytes))?, out),
    }
    Ok(())
}

/// Whether the server is asked to write a column as text, because the format has no better form of it.
pub(super) fn as_text(format: Format, kind: ColumnKind) -> bool {
    let is_moment = |scalar| matches!(scalar, Scalar::Date | Scalar::Time | Scalar::Timestamp);
    let has_no_form = |scalar| match format {
        Format::Parquet => matches!(scalar, Scalar::Numeric | Scalar::Bit | Scalar::Varbit),
        _ => {
            is_moment(scalar)
                || matches!(
                    scalar,
                    Scalar::Numeric | Scalar::Bit | Scalar::Varbit | Scalar::Bytea
                )
        }
    };
    match (format, kind) {
        (Format::Pgcopy, _) => false,
        (_, ColumnKind::Scalar(scalar)) => has_no_form(scalar),
        (Format::Csv, ColumnKind::Array(_)) | (_, ColumnKind::Other) => true,
        // Whether a null in JSON is an element that is NULL, or the JSON null, nobody could tell.
        (_, ColumnKind::Array(scalar)) => has_no_form(scalar) || scalar.is_json(),
        (_, ColumnKind::Vector(..)) => !kind.is_dense(),
    }
}

/// Appends an array: nested JSON arrays, or its text where its elements are not counted from 1.
fn array(scalar: Scalar, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let array = read(field::array(bytes))?;
    if array.dimensions.iter().all(|dimension| dimension.first == 1) {
        let mut elements = array.elements.into_iter();
        return nested(scalar, &array.dimensions, &mut elements, out);
    }
    let mut text = String::new();
    for dimension in &array.dimensions {
        let last = i64::from(dimension.first) + i64::from(dimension.length) - 1;
        text.push_str(&["[", &dimension.first.to_string(), ":", &last.to_string(), "]"].concat());
    }
    text.push('=');
    let lengths: Vec<usize> = array
        .dimensions
        .iter()
        .map(|dimension| usize::try_from(dimension.length).unwrap_or_default())
        .collect();
    let mut elements = array.elements.into_iter();
    braces(scalar, &lengths, &mut elements, &mut text)?;
    written(out, &text)
}

fn nested<'b>(
    scalar: Scalar,
    dimensions: &[Dimension],
    elements: &mut impl Iterator<Item = Option<&'b [u8]>>,
    out: &mut Vec<u8>,
) -> Result<()> {
    out.push(b'[');
    if let Some((dimension, inner)) = dimensions.split_first() {
        for at in 0..dimension.length {
            if at > 0 {
                out.push(b',');
            }
            if !inner.is_empty() {
                nested(scalar, inner, elements, out)?;
                continue;
            }
            match elements.next().flatten() {
                Some(bytes) => json_scalar(scalar, bytes, out)?,
                None => out.extend_from_slice(b"null"),
            }
        }
    }
    out.push(b']');
    Ok(())
}

fn braces<'b>(
    scalar: Scalar,
    lengths: &[usize],
    elements: &mut impl Iterator<Item = Option<&'b [u8]>>,
    text: &mut String,
) -> Result<()> {
    text.push('{');
    if let Some((length, inner)) = lengths.split_first() {
        for at in 0..*length {
            if at > 0 {
                text.push(',');
            }
            if !inner.is_empty() {
                braces(scalar, inner, elements, text)?;
                continue;
            }
            match elements.next().flatten() {
                None => text.push_str("NULL"),
                Some(bytes) => {
                    let mut json = Vec::new();
                    json_scalar(scalar, bytes, &mut json)?;
                    let value: serde_json::Value = serde_json::from_slice(&json)
                        .map_err(|error| Error::bug(format!("an element is no JSON: {error}")))?;
                    let plain = String::from_utf8_lossy(&json);
                    quote(value.as_str().unwrap_or(&plain), text);
                }
            }
        }
    }
    text.push('}');
    Ok(())
}

/// Appends a text in CSV's quotes where it needs them; the empty text does, because NULL is the field without any.
pub(super) fn quoted(text: &str, out: &mut Vec<u8>) {
    let special = |c: char| matches!(c, ',' | '"' | '\n' | '\r' | ' ' | '\\');
    if !text.is_empty() && !text.contains(special) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

fn read<T>(field: std::result::Result<T, DecodeError>) -> Result<T> {
    field.map_err(|error| Error::failed(error.to_string()))
}

fn written<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<()> {
    serde_json::to_writer(out, value)
        .map_err(|error| Error::bug(format!("a value does not become JSON: {error}")))
}

fn not_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

fn timestamptz(bytes: &[u8]) -> Result<String> {
    match read(field::int8(bytes))? {
        i64::MAX => Ok("infinity".to_owned()),
        i64::MIN => Ok("-infinity".to_owned()),
        _ => {
            let time = jiff::Timestamp::from_microsecond(read(field::timestamptz(bytes))?);
            time.map(|time| time.to_string())
                .map_err(|error| Error::failed(error.to_string()))
                .context("a time lies outside the years that a text can hold here")
                .map_err(|error| error.hint("Export with `--format pgcopy`, or leave the column out."))
        }
    }
}

/// JSON without its line breaks, which stand between its values only: inside a text they are escaped.
fn one_line(json: &str, out: &mut Vec<u8>) {
    let bytes = json.bytes();
    out.extend(bytes.map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::copy::{CopyDecoder, CopyEncoder, HEADER, TRAILER};
    use proptest::prelude::*;

    fn bytes_of(write: impl FnOnce(&mut CopyEncoder)) -> Vec<u8> {
        let mut encoder = CopyEncoder::new(1).unwrap();
        encoder.begin_row();
        write(&mut encoder);
        let mut decoder = CopyDecoder::new();
        decoder.push(&[&HEADER[..], &encoder.take(0), &TRAILER].concat());
        let row = decoder.next_row().unwrap().unwrap();
        row.fields().next().unwrap().unwrap().to_vec()
    }

    fn as_json(kind: ColumnKind, write: impl FnOnce(&mut CopyEncoder)) -> String {
        let mut out = Vec::new();
        json(kind, &bytes_of(write), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn as_csv(kind: ColumnKind, write: impl FnOnce(&mut CopyEncoder)) -> String {
        let mut out = Vec::new();
        csv(kind, &bytes_of(write), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_that_json_has_no_word_for_become_text() {
        assert_eq!(
            as_json(ColumnKind::Scalar(Scalar::Float8), |row| row.float8(f64::NAN)),
            r#""NaN""#
        );
        assert_eq!(
            as_json(ColumnKind::Scalar(Scalar::Float4), |row| row
                .float4(f32::NEG_INFINITY)),
            r#""-Infinity""#
        );
        assert_eq!(
            as_json(ColumnKind::Scalar(Scalar::Timestamptz), |row| row.int8(i64::MIN)),
            r#""-infinity""#
        );
        assert_eq!(
            as_json(ColumnKind::Scalar(Scalar::Timestamptz), |row| row.timestamptz(1)),
            r#""1970-01-01T00:00:00.000001Z""#
        );
        assert_eq!(
            as_json(ColumnKind::Scalar(Scalar::Json), |row| row
                .text("{\n \"a\": \"\\n\"\r\n}")
                .unwrap()),
            "{  \"a\": \"\\n\"  }"
        );
    }

    #[test]
    fn csv_tells_the_empty_text_from_null_and_keeps_quotes() {
        let text = |text: &str| as_csv(ColumnKind::Scalar(Scalar::Text), |row| row.text(text).unwrap());
        assert_eq!(text("plain"), "plain");
        assert_eq!(text(""), "\"\"");
        assert_eq!(text("a \"b\",\n"), "\"a \"\"b\"\",\n\"");
        assert_eq!(text("\\."), "\"\\.\"");
        assert_eq!(
            as_csv(ColumnKind::Vector(ElementType::Vector, None), |row| row
                .vector(&[1.0, -0.5])
                .unwrap()),
            "\"[1.0,-0.5]\""
        );
    }

    proptest! {
        #[test]
        fn vectors_keep_every_bit(
            elements in prop::collection::vec(any::<f32>().prop_filter("finite", |x| x.is_finite()), 1..40),
        ) {
            let text = as_json(ColumnKind::Vector(ElementType::Vector, None), |row| row.vector(&elements).unwrap());
            let back = crate::vector::parse(&text).unwrap();
            let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&back), bits(&elements));
        }

        #[test]
        fn halves_keep_every_bit(bits in prop::collection::vec(any::<u16>(), 1..40)) {
            let halves: Vec<f16> = bits.iter().map(|b| f16::from_bits(*b)).filter(|h| h.is_finite()).collect();
            prop_assume!(!halves.is_empty());
            let text = as_json(ColumnKind::Vector(ElementType::Halfvec, None), |row| row.halfvec(&halves).unwrap());
            let back = crate::vector::parse(&text).unwrap();
            let back: Vec<u16> = back.iter().map(|x| crate::vector::copy::to_half(*x).to_bits()).collect();
            prop_assert_eq!(back, halves.iter().map(|h| h.to_bits()).collect::<Vec<_>>());
        }

        #[test]
        fn text_comes_back(text in "[^\u{0}]{0,40}") {
            let written = as_json(ColumnKind::Scalar(Scalar::Text), |row| row.text(&text).unwrap());
            prop_assert!(!written.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
