//! Rows that are there already, bad lines left out, rows replaced.

use std::os::unix::fs::PermissionsExt as _;

use predicates::prelude::predicate;
use sqlx::{Connection as _, PgConnection, Row as _};
use vecops::error::Result;
use vecops::progress::Silent;
use vecops::seed::{self, Counts, LoadOptions, LoadReport, OnConflict, Tolerance};
use vecops::sql;

use super::fixture::{TABLE, count, destination, file, lines, load, number, rows, seed, table};
use crate::support::on_each_server;

fn line(id: u32, content: &str, x: &str) -> String {
    format!("{{\"id\": {id}, \"content\": \"{content}\", \"embedding\": [{x}, 2]}}\n")
}

async fn load_with(connection: &mut PgConnection, text: String, options: &LoadOptions) -> Result<LoadReport> {
    let destination = destination(connection, TABLE).await?;
    let mut transaction = connection.begin().await?;
    let report = seed::load_with(&mut transaction, &destination, &lines(text), options, &Silent).await?;
    transaction.commit().await?;
    Ok(report)
}

fn on(on_conflict: OnConflict) -> LoadOptions {
    LoadOptions {
        on_conflict,
        ..LoadOptions::default()
    }
}

fn leave_out(most: u64) -> LoadOptions {
    LoadOptions {
        tolerance: Some(Tolerance { file: None, most }),
        ..LoadOptions::default()
    }
}

