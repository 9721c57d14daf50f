//! Two benchmarks side by side: what differs beyond what chance does.
//!
//! Recall is compared query by query where both asked the same queries. Times differ where their intervals do not touch;
//! buffers repeat almost exactly, so a small share is enough. Pure.

use serde::Serialize;

use super::distribution::{Percentile, count};
use super::report::{BenchReport, Configuration, Measured};

/// The share by which buffers may differ between two runs of the same.
const SAME_BUFFERS: f64 = 0.02;

/// The standard normal deviate of 95 % in the middle.
const DEVIATE: f64 = 1.959_964;

/// What differs between two benchmarks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What makes them unlike, so that a difference may have other causes; empty where they can be compared.
    pub unlike: Vec<String>,
    /// The differences, configuration by configuration.
    pub differences: Vec<Difference>,
    /// All of it in a sentence.
    pub verdict: String,
    /// Whether something got worse beyond the noise.
    pub is_regression: bool,
}

/// One figure of one configuration, before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The configuration.
    pub configuration: Configuration,
    /// What was measured.
    pub figure: &'static str,
    /// Its value before.
    pub before: f64,
    /// Its value after.
    pub after: f64,
    /// What that means.
    pub verdict: Verdict,
}

/// What a difference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Better beyond the noise.
    Better,
    /// Nothing that chance could not do.
    Same,
    /// Worse beyond the noise.
    Worse,
}

/// Compares two benchmarks; the configurations that both have.
pub fn compare(before: &BenchReport, after: &BenchReport) -> Comparison {
    let pairs = before.configurations.iter().filter_map(|one| {
        let same = |other: &&Measured| other.configuration == one.configuration;
        Some((one, after.configurations.iter().find(same)?))
    });
    let paired = before.queries.sha256 == after.queries.sha256;
    let differences: Vec<Difference> = pairs
        .flat_map(|(one, other)| differences(one, other, paired))
        .collect();
    let worse: Vec<&Difference> = differences
        .iter()
        .filter(|it| it.verdict == Verdict::Worse)
        .collect();
    let better = differences
        .iter()
        .filter(|it| it.verdict == Verdict::Better)
        .count();
    let method = after
        .environment
        .index
        .as_ref()
        .map(|index| index.method.as_str());
    let verdict = match (worse.first(), better) {
        _ if differences.is_empty() => "the two have no configuration in common".to_owned(),
        (Some(first), _) => format!(
            "worse: {} under {} went from {:.4} to {:.4}{}",
            first.figure,
            first.configuration.label(method),
            first.before,
            first.after,
            match worse.len() {
                1 => String::new(),
                count => format!(", and {} more figures got worse", count - 1),
            }
        ),
        (None, 0) => "no figure differs beyond the noise".to_owned(),
        (None, better) => format!(
            "better: {better} of {} figures, and none got worse",
            differences.len()
        ),
    };
    Comparison {
        unlike: unlike(before, after),
        is_regression: !worse.is_empty(),
        verdict,
        differences,
    }
}

fn differences(before: &Measured, after: &Measured, paired: bool) -> Vec<Difference> {
    let difference = |figure, one: f64, other: f64, verdict| Difference {
        configuration: before.configuration,
        figure,
        before: one,
        after: other,
        verdict,
    };
    let mut all = Vec::new();
    if let (Some(one), Some(other)) = (&before.recall, &after.recall) {
        let verdict = if paired {
            paired_verdict(&before.recalls, &after.recalls)
        } else {
            ranges(
                (other.interval.low, other.interval.high),
                (one.interval.low, one.interval.high),
            )
        };
        all.push(difference("recall", one.mean, other.mean, verdict));
    }
    for (figure, of) in [
        (
            "p50 ms",
            (|it: &Measured| it.latency_ms.p50) as fn(&Measured) -> Percentile,
        ),
        ("p95 ms", |it| it.latency_ms.p95),
    ] {
        let (one, other) = (of(before), of(after));
        let verdict = ranges((one.low, one.high), (other.low, other.high));
        all.push(difference(figure, one.value, other.value, verdict));
    }
    let pages = |it: &Measured| it.buffers.hit + it.buffers.read;
    let (one, other) = (pages(before), pages(after));
    let verdict = ranges(
        (one * (1.0 - SAME_BUFFERS), one * (1.0 + SAME_BUFFERS)),
        (other, other),
    );
    all.push(difference("buffers", one, other, verdict));
    let verdict = ranges(
        (after.returned, after.returned),
        (before.returned, before.returned),
    );
    all.push(difference(
        "rows returned",
        before.returned,
        after.returned,
        verdict,
    ));
    all
}

