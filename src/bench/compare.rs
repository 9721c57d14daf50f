//! Two benchmarks side by side: what differs beyond what chance does.
//!
//! Recall is compared query by query where both asked the same queries. Times and answers a second differ where their
//! intervals do not touch; buffers repeat almost exactly, so a small share is enough. Pure.

use serde::Serialize;

use super::distribution::{Distribution, Percentile, count};
use super::load::Throughput;
use super::report::{BenchReport, Case, Configuration, Measured};
use crate::vector::recall::Interval;

/// The share by which buffers may differ between two runs of the same.
const SAME_BUFFERS: f64 = 0.02;

/// The chance that a change of recall is called one although there is none, in a whole comparison.
const FALSE_ALARM: f64 = 0.05;

/// What differs between two benchmarks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What makes them unlike, so that a difference may have other causes; empty where they can be compared.
    pub unlike: Vec<String>,
    /// The differences, configuration by configuration, then those of several clients at once.
    pub differences: Vec<Difference>,
    /// What only one of the two has measured, in words: nothing is said of it.
    pub only_in_one: Vec<String>,
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
    /// How many clients asked at once; none where one did, query by query.
    pub clients: Option<usize>,
    /// How many queries a second were due, where that was said.
    pub rate: Option<f64>,
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
    let both = Both { before, after };
    let pairs = both.pairs(&before.configurations, &after.configurations, |one, other| {
        one.configuration == other.configuration && both.asks_like(one.case, other.case)
    });
    let loads = both.pairs(&before.throughput, &after.throughput, |one, other| {
        let how = |it: &Throughput| (it.configuration, it.clients, it.rate.map(f64::to_bits));
        how(one) == how(other) && both.asks_like(one.case, other.case)
    });
    let mut only_in_one = pairs.only(|report, one| report.label(one.case, one.configuration));
    only_in_one.extend(loads.only(loaded));
    let recalls = pairs
        .both
        .iter()
        .filter(|(one, other)| one.recall.is_some() && other.recall.is_some());
    let deviate = deviate(FALSE_ALARM / 2.0 / count(recalls.count().max(1)));
    let paired = (before.queries.sha256 == after.queries.sha256).then_some(deviate);
    let mut differences: Vec<Difference> = Vec::new();
    for (one, other) in &pairs.both {
        let label = before.label(one.case, one.configuration);
        differences.extend(of_queries(&label, one, other, paired));
    }
    for (one, other) in &loads.both {
        differences.extend(of_clients(&loaded(before, one), one, other));
    }
    Comparison {
        unlike: unlike(before, after),
        is_regression: differences.iter().any(|it| it.verdict == Verdict::Worse),
        verdict: verdict(&differences),
        differences,
        only_in_one,
    }
}

/// The reports that are compared.
struct Both<'a> {
    before: &'a BenchReport,
    after: &'a BenchReport,
}

/// What of one kind is in both of them, and what is in one.
struct Pairs<'a, T> {
    both: Vec<(&'a T, &'a T)>,
    before: (&'a BenchReport, Vec<&'a T>),
    after: (&'a BenchReport, Vec<&'a T>),
}

impl<'a> Both<'a> {
    fn pairs<T>(&self, before: &'a [T], after: &'a [T], alike: impl Fn(&T, &T) -> bool) -> Pairs<'a, T> {
        let partner = |one: &'a T| after.iter().find(|other| alike(one, other));
        let has_none = |other: &&T| !before.iter().any(|one| alike(one, other));
        Pairs {
            both: before
                .iter()
                .filter_map(|one| Some((one, partner(one)?)))
                .collect(),
            before: (
                self.before,
                before.iter().filter(|&one| partner(one).is_none()).collect(),
            ),
            after: (self.after, after.iter().filter(has_none).collect()),
        }
    }

    fn asks_like(&self, case: usize, other: usize) -> bool {
        let cases = self.before.case_of(case).zip(self.after.case_of(other));
        cases.is_some_and(|(one, other)| one.asks_like(other))
    }
}

impl<T> Pairs<'_, T> {
    /// In words, what is in one of them only.
    fn only(&self, label: impl Fn(&BenchReport, &T) -> String) -> Vec<String> {
        let each = [(&self.before, "before"), (&self.after, "after")];
        each.into_iter()
            .flat_map(|((report, some), when)| {
                let label = &label;
                some.iter()
                    .map(move |one| format!("{} is only in the report {when}", label(report, one)))
            })
            .collect()
    }
}

