//! What level `rebuild` knows before anything travels: the table, what would be read, what could be built.

use bytesize::ByteSize;

use super::rebuild::{SHARES, Sample};
use super::{TuneArgs, origin, word};
use crate::bench::Queries;
use crate::catalog::{self, LocatedColumn, Target};
use crate::cli::Context;
use crate::connection::Session;
use crate::embedded::Major;
use crate::error::{Context as _, Error, Result};
use crate::index;
use crate::index::Method;
use crate::index::estimate::{Hnsw, Shape};
use crate::tune::{
    self, Candidate, Column, Dropped, Grid, Preflight, Priced, PullPlan, RebuildPlan, SearchFunction,
    Subject, Wanted,
};
use crate::vector::ElementType;

/// A sample is at least this large where the table is, and at most that.
const USUAL_SAMPLE: (u64, u64) = (25_000, 250_000);

/// Everything that is known before anything travels.
pub(super) struct Prepared {
    pub(super) on: Target,
    pub(super) located: LocatedColumn,
    pub(super) column: Column,
    pub(super) queries: Option<Queries>,
    pub(super) pull: PullPlan,
    pub(super) candidates: Vec<Priced>,
    pub(super) dropped: Vec<Dropped>,
    pub(super) wanted: Wanted,
    pub(super) major: Major,
    pub(super) functions: Vec<SearchFunction>,
    /// Whether all of this is read from a replica, where no index can be built.
    pub(super) is_replica: bool,
}

pub(super) async fn prepare(context: &Context, args: &TuneArgs, session: &mut Session) -> Result<Prepared> {
    let collections = context.collections()?;
    let is_replica = session.server().in_recovery;
    let major = if session.server().major() >= 17 {
        Major::V18
    } else {
        Major::V16
    };
    let mut transaction = session.begin_read().await?;
    let on = catalog::locate(&mut transaction, &args.target, &collections).await?;
    let located = catalog::locate_column(&mut transaction, &args.target, &collections).await?;
    let column = column(&on, args)?;
    let rows = index::rows(&mut transaction, &on.table).await?;
    if rows < 1_000 {
        return Err(Error::precondition(format!(
            "`{}` has about {rows} rows: so few are compared one by one faster than a graph finds them",
            on.table.plain()
        ))
        .hint("Where it has more, `analyze` the table first."));
    }
    let is_hnsw = on.index().is_some_and(|index| index.method == "hnsw");
    let today = if is_hnsw {
        Some(tune::preflight(&mut transaction, &on, args.k).await?)
    } else {
        None
    };
    let queries = args.queries.read(&mut transaction, &on, &collections).await?;
    let functions = tune::search_functions(&mut transaction, &on).await?;
    let sample = match args.rebuild.sample {
        Some(Sample::All) => rows,
        Some(Sample::Rows(wanted)) => wanted.min(rows),
        None => (rows / 4).clamp(USUAL_SAMPLE.0, USUAL_SAMPLE.1).min(rows),
    };
    let pull = tune::plan_pull(&mut transaction, &on, rows, Some(sample)).await?;
    transaction.commit().await.context("end the transaction")?;
    let wanted = wanted(args, rows, today.as_ref());
    let all = priced(args, &column, rows, today.as_ref());
    let (candidates, dropped) = tune::drop_by_formula(&all, &wanted, &column);
    if candidates.is_empty() {
        return Err(Error::precondition("no index could be built within these limits")
            .hint("Allow more with `--max-index-size` or `--max-build-memory`, or try other types with `--type`."));
    }
    Ok(Prepared {
        on,
        located,
        column,
        queries,
        pull,
        candidates,
        dropped,
        wanted,
        major,
        functions,
        is_replica,
    })
}

