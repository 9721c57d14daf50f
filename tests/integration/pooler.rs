//! The transaction pooler: Debian's PgBouncer, which hands each transaction to another server connection.
//!
//! Where PgBouncer is not installed the tests print that they could not run, and why; `.ci/run` installs it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use vecops::connection::{Cancellation, Connector, Need};
use vecops::progress::Silent;

use crate::support::{Sandbox, TestDatabase, database, majors, wait_until};

const MANIFEST: &str = "[collections.notes]\ndimensions = 3\nmetric = \"cosine\"\npolicy = \"owner\"\n";
const OWNER: &str = "6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d";
const ROWS: &str =
    "{\"content\": \"a\", \"embedding\": [1, 0, 0]}\n{\"content\": \"b\", \"embedding\": [0, 1, 0]}\n";

/// PgBouncer in transaction mode in front of a test's database.
struct Pooler {
    process: Child,
    port: u16,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Pooler {
    /// Starts it, or says that it is not installed.
    async fn start(database: &TestDatabase, folder: &Path) -> Option<Self> {
        let places = [
            "/usr/sbin/pgbouncer",
            "/usr/bin/pgbouncer",
            "/usr/local/bin/pgbouncer",
            "/opt/homebrew/bin/pgbouncer",
        ];
        let Some(program) = places
            .map(PathBuf::from)
            .into_iter()
            .find(|place| place.is_file())
        else {
            // Straight to stderr: what a passing test prints is swallowed.
            let why = "NOT RUN: there is no pgbouncer here, so no transaction pooler; `apt-get install pgbouncer` brings it\n";
            std::io::stderr().write_all(why.as_bytes()).unwrap();
            return None;
        };
        let url = url::Url::parse(&database.url()).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let users = folder.join("users.txt");
        fs_err::write(&users, format!("\"postgres\" \"{}\"\n", url.password().unwrap())).unwrap();
        let settings = folder.join("pgbouncer.ini");
        fs_err::write(
            &settings,
            format!(
                "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
                 unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = transaction\n\
                 default_pool_size = 2\nmax_client_conn = 50\nserver_round_robin = 1\n",
                url.port().unwrap(),
                users.display()
            ),
        )
        .unwrap();
        let mut command = Command::new(program);
        command
            .arg(&settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        drop_root(&mut command);
        let mut pooler = Self {
            process: command.spawn().unwrap(),
            port,
        };
        pooler.wait(database).await;
        Some(pooler)
    }

    /// Waits until it lets a client in.
    async fn wait(&mut self, database: &TestDatabase) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            match connect(&self.url(database)).await {
                Ok(connection) => return connection.close().await.unwrap(),
                Err(error) => assert!(Instant::now() < deadline, "pgbouncer does not answer: {error}"),
            }
            assert!(
                self.process.try_wait().unwrap().is_none(),
                "pgbouncer ended at once"
            );
        }
    }

    fn url(&self, database: &TestDatabase) -> String {
        let mut url = url::Url::parse(&database.url()).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.to_string()
    }

    /// The URL as Supabase writes it for clients of the pooler.
    fn marked_url(&self, database: &TestDatabase) -> String {
        format!("{}&pgbouncer=true", self.url(database))
    }
}

/// PgBouncer refuses to run as root.
#[cfg(unix)]
fn drop_root(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    if vecops::embedded::runs_as_root().unwrap() {
        let nobody = 65_534;
        command.uid(nobody).gid(nobody);
    }
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    fs_err::write(sandbox.path().join("vecops.toml"), MANIFEST).unwrap();
    fs_err::write(sandbox.path().join("rows.jsonl"), ROWS).unwrap();
    sandbox
}

