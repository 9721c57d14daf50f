//! The statements of a search, put together from quoted names; every value is bound.

use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::Request;
use crate::catalog::Target;
use crate::sql;
use crate::vector::ElementType;

/// A search statement: `$1` is the vector, `$2` the limit, then the filter and the key to leave out.
pub(super) struct Statement {
    text: String,
}

/// The statement that finds the neighbours.
pub(super) fn neighbours(on: &Target, request: &Request) -> Statement {
    let embedding = format!("t.{}", on.embedding);
    let vector = format!("$1::text::{}", type_name(on));
    let schema = on.extension.schema.to_string();
    let distance = if request.exact {
        on.metric.exact_distance(&schema, &embedding, &vector)
    } else {
        on.metric.indexed_distance(&schema, &embedding, &vector)
    };
    let column = |name: Option<&sql::Ident>, cast: &str| match name {
        Some(name) => format!("t.{name}::{cast}"),
        None => format!("null::{cast}"),
    };
    let text = format!(
        "select t.{id}::text as id, {content} as content, {metadata} as metadata, ({distance})::float8 as distance\n\
         from {table} t\n{conditions}order by {distance}\nlimit $2",
        id = on.id.name,
        content = column(on.content.as_ref(), "text"),
        metadata = column(on.metadata.as_ref(), "jsonb"),
        table = on.table,
        conditions = conditions(on, request, 3),
    );
    Statement { text }
}

/// The statement that counts, up to a bound, the rows that a search could return; parameters as in [`Statement`],
/// without the vector: `$1` is the bound.
pub(super) fn matching(on: &Target, request: &Request) -> Statement {
    let conditions = conditions(on, request, 2);
    let text = format!(
        "select count(*), count(*) filter (where s.missing)\nfrom (select t.{} is null as missing from {} t\n{conditions}limit $1) s",
        on.embedding, on.table
    );
    Statement { text }
}

/// The statement that reads a stored embedding as text; `$1` is the key as text.
pub(super) fn stored_vector<'q>(on: &Target) -> Query<'q, Postgres, PgArguments> {
    sql::dynamic(format!(
        "select t.{}::text from {} t where t.{} = $1::text::{}",
        on.embedding, on.table, on.id.name, on.id.type_text
    ))
}

impl Statement {
    /// The same statement under EXPLAIN, run and measured or only planned.
    pub(super) fn explained(&self, measured: bool) -> Self {
        let options = if measured {
            "analyze, buffers, format json"
        } else {
            "format json"
        };
        Self {
            text: format!("explain ({options})\n{}", self.text),
        }
    }

    /// The statement with its values bound.
    pub(super) fn query<'q>(
        &self,
        on: &Target,
        request: &Request,
        vector: &str,
    ) -> Query<'q, Postgres, PgArguments> {
        let query = sql::dynamic(self.text.clone())
            .bind(vector.to_owned())
            .bind(i64::from(request.limit));
        bind_conditions(query, on, request)
    }

    /// The counting statement with its values bound.
    pub(super) fn count<'q>(
        &self,
        on: &Target,
        request: &Request,
        bound: i64,
    ) -> Query<'q, Postgres, PgArguments> {
        bind_conditions(sql::dynamic(self.text.clone()).bind(bound), on, request)
    }
}

fn conditions(on: &Target, request: &Request, first: usize) -> String {
    let mut conditions = Vec::new();
    if let (Some(metadata), Some(_)) = (&on.metadata, &request.filter) {
        conditions.push(format!("t.{metadata} operator(pg_catalog.@>) ${first}"));
    }
    if let super::Query::Like(_) = request.query {
        conditions.push(format!(
            "t.{} <> ${}::text::{}",
            on.id.name,
            first + conditions.len(),
            on.id.type_text
        ));
    }
    if conditions.is_empty() {
        String::new()
    } else {
        format!("where {}\n", conditions.join(" and "))
    }
}

fn bind_conditions<'q>(
    mut query: Query<'q, Postgres, PgArguments>,
    on: &Target,
    request: &Request,
) -> Query<'q, Postgres, PgArguments> {
    if let (Some(_), Some(filter)) = (&on.metadata, &request.filter) {
        query = query.bind(filter.clone());
    }
    if let super::Query::Like(id) = &request.query {
        query = query.bind(id.clone());
    }
    query
}

fn type_name(on: &Target) -> String {
    match on.element {
        // A bare `bit` is `bit(1)`, which would cut the query off.
        ElementType::Bit => "pg_catalog.varbit".to_owned(),
        element => on.extension.type_name(element),
    }
}
