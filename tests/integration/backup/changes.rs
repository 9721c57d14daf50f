//! What others do to the tables while they are dumped: before the locks, and under them.

use serde_json::Value;

use super::fixture::{Place, number, run};
use super::stages::{SMALL, expect_equal};
use crate::restore::fixture::few_items;
use crate::support::{database, majors};

fn arguments(url: &str) -> Vec<&str> {
    [
        &["--db-url", url, "--quiet", "--json", "dump", "--to", "repository"][..],
        &SMALL,
    ]
    .concat()
}

#[tokio::test]
async fn what_happens_between_list_and_lock_is_in_the_backup_or_ends_the_dump() {
    let database = database(*majors().last().unwrap()).await;
    few_items(&database).await;
    let place = Place::new();
    let mut connection = database.connection().await;
    let url = database.url();
    for (change, rows) in [
        ("vacuum full public.items", Some(60)),
        ("alter table public.items add column more int default 7", Some(60)),
        (
            "alter table public.items alter column body type varchar(99)",
            Some(60),
        ),
        ("truncate public.items", Some(0)),
        (
            "drop table public.items; create table public.items (id int primary key, v extensions.vector(1)); \
             insert into public.items values (7, '[7]')",
            Some(1),
        ),
        ("drop table public.items", None),
    ] {
        let backups = place.backups();
        let mut stopped = place.sandbox.stop_at("dump-tables-listed", &arguments(&url));
        stopped.stands().await;
        run(&mut connection, change).await;
        let (status, said) = stopped.go_on().await;
        let Some(rows) = rows else {
            assert!(
                matches!(status.code(), Some(1 | 12 | 13)),
                "{change}: {status:?} {said}"
            );
            assert_eq!(place.backups(), backups, "{change}");
            continue;
        };
        assert!(status.success(), "{change}: {said}");
        let report: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(report["data"]["rows"], rows, "{change}");
        expect_equal(&place, &database).await;
    }
}

