//! Every type of column: what vecops loads is what the server itself reads from the same texts.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;
use sqlx::{PgConnection, Row as _};
use vecops::sql;

use super::fixture::{file, number, rows, seed_into};
use crate::support::on_each_server;

/// The types with their values: as JSON for a line, and as the text that the server's own input reads.
pub(crate) fn columns() -> Vec<(&'static str, BoxedStrategy<(String, String)>)> {
    let text = |texts: BoxedStrategy<String>| texts.prop_map(|text| (json!(text).to_string(), text)).boxed();
    let pattern = |regex: &'static str| {
        let strings = proptest::string::string_regex(regex).unwrap();
        strings.prop_map(|text| (json!(text).to_string(), text)).boxed()
    };
    let raw = |texts: BoxedStrategy<String>| texts.prop_map(|text| (text.clone(), text)).boxed();
    let date = || (1_i32..9999, 1_u32..=12, 1_u32..=28).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"));
    let clock = || {
        (0_u32..24, 0_u32..60, 0_u32..60, 0_u32..1_000_000)
            .prop_map(|(h, m, s, u)| format!("{h:02}:{m:02}:{s:02}.{u:06}"))
    };
    let old = prop_oneof![
        date(),
        (1_i32..4713).prop_map(|year| format!("{year:04}-02-28 BC")),
        Just("infinity".to_owned())
    ];
    let timestamp = || (date(), clock()).prop_map(|(date, clock)| format!("{date} {clock}"));
    let zoned = || (timestamp(), -12_i32..14).prop_map(|(at, zone)| format!("{at}{zone:+03}"));
    let decimal = || {
        let plain = proptest::string::string_regex("-?[0-9]{1,25}(\\.[0-9]{1,25})?").unwrap();
        let exponent = proptest::string::string_regex("-?[0-9]\\.[0-9]{1,9}e-?[0-9]{1,3}").unwrap();
        prop_oneof![plain, exponent, Just("NaN".to_owned())]
    };
    let small = (-999_999_i32..999_999, 0_u32..1000).prop_map(|(whole, part)| format!("{whole}.{part:03}"));
    let float = any::<f64>().prop_filter("finite", |float| float.is_finite());
    let float4 = any::<f32>().prop_filter("finite", |float| float.is_finite());
    let special = |words: BoxedStrategy<String>| {
        prop_oneof![words, Just("NaN".to_owned()), Just("-Infinity".to_owned())]
    };
    let words = "[a-zA-Zäß世 \"\\\\,{}\n\t]{0,8}";
    let jsons = || {
        prop_oneof![
            Just("{\"a\": [1.50, null]}".to_owned()),
            Just("[]".to_owned()),
            Just("\"x\"".to_owned())
        ]
    };
    vec![
        ("boolean", raw(any::<bool>().prop_map(|b| b.to_string()).boxed())),
        ("smallint", raw(any::<i16>().prop_map(|n| n.to_string()).boxed())),
        ("integer", raw(any::<i32>().prop_map(|n| n.to_string()).boxed())),
        ("bigint", raw(any::<i64>().prop_map(|n| n.to_string()).boxed())),
        ("real", raw(float4.prop_map(|n| format!("{n:e}")).boxed())),
        (
            "double precision",
            raw(float.clone().prop_map(|n| format!("{n:e}")).boxed()),
        ),
        (
            "double precision",
            text(special(Just("Infinity".to_owned()).boxed()).boxed()),
        ),
        ("numeric", text(decimal().boxed())),
        ("numeric(9,3)", text(small.boxed())),
        ("text", pattern(words)),
        ("varchar(8)", pattern(words)),
        ("char(8)", pattern("[a-c]{0,8}")),
        ("bytea", pattern("\\\\x([0-9a-f]{2}){0,9}")),
        ("bit varying(20)", pattern("[01]{0,20}")),
        (
            "uuid",
            text(
                any::<u128>()
                    .prop_map(|n| uuid::Uuid::from_u128(n).to_string())
                    .boxed(),
            ),
        ),
        ("date", text(old.boxed())),
        ("time", text(clock().boxed())),
        ("timestamp", text(timestamp().boxed())),
        ("timestamptz", text(zoned().boxed())),
        ("json", raw(jsons().boxed())),
        ("jsonb", raw(jsons().boxed())),
        ("text[]", array(pattern(words), true)),
        (
            "integer[]",
            array(raw(any::<i32>().prop_map(|n| n.to_string()).boxed()), false),
        ),
        (
            "double precision[]",
            array(raw(float.prop_map(|n| format!("{n:e}")).boxed()), false),
        ),
        ("numeric[]", array(text(decimal().boxed()), true)),
        ("timestamptz[]", array(text(zoned().boxed()), true)),
        ("date[]", array(text(date().boxed()), true)),
        (
            "uuid[]",
            array(
                text(
                    any::<u128>()
                        .prop_map(|n| uuid::Uuid::from_u128(n).to_string())
                        .boxed(),
                ),
                true,
            ),
        ),
        (
            "boolean[]",
            array(raw(any::<bool>().prop_map(|b| b.to_string()).boxed()), false),
        ),
        ("bit(3)[]", array(pattern("[01]{3}"), true)),
        ("extensions.vector(3)", vector(3)),
        ("extensions.halfvec(3)", vector(3)),
        (
            "extensions.sparsevec(3)",
            vector(3)
                .prop_map(|(_, text)| {
                    let text = sparse(&text);
                    (json!(text).to_string(), text)
                })
                .boxed(),
        ),
        ("bit(7)", pattern("[01]{7}")),
        ("app.mood", pattern("(sad|ok|\"happy\"), indeed")),
        (
            "app.positive",
            raw((1_i32..99).prop_map(|n| n.to_string()).boxed()),
        ),
        ("app.tags", array(pattern(words), true)),
        ("inet", pattern("10\\.[0-9]\\.[0-9]\\.1(/24)?")),
        ("int4range", pattern("\\[1,[2-9]\\)")),
        ("interval", pattern("[1-9] mons 0[1-9]:00:00")),
        ("app.pair", pattern("\\([0-9],[a-c]\\)")),
        ("app.mood[]", array(pattern("(sad|ok|\"happy\"), indeed"), true)),
    ]
}

