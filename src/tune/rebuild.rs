//! Level `rebuild`: candidates tried on samples of growing size, and what those that stay will do on all rows.

use serde::Serialize;

use super::candidate::{Candidate, Column};
use super::choice::conclude;
use super::graphs::{Graphs, Level};
use super::growth::{Forecast, Samples, pages, pages_at};
use super::halving::{Standing, count_at, keep, score};
use super::law::{Law, assured_mean};
use super::{Observation, Seen, real};
use crate::error::Result;
use crate::progress::{Progress, Unit};
use crate::vector::recall;

/// Building grows with the rows by at least this power, and at most by that one.
const BUILD_EXPONENTS: (f64, f64) = (1.0, 1.6);

/// A candidate with what formulas say of it on all rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Priced {
    /// The candidate.
    pub candidate: Candidate,
    /// Its size over all rows.
    pub bytes: u64,
    /// The memory that its build takes over all rows.
    pub memory: u64,
    /// Whether it is the index that is there.
    pub is_today: bool,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// The recall.
    pub recall: f64,
    /// Over so many neighbours.
    pub k: u32,
    /// All rows.
    pub rows: u64,
    /// The largest index.
    pub most_bytes: Option<u64>,
    /// The most memory of a build.
    pub most_memory: Option<u64>,
    /// The most milliseconds of a query, by the upper end of the estimate.
    pub p95_ms: Option<f64>,
    /// `hnsw.ef_search` as it is today.
    pub ef_today: u16,
    /// Draws the queries of the bootstrap.
    pub seed: u64,
}

/// Why a candidate is not among the last ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dropped {
    /// What it was.
    pub label: String,
    /// On how many rows it was tried; none where formulas were enough.
    pub rows: Option<u64>,
    /// Why it was dropped.
    pub reason: String,
}

/// A candidate that was tried on every sample, or an index under an `ef_search`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What it is, for a person.
    pub label: String,
    /// The index.
    #[serde(flatten)]
    pub priced: Priced,
    /// What it will do: with the smallest `ef_search` that is sure to reach the target, or with the largest there is.
    pub forecast: Option<Forecast>,
    /// The same around that `ef_search`, below and above.
    pub curve: Vec<Forecast>,
    /// What was seen on the samples, the smallest first.
    pub seen: Vec<SeenOn>,
    /// Seconds of building over all rows on the machine that tuned: from, to.
    pub build_seconds: (f64, f64),
    /// Pages, size and building as one number; less is better.
    pub score: Option<f64>,
    /// Whether no other row that reaches the target is better in pages, size and building at once.
    pub is_best_of_its_kind: bool,
    /// Why it cannot be the pick.
    pub refused: Option<String>,
}

/// What was seen of a candidate on a sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenOn {
    /// The rows of the sample.
    pub rows: u64,
    /// What was measured there, the smallest `ef_search` first.
    pub measured: Vec<Seen>,
}

/// How forecasts fared where the truth was known: what the smaller samples said of the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// How many forecasts there were.
    pub forecasts: usize,
    /// In how many the recall lay inside the interval.
    pub inside: usize,
}

/// What trying gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// The index that is there as it is, where there is one, then the last candidates, the best first.
    #[serde(rename = "indexes")]
    pub rows: Vec<Row>,
    /// The place of the pick; none where nothing reaches the target.
    pub pick: Option<usize>,
    /// Those that fell behind.
    pub dropped: Vec<Dropped>,
    /// What the smaller samples said of the largest; none with fewer than three samples.
    pub left_out: Option<LeftOut>,
    /// How many graphs were built.
    pub builds: usize,
    /// How long all builds took together.
    pub build_seconds: f64,
}

/// A candidate under way.
pub(super) struct Runner {
    pub(super) priced: Priced,
    pub(super) samples: Samples,
    pub(super) builds: Vec<(u64, f64)>,
    law: Option<Law>,
    score: Option<f64>,
}

