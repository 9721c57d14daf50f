//! What is dumped is one moment of the database, all of it, or it says what is missing.

use std::os::unix::fs::PermissionsExt as _;

use sqlx::Connection as _;

use super::fixture::{Place, docs, files, more_docs, number, run};
use crate::support::{TestDatabase, database, majors, on_each_server, wait_until};

/// The URL of the database for another role, made for the test.
async fn as_role(database: &TestDatabase, role: &str, rights: &str) -> String {
    let mut administrator = database.administrator().await;
    let role = format!("{role}_{}", database.name);
    run(
        &mut administrator,
        format!(
            "create role {role} login password 'secret'; {}",
            rights.replace("ROLE", &role)
        ),
    )
    .await;
    let mut url = url::Url::parse(&database.url()).unwrap();
    url.set_username(&role).unwrap();
    url.set_password(Some("secret")).unwrap();
    url.into()
}

#[tokio::test]
async fn a_dump_is_published_whole_and_private_and_compares_equal() {
    on_each_server(async |database| {
        docs(database, 3000).await;
        let place = Place::new();
        let report = place.dumped(database, &["--chunk-size", "1", "--jobs", "3"]);
        assert_eq!(report["data"]["state"], "complete");
        assert_eq!(report["data"]["rows"], 3000);
        let chunks = report["data"]["tables"][0]["chunks"].as_u64().unwrap();
        assert!(chunks >= 3, "{report}");
        assert_eq!(u64::try_from(place.objects().len()).unwrap(), chunks);
        place.expect_equal(database);
        for path in files(&place.repository()) {
            let mode = fs_err::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
            let folder = fs_err::metadata(path.parent().unwrap()).unwrap();
            assert_eq!(folder.permissions().mode() & 0o777, 0o700, "{}", path.display());
        }
        let left: Vec<_> = files(&place.repository().join("journal"));
        assert!(left.is_empty(), "{left:?}");

        // The same rows again are the same chunks.
        place.dumped(database, &["--chunk-size", "1", "--jobs", "1"]);
        assert_eq!(place.backups(), 2);
        assert_eq!(u64::try_from(place.objects().len()).unwrap(), chunks);

        let mut connection = database.connection().await;
        run(
            &mut connection,
            "update docs set content = 'other' where id = 1500; delete from docs where id = 2999",
        )
        .await;
        let against = place.differences(database);
        let ranges = against["data"]["tables"][0]["ranges"].as_array().unwrap();
        assert_eq!(ranges.len(), 2, "{against}");
        assert_eq!(against["data"]["tables"][0]["database_rows"], 2999);
    })
    .await;
}

#[tokio::test]
async fn keys_of_every_kind_and_none_cut_a_table_into_all_of_its_rows() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let tables = [
            ("negative", "id int primary key", "n - 1500"),
            ("by_uuid", "id uuid primary key", "md5(n::text)::uuid"),
            ("by_text", "id text primary key", "chr(97 + n % 26) || ' é''\\ ' || n"),
            ("by_time", "id timestamptz primary key", "'2026-01-01'::timestamptz + n * interval '1 second'"),
            ("composite", "team text collate \"C\", id bigint, primary key (team, id)", "(n % 7)::text, n"),
            ("unique_only", "id bigint not null unique", "n * 3"),
            ("no_key", "id int", "n % 100"),
            ("nullable", "id int unique", "nullif(n, 5)"),
        ];
        for (name, columns, values) in tables {
            run(
                &mut connection,
                format!(
                    "create table {name} ({columns}, filler bytea); insert into {name} \
                     select {values}, decode(repeat(md5(n::text), 32), 'hex') from generate_series(1, 3000) n; \
                     analyze {name}"
                ),
            )
            .await;
        }
        run(
            &mut connection,
            "create table empty (id int primary key); \
             create table parted (id int, part int, filler text, primary key (part, id)) partition by list (part); \
             create table parted_1 partition of parted for values in (1); \
             create table parted_2 partition of parted for values in (2); \
             insert into parted select n, 1 + n % 2, repeat(md5(n::text), 32) from generate_series(1, 3000) n; \
             create table parent (id int primary key, filler text); create table child () inherits (parent); \
             insert into parent values (1); insert into child values (2)",
        )
        .await;
        let place = Place::new();
        let report = place.dumped(database, &["--schema", "public", "--chunk-size", "1"]);
        for table in report["data"]["tables"].as_array().unwrap() {
            let name = table["table"].as_str().unwrap();
            let rows = match name {
                "public.empty" => 0,
                "public.parent" | "public.child" => 1,
                _ => 3000,
            };
            assert_eq!(table["rows"], rows, "{table}");
            let cut = table["chunks"].as_u64().unwrap() > 1;
            assert_eq!(cut, rows == 3000, "{table}");
            let has_key = !matches!(name, "public.no_key" | "public.nullable" | "public.child");
            assert_eq!(table["has_key"], has_key, "{table}");
        }
        assert_eq!(report["data"]["tables"].as_array().unwrap().len(), 12, "{report}");
        place.expect_equal(database);
    })
    .await;
}