/// Up to four elements, NULL among them; as JSON and as the server writes arrays.
fn array(of: BoxedStrategy<(String, String)>, quoted: bool) -> BoxedStrategy<(String, String)> {
    let elements = prop::collection::vec(prop::option::weighted(0.8, of), 0..4);
    elements
        .prop_map(move |elements| {
            let text = |element: &Option<(String, String)>| match element {
                None => "NULL".to_owned(),
                Some((_, text)) if quoted => {
                    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
                }
                Some((_, text)) => text.clone(),
            };
            let texts: Vec<String> = elements.iter().map(text).collect();
            let json = |element: &Option<(String, String)>| {
                element
                    .as_ref()
                    .map_or("null".to_owned(), |(json, _)| json.clone())
            };
            let jsons: Vec<String> = elements.iter().map(json).collect();
            (
                format!("[{}]", jsons.join(",")),
                format!("{{{}}}", texts.join(",")),
            )
        })
        .boxed()
}

fn vector(dimensions: usize) -> BoxedStrategy<(String, String)> {
    let element = (-2000_i32..2000).prop_map(|n| f64::from(n) / 8.0);
    prop::collection::vec(element, dimensions)
        .prop_filter("has a direction", |elements| {
            elements.iter().any(|element| *element != 0.0)
        })
        .prop_map(|elements| (json!(elements).to_string(), json!(elements).to_string()))
        .boxed()
}

/// A vector's text as a sparse one's.
fn sparse(text: &str) -> String {
    let elements: Vec<f32> = vecops::vector::parse(text).unwrap();
    vecops::vector::Sparse::of_dense(&elements).unwrap().format()
}

/// The types that are no type of PostgreSQL's own, and two tables: of texts, and of the types.
pub(crate) async fn tables(connection: &mut PgConnection, twins: &[&str]) {
    let columns = columns();
    let list = |of: &dyn Fn(&str) -> String| -> String {
        let texts: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(at, (name, _))| format!("c{at} {}", of(name)))
            .collect();
        texts.join(", ")
    };
    let mut statements = format!(
        "create extension if not exists vector with schema extensions;
         create schema app;
         create type app.mood as enum ('sad, indeed', 'ok, indeed', '\"happy\", indeed');
         create domain app.positive as integer check (value > 0);
         create domain app.tags as text[];
         create type app.pair as (a integer, b text);
         create table app.texts (id bigint primary key, {});",
        list(&|_| "text".to_owned()),
    );
    for twin in twins {
        let more = list(&str::to_owned);
        statements += &format!(
            "create table app.{twin} (id bigint primary key, {more}, embedding extensions.vector(2));"
        );
    }
    sql::run(connection, statements).await.unwrap();
}

/// Random rows: their lines, and their texts put into `app.texts`.
pub(crate) async fn random_rows(connection: &mut PgConnection, count: usize) -> String {
    let mut runner = TestRunner::deterministic();
    let columns = columns();
    let mut lines = String::new();
    for id in 0..count {
        let mut line = format!("{{\"id\": {id}, \"embedding\": [{id}, 1]");
        let mut texts = vec![id.to_string()];
        for (at, (_, strategy)) in columns.iter().enumerate() {
            let strategy = prop::option::weighted(0.9, strategy.clone());
            let value = strategy.new_tree(&mut runner).unwrap().current();
            let (json, text) = value.map_or(("null".to_owned(), "null".to_owned()), |(json, text)| {
                (json, sql::literal(&text))
            });
            line += &format!(", \"c{at}\": {json}");
            texts.push(text);
        }
        lines += &format!("{line}}}\n");
        let insert = format!("insert into app.texts values ({})", texts.join(", "));
        sql::run(connection, insert).await.unwrap();
    }
    lines
}