/// As a person tells a measurement of several clients from the rest.
fn loaded(report: &BenchReport, one: &Throughput) -> String {
    let rate = one
        .rate
        .map_or_else(String::new, |rate| format!(", {rate} due a second"));
    let clients = match one.clients {
        1 => "1 client".to_owned(),
        more => format!("{more} clients"),
    };
    format!("{}, {clients}{rate}", report.label(one.case, one.configuration))
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
                2 => ", and another figure got worse".to_owned(),
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

/// Of what something is said.
struct Subject<'a> {
    label: &'a str,
    configuration: Configuration,
    clients: Option<usize>,
    rate: Option<f64>,
}

impl Subject<'_> {
    fn difference(
        &self,
        figure: &'static str,
        (before, after): (f64, f64),
        change: Interval,
        more_is_better: bool,
    ) -> Difference {
        Difference {
            label: self.label.to_owned(),
            configuration: self.configuration,
            clients: self.clients,
            rate: self.rate,
            figure,
            before,
            after,
            change,
            verdict: Verdict::of(change, more_is_better),
        }
    }

    /// Half of the queries, and 95 of 100.
    fn times(&self, before: &Distribution, after: &Distribution) -> [Difference; 2] {
        [
            ("p50 ms", before.p50, after.p50),
            ("p95 ms", before.p95, after.p95),
        ]
        .map(|(figure, one, other)| {
            let change = between(range(one), range(other));
            self.difference(figure, (one.value, other.value), change, false)
        })
    }
}

/// What was measured query by query; `paired` where both asked the same queries, with the deviate of recall's interval.
fn of_queries(label: &str, before: &Measured, after: &Measured, paired: Option<f64>) -> Vec<Difference> {
    let subject = Subject {
        label,
        configuration: before.configuration,
        clients: None,
        rate: None,
    };
    let mut all = Vec::new();
    if let (Some(one), Some(other)) = (&before.recall, &after.recall) {
        let change = match paired {
            Some(deviate) => paired_change(&before.recalls, &after.recalls, deviate),
            None => between(one.interval, other.interval),
        };
        all.push(subject.difference("recall", (one.mean, other.mean), change, true));
    }
    all.extend(subject.times(&before.latency_ms, &after.latency_ms));
    let (one, other) = (before.buffers.touched(), after.buffers.touched());
    let noise = Interval {
        low: one * (1.0 - SAME_BUFFERS),
        high: one * (1.0 + SAME_BUFFERS),
    };
    let change = between(noise, exactly(other));
    all.push(subject.difference("pages", (one, other), change, false));
    let (one, other) = (before.returned, after.returned);
    let change = between(exactly(one), exactly(other));
    all.push(subject.difference("rows returned", (one, other), change, true));
    all
}

/// What several clients got. Where each asks as fast as it gets answers, times only mirror how many those are.
fn of_clients(label: &str, before: &Throughput, after: &Throughput) -> Vec<Difference> {
    let subject = Subject {
        label,
        configuration: before.configuration,
        clients: Some(before.clients),
        rate: before.rate,
    };
    let change = between(
        before.queries_per_second_interval,
        after.queries_per_second_interval,
    );
    let answered = (before.queries_per_second, after.queries_per_second);
    let mut all = vec![subject.difference("queries/s", answered, change, true)];
    if before.rate.is_some() {
        all.extend(subject.times(&before.latency_ms, &after.latency_ms));
    }
    all
}

fn range(of: Percentile) -> Interval {
    Interval {
        low: of.low,
        high: of.high,
    }
}

fn exactly(value: f64) -> Interval {
    Interval {
        low: value,
        high: value,
    }
}

/// What was added to a figure that lay in the first range and lies in the second.
fn between(before: Interval, after: Interval) -> Interval {
    Interval {
        low: after.low - before.high,
        high: after.high - before.low,
    }
}

/// The standard normal deviate that is exceeded with this chance, below a half (C. Hastings' approximation, within
/// 0.0005).
fn deviate(chance: f64) -> f64 {
    let t = (-2.0 * chance.ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - above / below
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
fn paired_change(before: &[Option<f64>], after: &[Option<f64>], deviate: f64) -> Interval {
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
    let half = deviate * (square / (count - 1.0) / count).sqrt();
    Interval {
        low: mean - half,
        high: mean + half,
    }
}

/// The cases whose table has grown or shrunk by more than a tenth, with its vectors before and after.
fn other_rows(before: &[Case], after: &[Case]) -> Vec<(String, u64, u64)> {
    let pairs = before
        .iter()
        .zip(after)
        .filter(|(one, other)| one.asks_like(other));
    let rows = pairs.map(|(one, other)| (one.label(), one.exact.rows, other.exact.rows));
    rows.filter(|(_, one, other)| one.abs_diff(*other).saturating_mul(10) > *one.max(other))
        .collect()
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
    for (case, rows, now) in other_rows(&before.cases, &after.cases) {
        expect(
            &format!("the vectors compared with ({case})"),
            rows.to_string(),
            now.to_string(),
        );
    }
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
mod tests;
