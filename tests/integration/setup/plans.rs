//! The index serves the match function: however it is called, under a filter, and as a user under row-level
//! security.
//!
//! EXPLAIN of a call shows nothing of a function's inside. The proof is the index's own counter before and after a
//! call; EXPLAIN of the body with values in place of the arguments shows the plan itself.

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};
use vecops::collection::{Collection, Policy};
use vecops::vector::ElementType;

use super::fixture::{apply, collection, fill, number, row, rows, run, vector, with_index};
use crate::support::{TestDatabase, database, majors};
use vecops::embedded::Major;

/// Enough that the planner prefers the index: over fewer rows it reads the table, and is right.
const ROWS: u32 = 8_000;
const USER: &str = "00000000-0000-0000-0000-00000000000a";

/// The calls that clients make without a filter, and how many rows each must bring.
const CALLS: [(&str, usize); 4] = [
    ("select * from {f}({q})", 100),
    ("select * from {f}({q}) limit 4", 4),
    ("select * from {f}(query_embedding => {q}, match_count => 10)", 10),
    (
        "select * from {f}(query_embedding => {q}, match_count => null, filter => null)",
        100,
    ),
];

/// The same with a filter.
const FILTERED: [(&str, usize); 2] = [
    ("select * from {f}({q}, 10, '{\"topic\": 8}')", 10),
    (
        "select * from {f}(query_embedding => {q}, filter => '{\"even\": true}') limit 4",
        4,
    ),
];

/// Under row-level security the planner takes any filter for one that keeps one row in a hundred. Of a user's own
/// rows, it then fetches all by the owner's index, which is exact, unless few enough are asked for.
const FILTERED_OF_AN_OWNER: [(&str, usize); 1] = [("select * from {f}({q}, 2, '{\"even\": true}')", 2)];

#[tokio::test]
async fn the_index_serves_every_call_of_the_service_role() {
    for major in majors() {
        for element in [ElementType::Vector, ElementType::Halfvec] {
            let docs = Collection {
                element,
                ..collection("docs", Policy::Service)
            };
            each_call_uses_the_index(major, &docs, "service_role", &FILTERED).await;
        }
    }
}

#[tokio::test]
async fn the_index_serves_every_call_of_a_user_under_row_level_security() {
    for major in majors() {
        let owned = collection("docs", Policy::Owner);
        each_call_uses_the_index(major, &owned, "authenticated", &FILTERED_OF_AN_OWNER).await;
        let public = collection("docs", Policy::PublicRead);
        each_call_uses_the_index(major, &public, "anon", &FILTERED[..1]).await;
    }
}

async fn each_call_uses_the_index(major: Major, docs: &Collection, role: &str, filtered: &[(&str, usize)]) {
    let database = database(major).await;
    let mut connection = filled(&database, docs).await;
    for &(call, expected) in CALLS.iter().chain(filtered) {
        let call = call
            .replace("{f}", &docs.match_function().to_string())
            .replace("{q}", &vector(docs.dimensions, 5));
        let before = scans(&mut connection, docs).await;
        let found = as_role(&mut connection, role, &call).await;
        let after = scans(&mut connection, docs).await;
        assert_eq!(found, expected, "{major}, {role}: {call}");
        assert_eq!(
            after - before,
            1,
            "{major}, {role}: the index was not scanned by {call}"
        );
    }
}

/// Half of the rows belong to the user; the index is built over them, as on a table in use.
async fn filled(database: &TestDatabase, docs: &Collection) -> PgConnection {
    let mut connection = database.connection().await;
    apply(&mut connection, &with_index(docs, None)).await;
    fill(&mut connection, docs, ROWS).await;
    if docs.policy == Policy::Owner {
        run(
            &mut connection,
            format!("update docs set owner_id = '{USER}' where id % 2 = 0; analyze docs"),
        )
        .await;
    }
    apply(&mut connection, docs).await;
    connection
}

/// Runs a query as a role of the API, with a user's claims, in a new transaction; returns its number of rows.
async fn as_role(connection: &mut PgConnection, role: &str, query: &str) -> usize {
    let mut transaction = connection.begin().await.unwrap();
    let claims = format!(r#"{{"sub":"{USER}","role":"{role}"}}"#);
    run(
        &mut transaction,
        format!("set local role {role}; set local request.jwt.claims = '{claims}'"),
    )
    .await;
    let found = rows(&mut transaction, query).await.len();
    transaction.commit().await.unwrap();
    found
}

/// How often the vector index was scanned until now.
async fn scans(connection: &mut PgConnection, docs: &Collection) -> i64 {
    run(connection, "select pg_stat_force_next_flush()").await;
    let name = docs.index_name();
    number(
        connection,
        format!("select idx_scan from pg_stat_user_indexes where indexrelid = '{name}'::regclass"),
    )
    .await
}

#[tokio::test]
async fn a_selective_filter_still_brings_as_many_rows_as_were_asked_for() {
    for major in majors() {
        let database = database(major).await;
        let docs = collection("docs", Policy::Service);
        let mut connection = filled(&database, &docs).await;
        // One pass of ef_search candidates holds two or three rows of one topic among forty.
        let call = format!(
            "select * from match_docs({}, 60, '{{\"topic\": 3}}')",
            vector(32, 9)
        );
        let found = rows(&mut connection, call).await;
        assert_eq!(found.len(), 60, "{major}");
        let topics: Vec<serde_json::Value> = found.iter().map(|row| row.get("metadata")).collect();
        assert!(topics.iter().all(|metadata| metadata["topic"] == 3), "{topics:?}");
    }
}

#[tokio::test]
async fn the_plan_of_the_body_is_an_index_scan_with_the_operator_qualified() {
    for major in majors() {
        let database = database(major).await;
        let docs = collection("docs", Policy::Service);
        let mut connection = filled(&database, &docs).await;
        let source: String = row(
            &mut connection,
            "select prosrc from pg_proc where proname = 'match_docs'",
        )
        .await
        .get(0);
        let body = source
            .replace(
                "\"match_docs\".query_embedding",
                &format!("{}::extensions.vector", vector(32, 2)),
            )
            .replace("\"match_docs\".match_count", "null::int")
            .replace("\"match_docs\".filter", "'{\"even\": true}'::jsonb");
        let query = body
            .split_once("return query")
            .unwrap()
            .1
            .split_once(';')
            .unwrap()
            .0;
        let plan: Vec<String> = rows(&mut connection, format!("explain (costs off) {query}"))
            .await
            .iter()
            .map(|row| row.get(0))
            .collect();
        let plan = plan.join("\n");
        assert!(
            plan.contains("Index Scan using docs_embedding_cosine_hnsw"),
            "{major}: {plan}"
        );
        assert!(!plan.contains("Seq Scan"), "{major}: {plan}");
    }
}
