//! What a server's error in COPY means: which line of the source, and for a key that exists, where it exists.

use sqlx::postgres::PgDatabaseError;
use sqlx::{PgConnection, Row as _};

use super::destination::Destination;
use super::lines::RowLines;
use super::pipeline::{self, Event, Purpose};
use super::source::Source;
use crate::error::Error;
use crate::sql;

/// The temporary table's name.
pub(super) const STAGING: &str = "vecops_staging";

/// Where the table is still as it was.
pub(super) const SAVEPOINT: &str = "savepoint vecops_seed";

const BACK: &str = "rollback to savepoint vecops_seed";

/// The SQLSTATE of a key that exists.
const UNIQUE_VIOLATION: &str = "23505";

/// Why the server refuses a row, where it is for what is in the row: data exceptions and integrity constraint
/// violations. Anything else is no matter of a row.
pub(super) fn of_a_row(error: &sqlx::Error) -> Option<String> {
    let database = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    if !matches!(database.code().get(..2), Some("22" | "23")) {
        return None;
    }
    let detail = database.detail().map(|detail| format!(": {detail}"));
    Some(format!("{}{}", database.message(), detail.unwrap_or_default()))
}

/// The key that the server names in its error: its column, where it is of one, and its value.
pub(super) fn key_of(error: &sqlx::Error) -> Option<(String, String)> {
    let database = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    let key = database.detail().and_then(duplicate_key)?;
    Some((key.columns, key.value))
}

/// Makes our error of the server's. `lines` are those of the COPY that failed; `in_batches` says that rows of the
/// source may stand in the table already.
pub(super) async fn explain(
    connection: &mut PgConnection,
    destination: &Destination,
    source: &Source,
    error: sqlx::Error,
    lines: &RowLines,
    in_batches: bool,
) -> Error {
    let is_of_a_row = of_a_row(&error).is_some();
    let is_of_the_server = error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| {
            // Resources, an operator, the system: whatever row it was at.
            ["08", "25", "53", "57", "58", "XX"].contains(&code.get(..2).unwrap_or_default())
        });
    let refused = error.as_database_error().and_then(|error| {
        let database = error.try_downcast_ref::<PgDatabaseError>()?;
        Some(Refused {
            row: database
                .r#where()
                .and_then(|text| row_of_either(text, destination)),
            duplicate: (database.code() == UNIQUE_VIOLATION)
                .then(|| database.detail().and_then(duplicate_key))
                .flatten(),
        })
    });
    let error = Error::from(error);
    let Some(refused) = refused else {
        return error.context(format!("load `{}`", source.name()));
    };
    let line = refused.row.and_then(|row| lines.line_of(row.checked_sub(1)?));
    let error = match line {
        Some(line) if !is_of_the_server => error.at_input(source.place(line)),
        None if is_of_a_row && lines.rows() > 0 => error.at_input(stretch(source, lines)),
        _ => error.context(format!("load `{}`", source.name())),
    };
    match refused.duplicate {
        Some(key) if key.is_id(destination) => {
            let exists = exists(connection, destination, &key.value).await;
            let first = match line {
                Some(line) if exists == Some(false) || in_batches => {
                    first_line(destination, source, &key.value, line).await
                }
                _ => None,
            };
            let first = first.map(|line| source.place(line));
            error.hint(duplicate_hint(destination, &key.value, exists, first.as_deref()))
        }
        _ => error,
    }
}

struct Refused {
    row: Option<u64>,
    duplicate: Option<DuplicateKey>,
}

/// What the detail of a unique violation names.
#[derive(Debug, PartialEq, Eq)]
struct DuplicateKey {
    columns: String,
    value: String,
}

impl DuplicateKey {
    fn is_id(&self, destination: &Destination) -> bool {
        let id = destination.id.and_then(|place| destination.fields.get(place));
        id.is_some_and(|field| field.column.as_str() == self.columns || field.column.plain() == self.columns)
    }
}

