//! What the server refuses without naming a row: foreign keys, other unique indexes; and ids that stand in two batches.

use predicates::prelude::predicate;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection, Row as _};
use vecops::error::Result;
use vecops::progress::Silent;
use vecops::seed::{self, LoadOptions, LoadReport, OnConflict, Tolerance};
use vecops::sql;

use super::fixture::{TABLE, count, destination, file, lines, number, rows, seed, table};
use crate::support::on_each_server;

const MORE: &str = ", parent bigint references \"My App\".\"Docs\", slug text unique";

fn line(id: u32, parent: u32, slug: &str) -> String {
    format!(
        "{{\"id\": {id}, \"content\": \"c\", \"embedding\": [1, 2], \"parent\": {parent}, \"slug\": \"{slug}\"}}\n"
    )
}

async fn load(connection: &mut PgConnection, text: &str, options: &LoadOptions) -> Result<LoadReport> {
    let destination = destination(connection, TABLE).await?;
    let mut transaction = connection.begin().await?;
    let source = lines(text);
    let report = seed::load_with(&mut transaction, &destination, &source, options, &Silent).await?;
    transaction.commit().await?;
    Ok(report)
}

/// Lines 1 to 400, each of which refers to the one before, a few to one behind; three to nobody, and one has
/// another's slug where a COPY would not name its row.
fn family(on_conflict: OnConflict) -> (String, Vec<u64>) {
    let mut bad = vec![7, 8, 250];
    if on_conflict != OnConflict::Error {
        bad.push(399);
    }
    let text = (1..=400)
        .map(|id| match id {
            7 | 8 | 250 => line(id, 9_999, &format!("s{id}")),
            399 if on_conflict != OnConflict::Error => line(id, 1, "s1"),
            // Who refers to a bad row is bad, too, so nobody does.
            1 | 9 | 100 | 251 | 400 => line(id, 1, &format!("s{id}")),
            99 | 300 => line(id, id + 1, &format!("s{id}")),
            301 => line(id, 299, "s301"),
            _ => line(id, id - 1, &format!("s{id}")),
        })
        .collect();
    (text, bad)
}

#[tokio::test]
async fn rows_that_no_error_names_are_found_and_left_out() {
    on_each_server(async |database| {
        for on_conflict in [OnConflict::Error, OnConflict::Skip, OnConflict::Update] {
            let mut connection = database.connection().await;
            table(&mut connection, "vector(2)", MORE).await;
            let (text, bad) = family(on_conflict);
            let options = |most| LoadOptions {
                on_conflict,
                tolerance: Some(Tolerance { file: None, most }),
                ..LoadOptions::default()
            };
            let report = load(&mut connection, &text, &options(10)).await.unwrap();
            let found: Vec<u64> = report.problems.iter().map(|problem| problem.line).collect();
            assert_eq!(found, bad, "{on_conflict:?}: {:?}", report.problems);
            assert!(
                report.problems[0].why.contains("(parent)=(9999)"),
                "{:?}",
                report.problems
            );
            let good = 400 - i64::try_from(bad.len()).unwrap();
            assert_eq!(
                (report.rows, count(&mut connection).await),
                (good.unsigned_abs(), good)
            );

            let empty = format!("truncate {TABLE}");
            sql::run(&mut connection, empty).await.unwrap();
            let error = load(&mut connection, &text, &options(2)).await.unwrap_err();
            assert!(error.message().contains("`--max-rejects 2`"), "{error:?}");
            assert_eq!(count(&mut connection).await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn without_leaving_out_the_line_of_the_key_is_named() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", MORE).await;
        let good = line(1, 1, "a") + "\n";
        for (bad, message) in [
            (
                line(2, 9_999, "b"),
                "lines:3: insert or update on table \"Docs\" violates foreign key",
            ),
            (
                line(2, 1, "a"),
                "lines:1: duplicate key value violates unique constraint",
            ),
        ] {
            let options = LoadOptions {
                on_conflict: OnConflict::Update,
                ..LoadOptions::default()
            };
            let text = good.clone() + &bad;
            let error = load(&mut connection, &text, &options).await.unwrap_err();
            assert!(error.to_string().starts_with(message), "{error:?}");
        }
        // A COPY straight into the table knows the stretch.
        let text = good + &line(2, 9_999, "b");
        let error = load(&mut connection, &text, &LoadOptions::default())
            .await
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("lines:1 to lines:3: insert or update"),
            "{error:?}"
        );
        assert_eq!(count(&mut connection).await, 0);
    })
    .await;
}

/// What `--rejects` wrote: each line's number and row.
fn rejected(path: &std::path::Path) -> Vec<(u64, Option<String>)> {
    let text = fs_err::read_to_string(path).unwrap();
    let entry = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap();
        let row = entry["row"].as_str().map(str::to_owned);
        (entry["line"].as_u64().unwrap(), row)
    };
    text.lines().map(entry).collect()
}

