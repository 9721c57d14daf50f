//! `vecops export`: what is in the table is in the file, or there is no file.

mod any_table;
mod round_trip;

use std::path::Path;

use serde_json::Value;
use sqlx::{PgConnection, Row as _};
use vecops::sql;

use crate::support::{Sandbox, TestDatabase, on_each_server};

const COLUMNS: &str = "id text primary key, n bigint, ok boolean, ratio real, exact double precision,
    tag uuid, at timestamptz, data jsonb, raw json, body text";

/// Two tables of the same columns in a schema that must be quoted; the first one holds what is hard to write.
async fn tables(connection: &mut PgConnection, element: &str) {
    let statements = format!(
        "create extension if not exists vector with schema extensions;
         drop schema if exists \"My App\" cascade;
         create schema \"My App\";
         create table \"My App\".\"From\" ({COLUMNS}, embedding extensions.{element}(3));
         create table \"My App\".\"To\" ({COLUMNS}, embedding extensions.{element}(3));
         insert into \"My App\".\"From\" values
           ('b', 9223372036854775807, true, 0.1, 0.1, '6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d',
            '2026-01-31 12:00:00.000001+02', '{{\"ü\": [1.50, null]}}', E'{{\\n \"a\":  1 }}', E'Grüße, 世界 \\n\"x\"\\t\\\\',
            '[1e-7,-65504,0.333333343]'),
           ('a \"quoted\", key', -1, false, 3.4e38, 1e-300, null, '0001-02-03 04:05:06+00', '[]', '\"\\u2028\"', '',
            '[0.1,0.2,0.3]'),
           ('ß', null, null, null, null, null, null, null, null, null, null);"
    );
    sql::run(connection, statements).await.unwrap();
}

fn vecops(database: &TestDatabase, sandbox: &Sandbox, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = sandbox.vecops(arguments);
    command.env("VECOPS_DB_URL", database.url()).assert()
}

