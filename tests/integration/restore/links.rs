//! Connections that stall or are reset, and server disks that are full, while rows come in.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::time::Duration;

use vecops::sql;

use super::faults::{is_open, wait_for_end};
use super::fixture::{digest, dump, few_items, run, value};
use super::restoring::restore;
use crate::backup::fixture::docs;
use crate::backup::interruption::{address, through};
use crate::seed::proxy::{Direction, Proxy};
use crate::support::{Sandbox, TinyDisk, database, majors, wait_until};

/// What a restore that hangs for ever fails by.
const DEADLINE: Duration = Duration::from_secs(55);

#[tokio::test]
async fn a_stalled_or_reset_connection_ends_a_restore_which_then_goes_on() {
    let major = *majors().last().unwrap();
    let (source, target) = (database(major).await, database(major).await);
    few_items(&source).await;
    let sandbox = Sandbox::new();
    dump(&sandbox, &source, &[]);
    let expected = digest(&source, "public.items").await;
    let from = sandbox.path().join("repository").display().to_string();
    for (reset, more) in [(false, true), (false, false), (true, true)] {
        let proxy = Proxy::start(address(&target), Direction::ToServer, 1_500_000, reset).await;
        let url = format!("{}&connect_timeout=1", through(&target, proxy.port));
        let mut command = sandbox.vecops(&[
            "restore",
            &from,
            "--db-url",
            &url,
            "--yes",
            "--jobs",
            "1",
            "--stall-timeout",
            "1",
        ]);
        let restoring = tokio::task::spawn_blocking(move || command.output().unwrap());
        proxy.reached().await;
        if more {
            proxy.let_new_ones_pass();
        }
        if reset {
            proxy.cut();
        }
        let done = tokio::time::timeout(DEADLINE, restoring).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(4), "{said}");
        assert_eq!(said.contains("is stalled"), !reset, "{said}");
        assert!(said.contains("it goes on where it was"), "{said}");
        drop(proxy);
        if !more {
            // Nobody could end its sessions, so the server does that in its own time, or somebody by hand.
            let mut administrator = target.administrator().await;
            let end = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and application_name like 'vecops%'";
            sql::run(&mut administrator, end).await.unwrap();
        }
        wait_for_end(&target).await;
        assert!(!is_open(&target).await);
        restore(&sandbox, &target, &[]).assert().success();
        assert_eq!(digest(&target, "public.items").await, expected);
        let again = "drop table public.items; drop function public.touch; drop schema vecops cascade";
        run(&target, again).await;
    }
}

#[tokio::test]
async fn a_full_disk_of_the_server_leaves_a_closed_table_that_the_next_run_fills() {
    let Some(disk) = TinyDisk::new("size=1m") else {
        return;
    };
    let major = majors()[0];
    let (source, target) = (database(major).await, database(major).await);
    docs(&source, 4000).await;
    let index = "create index on public.docs using hnsw (embedding extensions.vector_l2_ops) with (m = 4, ef_construction = 8)";
    run(&source, index).await;
    let sandbox = Sandbox::new();
    dump(&sandbox, &source, &[]);
    let place = disk.path().join("tablespace");
    fs_err::create_dir(&place).unwrap();
    let owner = fs_err::metadata(target.server.running.data_folder.join("postgresql/PG_VERSION")).unwrap();
    chown(&place, Some(owner.uid()), Some(owner.gid())).unwrap();
    let name = format!("{}_small", target.name);
    let mut administrator = target.administrator().await;
    sql::run(
        &mut administrator,
        format!("create tablespace {name} location '{}'", place.display()),
    )
    .await
    .unwrap();
    let set = format!(
        "grant create on tablespace {name} to postgres; \
         alter role postgres in database {} set default_tablespace = '{name}'; \
         alter default privileges for role postgres grant all on tables to anon",
        target.name
    );
    sql::run(&mut administrator, set).await.unwrap();
    let mut stages = std::collections::BTreeSet::new();
    let mut megabytes = 1;
    loop {
        let output = restore(&sandbox, &target, &["--jobs", "1"]).output().unwrap();
        if output.status.success() {
            break;
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(12), "{megabytes} MB: {said}");
        assert!(
            said.contains("No space left on device (SQLSTATE 53100)"),
            "{said}"
        );
        let open =
            "select coalesce(has_table_privilege('anon', to_regclass('public.docs'), 'select'), false)";
        assert_eq!(value(&target, open).await, "false", "{megabytes} MB");
        stages.insert(value(&target, "select stage from vecops.restores").await);
        megabytes += 1;
        assert!(megabytes < 40, "it was never enough");
        disk.remount(&format!("size={megabytes}m"));
    }
    assert!(stages.contains("loading") && stages.len() >= 2, "{stages:?}");
    assert_eq!(
        digest(&target, "public.docs").await,
        digest(&source, "public.docs").await
    );
    drop(administrator);
    wait_until("the database is free", async || {
        value(
            &source,
            &format!(
                "select count(*) from pg_stat_activity where datname = '{}'",
                target.name
            ),
        )
        .await
            == "0"
    })
    .await;
    let mut administrator = source.administrator().await;
    target.remove().await;
    sql::run(&mut administrator, format!("drop tablespace {name}"))
        .await
        .unwrap();
}
