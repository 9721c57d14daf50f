//! Builds that fail, are stopped, or lose their session: no invalid index is left, or it is named.

use std::process::{Child, Command, Stdio};

use sqlx::PgConnection;

use super::fixture::{INDEX, TABLE, index, indexes, random, run, settled, table, texts, vectors};
use crate::support::{TestDatabase, on_each_server, wait_until};

#[tokio::test]
async fn what_cannot_be_indexed_is_refused_with_the_ways_out() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(3000)", &random(3_000), 3).await;
        let error = index(database, &["create", TABLE, "--yes"]).error(12);
        for way in [
            "at most 2000",
            "--element halfvec",
            "--element bit",
            "--dimensions 1024",
        ] {
            assert!(error.contains(way), "{way}: {error}");
        }
        index(database, &["create", TABLE, "--element", "halfvec", "--yes"]).report();
        table(&mut connection, "vector(5000)", &random(5_000), 3).await;
        let error = index(database, &["create", TABLE, "--yes"]).error(12);
        assert!(!error.contains("halfvec"), "{error}");

        let error = index(
            database,
            &["create", TABLE, "--opclass", "vector_cosin_ops", "--yes"],
        )
        .error(12);
        assert!(
            error.contains("vector_cosin_ops") || error.contains("at most"),
            "{error}"
        );
        vectors(&mut connection, 8, 10).await;
        let error = index(
            database,
            &["create", TABLE, "--opclass", "vector_cosin_ops", "--yes"],
        )
        .error(12);
        assert!(error.contains("Did you mean `vector_cosine_ops`?"), "{error}");
        let error = index(database, &["create", TABLE, "--metric", "hamming", "--yes"]).error(2);
        assert!(error.contains("--metric l2"), "{error}");
        let error = index(
            database,
            &["create", TABLE, "--m", "64", "--ef-construction", "100", "--yes"],
        )
        .error(2);
        assert!(error.contains("128"), "{error}");
        let error = index(database, &["create", TABLE, "--name", "items_pkey", "--yes"]).error(13);
        assert!(error.contains("is taken by an index on `items`"), "{error}");
        let error = index(database, &["drop", "\"My App\".nothing", "--yes"]).error(12);
        assert!(error.contains("vecops index list"), "{error}");
        let error = index(database, &["create", TABLE]).error(15);
        assert!(error.contains("--yes"), "{error}");
        assert!(indexes(&mut connection).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_builds() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 8, 10).await;
        run(
            &mut connection,
            "grant usage on schema \"My App\" to service_role",
        )
        .await;
        let mut administrator = database.administrator().await;
        run(
            &mut administrator,
            format!("alter table {TABLE} owner to supabase_admin"),
        )
        .await;
        let error = index(database, &["create", TABLE, "--yes"]).error(12);
        assert!(error.contains("does not own"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_error_on_the_way_leaves_nothing() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector", &random(4), 3_000).await;
        run(
            &mut connection,
            format!("update {TABLE} set embedding = '[1,2]' where id = 2900"),
        )
        .await;
        let error = index(database, &["create", TABLE, "--dimensions", "4", "--yes"]).error(1);
        assert!(error.contains("expected 4 dimensions, not 2"), "{error}");
        assert!(indexes(&mut connection).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn too_little_shared_memory_is_answered_with_one_process() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 64, 3_000).await;
        // No machine's /dev/shm holds so much.
        let arguments = [
            "create",
            TABLE,
            "--maintenance-work-mem",
            "1900GiB",
            "--workers",
            "1",
            "--yes",
        ];
        let built = index(database, &arguments).report();
        assert_eq!(built["lacked_shared_memory"], true, "{built}");
        assert_eq!(indexes(&mut connection).await, ["items_embedding_cosine_hnsw"]);
    })
    .await;
}

#[tokio::test]
async fn an_invalid_index_of_the_same_name_is_built_and_others_are_cleaned() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        leave_invalid(&mut connection, "items_embedding_cosine_hnsw").await;
        leave_invalid(&mut connection, "other").await;
        let listed = index(database, &["clean", "--dry-run"]).report();
        assert_eq!(listed["steps"].as_array().unwrap().len(), 1, "{listed}");
        run(
            &mut connection,
            format!("update {TABLE} set embedding = '[1,2,3,4]' where id = 1"),
        )
        .await;
        index(
            database,
            &["create", TABLE, "--dimensions", "4", "--name", "other", "--yes"],
        )
        .report();
        assert_eq!(indexes(&mut connection).await, ["other"]);
        let nothing = index(database, &["clean", "--yes"]).report();
        assert_eq!(nothing["steps"].as_array().unwrap().len(), 0);
    })
    .await;
}

/// Leaves what a failed concurrent build leaves.
async fn leave_invalid(connection: &mut PgConnection, name: &str) {
    table(connection, "vector", &random(4), 100).await;
    run(
        connection,
        format!("update {TABLE} set embedding = '[1,2]' where id = 1"),
    )
    .await;
    let create = format!(
        "create index concurrently {name} on {TABLE} using hnsw ((embedding::extensions.vector(4)) extensions.vector_l2_ops)"
    );
    vecops::sql::run(connection, create).await.unwrap_err();
    assert_eq!(indexes(connection).await, [format!("{name} invalid")]);
}

/// Starts a build that takes some seconds, and waits until it is under way.
async fn start(database: &TestDatabase, connection: &mut PgConnection, arguments: &[&str]) -> Child {
    let program = Command::new(env!("CARGO_BIN_EXE_vecops"))
        .args(["index"])
        .args(arguments)
        .args(["--yes", "--workers", "0"])
        .env_clear()
        .env("HOME", "/nowhere")
        .env("VECOPS_DB_URL", database.url())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("the build takes rows in", async || {
        let query = "select phase from pg_stat_progress_create_index
            where datname = current_database() and phase = 'building index: loading tuples' and blocks_done > 1";
        !texts(connection, query).await.is_empty()
    })
    .await;
    program
}

#[tokio::test]
async fn interrupted_it_leaves_nothing() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 256, 20_000).await;
        let program = start(database, &mut connection, &["create", TABLE]).await;
        let id = program.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
        let output = program.wait_with_output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(130),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        settled(&mut connection).await;
        assert!(indexes(&mut connection).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn killed_it_leaves_an_index_that_the_server_finishes() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 128, 8_000).await;
        let mut program = start(database, &mut connection, &["create", TABLE]).await;
        program.kill().unwrap();
        program.wait().unwrap();
        let error = index(database, &["create", TABLE, "--yes"]).error(13);
        assert!(
            error.contains("being built") || error.contains("another session"),
            "{error}"
        );
        settled(&mut connection).await;
        assert_eq!(indexes(&mut connection).await, ["items_embedding_cosine_hnsw"]);
    })
    .await;
}

#[tokio::test]
async fn a_terminated_session_leaves_nothing() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 256, 20_000).await;
        for arguments in [&["create", TABLE][..], &["reindex", INDEX]] {
            let before = indexes(&mut connection).await;
            let program = start(database, &mut connection, arguments).await;
            let terminate = "select pg_terminate_backend(pid)::text from pg_stat_progress_create_index
                where datname = current_database()";
            texts(&mut connection, terminate).await;
            let output = program.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(11), "{stderr}");
            settled(&mut connection).await;
            assert_eq!(indexes(&mut connection).await, before, "{stderr}");
            if before.is_empty() {
                run(&mut connection, format!("delete from {TABLE} where id > 15000")).await;
                index(database, &["create", TABLE, "--yes"]).report();
            }
        }
    })
    .await;
}
