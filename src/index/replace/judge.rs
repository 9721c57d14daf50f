//! Whether a new index is good enough to take the old one's name. Pure.

use serde::{Deserialize, Serialize};

/// What was measured of one index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many queries there were.
    pub queries: usize,
    /// How many neighbours each asked for.
    pub k: usize,
    /// The share of the exact neighbours that came.
    pub recall: f64,
    /// The lower end of its 95 % interval.
    pub recall_low: f64,
    /// The upper end.
    pub recall_high: f64,
    /// Half of the queries took at most so many milliseconds.
    pub p50_ms: f64,
    /// 95 of 100 took at most so many.
    pub p95_ms: f64,
    /// Pages that a query touched, in the mean.
    pub pages: f64,
}

/// What a new index must reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Criteria {
    /// The least recall, which the lower end of its interval must reach; without it, what the old index has.
    pub min_recall: Option<f64>,
    /// The most that the 95th percentile may be, in times the old one's.
    pub max_p95_ratio: Option<f64>,
}

impl Criteria {
    /// What speaks against the new index; nothing where it may take the name.
    pub fn against(&self, before: &Figures, after: &Figures) -> Vec<String> {
        let mut reasons = Vec::new();
        match self.min_recall {
            Some(least) if after.recall_low < least => reasons.push(format!(
                "recall@{} is {:.4} ({:.4} to {:.4} with {} queries), and {least} is wanted of the lower end",
                after.k, after.recall, after.recall_low, after.recall_high, after.queries
            )),
            None if after.recall_high < before.recall => reasons.push(format!(
                "recall@{} is {:.4} ({:.4} to {:.4} with {} queries), and the old index has {:.4}",
                after.k, after.recall, after.recall_low, after.recall_high, after.queries, before.recall
            )),
            _ => {}
        }
        if let Some(most) = self.max_p95_ratio
            && after.p95_ms > before.p95_ms * most
        {
            reasons.push(format!(
                "95 of 100 queries took {:.2} ms, {:.2} times the old index's {:.2} ms, and {most} is allowed",
                after.p95_ms,
                after.p95_ms / before.p95_ms,
                before.p95_ms
            ));
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(recall: f64, p95_ms: f64) -> Figures {
        Figures {
            queries: 100,
            k: 10,
            recall,
            recall_low: recall - 0.02,
            recall_high: recall + 0.02,
            p50_ms: p95_ms / 2.0,
            p95_ms,
            pages: 500.0,
        }
    }

    #[test]
    fn a_wanted_recall_is_held_against_the_lower_end() {
        let criteria = Criteria {
            min_recall: Some(0.95),
            max_p95_ratio: None,
        };
        assert!(
            criteria
                .against(&figures(0.5, 1.0), &figures(0.98, 9.0))
                .is_empty()
        );
        let reasons = criteria.against(&figures(0.5, 1.0), &figures(0.96, 1.0));
        assert!(reasons[0].contains("0.9400 to 0.9800"), "{reasons:?}");
    }

    #[test]
    fn without_a_wish_it_must_not_be_worse_than_the_old_one() {
        let criteria = Criteria::default();
        assert!(
            criteria
                .against(&figures(0.98, 1.0), &figures(0.97, 9.0))
                .is_empty()
        );
        assert_eq!(
            criteria.against(&figures(0.98, 1.0), &figures(0.90, 1.0)).len(),
            1
        );
    }

    #[test]
    fn slower_than_allowed_is_a_reason() {
        let criteria = Criteria {
            min_recall: Some(0.5),
            max_p95_ratio: Some(1.5),
        };
        assert!(
            criteria
                .against(&figures(0.9, 2.0), &figures(0.9, 2.9))
                .is_empty()
        );
        let reasons = criteria.against(&figures(0.9, 2.0), &figures(0.9, 4.0));
        assert!(reasons[0].contains("2.00 times"), "{reasons:?}");
    }
}