fn run(sandbox: &Sandbox, url: &str, arguments: &[&str]) -> Output {
    sandbox
        .vecops(arguments)
        .env("VECOPS_DB_URL", url)
        .output()
        .unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn a_transaction_pooler_serves_what_fits_into_one_transaction() {
    for major in majors() {
        let database = database(major).await;
        let sandbox = sandbox();
        let Some(pooler) = Pooler::start(&database, sandbox.path()).await else {
            return;
        };
        let url = pooler.marked_url(&database);
        let succeed = |arguments: &[&str]| {
            let output = run(&sandbox, &url, arguments);
            assert!(output.status.success(), "{arguments:?}: {output:?}");
            output
        };
        succeed(&["setup", "apply", "--yes"]);
        succeed(&["setup", "plan"]);
        succeed(&["seed", "notes", "--from", "rows.jsonl", "--owner", OWNER, "--yes"]);
        // More often than the pool has connections: a named statement of one would meet itself in another.
        for _ in 0..6 {
            let output = succeed(&[
                "search",
                "notes",
                "--vector",
                "[1,0,0]",
                "--json",
                "--as",
                "service_role",
                "--explain",
            ]);
            let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(
                document["target"]["endpoint"], "transaction-pooler",
                "{document:#}"
            );
            assert_eq!(document["data"]["neighbours"].as_array().unwrap().len(), 2);
        }
        assert_eq!(named_statements(&pooler.url(&database)).await, 0);
        drop(pooler);
        database.remove().await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn loads_of_every_mode_go_through_a_transaction_pooler_and_resume() {
    for major in majors() {
        let database = database(major).await;
        let sandbox = sandbox();
        let Some(pooler) = Pooler::start(&database, sandbox.path()).await else {
            return;
        };
        let mut direct = database.connection().await;
        let table = "create extension vector with schema extensions;
            create table public.items (id bigint primary key, content text, embedding extensions.vector(2))";
        vecops::sql::run(&mut direct, table).await.unwrap();
        let content = "x".repeat(500);
        let mut rows = String::new();
        for id in 1..=4_000 {
            let embedding = format!("[1, {id}]");
            writeln!(
                rows,
                "{{\"id\": {id}, \"content\": \"{content}\", \"embedding\": {embedding}}}"
            )
            .unwrap();
        }
        fs_err::write(sandbox.path().join("items.jsonl"), rows + "oh no\n").unwrap();
        let url = pooler.marked_url(&database);
        let load = [
            "seed",
            "public.items",
            "--from",
            "items.jsonl",
            "--yes",
            "--on-error",
            "skip",
        ];
        let resumable = [&load[..], &["--resumable", "--batch-size", "32KiB"]].concat();
        let mut program = sandbox.spawn(&[&resumable[..], &["--db-url", &url]].concat());
        wait_until("a batch is in", async || count(&mut direct).await > 0).await;
        program.kill().unwrap();
        program.wait().unwrap();
        let between = count(&mut direct).await;
        assert!(between < 4_000, "it was over before the kill");
        // The pooler may not have noticed yet: until then the last batch holds its row of the ledger.
        wait_until("the load goes on", async || {
            run(&sandbox, &url, &resumable).status.code() == Some(3)
        })
        .await;
        assert_eq!(count(&mut direct).await, 4_000);
        for more in [
            &["--on-conflict", "update"][..],
            &["--on-conflict", "skip", "--resumable", "--restart"],
            &["--replace", "--atomic"],
        ] {
            let output = run(&sandbox, &url, &[&load[..], more].concat());
            assert_eq!(output.status.code(), Some(3), "{more:?}: {output:?}");
            assert_eq!(count(&mut direct).await, 4_000, "{more:?}");
        }
        assert_eq!(named_statements(&pooler.url(&database)).await, 0);
        drop(pooler);
        drop(direct);
        database.remove().await;
    }
}

#[cfg(unix)]
async fn count(connection: &mut PgConnection) -> i64 {
    let query = "select count(*) from public.items";
    sqlx::query_scalar(query)
        .persistent(false)
        .fetch_one(connection)
        .await
        .unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn what_needs_a_session_is_refused_before_it_starts() {
    let database = database(majors()[0]).await;
    let sandbox = sandbox();
    let Some(pooler) = Pooler::start(&database, sandbox.path()).await else {
        return;
    };
    let direct = database.url();
    for arguments in [
        &["setup", "apply", "--yes"][..],
        &["seed", "notes", "--from", "rows.jsonl", "--owner", OWNER, "--yes"],
    ] {
        assert!(run(&sandbox, &direct, arguments).status.success());
    }
    // An index over existing rows is built outside a transaction.
    let mut connection = database.connection().await;
    vecops::sql::run(&mut connection, "drop index public.notes_embedding_cosine_hnsw")
        .await
        .unwrap();
    let output = run(
        &sandbox,
        &pooler.marked_url(&database),
        &["setup", "apply", "--yes"],
    );
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(12), "{stderr}");
    assert!(stderr.contains("transaction pooler"), "{stderr}");
    drop(pooler);
    drop(connection);
    database.remove().await;
}

#[cfg(unix)]
#[tokio::test]
async fn cancelling_through_the_pooler_stops_the_transaction_that_runs() {
    let database = database(majors()[0]).await;
    let sandbox = sandbox();
    let Some(pooler) = Pooler::start(&database, sandbox.path()).await else {
        return;
    };
    let cancellation = Cancellation::new();
    let target = crate::session::target_of(&pooler.marked_url(&database));
    let connector = Connector::new(target, "test", cancellation.clone());
    let mut session = connector.open(Need::Any, &Silent).await.unwrap();
    // The process that answered the login is another one than the process that serves the transaction.
    let mut other = connect(&pooler.url(&database)).await.unwrap();
    let mut occupied = other.begin().await.unwrap();
    vecops::sql::run(&mut occupied, "select 1").await.unwrap();
    let mut read = session.begin_read().await.unwrap();
    let mut watcher = database.connection().await;
    let work = vecops::sql::run(&mut read, "select pg_catalog.pg_sleep(600)");
    let cancel = async {
        let question = "select count(*) from pg_stat_activity where query like '%pg_sleep%' and state = 'active' \
                        and pid <> pg_backend_pid()";
        let deadline = Instant::now() + Duration::from_secs(30);
        while sqlx::query_scalar::<_, i64>(question)
            .fetch_one(&mut watcher)
            .await
            .unwrap()
            == 0
        {
            assert!(Instant::now() < deadline, "the work never started");
        }
        occupied.rollback().await.unwrap();
        cancellation.cancel_all().await
    };
    let (worked, cancelled) = tokio::join!(work, cancel);
    assert_eq!(cancelled, 1);
    let error = vecops::error::Error::from(worked.unwrap_err());
    assert_eq!(error.sqlstate(), Some("57014"));
    // The transaction is over and its process may serve strangers: nothing is cancelled any more.
    read.rollback().await.unwrap();
    assert_eq!(cancellation.cancel_all().await, 0);
    drop(session);
    drop(pooler);
    drop(watcher);
    database.remove().await;
}

/// The named statements that are left on the server's connections, seen through the pooler on each of them.
#[cfg(unix)]
async fn named_statements(url: &str) -> i64 {
    let mut left = 0;
    for _ in 0..4 {
        let mut connection = connect(url).await.unwrap();
        let count: i64 = sqlx::query_scalar("select count(*) from pg_prepared_statements where name <> ''")
            .persistent(false)
            .fetch_one(&mut *connection.begin().await.unwrap())
            .await
            .unwrap();
        left += count;
        connection.close().await.unwrap();
    }
    left
}

/// PgBouncer does not know `extra_float_digits`, which sqlx sends unless it is told not to.
#[cfg(unix)]
async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    let options: PgConnectOptions = url.parse().unwrap();
    PgConnection::connect_with(&options.extra_float_digits(None)).await
}
