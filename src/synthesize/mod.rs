//! Made-up rows with vectors for load tests: the same bytes for the same parameters, on every platform.
//!
//! The vectors lie near a curved surface of few dimensions inside the space, in clusters, with noise around it, because
//! vector indexes find that easier than uniform noise, as they do real embeddings. Only operations that IEEE 754 rounds
//! exactly are used (`+ - * / sqrt`), in a fixed order, and none of libm; random numbers are `ChaCha8`.
//! This module must not know a database, a clock or the machine's random numbers.

mod model;
mod write;

use serde::Serialize;

pub use model::Model;
pub use write::{Format, write};

/// What to make.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parameters {
    /// The number of rows.
    pub rows: u64,
    /// The dimensions of each vector.
    pub dimensions: usize,
    /// The dimensions of the surface that the vectors lie near.
    pub intrinsic_dimensions: usize,
    /// The number of clusters on it.
    pub clusters: usize,
    /// The size of the noise around it, as a part of the vector's length.
    pub noise: f32,
    /// What the random numbers start from.
    pub seed: u64,
}

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct SynthesizeReport {
    /// The parameters.
    #[serde(flatten)]
    pub parameters: Parameters,
    /// Where the rows are; `-` is stdout.
    pub to: String,
    /// Where the columns beside the vectors are, where they have a file of their own.
    pub side_file: Option<std::path::PathBuf>,
    /// What they are written as.
    pub format: Format,
    /// The bytes written, before any compression.
    pub bytes_written: u64,
    /// How long it took.
    pub seconds: f64,
}
