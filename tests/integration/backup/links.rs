//! Connections that stall or are reset, and servers that restart, while rows are on their way.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};

use super::fixture::{Place, docs, run};
use super::interruption::{address, through};
use super::stages::{expect_equal, expect_gone};
use crate::restore::fixture::FEW_ITEMS;
use crate::seed::proxy::{Direction, Proxy};
use crate::support::{OwnServer, database, kill, majors, wait_until};

const SMALL: [&str; 6] = ["--chunk-size", "1", "--jobs", "1", "--stall-timeout", "1"];
/// What a dump that hangs for ever fails by.
const DEADLINE: Duration = Duration::from_secs(55);

#[tokio::test]
async fn a_stalled_or_reset_connection_is_noticed_and_costs_one_attempt() {
    let database = database(*majors().last().unwrap()).await;
    docs(&database, 4000).await;
    for reset in [false, true] {
        let place = Place::new();
        let proxy = Proxy::start(address(&database), Direction::ToClient, 2_500_000, reset).await;
        let mut command = place.dump(&through(&database, proxy.port), &SMALL);
        let dumping = tokio::task::spawn_blocking(move || command.output().unwrap());
        proxy.reached().await;
        proxy.let_new_ones_pass();
        if reset {
            proxy.cut();
        }
        let done = tokio::time::timeout(DEADLINE, dumping).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{said}");
        assert!(said.contains("taking a new snapshot"), "{said}");
        assert_eq!(said.contains("is stalled"), !reset, "{said}");
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(report["data"]["retries"], 1, "{report}");
        assert!(report["data"]["reused_chunks"].as_u64().unwrap() >= 1, "{report}");
        // What stalled was ended on the server as well.
        expect_gone(&database).await;
        expect_equal(&place, &database).await;
    }
    database.remove().await;
}

#[tokio::test]
async fn a_network_that_stalls_altogether_ends_a_dump() {
    let database = database(majors()[0]).await;
    docs(&database, 4000).await;
    let place = Place::new();
    let proxy = Proxy::start(address(&database), Direction::ToClient, 2_500_000, false).await;
    let url = format!("{}&connect_timeout=1", through(&database, proxy.port));
    let mut command = place.dump(&url, &SMALL);
    let dumping = tokio::task::spawn_blocking(move || command.output().unwrap());
    let done = tokio::time::timeout(DEADLINE, dumping).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(11), "{said}");
    assert!(
        said.contains("is stalled") && said.contains("it resumes"),
        "{said}"
    );
    assert_eq!(place.backups(), 0);
    drop(proxy);
    let report = place.dumped(&database, &["--chunk-size", "1"]);
    assert!(report["data"]["reused_chunks"].as_u64().unwrap() >= 1, "{report}");
    expect_equal(&place, &database).await;
}

/// Has the server of a program that stands somewhere shut down at once, and come back.
async fn restart(own: &OwnServer, pid: u32, url: &str) -> u32 {
    kill(pid, "QUIT");
    wait_until("the server is gone", async || {
        PgConnection::connect(url).await.is_err()
    })
    .await;
    wait_until("its process is gone", async || {
        !std::path::Path::new(&format!("/proc/{pid}")).exists()
    })
    .await;
    own.start().await.pid
}

#[tokio::test]
async fn a_server_that_restarts_costs_a_dump_one_attempt_and_a_restore_goes_on() {
    let mut own = OwnServer::new(*majors().last().unwrap());
    // Without durability the last moments before a crash may be lost.
    own.options.durable = true;
    let running = own.start().await;
    let url = running.url().expose_secret().to_owned();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    run(&mut connection, FEW_ITEMS).await;
    let place = Place::new();
    let stopped = place.stopped_dump(&url).await;
    let pid = restart(&own, running.pid, &url).await;
    let (status, said) = stopped.go_on().await;
    assert!(status.success(), "{said}");
    assert!(said.contains("taking a new snapshot"), "{said}");
    place.verify(&["--deep"]).assert().success();

    let restore = [
        "--db-url",
        &url,
        "restore",
        "repository",
        "--table",
        "public.items=public.rescued",
        "--yes",
    ];
    let mut stopped = place.sandbox.stop_at("restore-index-built", &restore);
    stopped.stands().await;
    restart(&own, pid, &url).await;
    let (status, said) = stopped.go_on().await;
    assert_eq!(status.code(), Some(4), "{said}");
    assert!(said.contains("Run the same command again"), "{said}");
    place.sandbox.vecops(&restore).assert().success();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let different =
        "select count(*) from (select * from public.items except all select * from public.rescued) x";
    assert_eq!(super::fixture::number(&mut connection, different).await, 0);
    connection.close().await.unwrap();
}
