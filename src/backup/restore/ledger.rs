//! The ledger of restores: how far each one is, moved on in the transaction of what was done.
//!
//! It is closed to everybody but its owner. A finished restore stays in it for a day: a program killed behind its last
//! commit is run again, too.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::manifest::Manifest;
use super::Request;
use super::wanted::Wanted;
use crate::connection::Session;
use crate::error::{Context as _, Error, Result};
use crate::sql;

/// How far a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The tables are there, closed; rows come in.
    Loading,
    /// The rows are in; so many keys are made.
    Keys(u64),
    /// The rows are digested; so many indexes are built.
    Indexes(u64),
    /// All is built; the tables are still closed.
    Opening,
    /// The tables are open.
    Finished,
}

impl Stage {
    fn columns(self) -> (&'static str, u64) {
        match self {
            Self::Loading => ("loading", 0),
            Self::Keys(done) => ("keys", done),
            Self::Indexes(done) => ("indexes", done),
            Self::Opening => ("opening", 0),
            Self::Finished => ("finished", 0),
        }
    }

    fn read(name: &str, done: u64) -> Result<Self> {
        match name {
            "loading" => Ok(Self::Loading),
            "keys" => Ok(Self::Keys(done)),
            "indexes" => Ok(Self::Indexes(done)),
            "opening" => Ok(Self::Opening),
            "finished" => Ok(Self::Finished),
            other => Err(
                Error::precondition(format!("the ledger of restores is at a stage `{other}`"))
                    .hint("A newer vecops began this restore: go on with that one."),
            ),
        }
    }
}

/// A restore's place in the ledger.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    id: String,
    backup: String,
}

impl Ledger {
    /// The place of this backup's restore to these tables.
    pub(super) fn new(manifest: &Manifest, request: &Request, wanted: &Wanted) -> Self {
        let mut digest = Sha256::new();
        let mut add = |text: &str| {
            digest.update(text.len().to_be_bytes());
            digest.update(text.as_bytes());
        };
        add(&manifest.name);
        add(&format!("{:?} {:?}", request.part, request.existing));
        for table in &wanted.tables {
            add(&table.from.to_string());
            add(&table.to.to_string());
        }
        Self {
            id: format!("{:x}", digest.finalize()),
            backup: manifest.name.clone(),
        }
    }

    /// Where the restore is, and what the run that began it makes; `None` where none has begun.
    pub(super) async fn read(&self, connection: &mut PgConnection) -> Result<Option<(Stage, String)>> {
        let there: bool = sql::fixed(include_str!("../../../sql/backup/restore/ledger_exists.sql"))
            .fetch_one(&mut *connection)
            .await?
            .try_get("there")?;
        if !there {
            return Ok(None);
        }
        let row = sql::fixed(include_str!("../../../sql/backup/restore/run_read.sql"))
            .bind(self.id.clone())
            .fetch_optional(connection)
            .await
            .context("read the ledger `vecops.restores`")?;
        let Some(row) = row else { return Ok(None) };
        let name: String = row.try_get("stage")?;
        let done: i64 = row.try_get("done")?;
        let stage = Stage::read(&name, u64::try_from(done).unwrap_or_default())?;
        Ok(Some((stage, row.try_get("state")?)))
    }

    /// Makes sure that no other run of this restore is at work, as long as the session lives.
    pub(super) async fn lock(&self, session: &mut Session) -> Result<()> {
        let mut transaction = session.begin_read().await?;
        let taken: bool = sql::fixed(include_str!("../../../sql/backup/restore/lock.sql"))
            .bind(format!("vecops restore {}", self.id))
            .fetch_one(&mut *transaction)
            .await?
            .try_get("taken")?;
        // The session that holds the lock has nothing to do while others load.
        sql::run(&mut transaction, "set idle_session_timeout = 0").await?;
        transaction.commit().await?;
        if taken {
            return Ok(());
        }
        Err(Error::conflict("another run of this restore is at work")
            .hint("Wait until it has ended; then the same command says what it did, or goes on."))
    }

