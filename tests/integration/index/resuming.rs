//! A replacement that is killed or interrupted at any step, and readers and writers throughout.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sqlx::PgConnection;

use super::fixture::{INDEX, TABLE, index, indexes, run, settled, texts, vectors};
use crate::support::{TestDatabase, on_each_server, wait_until};

const NAME: &str = "items_embedding_cosine_hnsw";

fn replace(database: &TestDatabase) -> Child {
    start(
        database,
        &[
            "--m",
            "8",
            "--stored",
            "20",
            "--grace",
            "0s",
            "--min-recall",
            "0.1",
        ],
    )
}

fn start(database: &TestDatabase, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_vecops"))
        .args(["index", "replace", INDEX, "--yes"])
        .args(arguments)
        .env_clear()
        .env("HOME", "/nowhere")
        .env("VECOPS_DB_URL", database.url())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn with_index(connection: &mut PgConnection, rows: u32) {
    vectors(connection, 16, rows).await;
    run(
        connection,
        format!(
            "create index {NAME} on {TABLE} using hnsw (embedding extensions.vector_cosine_ops) with (m = 4)"
        ),
    )
    .await;
}

/// Makes vecops wait where it begins a command of this kind.
async fn hold(database: &TestDatabase, tag: &str) -> PgConnection {
    let mut holder = database.administrator().await;
    run(
        &mut holder,
        format!(
            "create schema if not exists held;
             grant usage on schema held to public;
             create or replace function held.wait() returns event_trigger language plpgsql as $$
             begin
                 if tg_tag = '{tag}' and current_setting('application_name') like 'vecops%' then
                     perform pg_advisory_lock(4711);
                 end if;
             end $$;
             drop event trigger if exists held_wait;
             create event trigger held_wait on ddl_command_start execute function held.wait();
             select pg_advisory_lock(4711)"
        ),
    )
    .await;
    holder
}

async fn release(holder: &mut PgConnection) {
    let statements = "drop event trigger held_wait; select pg_advisory_unlock_all()";
    run(holder, statements).await;
}

async fn held(connection: &mut PgConnection) {
    wait_until("it waits where it is held", async || {
        let query = "select pid::text from pg_stat_activity where datname = current_database()
            and wait_event = 'advisory' and application_name like 'vecops%'";
        !texts(connection, query).await.is_empty()
    })
    .await;
}

/// Ends what a dead client has left on the server.
async fn end_its_sessions(connection: &mut PgConnection) {
    let query = "select pg_terminate_backend(pid)::text from pg_stat_activity
        where datname = current_database() and application_name like 'vecops%'";
    texts(connection, query).await;
    settled(connection).await;
}

#[tokio::test]
async fn killed_at_any_step_the_same_command_goes_on() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        for tag in ["CREATE SCHEMA", "CREATE INDEX", "ALTER INDEX", "DROP INDEX"] {
            run(&mut connection, "drop schema if exists vecops cascade").await;
            with_index(&mut connection, 800).await;
            let mut holder = hold(database, tag).await;
            let mut program = replace(database);
            held(&mut connection).await;
            program.kill().unwrap();
            program.wait().unwrap();
            let error = index(database, &["replace", INDEX, "--m", "8", "--yes"]).error(13);
            assert!(error.contains("another session"), "{tag}: {error}");
            end_its_sessions(&mut connection).await;
            release(&mut holder).await;
            let there = indexes(&mut connection).await;
            assert!(
                there.iter().any(|name| !name.contains("invalid")),
                "{tag}: no index at all: {there:?}"
            );
            let output = replace(database).wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{tag}: {stderr}");
            assert_eq!(indexes(&mut connection).await, [NAME], "{tag}: {stderr}");
            let options = format!(
                "select array_to_string(reloptions, ' ') from pg_class where oid = '{INDEX}'::regclass"
            );
            assert!(texts(&mut connection, &options).await[0].contains("m=8"), "{tag}");
            let left = "select index_name from vecops.index_replacement";
            assert!(texts(&mut connection, left).await.is_empty(), "{tag}");
        }
    })
    .await;
}

#[tokio::test]
async fn killed_at_any_step_it_can_be_undone() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        for tag in ["CREATE INDEX", "ALTER INDEX"] {
            run(&mut connection, "drop schema if exists vecops cascade").await;
            with_index(&mut connection, 500).await;
            let mut holder = hold(database, tag).await;
            let mut program = replace(database);
            held(&mut connection).await;
            program.kill().unwrap();
            program.wait().unwrap();
            end_its_sessions(&mut connection).await;
            release(&mut holder).await;
            let back = index(database, &["replace", INDEX, "--rollback", "--yes"]).report();
            assert_eq!(back["ending"], "rolled-back", "{tag}");
            assert_eq!(indexes(&mut connection).await, [NAME], "{tag}");
        }
    })
    .await;
}

