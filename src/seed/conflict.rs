//! Rows whose keys the table has already, or with types that only the server can read: copied into a temporary table
//! first, such types as text, and from there by one INSERT.
//!
//! "Changed" means that the stored bytes of a column differ (`*<>`, PostgreSQL documentation, "Composite Type
//! Comparison"): it works for every type and sees what `=` does not, such as the sign of a zero.

use serde::Serialize;
use sqlx::{PgConnection, Row as _};

use super::copying::{Failure, Into};
use super::destination::Destination;
use super::feed::Feed;
use super::foreign;
use super::lines::RowLines;
use super::merging::Merging;
use super::refusal::STAGING;
use super::source::Source;
use crate::error::{Error, Result};
use crate::sql::{self, Ident, QualifiedName};

/// What happens to a row whose key is in the table already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The load ends with an error.
    #[default]
    Error,
    /// The table's row stays.
    Skip,
    /// The table's row gets the columns that the source gives, where one of them differs.
    Update,
}

/// What became of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Counts {
    /// New in the table.
    pub inserted: u64,
    /// In the table before, and changed.
    pub updated: u64,
    /// In the table before, and the same as in the source.
    pub unchanged: u64,
    /// In the table before, or earlier in the source, and left as they were.
    pub skipped: u64,
}

impl Counts {
    /// The sum of both.
    #[must_use]
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            inserted: self.inserted + other.inserted,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// Loads rows by way of a temporary table until there are none left, or so many bytes are in.
pub(super) async fn fill(
    connection: &mut PgConnection,
    destination: &Destination,
    source: &Source,
    on_conflict: OnConflict,
    feed: &mut Feed<'_>,
    limit: usize,
) -> Result<Counts, Failure> {
    if !feed.more().await {
        return Ok(Counts::default());
    }
    let columns = feed.columns().to_vec();
    let id = destination.id.and_then(|place| destination.fields.get(place));
    let id = id.map(|id| &id.column).filter(|id| columns.contains(id));
    let staging = match (id, on_conflict) {
        (Some(id), _) => Staging::create(connection, destination, columns, Some(id)).await?,
        (None, OnConflict::Error) => Staging::create(connection, destination, columns, None).await?,
        (None, _) => return Err(Failure::Here(without_ids(source))),
    };
    let lines = staging.copy(connection, feed, limit).await?;
    let unread = staging
        .leave_out_unreadable(connection, source, feed, &lines)
        .await?;
    if on_conflict == OnConflict::Update {
        staging.expect_each_key_once(connection, source, &lines).await?;
    }
    let merging = Merging {
        staging: &staging,
        on_conflict,
        source,
        lines: &lines,
        gone: unread,
    };
    let counts = merging.merge(connection, feed).await?;
    if on_conflict == OnConflict::Error && counts.skipped > 0 {
        let (left, sent) = (counts.skipped, lines.rows());
        let message =
            format!("{sent} rows were sent, but the table left out {left}: a trigger leaves rows out");
        return Err(Failure::Here(Error::failed(message)));
    }
    // A transaction that loads several batches makes the table anew.
    sql::run(connection, format!("drop table {}", staging.table)).await?;
    Ok(counts)
}

fn without_ids(source: &Source) -> Error {
    Error::usage(format!(
        "the rows of `{}` have no ids, so none of them can be in the table already",
        source.name()
    ))
    .hint("Leave `--on-conflict` out, or give each row its id.")
}

/// The temporary table.
pub(super) struct Staging<'a> {
    destination: &'a Destination,
    /// Its name.
    pub(super) table: QualifiedName,
    /// The column that counts its rows, from 1.
    pub(super) row: Ident,
    /// Its other columns.
    pub(super) columns: Vec<Ident>,
    id: Option<&'a Ident>,
}

impl<'a> Staging<'a> {
    /// Makes the temporary table: the columns that the source fills, with their types and checks, without indexes.
    async fn create(
        connection: &mut PgConnection,
        destination: &'a Destination,
        columns: Vec<Ident>,
        id: Option<&'a Ident>,
    ) -> Result<Self, Failure> {
        let name = QualifiedName::new(Ident::constant("pg_temp"), Ident::constant(STAGING));
        let staging = Self {
            destination,
            table: name,
            row: Ident::constant("vecops_row"),
            columns,
            id,
        };
        let Self { table, row, .. } = &staging;
        let staged = staging.each(&|column| match destination.foreign_type(column) {
            Some(_) => format!("null::pg_catalog.text as {column}"),
            None => column.to_string(),
        });
        let statements = format!(
            "create temporary table {table} on commit drop as select {staged} from {} with no data;
             alter table {table} add column {row} bigint generated always as identity",
            destination.table,
        );
        sql::run(connection, statements).await?;
        let names: Vec<String> = staging
            .columns
            .iter()
            .filter(|column| destination.foreign_type(column).is_none())
            .map(|column| column.as_str().to_owned())
            .collect();
        let checks = sql::fixed(include_str!("../../sql/seed/check_constraints.sql"))
            .bind(destination.table.to_string())
            .bind(names)
            .fetch_all(&mut *connection)
            .await?;
        for check in checks {
            let (name, definition): (String, String) = (check.try_get("name")?, check.try_get("definition")?);
            let name = Ident::new(name).map_err(|error| Error::bug(error.to_string()))?;
            let statement = format!("alter table {table} add constraint {name} {definition}");
            sql::run(connection, statement).await?;
        }
        Ok(staging)
    }

