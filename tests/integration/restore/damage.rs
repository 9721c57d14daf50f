//! A restore finds every flipped bit of what it reads, and what a forger would write; nothing of it is open.

use std::path::Path;

use serde_json::Value;
use vecops::backup::restore::{Existing, Part, Request, prepare, restore};
use vecops::connection::{Cancellation, Connector, Need};
use vecops::error::Kind;
use vecops::index_build::Wishes;
use vecops::progress::Silent;

use super::faults::{edit_manifest, is_open};
use super::fixture::{dump, few_items, run, value};
use super::restoring;
use crate::backup::fixture::files;
use crate::session::target_of;
use crate::support::{Sandbox, database, majors};

/// Each byte of a file in turn with one bit flipped; afterwards it is as it was.
async fn each_flipped(path: &Path, mut look: impl AsyncFnMut(usize)) {
    let whole = fs_err::read(path).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs_err::write(path, bytes).unwrap();
        look(at).await;
    }
    fs_err::write(path, whole).unwrap();
}

#[tokio::test]
async fn one_flipped_bit_is_found_by_a_restore_wherever_it_is() {
    let major = *majors().last().unwrap();
    let (source, target) = (database(major).await, database(major).await);
    run(
        &source,
        "create extension if not exists vector with schema extensions;
         create table public.items (id int primary key, v extensions.vector(1));
         insert into public.items values (1, '[1]')",
    )
    .await;
    let sandbox = Sandbox::new();
    let repository = dump(&sandbox, &source, &[]);
    let connector = Connector::new(target_of(&target.url()), "test restore", Cancellation::new());
    let mut session = connector.open(Need::Session, &Silent).await.unwrap();
    let request = Request {
        backup: repository.display().to_string(),
        tables: Vec::new(),
        schema: None,
        part: Part::All,
        existing: Existing::Refuse,
        jobs: 1,
        build: Wishes::default(),
        restart: false,
    };
    let mut looked_at = 0;
    for path in files(&repository) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !["FORMAT", "MANIFEST.json", "MANIFEST.json.sha256"].contains(&name.as_str()) {
            continue;
        }
        each_flipped(&path, async |at| {
            let prepared = prepare(&mut session, &request, &Silent).await;
            let error = prepared.err().unwrap_or_else(|| panic!("{name} at {at}"));
            assert_eq!(error.kind(), Kind::Archive, "{name} at {at}: {error:?}");
            looked_at += 1;
        })
        .await;
    }
    assert!(looked_at > 1000, "{looked_at}");
    let objects: Vec<_> = files(&repository.join("objects"));
    assert_eq!(objects.len(), 1);
    each_flipped(&objects[0], async |at| {
        let prepared = prepare(&mut session, &request, &Silent).await.unwrap();
        let restored = Box::pin(restore(&connector, &mut session, prepared, &Silent)).await;
        let error = restored.err().unwrap_or_else(|| panic!("the chunk at {at}"));
        assert_eq!(error.kind(), Kind::Archive, "the chunk at {at}: {error:?}");
        assert!(!is_open(&target).await);
    })
    .await;
    assert_eq!(value(&target, "select count(*) from public.items").await, "0");
    let prepared = prepare(&mut session, &request, &Silent).await.unwrap();
    Box::pin(restore(&connector, &mut session, prepared, &Silent))
        .await
        .unwrap();
    assert_eq!(value(&target, "select v::text from public.items").await, "[1]");
}

#[tokio::test]
async fn exact_searches_that_give_something_else_keep_the_table_closed() {
    let major = majors()[0];
    let (source, target) = (database(major).await, database(major).await);
    few_items(&source).await;
    let sandbox = Sandbox::new();
    let repository = dump(&sandbox, &source, &[]);
    let mut distance = Value::Null;
    edit_manifest(&repository, |manifest| {
        let first = &mut manifest["tables"][0]["canaries"][0]["neighbours"][1]["distance"];
        distance = std::mem::replace(first, 0.9.into());
    });
    restoring::restore(&sandbox, &target, &[])
        .assert()
        .code(3)
        .stderr(predicates::str::contains("exact neighbours"));
    assert!(!is_open(&target).await);
    edit_manifest(&repository, |manifest| {
        manifest["tables"][0]["canaries"][0]["neighbours"][1]["distance"] = distance.clone();
    });
    restoring::restore(&sandbox, &target, &[]).assert().success();
    assert!(is_open(&target).await);
}

#[tokio::test]
async fn a_grant_that_comes_from_elsewhere_keeps_the_table_closed() {
    let major = majors()[0];
    let (source, target) = (database(major).await, database(major).await);
    few_items(&source).await;
    let sandbox = Sandbox::new();
    dump(&sandbox, &source, &[]);
    let mut administrator = target.administrator().await;
    vecops::sql::run(
        &mut administrator,
        "create function public.leak() returns event_trigger language plpgsql as
            $$ begin
                if not has_table_privilege('anon', 'public.items', 'select') then
                    grant select on public.items to anon;
                end if;
            end $$;
         create event trigger leak on ddl_command_end when tag in ('GRANT') execute function public.leak()",
    )
    .await
    .unwrap();
    restoring::restore(&sandbox, &target, &[])
        .assert()
        .code(3)
        .stderr(predicates::str::contains("differs from the backup in"));
    assert!(!is_open(&target).await);
    vecops::sql::run(&mut administrator, "drop event trigger leak")
        .await
        .unwrap();
    restoring::restore(&sandbox, &target, &[]).assert().success();
    assert!(is_open(&target).await);
}

#[tokio::test]
async fn rows_that_a_rule_swallows_are_missed() {
    let database = database(majors()[0]).await;
    run(
        &database,
        "create extension if not exists vector with schema extensions;
         create table public.items (id int primary key, words tsvector, v extensions.vector(1));
         insert into public.items values (1, 'a b', '[1]')",
    )
    .await;
    let sandbox = Sandbox::new();
    dump(&sandbox, &database, &[]);
    run(
        &database,
        "truncate public.items; create rule swallow as on insert to public.items do instead nothing",
    )
    .await;
    restoring::restore(&sandbox, &database, &["--only-data"])
        .assert()
        .code(3)
        .stderr(predicates::str::contains("took 0 of the 1 rows"));
}

#[tokio::test]
async fn a_type_that_is_here_and_is_another_is_refused() {
    let major = majors()[0];
    let (source, target) = (database(major).await, database(major).await);
    run(
        &source,
        "create extension if not exists vector with schema extensions;
         create type public.mood as enum ('sad', 'ok');
         create table public.items (id int primary key, mood public.mood, v extensions.vector(1))",
    )
    .await;
    let sandbox = Sandbox::new();
    dump(&sandbox, &source, &[]);
    run(&target, "create type public.mood as enum ('ok', 'sad')").await;
    restoring::restore(&sandbox, &target, &[])
        .assert()
        .code(12)
        .stderr(predicates::str::contains("is here already, and is another"));
    assert_eq!(value(&target, "select to_regclass('public.items')").await, "");
}