/// What it means that a figure, of which less is better, had the first range and has the second.
fn ranges(before: (f64, f64), after: (f64, f64)) -> Verdict {
    if after.0 > before.1 {
        Verdict::Worse
    } else if after.1 < before.0 {
        Verdict::Better
    } else {
        Verdict::Same
    }
}

/// Whether the mean of the differences of each query is surely not nought.
fn paired_verdict(before: &[Option<f64>], after: &[Option<f64>]) -> Verdict {
    let differences: Vec<f64> = before
        .iter()
        .zip(after)
        .filter_map(|(one, other)| Some((*other)? - (*one)?))
        .collect();
    let count = count(differences.len());
    if count < 2.0 {
        return Verdict::Same;
    }
    let mean = differences.iter().sum::<f64>() / count;
    let square: f64 = differences.iter().map(|it| (it - mean).powi(2)).sum();
    let half = DEVIATE * (square / (count - 1.0) / count).sqrt();
    ranges((0.0, 0.0), (-mean - half, -mean + half))
}

/// What makes two benchmarks unlike. The index may differ: that is what they are made to compare.
fn unlike(before: &BenchReport, after: &BenchReport) -> Vec<String> {
    let mut unlike = Vec::new();
    let mut expect = |what: &str, one: String, other: String| {
        if one != other {
            unlike.push(format!("{what}: {one}, then {other}"));
        }
    };
    let json =
        |filter: &Option<serde_json::Value>| filter.as_ref().map_or("none".to_owned(), ToString::to_string);
    let role = |role: &Option<String>| role.clone().unwrap_or_else(|| "the login role".to_owned());
    expect("the table", before.table.clone(), after.table.clone());
    expect("the column", before.column.clone(), after.column.clone());
    expect("the metric", before.metric.to_string(), after.metric.to_string());
    expect("k", before.k.to_string(), after.k.to_string());
    expect("the filter", json(&before.filter), json(&after.filter));
    expect("the role", role(&before.role), role(&after.role));
    expect(
        "the queries",
        before.queries.sha256.clone(),
        after.queries.sha256.clone(),
    );
    let (one, other) = (&before.environment, &after.environment);
    expect(
        "PostgreSQL",
        one.server_version.clone(),
        other.server_version.clone(),
    );
    expect(
        "pgvector",
        one.vector_version.clone(),
        other.vector_version.clone(),
    );
    for (name, value) in &one.settings {
        let now = other.settings.get(name).cloned().unwrap_or_default();
        expect(name, value.clone(), now);
    }
    unlike
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_counts_where_the_ranges_do_not_touch() {
        assert_eq!(ranges((1.0, 2.0), (2.0, 3.0)), Verdict::Same);
        assert_eq!(ranges((1.0, 2.0), (2.1, 3.0)), Verdict::Worse);
        assert_eq!(ranges((1.0, 2.0), (0.5, 0.9)), Verdict::Better);
    }

    #[test]
    fn recall_is_compared_query_by_query() {
        let some = |values: &[f64]| values.iter().map(|value| Some(*value)).collect::<Vec<_>>();
        let hard: Vec<f64> = (0..40).map(|query| f64::from(query % 5) / 5.0).collect();
        let lower: Vec<f64> = hard
            .iter()
            .enumerate()
            .map(|(at, it)| it - 0.1 * f64::from(u8::from(at % 3 == 0)))
            .collect();
        assert_eq!(paired_verdict(&some(&hard), &some(&lower)), Verdict::Worse);
        assert_eq!(paired_verdict(&some(&lower), &some(&hard)), Verdict::Better);
        assert_eq!(paired_verdict(&some(&hard), &some(&hard)), Verdict::Same);
        let mut one = hard.clone();
        one[0] += 0.1;
        assert_eq!(paired_verdict(&some(&hard), &some(&one)), Verdict::Same);
    }
}
