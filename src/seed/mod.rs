//! Loading JSON Lines, CSV, Parquet and files of vectors into a table through binary COPY: all of it or nothing, in constant memory.
//!
//! The caller hands in a transaction and commits it; killed at any time before, the table is as it was. A bad line
//! ends the load with an error that names it. What the table takes is read from the catalog ([`Destination`]), so
//! that any table will do. This module must not know the manifest's text, nor ask anybody anything.
//! Format: <https://jsonlines.org>; COPY's own rules: PostgreSQL documentation, "COPY".

pub mod builtin;
mod check;
mod csv;
mod destination;
mod format;
mod input;
mod lines;
mod load;
mod mapping;
mod parquet;
mod pipeline;
mod reader;
mod refusal;
mod row;
mod sequence;
mod source;
mod value;
mod vectors;

pub use check::{CheckReport, Problem, check};
pub use destination::{Absent, Destination, Field, FieldKind};
pub use format::Format;
pub use load::{LoadReport, analyze, load};
pub use mapping::Mapping;
pub use reader::left_out;
pub use source::{Inputs, Source};
