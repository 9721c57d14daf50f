//! Copying rows into a table, COPY after COPY: as they come, or with the rows left out that the server refuses.

use sqlx::PgConnection;
use sqlx::postgres::PgDatabaseError;

use super::check::Problem;
use super::feed::Feed;
use super::lines::RowLines;
use super::piece::Piece;
use super::pipeline::Chunk;
use super::refusal;
use crate::error::{Error, Result};
use crate::sql::{self, CopyIn, Ident, QualifiedName};
use crate::vector::copy::{HEADER, TRAILER};

/// How many bytes go into one COPY. The server's error is heard only at its end, so it must not be far.
const ONE_COPY: usize = 32 * 1024 * 1024;

/// The same where refused rows are left out: the rows behind one are sent again.
const ONE_TOLERANT_COPY: usize = 4 * 1024 * 1024;

const MARK: &str = "savepoint vecops_rows";
const BACK_TO_MARK: &str = "rollback to savepoint vecops_rows";
const FORGET_MARK: &str = "release savepoint vecops_rows";

/// Why loading stopped.
pub(super) enum Failure {
    /// vecops found something: a bad line, a file that cannot be read.
    Here(Error),
    /// The server refused rows, which stand on these lines.
    Server(sqlx::Error, RowLines),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Server(error, RowLines::default())
    }
}

/// Where rows are copied to.
pub(super) struct Into<'a> {
    /// The table.
    pub(super) table: &'a QualifiedName,
    /// The columns of the rows.
    pub(super) columns: Vec<Ident>,
    /// Run after rows were refused, before the rest is copied.
    pub(super) after_refusal: Option<&'a (dyn Fn(u64) -> String + Sync)>,
}

