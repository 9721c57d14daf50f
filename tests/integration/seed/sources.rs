//! Files of every format: what they hold is what the table holds.

use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, Float16Builder, Float32Builder, Float64Builder, LargeListBuilder, ListBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
    StructArray, TimestampNanosecondArray,
};
use arrow_schema::{DataType, Field};
use half::f16;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use predicates::prelude::predicate;
use vecops::error::Kind;
use vecops::progress::Silent;
use vecops::seed::{self, Inputs, LoadReport, Mapping, Source};
use vecops::sql;

use super::fixture::{File, TABLE, count, destination, file, load, number, seed, table};
use crate::support::on_each_server;

/// How many rows the files have.
const ROWS: i64 = 3_000;

/// A Parquet file with several row groups.
fn parquet(compression: Compression, columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(700))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn ids() -> ArrayRef {
    Arc::new((1..=ROWS).collect::<Int64Array>())
}

/// The vector of a row: exact in 16 bits.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn vector(id: i64) -> [f32; 3] {
    [id as f32 % 2048.0, 0.5, -1.0]
}

fn texts() -> Vec<String> {
    (1..=ROWS).map(|id| format!("text {}", id % 7)).collect()
}

/// The same vectors in each way that Parquet holds them.
fn vector_columns() -> Vec<ArrayRef> {
    let mut floats = FixedSizeListBuilder::new(Float32Builder::new(), 3);
    let mut doubles = ListBuilder::new(Float64Builder::new());
    let mut halves = LargeListBuilder::new(Float16Builder::new());
    for id in 1..=ROWS {
        for element in vector(id) {
            floats.values().append_value(element);
            doubles.values().append_value(f64::from(element));
            halves.values().append_value(f16::from_f32(element));
        }
        floats.append(true);
        doubles.append(true);
        halves.append(true);
    }
    vec![
        Arc::new(floats.finish()),
        Arc::new(doubles.finish()),
        Arc::new(halves.finish()),
    ]
}

/// Whether the table holds the rows, as the server computes them.
fn right_rows(element: &str) -> String {
    format!(
        "select count(*) from {TABLE} where content = 'text ' || id % 7
         and embedding = ('[' || id % 2048 || ',0.5,-1]')::extensions.{element}"
    )
}

#[tokio::test]
async fn parquet_holds_vectors_and_texts_in_many_ways() {
    let large: ArrayRef = Arc::new(LargeStringArray::from(texts()));
    let dictionary: DictionaryArray<Int32Type> = texts().iter().map(String::as_str).collect();
    let plain: ArrayRef = Arc::new(StringArray::from(texts()));
    let contents: [ArrayRef; 3] = [large, Arc::new(dictionary), plain];
    let compressions = [
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::UNCOMPRESSED,
    ];
    let files: Vec<File> = vector_columns()
        .into_iter()
        .zip(contents)
        .zip(compressions)
        .map(|((vectors, contents), compression)| {
            let unused: ArrayRef = Arc::new(Int32Array::from(vec![None; 3_000]));
            let columns = vec![
                ("unused", unused),
                ("embedding", vectors),
                ("id", ids()),
                ("content", contents),
            ];
            file("rows.parquet", &parquet(compression, columns))
        })
        .collect();
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        for element in ["vector(3)", "halfvec(3)"] {
            for file in &files {
                table(&mut connection, element, "").await;
                let report = load(&mut connection, &Source::File(file.path.clone()))
                    .await
                    .unwrap();
                assert_eq!(report.rows, 3_000);
                assert_eq!(number(&mut connection, &right_rows(element)).await, ROWS);
            }
        }
    })
    .await;
}

/// Loads with `--map`.
async fn load_mapped(
    connection: &mut sqlx::PgConnection,
    source: &Source,
    mappings: &[&str],
) -> vecops::error::Result<LoadReport> {
    use sqlx::Connection as _;
    let mut destination = destination(connection, TABLE).await?;
    let mappings: Vec<Mapping> = mappings.iter().map(|text| text.parse().unwrap()).collect();
    destination.map(&mappings)?;
    let mut transaction = connection.begin().await?;
    let report = seed::load(&mut transaction, &destination, source, &Silent).await?;
    transaction.commit().await?;
    Ok(report)
}

