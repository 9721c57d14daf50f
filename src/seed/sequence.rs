//! After rows came with their own numbers, the table's sequence must go on behind them, or the next INSERT fails.

use sqlx::{PgConnection, Row as _};

use super::destination::Destination;
use crate::error::{Context as _, Result};
use crate::sql;

/// Moves the key's sequence past the greatest key loaded; returns where to, where it had to move.
///
/// A sequence keeps no transactions: where the load is rolled back after this, a gap is left, which is harmless.
pub(super) async fn move_past(
    connection: &mut PgConnection,
    destination: &Destination,
    greatest_id: Option<i64>,
) -> Result<Option<i64>> {
    let (Some(sequence), Some(greatest_id)) = (&destination.sequence, greatest_id) else {
        return Ok(None);
    };
    let moved = sql::fixed(include_str!("../../sql/seed/move_sequence.sql"))
        .bind(sequence.to_string())
        .bind(greatest_id)
        .fetch_optional(&mut *connection)
        .await
        .with_context(|| format!("move the sequence `{}` past {greatest_id}", sequence.plain()))?;
    Ok(moved.map(|row| row.try_get("moved_to")).transpose()?)
}
