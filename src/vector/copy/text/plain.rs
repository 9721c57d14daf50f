//! Values that hold no others.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::{POSTGRES_EPOCH_DAYS, Scalar, calendar, field};
use super::{DecodeError, Geometry, Parts};

/// The family that `inet_send` writes for version 4.
const VERSION_4: u8 = 2;
/// The same for version 6.
const VERSION_6: u8 = 3;

pub(super) fn scalar(scalar: Scalar, bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    match scalar {
        Scalar::Bool => out.push(if field::bool(bytes)? { 't' } else { 'f' }),
        Scalar::Int2 => out.push_str(&field::int2(bytes)?.to_string()),
        Scalar::Int4 => out.push_str(&field::int4(bytes)?.to_string()),
        Scalar::Int8 => out.push_str(&field::int8(bytes)?.to_string()),
        Scalar::Float4 => {
            let value = field::float4(bytes)?;
            match value.abs() {
                _ if !value.is_finite() => out.push_str(not_finite(f64::from(value))),
                size if size == 0.0 || (1e-5..1e15).contains(&size) => written(out, format_args!("{value}")),
                _ => written(out, format_args!("{value:e}")),
            }
        }
        Scalar::Float8 => float8(field::float8(bytes)?, out),
        Scalar::Numeric => numeric(bytes, out)?,
        Scalar::Text | Scalar::Varchar | Scalar::Char | Scalar::Json => out.push_str(field::text(bytes)?),
        Scalar::Jsonb => out.push_str(field::jsonb(bytes)?),
        Scalar::Bytea => {
            out.push_str("\\x");
            hexadecimal(bytes, out);
        }
        Scalar::Bit | Scalar::Varbit => out.push_str(&field::bits(bytes)?.format()),
        Scalar::Uuid => out.push_str(&field::uuid(bytes)?.to_string()),
        Scalar::Date => match field::int4(bytes)? {
            i32::MAX => out.push_str("infinity"),
            i32::MIN => out.push_str("-infinity"),
            days => out.push_str(&calendar::date_text(i64::from(days) + POSTGRES_EPOCH_DAYS)),
        },
        Scalar::Time => out.push_str(&calendar::time_text(field::int8(bytes)?)),
        Scalar::Timestamp | Scalar::Timestamptz => match field::int8(bytes)? {
            i64::MAX => out.push_str("infinity"),
            i64::MIN => out.push_str("-infinity"),
            _ => {
                let text = calendar::timestamptz_text(field::timestamptz(bytes)?);
                match scalar {
                    Scalar::Timestamp => out.push_str(&text.replace("+00", "")),
                    _ => out.push_str(&text),
                }
            }
        },
    }
    Ok(())
}