#[tokio::test]
async fn structs_become_json_and_paths_lead_into_them() {
    let names: ArrayRef = Arc::new(StringArray::from(texts()));
    let numbers: ArrayRef = ids();
    let field = |name: &str, array: &ArrayRef| Arc::new(Field::new(name, array.data_type().clone(), true));
    let facts: ArrayRef = Arc::new(StructArray::from(vec![
        (field("name", &names), names),
        (field("n", &numbers), numbers),
    ]));
    let seen: ArrayRef = Arc::new(TimestampNanosecondArray::from(
        (1..=ROWS).map(|id| id * 1_000_000_000).collect::<Vec<_>>(),
    ));
    assert!(matches!(facts.data_type(), DataType::Struct(_)));
    let vectors = vector_columns().swap_remove(0);
    let columns = vec![("key", ids()), ("facts", facts), ("vec", vectors), ("seen", seen)];
    let rows = file("rows.parquet", &parquet(Compression::SNAPPY, columns));
    let source = Source::File(rows.path.clone());
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(3)", ", seen timestamptz").await;
        let mappings = ["id=key", "content=facts.name", "embedding=vec"];
        load_mapped(&mut connection, &source, &mappings).await.unwrap();
        let right = format!(
            "{} and seen = to_timestamp(id) and metadata = '{{}}'",
            right_rows("vector")
        );
        assert_eq!(number(&mut connection, &right).await, ROWS);

        sql::run(&mut connection, format!("truncate {TABLE}"))
            .await
            .unwrap();
        let mappings = ["id=key", "content=facts.name", "embedding=vec", "metadata=facts"];
        let error = load_mapped(&mut connection, &source, &mappings).await;
        assert_eq!(error.unwrap().rows, 3_000);
        let right = format!(
            "{} and metadata = jsonb_build_object('name', content, 'n', id)",
            right_rows("vector")
        );
        assert_eq!(number(&mut connection, &right).await, ROWS);

        let error = load_mapped(&mut connection, &source, &["embedding=vec"])
            .await
            .unwrap_err();
        assert!(error.to_string().contains("no column `content`"), "{error:?}");
        let error = load_mapped(&mut connection, &source, &["contents=x"])
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.hints()),
            (Kind::Usage, &["Did you mean `content`?".to_owned()][..])
        );
    })
    .await;
}

#[tokio::test]
async fn a_bad_parquet_file_loads_nothing_and_names_its_row() {
    let mut vectors = FixedSizeListBuilder::new(Float32Builder::new(), 3);
    for id in 1..=ROWS {
        for element in vector(id) {
            let element = if id == 2_500 { f32::NAN } else { element };
            vectors.values().append_value(element);
        }
        vectors.append(true);
    }
    let columns = |vectors: ArrayRef| {
        let contents: ArrayRef = Arc::new(StringArray::from(texts()));
        vec![("id", ids()), ("content", contents), ("embedding", vectors)]
    };
    let nan = parquet(Compression::SNAPPY, columns(Arc::new(vectors.finish())));
    let good = parquet(Compression::SNAPPY, columns(vector_columns().swap_remove(0)));
    let nan = file("nan.parquet", &nan);
    let cut = file("cut.parquet", &good[..good.len() - 9]);
    let holed = [
        &good[..200],
        &vec![0xff; good.len() / 2],
        &good[200 + good.len() / 2..],
    ]
    .concat();
    let holed = file("holed.parquet", &holed);
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(3)", "").await;
        for (file, message) in [
            (&nan, "nan.parquet: row 2500: `embedding` holds NaN as element 1"),
            (&cut, "cut.parquet` cannot be read as Parquet"),
            (&holed, "holed.parquet` cannot be read as Parquet"),
        ] {
            seed(database, &["--from", file.path.to_str().unwrap(), "--yes"])
                .code(1)
                .stderr(predicate::str::contains(message));
            assert_eq!(count(&mut connection).await, 0);
        }
    })
    .await;
}

/// The rows as text with a delimiter.
fn delimited(delimiter: &str) -> String {
    let rows = (1..=ROWS).map(|id| {
        let [first, second, third] = vector(id);
        let vector = format!("\"[{first}, {second}, {third}]\"");
        [
            id.to_string(),
            format!("\"text {}\"", id % 7),
            vector,
            String::new(),
        ]
        .join(delimiter)
            + "\n"
    });
    ["id", "content", "embedding", "note"].join(delimiter) + "\n" + &rows.collect::<String>()
}

