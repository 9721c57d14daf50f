//! The bytes of a field as the text that the type's own input reads, without a server.
//!
//! What reads the text back gives the same bytes; the text is not always letter by letter what the server writes. The
//! layouts are those of PostgreSQL's `*_send` functions; dates are in ISO order and moments in UTC.

mod nested;
mod plain;

use super::{DecodeError, Scalar, field};
use crate::vector::{ElementType, literal};

/// The binary form of a type, as far as its text can be written here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A type with a place in the table of columns' types.
    Scalar(Scalar),
    /// A vector.
    Vector(ElementType),
    /// `oid` and its like.
    Oid,
    /// `"char"`: one byte.
    Byte,
    /// A byte of a version, then text.
    Versioned,
    /// `interval`
    Interval,
    /// `time with time zone`
    ZonedTime,
    /// `money`
    Money,
    /// `inet` or `cidr`
    Network,
    /// `macaddr` or `macaddr8`
    Hardware,
    /// `pg_lsn`
    LogPlace,
    /// `tid`
    RowPlace,
    /// Points in a plane.
    Geometry(Geometry),
    /// Bytes whose text is their hexadecimal digits, as those of PostGIS.
    Hexadecimal,
    /// An array; the type's delimiter is a semicolon for boxes only.
    Array(Box<Form>),
    /// A range.
    Range(Box<Form>),
    /// Several ranges.
    Multirange(Box<Form>),
    /// A composite, with the forms of its attributes.
    Composite(Vec<Form>),
}

/// PostgreSQL's own types of points in a plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Geometry {
    /// `point`
    Point,
    /// `line`
    Line,
    /// `lseg`
    Segment,
    /// `box`
    Rectangle,
    /// `path`
    Path,
    /// `polygon`
    Polygon,
    /// `circle`
    Circle,
}

/// Appends a value's text.
pub fn write(form: &Form, bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    match form {
        Form::Scalar(scalar) => plain::scalar(*scalar, bytes, out)?,
        Form::Vector(ElementType::Vector) => out.push_str(&literal::format(&field::vector(bytes)?)),
        Form::Vector(ElementType::Halfvec) => {
            let halves = field::halfvec(bytes)?;
            let elements: Vec<f32> = halves.into_iter().map(half::f16::to_f32).collect();
            out.push_str(&literal::format(&elements));
        }
        Form::Vector(ElementType::Sparsevec) => out.push_str(&field::sparsevec(bytes)?.format()),
        Form::Vector(ElementType::Bit) => out.push_str(&field::bits(bytes)?.format()),
        Form::Versioned => out.push_str(field::jsonb(bytes)?),
        Form::Oid => out.push_str(&field::int4(bytes)?.cast_unsigned().to_string()),
        Form::Byte => plain::byte(bytes, out)?,
        Form::Interval => plain::interval(bytes, out)?,
        Form::ZonedTime => plain::zoned_time(bytes, out)?,
        Form::Money => plain::money(bytes, out)?,
        Form::Network => plain::network(bytes, out)?,
        Form::Hardware => plain::hardware(bytes, out),
        Form::LogPlace => plain::log_place(bytes, out)?,
        Form::RowPlace => plain::row_place(bytes, out)?,
        Form::Geometry(geometry) => plain::geometry(*geometry, bytes, out)?,
        Form::Hexadecimal => plain::hexadecimal(bytes, out),
        Form::Array(of) => nested::array(of, bytes, out)?,
        Form::Range(of) => nested::range(of, bytes, out)?,
        Form::Multirange(of) => nested::multirange(of, bytes, out)?,
        Form::Composite(attributes) => nested::composite(attributes, bytes, out)?,
    }
    Ok(())
}

/// A value's text.
pub fn of(form: &Form, bytes: &[u8]) -> Result<String, DecodeError> {
    let mut out = String::new();
    write(form, bytes, &mut out)?;
    Ok(out)
}

/// The parts of a field, one after the other.
struct Parts<'a> {
    rest: &'a [u8],
    whole: usize,
    expected: &'static str,
}

