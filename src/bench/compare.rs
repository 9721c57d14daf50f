//! Two benchmarks side by side: what differs beyond what chance does.
//!
//! Recall is compared query by query where both asked the same queries. Times differ where their intervals do not touch;
//! buffers repeat almost exactly, so a small share is enough. Pure.

use serde::Serialize;

use super::distribution::count;
use super::report::{BenchReport, Case, Configuration, Measured};
use crate::vector::recall::Interval;

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
    /// The configuration and, where there are several, the case, in words.
    pub label: String,
    /// The configuration.
    pub configuration: Configuration,
    /// What was measured.
    pub figure: &'static str,
    /// Its value before.
    pub before: f64,
    /// Its value after.
    pub after: f64,
    /// Between these lies what was added to it, in 95 of 100 such comparisons; for pages and rows, which repeat, about.
    pub change: Interval,
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

/// Compares two benchmarks: what both have measured.
pub fn compare(before: &BenchReport, after: &BenchReport) -> Comparison {
    let pairs = before.configurations.iter().filter_map(|one| {
        let same = |other: &&Measured| {
            let (case, other_case) = (before.case_of(one.case), after.case_of(other.case));
            let cases = case.zip(other_case);
            other.configuration == one.configuration && cases.is_some_and(|(one, other)| one.asks_like(other))
        };
        Some((one, after.configurations.iter().find(same)?))
    });
    let paired = before.queries.sha256 == after.queries.sha256;
    let differences: Vec<Difference> = pairs
        .flat_map(|(one, other)| {
            let label = before.label(one.case, one.configuration);
            differences(&label, one, other, paired)
        })
        .collect();
    Comparison {
        unlike: unlike(before, after),
        is_regression: differences.iter().any(|it| it.verdict == Verdict::Worse),
        verdict: verdict(&differences),
        differences,
    }
}

/// All of it in a sentence.
fn verdict(differences: &[Difference]) -> String {
    let with = |verdict: Verdict| differences.iter().filter(move |it| it.verdict == verdict);
    let (better, worse) = (with(Verdict::Better).count(), with(Verdict::Worse).count());
    match with(Verdict::Worse).next() {
        _ if differences.is_empty() => "the two have no configuration in common".to_owned(),
        Some(first) => format!(
            "worse: {} under {} went from {:.4} to {:.4}{}",
            first.figure,
            first.label,
            first.before,
            first.after,
            match worse {
                1 => String::new(),
                count => format!(", and {} more figures got worse", count - 1),
            }
        ),
        None if better == 0 => "no figure differs beyond the noise".to_owned(),
        None => format!(
            "better: {better} of {} figures, and none got worse",
            differences.len()
        ),
    }
}

fn differences(label: &str, before: &Measured, after: &Measured, paired: bool) -> Vec<Difference> {
    // Of recall and rows more is better, of the rest less.
    let difference = |figure, one: f64, other: f64, change: Interval, more_is_better| Difference {
        label: label.to_owned(),
        configuration: before.configuration,
        figure,
        before: one,
        after: other,
        change,
        verdict: Verdict::of(change, more_is_better),
    };
    let mut all = Vec::new();
    if let (Some(one), Some(other)) = (&before.recall, &after.recall) {
        let change = if paired {
            paired_change(&before.recalls, &after.recalls)
        } else {
            between(
                (one.interval.low, one.interval.high),
                (other.interval.low, other.interval.high),
            )
        };
        all.push(difference("recall", one.mean, other.mean, change, true));
    }
    for (figure, one, other) in [
        ("p50 ms", before.latency_ms.p50, after.latency_ms.p50),
        ("p95 ms", before.latency_ms.p95, after.latency_ms.p95),
    ] {
        let change = between((one.low, one.high), (other.low, other.high));
        all.push(difference(figure, one.value, other.value, change, false));
    }
    let (one, other) = (before.buffers.touched(), after.buffers.touched());
    let noise = (one * (1.0 - SAME_BUFFERS), one * (1.0 + SAME_BUFFERS));
    all.push(difference(
        "pages",
        one,
        other,
        between(noise, (other, other)),
        false,
    ));
    let (one, other) = (before.returned, after.returned);
    all.push(difference(
        "rows returned",
        one,
        other,
        between((one, one), (other, other)),
        true,
    ));
    all
}

