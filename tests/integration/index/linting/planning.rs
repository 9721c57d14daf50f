//! The planner's choice: where it turns, what comes of a scan, and whom it plans for.

use vecops::embedded::Major;

use super::{BY_COSINE, causes, docs, lint, lint_sql};
use crate::index::fixture::{index, run};
use crate::support::on_each_server;

#[tokio::test]
async fn the_planners_choice_is_told_with_the_ef_at_which_it_turns() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        let sql = "select id from docs order by embedding <=> $1 limit 5";
        let dear = ["--set", "random_page_cost=4", "--set", "hnsw.ef_search=900"];
        let query = lint_sql(database, 3, sql, &dear);
        assert_eq!(causes(&query), ["planner-flip"]);
        let up_to = query["flip"]["index_up_to"].as_u64().unwrap();
        assert!((1..900).contains(&up_to), "{query:#}");
        for (ef, code) in [(up_to, 0), (up_to + 1, 3)] {
            let ef = format!("hnsw.ef_search={ef}");
            lint_sql(
                database,
                code,
                sql,
                &["--set", "random_page_cost=4", "--set", &ef],
            );
        }
        assert!(query["proposal"].is_null());
        assert_eq!(query["limit_flip"]["limit"], 5, "{query:#}");
        assert!(query["limit_flip"]["index_up_to"].is_null(), "{query:#}");
        let near = format!("hnsw.ef_search={up_to}");
        let query = lint_sql(database, 0, sql, &["--set", "random_page_cost=4", "--set", &near]);
        assert_eq!(causes(&query), ["flip-near"]);
        // A tenth of the rows, which a LIMIT without its value is taken for, costs more than ten.
        let ten = "select id from docs order by embedding <=> $1 limit 10";
        let dear = ["--set", "random_page_cost=8", "--set", "hnsw.ef_search=900"];
        let edge = lint_sql(database, 3, ten, &dear)["flip"]["index_up_to"].to_string();
        let edge = format!("hnsw.ef_search={edge}");
        let at_the_edge = ["--set", "random_page_cost=8", "--set", &edge];
        let query = lint_sql(
            database,
            0,
            "select id from docs order by embedding <=> $1 limit $2",
            &at_the_edge,
        );
        assert!(
            causes(&query).contains(&"unknown-parameter".to_owned()),
            "{query:#}"
        );
        run(
            &mut connection,
            "create function public.bound(v vector(32), n int) returns setof bigint language sql stable
             set enable_hashjoin = on as $$ select id from docs order by embedding <=> v limit n $$",
        )
        .await;
        let code = if database.major() == Major::V16 { 3 } else { 0 };
        let report = lint(
            database,
            code,
            &[&["--function", "bound"][..], &at_the_edge].concat(),
        );
        assert!(
            causes(&report["queries"][0]).contains(&"unknown-parameter".to_owned()),
            "{report:#}"
        );
        let query = lint_sql(database, 3, sql, &["--set", "enable_indexscan=off"]);
        assert_eq!(causes(&query), ["scan-disabled"]);
    })
    .await;
}

#[tokio::test]
async fn the_limit_at_which_the_planner_turns_is_found_as_well() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        let sql = |limit: u64| format!("select id from docs order by embedding <=> $1 limit {limit}");
        let settings = ["--set", "random_page_cost=4", "--set", "hnsw.ef_search=100"];
        let query = lint_sql(database, 3, &sql(1_900), &settings);
        assert_eq!(causes(&query), ["planner-flip"], "{query:#}");
        let up_to = query["limit_flip"]["index_up_to"].as_u64().unwrap();
        assert!((1..1_900).contains(&up_to), "{query:#}");
        let fixes = query["findings"][0]["fixes"].to_string();
        assert!(fixes.contains(&format!("with LIMIT {up_to} and less")), "{fixes}");
        lint_sql(database, 3, &sql(up_to + 1), &settings);
        let near = lint_sql(database, 0, &sql(up_to), &settings);
        assert!(causes(&near).contains(&"flip-near".to_owned()), "{near:#}");
        assert_eq!(near["limit_flip"]["index_up_to"], up_to, "{near:#}");
    })
    .await;
}

