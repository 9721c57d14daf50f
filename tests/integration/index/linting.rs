//! `vecops index lint`: each cause on a real server, and each proposal held against its own plan.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use vecops::embedded::Major;

use super::fixture::{Said, index, random, rows, run};
use crate::support::{TestDatabase, on_each_server, wait_until};

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

#[tokio::test]
async fn what_is_ordered_wrongly_is_named_and_mended() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        for (cause, sql) in [
            ("wrapped-distance", "select id, 1 - (embedding <=> $1) as similarity from docs order by similarity desc limit 5"),
            ("wrapped-distance", "select d.id from docs d where author = 3 order by 1 - (d.embedding <=> $1::vector(32)) desc limit 5"),
            ("wrapped-distance", "select id from docs order by (embedding <=> $1) + 1 limit 5"),
            ("descending-order", "select id from docs order by embedding <=> $1 desc limit 5"),
            ("distance-function", "select id from docs order by cosine_distance(embedding, $1) limit 5"),
            ("metric-mismatch", "select id from docs order by embedding <-> $1 limit 5"),
            ("expression-mismatch", "select id from docs order by embedding <=> $1::halfvec limit 5"),
            ("expression-mismatch", "select id from docs order by embedding::halfvec(32) <=> $1::halfvec(32) limit 5"),
            ("missing-limit", "select id from docs order by embedding <=> $1"),
            ("limit-null", "select id from docs order by embedding <=> $1 limit null"),
            ("distance-threshold", "select id from docs where embedding <=> $1 < 0.5"),
            ("not-ordered", "select id, embedding <=> $1 from docs"),
            (
                "ordered-outside",
                "with d as materialized (select id, embedding <=> $1 as far from docs) select id from d order by far limit 3",
            ),
        ] {
            expect_mended(database, &mut connection, cause, sql).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_index_that_does_not_fit_is_named_and_the_query_is_made_to_fit() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let bare = "select id from docs order by embedding <=> $1 limit 5";
        docs(&mut connection, "").await;
        let query = lint_sql(database, 3, bare, &[]);
        assert_eq!(causes(&query), ["no-index"]);
        let fix = query["findings"][0]["fixes"][0].as_str().unwrap();
        assert_eq!(fix, "vecops index create public.docs.embedding --metric cosine");

        for expression in [
            "(embedding::halfvec(32)) halfvec_cosine_ops",
            "(subvector(embedding, 1, 8)::vector(8)) vector_cosine_ops",
            "(binary_quantize(embedding)::bit(32)) bit_hamming_ops",
        ] {
            docs(&mut connection, &format!("create index docs_hnsw on public.docs using hnsw ({expression})")).await;
            expect_mended(database, &mut connection, "expression-mismatch", bare).await;
        }
        let partial = "create index docs_en on public.docs using hnsw (embedding vector_cosine_ops) where language = 'en'";
        docs(&mut connection, partial).await;
        expect_mended(database, &mut connection, "partial-index", bare).await;
        expect_mended(
            database,
            &mut connection,
            "partial-index",
            "select id from docs where author = 1 or language = $2 order by embedding <=> $1 limit 5",
        )
        .await;

        // As a cancelled concurrent build leaves it.
        docs(&mut connection, BY_COSINE).await;
        let mut superuser = database.administrator().await;
        run(&mut superuser, "update pg_index set indisvalid = false where indexrelid = 'public.docs_hnsw'::regclass").await;
        assert_eq!(causes(&lint_sql(database, 3, bare, &[])), ["invalid-index"]);
    })
    .await;
}

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
        let refused = index(database, &["lint", "--sql", sql, "--as", "anon"]).error(2);
        assert!(refused.contains("permission denied"), "{refused}");

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

#[tokio::test]
async fn joins_groups_and_other_keys_are_told_apart() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        run(
            &mut connection,
            "drop table if exists public.asked; create table public.asked (id int, question vector(32));
             insert into public.asked select id, embedding from public.docs limit 300; analyze public.asked",
        )
        .await;
        for (cause, sql) in [
            (
                "no-constant",
                "select d.id from docs d cross join asked a order by d.embedding <=> a.question limit 5",
            ),
            (
                "other-key-first",
                "select id from docs order by language, embedding <=> $1 limit 5",
            ),
            (
                "grouped",
                "select language, min(embedding <=> $1) from docs group by language",
            ),
        ] {
            let query = lint_sql(database, 3, sql, &[]);
            assert!(causes(&query).contains(&cause.to_owned()), "{sql}: {query:#}");
        }
        let query = lint_sql(database, 0, "select count(*) from docs", &[]);
        assert_eq!(query["status"], "no-vectors");
    })
    .await;
}