/// The rows of `app.texts` as CSV.
async fn as_csv(connection: &mut PgConnection) -> String {
    let names: Vec<String> = (0..columns().len()).map(|at| format!("c{at}")).collect();
    let mut csv = format!("id,{},embedding\n", names.join(","));
    for row in rows(connection, "select * from app.texts order by id").await {
        let id: i64 = row.get(0);
        csv += &id.to_string();
        for at in 0..names.len() {
            let text: Option<String> = row.get(at + 1);
            csv += &text.map_or(",".to_owned(), |text| {
                format!(",\"{}\"", text.replace('"', "\"\""))
            });
        }
        csv += &format!(",\"[{id},1]\"\n");
    }
    csv
}

#[tokio::test]
async fn every_type_is_loaded_as_the_server_reads_it() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        tables(&mut connection, &["from_lines", "from_csv"]).await;
        let lines = random_rows(&mut connection, 200).await;
        let jsonl = file("rows.jsonl", lines.as_bytes());
        seed_into(
            database,
            "app.from_lines.embedding",
            &["--from", jsonl.path.to_str().unwrap(), "--yes"],
        )
        .success();
        let csv = file("rows.csv", as_csv(&mut connection).await.as_bytes());
        seed_into(
            database,
            "app.from_csv.embedding",
            &["--from", csv.path.to_str().unwrap(), "--yes"],
        )
        .success();
        for (at, (name, _)) in columns().iter().enumerate() {
            for twin in ["from_lines", "from_csv"] {
                let differ = format!(
                    "select count(*) from app.{twin} t join app.texts s using (id)
                     where row(t.c{at})::record operator(pg_catalog.*<>) row(s.c{at}::{name})::record"
                );
                assert_eq!(number(&mut connection, &differ).await, 0, "{name} in {twin}");
            }
        }
        let both = "select count(*) from app.from_lines join app.from_csv using (id)";
        assert_eq!(number(&mut connection, both).await, 200);
    })
    .await;
}

#[tokio::test]
async fn what_only_the_server_can_read_is_refused_with_its_line() {
    on_each_server(async |database| {
        let mut connection = database.connection().await;
        let made = "create extension vector with schema extensions;
            create schema app;
            create table app.hosts (
              address inet primary key, during int4range not null check (not isempty(during)),
              embedding extensions.sparsevec(9));";
        sql::run(&mut connection, made).await.unwrap();
        let line = |address: &str, during: &str| {
            let embedding = r#"{"indices": [8, 0], "values": [2, 0.5]}"#;
            format!("{{\"address\": \"{address}\", \"during\": \"{during}\", \"embedding\": {embedding}}}\n")
        };
        let good = line("10.0.0.1/24", "[1,5)") + &line("10.0.0.2", "[2,3]");
        let bad = file("bad.jsonl", (good.clone() + &line("10.0.0.300", "[1,2)") + &line("::1", "5")).as_bytes());
        let path = bad.path.to_str().unwrap();
        let refused = seed_into(database, "app.hosts", &["--from", path, "--yes"]).code(1);
        let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(stderr.contains("bad.jsonl:3: `address`: invalid input syntax"), "{stderr}");
        assert_eq!(number(&mut connection, "select count(*) from app.hosts").await, 0);

        let skip = ["--from", path, "--yes", "--on-error", "skip"];
        seed_into(database, "app.hosts", &skip).code(3);
        let again = [&skip[..], &["--on-conflict", "update"]].concat();
        seed_into(database, "app.hosts", &again).code(3);
        let shown = "select string_agg(concat_ws(' ', address, during, embedding), '; ' order by address) from app.hosts";
        let shown: String = rows(&mut connection, shown).await[0].get(0);
        assert_eq!(shown, "10.0.0.1/24 [1,5) {1:0.5,9:2}/9; 10.0.0.2 [2,4) {1:0.5,9:2}/9");

        let twice = file("twice.jsonl", good.as_bytes());
        let refused = seed_into(database, "app.hosts", &["--from", twice.path.to_str().unwrap(), "--yes"]).code(1);
        let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(stderr.contains("duplicate key"), "{stderr}");
        // The check needs the column's type, so it is the table's to hold.
        let empty = file("empty.jsonl", line("10.0.0.9", "empty").as_bytes());
        let refused = seed_into(database, "app.hosts", &["--from", empty.path.to_str().unwrap(), "--yes"]).code(1);
        let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(stderr.contains("check constraint"), "{stderr}");
    })
    .await;
}
