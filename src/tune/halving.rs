//! Which candidates go on to a larger sample: the better half, and those that are close behind. Pure.

/// How much worse than the last one kept a candidate may be and still go on: ranks on small samples are rough.
const CLOSE: f64 = 1.15;

/// So many go on to every sample, even where half would be fewer.
const FEW: usize = 3;

/// A candidate as halving sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// What it costs to reach the target, by [`score`]; none where it does not reach it.
    pub score: Option<f64>,
    /// Whether it goes on whatever it costs, as the index that is there does.
    pub is_protected: bool,
}

/// One number for pages a query, bytes on disk and seconds of building: half the size is worth 1.19 times the pages, half
/// the building 1.04 times.
pub fn score(pages: f64, bytes: f64, build_seconds: f64) -> f64 {
    pages * bytes.powf(0.25) * build_seconds.max(1e-3).powf(0.05)
}

/// So many go on to the sample at `place` (the second is 1) of those that began: half as many as to the one before, so that
/// every sample costs about the same, but at least three.
pub fn count_at(place: u32, began: usize) -> usize {
    let halves = 1_usize.checked_shl(place).unwrap_or(usize::MAX);
    began.div_ceil(halves).max(FEW)
}

/// The places of those that go on, in their order: the best `count`, those that are close behind, and those protected.
pub fn keep(standings: &[Standing], count: usize) -> Vec<usize> {
    let mut scores: Vec<f64> = standings.iter().filter_map(|one| one.score).collect();
    scores.sort_by(f64::total_cmp);
    let count = count.min(scores.len());
    let cut = count
        .checked_sub(1)
        .and_then(|last| scores.get(last))
        .map_or(f64::INFINITY, |score| score * CLOSE);
    let most = count + count.div_ceil(4);
    let mut kept: Vec<usize> = (0..standings.len())
        .filter(|at| {
            let standing = standings.get(*at);
            standing.is_some_and(|one| one.is_protected || one.score.is_some_and(|score| score <= cut))
        })
        .collect();
    // Many equals are no reason to build them all.
    if kept.len() > most {
        let score = |at: &usize| {
            standings
                .get(*at)
                .and_then(|one| one.score)
                .unwrap_or(f64::INFINITY)
        };
        kept.sort_by(|one, other| score(one).total_cmp(&score(other)));
        let is_protected = |at: &usize| standings.get(*at).is_some_and(|one| one.is_protected);
        let mut place = 0;
        kept.retain(|at| {
            place += 1;
            place <= most || is_protected(at)
        });
        kept.sort_unstable();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(score: f64) -> Standing {
        Standing {
            score: Some(score),
            is_protected: false,
        }
    }

    #[test]
    fn the_better_half_goes_on_with_those_close_behind_and_those_protected() {
        let mut standings: Vec<Standing> = [5.0, 1.0, 2.0, 9.0, 2.2, 30.0].map(standing).to_vec();
        standings[5].is_protected = true;
        standings.push(Standing {
            score: None,
            is_protected: false,
        });
        assert_eq!(keep(&standings, 3), [1, 2, 4, 5]);
        assert_eq!(keep(&standings, 2), [1, 2, 4, 5]);
        assert_eq!(keep(&standings, 5), [0, 1, 2, 3, 4, 5]);
        assert_eq!(keep(&[], 4), [0_usize; 0]);
        let equal = vec![standing(1.0); 20];
        assert_eq!(keep(&equal, 10).len(), 13);
    }

    #[test]
    fn every_sample_takes_half_of_the_last_but_a_few_always() {
        assert_eq!([1, 2, 3].map(|place| count_at(place, 24)), [12, 6, 3]);
        assert_eq!([1, 2, 3].map(|place| count_at(place, 8)), [4, 3, 3]);
        assert_eq!(count_at(99, 8), 3);
    }

    /// Pages at the target follow `base * n^growth`: whatever the curves, who wins on all rows is never dropped on a
    /// sample, as long as curves do not cross by more than `CLOSE` between them.
    #[test]
    fn the_winner_is_never_dropped_on_known_curves() {
        for seed in 0..200_u32 {
            let part = |of: u32, modulus: u32| {
                f64::from((seed * 7_919 + of * 104_729) % modulus) / f64::from(modulus)
            };
            let curves: Vec<(f64, f64)> = (0..24)
                .map(|of| (100.0 + 400.0 * part(of, 101), 0.25 + 0.05 * part(of, 37)))
                .collect();
            let pages = |rows: f64, curve: &(f64, f64)| curve.0 * (rows / 16_000.0).powf(curve.1);
            let winner = (0..24)
                .min_by(|one, other| {
                    pages(256_000.0, &curves[*one]).total_cmp(&pages(256_000.0, &curves[*other]))
                })
                .unwrap();
            let mut left: Vec<usize> = (0..24).collect();
            for (place, rows) in [(1, 16_000.0), (2, 32_000.0)] {
                let standings: Vec<Standing> = left
                    .iter()
                    .map(|at| standing(pages(rows, &curves[*at])))
                    .collect();
                let kept = keep(&standings, count_at(place, 24));
                left = kept.into_iter().map(|place| left[place]).collect();
            }
            assert!(left.contains(&winner), "seed {seed}");
            assert!(left.len() <= 8);
        }
    }
}
