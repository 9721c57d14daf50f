//! A column of every type, with random values.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;
use sqlx::PgConnection;
use vecops::sql;

/// The types with their values: as JSON for a line, and as the text that the server's own input reads.
pub(crate) fn columns() -> Vec<(&'static str, BoxedStrategy<(String, String)>)> {
    [numbers(), others(), arrays(), extended()].concat()
}

type Columns = Vec<(&'static str, BoxedStrategy<(String, String)>)>;

const WORDS: &str = "[a-zA-Zäß世 \"\\\\,{}\n\t]{0,8}";

/// A value that JSON writes as text.
fn quoted(texts: impl Strategy<Value = String> + 'static) -> BoxedStrategy<(String, String)> {
    texts.prop_map(|text| (json!(text).to_string(), text)).boxed()
}

/// A value that JSON writes without quotes.
fn plain(values: impl Strategy<Value = impl std::fmt::Display> + 'static) -> BoxedStrategy<(String, String)> {
    values
        .prop_map(|value| (value.to_string(), value.to_string()))
        .boxed()
}

fn pattern(regex: &'static str) -> BoxedStrategy<(String, String)> {
    quoted(proptest::string::string_regex(regex).unwrap())
}

fn floats() -> BoxedStrategy<(String, String)> {
    let finite = any::<f64>().prop_filter("finite", |float| float.is_finite());
    plain(finite.prop_map(|float| format!("{float:e}")))
}

fn decimals() -> BoxedStrategy<(String, String)> {
    let written = proptest::string::string_regex("-?[0-9]{1,25}(\\.[0-9]{1,25})?").unwrap();
    let exponents = proptest::string::string_regex("-?[0-9]\\.[0-9]{1,9}e-?[0-9]{1,3}").unwrap();
    quoted(prop_oneof![written, exponents, Just("NaN".to_owned())])
}

fn uuids() -> BoxedStrategy<(String, String)> {
    quoted(any::<u128>().prop_map(|bits| uuid::Uuid::from_u128(bits).to_string()))
}

fn dates() -> impl Strategy<Value = String> {
    (1_i32..9999, 1_u32..=12, 1_u32..=28).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
}

fn clocks() -> impl Strategy<Value = String> {
    let parts = (0_u32..24, 0_u32..60, 0_u32..60, 0_u32..1_000_000);
    parts.prop_map(|(h, m, s, u)| format!("{h:02}:{m:02}:{s:02}.{u:06}"))
}

fn timestamps() -> impl Strategy<Value = String> {
    (dates(), clocks()).prop_map(|(date, clock)| format!("{date} {clock}"))
}

fn zoned() -> BoxedStrategy<(String, String)> {
    quoted((timestamps(), -12_i32..14).prop_map(|(at, zone)| format!("{at}{zone:+03}")))
}

fn numbers() -> Columns {
    let float4 = any::<f32>().prop_filter("finite", |float| float.is_finite());
    let small = (-999_999_i32..999_999, 0_u32..1000).prop_map(|(whole, part)| format!("{whole}.{part:03}"));
    let words = ["NaN", "Infinity", "-Infinity"].map(str::to_owned).to_vec();
    vec![
        ("boolean", plain(any::<bool>())),
        ("smallint", plain(any::<i16>())),
        ("integer", plain(any::<i32>())),
        ("bigint", plain(any::<i64>())),
        ("real", plain(float4.prop_map(|n| format!("{n:e}")))),
        ("double precision", floats()),
        ("real", quoted(prop::sample::select(words.clone()))),
        ("double precision", quoted(prop::sample::select(words))),
        ("numeric", decimals()),
        ("numeric(9,3)", quoted(small)),
    ]
}

fn others() -> Columns {
    let json = || plain(prop::sample::select(vec!["{\"a\": [1.50, null]}", "[]", "\"x\""]));
    let before = (1_i32..4713).prop_map(|year| format!("{year:04}-02-28 BC"));
    let old = prop_oneof![dates(), before, Just("infinity".to_owned())];
    vec![
        ("text", pattern(WORDS)),
        ("varchar(8)", pattern(WORDS)),
        ("char(8)", pattern("[a-c]{0,8}")),
        ("bytea", pattern("\\\\x([0-9a-f]{2}){0,9}")),
        ("bit varying(20)", pattern("[01]{0,20}")),
        ("uuid", uuids()),
        ("date", quoted(old)),
        ("time", quoted(clocks())),
        ("timestamp", quoted(timestamps())),
        ("timestamptz", zoned()),
        ("json", json()),
        ("jsonb", json()),
    ]
}

fn arrays() -> Columns {
    vec![
        ("text[]", array(pattern(WORDS), true)),
        ("integer[]", array(plain(any::<i32>()), false)),
        ("double precision[]", array(floats(), false)),
        ("numeric[]", array(decimals(), true)),
        ("timestamptz[]", array(zoned(), true)),
        ("date[]", array(quoted(dates()), true)),
        ("uuid[]", array(uuids(), true)),
        ("boolean[]", array(plain(any::<bool>()), false)),
        ("bit(3)[]", array(pattern("[01]{3}"), true)),
    ]
}

/// Vectors, domains, enums, and types that only the server can read.
fn extended() -> Columns {
    let moods = || pattern("(sad|ok|\"happy\"), indeed");
    vec![
        ("extensions.vector(3)", vector(3)),
        ("extensions.halfvec(3)", vector(3)),
        (
            "extensions.sparsevec(3)",
            quoted(vector(3).prop_map(|(_, text)| sparse(&text))),
        ),
        ("bit(7)", pattern("[01]{7}")),
        ("app.mood", moods()),
        ("app.positive", plain(1_i32..99)),
        ("app.tags", array(pattern(WORDS), true)),
        ("inet", pattern("10\\.[0-9]\\.[0-9]\\.1(/24)?")),
        ("int4range", pattern("\\[1,[2-9]\\)")),
        ("interval", pattern("[1-9] mons 0[1-9]:00:00")),
        ("app.pair", pattern("\\([0-9],[a-c]\\)")),
        ("app.mood[]", array(moods(), true)),
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
        let columns = format!("id bigint primary key, {more}, embedding extensions.vector(2)");
        statements.extend(["create table app.", twin, " (", &columns, ");"]);
    }
    sql::run(connection, statements).await.unwrap();
}

/// Random rows: their lines, and their texts put into `app.texts`.
pub(crate) async fn random_rows(connection: &mut PgConnection, count: usize) -> String {
    let mut runner = TestRunner::deterministic();
    let columns = columns();
    let mut lines = String::new();
    for id in 0..count {
        let mut line = vec![format!("\"id\": {id}, \"embedding\": [{id}, 1]")];
        let mut texts = vec![id.to_string()];
        for (at, (_, strategy)) in columns.iter().enumerate() {
            let strategy = prop::option::weighted(0.9, strategy.clone());
            let value = strategy.new_tree(&mut runner).unwrap().current();
            let (json, text) = value.map_or(("null".to_owned(), "null".to_owned()), |(json, text)| {
                (json, sql::literal(&text))
            });
            line.push(format!("\"c{at}\": {json}"));
            texts.push(text);
        }
        lines.extend(["{", &line.join(", "), "}\n"]);
        let insert = format!("insert into app.texts values ({})", texts.join(", "));
        sql::run(connection, insert).await.unwrap();
    }
    lines
}
