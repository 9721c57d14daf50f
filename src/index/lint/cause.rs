//! Why an index is not used, or not as it should be: every cause with its name, and what a lint reports.

use serde::Serialize;

/// A cause. Its name in reports and in `docs/indexes.md` is the variant in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// No vector index is on the column.
    NoIndex,
    /// The only index that would serve is invalid.
    InvalidIndex,
    /// The farthest rows are asked for.
    DescendingOrder,
    /// The rows are sorted by something made of the distance.
    WrappedDistance,
    /// The distance is a function's call instead of the operator.
    DistanceFunction,
    /// Something else is sorted by first.
    OtherKeyFirst,
    /// The index is of another metric.
    MetricMismatch,
    /// The index holds another expression than the query compares.
    ExpressionMismatch,
    /// A partial index does not hold all rows that the query may return.
    PartialIndex,
    /// The query has no LIMIT.
    MissingLimit,
    /// The LIMIT is NULL, or can be.
    LimitNull,
    /// The query filters by distance and does not order by it.
    DistanceThreshold,
    /// Distances are computed and not ordered by.
    NotOrdered,
    /// The distance is computed in one query and ordered by in another.
    OrderedOutside,
    /// Both sides of the distance change from row to row.
    NoConstant,
    /// A join is sorted as a whole.
    JoinBeforeLimit,
    /// Rows are grouped, numbered or made distinct before they are ordered.
    Grouped,
    /// A setting forbids index scans.
    ScanDisabled,
    /// The planner thinks that reading every row is cheaper.
    PlannerFlip,
    /// The plan that does not know the parameters does not use the index.
    UnknownParameter,
    /// An index on the filter is used, and the rows that it finds are sorted.
    FilterIndex,
    /// The query vector has other dimensions than the column.
    DimensionsDiffer,
    /// The planner has no statistics.
    StatisticsMissing,
    /// An index scan returns fewer rows than the LIMIT asks for.
    EfBelowLimit,
    /// A filter leaves fewer rows of the index scan than the LIMIT asks for.
    FilterStarvation,
    /// A somewhat larger `ef_search` would turn the index off.
    FlipNear,
    /// None of these.
    Unexplained,
}

/// What is wrong with a query, or nearly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The cause.
    pub cause: Cause,
    /// Whether it keeps the index from being used or the query from running; otherwise it is a warning.
    pub is_blocking: bool,
    /// What happens, as a sentence.
    pub explanation: String,
    /// The part of the plan, or the fact, that shows it.
    pub evidence: Option<String>,
    /// What to do: sentences, commands and statements.
    pub fixes: Vec<String>,
    /// Where it is explained.
    pub link: String,
}

/// A query put in other words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The text. Its plan uses a vector index, which was checked.
    pub text: String,
    /// The index that its plan uses.
    pub index: String,
    /// How its result differs, or may; empty where it is the same up to the index's recall.
    pub differences: Vec<String>,
}

impl Cause {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoIndex => "no-index",
            Self::InvalidIndex => "invalid-index",
            Self::DescendingOrder => "descending-order",
            Self::WrappedDistance => "wrapped-distance",
            Self::DistanceFunction => "distance-function",
            Self::OtherKeyFirst => "other-key-first",
            Self::MetricMismatch => "metric-mismatch",
            Self::ExpressionMismatch => "expression-mismatch",
            Self::PartialIndex => "partial-index",
            Self::MissingLimit => "missing-limit",
            Self::LimitNull => "limit-null",
            Self::DistanceThreshold => "distance-threshold",
            Self::NotOrdered => "not-ordered",
            Self::OrderedOutside => "ordered-outside",
            Self::NoConstant => "no-constant",
            Self::JoinBeforeLimit => "join-before-limit",
            Self::Grouped => "grouped",
            Self::ScanDisabled => "scan-disabled",
            Self::PlannerFlip => "planner-flip",
            Self::UnknownParameter => "unknown-parameter",
            Self::FilterIndex => "filter-index",
            Self::DimensionsDiffer => "dimensions-differ",
            Self::StatisticsMissing => "statistics-missing",
            Self::EfBelowLimit => "ef-below-limit",
            Self::FilterStarvation => "filter-starvation",
            Self::FlipNear => "flip-near",
            Self::Unexplained => "unexplained",
        }
    }

    /// A finding that says why the index is not used.
    pub(super) fn blocks(self, explanation: impl Into<String>) -> Finding {
        Finding {
            cause: self,
            is_blocking: true,
            explanation: explanation.into(),
            evidence: None,
            fixes: Vec::new(),
            link: format!("docs/indexes.md#{}", self.name()),
        }
    }

    /// A finding about a query that uses an index, or about something beside the point.
    pub(super) fn warns(self, explanation: impl Into<String>) -> Finding {
        Finding {
            is_blocking: false,
            ..self.blocks(explanation)
        }
    }
}

impl Finding {
    pub(super) fn evidence(mut self, evidence: impl AsRef<str>) -> Self {
        self.evidence = Some(shortened(evidence.as_ref()));
        self
    }

    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fixes.push(fix.into());
        self
    }
}

/// A part of a plan without the vectors in it.
pub(super) fn shortened(text: &str) -> String {
    use super::clause::edited;
    use super::token::{Kind, Words};
    const LONGEST: usize = 40;
    let words = Words::of(text);
    let long = words
        .tokens
        .iter()
        .filter(|token| token.kind == Kind::Text && token.at.len() > LONGEST)
        .map(|token| {
            let start = text[token.at.clone()]
                .chars()
                .take(LONGEST / 2)
                .collect::<String>();
            (token.at.clone(), format!("{start}...'"))
        })
        .collect();
    edited(text, long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_reports() {
        for cause in [
            Cause::NoIndex,
            Cause::EfBelowLimit,
            Cause::FlipNear,
            Cause::OrderedOutside,
        ] {
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.name());
        }
    }

    #[test]
    fn vectors_are_cut_short() {
        let vector = format!("'[{}]'", vec!["0.1"; 64].join(","));
        let text = format!("(d.embedding <=> {vector}::vector)");
        assert_eq!(
            shortened(&text),
            "(d.embedding <=> '[0.1,0.1,0.1,0.1,0....'::vector)"
        );
    }
}
