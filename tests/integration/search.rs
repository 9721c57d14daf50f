//! `vecops search`: the answers, their order, the index behind them, and what is said when rows are missing.

use serde_json::json;
use sqlx::PgConnection;
use vecops::catalog::{self, Target};
use vecops::collection::Collections;
use vecops::search::{Query, Request, SearchReport, search};
use vecops::sql;

use crate::support::{Sandbox, TestDatabase, on_each_server};

const ROWS: usize = 4_000;
const DIMENSIONS: usize = 32;

/// A table of vectors that no manifest declares, every 500th row marked `rare`, one row without an embedding.
async fn table_of_vectors(connection: &mut PgConnection, element: &str) {
    let statements = format!(
        "create extension vector with schema extensions;
         create schema \"My App\";
         create table \"My App\".docs (
           id bigint primary key, content text, metadata jsonb not null default '{{}}',
           embedding extensions.{element}({DIMENSIONS}));
         select setseed(0.25);
         insert into \"My App\".docs
           select n, 'passage ' || n, jsonb_build_object('rare', n % 500 = 0),
             (select ('[' || string_agg((random() - 0.5 + 0 * (n + d))::real::text, ',') || ']')
              from generate_series(1, {DIMENSIONS}) d)::extensions.{element}
           from generate_series(1, {ROWS}) n;
         insert into \"My App\".docs values ({ROWS} + 1, 'no embedding', '{{}}', null);
         create index on \"My App\".docs using hnsw (embedding extensions.{element}_cosine_ops);
         analyze \"My App\".docs;"
    );
    sql::run(connection, statements).await.unwrap();
}

async fn locate(connection: &mut PgConnection) -> Target {
    catalog::locate(connection, "\"My App\".docs", &Collections::default())
        .await
        .unwrap()
}

fn request(query: Query) -> Request {
    Request {
        query,
        limit: 5,
        filter: None,
        exact: false,
        ef_search: 200,
        explain: false,
    }
}

/// Searches as the command does: in a read-only transaction.
async fn run(connection: &mut PgConnection, on: &Target, request: &Request) -> SearchReport {
    sql::run(connection, "begin read only").await.unwrap();
    let report = search(connection, on, request).await.unwrap();
    sql::run(connection, "rollback").await.unwrap();
    report
}

fn ids(report: &SearchReport) -> Vec<&str> {
    report
        .neighbours
        .iter()
        .map(|neighbour| neighbour.id.as_str())
        .collect()
}

#[tokio::test]
async fn the_index_answers_and_the_exact_search_agrees() {
    on_each_server(async |database| {
        for element in ["vector", "halfvec"] {
            let mut connection = database.connection().await;
            table_of_vectors(&mut connection, element).await;
            let on = locate(&mut connection).await;

            let by_index = Request {
                explain: true,
                ..request(Query::Like("17".into()))
            };
            let found = run(&mut connection, &on, &by_index).await;
            let exactly = Request {
                exact: true,
                ..by_index.clone()
            };
            let truth = run(&mut connection, &on, &exactly).await;

            assert_eq!(
                found.plan.as_ref().unwrap().ordering_index(),
                Some("docs_embedding_idx")
            );
            assert_eq!(truth.plan.as_ref().unwrap().ordering_index(), None);
            assert_eq!(truth.neighbours.len(), 5);
            assert!(!ids(&truth).contains(&"17"), "a row is not its own neighbour");
            let shared = ids(&found).iter().filter(|id| ids(&truth).contains(id)).count();
            assert!(
                shared >= 4,
                "{element}: the index found {:?}, the truth is {:?}",
                ids(&found),
                ids(&truth)
            );
            assert!(found.neighbours.is_sorted_by(|a, b| a.distance <= b.distance));
            assert!(found.shortfall.is_none());
            sql::run(
                &mut connection,
                "drop schema \"My App\" cascade; drop extension vector",
            )
            .await
            .unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_rare_filter_still_gets_every_row_and_a_short_answer_says_why() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table_of_vectors(&mut connection, "vector").await;
        let on = locate(&mut connection).await;

        let rare = Request {
            filter: Some(json!({"rare": true})),
            ..request(Query::Like("17".into()))
        };
        assert_eq!(run(&mut connection, &on, &rare).await.neighbours.len(), 5);

        let all_rare = Request {
            limit: 20,
            ..rare.clone()
        };
        let report = run(&mut connection, &on, &all_rare).await;
        let shortfall = report.shortfall.unwrap();
        assert_eq!(
            (shortfall.asked, shortfall.returned, shortfall.matching),
            (20, 8, 8)
        );
        assert_eq!(shortfall.reason, "only 8 rows match the filter");
        assert_eq!(shortfall.advice, None);

        let nothing = Request {
            filter: Some(json!({"rare": "never"})),
            ..rare
        };
        let shortfall = run(&mut connection, &on, &nothing).await.shortfall.unwrap();
        assert_eq!(shortfall.reason, "only 0 rows match the filter");
    })
    .await;
}

#[tokio::test]
async fn a_scan_that_gives_up_is_told_from_a_table_without_rows() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table_of_vectors(&mut connection, "vector").await;
        let on = locate(&mut connection).await;
        sql::run(&mut connection, "begin read only").await.unwrap();
        // Ends the iterative scan at once, as a table much larger than `hnsw.max_scan_tuples` does.
        sql::run(
            &mut connection,
            "select '[1]'::extensions.vector; set local hnsw.max_scan_tuples = 1",
        )
        .await
        .unwrap();
        let rare = Request {
            filter: Some(json!({"rare": true})),
            ef_search: 10,
            ..request(Query::Like("17".into()))
        };
        // The planner would rather sort so small a table; a large one leaves it no such choice.
        sql::run(&mut connection, "set local enable_seqscan = off")
            .await
            .unwrap();
        let report = search(&mut connection, &on, &rare).await.unwrap();
        let shortfall = report.shortfall.unwrap();
        assert!(shortfall.returned < 5);
        assert_eq!(
            shortfall.reason,
            "8 rows match the filter, but the index scan ended before it had found them"
        );
        assert!(shortfall.advice.unwrap().contains("--exact"));
    })
    .await;
}