impl Into<'_> {
    /// Copies rows until there are none left, or so many bytes are in; returns the lines of the rows that are in.
    pub(super) async fn copy(
        &self,
        connection: &mut PgConnection,
        feed: &mut Feed<'_>,
        limit: usize,
    ) -> Result<RowLines, Failure> {
        let mut bytes = 0;
        let mut lines = RowLines::default();
        while bytes < limit && feed.more().await {
            bytes += if feed.rejects.tolerates() {
                self.copy_good(connection, feed, limit - bytes, &mut lines)
                    .await?
            } else {
                self.copy_all(connection, feed, limit - bytes, &mut lines).await?
            };
        }
        Ok(lines)
    }

    /// One COPY of rows as they come.
    async fn copy_all(
        &self,
        connection: &mut PgConnection,
        feed: &mut Feed<'_>,
        limit: usize,
        lines: &mut RowLines,
    ) -> Result<usize, Failure> {
        let mut batch = self.begin(connection).await?;
        while batch.bytes < limit.min(ONE_COPY)
            && let Some(chunk) = feed.next().await
        {
            batch.send(&chunk).await?;
        }
        let bytes = batch.bytes;
        lines.append(&batch.finish().await?);
        Ok(bytes)
    }

    /// One COPY of these rows.
    pub(super) async fn copy_chunks(
        &self,
        connection: &mut PgConnection,
        chunks: &[Chunk],
    ) -> Result<(), Failure> {
        if chunks.is_empty() {
            return Ok(());
        }
        let mut batch = self.begin(connection).await?;
        for chunk in chunks {
            batch.send(chunk).await?;
        }
        batch.finish().await.map(drop)
    }

    /// One COPY of rows that are kept until they are in; those that the server refuses are left out.
    async fn copy_good(
        &self,
        connection: &mut PgConnection,
        feed: &mut Feed<'_>,
        limit: usize,
        lines: &mut RowLines,
    ) -> Result<usize, Failure> {
        let mut piece = Piece::default();
        while piece.bytes.len() < limit.min(ONE_TOLERANT_COPY)
            && let Some(chunk) = feed.next().await
        {
            piece.push(chunk);
        }
        let bytes = piece.bytes.len();
        let (mut left, mut suspects) = (vec![piece], Vec::new());
        while let Some(piece) = left.pop() {
            match self.attempt(connection, &piece, lines).await? {
                None => {}
                Some(Refused::Row(row, why)) => {
                    let (before, one, after) = piece.around(row);
                    feed.rejects.add(problem(&one, why), one.text().as_deref())?;
                    left.extend([after, before]);
                }
                Some(Refused::SomeRow(why)) if piece.lines.rows() == 1 => suspects.push((piece, why)),
                Some(Refused::SomeRow(_)) => {
                    let (first, second) = piece.halves();
                    left.extend([second, first]);
                }
            }
            // More than the load may leave out.
            if suspects.len() as u64 > feed.rejects.room() {
                break;
            }
        }
        for (one, why) in self.retry(connection, suspects, lines).await? {
            feed.rejects.add(problem(&one, why), one.text().as_deref())?;
        }
        Ok(bytes)
    }

    /// Tries single rows again, which may refer to others that came in behind them; returns those still refused.
    async fn retry(
        &self,
        connection: &mut PgConnection,
        mut suspects: Vec<(Piece, String)>,
        lines: &mut RowLines,
    ) -> Result<Vec<(Piece, String)>, Failure> {
        loop {
            let (before, mut still) = (suspects.len(), Vec::new());
            for (piece, why) in suspects {
                if self.attempt(connection, &piece, lines).await?.is_some() {
                    still.push((piece, why));
                }
            }
            if still.is_empty() || still.len() == before {
                return Ok(still);
            }
            suspects = still;
        }
    }

    /// Copies a piece, or finds out why not; then the table is as it was before.
    async fn attempt(
        &self,
        connection: &mut PgConnection,
        piece: &Piece,
        lines: &mut RowLines,
    ) -> Result<Option<Refused>, Failure> {
        if piece.lines.rows() == 0 {
            return Ok(None);
        }
        sql::run(connection, MARK).await?;
        match self.copy_piece(connection, piece).await {
            Ok(()) => {
                sql::run(connection, FORGET_MARK).await?;
                lines.append(&piece.lines);
                Ok(None)
            }
            Err(Failure::Server(error, of)) => {
                let Some(refused) = self.refused(&error, &piece.lines) else {
                    return Err(Failure::Server(error, of));
                };
                let after = self.after_refusal.map(|after| after(lines.rows()));
                let back = [BACK_TO_MARK.to_owned()].into_iter().chain(after);
                sql::run(connection, back.collect::<Vec<_>>().join("; ")).await?;
                Ok(Some(refused))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn copy_piece(&self, connection: &mut PgConnection, piece: &Piece) -> Result<(), Failure> {
        let mut batch = self.begin(connection).await?;
        batch.lines = piece.lines.clone();
        if let Err(error) = batch.copy.send(&piece.bytes).await {
            return Err(Failure::Server(error, batch.lines));
        }
        batch.finish().await.map(drop)
    }

    /// What the server refuses for what is in a row, and which row of them.
    fn refused(&self, error: &sqlx::Error, lines: &RowLines) -> Option<Refused> {
        let why = refusal::of_a_row(error)?;
        let place = error
            .as_database_error()?
            .try_downcast_ref::<PgDatabaseError>()?
            .r#where();
        // Foreign keys are looked at behind the last row, so that no row is named.
        let row = place.and_then(|place| refusal::row_of(place, self.table.name.as_str()));
        let row = row
            .and_then(|row| row.checked_sub(1))
            .filter(|row| *row < lines.rows());
        Some(row.map_or(Refused::SomeRow(why.clone()), |row| Refused::Row(row, why)))
    }

    async fn begin<'c>(&self, connection: &'c mut PgConnection) -> Result<Batch<'c>, Failure> {
        let columns: Vec<&Ident> = self.columns.iter().collect();
        let mut copy = sql::copy_in(connection, self.table, &columns).await?;
        copy.send(&HEADER).await?;
        Ok(Batch {
            copy,
            bytes: 0,
            lines: RowLines::default(),
        })
    }
}

/// What the server refuses, and why.
enum Refused {
    /// This row, counted from 0.
    Row(u64, String),
    /// One of them or more.
    SomeRow(String),
}

/// The problem with the only row of a piece.
fn problem(one: &Piece, why: String) -> Problem {
    Problem {
        line: one.lines.line_of(0).unwrap_or_default(),
        place: String::new(),
        why,
        hint: None,
    }
}

/// A COPY under way.
struct Batch<'c> {
    copy: CopyIn<'c>,
    bytes: usize,
    lines: RowLines,
}

impl Batch<'_> {
    async fn send(&mut self, chunk: &Chunk) -> Result<(), Failure> {
        self.lines.append(&chunk.lines);
        if let Err(error) = self.copy.send(&chunk.bytes).await {
            return Err(Failure::Server(error, std::mem::take(&mut self.lines)));
        }
        self.bytes += chunk.bytes.len();
        Ok(())
    }

    async fn finish(mut self) -> Result<RowLines, Failure> {
        if let Err(error) = self.copy.send(&TRAILER).await {
            return Err(Failure::Server(error, self.lines));
        }
        match self.copy.finish().await {
            Ok(rows) if rows == self.lines.rows() => Ok(self.lines),
            Ok(rows) => {
                let sent = self.lines.rows();
                let message =
                    format!("{sent} rows were sent, but the table took {rows}: a trigger leaves rows out");
                Err(Failure::Here(Error::failed(message)))
            }
            Err(error) => Err(Failure::Server(error, self.lines)),
        }
    }
}
