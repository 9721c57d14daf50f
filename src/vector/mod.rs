//! Element types and metrics of pgvector, what each can do, and vectors as bytes and as text.
//! Pure: no sockets, no clock, no files.
//!
//! Names, operators, operator classes and limits: pgvector's README and `sql/vector.sql` (0.8).

pub mod array;
pub mod copy;
mod element;
pub mod exact;
pub mod literal;
mod metric;
pub mod neighbours;
pub mod npy;
pub mod recall;
mod validate;

pub use element::ElementType;
pub use literal::parse;
pub use metric::Metric;
pub use validate::{Invalid, validate};