fn stdout(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn stderr(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

/// The rows that one table has and the other has not, bit by bit.
async fn difference(connection: &mut PgConnection) -> i64 {
    let side = |table: &str| {
        format!(
            "select id, n, ok, float4send(ratio), float8send(exact), tag, at, data, raw::jsonb, body, embedding::text
             from \"My App\".\"{table}\""
        )
    };
    let (from, to) = (side("From"), side("To"));
    let query = format!(
        "select count(*) from (({from} except all {to}) union all ({to} except all {from})) as different"
    );
    sql::dynamic(query).fetch_one(connection).await.unwrap().get(0)
}

#[tokio::test]
async fn exported_and_seeded_rows_are_equal() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        for element in ["vector", "halfvec"] {
            tables(&mut connection, element).await;
            let sandbox = Sandbox::new();
            let file = format!("{element}.jsonl.zst");
            let report = vecops(
                database,
                &sandbox,
                &["export", "\"My App\".\"From\"", "--to", &file, "--json"],
            )
            .success();
            let report: Value = serde_json::from_str(&stdout(&report)).unwrap();
            assert_eq!(report["data"]["rows"], 3);
            assert_eq!(report["data"]["format"], "jsonl");
            let seed = ["seed", "\"My App\".\"To\"", "--from", &file, "--yes"];
            vecops(database, &sandbox, &seed).success();
            assert_eq!(difference(&mut connection).await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn the_server_reads_back_its_own_formats() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        tables(&mut connection, "vector").await;
        let sandbox = Sandbox::new();
        for (file, options) in [
            ("rows.csv", "format csv, header"),
            ("rows.pgcopy", "format binary"),
        ] {
            vecops(
                database,
                &sandbox,
                &["export", "\"My App\".\"From\"", "--to", file],
            )
            .success();
            sql::run(&mut connection, "truncate \"My App\".\"To\"")
                .await
                .unwrap();
            let mut copy = connection
                .copy_in_raw(&format!("copy \"My App\".\"To\" from stdin ({options})"))
                .await
                .unwrap();
            copy.send(fs_err::read(sandbox.path().join(file)).unwrap())
                .await
                .unwrap();
            assert_eq!(copy.finish().await.unwrap(), 3, "{file}");
            assert_eq!(difference(&mut connection).await, 0, "{file}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_array_holds_the_vectors_and_the_rest_stands_beside_it() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        for (element, name, width) in [("vector", "<f4", 4), ("halfvec", "<f2", 2)] {
            tables(&mut connection, element).await;
            let sandbox = Sandbox::new();
            let export = ["export", "\"My App\".\"From\"", "--to", "rows.npy"];
            let refused = vecops(database, &sandbox, &export).code(1);
            assert!(
                stderr(&refused).contains("embedding is not null"),
                "{}",
                stderr(&refused)
            );
            assert_eq!(files(sandbox.path()), Vec::<String>::new());

            let condition = ["--where", "embedding is not null"];
            vecops(database, &sandbox, &[&export[..], &condition[..]].concat()).success();
            let bytes = fs_err::read(sandbox.path().join("rows.npy")).unwrap();
            let head = String::from_utf8_lossy(&bytes[10..128]).into_owned();
            assert!(head.contains(&format!("'descr': '{name}'")), "{head}");
            assert!(head.contains("'shape': (2, 3)"), "{head}");
            assert_eq!(bytes.len(), 128 + 2 * 3 * width);
            let side = fs_err::read_to_string(sandbox.path().join("rows.jsonl")).unwrap();
            let rows: Vec<Value> = side
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            assert_eq!(rows.len(), 2);
            assert!(
                rows.iter()
                    .all(|row| row.get("embedding").is_none() && row.get("id").is_some())
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_chosen_is_what_comes_out() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let statements = "create extension vector with schema extensions;
            create table public.items (
              id integer primary key, kind numeric, embedding extensions.vector(2),
              twice integer generated always as (id * 2) stored);
            insert into public.items select n, (n / 4.0)::numeric(9, 2), format('[%s,1]', n)::extensions.vector
              from generate_series(30000, 1, -1) n;
            analyze public.items;";
        sql::run(&mut connection, statements).await.unwrap();
        let sandbox = Sandbox::new();
        let export = |arguments: &[&str]| {
            let arguments = [&["export", "public.items"], arguments].concat();
            stdout(&vecops(database, &sandbox, &arguments).success())
        };

        assert_eq!(
            export(&["--limit", "2"]),
            "{\"id\": 1, \"kind\": \"0.25\", \"embedding\": [1.0,1.0]}\n\
             {\"id\": 2, \"kind\": \"0.50\", \"embedding\": [2.0,1.0]}\n"
        );
        assert_eq!(
            export(&[
                "--columns",
                "twice,ID",
                "--format",
                "csv",
                "--where",
                "id > 29999 -- the last"
            ]),
            "twice,id\n60000,30000\n"
        );
        assert_eq!(
            export(&["--columns", "id", "--where", "embedding <-> '[7,1]' < 0.5"]),
            "{\"id\": 7}\n"
        );
        assert_eq!(
            export(&["--where", "false", "--format", "csv"]),
            "id,kind,embedding\n"
        );
        let all = export(&["--columns", "id"]);
        let ids: Vec<String> = (1..=30_000).map(|id| format!("{{\"id\": {id}}}")).collect();
        assert!(
            all.lines().eq(ids.iter().map(String::as_str)),
            "30000 rows in the order of the key"
        );
    })
    .await;
}

#[tokio::test]
async fn a_condition_cannot_leave_its_place() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        tables(&mut connection, "vector").await;
        let sandbox = Sandbox::new();
        for condition in [
            "true)) to stdout; drop table \"My App\".\"To\"; --",
            "true); drop table \"My App\".\"To\"; select (1",
            "true; select 1",
            "colour = 'red'",
            "true /*",
            "",
        ] {
            let arguments = [
                "export",
                "\"My App\".\"From\"",
                "--to",
                "rows.jsonl",
                "--where",
                condition,
            ];
            let refused = vecops(database, &sandbox, &arguments).code(2);
            assert!(stderr(&refused).contains("--where"), "{}", stderr(&refused));
        }
        let write = "(select nextval('\"My App\".counter')) > 0";
        sql::run(&mut connection, "create sequence \"My App\".counter")
            .await
            .unwrap();
        let arguments = ["export", "\"My App\".\"From\"", "--where", write];
        let refused = vecops(database, &sandbox, &arguments).failure();
        assert!(stderr(&refused).contains("read-only"), "{}", stderr(&refused));
        assert_eq!(files(sandbox.path()), Vec::<String>::new());
        let there = "select to_regclass('\"My App\".\"To\"') is not null";
        let there: bool = sql::fixed(there).fetch_one(&mut connection).await.unwrap().get(0);
        assert!(there);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_there_stays_unless_it_may_go() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        tables(&mut connection, "vector").await;
        let sandbox = Sandbox::new();
        let path = sandbox.path().join("rows.jsonl");
        fs_err::write(&path, "mine").unwrap();
        let export = ["export", "\"My App\".\"From\"", "--to", "rows.jsonl"];
        let refused = vecops(database, &sandbox, &export).code(2);
        assert!(stderr(&refused).contains("--overwrite"), "{}", stderr(&refused));
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "mine");

        // A row that cannot be written leaves the old file, too.
        let bad = "insert into \"My App\".\"From\" (id, at) values ('z', '294000-01-01')";
        sql::run(&mut connection, bad).await.unwrap();
        let overwrite = [&export[..], &["--overwrite"]].concat();
        let failed = vecops(database, &sandbox, &overwrite).code(1);
        assert!(stderr(&failed).contains("column at"), "{}", stderr(&failed));
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "mine");
        assert_eq!(files(sandbox.path()), ["rows.jsonl"]);

        let good = [&overwrite[..], &["--limit", "1"]].concat();
        vecops(database, &sandbox, &good).success();
        assert_eq!(fs_err::read_to_string(&path).unwrap().lines().count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_goes_away_is_a_failure() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let statements = "create extension vector with schema extensions;
            create table public.items (id integer primary key, embedding extensions.vector(64));
            insert into public.items
              select n, array_fill(n::real, array[64])::extensions.vector from generate_series(1, 20000) n;";
        sql::run(&mut connection, statements).await.unwrap();
        let sandbox = Sandbox::new();
        let script = "\"$0\" export public.items 2>errors | head -n 1 >first; exit \"${PIPESTATUS[0]}\"";
        let program = env!("CARGO_BIN_EXE_vecops");
        let assert = assert_cmd::Command::new("bash")
            .args(["-c", script, program])
            .current_dir(sandbox.path())
            .env("HOME", sandbox.path())
            .env("VECOPS_DB_URL", database.url())
            .assert()
            .code(1);
        drop(assert);
        let errors = fs_err::read_to_string(sandbox.path().join("errors")).unwrap();
        assert!(errors.contains("stdout was closed"), "{errors}");
    })
    .await;
}

#[tokio::test]
async fn hidden_rows_are_not_passed_over_in_silence() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        tables(&mut connection, "vector").await;
        let reader = format!("reader_of_{}", database.name);
        let policy = format!(
            "alter table \"My App\".\"From\" enable row level security;
             create policy visible on \"My App\".\"From\" using (id = 'b');
             create role {reader} login password 'reader';
             grant usage on schema \"My App\", extensions to {reader};
             grant select on \"My App\".\"From\" to {reader};"
        );
        let mut administrator = database.administrator().await;
        sql::run(&mut administrator, policy).await.unwrap();
        let mut url = url::Url::parse(&database.url()).unwrap();
        url.set_username(&reader).unwrap();
        url.set_password(Some("reader")).unwrap();
        let sandbox = Sandbox::new();
        let mut command = sandbox.vecops(&["export", "\"My App\".\"From\""]);
        let export = command.env("VECOPS_DB_URL", url.as_str()).assert().success();
        assert_eq!(stdout(&export).lines().count(), 1);
        assert!(
            stderr(&export).contains("row-level security applies"),
            "{}",
            stderr(&export)
        );
    })
    .await;
}

/// The files that a test left in its folder, the program's own folders aside.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
