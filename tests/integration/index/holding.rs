//! How many rows an index is said to hold: those with a vector that meet its condition, none that are dead.

use serde_json::Value;
use sqlx::PgConnection;

use super::fixture::{TABLE, index, run, table, texts, vectors};
use crate::support::{on_each_server, wait_until};

/// Half of the rows without a vector, a third of them in another language.
async fn with_gaps(connection: &mut PgConnection) {
    vectors(connection, 64, 3_000).await;
    run(
        connection,
        format!("update {TABLE} set embedding = null where id % 2 = 0"),
    )
    .await;
    run(
        connection,
        format!("update {TABLE} set language = 'de' where id % 3 = 0"),
    )
    .await;
    run(connection, format!("vacuum (analyze) {TABLE}")).await;
}

fn near(actual: &Value, expected: i64, percent: i64) {
    let off = (actual.as_i64().unwrap() - expected).abs() * 100;
    assert!(off <= percent * expected, "{actual} for {expected}");
}

#[tokio::test]
async fn an_index_is_said_to_hold_the_rows_that_it_is_for() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_gaps(&mut connection).await;
        near(&index(database, &["estimate", TABLE]).report()["rows"], 1_500, 1);
        let german = ["create", TABLE, "--name", "german", "--where", "language = 'de'"];
        let here = [
            "create",
            TABLE,
            "--name",
            "here",
            "--where",
            "embedding is not null",
        ];
        for (arguments, expected) in [
            (&["create", TABLE, "--name", "all_of_them"][..], 1_500),
            (&german, 500),
            (&here, 1_500),
        ] {
            let plan = index(database, &[arguments, &["--dry-run"]].concat()).report();
            near(&plan["rows"], expected, 2);
            let built = index(database, &[arguments, &["--yes"]].concat()).report();
            assert_eq!(built["rows"], expected, "{built}");
            assert_eq!(built["predicted_bytes"], plan["bytes"]);
            near(&built["predicted_bytes"], built["bytes"].as_i64().unwrap(), 3);
        }
        let listed = index(database, &["list"]).report();
        for listed in listed["indexes"].as_array().unwrap() {
            assert!(listed["bloat_percent"].as_i64().unwrap().abs() <= 3, "{listed}");
        }
        let kept = index(
            database,
            &["reindex", "\"My App\".german", "--if-bloat", "30", "--yes"],
        )
        .report();
        assert_eq!(kept["needed"], false, "{kept}");
        near(&kept["rows"], 500, 2);
        let replaced = ["replace", "\"My App\".german", "--m", "8", "--dry-run"];
        near(&index(database, &replaced).report()["rows"], 500, 2);
        let wrong = [
            "create",
            TABLE,
            "--name",
            "other",
            "--where",
            "tongue = 'de'",
            "--yes",
        ];
        let error = index(database, &wrong).error(2);
        assert!(
            error.contains("tongue = 'de'") && error.contains("behind WHERE"),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn rows_that_died_since_the_table_was_analysed_are_not_counted() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 64, 2_000).await;
        run(&mut connection, format!("alter table {TABLE} set (autovacuum_enabled = off)")).await;
        run(&mut connection, format!("update {TABLE} set language = 'de'")).await;
        run(&mut connection, "select pg_stat_force_next_flush()").await;
        wait_until("the dead rows are counted", async || {
            let dead = format!("select pg_stat_get_dead_tuples('{TABLE}'::regclass)::text");
            texts(&mut connection, &dead).await != ["0"]
        })
        .await;
        let grown = format!(
            "select (pg_relation_size(oid) / 8192 > relpages * 3 / 2)::text from pg_class where oid = '{TABLE}'::regclass"
        );
        assert_eq!(texts(&mut connection, &grown).await, ["true"]);
        near(&index(database, &["estimate", TABLE]).report()["rows"], 2_000, 1);
    })
    .await;
}

#[tokio::test]
async fn where_a_fresh_size_cannot_be_said_bloat_is_no_reason() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let value = "('{1:' || g || ',7:2}/100')::sparsevec";
        table(&mut connection, "sparsevec(100)", value, 300).await;
        index(
            database,
            &["create", TABLE, "--metric", "l2", "--name", "sparse", "--yes"],
        )
        .report();
        for condition in [&["--if-bloat", "30"][..], &["--if-needed"]] {
            let arguments = [&["reindex", "\"My App\".sparse", "--yes"], condition].concat();
            let error = index(database, &arguments).error(12);
            assert!(error.contains("--min-recall"), "{error}");
        }
    })
    .await;
}
