//! `vecops bench`: exact neighbours equal to the server's, figures that hold, and a database that nobody was in.

use serde_json::Value;
use sqlx::{PgConnection, Row as _};
use vecops::bench::{self, Configuration, Queries, Request};
use vecops::catalog::{self, Target};
use vecops::collection::{Collections, IterativeScan};
use vecops::connection::TransactionOptions;
use vecops::progress::Silent;
use vecops::sql;

use crate::support::{Sandbox, TestDatabase, on_each_server};

mod cases;
mod compare;
mod reports;
mod sources;
mod traces;

const ROWS: usize = 3_000;

/// A table of 24 dimensions, every tenth row marked, one without an embedding, some twice.
async fn table(connection: &mut PgConnection, kind: &str, value: &str, index: &str) {
    let statements = format!(
        "create extension if not exists vector with schema extensions;
         drop table if exists public.docs;
         create table public.docs (id bigint primary key, metadata jsonb not null default '{{}}', embedding {kind});
         select setseed(0.5);
         create temp table raw as select n, array(
             select (random() - 0.5 + 0 * (n + d))::real from generate_series(1, 24) d) as floats
           from generate_series(1, {ROWS}) n;
         insert into public.docs select n, jsonb_build_object('tenth', n % 10 = 0), {value} from raw;
         insert into public.docs select n + {ROWS}, '{{}}', {value} from raw where n <= 20;
         insert into public.docs values (-1, '{{}}', null);
         drop table raw;
         {index}
         analyze public.docs;"
    );
    sql::run(connection, statements).await.unwrap();
}

const FLOATS: &str = "('[' || array_to_string(floats, ',') || ']')";
const BITS: &str = "(select string_agg((x > 0)::int::text, '') from unnest(floats) x)";

async fn locate(connection: &mut PgConnection) -> Target {
    catalog::locate(connection, "public.docs", &Collections::default())
        .await
        .unwrap()
}

fn request(k: u32, ef_search: &[u16]) -> Request {
    let configuration = |ef_search: &u16| Configuration {
        ef_search: *ef_search,
        iterative_scan: IterativeScan::Off,
        probes: 1,
    };
    Request {
        k,
        filter: None,
        configurations: ef_search.iter().map(configuration).collect(),
        passes: 1,
        transaction: TransactionOptions::read(),
        seed: 1,
    }
}

/// What the server itself finds by comparing with every row, ties with the last one included.
async fn by_server(connection: &mut PgConnection, on: &Target, key: &str, k: usize) -> Vec<String> {
    let distance = on
        .metric
        .exact_distance("extensions", "d.embedding", "q.embedding");
    let query = format!(
        "select d.id::text as id, ({distance})::float8 as distance from public.docs d, public.docs q
         where q.id = {key} and d.id <> q.id and d.embedding is not null order by 2, 1"
    );
    let rows = sql::dynamic(query).fetch_all(connection).await.unwrap();
    let all: Vec<(String, f64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let bound = all[k - 1].1;
    // The server adds up in 32 bits: what is that near to the last one may be on either side.
    let near = all
        .into_iter()
        .filter(|(_, distance)| *distance <= bound + 1e-6 * bound.abs().max(1e-3));
    near.map(|(id, _)| id).collect()
}

#[tokio::test]
async fn exact_neighbours_are_the_servers_for_every_type_and_metric() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let dense = [("l2", 10), ("ip", 10), ("cosine", 10), ("l1", 10)];
        let bits = [("hamming", 10), ("jaccard", 10)];
        for (kind, value, opclass, metrics) in [
            (
                "extensions.vector(24)",
                format!("{FLOATS}::extensions.vector"),
                "vector",
                &dense[..],
            ),
            (
                "extensions.halfvec(24)",
                format!("{FLOATS}::extensions.halfvec"),
                "halfvec",
                &dense[..],
            ),
            (
                "extensions.sparsevec(24)",
                format!("{FLOATS}::extensions.vector::extensions.sparsevec"),
                "sparsevec",
                &dense[..],
            ),
            ("bit(24)", format!("{BITS}::bit(24)"), "bit", &bits[..]),
        ] {
            for (metric, k) in metrics {
                let index = format!(
                    "create index on public.docs using hnsw (embedding extensions.{opclass}_{metric}_ops);"
                );
                table(&mut connection, kind, &value, &index).await;
                let on = locate(&mut connection).await;
                let queries = bench::stored(&mut connection, &on, 7).await.unwrap();
                let (exact, facts) =
                    bench::exact_neighbours(&mut connection, &on, &queries, &request(*k, &[40]), &Silent)
                        .await
                        .unwrap();
                assert_eq!(
                    (facts.rows, facts.without_embedding),
                    (ROWS as u64 + 20, 1),
                    "{kind} {metric}"
                );
                for (query, exact) in exact.iter().enumerate() {
                    let key = queries.key(query).unwrap();
                    let mut found: Vec<&str> = exact.neighbours.iter().map(|it| it.key.as_str()).collect();
                    let server = by_server(&mut connection, &on, key, *k as usize).await;
                    found.retain(|key| !server.iter().any(|other| other == key));
                    assert!(found.is_empty(), "{kind} {metric}: {found:?} beside {server:?}");
                    assert!(exact.neighbours.len() >= *k as usize);
                }
            }
        }
    })
    .await;
}

