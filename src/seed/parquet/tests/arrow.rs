//! What the library's own reader, which makes Arrow's arrays, finds in a file: the other opinion.

use std::borrow::Cow;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};

use crate::seed::value::{Value, json_of, shortest};
use crate::vector::copy::calendar;

/// A value, or what is wrong with it.
pub(super) fn value(array: &dyn Array, row: usize) -> Result<Value<'_>, String> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Float16 => Value::Float(get::<Float16Type>(array, row).to_f64()),
        // As a number of as few digits as the 32 bits have.
        DataType::Float32 => Value::Float(shortest(get::<Float32Type>(array, row))),
        DataType::Float64 => Value::Float(get::<Float64Type>(array, row)),
        DataType::Utf8 => Value::Text(Cow::Borrowed(array.as_string::<i32>().value(row))),
        DataType::LargeUtf8 => Value::Text(Cow::Borrowed(array.as_string::<i64>().value(row))),
        DataType::Utf8View => Value::Text(Cow::Borrowed(array.as_string_view().value(row))),
        DataType::Binary => Value::Bytes(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Value::Bytes(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => Value::Bytes(array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => Value::Bytes(array.as_fixed_size_binary().value(row)),
        DataType::Timestamp(unit, _) => Value::Time(time(array, row, *unit)?),
        DataType::Date32 => quoted(&calendar::date_text(i64::from(get::<Date32Type>(array, row)))),
        DataType::Date64 => quoted(&calendar::date_text(
            get::<Date64Type>(array, row).div_euclid(86_400_000),
        )),
        DataType::Time32(_) | DataType::Time64(_) => {
            quoted(&calendar::time_text(time_of_day(array, row).unwrap_or_default()))
        }
        DataType::Decimal128(..) => Value::Json(Cow::Owned(
            array.as_primitive::<Decimal128Type>().value_as_string(row),
        )),
        DataType::Decimal256(..) => Value::Json(Cow::Owned(
            array.as_primitive::<Decimal256Type>().value_as_string(row),
        )),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let Value::Whole(key) = value(dictionary.keys(), row)? else {
                return Ok(Value::Null);
            };
            let key = usize::try_from(key).map_err(|_| "has an impossible dictionary key".to_owned())?;
            if key >= dictionary.values().len() {
                return Err("has a dictionary key without a value".to_owned());
            }
            return value(dictionary.values().as_ref(), key);
        }
        DataType::List(_) => {
            let offsets = array.as_list::<i32>().value_offsets();
            let at = |row: usize| offsets.get(row).and_then(|at| usize::try_from(*at).ok());
            list(array.as_list::<i32>().values().as_ref(), at(row), at(row + 1))?
        }
        DataType::LargeList(_) => {
            let offsets = array.as_list::<i64>().value_offsets();
            let at = |row: usize| offsets.get(row).and_then(|at| usize::try_from(*at).ok());
            list(array.as_list::<i64>().values().as_ref(), at(row), at(row + 1))?
        }
        DataType::FixedSizeList(_, length) => {
            let length = usize::try_from(*length).unwrap_or_default();
            let values = array.as_fixed_size_list().values().as_ref();
            list(values, Some(row * length), Some((row + 1) * length))?
        }
        DataType::Struct(_) | DataType::Map(..) => {
            let mut json = String::new();
            write_json(array, row, &mut json)?;
            Value::Json(Cow::Owned(json))
        }
        other => {
            return whole(array, row).ok_or_else(|| format!("has the type {other}, which cannot be loaded"));
        }
    })
}

fn get<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> T::Native {
    array.as_primitive::<T>().value(row)
}

fn whole(array: &dyn Array, row: usize) -> Option<Value<'static>> {
    Some(Value::Whole(match array.data_type() {
        DataType::Int8 => get::<Int8Type>(array, row).into(),
        DataType::Int16 => get::<Int16Type>(array, row).into(),
        DataType::Int32 => get::<Int32Type>(array, row).into(),
        DataType::Int64 => get::<Int64Type>(array, row).into(),
        DataType::UInt8 => get::<UInt8Type>(array, row).into(),
        DataType::UInt16 => get::<UInt16Type>(array, row).into(),
        DataType::UInt32 => get::<UInt32Type>(array, row).into(),
        DataType::UInt64 => get::<UInt64Type>(array, row).into(),
        _ => return None,
    }))
}

