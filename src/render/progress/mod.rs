//! The four sinks of [`Progress`]: bars on a terminal, lines elsewhere, NDJSON, none.

mod bars;
mod json;
mod lines;
mod ticker;

use std::sync::Arc;
use std::time::Duration;

use super::style::Role;
use super::terminal::Stderr;
use crate::progress::{Progress, Task, Unit};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Bars on a terminal, lines elsewhere.
    #[default]
    Auto,
    /// Bars, after the first 250 ms.
    Bar,
    /// A line every ten seconds.
    Line,
    /// One JSON object a line on stderr.
    Json,
    /// Nothing.
    None,
}

/// Where progress, notes and warnings go.
#[derive(Clone)]
pub struct Sink {
    mode: Mode,
    quiet: bool,
    color: bool,
    stderr: Stderr,
}

/// Makes the sink that a mode asks for; `quiet` silences progress and notes, never warnings.
pub fn sink(mode: Mode, quiet: bool, stderr: &Stderr, is_terminal: bool, color: bool) -> Arc<dyn Progress> {
    let mode = match mode {
        _ if quiet => Mode::None,
        Mode::Auto if is_terminal => Mode::Bar,
        Mode::Auto => Mode::Line,
        chosen => chosen,
    };
    Arc::new(Sink {
        mode,
        quiet,
        color,
        stderr: stderr.clone(),
    })
}

impl Progress for Sink {
    fn task(&self, label: &str, unit: Unit, total: Option<u64>) -> Task {
        match self.mode {
            Mode::Bar | Mode::Auto => bars::task(&self.stderr, label, unit, total),
            Mode::Line => lines::task(&self.stderr, label, unit, total),
            Mode::Json => json::task(&self.stderr, label, unit, total),
            Mode::None => Task::silent(),
        }
    }

    fn note(&self, text: &str) {
        match self.mode {
            _ if self.quiet => {}
            Mode::Json => json::message(&self.stderr, "note", text),
            _ => self.stderr.line(text),
        }
    }

    fn warn(&self, text: &str) {
        match self.mode {
            Mode::Json => json::message(&self.stderr, "warning", text),
            _ => self
                .stderr
                .line(&format!("{} {text}", Role::Warning.paint("warning:", self.color))),
        }
    }
}

/// How fast it goes, and how long the rest takes at that: `, 12 MiB/s, 40 s left`. A rate below one a second says nothing.
fn pace(unit: Unit, done: u64, total: Option<u64>, elapsed: Duration) -> String {
    use super::units::{bytes, count, duration};
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    if done == 0 || milliseconds == 0 || unit == Unit::Unknown {
        return String::new();
    }
    let rate = done.saturating_mul(1_000) / milliseconds;
    let rate = match unit {
        _ if rate == 0 => String::new(),
        Unit::Bytes => format!(", {}/s", bytes(rate)),
        _ => format!(", {}/s", count(rate)),
    };
    let left = total.and_then(|total| total.checked_sub(done)).map(|rest| {
        let rest = u128::from(rest) * u128::from(milliseconds) / u128::from(done);
        match u64::try_from(rest / 1_000).unwrap_or(u64::MAX) {
            seconds @ ..60 => format!(", {seconds} s left"),
            seconds => format!(", {} left", duration(Duration::from_secs(seconds))),
        }
    });
    rate + &left.unwrap_or_default()
}

/// How much is done, as words: `1,200 of 5,000 rows (24 %)`.
fn amount(unit: Unit, done: u64, total: Option<u64>) -> String {
    use super::units::{bytes, count};
    let show = |n| if unit == Unit::Bytes { bytes(n) } else { count(n) };
    let noun = match unit {
        Unit::Rows => " rows",
        Unit::Steps => " steps",
        Unit::Bytes | Unit::Unknown => "",
    };
    match total {
        Some(total) if total > 0 => {
            let percent = done.saturating_mul(100) / total;
            format!("{} of {}{noun} ({percent} %)", show(done), show(total))
        }
        _ => format!("{}{noun}", show(done)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_tells_the_rate_and_the_time_left() {
        let steps = pace(Unit::Steps, 2, Some(20), Duration::from_secs(10));
        assert_eq!(steps, ", 1 min 30 s left");
        let pace = |done, total| pace(Unit::Bytes, done, total, Duration::from_secs(10));
        assert_eq!(pace(10 << 20, Some(40 << 20)), ", 1.0 MiB/s, 30 s left");
        assert_eq!(pace(10 << 20, None), ", 1.0 MiB/s");
        assert_eq!(pace(0, Some(7)), "");
    }
}
