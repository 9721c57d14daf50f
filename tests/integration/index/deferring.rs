//! `vecops seed --defer-indexes`: the index is there before and afterwards, or its definition is kept.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use sqlx::PgConnection;

use super::fixture::{Said, TABLE, index, indexes, run, settled, table, texts, vecops};
use crate::support::{TestDatabase, on_each_server, passable_folder, wait_until};

const ROWS: u32 = 6_000;
const NAME: &str = "items_embedding_cosine_hnsw";

/// An empty table with an index that has a comment, and a file with rows for it.
async fn prepare(database: &TestDatabase, connection: &mut PgConnection) -> (tempfile::TempDir, PathBuf) {
    table(connection, "vector(32)", "null::vector", 0).await;
    index(database, &["create", TABLE, "--m", "20", "--yes"]).report();
    run(
        connection,
        format!("comment on index \"My App\".{NAME} is 'ours'"),
    )
    .await;
    let folder = passable_folder();
    let file = folder.path().join("rows.jsonl");
    let line = |id: u32| {
        let vector: Vec<String> = (0..32)
            .map(|d| ((id * 31 + d * 17) % 97 + 1).to_string())
            .collect();
        format!("{{\"id\": {id}, \"embedding\": [{}]}}\n", vector.join(","))
    };
    fs_err::write(&file, (1..=ROWS).map(line).collect::<String>()).unwrap();
    (folder, file)
}

fn seed(database: &TestDatabase, file: &std::path::Path, flags: &[&str]) -> Said {
    let arguments = ["seed", TABLE, "--from", file.to_str().unwrap(), "--yes"];
    vecops(database, &[&arguments[..], flags].concat())
}

async fn count(connection: &mut PgConnection) -> u32 {
    let count = texts(connection, &format!("select count(*)::text from {TABLE}")).await;
    count[0].parse().unwrap()
}

/// The definitions that wait.
async fn waiting(connection: &mut PgConnection) -> Vec<String> {
    texts(
        connection,
        "select index_name from vecops.deferred_index order by 1",
    )
    .await
}

/// The index is whole again, and nothing waits.
async fn expect_whole(connection: &mut PgConnection) {
    assert_eq!(count(connection).await, ROWS);
    assert_eq!(indexes(connection).await, [NAME]);
    let query =
        format!("select pg_get_indexdef(oid) || obj_description(oid) from pg_class where relname = '{NAME}'");
    let definition = texts(connection, &query).await;
    assert!(
        definition[0].contains("m='20'") && definition[0].ends_with("ours"),
        "{definition:?}"
    );
    assert!(waiting(connection).await.is_empty());
}

#[tokio::test]
async fn an_index_is_dropped_for_the_load_and_built_again() {
    on_each_server(async |database| {
        for flags in [&["--defer-indexes"][..], &["--defer-indexes", "--resumable"]] {
            let mut connection = database.connection().await;
            let (_folder, file) = prepare(database, &mut connection).await;
            let said = seed(database, &file, flags);
            let report = said.report();
            assert_eq!(report["rows"], ROWS, "{report}");
            assert_eq!(report["deferred_indexes"]["built"][0]["rows"], ROWS, "{report}");
            assert_eq!(report["vector_indexes"].as_array().unwrap().len(), 0, "{report}");
            assert!(said.stderr.contains("built again after the load"), "{}", said.stderr);
            expect_whole(&mut connection).await;
            let nobody = "select grantee from information_schema.role_table_grants
                where table_name = 'deferred_index' and grantee in ('anon', 'authenticated', 'service_role', 'PUBLIC')";
            assert!(texts(&mut connection, nobody).await.is_empty());
            run(&mut connection, "drop schema vecops cascade").await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_load_into_a_graph_is_warned_of() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let (_folder, file) = prepare(database, &mut connection).await;
        // Ten digits a dimension, as real ones have; this file's are shorter, so it looks smaller than it is.
        let rows = fs_err::read_to_string(&file).unwrap();
        let long = rows.replace(',', ".000000000,");
        fs_err::write(
            &file,
            long.replace(".000000000, ", ", ").replace(".000000000,\"", ",\""),
        )
        .unwrap();
        let said = seed(database, &file, &[]);
        said.report();
        assert!(said.stderr.contains("--defer-indexes"), "{}", said.stderr);
        assert!(said.stderr.contains("one by one"), "{}", said.stderr);
    })
    .await;
}

#[tokio::test]
async fn a_load_that_fails_in_one_transaction_keeps_the_index() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let (_folder, file) = prepare(database, &mut connection).await;
        let mut rows = fs_err::read_to_string(&file).unwrap();
        rows.push_str("{\"id\": 1, \"embedding\": [1]}\n");
        fs_err::write(&file, rows).unwrap();
        let error = seed(database, &file, &["--defer-indexes"]).error(1);
        assert!(error.contains("1 dimensions"), "{error}");
        assert_eq!(indexes(&mut connection).await, [NAME]);
        assert_eq!(count(&mut connection).await, 0);
    })
    .await;
}

