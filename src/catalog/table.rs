//! A table with its columns, keys, indexes and security.

use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgConnection;

use super::security::{Grant, Policy, grants, policies};
use super::{qualified, row, rows};
use crate::error::Result;
use crate::sql::{Ident, QualifiedName, fixed};
use crate::vector::copy::{self, ColumnKind, Scalar};
use crate::vector::{ElementType, Metric};

/// A relation and everything about it that vecops asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Its name.
    pub name: QualifiedName,
    /// Its oid.
    pub oid: i64,
    /// What kind of relation it is.
    pub kind: TableKind,
    /// The role that owns it.
    pub owner: String,
    /// Whether row-level security is on.
    pub row_security: bool,
    /// Whether row-level security applies to the owner, too.
    pub row_security_forced: bool,
    /// Its comment.
    pub comment: Option<String>,
    /// The size of its rows, without indexes and long values; zero means that it never held any.
    pub bytes: i64,
    /// How many rows the statistics say it has; negative where nobody counted yet.
    pub estimated_rows: f64,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// Its policies.
    pub policies: Vec<Policy>,
    /// The privileges on it, the owner's included.
    pub grants: Vec<Grant>,
}

/// What kind of relation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableKind {
    /// An ordinary table.
    Table,
    /// A partitioned table.
    Partitioned,
    /// A materialized view.
    MaterializedView,
    /// Anything else: a view, a sequence, an index.
    Other,
}

#[derive(FromRow)]
struct TableRow {
    oid: i64,
    kind: String,
    owner: String,
    row_security: bool,
    row_security_forced: bool,
    comment: Option<String>,
    bytes: i64,
    estimated_rows: f64,
}

#[derive(FromRow)]
struct NameRow {
    name: String,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as the server writes it.
    #[sqlx(rename = "type")]
    pub type_text: String,
    /// The schema of its type.
    pub type_schema: String,
    /// The name of its type, as in `int8`.
    pub type_name: String,
    /// The modifier of its type; the dimensions of a vector, -1 where it has none.
    pub type_modifier: i32,
    /// The schema of its type, or of the type under its domain.
    pub base_schema: String,
    /// The name of its type, or of the type under its domain.
    pub base_name: String,
    /// The modifier of that type.
    pub base_modifier: i32,
    /// Whether the binary form of its values is their text, as an enum's is.
    pub is_text: bool,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Its default, or what it is generated from.
    pub default_expression: Option<String>,
    /// `a` for `generated always as identity`, `d` for `by default`, else empty.
    pub identity: String,
    /// `s` for a stored generated column, `v` for a virtual one, else empty.
    pub generated: String,
    /// Its comment.
    pub comment: Option<String>,
    /// The schema of the sequence that belongs to it.
    pub sequence_schema: Option<String>,
    /// The sequence that belongs to it.
    pub sequence_name: Option<String>,
    /// The roles that may count that sequence up.
    pub sequence_users: Vec<String>,
}

impl Column {
    /// The element type, where the column's type is one of pgvector's in `extension_schema`, or `bit`.
    pub fn element(&self, extension_schema: &Ident) -> Option<ElementType> {
        let element: ElementType = self.type_name.parse().ok()?;
        let schema = match element {
            ElementType::Bit => "pg_catalog",
            _ => extension_schema.as_str(),
        };
        (self.type_schema == schema).then_some(element)
    }

    /// The dimensions of a vector column, where its type says them.
    pub fn dimensions(&self) -> Option<u32> {
        copy::dimensions(self.type_modifier)
    }

    /// What it holds, as binary COPY writes it; vectors where the extension is. A domain has the form of the type
    /// under it.
    pub fn kind(&self, extension_schema: Option<&Ident>) -> ColumnKind {
        if extension_schema.is_some_and(|schema| schema.as_str() == self.base_schema)
            && let Ok(element @ (ElementType::Vector | ElementType::Halfvec | ElementType::Sparsevec)) =
                self.base_name.parse()
        {
            return ColumnKind::Vector(element, copy::dimensions(self.base_modifier));
        }
        let known = match self.base_schema.as_str() {
            "pg_catalog" => ColumnKind::builtin(&self.base_name, self.base_modifier),
            _ => ColumnKind::Other,
        };
        if known == ColumnKind::Other && self.is_text {
            return ColumnKind::Scalar(Scalar::Text);
        }
        known
    }

