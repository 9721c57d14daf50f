//! `vecops index estimate`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::catalog;
use crate::cli::Context;
use crate::connection::{Need, TransactionOptions};
use crate::error::{Error, Outcome, Result};
use crate::index::estimate::{Cliffs, Hnsw, Ivfflat, Layout, Shape, usual_lists};
use crate::index::{self, BuildOptions, BuildPlan, BuildTime, Forecast, Method, Request, Settings, Wishes};
use crate::render::style::Role;
use crate::render::{Page, Report, Table, units};
use crate::vector::ElementType;

/// Say what an index will take: bytes on disk, memory of the build, and which servers hold it
///
/// With --rows and --dimensions nothing is connected to. The size is that of pgvector's page layout, simulated: within
/// half a percent of a fresh index.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vecops index estimate --rows 1000000 --dimensions 1536
  vecops index estimate --rows 250000 --dimensions 1024 --type halfvec --m 24
  vecops index estimate public.items
  vecops index estimate public.items --type halfvec --calibrate")]
pub(super) struct EstimateArgs {
    /// A collection of vecops.toml, or a table as schema.table, with .column where it has several vectors
    #[arg(required_unless_present_all = ["rows", "dimensions"])]
    target: Option<String>,

    /// How many rows the index holds; without it, as many as the table
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=1_000_000_000_000))]
    rows: Option<u64>,

    /// How many dimensions it holds; of a sparsevec, how many elements that are not zero
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    dimensions: Option<u32>,

    /// The element type that it holds: vector, halfvec, bit or sparsevec
    #[arg(long = "type", value_name = "TYPE")]
    element: Option<ElementType>,

    /// A graph, or lists around centres
    #[arg(long, value_enum, default_value = "hnsw")]
    method: MethodArg,

    /// Links of each element of a graph
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(2..=100))]
    m: u32,

    /// Lists of an ivfflat index; without it, what the rows ask for
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32_768))]
    lists: Option<u32>,

    /// The memory of the build; without it, what the server can spare
    #[arg(long, value_name = "SIZE", value_parser = crate::cli::memory::parse_maintenance)]
    maintenance_work_mem: Option<u64>,

    /// Measure how long the build of some rows takes, in a temporary table, and say how long the whole should
    #[arg(long, requires = "target")]
    calibrate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MethodArg {
    Hnsw,
    Ivfflat,
}

/// What is said.
#[derive(Debug, Serialize)]
struct Estimate {
    #[serde(flatten)]
    forecast: Forecast,
    /// Memory and workers of a build on the target; none without one.
    settings: Option<Settings>,
    /// How long the build takes; none unless it was measured.
    build_time: Option<BuildTime>,
}

impl EstimateArgs {
    fn layout(&self, element: ElementType, dimensions: u32, rows: u64) -> Layout {
        let shape = Shape { element, dimensions };
        match self.method {
            MethodArg::Hnsw => Layout::Hnsw(Hnsw { shape, m: self.m }),
            MethodArg::Ivfflat => Layout::Ivfflat(Ivfflat {
                shape,
                lists: self.lists.unwrap_or_else(|| usual_lists(rows)),
            }),
        }
    }

    fn request(&self) -> Request {
        Request {
            method: match self.method {
                MethodArg::Hnsw => Method::Hnsw {
                    m: self.m,
                    ef_construction: (2 * self.m).max(64),
                },
                MethodArg::Ivfflat => Method::Ivfflat { lists: self.lists },
            },
            metric: None,
            element: self.element,
            dimensions: self.dimensions,
            expression: None,
            opclass: None,
            condition: None,
            name: None,
        }
    }
}

/// Estimates for a table, or out of thin air.
pub(super) async fn run(context: &Context, args: &EstimateArgs) -> Result<Outcome> {
    let estimate = match &args.target {
        Some(target) => of_table(context, args, target).await?,
        None => {
            let (Some(rows), Some(dimensions)) = (args.rows, args.dimensions) else {
                return Err(Error::bug("neither a target nor rows and dimensions"));
            };
            let element = args.element.unwrap_or(ElementType::Vector);
            if dimensions > element.most_indexed_dimensions() {
                let most = element.most_indexed_dimensions();
                return Err(
                    Error::usage(format!("an index holds at most {most} dimensions of `{element}`"))
                        .hint("Say `--type halfvec` or `--type bit`, or fewer dimensions."),
                );
            }
            Estimate {
                forecast: index::forecast(args.layout(element, dimensions, rows), rows),
                settings: None,
                build_time: None,
            }
        }
    };
    context.finish(&estimate)
}