#[tokio::test]
async fn csv_and_tsv_are_loaded_compressed_and_from_stdin() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(delimited(",").as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(delimited("\t").as_bytes(), 1).unwrap();
    let (csv, tsv) = (file("rows.csv.gz", &gzip), file("rows.tsv.zst", &zstd));
    let cut = file("cut.csv.gz", &gzip[..gzip.len() / 2]);
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        for file in [&csv, &tsv] {
            table(&mut connection, "vector(3)", ", note text").await;
            load(&mut connection, &Source::File(file.path.clone()))
                .await
                .unwrap();
            let right = format!("{} and note is null", right_rows("vector"));
            assert_eq!(number(&mut connection, &right).await, ROWS);
        }
        table(&mut connection, "vector(3)", ", note text").await;
        seed(database, &["--from", cut.path.to_str().unwrap(), "--yes"])
            .code(1)
            .stderr(predicate::str::contains("cut.csv.gz"));
        assert_eq!(count(&mut connection).await, 0);
        for (text, message) in [
            (
                "id,content,embedding\n1,a\n",
                "bad.csv:2: has 2 fields, the header 3",
            ),
            (
                "id,content,embedding\n1,\"a\"b,\"[1,2,3]\"\n",
                "bad.csv:2: field 2 goes on",
            ),
            (
                "id,content,embedding\n1,a,\"[1,2,3]\n",
                "bad.csv:2: a quote opens and is never closed",
            ),
            (
                "id,contents,embedding\n",
                "bad.csv:1: key `contents` has no column",
            ),
            (
                "id,content,embedding\n1,a,\"[1,2]\"\n",
                "bad.csv:2: `embedding` has 2 dimensions",
            ),
            (
                "id,content,embedding\nx,a,\"[1,2,3]\"\n",
                "bad.csv:2: `id` is `x`, which is no bigint",
            ),
        ] {
            let bad = file("bad.csv", text.as_bytes());
            seed(database, &["--from", bad.path.to_str().unwrap(), "--yes"])
                .code(1)
                .stderr(predicate::str::contains(message));
        }
    })
    .await;
}

/// The vectors as NumPy saves them.
fn npy() -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({ROWS}, 3), }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    let data = (1..=ROWS).flat_map(vector).flat_map(f32::to_le_bytes);
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes()]
        .concat()
        .into_iter()
        .chain(data)
        .collect()
}

#[tokio::test]
async fn vectors_alone_take_their_other_columns_from_the_side() {
    let line = |id: i64| format!("{{\"id\": {id}, \"content\": \"text {}\"}}\n", id % 7);
    let side = (1..=ROWS).map(line).collect::<Vec<_>>().concat();
    let vectors = file("vectors.npy", &npy());
    let short = side
        .lines()
        .take(10)
        .fold(String::new(), |text, line| text + line + "\n");
    let side = file("side.jsonl", side.as_bytes());
    let short = file("short.jsonl", short.as_bytes());
    let source = |side: &File| {
        Source::Inputs(Inputs {
            inputs: vec![Source::File(vectors.path.clone())],
            format: None,
            side: Some(side.path.clone()),
        })
    };
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(3)", "").await;
        let error = load(&mut connection, &source(&short)).await.unwrap_err();
        assert!(error.to_string().contains("ends after 10 rows"), "{error:?}");
        assert_eq!(count(&mut connection).await, 0);
        load(&mut connection, &source(&side)).await.unwrap();
        assert_eq!(number(&mut connection, &right_rows("vector")).await, ROWS);

        // Without a side the table makes the rest.
        table(&mut connection, "vector(3)", "").await;
        sql::run(
            &mut connection,
            format!("alter table {TABLE} alter content drop not null"),
        )
        .await
        .unwrap();
        load(&mut connection, &Source::File(vectors.path.clone()))
            .await
            .unwrap();
        assert_eq!(count(&mut connection).await, ROWS);
    })
    .await;
}

#[tokio::test]
async fn several_files_are_one_load_and_an_error_names_the_right_one() {
    let line =
        |id: u32, vector: &str| format!("{{\"id\": {id}, \"content\": \"c\", \"embedding\": {vector}}}\n");
    let first = file("a.jsonl", line(1, "[1,2,3]").as_bytes());
    let second = file(
        "b.csv",
        b"id,content,embedding\n2,c,\"[1,2,3]\"\n3,c,\"[4,5,6]\"\n",
    );
    let bad = file("c.jsonl", (line(4, "[1,2,3]") + &line(3, "[1,2,3]")).as_bytes());
    let path = |file: &File| file.path.to_str().unwrap().to_owned();
    let (first, second, bad) = (path(&first), path(&second), path(&bad));
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(3)", "").await;
        seed(database, &["--yes", "--from", &first, &second, &bad])
            .code(1)
            .stderr(predicate::str::contains("c.jsonl:2: duplicate key value"));
        assert_eq!(count(&mut connection).await, 0);
        seed(database, &["--dry-run", "--from", &first, &second, &bad])
            .code(3)
            .stdout(predicate::str::contains("c.jsonl:2"));
        seed(database, &["--yes", "--from", &first, &second]).success();
        assert_eq!(count(&mut connection).await, 3);
    })
    .await;
}
