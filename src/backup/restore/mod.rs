//! Bringing tables back: closed to everybody until every row was counted and digested on the server, then opened with
//! the backup's policies and grants in one transaction.
//!
//! Each chunk is loaded in the transaction that enters it into the ledger, and each later step moves the ledger on in its
//! own transaction; so whatever ends a restore, the same command goes on where it was. Keys and vector indexes are built
//! over the rows, triggers are made last, and no user trigger fires. Procedure and its reasons: `docs/restore.md`.

mod build;
mod canary;
mod create;
mod facts;
mod fit;
mod followers;
mod ledger;
mod load;
mod open;
mod plan;
mod probe;
mod room;
mod select;
mod verify;
mod wanted;

use std::time::Instant;

use serde::Serialize;
use sqlx::{Postgres, Transaction};

use super::manifest::Manifest;
use super::repository::{Repository, SetName};
use super::selection::selected;
use super::stage::RestoreStage;
use crate::connection::{Connector, Need, Session, TransactionOptions, Watch};
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;
use crate::index_build::{Builder, Wishes};
use crate::progress::Progress;
use crate::sql::{self, Ident, QualifiedName};

pub use build::BuiltIndex;
pub use canary::{CanaryResult, Recall};
pub use plan::{PlannedIndex, PlannedTable, RestorePlan};
pub use probe::{Forecast, ForecastIndex, Probe, ProbedIndex, probe};
pub use room::DiskNeed;

use ledger::{Ledger, Stage};
use wanted::Wanted;

/// What is to be restored, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The repository, or a backup in it.
    pub backup: String,
    /// Only these tables, each under its own name or another; all of them where none is named.
    pub tables: Vec<(QualifiedName, Option<QualifiedName>)>,
    /// The schema that tables without a name of their own go to.
    pub schema: Option<Ident>,
    /// What of the tables.
    pub part: Part,
    /// What becomes of tables that are there already.
    pub existing: Existing,
    /// How many sessions load at once.
    pub jobs: usize,
    /// How vector indexes are built.
    pub build: Wishes,
    /// Whether an unfinished restore of the same is dropped and begun anew.
    pub restart: bool,
}

/// What of the tables is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Everything.
    All,
    /// All but the rows.
    OnlySchema,
    /// The rows, into tables that are there and empty.
    OnlyData,
}

/// What becomes of tables that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Existing {
    /// They are in the way.
    Refuse,
    /// They are dropped first.
    Drop,
    /// They make way at the end, and are kept in another schema.
    Swap,
}

/// What was restored.
#[derive(Debug, Clone, Serialize)]
pub struct RestoreReport {
    /// The backup's name.
    pub backup: String,
    /// The moment that it shows, by its server's clock.
    pub snapshot_time: String,
    /// The tables.
    pub tables: Vec<RestoredTable>,
    /// How many rows are in, by all runs.
    pub rows: u64,
    /// How many bytes of binary COPY this run loaded.
    pub raw_bytes: u64,
    /// Whether an earlier run had begun.
    pub resumed: bool,
    /// Whether an earlier run had done everything.
    pub complete_before: bool,
    /// The vector indexes that were built.
    pub indexes: Vec<BuiltIndex>,
    /// The exact searches that were compared with the backup's.
    pub canaries: Option<CanaryResult>,
    /// Where the tables that made way are kept.
    pub kept: Vec<QualifiedName>,
    /// What the restored tables lack, and why.
    pub left_out: Vec<String>,
    /// Seconds until every row was in.
    pub seconds_to_rows: f64,
    /// Seconds until every row was in and digested.
    pub seconds_to_data: f64,
    /// Seconds until the vector indexes were built.
    pub seconds_to_index: f64,
    /// Seconds until the tables were open.
    pub seconds_to_service: f64,
}

/// A table that was restored.
#[derive(Debug, Clone, Serialize)]
pub struct RestoredTable {
    /// Its name in the backup.
    pub from: QualifiedName,
    /// Its name here.
    pub table: QualifiedName,
    /// How many rows it has.
    pub rows: u64,
}

/// A restore that can be shown, agreed to and run.
pub struct Prepared {
    request: Request,
    repository: Repository,
    manifest: Manifest,
    wanted: Wanted,
    ledger: Ledger,
    /// How far an earlier run came.
    earlier: Option<Stage>,
    plan: RestorePlan,
}

