//! The seam to whatever builds graphs: a PostgreSQL away from production now, perhaps a builder of vecops' own later.

use crate::error::Result;
use crate::vector::neighbours::Exact;

use super::Candidate;

/// A graph that was built.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Built {
    /// Its size.
    pub bytes: u64,
    /// How long the build took.
    pub seconds: f64,
}

/// What all queries found, and what one costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// The keys of the rows that each query found, the nearest first.
    pub found: Vec<Vec<String>>,
    /// Pages that a query touches, in the mean.
    pub pages: f64,
    /// Milliseconds that a query takes, in the mean.
    pub milliseconds: f64,
}

/// A sample of the rows, with what the queries should find in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// How many rows it has.
    pub rows: u64,
    /// The exact neighbours of each query.
    pub exact: Vec<Exact>,
}

/// Builds graphs over nested samples of the rows and asks them the queries. One graph is there at a time.
pub trait Graphs {
    /// Builds a candidate over the sample of a level.
    fn build(&mut self, level: usize, candidate: &Candidate) -> impl Future<Output = Result<Built>>;

    /// Asks it all queries.
    fn ask(
        &mut self,
        level: usize,
        candidate: &Candidate,
        ef_search: u16,
        k: u32,
    ) -> impl Future<Output = Result<Answers>>;

    /// Takes it away again.
    fn discard(&mut self, level: usize) -> impl Future<Output = Result<()>>;
}