#[tokio::test]
async fn a_role_that_nobody_may_become_is_a_precondition() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        let mut administrator = database.administrator().await;
        let login = format!("{}_reader", database.name);
        run(
            &mut administrator,
            format!(
                "create role {login} login password 'reader'; grant usage on schema public, extensions to {login};
                 grant select on public.docs to {login}"
            ),
        )
        .await;
        let url = database.url();
        let place = url.rsplit_once('@').unwrap().1.to_owned();
        let sandbox = crate::support::Sandbox::new();
        let output = sandbox
            .vecops(&["index", "lint", "--as", "anon", "--sql"])
            .args(["select id from docs order by embedding <=> $1 limit 5", "--json"])
            .env("VECOPS_DB_URL", format!("postgres://{login}:reader@{place}"))
            .output()
            .unwrap();
        run(&mut administrator, format!("drop owned by {login}; drop role {login}")).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(12), "{stderr}");
        assert!(stderr.contains("may not become `anon`"), "{stderr}");
    })
    .await;
}

#[tokio::test]
async fn an_index_scan_that_returns_too_little_is_a_warning() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        let filtered = "select id from docs where language = 'de' order by embedding <=> $1 limit 5";
        let query = lint_sql(database, 0, filtered, &[]);
        assert_eq!(causes(&query), ["filter-starvation"], "{query:#}");
        let query = lint_sql(
            database,
            0,
            filtered,
            &["--set", "hnsw.iterative_scan=strict_order"],
        );
        assert_eq!(causes(&query), [""; 0]);
        let many = "select id from docs order by embedding <=> $1 limit 41";
        assert_eq!(causes(&lint_sql(database, 0, many, &[])), ["ef-below-limit"]);
        assert_eq!(
            causes(&lint_sql(database, 0, many, &["--set", "hnsw.ef_search=100"])),
            [""; 0]
        );

        let short = "select id from docs order by embedding <=> '[1,2,3]' limit 5";
        assert_eq!(causes(&lint_sql(database, 3, short, &[])), ["dimensions-differ"]);

        run(&mut connection, "create index on public.docs (language)").await;
        let query = lint_sql(database, 0, filtered, &["--set", "random_page_cost=4"]);
        assert_eq!(query["status"], "filtered", "{query:#}");
        assert!(causes(&query).contains(&"filter-index".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn roles_are_planned_with_their_policies_and_partitions_as_one_table() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        run(
            &mut connection,
            "alter table docs enable row level security;
             create policy own on docs for select to authenticated using (language = 'de');
             grant select on docs to authenticated;
             create table public.parts (id bigint, part int, embedding vector(8)) partition by list (part);
             create table public.parts_1 partition of public.parts for values in (1);
             create table public.parts_2 partition of public.parts for values in (2);
             insert into public.parts select id, 1 + id % 2, subvector(embedding, 1, 8) from docs;
             create index on public.parts using hnsw (embedding vector_l2_ops);
             analyze public.parts",
        )
        .await;
        let sql = "select id from docs order by embedding <=> $1 limit 5";
        let settings = ["--set", "random_page_cost=1"];
        let query = lint_sql(database, 0, sql, &settings);
        assert!(
            query["notes"][0].as_str().unwrap().contains("row security"),
            "{query:#}"
        );
        let query = lint_sql(
            database,
            0,
            sql,
            &[&["--as", "authenticated"][..], &settings].concat(),
        );
        assert!(
            causes(&query).contains(&"filter-starvation".to_owned()),
            "{query:#}"
        );
        let refused = index(database, &["lint", "--sql", sql, "--as", "anon"]).error(12);
        assert!(
            refused.contains("permission denied") && refused.contains("may not read"),
            "{refused}"
        );

        let query = lint_sql(
            database,
            0,
            "select id from parts order by embedding <-> $1 limit 5",
            &settings,
        );
        assert_eq!(query["indexes"].as_array().unwrap().len(), 2, "{query:#}");
        let query = lint_sql(
            database,
            3,
            "select id from parts order by embedding <-> $1 desc limit 5",
            &settings,
        );
        assert_eq!(causes(&query), ["descending-order"], "{query:#}");
        let proposal = query["proposal"]["text"].as_str().unwrap();
        lint_sql(database, 0, proposal, &settings);
        run(
            &mut connection,
            "drop index parts_embedding_idx; create index on parts_1 using hnsw (embedding vector_l2_ops)",
        )
        .await;
        let half = lint_sql(
            database,
            3,
            "select id from parts order by embedding <-> $1 limit 5",
            &settings,
        );
        assert_eq!(causes(&half), ["no-index"], "{half:#}");
    })
    .await;
}
