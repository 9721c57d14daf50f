//! A target as the user names it, found in the database: a collection, `schema.table`, or `schema.table.column`.
//!
//! A table that nobody declared is a target, too: its key, its metric and its text are read from the catalog.

use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgConnection;

use super::table::{Column, Index, Table, TableKind, table, table_names};
use super::{VectorExtension, name, qualified, rows};
use crate::collection::{Collection, Collections, HnswIndex, Record};
use crate::error::{Error, Result, nearest};
use crate::sql::{Ident, QualifiedName, fixed, parse_dotted};
use crate::vector::{ElementType, Metric};

/// The names that a text column usually has, the likeliest first.
const CONTENT_NAMES: [&str; 8] = [
    "content",
    "text",
    "body",
    "page_content",
    "document",
    "chunk",
    "passage",
    "description",
];

/// The names that a jsonb column for filters usually has, the likeliest first.
const METADATA_NAMES: [&str; 4] = ["metadata", "meta", "attributes", "properties"];

/// A vector column that a command works on, with what search, tuning and backups need to know of its table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// What the user calls it.
    pub name: String,
    /// The collection, where the manifest declares it.
    pub collection: Option<Collection>,
    /// The table.
    pub table: QualifiedName,
    /// The column that identifies a row.
    pub id: IdColumn,
    /// The vector column.
    pub embedding: Ident,
    /// Its element type.
    pub element: ElementType,
    /// Its dimensions, where its type says them.
    pub dimensions: Option<u32>,
    /// How distance is measured.
    pub metric: Metric,
    /// How that is known.
    pub metric_source: MetricSource,
    /// The text column, where there is one.
    pub content: Option<Ident>,
    /// The jsonb column for filters, where there is one.
    pub metadata: Option<Ident>,
    /// What vecops recorded about the column.
    pub record: Option<Record>,
    /// The vector indexes on the column, valid or not, of any metric.
    pub indexes: Vec<Index>,
    /// How many rows the statistics say the table has; negative where nobody counted yet.
    pub estimated_rows: f64,
    /// The extension whose types and operators the column needs.
    pub extension: VectorExtension,
}

/// The column that identifies a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdColumn {
    /// Its name.
    pub name: Ident,
    /// Its type as the server writes it, safe inside SQL.
    pub type_text: String,
}

/// How a target's metric is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricSource {
    /// The manifest declares it.
    Manifest,
    /// vecops recorded it in the column's comment.
    Record,
    /// A vector index serves it.
    Index,
    /// Nothing says it; cosine is what most models are made for.
    Assumed,
}

impl Target {
    /// The valid, whole index that serves the target's metric, hnsw before ivfflat.
    pub fn index(&self) -> Option<&Index> {
        let usable =
            |index: &&Index| index.is_valid && !index.is_partial && index.metric() == Some(self.metric);
        self.indexes
            .iter()
            .filter(usable)
            .min_by_key(|index| index.method != "hnsw")
    }

    /// How the manifest says that the index is scanned.
    pub fn declared_index(&self) -> Option<HnswIndex> {
        self.collection.as_ref()?.index
    }
}

/// A vector column of the database.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VectorColumn {
    /// The table.
    pub table: QualifiedName,
    /// The column.
    pub column: Ident,
    /// Its element type.
    pub element: ElementType,
    /// Its dimensions, where its type says them.
    pub dimensions: Option<u32>,
    /// How many rows the statistics say the table has; negative where nobody counted yet.
    pub estimated_rows: f64,
}

/// Every vector column of the database.
pub async fn vector_columns(connection: &mut PgConnection) -> Result<Vec<VectorColumn>> {
    #[derive(FromRow)]
    struct VectorColumnRow {
        schema: String,
        table: String,
        column: String,
        element: String,
        type_modifier: i32,
        estimated_rows: f64,
    }
    let query = fixed(include_str!("../../sql/catalog/vector_columns.sql"));
    let found: Vec<VectorColumnRow> = rows(connection, query).await?;
    let mut columns = Vec::new();
    for row in found {
        // A type of the extension that this vecops does not know is no target of it.
        let Ok(element) = row.element.parse() else {
            continue;
        };
        columns.push(VectorColumn {
            table: qualified(&row.schema, &row.table)?,
            column: name(&row.column)?,
            element,
            dimensions: u32::try_from(row.type_modifier)
                .ok()
                .filter(|&dimensions| dimensions > 0),
            estimated_rows: row.estimated_rows,
        });
    }
    Ok(columns)
}

