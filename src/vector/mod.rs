//! Element types and metrics of pgvector, and what each can do. Pure: no sockets, no clock, no files.
//!
//! Names, operators, operator classes and limits: pgvector's README and `sql/vector.sql` (0.8).

mod element;
mod metric;

pub use element::ElementType;
pub use metric::Metric;
