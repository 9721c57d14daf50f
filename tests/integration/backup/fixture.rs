//! Tables to dump, and ways to run the program on them.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sqlx::{Connection as _, PgConnection, Row as _};
use vecops::sql;

use crate::support::{Sandbox, Stopped, TestDatabase};

/// A sandbox with a repository in it.
pub(super) struct Place {
    pub(super) sandbox: Sandbox,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            sandbox: Sandbox::new(),
        }
    }

    pub(super) fn repository(&self) -> PathBuf {
        self.sandbox.path().join("repository")
    }

    /// Runs `vecops dump` of this database; the arguments come behind.
    pub(super) fn dump(&self, url: &str, arguments: &[&str]) -> assert_cmd::Command {
        let mut all = vec!["--db-url", url, "--json", "dump", "--to", "repository"];
        all.extend(arguments);
        self.sandbox.vecops(&all)
    }

    /// Dumps, and returns the report.
    pub(super) fn dumped(&self, database: &TestDatabase, arguments: &[&str]) -> Value {
        let done = self.dump(&database.url(), arguments).assert().success();
        serde_json::from_slice(&done.get_output().stdout).unwrap()
    }

    /// A dump in small chunks that stands after some of its rows.
    pub(super) async fn stopped_dump(&self, url: &str) -> Stopped {
        let dump = ["--db-url", url, "dump", "--to", "repository", "--chunk-size", "1"];
        let mut stopped = self.sandbox.stop_at("dump-rows-read", &dump);
        stopped.stands().await;
        stopped
    }

    /// Runs `vecops verify` of the newest backup.
    pub(super) fn verify(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut all = vec!["--json", "verify", "repository"];
        all.extend(arguments);
        self.sandbox.vecops(&all)
    }

    /// What `vecops verify --against` says of a database that holds something else.
    pub(super) fn differences(&self, database: &TestDatabase) -> Value {
        let url = database.url();
        let done = self
            .sandbox
            .vecops(&["--db-url", &url, "--json", "verify", "repository", "--against"])
            .assert()
            .code(3);
        serde_json::from_slice(&done.get_output().stdout).unwrap()
    }

    /// Whether the newest backup holds what this database holds.
    pub(super) fn expect_equal(&self, database: &TestDatabase) {
        let url = database.url();
        self.sandbox
            .vecops(&["--db-url", &url, "verify", "repository", "--against"])
            .assert()
            .success();
        self.verify(&["--deep"]).assert().success();
    }

    /// The backups that are published.
    pub(super) fn backups(&self) -> usize {
        files(&self.repository())
            .iter()
            .filter(|path| path.ends_with("MANIFEST.json"))
            .count()
    }

    /// The chunks that are there.
    pub(super) fn objects(&self) -> Vec<PathBuf> {
        let mut objects = files(&self.repository().join("objects"));
        objects.retain(|path| path.extension().is_some_and(|extension| extension == "zst"));
        objects.sort();
        objects
    }

    /// The folder of the newest backup.
    pub(super) fn newest(&self) -> PathBuf {
        let mut sets: Vec<PathBuf> = files(&self.repository().join("sets"))
            .into_iter()
            .filter(|path| path.ends_with("MANIFEST.json"))
            .collect();
        sets.sort();
        sets.pop().unwrap().parent().unwrap().to_owned()
    }
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs_err::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files
}

pub(super) async fn run(connection: &mut PgConnection, statements: impl Into<String>) {
    sql::run(connection, statements).await.unwrap();
}

pub(super) async fn number(connection: &mut PgConnection, query: &str) -> i64 {
    let row = sql::dynamic(query.to_owned())
        .fetch_one(connection)
        .await
        .unwrap();
    row.get(0)
}

/// Makes `public.docs` with so many rows, of about 1 kB each, that do not compress.
pub(crate) async fn docs(database: &TestDatabase, rows: u32) {
    let mut connection = database.connection().await;
    run(
        &mut connection,
        "create extension if not exists vector with schema extensions; \
         create table public.docs (id bigint generated always as identity primary key, content text, \
         embedding extensions.vector(64) not null, noise bytea)",
    )
    .await;
    more_docs(&mut connection, rows).await;
    run(&mut connection, "analyze public.docs").await;
    connection.close().await.unwrap();
}

/// Adds rows to `public.docs`, the same ones each time.
pub(super) async fn more_docs(connection: &mut PgConnection, rows: u32) {
    run(
        connection,
        format!(
            "insert into public.docs (content, embedding, noise) \
             select 'row ' || n, \
                 (select array_agg(((n * 31 + d * 17) % 101 - 50) / 50.0) from generate_series(1, 64) d)::extensions.vector(64), \
                 (select string_agg(sha256((n * 100 + part)::text::bytea), '') from generate_series(1, 24) part) \
             from generate_series(1, {rows}) n"
        ),
    )
    .await;
}