#[tokio::test]
async fn writers_go_on_and_the_backup_is_one_moment() {
    for major in majors() {
        let (source, target) = (database(major).await, database(major).await);
        docs(&source, 2000).await;
        let mut connection = source.connection().await;
        run(
            &mut connection,
            "create table debit (id int primary key, amount bigint, v extensions.vector(2)); \
             create table credit (id int primary key, amount bigint, v extensions.vector(2)); \
             insert into debit select n, 100 from generate_series(1, 500) n; insert into credit select * from debit",
        )
        .await;
        let mut writers = Vec::new();
        for writer in 0..3 {
            let mut connection = source.connection().await;
            let moved = format!(
                "with moved as (update debit set amount = amount - 1 where id = 1 + (random() * 498)::int returning 1) \
                 update credit set amount = amount + (select count(*) from moved) where id = {}",
                writer + 1
            );
            writers.push(tokio::spawn(async move {
                loop {
                    vecops::sql::run(&mut connection, moved.clone()).await.unwrap();
                }
            }));
        }
        let place = Place::new();
        for _ in 0..4 {
            let before = number(&mut connection, "select sum(amount)::int8 from credit").await;
            let url = source.url();
            let mut command = place.dump(&url, &["--chunk-size", "1"]);
            let done = tokio::task::spawn_blocking(move || command.output().unwrap())
                .await
                .unwrap();
            assert!(done.status.success());
            let after = number(&mut connection, "select sum(amount)::int8 from credit").await;
            assert!(after > before, "the writers stood still while it was dumped");
        }
        writers.iter().for_each(tokio::task::JoinHandle::abort);
        let emergency = place.newest().join("emergency.sh");
        let done = std::process::Command::new("sh")
            .arg(emergency)
            .arg(target.url())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let mut restored = target.connection().await;
        let sum = "select (select sum(amount) from debit)::int8 + (select sum(amount) from credit)::int8";
        assert_eq!(number(&mut restored, sum).await, 100_000);
    }
}

#[tokio::test]
async fn rows_that_row_security_hides_are_an_error_or_make_the_backup_degraded() {
    on_each_server(async |database| {
        docs(database, 100).await;
        let mut connection = database.connection().await;
        run(
            &mut connection,
            "alter table docs enable row level security; create policy few on docs using (id <= 25); \
             create table open (id int primary key, v extensions.vector(2)); insert into open values (1)",
        )
        .await;
        let rights = "grant select on public.docs, public.open to ROLE; grant usage on schema extensions to ROLE; \
                      grant select on sequence docs_id_seq to ROLE";
        let url = as_role(database, "reader", rights).await;
        let place = Place::new();
        let refused = place.dump(&url, &[]).assert().code(12);
        let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(said.contains("row-level security hides rows of `public.docs`"), "{said}");
        assert_eq!(place.backups(), 0);

        let partial = place.dump(&url, &["--allow-partial"]).assert().code(4);
        let report: serde_json::Value = serde_json::from_slice(&partial.get_output().stdout).unwrap();
        assert_eq!(report["data"]["state"], "degraded");
        assert_eq!(report["data"]["rows"], 26);
        let said = place.sandbox.vecops(&["verify", "repository"]).assert().success();
        let said = String::from_utf8_lossy(&said.get_output().stdout).into_owned();
        assert!(said.contains("degraded: row-level security hides rows"), "{said}");

        // Who owns the table sees all of it, unless security is forced upon the owner, too.
        run(&mut connection, "alter table docs force row level security").await;
        place.dump(&database.url(), &[]).assert().success();
    })
    .await;
}

