//! `COPY (SELECT ...) TO STDOUT (FORMAT binary)`: the way rows come out.
//!
//! sqlx wants the statement as text; this is the one place that calls it.

use futures_util::Stream;
use sqlx::postgres::PgConnection;

/// Starts copying what a query returns. Each piece is a part of the stream, of any size.
///
/// The query is text in parentheses, sent by the simple protocol, which takes several statements at once: the caller
/// must have had it parsed as one statement before, such as by EXPLAIN through [`super::dynamic`]. A stream that is not
/// read to its end leaves the connection to be dropped.
pub async fn copy_out(
    connection: &mut PgConnection,
    query: String,
) -> Result<
    impl Stream<Item = Result<impl AsRef<[u8]> + Send, sqlx::Error>> + Send + Unpin + use<'_>,
    sqlx::Error,
> {
    connection
        .copy_out_raw(&format!("copy ({query}) to stdout (format binary)"))
        .await
}
