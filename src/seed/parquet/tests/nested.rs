//! A column of every type, and of lists, structs and maps of them, with whatever is absent where it may be.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, FixedSizeListBuilder, Float16Builder, Float32Builder,
    Float64Builder, Int64Builder, LargeListBuilder, ListBuilder, MapBuilder, StringBuilder, StructBuilder,
};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Decimal256Type, Int8Type, Int16Type, Int32Type,
    Time32MillisecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, DictionaryArray, FixedSizeBinaryArray, PrimitiveArray, RecordBatch};
use arrow_schema::{DataType, Field, Fields};
use half::f16;

/// Bytes that decide, without end.
pub(super) struct Dice<'b>(std::iter::Cycle<std::iter::Copied<std::slice::Iter<'b, u8>>>);

impl<'b> Dice<'b> {
    /// These bytes, again and again.
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes.iter().copied().cycle())
    }

    fn roll(&mut self) -> u8 {
        self.0.next().unwrap()
    }

    fn is_there(&mut self) -> bool {
        !self.roll().is_multiple_of(4)
    }

    fn wide(&mut self) -> i64 {
        i64::from_le_bytes([(); 8].map(|()| self.roll()))
    }

    fn float(&mut self) -> f64 {
        f64::from(self.roll()) / 16.0 - 7.0
    }

    fn text(&mut self) -> String {
        let length = self.roll() % 5;
        (0..length).map(|_| char::from(self.roll() % 96 + 32)).collect()
    }
}

fn primitive<T: ArrowPrimitiveType>(
    dice: &mut Dice<'_>,
    rows: usize,
    of: impl Fn(i64) -> T::Native,
) -> PrimitiveArray<T> {
    (0..rows)
        .map(|_| {
            let value = of(dice.wide());
            dice.is_there().then_some(value)
        })
        .collect()
}

/// So many rows.
pub(super) fn batch(dice: &mut Dice<'_>, rows: usize) -> RecordBatch {
    let columns = [
        numbers(dice, rows),
        moments(dice, rows),
        texts(dice, rows),
        lists(dice, rows),
    ]
    .concat();
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

type Columns = Vec<(&'static str, ArrayRef)>;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "any number will do"
)]
fn numbers(dice: &mut Dice<'_>, rows: usize) -> Columns {
    let mut bools = BooleanBuilder::new();
    let (mut halves, mut floats, mut doubles) = (
        Float16Builder::new(),
        Float32Builder::new(),
        Float64Builder::new(),
    );
    for _ in 0..rows {
        let value = dice.float();
        bools.append_option(dice.is_there().then_some(value > 0.0));
        halves.append_option(dice.is_there().then_some(f16::from_f64(value)));
        floats.append_option(dice.is_there().then_some(value as f32 / 3.0));
        doubles.append_option(dice.is_there().then_some(value / 3.0));
    }
    let small = primitive::<Decimal128Type>(dice, rows, |value| i128::from(value % 1_000_000_000));
    let small = small.with_precision_and_scale(9, 2).unwrap();
    let middle = primitive::<Decimal128Type>(dice, rows, i128::from);
    let middle = middle.with_precision_and_scale(30, 20).unwrap();
    let large = primitive::<Decimal256Type>(dice, rows, |value| {
        Decimal256::from_i128(i128::from(value) * i128::from(value))
    });
    let large = large.with_precision_and_scale(60, 3).unwrap();
    vec![
        ("bool", Arc::new(bools.finish())),
        (
            "int8",
            Arc::new(primitive::<Int8Type>(dice, rows, |value| value as i8)),
        ),
        (
            "int16",
            Arc::new(primitive::<Int16Type>(dice, rows, |value| value as i16)),
        ),
        (
            "int32",
            Arc::new(primitive::<Int32Type>(dice, rows, |value| value as i32)),
        ),
        (
            "uint8",
            Arc::new(primitive::<UInt8Type>(dice, rows, |value| value as u8)),
        ),
        (
            "uint16",
            Arc::new(primitive::<UInt16Type>(dice, rows, |value| value as u16)),
        ),
        (
            "uint32",
            Arc::new(primitive::<UInt32Type>(dice, rows, |value| value as u32)),
        ),
        (
            "uint64",
            Arc::new(primitive::<UInt64Type>(dice, rows, |value| value as u64)),
        ),
        ("half", Arc::new(halves.finish())),
        ("float", Arc::new(floats.finish())),
        ("double", Arc::new(doubles.finish())),
        ("small", Arc::new(small)),
        ("middle", Arc::new(middle)),
        ("large", Arc::new(large)),
    ]
}

type Decimal256 = <Decimal256Type as ArrowPrimitiveType>::Native;