#[tokio::test]
async fn what_a_role_may_not_read_is_an_error_or_left_out() {
    on_each_server(async |database| {
        docs(database, 10).await;
        let mut connection = database.connection().await;
        run(
            &mut connection,
            "create table open (id int primary key, v extensions.vector(2))",
        )
        .await;
        let rights = "grant select on public.open to ROLE; grant usage on schema extensions to ROLE";
        let url = as_role(database, "stranger", rights).await;
        let place = Place::new();
        let refused = place.dump(&url, &[]).assert().code(12);
        let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(said.contains("may not read `public.docs`"), "{said}");
        let partial = place.dump(&url, &["--allow-partial"]).assert().code(4);
        let report: serde_json::Value = serde_json::from_slice(&partial.get_output().stdout).unwrap();
        assert_eq!(report["data"]["tables"].as_array().unwrap().len(), 1, "{report}");
        place.dump(&database.url(), &["public.nothing"]).assert().code(12);
    })
    .await;
}

#[tokio::test]
async fn a_lock_in_the_way_is_waited_for_and_nobody_waits_behind_the_dump() {
    for major in majors() {
        let database = database(major).await;
        docs(&database, 500).await;
        let mut holder = database.connection().await;
        run(
            &mut holder,
            "begin; lock table docs in access exclusive mode; delete from docs where id <= 100",
        )
        .await;
        let place = Place::new();
        let mut command = place.dump(&database.url(), &[]);
        let dumping = tokio::task::spawn_blocking(move || command.output().unwrap());
        let mut watcher = database.administrator().await;
        wait_until("the dump waits for the lock", async || {
            number(
                &mut watcher,
                "select count(*) from pg_locks where not granted and mode = 'AccessShareLock'",
            )
            .await
                > 0
        })
        .await;
        // It gives up after two seconds, and asks again.
        wait_until("the dump lets go of the queue", async || {
            number(
                &mut watcher,
                "select count(*) from pg_locks where not granted and mode = 'AccessShareLock'",
            )
            .await
                == 0
        })
        .await;
        run(&mut holder, "commit").await;
        let done = dumping.await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(report["data"]["rows"], 400, "what the lock's holder did is in it");
        place.expect_equal(&database);
    }
}

#[tokio::test]
async fn two_dumps_at_once_share_a_repository() {
    for major in majors() {
        let database = database(major).await;
        docs(&database, 3000).await;
        let place = Place::new();
        let mut dumps = Vec::new();
        for _ in 0..3 {
            let mut command = place.dump(&database.url(), &["--chunk-size", "1"]);
            dumps.push(tokio::task::spawn_blocking(move || command.output().unwrap()));
        }
        for dump in dumps {
            let done = dump.await.unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        assert_eq!(place.backups(), 3);
        place.expect_equal(&database);
        let temporary = files(&place.repository());
        assert!(
            !temporary
                .iter()
                .any(|path| path.display().to_string().contains(".unfinished"))
        );
    }
}

#[tokio::test]
async fn a_folder_that_is_something_else_is_left_alone() {
    let database = database(majors()[0]).await;
    docs(&database, 10).await;
    let place = Place::new();
    fs_err::create_dir(place.repository()).unwrap();
    fs_err::write(place.repository().join("thesis.txt"), "precious").unwrap();
    let refused = place.dump(&database.url(), &[]).assert().code(12);
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.contains("thesis.txt"), "{said}");
    assert_eq!(files(&place.repository()).len(), 1);
    let dry = place.dump(&database.url(), &["--dry-run"]).assert().success();
    let plan: serde_json::Value = serde_json::from_slice(&dry.get_output().stdout).unwrap();
    assert_eq!(plan["data"]["tables"][0]["table"], "public.docs");
    assert_eq!(files(&place.repository()).len(), 1);
    let mut connection = database.connection().await;
    more_docs(&mut connection, 1).await;
    connection.close().await.unwrap();
}