#[tokio::test]
async fn interrupted_while_it_builds_it_leaves_the_old_index_alone() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 500).await;
        // A transaction that the build has to wait for.
        let mut writer = database.connection().await;
        run(
            &mut writer,
            format!("begin; update {TABLE} set language = 'de' where id = 1"),
        )
        .await;
        let program = replace(database);
        wait_until("the build waits", async || {
            let query = "select phase from pg_stat_progress_create_index where datname = current_database()
                and phase like 'waiting%'";
            !texts(&mut connection, query).await.is_empty()
        })
        .await;
        crate::support::kill(program.id(), "INT");
        let output = program.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        run(&mut writer, "rollback").await;
        settled(&mut connection).await;
        assert_eq!(indexes(&mut connection).await, [NAME], "{stderr}");
        assert!(stderr.contains("--rollback"), "{stderr}");

        // What was asked for at first holds.
        for other in [
            ["--min-recall", "0.2"],
            ["--stored", "7"],
            ["--ef-search", "80"],
            ["--max-p95-ratio", "2"],
        ] {
            let arguments = [&["replace", INDEX, "--yes"][..], &other].concat();
            let error = index(database, &arguments).error(13);
            assert!(
                error.contains(other[0]) && error.contains("--rollback"),
                "{error}"
            );
        }
        let plan = index(database, &["replace", INDEX, "--dry-run"]).report();
        assert_eq!(plan["terms"]["criteria"]["min_recall"], 0.1, "{plan:#}");
        let replaced = index(database, &["replace", INDEX, "--yes"]).report();
        assert_eq!(replaced["after"]["queries"], 20, "{replaced:#}");
        assert_eq!(replaced["ending"], "finished", "{replaced:#}");
    })
    .await;
}

#[tokio::test]
async fn interrupted_while_it_measures_it_says_what_is_there_and_what_leads_on() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 1_500).await;
        let program = start(database, &["--m", "8", "--stored", "600", "--min-recall", "0.1"]);
        wait_until("both are measured", async || {
            let query = format!(
                "select a.pid::text from pg_stat_activity a, pg_index i, pg_class c
                 where a.datname = current_database() and a.application_name like 'vecops%' and a.query like '%limit $2'
                   and c.oid = i.indexrelid and c.relname = '{NAME}_vecops_new' and i.indisvalid"
            );
            !texts(&mut connection, &query).await.is_empty()
        })
        .await;
        crate::support::kill(program.id(), "INT");
        let output = program.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        for part in [
            "interrupted while the new index was measured",
            "valid and waits beside it",
            "To go on",
            "--rollback",
        ] {
            assert!(stderr.contains(part), "{part}: {stderr}");
        }
        settled(&mut connection).await;
        assert_eq!(indexes(&mut connection).await.len(), 2, "{stderr}");
        let back = index(database, &["replace", INDEX, "--rollback", "--yes"]).report();
        assert_eq!(back["ending"], "rolled-back");
        assert_eq!(indexes(&mut connection).await, [NAME]);
    })
    .await;
}

/// Reads and writes until it is told to stop; counts what it did.
struct Traffic {
    stop: Arc<AtomicBool>,
    rounds: Arc<AtomicU64>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Traffic {
    fn start(database: &TestDatabase) -> Self {
        let (stop, rounds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let threads = [true, false].map(|reads| {
            let (stop, rounds, url) = (Arc::clone(&stop), Arc::clone(&rounds), database.url());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(traffic(&url, reads, &stop, &rounds));
            })
        });
        Self {
            stop,
            rounds,
            threads: threads.into(),
        }
    }

    /// Its rounds, once it has ended without an error.
    fn end(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().unwrap();
        }
        self.rounds.load(Ordering::SeqCst)
    }
}

async fn traffic(url: &str, reads: bool, stop: &AtomicBool, rounds: &AtomicU64) {
    use sqlx::Connection as _;
    let mut connection = PgConnection::connect(url).await.unwrap();
    run(
        &mut connection,
        "set search_path = public, extensions; set enable_seqscan = off",
    )
    .await;
    let nearest = format!(
        "select id::text from {TABLE} order by embedding <=> (select embedding from {TABLE} where id = 7) limit 5"
    );
    while !stop.load(Ordering::SeqCst) {
        if reads {
            let plan = texts(&mut connection, &format!("explain {nearest}"))
                .await
                .join("\n");
            assert!(
                plan.contains("Index Scan using items_embedding_cosine_hnsw"),
                "{plan}"
            );
            assert_eq!(texts(&mut connection, &nearest).await.len(), 5);
        } else {
            let write = format!(
                "update {TABLE} set embedding = embedding + (select array_agg(random())::vector from generate_series(1, 16))
                 where id = 1 + (random() * 400)::int"
            );
            run(&mut connection, write).await;
        }
        rounds.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn readers_have_an_index_and_writers_go_on_throughout() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        with_index(&mut connection, 1_000).await;
        let traffic = Traffic::start(database);
        index(
            database,
            &[
                "create",
                TABLE,
                "--m",
                "8",
                "--name",
                "items_embedding_cosine_hnsw_second",
                "--yes",
            ],
        )
        .report();
        index(
            database,
            &["drop", "\"My App\".items_embedding_cosine_hnsw_second", "--yes"],
        )
        .report();
        index(
            database,
            &[
                "replace",
                INDEX,
                "--m",
                "8",
                "--stored",
                "10",
                "--min-recall",
                "0.01",
                "--yes",
            ],
        )
        .report();
        index(database, &["replace", INDEX, "--rollback", "--yes"]).report();
        index(database, &["replace", INDEX, "--m", "12", "--yes"]).report();
        index(database, &["replace", INDEX, "--finish", "--yes"]).report();
        index(database, &["reindex", INDEX, "--yes"]).report();
        assert!(traffic.end() > 10);
        assert_eq!(indexes(&mut connection).await, [NAME]);
    })
    .await;
}
