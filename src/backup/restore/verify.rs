//! Rows and digests as the server computes them over the restored tables, held against the manifest.

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::chunk::Range;
use super::super::digest::{Part, RowsDigest, SETTINGS, SentColumn, Sums, in_parts, sent_columns};
use super::super::key::condition;
use super::super::manifest::{self, Manifest};
use super::begin;
use super::wanted::Wanted;
use crate::connection::{Connector, Need, Session, TransactionOptions, Watch};
use crate::error::{Error, Kind, Result};
use crate::progress::{Progress, Task, Unit};
use crate::sql::{self, QualifiedName};

/// The most pages that are digested at once: 32 MiB.
const PAGES: u32 = 4096;

/// What checking the rows needs.
pub(super) struct Verify<'a> {
    pub(super) connector: &'a Connector,
    pub(super) manifest: &'a Manifest,
    pub(super) wanted: &'a Wanted,
    pub(super) jobs: usize,
}

/// A table as this database has it.
pub(super) struct Target {
    /// The table as FROM names it.
    from: String,
    columns: Vec<SentColumn>,
    /// Its pages; none where it is partitioned.
    pages: u32,
}

impl Verify<'_> {
    /// Counts and digests every table, several parts at once.
    pub(super) async fn run(&self, session: &mut Session, progress: &dyn Progress) -> Result<()> {
        let watch = Watch::new(self.connector, session);
        let parts = watch.over(self.parts(session)).await?;
        let tables: Vec<usize> = parts.iter().map(|part| part.table).collect();
        let rows = self
            .wanted
            .tables
            .iter()
            .map(|table| table.rows(self.manifest))
            .sum();
        let task = progress.task("digest the rows on the server", Unit::Rows, Some(rows));
        let sums = Sums::new(parts);
        let workers =
            (0..self.jobs.clamp(1, sums.waiting().max(1))).map(|_| self.work(&sums, &task, progress));
        futures_util::future::try_join_all(workers).await?;
        let mut found = vec![(0, RowsDigest::default()); self.wanted.tables.len()];
        for (table, (rows, digest)) in tables.into_iter().zip(sums.found()) {
            if let Some(sum) = found.get_mut(table) {
                sum.0 += rows;
                sum.1.add(digest);
            }
        }
        for (table, (rows, digest)) in self.wanted.tables.iter().zip(found) {
            let entry = table.entry(self.manifest)?;
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
        }
        task.finish();
        Ok(())
    }

    /// All pages of all tables, the last part of each open: a table that grew has another digest.
    async fn parts(&self, session: &mut Session) -> Result<Vec<Part>> {
        let mut transaction = begin(session, TransactionOptions::read()).await?;
        let mut parts = Vec::new();
        for (place, table) in self.wanted.tables.iter().enumerate() {
            let entry = table.entry(self.manifest)?;
            let target = expect_columns(&mut transaction, &table.at, entry).await?;
            for range in ranges(target.pages, self.jobs) {
                parts.push(Part {
                    table: place,
                    name: table.at.clone(),
                    from: target.from.clone(),
                    columns: target.columns.clone(),
                    condition: condition(&range, &[]),
                });
            }
        }
        transaction.rollback().await?;
        Ok(parts)
    }

    async fn work(&self, sums: &Sums, task: &Task, progress: &dyn Progress) -> Result<()> {
        let mut session = self.connector.open(Need::Session, progress).await?;
        let watch = Watch::new(self.connector, &session);
        let digesting = async {
            let mut transaction = begin(&mut session, TransactionOptions::read()).await?;
            sql::run(&mut transaction, SETTINGS).await?;
            in_parts(&mut transaction, sums, &|_, rows| task.advance(rows)).await?;
            transaction.rollback().await?;
            Ok(())
        };
        watch.over(digesting).await?;
        session.close().await
    }
}

/// Cuts a table's pages, so that every session has some of them.
fn ranges(pages: u32, jobs: usize) -> Vec<Range> {
    let jobs = u32::try_from(jobs).unwrap_or(u32::MAX).max(1);
    let step = pages.div_ceil(jobs.saturating_mul(2)).clamp(1, PAGES);
    let mut ranges = Vec::new();
    let mut from = 0;
    while pages.saturating_sub(from) > step {
        ranges.push(Range::Ctid {
            from,
            to: Some(from + step),
        });
        from += step;
    }
    ranges.push(if from == 0 {
        Range::Whole
    } else {
        Range::Ctid { from, to: None }
    });
    ranges
}

/// The columns of a table that take the manifest's fields, in their order, and the table as FROM names it. Columns of
/// other types, such as a vector of other dimensions, are an error.
pub(super) async fn expect_columns(
    connection: &mut PgConnection,
    name: &QualifiedName,
    entry: &manifest::Table,
) -> Result<Target> {
    let row = sql::fixed(include_str!("../../../sql/backup/restore/relation_oid.sql"))
        .bind(name.schema.as_str().to_owned())
        .bind(name.name.as_str().to_owned())
        .fetch_optional(&mut *connection)
        .await?
        .ok_or_else(|| {
            Error::precondition(format!("the table `{}` is gone", name.plain()))
                .hint("Run the same command with `--restart`: it begins anew.")
        })?;
    let (from, pages) = if row.try_get("is_partitioned")? {
        (name.to_string(), 0)
    } else {
        (format!("only {name}"), row.try_get::<i64, _>("pages")?)
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
    Ok(Target {
        from,
        columns,
        pages: u32::try_from(pages).unwrap_or_default(),
    })
}

/// A type without its schema, which may be another here.
fn bare(type_text: &str) -> &str {
    type_text.rsplit_once('.').map_or(type_text, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_all_pages_once() {
        for (pages, jobs) in [(0, 1), (1, 4), (7, 2), (8, 2), (100_000, 2), (100_001, 3)] {
            let ranges = ranges(pages, jobs);
            let mut next = Some(0);
            for range in &ranges {
                next = match (range, next) {
                    (Range::Whole, Some(0)) if ranges.len() == 1 => None,
                    (Range::Ctid { from, to }, Some(next)) if *from == next => *to,
                    _ => panic!("{pages} pages for {jobs}: {ranges:?}"),
                };
            }
            assert_eq!(next, None, "the last part is open");
        }
        assert_eq!(ranges(100_000, 2).len(), 25);
        assert_eq!(ranges(8, 2).len(), 4);
    }
}
