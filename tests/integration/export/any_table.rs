//! Tables that are no collection's: with a key of several columns, without a key, without any vector, without the
//! extension; and an export that is killed.

use sqlx::Row as _;
use vecops::sql;

use super::{files, stderr, stdout, vecops};
use crate::support::{Sandbox, on_each_server, peak_memory, wait_until};

#[tokio::test]
async fn a_table_without_vectors_or_keys_is_exported_and_loaded() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let statements = "create schema app;
            create table app.parts (a integer, b text, note text, primary key (b, a));
            insert into app.parts values (2, 'x', null), (1, 'y', 'n'), (1, 'x', ''), (10, 'x', 'last');
            create table app.loose (note text, n numeric);
            insert into app.loose values ('one', 1.50), (null, null), ('one', 1.50);
            create table app.parts_twin (like app.parts including all);
            create table app.loose_twin (like app.loose including all);";
        sql::run(&mut connection, statements).await.unwrap();
        let sandbox = Sandbox::new();
        let shown = stdout(&vecops(database, &sandbox, &["export", "app.parts"]).success());
        assert_eq!(
            shown,
            "{\"a\": 1, \"b\": \"x\", \"note\": \"\"}\n{\"a\": 2, \"b\": \"x\", \"note\": null}\n\
             {\"a\": 10, \"b\": \"x\", \"note\": \"last\"}\n{\"a\": 1, \"b\": \"y\", \"note\": \"n\"}\n"
        );
        for (table, rows) in [("parts", 4), ("loose", 3)] {
            for format in ["jsonl", "csv", "parquet", "pgcopy"] {
                let (from, to, file) = (format!("app.{table}"), format!("app.{table}_twin"), format!("{table}.{format}"));
                vecops(database, &sandbox, &["export", &from, "--to", &file]).success();
                vecops(database, &sandbox, &["seed", &to, "--from", &file, "--yes"]).success();
                let same = format!("select count(*) from (select * from {from} intersect all select * from {to}) as s");
                let same: i64 = sql::dynamic(same).fetch_one(&mut connection).await.unwrap().get(0);
                assert_eq!(same, rows, "{file}");
                sql::run(&mut connection, format!("truncate {to}")).await.unwrap();
            }
        }
        let refused = vecops(database, &sandbox, &["export", "app.parts", "--to", "rows.npy"]).code(2);
        assert!(stderr(&refused).contains("an array holds one vector column"), "{}", stderr(&refused));

        // Several vectors need no choice, either, and a key of several columns no other.
        let more = "create extension vector with schema extensions;
            create table app.pairs (a integer, b integer, one extensions.vector(2), other extensions.halfvec(2), primary key (a, b));
            insert into app.pairs values (1, 2, '[1,2]', '[3,4]'), (1, 1, '[0,0]', null);
            create table app.pairs_twin (like app.pairs including all);";
        sql::run(&mut connection, more).await.unwrap();
        vecops(database, &sandbox, &["export", "app.pairs", "--to", "pairs.parquet"]).success();
        vecops(database, &sandbox, &["seed", "app.pairs_twin", "--from", "pairs.parquet", "--yes"]).success();
        let same = "select count(*) from app.pairs p join app.pairs_twin t using (a, b)
            where p.one = t.one and p.other is not distinct from t.other";
        let same: i64 = sql::fixed(same).fetch_one(&mut connection).await.unwrap().get(0);
        assert_eq!(same, 2);
    })
    .await;
}

#[tokio::test]
async fn a_killed_export_leaves_no_file_at_its_path_and_the_old_one_as_it_was() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let statements = "create schema app;
            create function app.slowly(n integer) returns boolean language sql volatile
              as 'select pg_sleep(case when n % 1000 = 0 then 0.5 else 0 end) is not null';
            create table app.items (id integer primary key, body text);
            insert into app.items select n, repeat(n::text, 100) from generate_series(1, 100000) n;";
        sql::run(&mut connection, statements).await.unwrap();
        for (signal, code) in [("INT", Some(130)), ("TERM", Some(143)), ("KILL", None)] {
            for file in ["rows.jsonl", "rows.parquet"] {
                let sandbox = Sandbox::new();
                let path = sandbox.path().join(file);
                fs_err::write(&path, "mine").unwrap();
                let url = database.url();
                let arguments = [
                    "--db-url",
                    &url,
                    "export",
                    "app.items",
                    "--to",
                    file,
                    "--overwrite",
                    "--where",
                    "app.slowly(id)",
                ];
                let mut child = sandbox.spawn(&arguments);
                // It is at work as soon as its file is there, under another name.
                wait_until("the export writes", async || files(sandbox.path()).len() == 2).await;
                let kill = ["-s", signal, &child.id().to_string()].map(str::to_owned);
                assert!(
                    std::process::Command::new("kill")
                        .args(&kill)
                        .status()
                        .unwrap()
                        .success()
                );
                let status = child.wait().unwrap();
                assert_eq!(status.code(), code, "{signal}");
                assert_eq!(fs_err::read_to_string(&path).unwrap(), "mine", "{signal}");
                if signal != "KILL" {
                    assert_eq!(files(sandbox.path()), [file]);
                }
            }
        }
    })
    .await;
}

/// The most memory that the program ever had, in KiB, once it has ended well.
async fn peak_of_whole_run(mut child: std::process::Child) -> u64 {
    let mut peak = 0;
    wait_until("the export ends", async || {
        peak = peak_memory(child.id()).unwrap_or(peak);
        child.try_wait().unwrap().is_some_and(|ended| {
            assert!(ended.success());
            true
        })
    })
    .await;
    peak
}

#[tokio::test]
async fn the_memory_stays_the_same_however_large_the_table_is() {
    const MOST: u64 = 64 * 1024;
    let database = crate::support::database(crate::support::majors()[0]).await;
    let mut connection = database.connection().await;
    let statements = "create extension vector with schema extensions;
        create schema app;
        create table app.items (id integer primary key, embedding extensions.vector(768));
        insert into app.items select n, array_fill(n::real, array[768])::extensions.vector from generate_series(1, 50000) n;";
    sql::run(&mut connection, statements).await.unwrap();
    let stored: i64 = sql::fixed("select pg_total_relation_size('app.items') / 1024")
        .fetch_one(&mut connection)
        .await
        .unwrap()
        .get(0);
    assert!(
        u64::try_from(stored).unwrap() > MOST * 2,
        "{stored} KiB are too few to tell"
    );
    let sandbox = Sandbox::new();
    let url = database.url();
    for file in ["rows.jsonl", "rows.parquet", "rows.pgcopy"] {
        let child = sandbox.spawn(&["--db-url", &url, "export", "app.items", "--to", file]);
        let peak = peak_of_whole_run(child).await;
        assert!(peak > 0 && peak < MOST, "{file}: {peak} KiB");
    }
    database.remove().await;
}