fn time(array: &dyn Array, row: usize, unit: TimeUnit) -> Result<i64, String> {
    let microseconds = match unit {
        TimeUnit::Second => get::<TimestampSecondType>(array, row).checked_mul(1_000_000),
        TimeUnit::Millisecond => get::<TimestampMillisecondType>(array, row).checked_mul(1_000),
        TimeUnit::Microsecond => Some(get::<TimestampMicrosecondType>(array, row)),
        TimeUnit::Nanosecond => Some(get::<TimestampNanosecondType>(array, row).div_euclid(1_000)),
    };
    microseconds.ok_or_else(|| "is a time beyond what timestamptz holds".to_owned())
}

fn quoted(text: &str) -> Value<'static> {
    Value::Json(Cow::Owned(format!("\"{text}\"")))
}

/// Microseconds since midnight.
fn time_of_day(array: &dyn Array, row: usize) -> Option<i64> {
    Some(match array.data_type() {
        DataType::Time32(TimeUnit::Second) => i64::from(get::<Time32SecondType>(array, row)) * 1_000_000,
        DataType::Time32(_) => i64::from(get::<Time32MillisecondType>(array, row)) * 1_000,
        DataType::Time64(TimeUnit::Microsecond) => get::<Time64MicrosecondType>(array, row),
        DataType::Time64(_) => get::<Time64NanosecondType>(array, row).div_euclid(1_000),
        _ => return None,
    })
}

/// A list: of floats as they are in memory, else as JSON.
fn list(values: &dyn Array, start: Option<usize>, end: Option<usize>) -> Result<Value<'_>, String> {
    let (Some(start), Some(end)) = (start, end) else {
        return Err("is a list whose bounds are broken".to_owned());
    };
    let has_null = values.null_count() > 0 && (start..end).any(|at| values.is_null(at));
    if !has_null {
        let floats = match values.data_type() {
            DataType::Float16 => values
                .as_primitive::<Float16Type>()
                .values()
                .get(start..end)
                .map(Value::Halves),
            DataType::Float32 => values
                .as_primitive::<Float32Type>()
                .values()
                .get(start..end)
                .map(Value::Floats),
            DataType::Float64 => values
                .as_primitive::<Float64Type>()
                .values()
                .get(start..end)
                .map(Value::Doubles),
            _ => None,
        };
        if let Some(floats) = floats {
            return Ok(floats);
        }
    }
    let mut json = String::new();
    write_list(values, start, end, &mut json)?;
    Ok(Value::Json(Cow::Owned(json)))
}

fn write_list(values: &dyn Array, start: usize, end: usize, json: &mut String) -> Result<(), String> {
    json.push('[');
    for at in start..end {
        if at > start {
            json.push(',');
        }
        write_json(values, at, json)?;
    }
    json.push(']');
    Ok(())
}

fn write_json(array: &dyn Array, row: usize, json: &mut String) -> Result<(), String> {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match array.data_type() {
        _ if array.is_null(row) => json.push_str("null"),
        DataType::Struct(fields) => {
            json.push('{');
            for (index, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                if index > 0 {
                    json.push(',');
                }
                json.push_str(&text(field.name()));
                json.push(':');
                write_json(column.as_ref(), row, json)?;
            }
            json.push('}');
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let at = |row: usize| {
                map.value_offsets()
                    .get(row)
                    .and_then(|at| usize::try_from(*at).ok())
            };
            json.push('{');
            let start = at(row).unwrap_or_default();
            for entry in start..at(row + 1).unwrap_or_default() {
                if entry > start {
                    json.push(',');
                }
                let key = match value(map.keys().as_ref(), entry)? {
                    Value::Text(key) => key.into_owned(),
                    other => json_of(&other).unwrap_or_default(),
                };
                json.push_str(&text(&key));
                json.push(':');
                write_json(map.values().as_ref(), entry, json)?;
            }
            json.push('}');
        }
        _ => {
            let value = value(array, row)?;
            json.push_str(&json_of(&value).ok_or("holds a value that JSON does not have")?);
        }
    }
    Ok(())
}