async fn hnsw(database: &TestDatabase) -> PgConnection {
    let mut connection = database.connection().await;
    table(
        &mut connection,
        "extensions.vector(24)",
        &format!("{FLOATS}::extensions.vector"),
        "create index docs_hnsw on public.docs using hnsw (embedding extensions.vector_cosine_ops)
           with (m = 4, ef_construction = 10);
         alter table public.docs enable row level security;
         create policy tenth on public.docs for select to anon using (metadata @> '{\"tenth\": true}');
         grant select on public.docs to anon;",
    )
    .await;
    connection
}

/// Sets what every session of this database starts with.
async fn planner(connection: &mut PgConnection, setting: &str) {
    let database = sql::dynamic("select quote_ident(current_database())".to_owned());
    let name: String = database.fetch_one(&mut *connection).await.unwrap().get(0);
    sql::run(connection, format!("alter database {name} {setting}"))
        .await
        .unwrap();
}

fn vecops(database: &TestDatabase, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let sandbox = Sandbox::new();
    let mut command = sandbox.vecops(arguments);
    command.env("VECOPS_DB_URL", database.url()).assert()
}

fn document(assert: &assert_cmd::assert::Assert) -> Value {
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

#[tokio::test]
async fn a_run_measures_every_configuration_and_leaves_nothing_behind() {
    on_each_server(async |database| {
        let mut connection = hnsw(database).await;
        let before = traces::of(&mut connection).await;
        let run = [
            "bench",
            "run",
            "public.docs",
            "--stored",
            "60",
            "--ef-search",
            "10,200",
            "--passes",
            "2",
            "--json",
        ];
        let report = document(&vecops(database, &run).success());
        assert_eq!(traces::of(&mut connection).await, before);
        assert_eq!(report["kind"], "bench");
        let data = &report["data"];
        assert_eq!(data["cases"][0]["exact"]["rows"], ROWS + 20);
        assert_eq!(data["queries"]["count"], 60);
        let configurations = data["configurations"].as_array().unwrap();
        assert_eq!(configurations.len(), 2);
        let recall = |at: usize| configurations[at]["recall"]["mean"].as_f64().unwrap();
        assert!(
            recall(0) < recall(1) && recall(1) > 0.8,
            "{} and {}",
            recall(0),
            recall(1)
        );
        for one in configurations {
            let interval = &one["recall"]["interval"];
            let mean = one["recall"]["mean"].as_f64().unwrap();
            assert!(interval["low"].as_f64().unwrap() <= mean && mean <= interval["high"].as_f64().unwrap());
            let counted = 2 - one["warmup_passes"].as_u64().unwrap();
            assert_eq!(one["latency_ms"]["count"], counted * 60);
            assert_eq!(one["first_pass_ms"]["count"], 60);
            assert_eq!(one["plans"][0]["index"], "docs_hnsw");
            assert_eq!(one["recalls"].as_array().unwrap().len(), 60);
            assert_eq!(one["returned"], 10.0);
        }
        let pages = |at: usize| configurations[at]["buffers"]["hit"].as_f64().unwrap();
        assert!(pages(0) < pages(1));
        assert!(data["warnings"][0].as_str().unwrap().contains("stored rows"));
    })
    .await;
}

#[tokio::test]
async fn filters_and_row_security_show_what_they_take_from_the_answer() {
    on_each_server(async |database| {
        let mut connection = hnsw(database).await;
        let off = [
            "bench",
            "run",
            "public.docs",
            "--stored",
            "30",
            "--ef-search",
            "40",
            "--passes",
            "1",
        ];
        let tenth = "{\"tenth\":true}";
        for extra in [["--filter", tenth], ["--as", "anon"]] {
            // The planner may prefer the primary key's order for so few rows; here it is the index that is looked at.
            planner(&mut connection, "set enable_sort = off").await;
            let starved = document(&vecops(database, &[&off[..], &extra, &["--json"]].concat()).success());
            let goes_on = [&off[..], &extra, &["--iterative-scan", "strict_order", "--json"]].concat();
            let goes_on = document(&vecops(database, &goes_on).success());
            planner(&mut connection, "reset enable_sort").await;
            assert_eq!(starved["data"]["cases"][0]["exact"]["rows"], ROWS / 10);
            let one = |report: &Value| report["data"]["configurations"][0].clone();
            assert!(one(&starved)["short"].as_u64().unwrap() > 20, "{starved}");
            assert!(one(&starved)["recall"]["mean"].as_f64() < one(&goes_on)["recall"]["mean"].as_f64());
            assert!(one(&goes_on)["returned"].as_f64().unwrap() > 9.9);
        }
        // Without the policy's rows nothing is left to find.
        sql::run(&mut connection, "drop policy tenth on public.docs")
            .await
            .unwrap();
        let nothing = vecops(database, &[&off[..], &["--as", "anon"]].concat()).code(12);
        let text = String::from_utf8_lossy(&nothing.get_output().stderr).into_owned();
        assert!(
            text.contains("no row with an embedding that `anon` can see"),
            "{text}"
        );
    })
    .await;
}

#[tokio::test]
async fn several_clients_ask_at_once_freely_and_at_a_rate() {
    on_each_server(async |database| {
        let _connection = hnsw(database).await;
        let run = [
            "bench",
            "run",
            "public.docs",
            "--stored",
            "20",
            "--ef-search",
            "20",
            "--passes",
            "1",
        ];
        let free = [&run[..], &["--clients", "1,3", "--duration", "300ms", "--json"]].concat();
        let report = document(&vecops(database, &free).success());
        let throughput = report["data"]["throughput"].as_array().unwrap();
        let clients: Vec<u64> = throughput
            .iter()
            .map(|one| one["clients"].as_u64().unwrap())
            .collect();
        assert_eq!(clients, [1, 3]);
        assert!(
            throughput
                .iter()
                .all(|one| one["queries_per_second"].as_f64().unwrap() > 1.0)
        );
        let due = [
            &run[..],
            &["--clients", "2", "--duration", "500ms", "--rate", "40", "--json"],
        ]
        .concat();
        let report = document(&vecops(database, &due).success());
        let one = &report["data"]["throughput"][0];
        assert_eq!(
            one["latency_ms"]["count"], 20,
            "40 a second for half a second: {one}"
        );
    })
    .await;
}

#[tokio::test]
async fn queries_that_do_not_fit_are_refused() {
    on_each_server(async |database| {
        let mut connection = hnsw(database).await;
        let on = locate(&mut connection).await;
        let wrong = Queries::new(&on, bench::Origin::File, &[vec![0.0; 24], vec![0.0; 3]]).unwrap_err();
        assert!(wrong.to_string().contains("query 2 has 3 dimensions"), "{wrong}");
        let builtin = vecops(database, &["bench", "run", "public.docs", "--builtin"]).code(2);
        let text = String::from_utf8_lossy(&builtin.get_output().stderr).into_owned();
        assert!(text.contains("384 dimensions"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn expectations_are_met_or_end_with_3() {
    on_each_server(async |database| {
        let _connection = hnsw(database).await;
        let sandbox = Sandbox::new();
        let assert = |text: &str| {
            std::fs::write(sandbox.path().join("expect.toml"), text).unwrap();
            let mut command = sandbox.vecops(&["bench", "assert", "expect.toml", "--json"]);
            command.env("VECOPS_DB_URL", database.url()).assert()
        };
        let expect = "[[expect]]\ntarget = \"public.docs\"\nstored = 40\nef_search = 200\n";
        let met = document(
            &assert(&format!("{expect}index_used = true\nrows_at_least = 10\nrecall_at_least = 0.6\npages_at_most = 100000\n"))
                .success(),
        );
        assert_eq!(met["data"]["is_met"], true);
        assert_eq!(met["data"]["limits"].as_array().unwrap().len(), 4);
        let missed = document(&assert(&format!("{expect}pages_at_most = 2\nindex_used = true\n")).code(3));
        let limits = missed["data"]["limits"].as_array().unwrap();
        let met: Vec<bool> = limits.iter().map(|limit| limit["is_met"].as_bool().unwrap()).collect();
        assert_eq!(met, [true, false]);
        assert_eq!(limits[1]["limit"], "pages_at_most");
        let nothing = assert(expect).code(10);
        let text = String::from_utf8_lossy(&nothing.get_output().stderr).into_owned();
        assert!(text.contains("expects nothing"), "{text}");
        assert(&format!("{expect}recall = 1\n")).code(10);
        for (wrong, why) in [
            ("expect = []\n".to_owned(), "no `[[expect]]`"),
            (format!("{expect}k = 0\nindex_used = true\n"), "`k` is to be from 1 to 1000"),
            (format!("{expect}recall_at_least = 95\n"), "a share from 0 to 1"),
        ] {
            let refused = assert(&wrong).code(10);
            let text = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
            assert!(text.contains(why), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_ground_truth_comes_out_query_by_query() {
    on_each_server(async |database| {
        let _connection = hnsw(database).await;
        let exact = [
            "bench",
            "exact",
            "public.docs",
            "--stored",
            "5",
            "-k",
            "3",
            "--output-format",
            "stream-json",
        ];
        let output = vecops(database, &exact).success();
        let text = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let queries: Vec<&Value> = lines.iter().filter(|line| line["type"] == "query").collect();
        assert_eq!(queries.len(), 5);
        for query in queries {
            let distances: Vec<f64> = serde_json::from_value(query["distances"].clone()).unwrap();
            assert!(distances.len() >= 3 && distances.is_sorted(), "{query}");
            assert_eq!(query["ids"].as_array().unwrap().len(), distances.len());
        }
    })
    .await;
}
