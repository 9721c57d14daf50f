//! A resumable load, broken at any point and run again, leaves each row of the source in the table once.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use predicates::prelude::predicate;
use sqlx::PgConnection;
use url::Url;
use vecops::sql;

use super::fixture::{TABLE, count, file, number, seed, table};
use super::proxy::{Direction, Proxy};
use crate::support::{TestDatabase, on_each_server, variable, wait_until};

pub(super) const ROWS: u64 = 4_000;
const FAULTS: usize = 20;

/// Some megabytes of rows without ids, so that a row loaded twice is there twice. Line 1,000 and some more are bad.
pub(super) fn source(bad_every: u64) -> String {
    let mut text = String::new();
    for row in 1..=ROWS {
        let content = format!("{row} {}", "x".repeat(600));
        let bad = if row % bad_every == 0 { ", 3" } else { "" };
        writeln!(
            text,
            "{{\"content\": \"{content}\", \"embedding\": [1, {row}{bad}]}}"
        )
        .unwrap();
    }
    text
}

/// A small generator of numbers; its seed is printed, and given again by `VECOPS_TEST_SEED`.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn new() -> Self {
        let given = variable("VECOPS_TEST_SEED").map(|text| text.parse().unwrap());
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0));
        Self(seed)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

pub(super) const FLAGS: &[&str] = &["--yes", "--resumable", "--batch-size", "256KiB"];

