//! What breaks a restore, the state that it leaves, and that the next run heals it.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, PgConnection, Row as _};
use vecops::sql;

use super::fixture::{digest, dump, items, run, value};
use super::restoring::restore;
use crate::support::{Sandbox, TestDatabase, database, on_each_server, wait_until};

const LEDGER: &str = include_str!("../../../sql/backup/restore/ledger_create.sql");

/// Has a restore stop inside the transaction that moves the ledger to a stage, or that loads a chunk, for as long as
/// the connection holds the lock.
pub(super) async fn stop_at(database: &TestDatabase, table: &str, when: &str) -> PgConnection {
    run(database, &vecops::sql::own_tables("restore_ledger", LEDGER)).await;
    let event = if table == "restores" { "update" } else { "insert" };
    let trigger = format!(
        "create or replace function vecops.stop() returns trigger language plpgsql as
            $$ begin perform pg_advisory_xact_lock_shared(42); return new; end $$;
         drop trigger if exists stop on vecops.restores;
         drop trigger if exists stop on vecops.restore_ledger;
         create trigger stop before {event} on vecops.{table} for each row when ({when}) execute function vecops.stop()"
    );
    run(database, &trigger).await;
    let mut holder = database.connection().await;
    sql::run(&mut holder, "select pg_advisory_lock(42)")
        .await
        .unwrap();
    holder
}

pub(super) async fn wait_for_stop(database: &TestDatabase) {
    wait_until("the restore stops", async || {
        value(
            database,
            "select count(*) from pg_locks where locktype = 'advisory' and objid = 42 and not granted
                and database = (select oid from pg_database where datname = current_database())",
        )
        .await
            != "0"
    })
    .await;
}

pub(super) async fn wait_for_end(database: &TestDatabase) {
    wait_until("the server ends the restore's sessions", async || {
        let programs = "select count(*) from pg_stat_activity
            where datname = current_database() and application_name like 'vecops%'";
        value(database, programs).await == "0"
    })
    .await;
}

/// Whether anybody but the owner may read the table.
pub(super) async fn is_open(database: &TestDatabase) -> bool {
    value(
        database,
        "select coalesce(has_table_privilege('authenticated', to_regclass('public.items'), 'select')
            or has_table_privilege('anon', to_regclass('public.items'), 'select'), false)",
    )
    .await
        == "true"
}

pub(super) fn arguments(sandbox: &Sandbox, target: &TestDatabase) -> Vec<String> {
    let from = sandbox.path().join("repository").display().to_string();
    ["restore", &from, "--db-url", &target.url(), "--yes"]
        .map(str::to_owned)
        .to_vec()
}

#[tokio::test]
async fn of_two_restores_at_once_one_is_refused() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        let target = database(source.major()).await;
        let holder = stop_at(&target, "restore_ledger", "new.chunk = 1").await;
        let arguments = arguments(&sandbox, &target);
        let mut first = sandbox.spawn(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        wait_for_stop(&target).await;
        restore(&sandbox, &target, &[])
            .assert()
            .code(13)
            .stderr(predicates::str::contains(
                "another run of this restore is at work",
            ));
        holder.close().await.unwrap();
        assert!(first.wait().unwrap().success());
        assert_eq!(
            digest(&target, "public.items").await,
            digest(source, "public.items").await
        );
        target.remove().await;
    })
    .await;
}

#[tokio::test]
async fn a_session_that_the_server_ends_is_a_reason_to_run_again() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        let target = database(source.major()).await;
        let holder = stop_at(&target, "restore_ledger", "new.chunk = 2").await;
        let arguments = arguments(&sandbox, &target);
        let mut program = sandbox.spawn(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        wait_for_stop(&target).await;
        let mut administrator = target.administrator().await;
        let end = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 42 and not granted";
        sql::run(&mut administrator, end).await.unwrap();
        assert_eq!(program.wait().unwrap().code(), Some(4));
        holder.close().await.unwrap();
        wait_for_end(&target).await;
        restore(&sandbox, &target, &[]).assert().success();
        assert_eq!(
            digest(&target, "public.items").await,
            digest(source, "public.items").await
        );
        target.remove().await;
    })
    .await;
}

/// The objects of a repository, by size.
fn objects(repository: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in fs_err::read_dir(repository.join("objects")).unwrap() {
        for entry in fs_err::read_dir(folder.unwrap().path()).unwrap() {
            found.push(entry.unwrap().path());
        }
    }
    found.sort_by_key(|path| std::cmp::Reverse(path.metadata().unwrap().len()));
    found
}

#[tokio::test]
async fn a_damaged_chunk_is_named_and_the_table_stays_closed() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        let repository = dump(&sandbox, source, &[]);
        let expected = digest(source, "public.items").await;
        let objects = objects(&repository);
        let (victim, other) = (&objects[0], &objects[1]);
        let (good, good_other) = (fs_err::read(victim).unwrap(), fs_err::read(other).unwrap());
        let name = victim.file_name().unwrap().to_str().unwrap().to_owned();
        let target = database(source.major()).await;
        run(
            &target,
            "alter default privileges grant all on tables to anon, authenticated",
        )
        .await;

        // What is seen by its size or its absence is found before anything is made.
        for damage in [
            Some(&good[..good.len() - 1]),
            Some(&good_other[..good_other.len().min(good.len() - 1)]),
            None,
        ] {
            match damage {
                Some(bytes) => fs_err::write(victim, bytes).unwrap(),
                None => fs_err::remove_file(victim).unwrap(),
            }
            restore(&sandbox, &target, &[])
                .assert()
                .code(14)
                .stderr(predicates::str::contains(&name));
            assert_eq!(value(&target, "select to_regclass('public.items')").await, "");
        }
        // A bit that flipped, and another chunk of the same length, are found when they are read.
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        let mut swapped = good_other.clone();
        swapped.resize(good.len(), 0);
        for bytes in [&flipped, &swapped] {
            fs_err::write(victim, bytes).unwrap();
            restore(&sandbox, &target, &[])
                .assert()
                .code(14)
                .stderr(predicates::str::contains(&name));
            assert!(!is_open(&target).await);
            let bad = "select count(*) from public.items where body not like 'body %'";
            assert_eq!(value(&target, bad).await, "0");
        }
        fs_err::write(victim, &good).unwrap();
        restore(&sandbox, &target, &[]).assert().success();
        assert_eq!(digest(&target, "public.items").await, expected);
        assert!(is_open(&target).await);
        target.remove().await;
    })
    .await;
}

