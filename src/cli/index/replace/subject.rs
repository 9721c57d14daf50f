//! Which index is meant, and how far its replacement is.

use sqlx::PgConnection;

use crate::catalog::{self, LocatedColumn};
use crate::collection::Collections;
use crate::error::{Error, Result, nearest};
use crate::index::replace::{Replacement, replacements};
use crate::index::{self, Found, holds_column};
use crate::sql::{Ident, QualifiedName};

/// What is replaced, and how far that is.
pub(super) struct Subject {
    pub(super) found: Found,
    pub(super) on: LocatedColumn,
    pub(super) under_way: Option<Replacement>,
}

/// The replacement of an index of this name, where there is no such index any more.
pub(super) async fn without_index(
    connection: &mut PgConnection,
    target: &str,
) -> Result<Option<Replacement>> {
    let Ok(name) = target.parse::<QualifiedName>() else {
        return Ok(None);
    };
    let all = replacements(connection, Some(&name.schema)).await?;
    let Some(state) = all.into_iter().find(|state| state.index == name) else {
        return Ok(None);
    };
    let found = index::vector_indexes(connection, None).await?;
    let is_there = found.iter().any(|index| index.definition.qualified() == name);
    Ok((!is_there).then_some(state))
}

/// The index that is named, or the one of the table or collection that is.
pub(super) async fn subject(
    connection: &mut PgConnection,
    target: &str,
    collections: &Collections,
) -> Result<Subject> {
    let found = index::vector_indexes(connection, None).await?;
    let name = target.parse::<QualifiedName>().ok();
    let named = name
        .filter(|_| collections.get(target).is_none())
        .and_then(|name| found.iter().find(|index| index.definition.qualified() == name));
    if let Some(named) = named {
        let columns = catalog::vector_columns(connection).await?;
        let column = index::column_of(named, &columns)?;
        let table = &named.definition.table;
        let on = catalog::locate_column(connection, &format!("{table}.{column}"), collections).await?;
        return with_state(connection, named.clone(), on).await;
    }
    let located = catalog::locate_column(connection, target, collections).await;
    let on = located.map_err(|error| with_near(error, target, &found))?;
    let all = replacements(connection, Some(&on.table.name.schema)).await?;
    let is_beside = |name: &Ident| all.iter().any(|state| state.new == *name || state.old == *name);
    let column = on.column.as_str();
    let candidates: Vec<&Found> = found
        .iter()
        .filter(|index| index.definition.table == on.table.name && index.is_valid)
        .filter(|index| !is_beside(&index.definition.name))
        .filter(|index| {
            let expression = index.expression.as_deref();
            index.column == column || expression.is_some_and(|text| holds_column(text, column))
        })
        .collect();
    match candidates.as_slice() {
        [one] => with_state(connection, (*one).clone(), on).await,
        [] => Err(Error::precondition(format!(
            "`{}.{}` has no vector index",
            on.table.name.plain(),
            on.column.plain()
        ))
        .hint(format!("Build one: `vecops index create {target}`."))),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|index| format!("`{}`", index.definition.qualified().plain()))
                .collect();
            Err(Error::usage(format!(
                "`{target}` has several vector indexes: {}",
                names.join(", ")
            ))
            .hint("Name the one that is to be replaced."))
        }
    }
}

/// An error about a name that no table has, with the index that may be meant.
fn with_near(error: Error, target: &str, found: &[Found]) -> Error {
    let names: Vec<String> = found
        .iter()
        .map(|index| index.definition.qualified().plain())
        .collect();
    match nearest(target, names.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("Or, of the indexes, is `{near}` meant?")),
        None => error,
    }
}

async fn with_state(connection: &mut PgConnection, found: Found, on: LocatedColumn) -> Result<Subject> {
    let index = found.definition.qualified();
    let all = replacements(connection, Some(&index.schema)).await?;
    Ok(Subject {
        under_way: all.into_iter().find(|state| state.index == index),
        found,
        on,
    })
}