#[tokio::test]
async fn under_the_locks_rows_change_and_shapes_do_not() {
    let database = database(majors()[0]).await;
    few_items(&database).await;
    let place = Place::new();
    let before = place.dumped(&database, &SMALL);
    let digest = |place: &Place| {
        let manifest = fs_err::read(place.newest().join("MANIFEST.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        manifest["tables"][0]["digest"].clone()
    };
    let expected = digest(&place);
    let mut connection = database.connection().await;
    let url = database.url();
    for stage in ["dump-snapshot-taken", "dump-tables-cut", "dump-chunk-named"] {
        let mut stopped = place.sandbox.stop_at(stage, &arguments(&url));
        stopped.stands().await;
        for change in [
            "vacuum full public.items",
            "truncate public.items",
            "drop table public.items",
            "alter table public.items drop column body",
        ] {
            run(&mut connection, "set lock_timeout = '50ms'").await;
            let waited = vecops::sql::run(&mut connection, change).await.unwrap_err();
            let code = waited
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code);
            assert_eq!(code.as_deref(), Some("55P03"), "{stage}: {change}");
        }
        run(
            &mut connection,
            "begin; delete from public.items where id % 2 = 0; update public.items set body = 'other'; commit",
        )
        .await;
        let (status, said) = stopped.go_on().await;
        assert!(status.success(), "{stage}: {said}");
        assert_eq!(digest(&place), expected, "{stage}");
        place.verify(&["--deep"]).assert().success();
        // As it was.
        run(
            &mut connection,
            "truncate public.items; alter table public.items disable trigger touch; \
             insert into public.items overriding system value \
             select n, 'body ' || n, array[n, sin(n), cos(n)]::extensions.vector, decode(repeat(md5(n::text), 4000), 'hex') \
             from generate_series(1, 60) n; alter table public.items enable trigger touch",
        )
        .await;
    }
    assert_eq!(before["data"]["rows"], 60);
}

#[tokio::test]
async fn a_dump_that_stands_still_is_in_nobodys_way() {
    let database = database(*majors().last().unwrap()).await;
    few_items(&database).await;
    let place = Place::new();
    let url = database.url();
    for stage in ["dump-chunk-begun", "dump-range-noted", "dump-sum-written"] {
        let backups = place.backups();
        let mut stopped = place.sandbox.stop_at(stage, &arguments(&url));
        stopped.stands().await;
        // It has the journals; the other does without.
        place.dumped(&database, &SMALL);
        expect_equal(&place, &database).await;
        let (status, said) = stopped.go_on().await;
        assert!(status.success(), "{stage}: {said}");
        assert_eq!(place.backups(), backups + 2, "{stage}");
        expect_equal(&place, &database).await;
    }
    let left = super::fixture::files(&place.repository().join("journal"));
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn time_limits_of_the_role_do_not_end_a_dump_that_takes_longer() {
    for major in majors() {
        let database = database(major).await;
        few_items(&database).await;
        let mut administrator = database.administrator().await;
        let mut limits = vec![
            "statement_timeout",
            "lock_timeout",
            "idle_in_transaction_session_timeout",
            "idle_session_timeout",
        ];
        if major.number() >= 17 {
            limits.push("transaction_timeout");
        }
        for limit in limits {
            let set = format!(
                "alter role postgres in database {} set {limit} = '200ms'",
                database.name
            );
            run(&mut administrator, set).await;
        }
        let place = Place::new();
        let url = database.url();
        for stage in ["dump-tables-cut", "dump-rows-read"] {
            let mut stopped = place.sandbox.stop_at(stage, &arguments(&url));
            stopped.stands().await;
            crate::support::wait_until("its transactions are older than the limits", async || {
                let old = "select count(*) from pg_stat_activity where datname = current_database() \
                    and application_name like 'vecops%' and state_change < clock_timestamp() - interval '500ms'";
                number(&mut administrator, old).await >= 1
            })
            .await;
            let (status, said) = stopped.go_on().await;
            assert!(status.success(), "{stage}: {said}");
        }
        place.verify(&["--deep"]).assert().success();
    }
}

#[tokio::test]
async fn a_table_that_comes_before_the_locks_is_said() {
    let database = database(majors()[0]).await;
    few_items(&database).await;
    let place = Place::new();
    let mut connection = database.connection().await;
    let url = database.url();
    let mut stopped = place.sandbox.stop_at("dump-tables-listed", &arguments(&url));
    stopped.stands().await;
    let new = "create table public.late (id int primary key, v extensions.vector(1))";
    run(&mut connection, new).await;
    let (status, said) = stopped.go_on().await;
    assert_eq!(status.code(), Some(13), "{said}");
    assert!(said.contains("changed while they were being locked"), "{said}");
    assert_eq!(place.backups(), 0);
    assert_eq!(place.dumped(&database, &SMALL)["data"]["rows"], 60);
}

#[tokio::test]
async fn a_chunk_that_is_noted_and_gone_or_not_what_it_was_is_read_again() {
    let database = database(majors()[0]).await;
    few_items(&database).await;
    let place = Place::new();
    let url = database.url();
    let mut stopped = place.sandbox.stop_at("dump-rows-read", &arguments(&url));
    stopped.stands().await;
    stopped.end("KILL").await;
    fs_err::remove_file(&place.objects()[0]).unwrap();
    fs_err::write(&place.objects()[0], "cut").unwrap();
    let object = &place.objects()[1];
    let mut bytes = fs_err::read(object).unwrap();
    bytes[100] ^= 1;
    fs_err::write(object, bytes).unwrap();
    let report = place.dumped(&database, &SMALL);
    assert_eq!(report["data"]["reused_chunks"], 1, "{report}");
    expect_equal(&place, &database).await;
}

#[tokio::test]
async fn a_table_with_other_columns_is_not_compared_but_said() {
    let database = database(majors()[0]).await;
    few_items(&database).await;
    let place = Place::new();
    place.dumped(&database, &SMALL);
    let mut connection = database.connection().await;
    run(&mut connection, "alter table public.items add column more int").await;
    let report = place.differences(&database);
    assert_eq!(
        report["data"]["tables"][0]["problem"],
        "the backup has no column more"
    );
}

/// Texts under another collation and enums with another order lie in other ranges, and are the same rows.
#[tokio::test]
async fn the_same_rows_in_another_order_of_their_keys_are_equal() {
    let database = database(majors()[0]).await;
    let mut connection = database.connection().await;
    run(
        &mut connection,
        "create extension if not exists vector with schema extensions;
         create type public.kind as enum ('b', 'a');
         create table public.items (kind public.kind, id int, noise bytea, v extensions.vector(2), primary key (kind, id));
         insert into public.items
         select case when n % 2 = 0 then 'a' else 'b' end::public.kind, n, decode(repeat(md5(n::text), 4000), 'hex'), '[1,2]'
         from generate_series(1, 60) n",
    )
    .await;
    let place = Place::new();
    let report = place.dumped(&database, &SMALL);
    assert_eq!(report["data"]["tables"][0]["chunks"], 4, "{report}");
    run(
        &mut connection,
        "alter type public.kind rename to old_kind;
         create type public.kind as enum ('a', 'b');
         alter table public.items alter column kind type public.kind using kind::text::public.kind",
    )
    .await;
    expect_equal(&place, &database).await;
    run(
        &mut connection,
        "update public.items set v = '[2,1]' where id = 7; delete from public.items where id = 8",
    )
    .await;
    let report = place.differences(&database);
    let table = &report["data"]["tables"][0];
    assert_eq!(table["database_rows"], 59, "{report}");
    assert_eq!(table["ranges"].as_array().unwrap().len(), 1, "{report}");
    database.remove().await;
}
