//! `vecops seed`: loads rows from files into a collection or any table with a vector column.

mod embed;
mod mode;
mod view;

use std::path::{Path, PathBuf};

use uuid::Uuid;

use self::embed::{EmbedArgs, Load};
use self::mode::ModeArgs;
use super::Context;
use super::consent;
use crate::catalog::{self, Target};
use crate::connection::{Need, Session, TransactionOptions};
use crate::error::{Context as _, Error, Kind, Outcome, Result};
use crate::render::terminal::sanitize;
use crate::render::units;
use crate::seed::{
    self, Destination, Format, Inputs, LoadOptions, LoadReport, Mapping, Resume, Resumed, Source, builtin,
};

/// The rows from which a vector index makes a load much slower than building it afterwards.
const MANY_ROWS: u64 = 5_000;

/// Load rows with their embeddings from JSON Lines, CSV, Parquet or NumPy
///
/// The fields of a row, by name or by --map, are the columns of the table: `id`, `content`, `metadata` and `embedding`
/// in a collection. Everything is loaded in one transaction, or nothing: the first bad row ends it with an error that
/// names its place; `--on-error skip` leaves bad rows out, `--resumable` commits in batches. Files compressed with gzip
/// or zstd are read as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops seed passages --builtin
  vecops seed documents --from documents.jsonl --dry-run
  vecops seed documents --from documents.jsonl.zst --yes
  vecops seed documents --from packages.parquet --map content=description --yes
  vecops seed documents --from part-*.csv.gz --yes
  vecops seed documents --from vectors.npy --side documents.jsonl --yes
  vecops seed documents --from documents.jsonl --on-conflict update --yes
  vecops seed documents --from dump.jsonl --on-error skip --rejects bad.jsonl --yes
  vecops seed documents --from large.jsonl.zst --resumable --yes
  vecops seed documents --from texts.jsonl --embed content --yes
  vecops seed app.notes --from notes.jsonl --owner 6f1c0ab2-6d0f-4a43-9d0c-0f1f7a1b2c3d
  produce | vecops seed documents --from - --format csv --yes")]
pub(super) struct SeedArgs {
    /// A collection of vecops.toml, or a table as schema.table, with .column where it has several vectors
    target: String,

    #[command(flatten)]
    source: SourceArgs,

    /// What the files hold; without it their names tell, and stdin is JSON Lines
    #[arg(long, value_name = "FORMAT", value_parser = FORMATS, conflicts_with = "builtin")]
    format: Option<String>,

    /// For npy, fvecs and bvecs: the file with the other columns, row by row
    #[arg(long, value_name = "FILE", conflicts_with = "builtin")]
    side: Option<PathBuf>,

    /// Fill a column from the field with another name, or with a dotted path; may be given several times
    #[arg(long, value_name = "COLUMN=FIELD", conflicts_with = "builtin")]
    map: Vec<Mapping>,

    /// The user that lines without an owner belong to, in a collection with the policy `owner`
    #[arg(long, value_name = "UUID")]
    owner: Option<Uuid>,

    /// Read and check everything, list the bad lines, load nothing
    #[arg(long, visible_alias = "check-only")]
    dry_run: bool,

    #[command(flatten)]
    embed: EmbedArgs,

    #[command(flatten)]
    mode: ModeArgs,
}

/// What `--format` takes.
const FORMATS: [&str; 7] = ["jsonl", "csv", "tsv", "parquet", "npy", "fvecs", "bvecs"];

/// Where the rows come from: one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct SourceArgs {
    /// One or more files, or patterns such as 'part-*.csv'; all but parquet also compressed with gzip or zstd; - is stdin
    #[arg(long, value_name = "FILE", num_args = 1..)]
    from: Vec<PathBuf>,

    /// The 448 passages that come with vecops, with embeddings of 384 dimensions
    #[arg(long)]
    builtin: bool,
}

