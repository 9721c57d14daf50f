//! Progress on a terminal: a bar that appears after 250 ms, so that quick work leaves no flicker.

use std::sync::Once;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ticker::Ticker;
use crate::progress::{Task, TaskSink, Unit};
use crate::render::terminal::Stderr;
use crate::render::units;

const DELAY: Duration = Duration::from_millis(250);
const FRAME: Duration = Duration::from_millis(100);

struct Bar {
    bar: ProgressBar,
    _ticker: Ticker,
}

pub(super) fn task(stderr: &Stderr, label: &str, unit: Unit, total: Option<u64>) -> Task {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
    bar.set_style(style(unit, total));
    bar.set_message(label.to_owned());
    let (shown, bars, appear) = (bar.clone(), stderr.bars().clone(), Once::new());
    let ticker = Ticker::start(DELAY, move || {
        appear.call_once(|| {
            bars.add(shown.clone());
            shown.enable_steady_tick(FRAME);
        });
    });
    Task::new(Box::new(Bar { bar, _ticker: ticker }))
}

fn style(unit: Unit, total: Option<u64>) -> ProgressStyle {
    let template = match (unit, total) {
        (Unit::Bytes, Some(_)) => {
            "{msg}{prefix}  {wide_bar}  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left"
        }
        (Unit::Bytes, None) => "{spinner} {msg}{prefix}  {bytes}  {bytes_per_sec}  {elapsed}",
        (Unit::Rows | Unit::Steps, Some(_)) => {
            "{msg}  {wide_bar}  {human_pos} of {human_len}  {per_sec}  {eta} left"
        }
        (Unit::Rows | Unit::Steps, None) => "{spinner} {msg}  {human_pos}  {per_sec}  {elapsed}",
        (Unit::Unknown, _) => "{spinner} {msg}  {elapsed}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl TaskSink for Bar {
    fn set_total(&self, total: u64) {
        self.bar.set_length(total);
    }

    fn advance(&self, delta: u64) {
        self.bar.inc(delta);
    }

    fn set_rows(&self, rows: u64) {
        self.bar
            .set_prefix(format!("  {}", units::plural(rows, "row", "rows")));
    }

    fn end(&self, _complete: bool) {
        self.bar.finish_and_clear();
    }
}