#[tokio::test]
async fn functions_are_taken_apart() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        run(
            &mut connection,
            "select '[1]'::vector;
             create function public.by_similarity(query_embedding vector(32), match_count int default 7)
             returns table (id bigint, similarity float8) language sql stable as $$
               select d.id, 1 - (d.embedding <=> query_embedding) as similarity
               from docs d order by similarity desc limit match_count -- the nearest
             $$;
             create function public.parsed(query_embedding vector(32), match_count int default null)
             returns setof docs language sql stable begin atomic
               select d.* from docs d order by d.embedding <=> parsed.query_embedding limit match_count;
             end;
             create function public.procedural(query_embedding vector(32), threshold float8)
             returns setof bigint language plpgsql stable set hnsw.ef_search = 60 as $$
             declare bound int := 5;
             begin
               return query select d.id from docs d
                 where d.embedding <-> query_embedding < threshold
                 order by d.embedding <-> query_embedding limit bound;
               return query execute 'select id from docs order by embedding <=> $1' using query_embedding;
             end $$;
             create function public.slow(query_embedding vector(32)) returns setof bigint language sql stable
             set enable_indexscan = off as $$ select id from docs order by embedding <=> query_embedding limit 5 $$",
        )
        .await;
        let report = lint(database, 3, &["--function", "by_similarity"]);
        let query = &report["queries"][0];
        assert_eq!(causes(query), ["wrapped-distance"]);
        assert_eq!(query["assumed_limit"], 7);
        let body = query["proposal"]["text"].as_str().unwrap();
        let replace = format!(
            "create or replace function public.by_similarity(query_embedding vector(32), match_count int default 7)
             returns table (id bigint, similarity float8) language sql stable as $$ {body} $$"
        );
        run(&mut connection, replace).await;
        assert_eq!(causes(&lint(database, 0, &["--function", "public.by_similarity"])["queries"][0]), [""; 0]);
        let call = plan(&mut connection, "select * from by_similarity($1, 5)").await;
        assert!(call.contains("Order By"), "{call}");

        let report = lint(database, 3, &["--function", "public.parsed"]);
        assert_eq!(causes(&report["queries"][0]), ["limit-null"]);
        let report = lint(database, 3, &["--function", "procedural"]);
        assert_eq!(causes(&report["queries"][0]), ["metric-mismatch"]);
        assert!(report["notes"][0].as_str().unwrap().contains("run time"), "{report:#}");
        let many = "create function public.many(v vector(32)) returns setof bigint language sql stable as
            $$ select id from docs order by embedding <=> v limit 50 $$";
        run(&mut connection, many).await;
        let report = lint(database, 0, &["--function", "many"]);
        let fix = report["queries"][0]["findings"][0]["fixes"][0].as_str().unwrap().to_owned();
        assert!(fix.contains("alter function public.many("), "{fix}");
        run(&mut connection, format!("set search_path = public, extensions; {fix}")).await;
        assert_eq!(causes(&lint(database, 0, &["--function", "many"])["queries"][0]), [""; 0]);
        let report = lint(database, 3, &["--function", "slow"]);
        assert_eq!(causes(&report["queries"][0]), ["scan-disabled"]);
        assert!(index(database, &["lint", "--function", "nowhere"]).error(12).contains("no function"));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_run_and_only_one_statement_is_taken() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        run(
            &mut connection,
            "create table public.ran (n int);
             create function public.write() returns int language sql volatile as $$ insert into public.ran values (1) returning n $$",
        )
        .await;
        for sql in [
            "select 1; drop table docs",
            "select 1; commit; drop table docs",
            "select 1) as x; commit; drop table docs; --",
            "drop table docs",
        ] {
            let said = index(database, &["lint", "--sql", sql]);
            assert!(matches!(said.code, 0 | 2), "{sql}: {said:?}");
        }
        let sql = "select id, write() from docs order by embedding <=> $1 limit 5";
        lint_sql(database, 0, sql, &[]);
        let deleting = "with gone as (delete from docs returning id, embedding) select id from gone";
        lint_sql(database, 0, deleting, &["--analyze"]);
        let counts = rows(&mut connection, "select count(*) from docs union all select count(*) from ran order by 1").await;
        assert_eq!((counts[0].get::<i64, _>(0), counts[1].get::<i64, _>(0)), (0, 2000));

        let run_once = "select id from docs order by embedding <=> (select embedding from docs where id = 7) limit 3";
        let query = lint_sql(database, 0, run_once, &["--analyze"]);
        assert!(query["notes"][0].as_str().unwrap().contains("3 rows"), "{query:#}");
        assert!(index(database, &["lint", "--statements"]).error(12).contains("pg_stat_statements"));
        let wrong = index(database, &["lint", "--sql", "select nothing from docs"]).error(2);
        assert!(wrong.contains("nothing"), "{wrong}");
    })
    .await;
}

