//! Builds whose connection is cut, whose server goes down, whose disk is full, whose role has little time.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::process::{Child, Command, Stdio};

use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, PgConnection};

use super::fixture::{INDEX, TABLE, index, indexes, run, settled, texts, vectors};
use crate::seed::proxy::{Direction, Proxy};
use crate::support::{OwnServer, TinyDisk, kill, majors, on_each_server, wait_until};

const NAME: &str = "items_embedding_cosine_hnsw";

fn start(url: &str, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_vecops"))
        .arg("index")
        .args(arguments)
        .args(["--yes", "--workers", "0"])
        .env_clear()
        .env("HOME", "/nowhere")
        .env("VECOPS_DB_URL", url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn under_way(connection: &mut PgConnection) {
    wait_until("the build takes rows in", async || {
        let query = "select phase from pg_stat_progress_create_index
            where datname = current_database() and phase = 'building index: loading tuples' and blocks_done > 1";
        !texts(connection, query).await.is_empty()
    })
    .await;
}

fn end(program: Child) -> (Option<i32>, String) {
    let output = program.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), stderr)
}

#[tokio::test]
async fn a_cut_connection_leaves_no_invalid_index_unnamed() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 128, 8_000).await;
        let url = database.url();
        let (front, place) = url.rsplit_once('@').unwrap();
        let (server, rest) = place.split_once('/').unwrap();
        let proxy = Proxy::start(server.to_owned(), Direction::ToServer, usize::MAX, true).await;
        let through = format!("{front}@127.0.0.1:{}/{rest}", proxy.port);
        let program = start(&through, &["create", TABLE]);
        under_way(&mut connection).await;
        proxy.let_new_ones_pass();
        proxy.cut();
        let ended = tokio::task::spawn_blocking(move || end(program));
        let (code, stderr) = ended.await.unwrap();
        assert_eq!(code, Some(11), "{stderr}");
        assert!(stderr.contains("vecops index clean"), "{stderr}");
        // The server builds on, since nobody told it otherwise.
        settled(&mut connection).await;
        let there = indexes(&mut connection).await;
        assert!(there.is_empty() || there == [NAME], "{there:?}");
    })
    .await;
}

#[tokio::test]
async fn a_server_that_comes_back_has_no_invalid_index() {
    for major in majors() {
        let own = OwnServer::new(major);
        let running = own.start().await;
        let url = running.url().expose_secret().to_owned();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        vectors(&mut connection, 128, 8_000).await;
        let program = start(&url, &["create", TABLE]);
        under_way(&mut connection).await;
        kill(running.pid, "QUIT");
        wait_until("the server is gone", async || {
            PgConnection::connect(&url).await.is_err()
        })
        .await;
        own.start().await;
        let ended = tokio::task::spawn_blocking(move || end(program));
        let (code, stderr) = ended.await.unwrap();
        assert_eq!(code, Some(11), "{stderr}");
        let mut connection = PgConnection::connect(&url).await.unwrap();
        assert!(indexes(&mut connection).await.is_empty(), "{stderr}");
    }
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_index_and_nothing_else() {
    on_each_server(async |database| {
        let Some(disk) = TinyDisk::new("size=2m") else {
            return;
        };
        let mut connection = database.connection().await;
        vectors(&mut connection, 64, 3_000).await;
        index(database, &["create", TABLE, "--yes"]).report();
        let place = disk.path().join("tablespace");
        fs_err::create_dir(&place).unwrap();
        let owner = fs_err::metadata(database.server.running.data_folder.join("postgresql/PG_VERSION")).unwrap();
        chown(&place, Some(owner.uid()), Some(owner.gid())).unwrap();
        let mut administrator = database.administrator().await;
        let tablespace = format!("{}_tiny", database.name);
        let create = format!("create tablespace {tablespace} location '{}'", place.display());
        run(&mut administrator, create).await;
        run(
            &mut administrator,
            format!("grant create on tablespace {tablespace} to public; alter index {INDEX} set tablespace {tablespace}"),
        )
        .await;
        for arguments in [&["reindex", INDEX, "--yes"][..], &["replace", INDEX, "--m", "8", "--yes"]] {
            let error = index(database, arguments).error(12);
            assert!(error.contains("No space left on device"), "{error}");
            assert_eq!(indexes(&mut connection).await, [NAME], "{error}");
        }
        index(database, &["replace", INDEX, "--rollback", "--yes"]).report();
        run(&mut administrator, format!("alter index {INDEX} set tablespace pg_default")).await;
        run(&mut administrator, format!("drop tablespace {tablespace}")).await;
    })
    .await;
}

#[tokio::test]
async fn the_time_limits_of_the_role_end_no_build() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 128, 8_000).await;
        let query = "select name from pg_settings where name in
            ('statement_timeout', 'transaction_timeout', 'idle_session_timeout', 'lock_timeout')";
        for limit in texts(&mut connection, query).await {
            // A plan is one transaction, and takes a moment on a busy machine; a build takes longer.
            let time = if limit == "transaction_timeout" {
                "2s"
            } else {
                "250ms"
            };
            let set = format!(
                "alter role postgres in database {} set {limit} = '{time}'",
                database.name
            );
            run(&mut connection, set).await;
        }
        for arguments in [
            &["create", TABLE, "--workers", "0", "--yes"][..],
            &[
                "replace",
                INDEX,
                "--m",
                "12",
                "--workers",
                "0",
                "--grace",
                "0s",
                "--yes",
            ],
            &["reindex", INDEX, "--workers", "0", "--yes"],
        ] {
            let built = index(database, arguments).report();
            let seconds = built["built"]["seconds"].as_f64().or(built["seconds"].as_f64());
            assert!(seconds > Some(0.25), "too quick to tell: {built:#}");
        }
        assert_eq!(indexes(&mut connection).await, [NAME]);
    })
    .await;
}