    async fn copy(
        &self,
        connection: &mut PgConnection,
        feed: &mut Feed<'_>,
        limit: usize,
    ) -> Result<RowLines, Failure> {
        // A sequence is not rolled back, and the numbers must stay those of the rows.
        let renumber = |rows: u64| {
            format!(
                "alter table {} alter column {} restart with {}",
                self.table,
                self.row,
                rows + 1
            )
        };
        let into = Into {
            table: &self.table,
            columns: self.columns.clone(),
            after_refusal: Some(&renumber),
        };
        into.copy(connection, feed, limit).await
    }

    /// Finds values that the server cannot read: an error, or so many rows left out.
    async fn leave_out_unreadable(
        &self,
        connection: &mut PgConnection,
        source: &Source,
        feed: &mut Feed<'_>,
        lines: &RowLines,
    ) -> Result<u64, Failure> {
        let staged = foreign::Staged {
            table: &self.table,
            row: &self.row,
            destination: self.destination,
            columns: &self.columns,
        };
        foreign::leave_out(connection, &staged, source, feed, lines).await
    }

    /// One INSERT cannot change a row twice, and which of the two is right nobody knows.
    async fn expect_each_key_once(
        &self,
        connection: &mut PgConnection,
        source: &Source,
        lines: &RowLines,
    ) -> Result<(), Failure> {
        let Some(id) = self.id else { return Ok(()) };
        let statement = format!(
            "select s.{id}::text as id, min(s.{row}) as first, (array_agg(s.{row} order by s.{row}))[2] as second
             from {table} s group by s.{id} having count(*) > 1 order by second limit 1",
            row = self.row,
            table = self.table,
        );
        let Some(twice) = sql::dynamic(statement).fetch_optional(connection).await? else {
            return Ok(());
        };
        let line = |column| -> Result<u64, sqlx::Error> {
            let row: i64 = twice.try_get(column)?;
            Ok(u64::try_from(row - 1)
                .ok()
                .and_then(|row| lines.line_of(row))
                .unwrap_or_default())
        };
        let (first, second, id): (u64, u64, String) = (line("first")?, line("second")?, twice.try_get("id")?);
        let message = format!(
            "{}: the id `{id}` stands there and at {}",
            source.place(second),
            source.place(first)
        );
        Err(Failure::Here(Error::failed(message).hint(
            "Keep one of the lines; `vecops seed ... --on-conflict skip` takes the first one.",
        )))
    }

    /// Moves its rows, of which there are so many, into the table.
    pub(super) async fn merge(
        &self,
        connection: &mut PgConnection,
        on_conflict: OnConflict,
        rows: u64,
    ) -> Result<Counts, sqlx::Error> {
        let there = match (self.id, on_conflict) {
            (Some(id), OnConflict::Update) => self.already_there(connection, id).await?,
            _ => 0,
        };
        let written = sql::dynamic(self.insert(on_conflict, ""))
            .execute(connection)
            .await?
            .rows_affected();
        let left = rows.saturating_sub(written);
        let new = rows.saturating_sub(there).min(written);
        Ok(match on_conflict {
            OnConflict::Update => Counts {
                inserted: new,
                updated: written - new,
                unchanged: left,
                skipped: 0,
            },
            OnConflict::Skip | OnConflict::Error => Counts {
                inserted: written,
                skipped: left,
                ..Counts::default()
            },
        })
    }

    async fn already_there(&self, connection: &mut PgConnection, id: &Ident) -> Result<u64, sqlx::Error> {
        let statement = format!(
            "select count(*) as there from {} s where exists (select from {} t where t.{id} = {})",
            self.table,
            self.destination.table,
            self.read(id),
        );
        let there: i64 = sql::dynamic(statement)
            .fetch_one(connection)
            .await?
            .try_get("there")?;
        Ok(u64::try_from(there).unwrap_or_default())
    }

    /// The statement that moves rows, all or those of a condition.
    pub(super) fn insert(&self, on_conflict: OnConflict, condition: &str) -> String {
        let Self { table, row, .. } = self;
        let conflict = self.id.map_or_else(String::new, |id| format!("({id})"));
        let others: Vec<&Ident> = self
            .columns
            .iter()
            .filter(|column| Some(*column) != self.id)
            .collect();
        let action = match on_conflict {
            OnConflict::Error => String::new(),
            // A row that is nothing but its id is what it is.
            OnConflict::Update if others.is_empty() => format!("on conflict {conflict} do nothing"),
            OnConflict::Skip => format!("on conflict {conflict} do nothing"),
            OnConflict::Update => {
                let each = |write: &dyn Fn(&Ident) -> String| {
                    let texts: Vec<String> = others.iter().map(|column| write(column)).collect();
                    texts.join(", ")
                };
                format!(
                    "on conflict {conflict} do update set {}
                     where row({})::record operator(pg_catalog.*<>) row({})::record",
                    each(&|column| format!("{column} = excluded.{column}")),
                    each(&|column| format!("target.{column}")),
                    each(&|column| format!("excluded.{column}")),
                )
            }
        };
        format!(
            "insert into {} as target ({}) overriding system value
             select {} from {table} s {condition} order by {row} {action}",
            self.destination.table,
            self.each(&ToString::to_string),
            self.each(&|column| self.read(column)),
        )
    }

    /// A column of the temporary table with the type that the table has.
    fn read(&self, column: &Ident) -> String {
        match self.destination.foreign_type(column) {
            Some(type_text) => format!("s.{column}::{type_text}"),
            None => format!("s.{column}"),
        }
    }

    fn each(&self, write: &dyn Fn(&Ident) -> String) -> String {
        let columns: Vec<String> = self.columns.iter().map(write).collect();
        columns.join(", ")
    }
}
