//! Tables with vectors, and runs of the program on them.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use vecops::sql;

use crate::support::{Sandbox, TestDatabase, wait_until};

/// A table in a schema that must be quoted.
pub(super) const TABLE: &str = "\"My App\".items";

/// The usual index on [`TABLE`].
pub(super) const INDEX: &str = "\"My App\".items_embedding_cosine_hnsw";

pub(super) async fn run(connection: &mut PgConnection, statements: impl Into<String>) {
    sql::run(connection, statements).await.unwrap();
}

pub(super) async fn rows(connection: &mut PgConnection, query: &str) -> Vec<PgRow> {
    sql::dynamic(query.to_owned())
        .fetch_all(connection)
        .await
        .unwrap()
}

/// The texts of a query's first column.
pub(super) async fn texts(connection: &mut PgConnection, query: &str) -> Vec<String> {
    rows(connection, query)
        .await
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// Makes [`TABLE`] with a column of this type, filled with an expression over the row's number `g`.
pub(super) async fn table(connection: &mut PgConnection, column: &str, value: &str, count: u32) {
    run(
        connection,
        format!(
            "create extension if not exists vector with schema extensions;
             set search_path = public, extensions;
             drop schema if exists \"My App\" cascade;
             create schema \"My App\";
             create table {TABLE} (id bigint primary key, language text not null default 'en', embedding {column});
             insert into {TABLE} (id, embedding) select g, {value} from generate_series(1, {count}) g;
             analyze {TABLE}"
        ),
    )
    .await;
}

/// [`TABLE`] with random vectors of so many dimensions.
pub(super) async fn vectors(connection: &mut PgConnection, dimensions: u32, count: u32) {
    table(
        connection,
        &format!("vector({dimensions})"),
        &random(dimensions),
        count,
    )
    .await;
}

/// A random vector, another one for each row.
pub(super) fn random(dimensions: u32) -> String {
    format!(
        "(select array_agg(random() - 0.5 + (d + g) * 0)::vector from generate_series(1, {dimensions}) d)"
    )
}

/// Every vector index, valid or not, with its state.
pub(super) async fn indexes(connection: &mut PgConnection) -> Vec<String> {
    let query = "select c.relname || case when i.indisvalid and i.indisready then '' else ' invalid' end
        from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
        where a.amname in ('hnsw', 'ivfflat') order by 1";
    texts(connection, query).await
}

/// Waits until the server has noticed that the program is gone.
pub(super) async fn settled(connection: &mut PgConnection) {
    let query = "select pid::text from pg_stat_activity
        where datname = current_database() and application_name like 'vecops%' and backend_type = 'client backend'";
    wait_until("the server ends the sessions", async || {
        texts(connection, query).await.is_empty()
    })
    .await;
}

/// Runs `vecops index ...` and returns what it says.
pub(super) fn index(database: &TestDatabase, arguments: &[&str]) -> Said {
    vecops(database, &[&["index"], arguments].concat())
}

/// Runs `vecops ... --json`.
pub(super) fn vecops(database: &TestDatabase, arguments: &[&str]) -> Said {
    let sandbox = Sandbox::new();
    let output = sandbox
        .vecops(&[arguments, &["--json"]].concat())
        .env("VECOPS_DB_URL", database.url())
        .output()
        .unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What a run said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Said {
    /// Its report, once it ended well.
    pub(super) fn report(&self) -> Value {
        assert_eq!(self.code, 0, "{}\n{}", self.stdout, self.stderr);
        let document: Value = serde_json::from_str(&self.stdout).unwrap();
        document["data"].clone()
    }

    /// Its message and hints, once it ended with this code.
    pub(super) fn error(&self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self.stderr
            .lines()
            .find(|line| line.starts_with('{'))
            .unwrap()
            .to_owned()
    }
}
