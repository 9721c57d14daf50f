//! The element types of a vector column.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The type of a vector column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElementType {
    /// 32-bit floats.
    Vector,
    /// 16-bit floats.
    Halfvec,
    /// Single bits.
    Bit,
    /// 32-bit floats, zeros left out.
    Sparsevec,
}

impl ElementType {
    /// The type's name in the catalog; all but `bit` live in the extension's schema.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vector => "vector",
            Self::Halfvec => "halfvec",
            Self::Bit => "bit",
            Self::Sparsevec => "sparsevec",
        }
    }

    /// The most dimensions a column of this type holds.
    pub fn most_dimensions(self) -> u32 {
        match self {
            Self::Vector | Self::Halfvec => 16_000,
            Self::Bit => 83_886_080,
            Self::Sparsevec => 1_000_000_000,
        }
    }

    /// The most dimensions an HNSW index on a column of this type holds.
    /// (A sparsevec index is bounded by its non-zero elements, 1,000, instead.)
    pub fn most_indexed_dimensions(self) -> u32 {
        match self {
            Self::Vector => 2_000,
            Self::Halfvec => 4_000,
            Self::Bit => 64_000,
            Self::Sparsevec => 1_000_000_000,
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ElementType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Vector, Self::Halfvec, Self::Bit, Self::Sparsevec]
            .into_iter()
            .find(|element| element.name() == text)
            .ok_or_else(|| format!("`{text}` is not an element type: vector, halfvec, bit, sparsevec"))
    }
}
