//! Restoring: the same rows, schema and grants, on every version.

use vecops::backup::definition::capture;
use vecops::sql::{self, QualifiedName};

use super::fixture::{digest, dump, dump_rich, items, rich_database, run, value};
use crate::backup::rich;
use crate::support::{Sandbox, TestDatabase, database, majors, on_each_server};

/// What a database says of tables.
pub(super) async fn definition(
    database: &TestDatabase,
    tables: &[QualifiedName],
) -> vecops::backup::definition::Definition {
    let mut connection = database.connection().await;
    sql::run(&mut connection, "set search_path = pg_catalog, pg_temp")
        .await
        .unwrap();
    capture(&mut connection, tables).await.unwrap()
}

/// A restore of the sandbox's repository.
pub(super) fn restore(sandbox: &Sandbox, target: &TestDatabase, arguments: &[&str]) -> assert_cmd::Command {
    let (url, from) = (
        target.url(),
        sandbox.path().join("repository").display().to_string(),
    );
    let mut all = vec!["restore", &from, "--db-url", &url, "--yes"];
    all.extend(arguments);
    sandbox.vecops(&all)
}

#[tokio::test]
async fn everything_comes_back_on_every_version() {
    for from in majors() {
        let source = database(from).await;
        rich_database(&source).await;
        let sandbox = Sandbox::new();
        dump_rich(&sandbox, &source);
        for to in majors() {
            let target = database(to).await;
            run(
                &target,
                "alter default privileges grant all on tables to anon, authenticated;
                 insert into auth.users (id) values ('00000000-0000-0000-0000-000000000001')",
            )
            .await;
            restore(&sandbox, &target, &[]).assert().success();
            let (expected, found) = (
                definition(&source, &rich::tables()).await,
                definition(&target, &rich::tables()).await,
            );
            assert_eq!(expected.differences(&found).unwrap(), [], "{from} to {to}");
            for name in rich::tables() {
                let name = name.to_string();
                assert_eq!(
                    digest(&source, &name).await,
                    digest(&target, &name).await,
                    "{name}"
                );
            }
            target.remove().await;
        }
        source.remove().await;
    }
}

#[tokio::test]
async fn a_table_opens_only_to_whom_the_backup_grants_it() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        let target = database(source.major()).await;
        run(
            &target,
            "alter default privileges grant all on tables to anon, authenticated, public",
        )
        .await;
        let output = restore(&sandbox, &target, &["--json"]).assert().success();
        let report: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        let report = report.get("data").unwrap_or(&report);
        assert_eq!(report["rows"], 5000, "{report:#}");
        assert!(report["canaries"]["equal"].as_u64().unwrap() >= 3, "{report:#}");
        assert!(report["canaries"]["recall"][0]["recall_at_10"].as_f64().unwrap() > 0.5);
        let granted = "select string_agg(grantee || ' ' || privilege_type, ', ' order by 1)
            from (select coalesce(r.rolname, 'public') as grantee, g.privilege_type
                  from pg_class c cross join aclexplode(c.relacl) g left join pg_roles r on r.oid = g.grantee
                  where c.oid = 'public.items'::regclass and g.grantee <> c.relowner) x";
        assert_eq!(value(&target, granted).await, "authenticated SELECT");
        assert_eq!(
            value(
                &target,
                "select count(*) from public.items where body = 'touched'"
            )
            .await,
            "0"
        );
        // The sequence goes on behind the last row.
        run(&target, "insert into public.items (body) values ('new')").await;
        assert_eq!(value(&target, "select max(id) from public.items").await, "5001");
        restore(&sandbox, &target, &[])
            .assert()
            .code(0)
            .stdout(predicates::str::contains("nothing was done"));
        target.remove().await;
    })
    .await;
}

#[tokio::test]
async fn a_table_comes_back_beside_the_live_one_or_in_its_place() {
    on_each_server(async |database| {
        items(database).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, database, &[]);
        let before = digest(database, "public.items").await;
        run(database, "delete from public.items where id > 100").await;
        restore(&sandbox, database, &[])
            .assert()
            .code(12)
            .stderr(predicates::str::contains("is there already"));
        restore(&sandbox, database, &["--table", "public.items=public.rescued"])
            .assert()
            .success();
        assert_eq!(digest(database, "public.rescued").await, before);
        restore(&sandbox, database, &["--schema", "rescue"])
            .assert()
            .success();
        assert_eq!(digest(database, "rescue.items").await, before);
        assert_eq!(value(database, "select count(*) from public.items").await, "100");
        let output = restore(&sandbox, database, &["--swap", "--json"])
            .assert()
            .success();
        let report: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        let report = report.get("data").unwrap_or(&report);
        assert_eq!(digest(database, "public.items").await, before);
        let kept = report["kept"][0].as_str().unwrap();
        assert_eq!(
            value(database, &format!("select count(*) from {kept}")).await,
            "100"
        );
        restore(&sandbox, database, &["--drop-existing"])
            .assert()
            .success();
        assert_eq!(digest(database, "public.items").await, before);
    })
    .await;
}