/// Leaves out what formulas rule out: too large, too much memory, or an m below the usual one that saves no page.
pub fn drop_by_formula(all: &[Priced], wanted: &Wanted, column: &Column) -> (Vec<Priced>, Vec<Dropped>) {
    let mut kept = Vec::new();
    let mut dropped = Vec::new();
    for priced in all {
        let larger = all.iter().find(|other| {
            let (one, other) = (priced.candidate, other.candidate);
            (one.stored, one.ef_construction) == (other.stored, other.ef_construction)
                && one.m < 16
                && other.m == 16
        });
        let reason = if wanted.most_bytes.is_some_and(|most| priced.bytes > most) {
            Some("it would be larger than allowed".to_owned())
        } else if wanted.most_memory.is_some_and(|most| priced.memory > most) {
            Some("its build would take more memory than allowed".to_owned())
        } else if larger.is_some_and(|larger| larger.bytes <= priced.bytes + priced.bytes / 50) {
            Some("m = 16 takes no more disk".to_owned())
        } else {
            None
        };
        match reason.filter(|_| !priced.is_today) {
            None => kept.push(*priced),
            Some(reason) => dropped.push(Dropped {
                label: priced.candidate.label(column),
                rows: None,
                reason,
            }),
        }
    }
    (kept, dropped)
}

/// Tries candidates on every level, the smallest first, and says what the last ones will do on all rows.
pub async fn try_candidates(
    graphs: &mut impl Graphs,
    levels: &[Level],
    candidates: Vec<Priced>,
    column: &Column,
    wanted: &Wanted,
    progress: &dyn Progress,
) -> Result<Tried> {
    let mut dropped = Vec::new();
    let (mut builds, mut build_seconds) = (0, 0.0);
    let began = candidates.len();
    let mut runners: Vec<Runner> = candidates
        .into_iter()
        .map(|priced| Runner::new(priced, wanted))
        .collect();
    for ((place, level), next) in levels.iter().enumerate().zip(1..) {
        let task = progress.task(
            &format!("try {} indexes on {} rows", runners.len(), level.rows),
            Unit::Steps,
            Some(runners.len() as u64),
        );
        for runner in &mut runners {
            build_seconds += runner.run(graphs, place, level, wanted).await?;
            builds += 1;
            task.advance(1);
        }
        task.finish();
        if place + 1 < levels.len() {
            let standings: Vec<Standing> = runners.iter().map(Runner::standing).collect();
            let kept = keep(&standings, count_at(next, began));
            let mut number = 0;
            runners.retain(|runner| {
                let stays = kept.contains(&number);
                number += 1;
                if !stays {
                    dropped.push(runner.dropped(column, level.rows));
                }
                stays
            });
        }
    }
    Ok(Tried {
        builds,
        build_seconds,
        ..conclude(&runners, dropped, column, wanted)
    })
}

impl Runner {
    fn new(priced: Priced, wanted: &Wanted) -> Self {
        Self {
            priced,
            samples: Samples {
                levels: Vec::new(),
                k: usize::try_from(wanted.k).unwrap_or(usize::MAX),
            },
            builds: Vec::new(),
            law: None,
            score: None,
        }
    }

    /// Builds it, asks it at two values around the one that is expected, then at the one that they lead to; returns the
    /// seconds of the build.
    async fn run(
        &mut self,
        graphs: &mut impl Graphs,
        place: usize,
        level: &Level,
        wanted: &Wanted,
    ) -> Result<f64> {
        let candidate = self.priced.candidate;
        let built = graphs.build(place, &candidate).await?;
        self.builds.push((level.rows, built.seconds));
        let least = f64::from(wanted.k.max(1)).min(1_000.0);
        let mut seen: Vec<Observation> = Vec::new();
        let expected = self.needed(wanted).unwrap_or((least * 4.0).max(40.0));
        // Two at least, or nothing would say what more candidates give and cost.
        let above = (expected * 1.7).max(least * 1.7);
        let mut efs = vec![whole(expected * 0.6, least), whole(above, least)];
        if self.priced.is_today {
            efs.push(whole(f64::from(wanted.ef_today), least));
        }
        for ef in efs {
            self.ask(graphs, place, level, ef, wanted, &mut seen).await?;
        }
        self.law = self.fit(&seen);
        let needed = self.needed(wanted).unwrap_or(1_000.0);
        self.ask(graphs, place, level, whole(needed, least), wanted, &mut seen)
            .await?;
        self.law = self.fit(&seen);
        self.score = self.needed(wanted).filter(|ef| *ef <= 1_000.0).map(|ef| {
            #[expect(clippy::cast_precision_loss, reason = "a size")]
            let bytes = self.priced.bytes as f64;
            score(pages_at(&pages(&seen), ef), bytes, built.seconds)
        });
        seen.sort_by_key(|one| one.ef_search);
        self.samples.levels.push((level.rows, seen));
        graphs.discard(place).await?;
        Ok(built.seconds)
    }