#[tokio::test]
async fn a_row_that_the_server_refuses_is_kept_with_its_text() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", ", note varchar(3), parent bigint references \"My App\".\"Docs\"").await;
        let csv = "id,content,embedding,note,parent\n1,a,\"[1,2]\",,\n2,\"say \"\"hi\"\"\",\"[1,2]\",long,\n3,c,\"[1,2]\",,77\n";
        let source = file("rows.csv", csv.as_bytes());
        let path = source.path.to_str().unwrap();
        let run = |more: &[&str], rejects: &std::path::Path| {
            let flags = ["--from", path, "--yes", "--on-error", "skip", "--rejects", rejects.to_str().unwrap()];
            seed(database, &[&flags[..], more].concat()).code(3);
            rejected(rejects)
        };
        let long = (3, Some("2,\"say \"\"hi\"\"\",\"[1,2]\",long,".to_owned()));
        let direct = run(&[], &source.path.with_extension("direct"));
        assert_eq!(direct, [long.clone(), (4, Some("3,c,\"[1,2]\",,77".to_owned()))]);

        // Behind the temporary table it is the row as JSON, and can be loaded as such.
        let staged = run(&["--on-conflict", "skip"], &source.path.with_extension("staged"));
        assert_eq!(staged[0], long);
        let row: Value = serde_json::from_str(staged[1].1.as_deref().unwrap()).unwrap();
        assert_eq!((staged[1].0, &row["parent"], &row["embedding"]), (4, &Value::from(77), &Value::from("[1,2]")));
        let mended = file("mended.jsonl", row.to_string().replace("77", "1").as_bytes());
        seed(database, &["--from", mended.path.to_str().unwrap(), "--yes"]).success();
        let contents = rows(&mut connection, &format!("select content from {TABLE} order by id")).await;
        let contents: Vec<String> = contents.iter().map(|row| row.get(0)).collect();
        assert_eq!(contents, ["a", "c"]);
    })
    .await;
}

#[tokio::test]
async fn an_id_in_two_batches_ends_the_load_with_both_places() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let row = |id: u32| {
            let content = "x".repeat(1_000);
            format!("{{\"id\": {id}, \"content\": \"{content}\", \"embedding\": [1, 2]}}\n")
        };
        let good: String = (1..=3_000).map(row).collect();
        let source = file("rows.jsonl", (good.clone() + &row(17) + &row(3_001)).as_bytes());
        let path = source.path.to_str().unwrap();
        let flags = ["--from", path, "--yes", "--resumable", "--batch-size", "300KiB"];
        seed(database, &flags)
            .code(4)
            .stderr(predicate::str::contains("rows.jsonl:3001: duplicate key value"))
            .stderr(predicate::str::contains(
                "The source holds the id `17` twice, first at",
            ))
            .stderr(predicate::str::contains("rows.jsonl:17;"));
        let between = count(&mut connection).await;
        assert!(between > 0 && between < 3_000, "{between} rows");
        fs_err::write(path, good + &row(3_001)).unwrap();
        seed(database, &flags).success();
        assert_eq!(
            number(&mut connection, &format!("select max(id) from {TABLE}")).await,
            3_001
        );
        assert_eq!(count(&mut connection).await, 3_001);
    })
    .await;
}