/// `id content vector` of every row, and its `xmin` where it must not be written again.
async fn contents(connection: &mut PgConnection, columns: &str) -> Vec<String> {
    let query = format!("select concat_ws(' ', {columns}) from {TABLE} order by id");
    rows(connection, &query)
        .await
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test]
async fn rows_that_are_there_are_skipped_or_updated_where_they_differ() {
    on_each_server(async |database| {
        for element in ["vector(2)", "halfvec(2)"] {
            let mut connection = database.connection().await;
            table(&mut connection, element, ", extra json, place point").await;
            load(
                &mut connection,
                &lines(line(1, "a", "1") + &line(2, "b", "0") + &line(3, "c", "1")),
            )
            .await
            .unwrap();
            let before = contents(&mut connection, "xmin, id, content, embedding").await;

            let source =
                line(1, "a", "1") + &line(2, "b", "-0.0") + &line(3, "new", "1") + &line(7, "d", "1");
            let report = load_with(
                &mut connection,
                source.clone() + &line(7, "again", "1"),
                &on(OnConflict::Skip),
            )
            .await
            .unwrap();
            assert_eq!(
                report.counts,
                Counts {
                    inserted: 1,
                    skipped: 4,
                    ..Counts::default()
                }
            );
            assert_eq!(
                contents(&mut connection, "xmin, id, content, embedding").await[..3],
                before
            );
            assert_eq!(
                contents(&mut connection, "id, content").await[3],
                "7 d",
                "the first one wins"
            );
            assert_eq!(report.sequence_moved_to, Some(7));

            // A zero that changes its sign is a change, as what is stored differs.
            let report = load_with(
                &mut connection,
                source + &line(8, "e", "1"),
                &on(OnConflict::Update),
            )
            .await
            .unwrap();
            assert_eq!(
                report.counts,
                Counts {
                    inserted: 1,
                    updated: 2,
                    unchanged: 2,
                    skipped: 0
                }
            );
            assert_eq!(report.rows, 3);
            assert_eq!(
                contents(&mut connection, "id, content, embedding").await,
                ["1 a [1,2]", "2 b [-0,2]", "3 new [1,2]", "7 d [1,2]", "8 e [1,2]",]
            );
            assert_eq!(
                contents(&mut connection, "xmin, id, content, embedding").await[0],
                before[0],
                "an equal row is not written"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_update_keeps_the_columns_that_the_source_lacks_and_identities_of_the_table() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(
            &mut connection,
            "vector(2)",
            ", note text default 'kept', made int generated always as (1 + 1) stored",
        )
        .await;
        sql::run(
            &mut connection,
            format!("alter table {TABLE} alter id set generated always"),
        )
        .await
        .unwrap();
        load(&mut connection, &lines(line(1, "a", "1"))).await.unwrap();
        sql::run(&mut connection, format!("update {TABLE} set note = 'mine'"))
            .await
            .unwrap();
        let source = line(1, "b", "1") + &line(5, "c", "1");
        load_with(&mut connection, source, &on(OnConflict::Update))
            .await
            .unwrap();
        assert_eq!(
            contents(&mut connection, "id, content, note, made").await,
            ["1 b mine 2", "5 c kept 2"]
        );
        let error = load_with(
            &mut connection,
            "{\"content\": \"c\", \"embedding\": [1, 2]}".to_owned(),
            &on(OnConflict::Update),
        )
        .await
        .unwrap_err();
        assert!(error.message().contains("have no ids"), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn errors_keep_their_lines_on_the_way_through_the_temporary_table() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(
            &mut connection,
            "vector(2)",
            " check (content <> 'bad'), note varchar(3)",
        )
        .await;
        load(&mut connection, &lines(line(1, "a", "1"))).await.unwrap();
        let long = line(4, "c", "1").replace("\"id\"", "\"note\": \"long\", \"id\"");
        for (source, message) in [
            (
                line(1, "b", "1") + "\n\n" + &line(2, "bad", "1"),
                "lines:4: new row for relation \"vecops_staging\" violates check constraint",
            ),
            (line(1, "b", "1") + &long, "lines:2: value too long"),
            (
                line(1, "b", "1") + &line(3, "x", "1") + "\n" + &line(3, "y", "1"),
                "lines:4: the id `3` stands there and at lines:2",
            ),
        ] {
            let error = load_with(&mut connection, source, &on(OnConflict::Update))
                .await
                .unwrap_err();
            assert!(error.to_string().starts_with(message), "{error:?}");
            assert_eq!(contents(&mut connection, "id, content").await, ["1 a"]);
        }
    })
    .await;
}

#[tokio::test]
async fn bad_lines_are_left_out_whoever_finds_them() {
    on_each_server(async |database| {
        for on_conflict in [OnConflict::Error, OnConflict::Skip, OnConflict::Update] {
            let mut connection = database.connection().await;
            table(&mut connection, "vector(2)", " check (content not like 'bad%')").await;
            let mut text = String::new();
            for id in 1..=5_000 {
                text += &match id {
                    7 => "{\n".to_owned(),
                    8 | 3_000 | 5_000 => line(id, "bad row", "1"),
                    2_999 => line(id, "long", "1, 2"),
                    4_000 if on_conflict == OnConflict::Error => line(3_998, "twice", "1"),
                    _ => line(id, "good", "1"),
                };
            }
            let options = LoadOptions {
                on_conflict,
                ..leave_out(10)
            };
            let report = load_with(&mut connection, text.clone(), &options).await.unwrap();
            let mut expected = vec![7, 8, 2_999, 3_000, 5_000];
            if on_conflict == OnConflict::Error {
                expected.push(4_000);
            }
            expected.sort_unstable();
            let mut found: Vec<u64> = report.problems.iter().map(|problem| problem.line).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{:?}", report.problems);
            let good = 5_000 - expected.len() as u64;
            assert_eq!((report.rows, report.rejected), (good, expected.len() as u64));
            assert_eq!(
                number(
                    &mut connection,
                    &format!("select count(distinct id) from {TABLE} where content = 'good'")
                )
                .await,
                i64::try_from(good).unwrap()
            );

            sql::run(&mut connection, format!("truncate {TABLE}"))
                .await
                .unwrap();
            let options = LoadOptions {
                on_conflict,
                ..leave_out(4)
            };
            let error = load_with(&mut connection, text, &options).await.unwrap_err();
            assert!(error.message().contains("`--max-rejects 4`"), "{error:?}");
            assert_eq!(count(&mut connection).await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn the_program_writes_rejects_and_ends_with_3() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = file(
            "mixed.jsonl",
            (line(1, "a", "1") + "oh no\n" + &line(1, "again", "1")).as_bytes(),
        );
        let path = source.path.to_str().unwrap();
        let rejects = source.path.with_extension("rejects");
        let arguments = [
            "--from",
            path,
            "--yes",
            "--on-error",
            "skip",
            "--rejects",
            rejects.to_str().unwrap(),
        ];
        seed(database, &arguments)
            .code(3)
            .stdout(predicate::str::contains("2 lines were left out"));
        let text = fs_err::read_to_string(&rejects).unwrap();
        let entries: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            (entries[0]["line"].as_u64(), entries[0]["row"].as_str()),
            (Some(2), Some("oh no"))
        );
        assert!(
            entries[1]["reason"].as_str().unwrap().contains("duplicate key"),
            "{text}"
        );
        assert_eq!(
            fs_err::metadata(&rejects).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(count(&mut connection).await, 1);
        seed(database, &arguments)
            .code(2)
            .stderr(predicate::str::contains("is not overwritten"));
        seed(
            database,
            &["--from", path, "--check-only", "--on-conflict", "skip"],
        )
        .code(3);
    })
    .await;
}

#[tokio::test]
async fn replaced_rows_are_seen_until_the_new_ones_are() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        load(
            &mut connection,
            &lines(line(1, "old", "1") + &line(9, "old", "1")),
        )
        .await
        .unwrap();
        let options = LoadOptions {
            replace: true,
            ..LoadOptions::default()
        };
        let mut reader = database.connection().await;
        let place = destination(&mut connection, TABLE).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        let new = lines(line(1, "new", "1"));
        let report = seed::load_with(&mut transaction, &place, &new, &options, &Silent)
            .await
            .unwrap();
        assert_eq!((report.rows, report.removed), (1, Some(2)));
        assert_eq!(
            contents(&mut reader, "id, content").await,
            ["1 old", "9 old"],
            "nobody waits"
        );
        let write =
            format!("set lock_timeout = 50; insert into {TABLE} (content, embedding) values ('x', '[1,2]')");
        assert!(sql::run(&mut reader, write).await.is_err(), "who writes waits");
        transaction.commit().await.unwrap();
        assert_eq!(contents(&mut reader, "id, content").await, ["1 new"]);

        // A bad line, and everything is as it was; ids go on behind the old ones.
        let bad = load_with(&mut connection, line(3, "x", "1") + "{", &options).await;
        assert!(bad.is_err());
        let source = "{\"content\": \"made\", \"embedding\": [1, 2]}".to_owned();
        load_with(&mut connection, source, &options).await.unwrap();
        assert_eq!(contents(&mut connection, "id, content").await, ["10 made"]);

        let follower =
            format!("create table \"My App\".notes (doc bigint references {TABLE} on delete cascade)");
        sql::run(&mut connection, follower).await.unwrap();
        let error = load_with(&mut connection, line(1, "x", "1"), &options)
            .await
            .unwrap_err();
        assert!(error.message().contains("\"My App\".notes"), "{error:?}");
    })
    .await;
}
