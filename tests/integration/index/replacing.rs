//! An index replaced by another one: measured, exchanged, taken back, refused.

use serde_json::Value;
use sqlx::PgConnection;

use super::fixture::{INDEX, TABLE, index, indexes, run, texts, vectors};
use crate::support::on_each_server;

/// [`TABLE`] with a poor graph.
async fn with_index(connection: &mut PgConnection, m: u32) {
    vectors(connection, 16, 1_500).await;
    let create = format!(
        "create index items_embedding_cosine_hnsw on {TABLE} using hnsw (embedding extensions.vector_cosine_ops)
         with (m = {m}, ef_construction = 32);
         comment on index {INDEX} is 'for searches'"
    );
    run(connection, create).await;
}

async fn options(connection: &mut PgConnection) -> Vec<String> {
    let query = "select c.relname || ' ' || array_to_string(c.reloptions, ' ')
        from pg_class c join pg_am a on a.oid = c.relam where a.amname in ('hnsw', 'ivfflat') order by 1";
    texts(connection, query).await
}

async fn waiting(connection: &mut PgConnection) -> Vec<String> {
    texts(
        connection,
        "select step from vecops.index_replacement order by index_name",
    )
    .await
}

fn names(report: &Value, field: &str) -> String {
    report[field].to_string()
}

#[tokio::test]
async fn both_are_measured_alone_then_the_names_are_exchanged() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 4).await;
        let arguments = ["replace", TABLE, "--m", "16", "--stored", "40", "--yes"];
        let replaced = index(database, &arguments).report();
        assert_eq!(replaced["ending"], "swapped", "{replaced:#}");
        assert_eq!(replaced["is_interleaved"], true, "{replaced:#}");
        assert!(replaced["after"]["recall"].as_f64() >= replaced["before"]["recall"].as_f64());
        assert!(replaced["after"]["pages"].as_f64() > replaced["before"]["pages"].as_f64());
        assert!(names(&replaced, "old").contains("items_embedding_cosine_hnsw_vecops_old"));
        assert_eq!(
            options(&mut connection).await,
            [
                "items_embedding_cosine_hnsw m=16 ef_construction=32",
                "items_embedding_cosine_hnsw_vecops_old m=4 ef_construction=32"
            ]
        );
        let comment = format!("select obj_description('{INDEX}'::regclass)");
        assert_eq!(texts(&mut connection, &comment).await, ["for searches"]);
        let again = index(database, &arguments).report();
        assert_eq!(again["step"], "swapped", "{again:#}");

        let back = index(database, &["replace", INDEX, "--rollback", "--yes"]).report();
        assert_eq!(back["ending"], "rolled-back");
        assert_eq!(
            options(&mut connection).await,
            ["items_embedding_cosine_hnsw m=4 ef_construction=32"]
        );
        assert!(waiting(&mut connection).await.is_empty());
        let error = index(database, &["replace", INDEX, "--rollback", "--yes"]).error(12);
        assert!(error.contains("no replacement"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_smaller_graph_is_measured_alone_too_and_finished() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 16).await;
        let arguments = [
            "replace",
            TABLE,
            "--m",
            "4",
            "--stored",
            "40",
            "--min-recall",
            "0.1",
            "--yes",
        ];
        let replaced = index(database, &arguments).report();
        assert_eq!(replaced["is_interleaved"], false, "{replaced:#}");
        assert!(replaced["after"]["pages"].as_f64() < replaced["before"]["pages"].as_f64());
        let finished = index(database, &["replace", TABLE, "--finish", "--yes"]).report();
        assert_eq!(finished["ending"], "finished");
        assert_eq!(
            options(&mut connection).await,
            ["items_embedding_cosine_hnsw m=4 ef_construction=32"]
        );
        let at_once = [
            "replace",
            INDEX,
            "--ef-construction",
            "64",
            "--grace",
            "0s",
            "--yes",
        ];
        let replaced = index(database, &at_once).report();
        assert_eq!(
            (replaced["ending"].as_str(), &replaced["before"]),
            (Some("finished"), &Value::Null)
        );
        let ivfflat = [
            "replace", INDEX, "--method", "ivfflat", "--lists", "5", "--grace", "0s", "--stored", "20",
            "--probes", "5", "--yes",
        ];
        assert_eq!(index(database, &ivfflat).report()["ending"], "finished");
        assert_eq!(
            options(&mut connection).await,
            ["items_embedding_cosine_hnsw lists=5"]
        );
    })
    .await;
}

