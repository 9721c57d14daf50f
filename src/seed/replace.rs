//! Making room for rows that replace those of a table.
//!
//! The old rows are deleted in the load's transaction, not truncated: readers see the old rows until the commit and
//! the new ones after it, and wait at no time. Others who write wait, so that the table ends up with the new rows only.

use sqlx::{PgConnection, Row as _};

use super::destination::Destination;
use crate::error::{Context as _, Error, Result};
use crate::sql;

/// Deletes all rows; returns how many there were. Refuses where rows of other tables would go with them.
pub(super) async fn clear(connection: &mut PgConnection, destination: &Destination) -> Result<u64> {
    let plain = destination.table.plain();
    let followers = sql::fixed(include_str!("../../sql/seed/followers.sql"))
        .bind(destination.table.to_string())
        .fetch_all(&mut *connection)
        .await
        .with_context(|| format!("look for what refers to `{plain}`"))?;
    if let Some(follower) = followers.first() {
        let follower: String = follower.try_get("follower")?;
        return Err(Error::precondition(format!(
            "rows of {follower} refer to `{plain}` and would be deleted or changed with its rows"
        ))
        .hint("Use `vecops seed ... --on-conflict update`, which keeps the rows that both have."));
    }
    let lock = format!("lock table {} in share row exclusive mode", destination.table);
    sql::run(connection, lock)
        .await
        .with_context(|| format!("keep others from writing into `{plain}`"))?;
    let deleted = sql::dynamic(format!("delete from {}", destination.table))
        .execute(connection)
        .await
        .with_context(|| format!("delete the rows of `{plain}`"))?;
    Ok(deleted.rows_affected())
}