impl SeedArgs {
    fn load(&self) -> Load {
        if self.dry_run {
            Load::Checked
        } else if self.mode.is_resumable() {
            Load::Resumable
        } else {
            Load::AtOnce
        }
    }

    fn source(&self) -> Result<Source> {
        let mut inputs = Vec::new();
        for path in &self.source.from {
            if path.as_path() == Path::new("-") {
                inputs.push(Source::Stdin);
            } else {
                inputs.extend(seed::expand(path)?.into_iter().map(Source::File));
            }
        }
        Ok(match inputs.as_slice() {
            [] => builtin::source(),
            [one] if self.format.is_none() && self.side.is_none() => one.clone(),
            _ => Source::Inputs(Inputs {
                inputs,
                format: Format::ALL
                    .into_iter()
                    .find(|format| self.format.as_deref() == Some(format.name())),
                side: self.side.clone(),
            }),
        })
    }
}

/// Checks or loads.
pub(super) async fn run(context: &Context, args: SeedArgs) -> Result<Outcome> {
    let source = args.source()?;
    let jobs = args.mode.jobs()?;
    source.probe()?;
    let mut session = context.open(Need::Any).await?;
    let (on, mut destination) = inspect(context, &mut session, &args).await?;
    destination.map(&args.map)?;
    args.embed
        .prepare(context, &source, &on, &mut destination, args.load())?;
    let left_out = seed::left_out(&source, &destination)?;
    if !left_out.is_empty() {
        let columns: Vec<String> = left_out.iter().map(|name| sanitize(name)).collect();
        let note = format!(
            "no column takes {}, so the load leaves it out",
            columns.join(", ")
        );
        context.progress().note(&note);
    }
    if args.dry_run {
        let mut transaction = session.begin(&TransactionOptions::read().long()).await?;
        let on_conflict = args.mode.options().on_conflict;
        let progress = context.progress();
        let report = seed::check_with(&mut transaction, &destination, &source, on_conflict, progress).await?;
        return context.finish(&report);
    }
    let table = destination.table.plain();
    show_plan(context, &destination, &source, &args.mode);
    let _consent = consent::ask(
        context,
        &format!("Load {} into `{table}`?", source.name()),
        args.mode.weight(),
    )?;
    let options = args.mode.options();
    let report = match args.mode.resume(context.interruption()) {
        None => load_with(context, &mut session, &destination, &source, &options).await?,
        Some(resume) => {
            let mut sessions = more_sessions(context, session, jobs).await?;
            load_resumable(context, &mut sessions, &destination, &source, &options, resume).await?
        }
    };
    if report.rows >= MANY_ROWS && !report.vector_indexes.is_empty() {
        context.progress().note(&format!(
            "each row had to enter {}; a load into a table without it, and the index built afterwards, is faster",
            names(&report.vector_indexes)
        ));
    }
    context.finish(&report)
}

async fn inspect(context: &Context, session: &mut Session, args: &SeedArgs) -> Result<(Target, Destination)> {
    let collections = context.collections()?;
    let mut transaction = session.begin_read().await?;
    let on = catalog::locate(&mut transaction, &args.target, &collections).await?;
    let destination = Destination::inspect(&mut transaction, &on, args.owner).await?;
    transaction.commit().await?;
    Ok((on, destination))
}

/// Says what would happen, on stderr.
fn show_plan(context: &Context, destination: &Destination, source: &Source, mode: &ModeArgs) {
    let size = source
        .size()
        .map_or_else(String::new, |size| format!(" ({})", units::bytes(size)));
    let table = destination.table.plain();
    let rows = match destination.estimated_rows {
        rows if rows < 0.0 => "nobody has counted its rows yet".to_owned(),
        rows => format!("it has about {rows:.0} rows"),
    };
    let entered = if destination.vector_indexes.is_empty() {
        String::new()
    } else {
        format!("; each new row enters {}", names(&destination.vector_indexes))
    };
    let source = source.name();
    let plan = format!(
        "plan: load {source}{size} into `{table}` {}; {rows}{}{entered}",
        mode.commits(),
        mode.plan()
    );
    context.progress().note(&plan);
}

