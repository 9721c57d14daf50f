//! The end of a dump: the manifest with everything that goes beside it, then the report.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::fmt::strtime;
use uuid::Uuid;

use super::super::chunk::Chunk;
use super::super::definition::Definition;
use super::super::digest::{RowsDigest, Sha};
use super::super::emergency;
use super::super::manifest::{Canary, FORMAT, Manifest, Source, State, Table};
use super::super::repository::Repository;
use super::attempt::Begun;
use super::lock::Locked;
use super::worker::{TableWork, Work, hold};
use super::{DumpReport, DumpedTable, Request};
use crate::error::{Error, Result};

/// Publishes the backup and forgets the journals.
#[expect(clippy::too_many_arguments, reason = "a manifest is made of all of it")]
pub(super) async fn publish(
    begun: &Begun,
    repository: &Repository,
    request: &Request,
    locked: Locked,
    source: Source,
    definition: Definition,
    prepared: Work,
    canaries: Vec<Vec<Canary>>,
) -> Result<DumpReport> {
    let mut tables = Vec::new();
    let mut journals = Vec::new();
    let mut reused_chunks = 0;
    for (work, canaries) in prepared.tables.into_iter().zip(canaries) {
        reused_chunks += *hold(&work.reused);
        let (table, journal) = table(work, canaries)?;
        tables.push(table);
        journals.push(journal);
    }
    if let Some(whole) = prepared.whole.and_then(Arc::into_inner) {
        whole.finish();
    }
    let reasons = locked.found.reasons;
    let mut manifest = Manifest {
        format: FORMAT,
        name: name(begun.at)?,
        created_by: format!("vecops {}", env!("CARGO_PKG_VERSION")),
        created: begun.at.to_string(),
        seconds: begun.clock.elapsed().as_secs_f64(),
        state: if reasons.is_empty() {
            State::Complete
        } else {
            State::Degraded
        },
        reasons,
        source,
        snapshot: locked.snapshot,
        tables,
        definition,
        files: std::collections::BTreeMap::new(),
    };
    let files = emergency::files(&manifest);
    for (name, bytes) in &files {
        manifest.files.insert((*name).to_owned(), Sha::of(bytes));
    }
    let folder = repository.publish_set(&manifest, &files).await?;
    journals.into_iter().for_each(super::journal::Journal::remove);
    Ok(report(
        &manifest,
        &folder.display().to_string(),
        reused_chunks,
        request,
    ))
}

/// A name that nothing else has. Names sort by time, those of the same second, too: five of the digits behind it are
/// its fraction, the last three chance.
fn name(at: Timestamp) -> Result<String> {
    let time = strtime::format("%Y%m%dT%H%M%SZ", at)
        .map_err(|error| Error::bug("a time has no name").cause(error))?;
    let fraction = i64::from(at.subsec_nanosecond().clamp(0, 999_999_999)) * 0x10_0000 / 1_000_000_000;
    let random = Uuid::new_v4().as_u128() % 0x1000;
    Ok(format!("{time}-{fraction:05x}{random:03x}"))
}

fn table(work: TableWork, canaries: Vec<Canary>) -> Result<(Table, super::journal::Journal)> {
    let mut chunks: Vec<Chunk> = Vec::new();
    for done in std::mem::take(&mut *hold(&work.done)) {
        chunks.extend(done.ok_or_else(|| Error::bug("a range was left out"))?);
    }
    work.task.finish();
    let journal = Arc::try_unwrap(work.journal).map_err(|_| Error::bug("a journal is still in use"))?;
    let table = Table {
        columns: work.source.manifest_columns(),
        key: work.source.key.iter().map(|column| column.name.clone()).collect(),
        name: work.source.name,
        rows: chunks.iter().map(|chunk| chunk.rows).sum(),
        raw_bytes: chunks.iter().map(|chunk| chunk.raw_bytes).sum(),
        stored_bytes: chunks.iter().map(|chunk| chunk.stored_bytes).sum(),
        digest: chunks.iter().map(|chunk| chunk.digest).collect::<RowsDigest>(),
        chunks,
        canaries,
    };
    let journal = journal
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok((table, journal))
}

fn report(manifest: &Manifest, folder: &str, reused_chunks: u64, request: &Request) -> DumpReport {
    let total = |of: fn(&Table) -> u64| manifest.tables.iter().map(of).sum();
    let dumped = |table: &Table| DumpedTable {
        table: table.name.clone(),
        rows: table.rows,
        raw_bytes: table.raw_bytes,
        stored_bytes: table.stored_bytes,
        chunks: u64::try_from(table.chunks.len()).unwrap_or_default(),
        has_key: !table.key.is_empty(),
    };
    DumpReport {
        backup: folder.to_owned(),
        name: manifest.name.clone(),
        state: manifest.state,
        reasons: manifest.reasons.clone(),
        snapshot_time: manifest.snapshot.time.clone(),
        tables: manifest.tables.iter().map(dumped).collect(),
        rows: total(|table| table.rows),
        raw_bytes: total(|table| table.raw_bytes),
        stored_bytes: total(|table| table.stored_bytes),
        reused_chunks,
        retries: 0,
        jobs: request.jobs,
        seconds: manifest.seconds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time_within_a_second_too() {
        let at = |text: &str| name(text.parse().unwrap()).unwrap();
        let names = [
            at("2026-01-01T00:00:00Z"),
            at("2026-01-01T00:00:00.000001Z"),
            at("2026-01-01T00:00:00.5Z"),
            at("2026-01-01T00:00:00.999999999Z"),
            at("2026-01-01T00:00:01Z"),
        ];
        assert!(names.is_sorted(), "{names:?}");
        assert!(names.iter().all(|name| name.len() == 25), "{names:?}");
        assert!(names[2].starts_with("20260101T000000Z-80000"), "{names:?}");
    }
}
