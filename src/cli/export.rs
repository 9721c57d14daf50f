//! `vecops export`: the rows of a table as JSON Lines, CSV, a NumPy array or binary COPY.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Context;
use crate::catalog;
use crate::connection::{Need, TransactionOptions};
use crate::error::{Error, Outcome, Result};
use crate::export::{self, ExportReport, Format, Request};
use crate::output::Place;
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, units};
use crate::sql::{Ident, parse_dotted};

/// Write the rows of a collection or table to a file or to stdout
///
/// The way back of `vecops seed`: rows stream out of one snapshot in the order of the primary key, in constant memory,
/// and floats keep every bit. A file appears at its path only when it is whole.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  vecops export passages --to passages.jsonl.zst
  vecops export public.documents --format csv --columns id,content --limit 100
  vecops export documents --where \"metadata->>'language' = 'en'\" | gzip > english.jsonl.gz
  vecops export documents --to documents.parquet
  vecops export documents --to vectors.npy
  vecops export documents --to documents.pgcopy --overwrite")]
pub(super) struct ExportArgs {
    /// A collection of vecops.toml, or a table as schema.table, with .column where one of several vectors is meant
    target: String,

    /// What the rows are written as; without it the file's name says so, and jsonl is the rest
    #[arg(long, short, value_enum, value_name = "FORMAT")]
    format: Option<FormatArg>,

    /// The file to write, compressed where it ends in .zst; - is stdout
    #[arg(long, short = 'o', value_name = "FILE", default_value = "-")]
    to: PathBuf,

    /// Replace a file that is there already
    #[arg(long)]
    overwrite: bool,

    /// Only rows that meet this condition: SQL, run as your own role in a read-only transaction
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,

    /// The columns, in this order; without it all that are not generated
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Option<Vec<String>>,

    /// The most rows
    #[arg(long, short = 'n', value_name = "ROWS")]
    limit: Option<u64>,
}

/// What the rows are written as.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FormatArg {
    /// JSON Lines, as `vecops seed` reads them
    Jsonl,
    /// Comma-separated values with a header, as `COPY ... (FORMAT csv, HEADER)` reads them
    Csv,
    /// The vectors as a NumPy array; the other columns go to FILE.jsonl beside it
    Npy,
    /// Parquet, its columns with types
    Parquet,
    /// Binary COPY, as `COPY ... (FORMAT binary)` reads it
    Pgcopy,
}

impl FormatArg {
    fn format(self) -> Format {
        match self {
            Self::Jsonl => Format::Jsonl,
            Self::Csv => Format::Csv,
            Self::Npy => Format::Npy,
            Self::Parquet => Format::Parquet,
            Self::Pgcopy => Format::Pgcopy,
        }
    }
}

/// Exports.
pub(super) async fn run(context: &Context, args: ExportArgs) -> Result<Outcome> {
    let request = request(&args)?;
    if matches!(request.format, Format::Pgcopy | Format::Parquet)
        && request.place == Place::Stdout
        && std::io::stdout().is_terminal()
    {
        return Err(Error::usage("bytes do not belong on a terminal").hint("Name a file with `--to FILE`."));
    }
    let collections = context.collections()?;
    let mut session = context.open(Need::Any).await?;
    let mut transaction = session
        .begin(&TransactionOptions::read().repeatable().long())
        .await?;
    let on = catalog::locate_rows(&mut transaction, &args.target, &collections).await?;
    let exporting = export::export(&mut transaction, &on, &request, context.progress());
    let report = context.unless_interrupted(exporting).await?;
    transaction.commit().await?;
    if request.place == Place::Stdout {
        // stdout is the rows and nothing else.
        context.progress().note(&summary(&report));
        return Ok(report.outcome());
    }
    context.finish(&report)
}

fn request(args: &ExportArgs) -> Result<Request> {
    let place = if args.to.as_os_str() == "-" {
        Place::Stdout
    } else {
        Place::File {
            path: args.to.clone(),
            overwrite: args.overwrite,
        }
    };
    let columns = args
        .columns
        .as_ref()
        .map(|names| names.iter().map(|name| column(name)).collect());
    Ok(Request {
        format: args.format.map_or_else(|| format_of(&args.to), FormatArg::format),
        place,
        columns: columns.transpose()?,
        condition: args.condition.clone(),
        limit: args.limit,
    })
}

/// The format that a file's name stands for.
pub(super) fn format_of(path: &Path) -> Format {
    let extension = |path: &Path| {
        path.extension()
            .map(|extension| extension.to_string_lossy().to_lowercase())
    };
    let last = match extension(path).as_deref() {
        Some("zst") => extension(&path.with_extension("")),
        other => other.map(str::to_owned),
    };
    match last.as_deref() {
        Some("csv") => Format::Csv,
        Some("npy") => Format::Npy,
        Some("parquet") => Format::Parquet,
        Some("pgcopy") => Format::Pgcopy,
        _ => Format::Jsonl,
    }
}

/// A column as the user writes it: folded to lower case unless it stands in double quotes.
fn column(text: &str) -> Result<Ident> {
    let mut parts = parse_dotted(text.trim())
        .map_err(|error| Error::usage(format!("column `{text}`: {error}")))?
        .into_iter();
    match (parts.next(), parts.next()) {
        (Some(name), None) => Ok(name),
        _ => Err(Error::usage(format!("`{text}` is no column's name"))),
    }
}

fn summary(report: &ExportReport) -> String {
    let rows = units::plural(report.rows, "row", "rows");
    let time = units::duration(Duration::from_secs_f64(report.seconds));
    let bytes = units::bytes(report.bytes_written);
    format!(
        "exported {rows} of `{}` ({bytes}) in {time}",
        report.table.plain()
    )
}

impl Report for ExportReport {
    const KIND: &'static str = "export";

    fn human(&self, page: &mut Page) {
        page.styled(Role::Good, &summary(self));
        page.field("file", sanitize(&self.to));
        if let Some(side) = &self.side_file {
            page.field("other columns", sanitize(&side.display().to_string()));
        }
        let columns: Vec<String> = self.columns.iter().map(Ident::plain).collect();
        page.field("columns", columns.join(", "));
        if let Some(condition) = &self.condition {
            page.field("where", sanitize(condition));
        }
        if let Some(role) = &self.row_security_role {
            let line = format!("row-level security applied: only the rows that `{role}` may see are in it");
            page.styled(Role::Warning, &line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_file_says_the_format() {
        let format = |name: &str| format_of(Path::new(name));
        assert_eq!(format("-"), Format::Jsonl);
        assert_eq!(format("a.b/rows.CSV"), Format::Csv);
        assert_eq!(format("rows.csv.zst"), Format::Csv);
        assert_eq!(format("rows.jsonl.zst"), Format::Jsonl);
        assert_eq!(format("rows.npy"), Format::Npy);
        assert_eq!(format("rows.parquet"), Format::Parquet);
        assert_eq!(format("rows.pgcopy"), Format::Pgcopy);
    }
}