pub(super) fn spawn(url: &str, path: &Path, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_vecops"))
        .args(["seed", TABLE, "--from"])
        .arg(path)
        .args(FLAGS)
        .args(more)
        .env_clear()
        .env("HOME", "/nowhere")
        .env("VECOPS_DB_URL", url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

pub(super) async fn ended(program: &mut Child) -> ExitStatus {
    let mut status = None;
    wait_until("the program ends", async || {
        status = program.try_wait().unwrap();
        status.is_some()
    })
    .await;
    status.unwrap()
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Kill,
    Cut,
    Terminate,
    AnswerLost,
}

impl Fault {
    fn direction(self) -> Direction {
        match self {
            Self::AnswerLost => Direction::ToClient,
            _ => Direction::ToServer,
        }
    }
}

fn through(database: &TestDatabase, port: u16) -> (String, String) {
    let mut url = Url::parse(&database.url()).unwrap();
    let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(port)).unwrap();
    (url.to_string(), server)
}

/// Runs the load until the fault, and lets the fault happen.
pub(super) async fn break_at(
    database: &TestDatabase,
    path: &Path,
    fault: Fault,
    bytes: usize,
    more: &[&str],
) -> ExitStatus {
    let proxy = Proxy::start(through(database, 1).1, fault.direction(), bytes).await;
    let mut program = spawn(&through(database, proxy.port).0, path, more);
    proxy.reached().await;
    match fault {
        Fault::Kill => program.kill().unwrap(),
        Fault::Cut | Fault::AnswerLost => {}
        Fault::Terminate => {
            let mut administrator = database.administrator().await;
            let terminate = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and application_name like 'vecops%' and pid <> pg_backend_pid()";
            sql::run(&mut administrator, terminate).await.unwrap();
        }
    }
    proxy.cut();
    let status = ended(&mut program).await;
    // What the first run left in the server may still commit, or fail, before the second begins.
    let mut connection = database.connection().await;
    wait_until("the server ends the session", async || {
        let others = "select count(*) from pg_stat_activity
            where datname = current_database() and application_name like 'vecops%' and pid <> pg_backend_pid()";
        number(&mut connection, others).await == 0
    })
    .await;
    status
}

/// The bytes of a whole load in both directions.
async fn measure(database: &TestDatabase, path: &Path) -> (usize, usize) {
    let proxy = Proxy::start(through(database, 1).1, Direction::ToServer, usize::MAX).await;
    let mut program = spawn(&through(database, proxy.port).0, path, &[]);
    assert!(ended(&mut program).await.success());
    (proxy.bytes(Direction::ToServer), proxy.bytes(Direction::ToClient))
}

pub(super) async fn forget(connection: &mut PgConnection) {
    let statements = format!("truncate {TABLE} restart identity; delete from vecops.seed_ledger");
    sql::run(connection, statements).await.unwrap();
}

/// Each of the rows is in the table once.
pub(super) async fn expect_each_once(connection: &mut PgConnection, rows: u64, what: &str) {
    let distinct = format!("select count(distinct content) from {TABLE}");
    let found = (count(connection).await, number(connection, &distinct).await);
    let rows = i64::try_from(rows).unwrap();
    assert_eq!(found, (rows, rows), "{what}");
}

#[tokio::test]
async fn broken_at_twenty_points_it_resumes_to_equality() {
    on_each_server(async |database| {
        let mut random = Random::new();
        println!("VECOPS_TEST_SEED={}", random.0);
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = file("rows.jsonl", source(u64::MAX).as_bytes());
        let (sent, received) = measure(database, &source.path).await;
        expect_each_once(&mut connection, ROWS, "undisturbed").await;
        let mut resumed = 0;
        for number in 0..FAULTS {
            forget(&mut connection).await;
            let fault = [Fault::Kill, Fault::Cut, Fault::Terminate, Fault::AnswerLost][number % 4];
            let total = if fault.direction() == Direction::ToServer {
                sent
            } else {
                received
            };
            let at = random.below(total * 99 / 100) + 1;
            let status = break_at(database, &source.path, fault, at, &[]).await;
            let between = count(&mut connection).await;
            let what = format!("{fault:?} after {at} of {total} bytes: {status}, {between} rows");
            println!("{what}");
            resumed += u32::from(between > 0 && between < i64::try_from(ROWS).unwrap());
            let mut again = spawn(&database.url(), &source.path, &[]);
            assert!(ended(&mut again).await.success(), "{what}");
            expect_each_once(&mut connection, ROWS, &what).await;
        }
        assert!(resumed > 0, "no fault fell between two batches");
    })
    .await;
}

#[tokio::test]
async fn with_bad_lines_left_out_the_rejects_are_each_there_once_too() {
    on_each_server(async |database| {
        let mut random = Random::new();
        println!("VECOPS_TEST_SEED={}", random.0);
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let source = file("rows.jsonl", source(100).as_bytes());
        for number in 0..4 {
            let rejects = source.path.with_extension(number.to_string());
            let more = ["--on-error", "skip", "--rejects", rejects.to_str().unwrap()];
            let fault = [Fault::Kill, Fault::Cut][number % 2];
            let at = 300_000 + random.below(1_800_000);
            let status = break_at(database, &source.path, fault, at, &more).await;
            println!("{fault:?} after {at} bytes: {status}");
            let mut again = spawn(&database.url(), &source.path, &more);
            assert_eq!(ended(&mut again).await.code(), Some(3));
            expect_each_once(&mut connection, ROWS - 40, "with bad lines").await;
            let text = fs_err::read_to_string(&rejects).unwrap();
            let lines: Vec<u64> = text
                .lines()
                .map(|line| {
                    serde_json::from_str::<serde_json::Value>(line).unwrap()["line"]
                        .as_u64()
                        .unwrap()
                })
                .collect();
            assert_eq!(lines, (1..=40).map(|bad| bad * 100).collect::<Vec<_>>());
            forget(&mut connection).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_changed_source_is_refused_and_one_that_grows_goes_on() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table(&mut connection, "vector(2)", "").await;
        let good = source(u64::MAX);
        let bad = good.clone() + "oh no\n";
        let source = file("rows.jsonl", bad.as_bytes());
        let path = source.path.to_str().unwrap();
        let run = |more: &[&str]| seed(database, &[&["--from", path], FLAGS, more].concat());
        run(&[]).code(4).stderr(predicate::str::contains("rows.jsonl:4001: bad JSON"));
        let between = count(&mut connection).await;
        assert!(between > 0);

        fs_err::write(path, bad.replacen("[1, 5]", "[1, 6]", 1)).unwrap();
        run(&[]).code(13).stderr(predicate::str::contains("--restart"));
        assert_eq!(count(&mut connection).await, between);

        // The bad line put right, one more row; then nothing to do; then more rows.
        let line = |name: &str| format!("{{\"content\": \"{name}\", \"embedding\": [1, 2]}}\n");
        fs_err::write(path, good.clone() + &line("one more")).unwrap();
        run(&[]).success().stdout(predicate::str::contains("resumed"));
        run(&[]).success().stdout(predicate::str::contains("nothing to do"));
        expect_each_once(&mut connection, ROWS + 1, "put right").await;
        fs_err::write(path, good + &line("one more") + &line("two more")).unwrap();
        run(&[]).success();
        expect_each_once(&mut connection, ROWS + 2, "grown").await;

        // Another source under the name of one that came to its end is a new load.
        fs_err::write(path, line("other")).unwrap();
        run(&[]).success();
        expect_each_once(&mut connection, ROWS + 3, "other").await;
        run(&["--restart"]).success();
        assert_eq!(count(&mut connection).await, i64::try_from(ROWS).unwrap() + 4);

        let closed = "select count(*) from pg_class c where c.oid = 'vecops.seed_ledger'::regclass and c.relrowsecurity
            and not has_table_privilege('anon', c.oid, 'SELECT') and not has_table_privilege('service_role', c.oid, 'SELECT')";
        assert_eq!(number(&mut connection, closed).await, 1);
        seed(database, &["--from", "-", "--yes", "--resumable"]).code(2);
    })
    .await;
}
