//! Killed, cut off or out of room: no backup appears, and the same command resumes on what is there.

use std::process::Child;
use std::time::Duration;

use serde_json::Value;
use sqlx::Connection as _;

use super::fixture::{Place, docs, files, more_docs, number, run};
use crate::restore::fixture::few_items;
use crate::seed::proxy::{Direction, Proxy};
use crate::support::{TestDatabase, database, majors, wait_until};

const SMALL: [&str; 4] = ["--chunk-size", "1", "--jobs", "1"];

pub(crate) fn address(database: &TestDatabase) -> String {
    let url = url::Url::parse(&database.url()).unwrap();
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap())
}

pub(crate) fn through(database: &TestDatabase, port: u16) -> String {
    let mut url = url::Url::parse(&database.url()).unwrap();
    url.set_port(Some(port)).unwrap();
    url.into()
}

/// Kills a process with a signal, by its number.
pub(crate) fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

fn spawn(place: &Place, url: &str, arguments: &[&str]) -> Child {
    let mut all = vec!["--db-url", url, "dump", "--to", "repository"];
    all.extend(arguments);
    place.sandbox.spawn(&all)
}

/// What changed since the killed dump is read again: never are two moments one backup.
#[tokio::test]
async fn chunks_of_an_earlier_moment_are_kept_only_where_nothing_changed() {
    for major in majors() {
        let database = database(major).await;
        docs(&database, 4000).await;
        let place = Place::new();
        let proxy = Proxy::start(address(&database), Direction::ToClient, 4_000_000, false).await;
        let mut child = spawn(&place, &through(&database, proxy.port), &SMALL);
        proxy.reached().await;
        signal(&child, "KILL");
        child.wait().unwrap();
        let before = place.objects().len();
        assert!(before >= 3, "{before}");

        let mut connection = database.connection().await;
        run(
            &mut connection,
            "update docs set content = 'changed' where id = 10; delete from docs where id = 3990",
        )
        .await;
        more_docs(&mut connection, 500).await;
        let report = place.dumped(&database, &SMALL);
        let reused = report["data"]["reused_chunks"].as_u64().unwrap();
        let reused = usize::try_from(reused).unwrap();
        assert!(reused >= 1 && reused < before, "{reused} of {before}");
        assert_eq!(report["data"]["rows"], 4499);
        place.expect_equal(&database);
    }
}

/// A journal says what to look for and is believed in nothing: what cannot be read of it is read from the table.
#[tokio::test]
async fn a_journal_that_is_torn_or_strange_costs_what_it_noted() {
    let database = database(majors()[0]).await;
    few_items(&database).await;
    let url = database.url();
    let mut arguments = vec!["--db-url", &url, "dump", "--to", "repository"];
    arguments.extend(SMALL);
    let torn = |text: &str| text[..text.len() - 3].to_owned();
    let no_head = |text: &str| format!("nonsense\n{text}");
    let other_head = |text: &str| text.replacen("\"journal\":1", "\"journal\":2", 1);
    let no_range = |text: &str| text.replacen('\n', "\nnonsense\n", 1);
    // What the server's digest does not say: sizes, the order of the rows, the range that the chunk was cut from.
    let other_size = |text: &str| text.replacen("\"stored_bytes\":", "\"stored_bytes\":1", 1);
    let other_length = |text: &str| text.replacen("\"raw_bytes\":", "\"raw_bytes\":1", 1);
    let other_rows = |text: &str| {
        let at = text.find("\"content\":\"").unwrap() + "\"content\":\"".len();
        let digit = if text[at..].starts_with('0') { "1" } else { "0" };
        [&text[..at], digit, &text[at + 1..]].concat()
    };
    let other_range = |text: &str| {
        let at = text.rfind("\"range\":").unwrap();
        [
            &text[..at],
            &text[at..].replacen("\"from\":[\"", "\"from\":[\"1", 1),
        ]
        .concat()
    };
    let changes: [&dyn Fn(&str) -> String; 9] = [
        &str::to_owned,
        &torn,
        &no_head,
        &other_head,
        &no_range,
        &other_size,
        &other_length,
        &other_rows,
        &other_range,
    ];
    let reused = [4, 3, 0, 0, 0, 3, 3, 3, 3];
    for (number, (change, reused)) in changes.into_iter().zip(reused).enumerate() {
        let place = Place::new();
        let mut stopped = place.sandbox.stop_at("dump-rows-read", &arguments);
        stopped.stands().await;
        stopped.end("KILL").await;
        let journal = files(&place.repository().join("journal")).pop().unwrap();
        let text = fs_err::read_to_string(&journal).unwrap();
        let changed = change(&text);
        assert_eq!(changed == text, number == 0, "{number}");
        fs_err::write(&journal, changed).unwrap();
        let report = place.dumped(&database, &SMALL);
        assert_eq!(report["data"]["reused_chunks"], reused, "{number}: {report}");
        place.expect_equal(&database);
    }
    database.remove().await;
}

