//! When a request is tried again: after what the provider asks for, else after a time that doubles, with jitter.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use ureq::http::HeaderMap;

/// The longest wait that a provider may ask for; beyond, the load ends and says so.
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// The waits between so many tries.
pub(super) fn waits(retries: usize) -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_delay(Duration::from_secs(30))
        .with_max_times(retries)
        .with_jitter()
        .build()
}

/// How long the provider asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
pub(super) fn asked(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let seconds = |text: &str| {
        text.parse::<f64>()
            .ok()
            .and_then(|value| Duration::try_from_secs_f64(value).ok())
    };
    if let Some(wait) = header("retry-after-ms").and_then(seconds) {
        return Some(wait / 1_000);
    }
    let text = header("retry-after")?;
    seconds(text).or_else(|| {
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.as_second()).ok()?);
        Some(at.duration_since(now).unwrap_or_default())
    })
}

/// A time until which nobody asks: what one request was told holds for all that are under way.
#[derive(Debug, Default)]
pub(super) struct Pause(Mutex<Option<Instant>>);

impl Pause {
    /// Nobody asks before this time is over.
    pub(super) fn extend(&self, wait: Duration) {
        let until = Instant::now() + wait;
        if let Ok(mut paused) = self.0.lock() {
            *paused = (*paused).max(Some(until));
        }
    }

    /// Returns when it is over.
    pub(super) fn wait(&self) {
        loop {
            let until = self.0.lock().ok().and_then(|paused| *paused);
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            match left {
                Some(left) if !left.is_zero() => std::thread::sleep(left),
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(name: &'static str, value: &str) -> Option<u128> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        // 1994-11-06 08:49:37 UTC
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        asked(&headers, now).map(|wait| wait.as_millis())
    }

    #[test]
    fn a_wait_is_read_in_all_its_forms() {
        assert_eq!(asks("retry-after", "20"), Some(20_000));
        assert_eq!(asks("retry-after", "0.5"), Some(500));
        assert_eq!(asks("retry-after-ms", "250"), Some(250));
        assert_eq!(asks("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"), Some(10_000));
        assert_eq!(asks("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT"), Some(0));
        assert_eq!(asks("retry-after", "soon"), None);
        assert_eq!(asks("retry-after", "-1"), None);
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<Duration> = waits(6).collect();
        assert_eq!(waits.len(), 6);
        let bounds = |wait: &Duration, least: u64| {
            let least = Duration::from_millis(least);
            *wait >= least && *wait <= least * 2
        };
        assert!(bounds(&waits[0], 500) && bounds(&waits[5], 16_000), "{waits:?}");
    }
}