fn names(indexes: &[String]) -> String {
    let quoted: Vec<String> = indexes.iter().map(|name| format!("the index `{name}`")).collect();
    quoted.join(" and ")
}

/// Loads, commits, and renews the statistics.
pub(super) async fn load(
    context: &Context,
    session: &mut Session,
    destination: &Destination,
    source: &Source,
) -> Result<LoadReport> {
    load_with(context, session, destination, source, &LoadOptions::default()).await
}

async fn load_with(
    context: &Context,
    session: &mut Session,
    destination: &Destination,
    source: &Source,
    options: &LoadOptions,
) -> Result<LoadReport> {
    let mut transaction = session.begin(&TransactionOptions::write().long()).await?;
    // A COPY waits for rows, and a server that waits for its client hears no cancel request.
    let load = seed::load_with(&mut transaction, destination, source, options, context.progress());
    let mut report = context.unless_interrupted(load).await.map_err(nothing_loaded)?;
    transaction
        .commit()
        .await
        .map_err(|error| unsure(Error::from(error), destination))?;
    report.analyzed = renew_statistics(context, session, destination).await;
    Ok(report)
}

/// The session and so many others that there are `jobs`.
async fn more_sessions(context: &Context, session: Session, jobs: u8) -> Result<Vec<Session>> {
    let mut sessions = vec![session];
    for number in 2..=jobs {
        let opened = context.open(Need::Any).await;
        sessions.push(opened.map_err(|error| {
            error
                .context(format!("open connection {number} of `--jobs {jobs}`"))
                .hint("Ask for fewer connections with `--jobs`.")
        })?);
    }
    Ok(sessions)
}

/// Loads batch after batch.
async fn load_resumable(
    context: &Context,
    sessions: &mut [Session],
    destination: &Destination,
    source: &Source,
    options: &LoadOptions,
    resume: Resume,
) -> Result<LoadReport> {
    let progress = context.progress();
    let load = seed::load_resumable(sessions, destination, source, options, resume, progress);
    let Resumed { mut report, stopped } = Box::pin(load).await?;
    match stopped {
        Some(error) => {
            let hint = match error.kind() {
                Kind::Failed => {
                    "Correct it, and run the same command again: it goes on behind the last batch."
                }
                _ => "Run the same command again: it goes on behind the last batch.",
            };
            context.report_error(&error.hint(hint));
        }
        None => {
            if let Some(session) = sessions.first_mut() {
                report.analyzed = renew_statistics(context, session, destination).await;
            }
        }
    }
    Ok(report)
}

/// The rows are in: from here on nothing may make the command fail.
async fn renew_statistics(context: &Context, session: &mut Session, destination: &Destination) -> bool {
    match analyze(session, destination).await {
        Ok(analyzed) => analyzed,
        Err(error) => {
            let message = format!("the rows are in, but the statistics are old: {error}");
            context.progress().warn(&message);
            false
        }
    }
}

async fn analyze(session: &mut Session, destination: &Destination) -> Result<bool> {
    let mut transaction = session.begin(&TransactionOptions::write().long()).await?;
    let analyzed = seed::analyze(&mut transaction, destination).await?;
    transaction.commit().await.context("commit")?;
    Ok(analyzed)
}

fn nothing_loaded(error: Error) -> Error {
    match error.kind() {
        Kind::Failed => error.hint("Nothing was loaded; `vecops seed ... --dry-run` lists every bad line."),
        Kind::Interrupted => Error::new(Kind::Interrupted, "interrupted; nothing was loaded"),
        _ => error,
    }
}

/// A commit that got no answer may have happened.
fn unsure(error: Error, destination: &Destination) -> Error {
    let table = destination.table.plain();
    match error.kind() {
        Kind::Connection => error
            .context("the connection broke at the commit, so the rows may be in or not")
            .hint(format!(
                "Count the rows of `{table}` before you run the command again."
            )),
        _ => error.context("commit"),
    }
}
