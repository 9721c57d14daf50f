//! What servers do to a load: they restart, limit time, run out of disk, turn read-only, refuse.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::process::{Child, Output};

use predicates::prelude::predicate;
use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, PgConnection};
use vecops::sql;

use super::faults::{Load, ROWS, content, ended, source};
use super::fixture::{TABLE, count, file, number, seed, start, table};
use crate::support::{OwnServer, TestDatabase, TinyDisk, kill, majors, on_each_server, wait_until};

#[tokio::test]
async fn a_server_that_shuts_down_at_once_and_comes_back_lets_the_load_go_on() {
    for major in majors() {
        let mut own = OwnServer::new(major);
        // Without durability the last moments before a crash may be lost.
        own.options.durable = true;
        let running = own.start().await;
        let url = running.url().expose_secret().to_owned();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        table(&mut connection, "vector(2)", "").await;
        let rows = file("rows.jsonl", source(u64::MAX).as_bytes());
        let load = Load {
            path: &rows.path,
            flags: &["--resumable", "--batch-size", "16KiB"],
        };
        let mut program = load.spawn(&url);
        wait_until("a batch is in", async || count(&mut connection).await > 0).await;
        kill(running.pid, "QUIT");
        let status = ended(&mut program).await;
        let output = program.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(status.code(), Some(4), "{stderr}");
        assert!(stderr.contains("it goes on behind the last batch"), "{stderr}");
        assert_eq!(load.run(&url).await.code(), Some(11), "nobody is there");

        own.start().await;
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let between = count(&mut connection).await;
        assert!(between.unsigned_abs() < ROWS, "it was over before the shutdown");
        assert!(load.run(&url).await.success());
        let distinct = format!("select count(distinct content) from {TABLE}");
        let found = (
            content(&mut connection).await.0,
            number(&mut connection, &distinct).await,
        );
        assert_eq!(found, (4_000, 4_000), "from {between} rows on");
    }
}

/// What a program said, once it has ended.
fn output(program: Child) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = program.wait_with_output().unwrap();
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

#[tokio::test]
async fn the_time_limits_of_the_role_do_not_end_a_load_that_takes_longer() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let mut limits = vec!["statement_timeout", "idle_in_transaction_session_timeout"];
        let newer = "select count(*) from pg_settings where name = 'transaction_timeout'";
        if number(&mut connection, newer).await == 1 {
            limits.push("transaction_timeout");
        }
        for limit in limits {
            let set = format!(
                "alter role postgres in database {} set {limit} = '700ms'",
                database.name
            );
            sql::run(&mut connection, set).await.unwrap();
        }
        let mut administrator = database.administrator().await;
        let mut program = start(database);
        let mut input = program.stdin.take().unwrap();
        let line = "{\"content\": \"c\", \"embedding\": [1, 2]}\n";
        input.write_all(line.repeat(9_000).as_bytes()).unwrap();
        wait_until("the transaction is older than its limits", async || {
            let old = "select count(*) from pg_stat_activity where datname = current_database()
                and application_name like 'vecops%' and xact_start < now() - interval '1500ms'";
            number(&mut administrator, old).await == 1
        })
        .await;
        input.write_all(line.as_bytes()).unwrap();
        drop(input);
        let (code, stderr) = output(program);
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(count(&mut administrator).await, 9_001);
    })
    .await;
}

#[tokio::test]
async fn a_read_only_database_is_refused_before_it_is_tried() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let rows = file("rows.jsonl", b"{\"content\": \"c\", \"embedding\": [1, 2]}\n");
        let path = rows.path.to_str().unwrap();
        // What Supabase does when the disk is nearly full.
        let set = format!(
            "alter role postgres in database {} set default_transaction_read_only = on",
            database.name
        );
        sql::run(&mut connection, set).await.unwrap();
        for more in [
            &[][..],
            &["--resumable"],
            &["--replace"],
            &["--on-conflict", "update"],
        ] {
            seed(database, &[&["--from", path, "--yes"], more].concat())
                .code(12)
                .stdout("")
                .stderr(predicate::str::contains("is in read-only mode"))
                .stderr(predicate::str::contains("On Supabase the disk"));
        }
        assert_eq!(count(&mut connection).await, 0);
        // What only reads goes on.
        seed(database, &["--from", path, "--dry-run"]).success();
    })
    .await;
}

