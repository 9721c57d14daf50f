//! Ended at each of its stages, a restore leaves tables that nobody may read, and the same command goes on.

use vecops::backup::stage::RestoreStage;
use vecops::embedded::Major;

use super::faults::{is_open, wait_for_end};
use super::fixture::{digest, dump, dump_rich, few_items, rich_database, run, value};
use super::restoring::{definition, restore};
use crate::backup::rich;
use crate::support::{Sandbox, TestDatabase, database, ended_by, majors};

/// How many tables anybody but their owner may read.
const READABLE: &str = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'vecops') and c.relkind in ('r', 'p')
        and (has_table_privilege('anon', c.oid, 'select') or has_table_privilege('authenticated', c.oid, 'select')
            or has_table_privilege('service_role', c.oid, 'select'))";

async fn ended_at_each_stage(major: Major, signal: &str) {
    let (source, target) = (database(major).await, database(major).await);
    few_items(&source).await;
    let sandbox = Sandbox::new();
    dump(&sandbox, &source, &[]);
    let expected = digest(&source, "public.items").await;
    let from = sandbox.path().join("repository").display().to_string();
    let closed = "alter default privileges grant all on tables to anon, authenticated, service_role";
    run(&target, closed).await;
    for stage in RestoreStage::ALL {
        let name = stage.name();
        let url = target.url();
        let arguments = ["restore", &from, "--db-url", &url, "--yes", "--jobs", "2"];
        let mut stopped = sandbox.stop_at(name, &arguments);
        stopped.stands().await;
        let (status, said) = stopped.end(signal).await;
        assert!(ended_by(status, signal), "{name}: {status:?} {said}");
        wait_for_end(&target).await;

        let finished = *stage == RestoreStage::Finished;
        assert_eq!(is_open(&target).await, finished, "{name}");
        let readable = value(&target, READABLE).await;
        assert_eq!(readable, if finished { "1" } else { "0" }, "{name}");
        let has_begun = !matches!(
            stage,
            RestoreStage::Planned | RestoreStage::LedgerLocked | RestoreStage::TablesMade
        );
        let there = value(&target, "select to_regclass('public.items')").await;
        assert_eq!(!there.is_empty(), has_begun, "{name}");

        let output = restore(&sandbox, &target, &["--json"]).assert().success();
        let report: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        assert_eq!(report["data"]["resumed"], has_begun, "{name}");
        assert_eq!(report["data"]["complete_before"], finished, "{name}");
        assert_eq!(digest(&target, "public.items").await, expected, "{name}");
        assert!(is_open(&target).await, "{name}");
        let valid = "select count(*) from pg_index where indrelid = 'public.items'::regclass and indisvalid";
        assert_eq!(value(&target, valid).await, "3", "{name}");
        let again = "drop table public.items; drop function public.touch; drop schema vecops cascade";
        run(&target, again).await;
    }
    target.remove().await;
    source.remove().await;
}

#[tokio::test]
async fn killed_at_each_stage_a_restore_stays_closed_and_goes_on() {
    ended_at_each_stage(*majors().last().unwrap(), "KILL").await;
}

#[tokio::test]
async fn terminated_at_each_stage_a_restore_stays_closed_and_goes_on() {
    ended_at_each_stage(majors()[0], "TERM").await;
}

/// A target with the small table's backup beside it, restored up to a stage and killed there.
async fn killed_at(stage: &str) -> (Sandbox, TestDatabase) {
    let major = majors()[0];
    let (source, target) = (database(major).await, database(major).await);
    few_items(&source).await;
    let sandbox = Sandbox::new();
    dump(&sandbox, &source, &[]);
    source.remove().await;
    let mut stopped = sandbox.stop_at(stage, &command(&target.url()));
    stopped.stands().await;
    stopped.end("KILL").await;
    wait_for_end(&target).await;
    (sandbox, target)
}

fn command(url: &str) -> [&str; 5] {
    ["restore", "repository", "--db-url", url, "--yes"]
}

#[tokio::test]
async fn a_plan_that_another_run_has_overtaken_is_not_carried_out() {
    let (sandbox, target) = killed_at("restore-chunk-loaded").await;
    let url = target.url();
    let mut stopped = sandbox.stop_at("restore-planned", &command(&url));
    stopped.stands().await;
    restore(&sandbox, &target, &[]).assert().success();
    let (status, said) = stopped.go_on().await;
    assert_eq!(status.code(), Some(13), "{said}");
    assert!(said.contains("has moved on since the plan was made"), "{said}");
    assert_eq!(value(&target, "select count(*) from public.items").await, "60");
}

#[tokio::test]
async fn a_restore_whose_ledger_is_gone_or_strange_stops() {
    let (sandbox, target) = killed_at("restore-rows-loaded").await;
    let url = target.url();
    let mut stopped = sandbox.stop_at("restore-rows-digested", &command(&url));
    stopped.stands().await;
    run(
        &target,
        "create table public.kept as table vecops.restores; delete from vecops.restores",
    )
    .await;
    let (status, said) = stopped.go_on().await;
    assert_eq!(status.code(), Some(13), "{said}");
    assert!(
        said.contains("was removed from the ledger while it ran"),
        "{said}"
    );
    assert!(!is_open(&target).await);
    let strange = "insert into vecops.restores table public.kept; update vecops.restores set stage = 'later'";
    run(&target, strange).await;
    restore(&sandbox, &target, &[])
        .assert()
        .code(12)
        .stderr(predicates::str::contains("is at a stage `later`"));
    run(
        &target,
        "update vecops.restores set stage = 'keys', done = 1, state = '{}'",
    )
    .await;
    restore(&sandbox, &target, &["--restart"])
        .assert()
        .code(12)
        .stderr(predicates::str::contains(
            "does not say what the unfinished run makes",
        ));
    run(
        &target,
        "update vecops.restores set state = (select state from public.kept)",
    )
    .await;
    restore(&sandbox, &target, &[]).assert().success();
}

/// Types, functions and schemas of the unfinished run get their grants although they are there already.
#[tokio::test]
async fn a_restore_begun_anew_gives_all_that_it_made_before() {
    let major = *majors().last().unwrap();
    let (source, target) = (database(major).await, database(major).await);
    rich_database(&source).await;
    let sandbox = Sandbox::new();
    dump_rich(&sandbox, &source);
    let user = "insert into auth.users (id) values ('00000000-0000-0000-0000-000000000001')";
    run(&target, user).await;
    for place in ["restore-tables-entered", "restore-rows-loaded"] {
        let url = target.url();
        let mut arguments = command(&url).to_vec();
        if place == "restore-rows-loaded" {
            arguments.push("--restart");
        }
        let mut stopped = sandbox.stop_at(place, &arguments);
        stopped.stands().await;
        stopped.end("KILL").await;
        wait_for_end(&target).await;
    }
    restore(&sandbox, &target, &["--restart"]).assert().success();
    let (expected, found) = (
        definition(&source, &rich::tables()).await,
        definition(&target, &rich::tables()).await,
    );
    assert_eq!(expected.differences(&found).unwrap(), []);
}