    async fn ask(
        &self,
        graphs: &mut impl Graphs,
        place: usize,
        level: &Level,
        ef_search: u16,
        wanted: &Wanted,
        seen: &mut Vec<Observation>,
    ) -> Result<()> {
        if seen.iter().any(|one| one.ef_search == ef_search) {
            return Ok(());
        }
        let answers = graphs
            .ask(place, &self.priced.candidate, ef_search, wanted.k)
            .await?;
        let recalls = level
            .exact
            .iter()
            .zip(&answers.found)
            .filter_map(|(exact, keys)| {
                let found: Vec<(String, f64)> = keys.iter().map(|key| (key.clone(), 0.0)).collect();
                recall::of_query(exact, &found)
            });
        seen.push(Observation {
            ef_search,
            recalls: recalls.collect(),
            pages: answers.pages,
            p50_ms: answers.milliseconds,
            p95_ms: answers.milliseconds,
            indexed_share: 1.0,
        });
        Ok(())
    }

    fn fit(&self, seen: &[Observation]) -> Option<Law> {
        let k = self.samples.k;
        let points: Vec<_> = seen
            .iter()
            .filter_map(|one| Some((f64::from(one.ef_search), one.log_miss(k)?)))
            .collect();
        Law::fit(&points)
    }

    /// The `ef_search` that surely reaches the target on the sample that was seen last, by the law.
    pub(super) fn needed(&self, wanted: &Wanted) -> Option<f64> {
        let queries = self
            .samples
            .levels
            .last()
            .and_then(|(_, seen)| seen.first())
            .map_or(300, |one| one.recalls.len());
        let rows = real(queries) * real(self.samples.k) / 2.4;
        let miss = 1.0 - assured_mean(wanted.recall, rows);
        self.law.map(|law| law.ef_for(miss.max(1e-6)))
    }

    fn standing(&self) -> Standing {
        Standing {
            score: self.score,
            is_protected: self.priced.is_today,
        }
    }

    fn dropped(&self, column: &Column, rows: u64) -> Dropped {
        let reason = match self.score {
            Some(_) => "others take fewer pages for their size",
            None => "no ef_search reaches the target",
        };
        Dropped {
            label: self.priced.candidate.label(column),
            rows: Some(rows),
            reason: reason.to_owned(),
        }
    }

    /// Seconds of building over all rows, as the samples grew.
    pub(super) fn build_seconds(&self, rows: u64) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
        let number = |rows: u64| rows.max(1) as f64;
        let Some((last, seconds)) = self.builds.last().copied() else {
            return (0.0, 0.0);
        };
        let exponent = match self.builds.first().copied() {
            Some((first, at_first)) if first < last => {
                (seconds / at_first.max(1e-3)).ln() / (number(last) / number(first)).ln()
            }
            _ => BUILD_EXPONENTS.0,
        };
        let exponent = exponent.clamp(BUILD_EXPONENTS.0, BUILD_EXPONENTS.1);
        let whole = seconds * (number(rows) / number(last)).powf(exponent);
        if rows == last {
            (whole * 0.9, whole * 1.1)
        } else {
            (whole * 0.7, whole * 1.5)
        }
    }
}

fn whole(ef: f64, least: f64) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    let ef = ef.ceil().clamp(least, 1_000.0) as u16;
    ef
}