#[tokio::test]
async fn one_that_is_not_good_enough_is_dropped_and_the_old_one_stays() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 4).await;
        let arguments = [
            "replace",
            TABLE,
            "--m",
            "8",
            "--stored",
            "20",
            "--max-p95-ratio",
            "0.0001",
            "--yes",
        ];
        let refused = index(database, &arguments);
        assert_eq!(refused.code, 3, "{}", refused.stderr);
        assert!(refused.stdout.contains("is allowed"), "{}", refused.stdout);
        assert_eq!(indexes(&mut connection).await, ["items_embedding_cosine_hnsw"]);
        assert!(waiting(&mut connection).await.is_empty());

        let kept = index(database, &[&arguments[..], &["--keep"]].concat());
        assert_eq!(kept.code, 3, "{}", kept.stderr);
        assert_eq!(indexes(&mut connection).await.len(), 2);
        let other = index(database, &["replace", TABLE, "--m", "32", "--yes"]).error(13);
        assert!(other.contains("--rollback"), "{other}");
        let without = ["replace", TABLE, "--m", "8", "--yes"];
        assert_eq!(index(database, &without).report()["ending"], "swapped");
    })
    .await;
}

#[tokio::test]
async fn another_type_is_measured_by_its_expression_and_the_old_one_waits_for_a_word() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 16).await;
        for element in ["halfvec", "bit"] {
            let arguments = [
                "replace",
                INDEX,
                "--type",
                element,
                "--stored",
                "20",
                "--min-recall",
                "0.1",
                "--grace",
                "0s",
                "--ef-search",
                "100",
                "--yes",
            ];
            let replaced = index(database, &arguments).report();
            assert_eq!(replaced["ending"], "swapped", "{replaced:#}");
            assert_eq!(replaced["is_interleaved"], true, "{replaced:#}");
            assert_eq!(replaced["keep_until"], Value::Null);
            assert_eq!(indexes(&mut connection).await.len(), 2);
            index(database, &["replace", INDEX, "--rollback", "--yes"]).report();
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_replaced_is_refused() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 4).await;
        let error = index(database, &["replace", INDEX, "--m", "4", "--yes"]).error(2);
        assert!(error.contains("nothing would change"), "{error}");
        let error = index(
            database,
            &["replace", INDEX, "--m", "8", "--min-recall", "0.9", "--yes"],
        )
        .error(2);
        assert!(error.contains("--queries"), "{error}");
        let error = index(database, &["replace", INDEX, "--m", "8"]).error(15);
        assert!(error.contains("--yes"), "{error}");
        let planned = index(database, &["replace", INDEX, "--m", "8", "--dry-run"]).report();
        assert!(
            names(&planned, "statement").contains("m = 8, ef_construction = 32"),
            "{planned:#}"
        );

        run(
            &mut connection,
            "create table \"My App\".items_embedding_cosine_hnsw_vecops_old ()",
        )
        .await;
        let error = index(database, &["replace", INDEX, "--m", "8", "--yes"]).error(13);
        assert!(error.contains("is taken"), "{error}");
        run(
            &mut connection,
            "drop table \"My App\".items_embedding_cosine_hnsw_vecops_old",
        )
        .await;

        let key = format!("{:?}", "\"My App\".\"items\"");
        let lock = format!(
            "select pg_advisory_lock(hashtextextended('vecops index ' || {}, 0))::text",
            key.replace('"', "'").replace("\\'", "\"")
        );
        texts(&mut connection, &lock).await;
        let error = index(database, &["replace", INDEX, "--m", "8", "--yes"]).error(13);
        assert!(error.contains("another session"), "{error}");
        run(&mut connection, "select pg_advisory_unlock_all()").await;

        run(
            &mut connection,
            format!("create index other on {TABLE} using hnsw (embedding extensions.vector_l2_ops)"),
        )
        .await;
        let error = index(database, &["replace", TABLE, "--m", "8", "--yes"]).error(2);
        assert!(error.contains("several vector indexes"), "{error}");
        let mut administrator = database.administrator().await;
        run(
            &mut administrator,
            format!(
                "grant usage on schema \"My App\" to postgres; alter table {TABLE} owner to supabase_admin"
            ),
        )
        .await;
        let error = index(database, &["replace", INDEX, "--m", "8", "--yes"]).error(12);
        assert!(error.contains("does not own"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_index_of_some_rows_is_measured_among_those() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 16, 2_000).await;
        run(
            &mut connection,
            format!(
                "update {TABLE} set language = 'de' where id % 2 = 0;
                 create index items_embedding_cosine_hnsw on {TABLE} using hnsw (embedding extensions.vector_cosine_ops)
                 with (m = 8) where language = 'en' and id > 0"
            ),
        )
        .await;
        let arguments = ["replace", INDEX, "--m", "16", "--stored", "30", "--yes"];
        let replaced = index(database, &arguments).report();
        // Among all rows no more than half of the neighbours would have been found.
        for which in ["before", "after"] {
            assert!(replaced[which]["recall"].as_f64() > Some(0.9), "{replaced:#}");
        }
        assert_eq!(replaced["is_interleaved"], true, "{replaced:#}");
        let rows = replaced["built"]["rows"].as_f64().unwrap();
        assert!((rows - 1_000.0).abs() < 1.0, "{replaced:#}");
    })
    .await;
}