/// Finds what the user named: a declared collection, `table`, `schema.table` or `schema.table.column`.
pub async fn locate(connection: &mut PgConnection, named: &str, collections: &Collections) -> Result<Target> {
    let extension = VectorExtension::require(connection).await?;
    if let Some(collection) = collections.get(named) {
        return declared(connection, collection, extension).await;
    }
    let (table_name, column) = parse(named)?;
    let Some(found) = table(connection, &table_name).await? else {
        return Err(no_such_table(connection, named, &table_name, collections).await?);
    };
    let embedding = choose_vector_column(&found, column.as_ref(), &extension)?;
    let record = embedding.comment.as_deref().and_then(Record::find);
    let (metric, metric_source) = metric_of(&found, embedding, record.as_ref());
    Ok(Target {
        name: named.to_owned(),
        collection: None,
        id: key_of(&found)?,
        embedding: name(&embedding.name)?,
        element: embedding
            .element(&extension.schema)
            .ok_or_else(|| Error::bug("a vector column has no element type"))?,
        dimensions: embedding.dimensions(),
        metric,
        metric_source,
        content: usual_column(&found, &CONTENT_NAMES, &["text", "varchar"]),
        metadata: usual_column(&found, &METADATA_NAMES, &["jsonb"]),
        record,
        indexes: found.vector_indexes(&embedding.name).cloned().collect(),
        estimated_rows: found.estimated_rows,
        table: table_name,
        extension,
    })
}

/// A declared collection as a target, once the database has what it declares.
async fn declared(
    connection: &mut PgConnection,
    collection: &Collection,
    extension: VectorExtension,
) -> Result<Target> {
    let set_up = format!(
        "Run `vecops setup plan {}` to see what is missing.",
        collection.name
    );
    let Some(found) = table(connection, &collection.table).await? else {
        let message = format!(
            "the table {} of collection `{}` does not exist",
            collection.table.plain(),
            collection.name
        );
        return Err(
            Error::precondition(message).hint(format!("Run `vecops setup apply {}`.", collection.name))
        );
    };
    let missing = |column: &Ident| {
        let message = format!("the table {} has no column {column}", collection.table.plain());
        Error::precondition(message).hint(set_up.clone())
    };
    for column in [&collection.content, &collection.metadata] {
        found.column(column.as_str()).ok_or_else(|| missing(column))?;
    }
    let embedding = found
        .column(collection.embedding.as_str())
        .ok_or_else(|| missing(&collection.embedding))?;
    let element = embedding.element(&extension.schema);
    if element != Some(collection.element) || embedding.dimensions() != Some(collection.dimensions) {
        let message = format!(
            "the column {}.{} is {}, but collection `{}` declares {}({})",
            collection.table.plain(),
            collection.embedding.plain(),
            embedding.type_text,
            collection.name,
            collection.element,
            collection.dimensions,
        );
        return Err(Error::precondition(message).hint(set_up));
    }
    let id = collection.id_column();
    let id_type = &found.column(id.as_str()).ok_or_else(|| missing(&id))?.type_text;
    Ok(Target {
        name: collection.name.clone(),
        collection: Some(collection.clone()),
        table: collection.table.clone(),
        id: IdColumn {
            name: id,
            type_text: id_type.clone(),
        },
        embedding: collection.embedding.clone(),
        element: collection.element,
        dimensions: Some(collection.dimensions),
        metric: collection.metric,
        metric_source: MetricSource::Manifest,
        content: Some(collection.content.clone()),
        metadata: Some(collection.metadata.clone()),
        record: embedding.comment.as_deref().and_then(Record::find),
        indexes: found
            .vector_indexes(collection.embedding.as_str())
            .cloned()
            .collect(),
        estimated_rows: found.estimated_rows,
        extension,
    })
}

/// Reads `table`, `schema.table` or `schema.table.column`.
fn parse(named: &str) -> Result<(QualifiedName, Option<Ident>)> {
    let parts = parse_dotted(named).map_err(|error| Error::usage(format!("target `{named}`: {error}")))?;
    match <[Ident; 3]>::try_from(parts) {
        Ok([schema, table, column]) => Ok((QualifiedName::new(schema, table), Some(column))),
        Err(_) => match named.parse() {
            Ok(table) => Ok((table, None)),
            Err(_) => Err(Error::usage(format!("`{named}` is no target"))
                .hint("Name a collection, `schema.table` or `schema.table.column`.")),
        },
    }
}

