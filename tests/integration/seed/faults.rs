//! Loads that break on their way: killed, cut off, stalled, their server process ended.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use sqlx::{PgConnection, Row as _};
use url::Url;
use vecops::sql;

use super::fixture::{TABLE, number, rows};
use super::proxy::{Direction, Proxy};
use crate::support::{TestDatabase, variable, wait_until};

/// How many rows [`source`] has.
pub(super) const ROWS: u64 = 4_000;

/// Some megabytes of rows without ids, so that a row loaded twice is there twice; each so-manieth is bad.
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
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new() -> Self {
        let given = variable("VECOPS_TEST_SEED").map(|text| text.parse().unwrap());
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0));
        println!("VECOPS_TEST_SEED={seed}");
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

/// What happens to a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// kill -9.
    Kill,
    /// The connection is closed.
    Cut,
    /// The connection is reset.
    Reset,
    /// The server process is ended by an administrator.
    Terminate,
    /// The connection is closed on the server's answer.
    AnswerLost,
    /// Nothing goes through any more, and somebody presses Ctrl-C.
    Stall,
}

impl Fault {
    /// The fault of a round.
    pub(super) fn of_round(round: usize) -> Self {
        match round % 10 {
            0 | 5 => Self::Kill,
            1 | 6 => Self::Cut,
            2 | 7 => Self::AnswerLost,
            3 => Self::Reset,
            9 => Self::Stall,
            _ => Self::Terminate,
        }
    }

    /// The direction whose bytes bring it about.
    pub(super) fn direction(self) -> Direction {
        match self {
            Self::AnswerLost => Direction::ToClient,
            _ => Direction::ToServer,
        }
    }
}

/// The database's URL through a proxy, and the server's address.
fn through(database: &TestDatabase, port: u16) -> (String, String) {
    let mut url = Url::parse(&database.url()).unwrap();
    let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(port)).unwrap();
    (url.to_string(), server)
}

/// Sends a signal to a program.
pub(super) fn signal(program: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &program.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
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

/// Waits until no session of the program is left: what it left in the server may still commit, or fail.
pub(super) async fn alone(connection: &mut PgConnection) {
    wait_until("the server ends the session", async || {
        let others = "select count(*) from pg_stat_activity
            where datname = current_database() and application_name like 'vecops%' and pid <> pg_backend_pid()";
        number(connection, others).await == 0
    })
    .await;
}

/// A load of a file into [`TABLE`].
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) path: &'a Path,
    pub(super) flags: &'a [&'a str],
}

impl Load<'_> {
    pub(super) fn spawn(&self, url: &str) -> Child {
        Command::new(env!("CARGO_BIN_EXE_vecops"))
            .args(["seed", TABLE, "--yes", "--from"])
            .arg(self.path)
            .args(self.flags)
            .env_clear()
            .env("HOME", "/nowhere")
            .env("VECOPS_DB_URL", url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    pub(super) async fn run(&self, url: &str) -> ExitStatus {
        ended(&mut self.spawn(url)).await
    }

    /// Runs the load until the fault, and lets the fault happen.
    pub(super) async fn break_at(&self, database: &TestDatabase, fault: Fault, bytes: usize) -> ExitStatus {
        let server = through(database, 1).1;
        let proxy = Proxy::start(server, fault.direction(), bytes, fault == Fault::Reset).await;
        let mut program = self.spawn(&through(database, proxy.port).0);
        proxy.reached().await;
        match fault {
            Fault::Kill => program.kill().unwrap(),
            Fault::Cut | Fault::Reset | Fault::AnswerLost => {}
            Fault::Terminate => {
                let mut administrator = database.administrator().await;
                let terminate = "select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and application_name like 'vecops%' and pid <> pg_backend_pid()";
                sql::run(&mut administrator, terminate).await.unwrap();
            }
            Fault::Stall => {
                signal(&program, "INT");
                let status = ended(&mut program).await;
                assert_eq!(status.code(), Some(130), "stalled and interrupted");
            }
        }
        proxy.cut();
        let status = ended(&mut program).await;
        alone(&mut database.connection().await).await;
        status
    }

    /// The bytes of a whole load in both directions.
    pub(super) async fn measure(&self, database: &TestDatabase) -> (usize, usize) {
        let server = through(database, 1).1;
        let proxy = Proxy::start(server, Direction::ToServer, usize::MAX, false).await;
        let status = self.run(&through(database, proxy.port).0).await;
        assert!(status.success());
        (proxy.bytes(Direction::ToServer), proxy.bytes(Direction::ToClient))
    }
}

/// How many rows there are, and a digest of what is in them.
pub(super) async fn content(connection: &mut PgConnection) -> (i64, String) {
    let query = format!(
        "select count(*), coalesce(md5(string_agg(md5(concat_ws('|', content, metadata, embedding)), '' order by content)), '')
         from {TABLE}"
    );
    let row = rows(connection, &query).await.remove(0);
    (row.get(0), row.get(1))
}

/// Forgets rows and positions.
pub(super) async fn forget(connection: &mut PgConnection) {
    let statements = format!(
        "truncate {TABLE} restart identity;
         do $$ begin delete from vecops.seed_ledger; exception when invalid_schema_name or undefined_table then end $$"
    );
    sql::run(connection, statements).await.unwrap();
}
