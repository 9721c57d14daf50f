//! Out of a table and into its twin, through each format: the rows are equal, bit by bit.

use sqlx::{PgConnection, Row as _};
use vecops::sql;

use super::{stderr, vecops};
use crate::support::every_type::{columns, random_rows, tables};
use crate::support::{Sandbox, on_each_server};

/// How many rows of two tables differ in what is stored, or stand in one of them only.
async fn differences(connection: &mut PgConnection, one: &str, other: &str) -> Vec<String> {
    let query = format!(
        "select coalesce(a.id, b.id)::text as id, key
         from app.{one} a full join app.{other} b using (id)
         cross join lateral (
             select coalesce(x.key, y.key) as key
             from jsonb_each_text(to_jsonb(a)) x full join jsonb_each_text(to_jsonb(b)) y using (key)
             where x.value is distinct from y.value
             union all
             select 'stored' where a::record operator(pg_catalog.*<>) b::record
         ) d
         limit 5"
    );
    let found = sql::dynamic(query).fetch_all(connection).await.unwrap();
    let shown =
        |row: &sqlx::postgres::PgRow| format!("{} {}", row.get::<String, _>(0), row.get::<String, _>(1));
    found.iter().map(shown).collect()
}

/// What stands in a table of every type that is in none of the other rows: bounds, depth, names that need care.
async fn hard_rows(connection: &mut PgConnection) {
    let place = |name: &str| columns().iter().position(|(column, _)| *column == name).unwrap();
    let (texts, integers, doubles) = (place("text[]"), place("integer[]"), place("double precision[]"));
    let (times, numbers) = (place("timestamptz[]"), place("numeric[]"));
    let statement = format!(
        "insert into app.source (id, c{texts}, c{integers}, c{doubles}, c{times}, c{numbers}, embedding) values
           (1000, '{{{{a,\"b,\"}},{{NULL,\"\"}}}}', '[0:1]={{7,NULL}}', '[2:2][-1:0]={{{{NaN,-0}}}}', '{{{{infinity}}}}',
            '{{NaN,Infinity,1e-20}}', '[1,2]'),
           (1001, '[0:0]={{\"a\\\\ \\\"b\"}}', '{{}}', '{{1e-310,-Infinity}}', '[5:5]={{2026-01-31 12:00:00.5+00}}', '{{}}', '[1,2]')"
    );
    sql::run(connection, statement).await.unwrap();
}

#[tokio::test]
async fn every_format_brings_back_equal_rows_of_every_type() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let formats = ["jsonl", "csv", "npy", "pgcopy", "parquet"];
        tables(&mut connection, &[&["source"], &formats[..]].concat()).await;
        random_rows(&mut connection, 120).await;
        let names: Vec<String> = (0..columns().len()).map(|at| format!("c{at}")).collect();
        let casts: Vec<String> = names
            .iter()
            .zip(columns())
            .map(|(name, (of, _))| format!("{name}::{of}"))
            .collect();
        let fill = format!(
            "insert into app.source select id, {}, format('[%s,1]', id)::extensions.vector from app.texts",
            casts.join(", ")
        );
        sql::run(&mut connection, fill).await.unwrap();
        let sandbox = Sandbox::new();
        for format in formats {
            let file = format!("rows.{format}");
            let twin = format!("app.{format}.embedding");
            let from = ["export", "app.source.embedding", "--to", file.as_str()];
            // Parquet has neither infinity in time nor arrays of several dimensions.
            let date = columns()
                .iter()
                .position(|(column, _)| *column == "date")
                .unwrap();
            let finite = format!("id < 1000 and c{date} is distinct from 'infinity'");
            let condition = ["--where", finite.as_str()];
            let limited = format == "parquet";
            let arguments = if limited {
                [&from[..], &condition].concat()
            } else {
                from.to_vec()
            };
            if !limited {
                sql::run(&mut connection, "delete from app.source where id >= 1000")
                    .await
                    .unwrap();
                hard_rows(&mut connection).await;
            }
            vecops(database, &sandbox, &arguments).success();
            let seed = ["seed", twin.as_str(), "--from", file.as_str(), "--yes"];
            let side = ["--side", "rows.jsonl"];
            let arguments = if format == "npy" {
                [&seed[..], &side].concat()
            } else {
                seed.to_vec()
            };
            vecops(database, &sandbox, &arguments).success();
            if limited {
                let gone = format!("delete from app.source where not ({finite})");
                sql::run(&mut connection, gone).await.unwrap();
            }
            assert_eq!(
                differences(&mut connection, "source", format).await,
                Vec::<String>::new(),
                "{format}"
            );
            fs_err::remove_file(sandbox.path().join("rows.jsonl")).ok();
        }
    })
    .await;
}

#[tokio::test]
async fn what_parquet_cannot_hold_is_said_with_its_row_and_column() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let statements = "create extension vector with schema extensions;
            create schema app;
            create table app.items (id integer primary key, seen date, tags text[], embedding extensions.vector);
            insert into app.items values (1, 'infinity', null, '[1,2]'), (2, null, '{{a},{b}}', '[1,2,3]');";
        sql::run(&mut connection, statements).await.unwrap();
        let sandbox = Sandbox::new();
        for (condition, why) in [("id = 1", "a date or time is infinite"), ("id = 2", "an array of several dimensions")] {
            let export = ["export", "app.items", "--to", "rows.parquet", "--where", condition];
            let failed = vecops(database, &sandbox, &export).code(1);
            assert!(stderr(&failed).contains(why), "{}", stderr(&failed));
            assert!(stderr(&failed).contains("row 1 in the order of the key"), "{}", stderr(&failed));
            assert!(!sandbox.path().join("rows.parquet").exists());
        }
        // Vectors of different lengths are lists of different lengths.
        let export = ["export", "app.items", "--to", "rows.parquet", "--columns", "id,embedding"];
        vecops(database, &sandbox, &export).success();
        sql::run(&mut connection, "create table app.twin (like app.items including all)").await.unwrap();
        vecops(database, &sandbox, &["seed", "app.twin", "--from", "rows.parquet", "--yes"]).success();
        let same = "select count(*) from app.items join app.twin using (id, embedding)";
        let same: i64 = sql::fixed(same).fetch_one(&mut connection).await.unwrap().get(0);
        assert_eq!(same, 2);
    })
    .await;
}
