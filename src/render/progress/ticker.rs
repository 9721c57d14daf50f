//! A background thread that looks at a running task from time to time, until it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How far a task is; read by the ticker, written by the work.
#[derive(Debug)]
pub(super) struct State {
    done: AtomicU64,
    /// The total, or `u64::MAX` where it is not known.
    total: AtomicU64,
    /// The rows done, or `u64::MAX` where nobody counts them beside.
    rows: AtomicU64,
    started: Instant,
}

impl State {
    pub(super) fn new(total: Option<u64>) -> Arc<Self> {
        let total = AtomicU64::new(total.unwrap_or(u64::MAX));
        Arc::new(Self {
            done: AtomicU64::new(0),
            total,
            rows: AtomicU64::new(u64::MAX),
            started: Instant::now(),
        })
    }

    pub(super) fn advance(&self, delta: u64) {
        self.done.fetch_add(delta, Ordering::Relaxed);
    }

    pub(super) fn set_total(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    pub(super) fn set_rows(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }

    pub(super) fn rows(&self) -> Option<u64> {
        Some(self.rows.load(Ordering::Relaxed)).filter(|&rows| rows != u64::MAX)
    }

    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    pub(super) fn total(&self) -> Option<u64> {
        Some(self.total.load(Ordering::Relaxed)).filter(|&total| total != u64::MAX)
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Calls `tick` every `interval` until stopped.
pub(super) struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(super) fn start(interval: Duration, mut tick: impl FnMut() + Send + 'static) -> Self {
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::spawn(move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                tick();
            }
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A tick that panicked has nothing more to say.
            thread.join().unwrap_or_default();
        }
    }
}
