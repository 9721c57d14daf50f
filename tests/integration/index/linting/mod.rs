//! `vecops index lint`: each cause on a real server, and each proposal held against its own plan.

mod planning;
mod rewriting;
mod sources;

use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::fixture::{Said, index, random, rows, run};
use crate::support::TestDatabase;

const BY_COSINE: &str = "create index docs_hnsw on public.docs using hnsw (embedding vector_cosine_ops)";

/// A table of 2,000 rows with 32 dimensions, and indexes.
async fn docs(connection: &mut PgConnection, indexes: &str) {
    run(
        connection,
        format!(
            "create extension if not exists vector with schema extensions;
             set search_path = public, extensions;
             drop table if exists public.docs cascade;
             create table public.docs (id bigint primary key, language text not null, author int, embedding vector(32));
             insert into public.docs select g, case when g % 20 = 0 then 'de' else 'en' end, g % 7, {}
             from generate_series(1, 2000) g;
             {indexes};
             analyze public.docs",
            random(32)
        ),
    )
    .await;
}

/// What lint says, whatever its exit code.
fn lint(database: &TestDatabase, code: i32, arguments: &[&str]) -> Value {
    let said: Said = index(database, &[&["lint"], arguments].concat());
    assert_eq!(said.code, code, "{arguments:?}\n{}\n{}", said.stdout, said.stderr);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    document["data"].clone()
}

fn lint_sql(database: &TestDatabase, code: i32, sql: &str, more: &[&str]) -> Value {
    lint(database, code, &[&["--sql", sql], more].concat())["queries"][0].clone()
}

fn causes(query: &Value) -> Vec<String> {
    let findings = query["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["cause"].as_str().unwrap().to_owned())
        .collect()
}

/// The plan of a text with `$1` for a vector, asked for without vecops.
async fn plan(connection: &mut PgConnection, text: &str) -> String {
    run(connection, "set search_path = public, extensions").await;
    run(connection, "set plan_cache_mode = force_generic_plan").await;
    run(connection, format!("prepare asked as {text}")).await;
    let types: i32 = rows(
        connection,
        "select cardinality(parameter_types) from pg_prepared_statements where name = 'asked'",
    )
    .await[0]
        .get(0);
    let values = match types {
        0 => String::new(),
        count => format!("({})", vec!["null"; usize::try_from(count).unwrap()].join(", ")),
    };
    let lines = rows(connection, &format!("explain execute asked{values}")).await;
    run(connection, "deallocate asked").await;
    lines
        .iter()
        .map(|row| row.get::<String, _>(0))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Lints a query that reads every row: the cause is named, and the proposal's own plan uses an index.
async fn expect_mended(database: &TestDatabase, connection: &mut PgConnection, cause: &str, sql: &str) {
    assert!(
        !plan(connection, sql).await.contains("Order By"),
        "{sql} uses an index already"
    );
    let query = lint_sql(database, 3, sql, &[]);
    assert_eq!(query["status"], "unindexed", "{sql}");
    assert!(causes(&query).contains(&cause.to_owned()), "{sql}: {query:#}");
    let proposal = query["proposal"]["text"].as_str();
    let proposal = proposal.unwrap_or_else(|| panic!("{sql} has no proposal: {query:#}"));
    let mended = plan(connection, proposal).await;
    assert!(mended.contains("Order By"), "{proposal}\n{mended}");
    assert_eq!(lint_sql(database, 0, proposal, &[])["status"], "indexed");
}
