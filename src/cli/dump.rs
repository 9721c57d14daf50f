//! `vecops dump`: a backup of vector tables, in one snapshot, into a repository.

use std::time::Duration;

use super::Context;
use crate::backup::chunk::Codec;
use crate::backup::dump::{self, DumpPlan, DumpReport, Request, Selection};
use crate::backup::manifest::State;
use crate::backup::repository;
use crate::error::{Error, Outcome, Result};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};
use crate::sql::{Ident, QualifiedName};

/// Back up vector tables into a repository, in one consistent snapshot
///
/// Locks the tables against changes of their shape (reading and writing go on), takes one snapshot, and copies schema
/// and rows into write-once chunks with checksums. The manifest is written last: a backup without one does not exist.
/// After a crash or a cut the same command resumes on the chunks that are there. Restore with `vecops restore`, or
/// on the worst day with the backup's own `emergency.sh`, which needs only `zstd` and `psql`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops dump --to /backups/app
  vecops dump public.documents public.chunks --to /backups/app --jobs 4
  vecops dump --collection docs --to /backups/app --codec planes
  vecops dump --schema rag --to /backups/app --dry-run")]
pub(super) struct DumpArgs {
    /// The tables, as schema.table; without any all tables that hold vectors
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,

    /// The repository: a folder, made where it is not there
    #[arg(long, value_name = "REPOSITORY")]
    to: String,

    /// The tables of this collection of vecops.toml; may be said several times
    #[arg(long, value_name = "NAME", conflicts_with = "schema")]
    collection: Vec<String>,

    /// All tables of this schema
    #[arg(long, value_name = "NAME", conflicts_with = "tables")]
    schema: Option<String>,

    /// How many sessions read at once, each on a connection of its own
    #[arg(long, short, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=32))]
    jobs: u8,

    /// The level of zstd; vectors gain nothing from more than 1
    #[arg(long, value_name = "LEVEL", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=19))]
    level: i32,

    /// How chunks are coded
    #[arg(long, value_enum, value_name = "CODEC", default_value_t)]
    codec: CodecArg,

    /// Take what this role may read, and mark the backup as degraded with each reason (exit code 4)
    #[arg(long)]
    allow_partial: bool,

    /// Show what would be dumped, and stop
    #[arg(long)]
    dry_run: bool,

    /// How long nothing may come from the server before a second session asks whether it still works
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    stall_timeout: u64,

    /// How many MiB of rows a chunk is meant to have
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=64), hide = true)]
    chunk_size: u64,
}

/// How chunks are coded.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum CodecArg {
    /// Binary COPY in zstd, which `zstd -dc` gives back
    #[default]
    Zstd,
    /// Vectors as planes of bytes in zstd: about a tenth smaller; without vecops it needs Python
    Planes,
}

/// Dumps.
pub(super) async fn run(context: &Context, args: DumpArgs) -> Result<Outcome> {
    let request = request(context, &args)?;
    let connector = context.connector().await?;
    connector.set_patience(args.stall_timeout);
    let progress = context.progress();
    if args.dry_run {
        let plan = context
            .unless_interrupted(Box::pin(dump::plan(connector, &request, progress)))
            .await?;
        return context.finish(&plan);
    }
    let report = context
        .unless_interrupted(Box::pin(dump::dump(connector, &request, progress)))
        .await?;
    context.finish(&report)
}

fn request(context: &Context, args: &DumpArgs) -> Result<Request> {
    Ok(Request {
        selection: selection(context, args)?,
        to: repository::location(&args.to)?,
        jobs: usize::from(args.jobs),
        level: args.level,
        codec: match args.codec {
            CodecArg::Zstd => Codec::Zstd,
            CodecArg::Planes => Codec::Planes,
        },
        chunk_bytes: args.chunk_size << 20,
        allow_partial: args.allow_partial,
    })
}