impl Prepared {
    /// What would be done.
    pub fn plan(&self) -> &RestorePlan {
        &self.plan
    }

    /// Adds how long it should take.
    pub fn set_forecast(&mut self, forecast: Forecast) {
        self.plan.forecast = Some(forecast);
    }

    /// With how many sessions it loads.
    pub fn jobs(&self) -> usize {
        self.request.jobs
    }
}

/// Reads the backup and the database, and finds what stands in the way. Nothing is changed.
pub async fn prepare(session: &mut Session, request: &Request, progress: &dyn Progress) -> Result<Prepared> {
    let (repository, set) = Repository::find(&request.backup)?;
    let manifest = repository.manifest(&set)?;
    expect_chunks(&repository, &set, &manifest, request)?;
    let mut transaction = session.begin_read().await?;
    let facts = facts::read(&mut transaction, &manifest, request).await?;
    let mut wanted = Wanted::new(&manifest, request, &facts)?;
    let ledger = Ledger::new(&manifest, request, &wanted);
    let earlier = ledger.read(&mut transaction).await?;
    if let Some((_, state)) = earlier.as_ref().filter(|(stage, _)| *stage != Stage::Finished) {
        wanted.remember(state)?;
    }
    // Where its tables are gone, an earlier run is nothing to go on from.
    let earlier = earlier.filter(|(stage, _)| wanted.is_there(&facts, *stage == Stage::Finished));
    let mut stage = None;
    match earlier {
        Some((found, state)) if !request.restart => {
            wanted.resume(&state)?;
            stage = Some(found);
        }
        // Tables that were there before keep what they had before the earlier run closed them.
        Some((found, state)) if request.part == Part::OnlyData && found != Stage::Finished => {
            wanted.resume(&state)?;
        }
        other => {
            let own = other.is_some_and(|(found, _)| found != Stage::Finished);
            wanted
                .fit(&mut transaction, &facts, request, own, progress)
                .await?;
        }
    }
    let plan = plan::plan(&mut transaction, &manifest, &wanted, &facts, request, stage).await?;
    transaction.rollback().await?;
    Ok(Prepared {
        request: request.clone(),
        repository,
        manifest,
        wanted,
        ledger,
        earlier: stage,
        plan,
    })
}

/// Refuses a backup with a chunk that is not there or not whole, before anything is begun.
fn expect_chunks(
    repository: &Repository,
    set: &SetName,
    manifest: &Manifest,
    request: &Request,
) -> Result<()> {
    if request.part == Part::OnlySchema {
        return Ok(());
    }
    let names: Vec<QualifiedName> = request.tables.iter().map(|(name, _)| name.clone()).collect();
    let wanted = selected(manifest, &names)?;
    let is_wanted = |table: &&super::manifest::Table| wanted.table(&table.name).is_some();
    for table in manifest.tables.iter().filter(is_wanted) {
        for chunk in &table.chunks {
            let verify = format!(
                "Run `vecops verify {}`, which names every damaged chunk.",
                repository.set_path(set).display()
            );
            let file = repository
                .open_object(chunk)
                .map_err(|error| error.hint(&verify))?;
            let size = file.metadata()?.len();
            if size != chunk.stored_bytes {
                let path = repository.object_path(&chunk.object, chunk.codec);
                let message = format!(
                    "the chunk `{}` of {} is damaged: it has {size} bytes instead of {}",
                    path.display(),
                    table.name.plain(),
                    chunk.stored_bytes
                );
                return Err(Error::new(Kind::Archive, message).hint(verify));
            }
        }
    }
    Ok(())
}

