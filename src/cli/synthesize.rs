//! `vecops synthesize`: made-up rows with vectors, for load tests.

use std::path::PathBuf;
use std::time::Duration;

use super::Context;
use super::export::format_of;
use crate::error::{Error, Outcome, Result};
use crate::export;
use crate::output::Place;
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, units};
use crate::synthesize::{self, Format, Parameters, SynthesizeReport};

/// Make up rows with vectors, the same bytes on every machine
///
/// For load tests and benchmarks. The vectors lie in clusters near a curved surface of few dimensions, with noise around
/// it, as real embeddings do; they have length 1. A row depends on the parameters and its number only, so more rows begin
/// with the fewer ones.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops synthesize --rows 250000 --dimensions 384 --to rows.jsonl
  vecops synthesize --rows 50000 --dimensions 1536 --intrinsic-dimensions 24 --to rows.npy
  vecops synthesize --rows 100000 --dimensions 384 | vecops seed documents --from - --yes")]
pub(super) struct SynthesizeArgs {
    /// The number of rows
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rows: u64,

    /// The dimensions of each vector
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=16_000))]
    dimensions: u16,

    /// The dimensions of the surface that the vectors lie near: the more, the harder for an index
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=16_000))]
    intrinsic_dimensions: u16,

    /// The number of clusters
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    clusters: u32,

    /// The size of the noise, as a part of the vector's length
    #[arg(long, value_name = "PART", default_value_t = 0.1)]
    noise: f32,

    /// What the random numbers start from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// What the rows are written as; without it the file's name says so, and jsonl is the rest
    #[arg(long, short, value_enum, value_name = "FORMAT")]
    format: Option<FormatArg>,

    /// The file to write, compressed where it ends in .zst; - is stdout
    #[arg(long, short = 'o', value_name = "FILE", default_value = "-")]
    to: PathBuf,

    /// Replace a file that is there already
    #[arg(long)]
    overwrite: bool,
}

/// What the rows are written as.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FormatArg {
    /// JSON Lines, as `vecops seed` reads them
    Jsonl,
    /// The vectors as a NumPy array; the other columns go to FILE.jsonl beside it
    Npy,
}

/// Makes and writes.
pub(super) async fn run(context: &Context, args: SynthesizeArgs) -> Result<Outcome> {
    let parameters = parameters(&args)?;
    let format = match args.format {
        Some(FormatArg::Jsonl) => Format::Jsonl,
        Some(FormatArg::Npy) => Format::Npy,
        None => match format_of(&args.to) {
            export::Format::Jsonl => Format::Jsonl,
            export::Format::Npy => Format::Npy,
            export::Format::Csv | export::Format::Parquet | export::Format::Pgcopy => {
                return Err(Error::usage("made-up rows are written as jsonl or npy")
                    .hint("Name a file that ends so, or say `--format jsonl`."));
            }
        },
    };
    let place = if args.to.as_os_str() == "-" {
        Place::Stdout
    } else {
        Place::File {
            path: args.to,
            overwrite: args.overwrite,
        }
    };
    let making = synthesize::write(parameters, format, &place, context.progress());
    let report = context.unless_interrupted(making).await?;
    if place == Place::Stdout {
        context.progress().note(&summary(&report));
        return Ok(report.outcome());
    }
    context.finish(&report)
}

fn parameters(args: &SynthesizeArgs) -> Result<Parameters> {
    if args.intrinsic_dimensions > args.dimensions {
        return Err(Error::usage(
            "`--intrinsic-dimensions` is more than `--dimensions`",
        ));
    }
    if !(0.0..=100.0).contains(&args.noise) {
        return Err(Error::usage("`--noise` is not between 0 and 100"));
    }
    Ok(Parameters {
        rows: args.rows,
        dimensions: usize::from(args.dimensions),
        intrinsic_dimensions: usize::from(args.intrinsic_dimensions),
        clusters: usize::try_from(args.clusters).unwrap_or(usize::MAX),
        noise: args.noise,
        seed: args.seed,
    })
}

fn summary(report: &SynthesizeReport) -> String {
    let rows = units::plural(report.parameters.rows, "row", "rows");
    let time = units::duration(Duration::from_secs_f64(report.seconds));
    let bytes = units::bytes(report.bytes_written);
    format!(
        "made up {rows} of {} dimensions ({bytes}) in {time}",
        report.parameters.dimensions
    )
}

impl Report for SynthesizeReport {
    const KIND: &'static str = "synthesize";

    fn human(&self, page: &mut Page) {
        page.styled(Role::Good, &summary(self));
        page.field("file", sanitize(&self.to));
        if let Some(side) = &self.side_file {
            page.field("other columns", sanitize(&side.display().to_string()));
        }
        let shape = &self.parameters;
        page.field(
            "shape",
            format!(
                "{} clusters on {} dimensions, noise {}, seed {}",
                shape.clusters, shape.intrinsic_dimensions, shape.noise, shape.seed
            ),
        );
    }
}
