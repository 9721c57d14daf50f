//! What is read: the columns with their kinds, and the statement, checked before the first byte.

use serde_json::Value;
use sqlx::{PgConnection, Row as _};

use super::cell;
use super::{Format, Request};
use crate::catalog::{self, RowTarget, Table, TableKind};
use crate::error::{Context as _, Error, Kind, Result, nearest};
use crate::sql::{self, Ident};
use crate::vector::copy::ColumnKind;

/// A column that is read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: Ident,
    /// What its bytes are.
    pub(super) kind: ColumnKind,
    /// Whether the server writes it as text.
    pub(super) as_text: bool,
    /// Whether it is the vector that the target names.
    pub(super) is_embedding: bool,
}

/// What is read.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    pub(super) columns: Vec<Column>,
    pub(super) query: String,
    /// The role from which row-level security hides rows.
    pub(super) row_security_role: Option<String>,
}

impl Selection {
    /// Looks at the table and puts the statement together.
    pub(super) async fn inspect(
        connection: &mut PgConnection,
        on: &RowTarget,
        request: &Request,
    ) -> Result<Self> {
        let plain = on.table.plain();
        let table = catalog::table(connection, &on.table)
            .await?
            .ok_or_else(|| Error::precondition(format!("`{plain}` does not exist")))?;
        if table.kind == TableKind::Other {
            return Err(Error::precondition(format!("`{plain}` is not a table")));
        }
        let row = sql::fixed(include_str!("../../sql/export/access.sql"))
            .bind(table.oid)
            .fetch_one(&mut *connection)
            .await
            .with_context(|| format!("read who may see the rows of `{plain}`"))?;
        let hides: bool = row.try_get("row_security")?;
        let role: String = row.try_get("role")?;
        let columns = columns(&table, on, request)?;
        if request.format == Format::Npy && !columns.iter().any(|column| column.is_embedding) {
            return Err(match &on.embedding {
                Some(embedding) => Error::usage("an array holds vectors, and `--columns` names none")
                    .hint(format!("Add {} to `--columns`.", embedding.plain())),
                None => Error::usage("an array holds one vector column, and the table has none, or several")
                    .hint("Name it as `schema.table.column`, or choose another format."),
            });
        }
        Ok(Self {
            query: query(&table, on, &columns, request)?,
            columns,
            row_security_role: hides.then_some(role),
        })
    }

    /// Whether an array leaves columns that need a file of their own.
    pub(super) fn has_side_columns(&self) -> bool {
        self.columns.len() > 1
    }

    /// Sets what the transaction needs and has the server parse the statement; returns the planner's estimate of rows.
    ///
    /// The extended protocol takes one statement only: a condition that closes the parenthesis and starts another
    /// statement ends here, before COPY sends the same text by the simple protocol.
    pub(super) async fn prepare(
        &self,
        connection: &mut PgConnection,
        on: &RowTarget,
        request: &Request,
    ) -> Result<u64> {
        let mut settings = vec![
            "set local datestyle = 'ISO, YMD'".to_owned(),
            "set local intervalstyle = 'postgres'".to_owned(),
            "set local timezone = 'UTC'".to_owned(),
            "set local extra_float_digits = 1".to_owned(),
            "set local bytea_output = 'hex'".to_owned(),
        ];
        if request.condition.is_some() {
            // The user's SQL finds the table's own functions and the extension's operators.
            settings.push(format!(
                "set local search_path = {}, public{}",
                on.table.schema,
                on.extension_schema()
                    .map_or_else(String::new, |schema| format!(", {schema}"))
            ));
        } else {
            // The key's index gives the order at once; sorting would fill the server's disk with a copy of the table.
            settings.push("set local enable_sort = off".to_owned());
        }
        sql::run(&mut *connection, settings.join("; "))
            .await
            .context("prepare the transaction")?;
        let explained = sql::dynamic(format!("explain (format json) {}", self.query))
            .fetch_one(&mut *connection)
            .await;
        let row = explained.map_err(|error| refused(Error::from(error), request))?;
        let plan: Value = row.try_get(0)?;
        let rows = plan.pointer("/0/Plan/Plan Rows").and_then(Value::as_f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate, never negative"
        )]
        Ok(rows.unwrap_or_default() as u64)
    }
}

/// Why the server does not take the statement: where there is a condition, that is the user's to change.
fn refused(error: Error, request: &Request) -> Error {
    match (&request.condition, error.kind()) {
        (Some(condition), Kind::Failed) => error
            .context(format!("the server does not take the condition `{condition}`"))
            .with_kind(Kind::Usage)
            .hint("`--where` takes what follows WHERE in SQL, such as \"metadata->>'language' = 'en'\"."),
        _ => error.context("prepare the export"),
    }
}

/// The columns that are named, or all that are not generated.
fn columns(table: &Table, on: &RowTarget, request: &Request) -> Result<Vec<Column>> {
    let known = |column: &catalog::Column| -> Result<Column> {
        let name = Ident::new(column.name.clone())
            .map_err(|error| Error::bug(format!("the catalog holds a name that is none: {error}")))?;
        let kind = column.kind(on.extension_schema());
        let as_text = cell::as_text(request.format, kind);
        Ok(Column {
            is_embedding: Some(&name) == on.embedding.as_ref(),
            kind: if as_text { ColumnKind::Other } else { kind },
            as_text,
            name,
        })
    };
    let Some(named) = &request.columns else {
        let kept = table.columns.iter().filter(|column| column.generated.is_empty());
        return kept.map(known).collect();
    };
    let mut columns: Vec<Column> = Vec::new();
    for name in named {
        if columns.iter().any(|column| column.name == *name) {
            return Err(Error::usage(format!("`--columns` names {} twice", name.plain())));
        }
        let column = table.column(name.as_str()).ok_or_else(|| unknown(table, name))?;
        columns.push(known(column)?);
    }
    Ok(columns)
}

fn unknown(table: &Table, name: &Ident) -> Error {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let error = Error::usage(format!("`{}` has no column {}", table.name.plain(), name.plain()));
    match nearest(name.as_str(), names.iter().copied()) {
        Some(near) => error.hint(format!("Did you mean `{near}`?")),
        None => error.hint(format!("It has {}.", names.join(", "))),
    }
}

/// The statement: rows in the order of the primary key, where there is one.
fn query(table: &Table, on: &RowTarget, columns: &[Column], request: &Request) -> Result<String> {
    let from = &on.table;
    let expressions: Vec<String> = columns
        .iter()
        .map(|column| {
            let name = &column.name;
            let text = if column.as_text { "::pg_catalog.text" } else { "" };
            format!("{from}.{name}{text}")
        })
        .collect();
    let key: Vec<Ident> = if table.primary_key.is_empty() {
        on.id.iter().map(|id| id.name.clone()).collect()
    } else {
        let names = table.primary_key.iter().map(|name| Ident::new(name.clone()));
        names
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| Error::bug(format!("the catalog holds a name that is none: {error}")))?
    };
    let key: Vec<String> = key.iter().map(|name| format!("{from}.{name}")).collect();
    // The line break ends a comment at the condition's end.
    let condition = request
        .condition
        .as_ref()
        .map_or_else(String::new, |condition| format!(" where ({condition}\n)"));
    let limit = request
        .limit
        .map_or_else(String::new, |limit| format!(" limit {limit}"));
    let order = match key.as_slice() {
        [] => String::new(),
        key => format!(" order by {}", key.join(", ")),
    };
    Ok(format!(
        "select {} from {from}{condition}{order}{limit}",
        expressions.join(", "),
    ))
}