impl<'a> Parts<'a> {
    fn new(bytes: &'a [u8], expected: &'static str) -> Self {
        Self {
            rest: bytes,
            whole: bytes.len(),
            expected,
        }
    }

    fn wrong(&self) -> DecodeError {
        DecodeError::Field {
            expected: self.expected,
            length: self.whole,
        }
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (first, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.wrong())?;
        self.rest = rest;
        Ok(*first)
    }

    fn int4(&mut self) -> Result<i32, DecodeError> {
        self.fixed().map(i32::from_be_bytes)
    }

    fn int8(&mut self) -> Result<i64, DecodeError> {
        self.fixed().map(i64::from_be_bytes)
    }

    fn float8(&mut self) -> Result<f64, DecodeError> {
        self.fixed().map(f64::from_be_bytes)
    }

    /// A length and so many bytes; `None` where the length is -1.
    fn value(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        let length = self.int4()?;
        if length == -1 {
            return Ok(None);
        }
        let length = usize::try_from(length).map_err(|_| self.wrong())?;
        let (value, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.wrong())?;
        self.rest = rest;
        Ok(Some(value))
    }

    fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.wrong())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(form: &Form, bytes: &[u8]) -> String {
        of(form, bytes).unwrap()
    }

    #[test]
    fn what_a_server_sends_becomes_its_text() {
        let point: Vec<u8> = [1.5_f64, -0.0].iter().flat_map(|n| n.to_be_bytes()).collect();
        assert_eq!(shown(&Form::Geometry(Geometry::Point), &point), "(1.5,-0)");
        assert_eq!(shown(&Form::Network, &[2, 8, 1, 4, 10, 0, 0, 0]), "10.0.0.0/8");
        assert_eq!(
            shown(&Form::Hardware, &[8, 0, 0x2b, 1, 2, 3]),
            "08:00:2b:01:02:03"
        );
        assert_eq!(shown(&Form::LogPlace, &[0, 0, 0, 1, 0, 0, 0, 255]), "1/FF");
        assert_eq!(shown(&Form::Money, &(-5_i64).to_be_bytes()), "-0.05");
        let mut interval = (-11_045_000_006_i64).to_be_bytes().to_vec();
        interval.extend([0, 0, 0, 2, 0xff, 0xff, 0xff, 0xf4]);
        assert_eq!(
            shown(&Form::Interval, &interval),
            "-12 mons 2 days -03:04:05.000006"
        );
    }

    #[test]
    fn ranges_and_rows_quote_what_they_hold() {
        let text = |text: &str| {
            let length = i32::try_from(text.len()).unwrap();
            [&length.to_be_bytes()[..], text.as_bytes()].concat()
        };
        let words = Form::Scalar(Scalar::Text);
        let range = [vec![0x12], text("a\"b")].concat();
        assert_eq!(
            shown(&Form::Range(Box::new(words.clone())), &range),
            r#"["a""b",)"#
        );
        let oid = [0, 0, 0, 25];
        let row = [
            &[0, 0, 0, 2][..],
            &oid,
            &text(""),
            &oid,
            &(-1_i32).to_be_bytes()[..],
        ]
        .concat();
        assert_eq!(
            shown(&Form::Composite(vec![words.clone(), words]), &row),
            r#"("",)"#
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(prop_oneof![Just(0_u8), Just(255), any::<u8>()], 0..60)) {
            let text = Form::Scalar(Scalar::Text);
            let forms = [
                Form::Scalar(Scalar::Numeric),
                Form::Interval,
                Form::ZonedTime,
                Form::Network,
                Form::Geometry(Geometry::Path),
                Form::Geometry(Geometry::Circle),
                Form::Array(Box::new(text.clone())),
                Form::Range(Box::new(text.clone())),
                Form::Multirange(Box::new(text.clone())),
                Form::Composite(vec![text]),
            ];
            for form in forms {
                drop(of(&form, &bytes));
            }
        }
    }
}