/// What can be tried: floats, whose halves and signs make other indexes.
fn column(on: &Target, args: &TuneArgs) -> Result<Column> {
    let name = format!("{}.{}", on.table.plain(), on.embedding.plain());
    let reason = match on.element {
        ElementType::Vector | ElementType::Halfvec => None,
        ElementType::Bit => Some("bits have no smaller type to try, and the server here asks float queries"),
        ElementType::Sparsevec => Some(
            "a graph over sparse vectors is as large as their elements, which no formula knows beforehand",
        ),
    };
    if let Some(reason) = reason {
        return Err(Error::precondition(format!(
            "`{name}` is of `{}`, which level rebuild does not try: {reason}",
            on.element
        ))
        .hint(format!(
            "Run `vecops index tune {} --recall {} --level ef {}`, which works for every type.",
            word(&args.target),
            args.recall,
            args.queries.flags().unwrap_or_else(|| "--stored 300".to_owned())
        )));
    }
    let dimensions = on.dimensions.ok_or_else(|| {
        Error::precondition(format!(
            "`{name}` does not say how many dimensions its vectors have"
        ))
        .hint(format!(
            "Give its type a length: `alter table {} alter column {} type {}(N)`, with the dimensions of your model for N.",
            on.table,
            on.embedding,
            on.extension.type_name(on.element)
        ))
    })?;
    Ok(Column {
        element: on.element,
        dimensions,
        metric: on.metric,
    })
}

fn wanted(args: &TuneArgs, rows: u64, today: Option<&Preflight>) -> Wanted {
    let bytes = |size: Option<ByteSize>| size.map(|size| size.as_u64());
    Wanted {
        recall: args.recall,
        k: args.k,
        rows,
        most_bytes: bytes(args.rebuild.max_index_size),
        most_memory: bytes(args.rebuild.max_build_memory),
        p95_ms: args.p95,
        ef_today: today.map_or(40, |today| today.ef_search),
        seed: args.seed,
    }
}

fn layout(candidate: &Candidate) -> Hnsw {
    Hnsw {
        shape: Shape {
            element: candidate.stored.element,
            dimensions: candidate.stored.dimensions,
        },
        m: candidate.m,
    }
}

/// The memory that a build over so many rows takes.
pub(super) fn memory(candidate: &Candidate, rows: u64) -> u64 {
    layout(candidate).overflow(rows, 0, true).needed
}

/// The grid, and the index that is there.
fn priced(args: &TuneArgs, column: &Column, rows: u64, today: Option<&Preflight>) -> Vec<Priced> {
    let grid = Grid {
        m: args.rebuild.m.clone(),
        ef_construction: args.rebuild.ef_construction.clone(),
        elements: args.rebuild.element.clone(),
        leading: args.rebuild.leading.clone(),
    };
    let there = today.map(|today| Candidate {
        stored: tune::Stored {
            element: column.element,
            dimensions: column.dimensions,
        },
        m: today.m,
        ef_construction: today.ef_construction,
        is_reranked: false,
    });
    let price = |candidate: Candidate, is_today: bool| Priced {
        bytes: layout(&candidate).bytes(rows),
        memory: memory(&candidate, rows),
        candidate,
        is_today,
    };
    let others = grid
        .candidates(column)
        .into_iter()
        .filter(|one| Some(*one) != there);
    let others = others.map(|candidate| price(candidate, false));
    there
        .map(|there| price(there, true))
        .into_iter()
        .chain(others)
        .collect()
}

pub(super) fn plan(args: &TuneArgs, prepared: &Prepared) -> RebuildPlan {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a part of a count"
    )]
    let samples = SHARES
        .map(|share| (prepared.pull.sample as f64 * share) as u64)
        .to_vec();
    RebuildPlan {
        subject: subject(args, prepared),
        level: "rebuild",
        pull: prepared.pull,
        samples,
        candidates: prepared
            .candidates
            .iter()
            .map(|priced| priced.candidate.label(&prepared.column))
            .collect(),
        dropped: prepared.dropped.clone(),
    }
}

pub(super) fn subject(args: &TuneArgs, prepared: &Prepared) -> Subject {
    let on = &prepared.on;
    let (origin, queries) = match &prepared.queries {
        Some(queries) => (origin(queries.origin), queries.len()),
        None => (
            "rows held out of the graphs",
            usize::try_from(args.rebuild.held_out).unwrap_or(usize::MAX),
        ),
    };
    super::subject(args, on, origin, queries)
}

/// A method as the index's own requests know it.
pub(super) fn method(candidate: &Candidate) -> Method {
    Method::Hnsw {
        m: candidate.m,
        ef_construction: candidate.ef_construction,
    }
}