/// Restores. An error leaves the tables closed and the ledger where it was: the same restore goes on there.
pub async fn restore(
    connector: &Connector,
    session: &mut Session,
    prepared: Prepared,
    progress: &dyn Progress,
) -> Result<RestoreReport> {
    let started = Instant::now();
    let Prepared {
        request,
        repository,
        manifest,
        wanted,
        ledger,
        earlier,
        ..
    } = prepared;
    let mut report = RestoreReport::new(&manifest, &wanted, earlier.is_some());
    if earlier == Some(Stage::Finished) {
        report.complete_before = true;
        return Ok(report);
    }
    reach(RestoreStage::Planned.name()).await;
    let watch = Watch::new(connector, session);
    watch.over(ledger.lock(session)).await?;
    reach(RestoreStage::LedgerLocked.name()).await;
    let mut stage = match earlier {
        Some(stage) if watch.over(ledger.still_at(session, stage)).await? => stage,
        Some(_) => return Err(moved_on()),
        None => {
            let creating = create::create(session, &manifest, &wanted, &ledger, &request, progress);
            watch.over(creating).await?
        }
    };
    if stage == Stage::Loading {
        let load = load::Load {
            connector,
            repository: &repository,
            manifest: &manifest,
            wanted: &wanted,
            ledger: &ledger,
            jobs: request.jobs,
        };
        report.raw_bytes = load.run(session, progress).await?;
        report.seconds_to_rows = started.elapsed().as_secs_f64();
        stage = watch.over(ledger.enter(session, Stage::Keys(0))).await?;
        reach(RestoreStage::RowsLoaded.name()).await;
    }
    if let Stage::Keys(done) = stage {
        let making = build::keys(session, &wanted, &ledger, done, progress);
        watch.over(making).await?;
        reach(RestoreStage::KeysMade.name()).await;
        if request.part != Part::OnlySchema {
            let verify = verify::Verify {
                connector,
                manifest: &manifest,
                wanted: &wanted,
                jobs: request.jobs,
            };
            verify.run(session, progress).await?;
        }
        reach(RestoreStage::RowsDigested.name()).await;
        stage = watch.over(ledger.enter(session, Stage::Indexes(0))).await?;
    }
    report.seconds_to_data = started.elapsed().as_secs_f64();
    if let Stage::Indexes(done) = stage {
        let build = build::Build {
            builder: Builder {
                connector: Some(connector),
                progress,
            },
            wanted: &wanted,
            ledger: &ledger,
            wishes: request.build,
            plan: &prepared.plan,
        };
        report.indexes = Box::pin(watch.over(build.run(session, done))).await?;
        watch.over(ledger.enter(session, Stage::Opening)).await?;
        reach(RestoreStage::IndexesBuilt.name()).await;
    }
    report.seconds_to_index = started.elapsed().as_secs_f64();
    if request.part != Part::OnlySchema {
        let asking = canary::check(session, &manifest, &wanted, progress);
        report.canaries = watch.over(asking).await?;
    }
    reach(RestoreStage::SearchesCompared.name()).await;
    let opening = open::open(session, &wanted, &ledger, &request, progress);
    report.kept = watch.over(opening).await?;
    report.seconds_to_service = started.elapsed().as_secs_f64();
    reach(RestoreStage::Finished.name()).await;
    Ok(report)
}

fn moved_on() -> Error {
    Error::conflict("another run of this restore has moved on since the plan was made")
        .hint("Run the same command again: it goes on where that one is.")
}

impl RestoreReport {
    fn new(manifest: &Manifest, wanted: &Wanted, resumed: bool) -> Self {
        let tables: Vec<RestoredTable> = wanted
            .tables
            .iter()
            .map(|table| RestoredTable {
                from: table.from.clone(),
                table: table.to.clone(),
                rows: table.rows(manifest),
            })
            .collect();
        Self {
            backup: manifest.name.clone(),
            snapshot_time: manifest.snapshot.time.clone(),
            rows: tables.iter().map(|table| table.rows).sum(),
            tables,
            raw_bytes: 0,
            resumed,
            complete_before: false,
            indexes: Vec::new(),
            canaries: None,
            kept: Vec::new(),
            left_out: wanted.left_out.clone(),
            seconds_to_rows: 0.0,
            seconds_to_data: 0.0,
            seconds_to_index: 0.0,
            seconds_to_service: 0.0,
        }
    }
}

/// Opens the session that leads a restore, at an endpoint that keeps its state.
pub async fn session(connector: &Connector, progress: &dyn Progress) -> Result<Session> {
    connector.open(Need::Session, progress).await
}

/// Begins a transaction that no time limit of the role cuts off.
async fn begin(session: &mut Session, options: TransactionOptions) -> Result<Transaction<'_, Postgres>> {
    let mut settings = "set local idle_in_transaction_session_timeout = 0".to_owned();
    if session.server().major() >= 17 {
        settings.push_str("; set local transaction_timeout = 0");
    }
    let mut transaction = session.begin(&options.long()).await?;
    sql::run(&mut transaction, settings).await?;
    Ok(transaction)
}