#[tokio::test]
async fn a_cut_connection_is_made_anew_with_a_new_snapshot() {
    for major in majors() {
        let database = database(major).await;
        docs(&database, 4000).await;
        for query in [
            // The session that holds snapshot and locks; then one that reads.
            "pid = (select min(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction' and application_name like 'vecops%dump')",
            "query like 'copy%'",
        ] {
            let place = Place::new();
            let mut administrator = database.administrator().await;
            // A proxy holds the rows up, so that the dump is caught in the middle.
            let proxy = Proxy::start(address(&database), Direction::ToClient, 2_500_000, false).await;
            let url = through(&database, proxy.port);
            let mut command = place.dump(&url, &SMALL);
            let dumping = tokio::task::spawn_blocking(move || command.output().unwrap());
            proxy.reached().await;
            let ended = format!(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{}' and {query}",
                database.name
            );
            assert_eq!(number(&mut administrator, &ended).await, 1, "{query}");
            run(&mut administrator, "alter table docs disable trigger all").await;
            proxy.cut();
            // What comes next goes through no more: the dump says so, and leaves no backup.
            drop(proxy);
            let done = tokio::time::timeout(Duration::from_secs(50), dumping)
                .await
                .unwrap()
                .unwrap();
            assert!(!done.status.success());
            assert_eq!(place.backups(), 0);
            let report = place.dumped(&database, &SMALL);
            assert!(report["data"]["reused_chunks"].as_u64().unwrap() >= 1, "{report}");
            place.expect_equal(&database);
        }
    }
}

#[tokio::test]
async fn a_terminated_session_costs_one_attempt() {
    for major in majors() {
        let database = database(major).await;
        docs(&database, 20_000).await;
        for victim in [
            "query like 'copy%'",
            "backend_start = (select min(backend_start) from pg_stat_activity where datname = current_database() and application_name like 'vecops%')",
        ] {
            let place = Place::new();
            let mut administrator = database.administrator().await;
            let mut command = place.dump(&database.url(), &SMALL);
            let dumping = tokio::task::spawn_blocking(move || command.output().unwrap());
            wait_until("a chunk is there", async || !place.objects().is_empty()).await;
            let ended = format!(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{}' \
                 and application_name like 'vecops%' and {victim}",
                database.name
            );
            wait_until("a session is ended", async || {
                number(&mut administrator, &ended).await > 0
            })
            .await;
            let done = dumping.await.unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{said}");
            assert!(said.contains("taking a new snapshot"), "{said}");
            let report: Value = serde_json::from_slice(&done.stdout).unwrap();
            assert!(report["data"]["retries"].as_u64().unwrap() >= 1, "{report}");
            place.expect_equal(&database);
            administrator.close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn changes_of_shape_wait_for_the_dump_or_fail_it() {
    for major in majors() {
        let database = database(major).await;
        docs(&database, 20_000).await;
        for change in [
            "truncate docs",
            "alter table docs add column more int default 1",
            "drop table docs",
        ] {
            let place = Place::new();
            let mut connection = database.connection().await;
            let rows = number(&mut connection, "select count(*) from docs").await;
            if rows == 0 {
                more_docs(&mut connection, 20_000).await;
            }
            let mut command = place.dump(&database.url(), &SMALL);
            let dumping = tokio::task::spawn_blocking(move || command.output().unwrap());
            wait_until("a chunk is there", async || !place.objects().is_empty()).await;
            // It waits for the dump's lock.
            run(&mut connection, change).await;
            let done = dumping.await.unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let report: Value = serde_json::from_slice(&done.stdout).unwrap();
            assert_eq!(report["data"]["rows"], 20_000, "{change}");
            place.verify(&["--deep"]).assert().success();
        }
    }
}

/// A disk that is full: a small one in memory, which root alone can make.
#[tokio::test]
async fn a_full_disk_is_said_and_healed_by_the_next_run() {
    use std::io::Write as _;
    let database = database(majors()[0]).await;
    docs(&database, 8000).await;
    let place = Place::new();
    let folder = place.repository();
    fs_err::create_dir(&folder).unwrap();
    let mount = |arguments: &[&str]| {
        let done = std::process::Command::new("mount")
            .args(arguments)
            .arg(&folder)
            .status();
        done.is_ok_and(|status| status.success())
    };
    if !mount(&["-t", "tmpfs", "-o", "size=5m,mode=700", "tmpfs"]) {
        let why = "NOT RUN: no tmpfs can be mounted here, so no disk is full (needs root)\n";
        std::io::stderr().write_all(why.as_bytes()).unwrap();
        return;
    }
    let full = place.dump(&database.url(), &SMALL).assert().code(12);
    let said = String::from_utf8_lossy(&full.get_output().stderr).into_owned();
    let unfinished: Vec<_> = files(&folder)
        .into_iter()
        .filter(|path| path.display().to_string().contains(".unfinished"))
        .collect();
    let (backups, chunks) = (place.backups(), place.objects().len());
    let healed = mount(&["-o", "remount,size=60m"]);
    let report = place.dumped(&database, &SMALL);
    place.expect_equal(&database);
    let unmounted = std::process::Command::new("umount")
        .arg(&folder)
        .status()
        .unwrap();
    assert!(said.contains("Free space"), "{said}");
    assert!(healed && unmounted.success());
    assert_eq!((backups, unfinished.len()), (0, 0));
    assert!(chunks >= 1, "{chunks}");
    assert_eq!(
        report["data"]["reused_chunks"].as_u64().unwrap(),
        u64::try_from(chunks).unwrap(),
        "{report}"
    );
}
