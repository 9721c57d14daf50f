//! Whatever a file holds and however it holds it: what Arrow reads is read here.

mod arrow;
mod foot;
mod nested;

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::file::properties::{WriterProperties, WriterVersion};
use arrow_array::builder::{Float32Builder, GenericListBuilder};
use arrow_array::{ArrayRef, OffsetSizeTrait, RecordBatch};
use arrow_schema::{DataType, Field};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

type Lists = Vec<Option<Vec<Option<f32>>>>;

/// How a file is written.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each with each other is tried")]
struct Shape {
    is_nullable: bool,
    is_large: bool,
    has_dictionary: bool,
    is_second_version: bool,
    page_rows: usize,
    group_rows: usize,
}

fn array<O: OffsetSizeTrait>(lists: &Lists, is_nullable: bool) -> ArrayRef {
    let field = Field::new("element", DataType::Float32, is_nullable);
    let mut builder = GenericListBuilder::<O, _>::new(Float32Builder::new()).with_field(field);
    for list in lists {
        for element in list.iter().flatten() {
            builder.values().append_option(*element);
        }
        builder.append(list.is_some());
    }
    Arc::new(builder.finish())
}

fn written(batch: &RecordBatch, shape: &Shape) -> tempfile::NamedTempFile {
    let version = if shape.is_second_version {
        WriterVersion::PARQUET_2_0
    } else {
        WriterVersion::PARQUET_1_0
    };
    let properties = WriterProperties::builder()
        .set_writer_version(version)
        .set_dictionary_enabled(shape.has_dictionary)
        .set_data_page_row_count_limit(shape.page_rows)
        .set_write_batch_size(1)
        .set_max_row_group_row_count(Some(shape.group_rows))
        .build();
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = ArrowWriter::try_new(file.reopen().unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    file
}

fn shapes(is_nullable: bool) -> impl Strategy<Value = Shape> {
    (any::<[bool; 3]>(), 1..9_usize, 1..50_usize).prop_map(move |(flags, page_rows, group_rows)| {
        let [is_large, has_dictionary, is_second_version] = flags;
        Shape {
            is_nullable,
            is_large,
            has_dictionary,
            is_second_version,
            page_rows,
            group_rows,
        }
    })
}

fn lists(is_nullable: bool) -> impl Strategy<Value = Lists> {
    let element = prop_oneof![
        6 => any::<f32>().prop_filter("a number equals itself", |element| !element.is_nan()).prop_map(Some),
        1 => Just(is_nullable.then_some(()).map_or(Some(1.5), |()| None)),
    ];
    let list = prop_oneof![
        3 => vec(element.clone(), 4).prop_map(Some),
        2 => vec(element, 0..7).prop_map(Some),
        1 => Just(None),
    ];
    vec(list, 1..60)
}

/// Holds every value of a file, so many rows at once, against what Arrow makes of it.
fn compare(file: &tempfile::NamedTempFile, batch_rows: usize) -> Result<(), TestCaseError> {
    let opened = Opened::open(file.path()).unwrap();
    let columns = opened.roots.iter().map(|root| Column::whole(root, None));
    let mut reading = Reading {
        columns: columns.collect(),
        vectors: Vec::new(),
        leaves: (0..opened.metadata.file_metadata().schema_descr().num_columns())
            .map(|index| Some(Leaf::open(&opened.file, &opened.metadata, index)))
            .collect(),
    };
    for root in &opened.roots {
        let leaf = reading.leaves.get(root.leaves.start).unwrap().as_ref().unwrap();
        if let Some(dense) = DenseColumn::of(root, leaf) {
            reading.vectors.push((0, dense));
        }
    }
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap();
    let mut seen = 0;
    for batch in builder.with_batch_size(batch_rows).build().unwrap() {
        let batch = batch.unwrap();
        reading.read(batch.num_rows()).unwrap();
        let mut walks = reading.walks();
        for row in 0..batch.num_rows() {
            for ((walk, column), array) in walks.iter_mut().zip(&reading.columns).zip(batch.columns()) {
                let ours = walk.next_row(&column.node);
                prop_assert_eq!(&ours, &arrow::value(array, row), "{}", column.node.name);
                let start = column.node.leaves.start;
                if let Some((_, dense)) = reading.vectors.iter().find(|(_, dense)| dense.leaf == start) {
                    let leaf = reading.leaves.get(start).unwrap().as_ref().unwrap();
                    prop_assert_eq!(&dense.value(leaf, row), &ours, "{}", column.node.name);
                }
            }
        }
        seen += batch.num_rows();
    }
    prop_assert_eq!(seen, opened.rows());
    prop_assert!(reading.read(1).is_err(), "there are no more rows");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn lists_are_read_as_arrow_reads_them(
        (lists, shape) in any::<bool>().prop_flat_map(|is_nullable| (lists(is_nullable), shapes(is_nullable))),
        batch_rows in 1..40_usize,
    ) {
        let array = if shape.is_large {
            array::<i64>(&lists, shape.is_nullable)
        } else {
            array::<i32>(&lists, shape.is_nullable)
        };
        let batch = RecordBatch::try_from_iter_with_nullable([("embedding", array, true)]).unwrap();
        compare(&written(&batch, &shape), batch_rows)?;
    }

    #[test]
    fn values_of_every_type_are_read_as_arrow_reads_them(
        dice in vec(any::<u8>(), 64..2_048),
        rows in 1..40_usize,
        shape in shapes(true),
        batch_rows in 1..40_usize,
    ) {
        let batch = nested::batch(&mut nested::Dice::new(&dice), rows);
        compare(&written(&batch, &shape), batch_rows)?;
    }
}

#[test]
fn a_bad_value_does_not_shift_the_rows_behind_it() {
    // Bytes have no place in JSON, so the second row ends in its middle.
    let bytes = arrow_array::BinaryArray::from_opt_vec(vec![None, Some(b"b"), None]);
    let numbers = arrow_array::Int64Array::from(vec![1, 2, 3]);
    let field = |name: &str, of: DataType| Arc::new(Field::new(name, of, true));
    let both = arrow_array::StructArray::from(vec![
        (field("bytes", DataType::Binary), Arc::new(bytes) as ArrayRef),
        (field("number", DataType::Int64), Arc::new(numbers) as ArrayRef),
    ]);
    let batch = RecordBatch::try_from_iter([("both", Arc::new(both) as ArrayRef)]).unwrap();
    let shape = Shape {
        is_nullable: true,
        is_large: false,
        has_dictionary: false,
        is_second_version: false,
        page_rows: 2,
        group_rows: 2,
    };
    let opened = Opened::open(written(&batch, &shape).path()).unwrap();
    let root = opened.roots.first().unwrap();
    let mut leaves: Vec<Option<Leaf>> = (0..2)
        .map(|index| Some(Leaf::open(&opened.file, &opened.metadata, index)))
        .collect();
    for leaf in leaves.iter_mut().flatten() {
        leaf.read(3).unwrap();
    }
    let mut walk = Walk::new(&leaves, root);
    let json = |number: u8| {
        Ok(Value::Json(
            format!(r#"{{"bytes":null,"number":{number}}}"#).into(),
        ))
    };
    assert_eq!(walk.next_row(root), json(1));
    assert!(walk.next_row(root).unwrap_err().contains("JSON does not have"));
    assert_eq!(walk.next_row(root), json(3));
    assert!(walk.next_row(root).unwrap_err().contains("bounds are broken"));
}
