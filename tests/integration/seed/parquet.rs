//! Parquet of other programs: columns that stand twice, none that fits, keys stored as floats.

use std::process::{Command, Stdio};
use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Float32Builder, ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use predicates::prelude::predicate;
use vecops::sql;

use super::fixture::{File, TABLE, count, file, number, seed, seed_into, table};
use crate::support::{database, majors, on_each_server, peak_memory, wait_until};

/// A file with these columns, whose names may be the same.
fn parquet(columns: Vec<(&str, ArrayRef)>) -> File {
    let fields = columns.iter();
    let fields: Vec<Field> = fields
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file("rows.parquet", &bytes)
}

fn texts(texts: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

#[tokio::test]
async fn keys_that_are_stored_as_floats_are_keys() {
    let rows = |ids: &[f64]| {
        parquet(vec![
            ("id", Arc::new(Float64Array::from(ids.to_vec()))),
            ("content", texts(&["a", "b"])),
            ("embedding", texts(&["[1,2]", "[3,4]"])),
        ])
    };
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let good = rows(&[1.0, 70.0]);
        seed(database, &["--from", good.path.to_str().unwrap(), "--yes"]).success();
        let next = format!("insert into {TABLE} (content, embedding) values ('c', '[5,6]') returning id");
        assert_eq!(number(&mut connection, &next).await, 71);

        let twice = rows(&[80.0, 80.0]);
        seed(database, &["--from", twice.path.to_str().unwrap(), "--dry-run"])
            .code(3)
            .stdout(predicate::str::contains("rows.parquet: row 2"));
        let broken = rows(&[90.0, 90.5]);
        seed(database, &["--from", broken.path.to_str().unwrap(), "--yes"])
            .code(1)
            .stderr(predicate::str::contains("rows.parquet: row 2: `id` is"));
        assert_eq!(count(&mut connection).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_column_that_stands_twice_is_refused_and_so_is_a_file_that_fills_nothing() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        sql::run(&mut connection, "create table app_notes (id bigint, note text)")
            .await
            .unwrap();
        let vectors = || ("embedding", texts(&["[1,2]"]));
        let numbers = || Arc::new(Int64Array::from(vec![7])) as ArrayRef;
        let twice = parquet(vec![
            ("content", texts(&["a"])),
            vectors(),
            ("content", texts(&["b"])),
        ]);
        let rest = parquet(vec![
            ("content", texts(&["a"])),
            vectors(),
            ("tag", numbers()),
            ("tag", numbers()),
        ]);
        let other = parquet(vec![("one", numbers()), ("two", numbers())]);
        let both = parquet(vec![
            ("body", texts(&["a"])),
            ("content", texts(&["b"])),
            ("note", texts(&["c"])),
        ]);
        for (table, file, more, message) in [
            (
                TABLE,
                &twice,
                &[][..],
                "rows.parquet: column `content` stands twice",
            ),
            (
                TABLE,
                &rest,
                &["--rest-to", "metadata"],
                "rows.parquet: column `tag` stands twice",
            ),
            (
                "app_notes",
                &other,
                &[],
                "rows.parquet: none of its columns fills one of `public.app_notes`",
            ),
            (
                "app_notes",
                &both,
                &["--map", "note=gone"],
                "rows.parquet: no column `gone`",
            ),
        ] {
            let arguments = [&["--from", file.path.to_str().unwrap(), "--yes"], more].concat();
            seed_into(database, table, &arguments)
                .code(1)
                .stderr(predicate::str::contains(message))
                .stderr(predicate::str::contains("\nerror: ").count(1));
        }
        // Without `--rest-to`, what stands there twice is left out twice.
        seed(database, &["--from", rest.path.to_str().unwrap(), "--yes"]).success();
        assert_eq!(count(&mut connection).await, 1);
    })
    .await;
}

#[tokio::test]
async fn lists_of_texts_fill_arrays() {
    let mut tags = ListBuilder::new(StringBuilder::new());
    tags.values().append_value("a \"b\"");
    tags.values().append_null();
    tags.append(true);
    tags.append(true);
    tags.append(false);
    let file = parquet(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("content", texts(&["a", "b", "c"])),
        ("embedding", texts(&["[1,2]", "[3,4]", "[5,6]"])),
        ("tags", Arc::new(tags.finish())),
    ]);
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", ", tags text[]").await;
        seed(database, &["--from", file.path.to_str().unwrap(), "--yes"]).success();
        let right = format!(
            "select count(*) from {TABLE} where tags is not distinct from
             case id when 1 then array['a \"b\"', null] when 2 then '{{}}'::text[] end"
        );
        assert_eq!(number(&mut connection, &right).await, 3);
    })
    .await;
}

/// 384 dimensions a row, none of which is like another, all in one row group, and a text that nobody wants.
fn large(rows: i64) -> File {
    let mut vectors = FixedSizeListBuilder::new(Float32Builder::new(), 384);
    let mut bits = 1_f32.to_bits();
    for _ in 0..rows {
        for _ in 0..384 {
            vectors.values().append_value(f32::from_bits(bits));
            bits += 1;
        }
        vectors.append(true);
    }
    let unwanted: StringArray = (0..rows).map(|row| Some(format!("{row:>200}"))).collect();
    let contents: StringArray = (0..rows).map(|_| Some("c")).collect();
    parquet(vec![
        ("embedding", Arc::new(vectors.finish())),
        ("unwanted", Arc::new(unwanted)),
        ("content", Arc::new(contents)),
    ])
}

#[tokio::test]
async fn memory_does_not_grow_with_the_row_group() {
    const ROWS: i64 = 44_000;
    const MOST_KIB: u64 = 56 * 1024;
    let rows = large(ROWS);
    let size = fs_err::metadata(&rows.path).unwrap().len();
    assert!(
        size > MOST_KIB * 1024 * 5 / 4,
        "the source must be larger than what is allowed: {size}"
    );
    let database = database(majors()[0]).await;
    let mut connection = database.connection().await;
    table(&mut connection, "vector(384)", "").await;
    // The load waits for the test once all its rows are there.
    let waiting = format!(
        "create function hold() returns trigger language plpgsql as $$ begin
           if (select count(*) from {TABLE}) = {ROWS} then perform pg_catalog.pg_advisory_xact_lock(7); end if;
           return null;
         end $$;
         create trigger hold after insert on {TABLE} execute function hold();
         select pg_catalog.pg_advisory_lock(7);"
    );
    sql::run(&mut connection, waiting).await.unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_vecops"))
        .args(["seed", TABLE, "--yes", "--quiet", "--from"])
        .arg(&rows.path)
        .env_clear()
        .env("HOME", "/nowhere")
        .env("VECOPS_DB_URL", database.url())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("all rows are sent", async || {
        let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())";
        number(&mut connection, waiting).await == 1
    })
    .await;
    let peak = peak_memory(program.id()).unwrap();
    println!(
        "peak memory {} MiB for a source of {} MiB",
        peak / 1024,
        size >> 20
    );
    sql::run(&mut connection, "select pg_catalog.pg_advisory_unlock(7)")
        .await
        .unwrap();
    assert!(program.wait().unwrap().success());
    assert!(peak < MOST_KIB, "{peak} KiB");
    assert_eq!(count(&mut connection).await, ROWS);
    database.remove().await;
}