#[tokio::test]
async fn rows_go_into_empty_tables_that_are_there_and_nothing_else_of_them_changes() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        let target = database(source.major()).await;
        restore(&sandbox, &target, &["--only-schema"]).assert().success();
        assert_eq!(value(&target, "select count(*) from public.items").await, "0");
        run(&target, "grant insert on public.items to anon; alter table public.items disable trigger touch").await;
        let names = ["public.items".parse().unwrap()];
        let expected = definition(&target, &names).await;
        restore(&sandbox, &target, &["--only-data"]).assert().success();
        assert_eq!(digest(source, "public.items").await, digest(&target, "public.items").await);
        let found = definition(&target, &names).await;
        assert_eq!(expected.tables, found.tables);
        run(&target, "truncate public.items; alter table public.items alter embedding type extensions.vector(65) using null").await;
        restore(&sandbox, &target, &["--only-data", "--restart"])
            .assert()
            .code(12)
            .stderr(predicates::str::contains("vector(65)"));
        target.remove().await;
    })
    .await;
}

#[tokio::test]
async fn an_extension_may_live_in_another_schema_here() {
    on_each_server(async |source| {
        rich_database(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &["app.documents", "--allow-partial"]);
        let target = database(source.major()).await;
        run(&target, "create schema vectors; create extension vector with schema vectors; drop schema if exists app cascade").await;
        restore(&sandbox, &target, &[]).assert().success();
        assert_eq!(
            digest(source, "app.documents").await,
            digest(&target, "app.documents").await
        );
        let found = "select n from app.match_documents('[1,2,3]', 5) as (n bigint, d float8)";
        let found = found.replace(" as (n bigint, d float8)", " f (n, d)");
        assert_eq!(
            value(&target, &format!("select count(*) from ({found}) x")).await,
            "5"
        );
        target.remove().await;
    })
    .await;
}

#[tokio::test]
async fn an_unfinished_restore_can_be_begun_anew() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        let target = database(source.major()).await;
        // A duplicate that comes in while the table is closed is found by the digests.
        restore(&sandbox, &target, &["--only-schema"]).assert().success();
        run(&target, "drop table public.items; drop function public.touch").await;
        restore(&sandbox, &target, &[]).assert().success();
        run(
            &target,
            "update vecops.restores set stage = 'keys', done = 1; delete from public.items where id = 77",
        )
        .await;
        restore(&sandbox, &target, &[])
            .assert()
            .code(3)
            .stderr(predicates::str::contains("is not what was dumped"));
        restore(&sandbox, &target, &["--restart"]).assert().success();
        assert_eq!(
            digest(source, "public.items").await,
            digest(&target, "public.items").await
        );
        target.remove().await;
    })
    .await;
}

#[tokio::test]
async fn tables_that_others_depend_on_do_not_make_way() {
    on_each_server(async |database| {
        items(database).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, database, &[]);
        run(
            database,
            "create materialized view public.short as select id from public.items;
             create view public.shorter as select id from public.short",
        )
        .await;
        restore(&sandbox, database, &["--swap"])
            .assert()
            .code(12)
            .stderr(predicates::str::contains("view public.short"));
        restore(&sandbox, database, &["--drop-existing"])
            .assert()
            .failure()
            .stderr(predicates::str::contains("--swap"));
        assert_eq!(value(database, "select count(*) from public.items").await, "5000");
    })
    .await;
}

#[tokio::test]
async fn rows_go_into_tables_that_refer_to_each_other() {
    on_each_server(async |source| {
        run(
            source,
            "create extension if not exists vector with schema extensions;
             create table public.parents (id bigint primary key, v extensions.vector(2));
             create table public.a_children (id bigint primary key, parent bigint not null references public.parents, v extensions.vector(2));
             insert into public.parents select n, '[1,2]' from generate_series(1, 100) n;
             insert into public.a_children select n, n, '[1,2]' from generate_series(1, 100) n",
        )
        .await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        run(source, "truncate public.parents, public.a_children").await;
        restore(&sandbox, source, &["--only-data"]).assert().success();
        assert_eq!(value(source, "select count(*) from public.a_children").await, "100");
        restore(&sandbox, source, &["--only-data", "--restart"])
            .assert()
            .code(12)
            .stderr(predicates::str::contains("is not empty"));
    })
    .await;
}
