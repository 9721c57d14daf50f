//! Whatever lists a file holds and however it holds them: what Arrow reads is read here.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::file::properties::{WriterProperties, WriterVersion};
use arrow_array::builder::{Float32Builder, GenericListBuilder};
use arrow_array::{OffsetSizeTrait, RecordBatch};
use arrow_schema::Field;
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

fn array<O: OffsetSizeTrait>(lists: &Lists, is_nullable: bool) -> Arc<dyn arrow_array::Array> {
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

fn written(lists: &Lists, shape: &Shape) -> tempfile::NamedTempFile {
    let array = if shape.is_large {
        array::<i64>(lists, shape.is_nullable)
    } else {
        array::<i32>(lists, shape.is_nullable)
    };
    let batch = RecordBatch::try_from_iter_with_nullable([("embedding", array, true)]).unwrap();
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
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
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

fn files() -> impl Strategy<Value = (Lists, Shape)> {
    any::<bool>().prop_flat_map(|is_nullable| {
        let shape =
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
            });
        (lists(is_nullable), shape)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn lists_are_read_as_arrow_reads_them((lists, shape) in files(), batch_rows in 1..40_usize) {
        let file = written(&lists, &shape);
        let open = || ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap();
        let builder = open();
        let mut dense = DenseColumn::open(file.path(), &builder, "embedding").unwrap().unwrap();
        let mut seen = 0;
        for batch in open().with_batch_size(batch_rows).build().unwrap() {
            let batch = batch.unwrap();
            let array = batch.column(0).as_ref();
            dense.read(array.len()).unwrap();
            for row in 0..array.len() {
                prop_assert_eq!(dense.value(row), cell::value(array, row));
            }
            seen += array.len();
        }
        prop_assert_eq!(seen, lists.len());
        prop_assert!(dense.read(1).is_err());
    }
}

#[test]
fn other_lists_are_left_to_arrow() {
    let mut builder = GenericListBuilder::<i32, _>::new(arrow_array::builder::Int32Builder::new());
    builder.values().append_value(1);
    builder.append(true);
    let array: Arc<dyn arrow_array::Array> = Arc::new(builder.finish());
    let batch = RecordBatch::try_from_iter([("embedding", array)]).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = ArrowWriter::try_new(file.reopen().unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap();
    assert!(
        DenseColumn::open(file.path(), &builder, "embedding")
            .unwrap()
            .is_none()
    );
    assert!(
        DenseColumn::open(file.path(), &builder, "other")
            .unwrap()
            .is_none()
    );
}
