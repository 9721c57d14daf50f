//! How much memory and how many processes a build gets, and why.
//!
//! A graph that fits into `maintenance_work_mem` is built several times faster than one that does not. A parallel
//! build takes all of it from shared memory before it begins, so it is given what the graph needs and not more. How
//! much a server can spare it does not say; `shared_buffers` is a quarter of its memory on Supabase, and a build may
//! take twice that, as long as half of `effective_cache_size` stays.

use serde::Serialize;

use super::estimate::{Layout, MIB};
use super::facts::Server;

/// What PostgreSQL wants for each process of a parallel build.
const PER_PROCESS: u64 = 32 * MIB;
/// Below so many rows one process is done before a second one has started.
const WORTH_WORKERS: u64 = 2_000;

/// What the user asks for instead of what would be chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    /// `maintenance_work_mem`, in bytes.
    pub memory: Option<u64>,
    /// `max_parallel_maintenance_workers`.
    pub workers: Option<u32>,
}

/// The settings of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// `maintenance_work_mem`, in bytes.
    pub memory: u64,
    /// `max_parallel_maintenance_workers`.
    pub workers: u32,
    /// The memory with which all of it is done in memory, where that can be said.
    pub needed: Option<u64>,
    /// The rows after which the graph no longer fits, where it does not.
    pub spills_after: Option<u64>,
    /// Whether more than one process was out of the question, because this pgvector's parallel builds do harm.
    pub is_unsafe_in_parallel: bool,
}

impl Settings {
    /// Chooses for a build over so many rows.
    pub fn choose(server: Server, layout: Option<Layout>, rows: u64, wishes: Wishes) -> Self {
        let size = |bytes: i64| u64::try_from(bytes).unwrap_or_default();
        let usual = size(server.maintenance_work_mem);
        let spare = (2 * size(server.shared_buffers)).min(size(server.effective_cache_size) / 2);
        let most = usual.max(spare);
        let allowed = server.maintenance_workers.min(server.parallel_workers);
        let mut workers = match wishes.workers {
            _ if !server.parallel_is_safe => 0,
            Some(workers) => workers,
            None if rows < WORTH_WORKERS => 0,
            None => u32::try_from(allowed).unwrap_or_default(),
        };
        let memory = |workers: u32| {
            let needed = layout.map(|layout| with_room(layout.memory(rows, workers > 0)));
            let wanted = match layout {
                // Less would end the build with an error.
                Some(Layout::Ivfflat(_)) => needed.unwrap_or(usual),
                _ => needed.unwrap_or(usual).min(most),
            };
            // All that a parallel build is given it takes at once, so it is not given more for being there.
            let least = if workers > 0 {
                most.min(PER_PROCESS * (u64::from(workers) + 1))
            } else {
                usual
            };
            wishes.memory.unwrap_or_else(|| wanted.max(least))
        };
        while workers > 0 && memory(workers) < PER_PROCESS * (u64::from(workers) + 1) {
            workers -= 1;
        }
        let memory = memory(workers).div_ceil(MIB) * MIB;
        Self {
            memory,
            workers,
            needed: layout.map(|layout| layout.memory(rows, workers > 0)),
            spills_after: layout.and_then(|layout| layout.spills_after(rows, memory, workers > 0)),
            is_unsafe_in_parallel: !server.parallel_is_safe,
        }
    }