/// Moves the table to a tablespace on a disk that it will not fit on.
async fn move_to(disk: &TinyDisk, database: &TestDatabase) {
    let place = disk.path().join("tablespace");
    fs_err::create_dir(&place).unwrap();
    let owner = fs_err::metadata(database.server.running.data_folder.join("postgresql/PG_VERSION")).unwrap();
    chown(&place, Some(owner.uid()), Some(owner.gid())).unwrap();
    let mut administrator = database.administrator().await;
    let create = format!(
        "create tablespace {}_tiny location '{}'",
        database.name,
        place.display()
    );
    sql::run(&mut administrator, create).await.unwrap();
    let alter = format!("alter table {TABLE} set tablespace {}_tiny", database.name);
    sql::run(&mut administrator, alter).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_of_the_server_leaves_all_or_nothing_and_what_is_committed() {
    on_each_server(async |database| {
        let Some(disk) = TinyDisk::new("size=6m") else {
            return;
        };
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        move_to(&disk, database).await;
        let text = source(u64::MAX);
        let rows = file("rows.jsonl", text.repeat(4).as_bytes());
        let path = rows.path.to_str().unwrap();
        let full = || predicate::str::contains("No space left on device (SQLSTATE 53100)");
        seed(database, &["--from", path, "--yes"]).code(12).stderr(full());
        assert_eq!(count(&mut connection).await, 0);
        sql::run(&mut connection, format!("truncate {TABLE}"))
            .await
            .unwrap();

        let resumable = ["--from", path, "--yes", "--resumable", "--batch-size", "256KiB"];
        seed(database, &resumable).code(4).stderr(full());
        let between = count(&mut connection).await;
        assert!(between > 0 && between < 16_000, "{between}");
        // Somebody makes room, and the same command goes on.
        let mut administrator = database.administrator().await;
        let back = format!("alter table {TABLE} set tablespace pg_default");
        sql::run(&mut administrator, back).await.unwrap();
        seed(database, &resumable).success();
        assert_eq!(count(&mut connection).await, 16_000);
        let distinct = format!(
            "select count(*) from (select content from {TABLE} group by content having count(*) = 4) s"
        );
        assert_eq!(number(&mut connection, &distinct).await, 4_000);
        drop(connection);
        let drop = format!("drop tablespace {}_tiny", database.name);
        sql::run(&mut administrator, drop).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn who_may_not_do_all_that_a_load_needs_is_told_and_nothing_is_loaded() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let mut administrator = database.administrator().await;
        let role = format!("loader_{}", database.name);
        let make = format!(
            "create role {role} login password 'secret';
             grant usage on schema \"My App\" to {role};
             grant usage on schema extensions to {role};
             grant insert on {TABLE} to {role};
             grant usage, update on all sequences in schema \"My App\" to {role};"
        );
        sql::run(&mut administrator, make).await.unwrap();
        let mut url = url::Url::parse(&database.url()).unwrap();
        url.set_username(&role).unwrap();
        url.set_password(Some("secret")).unwrap();
        let rows = file(
            "rows.jsonl",
            b"{\"id\": 1, \"content\": \"c\", \"embedding\": [1, 2]}\n",
        );
        let sandbox = crate::support::Sandbox::new();
        let run = |more: &[&str]| {
            let flags = ["seed", TABLE, "--from", rows.path.to_str().unwrap(), "--yes"];
            let mut command = sandbox.vecops(&[&flags, more].concat());
            command.env("VECOPS_DB_URL", url.as_str()).assert()
        };
        let denied = || predicate::str::contains("(SQLSTATE 42501)");
        run(&["--on-conflict", "update"]).code(12).stderr(denied());
        run(&["--replace"]).code(12).stderr(denied());
        run(&["--resumable"])
            .code(12)
            .stderr(denied())
            .stderr(predicate::str::contains("make the ledger `vecops.seed_ledger`"));
        assert_eq!(count(&mut connection).await, 0);
        run(&[]).success();
        assert_eq!(count(&mut connection).await, 1);
        let gone = format!("drop owned by {role}; drop role {role}");
        sql::run(&mut administrator, gone).await.unwrap();
    })
    .await;
}
