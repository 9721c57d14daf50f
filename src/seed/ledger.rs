//! The ledger of resumable loads: one row for each load, changed in the transaction that loads the rows.
//!
//! A load that came to its end stays in it for a day: a program killed behind its last commit is run again, too.
//! So rows and position are always of one piece, whatever dies when. The change names the position it starts from:
//! of two runs at once one finds that the other moved on, and stops.

use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, Row as _};

use super::conflict::Counts;
use super::destination::Destination;
use super::rejects::Tolerance;
use super::source::Source;
use crate::error::{Context as _, Error, Result};
use crate::sql;

/// Where a load stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// How many rows of the source are dealt with.
    pub(super) rows: u64,
    /// The digest of their columns and bytes.
    pub(super) digest: String,
    /// How many lines the reader refused before them.
    pub(super) refused_lines: u64,
    /// How many lines were left out.
    pub(super) rejected: u64,
    /// How long the file with these lines is.
    pub(super) rejects_bytes: u64,
    /// What became of the rows.
    pub(super) counts: Counts,
    /// Whether this is the end of the source.
    pub(super) finished: bool,
}

/// A load's row in the ledger.
pub(super) struct Ledger {
    load: String,
    destination: String,
    source: String,
}

impl Ledger {
    /// The row of this source's load into this table.
    pub(super) fn new(destination: &Destination, source: &Source) -> Result<Self> {
        let (source, identity) = source.identity()?;
        let destination = destination.table.to_string();
        let mut digest = Sha256::new();
        digest.update(destination.as_bytes());
        digest.update([0]);
        digest.update(&identity);
        Ok(Self {
            load: format!("{:x}", digest.finalize()),
            destination,
            source,
        })
    }

    /// Where the load stands; `None` where this is its first run, which is entered.
    pub(super) async fn open(
        &self,
        connection: &mut PgConnection,
        restart: bool,
        tolerance: Option<&Tolerance>,
    ) -> Result<Option<Position>> {
        ensure(connection).await?;
        sql::fixed(include_str!("../../sql/seed/ledger_expire.sql"))
            .execute(&mut *connection)
            .await
            .context("tidy the ledger `vecops.seed_ledger`")?;
        if restart {
            self.remove(connection).await?;
        }
        let file = tolerance
            .and_then(|tolerance| tolerance.file.as_ref())
            .map(|file| std::path::absolute(file).map(|path| path.display().to_string()))
            .transpose()?;
        let Some((position, first_file)) = self.read(connection).await? else {
            self.begin(connection, file).await?;
            return Ok(None);
        };
        if first_file == file {
            return Ok(Some(position));
        }
        if position == Position::default() {
            self.remove(connection).await?;
            self.begin(connection, file).await?;
            return Ok(None);
        }
        let first = first_file.map_or("no `--rejects`".to_owned(), |file| format!("`--rejects {file}`"));
        Err(
            Error::conflict(format!("the load that stopped was begun with {first}"))
                .hint("Run the same command again, or forget that load with `--restart`."),
        )
    }

    /// The position, and the file for the lines left out.
    async fn read(&self, connection: &mut PgConnection) -> Result<Option<(Position, Option<String>)>> {
        let row = sql::fixed(include_str!("../../sql/seed/ledger_read.sql"))
            .bind(&self.load)
            .fetch_optional(connection)
            .await
            .context("read the ledger `vecops.seed_ledger`")?;
        let Some(row) = row else { return Ok(None) };
        let number = |column| -> Result<u64> {
            let value: i64 = row.try_get(column)?;
            u64::try_from(value).map_err(|_| Error::bug(format!("the ledger's `{column}` is {value}")))
        };
        let counts: String = row.try_get("counts")?;
        let position = Position {
            rows: number("rows")?,
            digest: row.try_get("digest")?,
            refused_lines: number("refused_lines")?,
            rejected: number("rejected")?,
            rejects_bytes: number("rejects_bytes")?,
            counts: serde_json::from_str(&counts).unwrap_or_default(),
            finished: row.try_get("finished")?,
        };
        Ok(Some((position, row.try_get("rejects_file")?)))
    }

    async fn begin(&self, connection: &mut PgConnection, file: Option<String>) -> Result<()> {
        sql::fixed(include_str!("../../sql/seed/ledger_begin.sql"))
            .bind(&self.load)
            .bind(&self.destination)
            .bind(&self.source)
            .bind(file)
            .execute(connection)
            .await
            .map(drop)
            .context("enter the load into the ledger `vecops.seed_ledger`")
    }

    /// Moves the load on, within the transaction that loads the rows.
    pub(super) async fn advance(
        &self,
        connection: &mut PgConnection,
        from: &Position,
        to: &Position,
    ) -> Result<()> {
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let counts = serde_json::to_string(&to.counts).map_err(|error| Error::bug(error.to_string()))?;
        let done = sql::fixed(include_str!("../../sql/seed/ledger_advance.sql"))
            .bind(&self.load)
            .bind(number(from.rows))
            .bind(number(to.rows))
            .bind(&to.digest)
            .bind(number(to.refused_lines))
            .bind(number(to.rejected))
            .bind(number(to.rejects_bytes))
            .bind(counts)
            .bind(to.finished)
            .execute(connection)
            .await
            .context("move the ledger `vecops.seed_ledger` on")?;
        if done.rows_affected() == 1 {
            return Ok(());
        }
        Err(Error::conflict(format!(
            "another run is loading `{}` into {}",
            self.source, self.destination
        ))
        .hint("Wait until it has ended; what it loads is loaded once."))
    }

    /// Removes the load from the ledger.
    pub(super) async fn remove(&self, connection: &mut PgConnection) -> Result<()> {
        sql::fixed(include_str!("../../sql/seed/ledger_remove.sql"))
            .bind(&self.load)
            .execute(connection)
            .await
            .map(drop)
            .context("remove the load from the ledger `vecops.seed_ledger`")
    }
}

/// Makes the ledger where it is missing.
async fn ensure(connection: &mut PgConnection) -> Result<()> {
    let there: bool = sql::fixed(include_str!("../../sql/seed/ledger_exists.sql"))
        .fetch_one(&mut *connection)
        .await?
        .try_get("there")?;
    if there {
        return Ok(());
    }
    sql::make_own_tables(
        connection,
        "seed_ledger",
        include_str!("../../sql/seed/ledger_create.sql"),
    )
    .await
    .context("make the ledger `vecops.seed_ledger`")
}
