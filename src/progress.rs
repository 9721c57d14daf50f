//! How long work tells what it is doing, without knowing who listens.
//!
//! Domain code asks a [`Progress`] for a [`Task`] and advances it; `render/` owns the four sinks (bars, lines,
//! NDJSON, none). This module must not print and knows no terminal.

use std::sync::Arc;

/// What a task counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Steps of a plan.
    Steps,
    /// Table rows.
    Rows,
    /// Bytes.
    Bytes,
    /// Nothing that can be counted: only that it goes on.
    Unknown,
}

/// Where long work reports: tasks, notes and warnings.
pub trait Progress: Send + Sync {
    /// Starts a task; `total` is in `unit`s and may be set or corrected later.
    fn task(&self, label: &str, unit: Unit, total: Option<u64>) -> Task;

    /// Says something worth knowing; not shown with `--quiet`.
    fn note(&self, text: &str);

    /// Says something the user should act on; shown always.
    fn warn(&self, text: &str);
}

/// The receiving end of one task; implemented by the sinks.
pub trait TaskSink: Send + Sync {
    /// Sets or corrects the total.
    fn set_total(&self, total: u64);
    /// Adds to what is done.
    fn advance(&self, delta: u64);
    /// Says how many rows are done, where the task counts something else.
    fn set_rows(&self, _rows: u64) {}
    /// Ends the task; `complete` is false where the work was abandoned.
    fn end(&self, complete: bool);
}

/// One piece of long work. Dropping it without [`Task::finish`] means it was abandoned.
pub struct Task {
    sink: Option<Box<dyn TaskSink>>,
    whole: Option<Arc<Task>>,
}

impl Task {
    /// A task that reports to `sink`.
    pub fn new(sink: Box<dyn TaskSink>) -> Self {
        Self {
            sink: Some(sink),
            whole: None,
        }
    }

    /// A task that nobody watches.
    pub fn silent() -> Self {
        Self {
            sink: None,
            whole: None,
        }
    }

    /// Makes it a part of a larger task, which advances with it; both count the same.
    #[must_use]
    pub fn part_of(mut self, whole: &Arc<Self>) -> Self {
        self.whole = Some(Arc::clone(whole));
        self
    }

    /// Sets or corrects the total.
    pub fn set_total(&self, total: u64) {
        if let Some(sink) = &self.sink {
            sink.set_total(total);
        }
    }

    /// Adds to what is done.
    pub fn advance(&self, delta: u64) {
        if let Some(sink) = &self.sink {
            sink.advance(delta);
        }
        if let Some(whole) = &self.whole {
            whole.advance(delta);
        }
    }

    /// Says how many rows are done, where the task counts something else.
    pub fn set_rows(&self, rows: u64) {
        if let Some(sink) = &self.sink {
            sink.set_rows(rows);
        }
    }

    /// Ends the task as done.
    pub fn finish(mut self) {
        if let Some(sink) = self.sink.take() {
            sink.end(true);
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(sink) = self.sink.take() {
            sink.end(false);
        }
    }
}

/// A progress that tells nobody, for tests and for callers that have nobody to tell.
pub struct Silent;

impl Progress for Silent {
    fn task(&self, _label: &str, _unit: Unit, _total: Option<u64>) -> Task {
        Task::silent()
    }

    fn note(&self, _text: &str) {}

    fn warn(&self, _text: &str) {}
}
