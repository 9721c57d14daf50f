//! Dumping from a replica: whole and of one moment, or an error. It cancels readers for what its primary does.

use secrecy::ExposeSecret as _;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use vecops::backup::repository::Repository;
use vecops::embedded::Running;

use super::fixture::{Place, number, run};
use crate::restore::fixture::FEW_ITEMS;
use crate::support::{OwnServer, Standby, majors, wait_until};

const SMALL: [&str; 4] = ["--chunk-size", "1", "--jobs", "2"];
/// What a dump has open on the standby while a snapshot is in use.
const IN_USE: &str = "select count(*) from pg_stat_activity
    where application_name like 'vecops%' and backend_xmin is not null";

/// A server with rows and a standby of it.
async fn pair() -> (OwnServer, Running, PgConnection, Standby) {
    let own = OwnServer::new(*majors().last().unwrap());
    let running = own.start().await;
    let mut primary = PgConnection::connect(running.url().expose_secret())
        .await
        .unwrap();
    run(&mut primary, FEW_ITEMS).await;
    let standby = Standby::of(&running).await;
    standby.catch_up().await;
    (own, running, primary, standby)
}

fn arguments<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["--db-url", url, "--json", "dump", "--to", "repository"];
    all.extend(SMALL);
    all.extend(more);
    all
}

/// The report among all that a dump said.
fn report(said: &str) -> Value {
    let begun = said.find("\n{").unwrap() + 1;
    let mut documents = serde_json::Deserializer::from_str(&said[begun..]).into_iter();
    documents.next().unwrap().unwrap()
}

fn expect_equal(place: &Place, url: &str) {
    place.verify(&["--deep"]).assert().success();
    place
        .sandbox
        .vecops(&["--db-url", url, "verify", "repository", "--against"])
        .assert()
        .success();
}

#[tokio::test]
async fn a_dump_from_a_standby_is_whole_and_refuses_what_a_standby_lacks() {
    let (_own, running, mut primary, standby) = pair().await;
    let place = Place::new();
    place
        .sandbox
        .vecops(&arguments(standby.url(), &[]))
        .assert()
        .success();
    expect_equal(&place, standby.url());
    expect_equal(&place, running.url().expose_secret());
    let (repository, set) = Repository::find(place.repository().to_str().unwrap()).unwrap();
    let manifest = repository.manifest(&set).unwrap();
    assert!(manifest.source.in_recovery);
    // The primary has been idle since, so the standby cannot know that its rows are of a later moment.
    let replayed = "select count(*) from (select to_char(timezone('UTC', pg_last_xact_replay_timestamp()), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as t) x where t >= ";
    let mut on_standby = PgConnection::connect(standby.url()).await.unwrap();
    let query = format!("{replayed}'{}'", manifest.snapshot.time);
    assert_eq!(
        number(&mut on_standby, &query).await,
        1,
        "{}",
        manifest.snapshot.time
    );

    run(
        &mut primary,
        "create unlogged table public.scratch (id int primary key, v extensions.vector(2));
         insert into public.scratch values (1, '[1,2]')",
    )
    .await;
    standby.catch_up().await;
    let refused = place
        .sandbox
        .vecops(&arguments(standby.url(), &[]))
        .assert()
        .code(12);
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        said.contains("`public.scratch` is unlogged") && said.contains("Dump from the primary"),
        "{said}"
    );
    assert_eq!(place.backups(), 1);
    let partial = place
        .sandbox
        .vecops(&arguments(standby.url(), &["--allow-partial"]))
        .assert()
        .code(4);
    let partial: Value = serde_json::from_slice(&partial.get_output().stdout).unwrap();
    assert_eq!(partial["data"]["state"], "degraded");
    assert_eq!(
        partial["data"]["tables"].as_array().unwrap().len(),
        1,
        "{partial}"
    );
    let url = running.url();
    place
        .sandbox
        .vecops(&arguments(url.expose_secret(), &[]))
        .assert()
        .success();
}

/// Rows that are gone on the primary are taken from under the standby's snapshot: nothing of two moments comes of it.
#[tokio::test]
async fn a_snapshot_that_the_standby_cancels_is_taken_anew() {
    let (_own, _running, mut primary, standby) = pair().await;
    let mut on_standby = PgConnection::connect(standby.url()).await.unwrap();
    let stages = [
        "dump-snapshot-taken",
        "dump-tables-cut",
        "dump-chunk-written:1",
        "dump-range-noted",
        "dump-rows-read",
    ];
    let mut rows = 60;
    for stage in stages {
        let place = Place::new();
        let mut stopped = place.sandbox.stop_at(stage, &arguments(standby.url(), &[]));
        stopped.stands().await;
        assert!(number(&mut on_standby, IN_USE).await > 0, "{stage}");
        run(
            &mut primary,
            format!("delete from public.items where id = {rows}; update public.items set body = '{stage}'"),
        )
        .await;
        run(&mut primary, "vacuum public.items").await;
        standby.catch_up().await;
        wait_until("the standby cancels the dump", async || {
            number(&mut on_standby, IN_USE).await == 0
        })
        .await;
        rows -= 1;
        let (status, said) = stopped.go_on().await;
        assert!(status.success(), "{stage}: {said}");
        assert!(said.contains("taking a new snapshot"), "{stage}: {said}");
        let report = report(&said);
        assert_eq!(report["data"]["retries"], 1, "{stage}: {said}");
        assert_eq!(report["data"]["rows"], rows, "{stage}: {said}");
        assert_eq!(place.backups(), 1, "{stage}");
        expect_equal(&place, standby.url());
    }
}

/// The primary wants a table for itself, which no lock of a reader on the standby keeps it from.
#[tokio::test]
async fn a_table_that_the_primary_drops_ends_a_dump_without_a_backup() {
    let (_own, _running, mut primary, standby) = pair().await;
    let mut on_standby = PgConnection::connect(standby.url()).await.unwrap();
    for (stage, more) in [
        ("dump-tables-locked", vec!["public.items"]),
        ("dump-chunk-begun", vec!["public.items", "--allow-partial"]),
        ("dump-rows-read", vec!["public.items"]),
    ] {
        let place = Place::new();
        let mut stopped = place.sandbox.stop_at(stage, &arguments(standby.url(), &more));
        stopped.stands().await;
        run(&mut primary, "alter table public.items rename to kept").await;
        standby.catch_up().await;
        wait_until("the standby cancels the dump", async || {
            let locks = "select count(*) from pg_locks l join pg_stat_activity a using (pid)
                where a.application_name like 'vecops%' and l.mode = 'AccessShareLock'
                    and l.relation = 'public.kept'::regclass";
            number(&mut on_standby, locks).await == 0
        })
        .await;
        let (status, said) = stopped.go_on().await;
        assert_eq!(status.code(), Some(12), "{stage}: {said}");
        assert!(said.contains("`public.items` does not exist"), "{stage}: {said}");
        assert_eq!(place.backups(), 0, "{stage}");
        run(&mut primary, "alter table public.kept rename to items").await;
        standby.catch_up().await;
    }
}
