//! Waiting for a state, with a deadline.

use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_mins(1);
const INTERVAL: Duration = Duration::from_millis(10);

/// Waits until something is so; a test that waits a minute in vain has failed.
pub(crate) async fn wait_until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < DEADLINE, "waited a minute in vain: {what}");
        tokio::time::sleep(INTERVAL).await;
    }
}