#[tokio::test]
async fn wrong_questions_are_refused_with_the_reason() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        table_of_vectors(&mut connection, "vector").await;
        let on = locate(&mut connection).await;
        let cases = [
            (
                Query::Vector(vec![1.0; 3]),
                "the query vector has 3 dimensions, `\"My App\".docs.embedding` has 32",
            ),
            (
                Query::Like("99999".into()),
                "`\"My App\".docs` has no row `99999` that this role can see",
            ),
            (
                Query::Like("4001".into()),
                "row `4001` of `\"My App\".docs` has no embedding",
            ),
        ];
        for (query, message) in cases {
            sql::run(&mut connection, "begin read only").await.unwrap();
            let error = search(&mut connection, &on, &request(query)).await.unwrap_err();
            sql::run(&mut connection, "rollback").await.unwrap();
            assert_eq!(error.message(), message);
        }
    })
    .await;
}

const ADA: &str = "6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d";
const BOB: &str = "11111111-6d0f-4a43-9d0c-0f1f7a1b2c3d";

/// The ids that `vecops search … --json` prints.
fn found(sandbox: &Sandbox, database: &TestDatabase, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["search", "notes", "--json"], arguments].concat();
    let output = sandbox
        .vecops(&arguments)
        .env("VECOPS_DB_URL", database.url())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let neighbours = document["data"]["neighbours"].as_array().unwrap();
    neighbours
        .iter()
        .map(|neighbour| neighbour["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn each_role_finds_what_row_security_lets_it_see() {
    on_each_server(async |database| {
        let sandbox = Sandbox::new();
        let path = |name: &str| sandbox.path().join(name);
        let manifest = "[collections.notes]\ndimensions = 3\nmetric = \"cosine\"\npolicy = \"owner\"\n";
        fs_err::write(path("vecops.toml"), manifest).unwrap();
        let row = |id, owner, vector| {
            json!({"id": id, "content": "x", "metadata": {"n": id}, "embedding": vector, "owner_id": owner})
                .to_string()
        };
        let rows = [
            row(1, ADA, [1, 0, 0]),
            row(2, ADA, [0, 1, 0]),
            row(3, BOB, [1, 1, 0]),
        ]
        .join("\n");
        fs_err::write(path("rows.jsonl"), rows).unwrap();
        fs_err::write(path("question.json"), "[1.0, 0.1, 0]\n").unwrap();
        for arguments in [
            &["setup", "apply", "--yes"][..],
            &["seed", "notes", "--from", "rows.jsonl", "--yes"],
        ] {
            sandbox
                .vecops(arguments)
                .env("VECOPS_DB_URL", database.url())
                .assert()
                .success();
        }

        let question = ["--vector-file", "question.json"];
        let search = |more: &[&str]| found(&sandbox, database, &[&question, more].concat());
        assert_eq!(search(&[]), ["1", "3", "2"]);
        assert_eq!(search(&["--as", "service_role"]), ["1", "3", "2"]);
        assert_eq!(search(&["--as", &format!("user:{ADA}")]), ["1", "2"]);
        assert_eq!(search(&["--as", &format!("user:{BOB}")]), ["3"]);
        assert_eq!(search(&["--as", "authenticated"]), Vec::<String>::new());
        assert_eq!(search(&["--exact", "--filter", r#"{"n": 2}"#]), ["2"]);
        assert_eq!(found(&sandbox, database, &["--like", "1", "-n", "1"]), ["3"]);

        let arguments = ["search", "notes", "--vector", "[1,0,0]", "--as", "anon"];
        let denied = sandbox
            .vecops(&arguments)
            .env("VECOPS_DB_URL", database.url())
            .output()
            .unwrap();
        assert_eq!(denied.status.code(), Some(12));
        assert!(String::from_utf8_lossy(&denied.stderr).contains("42501"));
    })
    .await;
}
