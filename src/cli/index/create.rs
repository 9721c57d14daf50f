//! `vecops index create`.

use clap::{Args, ValueEnum};

use super::BuildArgs;
use super::view::Planned;
use crate::catalog;
use crate::cli::Context;
use crate::cli::consent::{self, Weight};
use crate::connection::Need;
use crate::error::{Error, Outcome, Result};
use crate::index::{self, BuildPlan, Method, Request};
use crate::sql::Ident;
use crate::vector::{ElementType, Metric};

/// Build a vector index on a column, or on what is made of it
///
/// Without --metric and --element the index serves the column as it is searched: its declared or recorded metric, its
/// own type. With --element halfvec or bit it holds the vectors smaller; a query must then repeat the expression that
/// the plan shows. Writers go on unless --no-concurrently says otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vecops index create documents --dry-run
  vecops index create public.items.embedding --metric cosine --m 24 --ef-construction 128 --yes
  vecops index create public.items --element halfvec --yes
  vecops index create public.items --element bit --metric hamming --yes
  vecops index create public.items --dimensions 512 --yes
  vecops index create public.items --where \"language = 'en'\" --name items_en_hnsw --yes
  vecops index create public.items --method ivfflat --lists 500 --workers 4 --maintenance-work-mem 2GB --yes")]
pub(super) struct CreateArgs {
    /// A collection of vecops.toml, or a table as schema.table, with .column where it has several vectors
    target: String,

    /// A graph, or lists around centres
    #[arg(long, value_enum, default_value = "hnsw")]
    method: MethodArg,

    /// How distance is measured: l2, inner-product, cosine, l1, hamming or jaccard
    #[arg(long)]
    metric: Option<Metric>,

    /// Links of each element of a graph
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(2..=100))]
    m: u32,

    /// Candidates kept while an element enters a graph; at least twice m
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(4..=1000))]
    ef_construction: Option<u32>,

    /// Lists of an ivfflat index; without it, what the table's rows ask for
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32_768))]
    lists: Option<u32>,

    /// The element type that the index holds: vector, halfvec, bit or sparsevec
    #[arg(long, value_name = "TYPE")]
    element: Option<ElementType>,

    /// Hold only so many leading dimensions; or say how many a column has that does not
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    dimensions: Option<u32>,

    /// Another expression than the column, as SQL; --element and --dimensions say what it is
    #[arg(long, value_name = "SQL", requires_all = ["element", "dimensions", "name"])]
    expression: Option<String>,

    /// The operator class, such as vector_cosine_ops, where metric and type do not say it
    #[arg(long, value_name = "NAME")]
    opclass: Option<String>,

    /// Only these rows, as SQL; a query must repeat the condition
    #[arg(long = "where", value_name = "SQL", requires = "name")]
    condition: Option<String>,

    /// The index's name; without it, made of table, column, metric and method
    #[arg(long)]
    name: Option<String>,

    #[command(flatten)]
    build: BuildArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MethodArg {
    Hnsw,
    Ivfflat,
}

impl CreateArgs {
    fn request(&self) -> Result<Request> {
        let ident = |flag: &str, name: &Option<String>| {
            let read = |name: &String| {
                Ident::new(name.clone()).map_err(|error| Error::usage(format!("`{flag}`: {error}")))
            };
            name.as_ref().map(read).transpose()
        };
        Ok(Request {
            method: match self.method {
                MethodArg::Hnsw => Method::Hnsw {
                    m: self.m,
                    ef_construction: self.ef_construction.unwrap_or_else(|| (2 * self.m).max(64)),
                },
                MethodArg::Ivfflat => Method::Ivfflat { lists: self.lists },
            },
            metric: self.metric,
            element: self.element,
            dimensions: self.dimensions,
            expression: self.expression.clone(),
            opclass: ident("--opclass", &self.opclass)?,
            condition: self.condition.clone(),
            name: ident("--name", &self.name)?,
        })
    }
}

/// Plans, asks and builds.
pub(super) async fn run(context: &Context, args: &CreateArgs) -> Result<Outcome> {
    let request = args.request()?;
    let plan = plan(context, args, &request).await?;
    let index = plan.definition.qualified().plain();
    let shown = Planned(plan);
    if args.build.dry_run {
        return context.finish(&shown);
    }
    context.show(&shown);
    let _consent = consent::ask(context, &format!("Build `{index}`?"), Weight::Additive)?;
    let built = index::build(context.connector().await?, &shown.0, context.progress()).await?;
    context.finish(&built)
}

async fn plan(context: &Context, args: &CreateArgs, request: &Request) -> Result<BuildPlan> {
    let collections = context.collections()?;
    // The endpoint must be one that can build, before anything is asked.
    let mut session = context.open(Need::Session).await?;
    let mut transaction = session.begin_read().await?;
    let on = catalog::locate_column(&mut transaction, &args.target, &collections).await?;
    if let Some(opclass) = &request.opclass {
        let method = match args.method {
            MethodArg::Hnsw => "hnsw",
            MethodArg::Ivfflat => "ivfflat",
        };
        index::expect_opclass(&mut transaction, method, opclass).await?;
    }
    let rows = index::rows(&mut transaction, &on.table.name).await?;
    let definition = request.definition(&on, rows)?;
    let plan = index::plan_build(&mut transaction, definition, args.build.options()).await?;
    transaction.commit().await?;
    session.close().await?;
    Ok(plan)
}
