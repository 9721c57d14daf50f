//! `--rest-to`: what no column takes is kept.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Int32Array, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use sqlx::Row as _;

use super::fixture::{TABLE, file, rows, seed, table};
use crate::support::on_each_server;

const REST: [&str; 5] = ["--map", "content=data.text", "--rest-to", "metadata", "--yes"];

/// A file with a struct, a part of which fills a column.
fn parquet() -> Vec<u8> {
    let field = |name: &str, kind: DataType| Arc::new(Field::new(name, kind, true));
    let data = StructArray::from(vec![
        (
            field("text", DataType::Utf8),
            Arc::new(StringArray::from(vec!["c"])) as ArrayRef,
        ),
        (field("n", DataType::Int32), Arc::new(Int32Array::from(vec![7]))),
    ]);
    let embedding = arrow_array::FixedSizeListArray::try_new(
        field("item", DataType::Float32),
        2,
        Arc::new(Float32Array::from(vec![1.0, 2.0])),
        None,
    );
    let batch = RecordBatch::try_from_iter(vec![
        ("id", Arc::new(Int64Array::from(vec![3])) as ArrayRef),
        ("embedding", Arc::new(embedding.unwrap())),
        ("data", Arc::new(data)),
        ("tag", Arc::new(StringArray::from(vec!["x"]))),
        ("none", Arc::new(StringArray::from(vec![None::<&str>]))),
    ])
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[tokio::test]
async fn the_rest_goes_into_the_column_that_is_named() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let lines = r#"{"id": 1, "data": {"text": "a", "n": 7}, "tag": "x", "none": null, "embedding": [1, 2]}
            {"id": 2, "metadata": {"tag": "own", "k": [1]}, "data": {"text": "b"}, "tag": "x", "embedding": [1, 2]}"#;
        let csv = "id,content,tag,none,metadata,embedding\n4,d,x,,\"{\"\"k\"\": 1}\",\"[1,2]\"\n";
        let lines = file("rows.jsonl", lines.as_bytes());
        let csv = file("rows.csv", csv.as_bytes());
        let parquet = file("rows.parquet", &parquet());
        let from = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        seed(database, &[&["--from", &from(&lines.path)], &REST[..]].concat()).success();
        seed(database, &[&["--from", &from(&parquet.path)], &REST[..]].concat()).success();
        seed(database, &[&["--from", &from(&csv.path)], &REST[2..]].concat()).success();
        let query = format!("select concat_ws(' ', id, content, metadata) from {TABLE} order by id");
        let found: Vec<String> = rows(&mut connection, &query).await.iter().map(|row| row.get(0)).collect();
        assert_eq!(
            found,
            [
                r#"1 a {"tag": "x", "data": {"n": 7}, "none": null}"#,
                r#"2 b {"k": [1], "tag": "own"}"#,
                r#"3 c {"tag": "x", "data": {"n": 7}}"#,
                r#"4 d {"k": 1, "tag": "x"}"#,
            ]
        );

        let array = file("bad.jsonl", br#"{"content": "e", "metadata": [], "embedding": [1, 2]}"#);
        let refused = seed(database, &["--from", &from(&array.path), "--rest-to", "metadata", "--yes"]).code(1);
        let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(stderr.contains("bad.jsonl:1: `metadata` is not an object"), "{stderr}");
        for (column, why) in [("content", "is text"), ("nothing", "is no column")] {
            let refused = seed(database, &["--from", &from(&lines.path), "--rest-to", column, "--yes"]).code(2);
            let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
            assert!(stderr.contains(why), "{stderr}");
        }
    })
    .await;
}