pub(super) fn float8(value: f64, out: &mut String) {
    let size = value.abs();
    if !value.is_finite() {
        out.push_str(not_finite(value));
    } else if size == 0.0 || (1e-5..1e15).contains(&size) {
        written(out, format_args!("{value}"));
    } else {
        written(out, format_args!("{value:e}"));
    }
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

/// Groups of four digits, the first one's weight, the sign, and the digits behind the point.
fn numeric(bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    field::expect_numeric(bytes)?;
    let mut parts = Parts::new(bytes, "numeric");
    let mut short = || parts.fixed::<2>().map(i16::from_be_bytes);
    let (count, weight, sign, scale) = (short()?, short()?, short()?, short()?);
    let word = match sign.cast_unsigned() {
        0xc000 => Some("NaN"),
        0xd000 => Some("Infinity"),
        0xf000 => Some("-Infinity"),
        _ => None,
    };
    if let Some(word) = word {
        out.push_str(word);
        return Ok(());
    }
    if sign == 0x4000 {
        out.push('-');
    }
    let mut groups = Vec::new();
    for _ in 0..count {
        groups.push(short()?);
    }
    let group = |at: i32| usize::try_from(at).ok().and_then(|at| groups.get(at)).copied();
    if weight < 0 {
        out.push('0');
    }
    for at in 0..=i32::from(weight) {
        let value = group(at).unwrap_or_default();
        if at == 0 {
            written(out, format_args!("{value}"));
        } else {
            written(out, format_args!("{value:04}"));
        }
    }
    let Some(scale) = usize::try_from(scale).ok().filter(|scale| *scale > 0) else {
        return Ok(());
    };
    out.push('.');
    let end = out.len() + scale;
    let mut at = i32::from(weight) + 1;
    while out.len() < end {
        // Groups before the first one are zeros, and so are those behind the last one.
        written(out, format_args!("{:04}", group(at).unwrap_or_default()));
        at += 1;
    }
    out.truncate(end);
    Ok(())
}

/// One byte; those outside of ASCII are written with three octal digits.
pub(super) fn byte(bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let [byte] = Parts::new(bytes, "\"char\"").fixed::<1>()?;
    match byte {
        0 => {}
        1..=127 => out.push(char::from(byte)),
        _ => written(out, format_args!("\\{byte:03o}")),
    }
    Ok(())
}

pub(super) fn interval(bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let mut parts = Parts::new(bytes, "interval");
    let (microseconds, days, months) = (parts.int8()?, parts.int4()?, parts.int4()?);
    parts.finish()?;
    let word = match (microseconds, days, months) {
        (i64::MAX, i32::MAX, i32::MAX) => Some("infinity"),
        (i64::MIN, i32::MIN, i32::MIN) => Some("-infinity"),
        _ => None,
    };
    if let Some(word) = word {
        out.push_str(word);
        return Ok(());
    }
    let sign = if microseconds < 0 { "-" } else { "" };
    let size = microseconds.unsigned_abs();
    let (seconds, fraction) = (size / 1_000_000, size % 1_000_000);
    written(
        out,
        format_args!(
            "{months} mons {days} days {sign}{:02}:{:02}:{:02}.{fraction:06}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ),
    );
    Ok(())
}

/// The zone is stored as the seconds that it lies west.
pub(super) fn zoned_time(bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let mut parts = Parts::new(bytes, "time with time zone");
    let (microseconds, west) = (parts.int8()?, parts.int4()?);
    parts.finish()?;
    let sign = if west > 0 { '-' } else { '+' };
    let zone = west.unsigned_abs();
    out.push_str(&calendar::time_text(microseconds));
    written(
        out,
        format_args!("{sign}{:02}:{:02}:{:02}", zone / 3600, zone / 60 % 60, zone % 60),
    );
    Ok(())
}

pub(super) fn money(bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let cents = field::int8(bytes)?;
    let sign = if cents < 0 { "-" } else { "" };
    let size = cents.unsigned_abs();
    written(out, format_args!("{sign}{}.{:02}", size / 100, size % 100));
    Ok(())
}

pub(super) fn network(bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let mut parts = Parts::new(bytes, "network address");
    let [family, bits, _, length] = parts.fixed::<4>()?;
    match (family, length) {
        (VERSION_4, 4) => written(out, format_args!("{}", Ipv4Addr::from(parts.fixed::<4>()?))),
        (VERSION_6, 16) => written(out, format_args!("{}", Ipv6Addr::from(parts.fixed::<16>()?))),
        _ => return Err(parts.wrong()),
    }
    written(out, format_args!("/{bits}"));
    parts.finish()
}

pub(super) fn hardware(bytes: &[u8], out: &mut String) {
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            out.push(':');
        }
        written(out, format_args!("{byte:02x}"));
    }
}

pub(super) fn hexadecimal(bytes: &[u8], out: &mut String) {
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(u32::from(digit), 16));
        }
    }
}

pub(super) fn log_place(bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let place = field::int8(bytes)?.cast_unsigned();
    written(out, format_args!("{:X}/{:X}", place >> 32, place & 0xffff_ffff));
    Ok(())
}

pub(super) fn row_place(bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let mut parts = Parts::new(bytes, "tid");
    let page = parts.int4()?.cast_unsigned();
    let row = u16::from_be_bytes(parts.fixed()?);
    written(out, format_args!("({page},{row})"));
    parts.finish()
}

pub(super) fn geometry(geometry: Geometry, bytes: &[u8], out: &mut String) -> Result<(), DecodeError> {
    let mut parts = Parts::new(bytes, "geometry");
    match geometry {
        Geometry::Point => points(&mut parts, 1, out)?,
        Geometry::Segment | Geometry::Rectangle => points(&mut parts, 2, out)?,
        Geometry::Line => {
            out.push('{');
            for at in 0..3 {
                if at > 0 {
                    out.push(',');
                }
                float8(parts.float8()?, out);
            }
            out.push('}');
        }
        Geometry::Circle => {
            out.push('<');
            points(&mut parts, 1, out)?;
            out.push(',');
            float8(parts.float8()?, out);
            out.push('>');
        }
        Geometry::Path => {
            let [closed] = parts.fixed::<1>()?;
            let (open, close) = if closed == 1 { ('(', ')') } else { ('[', ']') };
            let count = parts.int4()?;
            out.push(open);
            points(&mut parts, count, out)?;
            out.push(close);
        }
        Geometry::Polygon => {
            let count = parts.int4()?;
            out.push('(');
            points(&mut parts, count, out)?;
            out.push(')');
        }
    }
    parts.finish()
}

fn points(parts: &mut Parts<'_>, count: i32, out: &mut String) -> Result<(), DecodeError> {
    for at in 0..count {
        if at > 0 {
            out.push(',');
        }
        out.push('(');
        float8(parts.float8()?, out);
        out.push(',');
        float8(parts.float8()?, out);
        out.push(')');
    }
    Ok(())
}

/// Writing into a text never fails.
fn written(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).unwrap_or_default();
}