#[tokio::test]
async fn an_old_index_whose_time_is_over_is_named_until_it_is_dropped() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 4).await;
        index(
            database,
            &["replace", INDEX, "--m", "8", "--grace", "1ms", "--yes"],
        )
        .report();
        let listed = index(database, &["list"]).report();
        assert_eq!(listed["replacements"][0]["is_due"], true, "{listed:#}");
        let nearest = format!("select id from {TABLE} order by embedding <=> $1 limit 5");
        for arguments in [&["clean", "--dry-run"][..], &["lint", "--sql", &nearest]] {
            let said = index(database, arguments);
            assert!(said.stderr.contains("--finish"), "{arguments:?}: {}", said.stderr);
        }
        for name in [INDEX.to_owned(), format!("{INDEX}_vecops_old")] {
            let error = index(database, &["drop", &name, "--yes"]).error(12);
            assert!(error.contains("--rollback"), "{error}");
        }
        // Something else that is wanted now is not taken for leave to drop it.
        let error = index(database, &["replace", INDEX, "--m", "16", "--yes"]).error(13);
        assert!(error.contains("--finish"), "{error}");
        assert_eq!(indexes(&mut connection).await.len(), 2);
        assert_eq!(
            index(database, &["replace", INDEX, "--yes"]).report()["ending"],
            "finished"
        );
        let listed = index(database, &["list"]).report();
        assert_eq!(listed["replacements"], Value::Array(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn the_api_roles_cannot_see_how_far_it_is() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 4).await;
        index(database, &["replace", INDEX, "--m", "8", "--yes"]).report();
        for role in ["anon", "authenticated", "service_role"] {
            let query =
                format!("select has_table_privilege('{role}', 'vecops.index_replacement', 'select')::text");
            assert_eq!(texts(&mut connection, &query).await, ["false"], "{role}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_somebody_dropped_by_hand_is_gone_back_to_or_forgotten() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 4).await;
        let replaced = ["replace", INDEX, "--m", "8", "--yes"];
        index(database, &replaced).report();
        run(&mut connection, format!("drop index {INDEX}")).await;
        let error = index(database, &["replace", INDEX, "--finish", "--yes"]).error(12);
        assert!(
            error.contains("is gone") && error.contains("--rollback"),
            "{error}"
        );
        let back = index(database, &["replace", INDEX, "--rollback", "--yes"]).report();
        assert_eq!(back["ending"], "rolled-back", "{back:#}");
        assert_eq!(
            options(&mut connection).await,
            ["items_embedding_cosine_hnsw m=4 ef_construction=32"]
        );

        index(database, &replaced).report();
        run(&mut connection, format!("drop table {TABLE}")).await;
        let back = index(database, &["replace", INDEX, "--rollback", "--yes"]).report();
        assert_eq!(back["ending"], "forgotten", "{back:#}");
        assert!(waiting(&mut connection).await.is_empty());
        let error = index(database, &["replace", INDEX, "--m", "8", "--grace", "9999y"]).error(2);
        assert!(error.contains("ten years"), "{error}");
    })
    .await;
}