#[tokio::test]
async fn recorded_queries_are_looked_at_with_the_functions_that_they_call() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        // The extension's library is not preloaded here; a view of its columns says what it would.
        run(
            &mut connection,
            "create function public.farthest(v vector(32)) returns setof bigint language sql stable as
               $$ select id from docs order by embedding <=> v desc limit 5 $$;
             create view extensions.pg_stat_statements as
             select d.oid as dbid, q.query, q.calls, q.calls * 2.5::float8 as total_exec_time
             from pg_database d, (values
               ('select id from docs order by $2 - (embedding <=> $1) desc limit $3', 40::bigint),
               ('select id from docs order by embedding <=> $1 limit $2', 30),
               ('select id from gone order by embedding <=> $1 limit $2', 20),
               ('with source as (select * from public.farthest($1)) select count(*) from source', 10),
               ('select point(1, 1) <-> point($1, $2)', 5),
               ('<insufficient privilege>', 5)) q (query, calls)
             where d.datname = current_database()",
        )
        .await;
        let report = lint(database, 3, &["--statements"]);
        let queries = report["queries"].as_array().unwrap();
        let found: Vec<_> = queries
            .iter()
            .map(|query| {
                (
                    query["from"].as_str().unwrap(),
                    query["status"].as_str().unwrap(),
                    causes(query).join(" "),
                )
            })
            .collect();
        let expected = [
            ("recorded", "unindexed", "wrapped-distance"),
            ("recorded", "indexed", ""),
            ("recorded", "refused", ""),
            ("recorded", "unindexed", "descending-order"),
            ("function", "unindexed", "descending-order"),
        ];
        let expected: Vec<_> = expected
            .map(|(from, status, causes)| (from, status, causes.to_owned()))
            .into();
        assert_eq!(found, expected, "{report:#}");
        assert_eq!(queries[0]["calls"], 40);
        assert!(
            report["notes"][0].as_str().unwrap().contains("may not read: 1"),
            "{report:#}"
        );
        let two = lint(database, 3, &["--statements", "--top", "2"]);
        assert_eq!(two["queries"].as_array().unwrap().len(), 2);

        let listed = index(database, &["list"]).report();
        let unserved = listed["unserved_queries"].as_array().unwrap();
        assert_eq!(unserved.len(), 3, "{listed:#}");
        assert_eq!(unserved[0]["causes"][0], "wrapped-distance");
    })
    .await;
}

#[tokio::test]
async fn a_list_tells_scans_their_blocks_and_when_the_table_was_analysed() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        docs(&mut connection, BY_COSINE).await;
        run(
            &mut connection,
            "create table public.bare (id int, embedding vector(3));
             set enable_seqscan = off;
             select id from docs order by embedding <=> (select embedding from docs limit 1) limit 5;
             select pg_stat_force_next_flush()",
        )
        .await;
        // The server counts when the session reports, which a forced flush does at its statement's end.
        wait_until("the scan is counted", async || {
            let query = "select idx_scan from pg_stat_user_indexes where indexrelname = 'docs_hnsw'";
            rows(&mut connection, query).await[0].get::<i64, _>(0) > 0
        })
        .await;
        let listed = index(database, &["list"]).report();
        let found = &listed["indexes"][0];
        assert_eq!(found["scans"], 1);
        assert_eq!(found["blocks_per_scan"], found["blocks"]);
        assert!(
            found["blocks"].as_i64() > Some(10) && found["cached_percent"].is_i64(),
            "{found:#}"
        );
        assert!(found["analyzed_at"].is_string());
        assert_eq!(
            (
                &found["rows"],
                found["bloat_percent"].as_i64().unwrap().abs() <= 2
            ),
            (&Value::from(2_000), true)
        );
        assert_eq!(listed["without_index"][0]["table"], "public.bare");
        assert!(listed["unserved_queries"].is_null());
    })
    .await;
}
