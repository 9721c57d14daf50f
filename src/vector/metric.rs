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

    /// pgvector's distance function, which no index serves: what exact search calls.
    pub fn function(self) -> &'static str {
        match self {
            Self::L2 => "l2_distance",
            Self::InnerProduct => "vector_negative_inner_product",
            Self::Cosine => "cosine_distance",
            Self::L1 => "l1_distance",
            Self::Hamming => "hamming_distance",
            Self::Jaccard => "jaccard_distance",
        }
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

    /// The SQL that turns a distance into a similarity that grows with likeness: cosine `1 - d`, inner product
    /// `-d`, and `1 / (1 + d)` for true distances.
    pub fn similarity(self, distance: &str) -> String {
        match self {
            Self::Cosine | Self::Jaccard => format!("1 - ({distance})"),
            Self::InnerProduct => format!("-({distance})"),
            Self::L2 | Self::L1 | Self::Hamming => format!("1 / (1 + ({distance}))"),
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
