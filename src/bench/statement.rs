//! The statements of a benchmark: what an application sends, and the same under EXPLAIN.

use serde_json::Value;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::way::{Detour, Way};
use crate::catalog::Target;
use crate::sql;
use crate::vector::ElementType;

/// A query for the nearest rows: `$1` is the vector as text, `$2` the limit, `$3` the filter, where there is one.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    text: String,
    filter: Option<Value>,
}

impl Statement {
    pub(super) fn new(on: &Target, filter: Option<&Value>) -> Self {
        Self::among(on, filter, None)
    }

    /// The same for the rows of a condition only.
    fn among(on: &Target, filter: Option<&Value>, rows: Option<&str>) -> Self {
        let type_name = match on.element {
            // A bare `bit` is `bit(1)`, which would cut the query off.
            ElementType::Bit => "pg_catalog.varbit".to_owned(),
            element => on.extension.type_name(element),
        };
        let distance = on.metric.indexed_distance(
            &on.extension.schema.to_string(),
            &format!("t.{}", on.embedding),
            &format!("$1::text::{type_name}"),
        );
        let text = format!(
            "select t.{id}::text as key, ({distance})::float8 as distance from {table} t {condition}order by {distance} limit $2",
            id = on.id.name,
            table = on.table,
            condition = condition(on, filter, "$3", rows),
        );
        Self {
            text,
            filter: filter.cloned(),
        }
    }

    /// The query that goes a way.
    pub(super) fn by(on: &Target, filter: Option<&Value>, way: &Way) -> Self {
        let rows = way.condition.as_deref();
        match &way.detour {
            None => Self::among(on, filter, rows),
            Some(detour) => Self::detour(on, filter, rows, detour),
        }
    }

    /// The nearest by an expression, ordered again by the distance itself.
    fn detour(on: &Target, filter: Option<&Value>, rows: Option<&str>, detour: &Detour) -> Self {
        let schema = on.extension.schema.to_string();
        let vector = format!("$1::text::{}", on.extension.type_name(on.element));
        let distance = on
            .metric
            .exact_distance(&schema, &format!("t.{}", on.embedding), &vector);
        let text = format!(
            "select near.key, near.distance from (select t.{id}::text as key, ({distance})::float8 as distance \
             from {table} t {condition}order by {order} limit {candidates}) near order by near.distance limit $2",
            id = on.id.name,
            table = on.table,
            condition = condition(on, filter, "$3", rows),
            order = detour
                .metric
                .indexed_distance(&schema, &detour.key, &detour.argument),
            candidates = detour
                .candidates
                .map_or_else(|| "$2".to_owned(), |count| count.to_string()),
        );
        Self {
            text,
            filter: filter.cloned(),
        }
    }

    /// The query itself.
    pub(super) fn query(&self, vector: &str, limit: u32) -> Query<'_, Postgres, PgArguments> {
        self.bound(self.text.clone(), vector, limit)
    }

    /// The query under EXPLAIN, run and with the pages it touched.
    pub(super) fn explained(&self, vector: &str, limit: u32) -> Query<'_, Postgres, PgArguments> {
        let text = format!(
            "explain (analyze, buffers, timing off, format json) {}",
            self.text
        );
        self.bound(text, vector, limit)
    }

    fn bound(&self, text: String, vector: &str, limit: u32) -> Query<'_, Postgres, PgArguments> {
        let query = sql::dynamic(text).bind(vector.to_owned()).bind(i64::from(limit));
        match &self.filter {
            Some(filter) => query.bind(filter.clone()),
            None => query,
        }
    }
}

/// `where ...`, or nothing; `named` is how the statement names the filter, `rows` a condition as SQL.
pub(super) fn condition(on: &Target, filter: Option<&Value>, named: &str, rows: Option<&str>) -> String {
    let of_filter = match (&on.metadata, filter) {
        (Some(metadata), Some(_)) => Some(format!("t.{metadata} operator(pg_catalog.@>) {named}")),
        _ => None,
    };
    let of_rows = rows.map(|rows| format!("({rows})"));
    let both: Vec<String> = of_filter.into_iter().chain(of_rows).collect();
    if both.is_empty() {
        String::new()
    } else {
        format!("where {} ", both.join(" and "))
    }
}