/// The vector column that is meant: the named one, or the only one.
fn choose_vector_column<'a>(
    table: &'a Table,
    named: Option<&Ident>,
    extension: &VectorExtension,
) -> Result<&'a Column> {
    let plain = table.name.plain();
    if table.kind == TableKind::Other {
        return Err(Error::precondition(format!("`{plain}` is not a table")));
    }
    let served = |column: &&Column| match column.element(&extension.schema) {
        // Any `bit(n)` could be a vector; one that a vector index serves, or that was named, is.
        Some(ElementType::Bit) => named.is_some() || table.vector_indexes(&column.name).next().is_some(),
        Some(_) => true,
        None => false,
    };
    let vectors: Vec<&Column> = table.columns.iter().filter(served).collect();
    let names: Vec<String> = vectors
        .iter()
        .filter_map(|column| Ident::new(column.name.clone()).ok())
        .map(|column| format!("`{plain}.{}`", column.plain()))
        .collect();
    match (named, vectors.as_slice()) {
        (Some(named), _) => vectors
            .iter()
            .find(|column| column.name == named.as_str())
            .copied()
            .ok_or_else(|| {
                let error = Error::precondition(format!("`{plain}` has no vector column {named}"));
                if names.is_empty() {
                    error
                } else {
                    error.hint(format!("It has {}.", names.join(", ")))
                }
            }),
        (None, [only]) => Ok(only),
        (None, []) => Err(Error::precondition(format!("`{plain}` has no vector column"))),
        (None, _) => Err(Error::usage(format!("`{plain}` has several vector columns"))
            .hint(format!("Name one of {}.", names.join(", ")))),
    }
}

/// The column that identifies a row: the primary key, else a unique column that refuses NULL.
fn key_of(table: &Table) -> Result<IdColumn> {
    let unique = || {
        table
            .indexes
            .iter()
            .find_map(|index| match index.columns.as_slice() {
                [column] if index.is_unique && index.is_valid && !index.is_partial => {
                    table.column(column).filter(|column| column.not_null)
                }
                _ => None,
            })
    };
    let key = match table.primary_key.as_slice() {
        [column] => table.column(column),
        _ => unique(),
    };
    let key = key.ok_or_else(|| {
        Error::precondition(format!(
            "`{}` has no primary key of one column, so its rows cannot be named",
            table.name.plain()
        ))
        .hint("Add a primary key, or a unique column that is not null, then run the command again.")
    })?;
    Ok(IdColumn {
        name: name(&key.name)?,
        type_text: key.type_text.clone(),
    })
}

/// The first of the usual names that the table has as a column of one of the types.
fn usual_column(table: &Table, names: &[&str], types: &[&str]) -> Option<Ident> {
    let fits = |column: &&Column| types.iter().any(|type_name| column.is_builtin(type_name));
    let column = names.iter().find_map(|name| table.column(name).filter(fits))?;
    Ident::new(column.name.clone()).ok()
}

/// The metric of a column that nobody declared.
fn metric_of(table: &Table, column: &Column, record: Option<&Record>) -> (Metric, MetricSource) {
    if let Some(record) = record {
        return (record.metric, MetricSource::Record);
    }
    let served = table
        .vector_indexes(&column.name)
        .filter(|index| index.is_valid)
        .find_map(Index::metric);
    match served {
        Some(metric) => (metric, MetricSource::Index),
        None if column.type_name == ElementType::Bit.name() => (Metric::Hamming, MetricSource::Assumed),
        None => (Metric::Cosine, MetricSource::Assumed),
    }
}

/// The error for a name that is neither a collection nor a table, with the nearest that is.
async fn no_such_table(
    connection: &mut PgConnection,
    named: &str,
    table: &QualifiedName,
    collections: &Collections,
) -> Result<Error> {
    let error = Error::precondition(format!("`{named}` is neither a collection nor a table"));
    let vectors = vector_columns(connection).await?;
    let elsewhere = vectors.iter().find(|column| column.table.name == table.name);
    if let Some(column) = elsewhere {
        return Ok(error.hint(format!("Did you mean `{}`?", column.table.plain())));
    }
    let mut tables: Vec<QualifiedName> = vectors.into_iter().map(|column| column.table).collect();
    tables.extend(table_names(connection).await?);
    let like_a_table = nearest(
        table.name.as_str(),
        tables.iter().map(|table| table.name.as_str()),
    )
    .and_then(|near| tables.iter().find(|table| table.name.as_str() == near))
    .map(QualifiedName::plain);
    let like_a_collection = nearest(named, collections.names()).map(str::to_owned);
    let near = like_a_collection.or(like_a_table);
    Ok(match near {
        Some(near) => error.hint(format!("Did you mean `{near}`?")),
        None => error.hint("Name a collection of `vecops.toml`, or an existing table as `schema.table`."),
    })
}
