//! The metrics of pgvector: operator, operator class, and what a distance means.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ElementType;

/// How the distance of two vectors is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Euclidean distance, `<->`.
    L2,
    /// Negative inner product, `<#>`.
    InnerProduct,
    /// Cosine distance, `<=>`.
    Cosine,
    /// Taxicab distance, `<+>`.
    L1,
    /// Hamming distance of bits, `<~>`.
    Hamming,
    /// Jaccard distance of bits, `<%>`.
    Jaccard,
}

impl Metric {
    const ALL: [Self; 6] = [
        Self::L2,
        Self::InnerProduct,
        Self::Cosine,
        Self::L1,
        Self::Hamming,
        Self::Jaccard,
    ];

    /// The metric's name in vecops.
    pub fn name(self) -> &'static str {
        match self {
            Self::L2 => "l2",
            Self::InnerProduct => "inner-product",
            Self::Cosine => "cosine",
            Self::L1 => "l1",
            Self::Hamming => "hamming",
            Self::Jaccard => "jaccard",
        }
    }

    /// pgvector's distance operator; it lives in the extension's schema.
    pub fn operator(self) -> &'static str {
        match self {
            Self::L2 => "<->",
            Self::InnerProduct => "<#>",
            Self::Cosine => "<=>",
            Self::L1 => "<+>",
            Self::Hamming => "<~>",
            Self::Jaccard => "<%>",
        }
    }

    /// The distance as a function call on two SQL expressions, which no index serves: what exact search orders by.
    /// `schema` is the extension's schema, quoted. pgvector overloads these functions for each element type.
    pub fn exact_distance(self, schema: &str, left: &str, right: &str) -> String {
        match self {
            Self::L2 => format!("{schema}.l2_distance({left}, {right})"),
            Self::InnerProduct => format!("-({schema}.inner_product({left}, {right}))"),
            Self::Cosine => format!("{schema}.cosine_distance({left}, {right})"),
            Self::L1 => format!("{schema}.l1_distance({left}, {right})"),
            Self::Hamming => format!("{schema}.hamming_distance({left}, {right})"),
            Self::Jaccard => format!("{schema}.jaccard_distance({left}, {right})"),
        }
    }

    /// The distance as pgvector's operator on two SQL expressions: what an index serves.
    pub fn indexed_distance(self, schema: &str, left: &str, right: &str) -> String {
        format!("{left} operator({schema}.{}) {right}", self.operator())
    }

    /// Whether the metric is defined for the element type.
    pub fn fits(self, element: ElementType) -> bool {
        matches!(self, Self::Hamming | Self::Jaccard) == (element == ElementType::Bit)
    }

    /// The operator class of an index on this element type, such as `vector_cosine_ops`.
    pub fn opclass(self, element: ElementType) -> String {
        let metric = match self {
            Self::L2 => "l2",
            Self::InnerProduct => "ip",
            Self::Cosine => "cosine",
            Self::L1 => "l1",
            Self::Hamming => "hamming",
            Self::Jaccard => "jaccard",
        };
        format!("{element}_{metric}_ops")
    }

    /// The metric of an operator class, such as `halfvec_ip_ops`.
    pub fn of_opclass(opclass: &str) -> Option<Self> {
        let short = opclass.strip_suffix("_ops")?.split_once('_')?.1;
        match short {
            "ip" => Some(Self::InnerProduct),
            other => Self::ALL.into_iter().find(|metric| metric.name() == other),
        }
    }

    /// The metric of pgvector's operator, such as `<=>`.
    pub fn of_operator(operator: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.operator() == operator)
    }

    /// The SQL that turns a distance into a similarity that grows with likeness: cosine `1 - d`, inner product
    /// `-d`, and `1 / (1 + d)` for true distances.
    pub fn similarity(self, distance: &str) -> String {
        match self {
            Self::Cosine | Self::Jaccard => format!("1 - ({distance})"),
            Self::InnerProduct => format!("-({distance})"),
            Self::L2 | Self::L1 | Self::Hamming => format!("1 / (1 + ({distance}))"),
        }
    }

    /// The similarity of a distance; the same law as [`Metric::similarity`].
    pub fn similarity_of(self, distance: f64) -> f64 {
        match self {
            Self::Cosine | Self::Jaccard => 1.0 - distance,
            Self::InnerProduct => -distance,
            Self::L2 | Self::L1 | Self::Hamming => 1.0 / (1.0 + distance),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|metric| metric.name() == text)
            .ok_or_else(|| {
                format!("`{text}` is not a metric: l2, inner-product, cosine, l1, hamming, jaccard")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opclasses_lead_back_to_their_metric() {
        for metric in Metric::ALL {
            let element = if metric.fits(ElementType::Bit) {
                ElementType::Bit
            } else {
                ElementType::Halfvec
            };
            assert_eq!(Metric::of_opclass(&metric.opclass(element)), Some(metric));
        }
        assert_eq!(Metric::of_opclass("jsonb_path_ops"), None);
    }
}