    /// The sequence that belongs to it.
    pub fn sequence(&self) -> Option<QualifiedName> {
        qualified(self.sequence_schema.as_deref()?, self.sequence_name.as_deref()?).ok()
    }

    /// Whether it is of this type of PostgreSQL's own.
    pub fn is_builtin(&self, type_name: &str) -> bool {
        self.type_schema == "pg_catalog" && self.type_name == type_name
    }
}

/// An index.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the catalog says four independent things"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Index {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its access method, such as `hnsw`.
    pub method: String,
    /// Whether it keeps its keys unique.
    pub is_unique: bool,
    /// Whether it is the primary key's.
    pub is_primary: bool,
    /// Whether queries may use it.
    pub is_valid: bool,
    /// Whether writes keep it up to date.
    pub is_ready: bool,
    /// Whether it covers only some rows.
    pub is_partial: bool,
    /// Its key columns; empty text for an expression.
    pub columns: Vec<String>,
    /// Their operator classes.
    pub opclasses: Vec<String>,
    /// Its storage parameters, each as `name=value`.
    pub options: Vec<String>,
    /// The statement that makes it.
    pub definition: String,
    /// Its size.
    pub bytes: i64,
}

impl Index {
    /// The value of a storage parameter that was given when the index was made.
    pub fn option(&self, name: &str) -> Option<u32> {
        let value = |option: &String| option.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
        self.options.iter().find_map(value)
    }

    /// Whether it is a vector index on this column as a whole, rather than on an expression of it.
    pub fn is_vector_index_on(&self, column: &str) -> bool {
        matches!(self.method.as_str(), "hnsw" | "ivfflat")
            && self.columns.first().is_some_and(|key| key == column)
    }

    /// The metric that it serves.
    pub fn metric(&self) -> Option<Metric> {
        Metric::of_opclass(self.opclasses.first()?)
    }
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The vector indexes on this column, valid or not.
    pub fn vector_indexes<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a Index> {
        self.indexes
            .iter()
            .filter(move |index| index.is_vector_index_on(column))
    }
}

/// The relation of this name, where it exists.
pub async fn table(connection: &mut PgConnection, name: &QualifiedName) -> Result<Option<Table>> {
    let query = fixed(include_str!("../../sql/catalog/table.sql"))
        .bind(name.schema.as_str().to_owned())
        .bind(name.name.as_str().to_owned());
    let Some(found) = row::<TableRow>(connection, query).await? else {
        return Ok(None);
    };
    let oid = found.oid;
    let columns = fixed(include_str!("../../sql/catalog/columns.sql")).bind(oid);
    let primary_key = fixed(include_str!("../../sql/catalog/primary_key.sql")).bind(oid);
    let indexes = fixed(include_str!("../../sql/catalog/indexes.sql")).bind(oid);
    Ok(Some(Table {
        name: name.clone(),
        oid,
        kind: kind(&found.kind),
        owner: found.owner,
        row_security: found.row_security,
        row_security_forced: found.row_security_forced,
        comment: found.comment,
        bytes: found.bytes,
        estimated_rows: found.estimated_rows,
        columns: rows(connection, columns).await?,
        primary_key: rows::<NameRow>(connection, primary_key)
            .await?
            .into_iter()
            .map(|row| row.name)
            .collect(),
        indexes: rows(connection, indexes).await?,
        policies: policies(connection, oid).await?,
        grants: grants(connection, oid).await?,
    }))
}

/// The tables that are not PostgreSQL's own.
pub(super) async fn table_names(connection: &mut PgConnection) -> Result<Vec<QualifiedName>> {
    #[derive(FromRow)]
    struct QualifiedRow {
        schema: String,
        name: String,
    }
    let query = fixed(include_str!("../../sql/catalog/table_names.sql"));
    let found: Vec<QualifiedRow> = rows(connection, query).await?;
    found
        .iter()
        .map(|row| qualified(&row.schema, &row.name))
        .collect()
}

fn kind(letter: &str) -> TableKind {
    match letter {
        "r" => TableKind::Table,
        "p" => TableKind::Partitioned,
        "m" => TableKind::MaterializedView,
        _ => TableKind::Other,
    }
}
