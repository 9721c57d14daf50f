//! Every type of column: what vecops loads is what the server itself reads from the same texts.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use sqlx::{PgConnection, Row as _};
use vecops::sql;

use super::fixture::{file, number, rows, seed_into};
use crate::support::every_type::{columns, random_rows, tables};
use crate::support::on_each_server;

/// The rows of `app.texts` as Parquet whose columns are texts, all but the key.
async fn as_parquet(connection: &mut PgConnection) -> Vec<u8> {
    let mut ids = Vec::new();
    let mut texts: Vec<Vec<Option<String>>> = vec![Vec::new(); columns().len() + 1];
    for row in rows(connection, "select * from app.texts order by id").await {
        let id: i64 = row.get(0);
        ids.push(id);
        for (at, texts) in texts.iter_mut().enumerate() {
            let text = if at == columns().len() {
                Some(format!("[{id},1]"))
            } else {
                row.get(at + 1)
            };
            texts.push(text);
        }
    }
    let names = (0..columns().len()).map(|at| format!("c{at}"));
    let named = names.chain(["embedding".to_owned()]).zip(texts);
    let named = named.map(|(name, texts)| (name, Arc::new(StringArray::from(texts)) as ArrayRef));
    let ids = ("id".to_owned(), Arc::new(Int64Array::from(ids)) as ArrayRef);
    let batch = RecordBatch::try_from_iter(std::iter::once(ids).chain(named)).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The rows of `app.texts` as CSV.
async fn as_csv(connection: &mut PgConnection) -> String {
    let names: Vec<String> = (0..columns().len()).map(|at| format!("c{at}")).collect();
    let mut records = vec![format!("id,{},embedding\n", names.join(","))];
    for row in rows(connection, "select * from app.texts order by id").await {
        let id: i64 = row.get(0);
        let mut record = vec![id.to_string()];
        for at in 0..names.len() {
            let text: Option<String> = row.get(at + 1);
            record.push(text.map_or(String::new(), |text| format!("\"{}\"", text.replace('"', "\"\""))));
        }
        records.push(format!("{},\"[{id},1]\"\n", record.join(",")));
    }
    records.concat()
}

#[tokio::test]
async fn every_type_is_loaded_as_the_server_reads_it() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        tables(&mut connection, &["from_lines", "from_csv", "from_parquet"]).await;
        let lines = random_rows(&mut connection, 200).await;
        let jsonl = file("rows.jsonl", lines.as_bytes());
        seed_into(
            database,
            "app.from_lines.embedding",
            &["--from", jsonl.path.to_str().unwrap(), "--yes"],
        )
        .success();
        let csv = file("rows.csv", as_csv(&mut connection).await.as_bytes());
        seed_into(
            database,
            "app.from_csv.embedding",
            &["--from", csv.path.to_str().unwrap(), "--yes"],
        )
        .success();
        let parquet = file("rows.parquet", &as_parquet(&mut connection).await);
        seed_into(
            database,
            "app.from_parquet.embedding",
            &["--from", parquet.path.to_str().unwrap(), "--yes"],
        )
        .success();
        for (at, (name, _)) in columns().iter().enumerate() {
            for twin in ["from_lines", "from_csv", "from_parquet"] {
                let differ = format!(
                    "select count(*) from app.{twin} t join app.texts s using (id)
                     where row(t.c{at})::record operator(pg_catalog.*<>) row(s.c{at}::{name})::record"
                );
                assert_eq!(number(&mut connection, &differ).await, 0, "{name} in {twin}");
            }
        }
        let both = "select count(*) from app.from_lines join app.from_csv using (id) join app.from_parquet using (id)";
        assert_eq!(number(&mut connection, both).await, 200);
    })
    .await;
}

#[tokio::test]
async fn what_only_the_server_can_read_is_refused_with_its_line() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let made = "create extension vector with schema extensions;
            create schema app;
            create table app.hosts (
              address inet primary key, during int4range not null check (not isempty(during)),
              embedding extensions.sparsevec(9));";
        sql::run(&mut connection, made).await.unwrap();
        let line = |address: &str, during: &str| {
            let embedding = r#"{"indices": [8, 0], "values": [2, 0.5]}"#;
            format!("{{\"address\": \"{address}\", \"during\": \"{during}\", \"embedding\": {embedding}}}\n")
        };
        let good = line("10.0.0.1/24", "[1,5)") + &line("10.0.0.2", "[2,3]");
        let bad = file("bad.jsonl", (good.clone() + &line("10.0.0.300", "[1,2)") + &line("::1", "5")).as_bytes());
        let path = bad.path.to_str().unwrap();
        let refused = seed_into(database, "app.hosts", &["--from", path, "--yes"]).code(1);
        let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(stderr.contains("bad.jsonl:3: `address`: invalid input syntax"), "{stderr}");
        assert_eq!(number(&mut connection, "select count(*) from app.hosts").await, 0);

        let skip = ["--from", path, "--yes", "--on-error", "skip"];
        seed_into(database, "app.hosts", &skip).code(3);
        let again = [&skip[..], &["--on-conflict", "update"]].concat();
        seed_into(database, "app.hosts", &again).code(3);
        let shown = "select string_agg(concat_ws(' ', address, during, embedding), '; ' order by address) from app.hosts";
        let shown: String = rows(&mut connection, shown).await[0].get(0);
        assert_eq!(shown, "10.0.0.1/24 [1,5) {1:0.5,9:2}/9; 10.0.0.2 [2,4) {1:0.5,9:2}/9");

        let twice = file("twice.jsonl", good.as_bytes());
        let refused = seed_into(database, "app.hosts", &["--from", twice.path.to_str().unwrap(), "--yes"]).code(1);
        let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(stderr.contains("duplicate key"), "{stderr}");
        // The check needs the column's type, so it is the table's to hold.
        let empty = file("empty.jsonl", line("10.0.0.9", "empty").as_bytes());
        let refused = seed_into(database, "app.hosts", &["--from", empty.path.to_str().unwrap(), "--yes"]).code(1);
        let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(stderr.contains("check constraint"), "{stderr}");
    })
    .await;
}
