//! The digest of rows as the server computes it, in SQL that every role may run.

use sqlx::postgres::PgConnection;
use sqlx::{FromRow, Row as _};

use super::RowsDigest;
use crate::error::{Error, Result};
use crate::sql::{self, Ident, QualifiedName};

use super::super::manifest::Transport;

/// What a transaction sets so that a value's text is the same everywhere, and that no row is hidden without an error;
/// statements of a backup run once each, and compiling them takes longer than it saves.
pub const SETTINGS: &str = "set local row_security = off; set local datestyle = 'ISO, YMD'; \
     set local intervalstyle = 'postgres'; set local timezone = 'UTC'; set local extra_float_digits = 1; \
     set local bytea_output = 'hex'; set local xmloption = 'content'; set local client_encoding = 'UTF8'; set local jit = off";

/// A column whose values travel, as this database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentColumn {
    /// Its name.
    pub name: Ident,
    /// Its type, as SQL writes it with `search_path = pg_catalog`.
    pub type_text: String,
    /// What its fields hold.
    pub transport: Transport,
    /// Whether this role may read it.
    pub is_readable: bool,
    /// The type under a domain.
    base_type: Option<String>,
    /// The function that writes the binary form.
    send: Option<QualifiedName>,
}

#[derive(FromRow)]
struct ColumnRow {
    name: String,
    #[sqlx(rename = "type")]
    type_text: String,
    base_type: Option<String>,
    send_schema: String,
    send_name: String,
    is_binary: bool,
    is_readable: bool,
}

/// The columns of a relation whose values travel: all that are not generated.
pub async fn sent_columns(connection: &mut PgConnection, oid: i64) -> Result<Vec<SentColumn>> {
    let rows = sql::fixed(include_str!("../../../sql/backup/columns.sql"))
        .bind(oid)
        .fetch_all(connection)
        .await?;
    let column = |row| -> Result<SentColumn> {
        let row = ColumnRow::from_row(row)?;
        let send = match (Ident::new(row.send_schema), Ident::new(row.send_name)) {
            (Ok(schema), Ok(name)) => Some(QualifiedName::new(schema, name)),
            _ => None,
        };
        Ok(SentColumn {
            name: catalog_name(row.name)?,
            type_text: row.type_text,
            transport: if row.is_binary {
                Transport::Binary
            } else {
                Transport::Text
            },
            is_readable: row.is_readable,
            base_type: row.base_type,
            send,
        })
    };
    rows.iter().map(column).collect()
}

impl SentColumn {
    /// The expression whose binary form is the field in a chunk.
    pub fn selected(&self) -> String {
        match self.transport {
            Transport::Binary => format!("t.{}", self.name),
            Transport::Text => format!("t.{}::pg_catalog.text", self.name),
        }
    }

    /// The expression of the field's bytes.
    pub fn sent(&self) -> String {
        match (&self.transport, &self.send) {
            (Transport::Binary, Some(send)) => {
                let cast = self
                    .base_type
                    .as_ref()
                    .map_or_else(String::new, |base| format!("::{base}"));
                format!("{send}(t.{}{cast})", self.name)
            }
            _ => format!("pg_catalog.textsend(t.{}::pg_catalog.text)", self.name),
        }
    }
}

/// How many rows of a table meet a condition, and their digest. The transaction has the [`SETTINGS`].
///
/// `from` is the table as FROM names it, without an alias; the condition may name its columns with `t.` in front.
pub async fn on_server(
    connection: &mut PgConnection,
    from: &str,
    columns: &[SentColumn],
    condition: Option<&str>,
) -> Result<(u64, RowsDigest)> {
    let row = sql::dynamic(statement(from, columns, condition))
        .fetch_one(connection)
        .await?;
    let rows: i64 = row.try_get("rows")?;
    let mut lanes = [0; 4];
    for (place, lane) in lanes.iter_mut().enumerate() {
        let sum: String = row.try_get(format!("lane{place}").as_str())?;
        let sum: i128 = sum
            .parse()
            .map_err(|_| Error::bug(format!("the server's sum `{sum}` is no whole number")))?;
        // The last eight bytes of two's complement are the sum modulo 2^64.
        let bytes = sum.to_be_bytes();
        *lane = bytes.last_chunk().map_or(0, |last| u64::from_be_bytes(*last));
    }
    Ok((
        u64::try_from(rows).unwrap_or_default(),
        RowsDigest::from_lanes(lanes),
    ))
}

/// Each column is sent once and each row hashed once: OFFSET keeps the queries apart, which the planner would otherwise
/// fold into one that repeats them for every use. The hash becomes bits once, and lanes are cut out of these: a sixth faster
/// than four texts.
fn statement(from: &str, columns: &[SentColumn], condition: Option<&str>) -> String {
    let sent: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(place, column)| format!("{} as s{place}", column.sent()))
        .collect();
    let fields: Vec<String> = (0..columns.len())
        .map(|place| {
            format!(
                " || coalesce(pg_catalog.int4send(pg_catalog.octet_length(s{place})) || s{place}, '\\xffffffff'::pg_catalog.bytea)"
            )
        })
        .collect();
    let lanes: Vec<String> = (0..4)
        .map(|lane| {
            format!(
                "coalesce(pg_catalog.sum(pg_catalog.substring(h, {}, 64)::pg_catalog.int8), 0)::pg_catalog.text as lane{lane}",
                lane * 64 + 1
            )
        })
        .collect();
    let condition = condition.map_or_else(String::new, |condition| format!(" where {condition}"));
    format!(
        "select pg_catalog.count(*) as rows, {} from (select ('x' || pg_catalog.encode(pg_catalog.sha256(pg_catalog.int2send({}::pg_catalog.int2){}), 'hex'))::pg_catalog.bit(256) as h from (select {} from {from} t{condition} offset 0) fields offset 0) hashes",
        lanes.join(", "),
        columns.len(),
        fields.concat(),
        sent.join(", "),
    )
}

fn catalog_name(text: String) -> Result<Ident> {
    Ident::new(text).map_err(|error| Error::bug(format!("the catalog holds a name that is none: {error}")))
}
