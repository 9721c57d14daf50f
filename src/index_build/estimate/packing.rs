//! How HNSW elements fill pages: the loop of pgvector's `CreateGraphPages`, on lengths alone.
//!
//! An element's neighbours go onto its own page where both fit, else onto the next one. Levels are drawn from a
//! seeded generator, so the same question always has the same answer.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::{PAGE, aligned, real, whole};

/// What a page holds: without its header and the index's own eight bytes at the end.
pub(super) const USABLE: u64 = PAGE - 24 - 8;
/// The pointer to a tuple at the page's start.
const LINE_POINTER: u64 = 4;
/// The largest element with its neighbours on one page.
const TOGETHER: u64 = USABLE - LINE_POINTER;
/// An element without its value: type, level, version, ten row addresses, the neighbours' address, padding.
const ELEMENT_HEADER: u64 = 72;
/// More elements than these only repeat what these show.
const SIMULATED: u64 = 60_000;
/// Below so many elements chance shows, and several runs are averaged.
const FEW: u64 = 5_000;
const RUNS_OF_FEW: u64 = 100;

/// The bytes of an element whose value has so many.
pub(super) const fn element(datum: u64) -> u64 {
    aligned(ELEMENT_HEADER + datum)
}

/// The bytes of the neighbours of an element on this level.
pub(super) const fn neighbours(level: u64, m: u64) -> u64 {
    aligned(4 + 6 * (level + 2) * m)
}

/// How many elements of the lowest level share a page; none where an element and its neighbours need two.
pub(super) const fn per_page(datum: u64, m: u64) -> u64 {
    let both = element(datum) + neighbours(0, m);
    if both + LINE_POINTER > TOGETHER {
        0
    } else {
        USABLE / (both + 2 * LINE_POINTER)
    }
}

/// The index's bytes with so many different values.
pub(super) fn bytes(datum: u64, m: u64, elements: u64) -> u64 {
    let runs = if elements < FEW { RUNS_OF_FEW } else { 1 };
    let simulated = elements.min(SIMULATED);
    let filled: u64 = (0..runs).map(|seed| pages(datum, m, simulated, seed)).sum();
    let all = real(filled) / real(runs) * real(elements) / real(simulated.max(1));
    // The metapage, and the first page of elements, which an empty index has, too.
    (1 + whole(all.round())).max(2) * PAGE
}

/// How many pages behind the metapage so many elements fill.
fn pages(datum: u64, m: u64, elements: u64, seed: u64) -> u64 {
    let size = element(datum);
    let mut levels = Levels::new(m, seed);
    let (mut pages, mut free) = (1, USABLE);
    for _ in 0..elements {
        let links = neighbours(levels.draw(), m);
        let together = size + links + LINE_POINTER <= TOGETHER;
        let room = room(free);
        if room < size || (together && room < size + links + LINE_POINTER) {
            pages += 1;
            free = USABLE;
        }
        free -= size + LINE_POINTER;
        if self::room(free) < links {
            pages += 1;
            free = USABLE;
        }
        free -= links + LINE_POINTER;
    }
    pages
}

/// What a page says is free: it keeps room for the pointer.
const fn room(free: u64) -> u64 {
    free.saturating_sub(LINE_POINTER)
}

/// Levels as HNSW draws them: at least `l` with the probability `m^-l`.
struct Levels {
    random: ChaCha8Rng,
    thresholds: Vec<f64>,
}

impl Levels {
    fn new(m: u64, seed: u64) -> Self {
        // The neighbours of the highest level must fit on one page: (8192 - 24 - 8 - 4 - 4) / 6 addresses.
        let highest = (1_358 / m.max(2)).saturating_sub(2).min(63);
        let mut threshold = 1.0;
        let thresholds = (0..highest)
            .map(|_| {
                threshold /= real(m.max(2));
                threshold
            })
            .take_while(|&threshold| threshold > 1e-12)
            .collect();
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            thresholds,
        }
    }

    fn draw(&mut self) -> u64 {
        let uniform = real((self.random.next_u64() >> 11) + 1) / real(1 << 53);
        let level = self.thresholds.partition_point(|&threshold| uniform <= threshold);
        u64::try_from(level).unwrap_or_default()
    }
}
