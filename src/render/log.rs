//! Diagnosis by `tracing`, on stderr, beside the bars. It is not how vecops talks to its user.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

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
    let filter = EnvFilter::new(filter.unwrap_or(level));
    // A second start in one process (tests) keeps the first; that is what is wanted.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr.clone())
        .with_ansi(color)
        .without_time()
        .try_init()
        .unwrap_or_default();
}
