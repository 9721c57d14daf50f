//! The statements of a benchmark: what an application sends, and the same under EXPLAIN.

use serde_json::Value;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::way::Detour;
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
            condition = condition(on, filter, "$3"),
        );
        Self {
            text,
            filter: filter.cloned(),
        }
    }

    /// The same by a detour: the nearest by an expression, ordered again by the distance itself.
    pub(super) fn by(on: &Target, filter: Option<&Value>, detour: Option<&Detour>) -> Self {
        let Some(detour) = detour else {
            return Self::new(on, filter);
        };
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
            condition = condition(on, filter, "$3"),
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

/// `where ...`, or nothing; `filter` is how the statement names it.
pub(super) fn condition(on: &Target, filter: Option<&Value>, named: &str) -> String {
    match (&on.metadata, filter) {
        (Some(metadata), Some(_)) => format!("where t.{metadata} operator(pg_catalog.@>) {named} "),
        _ => String::new(),
    }
}
