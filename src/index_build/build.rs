//! Building an index so that it is either there, valid and ready, or nothing of it is.

use backon::{ExponentialBuilder, Retryable as _};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, Row as _};

use super::attempt::{Frame, Made, Work};
use super::leftover::{drop_new, invalid, name_remaining};
use crate::connection::{Connector, Need};
use crate::error::{Error, Kind, Result};
use crate::progress::Progress;
use crate::sql::{QualifiedName, fixed, run};

/// An index that was built.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Built {
    /// Its name.
    pub index: QualifiedName,
    /// Its table.
    pub table: QualifiedName,
    /// How long it took, with all waiting.
    pub seconds: f64,
    /// Its size.
    pub bytes: u64,
    /// The size that it was to have.
    pub predicted_bytes: Option<u64>,
    /// The rows in it.
    pub rows: u64,
    /// `maintenance_work_mem`, in bytes.
    pub memory: u64,
    /// The workers that helped, as far as they were seen.
    pub workers: u32,
    /// The rows after which the graph no longer fitted into memory, as it was seen.
    pub spilled_after: Option<u64>,
    /// Whether a parallel build found too little shared memory and was done again in one process.
    pub lacked_shared_memory: bool,
}

/// The index that a build makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The index.
    pub index: QualifiedName,
    /// Its table.
    pub table: QualifiedName,
    /// The oid of its table.
    pub table_oid: i64,
}

/// Builds indexes.
#[derive(Clone, Copy)]
pub struct Builder<'a> {
    /// Where the session that watches comes from, and the one that tidies up where the builder's own was lost; without
    /// it a build goes unwatched.
    pub connector: Option<&'a Connector>,
    /// Whom it is told.
    pub progress: &'a dyn Progress,
}

#[derive(FromRow)]
struct State {
    is_valid: bool,
    is_ready: bool,
    rows_counted: f64,
    bytes: i64,
}

impl Builder<'_> {
    /// Builds an index on a connection that keeps its session, outside any transaction.
    ///
    /// Afterwards it is valid and ready, or what a failed build left is dropped, or at least named.
    pub async fn build(&self, connection: &mut PgConnection, place: &Place, work: &Work) -> Result<Built> {
        let before = invalid(connection, place).await?;
        let frame = Frame::Session {
            place,
            before: &before,
        };
        let made = self.attempt_until_done(connection, work, frame).await;
        let made = match made {
            Ok(made) => made,
            Err(error) => return Err(self.clean_up(connection, place, work, &before, error).await),
        };
        let state = verified(connection, place).await?;
        Ok(Built {
            index: place.index.clone(),
            table: place.table.clone(),
            seconds: made.seconds,
            bytes: u64::try_from(state.bytes).unwrap_or_default(),
            predicted_bytes: work.bytes,
            rows: rows(state.rows_counted),
            memory: made.settings.memory,
            workers: made.workers,
            spilled_after: made.spilled_after,
            lacked_shared_memory: made.lacked_shared_memory,
        })
    }

    /// Builds an index in the caller's transaction, whose settings it changes; it is there once that commits.
    pub async fn build_within(&self, transaction: &mut PgConnection, work: &Work) -> Result<Made> {
        self.attempt_until_done(transaction, work, Frame::Transaction)
            .await
    }

    /// Drops what a failed build left, on another session where its own is gone.
    async fn clean_up(
        &self,
        connection: &mut PgConnection,
        place: &Place,
        work: &Work,
        before: &[i64],
        error: Error,
    ) -> Error {
        if !work.concurrently || is_about_the_name(&error) {
            return error;
        }
        let cleaned = if error.kind() == Kind::Connection {
            self.clean_up_elsewhere(place, before).await
        } else {
            clean_up_here(connection, place, before).await
        };
        match cleaned {
            Ok(remaining) => name_remaining(error, &remaining),
            Err(why) => error
                .cause(format!("what it left could not be dropped: {why}"))
                .hint("An invalid index may be left: run `vecops index clean`."),
        }
    }

    async fn clean_up_elsewhere(&self, place: &Place, before: &[i64]) -> Result<Vec<QualifiedName>> {
        let Some(connector) = self.connector else {
            return Err(Error::new(Kind::Connection, "the session was lost"));
        };
        let reopen = || connector.open(Need::Session, self.progress);
        // A server that restarts is back within a minute, or somebody must look after it.
        let patience = ExponentialBuilder::default().with_max_times(7);
        let mut session = reopen.retry(patience).await?;
        clean_up_here(session.outside_transaction().await?, place, before).await
    }
}

async fn clean_up_here(
    connection: &mut PgConnection,
    place: &Place,
    before: &[i64],
) -> Result<Vec<QualifiedName>> {
    run(&mut *connection, "set lock_timeout = 0").await?;
    drop_new(connection, place, before).await
}

/// Takes the session's lock on a table's indexes: one session at a time builds, drops or exchanges them.
pub async fn take_lock(connection: &mut PgConnection, table: &QualifiedName) -> Result<()> {
    let row = fixed(include_str!("../../sql/index_build/take_lock.sql"))
        .bind(lock_name(table))
        .fetch_one(connection)
        .await?;
    if row.try_get("taken")? {
        return Ok(());
    }
    let plain = table.plain();
    Err(Error::conflict(format!(
        "another session works on the vector indexes of `{plain}`"
    ))
    .hint("Wait for it to end; `vecops index list` shows what is there."))
}

/// Gives the session's lock on a table's indexes back.
pub async fn give_lock_back(connection: &mut PgConnection, table: &QualifiedName) -> Result<()> {
    fixed(include_str!("../../sql/index_build/give_lock_back.sql"))
        .bind(lock_name(table))
        .execute(connection)
        .await?;
    Ok(())
}

fn lock_name(table: &QualifiedName) -> String {
    format!("vecops index {table}")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates"
)]
fn rows(counted: f64) -> u64 {
    counted as u64
}

/// The index's state, once it is known to serve queries.
async fn verified(connection: &mut PgConnection, place: &Place) -> Result<State> {
    let row = fixed(include_str!("../../sql/index_build/state.sql"))
        .bind(place.index.schema.as_str())
        .bind(place.index.name.as_str())
        .fetch_optional(connection)
        .await?;
    let plain = place.index.plain();
    let Some(row) = row else {
        return Err(Error::failed(format!(
            "the index `{plain}` is gone after its build"
        )));
    };
    let state = State::from_row(&row)?;
    if state.is_valid && state.is_ready {
        return Ok(state);
    }
    Err(
        Error::failed(format!("the index `{plain}` is not valid after its build"))
            .hint("Run `vecops index clean`, then build it again."),
    )
}

/// Whether the statement did nothing because somebody else's relation has its name.
fn is_about_the_name(error: &Error) -> bool {
    error.sqlstate() == Some("42P07")
}
