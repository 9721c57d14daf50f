//! What rows are loaded into: the columns that lines may fill, and what is in the way, found before a byte is sent.

use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::embedding_stage::Texts;
use crate::catalog::{self, Column, Table, TableKind, Target};
use crate::collection::Policy;
use crate::error::{Context as _, Error, Result};
use crate::sql::{self, Ident, QualifiedName};
use crate::vector::{ElementType, Metric};

/// A table that rows can be loaded into.
#[derive(Debug, Clone, PartialEq)]
pub struct Destination {
    /// The table.
    pub table: QualifiedName,
    /// The columns that a line may fill.
    pub fields: Vec<Field>,
    /// The key's place among the fields.
    pub id: Option<usize>,
    /// The vector's place among the fields.
    pub embedding: Option<usize>,
    /// The key's type as the server writes it.
    pub id_type: String,
    /// The owner's column, where rows without an owner would be nobody's to read.
    pub owner: Option<Ident>,
    /// The sequence that makes the key where lines do not give it.
    pub sequence: Option<QualifiedName>,
    /// How distance is measured; cosine takes no zero vector.
    pub metric: Metric,
    /// The names of the vector indexes, each of which every row must enter.
    pub vector_indexes: Vec<String>,
    /// How many rows the statistics say the table has; negative where nobody counted yet.
    pub estimated_rows: f64,
    /// Whether the role may ANALYZE the table.
    pub may_analyze: bool,
    /// The texts whose vectors a provider makes.
    pub(super) texts: Option<Texts>,
}

/// A column that a line may fill.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The column.
    pub column: Ident,
    /// The key that lines use for it; the column's own name works, too.
    pub key: String,
    /// What it holds.
    pub kind: FieldKind,
    /// The column's type as the server writes it.
    pub type_text: String,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// What a line without the key gets.
    pub absent: Absent,
    /// Whether the key was chosen for this load; then the column's own name does not work.
    pub is_mapped: bool,
}

/// What a column holds, as far as lines can fill it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// `smallint`
    Int2,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `real`
    Float4,
    /// `double precision`
    Float8,
    /// `boolean`
    Bool,
    /// `text`, `varchar`, `char`
    Text,
    /// `uuid`
    Uuid,
    /// `timestamptz`
    Timestamptz,
    /// `json`
    Json,
    /// `jsonb`
    Jsonb,
    /// `jsonb` that search filters look into: an object
    Object,
    /// `vector` or `halfvec`, with its dimensions where the type says them
    Vector(ElementType, Option<u32>),
}

/// What a line without the key gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// An error.
    Refused,
    /// NULL.
    Null,
    /// `{}`.
    EmptyObject,
    /// What the table makes of it: an identity, a default. Then no line of the source gives it.
    Default,
    /// Always this value.
    Constant(Uuid),
}

impl Destination {
    /// Looks at the target's table. `owner` goes into the owner's column of lines that do not name one.
    pub async fn inspect(connection: &mut PgConnection, on: &Target, owner: Option<Uuid>) -> Result<Self> {
        let plain = on.table.plain();
        let table = catalog::table(connection, &on.table)
            .await?
            .ok_or_else(|| Error::precondition(format!("`{plain}` does not exist")))?;
        if !matches!(table.kind, TableKind::Table | TableKind::Partitioned) {
            return Err(Error::precondition(format!(
                "`{plain}` is not a table that rows can be loaded into"
            )));
        }
        let access = access(connection, &table).await?;
        expect_loadable(&table, on, &access)?;
        let mut fields = fields(&table, on, &access)?;
        if let Some(owner) = owner {
            set_owner(&mut fields, on, owner)?;
        }
        let id = fields.iter().position(|field| field.column == on.id.name);
        let counted = id.and_then(|_| table.column(on.id.name.as_str()));
        Ok(Self {
            table: on.table.clone(),
            id,
            embedding: fields.iter().position(|field| field.column == on.embedding),
            id_type: on.id.type_text.clone(),
            owner: owner_column(on).cloned(),
            sequence: counted.map(sequence).transpose()?.flatten(),
            metric: on.metric,
            vector_indexes: on.indexes.iter().map(|index| index.name.clone()).collect(),
            estimated_rows: table.estimated_rows,
            may_analyze: access.may_analyze,
            texts: None,
            fields,
        })
    }

    /// The keys that a line may have, for messages.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.key.as_str())
    }
}

struct Access {
    role: String,
    row_security: bool,
    insertable: Vec<String>,
    may_analyze: bool,
}

/// What the role may do; an error where it may not load at all.
async fn access(connection: &mut PgConnection, table: &Table) -> Result<Access> {
    let plain = table.name.plain();
    let row = sql::fixed(include_str!("../../sql/seed/access.sql"))
        .bind(table.oid)
        .fetch_one(&mut *connection)
        .await
        .with_context(|| format!("read the privileges on `{plain}`"))?;
    let access = Access {
        role: row.try_get("role")?,
        row_security: row.try_get("row_security")?,
        insertable: row.try_get("insertable")?,
        may_analyze: row.try_get("may_analyze")?,
    };
    let role = &access.role;
    if access.insertable.is_empty() {
        return Err(
            Error::precondition(format!("role `{role}` may not insert into `{plain}`")).hint(format!(
                "Connect as its owner, `{}`, or grant it: `vecops profile check` shows the role's powers.",
                table.owner
            )),
        );
    }
    if access.row_security {
        return Err(Error::precondition(format!(
            "row-level security applies to role `{role}` on `{plain}`, and PostgreSQL copies into no table under it"
        ))
        .hint(format!("Connect as its owner, `{}`, or as a role that bypasses row-level security.", table.owner)));
    }
    Ok(access)
}

