//! Where queries come from: functions, what the server recorded, and texts that are not to be run.

use serde_json::Value;
use sqlx::Row as _;

use super::{BY_COSINE, causes, docs, lint, lint_sql, plan};
use crate::index::fixture::{TABLE, index, rows, run, vectors};
use crate::support::{on_each_server, wait_until};

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
             create procedure public.store(v vector(32)) language sql as
               $$ update docs set author = 1 where embedding <=> v < 0.1 $$;
             create view extensions.pg_stat_statements as
             select d.oid as dbid, q.query, q.calls, q.calls * 2.5::float8 as total_exec_time
             from pg_database d, (values
               ('select id from docs order by $2 - (embedding <=> $1) desc limit $3', 40::bigint),
               ('select id from docs order by embedding <=> $1 limit $2', 30),
               ('select id from gone order by embedding <=> $1 limit $2', 20),
               ('with source as (select * from public.farthest($1)) select count(*) from source', 10),
               ('call public.store($1)', 5),
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

        // As an old version of the extension has it.
        let old = "alter view extensions.pg_stat_statements rename column total_exec_time to total_time";
        run(&mut connection, old).await;
        let listed = index(database, &["list"]).report();
        assert!(listed["unserved_queries"].is_null(), "{listed:#}");
        assert!(
            listed["unread"].as_str().unwrap().contains("total_exec_time"),
            "{listed:#}"
        );
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

#[tokio::test]
async fn names_that_must_be_quoted_are_quoted_in_what_is_to_be_done() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        vectors(&mut connection, 3, 500).await;
        let sql = "select id from \"My App\".items order by embedding <=> '[1,2,3]' limit 50";
        let query = lint_sql(database, 3, sql, &[]);
        let fix = "vecops index create \"My App\".items.embedding --metric cosine";
        assert_eq!(query["findings"][0]["fixes"][0], fix, "{query:#}");
        run(
            &mut connection,
            format!(
                "create index on {TABLE} using hnsw (embedding vector_cosine_ops);
                 create function \"My App\".\"Match\"(v vector) returns setof bigint language sql stable as
                   $$ select id from {TABLE} order by embedding <=> v limit 50 $$"
            ),
        )
        .await;
        let report = lint(
            database,
            0,
            &[
                "--function",
                "\"My App\".\"Match\"",
                "--set",
                "enable_seqscan=off",
            ],
        );
        let fix = report["queries"][0]["findings"][0]["fixes"][0].as_str().unwrap();
        assert!(fix.contains("alter function \"My App\".\"Match\"("), "{report:#}");
        run(&mut connection, fix.to_owned()).await;
        run(
            &mut connection,
            format!("alter table {TABLE} rename column embedding to \"Vec\""),
        )
        .await;
        let quoted = "select id from \"My App\".items order by \"Vec\" <-> '[1,2,3]' limit 5";
        assert_eq!(causes(&lint_sql(database, 3, quoted, &[])), ["metric-mismatch"]);
        let error = index(database, &["lint", "--function", "\"My App\".\"Macth\""]).error(12);
        assert!(error.contains("Did you mean `Match`"), "{error}");
    })
    .await;
}
