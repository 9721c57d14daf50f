//! One stored value as what it means.
//!
//! Format: <https://github.com/apache/parquet-format/blob/master/LogicalTypes.md>.

use std::borrow::Cow;

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
    Uuid,
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
        Values::Int96(values) => int96(values.get(at).ok_or_else(lacking)?.data()),
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
        Meaning::Decimal(scale) => decimal(&stored.to_be_bytes(), scale)?,
        Meaning::Time(unit) => time_of_day(stored.into(), unit)?,
        _ => Value::Whole(stored.into()),
    })
}

fn int64(stored: i64, meaning: Meaning) -> Result<Value<'static>, String> {
    Ok(match meaning {
        Meaning::Unsigned => Value::Whole(stored.cast_unsigned().into()),
        Meaning::Decimal(scale) => decimal(&stored.to_be_bytes(), scale)?,
        Meaning::Time(unit) => time_of_day(stored, unit)?,
        Meaning::Timestamp(unit) => Value::Time(unit.microseconds(stored).ok_or_else(beyond)?),
        _ => Value::Whole(stored.into()),
    })
}

/// The nanoseconds of a day in two halves and the Julian day, as old programs wrote it. (The library's own conversion
/// wraps around behind the year 2262, and such dates are there: 9999-12-31 for "never".)
fn int96(stored: &[u32]) -> Result<Value<'static>, String> {
    const EPOCH: i64 = 2_440_588;
    const MICROSECONDS_A_DAY: i64 = 86_400_000_000;
    let &[low, high, day] = stored else {
        return Err("is a time of another length".to_owned());
    };
    let nanoseconds = u64::from(high) << 32 | u64::from(low);
    let microseconds = i64::try_from(nanoseconds / 1_000).ok();
    let days = (i64::from(day.cast_signed()) - EPOCH).checked_mul(MICROSECONDS_A_DAY);
    let sum = days
        .zip(microseconds)
        .and_then(|(days, rest)| days.checked_add(rest));
    sum.map(Value::Time).ok_or_else(beyond)
}

fn beyond() -> String {
    "is a time beyond what timestamptz holds".to_owned()
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
        Meaning::Decimal(scale) => decimal(stored, scale),
        Meaning::Uuid => match uuid::Uuid::from_slice(stored) {
            Ok(uuid) => Ok(quoted(&uuid.to_string())),
            Err(_) => Err(format!("has {} bytes, a uuid has 16", stored.len())),
        },
        Meaning::Interval => Err("has the type INTERVAL, which cannot be loaded".to_owned()),
        _ => Ok(Value::Bytes(stored)),
    }
}

fn quoted(text: &str) -> Value<'static> {
    Value::Json(Cow::Owned(format!("\"{text}\"")))
}

/// A number in two's complement, the first byte the highest, of which so many digits stand behind the point.
fn decimal(stored: &[u8], scale: i32) -> Result<Value<'static>, String> {
    // More than `numeric` holds, and more than can be written down in time.
    const MOST_BYTES: usize = 4_096;
    const MOST_SCALE: u32 = 16_383;
    if stored.len() > MOST_BYTES || scale.unsigned_abs() > MOST_SCALE {
        return Err("is a decimal of more digits than numeric holds".to_owned());
    }
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
    Ok(Value::Json(Cow::Owned(text)))
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
        match decimal(stored, scale).unwrap() {
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

    #[test]
    fn a_decimal_that_nothing_holds_is_refused() {
        assert_eq!(text(&[1], 16_383).len(), 16_385);
        for (stored, scale) in [
            (&[1][..], 16_384),
            (&[1], i32::MAX),
            (&[1], i32::MIN),
            (&[1; 4_097], 0),
        ] {
            assert!(
                decimal(stored, scale)
                    .unwrap_err()
                    .contains("more digits than numeric holds")
            );
        }
    }

    #[test]
    fn an_old_time_is_one_of_any_year() {
        let time = |nanoseconds: u64, day: u32| {
            let halves =
                [nanoseconds & 0xffff_ffff, nanoseconds >> 32].map(|half| u32::try_from(half).unwrap());
            int96(&[halves[0], halves[1], day])
        };
        let shown = |time: Result<Value<'_>, String>| match time {
            Ok(Value::Time(microseconds)) => calendar::timestamptz_text(microseconds),
            other => panic!("{other:?}"),
        };
        assert_eq!(shown(time(0, 2_440_588)), "1970-01-01 00:00:00+00");
        assert_eq!(
            shown(time(86_399_999_999_999, 5_373_484)),
            "9999-12-31 23:59:59.999999+00"
        );
        assert_eq!(shown(time(1_500, 2_440_587)), "1969-12-31 00:00:00.000001+00");
        assert_eq!(shown(time(0, 1_721_426)), "0001-01-01 00:00:00+00");
        assert!(time(0, i32::MAX.cast_unsigned()).unwrap_err().contains("beyond"));
    }

    #[test]
    fn a_uuid_is_one_wherever_it_goes() {
        let stored = 7_u128.to_be_bytes();
        let value = bytes(&stored, Meaning::Uuid);
        assert_eq!(value, Ok(quoted("00000000-0000-0000-0000-000000000007")));
        assert!(
            bytes(&stored[1..], Meaning::Uuid)
                .unwrap_err()
                .contains("15 bytes")
        );
    }

    proptest! {
        #[test]
        fn digits_are_those_of_the_number(number in any::<i128>()) {
            prop_assert_eq!(text(&number.to_be_bytes(), 0), number.to_string());
        }
    }
}