fn selection(context: &Context, args: &DumpArgs) -> Result<Selection> {
    if let Some(schema) = &args.schema {
        let schema = Ident::new(schema.clone()).map_err(|error| Error::usage(error.to_string()))?;
        return Ok(Selection::Schema(schema));
    }
    let mut tables = Vec::new();
    for text in &args.tables {
        let table: QualifiedName = text
            .parse()
            .map_err(|error| Error::usage(format!("table `{text}`: {error}")))?;
        tables.push(table);
    }
    let collections = context.collections()?;
    for name in &args.collection {
        tables.push(collections.named(name)?.table.clone());
    }
    if tables.is_empty() {
        return Ok(Selection::Vectors);
    }
    Ok(Selection::Tables(tables))
}

impl Report for DumpPlan {
    const KIND: &'static str = "dump-plan";

    fn human(&self, page: &mut Page) {
        page.heading("this would be dumped");
        let mut table = Table::new()
            .text("table")
            .number("rows")
            .number("size")
            .text("cut by")
            .text("as text");
        for planned in &self.tables {
            let names = |names: &[Ident]| names.iter().map(Ident::plain).collect::<Vec<_>>().join(", ");
            let key = names(&planned.key);
            table.row([
                planned.table.plain(),
                rows(planned.estimated_rows),
                units::bytes(planned.bytes),
                if key.is_empty() { "pages".to_owned() } else { key },
                names(&planned.text_columns),
            ]);
        }
        page.table(&table);
        page.field("repository", sanitize(&self.repository));
        if let Some(free) = self.free_bytes {
            page.field("free on its disk", units::bytes(free));
        }
        for reason in &self.left_out {
            page.styled(Role::Warning, &format!("left out: {}", sanitize(reason)));
        }
    }
}

fn rows(estimate: f64) -> String {
    if estimate < 0.0 {
        return "not counted yet".to_owned();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative here"
    )]
    let rows = estimate as u64;
    format!("about {}", units::count(rows))
}

impl Report for DumpReport {
    const KIND: &'static str = "dump";

    fn human(&self, page: &mut Page) {
        let time = Duration::from_secs_f64(self.seconds);
        let summary = format!(
            "dumped {} of {} in {}: {} as {}, {}/s",
            units::plural(self.rows, "row", "rows"),
            units::plural(
                u64::try_from(self.tables.len()).unwrap_or_default(),
                "table",
                "tables"
            ),
            units::duration(time),
            units::bytes(self.raw_bytes),
            units::bytes(self.stored_bytes),
            units::bytes(per_second(self.raw_bytes, self.seconds)),
        );
        match self.state {
            State::Complete => page.styled(Role::Good, &summary),
            State::Degraded => page.styled(Role::Warning, &format!("{summary}; the backup is degraded")),
        }
        let mut table = Table::new()
            .text("table")
            .number("rows")
            .number("binary COPY")
            .number("stored")
            .number("chunks");
        for dumped in &self.tables {
            let mut chunks = units::count(dumped.chunks);
            if !dumped.has_key {
                chunks.push_str(" by pages");
            }
            table.row([
                dumped.table.plain(),
                units::count(dumped.rows),
                units::bytes(dumped.raw_bytes),
                units::bytes(dumped.stored_bytes),
                chunks,
            ]);
        }
        page.table(&table);
        page.field("backup", sanitize(&self.backup));
        page.field("shows", &self.snapshot_time);
        if self.reused_chunks > 0 {
            page.field(
                "kept from an unfinished dump",
                units::plural(self.reused_chunks, "chunk", "chunks"),
            );
        }
        for reason in &self.reasons {
            page.styled(Role::Warning, &sanitize(reason));
        }
    }

    fn outcome(&self) -> Outcome {
        match self.state {
            State::Complete => Outcome::Success,
            State::Degraded => Outcome::Partial,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate for people"
)]
fn per_second(bytes: u64, seconds: f64) -> u64 {
    (bytes as f64 / seconds.max(0.001)) as u64
}