    /// Whether nobody moved the restore on since it was read.
    pub(super) async fn still_at(&self, session: &mut Session, stage: Stage) -> Result<bool> {
        let mut transaction = session.begin_read().await?;
        let found = self.read(&mut transaction).await?;
        transaction.rollback().await?;
        Ok(found.is_some_and(|(found, _)| found == stage))
    }

    /// Enters a new restore, in the transaction that makes its tables.
    pub(super) async fn begin(
        &self,
        connection: &mut PgConnection,
        stage: Stage,
        state: String,
    ) -> Result<()> {
        let there: bool = sql::fixed(include_str!("../../../sql/backup/restore/ledger_exists.sql"))
            .fetch_one(&mut *connection)
            .await?
            .try_get("there")?;
        if !there {
            sql::make_own_tables(
                connection,
                "restore_ledger",
                include_str!("../../../sql/backup/restore/ledger_create.sql"),
            )
            .await
            .context("make the ledger `vecops.restore_ledger`")?;
        }
        sql::fixed(include_str!("../../../sql/backup/restore/run_expire.sql"))
            .execute(&mut *connection)
            .await
            .context("tidy the ledger `vecops.restores`")?;
        self.remove(connection).await?;
        sql::fixed(include_str!("../../../sql/backup/restore/run_begin.sql"))
            .bind(self.id.clone())
            .bind(self.backup.clone())
            .bind(stage.columns().0)
            .bind(state)
            .execute(connection)
            .await
            .map(drop)
            .context("enter the restore into the ledger `vecops.restores`")
    }

    /// Forgets the restore.
    pub(super) async fn remove(&self, connection: &mut PgConnection) -> Result<()> {
        sql::fixed(include_str!("../../../sql/backup/restore/run_remove.sql"))
            .bind(self.id.clone())
            .execute(connection)
            .await
            .map(drop)
            .context("remove the restore from the ledger `vecops.restores`")
    }

    /// Moves the restore on, in a transaction of its own.
    pub(super) async fn enter(&self, session: &mut Session, stage: Stage) -> Result<Stage> {
        let mut transaction = session.begin_write().await?;
        self.advance(&mut transaction, stage).await?;
        transaction.commit().await?;
        Ok(stage)
    }

    /// Moves the restore on, in the transaction of what was done.
    pub(super) async fn advance(&self, connection: &mut PgConnection, stage: Stage) -> Result<()> {
        let (name, done) = stage.columns();
        let moved = sql::fixed(include_str!("../../../sql/backup/restore/run_advance.sql"))
            .bind(self.id.clone())
            .bind(name)
            .bind(i64::try_from(done).unwrap_or(i64::MAX))
            .execute(connection)
            .await
            .context("move the ledger `vecops.restores` on")?;
        if moved.rows_affected() == 1 {
            return Ok(());
        }
        Err(
            Error::conflict("the restore was removed from the ledger while it ran")
                .hint("Another run with `--restart` did that; wait until it has ended."),
        )
    }

    /// The chunks that are loaded, by table and place.
    pub(super) async fn loaded(&self, connection: &mut PgConnection) -> Result<BTreeSet<(String, u64)>> {
        let rows = sql::fixed(include_str!("../../../sql/backup/restore/chunks_loaded.sql"))
            .bind(self.id.clone())
            .fetch_all(connection)
            .await
            .context("read the ledger `vecops.restore_ledger`")?;
        let chunk = |row: &sqlx::postgres::PgRow| -> Result<(String, u64)> {
            let place: i64 = row.try_get("chunk")?;
            Ok((
                row.try_get("table_name")?,
                u64::try_from(place).unwrap_or_default(),
            ))
        };
        rows.iter().map(chunk).collect()
    }

    /// Enters a chunk, in the transaction that loads it.
    pub(super) async fn enter_chunk(
        &self,
        connection: &mut PgConnection,
        table: &str,
        place: u64,
        rows: u64,
    ) -> Result<()> {
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        sql::fixed(include_str!("../../../sql/backup/restore/chunk_enter.sql"))
            .bind(self.id.clone())
            .bind(table.to_owned())
            .bind(number(place))
            .bind(number(rows))
            .execute(connection)
            .await
            .map(drop)
            .context("enter a chunk into the ledger `vecops.restore_ledger`")
    }
}