#[expect(clippy::cast_possible_truncation, reason = "any number will do")]
fn moments(dice: &mut Dice<'_>, rows: usize) -> Columns {
    const DAY: i64 = 86_400_000;
    let of_day = |scale: i64| move |value: i64| value.rem_euclid(DAY * scale);
    let date = primitive::<Date32Type>(dice, rows, |value| (value % 100_000) as i32);
    let millis = primitive::<Time32MillisecondType>(dice, rows, |value| of_day(1)(value) as i32);
    let micros = primitive::<Time64MicrosecondType>(dice, rows, of_day(1_000));
    let nanos = primitive::<Time64NanosecondType>(dice, rows, of_day(1_000_000));
    let moment_millis = primitive::<TimestampMillisecondType>(dice, rows, |value| value / 1_000_000);
    let moment_micros = primitive::<TimestampMicrosecondType>(dice, rows, |value| value / 1_000);
    let moment_nanos = primitive::<TimestampNanosecondType>(dice, rows, |value| value);
    vec![
        ("date", Arc::new(date)),
        ("time_millis", Arc::new(millis)),
        ("time_micros", Arc::new(micros)),
        ("time_nanos", Arc::new(nanos)),
        ("millis", Arc::new(moment_millis.with_timezone("UTC"))),
        ("micros", Arc::new(moment_micros)),
        ("nanos", Arc::new(moment_nanos)),
    ]
}

fn texts(dice: &mut Dice<'_>, rows: usize) -> Columns {
    let mut texts = StringBuilder::new();
    let mut bytes = BinaryBuilder::new();
    let mut uuids = Vec::new();
    for _ in 0..rows {
        texts.append_option(dice.is_there().then(|| dice.text()));
        bytes.append_option(dice.is_there().then(|| dice.text()));
        let uuid = [dice.wide().to_le_bytes(), dice.wide().to_le_bytes()].concat();
        uuids.push(dice.is_there().then_some(uuid));
    }
    let words: Vec<Option<&str>> = (0..rows)
        .map(|_| {
            [None, Some("a"), Some("b")]
                .into_iter()
                .nth(usize::from(dice.roll() % 3))
                .unwrap()
        })
        .collect();
    let words: DictionaryArray<Int32Type> = words.into_iter().collect();
    let uuids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids.into_iter(), 16).unwrap();
    vec![
        ("text", Arc::new(texts.finish())),
        ("bytes", Arc::new(bytes.finish())),
        ("word", Arc::new(words)),
        ("uuid", Arc::new(uuids)),
    ]
}

/// Adds a list of up to three elements, or none.
fn list<B: ArrayBuilder>(
    dice: &mut Dice<'_>,
    builder: &mut ListBuilder<B>,
    mut element: impl FnMut(&mut B, &mut Dice<'_>),
) {
    let is_there = dice.is_there();
    for _ in 0..dice.roll() % 4 {
        if is_there {
            element(builder.values(), dice);
        }
    }
    builder.append(is_there);
}

fn lists(dice: &mut Dice<'_>, rows: usize) -> Columns {
    let mut texts = ListBuilder::new(StringBuilder::new());
    let mut doubles = ListBuilder::new(Float64Builder::new());
    let mut halves = LargeListBuilder::new(Float16Builder::new());
    let mut fixed = FixedSizeListBuilder::new(Float32Builder::new(), 2);
    let mut deep = ListBuilder::new(ListBuilder::new(Float32Builder::new()));
    let part = Fields::from(vec![
        Field::new("word", DataType::Utf8, true),
        Field::new("weight", DataType::Float64, true),
    ]);
    let mut structs = ListBuilder::new(StructBuilder::from_fields(part, rows));
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    for _ in 0..rows {
        list(dice, &mut texts, |texts, dice| {
            let is_there = dice.is_there();
            texts.append_option(is_there.then(|| dice.text()));
        });
        list(dice, &mut doubles, |doubles, dice| {
            doubles.append_value(dice.float());
        });
        let is_there = dice.is_there();
        for _ in 0..if is_there { dice.roll() % 3 } else { 0 } {
            halves.values().append_value(f16::from_f64(dice.float()));
        }
        halves.append(is_there);
        let is_there = dice.is_there();
        for _ in 0..2 {
            fixed.values().append_option(is_there.then_some(0.5));
        }
        fixed.append(is_there);
        list(dice, &mut deep, |inner, dice| {
            let is_there = dice.is_there();
            for _ in 0..if is_there { dice.roll() % 3 } else { 0 } {
                inner.values().append_option(dice.is_there().then_some(1.25));
            }
            inner.append(is_there);
        });
        list(dice, &mut structs, |structs, dice| {
            let is_there = dice.is_there();
            let word = (is_there && dice.is_there()).then(|| dice.text());
            structs
                .field_builder::<StringBuilder>(0)
                .unwrap()
                .append_option(word);
            let weight = (is_there && dice.is_there()).then(|| dice.float());
            structs
                .field_builder::<Float64Builder>(1)
                .unwrap()
                .append_option(weight);
            structs.append(is_there);
        });
        let is_there = dice.is_there();
        for _ in 0..if is_there { dice.roll() % 3 } else { 0 } {
            maps.keys().append_value(dice.text());
            maps.values().append_option(dice.is_there().then_some(7));
        }
        maps.append(is_there).unwrap();
    }
    vec![
        ("texts", Arc::new(texts.finish())),
        ("doubles", Arc::new(doubles.finish())),
        ("halves", Arc::new(halves.finish())),
        ("fixed", Arc::new(fixed.finish())),
        ("deep", Arc::new(deep.finish())),
        ("structs", Arc::new(structs.finish())),
        ("maps", Arc::new(maps.finish())),
    ]
}
