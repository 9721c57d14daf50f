//! A database that nobody was in: what a benchmark could leave behind, and how its transactions begin.

use sqlx::{PgConnection, Row as _};
use vecops::sql;

use super::{ROWS, document, hnsw, vecops};
use crate::support::on_each_server;

/// The catalogs whole, row by row with the transaction that wrote each, and the rows of the table; statistics are left out.
/// Settings of this database, for all roles and for some, are part of it.
const CATALOGS: &[&str] = &[
    "pg_class",
    "pg_attribute",
    "pg_attrdef",
    "pg_proc",
    "pg_type",
    "pg_index",
    "pg_constraint",
    "pg_policy",
    "pg_namespace",
    "pg_extension",
    "pg_depend",
    "pg_description",
    "pg_trigger",
    "pg_rewrite",
    "pg_operator",
    "pg_opclass",
    "pg_am",
    "pg_cast",
    "pg_default_acl",
    "pg_event_trigger",
    "pg_statistic_ext",
    "pg_sequence",
    "pg_largeobject_metadata",
    "pg_publication",
];

pub(super) async fn of(connection: &mut PgConnection) -> Vec<String> {
    let mut traces = Vec::new();
    let catalogs = CATALOGS.iter().map(|catalog| {
        // What ANALYZE and VACUUM write of their own accord is no trace of a reader.
        let row = match *catalog {
            "pg_class" => "(to_jsonb(c) - 'relpages' - 'reltuples' - 'relallvisible' - 'relallfrozen' - 'relfrozenxid' - 'relminmxid')",
            _ => "to_jsonb(c) || jsonb_build_object('xmin', c.xmin::text)",
        };
        format!("select '{catalog}', md5(coalesce(string_agg(({row})::text, ',' order by ({row})::text), '')) from pg_catalog.{catalog} c")
    });
    let others = [
        "select 'settings', coalesce(jsonb_agg(to_jsonb(s) order by s.setrole)::text, '') from pg_db_role_setting s
         where s.setdatabase = (select oid from pg_database where datname = current_database())",
        "select 'file', (select string_agg(name || '=' || setting, ',' order by name) from pg_settings where source <> 'client'
         and source <> 'session' and name not like '%timezone%')",
        "select 'rows', (select jsonb_agg(d.xmin::text || d.ctid::text order by d.ctid) from public.docs d)::text",
    ];
    for query in catalogs.chain(others.map(str::to_owned)) {
        let row = sql::dynamic(query).fetch_one(&mut *connection).await.unwrap();
        traces.push(format!(
            "{}: {}",
            row.get::<String, _>(0),
            row.get::<String, _>(1)
        ));
    }
    traces
}

#[tokio::test]
async fn everything_a_benchmark_does_is_read_only_and_leaves_no_trace() {
    on_each_server(async |database| {
        let mut connection = hnsw(database).await;
        // Whoever is not in a read-only transaction sees no row.
        sql::run(
            &mut connection,
            "drop policy tenth on public.docs;
             create policy reading on public.docs for select to anon, service_role
               using (current_setting('transaction_read_only') = 'on');
             create table public.asked as select embedding from public.docs where id <= 12;
             grant select on public.docs to service_role",
        )
        .await
        .unwrap();
        let before = of(&mut connection).await;
        let run = [
            "bench", "run", "public.docs", "--queries-table", "public.asked", "--ef-search", "40", "--passes", "1", "--as", "anon",
            "--cold", "2", "--clients", "2", "--duration", "200ms", "--json",
        ];
        let report = document(&vecops(database, &run).success());
        let data = &report["data"];
        assert_eq!(data["cases"][0]["exact"]["rows"], ROWS + 20);
        assert_eq!(data["configurations"][0]["fewest_returned"], 10.0);
        assert_eq!(data["configurations"][0]["cold"]["latency_ms"]["count"], 2);
        assert!(data["configurations"][0]["cold"]["buffers"]["hit"].as_f64().unwrap() > 1.0);
        vecops(database, &["bench", "exact", "public.docs", "--stored", "3", "--as", "anon"]).success();
        assert_eq!(of(&mut connection).await, before);
        let wrong = "with made as (insert into public.asked values (null) returning embedding) select embedding from made";
        let writing = ["bench", "run", "public.docs", "--queries-sql", wrong];
        vecops(database, &writing).failure();
        let function = "create function public.sly() returns setof extensions.vector language sql as
            'insert into public.asked values (null) returning embedding'";
        sql::run(&mut connection, function).await.unwrap();
        let sly = ["bench", "run", "public.docs", "--queries-sql", "select * from sly()"];
        let refused = vecops(database, &sly).failure();
        let text = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(text.contains("read-only transaction"), "{text}");
    })
    .await;
}