async fn of_table(context: &Context, args: &EstimateArgs, target: &str) -> Result<Estimate> {
    let collections = context.collections()?;
    let mut session = context.open(Need::Any).await?;
    let mut transaction = session.begin_read().await?;
    let on = catalog::locate_column(&mut transaction, target, &collections).await?;
    let rows = index::rows(&mut transaction, &on.table.name).await?;
    let definition = args.request().definition(&on, args.rows.unwrap_or(rows))?;
    let options = BuildOptions {
        concurrently: true,
        wishes: Wishes {
            memory: args.maintenance_work_mem,
            workers: None,
        },
    };
    let BuildPlan {
        definition,
        rows,
        settings,
        ..
    } = index::plan_for(&mut transaction, definition, options, args.rows).await?;
    transaction.commit().await?;
    let Some(layout) = definition.layout else {
        let message = "the size of an index on sparse vectors depends on how many elements are not zero";
        return Err(Error::precondition(message)
            .hint("Say it: `vecops index estimate --type sparsevec --dimensions N --rows N`."));
    };
    let forecast = index::forecast(layout, rows);
    let build_time = if args.calibrate {
        let options = TransactionOptions::write().long();
        let mut transaction = session.begin(&options).await?;
        let bytes = forecast.bytes;
        let measured = index::build_time(&mut transaction, &definition, rows, bytes, settings).await?;
        transaction.rollback().await?;
        Some(measured)
    } else {
        None
    };
    Ok(Estimate {
        forecast,
        settings: Some(settings),
        build_time,
    })
}

impl Report for Estimate {
    const KIND: &'static str = "index-estimate";

    fn human(&self, page: &mut Page) {
        let forecast = &self.forecast;
        let what = match forecast.layout {
            Layout::Hnsw(hnsw) => format!("hnsw, m = {}, {}", hnsw.m, shape(hnsw.shape)),
            Layout::Ivfflat(ivfflat) => {
                format!("ivfflat, {} lists, {}", ivfflat.lists, shape(ivfflat.shape))
            }
        };
        page.heading(&format!(
            "{} of {what}",
            units::plural(forecast.rows, "row", "rows")
        ));
        let each = units::count(forecast.bytes_per_row);
        page.field(
            "size",
            format!("{} ({each} bytes a row)", units::bytes(forecast.bytes)),
        );
        page.field("build memory", units::bytes(forecast.memory));
        page.field(
            "disk",
            format!(
                "{} more while it is built, an old one stays beside it; about as much write-ahead log",
                units::bytes(forecast.disk)
            ),
        );
        if let Some(settings) = self.settings {
            page.field("this server", settings.describe());
        }
        if let Some(time) = self.build_time {
            page.field("build time", describe_time(time));
        }
        if let Some(cliffs) = forecast.cliffs {
            show_cliffs(page, cliffs);
        }
        show_alternatives(page, forecast);
        show_computes(page, forecast);
    }
}

fn shape(shape: Shape) -> String {
    match shape.element {
        ElementType::Sparsevec => format!("sparsevec with {} elements", shape.dimensions),
        element => format!("{element}({})", shape.dimensions),
    }
}

fn describe_time(time: BuildTime) -> String {
    let duration = |seconds: f64| units::duration(Duration::from_secs_f64(seconds.max(0.0)));
    format!(
        "{} to {}: {} rows took {} here",
        duration(time.at_least),
        duration(time.at_most),
        units::count(time.measured_rows),
        duration(time.measured_seconds)
    )
}

fn show_cliffs(page: &mut Page, cliffs: Cliffs) {
    let rows = match (cliffs.rows_per_page, cliffs.most_dimensions) {
        (0, _) => "each row takes two pages".to_owned(),
        (rows, Some(most)) => format!(
            "{} on a page, up to {most} dimensions",
            units::plural(rows, "row", "rows")
        ),
        (rows, None) => format!("{} on a page", units::plural(rows, "row", "rows")),
    };
    let next = cliffs.next_dimensions.map_or_else(String::new, |next| {
        format!("; with {next} dimensions {}", cliffs.rows_per_page + 1)
    });
    page.field("pages", format!("{rows}{next}"));
    page.field("m", format!("up to {} takes no more disk", cliffs.highest_m));
    if let Some(hundredths) = cliffs.halfvec_hundredths {
        let times = format!("{}.{}", hundredths / 100, hundredths % 100 / 10);
        page.field("halfvec", format!("{times} times smaller"));
    }
}

fn show_alternatives(page: &mut Page, forecast: &Forecast) {
    if forecast.alternatives.is_empty() {
        return;
    }
    page.blank();
    let mut table = Table::new().text("instead").number("size").number("build memory");
    for other in &forecast.alternatives {
        table.row([
            shape(other.shape),
            units::bytes(other.bytes),
            units::bytes(other.memory),
        ]);
    }
    page.table(&table);
}

fn show_computes(page: &mut Page, forecast: &Forecast) {
    page.blank();
    let mut table = Table::new()
        .text("Supabase")
        .number("memory")
        .number("rows built as it is set")
        .number("rows built in half of it")
        .text("holds the index");
    for size in &forecast.computes {
        let rows = |rows: u64| {
            if rows == u64::MAX {
                "any".to_owned()
            } else {
                units::count(rows)
            }
        };
        let guessed = if size.is_published { "" } else { "*" };
        table.row([
            size.name.to_owned(),
            units::bytes(size.memory),
            format!("{}{guessed}", rows(size.rows_built)),
            rows(size.rows_built_in_half),
            if size.holds_index { "yes" } else { "no" }.to_owned(),
        ]);
    }
    page.table(&table);
    page.styled(
        Role::Dim,
        "* maintenance_work_mem taken as a sixteenth of the memory, as on the sizes where it is published",
    );
}