/// What was added to a figure that lay in the first range and lies in the second.
fn between(before: (f64, f64), after: (f64, f64)) -> Interval {
    Interval {
        low: after.0 - before.1,
        high: after.1 - before.0,
    }
}

impl Verdict {
    fn of(change: Interval, more_is_better: bool) -> Self {
        match (change.low > 0.0, change.high < 0.0) {
            (false, false) => Self::Same,
            (more, _) if more == more_is_better => Self::Better,
            _ => Self::Worse,
        }
    }
}

/// By how much the queries changed in the mean; each is compared with itself.
fn paired_change(before: &[Option<f64>], after: &[Option<f64>]) -> Interval {
    let differences: Vec<f64> = before
        .iter()
        .zip(after)
        .filter_map(|(one, other)| Some((*other)? - (*one)?))
        .collect();
    let count = count(differences.len());
    if count < 2.0 {
        return Interval { low: -1.0, high: 1.0 };
    }
    let mean = differences.iter().sum::<f64>() / count;
    let square: f64 = differences.iter().map(|it| (it - mean).powi(2)).sum();
    let half = DEVIATE * (square / (count - 1.0) / count).sqrt();
    Interval {
        low: mean - half,
        high: mean + half,
    }
}

/// What makes two benchmarks unlike. The index may differ: that is what they are made to compare.
fn unlike(before: &BenchReport, after: &BenchReport) -> Vec<String> {
    let mut unlike = Vec::new();
    let mut expect = |what: &str, one: String, other: String| {
        if one != other {
            unlike.push(format!("{what}: {one}, then {other}"));
        }
    };
    let cases = |report: &BenchReport| {
        let labels: Vec<String> = report.cases.iter().map(Case::label).collect();
        labels.join(" and ")
    };
    expect("the table", before.table.clone(), after.table.clone());
    expect("the column", before.column.clone(), after.column.clone());
    expect("the metric", before.metric.to_string(), after.metric.to_string());
    expect("the cases", cases(before), cases(after));
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
        let verdict = |before, after| Verdict::of(between(before, after), false);
        assert_eq!(verdict((1.0, 2.0), (2.0, 3.0)), Verdict::Same);
        assert_eq!(verdict((1.0, 2.0), (2.1, 3.0)), Verdict::Worse);
        assert_eq!(verdict((1.0, 2.0), (0.5, 0.9)), Verdict::Better);
        assert_eq!(
            Verdict::of(between((8.0, 8.0), (9.0, 9.0)), true),
            Verdict::Better
        );
        assert_eq!(Verdict::of(between((8.0, 8.0), (8.0, 8.0)), true), Verdict::Same);
    }

    #[test]
    fn recall_is_compared_query_by_query() {
        let some = |values: &[f64]| values.iter().map(|value| Some(*value)).collect::<Vec<_>>();
        let verdict = |one: &[f64], other: &[f64]| Verdict::of(paired_change(&some(one), &some(other)), true);
        let hard: Vec<f64> = (0..40).map(|query| f64::from(query % 5) / 5.0).collect();
        let lower: Vec<f64> = hard
            .iter()
            .enumerate()
            .map(|(at, it)| it - 0.1 * f64::from(u8::from(at % 3 == 0)))
            .collect();
        assert_eq!(verdict(&hard, &lower), Verdict::Worse);
        assert_eq!(verdict(&lower, &hard), Verdict::Better);
        assert_eq!(verdict(&hard, &hard), Verdict::Same);
        let mut one = hard.clone();
        one[0] += 0.1;
        assert_eq!(verdict(&hard, &one), Verdict::Same);
    }
}