/// Changes a manifest as a forger would, its own SHA-256 included.
pub(super) fn edit_manifest(repository: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let sets = fs_err::read_dir(repository.join("sets")).unwrap();
    let database = sets.map(|entry| entry.unwrap().path()).next().unwrap();
    let set = fs_err::read_dir(database)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .next()
        .unwrap();
    let path = set.join("MANIFEST.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    let bytes = serde_json::to_vec(&manifest).unwrap();
    fs_err::write(
        set.join("MANIFEST.json.sha256"),
        format!("{:x}  MANIFEST.json\n", Sha256::digest(&bytes)),
    )
    .unwrap();
    fs_err::write(&path, bytes).unwrap();
}

#[tokio::test]
async fn what_cannot_be_restored_is_refused_before_anything_is_made() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        let repository = dump(&sandbox, source, &[]);
        let target = database(source.major()).await;
        let refused = async |code: i32, why: &str| {
            restore(&sandbox, &target, &[])
                .assert()
                .code(code)
                .stderr(predicates::str::contains(why.to_owned()));
            assert_eq!(value(&target, "select to_regclass('public.items')").await, "");
        };
        edit_manifest(&repository, |manifest| {
            manifest["definition"]["extensions"][0]["version"] = "99.0".into();
        });
        refused(12, "99.0").await;
        edit_manifest(&repository, |manifest| {
            manifest["definition"]["extensions"][0]["version"] = "0.5.0".into();
            manifest["definition"]["tables"][0]["access"]["granted"][0]["to"] =
                serde_json::json!({"role": "nobody_here"});
        });
        refused(12, "nobody_here").await;
        edit_manifest(&repository, |manifest| {
            manifest["definition"]["tables"][0]["access"]["granted"][0]["to"] =
                serde_json::json!({"role": "anon"});
        });
        run(&target, "create type public.items as enum ('a')").await;
        restore(&sandbox, &target, &[]).assert().failure();
        run(&target, "drop type public.items").await;
        run(&target, "create role vecops_guest login password 'x'").await;
        let guest = target.url().replacen("postgres:", "vecops_guest:", 1);
        let guest = format!(
            "{}:x@{}",
            guest.rsplit_once('@').unwrap().0.rsplit_once(':').unwrap().0,
            guest.rsplit_once('@').unwrap().1
        );
        let from = repository.display().to_string();
        sandbox
            .vecops(&["restore", &from, "--db-url", &guest, "--yes"])
            .assert()
            .code(12)
            .stderr(predicates::str::contains("vecops_guest"));
        run(&target, "drop role vecops_guest").await;
        edit_manifest(&repository, |manifest| manifest["format"] = 2.into());
        refused(14, "format 2").await;
        target.remove().await;
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_shows_the_plan_and_changes_nothing() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        let target = database(source.major()).await;
        let output = restore(
            &sandbox,
            &target,
            &["--dry-run", "--json", "--maintenance-work-mem", "1MB"],
        )
        .assert()
        .success();
        let plan: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        assert_eq!(plan["data"]["tables"][0]["grants"][0], "authenticated: select");
        assert_eq!(plan["data"]["indexes"][1]["spills"], true, "{plan:#}");
        let mut connection = target.connection().await;
        let row = sql::dynamic("select count(*)::int4 from pg_namespace where nspname = 'vecops'".to_owned())
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(row.get::<i32, _>(0), 0);
        target.remove().await;
    })
    .await;
}

#[tokio::test]
async fn low_time_limits_of_the_role_cut_nothing_off() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        let target = database(source.major()).await;
        let mut limits = vec![
            "statement_timeout",
            "idle_in_transaction_session_timeout",
            "idle_session_timeout",
        ];
        if source.major().to_string() != "16" {
            limits.push("transaction_timeout");
        }
        for limit in limits {
            let name = &target.name;
            run(
                &target,
                &format!("alter role postgres in database {name} set {limit} = '150ms'"),
            )
            .await;
        }
        restore(&sandbox, &target, &["--jobs", "1"]).assert().success();
        target.remove().await;
    })
    .await;
}

#[tokio::test]
async fn a_build_that_outgrows_its_memory_says_so_while_it_runs() {
    on_each_server(async |source| {
        items(source).await;
        let long = "create index items_l2 on public.items using hnsw (embedding extensions.vector_l2_ops) with (m = 16, ef_construction = 120)";
        run(source, long).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        let target = database(source.major()).await;
        restore(&sandbox, &target, &["--maintenance-work-mem", "1MB"])
            .assert()
            .success()
            .stderr(predicates::str::contains("no longer fits into its memory"));
        target.remove().await;
    })
    .await;
}
