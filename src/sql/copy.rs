//! `COPY ... FROM STDIN (FORMAT binary)`: the way rows go in.
//!
//! sqlx wants the statement as text and each piece at once; this is the one place that calls it. A server's
//! error in the middle of a COPY is heard only when the COPY ends, so whoever has much to send uses several.

use sqlx::postgres::{PgConnection, PgCopyIn};

use super::{Ident, QualifiedName};

/// A COPY under way. It must be ended with [`CopyIn::finish`], also where its rows are no longer wanted: then in a
/// transaction that is rolled back. (CopyFail would do, too, but where the server has failed before, sqlx leaves one
/// answer to it unread, and the next statement gets it.)
#[must_use = "a COPY that is not finished breaks the connection"]
pub struct CopyIn<'c> {
    copy: PgCopyIn<&'c mut PgConnection>,
}

/// Starts copying rows into some columns of a table.
pub async fn copy_in<'c>(
    connection: &'c mut PgConnection,
    table: &QualifiedName,
    columns: &[&Ident],
) -> Result<CopyIn<'c>, sqlx::Error> {
    let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let statement = format!("copy {table} ({}) from stdin (format binary)", columns.join(", "));
    let copy = connection.copy_in_raw(&statement).await?;
    Ok(CopyIn { copy })
}

impl CopyIn<'_> {
    /// Sends bytes of the stream. Each call is one message and one flush: 64 KiB or more at a time are fast.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), sqlx::Error> {
        self.copy.send(bytes).await.map(drop)
    }

    /// Ends the COPY and returns its rows; here the server's error comes out, where there was one.
    pub async fn finish(self) -> Result<u64, sqlx::Error> {
        self.copy.finish().await
    }
}
