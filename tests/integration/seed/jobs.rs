//! A load over several connections ends as one over a single connection does.

use std::fmt::Write as _;

use predicates::prelude::predicate;
use vecops::sql;

use super::faults::{Fault, Load, ROWS, Random, content, forget, source};
use super::fixture::{TABLE, count, file, number, seed, table};
use crate::support::on_each_server;

const FLAGS: &[&str] = &["--yes", "--resumable", "--batch-size", "256KiB"];

/// Rows with these ids, of which about four hundred make a batch, and with the columns in addition.
fn with_ids(ids: impl IntoIterator<Item = u64>, more: impl Fn(u64) -> String) -> String {
    let content = "x".repeat(600);
    ids.into_iter().fold(String::new(), |mut text, id| {
        let more = more(id);
        writeln!(
            text,
            "{{\"id\": {id}, \"content\": \"{content}\", \"embedding\": [1, {id}]{more}}}"
        )
        .unwrap();
        text
    })
}

#[tokio::test]
async fn broken_at_any_point_it_resumes_to_equality() {
    on_each_server(async |database| {
        let mut random = Random::new();
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = file("rows.jsonl", source(u64::MAX).as_bytes());
        let load = |jobs: &'static str| -> [&'static str; 5] {
            ["--resumable", "--batch-size", "256KiB", "--jobs", jobs]
        };
        let path = source.path.as_path();
        let flags = load("1");
        assert!(Load { path, flags: &flags }.run(&database.url()).await.success());
        let whole = content(&mut connection).await;
        assert_eq!(whole.0, i64::try_from(ROWS).unwrap());
        for round in 0..15 {
            forget(&mut connection).await;
            let faults = [
                Fault::Kill,
                Fault::Cut,
                Fault::Terminate,
                Fault::Reset,
                Fault::Stall,
            ];
            let (fault, at) = (faults[round % 5], random.below(2_400_000) + 20_000);
            let flags = load("3");
            let status = Load { path, flags: &flags }.break_at(database, fault, at).await;
            let what = format!(
                "{fault:?} after {at} bytes: {status}, {} rows",
                count(&mut connection).await
            );
            println!("{what}");
            assert!(!status.success(), "{what}");
            // With the same number of connections, or with another one.
            let flags = load(["3", "1", "16"][round / 5]);
            assert!(
                Load { path, flags: &flags }.run(&database.url()).await.success(),
                "{what}"
            );
            assert_eq!(content(&mut connection).await, whole, "{what}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_stands_twice_is_found_where_one_connection_finds_it() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        // The second of each pair of rows is the first of a batch, or nearly: two batches want it at the same time.
        for (first, second) in [(1, 400), (399, 420), (790, 850), (2, 2_000)] {
            let ids = (1..=2_000).map(|id| if id == second { first } else { id });
            let source = file("rows.jsonl", with_ids(ids, |_| String::new()).as_bytes());
            let path = source.path.to_str().unwrap();
            let mut ends = Vec::new();
            for jobs in ["1", "4"] {
                table(&mut connection, "vector(2)", "").await;
                let flags = [FLAGS, &["--from", path, "--restart", "--jobs", jobs]].concat();
                let output = seed(database, &flags).get_output().clone();
                let stderr = String::from_utf8(output.stderr).unwrap();
                let error = stderr
                    .lines()
                    .find(|line| line.starts_with("error:"))
                    .unwrap()
                    .to_owned();
                assert!(error.contains(&format!("rows.jsonl:{second}: ")), "{stderr}");
                let greatest = number(
                    &mut connection,
                    &format!("select coalesce(max(id), 0) from {TABLE}"),
                )
                .await;
                ends.push((
                    output.status.code(),
                    error,
                    count(&mut connection).await == greatest,
                ));
            }
            assert_eq!(ends[0], ends[1]);
            assert!(ends[0].2, "there are no gaps in front of it");
        }
    })
    .await;
}

#[tokio::test]
async fn rows_may_refer_to_rows_of_batches_before() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let parent = format!(", parent_id bigint references {TABLE}");
        table(&mut connection, "vector(2)", &parent).await;
        let refer = |id: u64| format!(", \"parent_id\": {}", if id < 300 { id } else { id - 299 });
        let source = file("rows.jsonl", with_ids(1..=3_000, refer).as_bytes());
        let path = source.path.to_str().unwrap();
        let output = seed(
            database,
            &[FLAGS, &["--from", path, "--jobs", "4", "--format", "jsonl"]].concat(),
        );
        output
            .success()
            .stdout(predicate::str::contains("loaded 3,000 rows"));
        assert_eq!(count(&mut connection).await, 3_000);
        // The sequence goes on behind them.
        let next = format!("insert into {TABLE} (content, embedding) values ('c', '[1,2]') returning id");
        sql::run(&mut connection, "set search_path = extensions, public")
            .await
            .unwrap();
        assert_eq!(number(&mut connection, &next).await, 3_001);
    })
    .await;
}

#[tokio::test]
async fn what_needs_one_connection_is_refused_and_a_full_server_is_named() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = file("rows.jsonl", with_ids(1..=10, |_| String::new()).as_bytes());
        let from = ["--from", source.path.to_str().unwrap(), "--yes"];
        let run = |more: &[&str]| seed(database, &[&from, more].concat());
        run(&["--jobs", "2"]).code(2).stderr(predicate::str::contains("--resumable"));
        run(&["--jobs", "17", "--resumable"]).code(2);
        run(&["--jobs", "0", "--resumable"]).code(2);
        run(&["--jobs", "2", "--resumable", "--on-conflict", "skip"]).code(2);
        run(&["--jobs", "2", "--resumable", "--on-error", "skip"]).code(2);
        let limit = "do $$ begin execute pg_catalog.format('alter database %I connection limit 3', current_database()); end $$";
        sql::run(&mut connection, limit).await.unwrap();
        run(&["--jobs", "4", "--resumable"])
            .failure()
            .stderr(predicate::str::contains("open connection 3 of `--jobs 4`"));
        assert_eq!(count(&mut connection).await, 0);
        run(&["--jobs", "2", "--resumable"]).success();
        assert_eq!(count(&mut connection).await, 10);
    })
    .await;
}
