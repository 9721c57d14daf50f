//! Progress for programs: one JSON object a line on stderr.
//!
//! `{"type":"progress","task":…,"done":…,"total":…,"unit":…,"elapsed":seconds,"state":"start|running|done|abandoned"}`,
//! and `"rows"` where rows are counted beside bytes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::ticker::{State, Ticker};
use crate::progress::{Task, TaskSink, Unit};
use crate::render::terminal::Stderr;

const INTERVAL: Duration = Duration::from_secs(1);

struct Events {
    line: Arc<dyn Fn(&str) + Send + Sync>,
    state: Arc<State>,
    _ticker: Ticker,
}

pub(super) fn task(stderr: &Stderr, label: &str, unit: Unit, total: Option<u64>) -> Task {
    let state = State::new(total);
    let (seen, stderr, label) = (Arc::clone(&state), stderr.clone(), label.to_owned());
    let line: Arc<dyn Fn(&str) + Send + Sync> = Arc::new(move |stage: &str| {
        let mut event = json!({
            "type": "progress", "task": label, "state": stage, "done": seen.done(), "total": seen.total(),
            "unit": unit, "elapsed": seen.elapsed().as_secs_f64(),
        });
        if let (Some(rows), Some(fields)) = (seen.rows(), event.as_object_mut()) {
            fields.insert("rows".to_owned(), rows.into());
        }
        stderr.line(&event.to_string());
    });
    line("start");
    let running = Arc::clone(&line);
    let ticker = Ticker::start(INTERVAL, move || running("running"));
    Task::new(Box::new(Events {
        line,
        state,
        _ticker: ticker,
    }))
}

pub(super) fn message(stderr: &Stderr, kind: &str, text: &str) {
    stderr.line(&json!({ "type": kind, "text": text }).to_string());
}

impl TaskSink for Events {
    fn set_total(&self, total: u64) {
        self.state.set_total(total);
    }

    fn advance(&self, delta: u64) {
        self.state.advance(delta);
    }

    fn set_rows(&self, rows: u64) {
        self.state.set_rows(rows);
    }

    fn end(&self, complete: bool) {
        (self.line)(if complete { "done" } else { "abandoned" });
    }
}
