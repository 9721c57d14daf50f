//! Rows and digests as the server computes them over the restored tables, held against the manifest.

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::digest::{SETTINGS, SentColumn, on_server, sent_columns};
use super::super::manifest::{self, Manifest};
use super::wanted::Wanted;
use super::{Part, begin};
use crate::connection::{Session, TransactionOptions};
use crate::error::{Context as _, Error, Kind, Result};
use crate::progress::{Progress, Unit};
use crate::sql::{self, QualifiedName};

/// Counts and digests every table.
pub(super) async fn verify(
    session: &mut Session,
    manifest: &Manifest,
    wanted: &Wanted,
    part: Part,
    progress: &dyn Progress,
) -> Result<()> {
    if part == Part::OnlySchema {
        return Ok(());
    }
    let task = progress.task(
        "digest the rows on the server",
        Unit::Steps,
        u64::try_from(wanted.tables.len()).ok(),
    );
    for table in &wanted.tables {
        let entry = table.entry(manifest)?;
        let mut transaction = begin(session, TransactionOptions::read()).await?;
        sql::run(&mut transaction, SETTINGS).await?;
        let (from, columns) = expect_columns(&mut transaction, &table.at, entry).await?;
        let (rows, digest) = on_server(&mut transaction, &from, &columns, None)
            .await
            .with_context(|| format!("digest `{}`", table.at.plain()))?;
        transaction.rollback().await?;
        if rows != entry.rows || digest != entry.digest {
            let message = format!(
                "`{}` is not what was dumped: {rows} rows with the digest {digest}, instead of {} with {}",
                table.at.plain(),
                entry.rows,
                entry.digest
            );
            return Err(Error::new(Kind::Differs, message).hint(
                "It stays closed. Something else wrote to it, or changed its rows while they came in: run the same command with `--restart`.",
            ));
        }
        task.advance(1);
    }
    task.finish();
    Ok(())
}

/// The columns of a table that take the manifest's fields, in their order, and the table as FROM names it. Columns of
/// other types, such as a vector of other dimensions, are an error.
pub(super) async fn expect_columns(
    connection: &mut PgConnection,
    name: &QualifiedName,
    entry: &manifest::Table,
) -> Result<(String, Vec<SentColumn>)> {
    let row = sql::fixed(include_str!("../../../sql/backup/restore/relation_oid.sql"))
        .bind(name.schema.as_str().to_owned())
        .bind(name.name.as_str().to_owned())
        .fetch_optional(&mut *connection)
        .await?
        .ok_or_else(|| {
            Error::precondition(format!("the table `{}` is gone", name.plain()))
                .hint("Run the same command with `--restart`: it begins anew.")
        })?;
    let from = if row.try_get("is_partitioned")? {
        name.to_string()
    } else {
        format!("only {name}")
    };
    let found = sent_columns(connection, row.try_get("oid")?).await?;
    let mut columns = Vec::new();
    for column in &entry.columns {
        let same = found.iter().find(|found| found.name == column.name);
        let Some(same) = same else {
            let message = format!(
                "`{}` has no column `{}` that takes values",
                name.plain(),
                column.name.plain()
            );
            return Err(
                Error::precondition(message).hint("Restore into a new table: leave `--only-data` out.")
            );
        };
        if bare(&same.type_text) != bare(&column.type_text) {
            let message = format!(
                "`{}.{}` is {} here, and {} in the backup",
                name.plain(),
                column.name.plain(),
                same.type_text,
                column.type_text
            );
            return Err(
                Error::precondition(message).hint("Restore into a new table: leave `--only-data` out.")
            );
        }
        let mut sent = same.clone();
        sent.transport = column.transport;
        columns.push(sent);
    }
    Ok((from, columns))
}

/// A type without its schema, which may be another here.
fn bare(type_text: &str) -> &str {
    type_text.rsplit_once('.').map_or(type_text, |(_, name)| name)
}