/// Starts a load, and kills it once something is so.
async fn kill_when(
    database: &TestDatabase,
    connection: &mut PgConnection,
    file: &std::path::Path,
    flags: &[&str],
    query: &str,
) {
    let mut program: Child = Command::new(env!("CARGO_BIN_EXE_vecops"))
        .args([
            "seed",
            TABLE,
            "--yes",
            "--defer-indexes",
            "--from",
            file.to_str().unwrap(),
        ])
        .args(flags)
        .env_clear()
        .env("HOME", "/nowhere")
        .env("VECOPS_DB_URL", database.url())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until(query, async || {
        // The table that is asked for may not be there yet.
        let found = vecops::sql::dynamic(query.to_owned())
            .fetch_all(&mut *connection)
            .await;
        found.is_ok_and(|rows| !rows.is_empty())
    })
    .await;
    program.kill().unwrap();
    program.wait().unwrap();
    settled(connection).await;
}

#[tokio::test]
async fn killed_in_its_one_transaction_the_load_leaves_the_index() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let (_folder, file) = prepare(database, &mut connection).await;
        let copying = "select 1 from pg_stat_progress_copy where datname = current_database()";
        kill_when(database, &mut connection, &file, &[], copying).await;
        let rows = count(&mut connection).await;
        assert!([0, ROWS].contains(&rows), "{rows}");
        if rows == 0 {
            assert_eq!(indexes(&mut connection).await, [NAME]);
            seed(database, &file, &["--defer-indexes"]).report();
        } else {
            index(database, &["restore-deferred", "--yes"]).report();
        }
        expect_whole(&mut connection).await;
    })
    .await;
}

#[tokio::test]
async fn killed_between_its_batches_the_load_goes_on_and_builds_the_index() {
    on_each_server(async |database| {
        for (resume, batches) in [(true, 2), (false, 5)] {
            let mut connection = database.connection().await;
            let (_folder, file) = prepare(database, &mut connection).await;
            let flags = ["--resumable", "--batch-size", "8KiB"];
            let batch = format!("select 1 from vecops.seed_ledger where rows > {batches} * 30");
            kill_when(database, &mut connection, &file, &flags, &batch).await;
            assert!(indexes(&mut connection).await.is_empty());
            assert_eq!(waiting(&mut connection).await, [NAME]);
            if resume {
                // Without the flag: what an earlier run dropped is built again all the same.
                let report = seed(database, &file, &flags).report();
                assert_eq!(
                    report["deferred_indexes"]["built"].as_array().unwrap().len(),
                    1,
                    "{report}"
                );
            } else {
                let restored = index(database, &["restore-deferred", TABLE, "--yes"]).report();
                assert_eq!(restored["built"].as_array().unwrap().len(), 1, "{restored}");
                seed(database, &file, &flags).report();
            }
            expect_whole(&mut connection).await;
            run(&mut connection, "drop schema vecops cascade").await;
        }
    })
    .await;
}

#[tokio::test]
async fn killed_while_it_builds_the_index_the_next_run_finds_it() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let (_folder, file) = prepare(database, &mut connection).await;
        let building = "select 1 from pg_stat_progress_create_index
            where datname = current_database() and command like '%CONCURRENTLY'";
        kill_when(database, &mut connection, &file, &[], building).await;
        assert_eq!(waiting(&mut connection).await, [NAME]);
        let restored = index(database, &["restore-deferred", "--yes"]).report();
        let (built, found) = (&restored["built"], &restored["found"]);
        assert_eq!(
            built.as_array().unwrap().len() + found.as_array().unwrap().len(),
            1,
            "{restored}"
        );
        let definition = texts(
            &mut connection,
            &format!("select 1::text from pg_class where relname = '{NAME}'"),
        )
        .await;
        assert_eq!(definition.len(), 1);
        assert!(waiting(&mut connection).await.is_empty());
        let nothing = index(database, &["restore-deferred", "--yes"]).report();
        assert_eq!(nothing["waiting"].as_array().unwrap().len(), 0);
    })
    .await;
}
