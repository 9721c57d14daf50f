//! One value: from the bytes of its column to JSON, or to the text of a CSV field.
//!
//! Floats are written with the fewest digits that read back to the same bits.

use half::f16;

use crate::catalog::Column;
use crate::error::{Context as _, Error, Result};
use crate::sql::Ident;
use crate::vector::ElementType;
use crate::vector::copy::{DecodeError, field};

/// How a column's bytes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellKind {
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Bool,
    Text,
    Uuid,
    Timestamptz,
    Json,
    Jsonb,
    Vector,
    Halfvec,
    /// Anything else, which the server is asked to write as text.
    Other,
}

impl CellKind {
    /// How a column is read.
    pub(super) fn of(column: &Column, extension_schema: &Ident) -> Self {
        match column.element(extension_schema) {
            Some(ElementType::Vector) => return Self::Vector,
            Some(ElementType::Halfvec) => return Self::Halfvec,
            _ => {}
        }
        if column.type_schema != "pg_catalog" {
            return Self::Other;
        }
        match column.type_name.as_str() {
            "int2" => Self::Int2,
            "int4" => Self::Int4,
            "int8" => Self::Int8,
            "float4" => Self::Float4,
            "float8" => Self::Float8,
            "bool" => Self::Bool,
            "text" | "varchar" | "bpchar" => Self::Text,
            "uuid" => Self::Uuid,
            "timestamptz" => Self::Timestamptz,
            "json" => Self::Json,
            "jsonb" => Self::Jsonb,
            _ => Self::Other,
        }
    }
}

/// Appends a value as JSON.
pub(super) fn json(kind: CellKind, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match kind {
        CellKind::Int2 => written(out, &read(field::int2(bytes))?),
        CellKind::Int4 => written(out, &read(field::int4(bytes))?),
        CellKind::Int8 => written(out, &read(field::int8(bytes))?),
        CellKind::Bool => written(out, &read(field::bool(bytes))?),
        CellKind::Float4 => match read(field::float4(bytes))? {
            value if value.is_finite() => written(out, &value),
            value => written(out, not_finite(f64::from(value))),
        },
        CellKind::Float8 => match read(field::float8(bytes))? {
            value if value.is_finite() => written(out, &value),
            value => written(out, not_finite(value)),
        },
        CellKind::Uuid => written(out, &read(field::uuid(bytes))?.to_string()),
        CellKind::Timestamptz => written(out, &timestamptz(bytes)?),
        CellKind::Text | CellKind::Other => written(out, read(field::text(bytes))?),
        CellKind::Json => {
            one_line(read(field::text(bytes))?, out);
            Ok(())
        }
        CellKind::Jsonb => {
            out.extend_from_slice(read(field::jsonb(bytes))?.as_bytes());
            Ok(())
        }
        CellKind::Vector => written(out, &read(field::vector(bytes))?),
        CellKind::Halfvec => {
            let halves = read(field::halfvec(bytes))?;
            let elements: Vec<f32> = halves.into_iter().map(f16::to_f32).collect();
            written(out, &elements)
        }
    }
}

/// Appends a value as a CSV field that PostgreSQL's `COPY ... (FORMAT csv)` reads.
pub(super) fn csv(kind: CellKind, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match kind {
        CellKind::Text | CellKind::Json | CellKind::Other => quoted(read(field::text(bytes))?, out),
        CellKind::Jsonb => quoted(read(field::jsonb(bytes))?, out),
        CellKind::Timestamptz => out.extend_from_slice(timestamptz(bytes)?.as_bytes()),
        CellKind::Uuid => out.extend_from_slice(read(field::uuid(bytes))?.to_string().as_bytes()),
        // JSON puts NaN and Infinity into quotes, which change nothing in CSV.
        CellKind::Int2
        | CellKind::Int4
        | CellKind::Int8
        | CellKind::Float4
        | CellKind::Float8
        | CellKind::Bool => json(kind, bytes, out)?,
        CellKind::Vector | CellKind::Halfvec => {
            out.push(b'"');
            json(kind, bytes, out)?;
            out.push(b'"');
        }
    }
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

    fn as_json(kind: CellKind, write: impl FnOnce(&mut CopyEncoder)) -> String {
        let mut out = Vec::new();
        json(kind, &bytes_of(write), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn as_csv(kind: CellKind, write: impl FnOnce(&mut CopyEncoder)) -> String {
        let mut out = Vec::new();
        csv(kind, &bytes_of(write), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_that_json_has_no_word_for_become_text() {
        assert_eq!(as_json(CellKind::Float8, |row| row.float8(f64::NAN)), r#""NaN""#);
        assert_eq!(
            as_json(CellKind::Float4, |row| row.float4(f32::NEG_INFINITY)),
            r#""-Infinity""#
        );
        assert_eq!(
            as_json(CellKind::Timestamptz, |row| row.int8(i64::MIN)),
            r#""-infinity""#
        );
        assert_eq!(
            as_json(CellKind::Timestamptz, |row| row.timestamptz(1)),
            r#""1970-01-01T00:00:00.000001Z""#
        );
        assert_eq!(
            as_json(CellKind::Json, |row| row.text("{\n \"a\": \"\\n\"\r\n}").unwrap()),
            "{  \"a\": \"\\n\"  }"
        );
    }

    #[test]
    fn csv_tells_the_empty_text_from_null_and_keeps_quotes() {
        let text = |text: &str| as_csv(CellKind::Text, |row| row.text(text).unwrap());
        assert_eq!(text("plain"), "plain");
        assert_eq!(text(""), "\"\"");
        assert_eq!(text("a \"b\",\n"), "\"a \"\"b\"\",\n\"");
        assert_eq!(text("\\."), "\"\\.\"");
        assert_eq!(
            as_csv(CellKind::Vector, |row| row.vector(&[1.0, -0.5]).unwrap()),
            "\"[1.0,-0.5]\""
        );
    }

    proptest! {
        #[test]
        fn vectors_keep_every_bit(
            elements in prop::collection::vec(any::<f32>().prop_filter("finite", |x| x.is_finite()), 1..40),
        ) {
            let text = as_json(CellKind::Vector, |row| row.vector(&elements).unwrap());
            let back = crate::vector::parse(&text).unwrap();
            let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&back), bits(&elements));
        }

        #[test]
        fn halves_keep_every_bit(bits in prop::collection::vec(any::<u16>(), 1..40)) {
            let halves: Vec<f16> = bits.iter().map(|b| f16::from_bits(*b)).filter(|h| h.is_finite()).collect();
            prop_assume!(!halves.is_empty());
            let text = as_json(CellKind::Halfvec, |row| row.halfvec(&halves).unwrap());
            let back = crate::vector::parse(&text).unwrap();
            let back: Vec<u16> = back.iter().map(|x| crate::vector::copy::to_half(*x).to_bits()).collect();
            prop_assert_eq!(back, halves.iter().map(|h| h.to_bits()).collect::<Vec<_>>());
        }

        #[test]
        fn text_comes_back(text in "[^\u{0}]{0,40}") {
            let written = as_json(CellKind::Text, |row| row.text(&text).unwrap());
            prop_assert!(!written.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
