//! A table to tune, and what it looks like from the catalog.

use serde_json::Value;
use sqlx::{PgConnection, Row as _};
use vecops::sql;

use crate::support::{Sandbox, TestDatabase};

/// Rows of 24 dimensions with a small graph, a row without an embedding, and queries that are none of the rows.
pub(super) async fn table(database: &TestDatabase, rows: usize) -> PgConnection {
    let mut connection = database.connection().await;
    let statements = format!(
        "create extension if not exists vector with schema extensions;
         create table public.docs (id bigint primary key, content text, embedding extensions.vector(24));
         select setseed(0.5);
         insert into public.docs select n, 'row ' || n,
             array(select (random() - 0.5 + 0 * (n + d))::real from generate_series(1, 24) d)::extensions.vector
           from generate_series(1, {rows}) n;
         insert into public.docs values (-1, 'nothing', null);
         create index docs_hnsw on public.docs using hnsw (embedding extensions.vector_cosine_ops)
           with (m = 8, ef_construction = 32);
         analyze public.docs;"
    );
    sql::run(&mut connection, statements).await.unwrap();
    connection
}

/// So many queries, one a line.
pub(super) fn queries(count: u32, seed: u32) -> String {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1_u32 << 24) - 0.5
    };
    let mut line = || {
        let elements: Vec<String> = (0..24).map(|_| format!("{:.5}", next())).collect();
        format!("[{}]\n", elements.join(","))
    };
    (0..count).map(|_| line()).collect()
}

/// Everything in the catalogs that tuning could leave behind.
pub(super) async fn traces(connection: &mut PgConnection) -> String {
    let query = "select jsonb_build_array(
        (select count(*) from pg_class), (select count(*) from pg_proc), (select count(*) from pg_attribute),
        (select jsonb_agg(s order by s.setrole) from pg_db_role_setting s),
        (select jsonb_agg(d.xmin::text || d.ctid::text order by d.ctid) from public.docs d),
        (select jsonb_agg(c.reloptions order by c.oid) from pg_class c where c.reloptions is not null))::text";
    sql::dynamic(query.to_owned())
        .fetch_one(connection)
        .await
        .unwrap()
        .get(0)
}

/// Runs `vecops` on the database in this sandbox.
pub(super) fn vecops(
    sandbox: &Sandbox,
    database: &TestDatabase,
    arguments: &[&str],
) -> assert_cmd::assert::Assert {
    let mut command = sandbox.vecops(arguments);
    command.env("VECOPS_DB_URL", database.url()).assert()
}

pub(super) fn document(assert: &assert_cmd::assert::Assert) -> Value {
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