fn duplicate_hint(
    destination: &Destination,
    value: &str,
    exists: Option<bool>,
    first: Option<&str>,
) -> String {
    let table = destination.table.plain();
    match exists {
        Some(true) if first.is_none() => {
            format!("`{table}` already has a row `{value}`; remove it from the table or from the source.")
        }
        Some(_) => {
            let first = first.map_or_else(String::new, |place| format!(", first at {place}"));
            format!(
                "The source holds the id `{value}` twice{first}; `vecops seed --dry-run` lists every such line."
            )
        }
        None => format!("The id `{value}` is already in `{table}`, or it stands in the source twice."),
    }
}

/// Whether the table had the key before; `None` where that cannot be found out.
async fn exists(connection: &mut PgConnection, destination: &Destination, value: &str) -> Option<bool> {
    sql::run(connection, BACK).await.ok()?;
    let id = destination.fields.get(destination.id?)?;
    let statement = format!(
        "select exists (select from {} t where t.{} = $1::text::{}) as there",
        destination.table, id.column, destination.id_type
    );
    let row = sql::dynamic(statement)
        .bind(value.to_owned())
        .fetch_one(connection)
        .await
        .ok()?;
    row.try_get("there").ok()
}

/// The first line with an id, in front of another one. The source is read again for it, where it can be.
async fn first_line(destination: &Destination, source: &Source, id: &str, before: u64) -> Option<u64> {
    if !source.can_be_read_again() {
        return None;
    }
    let (mut events, _reading) = pipeline::start(source, destination, Purpose::Check);
    while let Some(event) = events.recv().await {
        let Event::Rows(chunk) = event else { continue };
        let found = chunk.keys.iter().find(|(key, line)| key == id || *line >= before);
        if let Some((_, line)) = found {
            return Some(*line).filter(|line| *line < before);
        }
    }
    None
}

/// From the first of some lines to the last.
fn stretch(source: &Source, lines: &RowLines) -> String {
    let place = |row| {
        lines
            .line_of(row)
            .map(|line| source.place(line))
            .unwrap_or_default()
    };
    let (first, last) = (place(0), place(lines.rows().saturating_sub(1)));
    if first == last {
        first
    } else {
        format!("{first} to {last}")
    }
}

/// The row that a COPY into the table, or into the temporary one, was at.
fn row_of_either(place: &str, destination: &Destination) -> Option<u64> {
    row_of(place, destination.table.name.as_str()).or_else(|| row_of(place, STAGING))
}

/// The row in `COPY items, line 7, column embedding`. The server translates all but the first word and the names.
pub(super) fn row_of(place: &str, table: &str) -> Option<u64> {
    let after = place
        .lines()
        .find_map(|line| line.strip_prefix("COPY ")?.strip_prefix(table))?;
    let digits: String = after
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// The key in `Key (id)=(7) already exists.`, whatever language stands around it.
fn duplicate_key(detail: &str) -> Option<DuplicateKey> {
    let (before, after) = detail.split_once(")=(")?;
    let (_, columns) = before.split_once('(')?;
    let (value, _) = after.rsplit_once(')')?;
    Some(DuplicateKey {
        columns: columns.to_owned(),
        value: value.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_in_any_language() {
        assert_eq!(
            row_of("COPY items, line 7, column embedding: \"[1]\"", "items"),
            Some(7)
        );
        assert_eq!(row_of("COPY items 2, Zeile 12", "items 2"), Some(12));
        assert_eq!(row_of("SQL function \"f\"\nCOPY t, line 3", "t"), Some(3));
        assert_eq!(row_of("COPY items", "items"), None);
        let key = duplicate_key("Schlüssel »(id)=(a)(b)« existiert bereits.").unwrap();
        assert_eq!((key.columns.as_str(), key.value.as_str()), ("id", "a)(b"));
    }
}
