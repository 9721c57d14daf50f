//! What a query keeps: its nearest so far, and all that are exactly as far away as the last of them.

/// How many beyond those asked for are kept where many are equally far away.
const MOST_TIES: usize = 1_000;

/// One neighbour.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// The row's key as text.
    pub key: String,
    /// Its distance by the metric.
    pub distance: f64,
}

/// The exact neighbours of a query, the nearest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Exact {
    /// As many as were asked for (fewer where there are no more), and behind them all that are as far away as the last.
    pub neighbours: Vec<Neighbour>,
    /// How many were asked for.
    pub count: usize,
    /// Whether so many are as far away as the last that some were left out.
    pub ties_cut: bool,
}

impl Exact {
    /// The distance of the last of those asked for; a row that is no farther away is one of them.
    pub fn farthest(&self) -> Option<f64> {
        let last = self.count.min(self.neighbours.len()).checked_sub(1)?;
        self.neighbours.get(last).map(|neighbour| neighbour.distance)
    }

    /// The neighbours of a smaller count.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let mut first = Self {
            count: count.min(self.count),
            ..self.clone()
        };
        if let Some(farthest) = first.farthest() {
            first
                .neighbours
                .retain(|neighbour| neighbour.distance <= farthest);
        }
        first.ties_cut &= first.neighbours.len() == self.neighbours.len();
        first
    }
}

#[derive(Debug)]
pub(super) struct Nearest {
    count: usize,
    kept: Vec<Neighbour>,
    ties_cut: bool,
}

impl Nearest {
    pub(super) fn new(count: usize) -> Self {
        Self {
            count: count.max(1),
            kept: Vec::new(),
            ties_cut: false,
        }
    }

    /// How many are asked for.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// What is farther away than this is no neighbour.
    pub(super) fn bound(&self) -> f64 {
        self.kept
            .get(self.count - 1)
            .map_or(f64::INFINITY, |last| last.distance)
    }

    /// Keeps the vector where it is near enough; one without a distance never is.
    pub(super) fn offer(&mut self, distance: f64, key: impl FnOnce() -> String) {
        if distance.is_nan() || distance > self.bound() {
            return;
        }
        let at = self.kept.partition_point(|kept| kept.distance <= distance);
        if at >= self.count + MOST_TIES {
            self.ties_cut = true;
            return;
        }
        let key = key();
        self.kept.insert(at, Neighbour { key, distance });
        let bound = self.bound();
        let kept = self.kept.partition_point(|kept| kept.distance <= bound);
        if kept < self.kept.len() {
            // What falls out now was a tie of a bound that is no longer one.
            self.ties_cut &= kept > self.count;
            self.kept.truncate(kept);
        }
        if self.kept.len() > self.count + MOST_TIES {
            self.ties_cut = true;
            self.kept.truncate(self.count + MOST_TIES);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        let (before, cut) = (other.bound(), other.ties_cut);
        for neighbour in other.kept {
            let Neighbour { key, distance } = neighbour;
            self.offer(distance, || key);
        }
        // Ties that the other left out matter only where its bound is still the bound.
        self.ties_cut |= cut && self.bound() >= before;
    }

    pub(super) fn finish(mut self) -> Exact {
        // Which of equally near rows came first depends on the threads; their keys do not.
        self.kept.sort_by(|one, other| {
            one.distance
                .total_cmp(&other.distance)
                .then_with(|| one.key.cmp(&other.key))
        });
        Exact {
            neighbours: self.kept,
            count: self.count,
            ties_cut: self.ties_cut,
        }
    }
}