    /// The same in one process.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { workers: 0, ..self }
    }

    /// The statements that make a session, or only its transaction, build so.
    pub(super) fn statements(self, lock_timeout: &str, is_local: bool) -> String {
        let set = if is_local { "set local" } else { "set" };
        [
            ("statement_timeout", "0".to_owned()),
            ("idle_session_timeout", "0".to_owned()),
            ("lock_timeout", lock_timeout.to_owned()),
            ("maintenance_work_mem", format!("{}kB", self.memory / 1024)),
            ("max_parallel_maintenance_workers", self.workers.to_string()),
            // Tables whose long values lie elsewhere look small, and would get no workers.
            ("min_parallel_table_scan_size", "0".to_owned()),
        ]
        .map(|(name, value)| format!("{set} {name} = '{value}'"))
        .join("; ")
            // Before 17 there is none.
            + &format!(
                "; select pg_catalog.set_config(s.name, '0', {is_local}) from pg_catalog.pg_settings s \
                 where s.name = 'transaction_timeout'"
            )
    }

    /// What was chosen, as a sentence without its end.
    pub fn describe(self) -> String {
        let memory = mebibytes(self.memory);
        let workers = match self.workers {
            0 if self.is_unsafe_in_parallel => {
                "one process, because the parallel builds of pgvector before 0.8.2 are not safe".to_owned()
            }
            0 => "one process".to_owned(),
            1 => "1 parallel worker".to_owned(),
            count => format!("{count} parallel workers"),
        };
        let why = match (self.needed, self.spills_after) {
            (Some(needed), Some(rows)) => format!(
                ": the build wants {}, so after about {rows} rows it goes on on disk, several times slower",
                mebibytes(needed)
            ),
            (Some(needed), None) => format!(": the build wants {}", mebibytes(needed)),
            (None, _) => String::new(),
        };
        format!("maintenance_work_mem {memory}, {workers}{why}")
    }
}

/// Statistics are a little old, usually.
fn with_room(bytes: u64) -> u64 {
    bytes + bytes / 5
}

fn mebibytes(bytes: u64) -> String {
    bytesize::ByteSize::b(bytes).display().iec().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_build::estimate::{Hnsw, Shape};
    use crate::vector::ElementType;

    const MICRO: Server = Server {
        maintenance_work_mem: 64 << 20,
        shared_buffers: 224 << 20,
        effective_cache_size: 384 << 20,
        maintenance_workers: 1,
        parallel_workers: 2,
        parallel_is_safe: true,
    };

    fn hnsw(dimensions: u32) -> Layout {
        Layout::Hnsw(Hnsw {
            shape: Shape {
                element: ElementType::Vector,
                dimensions,
            },
            m: 16,
        })
    }

    #[test]
    fn a_graph_that_fits_gets_what_it_needs() {
        let few = Settings::choose(MICRO, Some(hnsw(384)), 1_000, Wishes::default());
        assert_eq!((few.memory, few.workers, few.spills_after), (64 * MIB, 0, None));
        let some = Settings::choose(MICRO, Some(hnsw(1536)), 15_000, Wishes::default());
        assert!(
            some.memory > 110 * MIB && some.memory < 130 * MIB,
            "{}",
            some.memory / MIB
        );
        assert_eq!((some.workers, some.spills_after), (1, None));
    }

    #[test]
    fn a_graph_that_does_not_fit_gets_what_there_is_and_says_where_it_ends() {
        let many = Settings::choose(MICRO, Some(hnsw(1536)), 1_000_000, Wishes::default());
        assert_eq!((many.memory, many.workers), (192 * MIB, 1));
        let spills_after = many.spills_after.unwrap();
        assert!(spills_after > 28_000 && spills_after < 30_000, "{spills_after}");
        assert!(many.describe().contains("after about"), "{}", many.describe());
    }

    #[test]
    fn wishes_are_followed_and_workers_need_their_memory() {
        let wishes = Wishes {
            memory: Some(64 * MIB),
            workers: Some(3),
        };
        let wished = Settings::choose(MICRO, Some(hnsw(384)), 50_000, wishes);
        assert_eq!((wished.memory, wished.workers), (64 * MIB, 1));
        assert_eq!(wished.alone().workers, 0);
    }

    #[test]
    fn where_parallel_builds_do_harm_there_is_one_process() {
        let server = Server {
            parallel_is_safe: false,
            ..MICRO
        };
        let wishes = Wishes {
            memory: None,
            workers: Some(3),
        };
        let settings = Settings::choose(server, Some(hnsw(384)), 50_000, wishes);
        assert_eq!(settings.workers, 0);
        assert!(
            settings.describe().contains("not safe"),
            "{}",
            settings.describe()
        );
    }
}
