//! What trying means: forecasts for all rows, the best of their kind, and the pick.

use super::Observation;
use super::candidate::Column;
use super::growth::{Forecast, Growth, Samples};
use super::halving::score;
use super::rebuild::{Dropped, LeftOut, Priced, Row, Runner, SeenOn, Tried, Wanted};

/// What all of it means: forecasts, the best of their kind, and the pick.
pub(super) fn conclude(runners: &[Runner], dropped: Vec<Dropped>, column: &Column, wanted: &Wanted) -> Tried {
    let growths: Vec<Option<Growth>> = runners
        .iter()
        .map(|runner| Growth::of(&runner.samples, wanted.seed))
        .collect();
    let bends: Vec<f64> = growths
        .iter()
        .filter_map(|growth| growth.as_ref()?.bend())
        .collect();
    let least = u16::try_from(wanted.k).unwrap_or(1_000).min(1_000);
    let row = |runner: &Runner, growth: &Growth, forecast: Option<Forecast>, label: String| {
        let build_seconds = runner.build_seconds(wanted.rows);
        let mut row = Row {
            label,
            priced: runner.priced,
            seen: seen(runner),
            build_seconds,
            score: None,
            is_best_of_its_kind: false,
            refused: refused(&runner.priced, forecast.as_ref(), wanted),
            curve: forecast.map_or_else(Vec::new, |it| {
                let efs = around(it.ef_search, least);
                efs.map(|ef| growth.forecast(wanted.rows, ef, wanted.recall, &bends))
                    .to_vec()
            }),
            forecast,
        };
        #[expect(clippy::cast_precision_loss, reason = "a size")]
        let bytes = runner.priced.bytes as f64;
        let seconds = f64::midpoint(build_seconds.0, build_seconds.1);
        row.score = forecast
            .filter(|it| it.is_assured)
            .map(|it| score(it.pages, bytes, seconds));
        row
    };
    let mut today = Vec::new();
    let mut rows = Vec::new();
    for (runner, growth) in runners.iter().zip(&growths) {
        let Some(growth) = growth else { continue };
        let label = runner.priced.candidate.label(column);
        if runner.priced.is_today {
            let now = growth.forecast(wanted.rows, wanted.ef_today.max(least), wanted.recall, &bends);
            let mut row = row(runner, growth, Some(now), format!("today: {label}"));
            row.refused = (!now.is_assured).then(|| "it does not surely reach the target".to_owned());
            today.push(row);
        }
        // What none reaches surely is shown at its best, or nobody would know how far off it is.
        let forecast = growth
            .smallest(wanted.rows, wanted.recall, (least, 1_000), &bends)
            .unwrap_or_else(|| growth.forecast(wanted.rows, 1_000, wanted.recall, &bends));
        let label = if runner.priced.is_today {
            format!("{label} (ef_search only)")
        } else {
            label
        };
        rows.push(row(runner, growth, Some(forecast), label));
    }
    rows.sort_by(|one, other| {
        let score = |row: &Row| row.score.unwrap_or(f64::INFINITY);
        score(one).total_cmp(&score(other))
    });
    mark_best(&mut rows);
    let first = today.len();
    let pick = rows
        .iter()
        .position(|row| row.refused.is_none())
        .map(|place| place + first);
    today.extend(rows);
    Tried {
        pick,
        rows: today,
        dropped,
        left_out: left_out(runners, wanted),
        builds: 0,
        build_seconds: 0.0,
    }
}

/// What was seen of a candidate on the samples.
fn seen(runner: &Runner) -> Vec<SeenOn> {
    let Samples { levels, k } = &runner.samples;
    let of_sample = |(rows, observations): &(u64, Vec<Observation>)| SeenOn {
        rows: *rows,
        measured: observations.iter().filter_map(|one| one.seen(*k)).collect(),
    };
    levels.iter().map(of_sample).collect()
}

/// Leaves the largest sample out and holds it against what the others say of it.
fn left_out(runners: &[Runner], wanted: &Wanted) -> Option<LeftOut> {
    let mut all = LeftOut {
        forecasts: 0,
        inside: 0,
    };
    for runner in runners {
        let Samples { levels, k } = &runner.samples;
        let Some(((rows, last), fewer @ [_, _, ..])) = levels.split_last() else {
            continue;
        };
        let fewer = Samples {
            levels: fewer.to_vec(),
            k: *k,
        };
        let Some(growth) = Growth::of(&fewer, wanted.seed) else {
            continue;
        };
        for (one, recall) in last.iter().filter_map(|one| Some((one, one.estimate(*k)?.mean))) {
            let said = growth.forecast(*rows, one.ef_search, wanted.recall, &[]).interval;
            all.forecasts += 1;
            all.inside += usize::from(said.low <= recall && recall <= said.high);
        }
    }
    (all.forecasts > 0).then_some(all)
}

fn refused(priced: &Priced, forecast: Option<&Forecast>, wanted: &Wanted) -> Option<String> {
    let Some(forecast) = forecast.filter(|it| it.is_assured) else {
        return Some("no ef_search surely reaches the target".to_owned());
    };
    if wanted.most_bytes.is_some_and(|most| priced.bytes > most) {
        return Some("larger than allowed".to_owned());
    }
    if wanted.most_memory.is_some_and(|most| priced.memory > most) && !priced.is_today {
        return Some("its build takes more memory than allowed".to_owned());
    }
    let slowest = forecast.milliseconds.1;
    if wanted.p95_ms.is_some_and(|most| slowest > most) {
        return Some("queries may take longer than allowed".to_owned());
    }
    None
}

/// Marks the rows that no other beats in pages, size and building at once.
fn mark_best(rows: &mut [Row]) {
    let figures: Vec<Option<[f64; 3]>> = rows
        .iter()
        .map(|row| {
            #[expect(clippy::cast_precision_loss, reason = "a size")]
            let bytes = row.priced.bytes as f64;
            let building = if row.priced.is_today {
                0.0
            } else {
                row.build_seconds.0
            };
            row.forecast
                .filter(|it| it.is_assured)
                .map(|it| [it.pages, bytes, building])
        })
        .collect();
    for (place, row) in rows.iter_mut().enumerate() {
        let Some(Some(mine)) = figures.get(place) else {
            continue;
        };
        let beats = |other: &[f64; 3]| {
            other.iter().zip(mine).all(|(one, mine)| one <= mine)
                && other.iter().zip(mine).any(|(one, mine)| one < mine)
        };
        row.is_best_of_its_kind = !figures.iter().flatten().any(beats);
    }
}

/// An `ef_search` with one below and one above.
fn around(ef_search: u16, least: u16) -> [u16; 3] {
    let [below, above] = [ef_search / 2, ef_search.saturating_mul(2)];
    [below.max(least), ef_search, above.min(1_000)]
}
