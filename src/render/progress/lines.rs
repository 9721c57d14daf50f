//! Progress where stderr is not a terminal: a line every ten seconds, so that a log shows life.

use std::sync::Arc;
use std::time::Duration;

use super::ticker::{State, Ticker};
use super::{amount, pace};
use crate::progress::{Task, TaskSink, Unit};
use crate::render::terminal::Stderr;
use crate::render::units;

const INTERVAL: Duration = Duration::from_secs(10);

struct Lines {
    state: Arc<State>,
    _ticker: Ticker,
}

pub(super) fn task(stderr: &Stderr, label: &str, unit: Unit, total: Option<u64>) -> Task {
    let state = State::new(total);
    let (seen, stderr, label) = (Arc::clone(&state), stderr.clone(), label.to_owned());
    let ticker = Ticker::start(INTERVAL, move || {
        let elapsed = units::duration(seen.elapsed());
        let amount = match unit {
            Unit::Unknown => String::new(),
            unit => format!(", {}", amount(unit, seen.done(), seen.total())),
        };
        let rows = seen.rows().map(|rows| units::plural(rows, "row", "rows"));
        let rows = rows.map_or_else(String::new, |rows| format!(", {rows}"));
        let pace = pace(unit, seen.done(), seen.total(), seen.elapsed());
        stderr.line(&format!("{label}: {elapsed}{amount}{rows}{pace}"));
    });
    Task::new(Box::new(Lines {
        state,
        _ticker: ticker,
    }))
}

impl TaskSink for Lines {
    fn set_total(&self, total: u64) {
        self.state.set_total(total);
    }

    fn advance(&self, delta: u64) {
        self.state.advance(delta);
    }

    fn set_rows(&self, rows: u64) {
        self.state.set_rows(rows);
    }

    fn end(&self, _complete: bool) {}
}
