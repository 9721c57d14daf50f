//! What a person reads of a load and of a check.

use std::time::Duration;

use crate::error::Outcome;
use crate::render::style::Role;
use crate::render::terminal::sanitize;
use crate::render::{Page, Report, Table, units};
use crate::seed::{CheckReport, Embedded, LoadReport, Problem, ToEmbed};

impl Report for LoadReport {
    const KIND: &'static str = "seed";

    fn human(&self, page: &mut Page) {
        let rows = units::plural(self.rows, "row", "rows");
        let time = units::duration(Duration::from_secs_f64(self.seconds));
        let line = format!(
            "loaded {rows} into `{}` in {time}{}",
            self.table.plain(),
            if self.resumed_after.is_none() {
                rate(self.rows, self.seconds)
            } else {
                String::new()
            }
        );
        if self.stopped.is_some() {
            page.styled(
                Role::Error,
                &format!("stopped early: {line}; the same command goes on"),
            );
        } else if self.complete_before {
            let rows = units::plural(self.rows, "row", "rows");
            let table = self.table.plain();
            page.styled(
                Role::Good,
                &format!("an earlier run loaded {rows} into `{table}`; nothing to do"),
            );
            page.styled(
                Role::Hint,
                "`vecops seed ... --resumable --restart` loads the source again.",
            );
        } else {
            page.styled(Role::Good, &line);
        }
        page.field("source", sanitize(&self.source));
        if let Some(rows) = self.resumed_after {
            page.field("resumed", format!("after {}", units::plural(rows, "row", "rows")));
        }
        if self.columns.is_empty() && self.rows == 0 {
            page.styled(Role::Warning, "the source holds no rows");
        }
        show_counts(page, self);
        if let Some(embedding) = &self.embedding {
            show_embedded(page, embedding);
        }
        if self.rejected > 0 {
            let lines = units::plural(self.rejected, "line was", "lines were");
            page.styled(Role::Error, &format!("{lines} left out"));
            show_problems(page, &self.problems, self.rejected);
        }
        if self.columns.is_empty() {
            return;
        }
        let columns: Vec<String> = self.columns.iter().map(crate::sql::Ident::plain).collect();
        page.field("columns", columns.join(", "));
        page.field("read", units::bytes(self.bytes_read));
        page.field("sent", units::bytes(self.bytes_sent));
        if let Some(id) = self.sequence_moved_to {
            page.field("next id", format!("after {id}"));
        }
        if self.stopped.is_some() {
            return;
        }
        page.field(
            "statistics",
            if self.analyzed {
                "renewed"
            } else {
                "not renewed: the role may not"
            },
        );
    }

    fn outcome(&self) -> Outcome {
        match self.rejected {
            _ if self.stopped.is_some() => Outcome::Partial,
            0 => Outcome::Success,
            _ => Outcome::NotMet,
        }
    }
}

/// What became of the rows, where not all of them are simply new.
fn show_counts(page: &mut Page, report: &LoadReport) {
    let counts = &report.counts;
    let known = counts.updated + counts.unchanged + counts.skipped;
    let some = |count: u64| (count > 0).then_some(count);
    let shown = [
        ("deleted before", report.removed),
        ("inserted", (known > 0).then_some(counts.inserted)),
        ("updated", some(counts.updated)),
        ("unchanged", some(counts.unchanged)),
        ("skipped", some(counts.skipped)),
    ];
    for (label, count) in shown {
        if let Some(count) = count {
            page.field(label, units::count(count));
        }
    }
}

/// What embedding took.
fn show_embedded(page: &mut Page, embedding: &Embedded) {
    let usage = &embedding.usage;
    let mut parts = vec![
        format!(
            "{} by `{}` ({})",
            units::count(usage.embedded),
            usage.provider,
            usage.model
        ),
        format!("{} known before", units::count(usage.cached)),
    ];
    let some = [
        (embedding.own_vectors, "brought their vector"),
        (usage.refused, "refused"),
    ];
    let some = some.iter().filter(|(count, _)| *count > 0);
    parts.extend(some.map(|(count, what)| format!("{} {what}", units::count(*count))));
    page.field("embedded", parts.join(", "));
    let mut parts = vec![units::plural(usage.requests, "request", "requests")];
    if usage.retries > 0 {
        parts.push(units::plural(usage.retries, "retry", "retries"));
    }
    if usage.tokens > 0 {
        parts.push(units::plural(usage.tokens, "token", "tokens"));
    }
    page.field("asked", parts.join(", "));
}

/// What embedding would take.
fn show_to_embed(page: &mut Page, embedding: &ToEmbed) {
    let estimate = &embedding.estimate;
    let mut parts = vec![
        units::plural(estimate.texts, "text", "texts"),
        format!("{} known or repeated", units::count(estimate.cached)),
    ];
    if embedding.own_vectors > 0 {
        parts.push(format!(
            "{} rows bring their vector",
            units::count(embedding.own_vectors)
        ));
    }
    page.field("to embed", parts.join(", "));
    let line = format!(
        "{} to `{}` ({}): {}, about {} tokens in about {}",
        units::count(estimate.to_embed),
        estimate.provider,
        estimate.model,
        units::bytes(estimate.bytes),
        units::count(estimate.estimated_tokens),
        units::plural(estimate.estimated_requests, "request", "requests"),
    );
    page.field("would go", line);
}

/// The first problems, how many more there are, and what to do about them.
fn show_problems(page: &mut Page, listed: &[Problem], all: u64) {
    let mut problems = Table::new().text("place").text("problem");
    for problem in listed {
        problems.row([problem.place.clone(), problem.why.clone()]);
    }
    page.table(&problems);
    let more = all.saturating_sub(listed.len() as u64);
    if more > 0 {
        page.styled(Role::Dim, &format!("and {} more", units::count(more)));
    }
    let mut hints: Vec<&str> = Vec::new();
    for hint in listed.iter().filter_map(|problem| problem.hint.as_deref()) {
        if !hints.contains(&hint) {
            hints.push(hint);
            page.styled(Role::Hint, &sanitize(hint));
        }
    }
}

fn rate(rows: u64, seconds: f64) -> String {
    if rows == 0 || seconds <= 0.0 {
        return String::new();
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate for people"
    )]
    let rate = (rows as f64 / seconds) as u64;
    format!(", {} rows/s", units::count(rate))
}

impl Report for CheckReport {
    const KIND: &'static str = "seed-check";

    fn human(&self, page: &mut Page) {
        let rows = units::plural(self.rows, "row", "rows");
        let table = self.table.plain();
        let source = sanitize(&self.source);
        if self.problem_count == 0 {
            page.styled(
                Role::Good,
                &format!("{rows} of {source} fit into `{table}`; nothing was loaded"),
            );
        } else {
            let lines = units::plural(self.problem_count, "line does", "lines do");
            page.styled(
                Role::Error,
                &format!("{lines} not fit into `{table}`, {rows} would; nothing was loaded"),
            );
            show_problems(page, &self.problems, self.problem_count);
        }
        let columns: Vec<String> = self.columns.iter().map(crate::sql::Ident::plain).collect();
        page.field("columns", columns.join(", "));
        page.field("read", units::bytes(self.bytes_read));
        page.field("to send", units::bytes(self.bytes_to_send));
        if let Some(embedding) = &self.embedding {
            show_to_embed(page, embedding);
        }
    }

    fn outcome(&self) -> Outcome {
        if self.problem_count == 0 {
            Outcome::Success
        } else {
            Outcome::NotMet
        }
    }
}
