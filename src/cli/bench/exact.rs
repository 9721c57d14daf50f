//! `vecops bench exact`: the ground truth of a set of queries.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::{ExactArgs, Question, transaction_as};
use crate::bench::{self, Exactness, Request};
use crate::cli::Context;
use crate::connection::Need;
use crate::error::{Context as _, Outcome, Result};
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};
use crate::vector::neighbours::Exact;

/// The exact neighbours of every query.
#[derive(Debug, Serialize)]
struct ExactReport {
    /// The table, as `schema.table`.
    table: String,
    /// How many neighbours were asked for.
    k: u32,
    /// How they were found.
    exact: Exactness,
    /// The queries, in order.
    queries: Vec<Answer>,
}

/// The exact neighbours of a query.
#[derive(Debug, Serialize)]
struct Answer {
    /// Its place among the queries, counted from 0.
    query: usize,
    /// The keys of the rows, the nearest first; behind those asked for all that are as far away as the last of them.
    ids: Vec<String>,
    /// Their distances.
    distances: Vec<f64>,
    /// Whether more rows are as far away as the last one than were kept.
    ties_cut: bool,
}

pub(super) async fn run(context: &Context, args: &ExactArgs) -> Result<Outcome> {
    let mut session = context.open(Need::Any).await?;
    let filters = args.filter.as_slice();
    let Question { on, queries, filters } =
        Question::read(context, &mut session, &args.target, &args.queries, filters).await?;
    let request = Request {
        k: args.k,
        filter: filters.into_iter().next(),
        configurations: Vec::new(),
        passes: 0,
        transaction: transaction_as(args.act_as.as_ref()),
        seed: 0,
    };
    let mut transaction = session
        .begin(&request.transaction.clone().repeatable().long())
        .await?;
    let progress = context.progress();
    let (found, exact) = bench::exact_neighbours(&mut transaction, &on, &queries, &request, progress).await?;
    transaction.commit().await.context("end the transaction")?;
    context.finish(&ExactReport {
        table: on.table.plain(),
        k: args.k,
        exact,
        queries: found.into_iter().enumerate().map(answer).collect(),
    })
}

fn answer((query, exact): (usize, Exact)) -> Answer {
    let (ids, distances) = exact
        .neighbours
        .into_iter()
        .map(|it| (it.key, it.distance))
        .unzip();
    Answer {
        query,
        ids,
        distances,
        ties_cut: exact.ties_cut,
    }
}

impl Report for ExactReport {
    const KIND: &'static str = "bench-exact";

    fn human(&self, page: &mut Page) {
        let mut table = Table::new()
            .number("query")
            .number("nearest")
            .number("last")
            .text("ids");
        for answer in &self.queries {
            let distance = |of: Option<&f64>| of.map_or_else(|| "-".to_owned(), |of| format!("{of:.4}"));
            table.row([
                answer.query.to_string(),
                distance(answer.distances.first()),
                distance(answer.distances.last()),
                sanitize(&answer.ids.join(" ")),
            ]);
        }
        page.table(&table);
        page.blank();
        let time = units::duration(Duration::from_secs_f64(self.exact.seconds));
        let rows = units::count(self.exact.rows);
        page.styled(
            Role::Dim,
            &format!("{rows} vectors of `{}` compared in {time}", self.table),
        );
    }

    fn stream(&self) -> Vec<Value> {
        let line = |answer: &Answer| {
            json!({ "type": "query", "query": answer.query, "ids": answer.ids, "distances": answer.distances,
                    "ties_cut": answer.ties_cut })
        };
        self.queries.iter().map(line).collect()
    }
}
