//! Files whose parts disagree: the foot and the pages, or one column of a struct and another.

use ::parquet::basic::Compression;
use ::parquet::file::metadata::{ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData};
use arrow_array::Int64Array;
use arrow_array::builder::{Int64Builder, ListBuilder, StructBuilder};

use super::*;

/// Six rows of two columns in two groups.
fn file() -> tempfile::NamedTempFile {
    let numbers = || Arc::new(Int64Array::from_iter_values(0..6)) as ArrayRef;
    let lists = (0..6).map(|_| Some(vec![Some(1.0), Some(2.0)])).collect();
    let batch = RecordBatch::try_from_iter([("id", numbers()), ("embedding", array::<i32>(&lists, false))]);
    let shape = Shape {
        is_nullable: false,
        is_large: false,
        has_dictionary: false,
        is_second_version: false,
        page_rows: 9,
        group_rows: 3,
    };
    written(&batch.unwrap(), &shape)
}

/// The same pages with other row groups in the foot.
fn changed(file: &tempfile::NamedTempFile, change: impl Fn(RowGroupMetaData) -> RowGroupMetaData) -> Opened {
    let bytes = fs_err::read(file.path()).unwrap();
    let mut metadata = ParquetMetaDataReader::new()
        .parse_and_finish(&file.reopen().unwrap())
        .unwrap()
        .into_builder();
    let groups = metadata.take_row_groups().into_iter().map(change).collect();
    let metadata = metadata.set_row_groups(groups).build();
    let end = bytes.len() - 8;
    let length = u32::from_le_bytes(bytes[end..end + 4].try_into().unwrap());
    let mut other = bytes[..end - usize::try_from(length).unwrap()].to_vec();
    ParquetMetaDataWriter::new(&mut other, &metadata)
        .finish()
        .unwrap();
    fs_err::write(file.path(), other).unwrap();
    Opened::open(file.path()).unwrap()
}

fn whole(opened: &Opened) -> Vec<Column> {
    opened
        .roots
        .iter()
        .map(|root| Column::whole(root, None))
        .collect()
}

#[test]
fn rows_of_one_group_do_not_stand_beside_those_of_another() {
    let file = file();
    let opened = changed(&file, |group| {
        let is_first = group.ordinal() == Some(0);
        let builder = group.into_builder();
        builder
            .set_num_rows(if is_first { 2 } else { 4 })
            .build()
            .unwrap()
    });
    assert_eq!(opened.rows(), 6);
    let destination = crate::seed::fuzzing::destination(crate::seed::Format::Parquet).unwrap();
    let mut reading = Reading::start(&opened, whole(&opened), &destination);
    let trouble = reading.read(6).unwrap_err();
    assert_eq!(trouble.column, "id");
    let error = trouble.of(file.path(), 1).to_string();
    assert!(error.contains("from row 1 on, in column `id`"), "{error}");
}

#[test]
fn leaves_that_disagree_about_a_row_shift_no_other() {
    let field = |name: &str| Field::new(name, DataType::Int64, true);
    let pair = StructBuilder::from_fields(vec![field("a"), field("b")], 3);
    let mut list = ListBuilder::new(pair);
    for number in 0..3 {
        for at in 0..2 {
            list.values()
                .field_builder::<Int64Builder>(at)
                .unwrap()
                .append_value(number);
        }
        list.values().append(true);
        if number > 0 {
            list.append(true);
        }
    }
    let batch = RecordBatch::try_from_iter([("pairs", Arc::new(list.finish()) as ArrayRef)]).unwrap();
    let shape = Shape {
        is_nullable: true,
        is_large: false,
        has_dictionary: false,
        is_second_version: false,
        page_rows: 9,
        group_rows: 9,
    };
    let opened = Opened::open(written(&batch, &shape).path()).unwrap();
    let root = opened.roots.first().unwrap();
    let leaves = |repetitions: [i16; 3]| -> Vec<Option<Leaf>> {
        let mut leaves = [0, 1].map(|index| Leaf::open(&opened.file, &opened.metadata, index));
        for leaf in &mut leaves {
            leaf.read(2).unwrap();
        }
        assert_eq!(leaves[1].repetitions, [0, 1, 0]);
        leaves[1].repetitions = repetitions.to_vec();
        leaves.map(Some).into()
    };
    let right = leaves([0, 1, 0]);
    let mut walk = Walk::new(&right, root);
    let json = |text: &'static str| Ok(Value::Json(text.into()));
    assert_eq!(walk.next_row(root), json(r#"[{"a":0,"b":0},{"a":1,"b":1}]"#));
    assert_eq!(walk.next_row(root), json(r#"[{"a":2,"b":2}]"#));
    let wrong = leaves([0, 0, 1]);
    let mut walk = Walk::new(&wrong, root);
    for _ in 0..2 {
        assert!(walk.next_row(root).unwrap_err().contains("bounds are broken"));
    }
}

#[test]
fn what_is_compressed_in_another_way_is_known_before_it_is_read() {
    for (compression, name) in [
        (Compression::LZ4_RAW, "LZ4"),
        (Compression::LZ4, "LZ4"),
        (Compression::LZO, "LZO"),
        (
            Compression::BROTLI(::parquet::basic::BrotliLevel::default()),
            "Brotli",
        ),
    ] {
        let file = file();
        let opened = changed(&file, |group| {
            let chunk = group
                .column(1)
                .clone()
                .into_builder()
                .set_compression(compression);
            let columns = vec![group.column(0).clone(), chunk.build().unwrap()];
            group.into_builder().set_column_metadata(columns).build().unwrap()
        });
        let mut columns = whole(&opened);
        let error = expect_compression(file.path(), &opened.metadata, &columns).unwrap_err();
        let said = format!(": column `embedding` is compressed with {name}, which is not read");
        assert!(error.to_string().ends_with(&said), "{error:?}");
        // What nothing is filled from may be compressed in any way.
        columns.truncate(1);
        expect_compression(file.path(), &opened.metadata, &columns).unwrap();
    }
}

#[test]
fn a_batch_is_as_large_as_the_group_with_the_largest_rows_lets_it_be() {
    let with = |first: i64| {
        let opened = changed(&file(), |group| {
            let bytes = if group.ordinal() == Some(0) { first } else { 30 };
            group.into_builder().set_total_byte_size(bytes).build().unwrap()
        });
        opened.batch_rows()
    };
    assert_eq!((with(3 << 30), with(3 << 17), with(-1)), (1, 2, 8192));
}
