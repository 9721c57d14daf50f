//! Diagnosis by `tracing`, on stderr, beside the bars. It is not how vecops talks to its user.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::terminal::Stderr;

impl<'a> MakeWriter<'a> for Stderr {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Starts logging: `VECOPS_LOG` (a filter such as `vecops=debug,sqlx=info`) wins over the count of `-v`.
pub fn start(stderr: &Stderr, verbosity: u8, filter: Option<&str>, color: bool) {
    let level = match verbosity {
        0 => "warn",
        1 => "vecops=info,warn",
        2 => "vecops=debug,info",
        _ => "vecops=trace,sqlx=debug,info",
    };
    // The names of targets are all that is filtered by: filters by spans and fields would bring a regular expression engine.
    let filter: Option<Targets> = filter.and_then(|filter| filter.parse().ok());
    let filter = filter.or_else(|| level.parse().ok()).unwrap_or_default();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(stderr.clone())
        .with_ansi(color)
        .without_time();
    // A second start in one process (tests) keeps the first; that is what is wanted.
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()
        .unwrap_or_default();
}
