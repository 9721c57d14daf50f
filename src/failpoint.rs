//! Stages at which a test stops the program, to end it there. A release build has none of this.
//!
//! Whoever does long work says which stage it has reached; the edge, which reads the environment, says in a debug build
//! at which one to stop. There the program makes a file and stands until the file is gone. This module must not know
//! what a stage means.

/// Says that a stage is reached.
#[cfg(not(debug_assertions))]
pub async fn reach(_stage: &str) {}

/// Says that a stage is reached, on a thread that may wait.
#[cfg(not(debug_assertions))]
pub fn reach_blocking(_stage: &str) {}

#[cfg(debug_assertions)]
pub use armed::{arm, reach, reach_blocking};

#[cfg(debug_assertions)]
mod armed {
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    /// How often is looked whether the file is gone.
    const INTERVAL: Duration = Duration::from_millis(5);

    struct Stop {
        stage: String,
        /// How often the stage is passed before.
        passes: u32,
        /// How often it was reached.
        reached: AtomicU32,
        file: PathBuf,
    }

    static STOP: OnceLock<Stop> = OnceLock::new();

    /// Has this process stop once, at `stage`, or at `stage:3` when it has passed there three times.
    pub fn arm(place: &str, file: PathBuf) {
        let (stage, passes) = match place.split_once(':') {
            Some((stage, passes)) => (stage, passes.parse().unwrap_or(u32::MAX)),
            None => (place, 0),
        };
        STOP.get_or_init(|| Stop {
            stage: stage.to_owned(),
            passes,
            reached: AtomicU32::new(0),
            file,
        });
    }

    /// Says that a stage is reached.
    pub async fn reach(stage: &str) {
        let Some(file) = stop(stage) else { return };
        while file.exists() {
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Says that a stage is reached, on a thread that may wait.
    pub fn reach_blocking(stage: &str) {
        let Some(file) = stop(stage) else { return };
        while file.exists() {
            std::thread::sleep(INTERVAL);
        }
    }

    /// The file, where this is the place to stop.
    fn stop(stage: &str) -> Option<&'static Path> {
        let stop = STOP.get().filter(|stop| stop.stage == stage)?;
        if stop.reached.fetch_add(1, Ordering::Relaxed) != stop.passes {
            return None;
        }
        fs_err::write(&stop.file, stage).ok()?;
        Some(&stop.file)
    }
}
