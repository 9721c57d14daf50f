//! One stored value as what it means.
//!
//! Format: <https://github.com/apache/parquet-format/blob/master/LogicalTypes.md>.

use std::borrow::Cow;

use ::parquet::data_type::Int96;

use super::super::value::{Value, shortest};
use super::leaf::{Leaf, Values};
use crate::vector::copy::calendar;

/// What the values of a column mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// What they are stored as.
    Plain,
    Unsigned,
    Half,
    Text,
    /// A number with so many digits behind the point.
    Decimal(i32),
    Date,
    /// Since midnight.
    Time(Unit),
    /// Since 1970.
    Timestamp(Unit),
    Interval,
}

/// What a time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl Unit {
    fn microseconds(self, time: i64) -> Option<i64> {
        match self {
            Self::Milliseconds => time.checked_mul(1_000),
            Self::Microseconds => Some(time),
            Self::Nanoseconds => Some(time.div_euclid(1_000)),
        }
    }
}

/// The value at a place among those of a leaf that are there, or what is wrong with it.
pub(super) fn value(leaf: &Leaf, at: usize) -> Result<Value<'_>, String> {
    let lacking = || "is a column whose bounds are broken".to_owned();
    match &leaf.values {
        Values::Bools(values) => values.get(at).copied().map(Value::Bool).ok_or_else(lacking),
        Values::Int32(values) => int32(*values.get(at).ok_or_else(lacking)?, leaf.meaning),
        Values::Int64(values) => int64(*values.get(at).ok_or_else(lacking)?, leaf.meaning),
        Values::Int96(values) => Ok(Value::Time(int96(values.get(at).ok_or_else(lacking)?))),
        Values::Halves(values) => values
            .get(at)
            .map(|half| Value::Float(half.to_f64()))
            .ok_or_else(lacking),
        Values::Floats(values) => values
            .get(at)
            .map(|float| Value::Float(shortest(*float)))
            .ok_or_else(lacking),
        Values::Doubles(values) => values.get(at).copied().map(Value::Float).ok_or_else(lacking),
        Values::Bytes(values) => bytes(values.get(at).ok_or_else(lacking)?.data(), leaf.meaning),
        Values::Fixed(values) => bytes(values.get(at).ok_or_else(lacking)?.data(), leaf.meaning),
    }
}

fn int32(stored: i32, meaning: Meaning) -> Result<Value<'static>, String> {
    Ok(match meaning {
        Meaning::Unsigned => Value::Whole(stored.cast_unsigned().into()),
        Meaning::Date => quoted(&calendar::date_text(stored.into())),
        Meaning::Decimal(scale) => decimal(&stored.to_be_bytes(), scale),
        Meaning::Time(unit) => time_of_day(stored.into(), unit)?,
        _ => Value::Whole(stored.into()),
    })
}

fn int64(stored: i64, meaning: Meaning) -> Result<Value<'static>, String> {
    Ok(match meaning {
        Meaning::Unsigned => Value::Whole(stored.cast_unsigned().into()),
        Meaning::Decimal(scale) => decimal(&stored.to_be_bytes(), scale),
        Meaning::Time(unit) => time_of_day(stored, unit)?,
        Meaning::Timestamp(unit) => {
            let microseconds = unit.microseconds(stored);
            Value::Time(microseconds.ok_or_else(|| "is a time beyond what timestamptz holds".to_owned())?)
        }
        _ => Value::Whole(stored.into()),
    })
}

/// A nanosecond in a Julian day, as old programs wrote it.
fn int96(stored: &Int96) -> i64 {
    stored.to_nanos().div_euclid(1_000)
}

fn time_of_day(stored: i64, unit: Unit) -> Result<Value<'static>, String> {
    let microseconds = unit.microseconds(stored);
    let microseconds = microseconds.ok_or_else(|| "is a time beyond a day".to_owned())?;
    Ok(quoted(&calendar::time_text(microseconds)))
}

fn bytes(stored: &[u8], meaning: Meaning) -> Result<Value<'_>, String> {
    match meaning {
        Meaning::Text => match std::str::from_utf8(stored) {
            Ok(text) => Ok(Value::Text(Cow::Borrowed(text))),
            Err(error) => Err(format!("is not UTF-8 from byte {}", error.valid_up_to() + 1)),
        },
        Meaning::Decimal(scale) => Ok(decimal(stored, scale)),
        Meaning::Interval => Err("has the type INTERVAL, which cannot be loaded".to_owned()),
        _ => Ok(Value::Bytes(stored)),
    }
}

fn quoted(text: &str) -> Value<'static> {
    Value::Json(Cow::Owned(format!("\"{text}\"")))
}

/// A number in two's complement, the first byte the highest, of which so many digits stand behind the point.
fn decimal(stored: &[u8], scale: i32) -> Value<'static> {
    let is_negative = stored.first().is_some_and(|first| *first >= 0x80);
    let digits = digits(stored, is_negative);
    let sign = if is_negative { "-" } else { "" };
    let text = match usize::try_from(scale) {
        Ok(0) => format!("{sign}{digits}"),
        Ok(scale) => {
            let padded = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = padded.split_at(padded.len() - scale);
            format!("{sign}{whole}.{fraction}")
        }
        // A whole number of tens, hundreds and so on.
        Err(_) => format!(
            "{sign}{digits}{}",
            "0".repeat(usize::try_from(scale.unsigned_abs()).unwrap_or_default())
        ),
    };
    Value::Json(Cow::Owned(text))
}

/// The decimal digits of a number without its sign.
fn digits(stored: &[u8], is_negative: bool) -> String {
    const BILLION: u64 = 1_000_000_000;
    // Nine digits each, the lowest first.
    let mut groups: Vec<u64> = vec![0];
    let mut add = |byte: u8| {
        let mut carry = u64::from(byte);
        for group in &mut groups {
            let sum = *group * 256 + carry;
            *group = sum % BILLION;
            carry = sum / BILLION;
        }
        if carry > 0 {
            groups.push(carry);
        }
    };
    // The complement is one less than the number without its sign.
    for byte in stored {
        add(if is_negative { !byte } else { *byte });
    }
    if is_negative {
        let mut carry = 1;
        for group in &mut groups {
            *group += carry;
            carry = *group / BILLION;
            *group %= BILLION;
        }
        if carry > 0 {
            groups.push(carry);
        }
    }
    let mut groups = groups.iter().rev();
    let first = groups.next().map(u64::to_string).unwrap_or_default();
    groups.fold(first, |text, group| format!("{text}{group:09}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(stored: &[u8], scale: i32) -> String {
        match decimal(stored, scale) {
            Value::Json(text) => text.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_decimal_has_its_point_where_the_scale_says() {
        assert_eq!(text(&5_i32.to_be_bytes(), 2), "0.05");
        assert_eq!(text(&(-5_i64).to_be_bytes(), 2), "-0.05");
        assert_eq!(text(&[0], 3), "0.000");
        assert_eq!(text(&12_i32.to_be_bytes(), -2), "1200");
        assert_eq!(text(&[], 0), "0");
        assert_eq!(text(&[0xff; 32], 0), "-1", "as many bytes as 76 digits need");
    }

    proptest! {
        #[test]
        fn digits_are_those_of_the_number(number in any::<i128>()) {
            prop_assert_eq!(text(&number.to_be_bytes(), 0), number.to_string());
        }
    }
}