/// The columns that lines may fill; an error where one must be filled and cannot be.
fn fields(table: &Table, on: &Target, access: &Access) -> Result<Vec<Field>> {
    let mut fields = Vec::new();
    for column in &table.columns {
        if !column.generated.is_empty() || !access.insertable.contains(&column.name) {
            continue;
        }
        let name = Ident::new(column.name.clone())
            .map_err(|error| Error::bug(format!("the catalog holds a name that is none: {error}")))?;
        let absent = absent(column, &name, on);
        let Some(kind) = kind(column, &name, on) else {
            if absent == Absent::Refused {
                return Err(unfillable(table, column));
            }
            continue;
        };
        fields.push(Field {
            key: usual_key(&name, on, table).unwrap_or(&column.name).to_owned(),
            kind,
            type_text: column.type_text.clone(),
            nullable: !column.not_null,
            absent,
            is_mapped: false,
            column: name,
        });
    }
    Ok(fields)
}

/// The vector column must be one that lines can fill.
fn expect_loadable(table: &Table, on: &Target, access: &Access) -> Result<()> {
    let column = table.column(on.embedding.as_str());
    let loadable = column.is_some_and(|column| {
        kind(column, &on.embedding, on).is_some()
            && column.generated.is_empty()
            && access.insertable.contains(&column.name)
    });
    if loadable {
        return Ok(());
    }
    let column = on.embedding.plain();
    let message = format!(
        "lines cannot fill the column {}.{column} of {}",
        table.name.plain(),
        on.element
    );
    Err(Error::precondition(message)
        .hint("`vecops seed` loads `vector` and `halfvec` columns that the role may insert into."))
}

/// The word that every collection uses for the column, where no other column has that name.
fn usual_key(column: &Ident, on: &Target, table: &Table) -> Option<&'static str> {
    let usual = if *column == on.id.name {
        "id"
    } else if *column == on.embedding {
        "embedding"
    } else if Some(column) == on.content.as_ref() {
        "content"
    } else if Some(column) == on.metadata.as_ref() {
        "metadata"
    } else {
        return None;
    };
    table.column(usual).is_none().then_some(usual)
}

fn kind(column: &Column, name: &Ident, on: &Target) -> Option<FieldKind> {
    if let Some(element @ (ElementType::Vector | ElementType::Halfvec)) = column.element(&on.extension.schema)
    {
        return Some(FieldKind::Vector(element, column.dimensions()));
    }
    if column.type_schema != "pg_catalog" {
        return None;
    }
    Some(match column.type_name.as_str() {
        "int2" => FieldKind::Int2,
        "int4" => FieldKind::Int4,
        "int8" => FieldKind::Int8,
        "float4" => FieldKind::Float4,
        "float8" => FieldKind::Float8,
        "bool" => FieldKind::Bool,
        "text" | "varchar" | "bpchar" => FieldKind::Text,
        "uuid" => FieldKind::Uuid,
        "timestamptz" => FieldKind::Timestamptz,
        "json" => FieldKind::Json,
        "jsonb" if Some(name) == on.metadata.as_ref() => FieldKind::Object,
        "jsonb" => FieldKind::Jsonb,
        _ => return None,
    })
}

fn absent(column: &Column, name: &Ident, on: &Target) -> Absent {
    if Some(name) == on.metadata.as_ref() && column.is_builtin("jsonb") {
        return Absent::EmptyObject;
    }
    // Without its vector nobody finds a row, without its owner nobody may read it (the default, `auth.uid()`, is
    // null in a load): leaving them out is a mistake unless the line says null.
    if *name == on.embedding || Some(name) == owner_column(on) {
        return Absent::Refused;
    }
    match column.default_expression.is_some() || !column.identity.is_empty() {
        true => Absent::Default,
        false if column.not_null => Absent::Refused,
        false => Absent::Null,
    }
}

/// The owner's column of a collection whose policy is `owner`.
fn owner_column(on: &Target) -> Option<&Ident> {
    let collection = on.collection.as_ref()?;
    (collection.policy == Policy::Owner).then_some(&collection.owner)
}

fn unfillable(table: &Table, column: &Column) -> Error {
    let message = format!(
        "the column {}.{} must be filled, but its type {} cannot be loaded yet",
        table.name.plain(),
        column.name,
        column.type_text
    );
    Error::precondition(message)
        .hint("Give the column a default, or let it take NULL, then run the command again.")
}

/// Gives lines without an owner this one.
fn set_owner(fields: &mut [Field], on: &Target, owner: Uuid) -> Result<()> {
    let field = owner_column(on).and_then(|column| fields.iter_mut().find(|field| field.column == *column));
    match field {
        Some(field) if field.kind == FieldKind::Uuid => {
            field.absent = Absent::Constant(owner);
            Ok(())
        }
        _ => Err(Error::usage(format!("`{}` has no owner's column of type uuid", on.table.plain()))
            .hint("Leave `--owner` out; it is for collections that `vecops.toml` declares with `policy = \"owner\"`.")),
    }
}

fn sequence(column: &Column) -> Result<Option<QualifiedName>> {
    let (Some(schema), Some(name)) = (&column.sequence_schema, &column.sequence_name) else {
        return Ok(None);
    };
    let ident = |text: &String| Ident::new(text.clone());
    let name = ident(schema).and_then(|schema| Ok(QualifiedName::new(schema, ident(name)?)));
    name.map(Some)
        .map_err(|error| Error::bug(format!("the catalog holds a name that is none: {error}")))
}
