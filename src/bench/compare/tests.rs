//! What differs, what chance does, and what is in one report only.

use super::*;
use crate::bench::report::Exactness;
use crate::collection::IterativeScan;

#[test]
fn a_difference_counts_where_the_ranges_do_not_touch() {
    let range = |(low, high)| Interval { low, high };
    let verdict = |before, after| Verdict::of(between(range(before), range(after)), false);
    assert_eq!(verdict((1.0, 2.0), (2.0, 3.0)), Verdict::Same);
    assert_eq!(verdict((1.0, 2.0), (2.1, 3.0)), Verdict::Worse);
    assert_eq!(verdict((1.0, 2.0), (0.5, 0.9)), Verdict::Better);
    let change = |before, after| between(exactly(before), exactly(after));
    assert_eq!(Verdict::of(change(8.0, 9.0), true), Verdict::Better);
    assert_eq!(Verdict::of(change(8.0, 8.0), true), Verdict::Same);
}

#[test]
fn the_deviate_is_the_tables() {
    for (chance, table) in [(0.025, 1.959_964), (0.0025, 2.807_034), (0.000_25, 3.480_756)] {
        assert!((deviate(chance) - table).abs() < 0.001, "{chance}");
    }
}

fn clients(clients: usize, rate: Option<f64>, (low, high): (f64, f64), p95: (f64, f64)) -> Throughput {
    let mut latency_ms = Distribution::of(vec![1.0]);
    latency_ms.p95 = Percentile {
        value: f64::midpoint(p95.0, p95.1),
        low: p95.0,
        high: p95.1,
    };
    Throughput {
        case: 0,
        configuration: Configuration {
            ef_search: 40,
            iterative_scan: IterativeScan::Off,
            probes: 1,
        },
        clients,
        rate,
        queries_per_second: f64::midpoint(low, high),
        queries_per_second_interval: Interval { low, high },
        latency_ms,
        seconds: 1.0,
    }
}

#[test]
fn clients_are_compared_by_answers_a_second_and_by_times_where_a_rate_was_due() {
    let verdicts = |one: &Throughput, other: &Throughput| -> Vec<(&'static str, Verdict)> {
        let all = of_clients("", one, other);
        all.iter().map(|it| (it.figure, it.verdict)).collect()
    };
    let fast = clients(4, None, (950.0, 1_050.0), (4.0, 5.0));
    let slow = clients(4, None, (700.0, 800.0), (6.0, 7.0));
    assert_eq!(verdicts(&fast, &slow), [("queries/s", Verdict::Worse)]);
    assert_eq!(verdicts(&slow, &fast), [("queries/s", Verdict::Better)]);
    let near = clients(4, None, (900.0, 960.0), (4.0, 5.0));
    assert_eq!(verdicts(&fast, &near), [("queries/s", Verdict::Same)]);
    let kept = clients(4, Some(50.0), (49.0, 51.0), (4.0, 5.0));
    let late = clients(4, Some(50.0), (49.0, 51.0), (6.0, 7.0));
    assert_eq!(
        verdicts(&kept, &late),
        [
            ("queries/s", Verdict::Same),
            ("p50 ms", Verdict::Same),
            ("p95 ms", Verdict::Worse)
        ]
    );
}

#[test]
fn recall_is_compared_query_by_query() {
    let some = |values: &[f64]| values.iter().map(|value| Some(*value)).collect::<Vec<_>>();
    let verdict =
        |one: &[f64], other: &[f64]| Verdict::of(paired_change(&some(one), &some(other), 1.96), true);
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

#[test]
fn a_table_that_has_grown_is_another_one() {
    let case = |rows| Case {
        k: 10,
        filter: None,
        role: None,
        share_of_table: None,
        exact: Exactness {
            rows,
            without_embedding: 0,
            without_distance: 0,
            bytes: 0,
            seconds: 0.0,
            ties_cut: 0,
            queries_in_table: 0,
        },
    };
    assert!(other_rows(&[case(1_000)], &[case(1_090)]).is_empty());
    assert_eq!(
        other_rows(&[case(1_000)], &[case(1_200)]),
        [("k 10".to_owned(), 1_000, 1_200)]
    );
}
